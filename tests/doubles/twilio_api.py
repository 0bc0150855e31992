"""Twilio's REST API as the double speaks it: messages, media, content."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.doubles.twilio_faults import REFUSALS, Moment, On
from tests.doubles.twilio_records import API_VERSION, ContentRecord, MessageRecord, new_sid

if TYPE_CHECKING:
    from tests.doubles.twilio import TwilioDouble

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(double: TwilioDouble) -> list[web.AbstractRouteDef]:
    api, messages = _Api(double), f"/{API_VERSION}/Accounts/{{account}}/Messages"
    return [
        web.post(f"{messages}.json", api.guarded("create", api.create)),
        web.get(f"{messages}.json", api.guarded("list", api.list)),
        web.get(f"{messages}/{{sid}}.json", api.guarded("fetch", api.fetch)),
        web.post(f"{messages}/{{sid}}.json", api.guarded("update", api.redact)),
        web.delete(f"{messages}/{{sid}}.json", api.guarded("delete", api.delete)),
        web.get(f"{messages}/{{sid}}/Media.json", api.guarded("media", api.list_media)),
        web.get(f"{messages}/{{sid}}/Media/{{media}}", api.guarded("media", api.redirect_to_media)),
        web.delete(f"{messages}/{{sid}}/Media/{{media}}.json", api.guarded("media_delete", api.delete_media)),
        web.get("/cdn/{media}", api.serve_media),
        web.post("/v1/Content", api.guarded("content", api.create_content)),
        web.get("/v1/Content", api.guarded("content", api.list_content)),
        web.get("/v1/Content/{sid}", api.guarded("content", api.fetch_content)),
        web.delete("/v1/Content/{sid}", api.guarded("content", api.delete_content)),
        web.post("/v1/Content/{sid}/ApprovalRequests/whatsapp", api.guarded("content", api.ask_approval)),
        web.get("/v1/Content/{sid}/ApprovalRequests", api.guarded("content", api.fetch_approval)),
    ]


class _Api:
    def __init__(self, double: TwilioDouble) -> None:
        self._double = double

    def guarded(self, name: str, handler: Handler) -> Handler:
        """Count, ask for the password, and let go wrong what was asked to go wrong."""

        async def answer(request: web.Request) -> web.StreamResponse:
            self._double.requests[name] += 1
            if request.headers.get("Authorization") != self._password():
                return refuse("20003")
            on: On = "create" if name == "create" else "list" if name == "list" else "any"
            fault = self._double.next_fault(on)
            kind = fault.kind if fault else ""
            if kind in REFUSALS:
                return refuse(kind, to=str((await request.post()).get("To", "")))
            if kind == "slow" and fault:
                await asyncio.sleep(fault.seconds)
            if kind in ("reset", "hang") or await self._is_dropped(on, "before"):
                return await self._never(request, hangs=kind == "hang")
            response = await handler(request)
            if kind in ("reset_after", "hang_after") or await self._is_dropped(on, "after"):
                return await self._never(request, hangs=kind == "hang_after")
            return web.Response(text="<html>hm</html>", status=response.status) if kind == "garbled" else response

        return answer

    async def create(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        message = self._double.take(form)
        if isinstance(message, str):
            return refuse(message, to=form.get("To", ""))
        return web.json_response(message.as_json(), status=201)

    async def list(self, request: web.Request) -> web.Response:
        query = request.query
        found = [m for m in reversed(self._double.everything) if _matches(m, query)]
        found.sort(key=lambda m: m.sent_at or m.created_at, reverse=True)
        size, page = min(int(query.get("PageSize", "50")), 1_000), int(query.get("Page", "0"))
        shown = found[page * size : (page + 1) * size]
        following = str(request.rel_url.update_query(Page=str(page + 1), PageToken=f"PA{page + 1}"))
        return web.json_response(
            {
                "messages": [m.as_json() for m in shown],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + len(shown) - 1,
                "uri": str(request.rel_url),
                "first_page_uri": str(request.rel_url.update_query(Page="0")),
                "next_page_uri": following if len(found) > (page + 1) * size else None,
                "previous_page_uri": None,
            }
        )

    async def fetch(self, request: web.Request) -> web.Response:
        return web.json_response(self._message(request).as_json())

    async def redact(self, request: web.Request) -> web.Response:
        message = self._message(request)
        message.body = str((await request.post()).get("Body", message.body))
        return web.json_response(message.as_json())

    async def delete(self, request: web.Request) -> web.Response:
        self._double.everything.remove(self._message(request))
        return web.Response(status=204)

    async def list_media(self, request: web.Request) -> web.Response:
        message = self._message(request)
        listed = [{"sid": m.sid, "content_type": m.content_type, "parent_sid": message.sid} for m in message.media]
        return web.json_response({"media_list": listed, "page": 0, "page_size": 50, "next_page_uri": None})

    async def redirect_to_media(self, request: web.Request) -> web.Response:
        sid = request.match_info["media"]
        raise web.HTTPTemporaryRedirect(f"https://mms.twiliocdn.com/cdn/{sid}")

    async def serve_media(self, request: web.Request) -> web.Response:
        self._double.requests["cdn"] += 1
        self._double.saw_password_at_cdn |= "Authorization" in request.headers
        for message in self._double.everything:
            for media in message.media:
                if media.sid == request.match_info["media"]:
                    return web.Response(body=media.content, headers={"Content-Type": media.content_type})
        return web.Response(status=404)

    async def delete_media(self, request: web.Request) -> web.Response:
        message = self._message(request)
        message.media = [m for m in message.media if m.sid != request.match_info["media"]]
        return web.Response(status=204)

    async def create_content(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        content = ContentRecord(
            account_sid=self._double.account_sid,
            sid=new_sid("HX"),
            friendly_name=wanted.get("friendly_name", ""),
            language=wanted["language"],
            types=wanted["types"],
            variables=wanted.get("variables") or {},
            created_at=self._double.now(),
        )
        self._double.contents[content.sid] = content
        return web.json_response(content.as_json(), status=201)

    async def list_content(self, _request: web.Request) -> web.Response:
        contents = [content.as_json() for content in self._double.contents.values()]
        meta = {"key": "contents", "page": 0, "page_size": 50, "next_page_url": None, "url": "", "first_page_url": ""}
        return web.json_response({"meta": meta | {"previous_page_url": None}, "contents": contents})

    async def fetch_content(self, request: web.Request) -> web.Response:
        return web.json_response(self._content(request).as_json())

    async def delete_content(self, request: web.Request) -> web.Response:
        del self._double.contents[self._content(request).sid]
        return web.Response(status=204)

    async def ask_approval(self, request: web.Request) -> web.Response:
        content, wanted = self._content(request), await request.json()
        content.approval = {
            "name": wanted["name"],
            "category": wanted["category"],
            "content_type": next(iter(content.types), ""),
            "status": "received",
            "rejection_reason": "",
        }
        return web.json_response(content.approval, status=201)

    async def fetch_approval(self, request: web.Request) -> web.Response:
        content = self._content(request)
        shown = {"sid": content.sid, "account_sid": content.account_sid, "whatsapp": content.approval, "url": ""}
        return web.json_response(shown)

    def _password(self) -> str:
        pair = f"{self._double.account_sid}:{self._double.auth_token}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    async def _is_dropped(self, on: On, moment: Moment) -> bool:
        hold = self._double.next_hold(on, moment)
        if hold:
            await hold.stand()
        return bool(hold and hold.is_dropped)

    async def _never(self, request: web.Request, *, hangs: bool) -> web.Response:
        """Give no answer: wait until the caller has gone, or end the connection at once."""
        while hangs and request.transport is not None and not self._double.is_closing:
            await asyncio.sleep(0.02)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _message(self, request: web.Request) -> MessageRecord:
        for message in self._double.everything:
            if message.sid == request.match_info["sid"]:
                return message
        raise _missing(request)

    def _content(self, request: web.Request) -> ContentRecord:
        if content := self._double.contents.get(request.match_info["sid"]):
            return content
        raise _missing(request)


def refuse(kind: str, *, to: str = "") -> web.Response:
    """Answer as Twilio refuses."""
    status, code, words = REFUSALS[kind]
    if not code:
        return web.Response(status=status, text=words, content_type="text/html")
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    shown = {"code": code, "message": words.format(to=to), "more_info": more_info, "status": status}
    return web.json_response(shown, status=status)


def _missing(request: web.Request) -> web.HTTPNotFound:
    shown: dict[str, Any] = {"code": 20404, "message": f"{request.path} was not found", "status": 404}
    return web.HTTPNotFound(text=json.dumps(shown), content_type="application/json")


def _matches(message: MessageRecord, query: Any) -> bool:
    """Filter as Twilio does: ``DateSent`` knows days or moments, and what was not sent has none."""
    if query.get("To", message.to) != message.to or query.get("From", message.sender) != message.sender:
        return False
    limits = {name: query[name] for name in ("DateSent", "DateSent>", "DateSent<") if name in query}
    if not limits:
        return True
    if message.sent_at is None:
        return False
    for name, text in limits.items():
        day = len(text) == len("2026-01-31")
        at = datetime.fromisoformat(text).replace(tzinfo=UTC)
        sent = message.sent_at.replace(hour=0, minute=0, second=0, microsecond=0) if day else message.sent_at
        if (name == "DateSent" and sent != at) or (name.endswith(">") and sent < at) or (name[-1] == "<" and sent > at):
            return False
    return True
