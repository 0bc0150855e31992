"""What a psychologist does with a conversation: one entry of the inbox each, and in words what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from aiohttp import web

from bot.messages import StaffAction, StaffDeed
from bot.staff import Role
from channels.console.access import ROOT, right
from channels.console.entering import see, text_of
from channels.console.parts import CONSOLE, Console, who
from channels.console.present import care_words, say, why_closed
from channels.console.reach import place_in_reach
from storage.audit import Act
from storage.views import Place

#: Twilio takes no longer body.
LONGEST = 1600
ATTENDING = frozenset({Role.PSYCHOLOGIST, Role.COORDINATOR})
#: The word in the address for each deed that needs nothing but the place.
_PLAIN = {
    "tomar": StaffDeed.CLAIM,
    "preguntar": StaffDeed.ASK_SAFE,
    "llamando": StaffDeed.CALLING,
    "acompanando": StaffDeed.ACCOMPANYING,
    "devolver": StaffDeed.RELEASE,
}
#: After these it is no more hers.
_LEAVES = frozenset({StaffDeed.RELEASE, StaffDeed.TRANSFER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be done, as in ``StaffAction``: ``Wanted(deed=StaffDeed.SAY, text="Hola")``."""

    deed: StaffDeed
    text: str = ""
    to_staff: UUID | None = None
    to_zone: str | None = None
    outcome: str | None = None


@right("chat.act")
async def do(request: web.Request) -> web.Response:
    """Claim it, ask whether she may read, say that one calls or accompanies, or give it back."""
    deed = _PLAIN.get(request.match_info["deed"])
    if deed is None:
        raise web.HTTPNotFound
    place = await place_in_reach(request)
    ending = await claim(request, place) if deed is StaffDeed.CLAIM else await act(request, place, Wanted(deed=deed))
    return await _answer(request, place, deed, ending)


@right("chat.act")
async def speak(request: web.Request) -> web.Response:
    """Say something to her; the answer tells whether it goes out."""
    place = await place_in_reach(request)
    words = await text_of(request, "text")
    ending = _not_sayable(place, words.strip()) or await act(
        request, place, Wanted(deed=StaffDeed.SAY, text=words.strip())
    )
    if ending in ("done", "pending"):
        await request.app[CONSOLE].desk.keep_draft(place, by=who(request).member.id, words="")
    return await _answer(request, place, StaffDeed.SAY, ending)


@right("chat.act")
async def note(request: web.Request) -> web.Response:
    """Keep a note for the team."""
    place = await place_in_reach(request)
    words = (await text_of(request, "text")).strip()
    ending = await _own(request, place, Wanted(deed=StaffDeed.NOTE, text=words)) if words else "empty"
    return await _answer(request, place, StaffDeed.NOTE, ending)


@right("chat.act")
async def note_call(request: web.Request) -> web.Response:
    """Somebody called 123 for her: who, when and what was said; the place is held meanwhile."""
    place, member = await place_in_reach(request), who(request).member
    said, when = (await text_of(request, "said")).strip(), (await text_of(request, "when")).strip()[:5]
    caller = (await text_of(request, "caller")).strip()[:80] or member.alias
    words = f"Llamó {caller}, a las {when}. {said}"
    wanted = Wanted(deed=StaffDeed.NOTE, text=words, outcome="call_123")
    ending = await _own(request, place, wanted) if said and when else "empty"
    if ending == "done":
        await act(request, place, Wanted(deed=StaffDeed.ACCOMPANYING))
        ending = "call_123"
    return await _answer(request, place, StaffDeed.NOTE, ending)


@right("chat.act")
async def transfer(request: web.Request) -> web.Response:
    """Hand her to a colleague by name, or to a zone, with a note."""
    place, console = await place_in_reach(request), request.app[CONSOLE]
    kind, _, to = (await text_of(request, "to")).partition(":")
    words = (await text_of(request, "text")).strip()
    if kind == "zona" and to in console.zones:
        ending = await act(request, place, Wanted(deed=StaffDeed.TRANSFER, text=words, to_zone=to))
    elif kind == "persona" and (colleague := await _colleague(console, to)) is not None:
        ending = await act(request, place, Wanted(deed=StaffDeed.TRANSFER, text=words, to_staff=colleague))
    else:
        ending = "unknown_receiver"
    return await _answer(request, place, StaffDeed.TRANSFER, ending)


