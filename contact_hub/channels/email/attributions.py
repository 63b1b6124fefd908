"""Lines that say who wrote, and when, what is quoted below: "On 3 March at 16:19, Jane Roe <jane@shop.example> wrote:".

Found by structure, in any language: a date, a time, an address or a name and a closing colon, and hardly a word besides. Words of saying in forty languages
make it surer. What speaks of "I" and "you" is a person's sentence, however many dates it has. Where the lines below are marked as quoted, much less is enough.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contact_hub.channels.email.quote_words import (
    ARTICLES,
    GLUE,
    MONTHS,
    OPENERS,
    PERSONS,
    WEEKDAYS,
    WROTE,
    WROTE_PARTS,
    fold,
    without_signs,
)
from contact_hub.channels.email.quoting import Line

LINES_MAX: Final = 5
_CHARS_MAX: Final = 600
_TOKENS_MAX: Final = 140
_TOKEN: Final = re.compile(r"[^\W\d_]++|\d++|\S")  # possessive: nothing to go back to
_ADDRESS: Final = "\x01"
_IN_ADDRESS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+/=?^_`{|}~-")
_PERSON_PARTS: Final = ("我", "您", "你", "私", "저는", "제가", "ผม", "ฉัน", "ดิฉัน")
_GERMAN_ARTICLES: Final = frozenset({"der", "die", "das", "dem", "ein", "eine"})
"""Before a noun with a capital; `von der Leyen` is a name."""
_BEFORE_NAMES: Final = frozenset({"von", "van", "zu", "in", "auf", "aus"})
_DASHES: Final = "-–—_=*~ "


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """How sure it is that a text is an attribution: when unmarked text follows, and when marked text does. Better texts weigh more."""

    alone: float
    above_marks: float
    merit: float


SURE: Final = Weight(alone=0.97, above_marks=0.97, merit=100.0)
_NOTHING: Final = Weight(alone=0.0, above_marks=0.0, merit=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Found: in which line it begins, at which word of that line (None: at its start), and how sure that is."""

    start: int
    word: str | None
    weight: Weight


def may_end(line: Line) -> bool:
    """Whether a line could be the last of an attribution: cheap, since every line is asked."""
    body = line.body
    last = body[-1]
    if last == ":" or (last in ">)" and "@" in body):
        return True
    if last in "-–—*_ ":
        bare = body.rstrip(_DASHES)
        return bool(bare) and (bare[-1] == ":" or _last_word(bare) in WROTE)
    return last.isalpha() and len(body) < 200 and _last_word(body) in WROTE


def find(lines: Sequence[Line], end: int, first: int) -> Attribution | None:
    """The attribution that ends with line `end` and begins no earlier than `first`; of all beginnings the best one."""
    best: Attribution | None = None
    text = ""
    for start in range(end, max(first, end - LINES_MAX + 1) - 1, -1):
        line = lines[start]
        if line.blank or line.depth:
            break
        text = f"{line.body} {text}" if text else line.body
        if len(text) > _CHARS_MAX:
            break
        best = _better(best, Attribution(start=start, word=None, weight=weigh(text, end - start)))
        for word, rest in _later_openings(line.body, text):
            best = _better(best, Attribution(start=start, word=word, weight=weigh(rest, end - start)))
    if best is None or best.weight.merit <= 0:
        return None
    return best if best.word else Attribution(start=_drawn_up(lines, best.start, first), word=None, weight=best.weight)


def weigh(text: str, wraps: int = 0) -> Weight:
    """How much a text looks like an attribution; `wraps` is over how many lines it goes."""
    bare = text.strip(_DASHES)
    dashed = len(text) - len(text.lstrip(_DASHES)) >= 2 and len(text) - len(text.rstrip(_DASHES)) >= 2
    found = _Found.of(bare)
    if found is None:
        return _NOTHING
    closed = bare.endswith(":") or (found.ends_with_verb and found.date and text[-2:] in {"--", "––", "——"})
    unclosed = (
        bare[-1:] in {">", ")"} and found.bracketed and found.date and found.opened and found.strangers <= 1 and not found.person
    )
    if not (closed or unclosed or found.ends_with_verb or (dashed and found.verb)):
        return _NOTHING
    alone = _alone(found, closed=closed, dashed=dashed)
    above = max(alone, 0.8 if unclosed else 0.0, _above_marks(found, closed=closed))
    merit = (
        100 * alone
        + 20 * above
        + 12 * (found.date + found.time)
        + 4 * (found.weekday + found.address)
        + 6 * found.opened
        - 4 * found.strangers
        - 1.5 * found.names
        - 0.5 * wraps
    )
    return Weight(alone=alone, above_marks=above, merit=merit if above else 0.0)


