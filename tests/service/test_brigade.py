"""A worker of a shop and the woman that she is are two conversations, and no word of one is in the other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.messages import Alert
from tests.doubles.database import set_clock
from tests.doubles.rig import Rig, rigged

_NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
_CODE = "soy cajera, tienda 12"
_HERSELF = "la que necesita ayuda soy yo, mi esposo me pegó anoche"


async def _conversations(rig: Rig) -> dict[str, Any]:
    rows = await rig.rows("SELECT * FROM conversations")
    return {row.role: row for row in rows}


async def _heard(rig: Rig, role: str) -> list[str]:
    where = (await _conversations(rig))[role]
    rows = await rig.rows("SELECT external_id, ending FROM inbox WHERE conversation_id = :id ORDER BY seq", id=where.id)
    assert all(row.ending for row in rows)
    return [row.external_id for row in rows]


async def test_the_worker_who_needs_help_herself_leaves_the_shops_record(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _NOON)
        first, second = rig.message(_CODE), rig.message(_HERSELF)
        for message in (first, second):
            for _ in range(2):
                await rig.intake.accept(message)
                await rig.settle()
        assert rig.channel.texts[1] == "Gracias por decirlo. Esto es solo para usted.\n\n¿Puede escribir con calma?"
        assert len(rig.channel.letters) == 2
        assert await _heard(rig, "brigade") == [first.external_id]
        assert await _heard(rig, "woman") == [second.external_id]
        sessions = await rig.rows("SELECT * FROM sessions ORDER BY opened_at")
        assert [(row.role, row.outcome, row.closed_at is None) for row in sessions] == [
            ("brigade", "role_left", False),
            ("woman", None, True),
        ]
        brigade, woman = sessions
        assert (brigade.municipality, brigade.zone, brigade.topics, brigade.alert) == (
            "76111",
            "Centro",
            ["brigade_help"],
            0,
        )
        assert (woman.municipality, woman.topics, woman.alert) == (None, ["physical_violence"], int(Alert.URGENT))
        await rig.write("si")
        await rig.write("es mío")
        found = await _conversations(rig)
        assert found["brigade"].state_sealed is None
        assert (found["brigade"].heard_at, found["brigade"].phone, found["woman"].phone) == (None, "unknown", "safe")
