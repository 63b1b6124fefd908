"""A mail as a tree of parts, cut out of the bytes without copying them.

Cutting goes from the outside in: a container's own boundary divides its span, then each piece is looked at alone. So a boundary that is never closed ends
where its parent ends, and nothing inside can reach out. Each level reads its span once; depth and number of parts are limited, and with them the time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from contact_hub.channels.email import headers, transfer
from contact_hub.channels.email.mended import Mended
from contact_hub.channels.email.parameters import TYPE, parameters, word

DEPTH_MAX: Final = 20
PARTS_MAX: Final = 300
_GUESSED_WITHIN: Final = 64 * 1024
_BROKEN_END_WITHIN: Final = 300
_TOO_DEEP: Final = "message/x-too-deep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part. `source[start:end]` is all of it, `source[body:end]` its content as it came."""

    source: bytes
    start: int
    body: int
    end: int
    block: headers.Block
    type: str
    parameters: dict[str, str]
    disposition: str
    disposition_parameters: dict[str, str]
    encoding: str
    children: tuple[Part, ...] = ()

    def parameter(self, name: str) -> str:
        """A parameter of its type that is one word; empty where there is none."""
        return word(self.parameters, name)

    @property
    def too_deep(self) -> bool:
        """Whether it was not cut any further."""
        return self.type == _TOO_DEEP

    def whole(self) -> bytes:
        """Headers and content."""
        return self.source[self.start : self.end]

    def content(self, mended: Mended) -> bytes:
        """The content without its transfer encoding."""
        return transfer.decoded(self.source[self.body : self.end], self.encoding, mended)

    def header(self, name: str) -> str:
        """The first value of a header, its bytes read as Latin-1; empty where there is none."""
        return (self.block.first(name) or b"").decode("latin-1")


def tree(source: bytes, mended: Mended, *, depth: int = 0, room: Room | None = None) -> Part:
    """The mail (or a mail that was packed into one, `depth` levels down) as parts."""
    return _part(source, 0, len(source), mended, depth=depth, room=room or Room(), default="text/plain")


