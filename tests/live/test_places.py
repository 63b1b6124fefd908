"""What a waiting customer is told: how many are before them, and how long that will take where the floor has shown it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from contact_hub.bus import MemoryBus
from contact_hub.channels.chat.visitor import Place
from contact_hub.clock import SystemClock
from contact_hub.live.places import LivePlaces
from tests.routing import builders
from tests.routing.builders import offers

TALK_SECONDS = 120


def places_of(floor: builders.Floor) -> LivePlaces:
    return LivePlaces({"test": SimpleNamespace(engine=floor.engine)}, SystemClock(), MemoryBus())  # type: ignore[dict-item]


def busy_desk(talks: int) -> builders.Floor:
    """One agent, who talks two minutes with each of so many; somebody always waits, and three do in the end."""
    floor = builders.Floor(builders.plan([builders.agent("anna")]))
    floor.ready("anna")
    for n in range(4):
        made = floor.arrive(f"q{n}")
        for offer in made:
            if offers([offer]):
                floor.accept(offer.offer, "anna")
    for n in range(talks):
        floor.at(TALK_SECONDS * (n + 1))
        drawn = floor.finish(f"q{n}", "anna")
        [offered] = [one for one in drawn if offers([one])]
        floor.accept(offered.offer, "anna")
        floor.arrive(f"q{n + 4}")
    return floor


def test_while_nothing_is_known_only_the_place_is_told() -> None:
    floor = builders.Floor(builders.plan([builders.agent("anna")]))
    floor.arrive("first")
    floor.arrive("second")
    assert places_of(floor).place("test", "second") == Place(ahead=1)


def test_the_wait_is_told_in_whole_minutes_once_the_floor_has_shown_its_pace() -> None:
    floor = busy_desk(talks=60)
    place = places_of(floor).place("test", "q63")
    assert place is not None
    assert place.minutes is not None
    low, high = place.minutes
    assert place.ahead == 2
    assert low < 3 * TALK_SECONDS / 60 <= high


def test_who_waits_elsewhere_or_not_at_all_has_no_place() -> None:
    floor = busy_desk(talks=3)
    assert places_of(floor).place("test", "q0") is None
    assert places_of(floor).place("another", "q5") is None
    taking_over = LivePlaces({"test": SimpleNamespace(engine=None)}, SystemClock(), MemoryBus())  # type: ignore[dict-item]
    assert taking_over.place("test", "q5") is None


async def test_another_node_asks_the_owner_and_tells_what_it_heard() -> None:
    bus, floor = MemoryBus(), busy_desk(talks=60)
    owner = LivePlaces({"test": SimpleNamespace(engine=floor.engine)}, SystemClock(), bus)  # type: ignore[dict-item]
    elsewhere, ear = LivePlaces({}, SystemClock(), bus), bus.subscribe()
    answering = asyncio.create_task(owner.run())
    await asyncio.sleep(0)
    assert elsewhere.place("test", "q63") is None, "nothing was heard yet"
    async with asyncio.timeout(5):
        while not (told := [poke for poke in await ear.next() if poke.kind == "place"]):
            pass
    elsewhere.heard(told[0])
    assert elsewhere.place("test", "q63") == owner.place("test", "q63") != None  # noqa: E711
    answering.cancel()
