"""Hours as people write them: `mon-fri: ["09:00-13:00", "14:00-18:00"]`, `sat: ["22:00-06:00"]`, `daily: ["00:00-24:00"]`.

A week is seven tuples of spans, Monday first; a span that closes at or before its opening runs into the next day. The notation
is forgiving when read and has one form when written, so that a week comes back as what it meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from itertools import pairwise
from typing import Annotated, Any, Final, TypeAlias

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from contact_hub.workspace.problems import nonsense
from routing.model import Span

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_BLOCK: Final = re.compile(r"\s*([0-9]{1,2}):([0-9]{2})\s*[-–]\s*([0-9]{1,2}):([0-9]{2})\s*")
_DAY_MINUTES: Final = 24 * 60
_WEEK_MINUTES: Final = 7 * _DAY_MINUTES

_BLOCK_PATTERN: Final = r"^\s*[0-9]{1,2}:[0-9]{2}\s*[-–]\s*[0-9]{1,2}:[0-9]{2}\s*$"
_DAY_PATTERN: Final = f"(?:{'|'.join(DAYS)})"
_DAYS_PATTERN: Final = rf"^\s*(?:daily|{_DAY_PATTERN}(?:-{_DAY_PATTERN})?(?:\s*,\s*{_DAY_PATTERN}(?:-{_DAY_PATTERN})?)*)\s*$"
_BLOCKS_SCHEMA: Final[dict[str, Any]] = {
    "type": "array",
    "items": {"type": "string", "pattern": _BLOCK_PATTERN},
    "examples": [["09:00-13:00"]],
}


def read_week(value: object) -> tuple[tuple[Span, ...], ...]:
    """From the notation (or a week already read). Raises pydantic's error with our code."""
    if isinstance(value, tuple):
        return value
    if not isinstance(value, Mapping):
        raise nonsense("type_wrong", form="hours", example="mon-fri: [09:00-17:00]")
    week: dict[int, tuple[Span, ...]] = {}
    for days, blocks in value.items():
        spans = read_spans(blocks)
        for day in _days(days):
            if day in week:
                raise nonsense("day_twice", value=DAYS[day])
            week[day] = spans
    found = tuple(week.get(day, ()) for day in range(7))
    _refuse_overlaps(found)
    return found


def write_week(week: Sequence[Sequence[Span]]) -> dict[str, list[str]]:
    """The one written form: days with the same blocks share a key, runs of days are written with a dash."""
    written: dict[str, list[str]] = {}
    for spans in dict.fromkeys(tuple(day) for day in week if day):
        written[_days_text([day for day in range(7) if tuple(week[day]) == spans])] = write_spans(spans)
    return written


def read_spans(value: object) -> tuple[Span, ...]:
    """The blocks of one day, in order of their opening."""
    if isinstance(value, tuple) and all(isinstance(item, Span) for item in value):
        return value
    if not isinstance(value, list | tuple):
        raise nonsense("type_wrong", form="day", example="[09:00-13:00, 14:00-18:00]")
    spans = tuple(sorted((_span(item) for item in value), key=lambda span: span.opens))
    for first, second in pairwise(spans):
        if _minutes(first.opens) + span_minutes(first) > _minutes(second.opens):
            raise nonsense("hours_overlap", first=_span_text(first), second=_span_text(second))
    return spans


def write_spans(spans: Sequence[Span]) -> list[str]:
    return [_span_text(span) for span in spans]


def span_minutes(span: Span) -> int:
    """How long a block is on the wall clock."""
    length = _minutes(span.closes) - _minutes(span.opens)
    return length if length > 0 else length + _DAY_MINUTES


Week: TypeAlias = Annotated[
    tuple[tuple[Span, ...], ...],
    PlainValidator(read_week),
    PlainSerializer(write_week),
    WithJsonSchema(
        {
            "type": "object",
            "title": "Weekly hours",
            "description": "Days (mon, mon-fri, sat,sun, daily) to blocks on the wall clock of the zone; a block may run over midnight.",
            "additionalProperties": False,
            "patternProperties": {_DAYS_PATTERN: _BLOCKS_SCHEMA},
            "examples": [{"mon-fri": ["09:00-13:00", "14:00-18:00"], "sat": ["22:00-06:00"]}],
        }
    ),
]
DayHours: TypeAlias = Annotated[
    tuple[Span, ...], PlainValidator(read_spans), PlainSerializer(write_spans), WithJsonSchema(_BLOCKS_SCHEMA)
]

NEVER: Final[tuple[tuple[Span, ...], ...]] = ((),) * 7


def _days(text: object) -> Iterator[int]:
    for part in str(text).strip().lower().split(","):
        first, _, last = part.strip().partition("-")
        if part.strip() == "daily":
            yield from range(7)
        elif first in DAYS and (not last or last in DAYS):
            yield from _run(DAYS.index(first), DAYS.index(last or first))
        else:
            raise nonsense("day_unknown", value=text)


def _run(first: int, last: int) -> Iterator[int]:
    """From one day to another, over the end of the week where it must be: `sat-mon`."""
    length = (last - first) % 7 + 1
    return ((first + step) % 7 for step in range(length))


def _days_text(days: Sequence[int]) -> str:
    if len(days) == 7:
        return "daily"
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs)


def _span(value: object) -> Span:
    found = _BLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise nonsense("hours_invalid", value=value)
    first_hour, first_minute, last_hour, last_minute = (int(part) for part in found.groups())
    midnight = (last_hour, last_minute) == (24, 0)
    try:
        span = Span(opens=time(first_hour, first_minute), closes=time() if midnight else time(last_hour, last_minute))
    except ValueError:
        raise nonsense("hours_invalid", value=value) from None
    # 09:00-09:00 may mean nothing or a day: whoever means a day writes 00:00-24:00.
    if span.opens == span.closes and not midnight:
        raise nonsense("hours_invalid", value=value)
    return span


def _span_text(span: Span) -> str:
    closes = "24:00" if span.closes == time() else f"{span.closes:%H:%M}"
    return f"{span.opens:%H:%M}-{closes}"


def _refuse_overlaps(week: Sequence[Sequence[Span]]) -> None:
    """Over midnight too, and from Sunday into Monday."""
    blocks = [(day * _DAY_MINUTES + _minutes(span.opens), day, span) for day, spans in enumerate(week) for span in spans]
    if not blocks:
        return
    start, day, span = blocks[0]
    for (begin, first_day, first), (following, second_day, second) in pairwise([*blocks, (start + _WEEK_MINUTES, day, span)]):
        if begin + span_minutes(first) > following:
            raise nonsense(
                "hours_overlap", first=f"{DAYS[first_day]} {_span_text(first)}", second=f"{DAYS[second_day]} {_span_text(second)}"
            )


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
