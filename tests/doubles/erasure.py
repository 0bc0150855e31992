"""An operator's wish that somebody be forgotten, as the command writes it down."""

from __future__ import annotations

from uuid import UUID

from bot.messages import Address, ForgetAsked
from storage.forgetting import find_conversation
from storage.ids import new_id
from storage.inbox import add_entry
from tests.doubles.rig import HER, Rig


async def ask_to_forget(rig: Rig, who: Address = HER) -> UUID:
    """Put the wish into her inbox; the conversation that it was put into."""
    conversation = await find_conversation(rig.database, rig.ring, [who])
    assert conversation is not None
    async with rig.database.transaction() as tx:
        await add_entry(tx, rig.ring, ForgetAsked(external_id=f"forget:{new_id()}", conversation_id=conversation))
    return conversation
