"""What a customer's mail program, or habit, puts under each mail: `-- `, "Sent from my …", a visiting card, a legal notice, a virus scanner's stamp.

Taken off with caution, from the bottom up, and never thrown away: it becomes the message's signature. A greeting and a name stay with the message, because
they are the customer's own words to whoever reads it. Words decide little here; shape decides: a footer is one short paragraph at the end, a card is mostly
numbers and addresses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contact_hub.channels.email.attributions import tells_an_address
from contact_hub.channels.email.quote_words import (
    CLOSINGS,
    CONTACT,
    DEVICES,
    MESSAGE,
    PRIVACY,
    SENT,
    SENT_BEGINS,
    SENT_ENDS,
    SENT_FROM,
    SPEAKING,
    VIRUS,
    VIRUS_SCANNERS,
    fold,
)
from contact_hub.channels.email.quoting import Hint, Line

_DELIMITERS: Final = frozenset({"--", "—", "––", "- -", "*--*"})
_RULE_MARKS: Final = "-–—_=*+~#"
_AFTER_DELIMITER_MAX: Final = 15
_AFTER_EXACT_DELIMITER_MAX: Final = 40
_LOOKED_AT_MAX: Final = 60
_PIECES_MAX: Final = 8
_WORD: Final = re.compile(r"[^\W\d_]++")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Where it begins, why it is taken for one, and how sure that is."""

    start: int
    reason: str
    certainty: float


def find(lines: Sequence[Line], first: int, end: int) -> Signature | None:
    """The signature at the end of the lines from `first` to before `end`; None where there is none."""
    found: Signature | None = None
    for _ in range(_PIECES_MAX):
        end = _last_written(lines, first, end)
        other = _next(lines, first, end) if end > first else None
        if other is None:
            break
        found = Signature(
            start=other.start,
            reason=found.reason if found else other.reason,
            certainty=min(other.certainty, found.certainty if found else 1.0),
        )
        end = other.start
    return found


def is_footer(body: str) -> bool:
    """Whether a line is what a telephone or a mail program puts under a mail: a word of sending, "from", and at once the thing it was sent from."""
    bare = body.strip("*_-–—|<>[]() \t")
    link = bare.find("http")
    if link > 0:
        bare = bare[:link].rstrip("<([ ")
    said = fold(bare)
    words = [word.strip('.,:;!()"„“”') for word in said.split()]
    if not words or len(words) > 10 or len(said) > 100 or "?" in said or any(word in SPEAKING for word in words):
        return False
    device = next((at for at, word in enumerate(words) if _is_device(word)), None)
    if "outlook" in said and len(words) <= 8 and ("ios" in words or "android" in words):
        return True
    if "," in bare.rstrip(".,"):
        return False
    if words[0] in SENT and len(words) > 1:
        if device == 1:
            return True
        between = words[2:device]
        return words[1] in SENT_FROM and (
            _names_a_program(bare) or (device is not None and all(word in SENT_FROM or len(word) <= 3 for word in between))
        )
    if words[-1] in SENT and device is not None and len(words) <= 7:
        return words[0] in SENT_FROM or device == 0
    if len(said) > 45 or not any(name in said for name in DEVICES):
        return False
    return any(said.startswith(begin) for begin in SENT_BEGINS) or any(said.rstrip("。.").endswith(end) for end in SENT_ENDS)


def _is_device(word: str) -> bool:
    return any(part.startswith(name) for part in (word, *word.split("-")[1:]) for name in DEVICES)


def _names_a_program(bare: str) -> bool:
    """`Sent from TypeApp`, `Sent from my Wiko RIDGE FAB 4G`: after the sending one to three small words, then only names."""
    words = bare.rstrip(".").split()[1:]
    small = next((at for at, word in enumerate(words) if not word.islower()), len(words))
    names = words[small:]
    return 1 <= small <= 3 and 1 <= len(names) <= 6 and all(not word.islower() for word in names)


def _next(lines: Sequence[Line], first: int, end: int) -> Signature | None:
    """One more piece of signature above what has been found; `end` is behind a written line."""
    paragraph = _paragraph(lines, first, end)
    return (
        _hinted(lines, first, end)
        or _footer(lines, paragraph, end)
        or _delimited(lines, first, end)
        or _legal(lines, first, paragraph, end)
        or _ruled(lines, first, end)
        or _card(lines, first, paragraph, end)
    )


def _hinted(lines: Sequence[Line], first: int, end: int) -> Signature | None:
    """What the markup itself calls a signature."""
    start = end
    while start > first and (lines[start - 1].hint is Hint.SIGNATURE or lines[start - 1].blank):
        start -= 1
    while start < end and lines[start].blank:
        start += 1
    return Signature(start=start, reason="signature_marked", certainty=0.98) if start < end else None


def _footer(lines: Sequence[Line], paragraph: int, end: int) -> Signature | None:
    if is_footer(lines[end - 1].body):
        return Signature(start=end - 1, reason="footer", certainty=0.97)
    for start in range(end - 1, max(paragraph, end - 5) - 1, -1):
        said = " ".join(line.body for line in lines[start:end])[:400]
        if start < end - 1 and start == paragraph and is_footer(said):
            return Signature(start=start, reason="footer", certainty=0.95)
        folded = fold(said)
        if (
            len(folded) < 300
            and not _speaks(folded)
            and any(name in folded for name in VIRUS_SCANNERS)
            and any(word in folded for word in VIRUS)
        ):
            return Signature(start=start, reason="virus_scanner", certainty=0.95)
    return None


