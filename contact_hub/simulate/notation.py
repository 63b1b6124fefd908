"""How distributions, arrivals and instants are written in a simulation file, read into the values of the simulator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from contact_hub.simulate.problems import refused
from contact_hub.workspace.hours import DAYS
from contact_hub.workspace.values import zone_exists
from i18n.levels import Level
from routing.model import Channel
from routing.simulator.distributions import (
    Deterministic,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Hyperexponential,
    Lognormal,
    Uniform,
)
from routing.simulator.scenario import Rates, Times

_EXTRAS: Final = ("by_pool", "by_channel", "by_language_level", "by_skill_level")
_MANY: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceNotation:
    """A service time as it was written; the pools and the channel are looked up when the whole file is known."""

    base: Distribution
    by_pool: Mapping[str, Distribution] = field(default_factory=dict)
    by_channel: Mapping[Channel, Distribution] = field(default_factory=dict)
    by_level: Mapping[Level, float] = field(default_factory=dict)
    by_skill: Mapping[str, Mapping[int, float]] = field(default_factory=dict)


def read_distribution(value: object) -> Distribution:
    """From `{exponential: 240}` and the like. Raises pydantic's error with `distribution_invalid`."""
    if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in _FORMS:
        raise refused("distribution_invalid", reason=f"A distribution is one of {', '.join(_FORMS)}, as {{exponential: 240}}")
    ((form, said),) = value.items()
    try:
        return _FORMS[form](said)
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise refused("distribution_invalid", reason=f"{form} cannot be {said}: {_said(error)}") from None


def read_patience(value: object) -> Distribution | None:
    """A distribution, or none."""
    return None if value is None or value == "none" else read_distribution(value)


def read_service(value: object) -> ServiceNotation:
    """A distribution with what changes it."""
    if not isinstance(value, Mapping):
        raise refused("distribution_invalid", reason="A service time is a distribution, as {exponential: 240}")
    extras = {name: value[name] for name in _EXTRAS if name in value}
    for name, said in extras.items():
        if not isinstance(said, Mapping):
            raise refused("distribution_invalid", reason=f"{name} is a mapping")
    try:
        return ServiceNotation(
            base=read_distribution({name: said for name, said in value.items() if name not in _EXTRAS}),
            by_pool={pool: read_distribution(said) for pool, said in extras.get("by_pool", {}).items()},
            by_channel={Channel(channel): read_distribution(said) for channel, said in extras.get("by_channel", {}).items()},
            by_level={Level.parse(level): _factor(said) for level, said in extras.get("by_language_level", {}).items()},
            by_skill={
                skill: {int(level): _factor(said) for level, said in levels.items()}
                for skill, levels in extras.get("by_skill_level", {}).items()
            },
        )
    except (ValueError, AttributeError, TypeError) as error:
        raise refused("distribution_invalid", reason=_said(error)) from None


def read_arrivals(value: object) -> Rates | Times:
    """From `{per_hour: …}` or `{times: …}`. Raises pydantic's error with `arrivals_invalid`."""
    try:
        match value:
            case {"times": list(times), **rest} if not rest:
                return Times(seconds=tuple(_number(one) for one in times))
            case {"per_hour": per_hour, **rest} if set(rest) <= {"process", "zone"}:
                return Rates(per_hour=_week(per_hour), zone=_zone(rest.get("zone", "UTC")), steady=_steady(rest.get("process")))
    except (TypeError, ValueError) as error:
        raise refused("arrivals_invalid", reason=_said(error)) from None
    raise refused("arrivals_invalid", reason="Arrivals are {per_hour: …} (with process and zone), {times: […]} or {times_file: …}")


def read_start(value: object) -> datetime:
    """An aware instant."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(at, datetime) and at.tzinfo is not None:
            return at
    except ValueError:
        pass
    raise refused("start_invalid", value=value)


def _lognormal(said: Mapping[str, object]) -> Distribution:
    if set(said) == {"mean", "cv"}:
        return Lognormal.of_mean(_number(said["mean"]), _number(said["cv"]))
    if set(said) == {"median", "sigma"}:
        return Lognormal.of_median(_number(said["median"]), _number(said["sigma"]))
    raise ValueError("it wants {mean, cv} or {median, sigma}")


def _gamma(said: Mapping[str, object]) -> Distribution:
    if set(said) != {"mean", "cv"}:
        raise ValueError("it wants {mean, cv}")
    return Gamma(mean=_number(said["mean"]), cv=_number(said["cv"]))


def _hyperexponential(said: Mapping[str, Any]) -> Distribution:
    if set(said) != {"weights", "means"}:
        raise ValueError("it wants {weights, means}")
    return Hyperexponential(weights=tuple(map(_number, said["weights"])), means=tuple(map(_number, said["means"])))


def _uniform(said: Any) -> Distribution:
    low, high = said
    return Uniform(low=_number(low), high=_number(high))


def _empirical(said: Any) -> Distribution:
    if not isinstance(said, list) or len(said) > _MANY:
        raise ValueError("it wants a list of seconds")
    return Empirical(values=tuple(map(_number, said)))


_FORMS: Final[Mapping[str, Callable[[Any], Distribution]]] = {
    "exponential": lambda said: Exponential(mean=_number(said)),
    "deterministic": lambda said: Deterministic(seconds=_number(said)),
    "lognormal": _lognormal,
    "gamma": _gamma,
    "hyperexponential": _hyperexponential,
    "uniform": _uniform,
    "empirical": _empirical,
}


def _week(said: object) -> tuple[float, ...]:
    """168 hours from a number, 24 numbers, or days with either."""
    if not isinstance(said, Mapping):
        return _day(said) * 7
    week: dict[int, tuple[float, ...]] = {}
    for days, hours in said.items():
        for day in _days(days):
            if day in week:
                raise ValueError(f"{DAYS[day]} is given twice")
            week[day] = _day(hours)
    return tuple(rate for day in range(7) for rate in week.get(day, (0.0,) * 24))


def _day(said: object) -> tuple[float, ...]:
    if not isinstance(said, list):
        return (_number(said),) * 24
    if len(said) != 24:
        raise ValueError(f"a day has 24 hours, not {len(said)}")
    return tuple(map(_number, said))


def _days(text: str) -> list[int]:
    """`mon`, `mon-fri`, `sat,sun`, `daily`."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = ("mon-sun" if part.strip() == "daily" else part).strip().partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(f"{text} names no days; use mon, mon-fri, sat,sun or daily")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found += [day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)]
    return found


def _zone(said: object) -> str:
    if not isinstance(said, str) or not zone_exists(said):
        raise ValueError(f"{said} is not an IANA time zone")
    return said


def _steady(said: object) -> bool:
    if said not in {None, "poisson", "deterministic"}:
        raise ValueError(f"process is poisson or deterministic, not {said}")
    return said == "deterministic"


def _factor(said: object) -> float:
    factor = _number(said)
    if not 0 < factor <= 1000:
        raise ValueError(f"{said} is no factor")
    return factor


def _number(said: object) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise TypeError(f"{said} is not a number")  # text such as 1e6 is not one either: the dialect wants 1000000
    return float(said)


def _said(error: BaseException) -> str:
    return str(error).rstrip(".") or type(error).__name__
