"""What may not be missed: words of danger, words of command, and who is believed when they disagree. Pure."""

from bot.safety.combine import combine
from bot.safety.commands import command, is_at_once, number
from bot.safety.screen import Screening, screen

__all__ = ["Screening", "combine", "command", "is_at_once", "number", "screen"]