def _delimited(lines: Sequence[Line], first: int, end: int) -> Signature | None:
    """Below `-- ` (RFC 3676 §4.3), or a lone dash where little follows."""
    written = 0
    for at in range(end - 1, max(first, end - _LOOKED_AT_MAX) - 1, -1):
        line = lines[at]
        if line.blank:
            continue
        if line.body in _DELIMITERS:
            exact = line.raw.rstrip("\r\n") == "-- "
            if written > (_AFTER_EXACT_DELIMITER_MAX if exact else _AFTER_DELIMITER_MAX):
                return None
            if not exact and not _looks_signed(lines[at + 1 : end], card=line.body != "--"):
                return None
            return Signature(start=at, reason="signature_delimiter", certainty=0.97 if exact else 0.9)
        written += 1
    return None


def _looks_signed(below: Sequence[Line], *, card: bool) -> bool:
    """Whether what stands below a dash may be a signature: no long text and no question; for a `card` only a few short lines."""
    bodies = [line.body for line in below if not line.blank]
    if card:
        return len(bodies) <= 6 and all(len(body) <= 60 and not body.endswith((".", "?", "!", ":")) for body in bodies)
    return not any(body.endswith("?") or len(body) > 160 for body in bodies) or _notices(below) >= 2


def _ruled(lines: Sequence[Line], first: int, end: int) -> Signature | None:
    """Below a rule, where nothing or a visiting card or a legal notice follows."""
    for at in range(end - 1, max(first, end - 20) - 1, -1):
        body = lines[at].body
        if len(body) < 3 or body.strip(_RULE_MARKS + " "):
            continue
        below = lines[at + 1 : end]
        if not any(not line.blank for line in below):
            if any(line.body == body for line in lines[max(first, at - _LOOKED_AT_MAX) : at]):
                return None  # the lower edge of a box
            return Signature(start=at, reason="rule", certainty=0.95)
        if sum(_is_contact(line.body) for line in below) >= 2 or _notices(below) >= 2:
            return Signature(start=at, reason="visiting_card", certainty=0.85)
        return None
    return None


def _legal(lines: Sequence[Line], first: int, paragraph: int, end: int) -> Signature | None:
    """A last paragraph about who may read this message, in which nobody says I."""
    if paragraph <= first or sum(len(line.body) for line in lines[paragraph:end]) < 80 or _notices(lines[paragraph:end]) < 2:
        return None
    said = fold(" ".join(line.body for line in lines[paragraph:end])[:3000])
    if _speaks(said) or not any(word in said for word in MESSAGE):
        return None
    return Signature(start=paragraph, reason="legal_notice", certainty=0.85)


def _card(lines: Sequence[Line], first: int, paragraph: int, end: int) -> Signature | None:
    """The numbers and addresses below a closing and a name. Without a closing they may be what the customer was asked for."""
    contacts = sum(_is_contact(lines[at].body) for at in range(paragraph, end))
    closing = _closing(lines, first, end)
    if contacts < 2 or closing is None or any(len(line.body) > 120 for line in lines[closing:end]):
        return None
    start = _skip_blank(lines, closing + 1, end)
    if start < end and not _is_contact(lines[start].body):
        start = _skip_blank(lines, start + 1, end)
    return Signature(start=start, reason="visiting_card", certainty=0.85) if start < end and end - start <= 14 else None


def _skip_blank(lines: Sequence[Line], at: int, end: int) -> int:
    while at < end and lines[at].blank:
        at += 1
    return at


def _speaks(said: str) -> bool:
    """Whether somebody says I or we: programs and lawyers do not."""
    return any(word in SPEAKING for word in _WORD.findall(said))


def _closing(lines: Sequence[Line], first: int, end: int) -> int | None:
    """The short line that ends the letter, among the last of its lines."""
    for at in range(end - 1, max(first, end - 18) - 1, -1):
        body = lines[at].body
        if 2 <= len(body) <= 45 and not _is_contact(body):
            said = fold(body)
            if len(said.split()) <= 6 and any(_holds(said, word) for word in CLOSINGS):
                return at
    return None


def _holds(said: str, word: str) -> bool:
    at = said.find(word)
    if at < 0 or len(word) > 4 or not word.isascii():
        return at >= 0
    return word in _WORD.findall(said)


def _is_contact(body: str) -> bool:
    """A line of a visiting card: a telephone number, a web or mail address with at most a word before it."""
    said = fold(body[:121])
    if not said.strip() or len(body) > 120:
        return False
    digits = sum(char.isdigit() for char in body)
    others = _WORD.findall(said)
    first = said.split(None, 1)[0].rstrip(".:")
    if digits >= 7 and (body[0] in "+(" or first in CONTACT or f"{first}." in CONTACT) and len(others) <= 8:
        return True
    if digits >= 8 and not others:
        return True
    if ("www." in body or "http" in body or tells_an_address(body)) and len(body.split()) <= 4:
        return True
    return first in CONTACT and ":" in body[:12] and digits >= 5


def _notices(lines: Sequence[Line]) -> int:
    said = fold(" ".join(line.body for line in lines)[:3000])
    return sum(word in said for word in PRIVACY)


def _paragraph(lines: Sequence[Line], first: int, end: int) -> int:
    start = end
    while start > max(first, end - _LOOKED_AT_MAX) and not lines[start - 1].blank:
        start -= 1
    return start


def _last_written(lines: Sequence[Line], first: int, end: int) -> int:
    while end > first and lines[end - 1].blank:
        end -= 1
    return end
