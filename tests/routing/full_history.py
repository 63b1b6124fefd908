"""A long history under every rule at once, from a seed. `python -m tests.routing.full_history SEED EVENTS` prints its journal's fingerprint."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from i18n.levels import Level
from routing.decisions import Decision
from routing.engine import Engine
from routing.events import AgentConnected, AvailabilitySet, DeadlinePassed, Event
from routing.journal import Step, dumps
from routing.model import (
    AgentId,
    Availability,
    Brand,
    Channel,
    ClientId,
    ContractId,
    Demand,
    Kind,
    Plan,
    Policy,
    Share,
    VendorId,
    Wish,
)
from tests.routing.builders import ACME, NOVA, T0, agent, contract, plan, pool
from tests.routing.floors import BREAK, OFTEN, SELDOM, Move, event_of, odd
from tests.routing.witness import Witness

WAITS = (0.0, 0.0, 0.0, 1.0, 3.0, 11.0, 31.0)


def every_rule() -> Plan:
    """Five pools, three tiers, a share, caps, wishes, promises, borders: all of it on one small floor."""
    names = ("home", "manila", "berlin", "cebu", "lisbon")
    pools = [pool("home", weekly=BREAK), *(pool(name, zone="Asia/Manila", vendor=f"v-{name}") for name in names[1:])]
    languages = [{"en": Level.C1}, {"en": Level.B2, "de": Level.C1}, {"en-GB": Level.NATIVE}, {"de": Level.B2, "en": Level.C2}]
    people = [
        agent(
            f"{name}-{n}",
            name,
            languages=languages[(n + place) % 4],
            skills={"router": 1 + n % 3} if n % 2 else {},
            seats=1 + n % 4,
            ceilings={Channel.CHAT: 1} if n % 3 == 2 else {},
        )
        for place, name in enumerate(names)
        for n in range(4)
    ]
    made = [
        contract("home", answer_within_seconds=120, price=9),
        contract("manila", tier=2, after=20, price=3, minimum_per_day=5, data=frozenset()),
        contract("berlin", tier=2, after=20, price=4, cap_per_day=60, zone="Pacific/Chatham"),
        replace(contract("cebu", tier=2, after=20, price=2, budget_per_day=90), pool=None, vendor=VendorId("v-cebu")),
        contract("lisbon", tier=3, after=90, overflow_wait_seconds=60),
    ]
    shared = {ContractId("c-manila"): 3, ContractId("c-berlin"): 2, ContractId("c-cebu"): 1}
    drawn = plan(
        people,
        pools=[replace(one, country="PH" if one.vendor else "DE") for one in pools],
        contracts=made,
        brands=[
            Brand(
                id=ACME,
                client=ClientId("client"),
                languages=("en", "de"),
                floor=Level.B1,
                wishes=(Wish(until_seconds=13, level=Level.C1), Wish(until_seconds=40, dialect=True)),
            )
        ],
        kinds=[
            Kind(id="service", wishes=(Wish(until_seconds=29, skills={"router": 1}),)),
            Kind(id="complaint", priority=2, data=frozenset({"money"})),
            Kind(id="technical", skills={"router": 2}),
        ],
        policy=Policy(
            weights={Channel.CHAT: 2, Channel.EMAIL: 1},
            ageing_guard_seconds=60,
            auto_accept=frozenset({Channel.EMAIL}),
            wrap_up_seconds=25,
            sticky_hold_seconds=35,
        ),
    )
    return replace(drawn, shares={"s": Share(id="s", weights=shared, catch_up=4)})


def demand_of(draw: Random, people: list[AgentId]) -> Demand:
    """What some customer asks."""
    return Demand(
        brand=draw.choice([ACME, ACME, NOVA]),
        channel=draw.choice(list(Channel)),
        kind=draw.choice(["service", "complaint", "technical"]),
        languages=draw.choice([("en",), ("de",), ("en-GB", "en"), ()]),
        last_agent=draw.choice([None, None, *people]),
        residency=draw.choice([(), (), (), ("DE",)]),
        priority=draw.choice([None, None, None, 4]),
    )


def play_all(seed: int, events: int) -> Iterator[tuple[Event, datetime, tuple[Decision, ...]]]:
    """The history, event by event, each woken when it asks to be."""
    rules, draw, now = every_rule(), Random(seed), T0
    engine, witness = Engine(rules), Witness(rules)
    people = sorted(rules.agents)
    plans = [rules, replace(rules, contracts={id_: one for id_, one in rules.contracts.items() if one.tier != 3})]
    for who in people:
        for first in (AgentConnected(agent=who), AvailabilitySet(agent=who, availability=Availability.READY)):
            yield first, now, _heard(engine, witness, first, now)
    for number in range(events):
        what = draw.choice([*OFTEN * 4, *SELDOM, *(["plan"] if number % 50 == 0 else [])])
        move: Move = (what, draw.randrange(60), draw.randrange(60), draw.choice(WAITS))
        until = now + timedelta(seconds=move[3]) + odd(number % 100)
        while (due := engine.next_deadline()) is not None and due <= until:
            now = max(due, now)
            yield DeadlinePassed(), now, _heard(engine, witness, DeadlinePassed(), now)
        now = until
        event = event_of(witness, [demand_of(draw, people) for _ in range(3)], plans, move, number) or DeadlinePassed()
        yield event, now, _heard(engine, witness, event, now)


def _heard(engine: Engine, witness: Witness, event: Event, now: datetime) -> tuple[Decision, ...]:
    decisions = engine.feed(event, now)
    witness.hear(event, now, decisions)
    return decisions


def fingerprint(seed: int, events: int) -> str:
    """Of the journal's bytes."""
    lines = (dumps(Step(event=event, decisions=decisions, rules=1)) for event, _, decisions in play_all(seed, events))
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


if __name__ == "__main__":
    print(fingerprint(int(sys.argv[1]), int(sys.argv[2])))
