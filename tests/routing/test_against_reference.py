"""The engine against the router one would write to be sure.

Small floors of every make, histories of every kind: engine and reference hear the same events, each is woken when it asks to be, and both
must have done the same to everybody, at the same instants. Events lie an odd time apart, so that nothing falls due at one instant by
accident: what the order of a tie should be is nobody's claim. `ROUTING_EXAMPLES=5000` looks much further than the default.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from routing.engine import Engine
from routing.events import (
    AgentConnected,
    AvailabilitySet,
    DeadlinePassed,
    Event,
)
from routing.model import (
    Availability,
    Demand,
    Plan,
)
from tests.routing.builders import T0
from tests.routing.floors import RULES, TOO_OFTEN, Move, demands, event_of, floors, moves, odd, plain_floors, proof, together
from tests.routing.reference import Deed, Router, deeds

# both hear the same


@dataclass(slots=True)
class Both:
    """Engine and reference side by side."""

    engine: Engine
    router: Router
    now: datetime = T0
    number: int = 0

    def hear(self, event: Event) -> None:
        """The same event for both, and the same deeds by both."""
        done = deeds(self.engine.feed(event, self.now)) + [deed for _, deed in self.engine_until(self.now)]
        expected = self.router.feed(event, self.now)
        note(f"{(self.now - T0).total_seconds():10.6f} {event} → {expected}")
        assert in_order(done) == in_order(expected), f"the engine: {done}"

    def pass_time(self, wait: float) -> None:
        """Each is woken when it asks to be, and by nothing else."""
        self.number += 1
        until = self.now + timedelta(seconds=wait) + odd(self.number)
        done, expected = list(self.engine_until(until)), list(self.router_until(until))
        for at, deed in expected:
            note(f"{(at - T0).total_seconds():10.6f} … {deed}")
        assert by_instant(done) == by_instant(expected), "the engine: " + "; ".join(
            f"{(at - T0).total_seconds()} {deed}" for at, deed in done
        )
        self.now = until

    def engine_until(self, until: datetime) -> Iterator[tuple[datetime, Deed]]:
        """What the engine does by itself, woken at its own deadlines."""
        woken, at = 0, self.now
        while (due := self.engine.next_deadline()) is not None and due <= until:
            at, woken = max(due, at), woken + 1
            assert woken < TOO_OFTEN, f"it asks to be woken at {due} for ever"
            yield from ((at, deed) for deed in deeds(self.engine.feed(DeadlinePassed(), at)))

    def router_until(self, until: datetime) -> Iterator[tuple[datetime, Deed]]:
        """What the reference does by itself, at every instant that could matter."""
        while (due := self.router.next_instant()) is not None and due <= until:
            yield from ((due, deed) for deed in self.router.feed(DeadlinePassed(), due))


def in_order(done: list[Deed]) -> dict[str, list[Deed]]:
    """What happened to each inquiry (or agent), in order: across them no order is claimed."""
    found: dict[str, list[Deed]] = {}
    for deed in done:
        if deed[0] != "wrap_up":
            found.setdefault(deed[1], []).append(deed[:3] if deed[0] == "released" else deed)
    return found


def by_instant(done: list[tuple[datetime, Deed]]) -> list[tuple[datetime, dict[str, list[Deed]]]]:
    """The same, an instant each."""
    instants = sorted({at for at, _ in done})
    return [(at, in_order([deed for when, deed in done if when == at])) for at in instants]


def play(both: Both, demands_: list[Demand], history: list[Move], plans: list[Plan] | None = None) -> None:
    """A history: everybody comes to work, and then one thing after the other."""
    for name in both.router.plan.agents:
        both.hear(AgentConnected(agent=name))
        both.pass_time(0)
        both.hear(AvailabilitySet(agent=name, availability=Availability.READY))
        both.pass_time(0)
    for move in history:
        both.pass_time(move[3])
        event = event_of(both.router, demands_, plans or [], move, both.number)
        if event is not None:
            both.hear(event)
    both.pass_time(900)
    assert_both_stand_alike(both)


def assert_both_stand_alike(both: Both) -> None:
    """In the end the same inquiries ring, are in hand and wait, in the same order."""
    assert [one.inquiry for one in both.engine.queue() if one.offered_to is None] == [one.id for one in both.router.waiting()]
    for name in both.router.plan.agents:
        assert both.engine.seats_used(name) == sum(one.weight for one in both.router.cases if one.agent == name)


def compared(plan_: Plan, demands_: list[Demand], history: list[Move], plans: list[Plan] | None = None) -> None:
    play(Both(Engine(plan_), Router(plan_)), demands_, history, plans)


@proof
@given(plan_=plain_floors(), demands_=demands(), history=moves)
def test_the_engine_routes_as_the_plain_rules_say(plan_: Plan, demands_: list[Demand], history: list[Move]) -> None:
    compared(plan_, demands_, history)


UNDIVIDED = tuple(name for name in RULES if name != "shares")
CASES = [
    *((name,) for name in RULES),
    UNDIVIDED,
    tuple(RULES),
]


@pytest.mark.parametrize("names", CASES, ids=lambda names: ", ".join(names)[:20])
@proof
@given(data=st.data(), history=moves)
def test_the_engine_keeps_every_rule_as_the_plain_rules_say(
    names: tuple[str, ...], data: st.DataObject, history: list[Move]
) -> None:
    plans = [data.draw(floors(names), label=f"floor {n}") for n in range(2 if "other rules" in names else 1)]
    asked = data.draw(demands(**together(RULES[name].demands for name in names)), label="demands")
    if len(plans) > 1:
        history = [("plan", *move[1:]) if move[0] == "wait" else move for move in history]
    compared(plans[0], asked, history, plans)
