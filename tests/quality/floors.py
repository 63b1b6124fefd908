"""A floor told by hand: sentences in, a journal out. It decides nothing; it only writes what a real owner would have written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from i18n.levels import Level
from routing.decisions import (
    Assigned,
    AvailabilityChanged,
    Decision,
    Offered,
    Queued,
    Released,
    Trace,
    Withdrawn,
    WrapUpEnded,
    WrapUpStarted,
)
from routing.events import (
    AvailabilitySet,
    DeadlinePassed,
    Event,
    HandlingEnded,
    InquiryArrived,
    InquiryLeft,
    OfferAccepted,
    OfferDeclined,
    Transferred,
    WrapUpDone,
)
from routing.journal import ConversationEnded, ConversationRated, Entry, Fact, InquiryOpened, LanguageSettled, MessagePosted, Step
from routing.measures import Directory
from routing.model import (
    Agent,
    AgentId,
    Availability,
    Brand,
    BrandId,
    Channel,
    ClientId,
    Contract,
    ContractId,
    Demand,
    Hours,
    InquiryId,
    OfferId,
    Plan,
    Pool,
    PoolId,
    Sourcing,
    VendorId,
)

POOLS: Mapping[str, str] = {"berlin": "", "kairo": "nilvoice", "manila": "pacific", "cebu": "pacific"}
AGENTS: Mapping[str, str] = {"ada": "berlin", "omar": "kairo", "maya": "manila", "jun": "cebu"}
BRANDS: Mapping[str, str] = {"velour": "maison", "sahab": "gulf", "hikari": "gulf"}
SPEAKS: Mapping[str, Mapping[str, Level]] = {
    "ada": {"de": Level.NATIVE, "en": Level.C1},
    "omar": {"ar": Level.NATIVE, "en": Level.B2, "de": Level.A2},
    "maya": {"en": Level.C2, "ja": Level.B2},
    "jun": {"en": Level.C1},
}
DIRECTORY = Directory(vendors=POOLS, agents=AGENTS)
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_TRACE = Trace(rules=1, tier=1, eligible=1, excluded={})


def plan(version: int = 1) -> Plan:
    """The rules of this floor. Manila and Cebu (`c-pacific`) join after 30 s."""
    return Plan(
        version=version,
        pools={
            PoolId(pool): Pool(
                id=PoolId(pool),
                vendor=VendorId(vendor) if vendor else None,
                sourcing=Sourcing.OUTSOURCED if vendor else Sourcing.IN_HOUSE,
                country="DE",
                hours=Hours(zone="UTC"),
            )
            for pool, vendor in POOLS.items()
        },
        agents={
            AgentId(agent): Agent(id=AgentId(agent), pool=PoolId(pool), languages=SPEAKS[agent], seats=3)
            for agent, pool in AGENTS.items()
        },
        brands={
            BrandId(brand): Brand(id=BrandId(brand), client=ClientId(client), languages=("en",)) for brand, client in BRANDS.items()
        },
        contracts={
            ContractId(f"c-{pool}"): Contract(
                id=ContractId(f"c-{pool}"),
                client=ClientId("maison"),
                pool=PoolId(pool),
                overflow_after_seconds=30 if vendor == "pacific" else 0,
            )
            for pool, vendor in POOLS.items()
        },
        kinds={},
    )


class FloorTold:
    """Keeps the clock and the numbers; `entries` is the journal."""

    def __init__(self, start: datetime = START) -> None:
        self.entries: list[Entry] = []
        self.now = start
        self.rules = 1
        self._offers = 0

    def after(self, seconds: float) -> FloorTold:
        self.now += timedelta(seconds=seconds)
        return self

    def _write(self, body: Step | Fact) -> None:
        self.entries.append(Entry(seq=len(self.entries) + 1, at=self.now, epoch=0, body=body))

    def _step(self, event: Event, *decisions: Decision) -> None:
        self._write(Step(event=event, decisions=decisions, rules=self.rules))

    def opens(
        self,
        inquiry: str,
        *,
        brand: str = "velour",
        language: str | None = "en",
        kind: str = "service",
        customer: str = "",
        conversation: str = "",
    ) -> None:
        self._write(
            InquiryOpened(
                inquiry=InquiryId(inquiry),
                conversation=conversation or f"conversation-{inquiry}",
                client=ClientId(BRANDS[brand]),
                brand=BrandId(brand),
                channel=Channel.CHAT,
                kind=kind,
                customer=customer or f"customer-{inquiry}",
                language=language,
                confidence=None if language is None else 0.9,
            )
        )

    def arrives(
        self, inquiry: str, *, brand: str = "velour", language: str | None = "en", kind: str = "service", customer: str = ""
    ) -> None:
        """Opened and queued, with the message that opened it."""
        self.opens(inquiry, brand=brand, language=language, kind=kind, customer=customer)
        self.writes(inquiry)
        demand = Demand(brand=BrandId(brand), kind=kind, languages=(language,) if language else ())
        self._step(
            InquiryArrived(inquiry=InquiryId(inquiry), demand=demand, conversation=f"conversation-{inquiry}"),
            Queued(inquiry=InquiryId(inquiry), trace=_TRACE),
        )

    def writes(self, inquiry: str, speaker: Literal["customer", "agent", "brand"] = "customer", agent: str | None = None) -> None:
        self._write(
            MessagePosted(
                conversation=f"conversation-{inquiry}",
                inquiry=InquiryId(inquiry),
                speaker=speaker,
                position=1,
                agent=AgentId(agent) if agent else None,
            )
        )

    def offers(self, inquiry: str, agent: str) -> str:
        self._offers += 1
        offer = f"offer-{self._offers}"
        self._step(
            DeadlinePassed(),
            Offered(
                offer=OfferId(offer),
                inquiry=InquiryId(inquiry),
                agent=AgentId(agent),
                pool=PoolId(AGENTS[agent]),
                contract=ContractId(f"c-{AGENTS[agent]}"),
                weight=1,
                until=self.now + timedelta(seconds=30),
                trace=_TRACE,
            ),
        )
        return offer

    def withdraws(self, offer: str, inquiry: str, agent: str, because: str) -> None:
        event = (
            OfferDeclined(offer=OfferId(offer), agent=AgentId(agent), reason="busy") if because == "declined" else DeadlinePassed()
        )
        self._step(event, Withdrawn(offer=OfferId(offer), inquiry=InquiryId(inquiry), agent=AgentId(agent), because=because))

    def accepts(self, offer: str, inquiry: str, agent: str) -> None:
        pool = AGENTS[agent]
        self._step(
            OfferAccepted(offer=OfferId(offer), agent=AgentId(agent)),
            Assigned(
                offer=OfferId(offer),
                inquiry=InquiryId(inquiry),
                agent=AgentId(agent),
                pool=PoolId(pool),
                contract=ContractId(f"c-{pool}"),
                weight=1,
            ),
        )

    def takes(self, inquiry: str, agent: str) -> None:
        """Offered and accepted in one breath."""
        self.accepts(self.offers(inquiry, agent), inquiry, agent)

    def leaves(self, inquiry: str, *, because: str = "customer_left", offer: str | None = None, agent: str = "") -> None:
        gone = (
            (Withdrawn(offer=OfferId(offer), inquiry=InquiryId(inquiry), agent=AgentId(agent), because="customer_left"),)
            if offer
            else ()
        )
        self._step(InquiryLeft(inquiry=InquiryId(inquiry), because=because), *gone)

    def ends(self, inquiry: str, agent: str, by: str = "agent") -> None:
        self._write(ConversationEnded(conversation=f"conversation-{inquiry}", inquiry=InquiryId(inquiry), by=by))
        self._step(
            HandlingEnded(inquiry=InquiryId(inquiry)),
            WrapUpStarted(inquiry=InquiryId(inquiry), agent=AgentId(agent), until=self.now + timedelta(seconds=120)),
        )

    def wraps_up(self, inquiry: str, agent: str, disposition: str = "solved") -> None:
        self._step(
            WrapUpDone(inquiry=InquiryId(inquiry), agent=AgentId(agent), disposition=disposition),
            WrapUpEnded(inquiry=InquiryId(inquiry), agent=AgentId(agent), disposition=disposition),
            Released(inquiry=InquiryId(inquiry), agent=AgentId(agent), weight=1, because="wrapped_up"),
        )

    def transfers(self, inquiry: str, agent: str, pool: str | None = None) -> None:
        self._step(
            Transferred(inquiry=InquiryId(inquiry), by=AgentId(agent), pool=PoolId(pool) if pool else None),
            Released(inquiry=InquiryId(inquiry), agent=AgentId(agent), weight=1, because="transferred", requeued=True),
        )

    def loses(self, inquiry: str, agent: str) -> None:
        self._step(
            DeadlinePassed(),
            Released(inquiry=InquiryId(inquiry), agent=AgentId(agent), weight=1, because="agent_lost", requeued=True),
        )

    def rates(self, inquiry: str, score: int) -> None:
        self._write(ConversationRated(conversation=f"conversation-{inquiry}", inquiry=InquiryId(inquiry), score=score))

    def corrects(self, inquiry: str, tag: str, by: str = "agent_correction") -> None:
        self._write(
            LanguageSettled(conversation=f"conversation-{inquiry}", inquiry=InquiryId(inquiry), tag=tag, confidence=1.0, by=by)
        )

    def becomes(self, agent: str, availability: Availability, reason: str | None = None) -> None:
        self._step(
            AvailabilitySet(agent=AgentId(agent), availability=availability, reason=reason),
            AvailabilityChanged(agent=AgentId(agent), availability=availability, reason=reason),
        )
