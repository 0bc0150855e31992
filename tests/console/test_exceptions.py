"""What only a coordinator may: let somebody write to a locked phone, open what is closed; always with a reason."""

from __future__ import annotations

import pytest

from bot.staff import Role
from bot.takeover import load_clocks
from tests.console.house import Browser
from tests.console.ward import Ward, does, warded
from tests.doubles.database import move_clock

REASON = "La hermana confirma por teléfono que ella está sola"
_ACTS = "SELECT staff_id, detail FROM audit WHERE act = :act"


async def _held(ward: Ward) -> tuple[str, Browser, Browser]:
    """She is watched, Ana holds her; the place, and the browsers of Ana and of the coordinator Carmen."""
    place = await ward.asks_for_a_person()
    await ward.move_to("Norte")
    ana = await ward.signed_in("ana")
    carmen = await ward.signed_in("carmen", role=Role.COORDINATOR)
    assert (await does(ana, place, "tomar"))["ending"] == "done"
    await ward.writes("me miran")
    return place, ana, carmen


async def _lifts(carmen: Browser, place: str, reason: str = REASON) -> str:
    return await _asks(carmen, place, "candado", reason=reason)


async def _asks(carmen: Browser, place: str, what: str, **form: str) -> str:
    """Send one of the two forms; the page that comes of it."""
    await carmen.get(f"/consola/tablero/{place}")
    answer = await carmen.post(f"/consola/tablero/{place}/{what}", form)
    if answer.status == 303:
        await carmen.get(answer.headers["Location"])
    return carmen.page


async def test_a_coordinators_reason_lets_the_owner_write_and_everybody_sees_who_it_was(database_url: str) -> None:
    async with warded(database_url) as ward:
        place, ana, carmen = await _held(ward)
        assert (await does(ana, place, "decir", text="¿Sigue ahí?"))["ending"] == "phone_locked"
        assert "El cuadro quedó abierto" in await _lifts(carmen, place)
        await ana.get(f"/consola/chat/{place}")
        assert REASON in ana.page
        assert "Carmen" in ana.page
        assert "La coordinadora abrió el cuadro" in ana.page
        assert (await does(ana, place, "decir", text="Ya va su hermana."))["ending"] == "done"
        assert ward.rig.channel.texts[-1] == "Ya va su hermana."
        assert len(await ward.rig.rows(_ACTS, act="chat.lift")) == 1
        rows = await ward.rig.rows("SELECT phone FROM conversations WHERE heard_at IS NOT NULL")
        assert rows[0].phone == "unsafe"


@pytest.mark.parametrize("what", ["her next word", "time", "another owner"])
async def test_the_exception_ends_with_her_next_word_with_time_and_with_another_owner(
    database_url: str, what: str
) -> None:
    async with warded(database_url) as ward:
        place, ana, carmen = await _held(ward)
        await _lifts(carmen, place)
        match what:
            case "her next word":
                await ward.writes("me miran todavia")
            case "time":
                await move_clock(ward.rig.database, load_clocks().lifted)
            case _:
                bea = await ward.signed_in("bea")
                member = await ward.member("Bea")
                assert (await does(ana, place, "pasar", to=f"persona:{member.id}"))["ending"] == "done"
                assert (await does(bea, place, "tomar"))["ending"] == "done"
                ana = bea
        sent = len(ward.rig.channel.texts)
        assert (await does(ana, place, "decir", text="¿Sigue ahí?"))["ending"] == "phone_locked"
        assert len(ward.rig.channel.texts) == sent


async def test_what_she_herself_has_ended_no_coordinator_opens(database_url: str) -> None:
    async with warded(database_url) as ward:
        place, ana, carmen = await _held(ward)
        assert "Escriba el motivo" in await _lifts(carmen, place, "  ")
        await ward.writes("baja")
        assert "pidió que no le escriban" in await _lifts(carmen, place)
        assert (await does(ana, place, "decir", text="¿Sigue ahí?"))["ending"] == "phone_locked"


async def test_a_psychologist_and_a_coordinator_of_another_zone_lift_nothing(database_url: str) -> None:
    async with warded(database_url) as ward:
        place, ana, _ = await _held(ward)
        await ana.get("/consola/cola")
        assert (await ana.post(f"/consola/tablero/{place}/candado", {"reason": REASON})).status == 403
        assert (await ana.post(f"/consola/tablero/{place}/anterior", {"reason": REASON})).status == 403
        far = await ward.signed_in("paula", "Pacífico", role=Role.COORDINATOR)
        await far.get("/consola/tablero")
        assert (await far.post(f"/consola/tablero/{place}/candado", {"reason": REASON})).status == 404
        assert list(await ward.rig.rows(_ACTS, act="chat.lift")) == []


async def test_what_is_sealed_is_opened_only_while_something_grave_is_open_and_is_written_down(
    database_url: str,
) -> None:
    async with warded(database_url) as ward:
        place = await ward.asks_for_a_person()
        await ward.move_to("Norte")
        await ward.writes("mi secreto es azul")
        carmen = await ward.signed_in("carmen", role=Role.COORDINATOR)
        await ward.rig.rows("UPDATE conversations SET sealed_in_seq = last_in_seq, sealed_out_seq = last_out_seq")
        address = f"/consola/tablero/{place}"
        await carmen.get(address)
        assert "mi secreto es azul" not in carmen.page
        said = await _asks(carmen, place, "anterior", reason=REASON, right="emergency")
        assert "Lo anterior solo se abre mientras" in said
        await ward.rig.rows("UPDATE handovers SET alert = 3")
        assert "Escriba el motivo" in await _asks(carmen, place, "anterior", reason="", right="emergency")
        assert list(await ward.rig.rows(_ACTS, act="chat.past_opened")) == []
        assert "mi secreto es azul" in await _asks(carmen, place, "anterior", reason=REASON, right="emergency")
        opened = await ward.rig.rows(_ACTS, act="chat.past_opened")
        assert [row.detail for row in opened] == ["emergency"]
        await carmen.get(address)
        assert "mi secreto es azul" not in carmen.page
        assert REASON in carmen.page
