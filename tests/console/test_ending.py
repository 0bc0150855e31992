"""Ending a conversation and a shift, the coordinator's board, and what is said often: as pages."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from bot.messages import StaffAction, StaffDeed
from bot.staff import Member, Role
from tests.console.house import Browser, House, house
from tests.doubles.rig import Rig, rigged


@dataclass
class Work:
    """A console over a service that moves conversations, and Ana who holds one of them."""

    house: House
    rig: Rig
    browser: Browser
    ana: Member
    handover: UUID

    async def post(self, path: str, form: dict[str, object]) -> int:
        """Send a form, while the service works as it always does; the answer's status."""
        working = asyncio.create_task(self._keep_working())
        try:
            return (await self.browser.post(path, form)).status
        finally:
            working.cancel()

    async def on_shift(self, login: str) -> Member:
        member = await self.house.enrolled(login)
        now = await self.house.now()
        await self.house.office.plan.add(
            by=None,
            staff_id=member.id,
            zone=None,
            starts_at=now - timedelta(hours=1),
            ends_at=now + timedelta(hours=1),
            on_call=True,
        )
        return member

    async def _keep_working(self) -> None:
        while True:
            await self.rig.worker.work_once()
            await asyncio.sleep(0.01)

    @property
    def hidden(self) -> dict[str, object]:
        """What the form of the page carries unseen."""
        found = re.findall(r'name="(id|lease)" value="([^"]*)"', self.browser.page)
        return dict(found)


@asynccontextmanager
async def working(url: str) -> AsyncIterator[Work]:
    opened = house(url)
    await opened.open()
    try:
        async with rigged(url) as rig:
            for words in ("buenas", "1", "quiero hablar con una psicologa"):
                await rig.write(words)
            browser = await opened.signed_in("ana")
            ana = next(one for one in await opened.office.room.members() if one.alias == "Ana")
            row = (await rig.rows("SELECT id, conversation_id FROM handovers"))[0]
            claim = StaffAction(
                external_id=f"staff:{uuid4()}",
                conversation_id=row.conversation_id,
                staff_id=ana.id,
                deed=StaffDeed.CLAIM,
            )
            await rig.act(claim)
            yield Work(house=opened, rig=rig, browser=browser, ana=ana, handover=row.id)
    finally:
        await opened.close()
        await opened.database.close()


async def test_a_conversation_is_closed_with_one_choice_and_once(database_url: str) -> None:
    async with working(database_url) as work:
        where = f"/consola/cierre/{work.handover}"
        assert (await work.browser.get(where)).status == 200
        form = {**work.hidden, "outcome": "did_not_want"}
        assert await work.post(where, form) == 303
        assert (await work.rig.rows("SELECT outcome FROM sessions"))[0].outcome == "did_not_want"
        assert await work.post(where, form) == 404
        assert len(await work.rig.rows("SELECT 1 FROM closings")) == 1
        assert len(await work.rig.rows("SELECT 1 FROM audit WHERE act = 'chat.close'")) == 1


async def test_what_does_not_hold_comes_back_as_it_was_typed(database_url: str) -> None:
    async with working(database_url) as work:
        where = f"/consola/cierre/{work.handover}"
        await work.browser.get(where)
        assert await work.post(where, {**work.hidden, "note": "vive con la suegra", "violence": "rape"}) == 422
        assert work.browser.said == "Escoja cómo terminó."
        assert 'value="vive con la suegra"' in work.browser.page
        assert '<option value="rape" selected>' in work.browser.page


async def test_in_an_emergency_the_form_does_not_even_show_what_is_hers(database_url: str) -> None:
    async with working(database_url) as work:
        where = f"/consola/cierre/{work.handover}"
        await work.browser.get(where)
        assert "trait.age" in work.browser.page
        await work.rig.rows("UPDATE handovers SET alert = 3")
        await work.browser.get(where)
        assert "trait." not in work.browser.page
        assert await work.post(where, {**work.hidden, "outcome": "oriented", "trait.age": "from_18"}) == 422


async def test_an_entity_that_she_vetoed_cannot_be_chosen(database_url: str) -> None:
    async with working(database_url) as work:
        await work.rig.rows(
            "INSERT INTO consents (id, conversation_id, layer, institution, answer, text_version, channel, at) SELECT"
            " gen_random_uuid(), conversation_id, 'share', 'policia', 'refused', '1', 'whatsapp', now() FROM handovers"
        )
        where = f"/consola/cierre/{work.handover}"
        await work.browser.get(where)
        assert 'name="offer.comisaria"' in work.browser.page
        assert 'name="offer.policia"' not in work.browser.page
        assert await work.post(where, {**work.hidden, "outcome": "referred", "offer.policia": "accepted"}) == 422


async def test_whoever_does_not_hold_it_finds_no_form(database_url: str) -> None:
    async with working(database_url) as work:
        other = await work.house.signed_in("bea")
        assert (await other.get(f"/consola/cierre/{work.handover}")).status == 404
        assert (await other.get("/consola/cierre/nada")).status == 404


async def test_a_shift_does_not_end_while_somebody_is_held_and_goes_to_a_colleague_by_name(database_url: str) -> None:
    async with working(database_url) as work:
        bea = await work.on_shift("bea")
        await work.browser.get("/consola/entrega")
        hidden = work.hidden
        assert await work.post("/consola/entrega", {}) == 422
        assert "Entréguelas primero" in work.browser.said
        where = f"/consola/entrega/{work.handover}"
        assert await work.post(where, {**hidden, "to": str(uuid4())}) == 422
        assert await work.post(where, {**hidden, "to": str(bea.id)}) == 303
        place = (await work.rig.rows("SELECT stage, reserved_for FROM handovers"))[0]
        assert (place.stage, place.reserved_for) == ("waiting", bea.id)
        await work.browser.get("/consola/entrega")
        assert await work.post("/consola/entrega", {}) == 303
        assert (await work.browser.get("/consola/entrega")).headers["Location"].startswith("/consola/entrar")


