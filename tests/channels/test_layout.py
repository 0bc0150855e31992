"""How a reply looks on her screen, by WhatsApp and by SMS."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Button, Reply
from bot.segments import count_segments, is_gsm7, transliterate
from channels.layout.bubbles import LONGEST_BUBBLE, lay_out_sms, lay_out_whatsapp
from channels.layout.split import count_units, split

OPENING = Reply(
    text="Hola. Le leo. ¿Puede escribir con calma ahora?",
    buttons=(
        Button(title="Sí", payload="a"),
        Button(title="Ahora no", payload="b"),
        Button(title="Me miran", payload="c"),
    ),
)

WORDS = st.text(
    alphabet=st.one_of(
        st.sampled_from("aeiouáéíóúñ¿¡ \n.!?,"), st.characters(exclude_categories=["Cs"]), st.sampled_from("😢👩‍👧🏽 ")
    ),
    max_size=120,
)
TEXTS = st.builds(lambda part, times: part * times, WORDS, st.integers(1, 60))
REPLIES = st.builds(
    lambda text, titles: Reply(text=text, buttons=tuple(Button(title=t, payload=t) for t in titles)),
    TEXTS,
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=24), max_size=10),
)


def test_on_whatsapp_buttons_are_numbered_lines() -> None:
    [bubble] = lay_out_whatsapp(OPENING)
    assert bubble.text == "Hola. Le leo. ¿Puede escribir con calma ahora?\n\n1) Sí\n2) Ahora no\n3) Me miran"


def test_on_sms_buttons_are_one_line_and_the_whole_fits_one_segment() -> None:
    [bubble] = lay_out_sms(OPENING)
    assert bubble.text == "Hola. Le leo. ¿Puede escribir con calma ahora?\n1) Si 2) Ahora no 3) Me miran"
    assert count_segments(bubble.text).segments == 1


def test_a_reply_without_buttons_is_only_its_words() -> None:
    assert [b.text for b in lay_out_whatsapp(Reply(text="Aquí estoy."))] == ["Aquí estoy."]


def test_buttons_without_words_are_still_shown() -> None:
    assert [b.text for b in lay_out_whatsapp(Reply(text="", buttons=OPENING.buttons[:1]))] == ["1) Sí"]


def test_a_template_is_left_to_the_provider() -> None:
    assert lay_out_whatsapp(OPENING, has_template=True) == [OPENING]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("¿Él está cerca ahora?", "¿Él esta cerca ahora?"),
        ("Mañana, señora Núñez", "Mañana, señora Nuñez"),
        ("El niño averigüé", "El niño averigüé"),
        ("«Sí» — “claro”…", '"Si" - "claro"...'),
        ("123\u00a0o 155", "123 o 155"),
        ("ＨＯＬＡ", "HOLA"),
        ("ÁÉÍÓÚ áéíóú Ññ üÜ", "AÉIOU aéiou Ññ üÜ"),
        ("pa\u0301ramo", "paramo"),
        ("uno\u200b dos", "uno dos"),
        ("1º, 2ª", "1o, 2a"),
    ],
)
def test_an_sms_is_spelt_with_the_letters_it_has(written: str, sent: str) -> None:
    assert transliterate(written) == sent
    assert is_gsm7(sent)


@pytest.mark.parametrize("text", ["Respire 🌿 despacio, está a salvo", "ũus yuwe: está", "São João está", "爱 está"])
def test_what_the_sms_alphabet_lacks_is_sent_whole_with_its_accents(text: str) -> None:
    assert transliterate(text) == text
    assert count_segments(text).encoding == "UCS-2"


def test_options_keep_their_accents_when_the_words_need_their_own_letters() -> None:
    [bubble] = lay_out_sms(Reply(text="Hola 🌿", buttons=OPENING.buttons))
    assert "1) Sí" in bubble.text


def test_a_long_reply_is_split_after_a_sentence_and_options_come_last() -> None:
    sentence = "Puede pedir medidas de protección en cualquier comisaría, y es gratis. "
    bubbles = lay_out_whatsapp(Reply(text=sentence * 40, buttons=OPENING.buttons))
    assert len(bubbles) == 2
    assert all(b.text.endswith("gratis.") for b in bubbles[:-1])
    assert bubbles[-1].text.endswith("3) Me miran")


def test_a_text_without_sentences_is_split_between_words() -> None:
    parts = split("palabra " * 500, limit=LONGEST_BUBBLE)
    assert {word for part in parts for word in part.split()} == {"palabra"}


def test_a_family_of_emoji_is_never_torn_apart() -> None:
    family = "👩🏽‍👩🏽‍👧🏽‍👦🏽"
    parts = split(family * 200, limit=LONGEST_BUBBLE)
    assert len(parts) > 1
    assert all(part.replace(family, "") == "" for part in parts)


def test_options_that_fill_a_screen_are_not_lost() -> None:
    many = tuple(Button(title="opción larguísima " * 6 + str(n), payload="") for n in range(20))
    shown = " ".join(b.text for b in lay_out_whatsapp(Reply(text="Elija", buttons=many)))
    assert all(b.title.split()[-1] in shown.split() for b in many)


@given(TEXTS, st.integers(20, 1_600))
def test_no_part_is_too_long_and_no_word_is_lost(text: str, limit: int) -> None:
    parts = split(text, limit=limit)
    assert all(count_units(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(parts) or parts == [""]


@given(TEXTS, st.integers(20, 1_600))
def test_words_that_fit_stay_whole(text: str, limit: int) -> None:
    words = text.split()
    if all(count_units(word) <= limit for word in words):
        assert [word for part in split(text, limit=limit) for word in part.split()] == words


@given(REPLIES)
def test_every_bubble_is_short_enough_and_no_option_is_lost(reply: Reply) -> None:
    for lay_out, spelt in ((lay_out_whatsapp, str), (lay_out_sms, transliterate)):
        bubbles = lay_out(reply)
        shown = "".join("".join(b.text for b in bubbles).split())
        assert all(count_units(b.text) <= LONGEST_BUBBLE and not b.buttons for b in bubbles)
        for number, button in enumerate(reply.buttons, 1):
            whole = "".join(f"{number}){button.title}".split())
            assert whole in shown or "".join(spelt(whole).split()) in shown


@given(REPLIES)
def test_what_is_laid_out_needs_no_laying_out(reply: Reply) -> None:
    for lay_out in (lay_out_whatsapp, lay_out_sms):
        once = lay_out(reply)
        assert [b.text for bubble in once for b in lay_out(bubble)] == [b.text for b in once]


@given(st.text())
def test_gsm7_is_claimed_only_for_gsm7(text: str) -> None:
    counted = count_segments(text)
    assert (counted.encoding == "GSM-7") == is_gsm7(text)
    assert counted.segments >= 1
    assert counted.units >= len(text) or counted.encoding == "UCS-2"


@given(st.text())
def test_transliteration_never_costs_more_and_settles(text: str) -> None:
    spelt = transliterate(text)
    assert transliterate(spelt) == spelt
    if is_gsm7(text):
        assert spelt == text


@given(st.text(st.sampled_from("aé€[😢á\n"), max_size=700))
def test_more_text_never_costs_less(text: str) -> None:
    assert count_segments(text + "a").segments >= count_segments(text).segments


def test_hostile_text_is_laid_out_whole() -> None:
    for text in ("." * 60_000, "a" * 60_000, " ." * 30_000, "e" + "\u0301" * 60_000, "\u202e" * 60_000):
        assert re.sub(r"\s", "", "".join(b.text for b in lay_out_whatsapp(Reply(text=text)))) == re.sub(r"\s", "", text)
