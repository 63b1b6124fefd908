"""A report as a file: the cells of the screen, nothing rounded again, nothing left to guess.

CSV after RFC 4180 (CRLF, every line with the same number of fields), in UTF-8 with a BOM, without which spreadsheets misread it. Three sections, parted
by an empty line: the table with its total, the definitions of its columns, and what was asked for. No cell can become a formula.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from contact_hub.quality.reports import Report
from i18n import catalogues
from routing.measures import Unit

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_PARTS: Final = ("value", "n", "low", "high")


def to_csv(report: Report, tag: str = "en") -> bytes:
    """The table of the report with its definitions, for a reader of `tag`."""
    lines = list(_lines(report.to_json(tag), tag))
    width = max(map(len, lines))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([inert(cell) for cell in (*line, *[""] * (width - len(line)))] for line in lines)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def inert(cell: object) -> str:
    """The cell as text that no spreadsheet calculates: what looks like a formula gets an apostrophe, numbers stay numbers."""
    if cell is None:
        return ""
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def _lines(shown: dict[str, Any], tag: str) -> Iterator[Sequence[object]]:
    table = shown["table"]
    yield from _table(table, tag)
    yield []
    yield [_text("definitions", tag)]
    yield [_text(name, tag) for name in ("measure", "name", "unit", "definition", "parameters")]
    for column in table["columns"]:
        parameters = "; ".join(f"{name}: {value}" for name, value in column["parameters"].items())
        yield [column["key"], column["name"], _text(f"unit.{column['unit']}", tag), column["definition"], parameters]
    yield []
    yield [_text("about", tag)]
    yield from ([_text(name, tag), shown[name]] for name in ("as_of", "from", "to", "zone"))
    yield from ([_text(f"by.{name}", tag), ", ".join(values)] for name, values in shown["filters"].items())
    yield [_text("interval", tag)]
    if table["overlapping"]:
        yield [_text("overlapping", tag)]


def _table(table: dict[str, Any], tag: str) -> Iterator[Sequence[object]]:
    shown = [(column, part) for column in table["columns"] for part in _parts(column)]
    yield ["key", _text(f"by.{table['by']}", tag), *(_heading(column["name"], part, tag) for column, part in shown)]
    for row in (*table["rows"], table["total"]):
        yield [
            "" if row["key"] is None else row["key"],
            row["label"],
            *(row["cells"][column["key"]][part] for column, part in shown),
        ]


def _parts(column: dict[str, Any]) -> Sequence[str]:
    """A count is its own n and has no interval."""
    return ("value",) if column["unit"] == Unit.COUNT else _PARTS


def _heading(name: str, part: str, tag: str) -> str:
    return name if part == "value" else f"{name} ({_text(f'part.{part}', tag)})"


def _text(key: str, tag: str) -> str:
    return catalogues.text(f"quality.export.{key}", tag)
