"""What must hold whatever happens, under every rule at once, and what must not matter.

A witness (`tests.routing.witness`) recounts everything from events and decisions. Two engines hear the same events; one lives on, the other is
thrown away and restored from its facts at random moments, and they must never differ. The laws after the machine play one history twice: under other
names, with a stranger on the floor, on a slower clock.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from i18n.levels import Level
from routing.decisions import Decision, Offered
from routing.engine import Engine
from routing.events import AgentConnected, AvailabilitySet, DeadlinePassed, Event, OwnerTookOver, PlanChanged
from routing.journal import Step, dumps, from_json, to_json
from routing.model import Agent, AgentId, Availability, Channel, Demand, Hours, Plan
from tests.routing.builders import ACME, NOVA, T0, Floor, agent, pool
from tests.routing.floors import (
    AGENTS,
    BREAK,
    EXAMPLES,
    FAR,
    RULES,
    Move,
    demands,
    event_of,
    floors,
    moves,
    odd,
    plain_floors,
    proof,
    together,
)
from tests.routing.full_history import fingerprint, play_all
from tests.routing.witness import Witness

EVERY = tuple(RULES)
UNDIVIDED = tuple(name for name in EVERY if name != "shares")
TIMELESS = tuple(name for name in UNDIVIDED if name not in {"days", "dates"})
ROUNDS_MAX = 10_000

Heard = tuple[Event, datetime, tuple[Decision, ...]]


def asked_under(names: tuple[str, ...]) -> st.SearchStrategy[list[Demand]]:
    return demands(**together(RULES[name].demands for name in names))


class EveryRule(RuleBasedStateMachine):
    """A floor under every rule, whatever happens on it."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.number = T0, 0

    @initialize(
        plans=st.sampled_from([EVERY, UNDIVIDED]).flatmap(lambda names: st.lists(floors(names), min_size=2, max_size=2)),
        asked=asked_under(EVERY),
    )
    def begin(self, plans: list[Plan], asked: list[Demand]) -> None:
        self.plans, self.asked = plans, asked
        self.steady, self.crashing, self.witness = Engine(plans[0]), Engine(plans[0]), Witness(plans[0])
        self.folded: dict[str, object] = {}
        for name in plans[0].agents:
            self.feed(AgentConnected(agent=name))
            self.feed(AvailabilitySet(agent=name, availability=Availability.READY))

    @rule(move=moves.map(lambda drawn: drawn[0]))
    def something_happens(self, move: Move) -> None:
        self.pass_time(move[3])
        event = event_of(self.witness, self.asked, self.plans, move, self.number)
        if event is not None:
            self.feed(event)

    @rule(wait=st.sampled_from([5.0, 60.0, 900.0]), how=st.integers(0, 1))
    def other_rules_or_only_time(self, wait: float, how: int) -> None:
        self.pass_time(wait)
        self.feed(PlanChanged(plan=replace(self.plans[how], version=self.number)) if wait == 60 else DeadlinePassed())

    @rule(everybody=st.booleans())
    def another_owner(self, everybody: bool) -> None:
        self.pass_time(1)
        self.feed(OwnerTookOver())
        for name in self.witness.plan.agents if everybody else ():
            self.pass_time(0)
            self.feed(AgentConnected(agent=name))

    @rule()
    def crash(self) -> None:
        facts = self.crashing.capture()
        self.crashing = Engine.restore(self.witness.plan, facts)
        assert unlike(self.crashing.capture(), facts) == {}
        assert self.crashing.next_deadline() == self.steady.next_deadline()

    @invariant()
    def both_engines_agree(self) -> None:
        assert unlike(self.crashing.capture(), self.steady.capture()) == {}
        assert self.crashing.queue() == self.steady.queue()

    @invariant()
    def the_engine_counts_as_the_witness_does(self) -> None:
        for one in self.witness.plan.agents.values():
            assert self.steady.seats_used(one.id) == self.witness.seats_used(one)
        waiting = {one.inquiry: one.arrived for one in self.steady.queue() if one.offered_to is None}
        assert waiting == {case.id: case.arrived for case in self.witness.waiting()}
        assert self.steady.waiting_count() == len(waiting)

    @invariant()
    def nobody_idles_while_something_waits_for_them(self) -> None:
        self.witness.nobody_idles()

    @invariant()
    def explanations_agree(self) -> None:
        for case in self.witness.waiting():
            found = self.steady.explain(case.id, self.now)
            assert found is not None
            assert not [verdict.agent for verdict in found.verdicts if verdict.eligible]

    def pass_time(self, wait: float) -> None:
        self.number += 1
        until = self.now + timedelta(seconds=wait) + odd(self.number)
        self.wake(until)
        self.now = self.witness.now = until

    def wake(self, until: datetime) -> None:
        for _ in range(ROUNDS_MAX):
            due = self.steady.next_deadline()
            assert due == self.crashing.next_deadline()
            if due is None or due > until:
                return
            self.now = max(due, self.now)
            self.hear(DeadlinePassed())
        raise AssertionError("it asks to be woken for ever")

    def feed(self, event: Event) -> None:
        self.hear(event)
        self.wake(self.now)

    def hear(self, event: Event) -> None:
        decisions = self.steady.feed(event, self.now)
        assert self.crashing.feed(event, self.now) == decisions
        self.witness.hear(event, self.now, decisions)
        step = Step(event=event, decisions=decisions, rules=self.witness.plan.version)
        assert dumps(from_json(to_json(step))) == dumps(step)


