"""What may not be missed: words of danger, words of command, and who is believed when they disagree. Pure."""

from bot.safety.combine import combine, is_only_a_saying, without_weak_words
from bot.safety.commands import command, is_at_once, number
from bot.safety.screen import Screening, has_letters, screen, words_of

__all__ = [
    "Screening",
    "combine",
    "command",
    "has_letters",
    "is_at_once",
    "is_only_a_saying",
    "number",
    "screen",
    "without_weak_words",
    "words_of",
]
