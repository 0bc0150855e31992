"""``python -m tests.fuzz TARGET [INPUTS]``: that many inputs, each bred from those that reached new code (atheris).

What breaks is kept in ``var/fuzz/`` with the bytes that did it; ``python -m tests.fuzz TARGET FILE`` plays one again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["channels", "bot.dialogue", "bot.safety", "bot.spelling"]):
    from tests.fuzz.targets import TARGETS, seeds

_FOLDER = Path("var") / "fuzz"
_LONGEST = 2_000


def main(name: str, what: str = "100000") -> None:
    """Fuzz one target; ends the process."""
    if Path(what).is_file():
        TARGETS[name](Path(what).read_bytes())
        return
    corpus = _FOLDER / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (corpus / f"seed{number:04}").write_bytes(seed)
    settings = [
        f"-runs={what}", f"-max_len={_LONGEST}", "-len_control=0", f"-artifact_prefix={_FOLDER}/{name}-",
        "-print_final_stats=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *settings, str(corpus)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
