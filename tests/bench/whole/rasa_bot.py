"""Rasa's own server as a whole bot: our understanding, a rule for each meaning, REST, its tracker in PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
import psutil
import yaml

from bot.nlu.environment import PROJECT, rasa_variables
from bot.progress import under_way
from tests.bench.whole.drive import PATIENCE_SECONDS, Times
from tests.bench.whole.talk import Said
from tests.doubles.process import free_port

_START_SECONDS = 120


@dataclass
class RasaBot:
    """``ask`` drives it; an answer is the body of its REST channel, so it sends nothing to Twilio."""

    url: str
    process: psutil.Process
    start_seconds: float
    session: aiohttp.ClientSession

    async def ask(self, number: int, said: Said) -> Times | None:
        """She writes; what needs no understanding goes as ``/intent``, which Rasa takes without its NLU."""
        posted = monotonic()
        body = {"sender": f"p{number}", "message": f"/{said.meaning}" if said.meaning else said.text}
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                async with self.session.post(f"{self.url}/webhooks/rest/webhook", json=body) as answer:
                    if answer.status != 200 or not await answer.json():
                        return None
        except TimeoutError:
            return None
        took = (monotonic() - posted) * 1000
        return Times(took, took)


def prepare(folder: Path, python: Path, database_url: str) -> None:
    """Write the bot's project into the folder and train it; raises ``RuntimeError`` with the end of Rasa's words."""
    for name in ("data", "components"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in PROJECT.glob("*.py"):
        shutil.copy(path, folder)
    config = yaml.safe_load((PROJECT / "config.yml").read_text(encoding="utf-8"))
    domain = yaml.safe_load((PROJECT / "domain.yml").read_text(encoding="utf-8"))
    meanings = domain["intents"]
    domain["responses"] = {f"utter_{one}": [{"text": f"Gracias por contarlo. ({one})"}] for one in meanings}
    rules = [{"rule": one, "steps": [{"intent": one}, {"action": f"utter_{one}"}]} for one in meanings]
    _write(folder / "config.yml", config | {"policies": [{"name": "RulePolicy"}]})
    _write(folder / "domain.yml", domain)
    _write(folder / "data" / "rules.yml", {"version": "3.1", "rules": rules})
    _write(folder / "credentials.yml", {"rest": None})
    _write(folder / "endpoints.yml", {"tracker_store": {"type": "SQL", "dialect": "postgresql", "url": database_url}})
    with under_way("se entrena Rasa como bot entero"):
        _run(folder, python, "train", "--fixed-model-name", "bot", "--out", "models")


@asynccontextmanager
async def started(folder: Path, python: Path) -> AsyncIterator[RasaBot]:
    """Rasa's server over that project, up; stopped at the end."""
    port, began = free_port(), monotonic()
    command = [
        *_rasa(python), "run", "--interface", "127.0.0.1", "--port", str(port), "--model", "models/bot.tar.gz",
        "--credentials", "credentials.yml", "--endpoints", "endpoints.yml", "--log-file", "rasa.log",
    ]  # fmt: skip
    with (folder / "output.log").open("wb") as out:
        child = subprocess.Popen(command, cwd=folder, env=_variables(folder), stdout=out, stderr=out)  # noqa: ASYNC220
    try:
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{port}"
            await _until_up(session, url, child, folder / "output.log")
            yield RasaBot(
                url=url, process=psutil.Process(child.pid), start_seconds=monotonic() - began, session=session
            )
    finally:
        child.terminate()
        await asyncio.to_thread(child.wait)


async def _until_up(session: aiohttp.ClientSession, url: str, child: subprocess.Popen[bytes], log: Path) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while True:
            with suppress(aiohttp.ClientError):
                async with session.post(
                    f"{url}/webhooks/rest/webhook", json={"sender": "first", "message": "/greet"}
                ) as answer:
                    if answer.status == 200 and await answer.json():
                        return
            if child.poll() is not None:
                raise RuntimeError(f"Rasa ended at once: {log.read_text(errors='replace')[-2000:]}")
            await asyncio.sleep(0.1)


def _run(folder: Path, python: Path, *words: str) -> None:
    done = subprocess.run(
        [*_rasa(python), *words], cwd=folder, env=_variables(folder), capture_output=True, text=True, check=False
    )
    if done.returncode != 0 or not (folder / "models" / "bot.tar.gz").exists():
        raise RuntimeError(f"Rasa could not be trained: {(done.stdout + done.stderr)[-2000:]}")


def _rasa(python: Path) -> list[str]:
    return [str(python), "-m", "rasa"]


def _variables(folder: Path) -> dict[str, str]:
    return rasa_variables(folder / "var")


def _write(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
