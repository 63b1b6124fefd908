"""Texts for people: one catalogue per tag and face, one source for server, mails and browser.

A key says the occasion (`widget.greeting.returning`); English is a catalogue like the others and the last resort of
all. gettext files are read as they are translated, without a compile step, once per tag, when first asked for. Plural
forms stand in the order of CLDR's categories, so that the browser's `Intl.PluralRules` picks the same form as we do.
A reader never meets an exception or a bare key that English knows; a translator's check (`missing`,
`check_placeholders`) meets everything.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po
from babel.plural import to_gettext

from i18n import tags
from i18n.numerals import number

SOURCE: Final = "en"
PSEUDO: Final = "en-XA"
LOCALES: Final = Path(__file__).parent / "locales"

# The first word of a key says in which face's file it stands.
DOMAINS: Final[Mapping[str, str]] = {
    "widget": "widget",
    "notice": "widget",
    "mail": "mail",
    "console": "console",
    "signin": "console",
    "admin": "admin",
    "demo": "admin",
    "quality": "quality",
    "error": "errors",
    "routing": "errors",
    "language": "errors",
}
_FILES: Final = tuple(dict.fromkeys(DOMAINS.values()))
_OFFERED_SHARE: Final = 0.9
_CATEGORIES: Final = ("zero", "one", "two", "few", "many", "other")
_PLACEHOLDER: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_FSI, _PDI = "\u2068", "\u2069"

_ACCENTED: Final = str.maketrans(
    "aceghijklnorstuwyzACEGHIJKLNORSTUWYZ",
    "åçéĝĥîĵķļñöŕšţûŵýžÅÇÉĜĤÎĴĶĻÑÖŔŠŢÛŴÝŽ",
)


class MissingText(LookupError):
    """No catalogue has this key, or a value it needs was not given; raised only where strictness was asked for."""

    code = "missing_text"

    def __init__(self, key: str, tag: str, detail: str = "no catalogue has it") -> None:
        super().__init__(f"text {key!r} for {tag}: {detail}")
        self.key, self.tag = key, tag


class BrokenCatalogue(ValueError):
    """A catalogue file that cannot be read; says which and where."""

    code = "broken_catalogue"


class Problem(NamedTuple):
    """Something a translator has to mend."""

    tag: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Entry:
    forms: tuple[str, ...]
    plural: bool
    fuzzy: bool = False


_Entries = Mapping[str, _Entry]


class Catalogues:
    """All texts under one folder. `strict` raises where the lenient answer would be English or the bare key."""

    def __init__(self, root: Path = LOCALES, *, strict: bool = False) -> None:
        self._root = root
        self._strict = strict
        self._entries: dict[str, _Entries] = {}
        self._chains: dict[str, tuple[str, ...]] = {}
        self._tags: tuple[str, ...] | None = None

    def text(self, key: str, tag: str, /, **values: object) -> str:
        """The text of `key` for a reader of `tag`, with its values; `n` picks the plural form."""
        return self._text(key, tag, values, isolated=False)

    def isolated_text(self, key: str, tag: str, /, **values: object) -> str:
        """As `text`, with inserted values wrapped (FSI … PDI): a Latin name cannot disturb an Arabic sentence."""
        return self._text(key, tag, values, isolated=True)

    def _text(self, key: str, tag: str, values: Mapping[str, object], *, isolated: bool) -> str:
        for candidate in self._chain(tag):
            entry = self._read(candidate).get(key)
            if entry is None or entry.fuzzy:
                continue
            if self._strict and candidate == SOURCE and tags.language(tag) != SOURCE:
                raise MissingText(key, tag)
            return self._fill(key, candidate, entry, values, isolated=isolated)
        if self._strict:
            raise MissingText(key, tag)
        return key

    def has(self, key: str) -> bool:
        """Whether the English source knows this key."""
        return key in self._read(SOURCE)

    def keys(self, prefix: str = "") -> tuple[str, ...]:
        """The keys of the English source, in order."""
        return tuple(key for key in self._read(SOURCE) if key.startswith(prefix))

    def resolve(self, tag: str, *, prefixes: Sequence[str] = ()) -> str:
        """The tag of the catalogue a reader of `tag` is served from; with `prefixes`, the one most texts of that face come from."""
        if not prefixes:
            return self._chain(tag)[0]
        return self._main(tag, self._origins(tag, prefixes))

    def available(self, prefix: str = "") -> tuple[str, ...]:
        """The tags with at least one text under the prefix, English first."""
        return tuple(tag for tag in self._all_tags() if any(key.startswith(prefix) for key in self._read(tag)))

    def offered(self, prefixes: Sequence[str]) -> tuple[str, ...]:
        """The tags a reader can be offered for a face, English first: those with nine of ten of its texts of their own."""
        whole = len([key for key in self._read(SOURCE) if key.startswith(tuple(prefixes))])
        own = {tag: [key for key in self._shown(tag) if key.startswith(tuple(prefixes))] for tag in self._all_tags()}
        return tuple(tag for tag, found in own.items() if found and len(found) >= _OFFERED_SHARE * whole)

    def browser_catalogue(self, tag: str, *, prefixes: Sequence[str]) -> dict[str, Any]:
        """`{"tag", "dir", "texts"}` for the browser. A plural is an object by CLDR category.

        Tag and direction are those of the catalogue most of the texts come from. A text that fell back may lack a category of the
        reader's language: take `other`.
        """
        origins = self._origins(tag, prefixes)
        served = self._main(tag, origins)
        texts: dict[str, str | dict[str, str]] = {}
        for key, origin in origins.items():
            entry = self._read(origin)[key]
            texts[key] = dict(zip(categories(origin), entry.forms, strict=False)) if entry.plural else entry.forms[0]
        region_kept = tags.canonical(tag) if tags.distance(tag, served, use="reading") < tags.UNRELATED else served
        shown = served if served == PSEUDO else region_kept
        return {"tag": shown, "dir": tags.direction(served), "texts": dict(sorted(texts.items()))}

    def missing(self, tag: str) -> dict[str, str]:
        """What this tag's own catalogue lacks of the English source: key → reason."""
        own = self._read(tags.canonical(tag))
        found = {key: _lack(own.get(key), source, tag) for key, source in self._read(SOURCE).items()}
        return {key: reason for key, reason in found.items() if reason}

    def check_placeholders(self) -> tuple[Problem, ...]:
        """Every text whose placeholders differ from English, whose plurals are incomplete, or that English lacks."""
        return tuple(problem for tag in self._all_tags() for problem in self._problems(tag))

    def _origins(self, tag: str, prefixes: Sequence[str]) -> dict[str, str]:
        """For each text of a face, the catalogue a reader of `tag` gets it from."""
        nearest_last = reversed(self._chain(tag))
        return {key: candidate for candidate in nearest_last for key in self._shown(candidate) if key.startswith(tuple(prefixes))}

    def _main(self, tag: str, origins: Mapping[str, str]) -> str:
        counted = Counter(origins.values())
        return max(self._chain(tag), key=lambda candidate: counted[candidate])

    def _shown(self, tag: str) -> Iterator[str]:
        return (key for key, entry in self._read(tag).items() if not entry.fuzzy)

    def _problems(self, tag: str) -> Iterator[Problem]:
        source = self._read(SOURCE)
        for key, entry in self._read(tag).items():
            if key not in source:
                yield Problem(tag, key, "not in English")
                continue
            known = _placeholders(source[key])
            if entry.plural != source[key].plural:
                yield Problem(tag, key, "plural here or in English only")
            if entry.plural and (len(entry.forms) != len(categories(tag)) or not all(entry.forms)):
                yield Problem(tag, key, f"needs the forms {', '.join(categories(tag))}")
            for form in entry.forms:
                # "one message" may leave out the number, nothing else may be left out or added
                given = placeholders(form)
                if given - known or known - given - ({"n"} if entry.plural else frozenset()):
                    yield Problem(tag, key, f"placeholders {sorted(given)} instead of {sorted(known)}")

    def _fill(self, key: str, tag: str, entry: _Entry, values: Mapping[str, object], *, isolated: bool) -> str:
        form = entry.forms[_form_index(tag, values.get("n", 1), len(entry.forms))] if entry.plural else entry.forms[0]

        def value_of(found: re.Match[str]) -> str:
            name = found[1]
            if name not in values:
                if self._strict:
                    raise MissingText(key, tag, f"needs a value for {name!r}")
                return ""
            value = _written(values[name], tag)
            return f"{_FSI}{value}{_PDI}" if isolated else value

        return _PLACEHOLDER.sub(value_of, form)

    def _chain(self, tag: str) -> tuple[str, ...]:
        """From which catalogues, in order: the tag and CLDR's parents, its relatives by distance (pt-PT → pt-BR), English."""
        if tag not in self._chains:
            if len(self._chains) > 1000:
                self._chains.clear()
            self._chains[tag] = self._chain_of(tag)
        return self._chains[tag]

    def _chain_of(self, tag: str) -> tuple[str, ...]:
        try:
            wanted = tags.canonical(tag)
        except tags.InvalidTag:
            return (SOURCE,)
        if wanted == PSEUDO:
            return (PSEUDO, SOURCE)
        there = self._all_tags()
        chain = [parent for parent in tags.fallbacks(wanted) if parent in there]
        return tuple(dict.fromkeys([*chain, *self._relatives(wanted), SOURCE]))

    def _relatives(self, wanted: str) -> Iterator[str]:
        """All that a reader of `wanted` can read at a price, nearest first. Another language in another script is no relative on paper."""
        script, language = tags.script(wanted), tags.language(wanted)
        left = [tag for tag in self._all_tags() if tags.language(tag) == language or tags.script(tag) == script]
        while nearest := tags.best_match([wanted], left):
            yield nearest
            left.remove(nearest)

    def _all_tags(self) -> tuple[str, ...]:
        if self._tags is None:
            folders = sorted(folder.name for folder in self._root.iterdir() if (folder / "LC_MESSAGES").is_dir())
            found = [tags.canonical(name) for name in folders]
            self._tags = tuple(sorted(found, key=lambda tag: (tag != SOURCE, tag)))
        return self._tags

    def _read(self, tag: str) -> _Entries:
        if tag not in self._entries:
            self._entries[tag] = _pseudo(self._read(SOURCE)) if tag == PSEUDO else self._read_files(tag)
        return self._entries[tag]

    def _read_files(self, tag: str) -> _Entries:
        merged: dict[str, _Entry] = {}
        for face in _FILES:
            path = self._root / tag / "LC_MESSAGES" / f"{face}.po"
            try:
                merged |= _entries(path)
            except (PoFileError, ValueError, IndexError) as broken:
                if self._strict:
                    raise BrokenCatalogue(f"{tag}/{face}.po: {broken}") from broken
        return merged


