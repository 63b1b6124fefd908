"""A small floor that is right in everything, for tests to break in one place; and floors that nobody would think of."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

TAGS = ("en", "fr", "de", "pt-BR", "zh-Hans", "ar", "he", "no", "fil")

SMALL: dict[str, Any] = {
    "workspace": {"id": "small", "name": "Small floor"},
    "clients": [{"id": "velour", "name": "Velour", "country": "FR", "zone": "Europe/Paris"}],
    "brands": [
        {
            "id": "maison",
            "client": "velour",
            "name": "Maison",
            "languages": ["fr", "ar"],
            "zone": "Europe/Paris",
            "look": {"colour": "#7a1f3d", "initials": "M"},
            "sites": ["https://maison.example"],
            "texts": {
                "fr": {"greeting": "Bonjour", "privacy": "Rien de plus"},
                "ar": {"greeting": "مرحبًا", "privacy": "لا شيء أكثر"},
            },
            "canned": {"greeting": {"fr": "Bonjour {customer}", "ar": "مرحبًا {customer}"}},
            "dispositions": {"resolved": {"fr": "Résolu"}},
            "fallback": "leave_message",
        }
    ],
    "vendors": [{"id": "lusora", "name": "Lusora"}],
    "pools": [
        {
            "id": "lisbon",
            "name": "Lisbon",
            "vendor": "lusora",
            "sourcing": "outsourced",
            "country": "PT",
            "zone": "Europe/Lisbon",
            "hours": {"daily": ["00:00-24:00"]},
        }
    ],
    "agents": [
        {
            "id": "dalal",
            "name": "دلال حداد",
            "email": "dalal@lusora.example",
            "pool": "lisbon",
            "languages": {"ar": "native", "fr": "C1"},
            "skills": {"orders": 3},
            "certifications": {"maison": None},
            "personas": {"maison": {"name": "Layla"}},
        }
    ],
    "staff": [{"id": "robin", "name": "Robin", "email": "robin@hub.example", "role": "operator"}],
    "contracts": [{"id": "one", "client": "velour", "vendor": "lusora"}],
    "kinds": [{"id": "service", "labels": {"fr": "Service", "ar": "خدمة"}, "skills": {"orders": 2}}],
    "away_reasons": [{"id": "lunch", "labels": {"fr": "Déjeuner"}}],
}


def small(*changes: tuple[Sequence[str | int], Any]) -> dict[str, Any]:
    """The small floor with values replaced at their places; `...` takes the value away."""
    document = deepcopy(SMALL)
    for place, value in changes:
        *way, last = place
        holder: Any = document
        for part in way:
            holder = holder.setdefault(part, {}) if isinstance(holder, dict) else holder[part]
        if value is ...:
            del holder[last]
        elif isinstance(holder, list) and last == len(holder):
            holder.append(value)
        else:
            holder[last] = value
    return document


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _written_week(cuts: list[int]) -> dict[str, list[str]]:
    """Blocks between every second pair of cuts of one week; none is longer than a day, so each is one block."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    week: dict[str, list[str]] = {}
    for opens, closes in zip(cuts[::2], cuts[1::2], strict=False):
        if closes - opens < 24 * 60:
            week.setdefault(names[opens // (24 * 60)], []).append(f"{_clock(opens)}-{_clock(closes)}")
    return week


weeks = st.lists(st.integers(0, 7 * 24 * 60 - 1), max_size=16, unique=True).map(sorted).map(_written_week)

# Everything YAML finds hard: quotes, colons, line ends, what looks like a number, a date, a boolean, a tag, an alias.
nasty = st.sampled_from(
    [
        "no",
        "NO",
        "null",
        "~",
        "2026-12-24",
        "08",
        "1e5",
        "0x1f",
        "1_000",
        "12:30:45",
        "a: b",
        "- x",
        "!!str x",
        "*x",
        "&x",
        "#",
        "%",
        "=",
        "<<",
    ]
)
names = (
    st.one_of(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20), nasty)
    .map(str.strip)
    .filter(bool)
)
texts = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60), nasty).filter(
    lambda text: bool(text.strip())
)
ids = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True)
levels = st.sampled_from(["A1", "B2", "C1", "native"])
amounts = st.decimals(0, 10_000, places=2).map(float)
wishes = st.sampled_from(
    [
        [],
        [{"until_seconds": 60, "level": "C1"}, {"until_seconds": 120.5, "level": "native"}],
        [{"until_seconds": 0.5, "skills": {"orders": 4}}, {"until_seconds": 30, "dialect": True, "level": "C2"}],
    ]
)


