"""What she was told, and that she was heard, is on the disk before anybody acts on it."""

from __future__ import annotations

from pathlib import Path

import pytest

import storage
from tests.doubles.rig import rigged

_FILES = sorted((Path(storage.__file__).parent / "sql").glob("*.sql"))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_only_a_claim_and_a_letter_that_left_do_not_wait_for_the_disk(path: Path) -> None:
    assert ("synchronous_commit" in path.read_text(encoding="utf-8")) == (path.stem in {"claim", "sent"})


async def test_no_connection_keeps_the_haste_of_one_statement(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("hola")
        await rig.delivery.deliver_once()
        for _ in range(12):  # more often than there are connections
            assert (await rig.rows("SHOW synchronous_commit"))[0].synchronous_commit == "on"
