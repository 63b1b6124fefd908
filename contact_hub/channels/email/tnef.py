"""Outlook's own packing of a mail, `winmail.dat` (MS-OXTNEF): the files and the text in it.

A stream of attributes, each with its length, then properties (MAPI) inside some of them. Everything is read by length and checked against the end of the
bytes; where a length lies, what was read before it stays.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from contact_hub.channels.email.charsets import Decoder
from contact_hub.channels.email.mended import Mended

FILES_MAX: Final = 300
UNPACKED_BYTES_MAX: Final = 4 * 1024 * 1024

_SIGNATURE: Final = b"\x78\x9f\x3e\x22"
_ATTRIBUTES_MAX: Final = 20_000
_PROPERTIES_MAX: Final = 5_000
_VALUES_MAX: Final = 5_000

_BODY, _MESSAGE_PROPERTIES, _CODEPAGE = 0x800C, 0x9003, 0x9007
_FILE_BEGINS, _FILE_DATA, _FILE_TITLE, _FILE_PROPERTIES = 0x9002, 0x800F, 0x8010, 0x9005

_TEXT, _TEXT_HTML, _TEXT_RTF = 0x1000, 0x1013, 0x1009
_DATA, _LONG_NAME, _SHORT_NAME, _DISPLAY_NAME, _MIME_TYPE, _CONTENT_ID = 0x3701, 0x3707, 0x3704, 0x3001, 0x370E, 0x3712
_FIXED: Final = {
    0x0001: 4,
    0x0002: 4,
    0x0003: 4,
    0x0004: 4,
    0x0005: 8,
    0x0006: 8,
    0x0007: 8,
    0x000A: 4,
    0x000B: 4,
    0x0014: 8,
    0x0040: 8,
    0x0048: 16,
}
_WITH_LENGTH: Final = frozenset((0x000D, 0x001E, 0x001F, 0x0102))
_UNICODE: Final = 0x001F
_OBJECT: Final = 0x000D


@dataclass(slots=True, kw_only=True)
class File:
    """A file in the packing."""

    name: str = ""
    type: str = ""
    content: bytes = b""
    content_id: str | None = None


@dataclass(slots=True, kw_only=True)
class Opened:
    """What was in it. `faulty` if it ends in the middle, or some of it could not be read."""

    text: str | None = None
    html: str | None = None
    rtf: bytes | None = None
    files: list[File] = field(default_factory=list)
    faulty: bool = False

    @property
    def empty(self) -> bool:
        """Whether there was nothing in it, or nothing to be had."""
        return not (self.files or self.text or self.html or self.rtf)


def is_tnef(content: bytes) -> bool:
    """Whether these bytes are such a packing."""
    return content.startswith(_SIGNATURE)


def opened(content: bytes) -> Opened:
    """Everything that can be read."""
    found = Opened()
    reader = _Reader(found)
    try:
        for attribute, data in _attributes(content):
            reader.take(attribute, data)
    except (struct.error, IndexError, ValueError):
        found.faulty = True
    found.files = [file for file in found.files if file.content or file.name]
    return found


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Level (1 byte), id and type (4), length (4), data, checksum (2)."""
    at = 6
    for _ in range(_ATTRIBUTES_MAX):
        if at + 9 > len(content):
            if at < len(content) and content[at:].strip(b"\0\r\n"):
                raise ValueError("tnef")
            return
        attribute, length = struct.unpack_from("<xHxxI", content, at)
        yield attribute, content[at + 9 : at + 9 + length]
        if at + 9 + length > len(content):
            raise ValueError("tnef")
        at += 9 + length + 2


