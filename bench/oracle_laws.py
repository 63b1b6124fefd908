"""Laws that hold for the same customers whatever the figures: accounts that balance, names that do not matter, times that scale, shares that are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from bench.oracle import PLAIN_RUN, Claim, Document, Oracle, Seed, calls, contracts_of, floor, plain, team, vendors_of

HOUR: Final = 3600


def invariant_floors() -> Iterator[Oracle]:
    """Laws that hold for the same customers to the last microsecond, or nearly: see each."""
    yield from _laws_of_one_run()
    yield _relabelled()
    yield from (_scaled(k) for k in (2, 60))
    yield _bystander()


def _laws_of_one_run() -> Iterator[Oracle]:
    document = _busy_floor()
    names = [one["name"] for one in document["traffic"]]
    rates = {one["name"]: one["arrivals"]["per_hour"] / HOUR for one in document["traffic"]}
    known = [
        Claim(name=f"{name} queue ÷ (λ · wait)", exact=1.0, of=lambda seed, name=name: _little(seed, name, rates[name]))  # type: ignore[misc]
        for name in names
    ]
    known += [
        Claim(name=f"{name} customers unaccounted for", exact=0.0, of=lambda seed, name=name: _unaccounted(seed, name), bound=0.0)  # type: ignore[misc]
        for name in names
    ]
    known.append(Claim(name="served by class less served by pool", exact=0.0, of=_class_less_pool, bound=0.0))
    yield plain("laws-of-a-busy-floor", "invariants", document, known, arrivals_max=200_000)


def _little(seed: Seed, name: str, rate: float) -> float:
    figures = f"classes/{name}"
    let_in = 1 - seed.of(f"{figures}/p_blocked")
    return seed.of(f"{figures}/queue_mean") / (rate * let_in * seed.of(f"{figures}/wait_mean_seconds"))


def _unaccounted(seed: Seed, name: str) -> float:
    parts = ("blocked", "served", "abandoned", "unserved")
    return seed.of(f"classes/{name}/arrivals") - sum(seed.of(f"classes/{name}/{part}") for part in parts)


def _class_less_pool(seed: Seed) -> float:
    reports = seed.reports[PLAIN_RUN]
    by_pool = sum(seed.of(f"pools/{pool}/served") for pool in reports["pools"])
    by_flow = sum(value or 0 for path, value in seed.everything("flows", PLAIN_RUN).items() if path.endswith("/served"))
    return abs(seed.of("total/served") - by_pool) + abs(seed.of("total/served") - by_flow)


def _busy_floor() -> Document:
    """A bit of everything, to be held to laws rather than figures: two tiers, wishes of skill, priorities, impatience, ringing, declines, wrap-up."""
    return floor(
        [
            calls(70, 240, "plain", skills={"plain": 1}, patience={"exponential": 90}, wrap_up={"exponential": 20}),
            calls(
                40, {"lognormal": {"mean": 300, "cv": 0.8}}, "hard", skills={"hard": 1}, priority=1, wrap_up={"deterministic": 30}
            ),
            calls(30, 200, "mail", channel="email", patience={"lognormal": {"mean": 400, "cv": 1}}, waiting_room=20),
        ],
        [
            team(5, "juniors", skills={"plain": 1}, seats=2),
            team(4, "seniors", skills={"plain": 1, "hard": 2}),
            team(4, "partner", skills={"plain": 1, "hard": 1}),
        ],
        rules={
            "choice": ["least_flexible", "closest_level"],
            "fewest_in_hand": True,
            "priority_step_seconds": 45,
            "decline_cooldown_seconds": 20,
        },
        contracts=[
            {"id": "juniors", "pool": "juniors", "tier": 1},
            {"id": "seniors", "pool": "seniors", "tier": 1},
            {"id": "partner", "pool": "partner", "tier": 2, "overflow_after_seconds": 15},
        ],
        behaviour={"accept": {"lognormal": {"median": 3, "sigma": 0.5}}, "decline_probability": 0.03},
    )


def _relabelled() -> Oracle:
    """Other names for pools, contracts and agents (in the same alphabetical order, which breaks ties), and everything told in another order."""
    names = {"juniors": "p1", "seniors": "p3", "partner": "p2"}  # j < p < s, p1 < p2 < p3
    document = _busy_floor()
    other = _busy_floor()
    other["agents"] = [agent | {"pool": names[agent["pool"]]} for agent in reversed(other["agents"])]
    other["contracts"] = [one | {"id": names[one["id"]], "pool": names[one["pool"]]} for one in reversed(other["contracts"])]
    other["traffic"] = other["traffic"][::-1]
    return Oracle(
        name="relabelled",
        group="invariants",
        runs={"first": document, "second": other},
        claims=(
            _differing("classes", lambda path: path),
            _differing("flows", lambda path: "/".join(names.get(step, step) for step in path.split("/"))),
            _differing("pools", lambda path: "/".join(names.get(step, step) for step in path.split("/"))),
        ),
        arrivals_max=20_000,
    )


def _differing(section: str, rename: Callable[[str], str]) -> Claim:
    """How many figures of a section are not the same, bit by bit, in both runs."""

    def count(seed: Seed) -> float:
        first = {rename(path): value for path, value in seed.everything(section, "first").items()}
        second = seed.everything(section, "second")
        return float(sum(path not in second or second[path] != value for path, value in first.items()))

    return Claim(name=f"{section}: figures that differ", exact=0.0, of=count, bound=0.0)


def _scaled(k: int) -> Oracle:
    """All times k-fold: the same customers, k times slower. Times are whole microseconds, so a mean may be off by a few of them, and by no more."""
    document, other = _busy_floor(), _slower(_busy_floor(), k)
    seconds = [
        f"classes/{one['name']}/{figure}" for one in document["traffic"] for figure in ("wait_mean_seconds", "wait_p95_seconds")
    ]
    shares = [f"classes/{one['name']}/{figure}" for one in document["traffic"] for figure in ("p_wait", "p_abandon", "served")]

    def off(seed: Seed, path: str, factor: float) -> float:
        return seed.of(path, "second") - factor * seed.of(path, "first")

    return Oracle(
        name=f"scaled-by-{k}",
        group="invariants",
        runs={"first": document, "second": other},
        claims=(
            *(
                Claim(name=f"{path}: off", exact=0.0, of=lambda seed, path=path: off(seed, path, k), bound=k * 1e-5)  # type: ignore[misc]
                for path in seconds
            ),
            *(
                Claim(name=f"{path}: off", exact=0.0, of=lambda seed, path=path: off(seed, path, 1), bound=0.0)  # type: ignore[misc]
                for path in shares
            ),
        ),
        arrivals_max=20_000,
    )


_DURATIONS: Final = {
    "exponential",
    "deterministic",
    "mean",
    "median",
    "priority_step_seconds",
    "decline_cooldown_seconds",
    "overflow_after_seconds",
}


def _slower(document: Document, k: int) -> Document:
    """Every duration of the busy floor k-fold, every rate divided by k, and the durations that `rules` would have by default."""

    def stretch(found: Any, name: str = "") -> Any:
        match found:
            case dict():
                return {key: stretch(value, key) for key, value in found.items()}
            case list():
                return [stretch(value) for value in found]
            case int() | float() if name in _DURATIONS:
                return found * k
            case int() | float() if name == "per_hour":
                return found / k
            case _:
                return found

    slower: Document = stretch(document)
    slower["rules"] |= {
        "offer_seconds": {"chat": 30 * k, "email": 120 * k},
        "wrap_up_seconds": 120 * k,
        "ageing_guard_seconds": 300 * k,
    }
    return slower


def _bystander() -> Oracle:
    """People who may never take any of it: another language, no skill asked for, another brand's contract."""
    other = _busy_floor()
    other["agents"] = [*other["agents"], team(7, "bystanders", languages={"fr": "native"}, skills={"plain": 3, "hard": 3})]
    other["contracts"] = [*other["contracts"], {"id": "bystanders", "pool": "bystanders", "tier": 1}]
    return Oracle(
        name="bystander",
        group="invariants",
        runs={"first": _busy_floor(), "second": other},
        claims=(_differing("classes", lambda path: path), _differing("total", lambda path: path)),
        arrivals_max=20_000,
    )