def _drawn_up(lines: Sequence[Line], start: int, first: int) -> int:
    """The line before, and the next, if nothing stands there that a person would write: `On Tue,`, or the name above its address."""
    while start > first and not lines[start - 1].blank and not lines[start - 1].depth:
        above = lines[start - 1].body
        words = [fold(word) for word in _TOKEN.findall(without_signs(above[:60])) if word[0].isalnum()]
        if (
            len(above) <= 40
            and words
            and (all(map(_belongs, words)) or all(_belongs(fold(word.strip(".,،()"))) for word in above.split()))
        ):
            start -= 1
            continue
        by_itself = start - 1 == first or lines[start - 2].blank
        if (
            lines[start].body.startswith(("<", "("))
            and by_itself
            and len(words) <= 4
            and above[-1].isalpha()
            and above[:1].isupper()
        ):
            start -= 1
        break
    return start


def _belongs(word: str) -> bool:
    return word.isdecimal() or word in OPENERS or word in WEEKDAYS or word in MONTHS or word in GLUE


def _better(best: Attribution | None, other: Attribution) -> Attribution | None:
    return other if other.weight.above_marks and (best is None or other.weight.merit > best.weight.merit) else best


def _last_word(body: str) -> str:
    return fold(body[body.rfind(" ") + 1 :].strip(".!?()"))


def _later_openings(body: str, text: str) -> list[tuple[str, str]]:
    """Where else in its first line the attribution may begin: `Thanks. On Wed, Apr 4 …`."""
    words = body.split(" ")
    found: list[tuple[str, str]] = []
    at = 0
    for here, word in enumerate(words[:-1]):
        following = fold(words[here + 1].strip(".,"))
        if (
            here
            and word[:1].isupper()
            and fold(word) in OPENERS
            and (following in WEEKDAYS or following in MONTHS or following[:1].isdigit())
        ):
            found.append((f"{word} {words[here + 1]}", text[at:]))
        at += len(word) + 1
    return found[:3]


def _alone(found: _Found, *, closed: bool, dashed: bool) -> float:
    """How sure, where what follows is not marked: everything below would go, so everything must fit."""
    if found.person and not (found.bracketed and found.verb and found.date):
        return 0.0
    few, none = found.strangers <= 4 + found.opened, found.strangers <= 1
    dated = found.date or (found.time and found.weekday)
    if (
        closed
        and found.opened
        and found.bracketed
        and found.date
        and found.ends_with_verb
        and found.strangers <= 8
        and not found.person
    ):
        return 0.95
    if closed and found.bracketed and found.date and (found.time or found.verb) and few:
        return 0.95 if found.verb or found.opened else 0.9
    if closed and found.bracketed and dated and found.verb and few:
        return 0.9
    if closed and found.address and found.date and found.verb and few:
        return 0.9
    if closed and found.bracketed and found.date and found.strangers <= 2:
        return 0.8
    if found.office and not found.address:
        return 0.0
    if closed and found.verb and found.date and found.time and (found.names or found.strangers) and found.strangers <= 2:
        return 0.85
    if closed and found.verb and found.date and (found.names or found.strangers) and none:
        return 0.75
    if closed and found.verb and found.bracketed and found.strangers <= 2 and found.tokens <= 30:
        return 0.8
    if dashed and found.verb and found.strangers <= 2 and found.tokens <= 40:
        return 0.85
    if not closed and found.ends_with_verb and found.address and found.date and found.strangers <= 3:
        return 0.8
    return 0.0


