"""Where she is: the department's places as data, and a text resolved to one of them."""

from bot.territory.answer import Ambiguous, Answer, Found, Outside, Refused, Unknown, answer
from bot.territory.data import OUTSIDE, Municipality, Neighbour, Territory, department, load_territory
from bot.territory.find import find

__all__ = [
    "OUTSIDE",
    "Ambiguous",
    "Answer",
    "Found",
    "Municipality",
    "Neighbour",
    "Outside",
    "Refused",
    "Territory",
    "Unknown",
    "answer",
    "department",
    "find",
    "load_territory",
]
