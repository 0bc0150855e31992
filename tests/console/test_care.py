"""A psychologist takes somebody over, talks, hands her on; who may know of whom, and what nothing can undo."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import pytest

from bot.staff import Role
from channels.console import stream
from tests.console.house import together
from tests.console.ward import does, warded
from tests.doubles.database import move_clock


async def test_she_is_taken_over_talked_to_and_given_back(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        ana = await ward.signed_in("ana")
        await ana.get("/consola/cola")
        assert "Esperan" in ana.page
        assert place in ana.page
        answer = await ana.post("/consola/cola/siguiente")
        assert answer.headers["Location"] == f"/consola/chat/{place}"
        assert (await does(ana, place, "decir", text="Hola, soy Ana."))["ok"]
        assert ward.rig.channel.texts[-1] == "Hola, soy Ana."
        await ward.writes("gracias ana")
        await ana.get(f"/consola/chat/{place}")
        assert "gracias ana" in ana.page
        assert "Hola, soy Ana." in ana.page
        given = await does(ana, place, "devolver")
        assert given["go"] == "/consola/cola?dicho=done_release"
        assert (await ana.get(f"/consola/chat/{place}")).status == 404


async def test_of_two_psychologists_who_press_at_once_one_gets_her(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        ana, bea = await ward.signed_in("ana"), await ward.signed_in("bea")
        for browser in (ana, bea):
            await browser.get("/consola/cola")
        answers = await together(*(one.post(f"/consola/chat/{place}/tomar") for one in (ana, bea)))
        where = sorted(answer.headers["Location"] for answer in answers)  # type: ignore[attr-defined]
        assert where == [f"/consola/chat/{place}?dicho=done_claim", "/consola/cola?dicho=taken"]


async def test_pressing_twice_is_no_refusal(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        ana = await ward.signed_in("ana")
        await ana.get("/consola/cola")
        answers = await together(*(ana.post(f"/consola/chat/{place}/tomar") for _ in range(2)))
        assert {answer.headers["Location"] for answer in answers} == {  # type: ignore[attr-defined]
            f"/consola/chat/{place}?dicho=done_claim"
        }


async def test_what_is_sent_again_under_the_same_id_is_said_once(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        once = str(uuid4())
        told = [await does(ana, place, "decir", text="uno", id=once) for _ in range(3)]
        assert [one["ending"] for one in told] == ["done"] * 3
        assert ward.rig.channel.texts.count("uno") == 1


async def test_who_writes_from_outside_the_department_is_in_the_queue_of_every_zone(database_url: str) -> None:
    async with warded(database_url) as ward:
        ana = await ward.signed_in("ana", "Sur")
        place = await ward.asks_for_a_person()
        await ward.move_to("FUERA_VALLE")
        await ana.get("/consola/cola")
        assert place in ana.page


async def test_somebody_of_another_zone_sees_nothing_of_her(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        await ward.move_to("Norte")
        ana, sur = await ward.signed_in("ana", "Norte"), await ward.signed_in("sara", "Sur")
        await ana.get("/consola/cola")
        assert place in ana.page
        await sur.get("/consola/cola")
        assert place not in sur.page
        assert json.loads(await (await sur.get("/consola/avisos")).text())["waiting"] == []
        assert (await sur.get(f"/consola/chat/{place}")).status == 404
        assert (await sur.get(f"/consola/chat/{uuid4()}")).status == 404
        await sur.get("/consola/cola")
        for what in ("tomar", "decir", "nota", "amenaza", "borrador", "vida"):
            assert (await sur.post(f"/consola/chat/{place}/{what}", {"text": "hola"})).status == 404
        assert (await ward.rig.rows("SELECT owner FROM handovers"))[0].owner is None


async def test_an_emergency_is_everybodys(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.is_in_danger()
        await ward.move_to("Norte")
        sur = await ward.signed_in("sara", "Sur")
        await sur.get("/consola/cola")
        assert place in sur.page
        assert "me va a matar" in sur.page
        assert (await does(sur, place, "tomar"))["ok"]


async def test_nobody_but_her_psychologist_reads_what_she_wrote(database_url: str) -> None:
    async with warded(database_url) as ward:
        await ward.writes("buenas")
        await ward.writes("1")
        await ward.writes("mi vecina se llama rosalba")
        place = await ward.asks_for_a_person()
        ana, bea = await ward.signed_in("ana"), await ward.signed_in("bea")
        await does(ana, place, "tomar")
        await ana.get(f"/consola/chat/{place}")
        assert "rosalba" in ana.page
        for path in (f"/consola/chat/{place}", f"/consola/chat/{place}/vivo", "/consola/cola"):
            await bea.get(path)
            assert "rosalba" not in bea.page
        coordinator = await ward.signed_in("carmen", role=Role.COORDINATOR)
        await coordinator.get(f"/consola/chat/{place}")
        assert "rosalba" not in coordinator.page


async def test_the_lock_closes_the_composer_and_only_her_yes_opens_it(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        await ward.writes("me miran")
        sent = len(ward.rig.channel.texts)
        told = await does(ana, place, "decir", text="¿Sigue ahí?")
        assert (told["ending"], told["ok"]) == ("phone_locked", False)
        assert told["said"] == "No escriba: ella no puede leer segura. No se envió."
        assert len(ward.rig.channel.texts) == sent
        await ana.get(f"/consola/chat/{place}")
        assert "NO ESCRIBA" in ana.page
        assert "readonly" in ana.page
        await ward.writes("ya estoy sola")
        assert (await does(ana, place, "decir", text="¿Sigue ahí?"))["ending"] == "phone_unknown"
        assert (await does(ana, place, "preguntar"))["ok"]
        await ward.writes("si")
        assert (await does(ana, place, "decir", text="¿Sigue ahí?"))["ok"]


async def test_a_day_after_her_last_word_nothing_goes_and_the_page_says_why(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        await move_clock(ward.rig.database, timedelta(hours=25))
        ana, sent = await ward.signed_in("ana"), len(ward.rig.channel.texts)
        await does(ana, place, "tomar")
        why = "Pasaron 24 horas y ella no acordó que la busquen. No sale nada."
        told = await does(ana, place, "preguntar")
        assert (told["ending"], told["said"]) == ("no_agreement", why)
        await ana.get(f"/consola/chat/{place}")
        assert why in ana.page
        assert "WhatsApp no deja escribir" in ana.page
        assert (await does(ana, place, "decir", text="¿Sigue ahí?"))["ok"] is False
        assert len(ward.rig.channel.texts) == sent


async def test_who_called_123_when_and_what_was_said_is_kept_and_holds_the_place(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.is_in_danger()
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        sent = len(ward.rig.channel.texts)
        told = await does(ana, place, "llamada", caller="Ana", when="14:05", said="Van en camino a la casa.")
        assert told["said"] == "Quedó anotada la llamada al 123."
        await ana.get(f"/consola/chat/{place}")
        assert "Llamó Ana, a las 14:05. Van en camino a la casa." in ana.page
        assert (await ward.rig.rows("SELECT busy FROM handovers"))[0].busy == "accompanying"
        assert len(ward.rig.channel.texts) == sent
        acts = await ward.rig.rows("SELECT act FROM audit WHERE act = 'chat.call_123'")
        assert len(acts) == 1


async def test_she_is_handed_to_a_colleague_by_name_with_a_note(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        ana, bea = await ward.signed_in("ana"), await ward.signed_in("bea")
        cora = await ward.signed_in("cora")
        await does(ana, place, "tomar")
        receiver = await ward.member("Bea")
        assert (await does(ana, place, "pasar", to="persona:quien", text=""))["ending"] == "unknown_receiver"
        told = await does(ana, place, "pasar", to=f"persona:{receiver.id}", text="le gusta que le hablen despacio")
        assert told["go"]
        assert (await does(cora, place, "tomar"))["ending"] == "reserved"
        await cora.get("/consola/cola")
        assert "Reservada para Bea" in cora.page
        assert (await does(bea, place, "tomar"))["ok"]
        await bea.get(f"/consola/chat/{place}")
        assert "le gusta que le hablen despacio" in bea.page
        assert (await does(ana, place, "decir", text="aun estoy", lease=1))["ending"] == "stale"


async def test_whom_she_lets_pass_is_not_offered_to_her_again_and_nobody_asks_why(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        ana, bea = await ward.signed_in("ana"), await ward.signed_in("bea")
        await ana.get("/consola/cola")
        await ana.post(f"/consola/cola/{place}/paso")
        await ana.get("/consola/cola")
        assert place not in ana.page
        await bea.get("/consola/cola")
        assert place in bea.page


async def test_an_emergency_that_rings_is_not_hidden_from_who_let_it_pass(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.is_in_danger()
        ana = await ward.signed_in("ana")
        await ana.get("/consola/cola")
        await ana.post(f"/consola/cola/{place}/paso")
        await ana.get("/consola/cola")
        assert place not in ana.page
        await ward.rig.rows("UPDATE handovers SET struck = '{alarm_shift}'")
        await ana.get("/consola/cola")
        assert place in ana.page


async def test_what_she_had_begun_to_write_is_there_in_another_browser_and_sealed(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        await does(ana, place, "borrador", text="Quería contarle que")
        await ana.get(f"/consola/chat/{place}")
        assert "Quería contarle que" in ana.page
        kept = (await ward.rig.rows("SELECT sealed FROM drafts"))[0].sealed
        assert b"contarle" not in bytes(kept)
        assert (await does(ana, place, "decir", text="Quería contarle que sí."))["ok"]
        await ana.get(f"/consola/chat/{place}")
        assert await ward.rig.rows("SELECT 1 FROM drafts") == []


async def test_who_is_threatened_calls_the_coordinator_with_one_press(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        assert (await does(ana, place, "amenaza"))["said"].startswith("Se avisó a la coordinadora")
        rung = await ward.rig.rows("SELECT what, whom FROM alarms")
        assert [(row.what, row.whom) for row in rung] == [("threatens_staff", None)]


async def test_every_reading_and_every_act_stands_in_the_trail(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        ana = await ward.signed_in("ana")
        await ana.get("/consola/cola")
        await does(ana, place, "tomar")
        await does(ana, place, "decir", text="Hola.")
        await does(ana, place, "devolver")
        rows = await ward.rig.rows(
            "SELECT act FROM audit WHERE subject_kind = 'handover' OR act LIKE 'queue%' ORDER BY at"
        )
        noted = [row.act for row in rows]
        assert noted[:2] == ["queue.read", "chat.card"]
        assert {"chat.claim", "chat.read", "chat.say", "chat.release"} <= set(noted)


async def test_an_open_console_is_told_what_moved_and_a_closed_one_is_missed(database_url: str) -> None:
    async with warded(database_url) as ward:
        ana = await ward.signed_in("ana")
        cookie = "; ".join(f"{name}={value}" for name, value in ana.cookies.items())
        url = f"{ward.house.url}/consola/corriente"
        async with ana.session.get(url, headers={"Cookie": cookie}) as heard:
            assert heard.content_type == "text/event-stream"
            place = await ward.asks_for_a_person()
            async with asyncio.timeout(3):
                while place.encode() not in await heard.content.readline():
                    pass


async def test_whoever_signed_out_everywhere_hears_no_more_though_something_moves_all_the_time(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_BEAT_SECONDS", 0.5)
    async with warded(database_url) as ward:
        ana = await ward.signed_in("ana")
        await ward.asks_for_a_person()
        cookie = "; ".join(f"{name}={value}" for name, value in ana.cookies.items())
        url = f"{ward.house.url}/consola/corriente"
        async with ana.session.get(url, headers={"Cookie": cookie}) as heard:
            await ward.house.office.sign_ins.end_all((await ward.member("Ana")).id)
            async with asyncio.timeout(8):
                while not heard.content.at_eof():
                    await ward.rig.rows("UPDATE handovers SET raised = raised + 1")
                    await heard.content.readline()
