"""Each kind of message that a phone can send, as it reaches the conversation."""

from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import MalformedMessage
from bot.messages import Address, Location, MediaKind, PersonMessage
from channels.twilio.parse import parse_message, parse_report
from channels.twilio.words import CUT_MARK, LONGEST_TEXT, tidy, unpack

OURS = "whatsapp:+5726203580"
SMS = {"MessageSid": "SM1", "From": "+573001112233", "To": "+5726203581"}
WHATSAPP = {"MessageSid": "SM1", "From": "whatsapp:+573001112233", "To": OURS, "NumMedia": "0"}


def read(form: dict[str, str], **more: str) -> PersonMessage:
    return parse_message(form | more, whatsapp_number=OURS)


def test_words_arrive_as_they_were_typed() -> None:
    message = read(WHATSAPP, Body="no sé qué hacer 😢")
    assert message.text == "no sé qué hacer 😢"
    assert (message.source, message.external_id) == ("twilio", "SM1")


@pytest.mark.parametrize("name", ["MessageSid", "SmsMessageSid", "SmsSid"])
def test_any_of_twilios_ids_names_the_message(name: str) -> None:
    assert read({name: "SM7", "From": "+573001112233"}).external_id == "SM7"


@pytest.mark.parametrize(
    ("sender", "to", "address"),
    [
        ("whatsapp:+573001112233", OURS, Address(channel="whatsapp", value="+573001112233")),
        ("whatsapp:573001112233", OURS, Address(channel="whatsapp", value="+573001112233")),
        ("+573001112233", "+5726203580", Address(channel="whatsapp", value="+573001112233")),
        ("whatsapp:US.1234", OURS, Address(channel="whatsapp", value="US.1234")),
        ("+573001112233", "+5726203581", Address(channel="sms", value="+573001112233")),
        ("85432", "+5726203581", Address(channel="sms", value="85432")),
        ("BANCO", "+5726203581", Address(channel="sms", value="BANCO")),
    ],
)
def test_whoever_writes_can_be_answered_there(sender: str, to: str, address: Address) -> None:
    assert read({"MessageSid": "SM1", "From": sender, "To": to}).address == address


@pytest.mark.parametrize("user_id", ["whatsapp:US.1234", "whatsapp:foo_bar", ""])
def test_her_number_is_her_address_whatever_other_id_comes_with_it(user_id: str) -> None:
    assert read(WHATSAPP, ExternalUserId=user_id).address.value == "+573001112233"


def test_a_button_says_its_title_and_its_payload() -> None:
    message = read(WHATSAPP, Body="Msg", ButtonText="Ahora no", ButtonPayload='/inform{"safe_now": "not_now"}')
    assert (message.text, message.payload) == ("Ahora no", '/inform{"safe_now": "not_now"}')


def test_a_row_of_a_list_says_its_title_and_its_id() -> None:
    message = read(WHATSAPP, Body="Msg", ListTitle="Buga", ListId="/lugar{76111}")
    assert (message.text, message.payload) == ("Buga", "/lugar{76111}")


def test_in_an_sms_nobody_tapped_a_button() -> None:
    message = read(SMS, Body="Msg", ButtonText="Confirm", ButtonPayload="/x", ListId="/y")
    assert (message.text, message.payload) == ("Msg", None)


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("image/jpeg", MediaKind.IMAGE),
        ("audio/ogg; codecs=opus", MediaKind.AUDIO),
        ("audio/amr", MediaKind.AUDIO),
        ("video/mp4", MediaKind.VIDEO),
        ("image/webp", MediaKind.STICKER),
        ("text/vcard", MediaKind.CONTACT),
        ("text/x-vcard", MediaKind.CONTACT),
        ("application/pdf", MediaKind.DOCUMENT),
        ("X-nobody/knows", MediaKind.DOCUMENT),
    ],
)
def test_what_she_attaches_has_a_kind(content_type: str, kind: MediaKind) -> None:
    message = read(WHATSAPP, NumMedia="1", MediaUrl0="https://api.twilio.com/m/1", MediaContentType0=content_type)
    assert [(m.kind, m.url) for m in message.media] == [(kind, "https://api.twilio.com/m/1")]
    assert message.text == ""


def test_a_sticker_is_known_by_its_message_type_too() -> None:
    message = read(WHATSAPP, MessageType="sticker", MediaUrl0="https://x/1", MediaContentType0="image/png")
    assert message.media[0].kind is MediaKind.STICKER


def test_attachments_without_a_type_are_told_by_their_name() -> None:
    message = read(SMS, NumMedia="2", MediaUrl0="cat.jpg", MediaUrl1="nota.pdf")
    assert [m.kind for m in message.media] == [MediaKind.IMAGE, MediaKind.DOCUMENT]


@pytest.mark.parametrize("count", ["0", "1", "99", "muchos", ""])
def test_no_attachment_is_lost_to_a_wrong_count(count: str) -> None:
    message = read(WHATSAPP, NumMedia=count, MediaUrl1="https://x/b", MediaUrl0="https://x/a", MediaUrl10="https://x/c")
    assert [m.url for m in message.media] == ["https://x/a", "https://x/b", "https://x/c"]


def test_a_photo_keeps_its_caption() -> None:
    message = read(WHATSAPP, Body="así me dejó", MediaUrl0="https://x/a", MediaContentType0="image/jpeg")
    assert (message.text, len(message.media)) == ("así me dejó", 1)


