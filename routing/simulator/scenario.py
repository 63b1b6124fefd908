"""What is simulated: a floor, who asks it for what and when, and how its agents behave.

Values only, ready to be sent to another process. The rules are a `Plan`, the same that the live floor runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from i18n.levels import Level
from routing.events import AgentConnected, AgentDisconnected, AvailabilitySet
from routing.model import AgentId, Demand, Plan, PoolId
from routing.simulator.distributions import Deterministic, Distribution

START: Final = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""

WEEK_HOURS: Final = 168

Presence = AgentConnected | AgentDisconnected | AvailabilitySet


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Arrivals per hour, for every hour of a week from Monday 00:00 of the zone's wall clock; `steady`: evenly spaced instead of Poisson."""

    per_hour: tuple[float, ...]
    zone: str = "UTC"
    steady: bool = False

    def __post_init__(self) -> None:
        if len(self.per_hour) != WEEK_HOURS:
            raise ValueError(f"{len(self.per_hour)} hours are no week")
        if not all(0 <= rate < 1e9 for rate in self.per_hour) or not any(self.per_hour):
            raise ValueError("rates are at least 0, and one is more")

    @classmethod
    def constant(cls, per_hour: float, *, steady: bool = False) -> Rates:
        """The same at every hour."""
        return cls(per_hour=(per_hour,) * WEEK_HOURS, steady=steady)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Arrivals at these seconds after the start, in order."""

    seconds: tuple[float, ...]

    def __post_init__(self) -> None:
        if any(later < earlier for earlier, later in zip(self.seconds, self.seconds[1:], strict=False)):
            raise ValueError("times run backwards")
        if self.seconds and self.seconds[0] < 0:
            raise ValueError("times begin before the start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How long the work takes: by its class, unless the pool has a distribution of its own; times what proficiency makes of it."""

    base: Distribution
    by_pool: Mapping[PoolId, Distribution] = field(default_factory=dict)
    by_level: Mapping[Level, float] = field(default_factory=dict)
    by_skill: Mapping[str, Mapping[int, float]] = field(default_factory=dict)

    @property
    def proficient(self) -> bool:
        """Does it matter who answers?"""
        return bool(self.by_level or self.by_skill)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """One class of inquiries. Without `patience` nobody gives up, without `wrap_up` nothing is left to do afterwards."""

    name: str
    demand: Demand
    arrivals: Rates | Times
    service: Service
    patience: Distribution | None = None
    wrap_up: Distribution | None = None
    waiting_room: int | None = None
    accept: Distribution | None = None
    """How long its offers ring, where that was recorded; else as the agents behave."""
    demands: tuple[Demand, ...] = ()
    """What each of them asks, where that was recorded; else all ask the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How an agent behaves. Without `accept` an offer is taken at once; of all offers so many are declined, and so many never answered;
    without `disconnect_every` the connection holds."""

    accept: Distribution | None = None
    decline_probability: float = 0.0
    lapse_probability: float = 0.0
    disconnect_every: Distribution | None = None
    disconnect_for: Distribution | None = None
    back_after: Distribution = field(default_factory=lambda: Deterministic(seconds=60))

    def __post_init__(self) -> None:
        if min(self.decline_probability, self.lapse_probability) < 0 or self.decline_probability + self.lapse_probability > 1:
            raise ValueError(f"{self.decline_probability} and {self.lapse_probability} are no probabilities of one offer")
        if (self.disconnect_every is None) != (self.disconnect_for is None):
            raise ValueError("losses of the connection need both how often and for how long")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All that a run needs but the seed and the number of arrivals.

    `warm_up_seconds` goes before `warm_up_share`. `presence` says when agents come and go, in seconds after the start; without it all
    are connected and ready from the first instant to the last, and hours alone decide.
    """

    name: str
    plan: Plan
    traffic: tuple[Traffic, ...]
    behaviour: Behaviour = field(default_factory=Behaviour)
    behaviours: Mapping[AgentId, Behaviour] = field(default_factory=dict)
    start: datetime = START
    seconds: float | None = None
    warm_up_share: float = 0.02
    warm_up_seconds: float | None = None
    service_levels: tuple[float, ...] = (20.0,)
    waiting_room: int | None = None
    drain_seconds: float = 691_200.0
    presence: tuple[tuple[float, Presence], ...] | None = None

    def __post_init__(self) -> None:
        if not self.traffic:
            raise ValueError("nobody asks for anything")
        if len({one.name for one in self.traffic}) != len(self.traffic):
            raise ValueError("two classes have one name")
        if not 0 <= self.warm_up_share < 1:
            raise ValueError(f"a warm-up of {self.warm_up_share} of everything")
