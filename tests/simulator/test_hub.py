"""What the phones show, and who is watching."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Address, DeliveryStatus
from channels.simulator.hub import Hub
from channels.simulator.phones import Bubble, Look, Phone, phone_at, phone_named

PHONE = Phone(look=Look.WHATSAPP, number=1)
OTHER = Phone(look=Look.SMS, number=1)
FAR = [DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ]


def said(bubble_id: str, *, mine: bool = False, text: str = "hola") -> Bubble:
    return Bubble(id=bubble_id, mine=mine, at=datetime.now(UTC), status=DeliveryStatus.SENT, text=text)


@given(st.lists(st.sampled_from(FAR), max_size=8))
def test_a_tick_never_goes_back(moves: list[DeliveryStatus]) -> None:
    hub = Hub()
    hub.put(PHONE, said("a"))
    furthest = 0
    for status in moves:
        hub.move(PHONE, "a", status)
        furthest = max(furthest, FAR.index(status))
        bubble = hub.find(PHONE, "a")
        assert bubble is not None
        assert bubble.status is FAR[furthest]


async def test_whoever_comes_late_sees_the_whole_conversation_as_it_is_now() -> None:
    hub = Hub()
    hub.put(PHONE, said("a"))
    hub.put(PHONE, said("b"))
    hub.move(PHONE, "a", DeliveryStatus.READ)
    with hub.watch([PHONE]) as watch:
        seen = {change.bubble.id: change.bubble.status for change in watch.missed}
    assert seen == {"a": DeliveryStatus.READ, "b": DeliveryStatus.SENT}


async def test_a_changed_bubble_keeps_its_place() -> None:
    hub = Hub()
    hub.put(PHONE, said("a"))
    hub.put(PHONE, said("b"))
    hub.move(PHONE, "a", DeliveryStatus.READ)
    with hub.watch([PHONE]) as watch:
        in_place = sorted(watch.missed, key=lambda change: change.place)
    assert [change.bubble.id for change in in_place] == ["a", "b"]


async def test_whoever_comes_back_gets_only_what_changed_meanwhile() -> None:
    hub = Hub()
    hub.put(PHONE, said("a"))
    seen = hub.seq
    hub.put(PHONE, said("b"))
    with hub.watch([PHONE], after=seen) as watch:
        assert [change.bubble.id for change in watch.missed] == ["b"]


async def test_the_same_number_on_two_applications_is_two_histories() -> None:
    hub = Hub()
    hub.put(PHONE, said("a"))
    with hub.watch([OTHER]) as watch:
        assert watch.missed == []


async def test_a_reader_who_does_not_keep_up_is_dropped_and_misses_nothing_on_return() -> None:
    hub = Hub(backlog=3)
    with hub.watch([PHONE]) as slow:
        for number in range(10):
            hub.put(PHONE, said(str(number)))
        assert slow.is_dropped
        assert await slow.next() is None
    with hub.watch([PHONE]) as again:
        assert len(again.missed) == 10


async def test_one_slow_reader_does_not_disturb_the_others() -> None:
    hub = Hub(backlog=2)
    with hub.watch([PHONE]) as slow, hub.watch([PHONE]) as quick:
        for number in range(5):
            hub.put(PHONE, said(str(number)))
            change = await quick.next()
            assert change is not None
        assert slow.is_dropped
        assert not quick.is_dropped


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30)), max_size=200))
def test_memory_is_bounded_whatever_is_written(written: list[tuple[int, int]]) -> None:
    hub = Hub(bubbles_kept=5, phones_kept=4)
    for number, bubble in written:
        hub.put(Phone(look=Look.SMS, number=number), said(str(bubble)))
    assert len(hub._histories) <= 4
    assert all(len(history) <= 5 for history in hub._histories.values())


async def test_a_phone_that_is_being_watched_is_not_forgotten() -> None:
    hub = Hub(phones_kept=1)
    hub.put(PHONE, said("a"))
    with hub.watch([PHONE]):
        for number in range(2, 9):
            hub.put(Phone(look=Look.SMS, number=number), said("b"))
        assert hub.find(PHONE, "a") is not None


@given(st.integers(1, 9999), st.sampled_from(Look))
def test_a_phone_is_found_by_its_name_and_by_its_address(number: int, look: Look) -> None:
    phone = Phone(look=look, number=number)
    assert phone_named(phone.id) == phone
    assert phone_at(phone.address) == phone


@given(st.text())
def test_what_is_not_a_phone_of_the_simulator_is_no_phone(value: str) -> None:
    phone = phone_named(value)
    assert phone is None or phone.id == value


def test_a_real_number_is_not_a_phone_of_the_simulator() -> None:
    assert phone_at(Address(channel="simulator_sms", value="+573001112233")) is None
    assert phone_at(Address(channel="whatsapp", value="+570000000001")) is None
    assert phone_at(Address(channel="simulator_sms", value="+570000000000")) is None
