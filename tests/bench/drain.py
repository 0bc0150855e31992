"""A queue of ten thousand letters, an hour old, once the provider is back: how long, in which order, how fast.

``python -m tests.bench.drain [LETTERS] [MESSAGES_A_SECOND] [SECONDS_AWAY]`` writes it into
``docs/benchmarks.md``. Service, provider and load are one process here, beside PostgreSQL.
"""

from __future__ import annotations

import asyncio
import sys
import time
from bisect import bisect_left
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.messages import Address
from channels.twilio.account import open_account
from storage.embedded import EmbeddedPostgres
from tests.bench.figures import PAGE, where_and_when, write_section
from tests.doubles.database import TestDatabases
from tests.doubles.letters import queue_letter
from tests.doubles.rig import Rig, rigged
from tests.doubles.settings import settings_at
from tests.doubles.twilio import TwilioDouble

_URGENT = 10


async def main(letters: float = 10_000, rate: float = 80, away: float = 20) -> None:
    """Set the scene, take the provider away, bring it back, and write down what was seen."""
    with TemporaryDirectory(prefix="vs-") as folder:
        embedded = EmbeddedPostgres(Path(folder))
        databases = TestDatabases(await embedded.start())
        try:
            await databases.prepare()
            url = databases.url(await databases.make())
            async with (
                TwilioDouble() as twilio,
                open_account(settings_at(twilio)) as account,
                rigged(url, channels=account.channels, rates={"whatsapp": rate}) as rig,
            ):
                body = await _drain(rig, twilio, int(letters), away)
        finally:
            await databases.close()
            await embedded.stop()
    command = f"python -m tests.bench.drain {letters:.0f} {rate:.0f} {away:.0f}"
    head = f"## A queue an hour old, once the provider is back: `{command}`"
    write_section(PAGE, "bench-drain", f"{head}\n\n{where_and_when(PAGE.parent.parent)}\n\n{body}\n")


async def _drain(rig: Rig, twilio: TwilioDouble, letters: int, away: float) -> str:
    for n in range(letters):
        await rig.intake.accept(rig.message("buenas", by=Address(channel="whatsapp", value=f"+57300{n:07}")))
    await queue_letter(rig, "Hola.")
    await rig.rows(
        "UPDATE outbox o SET created_at = now() - interval '1 hour' + p.place * interval '100 milliseconds'"
        " FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM conversations) p"
        " WHERE p.id = o.conversation_id"
    )
    await rig.rows(
        "INSERT INTO handovers (id, conversation_id, reason, alert, stage, lease, raised, struck, requested_at, since)"
        " SELECT gen_random_uuid(), id, 'danger', 3, 'waiting', 1, 0, '{}', now(), now()"
        " FROM (SELECT id FROM conversations ORDER BY random() LIMIT :urgent) c",
        urgent=_URGENT,
    )
    await rig.rows("ANALYZE")
    await twilio.go_away()
    running = asyncio.create_task(rig.delivery.run())
    await asyncio.sleep(away)
    tried = (await rig.rows("SELECT sum(attempts) AS tries FROM outbox"))[0].tries
    await twilio.come_back()
    began, used = time.monotonic(), time.process_time()
    while len(twilio.messages) < letters:
        await asyncio.sleep(0.5)
    took, cpu = time.monotonic() - began, time.process_time() - used
    await rig.delivery.stop()
    await running
    return await _report(rig, twilio, away=away, tried=tried, took=took, cpu=cpu)


async def _report(rig: Rig, twilio: TwilioDouble, *, away: float, tried: int, took: float, cpu: float) -> str:
    rows = await rig.rows(
        "SELECT o.provider_id, h.id IS NOT NULL AS urgent FROM outbox o"
        " LEFT JOIN handovers h ON h.conversation_id = o.conversation_id ORDER BY o.created_at"
    )
    places = {message.sid: place for place, message in enumerate(twilio.messages)}
    urgent = [places[row.provider_id] for row in rows if row.urgent]
    others = [places[row.provider_id] for row in rows if not row.urgent]
    displaced = [abs(a - b) for a, b in zip(others, sorted(others), strict=True)]
    at = [message.created_at.timestamp() for message in twilio.messages]
    most = max(bisect_left(at, begin + 1) - place for place, begin in enumerate(at))
    absence = f"while the provider was away for {away:.0f} s"
    out_of_place = sum(map(bool, displaced))
    first = f"The first was taken {at[0] - (at[-1] - took):.0f} s after its return (at most 30)"
    lines = (
        f"{len(places)} letters to as many people; {absence}, {tried} tries: one sender is silent for everybody.",
        f"{first}, the last {at[-1] - at[0]:.0f} s later.",
        f"That is {len(places) / (at[-1] - at[0]):.0f} a second, at most {most} within any second.",
        f"The {len(urgent)} urgent ones were among the first {max(urgent) + 1}.",
        f"Of the others {out_of_place} were out of place, by at most {max(displaced)} places.",
        f"CPU of this process: {cpu:.0f} s.",
    )
    return "\n".join(lines)


if __name__ == "__main__":
    asyncio.run(main(*map(float, sys.argv[1:])))
