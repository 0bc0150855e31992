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
    Speak,
    Stage,
    Strike,
    Tell,
    Transfer,
)
from bot.takeover.rules import may_speak, next_strike, standing, take

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
    "Speak",
    "Stage",
    "Strike",
    "Tell",
    "Transfer",
    "load_clocks",
    "may_speak",
    "next_strike",
    "standing",
    "take",
]
