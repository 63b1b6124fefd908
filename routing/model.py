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


class Preference(StrEnum):
    """What makes one of several able agents the better one, before idle time decides."""

    LEAST_FLEXIBLE = "least_flexible"
    CLOSEST_LEVEL = "closest_level"
    NEAREST_DIALECT = "nearest_dialect"
    NEAREST_ZONE = "nearest_zone"
    LOWEST_COST = "lowest_cost"


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
class Wish:
    """What is wished for above the floor until an inquiry has waited `until_seconds`: a language level, levels of skills that are not
    required, the customer's very dialect. After that it is wished no more; the floor and the required skills never move."""

    until_seconds: float
    level: Level | None = None
    skills: Mapping[str, int] = field(default_factory=dict)
    dialect: bool = False

    def __post_init__(self) -> None:
        if self.until_seconds <= 0:
            raise ValueError(f"a wish that ends after {self.until_seconds} s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """`languages` are those the brand promises; the first is its default. `floor` is the lowest level at which anybody may answer for it.
    `residency` are the countries (ISO 3166) in which its customers' data may be seen, empty: anywhere. `zone` is where its customers
    are thought to be while nothing else is known."""

    id: BrandId
    client: ClientId
    languages: tuple[str, ...]
    floor: Level = Level.B2
    certification_required: bool = True
    residency: frozenset[str] = frozenset()
    wishes: tuple[Wish, ...] = ()
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One client's agreement with one pool, or with a vendor for all its pools. The lowest tier that is open for
    an inquiry is asked first; a higher one joins once it has waited `overflow_after_seconds`, or at once where the estimated wait
    exceeds `overflow_wait_seconds`, or when all below it close. Valid on dates `valid_from`..`valid_to` inclusive, read in `zone`.

    Days, too, are those of `zone`: no more than `cap_per_day` inquiries are accepted on one, nor for more than `budget_per_day` at
    `price` each (both in the smallest unit of one currency); until `minimum_per_day` are, this contract is preferred in its tier.
    `data` are the categories of customers' data its agents may see, None: all. `answer_within_seconds` is the promise that gives
    inquiries their deadline."""

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
    overflow_wait_seconds: float | None = None
    price: int = 0
    cap_per_day: int | None = None
    budget_per_day: int | None = None
    minimum_per_day: int = 0
    data: frozenset[str] | None = None
    answer_within_seconds: float | None = None

    def __post_init__(self) -> None:
        if (self.pool is None) == (self.vendor is None):
            raise ValueError(f"contract {self.id} names a pool or a vendor, one of them")
        if self.price < 0 or self.minimum_per_day < 0 or (self.cap_per_day or 0) < 0 or (self.budget_per_day or 0) < 0:
            raise ValueError(f"contract {self.id} has a price, cap, budget or minimum below nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How the accepted work of contracts of one client and one tier is divided: by `weights`, exactly (Tijdeman's chairman rule).

    `catch_up` bounds what a contract that could take nothing for a while (closed, capped, nobody there) is owed afterwards, in inquiries.
    Where `strict`, an inquiry waits for the contract whose turn it is even while another has somebody free, until a later tier joins;
    otherwise the next in turn with somebody free takes it, and the difference is caught up."""

    id: str
    weights: Mapping[ContractId, int]
    catch_up: int = 20
    strict: bool = False

    def __post_init__(self) -> None:
        if len(self.weights) < 2 or any(weight <= 0 for weight in self.weights.values()) or self.catch_up < 0:
            raise ValueError(f"share {self.id} needs two contracts or more, weights above nothing and a catch-up not below it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of work: the skills it needs, how it ranks (higher first; a step of priority is worth a head start, see `Policy`), what is
    wished for it while it is young, and which categories of customers' data it touches."""

    id: str
    skills: Mapping[str, int] = field(default_factory=dict)
    priority: int = 0
    wishes: tuple[Wish, ...] = ()
    data: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The numbers of the floor; seconds unless the name says otherwise.

    `choice` orders the preferences among agents of one tier; after them `fewest_in_hand` (if wanted), then the longest idle. With no
    preference and without `fewest_in_hand`, work goes to the longest idle of all who may take it. On a channel of `auto_accept` an
    offer is taken as it is made. `sticky_hold` is how long an inquiry waits for the agent its customer knows. Once an inquiry that needs
    several seats has waited `ageing_guard`, agents who could take it keep freed seats for it (None: never).
    """

    offer_seconds: Mapping[Channel, float] = field(default_factory=lambda: {Channel.CHAT: 30.0, Channel.EMAIL: 120.0})
    weights: Mapping[Channel, int] = field(default_factory=lambda: {Channel.CHAT: 1, Channel.EMAIL: 1})
    priority_step_seconds: float = 60.0
    decline_cooldown_seconds: float = 120.0
    decline_rounds_max: int = 3
    missed_offer_makes_away: bool = True
    offer_grace_seconds: float = 10.0
    chat_grace_seconds: float = 45.0
    email_grace_seconds: float = 1_800.0
    wrap_up_seconds: float = 120.0
    takeover_grace_seconds: float = 20.0
    sticky_hold_seconds: float = 30.0
    ageing_guard_seconds: float | None = 300.0
    auto_accept: frozenset[Channel] = frozenset()
    choice: tuple[Preference, ...] = tuple(Preference)
    fewest_in_hand: bool = True


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
    shares: Mapping[str, Share] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What an inquiry asks of an agent right now.

    `languages`: any of these will do (a customer's settled language and what counts as the same); empty while the language is
    unknown, which asks for the widest match: an agent who speaks the most of the brand's languages. `pool` and `agent` narrow it after a transfer.
    `residency` (countries) and `zone` are the customer's where they are known to differ from the brand's; `last_agent` is whom the
    customer knows.
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
    last_agent: AgentId | None = None
    residency: tuple[str, ...] = ()
    zone: str | None = None
