"""Buttons and lists on WhatsApp: a template where there is one, numbers where there is none, the same words in both."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Address, Button, Letter, Reply
from bot.settings import Settings
from channels.layout.shape import LONGEST_BODY, shape_of, words_of
from channels.twilio import rest
from channels.twilio.account import Account, open_account
from channels.twilio.parse import parse_message
from channels.twilio.sender import TwilioChannel
from tests.doubles.twilio import TwilioDouble

YES, NO = Button(title="Sí", payload='/inform{"safe_now": "yes"}'), Button(title="Ahora no", payload="/not_now")
ASKED = Reply(text="Hola. Le leo.\n\n¿Puede escribir con calma ahora?", buttons=(YES, NO))
MENU = Reply(text="¿Qué necesita?", buttons=tuple(Button(title=f"Opción {n}", payload=f"/o{n}") for n in range(10)))


@pytest.fixture
async def account(settings: Settings) -> AsyncIterator[Account]:
    async with open_account(settings) as opened:
        yield opened


@pytest.fixture
def whatsapp(account: Account) -> TwilioChannel:
    return account.channels["whatsapp"]


async def _make(account: Account, *replies: Reply) -> None:
    shapes = [shape for reply in replies if (shape := shape_of(reply))]
    account.know({shape.name: await account.contents.make_shape(shape) for shape in shapes})


def _letter(reply: Reply) -> Letter:
    return Letter(
        outbox_id=uuid4(),
        address=Address(channel="whatsapp", value="+573001112233"),
        reply=reply,
        created_at=datetime.now(UTC) - timedelta(seconds=1),
    )


@pytest.mark.parametrize(("reply", "kind"), [(ASKED, "twilio/quick-reply"), (MENU, "twilio/list-picker")])
async def test_she_sees_her_choices_as_buttons_or_as_a_list_under_the_same_words(
    twilio: TwilioDouble, account: Account, whatsapp: TwilioChannel, reply: Reply, kind: str
) -> None:
    await _make(account, reply)
    [laid_out] = whatsapp.lay_out(reply)
    await whatsapp.send(_letter(laid_out))
    content = twilio.contents[twilio.messages[0].content_sid]
    assert list(content.types) == [kind]
    assert content.titles == [button.title for button in reply.buttons]
    assert twilio.messages[0].body == reply.text


async def test_other_words_under_the_same_buttons_need_no_other_template(
    twilio: TwilioDouble, account: Account, whatsapp: TwilioChannel
) -> None:
    await _make(account, ASKED)
    other = replace(ASKED, text="Aquí sigo.\n\n¿Está sola ahora?")
    [laid_out] = whatsapp.lay_out(other)
    await whatsapp.send(_letter(laid_out))
    assert (len(twilio.contents), twilio.messages[0].body) == (1, other.text)


async def test_a_tap_comes_back_as_what_the_button_means(
    twilio: TwilioDouble, account: Account, whatsapp: TwilioChannel
) -> None:
    await _make(account, ASKED)
    [laid_out] = whatsapp.lay_out(ASKED)
    await whatsapp.send(_letter(laid_out))
    action = twilio.contents[twilio.messages[0].content_sid].types["twilio/quick-reply"]["actions"][1]
    form = {"MessageSid": "SM1", "From": "whatsapp:+573001112233", "Body": action["title"]}
    heard = parse_message(form | {"ButtonText": action["title"], "ButtonPayload": action["id"]})
    assert (heard.text, heard.payload) == (NO.title, NO.payload)


async def test_without_a_template_the_same_choices_are_numbers(whatsapp: TwilioChannel) -> None:
    [laid_out] = whatsapp.lay_out(ASKED)
    assert laid_out.text.endswith("1) Sí\n2) Ahora no")
    assert laid_out.buttons == ()


@pytest.mark.parametrize("trouble", ["21655", "21656", "deleted", "unknown"])
async def test_a_template_that_does_not_work_any_more_costs_her_no_question(
    twilio: TwilioDouble, account: Account, whatsapp: TwilioChannel, trouble: str
) -> None:
    await _make(account, ASKED)
    [laid_out] = whatsapp.lay_out(ASKED)
    if trouble == "deleted":
        twilio.contents.clear()
    elif trouble == "unknown":
        account.know({})
    else:
        twilio.fail(trouble)
    await whatsapp.send(_letter(laid_out))
    [message] = twilio.messages
    assert message.body == f"{ASKED.text}\n\n1) Sí\n2) Ahora no"


@pytest.mark.parametrize("as_numbers", [False, True])
async def test_a_question_with_buttons_whose_answer_was_lost_is_found_and_not_asked_twice(
    twilio: TwilioDouble, account: Account, whatsapp: TwilioChannel, monkeypatch: pytest.MonkeyPatch, as_numbers: bool
) -> None:
    await _make(account, ASKED)
    [laid_out] = whatsapp.lay_out(ASKED)
    if as_numbers:
        account.know({})
    monkeypatch.setattr(rest, "ANSWER_SECONDS", 0.1)
    twilio.fail("hang_after")
    letter = _letter(laid_out)
    with pytest.raises(Exception, match="timeout"):
        await whatsapp.send(letter)
    assert await whatsapp.find(letter) == twilio.messages[0].sid


async def test_a_template_that_whatsapp_approved_is_never_replaced_by_free_words(
    twilio: TwilioDouble, whatsapp: TwilioChannel
) -> None:
    twilio.fail("21655")
    with pytest.raises(Exception, match="21655"):
        await whatsapp.send(_letter(Reply(text="Hola.", buttons=(YES,), content="HX" + "1" * 32)))
    assert twilio.messages == []


_WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n {}"), max_size=1_100)
_BUTTONS = st.lists(st.text("abcñ ", min_size=1, max_size=25), min_size=1, max_size=12).map(
    lambda titles: tuple(Button(title=title, payload=f"/{n}") for n, title in enumerate(titles))
)


@given(text=_WORDS, buttons=_BUTTONS)
def test_whatever_is_said_fills_its_shape_word_for_word_within_whatsapps_limits(
    text: str, buttons: tuple[Button, ...]
) -> None:
    reply = Reply(text=text, buttons=buttons)
    shape = shape_of(reply)
    if shape is None:
        return
    words = words_of(reply)
    assert re.sub(r"\{\{(\d+)\}\}", lambda hole: words[hole[1]], shape.body) == text.strip()
    assert len(words) == shape.lines
    assert all(words.values())
    assert not any("\n" in line or "\t" in line or " " * 5 in line for line in words.values())
    assert len(text.strip()) <= LONGEST_BODY
    assert max(len(button.title) for button in buttons) <= (24 if shape.is_list else 20)
    assert (
        shape_of(replace(reply, buttons=buttons[::-1])) is None
        or len(buttons) == 1
        or (shape_of(replace(reply, buttons=buttons[::-1])) != shape)
    )


@pytest.mark.parametrize(
    "unfit",
    [
        Reply(text="Hola."),
        replace(ASKED, text="x" * 1_025),
        replace(ASKED, text="uno\tdos"),
        replace(ASKED, buttons=(YES, YES)),
        replace(ASKED, buttons=(Button(title="x" * 21, payload="/x"),)),
        replace(MENU, buttons=(*MENU.buttons, YES)),
        replace(ASKED, buttons=(Button(title="Sí", payload="/" + "x" * 200),)),
    ],
)
def test_what_breaks_a_limit_has_no_shape_and_goes_in_numbers(unfit: Reply) -> None:
    assert shape_of(unfit) is None
