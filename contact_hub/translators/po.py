"""A gettext file as its author left it: read entry by entry, changed entry by entry, every other line kept.

Pure: text in, text out. Babel reads catalogues for the program; it would write them back in its own order and folding, and a translator's
diff would drown. This knows lines: a block is what stands between two entries, with the comments above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

MACHINE_MADE: Final = "# Machine-made; nobody has read it yet."

_FIELD: Final = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[(\d)\])?)\s*"((?:[^"\\]|\\.)*)"\s*')
_MORE: Final = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*')
_ESCAPED: Final = re.compile(r"\\(.)")
_ESCAPES: Final[Mapping[str, str]] = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


class UnreadableFile(ValueError):
    """Not a gettext file; says in which line."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line, self.reason = line, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """An entry with the lines it stands in. The header is the entry whose id is empty; remarks at the end have no entry."""

    lines: tuple[str, ...]
    line: int = 0
    """Where its id stands, from 1."""
    context: str | None = None
    id: str | None = None
    plural: str | None = None
    forms: tuple[str, ...] = ()

    @property
    def fuzzy(self) -> bool:
        return any("fuzzy" in _flags(line) for line in self.lines)

    @property
    def machine_made(self) -> bool:
        return MACHINE_MADE in self.lines

    @property
    def notes(self) -> tuple[str, ...]:
        """What the source says to translators, without the English text."""
        said = (line[2:].strip() for line in self.lines if line.startswith("#."))
        return tuple(note for note in said if note and not note.startswith("English:"))


def read(text: str) -> list[Block]:
    """The blocks of a file. Raises UnreadableFile."""
    return [_block(lines, first) for lines, first in _runs(text.split("\n"))]


def write(blocks: Sequence[Block]) -> str:
    return "\n".join(line for block in blocks for line in block.lines)


def with_forms(block: Block, forms: Sequence[str], *, fuzzy: bool, machine_made: bool = False) -> Block:
    """The same entry with another translation; its comments stay."""
    above = _marked(_above(block), fuzzy=fuzzy, machine_made=machine_made)
    lines = (*above, *_ids(block), *_form_lines(forms, plural=block.plural is not None))
    return replace(block, lines=lines, forms=tuple(forms))


def entry(
    key: str,
    forms: Sequence[str],
    *,
    plural: str | None = None,
    context: str | None = None,
    notes: Sequence[str] = (),
    fuzzy: bool = False,
    machine_made: bool = False,
) -> Block:
    """A new entry, with a blank line above it."""
    above = _marked(["", *(f"#. {note}" for note in notes)], fuzzy=fuzzy, machine_made=machine_made)
    bare = Block(lines=(), id=key, plural=plural, context=context, forms=tuple(forms))
    return replace(bare, lines=(*above, *_ids(bare), *_form_lines(forms, plural=plural is not None)))


def new_file(title: Sequence[str], headers: Mapping[str, str]) -> list[Block]:
    """A file with nothing but its header, and a line for the end."""
    told = "".join(f"{name}: {value}\n" for name, value in headers.items())
    lines = [*(f"# {line}" for line in title), 'msgid ""', *_header_lines(told)]
    return [Block(lines=tuple(lines), id="", forms=(told,)), Block(lines=("",))]


def headers(blocks: Sequence[Block]) -> dict[str, str]:
    """The fields of the header."""
    told = next((block.forms[0] for block in blocks if block.id == "" and block.forms), "")
    return dict(line.split(": ", 1) for line in told.splitlines() if ": " in line)


def with_header(blocks: Sequence[Block], name: str, value: str) -> list[Block]:
    """The file with this field of the header set."""
    told = "".join(f"{field}: {said}\n" for field, said in (headers(blocks) | {name: value}).items())
    return [_with_header_text(block, told) if block.id == "" else block for block in blocks]


def quoted(text: str) -> str:
    """As gettext writes a text: in quotes, on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return f'"{escaped}"'


def _with_header_text(block: Block, told: str) -> Block:
    return replace(block, lines=(*_above(block), 'msgid ""', *_header_lines(told)), forms=(told,))


