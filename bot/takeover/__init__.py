"""Who speaks: a conversation passes to people and back. Pure."""

from bot.takeover.clocks import Clocks, load_clocks
from bot.takeover.handover import (
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
    Release,
    Requested,
    Show,
    Speak,
    Stage,
    Strike,
    Tell,
    Transfer,
)
from bot.takeover.rules import may_speak, next_strike, standing, take
from bot.takeover.times import Times, load_times

__all__ = [
    "Act",
    "Attend",
    "Busy",
    "Claim",
    "Clocks",
    "Close",
    "Handover",
    "Hands",
    "Outcome",
    "PersonWrote",
    "Refusal",
    "Release",
    "Requested",
    "Show",
    "Speak",
    "Stage",
    "Strike",
    "Tell",
    "Times",
    "Transfer",
    "load_clocks",
    "load_times",
    "may_speak",
    "next_strike",
    "standing",
    "take",
]
