"""What the Twilio double keeps, and how Twilio shows it as JSON."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

API_VERSION = "2010-04-01"


@dataclass(slots=True, kw_only=True)
class MediaRecord:
    """One attachment; its bytes are served after a redirect, as Twilio does."""

    sid: str
    content: bytes
    content_type: str


@dataclass(slots=True, kw_only=True)
class MessageRecord:
    """A message that Twilio has: taken from us (``outbound-api``) or from a person (``inbound``)."""

    account_sid: str
    sid: str
    direction: str
    sender: str
    to: str
    body: str
    created_at: datetime
    status: str
    status_callback: str = ""
    content_sid: str = ""
    messaging_service_sid: str = ""
    error_code: int | None = None
    sent_at: datetime | None = None
    media: list[MediaRecord] = field(default_factory=list)
    form: dict[str, str] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        return f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{self.sid}.json"

    def as_json(self) -> dict[str, Any]:
        return {
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": rfc2822(self.created_at),
            "date_sent": rfc2822(self.sent_at) if self.sent_at else None,
            "date_updated": rfc2822(self.created_at),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None,
            "from": self.sender or None,
            "messaging_service_sid": self.messaging_service_sid or None,
            "num_media": str(len(self.media)),
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": self.uri.replace(".json", "/Media.json")},
            "to": self.to,
            "uri": self.uri,
        }


@dataclass(slots=True, kw_only=True)
class ContentRecord:
    """A template of the Content API, and how far its approval is."""

    account_sid: str
    sid: str
    friendly_name: str
    language: str
    types: dict[str, Any]
    variables: dict[str, str]
    created_at: datetime
    approval: dict[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> str:
        return next((str(t["body"]) for t in self.types.values() if "body" in t), "")

    def filled(self, variables: str) -> str | None:
        """The words with their variables; None where Twilio refuses these (21656)."""
        try:
            given = self.variables | (json.loads(variables) if variables else {})
        except ValueError:
            return None
        if any(not isinstance(one, str) or not one or re.search(r"[\n\t]| {5}", one) for one in given.values()):
            return None
        return re.sub(r"\{\{(\w+)\}\}", lambda hole: given.get(hole[1], ""), self.body)

    @property
    def titles(self) -> list[str]:
        """What is on its buttons or in its rows."""
        shown = [one for kind in self.types.values() for one in kind.get("actions") or kind.get("items") or []]
        return [one.get("title") or one.get("item") for one in shown]

    def as_json(self) -> dict[str, Any]:
        url = f"https://content.twilio.com/v1/Content/{self.sid}"
        at = self.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "friendly_name": self.friendly_name,
            "language": self.language,
            "variables": self.variables,
            "types": self.types,
            "date_created": at,
            "date_updated": at,
            "url": url,
            "links": {
                "approval_create": f"{url}/ApprovalRequests/whatsapp",
                "approval_fetch": f"{url}/ApprovalRequests",
            },
        }


def new_sid(prefix: str) -> str:
    """Make an id such as Twilio's: two letters and 32 hexadecimal digits."""
    return prefix + uuid.uuid4().hex


def rfc2822(at: datetime) -> str:
    return format_datetime(at.replace(microsecond=0))


def inbound_form(message: MessageRecord, text: str | None) -> dict[str, str]:
    """Give the fields of the webhook about a message from a person; ``text`` None: no ``Body``."""
    form = {
        "AccountSid": message.account_sid,
        "ApiVersion": API_VERSION,
        "From": message.sender,
        "MessageSid": message.sid,
        "NumMedia": str(len(message.media)),
        "NumSegments": "1",
        "SmsMessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsStatus": "received",
        "To": message.to,
    }
    if text is not None:
        form["Body"] = text
    if message.sender.startswith("whatsapp:"):
        form |= {"ProfileName": "Alguien", "WaId": message.sender.removeprefix("whatsapp:+"), "MessageType": "text"}
    for number, item in enumerate(message.media):
        where = f"{API_VERSION}/Accounts/{message.account_sid}/Messages/{message.sid}/Media/{item.sid}"
        form[f"MediaUrl{number}"] = f"https://api.twilio.com/{where}"
        form[f"MediaContentType{number}"] = item.content_type
    return form
