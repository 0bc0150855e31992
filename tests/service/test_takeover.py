"""A conversation passes to a psychologist and back, on the real database."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from bot.messages import Alert, StaffAction, StaffDeed, Understanding
from storage.handovers import note_presence, note_sign_of_life, strike_due
from tests.doubles.rig import Rig, rigged

ANA, BEA = uuid4(), uuid4()
_OPEN = "SELECT * FROM handovers WHERE closed_at IS NULL"
_HERS = (
    "SELECT h.lease FROM handovers h JOIN conversations c ON c.id = h.conversation_id"
    " WHERE h.closed_at IS NULL AND c.heard_at IS NOT NULL"
)


async def _asks_for_a_person(rig: Rig) -> None:
    await rig.write("buenas")
    await rig.write("1")
    await rig.write("quiero hablar con una psicologa")


async def _conversation(rig: Rig) -> UUID:
    rows = await rig.rows("SELECT id FROM conversations WHERE heard_at IS NOT NULL")
    where = rows[0].id
    assert isinstance(where, UUID)
    return where


async def _does(rig: Rig, who: UUID, deed: StaffDeed, **more: object) -> str:
    """Somebody of the team acts, with the lease that holds now unless another is given; what came of it."""
    lease = more.pop("lease", None)
    if lease is None:
        open_now = await rig.rows(_HERS)
        lease = open_now[0].lease if open_now else 0
    action = StaffAction(
        external_id=f"staff:{uuid4()}",
        conversation_id=await _conversation(rig),
        staff_id=who,
        deed=deed,
        lease=lease,  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )
    await rig.act(action)
    rows = await rig.rows("SELECT ending FROM inbox WHERE external_id = :id", id=action.external_id)
    return str(rows[0].ending)


async def _time_passes(rig: Rig, seconds: float) -> None:
    await rig.wait(timedelta(seconds=seconds))


async def test_she_is_taken_over_talked_to_and_given_back(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _asks_for_a_person(rig)
        assert await _does(rig, ANA, StaffDeed.CLAIM) == "done"
        assert await _does(rig, ANA, StaffDeed.SAY, text="Hola, soy Ana. Estoy con usted.") == "done"
        assert rig.channel.texts[-1] == "Hola, soy Ana. Estoy con usted."
        before = len(rig.channel.texts)
        await rig.write("gracias ana")
        assert len(rig.channel.texts) == before
        assert await _does(rig, ANA, StaffDeed.RELEASE) == "done"
        assert "programa" in rig.channel.texts[-1]
        assert await rig.rows(_OPEN) == []
        await rig.write("donde denuncio")
        assert len(rig.channel.texts) > before + 1
        authors = await rig.rows("SELECT DISTINCT author FROM outbox")
        assert {row.author for row in authors} == {"bot", str(ANA)}


async def test_what_the_bot_had_queued_is_withdrawn_when_a_person_takes_over(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _asks_for_a_person(rig)
        await rig.rows(
            "INSERT INTO outbox (id, conversation_id, seq, turn_id, author, parting, status, attempts, failure_noted,"
            " created_at, expires_at, next_try_at) SELECT gen_random_uuid(), id, last_out_seq + 100,"
            " gen_random_uuid(), 'bot', false, 'queued', 0, false, now(), now() + interval '1 hour',"
            " now() + interval '1 hour' FROM conversations"
        )
        await _does(rig, ANA, StaffDeed.CLAIM)
        rows = await rig.rows("SELECT code FROM outbox WHERE status = 'withdrawn'")
        assert [row.code for row in rows] == ["claimed"]


async def test_of_two_who_claim_one_gets_it_and_a_stale_page_cannot_speak(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _asks_for_a_person(rig)
        assert await _does(rig, ANA, StaffDeed.CLAIM) == "done"
        assert await _does(rig, BEA, StaffDeed.CLAIM) == "taken"
        assert await _does(rig, BEA, StaffDeed.SAY, text="soy bea") == "stale"
        stale = (await rig.rows(_OPEN))[0].lease
        assert await _does(rig, ANA, StaffDeed.TRANSFER, to_staff=BEA) == "done"
        assert await _does(rig, BEA, StaffDeed.CLAIM) == "done"
        assert await _does(rig, ANA, StaffDeed.SAY, text="aun estoy", lease=stale) == "stale"
        assert "aun estoy" not in rig.channel.texts


async def test_a_message_of_a_psychologist_sent_twice_is_said_once(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _asks_for_a_person(rig)
        await _does(rig, ANA, StaffDeed.CLAIM)
        lease = (await rig.rows(_OPEN))[0].lease
        where = await _conversation(rig)
        once = StaffAction(
            external_id="staff:once", conversation_id=where, staff_id=ANA, deed=StaffDeed.SAY, lease=lease, text="uno"
        )
        await rig.act(once)
        await rig.act(once)
        assert rig.channel.texts.count("uno") == 1


async def test_her_word_that_she_is_watched_closes_the_composer_of_the_psychologist(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _asks_for_a_person(rig)
        await _does(rig, ANA, StaffDeed.CLAIM)
        await rig.write("me miran")
        sent = len(rig.channel.texts)
        assert await _does(rig, ANA, StaffDeed.SAY, text="¿Sigue ahí?") == "phone_locked"
        assert await _does(rig, ANA, StaffDeed.ASK_SAFE) == "phone_locked"
        assert len(rig.channel.texts) == sent
        await rig.write("ya estoy sola")
        assert await _does(rig, ANA, StaffDeed.SAY, text="¿Sigue ahí?") == "phone_unknown"
        assert await _does(rig, ANA, StaffDeed.ASK_SAFE) == "done"
        assert "calma" in rig.channel.texts[-1]
        await rig.write("si")
        assert await _does(rig, ANA, StaffDeed.SAY, text="¿Sigue ahí?") == "done"


async def test_what_a_coordinator_lets_out_in_spite_of_the_lock_goes_at_once_and_changes_no_lock(
    database_url: str,
) -> None:
    async with rigged(database_url) as rig:
        await _asks_for_a_person(rig)
        await _does(rig, ANA, StaffDeed.CLAIM)
        await rig.write("me miran")
        assert await _does(rig, BEA, StaffDeed.LIFT, text="la vecina confirma") == "done"
        assert await _does(rig, ANA, StaffDeed.SAY, text="Aquí estamos.") == "done"
        assert rig.channel.texts[-1] == "Aquí estamos."
        rows = await rig.rows("SELECT phone FROM conversations")
        assert rows[0].phone == "unsafe"


async def test_an_emergency_that_nobody_takes_rings_twice_and_nothing_goes_to_her_phone_unasked(
    database_url: str,
) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas")
        await rig.write("1")
        rig.interpreter.meanings["ayuda por favor"] = Understanding(
            intent="ask_human", alert=Alert.EMERGENCY, by="rasa"
        )
        await rig.write("ayuda por favor")
        sent = len(rig.channel.texts)
        for seconds, told in ((61, ["alarm_shift"]), (120, ["alarm_shift", "alarm_coordinator"])):
            await _time_passes(rig, seconds)
            rung = await rig.rows("SELECT what FROM alarms ORDER BY rung_at")
            assert [row.what for row in rung] == told
        assert len(rig.channel.texts) == sent


async def test_an_owner_who_does_nothing_while_she_waits_loses_the_place_and_the_bot_waits_with_her(
    database_url: str,
) -> None:
    async with rigged(database_url) as rig:
        await _asks_for_a_person(rig)
        await _does(rig, ANA, StaffDeed.CLAIM)
        await rig.write("hola?")
        held = (await rig.rows(_OPEN))[0]
        await _time_passes(rig, 290)
        await note_sign_of_life(rig.database, handover_id=held.id, staff_id=ANA, lease=held.lease)
        await _time_passes(rig, 200)
        assert await rig.rows("SELECT 1 FROM alarms WHERE what = 'warn_owner'") == []
        for _ in range(5):
            await _time_passes(rig, 120)
        rung = [row.what for row in await rig.rows("SELECT what FROM alarms ORDER BY rung_at")]
        assert rung[:3] == ["warn_owner", "stand_by", "back_to_queue"]
        back = (await rig.rows(_OPEN))[0]
        assert (back.stage, back.owner, back.raised) == ("waiting", None, 1)
        assert (await rig.rows("SELECT mode FROM conversations"))[0].mode == "waiting"


async def test_a_console_that_is_gone_for_three_minutes_gives_its_chats_back(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _asks_for_a_person(rig)
        await _does(rig, ANA, StaffDeed.CLAIM)
        await note_presence(rig.database, staff_id=ANA, is_there=False)
        await _time_passes(rig, 121)
        await _time_passes(rig, 60)
        assert (await rig.rows(_OPEN))[0].stage == "waiting"


async def test_a_fourth_chat_is_refused(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _asks_for_a_person(rig)
        for _ in range(3):
            await rig.rows(
                "WITH other AS (INSERT INTO conversations (id, person_id, channel, role, mode, phone, version,"
                " last_in_seq, last_out_seq) SELECT gen_random_uuid(), person_id, gen_random_uuid()::text, 'woman',"
                " 'human', 'safe', 0, 0, 0 FROM conversations LIMIT 1 RETURNING id)"
                " INSERT INTO handovers (id, conversation_id, reason, alert, stage, lease, owner, raised, struck,"
                " requested_at, since) SELECT gen_random_uuid(), id, 'asked', 0, 'held', 1, CAST(:ana AS uuid), 0,"
                " '{}', now(), now() FROM other",
                ana=ANA,
            )
        assert await _does(rig, ANA, StaffDeed.CLAIM) == "hands_full"


async def test_what_is_noted_is_kept_and_never_said(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _asks_for_a_person(rig)
        sent = len(rig.channel.texts)
        assert await _does(rig, ANA, StaffDeed.NOTE, text="vive con la suegra") == "done"
        assert len(rig.channel.texts) == sent
        assert await strike_due(rig.database, rig.ring) >= 0
