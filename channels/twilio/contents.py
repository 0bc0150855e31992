"""Templates at Twilio, by its Content API: made, listed, put before WhatsApp, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from bot.errors import SendError
from channels.layout.shape import Shape
from channels.twilio.rest import ask

_LANGUAGE = "es"
#: What opens the list on her phone (at most 20 characters).
_OPENS_LIST = "Ver opciones"
#: What WhatsApp sees in place of her words, where a variable must have a sample.
_SAMPLE = "Texto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What WhatsApp said: ``Approval(status="rejected", reason="...")``."""

    status: str
    reason: str = ""


class TwilioContents:
    """The templates of one account. Every method raises ``SendError``."""

    def __init__(self, client: Client) -> None:
        self._contents = client.content.v1.contents

    async def names(self) -> Mapping[str, str]:
        """Every template's name and sid, ours and others'."""
        return {str(one.friendly_name): str(one.sid) for one in await ask(self._contents.list_async())}

    async def make_shape(self, shape: Shape) -> str:
        """Make what her words will fill; its sid. It goes within the 24 hours alone, and needs no approval."""
        if shape.is_list:
            items = [{"item": one.title, "id": one.payload, "description": ""} for one in shape.buttons]
            types = {"twilio/list-picker": {"body": shape.body, "button": _OPENS_LIST, "items": items}}
        else:
            actions = [{"type": "QUICK_REPLY", "title": one.title, "id": one.payload} for one in shape.buttons]
            types = {"twilio/quick-reply": {"body": shape.body, "actions": actions}}
        return await self._make(shape.name, types, {str(n): _SAMPLE for n in range(1, shape.lines + 1)})

    async def make_text(self, name: str, body: str) -> str:
        """Make one of words alone; its sid."""
        return await self._make(name, {"twilio/text": {"body": body}}, {})

    async def ask_approval(self, sid: str, *, name: str, category: str) -> None:
        """Put it before WhatsApp, which answers within minutes or days."""
        wanted = ApprovalCreateList.ContentApprovalRequest({"name": name, "category": category})
        await ask(self._contents(sid).approval_create.create_async(wanted))

    async def approval(self, sid: str) -> Approval:
        """How far that is; ``unsubmitted`` before it was asked."""
        found = (await ask(self._contents(sid).approval_fetch().fetch_async())).whatsapp or {}
        return Approval(
            status=str(found.get("status") or "unsubmitted"), reason=str(found.get("rejection_reason") or "")
        )

    async def delete(self, sid: str) -> None:
        """Delete it; what is gone already counts as deleted."""
        try:
            await ask(self._contents(sid).delete_async())
        except SendError as error:
            if error.code not in ("20404", "404"):
                raise

    async def _make(self, name: str, types: Mapping[str, Any], variables: Mapping[str, str]) -> str:
        wanted = ContentList.ContentCreateRequest(
            {"friendly_name": name, "language": _LANGUAGE, "variables": dict(variables), "types": dict(types)}
        )
        return str((await ask(self._contents.create_async(wanted))).sid)
