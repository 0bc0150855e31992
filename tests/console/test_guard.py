"""Who may see which page, what every answer carries, and what no other site can do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import web

from bot.rights import load_rights
from bot.staff import Role, Stage
from channels.console.access import rights_of
from tests.console.house import PASSWORD, House, house

#: Every route and what it asks for. A new page stands here before it opens.
ROUTES = {
    "GET /consola/static/{name}": "everybody",
    "GET /consola/entrar": "everybody",
    "POST /consola/entrar": "everybody",
    "GET /consola/codigo": "stage code",
    "POST /consola/codigo": "stage code",
    "GET /consola/inscripcion": "stage enrol",
    "POST /consola/inscripcion": "stage enrol",
    "GET /consola/bloqueo": "stage open, locked too",
    "POST /consola/bloqueo": "stage open, locked too",
    "POST /consola/bloquear": "stage open, locked too",
    "POST /consola/presencia": "stage open",
    "POST /consola/salir": "stage code enrol open, locked too",
    "GET /consola": "account.own",
    "GET /consola/": "account.own",
    "POST /consola/salir-de-todo": "account.own",
    "GET /consola/cuenta": "account.own",
    "POST /consola/cuenta/clave": "account.own",
    "POST /consola/cuenta/codigos": "account.own",
    "GET /consola/equipo": "staff.read",
    "POST /consola/equipo": "staff.add",
    "POST /consola/equipo/{member}/restablecer": "staff.reset",
    "POST /consola/equipo/{member}/retirar": "staff.end",
    "POST /consola/equipo/cambios/{reset}/confirmar": "staff.reset",
    "POST /consola/equipo/cambios/{reset}/rechazar": "staff.reset",
    "GET /consola/turnos": "shifts.read",
    "POST /consola/turnos": "shifts.write",
    "POST /consola/turnos/{shift}/quitar": "shifts.write",
    "POST /consola/turnos/dias": "holidays.write",
    "GET /consola/auditoria": "audit.read",
    "GET /consola/cola": "queue.read",
    "GET /consola/cola/lista": "queue.read",
    "POST /consola/cola/siguiente": "chat.act",
    "POST /consola/cola/{handover}/paso": "chat.act",
    "GET /consola/avisos": "queue.read, locked too",
    "GET /consola/corriente": "queue.read, locked too",
    "GET /consola/chat/{handover}": "chat.read",
    "GET /consola/chat/{handover}/vivo": "chat.read",
    "GET /consola/chat/{handover}/rutas": "chat.read",
    "GET /consola/chat/{handover}/archivo/{file}": "chat.read",
    "POST /consola/chat/{handover}/vida": "chat.read",
    "POST /consola/chat/{handover}/borrador": "chat.act",
    "POST /consola/chat/{handover}/decir": "chat.act",
    "POST /consola/chat/{handover}/nota": "chat.act",
    "POST /consola/chat/{handover}/llamada": "chat.act",
    "POST /consola/chat/{handover}/pasar": "chat.act",
    "POST /consola/chat/{handover}/amenaza": "chat.act",
    "POST /consola/chat/{handover}/{deed}": "chat.act",
    "GET /consola/tablero": "board.read",
    "GET /consola/tablero/vivo": "board.read",
    "GET /consola/tablero/{handover}": "board.read",
    "POST /consola/tablero/{handover}/candado": "lock.lift",
    "POST /consola/tablero/{handover}/anterior": "past.open",
    "GET /consola/respuestas": "replies.write",
    "POST /consola/respuestas": "replies.write",
    "POST /consola/respuestas/{reply}": "replies.write",
    "POST /consola/respuestas/{reply}/quitar": "replies.write",
    "GET /consola/cierre/{handover}": "chat.close",
    "POST /consola/cierre/{handover}": "chat.close",
    "GET /consola/entrega": "shift.leave",
    "POST /consola/entrega": "shift.leave",
    "POST /consola/entrega/{handover}": "shift.leave",
}
#: The first page of each role that it may open beside its account.
PAGES = (
    "/consola/equipo",
    "/consola/turnos",
    "/consola/auditoria",
    "/consola/tablero",
    "/consola/respuestas",
    "/consola/entrega",
)
OPEN_TO = {
    Role.PSYCHOLOGIST: {"/consola/turnos", "/consola/entrega"},
    Role.COORDINATOR: {
        "/consola/equipo",
        "/consola/turnos",
        "/consola/tablero",
        "/consola/respuestas",
        "/consola/entrega",
    },
    Role.AUDITOR: {"/consola/auditoria"},
    Role.ADMINISTRATOR: {"/consola/equipo"},
}


def asked(console: House) -> dict[str, str]:
    found = {}
    for name, access in rights_of(
        [route for route in console.console.router.routes() if route.method != "HEAD"]
    ).items():
        if access is None:
            found[name] = "nothing: 403"
        elif access.is_public:
            found[name] = "everybody"
        else:
            stages = "stage " + " ".join(one for one in Stage if one in access.stages)
            found[name] = (access.right or stages) + (", locked too" if access.while_locked else "")
    return found


def test_every_route_asks_for_what_is_written_down_here(console: House) -> None:
    assert asked(console) == ROUTES


def test_every_right_that_a_route_asks_for_is_somebodys(console: House) -> None:
    rights = {name.partition(",")[0] for name in asked(console).values() if "." in name}
    assert rights <= load_rights().names


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_opens_its_pages_and_no_others(console: House, role: Role) -> None:
    browser = await console.signed_in("ana", role)
    opened = {path for path in PAGES if (await browser.get(path)).status == 200}
    assert opened == OPEN_TO[role]
    closed = next(path for path in PAGES if path not in opened)
    assert (await browser.get(closed)).status == 403
    assert "Usted no puede hacer esto" in browser.page


async def test_a_page_that_declares_nothing_is_closed_to_everybody(database_url: str) -> None:
    async def forgotten(_: web.Request) -> web.Response:
        return web.Response(text="secreto")

    opened = house(database_url)
    opened.more_routes.append(web.get("/olvidada", forgotten))
    await opened.open()
    try:
        browser = await opened.signed_in("ana", Role.ADMINISTRATOR)
        assert (await browser.get("/consola/olvidada")).status == 403
        assert "secreto" not in browser.page
        assert (await opened.browser().get("/consola/olvidada")).status == 403
    finally:
        await opened.close()
        await opened.database.close()


async def test_a_stranger_is_sent_to_the_door_and_back_to_where_she_was_going(console: House) -> None:
    await console.enrolled("ana")
    browser = console.browser()
    answer = await browser.get("/consola/turnos")
    assert answer.headers["Location"] == "/consola/entrar?sigue=/consola/turnos"
    await browser.get(answer.headers["Location"])
    form = {"login": "ana", "password": PASSWORD, "sigue": "/consola/turnos"}
    answer = await browser.post("/consola/entrar", form)
    await browser.get(answer.headers["Location"])
    assert 'name="sigue" value="/consola/turnos"' in browser.page
    answer = await browser.post("/consola/codigo", {"code": await console.code(), "sigue": "/consola/turnos"})
    assert answer.headers["Location"] == "/consola/turnos"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://otra.example/",
        "//otra.example/",
        "/consola//otra.example",
        "/consola/\\otra",
        "/simulador",
        "/consola/%0d",
    ],
)
async def test_the_way_back_never_leads_to_another_site(console: House, elsewhere: str) -> None:
    await console.enrolled("ana")
    browser = console.browser()
    await browser.get("/consola/entrar")
    await browser.post("/consola/entrar", {"login": "ana", "password": PASSWORD})
    await browser.get("/consola/codigo")
    answer = await browser.post("/consola/codigo", {"code": await console.code(), "sigue": elsewhere})
    assert answer.headers["Location"] in ("/consola/", "/consola/%0d")


@pytest.mark.parametrize("change", ["/consola/salir-de-todo", "/consola/bloquear", "/consola/presencia"])
async def test_no_change_is_made_without_the_token_of_the_page(console: House, change: str) -> None:
    browser = await console.signed_in("ana")
    await browser.get("/consola/cuenta")
    assert (await browser.post(change, {"csrf": ""})).status == 403
    assert (await browser.post(change, {"csrf": "0" * 64})).status == 403
    other = await console.signed_in("eva")
    await other.get("/consola/cuenta")
    assert (await browser.post(change, {"csrf": other.csrf})).status == 403
    assert (await browser.get("/consola/cuenta")).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://otra.example"},
        {"Origin": "null"},
    ],
)
async def test_a_page_from_elsewhere_changes_nothing_even_with_the_token(
    console: House, headers: dict[str, str]
) -> None:
    browser = await console.signed_in("ana")
    await browser.get("/consola/cuenta")
    assert (await browser.post("/consola/salir", None, **headers)).status == 403
    assert (await browser.get("/consola/cuenta")).status == 200


async def test_a_script_of_the_page_may_send_the_token_as_a_header(console: House) -> None:
    browser = await console.signed_in("ana")
    await browser.get("/consola/cuenta")
    token = browser.csrf
    assert (await browser.post("/consola/presencia", {"csrf": ""}, X_CSRF=token)).status == 204


async def test_even_the_first_form_needs_its_token(console: House) -> None:
    await console.enrolled("ana")
    browser = console.browser()
    assert (await browser.post("/consola/entrar", {"login": "ana", "password": PASSWORD})).status == 403


async def test_the_cookie_is_for_us_alone_and_changes_with_each_step(console: House) -> None:
    await console.enrolled("ana")
    browser = console.browser()
    tokens = []
    await browser.get("/consola/entrar")
    tokens.append(dict(browser.cookies))
    answer = await browser.post("/consola/entrar", {"login": "ana", "password": PASSWORD})
    tokens.append(dict(browser.cookies))
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-consola=")
    for flag in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
        assert flag in cookie
    assert "Domain" not in cookie
    await browser.get("/consola/codigo")
    await browser.post("/consola/codigo", {"code": await console.code()})
    tokens.append(dict(browser.cookies))
    assert len({token["__Host-consola"] for token in tokens}) == 3
    # A token that was good before opens nothing afterwards.
    browser.cookies = tokens[1]
    assert (await browser.get("/consola/cuenta")).headers["Location"].startswith("/consola/entrar")


async def test_the_demonstrations_cookie_differs_in_encryption_alone(demo: House) -> None:
    cookie = (await demo.browser().get("/consola/entrar")).headers["Set-Cookie"]
    assert cookie.startswith("consola=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie


@pytest.mark.parametrize(
    "path", ["/consola/entrar", "/consola/cuenta", "/consola/no-hay", "/consola/static/console.css"]
)
async def test_every_answer_forbids_what_is_not_ours(console: House, path: str) -> None:
    browser = await console.signed_in("ana")
    headers = (await browser.get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "same-origin")
    assert headers["Cache-Control"] == ("no-cache" if path.endswith(".css") else "no-store")


def test_no_template_holds_a_script_or_a_style_of_its_own(project: Path) -> None:
    for path in (project / "channels/console/templates").glob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert not re.search(r"style=|<style|\son[a-z]+=|<script(?![^>]*src=)|https?:", page), path.name


async def test_what_is_not_there_is_said_in_spanish_with_a_number(console: House) -> None:
    browser = await console.signed_in("ana")
    assert (await browser.get("/consola/no-hay")).status == 404
    assert re.search(r"Esta página no existe\..*<code>[0-9a-f]{12}</code>", browser.page, re.DOTALL)
    assert "no-hay" not in browser.page


async def test_what_broke_says_nothing_of_what_was_written(
    console: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    browser = await console.signed_in("ana")

    async def breaks(*_: object) -> None:
        raise RuntimeError("mi esposo me pegó")

    monkeypatch.setattr(console.office.sign_ins.__class__, "live", breaks)
    assert (await browser.get("/consola/cuenta")).status == 500
    assert "RuntimeError" in caplog.text
    assert "esposo" not in browser.page + caplog.text