def _above(block: Block) -> tuple[str, ...]:
    """The blank lines and comments before the first field."""
    return block.lines[: next(place for place, line in enumerate(block.lines) if line.startswith("msg"))]


def _header_lines(told: str) -> list[str]:
    return ['msgstr ""', *(quoted(line) for line in told.splitlines(keepends=True))]


def _ids(block: Block) -> list[str]:
    context = [f"msgctxt {quoted(block.context)}"] if block.context is not None else []
    plural = [f"msgid_plural {quoted(block.plural)}"] if block.plural is not None else []
    return [*context, f"msgid {quoted(block.id or '')}", *plural]


def _form_lines(forms: Sequence[str], *, plural: bool) -> list[str]:
    if not plural:
        return [f"msgstr {quoted(forms[0])}"]
    return [f"msgstr[{place}] {quoted(form)}" for place, form in enumerate(forms)]


def _marked(above: Sequence[str], *, fuzzy: bool, machine_made: bool) -> list[str]:
    other = sorted({flag for line in above for flag in _flags(line)} - {"fuzzy"})
    flags = [*(["fuzzy"] if fuzzy else []), *other]
    plain = [line for line in above if not line.startswith("#,") and line != MACHINE_MADE]
    return [*plain, *([MACHINE_MADE] if machine_made else []), *([f"#, {', '.join(flags)}"] if flags else [])]


def _flags(line: str) -> list[str]:
    return [flag.strip() for flag in line[2:].split(",")] if line.startswith("#,") else []


def _runs(lines: Sequence[str]) -> Iterator[tuple[list[str], int]]:
    """Lines that belong together, with the number of the first: an entry ends where something else than its translation follows."""
    run: list[str] = []
    first, translated = 1, False
    for number, line in enumerate(lines, 1):
        begins = line.startswith(("#", "msgid", "msgctxt")) and not line.startswith("msgid_plural")
        blank = not line.strip()
        if translated and (begins or blank):
            yield run, first
            run, first, translated = [], number, False
        run.append(line.rstrip("\r"))
        translated = translated or line.startswith("msgstr")
    yield run, first


def _block(lines: list[str], first: int) -> Block:
    fields: dict[str, str] = {}
    current: str | None = None
    line_of_id = first
    for number, line in enumerate(lines, first):
        if not line.strip() or line.startswith("#"):
            current = None
        elif found := _FIELD.fullmatch(line):
            current = found[1]
            if current in fields:
                raise UnreadableFile(number, f"{current} stands here twice")
            fields[current] = _unescaped(found[3], number)
            line_of_id = number if current == "msgid" else line_of_id
        elif current is not None and (more := _MORE.fullmatch(line)):
            fields[current] += _unescaped(more[1], number)
        else:
            raise UnreadableFile(number, f"this is not gettext: {line[:60]}")
    if fields and ("msgid" not in fields or not any(name.startswith("msgstr") for name in fields)):
        raise UnreadableFile(line_of_id, "an entry needs msgid and msgstr")
    return Block(
        lines=tuple(lines),
        line=line_of_id,
        context=fields.get("msgctxt"),
        id=fields.get("msgid"),
        plural=fields.get("msgid_plural"),
        forms=_forms(fields, line_of_id),
    )


def _forms(fields: Mapping[str, str], line: int) -> tuple[str, ...]:
    if "msgid_plural" not in fields:
        if any(name.startswith("msgstr[") for name in fields):
            raise UnreadableFile(line, "plural forms without msgid_plural")
        return (fields["msgstr"],) if "msgstr" in fields else ()
    if "msgstr" in fields:
        raise UnreadableFile(line, "msgid_plural without plural forms")
    forms = {int(name[7]): text for name, text in fields.items() if name.startswith("msgstr[")}
    if sorted(forms) != list(range(len(forms))):
        raise UnreadableFile(line, "the plural forms are not numbered from 0 on")
    return tuple(forms[place] for place in range(len(forms)))


def _unescaped(body: str, line: int) -> str:
    def character(found: re.Match[str]) -> str:
        if found[1] not in _ESCAPES:
            raise UnreadableFile(line, f"the escape {found[0]} is not known")
        return _ESCAPES[found[1]]

    return _ESCAPED.sub(character, body)
