"""Whom the queue offers first, and what a coordinator and a psychologist who leaves see of it."""

from __future__ import annotations

from datetime import timedelta

from bot.messages import Address
from bot.staff import Role
from tests.console.ward import does, warded
from tests.doubles.database import move_clock

ANOTHER = Address(channel="whatsapp", value="+573000000101")


async def test_whom_an_absent_psychologist_lost_comes_before_who_came_meanwhile_and_waits_on(
    database_url: str,
) -> None:
    async with warded(database_url) as ward:
        ana, bea = await ward.signed_in("ana"), await ward.signed_in("bea")
        lost = await ward.is_in_danger()
        await does(ana, lost, "tomar")
        await move_clock(ward.rig.database, timedelta(seconds=100))
        fresh = await ward.is_in_danger(by=ANOTHER)
        assert fresh != lost
        for _ in range(3):
            await move_clock(ward.rig.database, timedelta(seconds=30))
            await ward.rig.settle()
        rows = await ward.rig.rows("SELECT since, unanswered_since FROM handovers WHERE raised > 0")
        await bea.get("/consola/cola")
        assert bea.page.index(f'id="wait-{lost}"') < bea.page.index(f'id="wait-{fresh}"')
        card = bea.page[bea.page.index(f'id="wait-{lost}"') :]
        assert card.index(rows[0].unanswered_since.isoformat()) < card.index(f'id="wait-{fresh}"')


async def test_a_threatened_psychologist_is_seen_on_the_board_too(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        await ward.move_to("Norte")
        ana, carmen = await ward.signed_in("ana"), await ward.signed_in("carmen", role=Role.COORDINATOR)
        await does(ana, place, "tomar")
        await carmen.get("/consola/tablero/vivo")
        assert "la amenazan" not in carmen.page
        await does(ana, place, "amenaza")
        await carmen.get("/consola/tablero/vivo")
        assert "la amenazan" in carmen.page
        assert "<strong>Ana</strong>" in carmen.page


async def test_who_leaves_is_offered_a_colleague_with_an_open_console_and_nothing_is_chosen_for_her(
    database_url: str,
) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        ana, bea = await ward.signed_in("ana"), await ward.signed_in("bea")
        await does(ana, place, "tomar")
        await ana.get("/consola/entrega")
        assert "Nadie más está de turno ni conectada" in ana.page
        assert '<option value="">Escoja…</option>' in ana.page
        stream = await bea.session.get(
            f"{ward.house.url}/consola/corriente",
            headers={"Cookie": "; ".join(f"{name}={value}" for name, value in bea.cookies.items())},
        )
        await ana.get("/consola/entrega")
        assert ">Bea</option>" in ana.page
        assert "Nadie más está de turno" not in ana.page
        stream.close()
