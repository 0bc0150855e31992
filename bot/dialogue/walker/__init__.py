"""Somebody who tries everything, before anybody else does: what she finds, and how much of the flows she saw."""

from __future__ import annotations

from bot.dialogue.walker.coverage import Coverage, coverage
from bot.dialogue.walker.findings import findings
from bot.dialogue.walker.steps import Walked, walk

__all__ = ["Coverage", "Walked", "coverage", "findings", "walk"]
