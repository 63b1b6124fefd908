"""What stands behind a type or a disposition: `charset`, `boundary`, `filename`, in every way they were ever written (RFC 2231, RFC 2047, neither)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from contact_hub.channels.email.charsets import Decoder
from contact_hub.channels.email.mended import Mended
from contact_hub.channels.email.words import words

TYPE: Final = re.compile(r"\s*\"?([A-Za-z0-9!#$&^_.+-]{1,100})\s?/\s?([A-Za-z0-9!#$&^_.+-]{1,100})")
_NAME: Final = re.compile(r"[\s;]*([^\s=;\"]{1,100})\s*=\s*|[\s;]*[^\s=;\"]+|[\s;]*\"|[\s;]+|=")
_SECTION: Final = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?$")
_LANGUAGE_MARK: Final = re.compile(r"([A-Za-z0-9._:+-]{0,40})'([A-Za-z0-9-]{0,40})'")
_PARAMETERS_MAX: Final = 200


def parameters(value: str) -> dict[str, str]:
    """What follows the first `;` of a Content-Type or Content-Disposition, as written; names in lower case, first wins. Continued ones (RFC 2231) stay
    in pieces: `filename*0*`. `parameter` reads them."""
    found: dict[str, str] = {}
    at = 0
    while at < len(value) and len(found) < _PARAMETERS_MAX:
        named = _NAME.match(value, at)
        if named is None:
            at += 1
            continue
        at = named.end()
        if named[1] is None:
            continue
        if value.startswith('"', at):
            text, at = _quoted(value, at + 1)
        else:
            stop = value.find(";", at)
            stop = len(value) if stop < 0 else stop
            text, at = value[at:stop].strip(), stop
        found.setdefault(named[1].lower(), text)
    return found


def _quoted(value: str, start: int) -> tuple[str, int]:
    """The text up to the closing quote, and where it goes on. Only quotes and backslashes are unescaped: `C:\\new` is a path."""
    out: list[str] = []
    at = start
    while True:
        quote = value.find('"', at)
        if quote < 0:
            out.append(value[at:])
            return "".join(out).strip(), len(value)
        piece = value[at:quote]
        slashes = len(piece) - len(piece.rstrip("\\"))
        rest = value[quote + 1 : quote + 40].lstrip()
        if slashes % 2 and (rest and not rest.startswith(";")):
            out.append(piece[:-1] + '"')
            at = quote + 1
            continue
        out.append(piece)
        return "".join(out).replace("\\\\", "\\"), quote + 1


def word(found: Mapping[str, str], name: str) -> str:
    """A parameter that is one word of ASCII (`boundary`, `charset`), plain or in pieces; empty where there is none."""
    if name in found:
        return found[name]
    if not any(key.startswith(name + "*") for key in found):
        return ""
    mended = Mended()
    return parameter(found, name, Decoder(mended), mended) or ""


def parameter(found: Mapping[str, str], name: str, decoder: Decoder, mended: Mended) -> str | None:
    """A parameter in whatever way it was written: plain, with encoded words, percent-encoded with a charset, in pieces, and mixtures of these."""
    pieces: dict[int, tuple[str, bool]] = {}
    for key, text in found.items():
        section = _SECTION.match(key) if key.startswith(name + "*") else None
        if section and section[1] == name:
            pieces.setdefault(int(section[2] or 0), (text, section[3] is not None or section[2] is None))
    if not pieces:
        plain = found.get(name)
        return None if plain is None else _loose(plain, decoder, mended)
    ordered = [pieces[number] for number in sorted(pieces)]
    charset = ""
    first, percent = ordered[0]
    if percent and (mark := _LANGUAGE_MARK.match(first.strip('"'))):
        charset, ordered[0] = mark[1], (first.strip('"')[mark.end() :].strip('"'), True)
    if not any(is_percent for _, is_percent in ordered):
        return _loose("".join(text for text, _ in ordered), decoder, mended)
    data = b"".join(unquote_to_bytes(_bytes(text)) if is_percent else _bytes(text) for text, is_percent in ordered)
    text = decoder.text(data, charset or ("utf-8" if not decoder.hint else decoder.hint))
    return words(text, decoder, mended) if "=?" in text else text


def _bytes(text: str) -> bytes:
    """Parameters are cut out of headers read as Latin-1: the bytes are still in them."""
    return text.encode("latin-1", "replace")


def _loose(plain: str, decoder: Decoder, mended: Mended) -> str:
    text = decoder.header(_bytes(plain))
    return words(text, decoder, mended) if "=?" in text else text