class _Reader:
    """Takes attribute after attribute: those of a file belong to the file that began last."""

    def __init__(self, found: Opened) -> None:
        self._found = found
        self._decoder = Decoder(Mended())
        self._codepage = ""

    def take(self, attribute: int, data: bytes) -> None:
        match attribute:
            case _ if attribute == _CODEPAGE and len(data) >= 4:
                self._codepage = f"cp{struct.unpack_from('<I', data)[0]}"
            case _ if attribute == _BODY:
                self._found.text = self._decoder.text(data.rstrip(b"\0"), self._codepage)
            case _ if attribute == _MESSAGE_PROPERTIES:
                self._message(data)
            case _ if attribute == _FILE_BEGINS and len(self._found.files) < FILES_MAX:
                self._found.files.append(File())
            case _ if self._found.files and attribute == _FILE_TITLE:
                self._file.name = self._file.name or self._decoder.text(data.rstrip(b"\0"), self._codepage)
            case _ if self._found.files and attribute == _FILE_DATA:
                self._file.content = data
            case _ if self._found.files and attribute == _FILE_PROPERTIES:
                self._properties_of_file(data)
            case _:
                pass

    @property
    def _file(self) -> File:
        return self._found.files[-1]

    def _message(self, data: bytes) -> None:
        for tag, kind, value in _properties(data):
            if tag == _TEXT:
                self._found.text = self._string(kind, value) or self._found.text
            elif tag == _TEXT_HTML:
                self._found.html = self._string(kind, value.rstrip(b"\0"))
            elif tag == _TEXT_RTF:
                self._found.rtf = unpacked_rtf(value)

    def _properties_of_file(self, data: bytes) -> None:
        file = self._file
        names: dict[int, str] = {}
        for tag, kind, value in _properties(data):
            if tag in {_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME}:
                names[tag] = self._string(kind, value)
            elif tag == _MIME_TYPE:
                file.type = self._string(kind, value).lower()
            elif tag == _CONTENT_ID:
                file.content_id = " ".join(self._string(kind, value).strip("<>").split()) or None
            elif tag == _DATA and value:
                # a mail or an object in a file begins with the id of its interface
                file.content = value[16:] if kind == _OBJECT else value
        file.name = names.get(_LONG_NAME) or file.name or names.get(_SHORT_NAME) or names.get(_DISPLAY_NAME) or ""

    def _string(self, kind: int, value: bytes) -> str:
        if kind == _UNICODE:
            return value[: len(value) // 2 * 2].decode("utf-16-le", "replace").replace("\0", "")
        return self._decoder.text(value.rstrip(b"\0"), self._codepage)


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Tag, type and value of each property; of several values the last."""
    (count,) = struct.unpack_from("<I", data)
    at = 4
    for _ in range(min(count, _PROPERTIES_MAX)):
        if at + 4 > len(data):
            return
        kind, tag = struct.unpack_from("<HH", data, at)
        at += 4
        if tag >= 0x8000:
            at = _after_name(data, at)
        several, kind = bool(kind & 0x1000), kind & 0x0FFF
        values = 1
        if several or kind in _WITH_LENGTH:
            (values,) = struct.unpack_from("<I", data, at)
            at += 4
        value = b""
        for _ in range(min(values, _VALUES_MAX)):
            if kind in _WITH_LENGTH:
                (length,) = struct.unpack_from("<I", data, at)
                at += 4
            else:
                length = _FIXED[kind] if kind in _FIXED else _refuse()
            value = data[at : at + length]
            if at + length > len(data):
                raise ValueError("tnef")
            at += length + (-length % 4)
        yield tag, kind, value


def _refuse() -> int:
    raise ValueError("tnef")


def _after_name(data: bytes, at: int) -> int:
    """A named property: its set (16 bytes), then a number, or a text with its length."""
    (by_text,) = struct.unpack_from("<I", data, at + 16)
    if not by_text:
        return at + 24
    (length,) = struct.unpack_from("<I", data, at + 20)
    return at + 24 + int(length) + (-int(length) % 4)


# Compressed RTF (MS-OXRTFCP)

_RTF_BEGINNING: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New Roman"
    b"Courier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def unpacked_rtf(data: bytes) -> bytes | None:
    """The RTF of a compressed one; None if it is none."""
    if len(data) < 16:
        return None
    packed_size, size, magic = struct.unpack_from("<II4s", data)
    end = min(len(data), packed_size + 4)
    if magic == b"MELA":
        return data[16 : 16 + size]
    if magic != b"LZFu":
        return None
    out = bytearray(_RTF_BEGINNING)
    limit = len(out) + min(size, UNPACKED_BYTES_MAX)
    at = 16
    while at < end and len(out) < limit:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= end or len(out) >= limit:
                break
            if not flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            if at + 2 > end:
                at = end
                break
            pair = data[at] << 8 | data[at + 1]
            at += 2
            # the window is a ring of 4096 bytes that the beginning fills first; where it points in the ring says how far back that is
            back = (len(out) - (pair >> 4)) % 4096
            if back == 0:
                at = end
                break
            for _ in range((pair & 0x0F) + 2):
                out.append(out[-back] if back <= len(out) else 0x20)
    return bytes(out[len(_RTF_BEGINNING) : limit])
