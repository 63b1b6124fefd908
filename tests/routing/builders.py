"""A small floor to play on: one client, two brands, pools and agents as a test needs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from i18n.levels import Level
from routing.decisions import Decision, Offered
from routing.engine import Engine
from routing.events import (
    AgentConnected,
    AgentDisconnected,
    AvailabilitySet,
    DeadlinePassed,
    Event,
    HandlingEnded,
    InquiryArrived,
    OfferAccepted,
    OfferDeclined,
    WrapUpDone,
)
from routing.model import (
    Agent,
    AgentId,
    Availability,
    Block,
    Brand,
    BrandId,
    Channel,
    ClientId,
    Contract,
    ContractId,
    Demand,
    Hours,
    InquiryId,
    Kind,
    OfferId,
    Plan,
    Policy,
    Pool,
    PoolId,
    Sourcing,
    VendorId,
)

ALWAYS = tuple(Block(weekday=day, opens=time(0), closes=time(0)) for day in range(7))
ACME = BrandId("acme")
NOVA = BrandId("nova")
T0 = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday


def pool(id_: str, *, zone: str = "UTC", weekly: tuple[Block, ...] = ALWAYS, vendor: str | None = None, **more: Any) -> Pool:
    return Pool(
        id=PoolId(id_),
        vendor=VendorId(vendor) if vendor else None,
        sourcing=Sourcing.OUTSOURCED if vendor else Sourcing.IN_HOUSE,
        country="DE",
        hours=Hours(zone=zone, weekly=weekly, **more),
    )


def agent(id_: str, pool_: str = "home", **more: Any) -> Agent:
    defaults: dict[str, Any] = {
        "languages": {"en": Level.C1},
        "certifications": {ACME: None, NOVA: None},
        "personas": frozenset({ACME, NOVA}),
        "seats": 1,
    }
    return Agent(id=AgentId(id_), pool=PoolId(pool_), **(defaults | more))


def contract(pool_: str, *, tier: int = 1, after: float = 0, **more: Any) -> Contract:
    defaults: dict[str, Any] = {"brands": frozenset({ACME, NOVA}), "channels": frozenset(Channel), "id": ContractId(f"c-{pool_}")}
    return Contract(client=ClientId("client"), pool=PoolId(pool_), tier=tier, overflow_after_seconds=after, **(defaults | more))


def plan(
    agents: Iterable[Agent],
    *,
    pools: Iterable[Pool] = (pool("home"),),
    contracts: Iterable[Contract] | None = None,
    brands: Iterable[Brand] = (),
    kinds: Iterable[Kind] = (Kind(id="service"), Kind(id="complaint", priority=2), Kind(id="technical", skills={"router": 2})),
    policy: Policy | None = None,
    version: int = 1,
) -> Plan:
    pools = tuple(pools)
    made = contracts if contracts is not None else tuple(contract(p.id) for p in pools)
    known = {
        b.id: b
        for b in (
            Brand(id=ACME, client=ClientId("client"), languages=("en", "de")),
            Brand(id=NOVA, client=ClientId("client"), languages=("en",)),
        )
    }
    return Plan(
        version=version,
        pools={p.id: p for p in pools},
        agents={a.id: a for a in agents},
        brands=known | {b.id: b for b in brands},
        contracts={c.id: c for c in made},
        kinds={k.id: k for k in kinds},
        policy=policy or Policy(),
    )


def demand(*languages: str, brand: BrandId = ACME, **more: Any) -> Demand:
    return Demand(brand=brand, languages=languages or ("en",), **more)


class Floor:
    """An engine with a clock one can read in a test: `floor.at(12).connect("anna")`."""

    def __init__(self, plan_: Plan, start: datetime = T0, engine: Engine | None = None) -> None:
        self.engine = engine or Engine(plan_)
        self.start = start
        self.now = start
        self.log: list[tuple[Event, datetime, tuple[Decision, ...]]] = []

    def at(self, seconds: float) -> Floor:
        self.now = self.start + timedelta(seconds=seconds)
        return self

    def feed(self, event: Event) -> tuple[Decision, ...]:
        decisions = self.engine.feed(event, self.now)
        self.log.append((event, self.now, decisions))
        return decisions

    def pass_time(self, seconds: float) -> tuple[Decision, ...]:
        """Let time go on to `seconds`, waking the engine exactly when it asks to be woken."""
        until, drawn = self.start + timedelta(seconds=seconds), ()
        while (due := self.engine.next_deadline()) is not None and due <= until:
            self.now = max(due, self.now)
            drawn += self.feed(DeadlinePassed())
        self.now = until
        return drawn

    def ready(self, *agents: str) -> tuple[Decision, ...]:
        drawn: tuple[Decision, ...] = ()
        for one in agents:
            drawn += self.feed(AgentConnected(agent=AgentId(one)))
            drawn += self.feed(AvailabilitySet(agent=AgentId(one), availability=Availability.READY))
        return drawn

    def away(self, one: str, reason: str = "break") -> tuple[Decision, ...]:
        return self.feed(AvailabilitySet(agent=AgentId(one), availability=Availability.AWAY, reason=reason))

    def drop(self, one: str) -> tuple[Decision, ...]:
        return self.feed(AgentDisconnected(agent=AgentId(one)))

    def connect(self, one: str) -> tuple[Decision, ...]:
        return self.feed(AgentConnected(agent=AgentId(one)))

    def arrive(self, inquiry: str, asked: Demand | None = None) -> tuple[Decision, ...]:
        return self.feed(InquiryArrived(inquiry=InquiryId(inquiry), demand=asked or demand()))

    def accept(self, offer: str, by: str) -> tuple[Decision, ...]:
        return self.feed(OfferAccepted(offer=OfferId(offer), agent=AgentId(by)))

    def decline(self, offer: str, by: str, reason: str = "busy") -> tuple[Decision, ...]:
        return self.feed(OfferDeclined(offer=OfferId(offer), agent=AgentId(by), reason=reason))

    def finish(self, inquiry: str, by: str, disposition: str = "solved") -> tuple[Decision, ...]:
        ended = self.feed(HandlingEnded(inquiry=InquiryId(inquiry)))
        return ended + self.feed(WrapUpDone(inquiry=InquiryId(inquiry), agent=AgentId(by), disposition=disposition))

    def stage(self, inquiry: str) -> str | None:
        fact = self.engine.capture().get(f"inquiry:{inquiry}")
        return fact and fact["stage"]


def of(kind: type, decisions: Iterable[Decision]) -> list[Any]:
    """The decisions of one kind."""
    return [decision for decision in decisions if isinstance(decision, kind)]


def offers(decisions: Iterable[Decision]) -> list[tuple[str, str]]:
    """Which inquiry was offered to whom."""
    return [(one.inquiry, one.agent) for one in of(Offered, decisions)]


def kinds(decisions: Iterable[Decision]) -> list[str]:
    """The names of the decisions, in order."""
    return [type(one).__name__ for one in decisions]


def certified_until(day: date) -> Mapping[BrandId, date | None]:
    return {ACME: day}


def with_version(plan_: Plan, **changes: Any) -> Plan:
    return replace(plan_, version=plan_.version + 1, **changes)