async def test_who_ends_her_shift_is_on_duty_no_more(database_url: str) -> None:
    async with working(database_url) as work:
        eva = await work.on_shift("eva")
        assert await work.house.office.board.leave(eva.id)
        shifts = await work.house.office.plan.shifts()
        assert [shift.staff_id for shift in shifts] == []


async def test_with_nobody_else_on_shift_the_page_says_so(database_url: str) -> None:
    async with working(database_url) as work:
        await work.browser.get("/consola/entrega")
        assert "Nadie más está de turno" in work.browser.page
        assert await work.post(f"/consola/entrega/{work.handover}", {**work.hidden, "to": "bot"}) == 303
        assert (await work.rig.rows("SELECT mode FROM conversations"))[0].mode == "bot"


async def test_a_coordinator_looks_in_silence_and_the_owner_and_the_audit_know(database_url: str) -> None:
    async with working(database_url) as work:
        carmen = await work.house.signed_in("carmen", Role.COORDINATOR)
        await carmen.get("/consola/tablero")
        assert f"/consola/tablero/{work.handover}" in carmen.page
        assert "buenas" not in carmen.page
        assert (await carmen.get(f"/consola/tablero/{work.handover}")).status == 200
        assert "buenas" in carmen.page
        assert 'name="text"' not in carmen.page
        assert len(await work.rig.rows("SELECT 1 FROM audit WHERE act = 'chat.watch'")) == 1
        await work.browser.get("/consola/entrega")
        assert "Carmen miró esta conversación" in work.browser.page


async def test_a_coordinator_of_another_zone_sees_neither_row_nor_words(database_url: str) -> None:
    async with working(database_url) as work:
        await work.rig.rows("UPDATE handovers SET zone = 'Sur'")
        carmen = await work.house.signed_in("carmen", Role.COORDINATOR)
        await carmen.get("/consola/tablero")
        assert str(work.handover) not in carmen.page
        assert (await carmen.get(f"/consola/tablero/{work.handover}")).status == 404
        assert await work.rig.rows("SELECT 1 FROM audit WHERE act = 'chat.watch'") == []
        await work.rig.rows("UPDATE handovers SET alert = 3")
        assert (await carmen.get(f"/consola/tablero/{work.handover}")).status == 200


async def test_the_board_says_what_the_provider_was_to_forget_and_keeps(database_url: str) -> None:
    async with working(database_url) as work:
        carmen = await work.house.signed_in("carmen", Role.COORDINATOR)
        await carmen.get("/consola/tablero")
        assert "Nada atrasado." in carmen.page
        await work.rig.rows(
            "INSERT INTO provider_copies (provider_id, whole, due_at, attempts, next_try_at)"
            " VALUES ('SM1', false, now() - interval '5 hours', 3, now())"
        )
        await carmen.get("/consola/tablero/vivo")
        assert "Sin borrar a tiempo: 1; el más viejo, hace 5 h" in carmen.page


async def test_the_board_says_who_waits_too_long_and_whose_hands_are_full(database_url: str) -> None:
    async with working(database_url) as work:
        carmen = await work.house.signed_in("carmen", Role.COORDINATOR)
        await carmen.get("/consola/tablero/vivo")
        assert "Nadie llegó al tope" in carmen.page
        await work.rig.rows("UPDATE handovers SET alert = 3")
        await carmen.get("/consola/tablero")
        assert "<strong>Ana</strong>: 1 a la vez, una emergencia" in carmen.page
        await work.rig.rows(
            "UPDATE handovers SET stage = 'waiting', owner = NULL, since = now() - interval '5 minutes'"
        )
        await carmen.get("/consola/tablero")
        assert "5 min: pasó la meta" in carmen.page


@pytest.mark.parametrize(
    ("words", "reason"),
    [("Cálmese, ya le ayudamos.", "Minimiza"), ("Es confidencial.", "límites"), ("", "Escriba la respuesta")],
)
async def test_a_word_that_hurts_is_not_saved_and_the_reason_is_said(console: House, words: str, reason: str) -> None:
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    await carmen.get("/consola/respuestas")
    assert (await carmen.post("/consola/respuestas", {"name": "saludo", "words": words})).status == 422
    assert reason in carmen.said
    assert await console.office.replies.live() == []


async def test_a_saved_reply_is_written_changed_and_taken_away(console: House) -> None:
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    await carmen.get("/consola/respuestas")
    form = {"name": "saludo", "words": "Le leo. Estoy aquí."}
    assert (await carmen.post("/consola/respuestas", form)).status == 303
    assert (await carmen.post("/consola/respuestas", form)).status == 422
    (reply,) = await console.office.replies.live()
    where = f"/consola/respuestas/{reply.id}"
    assert (await carmen.post(where, {"words": "Tranquila."})).status == 422
    assert (await carmen.post(where, {"words": "Estoy con usted."})).status == 303
    assert [one.words for one in await console.office.replies.live()] == ["Estoy con usted."]
    assert (await carmen.post(f"{where}/quitar")).status == 303
    assert await console.office.replies.live() == []
    assert (await carmen.post(f"{where}/quitar")).status == 422
    assert (await carmen.post("/consola/respuestas", form)).status == 303