def test_a_place_needs_no_words() -> None:
    message = read(WHATSAPP, Latitude="3.4516", Longitude="-76.5320", Label="Terminal", Address="Calle 30")
    assert message.location == Location(latitude=3.4516, longitude=-76.532, label="Terminal, Calle 30")
    assert message.text == ""


@pytest.mark.parametrize(
    ("latitude", "longitude"), [("", ""), ("3.4", ""), ("nan", "1"), ("91", "0"), ("0", "1e400"), ("norte", "1")]
)
def test_a_place_that_is_nowhere_is_no_place_but_still_a_message(latitude: str, longitude: str) -> None:
    message = read(WHATSAPP, Body="aquí", Latitude=latitude, Longitude=longitude)
    assert (message.location, message.text) == (None, "aquí")


def test_something_unknown_still_reaches_a_person() -> None:
    message = read(WHATSAPP, MessageType="hologram")
    assert (message.text, message.media, message.location, message.payload) == ("", (), None, None)


def test_a_reaction_or_a_quoted_answer_is_just_what_it_says() -> None:
    quoting = {"OriginalRepliedMessageSid": "SM0", "OriginalRepliedMessageSender": OURS}
    assert read(WHATSAPP, MessageType="reaction", Body="👍", **quoting).text == "👍"


@pytest.mark.parametrize("form", [{}, {"From": "+57300"}, {"MessageSid": "SM1"}, {"MessageSid": "SM1", "From": " "}])
def test_without_an_id_or_a_sender_it_is_no_message(form: dict[str, str]) -> None:
    with pytest.raises(MalformedMessage):
        read(form)


def test_an_id_with_anything_else_in_it_is_no_id() -> None:
    with pytest.raises(MalformedMessage):
        read(SMS, MessageSid="SM1\n2026 forged log line")


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("ho\x00la\x00", "hola"),
        ("uno\r\ndos\rtres\u2028cuatro", "uno\ndos\ntres\ncuatro"),
        ("man\u0303ana", "mañana"),
        ("\x07\x1b[31mrojo", "[31mrojo"),
        ("  \n hola \t ", "hola"),
        ("\x00", ""),
        ("👩‍👧 ayuda", "👩‍👧 ayuda"),
    ],
)
def test_signs_that_nobody_types_are_tidied_away(typed: str, read_as: str) -> None:
    assert tidy(typed) == read_as


def test_a_text_that_no_phone_can_send_is_cut_and_says_so() -> None:
    text = tidy("a " * LONGEST_TEXT)
    assert len(text) <= LONGEST_TEXT
    assert text.endswith(CUT_MARK)


LONG = "Necesito que alguien me ayude, él está en la casa y los niños están conmigo, no sé qué hacer."


def test_a_long_sms_in_base64_is_unpacked() -> None:
    assert tidy(base64.b64encode(LONG.encode()).decode()) == LONG


def test_base64_in_lines_is_unpacked() -> None:
    assert tidy(base64.encodebytes((LONG * 3).encode()).decode()) == LONG * 3


@given(cut=st.integers(60, 200), text=st.text("áéíóúñ¿¡ abcdefgh😢", min_size=200, max_size=220))
def test_base64_cut_inside_a_character_loses_that_character_only(cut: int, text: str) -> None:
    text = "hola " + text
    octets = text.encode()[:cut]
    whole = octets.decode(errors="ignore")
    assert unpack(base64.b64encode(octets).decode()) == whole
    assert unpack(base64.b64encode(octets).decode().rstrip("=")) == whole


@pytest.mark.parametrize(
    "typed",
    [
        "Palmira1",
        "ayudenme",
        "hola",
        "AYUDA",
        "a" * 60,
        "ja" * 40,
        "AUXILIO" * 20,
        "V" * 80,
        "3001112233" * 8,
        "ayudenme" * 8,
        "necesito ayuda porque mi esposo me pego anoche y no se que hacer con los niños",
        "https",
        "d41d8cd98f00b204e9800998ecf8427e" * 2,
        base64.b64encode(b"\x00\x01 bytes, no words " * 5).decode(),
        base64.b64encode(b"corto y claro").decode(),
    ],
)
def test_words_that_only_look_like_base64_stay(typed: str) -> None:
    assert tidy(typed) == typed


@given(st.lists(st.sampled_from(["ayuda", "mi", "esposo", "me", "PEGO", "Cali", "nooo", "ya", "123"]), min_size=12))
def test_run_together_words_are_never_unpacked(words: list[str]) -> None:
    assert unpack("".join(words)) == "".join(words)


FIELDS = st.sampled_from(
    """MessageSid SmsSid From To Body NumMedia MediaUrl0 MediaUrl1 MediaContentType0 ButtonText ButtonPayload ListId
    ListTitle Latitude Longitude Label Address MessageType MessageStatus ErrorCode SmsStatus WaId""".split()  # noqa: SIM905
)


@given(st.dictionaries(FIELDS | st.text(max_size=12), st.text() | st.sampled_from(["SM1", "whatsapp:", "1e999", "-0"])))
def test_no_form_whatever_breaks_the_reading(form: dict[str, str]) -> None:
    for reading in (lambda: read(form), lambda: parse_report(form, form.get("Body", ""))):
        with contextlib.suppress(MalformedMessage):
            reading()


@given(st.text())
def test_tidied_words_stay_as_they_are(text: str) -> None:
    once = tidy(text)
    assert "\x00" not in once
    assert "\r" not in once
    once.encode()
    assert tidy(once) == once
