"""What psychologists experience of who speaks, act by act."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from bot.errors import ContentError
from bot.messages import Alert
from bot.takeover import (
    Act,
    Attend,
    Busy,
    Claim,
    Close,
    Handover,
    Hands,
    Outcome,
    PersonWrote,
    Refusal,
    Requested,
    Speak,
    Stage,
    Strike,
    Tell,
    Transfer,
    clocks,
    load_clocks,
    may_speak,
    take,
)

ANA, BEA, CARO = (UUID(int=n) for n in (1, 2, 3))
START = datetime(2026, 11, 23, 15, tzinfo=UTC)
CLOCKS = load_clocks()


class Care:
    """A handover that is lived act by act: ``care.at(90).does(Strike())``."""

    def __init__(self, alert: Alert = Alert.EMERGENCY) -> None:
        self.handover = Handover(id=UUID(int=9), reason="danger", alert=alert, since=START)
        self.now = START

    def at(self, seconds: float) -> Care:
        self.now = START + timedelta(seconds=seconds)
        return self

    def does(self, act: Act) -> Outcome:
        outcome = take(CLOCKS, self.handover, act, self.now)
        self.handover = outcome.handover
        return outcome

    def told(self) -> list[str]:
        return [tell.what for tell in self.does(Strike()).tells]


def held(alert: Alert = Alert.EMERGENCY) -> Care:
    """Ana has it, and the person has written."""
    care = Care(alert)
    care.does(PersonWrote())
    care.does(Claim(staff=ANA))
    return care


def test_an_emergency_that_nobody_takes_rings_after_a_minute_and_reaches_the_coordinator_after_three() -> None:
    care = Care()
    assert care.at(59).told() == []
    assert care.at(60).told() == ["alarm_shift"]
    assert care.at(120).told() == []
    assert care.at(180).told() == ["alarm_coordinator"]


def test_only_the_first_of_two_who_claim_gets_it() -> None:
    care = Care()
    assert care.does(Claim(staff=ANA)).refused is None
    assert care.does(Claim(staff=BEA)).refused is Refusal.TAKEN
    assert may_speak(care.handover, ANA, care.handover.lease)
    assert not may_speak(care.handover, None)


def test_a_stale_tab_cannot_speak() -> None:
    care = held()
    lease = care.handover.lease
    care.does(Transfer(staff=ANA, lease=lease, to_staff=BEA))
    care.does(Claim(staff=BEA))
    before = care.handover
    assert care.does(Speak(staff=ANA, lease=lease)).refused is Refusal.STALE
    assert care.handover == before


def test_an_owner_who_is_silent_is_warned_then_joined_then_relieved() -> None:
    care = held()
    assert care.at(90).told() == ["warn_owner"]
    assert care.does(Claim(staff=BEA)).refused is Refusal.TAKEN
    assert care.at(120).told() == ["stand_by"]
    assert care.handover.owner == ANA
    assert care.at(150).told() == ["back_to_queue"]
    assert care.handover.stage is Stage.WAITING
    assert care.handover.raised == 1


def test_whoever_stands_beside_a_silent_owner_may_take_over_and_the_owner_is_told() -> None:
    care = held()
    care.at(120).told()
    outcome = care.does(Claim(staff=BEA))
    assert outcome.tells == (Tell(what="taken_over", whom=ANA),)
    assert care.handover.owner == BEA


def test_writing_to_her_ends_the_warning_and_silence_after_it_does_not_count() -> None:
    care = held()
    care.at(90).told()
    care.at(100).does(Speak(staff=ANA, lease=care.handover.lease))
    assert care.at(4000).told() == []
    care.does(PersonWrote())
    assert care.at(4089).told() == []
    assert care.at(4090).told() == ["warn_owner"]


def test_calling_for_her_holds_the_place_for_five_minutes_and_again() -> None:
    care = held()
    care.at(80).does(Attend(staff=ANA, lease=care.handover.lease, busy=Busy.CALLING))
    assert care.at(380).told() == []
    care.does(Attend(staff=ANA, lease=care.handover.lease, busy=Busy.ACCOMPANYING))
    assert care.at(680).told() == []
    assert care.at(770).told() == ["warn_owner"]


def test_a_lost_connection_warns_after_two_minutes_and_then_offers_the_chat() -> None:
    care = held(Alert.URGENT)
    care.handover = replace(care.handover, lost_at=START, unanswered_since=None)
    assert care.at(119).told() == []
    assert care.at(120).told() == ["warn_owner_gone"]
    assert care.at(180).told() == ["back_to_queue"]


def test_a_chat_handed_over_by_name_is_kept_for_her_two_minutes_but_an_emergency_is_anybodys() -> None:
    for alert, refused in ((Alert.URGENT, Refusal.RESERVED), (Alert.EMERGENCY, None)):
        care = held(alert)
        care.does(Transfer(staff=ANA, lease=care.handover.lease, to_staff=BEA))
        assert take(CLOCKS, care.handover, Claim(staff=CARO), START).refused is refused
        assert take(CLOCKS, care.handover, Claim(staff=BEA), START).refused is None
        assert take(CLOCKS, care.handover, Claim(staff=CARO), START + timedelta(minutes=2)).refused is None


def test_nobody_holds_more_than_three_chats_or_two_emergencies_and_rests_after_one() -> None:
    care = Care()
    refused = [
        take(CLOCKS, care.handover, Claim(staff=ANA, hands=hands), START).refused
        for hands in (
            Hands(chats=3),
            Hands(chats=1, emergencies=1),
            Hands(emergency_closed_at=START - timedelta(minutes=9)),
            Hands(chats=2, emergency_closed_at=START - timedelta(minutes=11)),
        )
    ]
    assert refused == [Refusal.HANDS_FULL, Refusal.HANDS_FULL, Refusal.RESTING, None]


def test_graver_words_while_it_is_held_are_told_to_its_owner_and_run_the_graver_clock() -> None:
    care = held(Alert.ATTENTION)
    outcome = care.at(10).does(Requested(reason="danger", alert=Alert.EMERGENCY))
    assert outcome.tells == (Tell(what="raised", whom=ANA),)
    assert care.does(Requested(reason="asked", alert=Alert.NONE)).tells == ()
    assert care.handover.reason == "danger"
    assert care.at(90).told() == ["warn_owner"]


def test_the_owner_is_warned_before_the_window_of_24_hours_closes() -> None:
    care = held()
    care.does(Speak(staff=ANA, lease=care.handover.lease))
    told = [(hours, word) for hours in range(19, 25) for word in care.at(hours * 3600).told()]
    assert told == [(20, "window_20h"), (22, "window_22h"), (23, "window_23h")]
    care.does(PersonWrote())
    care.does(Speak(staff=ANA, lease=care.handover.lease))
    assert care.at(44 * 3600).told() == ["window_20h"]


def test_what_is_closed_is_the_bots_again_and_nothing_more_can_be_done_with_it() -> None:
    care = held()
    lease = care.handover.lease
    assert care.does(Close(staff=ANA, lease=lease)).returns_to_bot
    assert may_speak(care.handover, None)
    assert care.does(Speak(staff=ANA, lease=lease)).refused is Refusal.NOTHING_OPEN
    assert care.does(Claim(staff=BEA)).refused is Refusal.NOTHING_OPEN
    assert care.at(10**6).told() == []


def test_a_chat_cannot_be_handed_to_nobody_or_to_oneself() -> None:
    care = held()
    for wrong in (Transfer(staff=ANA, lease=1), Transfer(staff=ANA, lease=1, to_staff=ANA)):
        assert care.does(wrong).refused is Refusal.UNKNOWN_RECEIVER
    assert care.handover.owner == ANA


def test_a_table_of_clocks_that_would_leave_her_with_an_absent_owner_is_refused(tmp_path: Path) -> None:
    good = (Path(clocks.__file__).parent / "clocks.yml").read_text(encoding="utf-8")
    for broken in (good.replace(", {after: 150, tell: back_to_queue}", ""), good.replace("urgent:", "urgente:")):
        wrong = tmp_path / "clocks.yml"
        wrong.write_text(broken, encoding="utf-8")
        with pytest.raises(ContentError):
            load_clocks(wrong)
