"""Language tags: what they say, what follows from them, and how far apart they lie.

BCP 47 in, canonical BCP 47 out; CLDR (through Babel) answers what a tag leaves unsaid. Everything else in the house
treats a tag as an opaque string and asks here. Nothing in this file knows about texts or people.
"""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from babel.core import Locale, UnknownLocaleError, get_global

Use = Literal["reading", "writing", "speaking"]

UNRELATED: Final = 100
"""The distance of two languages that do not help each other."""

OWN_MAX: Final = 10
"""Up to this distance (for writing) it is still the reader's own language, if another variant of it."""

# The whole of the registry's list (RFC 5646, section 2.1); what it gives no successor becomes private use, as CLDR has it.
_GRANDFATHERED: Final = {
    "art-lojban": "jbo",
    "cel-gaulish": "xtg",
    "en-gb-oed": "en-gb-oxendict",
    "i-ami": "ami",
    "i-bnn": "bnn",
    "i-default": "en-x-i-default",
    "i-enochian": "und-x-i-enochian",
    "i-hak": "hak",
    "i-klingon": "tlh",
    "i-lux": "lb",
    "i-mingo": "see-x-i-mingo",
    "i-navajo": "nv",
    "i-pwn": "pwn",
    "i-tao": "tao",
    "i-tay": "tay",
    "i-tsu": "tsu",
    "no-bok": "nb",
    "no-nyn": "nn",
    "sgn-be-fr": "sfb",
    "sgn-be-nl": "vgt",
    "sgn-ch-de": "sgg",
    "zh-guoyu": "zh",
    "zh-hakka": "hak",
    "zh-min": "nan-x-zh-min",
    "zh-min-nan": "nan",
    "zh-xiang": "hsn",
}
_EXTLANGS: Final = {"yue", "cmn", "nan", "wuu", "hak", "gan", "hsn", "arz", "arb", "ary", "apc", "zsm", "ekk", "lvs"}

_TAG: Final = re.compile(
    r"(?P<language>[a-z]{2,3}|[a-z]{5,8})"
    r"(?:-(?P<extlang>[a-z]{3}))?"
    r"(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
    r"(?P<extensions>(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*)"
    r"(?P<private>-x(?:-[a-z0-9]{1,8})+)?"
)
_EXTENSION: Final = re.compile(r"[0-9a-wy-z](?:-[a-z0-9]{2,8})+")
_LENGTH_MAX: Final = 100

_NO_LANGUAGE: Final = frozenset({"und", "mul", "zxx", "mis"})
"""Subtags that say that no one language is known: nobody can be served in them."""

