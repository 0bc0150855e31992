"""What many tests stand on: a real PostgreSQL, a clock that can be moved, a channel that remembers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from storage.embedded import EmbeddedPostgres
from tests.doubles.database import TestDatabases

settings.register_profile(
    "usual", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.register_profile("long", parent=settings.get_profile("usual"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def databases(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TestDatabases]:
    """One embedded PostgreSQL for the run, from which each test takes a migrated database of its own."""
    embedded = EmbeddedPostgres(tmp_path_factory.mktemp("var"), durable=False)
    made = TestDatabases(await embedded.start())
    try:
        await made.prepare()
        yield made
    finally:
        await made.close()
        await embedded.stop()


@pytest.fixture
async def database_url(databases: TestDatabases) -> AsyncIterator[str]:
    """The address of a migrated, empty database whose clock the test may move."""
    name = await databases.make()
    yield databases.url(name)
    await databases.drop(name)


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's own folder."""
    return Path(__file__).parent.parent
