"""What the team says often: coordinators write it, and no word that hurts gets in."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from bot.dialogue.lint.words import forbidden_in
from bot.errors import AlreadyThere, NotThere
from channels.console.access import ROOT, right
from channels.console.entering import see, text_of
from channels.console.pages import show
from channels.console.parts import CONSOLE, who

_REPLIES = f"{ROOT}/respuestas"
_LONGEST_NAME, _LONGEST_WORDS = 40, 480


@right("replies.write")
async def show_replies(request: web.Request) -> web.Response:
    """All of them, and a form for one more."""
    return await _replies(request)


@right("replies.write")
async def add(request: web.Request) -> web.Response:
    """A new one, if nothing in it is forbidden."""
    name, words = (await text_of(request, "name")).strip(), (await text_of(request, "words")).strip()
    problem = _problem(request, words)
    if not 0 < len(name) <= _LONGEST_NAME:
        problem = f"Póngale un nombre corto, de a lo sumo {_LONGEST_NAME} letras."
    if problem:
        return await _replies(request, problem, name=name, words=words)
    try:
        await request.app[CONSOLE].replies.add(by=who(request).member.id, name=name, words=words)
    except AlreadyThere as error:
        return await _replies(request, str(error), name=name, words=words)
    return see(_REPLIES)


@right("replies.write")
async def change(request: web.Request) -> web.Response:
    """Other words for one of them, under the same rules."""
    words = (await text_of(request, "words")).strip()
    if problem := _problem(request, words):
        return await _replies(request, problem)
    try:
        await request.app[CONSOLE].replies.change(by=who(request).member.id, reply_id=_id(request), words=words)
    except NotThere as error:
        return await _replies(request, str(error))
    return see(_REPLIES)


@right("replies.write")
async def end(request: web.Request) -> web.Response:
    """Take one away."""
    try:
        await request.app[CONSOLE].replies.end(by=who(request).member.id, reply_id=_id(request))
    except NotThere as error:
        return await _replies(request, str(error))
    return see(_REPLIES)


def _problem(request: web.Request, words: str) -> str:
    if not 0 < len(words) <= _LONGEST_WORDS:
        return f"Escriba la respuesta, de a lo sumo {_LONGEST_WORDS} letras."
    found = forbidden_in(request.app[CONSOLE].forbidden, words)
    return " ".join(f"No se dice «{rule.word}»: {rule.reason}." for rule in found)


def _id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["reply"])
    except ValueError:
        raise web.HTTPNotFound from None


async def _replies(request: web.Request, said: str = "", *, name: str = "", words: str = "") -> web.Response:
    return show(
        request,
        "replies.html",
        status=422 if said else 200,
        said=said,
        replies=await request.app[CONSOLE].replies.live(),
        name=name,
        words=words,
        longest_name=_LONGEST_NAME,
        longest=_LONGEST_WORDS,
    )