@st.composite
def terms(draw: st.DrawFn, contract: str, vendor: str) -> dict[str, Any]:
    """A contract with its money and its days, none of which contradict each other."""
    price = draw(amounts)
    return {
        "id": contract,
        "client": "velour",
        "vendor": vendor,
        "overflow_wait_seconds": draw(st.sampled_from([None, 0, 90.5])),
        "answer_within_seconds": draw(st.sampled_from([None, 45])),
        "currency": "EUR",
        "price": price,
        "cap_per_day": draw(st.sampled_from([None, 10, 1000])),
        "budget_per_day": draw(st.one_of(st.none(), st.just(round(price * 10, 2)))),
        "minimum_per_day": draw(st.sampled_from([0, 10])),
        "data": draw(st.sampled_from([None, ["order"], ["health", "order"]])),
        "targets": draw(st.sampled_from([{}, {"answer_seconds": 40}, {"service_level": {"percent": 80, "seconds": 20}}])),
    }


dates = st.dates().map(str)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Workspaces that are sound, with every field somewhere."""
    brand, pool = draw(ids), draw(ids)
    languages = draw(st.lists(st.sampled_from(TAGS), min_size=1, unique=True))
    part = draw(st.integers(1, 99))
    agents = [
        {
            "id": key,
            "name": draw(names),
            "email": f"{key}@example.org",
            "pool": pool,
            "languages": draw(st.dictionaries(st.sampled_from(TAGS), levels, min_size=1)),
            "skills": draw(st.dictionaries(ids, st.integers(1, 5), max_size=3)),
            "certifications": draw(st.dictionaries(st.just(brand), st.one_of(st.none(), dates))),
            "personas": {brand: {"name": draw(names), "signature": draw(texts)}},
            "shift": draw(st.one_of(st.none(), weeks)),
            "ceilings": draw(st.dictionaries(st.sampled_from(["chat", "email"]), st.integers(0, 20))),
        }
        for key in draw(st.lists(ids, max_size=3, unique=True))
    ]
    return small(
        (["workspace", "name"], draw(names)),
        (["brands", 0, "id"], brand),
        (["brands", 0, "languages"], languages),
        (["brands", 0, "forbidden_words"], draw(st.lists(names, max_size=4, unique=True))),
        (
            ["brands", 0, "texts"],
            draw(st.dictionaries(st.sampled_from(TAGS), st.fixed_dictionaries({"greeting": texts}, optional={"tone": texts}))),
        ),
        (["brands", 0, "idle_seconds"], draw(st.floats(0, 1000))),
        (["brands", 0, "csat"], draw(st.booleans())),
        (["pools", 0, "id"], pool),
        (["pools", 0, "hours"], draw(weeks)),
        (
            ["pools", 0, "overrides"],
            draw(st.dictionaries(dates, st.sampled_from([[], ["09:00-13:00", "22:00-06:00"]]), max_size=3)),
        ),
        (["agents"], agents),
        (["kinds", 0, "labels"], draw(st.dictionaries(st.sampled_from(TAGS), texts, min_size=1))),
        (["brands", 0, "residency"], draw(st.sampled_from([[], ["PT"], ["EU"], ["EEA", "PH"]]))),
        (["brands", 0, "wishes"], draw(wishes)),
        (["contracts"], [draw(terms("one", "lusora")), draw(terms("two", "tambuli"))]),
        (["vendors", 1], {"id": "tambuli", "name": "Tambuli"}),
        (
            ["shares"],
            draw(st.sampled_from([[], [{"id": "split", "contracts": {"one": part, "two": 100 - part}, "strict": part > 50}]])),
        ),
        (["kinds", 0, "wishes"], draw(wishes)),
        (["kinds", 0, "data"], draw(st.sampled_from([[], ["order"]]))),
        (["rules", "sticky_hold_seconds"], draw(st.sampled_from([0, 12.5]))),
        (["rules", "ageing_guard_seconds"], draw(st.sampled_from([None, 0, 300]))),
        (["rules", "auto_accept"], draw(st.sampled_from([[], ["chat"], ["email", "chat"]]))),
        (["rules", "choice"], draw(st.sampled_from([[], ["lowest_cost"], ["nearest_zone", "least_flexible", "closest_level"]]))),
        (["rules", "fewest_in_hand"], draw(st.booleans())),
        (["rules", "wrap_up_seconds"], draw(st.one_of(st.integers(0, 1000), st.floats(0, 1000)))),
        (["texts"], draw(st.dictionaries(st.sampled_from(TAGS), st.dictionaries(st.just("widget.greeting"), texts)))),
    )
