"""Taking a translation in: every text is checked, what is right can be written, what is wrong is told by line.

Nothing is written while anything is wrong, unless the right part was asked for. A machine's text is only a proposal: it never stands over a
text that people read today, and it is not shown until somebody has read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from contact_hub.errors import HubError
from contact_hub.translators.book import Book
from contact_hub.translators.exchange import SIZE_MAX, Given, Reading, read_csv, read_po
from contact_hub.translators.po import Block
from contact_hub.translators.problems import Problem, check, problem
from i18n.catalogues import SOURCE
from i18n.typography import spaced


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What an import does, or would do."""

    new: tuple[Given, ...] = ()
    changed: tuple[Given, ...] = ()
    unchanged: int = 0
    empty: int = 0
    """Left out by the translator."""
    kept: int = 0
    """A machine's proposals for texts that people read already."""
    problems: tuple[Problem, ...] = ()

    @property
    def to_write(self) -> tuple[Given, ...]:
        return (*self.new, *self.changed)

    def as_json(self) -> dict[str, object]:
        return {
            "new": [given.key for given in self.new],
            "changed": [given.key for given in self.changed],
            "unchanged": self.unchanged,
            "empty": self.empty,
            "kept": self.kept,
            "problems": [{"code": one.code, "key": one.key, "line": one.line, "sentence": one.sentence} for one in self.problems],
        }


def read_file(path: Path, sources: Mapping[str, Block], tag: str) -> Reading:
    """A translator's file, whichever of the two kinds it is. Raises HubError `texts_unreadable`."""
    try:
        if path.stat().st_size > SIZE_MAX:
            raise HubError("texts_unreadable", f"{path} is larger than {SIZE_MAX:,} bytes.")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = broken.object[: broken.start].count(b"\n") + 1
        raise HubError("texts_unreadable", f"{path} is not UTF-8.", line=line) from None
    except OSError as broken:
        raise HubError("texts_unreadable", f"{path}: {broken.strerror}.") from None
    match path.suffix.casefold():
        case ".po" | ".pot":
            return read_po(text, sources, tag)
        case ".csv" | ".tsv" | ".txt":
            return read_csv(text, sources, tag)
        case _:
            raise HubError("texts_unreadable", f"{path} is neither a .po nor a .csv file.")


def weigh(reading: Reading, book: Book, sources: Mapping[str, Block], *, machine: bool) -> Taken:
    """What of a file can be taken into `book`."""
    if book.tag == SOURCE:
        return Taken(problems=(problem("source_language"),))
    scales = _Scales(book.entries(), sources, book.tag, machine, problems=list(reading.problems))
    for given in reading.given:
        scales.weigh(given)
    return scales.taken()


def write(taken: Taken, book: Book, sources: Mapping[str, Block], *, machine: bool) -> list[Path]:
    """Put the texts into the files; says which changed."""
    for given in taken.to_write:
        before = frozenset(_before(given.key, sources))
        book.put(sources[given.key], given.forms, before, fuzzy=machine or given.fuzzy, machine_made=machine)
    return book.save()


def _before(key: str, order: Mapping[str, Block]) -> Iterator[str]:
    for known in order:
        if known == key:
            return
        yield known


@dataclass(slots=True)
class _Scales:
    own: Mapping[str, Block]
    sources: Mapping[str, Block]
    tag: str
    machine: bool
    problems: list[Problem]
    seen: dict[str, int] = field(default_factory=dict)
    new: list[Given] = field(default_factory=list)
    changed: list[Given] = field(default_factory=list)
    unchanged: int = 0
    empty: int = 0
    kept: int = 0

    def weigh(self, given: Given) -> None:
        source = self.sources.get(given.key)
        if not any(given.forms):
            self.empty += 1
            return
        found = [problem("key_unknown", given.key, given.line)] if source is None else [*self._check(source, given)]
        self.seen.setdefault(given.key, given.line)
        if found or source is None:
            self.problems += found
            return
        self._place(replace(given, forms=_clean(given.forms, source, self.tag)))

    def _check(self, source: Block, given: Given) -> Iterator[Problem]:
        if given.key in self.seen:
            yield problem("key_twice", given.key, given.line, first=self.seen[given.key])
        if given.english is not None and not _same_words(given.english, source.forms):
            yield problem("english_changed", given.key, given.line, english=" / ".join(source.forms))
        yield from check(source, given.forms, self.tag, line=given.line)

    def _place(self, given: Given) -> None:
        old = self.own.get(given.key)
        if old is None or not any(old.forms):
            self.new.append(given)
        elif old.forms == given.forms and (self.machine or old.fuzzy == given.fuzzy):
            self.unchanged += 1
        elif self.machine and not old.fuzzy:
            self.kept += 1
        else:
            self.changed.append(given)

    def taken(self) -> Taken:
        return Taken(
            new=tuple(self.new),
            changed=tuple(self.changed),
            unchanged=self.unchanged,
            empty=self.empty,
            kept=self.kept,
            problems=tuple(sorted(self.problems, key=lambda found: found.line)),
        )


def _same_words(given: tuple[str, ...], english: tuple[str, ...]) -> bool:
    """Spreadsheets change line ends and trim; that is no other text. One form may stand for both where both are alike."""
    return [text.split() for text in dict.fromkeys(given)] == [text.split() for text in dict.fromkeys(english)]


def _clean(forms: tuple[str, ...], source: Block, tag: str) -> tuple[str, ...]:
    """Without the blanks at the ends that English has not either; lines end as ours do, spaces hold as the language wants them."""
    own_ends = any(form != form.strip() for form in source.forms)
    ended = [spaced(form.replace("\r\n", "\n"), tag) for form in forms]
    return tuple(ended if own_ends else [form.strip() for form in ended])
