"""What a psychologist reads and opens: voice notes, pictures, what may offend, what was before, who calls for help."""

from __future__ import annotations

import json
from datetime import timedelta

from bot.messages import Media, MediaKind
from bot.staff import Role
from storage.media import keep, take_wanted
from tests.console.ward import Ward, does, warded
from tests.doubles.database import move_clock

OGG, JPEG = b"OggS of a voice", b"\xff\xd8 of a picture"


async def _sends(ward: Ward, kind: MediaKind, content_type: str, content: bytes) -> str:
    """She sends a file, and it has come; its id."""
    sent = Media(url="https://api.example.org/m/1", content_type=content_type, kind=kind)
    await ward.writes("", media=(sent,))
    for wanted in await take_wanted(ward.rig.database, ward.rig.ring):
        await keep(ward.rig.database, wanted, content, content_type)
    return str((await ward.rig.rows("SELECT id FROM media ORDER BY id DESC LIMIT 1"))[0].id)


async def test_a_voice_note_waits_unheard_until_her_psychologist_plays_it(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        note = await _sends(ward, MediaKind.AUDIO, "audio/ogg", OGG)
        ana, bea = await ward.signed_in("ana"), await ward.signed_in("bea")
        await ana.get("/consola/cola")
        assert "1 nota de voz sin oír" in ana.page
        await does(ana, place, "tomar")
        path = f"/consola/chat/{place}/archivo/{note}"
        assert (await bea.get(path)).status == 404
        assert (await ward.rig.rows("SELECT heard_at FROM media"))[0].heard_at is None
        answer = await ana.get(path)
        assert (answer.status, answer.content_type, await answer.read()) == (200, "audio/ogg", OGG)
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert (await ward.rig.rows("SELECT heard_at FROM media"))[0].heard_at is not None
        assert len(await ward.rig.rows("SELECT 1 FROM audit WHERE act = 'chat.file'")) == 1
        await ana.get(f"/consola/chat/{place}")
        assert "sin oír" not in ana.page


async def test_a_picture_is_fetched_by_nobody_until_it_is_asked_for(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        picture = await _sends(ward, MediaKind.IMAGE, "image/jpeg", JPEG)
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        await ana.get(f"/consola/chat/{place}")
        assert f'data-image="/consola/chat/{place}/archivo/{picture}">Imagen: ver borrosa' in ana.page
        assert "<img" not in ana.page


async def test_a_picture_of_a_minor_is_not_previewed_at_all(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        await ward.writes("tengo 14 años")
        await _sends(ward, MediaKind.IMAGE, "image/jpeg", JPEG)
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        await ana.get(f"/consola/chat/{place}")
        assert "Imagen que no se muestra sin decidirlo" in ana.page
        assert "ver borrosa" not in ana.page


async def test_a_document_is_handed_over_as_a_file_and_never_shown(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        page = await _sends(ward, MediaKind.DOCUMENT, "text/html", b"<script>alert(1)</script>")
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        answer = await ana.get(f"/consola/chat/{place}/archivo/{page}")
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"


async def test_what_may_offend_is_veiled_until_it_is_asked_for(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        await ward.writes("es un malparido")
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        await ana.get(f"/consola/chat/{place}")
        assert ana.page.count("es un malparido") == 1
        assert "Texto velado" in ana.page.partition("es un malparido")[0][-200:]


async def test_who_comes_back_finds_her_past_closed_and_her_word_opens_it(database_url: str) -> None:
    async with warded(database_url) as ward:
        await ward.writes("buenas")
        await ward.writes("1")
        await ward.writes("mi cuñado se llama ramiro")
        await move_clock(ward.rig.database, timedelta(hours=13))
        place = await ward.asks_for_a_person()
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        await ana.get(f"/consola/chat/{place}?anterior")
        assert "Contexto cerrado: se abre con su palabra." in ana.page
        assert "ramiro" not in ana.page
        await ward.rig.rows("UPDATE conversations SET word_given_at = now()")
        await ana.get(f"/consola/chat/{place}")
        assert "ramiro" not in ana.page
        assert "Abrir lo anterior" in ana.page
        await ana.get(f"/consola/chat/{place}?anterior")
        assert "ramiro" in ana.page
        assert len(await ward.rig.rows("SELECT 1 FROM audit WHERE act = 'chat.past'")) == 1


async def test_the_coordinator_of_her_zone_hears_who_is_threatened_and_her_colleagues_do_not(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        await ward.move_to("Norte")
        ana = await ward.signed_in("ana")
        carmen = await ward.signed_in("carmen", "Norte", role=Role.COORDINATOR)
        clara = await ward.signed_in("clara", "Sur", role=Role.COORDINATOR)
        await does(ana, place, "tomar")
        await does(ana, place, "amenaza")
        rung = [
            len(json.loads(await (await one.get("/consola/avisos")).text())["calls"]) for one in (carmen, clara, ana)
        ]
        assert rung == [1, 0, 0]
        await carmen.get("/consola/cola")
        assert "Una colega pide ayuda" in carmen.page
        assert "<strong>Ana</strong>" in carmen.page


async def test_whom_she_let_pass_or_is_kept_for_a_colleague_does_not_ring(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        ana, bea = await ward.signed_in("ana"), await ward.signed_in("bea")
        await ana.get("/consola/cola")
        await ana.post(f"/consola/cola/{place}/paso")
        heard = [json.loads(await (await one.get("/consola/avisos")).text())["waiting"] for one in (ana, bea)]
        assert heard == [[], [place]]
        await does(bea, place, "tomar")
        colleague = await ward.member("Ana")
        await does(bea, place, "pasar", to=f"persona:{colleague.id}")
        await ward.rig.rows("DELETE FROM queue_passes")
        heard = [json.loads(await (await one.get("/consola/avisos")).text())["waiting"] for one in (ana, bea)]
        assert heard == [[place], []]


async def test_what_did_not_reach_her_is_told_in_words_with_a_way_to_write_it_again(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        await does(ana, place, "decir", text="¿Me lee?")
        await ward.rig.rows("UPDATE outbox SET status = 'failed', code = '30005' WHERE author <> 'bot'")
        await ana.get(f"/consola/chat/{place}")
        assert "No llegó: ese número ya no está en servicio" in ana.page
        assert 'data-again="¿Me lee?"' in ana.page


async def test_the_files_of_a_closed_past_are_as_closed_as_its_words_until_she_gives_her_word(
    database_url: str,
) -> None:
    async with warded(database_url) as ward:
        await ward.writes("buenas")
        await ward.writes("1")
        old = await _sends(ward, MediaKind.AUDIO, "audio/ogg", OGG)
        await ward.rig.rows("UPDATE handovers SET closed_at = now(), stage = 'closed'")
        await move_clock(ward.rig.database, timedelta(hours=13))
        place = await ward.asks_for_a_person()
        new = await _sends(ward, MediaKind.AUDIO, "audio/ogg", OGG)
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        closed, opened = (f"/consola/chat/{place}/archivo/{one}" for one in (old, new))
        assert [(await ana.get(path)).status for path in (closed, opened)] == [404, 200]
        asked = "SELECT act FROM audit WHERE act LIKE 'chat.file%' ORDER BY at"
        assert [row.act for row in await ward.rig.rows(asked)] == ["chat.file_closed", "chat.file"]
        await ward.rig.rows("UPDATE conversations SET word_given_at = now()")
        assert (await ana.get(closed)).status == 200


async def test_the_files_of_what_she_asked_to_be_erased_are_handed_to_nobody(database_url: str) -> None:
    async with warded(database_url) as ward:
        place = await ward.is_in_danger()
        picture = await _sends(ward, MediaKind.IMAGE, "image/jpeg", JPEG)
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        await ward.writes("borrar")
        await ward.rig.rows("UPDATE conversations SET word_given_at = now()")
        assert (await ana.get(f"/consola/chat/{place}/archivo/{picture}")).status == 404
        assert len(await ward.rig.rows("SELECT 1 FROM audit WHERE act = 'chat.file_closed'")) == 1


async def test_a_voice_note_is_handed_over_in_the_parts_that_are_asked_for_and_each_is_written_down(
    database_url: str,
) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        note = await _sends(ward, MediaKind.AUDIO, "audio/ogg", OGG)
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        path = f"/consola/chat/{place}/archivo/{note}"
        for asked, status, content in (
            ("bytes=0-", 206, OGG),
            ("bytes=4-7", 206, OGG[4:8]),
            ("bytes=-3", 206, OGG[-3:]),
            ("bytes=", 200, OGG),
            ("bytes=900-", 416, b""),
        ):
            answer = await ana.get(path, Range=asked)
            assert answer.status == status, asked
            assert status == 416 or await answer.read() == content, asked
        assert len(await ward.rig.rows("SELECT 1 FROM audit WHERE act = 'chat.file'")) == 5


async def test_the_owner_is_warned_at_twenty_twenty_two_and_twenty_three_hours_each_time_of_what_is_left(
    database_url: str,
) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        await does(ana, place, "decir", text="Aquí estoy.")
        left = ("Quedan cuatro horas", "Quedan dos horas", "Queda una hora")
        shown = []
        for hours in (20, 2, 1, 1):
            await ward.rig.rows(
                "UPDATE staff_sign_ins SET created_at = now() + :by, seen_at = now() + :by", by=timedelta(hours=hours)
            )
            await move_clock(ward.rig.database, timedelta(hours=hours))
            await ward.rig.settle()
            await ana.get(f"/consola/chat/{place}")
            shown.append([one for one in left if one in ana.page])
        assert shown == [["Quedan cuatro horas"], ["Quedan dos horas"], ["Queda una hora"], []]
        assert "WhatsApp está cerrado desde" in ana.page
