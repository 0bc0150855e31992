"""What can be made to go wrong at the Twilio double, and where a request can be held."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Literal

#: Twilio's answers by name: HTTP status, its own code, its words. ``{to}`` quotes the receiver, as
#: Twilio does, so that a test sees whether we pass the number on.
REFUSALS: dict[str, tuple[int, int, str]] = {
    "20003": (401, 20003, "Authenticate"),
    "20429": (429, 20429, "Too Many Requests"),
    "63018": (429, 63018, "Rate limit exceeded for Channel"),
    "500": (500, 20500, "Internal Server Error"),
    "502": (502, 0, "<html>Bad Gateway</html>"),
    "503": (503, 20503, "Service Unavailable"),
    "504": (504, 0, "<html>Gateway Time-out</html>"),
    "63016": (400, 63016, "Failed to send freeform message because you are outside the allowed window. {to}"),
    "21610": (400, 21610, "Attempt to send to unsubscribed recipient {to}"),
    "21211": (400, 21211, "The 'To' number {to} is not a valid phone number."),
    "21614": (400, 21614, "'To' number {to} is not a valid mobile number"),
    "21655": (400, 21655, "The ContentSid is Invalid"),
    "21656": (400, 21656, "The ContentVariables Parameter is invalid"),
    "21617": (400, 21617, "The concatenated message body exceeds the 1600 character limit"),
    "21602": (400, 21602, "Message body is required."),
    "21603": (400, 21603, "A 'From' phone number is required."),
    "21604": (400, 21604, "A 'To' phone number is required."),
}

#: What else a request can meet. ``*_after``: Twilio has taken the message, we never hear of it.
ACTIONS = ("reset", "reset_after", "hang", "hang_after", "slow", "garbled")

_PHONE = re.compile(r"\+[0-9]{7,15}")
_WHATSAPP_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]+")

On = Literal["create", "list", "any"]
Moment = Literal["before", "after"]


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing to go wrong, ``times`` times; ``seconds`` is how long ``slow`` takes."""

    kind: str
    times: int = 1
    on: On = "create"
    seconds: float = 0.2


@dataclass(slots=True, kw_only=True)
class Hold:
    """The ``nth`` request from now stops before or after it takes effect, until released.

    ``reached`` is set when it stands there: then the service can be killed. ``drop`` ends it
    without an answer; held before, it then never takes effect.
    """

    nth: int
    moment: Moment
    on: On = "create"
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    is_dropped: bool = False
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        self._over.set()

    def drop(self) -> None:
        self.is_dropped = True
        self._over.set()

    async def stand(self) -> None:
        self.reached.set()
        await self._over.wait()


def find_problem(form: Mapping[str, str], contents: Container[str], *, has_opted_out: bool) -> str | None:
    """Name what Twilio would refuse about a message from us, by the keys of ``REFUSALS``."""
    to = form.get("To", "")
    value = to.removeprefix("whatsapp:")
    is_reachable = _PHONE.fullmatch(value) or (value != to and _WHATSAPP_ID.fullmatch(value))
    wrong = {
        "21604": not to,
        "21603": not (form.get("From") or form.get("MessagingServiceSid")),
        "21211": not is_reachable,
        "21655": "ContentSid" in form and form["ContentSid"] not in contents,
        "21602": "ContentSid" not in form and not form.get("Body"),
        "21617": len(form.get("Body", "")) > 1_600,
        "21610": has_opted_out,
    }
    return next((kind for kind, is_wrong in wrong.items() if is_wrong), None)
