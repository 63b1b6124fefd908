"""The floor as routing sees it: who there is, what they may do, what is asked of them.

Values only. A `Plan` is one version of the rules, compiled from the workspace; it never changes while it is used, so the
engine can index it as it likes. Names of people, texts and looks are not here: routing does not need them and cannot leak them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import NewType

from i18n.levels import Level

ClientId = NewType("ClientId", str)
BrandId = NewType("BrandId", str)
VendorId = NewType("VendorId", str)
PoolId = NewType("PoolId", str)
AgentId = NewType("AgentId", str)
ContractId = NewType("ContractId", str)
InquiryId = NewType("InquiryId", str)
OfferId = NewType("OfferId", str)


class Channel(StrEnum):
    CHAT = "chat"
    EMAIL = "email"


class Sourcing(StrEnum):
    IN_HOUSE = "in_house"
    SHARED_SERVICE_CENTRE = "shared_service_centre"
    JOINT_VENTURE = "joint_venture"
    OUTSOURCED = "outsourced"


class Presentation(StrEnum):
    """Who the customer may see: the brand alone (white label), brand and vendor, or the vendor."""

    BRAND = "brand"
    BOTH = "both"
    VENDOR = "vendor"


class Availability(StrEnum):
    OFFLINE = "offline"
    READY = "ready"
    AWAY = "away"
    WRAP_UP = "wrap_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Open from `opens` on `weekday` (0 = Monday) until `closes`; where `closes` is not later than `opens`, until then on the next day."""

    weekday: int
    opens: time
    closes: time

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise ValueError(f"weekday {self.weekday} is not 0..6")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A dated opening: wall-clock times of one local date, as in `Block`."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Weekly blocks in an IANA zone. A date in `overrides` replaces that date's blocks (no spans: closed); public holidays close the
    day unless overridden. `holidays` is an ISO 3166 code with an optional subdivision ("DE", "DE-BY")."""

    zone: str
    weekly: tuple[Block, ...] = ()
    holidays: str | None = None
    overrides: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    id: PoolId
    vendor: VendorId | None
    sourcing: Sourcing
    country: str
    hours: Hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """`certifications` maps a brand to the last date (in the pool's zone) on which the certification holds, None: without end.
    `personas` are the brands for which this agent has a face to show."""

    id: AgentId
    pool: PoolId
    languages: Mapping[str, Level]
    skills: Mapping[str, int] = field(default_factory=dict)
    certifications: Mapping[BrandId, date | None] = field(default_factory=dict)
    personas: frozenset[BrandId] = frozenset()
    seats: int = 1
    ceilings: Mapping[Channel, int] = field(default_factory=dict)
    shift: Hours | None = None

    def __post_init__(self) -> None:
        if self.seats < 0:
            raise ValueError(f"agent {self.id} has {self.seats} seats")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """`languages` are those the brand promises; the first is its default. `floor` is the lowest level at which anybody may answer for it."""

    id: BrandId
    client: ClientId
    languages: tuple[str, ...]
    floor: Level = Level.B2
    certification_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One client's agreement with one pool, or with a vendor for all its pools. The lowest tier that is open for
    an inquiry is asked first; a higher one joins once it has waited `overflow_after_seconds`, or when all below it close. Valid
    on dates `valid_from`..`valid_to` inclusive, read in `zone`."""

    id: ContractId
    client: ClientId
    pool: PoolId | None = None
    vendor: VendorId | None = None
    brands: frozenset[BrandId] = frozenset()
    kinds: frozenset[str] = frozenset()
    channels: frozenset[Channel] = frozenset({Channel.CHAT})
    tier: int = 1
    overflow_after_seconds: float = 0
    presentation: Presentation = Presentation.BRAND
    zone: str = "UTC"
    valid_from: date | None = None
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if (self.pool is None) == (self.vendor is None):
            raise ValueError(f"contract {self.id} names a pool or a vendor, one of them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of work: the skills it needs, how it ranks (higher first), and the head start in seconds that one step of priority is worth."""

    id: str
    skills: Mapping[str, int] = field(default_factory=dict)
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The numbers of the floor; seconds unless the name says otherwise."""

    offer_seconds: Mapping[Channel, float] = field(default_factory=lambda: {Channel.CHAT: 30.0, Channel.EMAIL: 120.0})
    weights: Mapping[Channel, int] = field(default_factory=lambda: {Channel.CHAT: 1, Channel.EMAIL: 1})
    priority_step_seconds: float = 60.0
    decline_cooldown_seconds: float = 120.0
    decline_rounds_max: int = 3
    missed_offer_makes_away: bool = True
    offer_grace_seconds: float = 10.0
    chat_grace_seconds: float = 45.0
    wrap_up_seconds: float = 120.0
    takeover_grace_seconds: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One version of the rules and of everybody they speak of."""

    version: int
    pools: Mapping[PoolId, Pool]
    agents: Mapping[AgentId, Agent]
    brands: Mapping[BrandId, Brand]
    contracts: Mapping[ContractId, Contract]
    kinds: Mapping[str, Kind]
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What an inquiry asks of an agent right now.

    `languages`: any of these will do (a customer's settled language and what counts as the same); empty while the language is
    unknown, which asks for the widest match: an agent who speaks the most of the brand's languages. `pool` and `agent` narrow it after a transfer.
    """

    brand: BrandId
    channel: Channel = Channel.CHAT
    kind: str = "service"
    languages: tuple[str, ...] = ()
    floor: Level | None = None
    skills: Mapping[str, int] = field(default_factory=dict)
    priority: int | None = None
    pool: PoolId | None = None
    agent: AgentId | None = None