@right("chat.act")
async def call_for_help(request: web.Request) -> web.Response:
    """This person threatens me: the coordinator is called, at once and without a question (seguridad §12)."""
    place = await place_in_reach(request)
    if place.owner != who(request).member.id:
        return await _answer(request, place, StaffDeed.NOTE, "stale")
    await request.app[CONSOLE].desk.call_coordinator(place, by=who(request).member.id)
    return await _answer(request, place, StaffDeed.NOTE, "threatens")


async def claim(request: web.Request, place: Place) -> str:
    """Take it; what is hers already, by a second press of the button, is done."""
    ending = await act(request, place, Wanted(deed=StaffDeed.CLAIM))
    now = await request.app[CONSOLE].desk.place(place.id) if ending == "taken" else None
    return "done" if now is not None and now.owner == who(request).member.id else ending


async def act(request: web.Request, place: Place, wanted: Wanted) -> str:
    """Do it once for the id that the page made; ``done``, ``pending`` or why not."""
    console, member = request.app[CONSOLE], who(request).member
    action = StaffAction(
        external_id=f"staff:{member.id}:{await _page_id(request)}:{wanted.deed}",
        conversation_id=place.conversation_id,
        staff_id=member.id,
        deed=wanted.deed,
        lease=await _lease(request),
        text=wanted.text,
        to_staff=wanted.to_staff,
        to_zone=wanted.to_zone,
        outcome=wanted.outcome,
    )
    noted = Act(
        act=f"chat.{wanted.outcome if wanted.outcome == 'call_123' else wanted.deed}",
        staff_id=member.id,
        subject_kind="handover",
        subject_id=place.id,
        detail=wanted.to_zone,
    )
    return await console.intake.act(action, console.trail, noted=noted) or "pending"


async def _own(request: web.Request, place: Place, wanted: Wanted) -> str:
    """Something that asks for no lease, but is the owner's alone."""
    if place.owner != who(request).member.id:
        return "stale"
    return await act(request, place, wanted)


def _not_sayable(place: Place, words: str) -> str:
    if not words:
        return "empty"
    if len(words) > LONGEST:
        return "too_long"
    # The turn decides on the lock; the provider's window is only known here.
    is_over = place.window_until is not None and place.window_until <= place.now
    return "window_closed" if is_over and why_closed(place) else ""


async def _answer(request: web.Request, place: Place, deed: StaffDeed, ending: str) -> web.Response:
    """As the page asked: words for a script, else the page that comes next."""
    done = ending == "done"
    key = f"done_{deed}" if done and f"done_{deed}" in care_words()["ending"] else ending
    key = "done_call_123" if ending == "call_123" else key
    chat = f"{ROOT}/chat/{place.id}"
    if done and deed is StaffDeed.SAY:
        key = ""
    leaves = (done and deed in _LEAVES) or (deed is StaffDeed.CLAIM and ending not in ("done", "pending"))
    leaves = leaves or ending == "nothing_open"
    where = f"{ROOT}/cola?dicho={key}" if leaves else chat + (f"?dicho={key}" if key else "")
    if "application/json" in request.headers.get("Accept", ""):
        ok = done or ending in ("call_123", "threatens")
        return web.json_response(
            {"ending": ending, "said": say("ending", key) if key else "", "ok": ok, "go": where if leaves else ""}
        )
    return see(where)


async def _page_id(request: web.Request) -> str:
    """The id under which the page sends this, however often; one of our own for a page without scripts."""
    try:
        return str(UUID(await text_of(request, "id")))
    except ValueError:
        return str(uuid4())


async def _lease(request: web.Request) -> int:
    """The lease that the page shows: an old page, or one that names none, acts on nothing."""
    given = await text_of(request, "lease")
    return int(given) if given.isdecimal() and len(given) < 12 else -1


async def _colleague(console: Console, given: str) -> UUID | None:
    members = {str(one.id): one for one in await console.room.members() if one.ended_at is None}
    found = members.get(given)
    return found.id if found is not None and found.role in ATTENDING else None
