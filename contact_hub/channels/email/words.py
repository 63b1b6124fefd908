"""Encoded words (RFC 2047): how headers say what ASCII cannot, and how mailers get that wrong."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from contact_hub.channels.email.charsets import Decoder
from contact_hub.channels.email.mended import Mended

_WORD_START: Final = re.compile(r"=\?([A-Za-z0-9!#$%&'+^_`{}~.:-]{1,60}?)(?:\*[A-Za-z0-9-]{0,20})?\?([bBqQ])\?")
_TO_SPACE: Final = dict.fromkeys((*range(32), 127, 0x85, 0x2028, 0x2029), " ")
"""Whatever would end a line, or does nothing visible: nothing of it may go into a header of ours later."""
_WORD_END: Final = re.compile(r"\?=(?![0-9A-Fa-f]{2})")


def words(value: str, decoder: Decoder, mended: Mended) -> str:
    """A value with its encoded words read. Neighbours in the same charset are joined first, since mailers cut in the middle of characters."""
    if "=?" not in value:
        return value.translate(_TO_SPACE).strip()
    out: list[str] = []
    run = _Run(decoder)
    at = 0
    starts = list(_WORD_START.finditer(value))
    for index, start in enumerate(starts):
        if start.start() < at:
            continue
        gap = value[at : start.start()]
        if gap.strip() or not run:
            out += run.ended()
            out.append(gap)
        limit = starts[index + 1].start() if index + 1 < len(starts) else len(value)
        closed = _WORD_END.search(value, start.end(), limit)
        stop = closed.start() if closed else value.find("?=", start.end(), limit)
        if stop < 0:
            mended.note("word_broken")
            stop = at = _open_end(value, start.end(), limit, start[2])
        else:
            at = stop + 2
        run.add(start[1], start[2].lower(), value[start.end() : stop], out)
    out += run.ended()
    out.append(value[at:])
    return "".join(out).translate(_TO_SPACE).strip()


def _open_end(value: str, start: int, limit: int, kind: str) -> int:
    """Where a word without an end ends: at the next space for base64, else with the text before the next word."""
    end = limit
    if kind in "bB" and (space := re.search(r"[\s?]", value[start:limit])):
        end = start + space.start()
    while end > start and value[end - 1] in " ?":
        end -= 1
    return end


class _Run:
    """Encoded words in a row that share charset and kind."""

    __slots__ = ("_charset", "_decoder", "_kind", "_texts")

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._charset = self._kind = ""
        self._texts: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._texts)

    def add(self, charset: str, kind: str, text: str, out: list[str]) -> None:
        if self._texts and (charset.lower(), kind) != (self._charset.lower(), self._kind):
            out += self.ended()
        self._charset, self._kind = charset, kind
        self._texts.append(text)

    def ended(self) -> list[str]:
        """The text of the run, which is empty afterwards."""
        if not self._texts:
            return []
        texts, self._texts = self._texts, []
        data = _q(texts) if self._kind == "q" else _b(texts)
        return [self._decoder.text(data, self._charset)]


def _q(texts: list[str]) -> bytes:
    return binascii.a2b_qp("".join(texts).replace(" ", "_").encode("utf-8", "replace"), header=True)


def _b(texts: list[str]) -> bytes:
    """Each word on its own if it is whole; else the words as one, for those that were cut between."""
    cleaned = [re.sub(r"[^A-Za-z0-9+/]", "", text) for text in texts]
    if any(len(text) % 4 == 1 for text in cleaned) or any(len(text.strip()) % 4 for text in texts[:-1]):
        cleaned = ["".join(cleaned)]
    return b"".join(_loose_base64(text) for text in cleaned)


def _loose_base64(text: str) -> bytes:
    if len(text) % 4 == 1:
        text = text[:-1]
    return base64.b64decode(text + "=" * (-len(text) % 4))