def categories(tag: str) -> tuple[str, ...]:
    """The plural categories of a language in the order of our catalogues' forms: `pl` → one, few, many, other."""
    known = tags.locale(tag).plural_form.tags | {"other"}
    return tuple(category for category in _CATEGORIES if category in known)


def plural_header(tag: str) -> str:
    """The `Plural-Forms` header of a language, for its categories in our order."""
    rule = tags.locale(tag).plural_form
    # CLDR's `e` and `c` are the exponent of "2 million" written short; a number we count has none
    expression = re.sub(r"\b[ce]\b", "0", to_gettext(rule).partition("plural=")[2])
    return f"nplurals={len(categories(tag))}; plural={expression}"


def placeholders(form: str) -> frozenset[str]:
    """The names of the values a text asks for."""
    return frozenset(_PLACEHOLDER.findall(form))


def _entries(path: Path) -> dict[str, _Entry]:
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        catalog: Catalog = read_po(file, abort_invalid=True)
    return {str(message_id): entry for message_id, entry in _translated(catalog)}


def _translated(catalog: Catalog) -> Iterator[tuple[str, _Entry]]:
    for message in catalog:
        plural = isinstance(message.id, tuple | list)
        key = str(message.id[0] if plural else message.id)
        forms = tuple(message.string) if isinstance(message.string, tuple | list) else (message.string,)
        if key and any(forms):
            yield key, _Entry(forms=tuple(form or "" for form in forms), plural=plural, fuzzy=message.fuzzy)


