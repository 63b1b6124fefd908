"""The block of headers: from bytes to names and values, and the ids in them.

Tolerant by rule: whatever a mailer of the last thirty years wrote and another one read is read here too. What the values say is read elsewhere: `words`,
`parameters`, `addresses`, `dates`. All of them walk over a text once and never go back, so that a megabyte costs no more than a megabyte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from contact_hub.channels.email.mended import Mended

HEADER_BYTES_MAX: Final = 1024 * 1024
HEADERS_MAX: Final = 10_000
PART_HEADERS_MAX: Final = 1_000
IDS_MAX: Final = 1_000

_EMPTY_LINE: Final = re.compile(rb"\n\r*\n")
_TORN: Final = re.compile(rb"[!-~]{40,}$")
"""A line without a space: the rest of a long value whose fold was lost, hardly the beginning of a text."""
_FIELD: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_KNOWN: Final = re.compile(
    rb"(?:from|to|cc|bcc|subject|date|message-id|mime-version|content-[a-z-]{2,30}|received|return-path|reply-to|sender|in-reply-to|references"
    rb"|delivered-to|x-[a-z0-9-]{2,50}|dkim-signature|list-[a-z-]{2,20}|auto-submitted|precedence|importance|user-agent|thread-[a-z]+)[ \t]*:",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The headers of a mail or a part, as bytes, and where its content begins."""

    fields: tuple[tuple[str, bytes], ...]
    body_start: int

    def first(self, name: str) -> bytes | None:
        """The first value under a name (in lower case)."""
        return next(self.all(name), None)

    def all(self, name: str) -> Iterator[bytes]:
        """All values under a name, from the top."""
        return (value for known, value in self.fields if known == name)


def block(source: bytes, start: int, end: int, *, mended: Mended, fields_max: int = HEADERS_MAX) -> Block:
    """The headers between `start` and `end`. A line that is neither header nor folded belongs to the header above if known headers follow, else the text
    begins with it."""
    if source.startswith(b"\n", start) or source.startswith(b"\r\n", start):
        return Block(fields=(), body_start=source.index(b"\n", start) + 1)
    found = _EMPTY_LINE.search(source, start, end)
    block_end, body_start = (found.start() + 1, found.end()) if found else (end, end)
    cut = block_end - start > HEADER_BYTES_MAX
    lines = source[start : start + HEADER_BYTES_MAX if cut else block_end].split(b"\n", 10 * fields_max)
    cut = cut or len(lines) > 10 * fields_max
    del lines[10 * fields_max :]
    last_known = -1  # asked for only once a line is broken
    fields: list[tuple[str, list[bytes]]] = []
    at = start
    for index, line in enumerate(lines):
        stripped = line.rstrip(b"\r")
        if named := _FIELD.match(stripped):
            if len(fields) >= fields_max:
                cut = True
                break
            fields.append((named[1].decode("ascii").lower(), [stripped[named.end() :]]))
        elif line[:1] in {b" ", b"\t"} and fields:
            fields[-1][1].append(stripped)
        elif stripped and not (index == 0 and re.match(rb">?From ", stripped)):
            if last_known < 0:
                last_known = max((i for i, other in enumerate(lines) if _KNOWN.match(other)), default=0)
            if index >= last_known and not (fields and found and _TORN.match(stripped)):
                mended.note("headers_unended" if fields else "headers_missing")
                body_start = at
                break
            mended.note("header_broken" if fields else "junk_before_headers")
            if fields:
                fields[-1][1].append(b" " + stripped)
        elif stripped:
            mended.note("mbox_line")
        at += len(line) + 1
    if cut:
        mended.note("headers_cut")
    return Block(fields=tuple((name, b"".join(pieces).strip()) for name, pieces in fields), body_start=min(body_start, end))


_TO_SPACE: Final = dict.fromkeys((*range(32), *range(127, 160)), " ")
_ID: Final = re.compile(r"<([^<>]{1,2000})>")


def ids(values: Iterable[str]) -> tuple[str, ...]:
    """The message ids in these values without their brackets, each once; the last ones if there are too many. Without any brackets every word with an `@`."""
    found: dict[str, None] = {}
    for value in values:
        clean = value.translate(_TO_SPACE)
        bracketed = ["".join(inner[1].split()) for inner in _ID.finditer(clean)]
        for one in bracketed or [word.strip("<>,;\"'") for word in clean.split() if "@" in word]:
            if one:
                found[one] = None
    return tuple(found)[-IDS_MAX:]


def message_id(value: str) -> str | None:
    """The id of the mail itself: what stands in the brackets, or the first word where there are none."""
    value = value.translate(_TO_SPACE)
    if inner := _ID.search(value):
        return "".join(inner[1].split()) or None
    return next((word for word in (piece.strip("<>\"'") for piece in value.split()) if word), None)
