"""One conversation: what a psychologist needs in her first three seconds, what was written, and where she writes."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from aiohttp import web

from bot.dialogue.patterns import MUNICIPALITY
from bot.messages import Alert
from bot.segments import count_segments, transliterate
from bot.staff import Member
from channels.console.access import right
from channels.console.acts import ATTENDING, LONGEST
from channels.console.cards import Reader, route_cards
from channels.console.entering import text_of
from channels.console.pages import show
from channels.console.parts import CONSOLE, Console, who
from channels.console.present import (
    agreed,
    card,
    forbidden,
    grave_of,
    is_delicate,
    is_veiled,
    known_of,
    may_reopen,
    promise,
    say,
    this_episode,
    why_closed,
)
from channels.console.reach import is_hers, place_in_reach
from storage.panel import Story
from storage.transcript import HER, PROGRAM, SOMEBODY, Line
from storage.views import Place

#: What a browser shows by itself; anything else is only handed over as a file.
_SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "audio/ogg", "audio/mpeg", "audio/mp4", "audio/amr"})
_LONGEST_DRAFT = 4000
#: A page that stays open is one reading; it is written down again after this long.
_READ_AGAIN = timedelta(minutes=5)


@right("chat.read")
async def show_chat(request: web.Request) -> web.Response:
    """The page of one conversation; whoever does not hold it sees only who waits, and may claim it."""
    console, found = request.app[CONSOLE], who(request)
    place = await place_in_reach(request)
    ending = request.query.get("dicho", "")
    said = say("ending", ending) if ending else ""
    if not is_hers(request, place):
        await console.desk.note_read(place, by=found.member.id, act="chat.card")
        return show(request, "chat_card.html", card=card(place), said=said, aliases=await _aliases(console))
    wants_past = "anterior" in request.query and place.word_given
    await console.desk.note_read(place, by=found.member.id, act="chat.past" if wants_past else "chat.read")
    return show(
        request,
        "chat.html",
        said=said,
        draft=await console.desk.draft(place, by=found.member.id),
        draft_id=uuid4(),
        most=LONGEST,
        colleagues=await _colleagues(request, place),
        zones=[zone for zone in console.zones if zone != place.zone],
        replies=await console.replies.live(),
        **await _live(request, place, with_past=wants_past),
    )


@right("chat.read", wakes=False)
async def show_live(request: web.Request) -> web.Response:
    """What of the page changes while it is open."""
    place = await place_in_reach(request)
    if not is_hers(request, place):
        return show(request, "chat_lost.html", card=card(place), aliases=await _aliases(request.app[CONSOLE]))
    wants_past = "anterior" in request.query and place.word_given
    return show(request, "chat_live.html", **await _live(request, place, with_past=wants_past))


@right("chat.read")
async def show_routes(request: web.Request) -> web.Response:
    """Route cards for her, as the directory and her vetoes are now."""
    console, place = request.app[CONSOLE], await place_in_reach(request)
    if not is_hers(request, place):
        raise web.HTTPNotFound
    story = await console.desk.story(place)
    slots = {**story.slots}
    if place.municipality:
        slots.setdefault(MUNICIPALITY, place.municipality)
    reader = Reader(slots=slots, channel=place.channel, role=place.role, untold=story.consents.untold())
    cards = route_cards(console.book, reader, place.now)
    return show(request, "route_cards.html", cards=cards, forbidden=forbidden(story))


@right("chat.read")
async def note_life(request: web.Request) -> web.Response:
    """She does something in the page: the place stays hers."""
    place = await place_in_reach(request)
    given = await text_of(request, "lease")
    if given.isdecimal() and len(given) < 12:
        await request.app[CONSOLE].desk.note_life(place, by=who(request).member.id, lease=int(given))
    return web.Response(status=204)


@right("chat.act")
async def keep_draft(request: web.Request) -> web.Response:
    """Keep what she has begun to write; the answer counts what it would cost as an SMS."""
    place = await place_in_reach(request)
    if not is_hers(request, place):
        raise web.HTTPNotFound
    words = (await text_of(request, "text"))[:_LONGEST_DRAFT]
    await request.app[CONSOLE].desk.keep_draft(place, by=who(request).member.id, words=words)
    cost = count_segments(transliterate(words))
    return web.json_response({"segments": cost.segments if words else 0, "encoding": cost.encoding})


@right("chat.read")
async def show_file(request: web.Request) -> web.Response:
    """A voice note or a picture of hers; opening it is written down."""
    place = await place_in_reach(request)
    if not is_hers(request, place):
        raise web.HTTPNotFound
    try:
        file_id = UUID(request.match_info["file"])
    except ValueError:
        raise web.HTTPNotFound from None
    found = await request.app[CONSOLE].desk.file(place, file_id, by=who(request).member.id)
    if found is None:
        raise web.HTTPNotFound
    kind, content = found[0].partition(";")[0].strip().lower(), found[1]
    # Whatever is no picture or sound that we cleaned is never opened by the browser as a page of ours.
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox", "Content-Type": kind}
    if kind not in _SHOWN:
        headers |= {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment"}
    return _part(request, content, headers)


def _part(request: web.Request, content: bytes, headers: dict[str, str]) -> web.Response:
    """What of a file was asked for (RFC 9110 §14): without it a browser knows no length and cannot go back in it."""
    try:
        wanted = request.http_range
    except ValueError:
        wanted = slice(None)  # what is malformed is ignored (§14.2)
    start, stop, _ = wanted.indices(len(content))
    headers = {**headers, "Accept-Ranges": "bytes"}
    if (start, stop) == (0, len(content)) and wanted.start is None:
        return web.Response(body=content, headers=headers)
    if start >= stop:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
    return web.Response(status=206, body=content[start:stop], headers=headers)


async def _live(request: web.Request, place: Place, *, with_past: bool) -> dict[str, Any]:
    console, found = request.app[CONSOLE], who(request)
    # Side by side: under load each round to the database waits its turn, and a page would wait for ten.
    story, written, mine, watched, aliases = await gather(
        console.desk.story(place),
        console.desk.lines(place),
        console.desk.mine(found.member.id),
        console.board.views(place),
        _aliases(console),
    )
    lines = written if with_past else this_episode(written, place, story)
    hers = [line for line in lines if line.author == HER]
    heard = [line for line in lines if line.author in (HER, SOMEBODY)]
    return {
        "place": place,
        "card": card(place),
        "story": story,
        "grave": grave_of(place, story),
        "forbidden": forbidden(story),
        "agreed": agreed(story),
        "asked": [say("asked", one) for one in _asked(story)],
        "known": known_of(place, story, hers),
        "promises": [(promise(one.name), one.due_at) for one in story.promises],
        "lines": lines,
        "latest": heard[-2:],
        "in_other_hands": bool(heard) and heard[-1].author == SOMEBODY,
        "begins": _begins(place, lines),
        "spot": next((line for line in reversed(hers) if line.location is not None), None),
        "veiled": {line.id for line in lines if is_veiled(line)},
        "delicate": is_delicate(place),
        "calls": [line for line in lines if line.outcome == "call_123"],
        "closed": why_closed(place),
        "reopens": may_reopen(place, story, console.hours.timezone, can_reopen=place.channel in console.reopens),
        "past": len(written) - len(lines),
        "with_past": with_past,
        "tabs": [card(one) for one in mine],
        "watched": watched,
        "aliases": aliases,
        "is_emergency": place.alert == Alert.EMERGENCY,
        "now": found.now,
    }


def _begins(place: Place, lines: Sequence[Line]) -> UUID | None:
    """Her first message since somebody of the team wrote to her, if she waits; None while nobody has written at all."""
    last = max((at for at, line in enumerate(lines) if _is_reply(line)), default=None)
    if place.unanswered_since is None or last is None:
        return None
    return next((line.id for line in lines[last:] if line.author in (HER, SOMEBODY)), None)


def _is_reply(line: Line) -> bool:
    return (
        line.author not in (HER, PROGRAM, SOMEBODY) and line.deed is None and line.status not in ("failed", "withdrawn")
    )


def _asked(story: Story) -> Sequence[str]:
    return [name for name in ("call_for_me", "wants_human", "share_ok") if story.slots.get(name) in ("yes", True)]


async def _aliases(console: Console) -> dict[str, str]:
    return {str(id_): alias for id_, alias in (await console.room.aliases()).items()}


async def _colleagues(request: web.Request, place: Place) -> list[Member]:
    """Those who are on shift, or have a console open, besides herself."""
    console, found = request.app[CONSOLE], who(request)
    duty = await console.duty(found.now, zone=place.zone)
    there = duty.staff | console.station.present
    members = await console.room.members()
    return [
        one
        for one in members
        if one.id in there and one.id != found.member.id and one.ended_at is None and one.role in ATTENDING
    ]
