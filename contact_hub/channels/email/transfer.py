"""What mailers do to a content so that it survives the way (RFC 2045, and what is made of it), undone; and format=flowed (RFC 3676).

Every function takes what came and gives what could be read: a fault costs the faulty place, not the content.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from contact_hub.channels.email.mended import Mended

_AS_IT_STANDS: Final = frozenset(
    ("", "7bit", "8bit", "binary", "7-bit", "8-bit", "7bits", "8bits", "7_bit", "8_bit", "7", "8", "plain", "none", "text", "utf-8")
)
_UUENCODED: Final = frozenset(("x-uuencode", "uuencode", "x-uue", "uue", "x-uu", "uu"))
_NOT_BASE64: Final = bytes(byte for byte in range(256) if not (chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "+/=")))
_SPACES: Final = b" \t\r\n"
_FOREIGN_LINE: Final = re.compile(rb"^.*?[^A-Za-z0-9+/=\s]", re.MULTILINE)
_FULL_LINE: Final = re.compile(rb"^[A-Za-z0-9+/]{60,}[ \t]*\r?$", re.MULTILINE)
_PAD_INSIDE: Final = re.compile(rb"=+")
_TRAILING_SPACE: Final = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n)")
_PAD_PIECES_MAX: Final = 1_000


def named(value: str) -> str:
    """The encoding a Content-Transfer-Encoding means, whatever stands around it."""
    return value.strip().lower().split(";")[0].split("(")[0].strip(" \t\"'.<>").replace(" ", "")


def decoded(data: bytes, encoding: str, mended: Mended) -> bytes:
    """The content without its transfer encoding."""
    match named(encoding):
        case "base64" | "b" | "base-64" | "base_64" | "bas64" | "x-base64":
            return from_base64(data, mended)
        case "quoted-printable" | "quotedprintable" | "qp" | "q" | "quoted_printable" | "quoted-printble" | "x-quoted-printable":
            return from_quoted_printable(data)
        case name if name in _UUENCODED:
            files, _ = from_uuencode(data)
            if not files:
                mended.note("transfer_wrong")
            return files[0][1] if files else data
        case name:
            if name not in _AS_IT_STANDS:
                mended.note("transfer_unknown")
            return data


def from_base64(data: bytes, mended: Mended) -> bytes:
    """Base64 with line ends, stray characters, padding in the middle, and a footer that a list server wrote behind it."""
    packed = data.translate(None, _SPACES)
    if len(packed) % 4 == 0:
        try:
            return base64.b64decode(packed, validate=True)
        except binascii.Error:
            pass
    tail = b""
    if packed.translate(None, _NOT_BASE64) != packed:
        if _is_plain(data):
            mended.note("transfer_wrong")
            return data
        mended.note("base64_faulty")
        foreign = _FOREIGN_LINE.search(data)
        if foreign is not None and data[: foreign.start()].strip() and not _FULL_LINE.search(data, foreign.end()):
            data, tail = data[: foreign.start()], data[foreign.start() :].strip(b"\r\n")
    packed = data.translate(None, _NOT_BASE64)
    pieces = _PAD_INSIDE.split(packed, _PAD_PIECES_MAX)
    content = b"".join(_block(piece.replace(b"=", b"")) for piece in pieces)
    return content + (b"\r\n" + tail + b"\r\n" if tail and _is_plain(content[:1000]) else b"")


def _block(packed: bytes) -> bytes:
    if len(packed) % 4 == 1:
        packed = packed[:-1]
    return base64.b64decode(packed + b"=" * (-len(packed) % 4))


def _is_plain(data: bytes) -> bool:
    """Whether this reads like words rather than like base64: words are short and have spaces between them, and there are no control characters."""
    sample = data[:4000].strip()
    if not sample or re.search(rb"[\x00-\x08\x0e-\x1a]", sample):
        return False
    within = sum(line.strip().count(b" ") for line in sample.split(b"\n"))
    return within * 15 > len(sample)


def from_quoted_printable(data: bytes) -> bytes:
    """Quoted-printable; what is no escape stays as it stands. Spaces before a line end were added on the way (RFC 2045, 6.7, rule 3)."""
    return binascii.a2b_qp(_TRAILING_SPACE.sub(b"", data))


# uuencode

_UU_BEGIN: Final = re.compile(rb"(?:^|(?<=\n))begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n")
_UU_FILES_MAX: Final = 50


def from_uuencode(data: bytes) -> tuple[tuple[tuple[bytes, bytes], ...], bytes]:
    """The files written into a text, as name and content, and the text without them. A file that never ends is no file."""
    files: list[tuple[bytes, bytes]] = []
    rest: list[bytes] = []
    at = 0
    while len(files) < _UU_FILES_MAX and (begin := _UU_BEGIN.search(data, at)):
        content, end = _uu_lines(data, begin.end())
        if content is None:
            rest.append(data[at : begin.end()])
        else:
            rest.append(data[at : begin.start()])
            files.append((begin[1].strip(), content))
        at = end
    rest.append(data[at:])
    return tuple(files), b"".join(rest)


def _uu_lines(data: bytes, start: int) -> tuple[bytes | None, int]:
    """The lines up to `end`, and where it goes on; None as soon as a line is none of uuencode's. Never looks at a line twice."""
    out: list[bytes] = []
    at = start
    while at < len(data):
        stop = data.find(b"\n", at)
        stop = len(data) if stop < 0 else stop
        line = data[at:stop].rstrip(b"\r")
        if line.rstrip() == b"end":
            return b"".join(out), min(stop + 1, len(data))
        if line.strip() and (not 0x20 <= line[0] <= 0x60 or len(line) > 90 or len(line) < 1 + ((line[0] - 32) & 63) * 4 // 3 - 2):
            return None, at
        try:
            out.append(binascii.a2b_uu(line) if line.strip() else b"")
        except binascii.Error:
            wanted = (((line[0] - 32) & 63) * 4 + 5) // 3  # some encoders pad their lines; the length byte knows
            try:
                out.append(binascii.a2b_uu(line[:wanted]))
            except binascii.Error:
                return None, at
        at = stop + 1
    return None, min(at, len(data))


# Text in format flowed


def unflowed(text: str, *, delete_space: bool) -> str:
    """Paragraphs on one line again (RFC 3676, 4.2 to 4.5): a line that ends in a space goes on in the next one of the same quote depth."""
    out: list[str] = []
    flowing: list[str] = []
    depth_before = 0
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:]
        content = content.removeprefix(" ")  # stuffed
        signature = content == "-- "
        if flowing and (depth != depth_before or signature):
            out.append(_quoted("".join(flowing), depth_before))
            flowing = []
        if content.endswith(" ") and not signature:
            flowing.append(content[:-1] if delete_space else content)
        else:
            out.append(_quoted("".join((*flowing, content)), depth))
            flowing = []
        depth_before = depth
    if flowing:
        out.append(_quoted("".join(flowing), depth_before))
    return "\n".join(out)


def _quoted(content: str, depth: int) -> str:
    return f"{'>' * depth} {content}" if depth and content else ">" * depth + content
