"""What the cards of the queue show of her words: what she wrote last, nothing erased, and kept by nobody."""

from __future__ import annotations

import asyncio

import pytest

from storage import gists
from tests.console.ward import warded

CUE = "me va a matar"


async def test_a_card_that_was_shown_shows_what_she_has_written_since(database_url: str) -> None:
    async with warded(database_url) as ward:
        await ward.asks_for_a_person()
        ana = await ward.signed_in("ana")
        await ana.get("/consola/cola")
        assert CUE not in ana.page
        await ward.is_in_danger()
        await ana.get("/consola/cola")
        assert CUE in ana.page


async def test_a_card_that_was_shown_keeps_nothing_that_she_asks_to_be_erased(database_url: str) -> None:
    async with warded(database_url) as ward:
        await ward.is_in_danger()
        ana = await ward.signed_in("ana")
        await ana.get("/consola/cola")
        assert CUE in ana.page
        await ward.rig.rows("UPDATE conversations SET sealed_in_seq = last_in_seq")
        await ana.get("/consola/cola")
        assert CUE not in ana.page


async def test_what_was_opened_for_a_card_is_forgotten_soon_after(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gists, "KEPT_SECONDS", 0.05)
    async with warded(database_url) as ward:
        await ward.is_in_danger()
        kept = ward.house.office.desk._gists._known
        ana = await ward.signed_in("ana")
        await ana.get("/consola/cola")
        async with asyncio.timeout(5):
            while kept:
                await asyncio.sleep(0.01)
