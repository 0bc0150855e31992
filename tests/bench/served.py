"""``python -m tests.bench.served FILE``: the service as it is, and beside it a task that notes how late it is woken.

Each line of the file is one waking, fifty a second: by how many milliseconds the event loop was late.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop

from bot.observe import set_up_logging
from bot.serve import serve
from bot.settings import read_settings

_EVERY_SECONDS = 0.02


async def main(lags: Path) -> None:
    """Serve until a signal comes, watched."""
    settings = read_settings()
    set_up_logging(settings.log_level)
    watching = asyncio.create_task(_watch(lags))
    try:
        await serve(settings)
    finally:
        watching.cancel()


async def _watch(lags: Path) -> None:
    loop = asyncio.get_running_loop()
    with lags.open("a", encoding="ascii", buffering=1) as out:
        while True:
            began = loop.time()
            await asyncio.sleep(_EVERY_SECONDS)
            out.write(f"{max(0.0, loop.time() - began - _EVERY_SECONDS) * 1000:.2f}\n")


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1])))
