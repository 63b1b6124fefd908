"""Every figure a report may show: what it is called, what it counts, in which unit, and with which numbers of the agreement.

A figure takes one *quantity* (which cases, hits or times; see `quantities`) and one *statistic* of it. Its name and definition for people
are texts of the catalogue (`quality.measure.<key>.name`, `.definition`), filled with the targets, so that the variant is always printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final


class Unit(StrEnum):
    COUNT = "count"
    SHARE = "share"
    SECONDS = "seconds"


class Statistic(StrEnum):
    """What is taken of a quantity: how many hit, which share of them did, which share of time, a mean or a percentile of times."""

    HITS = "hits"
    RATE = "rate"
    TIME_SHARE = "time_share"
    MEAN = "mean"
    AVERAGE = "average"
    P50 = "p50"
    P90 = "p90"


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The numbers inside definitions. They come from the contract or from the reader, and are printed with every figure."""

    answer_seconds: int = 60
    short_abandon_seconds: int = 10
    next_response_seconds: int = 60
    follow_up_days: int = 7
    productive_reasons: tuple[str, ...] = ("training", "coaching", "meeting")

    def __post_init__(self) -> None:
        numbers = (self.answer_seconds, self.short_abandon_seconds, self.next_response_seconds, self.follow_up_days)
        if min(numbers) < 0:
            raise ValueError("a target below 0 means nothing")

    def values(self) -> dict[str, object]:
        """By name, for texts."""
        return asdict(self) | {"productive_reasons": ", ".join(self.productive_reasons)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One figure. `numerator` and `denominator` say in English what is divided, for documents; screens take the catalogue's texts."""

    key: str
    unit: Unit
    quantity: str
    statistic: Statistic
    numerator: str
    denominator: str = ""
    parameters: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The text key of its name."""
        return f"quality.measure.{self.key}.name"

    @property
    def definition(self) -> str:
        """The text key of its definition."""
        return f"quality.measure.{self.key}.definition"


def _count(key: str, quantity: str, numerator: str, *parameters: str) -> Definition:
    return Definition(
        key=key, unit=Unit.COUNT, quantity=quantity, statistic=Statistic.HITS, numerator=numerator, parameters=parameters
    )


def _rate(key: str, numerator: str, denominator: str, *parameters: str, time: bool = False) -> Definition:
    statistic = Statistic.TIME_SHARE if time else Statistic.RATE
    return Definition(
        key=key,
        unit=Unit.SHARE,
        quantity=key,
        statistic=statistic,
        numerator=numerator,
        denominator=denominator,
        parameters=parameters,
    )


def _seconds(key: str, quantity: str, statistic: Statistic, numerator: str, denominator: str = "") -> Definition:
    return Definition(
        key=key, unit=Unit.SECONDS, quantity=quantity, statistic=statistic, numerator=numerator, denominator=denominator
    )


_ALL: Final = (
    _count("offered", "offered", "inquiries that entered the queue for a person, once per inquiry (and pool)"),
    _count("answered", "answered", "offered inquiries that a person accepted"),
    _count("abandoned", "abandoned", "the customer left, or it was closed idle, before a person accepted"),
    _count("abandoned_short", "abandoned_short", "abandoned sooner than the short-abandon time", "short_abandon_seconds"),
    _count("waiting", "waiting", "offered, neither answered nor abandoned yet"),
    _count("passed_on", "passed_on", "offered here, then answered by or now waiting for another pool"),
    _rate("answer_rate", "answered", "offered"),
    _rate("abandon_rate", "abandoned − short abandons", "offered", "short_abandon_seconds"),
    _rate(
        "service_level",
        "answered within the answer time",
        "answered + abandoned − short abandons",
        "answer_seconds",
        "short_abandon_seconds",
    ),
    _seconds("asa", "wait", Statistic.MEAN, "Σ (accept − enqueue) of answered", "answered"),
    _seconds("asa_p50", "wait", Statistic.P50, "accept − enqueue of answered"),
    _seconds("asa_p90", "wait", Statistic.P90, "accept − enqueue of answered"),
    _seconds("first_response", "first_response", Statistic.MEAN, "first public message of a person − first customer message"),
    _seconds("first_response_p50", "first_response", Statistic.P50, "first public message of a person − first customer message"),
    _seconds("first_response_p90", "first_response", Statistic.P90, "first public message of a person − first customer message"),
    _seconds("first_response_open_p50", "first_response_open", Statistic.P50, "the same within the brand's opening hours"),
    _seconds("first_response_open_p90", "first_response_open", Statistic.P90, "the same within the brand's opening hours"),
    _seconds(
        "next_response_p50", "next_response", Statistic.P50, "reply of a person − start of the customer's turn, after the first"
    ),
    _seconds(
        "next_response_p90", "next_response", Statistic.P90, "reply of a person − start of the customer's turn, after the first"
    ),
    _rate("next_response_within", "next responses within the time", "next responses", "next_response_seconds"),
    _seconds("aht", "handle", Statistic.MEAN, "active + wrap-up, wall time", "handled inquiries"),
    _seconds(
        "aht_attention", "attention", Statistic.MEAN, "active + wrap-up, divided by the agent's concurrent inquiries", "handled"
    ),
    _seconds("wrap_up", "wrap_up", Statistic.MEAN, "wrap-up time", "handled inquiries"),
    _rate("occupancy", "handling time, union of overlapping chats", "handling + idle ready time", time=True),
    _rate("utilisation", "handling + idle + productive away time", "signed-in time", "productive_reasons", time=True),
    _rate("missed_offers", "lapsed offers", "offers that are over"),
    _rate("missed_offers_present", "lapsed offers", "offers that are over, without those the customer abandoned"),
    _rate("transfer_rate", "handled inquiries with at least one transfer", "handled inquiries"),
    _rate("agent_lost", "answered inquiries whose agent's connection was lost", "answered"),
    _rate("reopened", "conversations reopened within the follow-up time", "ended inquiries a person worked on", "follow_up_days"),
    _rate(
        "fcr",
        "no new inquiry of the same customer, kind and brand within the follow-up time",
        "ended inquiries a person worked on, the follow-up time over",
        "follow_up_days",
    ),
    _rate("csat", "ratings of 4 or 5", "ratings"),
    _rate("csat_response", "ratings", "ended inquiries a person worked on"),
    _rate(
        "language_match",
        "answered by a person at or above the language floor",
        "answered inquiries whose language and agent's level are known",
    ),
    Definition(
        key="language_confidence",
        unit=Unit.SHARE,
        quantity="language_confidence",
        statistic=Statistic.AVERAGE,
        numerator="Σ confidence of the detected language",
        denominator="inquiries with a detected language",
    ),
    _rate("language_corrected", "inquiries whose language a person corrected", "inquiries with a language"),
)

DEFINITIONS: Final[Mapping[str, Definition]] = {definition.key: definition for definition in _ALL}
"""Every figure by key, in the order in which screens show them."""