def _above_marks(found: _Found, *, closed: bool) -> float:
    """How sure, where the next lines are marked as quoted."""
    if found.strangers > 10:
        return 0.0
    if found.verb and (closed or found.ends_with_verb):
        return 0.9 if found.date or found.address or found.time else 0.8
    if closed and (found.address or found.date) and found.strangers <= 6:
        return 0.8
    return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What stands in a text, counted."""

    date: bool
    time: bool
    weekday: bool
    address: bool
    bracketed: bool
    verb: bool
    ends_with_verb: bool
    opened: bool
    """Whether it begins as attributions do."""
    office: bool
    """Whether it speaks of "the technician" instead of naming anybody."""
    person: bool
    names: int
    strangers: int
    """Words in small letters that belong to no attribution we know."""
    tokens: int

    @classmethod
    def of(cls, text: str) -> _Found | None:
        text, addresses, bracketed = _without_addresses(text)
        text = without_signs(text)
        tokens = _TOKEN.findall(text)
        if not tokens or len(tokens) > _TOKENS_MAX:
            return None
        words = [fold(token) for token in tokens]
        date, time = _date(words), _time(words)
        parts = any(part in text for part in WROTE_PARTS)
        names = strangers = 0
        weekday = verb = person = office = False
        last_word = -1
        for at, (token, word) in enumerate(zip(tokens, words, strict=True)):
            if not word[:1].isalpha():
                continue
            last_word = at
            if word in WROTE:
                verb = True
            elif word in WEEKDAYS:
                weekday = True
            elif word in MONTHS or word in GLUE or word in OPENERS:
                pass
            elif word in PERSONS and (not token[0].isupper() or word == "i" or at == 0):
                person = True
            elif token[0].isupper() or not token.islower() or len(token) == 1:
                names += 1
                office = office or (at > 1 and words[at - 1] in _GERMAN_ARTICLES and words[at - 2] not in _BEFORE_NAMES)
            else:
                strangers += 1
                office = office or (at > 0 and words[at - 1] in ARTICLES)
        first = words[0]
        opened = first in OPENERS or first in WEEKDAYS or first.isdigit() or first == _ADDRESS
        return cls(
            date=date,
            time=time,
            weekday=weekday,
            address=addresses > 0,
            bracketed=bracketed,
            verb=verb or parts,
            ends_with_verb=(last_word >= 0 and words[last_word] in WROTE)
            or (parts and any(text.rstrip(" :").endswith(p) for p in WROTE_PARTS)),
            opened=opened,
            office=office,
            person=person or any(part in text for part in _PERSON_PARTS),
            names=names,
            strangers=strangers,
            tokens=len(tokens),
        )


def _without_addresses(text: str) -> tuple[str, int, bool]:
    """The text with one mark for each mail address, how many there were, and whether one stood in brackets (`<a@b>`, `(a@b)`, `[mailto:a@b]`)."""
    out: list[str] = []
    count, bracketed, done = 0, False, 0
    at = text.find("@")
    while at >= 0 and count < 8:
        start = at
        while start > done and text[start - 1] in _IN_ADDRESS:
            start -= 1
        end = at + 1
        while end < len(text) and text[end] in _IN_ADDRESS:
            end += 1
        if start < at and end > at + 1:
            before = text[done:start]
            opening = before.removesuffix("mailto:").rstrip()[-1:]
            if opening and opening in "<([":
                bracketed = True
            out.append(before)
            out.append(f" {_ADDRESS} ")
            count += 1
            done = end
        at = text.find("@", end)
    out.append(text[done:])
    return "".join(out), count, bracketed


def _year(token: str) -> bool:
    return (
        len(token) == 4
        and token.isdigit()
        and (1970 <= int(token) <= 2099 or 2513 <= int(token) <= 2642 or 1349 <= int(token) <= 1478)
    )


def _small(token: str, most: int) -> bool:
    return len(token) <= 2 and token.isdecimal() and 1 <= int(token) <= most


def _date(words: Sequence[str]) -> bool:
    """Whether a day of a year stands there: 3/3/26, 3. 3. 2026, 2026-03-03, or a year with a day near it, whatever the month is called."""
    for at, word in enumerate(words):
        if not word.isdecimal():
            continue
        if _in_numbers(words[at : at + 5]):
            return True
        if _year(word) and any(_is_day(words, near) for near in range(max(0, at - 6), min(len(words), at + 7)) if near != at):
            return True
        beside = (near for near in (at - 2, at - 1, at + 1, at + 2) if 0 <= near < len(words))
        if _small(word, 31) and any(words[near] in MONTHS for near in beside) and _has_clock_or_weekday(words):
            return True
    return False


def _in_numbers(five: Sequence[str]) -> bool:
    """3/3/26, 03.03.2026, 2026-03-03, 26/3/3."""
    if len(five) < 5 or five[1] != five[3] or five[1] not in {".", "/", "-"} or not five[4].isdecimal():
        return False
    if len(five[4]) == 1 and len(five[0]) == 1:
        return False
    return _small(five[2], 31) and (_small(five[0], 31) or _year(five[0])) and (len(five[4]) <= 2 or _year(five[4]))


def _is_day(words: Sequence[str], at: int) -> bool:
    """A number of a day, and not half of a time."""
    if not _small(words[at], 31):
        return False
    before, after = words[at - 1] if at else "", words[at + 1] if at + 1 < len(words) else ""
    return before != ":" and after != ":"


def _has_clock_or_weekday(words: Sequence[str]) -> bool:
    return _time(words) or any(word in WEEKDAYS for word in words)


def _time(words: Sequence[str]) -> bool:
    """Whether a time of the day stands there: 16:19, 16.19, 16h19, 4時19分."""
    for at in range(len(words) - 2):
        hour, between, minute = words[at], words[at + 1], words[at + 2]
        if hour.isdecimal() and minute.isdecimal() and len(hour) <= 2 and len(minute) == 2 and int(hour) < 25 and int(minute) < 60:
            if between in {":", "h", "時", "时", "시", "點", "点"}:
                return True
            after = words[at + 3] if at + 3 < len(words) else ""
            before = words[at - 1] if at else ""
            if between == "." and after != "." and before not in {".", "/", "-"}:
                return True
    return False


def tells_a_date(text: str) -> bool:
    """Whether a whole date stands in a text."""
    return _date([fold(token) for token in _TOKEN.findall(without_signs(text[:200]))])


def tells_a_time(text: str) -> bool:
    """Whether a time of the day stands in a text."""
    return _time([fold(token) for token in _TOKEN.findall(without_signs(text[:200]))])


def tells_an_address(text: str, *, bracketed: bool = False) -> bool:
    """Whether a mail address stands in a text; if asked, only one in brackets counts."""
    if "@" not in text:
        return False
    _, count, inside = _without_addresses(text[:_CHARS_MAX])
    return inside if bracketed else count > 0
