"""A translation on its way: PO or CSV for people and their tools, and what comes back, line by line.

PO carries the key as context and English as the text to translate, as every editor shows it; plurals as English has them. CSV has one line per
form, for those who work in a spreadsheet. Both say what a translator cannot see, and both are read by the same rules.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contact_hub.quality.export import inert
from contact_hub.translators import po
from contact_hub.translators.book import Book
from contact_hub.translators.po import Block, UnreadableFile
from contact_hub.translators.problems import Problem, forms_of, problem, values_of
from i18n import tags

COLUMNS: Final = ("key", "form", "english", "translation", "state", "note")
_NEEDED: Final = ("key", "translation")
SIZE_MAX: Final = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a translator's file says of one text: its forms in the order of `forms_of`, and the English it was made from."""

    key: str
    line: int
    forms: tuple[str, ...]
    english: tuple[str, ...] | None
    fuzzy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A file as read: what could be understood, and what could not."""

    given: tuple[Given, ...]
    problems: tuple[Problem, ...]


def to_po(book: Book, wanted: Iterable[Block]) -> str:
    """A gettext file for a translator's editor."""
    name = tags.display_name(book.tag, in_tag="en")
    title = [
        f"Contact Hub in {name} ({book.tag}).",
        "The context is our key, the text to translate is English. Keep {values} as they are; the plural forms are those of the header.",
    ]
    fields = {
        "Project-Id-Version": "contact-hub",
        "Language": book.tag,
        "X-Source-Language": "en",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": book.plural_header,
    }
    own = book.entries()
    blocks = po.new_file(title, fields)
    blocks[1:1] = [_entry_for_translators(source, own.get(source.id or ""), book.tag) for source in wanted]
    return po.write(blocks)


def to_csv(book: Book, wanted: Iterable[Block]) -> bytes:
    """Lines for a spreadsheet (RFC 4180, UTF-8 with a mark, nothing that could be calculated)."""
    own = book.entries()
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for source in wanted:
        writer.writerows([inert(cell) for cell in row] for row in _rows(source, own.get(source.id or ""), book.tag))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def read_po(text: str, sources: Mapping[str, Block], tag: str) -> Reading:
    """What a gettext file gives. Takes our own files too, whose ids are the keys."""
    try:
        blocks = po.read(text)
    except UnreadableFile as broken:
        return Reading(given=(), problems=(problem("file_unreadable", line=broken.line, reason=f"{broken.reason}."),))
    said = po.headers(blocks).get("Language", tag)
    if not _same_tag(said, tag):
        line = next((block.line for block in blocks if block.id == ""), 1)
        return Reading(given=(), problems=(problem("tag_differs", line=line, given=said, tag=tag),))
    given, problems = [], []
    for block in blocks:
        if not block.id:
            continue
        key = block.context if block.context is not None else block.id
        if any(block.forms) and key in sources and block.plural is not None and sources[key].plural is None:
            problems.append(problem("plural_not_wanted", key, block.line))
            continue
        english = None if block.context is None else (block.id, *([block.plural] if block.plural is not None else []))
        given.append(Given(key=key, line=block.line, forms=block.forms, english=english, fuzzy=block.fuzzy))
    return Reading(given=tuple(given), problems=tuple(problems))


