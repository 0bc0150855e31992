"""``python3 -m setup [service] [tests] [rasa] [train] [browser]``: sets up what is named, in that order.

With CI=true whatever the tests need must be there: a missing Rasa or browser is an error.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bot.errors import BotError
from bot.nlu.environment import rasa_python, train
from bot.progress import say
from setup.browser import set_up_browser
from setup.commands import SetupFailed
from setup.environments import set_up_rasa, set_up_service

_PARTS = ("service", "tests", "rasa", "train", "browser")


def main(wanted: list[str]) -> int:
    """Set up what is wanted; 0, or 1 after saying in Spanish what is missing."""
    if unknown := set(wanted) - set(_PARTS):
        say(f"No conozco: {', '.join(sorted(unknown))}. Hay: {', '.join(_PARTS)}.")
        return 2
    strict = os.environ.get("CI", "").lower() in ("true", "1")
    try:
        set_up_service(tests="tests" in wanted)
        if "rasa" in wanted and not set_up_rasa(patient="train" in wanted) and strict:
            return 1
        if "train" in wanted and rasa_python() is not None:
            train(Path(os.environ.get("VAR_DIR") or "var"))
        if "browser" in wanted and not set_up_browser() and strict:
            return 1
    except (SetupFailed, BotError) as failure:
        say(str(failure))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
