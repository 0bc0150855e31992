"""A shop's phone goes from hand to hand: whoever writes next is not shown as the one before her (seguridad §11)."""

from __future__ import annotations

from datetime import timedelta

from bot.messages import Alert, Understanding
from bot.staff import Role
from tests.console.ward import DANGER, Ward, does, warded
from tests.doubles.database import move_clock

FIRST = "mi marido me apuñaló el brazo"


async def _lends(ward: Ward) -> None:
    """Somebody of the shop's staff asks for help for a customer, and lends her the phone."""
    for words in ("soy cajera, tienda 12", "no", "sí", "no", "Hablar con alguien", "Ella escribe aquí", "sí"):
        await ward.writes(words)


async def _time_is_over(ward: Ward) -> None:
    await move_clock(ward.rig.database, timedelta(minutes=16))
    await ward.rig.settle()


async def test_the_next_woman_on_a_lent_phone_is_not_shown_as_the_one_before_her(database_url: str) -> None:
    async with warded(database_url) as ward:
        ward.rig.interpreter.meanings[FIRST] = Understanding(
            intent="physical_violence",
            alert=Alert.URGENT,
            by="screen",
            cues=("me apuñaló",),
            kinds=frozenset({"weapon"}),
        )
        await _lends(ward)
        await ward.writes(FIRST)
        await _time_is_over(ward)
        place, ana = await ward.place(), await ward.signed_in("ana")
        await does(ana, place, "tomar")
        await ana.get(f"/consola/chat/{place}")
        # Who wrote that may be in danger still: her own place keeps her words.
        assert FIRST in ana.page
        await ana.get(f"/consola/cierre/{place}")
        await ana.post(f"/consola/cierre/{place}", {"lease": "1", "outcome": "contact_lost"})
        assert await ward.rig.rows("SELECT 1 FROM handovers WHERE closed_at IS NULL") == []
        await _lends(ward)
        await ward.writes("quiero hablar con una psicologa")
        again, bea = await ward.place(), await ward.signed_in("bea")
        assert again != place
        await bea.get("/consola/cola")
        assert "me apuñaló" not in bea.page
        assert "Arma" not in bea.page
        await does(bea, again, "tomar")
        for path in (f"/consola/chat/{again}", f"/consola/chat/{again}?anterior"):
            await ward.rig.rows("UPDATE conversations SET word_given_at = now()")
            await bea.get(path)
            assert "quiero hablar con una psicologa" in bea.page
            assert FIRST not in bea.page


async def test_who_comes_back_days_later_brings_no_word_of_then_to_a_card_nor_to_the_silent_view(
    database_url: str,
) -> None:
    async with warded(database_url) as ward:
        place = await ward.is_in_danger()
        ana = await ward.signed_in("ana")
        await does(ana, place, "tomar")
        await ana.get(f"/consola/cierre/{place}")
        await ana.post(f"/consola/cierre/{place}", {"lease": "1", "outcome": "oriented"})
        await move_clock(ward.rig.database, timedelta(days=2))
        again = await ward.asks_for_a_person()
        bea, carmen = await ward.signed_in("bea"), await ward.signed_in("carmen", role=Role.COORDINATOR)
        await ward.move_to("Norte")
        assert again != place
        await bea.get("/consola/cola")
        assert "pidió una persona" in bea.page
        assert "me va a matar" not in bea.page
        await carmen.get(f"/consola/tablero/{again}")
        assert "quiero hablar con una psicologa" in carmen.page
        assert DANGER not in carmen.page


async def test_what_raised_an_alarm_that_nobody_took_is_still_read_when_she_writes_the_next_day(
    database_url: str,
) -> None:
    async with warded(database_url) as ward:
        place = await ward.is_in_danger()
        await move_clock(ward.rig.database, timedelta(hours=13))
        await ward.writes("buenos días")
        ana = await ward.signed_in("ana")
        await ana.get("/consola/cola")
        assert "me va a matar" in ana.page
        await does(ana, place, "tomar")
        await ana.get(f"/consola/chat/{place}")
        assert DANGER in ana.page


async def test_whoever_writes_on_the_phone_once_its_time_is_over_is_not_taken_for_her(database_url: str) -> None:
    async with warded(database_url) as ward:
        await _lends(ward)
        await ward.writes("quiero hablar con una psicologa")
        place, ana = await ward.place(), await ward.signed_in("ana")
        carmen = await ward.signed_in("carmen", role=Role.COORDINATOR)
        await ward.move_to("Norte")
        await _time_is_over(ward)
        await ward.writes("ya me devolvieron el celular")
        await does(ana, place, "tomar")
        await ana.get(f"/consola/chat/{place}")
        lines = ana.page.partition('id="lines"')[2]
        hers, _, others = lines.partition("quiero hablar con una psicologa")
        assert "<span>Ella</span>" in hers
        assert "<span>Ella</span>" not in others
        assert "puede no ser ella" in others.partition("ya me devolvieron")[0]
        first = ana.page.partition('id="f1"')[2].partition("</section>")[0]
        assert "Quien escribe ahora puede no ser ella" in first
        last = ana.page.partition('id="f6"')[2].partition("</section>")[0]
        assert "puede no ser ella</span> «ya me devolvieron" in last
        await carmen.get(f"/consola/tablero/{place}")
        assert carmen.page.count("puede no ser ella") == 1


async def test_a_reason_opens_her_own_past_and_not_what_another_told_on_the_lent_phone(database_url: str) -> None:
    async with warded(database_url) as ward:
        ward.rig.interpreter.meanings[FIRST] = Understanding(
            intent="physical_violence", alert=Alert.URGENT, by="screen"
        )
        await _lends(ward)
        await ward.writes(FIRST)
        await _time_is_over(ward)
        first, ana = await ward.place(), await ward.signed_in("ana")
        await does(ana, first, "tomar")
        await ana.get(f"/consola/cierre/{first}")
        await ana.post(f"/consola/cierre/{first}", {"lease": "1", "outcome": "contact_lost"})
        await _lends(ward)
        await ward.writes("quiero hablar con una psicologa")
        place = await ward.place()
        carmen = await ward.signed_in("carmen", role=Role.COORDINATOR)
        await ward.rig.rows("UPDATE handovers SET zone = 'Norte', alert = 3 WHERE closed_at IS NULL")
        await ward.rig.rows("UPDATE conversations SET sealed_in_seq = last_in_seq, sealed_out_seq = last_out_seq")
        await carmen.get(f"/consola/tablero/{place}")
        form = {"reason": "su hermana llamó: corre peligro", "right": "emergency"}
        assert (await carmen.post(f"/consola/tablero/{place}/anterior", form)).status == 200
        assert "quiero hablar con una psicologa" in carmen.page
        assert FIRST not in carmen.page