class Room:
    """How many parts may still be read. One for a mail with all that is packed into it."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = PARTS_MAX


def _part(source: bytes, start: int, end: int, mended: Mended, *, depth: int, room: Room, default: str) -> Part:
    limit = headers.HEADERS_MAX if depth == 0 else headers.PART_HEADERS_MAX
    block = headers.block(source, start, end, mended=mended, fields_max=limit)
    room.left -= 1
    kind, told = _kind(block, source, end, mended, default=default)
    disposition, _, rest = (block.first("content-disposition") or b"").decode("latin-1").partition(";")
    body, encoding, children = block.body_start, (block.first("content-transfer-encoding") or b"").decode("latin-1"), ()
    inside = _Inside(source=source, body=body, end=end, encoding=encoding)
    spans: list[tuple[int, int]] = []
    if kind.startswith("multipart/"):
        if depth >= DEPTH_MAX:
            mended.note("too_deep")
            kind = _TOO_DEEP
        else:
            inside, spans = _spans(inside, word(told, "boundary"), mended)
            if not spans:
                kind = _without_parts(inside, mended) or kind
    return Part(
        source=inside.source,
        start=start if inside.source is source else 0,
        body=inside.body,
        end=inside.end,
        block=block,
        type=kind,
        parameters=told,
        disposition=disposition.strip().strip('"').lower(),
        disposition_parameters=parameters(rest),
        encoding=inside.encoding,
        children=children
        or tuple(_children(inside.source, spans, mended, depth=depth, room=room, digest=kind == "multipart/digest")),
    )


def _children(source: bytes, spans: list[tuple[int, int]], mended: Mended, *, depth: int, room: Room, digest: bool) -> list[Part]:
    children: list[Part] = []
    for start, end in spans:
        if room.left <= 0:
            mended.note("too_many_parts")
            break
        children.append(
            _part(source, start, end, mended, depth=depth + 1, room=room, default="message/rfc822" if digest else "text/plain")
        )
    return children


def _kind(block: headers.Block, source: bytes, end: int, mended: Mended, *, default: str) -> tuple[str, dict[str, str]]:
    """Type and parameters; the first Content-Type that can be read, since some mails have several."""
    values = [value.decode("latin-1") for value in block.all("content-type")]
    for value in values:
        if found := TYPE.match(value):
            return f"{found[1]}/{found[2]}".lower(), parameters(value[found.end() :])
    if any(values):
        mended.note("type_wrong")
        word = values[0].strip().lower()
        guessed = "text/html" if word.startswith("html") else "multipart/mixed" if word.startswith("multipart") else "text/plain"
        return guessed, parameters(values[0].partition(";")[2])
    if not values and re.match(
        rb"\s{0,100}(?:<!doctype\s+html|<html[\s>])", source[block.body_start : min(end, block.body_start + 200)], re.IGNORECASE
    ):
        mended.note("type_guessed")
        return "text/html", {}
    return default, {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inside:
    """The content of a container, which may have been unpacked."""

    source: bytes
    body: int
    end: int
    encoding: str


def _spans(inside: _Inside, boundary: str, mended: Mended) -> tuple[_Inside, list[tuple[int, int]]]:
    """Where the parts are. If the boundary never comes: perhaps the whole was packed (which is forbidden), perhaps the boundary is another."""
    if boundary and (spans := _cut(inside, boundary.encode("latin-1", "replace"), mended)):
        return inside, spans
    if transfer.named(inside.encoding) in {"base64", "quoted-printable"}:
        content = transfer.decoded(inside.source[inside.body : inside.end], inside.encoding, mended)
        unpacked = _Inside(source=content, body=0, end=len(content), encoding="")
        if boundary and (spans := _cut(unpacked, boundary.encode("latin-1", "replace"), mended)):
            return unpacked, spans
    guessed = _guess(inside)
    if guessed is None:
        return inside, []
    mended.note("boundary_missing")
    return inside, _cut(inside, guessed, mended)


def _cut(inside: _Inside, boundary: bytes, mended: Mended) -> list[tuple[int, int]]:
    """The spans between the lines that are this boundary."""
    source, body, end = inside.source, inside.body, inside.end
    bare = rb"--" + re.escape(boundary.rstrip()) + rb"(--)?[ \t\r]*+(?:\n|\Z)"
    line = re.compile(rb"\n" + bare)
    spans: list[tuple[int, int]] = []
    opened: int | None = None
    closed = False
    at = max(body - 1, 0)
    # The line end before a boundary belongs to the boundary; the one at the very start of the content is the header block's
    if body == 0 or source[body - 1 : body] != b"\n":
        first = re.compile(bare).match(source, body, end)
        if first is not None:
            opened, at = first.end(), max(first.end() - 1, 0)
    while len(spans) <= PARTS_MAX:
        found = line.search(source, at, end)
        if found is None:
            break
        if opened is not None:
            spans.append((opened, _without_line_end(source, opened, found.start())))
        if closed and found[1] is None:
            mended.note("boundary_repeated")
        closed = found[1] is not None
        opened = None if closed else found.end()
        at = found.end() - 1 if found.end() > found.start() + 1 and source[found.end() - 1 : found.end()] == b"\n" else found.end()
    if opened is not None and len(spans) <= PARTS_MAX:
        mended.note("boundary_open")
        spans.append((opened, _before_broken_end(source, boundary, opened, end)))
    return spans


def _before_broken_end(source: bytes, boundary: bytes, start: int, end: int) -> int:
    """The last boundary is often there, but cut off or with one dash: that line is no text."""
    at = source.rfind(b"\n--" + boundary.rstrip(), max(start, end - _BROKEN_END_WITHIN), end)
    return _without_line_end(source, start, at) if at >= 0 and not source[at + 1 : end].strip(b"\r\n").count(b"\n") else end


def _without_line_end(source: bytes, start: int, end: int) -> int:
    return end - 1 if end > start and source[end - 1 : end] == b"\r" else max(end, start)


_GUESSED: Final = re.compile(rb"^--([^\r\n]{1,200})\r?\n(?=content-)", re.MULTILINE | re.IGNORECASE)


def _guess(inside: _Inside) -> bytes | None:
    """The first line with two dashes before a part's headers."""
    found = _GUESSED.search(inside.source, inside.body, min(inside.end, inside.body + _GUESSED_WITHIN))
    return found[1].rstrip() if found else None


def _without_parts(inside: _Inside, mended: Mended) -> str | None:
    """A container without parts: what is in it is text, if anything is."""
    content = inside.source[inside.body : min(inside.end, inside.body + 4096)]
    if not content.strip() or re.fullmatch(rb"--[^\r\n]{1,200}", content.strip()):
        mended.note("parts_missing")
        return None
    mended.note("boundary_missing")
    return (
        "text/html"
        if re.match(rb"\s{0,100}<(?:!doctype|html|body|div|p|table)[\s>]", content[:300], re.IGNORECASE)
        else "text/plain"
    )
