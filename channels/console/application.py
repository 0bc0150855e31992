"""The console as an application of its own, mounted under ``/consola``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from bot.dialogue.flow import FlowBook
from bot.dialogue.load import FLOWS
from bot.dialogue.read import read_word_rules
from bot.intake import Intake
from bot.passwords import Passwords
from bot.rights import load_rights
from bot.territory import department
from bot.territory.directory import load_hours
from channels.console import (
    account,
    acts,
    board,
    chat,
    closing,
    leaving,
    planning,
    queue,
    replies,
    sign_in,
    stream,
    team,
    trail,
    watching,
)
from channels.console.access import guard, public
from channels.console.answers import dress
from channels.console.pages import open_pages
from channels.console.parts import CONSOLE, Console, Network
from channels.console.station import Station
from storage.office import Office

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_STATIC = {path.name: path for path in (Path(__file__).parent / "static").iterdir() if path.suffix in _TYPES}


def open_console(  # noqa: PLR0913 - all that a console stands on
    office: Office,
    *,
    intake: Intake,
    book: FlowBook,
    passwords: Passwords,
    proxies: Sequence[Network] = (),
    reopens: frozenset[str] = frozenset(),
    is_reviewed: bool = True,
    is_demo: bool = False,
) -> Console:
    """The parts of a console, with its rights, hours and templates read; raises ``ContentError``."""
    hours = load_hours()
    return Console(
        room=office.room,
        resets=office.resets,
        sign_ins=office.sign_ins,
        plan=office.plan,
        trail=office.trail,
        desk=office.desk,
        intake=intake,
        station=Station(office.desk),
        board=office.board,
        replies=office.replies,
        directory=book.facts.directory,
        book=book,
        reopens=reopens,
        forbidden=read_word_rules(FLOWS / "words.yml")[0],
        passwords=passwords,
        rights=load_rights(),
        hours=hours,
        zones=sorted(department().zones),
        pages=open_pages(hours.timezone),
        proxies=proxies,
        is_reviewed=is_reviewed,
        is_demo=is_demo,
    )


def console_application(console: Console) -> web.Application:
    """The console's pages. A page without a declared right answers 403."""
    app = web.Application(middlewares=[dress, guard])
    app[CONSOLE] = console
    app.add_routes(
        [
            web.get("/static/{name}", show_file),
            web.get("", account.go_home),
            web.get("/", account.go_home, name="home"),
            web.get("/entrar", sign_in.show_sign_in, name="sign_in"),
            web.post("/entrar", sign_in.sign_in),
            web.get("/codigo", sign_in.show_code),
            web.post("/codigo", sign_in.give_code),
            web.get("/inscripcion", sign_in.show_enrolment),
            web.post("/inscripcion", sign_in.enrol),
            web.get("/bloqueo", sign_in.show_lock, name="lock"),
            web.post("/bloqueo", sign_in.unlock),
            web.post("/bloquear", sign_in.lock),
            web.post("/presencia", sign_in.note_presence),
            web.post("/salir", sign_in.sign_out),
            web.post("/salir-de-todo", account.sign_out_everywhere),
            web.get("/cuenta", account.show_account, name="account"),
            web.post("/cuenta/clave", account.change_password),
            web.post("/cuenta/codigos", account.renew_codes),
            web.get("/equipo", team.show_team, name="team"),
            web.post("/equipo", team.add),
            web.post("/equipo/{member}/restablecer", team.ask_reset),
            web.post("/equipo/{member}/retirar", team.end),
            web.post("/equipo/cambios/{reset}/confirmar", team.confirm_reset),
            web.post("/equipo/cambios/{reset}/rechazar", team.refuse_reset),
            web.get("/turnos", planning.show_shifts, name="shifts"),
            web.post("/turnos", planning.add_shift),
            web.post("/turnos/{shift}/quitar", planning.cancel_shift),
            web.post("/turnos/dias", planning.set_holiday),
            web.get("/auditoria", trail.show_trail, name="trail"),
            web.get("/cola", queue.show_queue, name="queue"),
            web.get("/cola/lista", queue.show_list),
            web.post("/cola/siguiente", queue.take_next),
            web.post("/cola/{handover}/paso", queue.let_pass),
            web.get("/avisos", queue.show_bell),
            web.get("/corriente", stream.follow),
            web.get("/chat/{handover}", chat.show_chat, name="chat"),
            web.get("/chat/{handover}/vivo", chat.show_live),
            web.get("/chat/{handover}/rutas", chat.show_routes),
            web.get("/chat/{handover}/archivo/{file}", chat.show_file),
            web.post("/chat/{handover}/vida", chat.note_life),
            web.post("/chat/{handover}/borrador", chat.keep_draft),
            web.post("/chat/{handover}/decir", acts.speak),
            web.post("/chat/{handover}/nota", acts.note),
            web.post("/chat/{handover}/llamada", acts.note_call),
            web.post("/chat/{handover}/pasar", acts.transfer),
            web.post("/chat/{handover}/amenaza", acts.call_for_help),
            web.post("/chat/{handover}/{deed}", acts.do),
            web.get("/tablero", board.show_board, name="board"),
            web.get("/tablero/vivo", board.show_live),
            web.get("/tablero/{handover}", watching.show_chat, name="watch"),
            web.post("/tablero/{handover}/candado", watching.lift),
            web.post("/tablero/{handover}/anterior", watching.open_past),
            web.get("/respuestas", replies.show_replies, name="replies"),
            web.post("/respuestas", replies.add),
            web.post("/respuestas/{reply}", replies.change),
            web.post("/respuestas/{reply}/quitar", replies.end),
            web.get("/cierre/{handover}", closing.show_closing, name="closing"),
            web.post("/cierre/{handover}", closing.close),
            web.get("/entrega", leaving.show_leaving, name="leaving"),
            web.post("/entrega", leaving.leave),
            web.post("/entrega/{handover}", leaving.hand_over),
        ]
    )
    app.cleanup_ctx.append(_live)
    # Before the server waits for its connections: open streams would hold it back.
    app.on_shutdown.append(_end_streams)
    return app


@public
async def show_file(request: web.Request) -> web.StreamResponse:
    """A file of our own: styles and scripts."""
    path = _STATIC.get(request.match_info["name"])
    if path is None:
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Content-Type": _TYPES[path.suffix], "Cache-Control": "no-cache"})


async def _live(app: web.Application) -> AsyncIterator[None]:
    """The one look at the database for all open consoles."""
    looking = asyncio.create_task(app[CONSOLE].station.run())
    yield
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking


async def _end_streams(app: web.Application) -> None:
    app[CONSOLE].station.close()
