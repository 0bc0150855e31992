"""Route cards: the way of her municipality and subject, and never an entity that she asked not to be told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue.effects import NoteConsent
from bot.messages import Role
from bot.segments import count_segments, transliterate
from bot.spelling import plain
from channels.console.cards import Reader, RouteCard, route_cards
from storage.consents import Consent, Consents, note_consents
from tests.console.house import Browser
from tests.console.ward import Ward, does, warded
from tests.dialogue.pure import the_book

_NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
_PALMIRA = {"municipality": "76520", "situation": "physical_violence"}
#: By what a text names each of them, as it is said aloud.
_NAMES = {
    "comisaria": "comisaria",
    "fiscalia": "fiscalia",
    "urgencias": "urgencias",
    "icbf": "icbf",
    "personeria": "personeria",
    "defensoria": "defensoria",
    "policia": "policia",
}
_FACTS = the_book().facts


def _cards(slots: dict[str, str], *untold: str, channel: str = "whatsapp") -> tuple[RouteCard, ...]:
    return route_cards(the_book(), Reader(slots=slots, channel=channel, role=Role.WOMAN, untold=untold), _NOW)


def test_the_first_card_is_the_route_of_her_town_and_of_what_happens_to_her() -> None:
    first = _cards(_PALMIRA)[0]
    assert (first.name, first.is_hers) == ("Ruta en Palmira: se trata de golpes", True)
    assert first.words.startswith("En Palmira, primero la Comisaría de Familia: ahí se pide protección")
    assert first.words.endswith("Si hay peligro, 123.")
    assert first.read_on >= date(2026, 11, 22)
    assert "Ley 2126/2021" in first.source


def test_what_takes_an_entitys_place_in_her_town_is_said_there() -> None:
    cards = {card.name: card.words for card in _cards({**_PALMIRA, "municipality": "76892"})}
    assert "hospital La Buena Esperanza" in cards["Ruta en Yumbo: se trata de golpes"]
    assert "hospital La Buena Esperanza" not in cards["Ruta en Palmira: se trata de golpes"]


def test_every_town_every_subject_and_every_entity_can_be_found_by_name() -> None:
    names = [card.name for card in _cards({})]
    assert len(names) == len(set(names))
    for town in _FACTS.territory.municipalities:
        assert f"Ruta en {town.name}" in names
    for name in ("Comisaría de Familia", "Personería", "ICBF 141", "Ruta: se trata de acoso en el trabajo"):
        assert name in names


@settings(max_examples=40)
@given(
    st.sets(st.sampled_from(sorted(_NAMES)), min_size=1),
    st.sampled_from(sorted(_FACTS.directory.routes)),
    st.sampled_from(["76001", "76892", "76520", "FUERA_VALLE", "PREFIERE_NO_DECIR", ""]),
    st.sampled_from(["whatsapp", "sms"]),
    st.sets(st.sampled_from(["deaf", "he", "indigenous", "black", "rural"]), max_size=2),
)
def test_no_card_names_an_entity_that_she_asked_not_to_be_told(
    untold: set[str], situation: str, town: str, channel: str, traits: set[str]
) -> None:
    slots = {"situation": situation, "municipality": town, **dict.fromkeys(traits, "yes")}
    for card in _cards(slots, *untold, channel=channel):
        said = plain(card.words)
        for one in untold:
            assert _NAMES[one] not in said, card
        assert card.words.strip()


def test_danger_has_its_number_even_if_the_police_is_not_to_be_told() -> None:
    assert all(card.words.endswith("Si hay peligro, 123.") for card in _cards(_PALMIRA, "policia"))


def test_a_girl_is_sent_to_the_line_that_answers_her() -> None:
    first = _cards({**_PALMIRA, "child_who": "self"})[0]
    assert "línea 141" in first.words
    assert "155" not in first.words


def test_by_sms_her_route_is_two_segments_at_most() -> None:
    for card in _cards(_PALMIRA, channel="sms"):
        if card.name.startswith("Ruta"):
            assert count_segments(transliterate(card.words)).segments <= 2, card


async def _routes(browser: Browser, place: str) -> str:
    answer = await browser.get(f"/consola/chat/{place}/rutas")
    return await answer.text() if answer.status == 200 else str(answer.status)


async def _held(ward: Ward) -> tuple[Browser, str]:
    await ward.writes("buenas, vivo en cartago")
    place = await ward.asks_for_a_person()
    ana = await ward.signed_in("ana")
    await does(ana, place, "tomar")
    return ana, place


async def test_what_she_forbids_while_the_chat_is_open_is_offered_no_more(database_url: str) -> None:
    async with warded(database_url) as ward:
        ana, place = await _held(ward)
        assert "Ruta en Cartago" in (before := await _routes(ana, place))
        assert "Comisaría" in before
        where = (await ward.rig.rows("SELECT conversation_id FROM handovers"))[0].conversation_id
        veto = NoteConsent(layer="share", institution="comisaria", answer="refused", text="x", version="x")
        async with ward.rig.database.transaction() as tx:
            await note_consents(tx, where, [veto])
        after = await _routes(ana, place)
        assert "No avisar a: Comisaría de Familia." in after
        assert 'data-reply="En Cartago, primero la Fiscalía' in after


async def test_whoever_does_not_hold_the_chat_gets_no_route_of_hers(database_url: str) -> None:
    async with warded(database_url) as ward:
        _, place = await _held(ward)
        bea = await ward.signed_in("bea")
        assert await _routes(bea, place) == "404"


def test_a_yes_that_she_took_back_counts_like_a_no_and_a_no_to_all_leaves_the_way_open() -> None:
    def answered(*answers: tuple[str | None, str]) -> Consents:
        return Consents(
            answers=tuple(
                Consent(
                    id=uuid4(),
                    layer="share",
                    institution=institution,
                    answer=answer,
                    text_version="x",
                    channel="sms",
                    at=_NOW,
                )
                for institution, answer in answers
            )
        )

    assert answered(("icbf", "given"), ("icbf", "withdrawn")).untold() == {"icbf"}
    assert answered(("icbf", "refused"), ("icbf", "given")).untold() == frozenset()
    assert answered((None, "refused")).untold() == frozenset()
