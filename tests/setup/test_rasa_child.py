"""The real Rasa as a child: it answers us alone, and nothing that anybody wrote stays behind in its logs."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from bot.nlu.environment import PROJECT, rasa_python
from bot.nlu.server import RasaServer

CONFIG = """
recipe: default.v1
assistant_id: test
language: es
pipeline:
  - name: WhitespaceTokenizer
  - name: CountVectorsFeaturizer
  - name: LogisticRegressionClassifier
"""
DATA = """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hola
    - buenas tardes
- intent: thank
  examples: |
    - gracias
    - muchas gracias
"""


@pytest.fixture
async def rasa(tmp_path: Path) -> AsyncIterator[RasaServer]:
    """A Rasa with a tiny project of its own, as talkative as it can be."""
    python = rasa_python()
    if python is None:
        assert os.environ.get("CI") != "true", "in CI nothing is skipped for being absent"
        pytest.skip("Rasa's environment is not there (make setup)")
    project = tmp_path / "project"
    (project / "components").mkdir(parents=True)
    (project / "data").mkdir()
    shutil.copy(PROJECT / "components" / "launch.py", project / "components")
    (project / "config.yml").write_text(CONFIG)
    (project / "domain.yml").write_text('version: "3.1"\nintents: [greet, thank]\n')
    (project / "data" / "nlu.yml").write_text(DATA)
    (project / "requirements.txt").write_text("")
    server = RasaServer(python=python, var_dir=tmp_path / "var", project=project, log_level="DEBUG")
    server.start()
    yield server
    await server.stop()


async def until_it_answers(client: aiohttp.ClientSession, url: str) -> None:
    """Wait until Rasa listens."""
    while True:
        try:
            async with client.get(url):
                return
        except aiohttp.ClientError:
            await asyncio.sleep(0.2)


@pytest.mark.timeout(240)
async def test_rasa_answers_us_alone_and_keeps_no_word(rasa: RasaServer, tmp_path: Path) -> None:
    async with aiohttp.ClientSession(rasa.url) as client:
        await until_it_answers(client, "/")

        async def post(path: str, **more: object) -> tuple[int, str]:
            async with client.post(path, **more) as answer:  # type: ignore[arg-type]  # passed on as it is
                return answer.status, await answer.text()

        key = {"token": rasa.token}
        status, body = await post("/model/parse", params=key, json={"text": "hola susurro"})
        assert (status, '"name":"greet"' in body) == (200, True)
        assert (await post("/model/parse", json={"text": "susurro"}))[0] == 401
        assert (await post("/model/parse", params=key, data=b'{"text": "susurro'))[0] == 500
        assert (await post("/webhooks/rest/webhook", json={"sender": "x", "message": "susurro"}))[0] == 404
    children = psutil.Process().children()
    seen = " ".join(word for child in children for word in child.cmdline())
    assert "components.launch" in seen
    assert rasa.token not in seen
    kept = [path for path in (tmp_path / "var").rglob("*") if path.is_file() and b"susurro" in path.read_bytes()]
    assert kept == []
    assert "rasa" in (tmp_path / "var" / "log" / "rasa.log").read_text()
    await rasa.stop()
    assert not any("components.launch" in " ".join(child.cmdline()) for child in psutil.Process().children())