def unlike(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The facts in which two floors differ."""
    return {key: (one.get(key), other.get(key)) for key in sorted({*one, *other}) if one.get(key) != other.get(key)}


TestEveryRule = EveryRule.TestCase
TestEveryRule.settings = settings(
    max_examples=EXAMPLES // 2,
    derandomize=not FAR,
    phases=tuple(Phase) if FAR else (Phase.explicit, Phase.generate),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


# the laws


def played(plan_: Plan, asked: list[Demand], history: list[Move]) -> list[Heard]:
    """The history on this floor, as it was heard and answered."""
    engine, witness, now, heard = Engine(plan_), Witness(plan_), T0, []

    def hear(event: Event) -> None:
        decisions = engine.feed(event, now)
        witness.hear(event, now, decisions)
        heard.append((event, now, decisions))

    for name in plan_.agents:
        hear(AgentConnected(agent=name))
        hear(AvailabilitySet(agent=name, availability=Availability.READY))
    for number, move in enumerate([*history, ("wait", 0, 0, 900.0)]):
        until = now + timedelta(seconds=move[3]) + odd(number)
        while (due := engine.next_deadline()) is not None and due <= until:
            now = max(due, now)
            hear(DeadlinePassed())
        now = until
        event = event_of(witness, asked, [], move, number)
        if event is not None:
            hear(event)
    return heard


def plain(value: Any, names: Mapping[str, str]) -> Any:
    """Under other names; counts of the excluded left out."""
    if isinstance(value, dict):
        return {key: plain(item, names) for key, item in value.items() if key != "excluded"}
    if isinstance(value, list):
        return [plain(item, names) for item in value]
    if isinstance(value, str):
        head, dot, tail = value.partition(".")
        return names.get(head, head) + dot + tail
    return value


def told(event: Event, decisions: tuple[Decision, ...], names: Mapping[str, str]) -> Any:
    return plain(to_json(Step(event=event, decisions=decisions, rules=1)), names)


def under(names: Mapping[str, str], event: Event) -> Event:
    step = from_json(told(event, (), names))
    assert isinstance(step, Step)
    return cast(Event, step.event)


@proof
@given(plan_=floors(EVERY), asked=asked_under(EVERY), history=moves)
def test_other_names_give_the_same_history_under_other_names(plan_: Plan, asked: list[Demand], history: list[Move]) -> None:
    names = {
        **dict(zip(AGENTS, reversed(AGENTS), strict=True)),
        ACME: NOVA,
        NOVA: ACME,
        "service": "technical",
        "technical": "service",
    }
    renamed = under_other_names(plan_, names)
    engine = Engine(renamed)
    for event, now, decisions in played(plan_, asked, history):
        assert told(DeadlinePassed(), engine.feed(under(names, event), now), {}) == told(DeadlinePassed(), decisions, names)


def under_other_names(plan_: Plan, names: Mapping[str, str]) -> Plan:
    """The same floor with other names on the doors, listed in another order."""

    def name(old: str) -> Any:
        return names.get(old, old)

    people = [
        replace(
            one,
            id=name(one.id),
            certifications={name(brand): until for brand, until in one.certifications.items()},
            personas=frozenset(map(name, one.personas)),
        )
        for one in reversed(list(plan_.agents.values()))
    ]
    contracts = [
        replace(c, brands=frozenset(map(name, c.brands)), kinds=frozenset(map(name, c.kinds))) for c in plan_.contracts.values()
    ]
    return replace(
        plan_,
        agents={one.id: one for one in people},
        contracts={one.id: one for one in contracts},
        brands={name(one.id): replace(one, id=name(one.id)) for one in reversed(list(plan_.brands.values()))},
        kinds={name(one.id): replace(one, id=name(one.id)) for one in reversed(list(plan_.kinds.values()))},
    )


@proof
@given(plan_=floors(EVERY), asked=asked_under(EVERY), history=moves)
def test_somebody_who_never_may_changes_nothing_but_the_count_of_the_excluded(
    plan_: Plan, asked: list[Demand], history: list[Move]
) -> None:
    stranger = agent("aaron", next(iter(plan_.pools)), languages={"fi": Level.NATIVE}, skills={"router": 9, "tact": 9}, seats=9)
    engine = Engine(replace(plan_, agents={stranger.id: stranger, **plan_.agents}))
    ready: list[Event] = [AgentConnected(agent=stranger.id), AvailabilitySet(agent=stranger.id, availability=Availability.READY)]
    for event in ready:
        engine.feed(event, T0)
    for event, now, decisions in played(plan_, asked, history):
        assert told(event, engine.feed(event, now), {}) == told(event, decisions, {})


@proof
@given(plan_=floors(TIMELESS), asked=asked_under(TIMELESS), history=moves, times=st.sampled_from([2, 3]))
def test_on_a_slower_clock_the_same_happens_later(plan_: Plan, asked: list[Demand], history: list[Move], times: int) -> None:
    always = replace(plan_, pools={id_: replace(one, hours=pool("x").hours) for id_, one in plan_.pools.items()})
    endless = replace(always, agents={one.id: without_end(one) for one in always.agents.values()})
    engine = Engine(slower(endless, times))
    for event, now, decisions in played(endless, asked, history):
        drawn = engine.feed(event, T0 + (now - T0) * times)
        assert [later(one, times) for one in offered(decisions)] == offered(drawn)
        assert len(drawn) == len(decisions)


def without_end(one: Agent) -> Agent:
    return replace(one, certifications=dict.fromkeys(one.certifications))


def offered(decisions: tuple[Decision, ...]) -> list[Any]:
    return [(d.inquiry, d.agent, d.contract, d.until, d.trace.waited_seconds) for d in decisions if isinstance(d, Offered)]


def later(one: Any, times: int) -> Any:
    inquiry, who, contract, until, waited = one
    return inquiry, who, contract, T0 + (until - T0) * times, pytest.approx(waited * times)


def slower(plan_: Plan, times: int) -> Plan:
    """Every span of the rules, so many times as long."""

    def stretched(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: stretched(item) for key, item in value.items()}
        return value * times if isinstance(value, int | float) else value

    def slow(thing: Any, *names: str) -> Any:
        return replace(thing, **{name: stretched(getattr(thing, name)) for name in names})

    def wishful(thing: Any) -> Any:
        return replace(thing, wishes=tuple(slow(wish, "until_seconds") for wish in thing.wishes))

    spans = [name for name in plan_.policy.__dataclass_fields__ if name.endswith("_seconds")]
    return replace(
        plan_,
        policy=slow(plan_.policy, *spans),
        brands={id_: wishful(one) for id_, one in plan_.brands.items()},
        kinds={id_: wishful(one) for id_, one in plan_.kinds.items()},
        contracts={id_: slow(one, "overflow_after_seconds", "answer_within_seconds") for id_, one in plan_.contracts.items()},
    )


@proof
@given(plan_=plain_floors(), asked=st.lists(asked_under(()).map(lambda drawn: drawn[0]), min_size=1, max_size=8))
def test_the_opening_minute_serves_as_many_as_can_be(plan_: Plan, asked: list[Demand]) -> None:
    """No other pairing would serve more."""
    weights = replace(plan_.policy, weights=dict.fromkeys(Channel, 1), priority_step_seconds=0.5)
    unceiled = {one.id: replace(one, ceilings={}) for one in plan_.agents.values()}
    shut = {id_: replace(one, hours=Hours(zone="UTC", weekly=BREAK)) for id_, one in plan_.pools.items()}
    level = {id_: replace(one, tier=1, overflow_after_seconds=0) for id_, one in plan_.contracts.items()}
    floor = Floor(replace(plan_, policy=weights, agents=unceiled, pools=shut, contracts=level), T0 + timedelta(minutes=5))
    floor.ready(*plan_.agents)
    for n, demand in enumerate(asked):
        floor.at(n).arrive(f"i{n}", replace(demand, channel=Channel.CHAT))
    order = [one.inquiry for one in floor.engine.queue()]
    witness = Witness(floor.engine.plan)
    for event, now, decisions in floor.log:
        witness.hear(event, now, decisions)
    drawn = floor.pass_time(240)
    witness.hear(DeadlinePassed(), floor.now, drawn)
    may = {
        id_: [agent.id for agent in witness.plan.agents.values() if witness.entitled(agent, witness.case(id_).demand)]
        for id_ in order
    }
    seats = {one.id: one.seats for one in witness.plan.agents.values()}
    most = max(n for n in range(len(order) + 1) if any(all_served(list(some), seats) for some in combinations(may.values(), n)))
    assert len({one.inquiry for one in drawn if isinstance(one, Offered)}) == most


def all_served(wishes: list[list[AgentId]], seats: Mapping[AgentId, int]) -> bool:
    """Is there any way at all to seat everybody?"""
    if not wishes:
        return True
    return any(seats[agent] and all_served(wishes[1:], {**seats, agent: seats[agent] - 1}) for agent in wishes[0])


def test_the_same_events_under_every_rule_give_the_same_bytes_whatever_the_hash_seed() -> None:
    prints = {
        subprocess.run(
            [sys.executable, "-m", "tests.routing.full_history", "7", "1500"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert prints == {fingerprint(7, 1500)}


def test_a_long_history_uses_every_rule() -> None:
    why = {one.trace.why for _, _, decisions in play_all(1, 2500) for one in decisions if isinstance(one, Offered)}
    assert {"share", "minimum", "last_agent", "tier", "next_in_line", "claimed"} <= why