def _form_index(tag: str, n: object, forms: int) -> int:
    count = n if isinstance(n, int | float | Decimal) else 0
    category = tags.locale(tag).plural_form(count)
    return min(categories(tag).index(category), forms - 1)


def _written(value: object, tag: str) -> str:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return number(value, tag)
    return str(value)


def _placeholders(entry: _Entry) -> frozenset[str]:
    return frozenset(name for form in entry.forms for name in placeholders(form))


def _lack(own: _Entry | None, source: _Entry, tag: str) -> str | None:
    if own is None:
        return "absent"
    if own.fuzzy:
        return "to be reviewed"
    if own.plural and (len(own.forms) != len(categories(tag)) or not all(own.forms)):
        return "plural forms incomplete"
    if _placeholders(own) != _placeholders(source):
        return "placeholders differ"
    return None


def _pseudo(source: _Entries) -> _Entries:
    """English, accented and two fifths longer, between brackets that show clipping."""
    return {key: _Entry(forms=tuple(map(_pseudo_form, entry.forms)), plural=entry.plural) for key, entry in source.items()}


def _pseudo_form(form: str) -> str:
    pieces = _PLACEHOLDER.split(form)
    accented = "".join(f"{{{piece}}}" if place % 2 else piece.translate(_ACCENTED) for place, piece in enumerate(pieces))
    padding = "·" * max(1, -(-len(form) * 2 // 5) - 2)
    return f"⟦{accented}{padding}⟧"


_DEFAULT: Final = Catalogues()

text = _DEFAULT.text
isolated_text = _DEFAULT.isolated_text
has = _DEFAULT.has
keys = _DEFAULT.keys
resolve = _DEFAULT.resolve
available = _DEFAULT.available
offered = _DEFAULT.offered
browser_catalogue = _DEFAULT.browser_catalogue
missing = _DEFAULT.missing
check_placeholders = _DEFAULT.check_placeholders