def read_csv(text: str, sources: Mapping[str, Block], tag: str) -> Reading:
    """What the lines of a spreadsheet give; commas, semicolons and tabs are all met in the world."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    collected = _Lines(sources, tag)
    try:
        header = [cell.strip().casefold() for cell in next(reader, [])]
        if lacking := [column for column in _NEEDED if column not in header]:
            return Reading(given=(), problems=tuple(problem("column_missing", line=1, column=column) for column in lacking))
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                collected.add(line, dict(zip(header, map(_plain, cells), strict=False)))
            line = reader.line_num + 1
    except csv.Error as broken:
        collected.problems.append(problem("file_unreadable", line=reader.line_num, reason=f"This is not CSV: {broken}."))
    return collected.reading()


class _Lines:
    """Lines of a spreadsheet, gathered by key."""

    def __init__(self, sources: Mapping[str, Block], tag: str) -> None:
        self.problems: list[Problem] = []
        self._sources, self._tag = sources, tag
        self._first: dict[str, int] = {}
        self._forms: dict[str, dict[str, str]] = {}
        self._english: dict[str, dict[str, str]] = {}
        self._fuzzy: set[str] = set()

    def add(self, line: int, cells: Mapping[str, str]) -> None:
        key, form = cells.get("key", "").strip(), cells.get("form", "").strip()
        if not key:
            self.problems.append(problem("key_missing", line=line))
            return
        wanted = forms_of(self._sources[key], self._tag) if key in self._sources else (form,)
        if form not in wanted:
            code = "form_unknown" if wanted != ("",) else "plural_not_wanted"
            self.problems.append(problem(code, key, line, form=form or "(none)", forms=", ".join(wanted)))
            return
        self._first.setdefault(key, line)
        forms = self._forms.setdefault(key, {})
        if form in forms:
            told = ("form_twice", {"form": form}) if form else ("key_twice", {"first": self._first[key]})
            self.problems.append(problem(told[0], key, line, **told[1]))
            return
        forms[form] = cells.get("translation", "")
        if english := cells.get("english", ""):
            self._english.setdefault(key, {})[form] = english
        if cells.get("state", "").strip() == "to review":
            self._fuzzy.add(key)

    def reading(self) -> Reading:
        given = tuple(self._given(key) for key in self._forms)
        return Reading(given=given, problems=tuple(self.problems))

    def _given(self, key: str) -> Given:
        source, forms = self._sources.get(key), self._forms[key]
        wanted = forms_of(source, self._tag) if source else tuple(forms)
        return Given(
            key=key,
            line=self._first[key],
            forms=tuple(forms.get(form, "") for form in wanted),
            english=self._english_of(key, source),
            fuzzy=key in self._fuzzy,
        )

    def _english_of(self, key: str, source: Block | None) -> tuple[str, ...] | None:
        """The English of the lines, or None where they have none; a line shows the form that its category has in English."""
        shown = self._english.get(key)
        if not shown or source is None:
            return None
        right = all(text == english_of(source, form) for form, text in shown.items())
        return source.forms if right else tuple(shown.values())


def english_of(source: Block, form: str) -> str:
    """The English text beside one form of the translation."""
    return source.forms[0] if form in {"", "one"} else source.forms[-1]


def state_of(entry: Block | None) -> str:
    if entry is None or not any(entry.forms):
        return "missing"
    return "to review" if entry.fuzzy else "done"


def _entry_for_translators(source: Block, own: Block | None, tag: str) -> Block:
    forms = own.forms if own is not None else ("",) * len(forms_of(source, tag))
    notes = [*source.notes, *([f"Values: {', '.join(sorted(values_of(source)))}"] if values_of(source) else [])]
    if source.plural is not None:
        notes.append(f"Forms: {', '.join(forms_of(source, tag))}")
    return po.entry(
        source.forms[0],
        forms,
        plural=source.forms[-1] if source.plural is not None else None,
        context=source.id,
        notes=notes,
        fuzzy=own is not None and own.fuzzy,
    )


def _rows(source: Block, own: Block | None, tag: str) -> Iterator[Sequence[str]]:
    note = " ".join(source.notes)
    for place, form in enumerate(forms_of(source, tag)):
        translation = own.forms[place] if own is not None and place < len(own.forms) else ""
        yield (source.id or "", form, english_of(source, form), translation, state_of(own), note)


def _plain(cell: str) -> str:
    """Without the apostrophe that kept a spreadsheet from calculating."""
    return cell[1:] if cell.startswith("'") and inert(cell[1:]) == cell else cell


def _same_tag(given: str, tag: str) -> bool:
    try:
        return tags.canonical(given) == tag
    except tags.InvalidTag:
        return False