def share_floors() -> Iterator[Oracle]:
    """Vendor shares: with everybody able at every instant, no vendor is ever further than 1 − 1/(2k − 2) inquiries from its share (Tijdeman 1980)."""
    for weights in ({"ann": 60, "ben": 40}, {"ann": 50, "ben": 30, "cy": 20}, {"ann": 37, "ben": 29, "cy": 23, "dee": 11}):
        vendors, pools = vendors_of(dict.fromkeys(weights, 40))
        document = floor(
            [calls(240, 300)],
            [team(60, name) for name in weights],
            vendors=vendors,
            pools=pools,
            contracts=contracts_of(*weights),
            shares=[{"id": "share", "weights": weights}],
            simulation={"warm_up_percent": 0},
        )
        yield plain(
            f"shares-of-{len(weights)}",
            "invariants",
            document,
            [
                Claim(
                    name="inquiries off the share",
                    exact=0.0,
                    of=lambda seed, weights=weights: _off_share(seed, weights),  # type: ignore[misc]
                    bound=1 - 1 / (2 * len(weights) - 2),
                )
            ],
            arrivals_max=20_000,
        )


def _off_share(seed: Seed, weights: Mapping[str, int]) -> float:
    served = {name: seed.of(f"contracts/{name}/served") for name in weights}
    total = sum(served.values())
    return max(abs(served[name] - total * weight / sum(weights.values())) for name, weight in weights.items())
