"""A Twilio that listens on loopback: its REST API, its signed webhooks, and its bad days.

In a test: ``async with TwilioDouble() as twilio: ...`` with ``TWILIO_API_BASE=twilio.url``. As a
process of its own: ``python -m tests.doubles.twilio --port 8090``, then JSON under ``/control``.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlencode, urlsplit

import aiohttp
from aiohttp import web
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from tests.doubles import twilio_api, twilio_control
from tests.doubles.twilio_control import serve
from tests.doubles.twilio_faults import ACTIONS, REFUSALS, Fault, Hold, Moment, On, find_problem
from tests.doubles.twilio_records import API_VERSION, ContentRecord, MediaRecord, MessageRecord, inbound_form, new_sid

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "token-of-the-double"
WHATSAPP_NUMBER = "+5726203580"
SMS_NUMBER = "+5726203581"
WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the service answered to a webhook; ``status`` 0 means that it was not there."""

    sid: str
    status: int
    text: str = ""


class TwilioDouble:
    """Everything that a test says to Twilio, and everything that Twilio heard.

    ``messages`` are what it accepted from us, in order; ``requests`` counts by kind
    (``create``, ``list``, ...), refused ones too. ``window``: ``open`` (no 24-hour rule),
    ``callback`` (accepted, then failed with 63016, as Twilio does) or ``refuse`` (400 at once).
    ``callbacks``: ``auto`` reports ``sent`` and ``delivered`` by itself. The service is called at
    ``service_url``; what is signed is ``public_url`` (the same if not given).
    """

    def __init__(self, *, account_sid: str = ACCOUNT_SID, auth_token: str = AUTH_TOKEN, port: int = 0) -> None:
        self.account_sid, self.auth_token = account_sid, auth_token
        self.service_url = self.public_url = ""
        self.callbacks: Literal["none", "auto"] = "none"
        self.window: Literal["open", "callback", "refuse"] = "open"
        self.clock_offset = timedelta()
        self.is_closing = False
        self._port = port
        self._tasks: set[asyncio.Task[object]] = set()
        self.reset()

    def reset(self) -> None:
        """Forget everything heard and every fault; settings stay."""
        self.everything: list[MessageRecord] = []
        self.contents: dict[str, ContentRecord] = {}
        self.requests: Counter[str] = Counter()
        self.faults: list[Fault] = []
        self.opted_out: set[str] = set()
        self.saw_password_at_cdn = False
        self._heard_at: dict[str, datetime] = {}
        self._holds: list[Hold] = []

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes([*twilio_api.routes(self), *twilio_control.routes(self)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await self.come_back()
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_closing = True
        for hold in self._holds:
            hold.drop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """The value for TWILIO_API_BASE."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def messages(self) -> list[MessageRecord]:
        """What was accepted from us, in order."""
        return [m for m in self.everything if m.direction == "outbound-api"]

    def heard(self, number: str) -> list[str]:
        """The texts that this number was sent, in order; the number without ``whatsapp:``."""
        return [m.body for m in self.messages if m.to.removeprefix("whatsapp:") == number]

    def now(self) -> datetime:
        return datetime.now(UTC) + self.clock_offset

    def fail(self, kind: str, *, times: int = 1, on: On = "create", seconds: float = 0.2) -> None:
        """Let the next requests go wrong; ``kind`` is of ``REFUSALS`` or ``ACTIONS``."""
        if kind not in REFUSALS and kind not in ACTIONS:
            raise ValueError(kind)
        self.faults.append(Fault(kind=kind, times=times, on=on, seconds=seconds))

    def hold(self, nth: int = 1, moment: Moment = "before", on: On = "create") -> Hold:
        """Stop the nth request from now, before or after it takes effect."""
        self._holds.append(Hold(nth=nth, moment=moment, on=on))
        return self._holds[-1]

    async def go_away(self) -> None:
        """Stop listening: connections are refused, as when Twilio cannot be reached."""
        await self._site.stop()
        if server := self._runner.server:
            server.pre_shutdown()
            await server.shutdown(0.01)  # 0 would mean for ever

    async def come_back(self) -> None:
        """Listen again, on the same port."""
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()
        self._port = self._runner.addresses[0][1]

    def go_away_soon(self, seconds: float) -> None:
        """Be away for a while, from a moment from now: for the control API, which is away too."""

        async def leave_and_return() -> None:
            await asyncio.sleep(0.05)
            await self.go_away()
            await asyncio.sleep(seconds)
            await self.come_back()

        self._start(leave_and_return())

    async def write(
        self,
        text: str | None = None,
        *,
        sender: str = "+573001112233",
        channel: Literal["whatsapp", "sms"] = "whatsapp",
        fields: Mapping[str, str] | None = None,
        media: list[tuple[bytes, str]] | None = None,
        sid: str = "",
        is_lost: bool = False,
    ) -> Answer:
        """Let a person write: Twilio keeps the message and posts the signed webhook.

        ``fields`` are added (``ButtonText``, ``Latitude``, ...). A ``sid`` that Twilio has already
        posts the same webhook again. ``is_lost``: the webhook never leaves, the message is listed.
        """
        known = next((m for m in self.everything if m.sid == sid), None)
        message = known or self._receive(text, sender=sender, channel=channel, media=media or [], sid=sid)
        message.form |= fields or {}
        if is_lost:
            return Answer(sid=message.sid, status=0)
        return await self.post("/twilio/inbound", message.form, sid=message.sid)

    async def report(self, sid: str, status: str, *, code: int | None = None) -> Answer:
        """Post a status callback to the URL that came with the message."""
        message = next(m for m in self.messages if m.sid == sid)
        message.status, message.error_code = status, code
        if status in ("sent", "delivered", "read"):
            message.sent_at = message.sent_at or self.now()
        form = {
            "AccountSid": self.account_sid,
            "ApiVersion": API_VERSION,
            "From": message.sender,
            "MessageSid": sid,
            "MessageStatus": status,
            "SmsSid": sid,
            "SmsStatus": status,
            "To": message.to,
        }
        target = urlsplit(message.status_callback)
        public = f"{target.scheme}://{target.netloc}"
        if self.public_url and message.status_callback.startswith(self.public_url):
            public = self.public_url  # with the path that a proxy takes away
        path = message.status_callback.removeprefix(public)
        return await self.post(path, form | ({"ErrorCode": str(code)} if code else {}), sid=sid, public_url=public)

    async def post(
        self, path: str, form: Mapping[str, str], *, sid: str = "", public_url: str = "", signature: str | None = None
    ) -> Answer:
        """Post a webhook, signed for the public URL (or with a ``signature`` of the test's own)."""
        public = public_url or self.public_url or self.service_url
        fields = MultiDict(form)
        signed = RequestValidator(self.auth_token).compute_signature(public + path, fields)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "X-Twilio-Signature": signed if signature is None else signature,
            "I-Twilio-Idempotency-Token": new_sid(""),
        }
        body = urlencode(list(fields.items()))
        where = (self.service_url or public) + path
        try:
            async with self._session.post(where, data=body, headers=headers) as response:
                return Answer(sid=sid, status=response.status, text=await response.text())
        except aiohttp.ClientError:
            return Answer(sid=sid, status=0)

    def take(self, form: Mapping[str, str]) -> MessageRecord | str:
        """Accept a message from us, or name the refusal."""
        to = form.get("To", "")
        problem = find_problem(form, self.contents, has_opted_out=to.removeprefix("whatsapp:") in self.opted_out)
        if not problem and self.window == "refuse" and "ContentSid" not in form and self._is_closed_for(to):
            problem = "63016"
        if problem:
            return problem
        content = self.contents.get(form.get("ContentSid", ""))
        filled = None if content is None else content.filled(form.get("ContentVariables", ""))
        if content is not None and filled is None:
            return "21656"
        message = MessageRecord(
            account_sid=self.account_sid,
            sid=new_sid("SM"),
            direction="outbound-api",
            sender=form.get("From", ""),
            to=form["To"],
            body=form.get("Body", "") if filled is None else filled,
            created_at=self.now(),
            status="accepted" if "MessagingServiceSid" in form else "queued",
            status_callback=form.get("StatusCallback", ""),
            content_sid=form.get("ContentSid", ""),
            messaging_service_sid=form.get("MessagingServiceSid", ""),
        )
        self.everything.append(message)
        is_late = self.window == "callback" and not content and self._is_closed_for(message.to)
        if message.status_callback and (is_late or self.callbacks == "auto"):
            self._start(self._report_later(message.sid, is_late=is_late))
        return message

    def next_fault(self, on: On) -> Fault | None:
        fault = next((f for f in self.faults if f.on in (on, "any")), None)
        if fault:
            fault.times -= 1
            if fault.times <= 0:
                self.faults.remove(fault)
        return fault

    def next_hold(self, on: On, moment: Moment) -> Hold | None:
        for hold in self._holds:
            if hold.on in (on, "any") and hold.moment == moment and hold.nth > 0:
                hold.nth -= 1
                if hold.nth == 0:
                    return hold
        return None

    def _is_closed_for(self, to: str) -> bool:
        heard_at = self._heard_at.get(to)
        return to.startswith("whatsapp:") and (heard_at is None or self.now() - heard_at > WINDOW)

    def _receive(
        self, text: str | None, *, sender: str, channel: str, media: list[tuple[bytes, str]], sid: str
    ) -> MessageRecord:
        prefix = "whatsapp:" if channel == "whatsapp" else ""
        own = WHATSAPP_NUMBER if channel == "whatsapp" else SMS_NUMBER
        message = MessageRecord(
            account_sid=self.account_sid,
            sid=sid or new_sid("MM" if media else "SM"),
            direction="inbound",
            sender=prefix + sender,
            to=prefix + own,
            body=text or "",
            created_at=self.now(),
            sent_at=self.now(),
            status="received",
            media=[MediaRecord(sid=new_sid("ME"), content=c, content_type=t) for c, t in media],
        )
        self._heard_at[message.sender] = self.now()
        self.everything.append(message)
        message.form = inbound_form(message, text)
        return message

    async def _report_later(self, sid: str, *, is_late: bool) -> None:
        if is_late:
            await self.report(sid, "failed", code=63016)
            return
        await self.report(sid, "sent")
        await self.report(sid, "delivered")

    def _start(self, work: object) -> None:
        task: asyncio.Task[object] = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


if __name__ == "__main__":
    serve(TwilioDouble)
