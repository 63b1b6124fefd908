"""A long random history of a floor and its journal. `python -m tests.routing.history SEED` prints the journal's fingerprint."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random

from i18n.levels import Level
from routing.decisions import Assigned, Decision, Offered, Released, Withdrawn
from routing.engine import Engine
from routing.events import (
    AgentConnected,
    AgentDisconnected,
    AvailabilitySet,
    DeadlinePassed,
    DemandCorrected,
    Event,
    HandlingEnded,
    InquiryArrived,
    InquiryLeft,
    OfferAccepted,
    OfferDeclined,
    OwnerTookOver,
    PlanChanged,
    Transferred,
    WrapUpDone,
)
from routing.journal import Step, dumps
from routing.model import AgentId, Availability, Block, BrandId, Channel, Demand, InquiryId, OfferId, Plan, Policy, PoolId
from tests.routing.builders import ACME, NOVA, T0, agent, certified_until, contract, plan, pool, with_version

NIGHT = tuple(Block(weekday=day, opens=time(16, 50), closes=time(6)) for day in range(7))


def rules() -> Plan:
    """Three pools, three tiers, a dozen agents of every kind."""
    people = [
        agent("a1", seats=2),
        agent("a2", seats=5, ceilings={Channel.CHAT: 1}),
        agent("a3", languages={"en": Level.NATIVE, "de": Level.B2}, seats=4, skills={"router": 2}),
        *(agent(f"a{n}", seats=4) for n in range(4, 8)),
        agent("b1", "manila", seats=4, certifications=certified_until(date(2026, 11, 23))),
        agent("b2", "manila", languages={"de": Level.B2, "en": Level.B1}, seats=2),
        agent("n1", "night", languages={"en": Level.C1, "de": Level.C2}, seats=3),
        agent("n2", "night", languages={"de": Level.C2}, seats=3),
    ]
    return plan(
        people,
        pools=[pool("home"), pool("manila", zone="Asia/Manila", vendor="v"), pool("night", zone="Europe/Berlin", weekly=NIGHT)],
        contracts=[contract("home"), contract("manila", tier=2, after=40), contract("night", tier=3, after=20)],
        policy=Policy(weights={Channel.CHAT: 2, Channel.EMAIL: 1}, wrap_up_seconds=45),
    )


class Player:
    """Draws what happens next from what was decided so far."""

    def __init__(self, seed: int, plan_: Plan) -> None:
        self.random, self.plan = Random(seed), plan_
        self.agents = sorted(plan_.agents)
        self.brands: list[BrandId] = [ACME, NOVA]
        self.ringing: dict[InquiryId, tuple[OfferId, AgentId]] = {}
        self.held: dict[InquiryId, AgentId] = {}
        self.known: list[InquiryId] = []

    def hear(self, decisions: tuple[Decision, ...]) -> None:
        for decision in decisions:
            match decision:
                case Offered():
                    self.ringing[decision.inquiry] = (decision.offer, decision.agent)
                case Withdrawn():
                    del self.ringing[decision.inquiry]
                case Assigned():
                    del self.ringing[decision.inquiry]
                    self.held[decision.inquiry] = decision.agent
                case Released():
                    del self.held[decision.inquiry]
                case _:
                    pass

    def demand(self) -> Demand:
        draw = self.random
        return Demand(
            brand=draw.choice(self.brands),
            channel=draw.choice(list(Channel)),
            kind=draw.choice(["service", "complaint", "technical"]),
            languages=draw.choice([("en",), ("de",), ("en-GB",), ()]),
        )

    def next(self) -> Event:
        draw, who = self.random, AgentId(self.random.choice(self.agents))
        kind = draw.choices(range(12), weights=[30, 30, 6, 20, 4, 8, 8, 20, 20, 4, 1, 1])[0]
        if kind == 0 or not self.known:
            self.known.append(InquiryId(f"i{len(self.known)}"))
            return InquiryArrived(inquiry=self.known[-1], demand=self.demand(), conversation=f"c{len(self.known)}")
        some = draw.choice(self.known[-20:])
        if kind in {1, 2} and self.ringing:
            offer, agent_ = self.ringing[draw.choice(sorted(self.ringing))]
            return (
                OfferAccepted(offer=offer, agent=agent_) if kind == 1 else OfferDeclined(offer=offer, agent=agent_, reason="busy")
            )
        if kind == 3:
            return AvailabilitySet(agent=who, availability=Availability.READY)
        if kind == 4:
            return AvailabilitySet(agent=who, availability=draw.choice(list(Availability)), reason="break")
        if kind == 5:
            return draw.choice([AgentConnected(agent=who), AgentConnected(agent=who), AgentDisconnected(agent=who)])
        if kind == 6:
            return draw.choice([InquiryLeft(inquiry=some, because="idle"), DemandCorrected(inquiry=some, demand=self.demand())])
        if kind in {7, 8} and self.held:
            held = draw.choice(sorted(self.held))
            return (
                HandlingEnded(inquiry=held) if kind == 7 else WrapUpDone(inquiry=held, agent=self.held[held], disposition="solved")
            )
        if kind == 9 and self.held:
            held = draw.choice(sorted(self.held))
            return Transferred(
                inquiry=held, by=self.held[held], agent=draw.choice([None, who]), pool=draw.choice([None, PoolId("home")])
            )
        if kind == 10:
            return OwnerTookOver()
        if kind == 11:
            self.plan = with_version(self.plan)
            return PlanChanged(plan=self.plan)
        return DeadlinePassed()


def play(seed: int, events: int, plan_: Plan | None = None) -> Iterator[tuple[Event, datetime, tuple[Decision, ...]]]:
    """The history, event by event."""
    player = Player(seed, plan_ or rules())
    engine, now = Engine(player.plan), T0 + timedelta(hours=5)
    for who in player.agents:
        for first in (AgentConnected(agent=who), AvailabilitySet(agent=who, availability=Availability.READY)):
            yield first, now, engine.feed(first, now)
    for _ in range(events):
        until = now + timedelta(seconds=player.random.choice([0, 1, 1, 5, 20]))
        while (due := engine.next_deadline()) is not None and due <= until:
            now = max(due, now)
            drawn = engine.feed(DeadlinePassed(), now)
            player.hear(drawn)
            yield DeadlinePassed(), now, drawn
        now = until
        event = player.next()
        drawn = engine.feed(event, now)
        player.hear(drawn)
        yield event, now, drawn


def journal(seed: int, events: int) -> list[bytes]:
    """The lines of its journal."""
    return [dumps(Step(event=event, decisions=decisions, rules=1)) for event, _, decisions in play(seed, events)]


if __name__ == "__main__":
    print(hashlib.sha256(b"\n".join(journal(int(sys.argv[1]), 3000))).hexdigest())