_RTL_SCRIPTS: Final = frozenset({"Adlm", "Arab", "Aran", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"})

_SAME_LANGUAGE_OTHER_SCRIPT: Final[dict[str, dict[Use, int]]] = {
    "zh": {"reading": 15, "writing": 40, "speaking": 0},
    "sr": {"reading": 2, "writing": 4, "speaking": 0},
    "hi": {"reading": 25, "writing": 25, "speaking": 0},
}
_OTHER_SCRIPT: Final[dict[Use, int]] = {"reading": 50, "writing": 60, "speaking": 0}
_OTHER_REGION: Final = 4
_UNSAID_REGION: Final = 2
_REGION_PRICES: Final[dict[frozenset[str], int]] = {
    frozenset({"pt-BR", "pt-PT"}): 8,
    frozenset({"zh-TW", "zh-HK"}): 6,
    frozenset({"de-DE", "de-AT"}): 2,
    frozenset({"en-US", "en-CA"}): 2,
}

# (reading, writing, speaking); languages whose speakers serve each other in practice. What is not here is unrelated:
# a wrong neighbour costs a customer more than a longer wait.
_NEIGHBOURS: Final[dict[frozenset[str], tuple[int, int, int]]] = {
    frozenset({"no", "nb"}): (0, 0, 0),
    frozenset({"no", "nn"}): (4, 10, 4),
    frozenset({"nb", "nn"}): (4, 10, 4),
    frozenset({"no", "da"}): (10, 45, 30),
    frozenset({"nb", "da"}): (10, 45, 30),
    frozenset({"nn", "da"}): (15, 50, 35),
    frozenset({"no", "sv"}): (20, 50, 25),
    frozenset({"nb", "sv"}): (20, 50, 25),
    frozenset({"nn", "sv"}): (20, 50, 25),
    frozenset({"da", "sv"}): (25, 55, 40),
    frozenset({"hr", "bs"}): (4, 8, 4),
    frozenset({"hr", "sr"}): (6, 15, 6),
    frozenset({"bs", "sr"}): (5, 10, 5),
    frozenset({"cnr", "sr"}): (3, 5, 3),
    frozenset({"cnr", "bs"}): (4, 8, 4),
    frozenset({"cnr", "hr"}): (6, 15, 6),
    frozenset({"cs", "sk"}): (12, 45, 10),
    frozenset({"id", "ms"}): (20, 40, 25),
    frozenset({"bg", "mk"}): (20, 50, 25),
    frozenset({"hi", "ur"}): (UNRELATED, UNRELATED, 15),
    frozenset({"gl", "pt"}): (25, 55, 30),
    frozenset({"gl", "es"}): (25, 55, 30),
    frozenset({"ca", "es"}): (45, 70, 55),
    frozenset({"af", "nl"}): (25, 60, 35),
    frozenset({"de", "gsw"}): (10, 15, 25),
    frozenset({"de", "lb"}): (25, 60, 40),
    frozenset({"zh", "yue"}): (8, 30, 60),
    frozenset({"fa", "tg"}): (UNRELATED, UNRELATED, 20),
    frozenset({"az", "tr"}): (30, 60, 30),
}
_USES: Final[tuple[Use, ...]] = ("reading", "writing", "speaking")

_MATCH_MAX: Final = 40
_DEMOTION: Final = 9


class InvalidTag(ValueError):
    """Not a BCP 47 language tag."""

    code = "invalid_tag"

    def __init__(self, tag: str) -> None:
        super().__init__(f"{tag[:_LENGTH_MAX]!r} is not a BCP 47 language tag")
        self.tag = tag


@lru_cache(maxsize=4096)
def canonical(tag: str) -> str:
    """The canonical form: `pt_br` → `pt-BR`, `iw` → `he`, `zh-cmn-hans` → `zh-Hans`. Raises InvalidTag."""
    parts = _parse(tag)
    language_, script_, region = parts.language, parts.script, parts.region
    alias = _alias("-".join(filter(None, (language_, script_, region)))) or _alias(language_)
    if alias:
        other = _parse(alias)
        language_, script_, region = other.language, script_ or other.script, region or other.region
    region = _one(get_global("territory_aliases").get(region, region)) if region else None
    subtags = [language_, script_, region, *sorted(parts.variants), *sorted(parts.extensions), parts.private]
    return "-".join(filter(None, subtags))


def language(tag: str) -> str:
    """The language alone: `pt-BR` → `pt`."""
    return canonical(tag).split("-", 1)[0]


@lru_cache(maxsize=4096)
def script(tag: str) -> str:
    """The ISO 15924 script, said or likely: `zh-TW` → `Hant`. `Zyyy` where CLDR has no idea."""
    return _split(expand(tag))[1] or "Zyyy"


def direction(tag: str) -> Literal["ltr", "rtl"]:
    """Which way the script runs."""
    return "rtl" if script(tag) in _RTL_SCRIPTS else "ltr"


@lru_cache(maxsize=4096)
def expand(tag: str) -> str:
    """With the likely script and region: `pt` → `pt-Latn-BR`. What CLDR does not know stays unsaid."""
    language_, script_, region = _split(canonical(tag))
    if language_ == "und" and script_ is None:
        return "und"
    likely = get_global("likely_subtags")
    for key in _likely_keys(language_, script_, region):
        if key in likely:
            full_language, full_script, full_region = _split(likely[key].replace("_", "-"))
            language_ = full_language if language_ == "und" else language_
            return "-".join(filter(None, (language_, script_ or full_script, region or full_region)))
    return "-".join(filter(None, (language_, script_, region)))


@lru_cache(maxsize=4096)
def fallbacks(tag: str) -> tuple[str, ...]:
    """The tag and its CLDR parents, nearest first: `es-MX` → `es-MX, es-419, es`. Never crosses a script."""
    chain: list[str] = []
    current: str | None = "-".join(filter(None, _split(canonical(tag))))
    while current and current not in chain:
        chain.append(current)
        current = _parent(current)
    return tuple(chain)


def locale(tag: str) -> Locale:
    """Babel's locale nearest to the tag; English where CLDR has none."""
    return _locale(canonical(tag))


@lru_cache(maxsize=4096)
def display_name(tag: str, *, in_tag: str) -> str:
    """What speakers of `in_tag` call it: `de` in `fr` → `allemand`. The tag itself where CLDR has no name."""
    wanted = canonical(tag)
    subtags = _parse(wanted)
    language_, script_, region = subtags.language, subtags.script, subtags.region
    names = locale(in_tag)
    whole = names.languages.get("_".join(filter(None, (language_, script_, region))))
    if whole and not subtags.variants:
        return str(whole)
    variants = (names.variants.get(variant.upper()) for variant in subtags.variants)
    known = (names.scripts.get(script_ or ""), names.territories.get(region or ""), *variants)
    parts = [str(name) for name in known if name]
    base = names.languages.get(f"{language_}_{script_}") if script_ else None
    if base:
        parts = parts[1:]
    base = base or names.languages.get(language_) or language_
    if not parts:
        return str(base)
    said = ", ".join(parts)
    return f"{base[:-1]}, {said})" if base.endswith(")") else f"{base} ({said})"


@lru_cache(maxsize=16384)
def distance(a: str, b: str, *, use: Use = "writing") -> int:
    """How much is lost when one is used for the other: 0 nothing … 100 everything. Symmetric.

    A region costs a little, a script what it costs for this use, a neighbouring language what practice says.
    """
    first, second = canonical(a), canonical(b)
    if first == second:
        return 0
    if language(first) in _NO_LANGUAGE or language(second) in _NO_LANGUAGE:
        return UNRELATED
    (language_a, script_a, region_a), (language_b, script_b, region_b) = _split(expand(first)), _split(expand(second))
    if language_a != language_b:
        neighbours = _NEIGHBOURS.get(frozenset({language_a, language_b}))
        return min(neighbours[_USES.index(use)] + _unusual_script(first, second, use), UNRELATED) if neighbours else UNRELATED
    if script_a != script_b:
        return _SAME_LANGUAGE_OTHER_SCRIPT.get(language_a, _OTHER_SCRIPT)[use]
    if region_a == region_b:
        return 0
    if _split(first)[2] is None or _split(second)[2] is None:
        return _UNSAID_REGION
    return _REGION_PRICES.get(frozenset({f"{language_a}-{region_a}", f"{language_b}-{region_b}"}), _OTHER_REGION)


def _unusual_script(a: str, b: str, use: Use) -> int:
    """What it costs neighbours not to share a script where one does not write in its usual one: the table's prices know only those."""
    usual = script(a) == script(language(a)) and script(b) == script(language(b))
    return 0 if usual or script(a) == script(b) else _OTHER_SCRIPT[use]


def best_match(wanted: Sequence[str], available: Collection[str]) -> str | None:
    """The available tag a reader of `wanted` (best first) is served best by; None if nothing is near enough.

    A close match for the first wish beats an exact match for a later one only where it is nearly as good. Tags that
    cannot be parsed (browsers send them) are passed over.
    """
    candidates = [tag for tag in available if _is_tag(tag)]
    best: tuple[int, int, int] | None = None
    found: str | None = None
    for rank, wish in enumerate(wish for wish in wanted if _is_tag(wish)):
        for position, candidate in enumerate(candidates):
            lost = distance(wish, candidate, use="reading")
            key = (lost + rank * _DEMOTION, rank, position)
            if lost <= _MATCH_MAX and (best is None or key < best):
                best, found = key, candidate
    return found


def own_match(wanted: str, available: Collection[str]) -> str | None:
    """The available tag whose texts are in the reader's own language and script: CLDR's parents first, then the nearest variant.

    None where there is only a neighbour's language: for words that a catalogue has in the right one.
    """
    if not _is_tag(wanted):
        return None
    candidates = [tag for tag in available if _is_tag(tag)]
    by_form = {canonical(tag): tag for tag in candidates}
    if parent := next((by_form[tag] for tag in fallbacks(wanted) if tag in by_form), None):
        return parent
    lost, found = min(((distance(wanted, tag), tag) for tag in candidates), default=(UNRELATED, None))
    return found if lost <= OWN_MAX else None


def _is_tag(tag: str) -> bool:
    try:
        canonical(tag)
    except InvalidTag:
        return False
    return True


class _Subtags(NamedTuple):
    language: str
    script: str | None
    region: str | None
    variants: tuple[str, ...]
    extensions: tuple[str, ...]
    private: str | None


def _parse(tag: str) -> _Subtags:
    text = tag.strip().replace("_", "-").lower()
    text = f"und-{text}" if text.startswith("x-") else _GRANDFATHERED.get(text, text)
    found = _TAG.fullmatch(text) if len(text) <= _LENGTH_MAX and text.isascii() else None
    if found is None:
        raise InvalidTag(tag)
    language_, extlang = found["language"], found["extlang"]
    if extlang:
        if extlang not in _EXTLANGS:
            raise InvalidTag(tag)
        language_ = extlang
    variants = tuple(filter(None, (found["variants"] or "").split("-")))
    if len(set(variants)) != len(variants):
        raise InvalidTag(tag)
    extensions = tuple(_EXTENSION.findall(found["extensions"] or ""))
    if len({extension[0] for extension in extensions}) != len(extensions):
        raise InvalidTag(tag)
    return _Subtags(
        language=language_,
        script=found["script"].title() if found["script"] else None,
        region=found["region"].upper() if found["region"] else None,
        variants=variants,
        extensions=extensions,
        private=found["private"][1:] if found["private"] else None,
    )


def _split(tag: str) -> tuple[str, str | None, str | None]:
    parts = _parse(tag)
    return parts.language, parts.script, parts.region


def _alias(tag: str) -> str | None:
    # CLDR's alias of `no` and the like is the language itself; Babel keeps only real replacements.
    replacement = get_global("language_aliases").get(tag.replace("-", "_"))
    return str(replacement).replace("_", "-") if replacement else None


def _one(territories: str | list[str]) -> str:
    return territories if isinstance(territories, str) else territories[0]


def _likely_keys(language_: str, script_: str | None, region: str | None) -> list[str]:
    shapes = [
        (language_, script_, region),
        (language_, None, region),
        (language_, script_, None),
        (language_, None, None),
        ("und", script_, None),
    ]
    # bare `und` is English to CLDR: a language it knows nothing about would be called English
    return [key for shape in shapes if (key := "_".join(filter(None, shape))) != "und"]


def _parent(tag: str) -> str | None:
    language_, script_, region = _split(tag)
    exceptions = get_global("parent_exceptions")
    exception = exceptions.get(tag.replace("-", "_"))
    if exception:
        return str(exception).replace("_", "-")
    if script_ and script_ != _split(expand(language_))[1] and region is None:
        return None  # zh-Hant is not read by who reads zh: CLDR's parent is root
    if script_ is None and region and script(tag) != script(language_):
        return f"{language_}-{script(tag)}"
    if region:
        return "-".join(filter(None, (language_, script_)))
    return language_ if script_ else None


@lru_cache(maxsize=1024)
def _locale(tag: str) -> Locale:
    for candidate in fallbacks(tag):
        try:
            return Locale.parse(candidate.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
