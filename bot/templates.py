"""Templates at the provider: those into which what the bot asks fits, and the few that may leave after the window."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.content import LINE, line_of, read_mapping, rows_of, verified
from bot.dialogue.effects import Say
from bot.dialogue.flow import FlowBook
from bot.dialogue.lint.words import forbidden_in
from bot.dialogue.load import load_book
from bot.dialogue.render import merge
from bot.dialogue.walker import walk
from bot.errors import BotError, ContentError, SendError
from bot.serve import open_database
from bot.settings import Settings
from channels.layout.shape import Shape, shape_of
from channels.twilio.account import open_account
from channels.twilio.contents import Approval, TwilioContents
from storage.database import Database
from storage.templates import drop_template, keep_template, load_templates

_FILE = Path(__file__).parent / "templates.yml"
_KEYS = ("name", "setting", "category", "response", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """A text that WhatsApp is to approve; ``setting`` is where its sid is written then."""

    name: str
    setting: str
    category: str
    text: str

    @property
    def full_name(self) -> str:
        """With other words it is another template, to be approved anew."""
        return f"{self.name}_{hashlib.sha256(self.text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one template stands at the provider; ``sid`` is empty where it is not there."""

    name: str
    sid: str
    setting: str = ""
    approval: Approval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What a push did: how many of the shapes were made, were there, went; and the texts as they stand."""

    made: int
    there: int
    gone: int
    texts: Sequence[Standing]


async def push(settings: Settings) -> Pushed:
    """Make what is not there, adopt what is, delete what we made and do not use; done twice, it changes nothing.

    Raises ``BotError`` where the provider does not do its part: then the rest is done by another push.
    """
    book = load_book()
    shapes, texts = shapes_of(book), load_texts(book)
    made = gone = 0
    async with _opened(settings) as (database, contents):
        there, known = await contents.names(), await load_templates(database)
        for shape in shapes:
            sid = there.get(shape.name)
            if sid is None:
                sid, made = await contents.make_shape(shape), made + 1
            if known.get(shape.name) != sid:
                await keep_template(database, shape.name, sid)
        for name in sorted(set(known) - {shape.name for shape in shapes}):
            # It is forgotten only once it is gone: a push that stops here is gone on with by the next.
            await contents.delete(known[name])
            await drop_template(database, name)
            gone += 1
        for one in texts:
            sid = there.get(one.full_name) or await contents.make_text(one.full_name, one.text)
            if (await contents.approval(sid)).status == "unsubmitted":
                await contents.ask_approval(sid, name=one.full_name, category=one.category)
        return Pushed(made=made, there=len(shapes) - made, gone=gone, texts=await _texts(contents, texts))


async def status(settings: Settings) -> tuple[Sequence[Standing], Sequence[Standing]]:
    """The shapes, by whether the provider has them, and the texts, by how far their approval is."""
    book = load_book()
    async with _opened(settings) as (database, contents):
        there, known = await contents.names(), await load_templates(database)
        shapes = [
            Standing(name=one.name, sid=known[one.name] if known.get(one.name) in there.values() else "")
            for one in shapes_of(book)
        ]
        return shapes, await _texts(contents, load_texts(book))


def shapes_of(book: FlowBook) -> Sequence[Shape]:
    """Every shape of what the bot asks with choices, by trying every way through the content."""
    found: dict[str, Shape] = {}
    for way in walk(book):
        for said in merge(effect for effect in way.turn.effects if isinstance(effect, Say)):
            shape = shape_of(said.reply)
            if shape is not None:
                found.setdefault(shape.name, shape)
    return [found[name] for name in sorted(found)]


def load_texts(book: FlowBook, path: Path = _FILE) -> Sequence[Approved]:
    """Read the texts for after the window; raises ``ContentError`` for one whose preview would betray anything."""
    content = read_mapping(path, {"verified_on", "templates"})
    verified(content, path)
    found = []
    for row in rows_of(content, "templates", path, _KEYS, needed=("name", "setting", "category")):
        said = book.responses.get(str(row.get("response")))
        text = said.variants[-1].text if said else str(row.get("text") or "")
        line = line_of(row, "text", row[LINE])
        if not text:
            raise ContentError("falta «text», o «response» no es una respuesta; escríbalo", file=path.name, line=line)
        for rule in (*forbidden_in(book.betraying, text), *forbidden_in(book.forbidden, text)):
            problem = f"otra persona podría leer «{rule.word}»: {rule.reason}; use una palabra neutra"
            raise ContentError(problem, file=path.name, line=line)
        found.append(Approved(name=row["name"], setting=row["setting"], category=row["category"], text=text))
    return found


async def _texts(contents: TwilioContents, texts: Sequence[Approved]) -> list[Standing]:
    there, found = await contents.names(), []
    for one in texts:
        sid = there.get(one.full_name, "")
        approval = await contents.approval(sid) if sid else None
        found.append(Standing(name=one.full_name, sid=sid, setting=one.setting, approval=approval))
    return found


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[tuple[Database, TwilioContents]]:
    if not (settings.twilio_account_sid and settings.twilio_auth_token.get_secret_value()):
        raise BotError("faltan TWILIO_ACCOUNT_SID y TWILIO_AUTH_TOKEN: las plantillas viven en esa cuenta")
    async with open_database(settings) as url, open_account(settings) as account:
        database = Database(url, connections=1)
        try:
            yield database, account.contents
        except SendError as error:
            raise BotError(
                f"Twilio no hizo su parte ({error.code}); corra la orden otra vez: lo hecho no se repite"
            ) from None
        finally:
            await database.close()
