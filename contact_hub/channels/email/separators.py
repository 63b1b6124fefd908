"""What stands between a new message and an old one besides an attribution: `-----Original Message-----`, rules, blocks of headers.

A block of headers is known by its structure: lines of `Word: value` one after another, with an address and a date among the values. Where the words are known
(forty languages), two or three lines are enough and a name may stand for the address; where they are not, the block must look exactly like one, since
order forms look similar. A forwarded message is announced in the same manner, and is content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contact_hub.channels.email.attributions import tells_a_date, tells_a_time, tells_an_address
from contact_hub.channels.email.quote_words import DATE, FORM, FORWARDED, FROM, LABELS, MESSAGE, ORIGINAL, SUBJECT, TO, fold
from contact_hub.channels.email.quoting import Line, next_written

_MARKS: Final = "-–—_*=~#<>|•· \t"
_STRONG_MARKS: Final = "-–—_=*#~"
_LABEL_MAX: Final = 34
_BLOCK_LINES_MAX: Final = 18
_WRAPPED_LINES_MAX: Final = 3
_UNKNOWN: Final = "unknown"
_FORM: Final = "form"


class Separator(StrEnum):
    """What a line between messages announces."""

    ORIGINAL = "original"
    FORWARD = "forward"
    RULE = "rule"
    HEADING = "heading"
    """Words between dashes that say nothing to us; they count only above a block of headers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of headers: how many lines it has, and how sure that is."""

    certainty: float
    known: bool


def separator(line: Line) -> Separator | None:
    """What a line of dashes, or of words between dashes, announces; None for all other lines."""
    body = line.body
    if body[-1] != ":" and body[0] not in _STRONG_MARKS and body[0] not in _MARKS:
        return None
    if len(body) > 100:
        return Separator.RULE if not body.strip(_STRONG_MARKS) else None
    words = body.strip(_MARKS)
    if not words:
        return Separator.RULE if len(body) >= 4 and body[0] in _STRONG_MARKS else None
    dashed = _dashes(body) >= 2 and _dashes(body[::-1]) >= 2
    if not dashed and not words.endswith(":"):
        return None
    said = fold(words)
    if len(said.split()) > 9:
        return None
    if any(word in said for word in FORWARDED) and (dashed or any(word in said for word in MESSAGE)):
        return Separator.FORWARD if dashed or len(said.split()) <= 7 else None
    if dashed and len(said.split()) <= 7 and any(word in said for word in ORIGINAL):
        return Separator.ORIGINAL
    return Separator.HEADING if dashed and len(said.split()) <= 5 else None


def says_original(line: Line) -> bool:
    """Whether a line without dashes says "original message", which counts only above a block of headers."""
    said = fold(line.body)
    return len(said) <= 50 and any(word in said for word in ORIGINAL) and any(word in said for word in MESSAGE)


def label(body: str) -> tuple[str, str] | None:
    """What a line `Word: value` is labelled as (`from`, `date` …, `form`, `unknown`), and its value; None for lines of another shape."""
    colon = body.find(":", 1, _LABEL_MAX)
    if colon < 0:
        return None
    name = " ".join(fold(body[:colon].strip("*_ \t'\"[")).split())
    value = body[colon + 1 :].strip("* \t")
    kind = LABELS.get(name)
    if kind:
        return kind, value
    if name and (name in FORM or name.split()[-1] in FORM):
        return _FORM, value
    if name and name.replace(" ", "").isalpha() and len(name.split()) <= 3 and value and not value.startswith("//"):
        return _UNKNOWN, value
    return None


def block_at(lines: Sequence[Line], start: int, *, announced: bool) -> Block | None:
    """The block of headers that begins with this line; `announced` where a rule or "original message" stands above it."""
    first = label(lines[start].body)
    if (
        first is None
        or first[0] == _FORM
        or (first[0] == _UNKNOWN and not tells_an_address(first[1], bracketed=True) and not tells_a_date(first[1]))
    ):
        return None
    found = _collect(lines, start)
    return _in_one_line(lines[start].body) if len(found.kinds) == 1 and not announced else _judge(found, announced=announced)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Collected:
    kinds: tuple[str, ...]
    address: bool
    bracketed_first: bool
    dated_at: int | None
    timed: bool


def _collect(lines: Sequence[Line], start: int) -> _Collected:
    """All labels from this line on, over wrapped values and over single blank lines between known labels."""
    kinds: list[str] = []
    values: list[str] = []
    wrapped = 0
    at = start
    while at < len(lines) and at - start < _BLOCK_LINES_MAX:
        line = lines[at]
        if line.blank:
            after = next_written(lines, at)
            told = label(lines[after].body) if after < len(lines) and after - at <= 2 else None
            if told and told[0] == _FORM:
                kinds.append(_FORM)
                values.append("")
            if told is None or told[0] in {_UNKNOWN, _FORM} or (told[0] in kinds and told[0] != "other"):
                break
            at = after
            continue
        told = label(line.body)
        if told and told[0] in {FROM, SUBJECT} and told[0] in kinds:
            break  # the next block
        if told:
            kinds.append(told[0])
            values.append(told[1])
            wrapped = 0
        elif wrapped < _WRAPPED_LINES_MAX:
            values[-1] = f"{values[-1]} {line.body}"[:400]
            wrapped += 1
        else:
            break
        at += 1
    relevant = [value for kind, value in zip(kinds, values, strict=True) if kind != SUBJECT]
    dates = [
        n
        for n, (kind, value) in enumerate(zip(kinds, values, strict=True))
        if kind in {DATE, _UNKNOWN, FROM} and tells_a_date(value)
    ]
    return _Collected(
        kinds=tuple(kinds),
        address=any(tells_an_address(value) for value in relevant),
        bracketed_first=tells_an_address(values[0], bracketed=True),
        dated_at=dates[0] if dates else None,
        timed=any(tells_a_time(values[n]) for n in dates),
    )


def _judge(found: _Collected, *, announced: bool) -> Block | None:
    known = set(found.kinds) & {FROM, DATE, TO, SUBJECT}
    dated = found.dated_at is not None
    if _FORM in found.kinds:
        return None
    if announced and FROM in known and (len(known) >= 2 or found.address):
        return Block(certainty=0.97, known=True)
    if FROM in known and len(known) >= 3 and found.address and (dated or _UNKNOWN not in found.kinds):
        return Block(certainty=0.97, known=True)
    if {FROM, DATE, SUBJECT} <= known and dated:
        return Block(certainty=0.92, known=True)
    if {FROM, SUBJECT} <= known and dated:
        return Block(certainty=0.9, known=True)
    if {FROM, DATE} <= known and dated and found.address:
        return Block(certainty=0.9, known=True)
    if found.kinds[:3] == (FROM, DATE, TO) and dated and found.timed:
        return Block(certainty=0.8, known=True)  # nobody puts the hour of a journey between its two places
    if {DATE, TO} <= known and dated and found.address:
        return Block(certainty=0.85, known=True)
    if len(found.kinds) >= 3 and found.bracketed_first and found.dated_at in {1, 2} and found.timed:
        return Block(certainty=0.75, known=False)
    return None


def _in_one_line(body: str) -> Block | None:
    """A block some program has run together: `From: a@b Sent: Monday … To: c Subject: d`."""
    kinds: set[str] = set()
    words = body.split()
    for at, word in enumerate(words):
        if word.endswith(":") and len(word) > 1:
            kind = LABELS.get(fold(word[:-1].strip("*"))) or (at and LABELS.get(fold(f"{words[at - 1]} {word[:-1]}")))
            if kind:
                kinds.add(kind)
    if FROM in kinds and len(kinds & {DATE, TO, SUBJECT}) >= 2 and tells_an_address(body):
        return Block(certainty=0.8, known=True)
    return None


def _dashes(body: str) -> int:
    return len(body) - len(body.lstrip(_STRONG_MARKS))
