"""Signed contents (S/MIME, RFC 8551, 3.5.2) opened: the mail inside the signature. Nothing is verified here, and nothing decrypted.

Just enough of BER to walk to one place: ContentInfo → SignedData → EncapsulatedContentInfo → the octets, which may come in pieces and without lengths.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final, NamedTuple

_SIGNED: Final = bytes.fromhex("2a864886f70d010702")
_ENVELOPED: Final = (bytes.fromhex("2a864886f70d010703"), bytes.fromhex("2a864886f70d0109100117"))
_COMPRESSED: Final = bytes.fromhex("2a864886f70d0109100109")
_SEQUENCE, _OBJECT_ID, _OCTETS, _OCTETS_IN_PIECES, _EXPLICIT = 0x30, 0x06, 0x04, 0x24, 0xA0
_NESTING_MAX: Final = 4
_PIECES_MAX: Final = 100_000


class _Value(NamedTuple):
    """A value: its tag, where its content begins and ends (None: at the end mark), and where the next one begins."""

    tag: int
    start: int
    end: int | None


def signed_content(data: bytes) -> bytes | None:
    """The content that was signed; None if this is no signed content, or a detached or broken one."""
    data = _bare(data)
    try:
        kind, inside = _content_info(data, 0)
        if kind != _SIGNED:
            return None
        signed = _expect(data, inside, _SEQUENCE)
        version = _value(data, signed.start)
        algorithms = _value(data, _after(data, version, 0))
        encapsulated = _after(data, algorithms, 0)
        _, content = _content_info(data, encapsulated)
        pieces: list[bytes] = []
        _octets(data, content, pieces, 0)
        return b"".join(pieces)
    except (IndexError, ValueError):
        return None


def is_enveloped(data: bytes) -> bool:
    """Whether this is an encrypted (or compressed) content."""
    data = _bare(data)
    try:
        kind, _ = _content_info(data, 0)
    except (IndexError, ValueError):
        return False
    return kind in _ENVELOPED or kind == _COMPRESSED


def _bare(data: bytes) -> bytes:
    """Some put the DER into PEM."""
    if found := re.match(rb"\s{0,20}-----BEGIN [A-Z0-9 ]{1,40}-----", data[:200]):
        packed = data[found.end() :].partition(b"-----END")[0]
        try:
            return base64.b64decode(packed)
        except binascii.Error:
            return data
    return data


def _content_info(data: bytes, at: int) -> tuple[bytes, int]:
    """The kind of a ContentInfo, and where the value in its `[0]` begins."""
    outer = _expect(data, at, _SEQUENCE)
    kind = _expect(data, outer.start, _OBJECT_ID)
    assert kind.end is not None
    explicit = _expect(data, kind.end, _EXPLICIT)
    return data[kind.start : kind.end], explicit.start


def _expect(data: bytes, at: int, tag: int) -> _Value:
    found = _value(data, at)
    if found.tag != tag or (tag == _OBJECT_ID and found.end is None):
        raise ValueError(tag)
    return found


def _value(data: bytes, at: int) -> _Value:
    tag, length = data[at], data[at + 1]
    start = at + 2
    if length == 0x80:
        return _Value(tag, start, None)
    if length > 0x80:
        size = length & 0x7F
        if size > 5:
            raise ValueError(size)
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    if start + length > len(data) and tag == _OBJECT_ID:
        raise ValueError(length)
    return _Value(tag, start, start + length)


def _after(data: bytes, value: _Value, depth: int) -> int:
    """Where the next value begins; one without a length has to be walked through."""
    if value.end is not None:
        return value.end
    if depth > _NESTING_MAX:
        raise ValueError(depth)
    at = value.start
    for _ in range(_PIECES_MAX):
        if data[at : at + 2] == b"\0\0":
            return at + 2
        at = _after(data, _value(data, at), depth + 1)
    raise ValueError(at)


def _octets(data: bytes, at: int, pieces: list[bytes], depth: int) -> int:
    """The octets of a string, whole or in pieces; and where it goes on."""
    value = _value(data, at)
    if value.tag == _OCTETS and value.end is not None:
        pieces.append(data[value.start : value.end])
        return value.end
    if value.tag != _OCTETS_IN_PIECES or depth > _NESTING_MAX:
        raise ValueError(value.tag)
    at = value.start
    while len(pieces) < _PIECES_MAX:
        if value.end is None and data[at : at + 2] == b"\0\0":
            return at + 2
        if value.end is not None and at >= value.end:
            return at
        at = _octets(data, at, pieces, depth + 1)
    raise ValueError(at)
