"""The instant a Date header means. Read by what each piece looks like, not by where it stands, since the order is what mailers get wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from contact_hub.channels.email.addresses import uncommented

_MONTHS: Final = {name: number for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)} | {
    # as mailers under other languages write them
    "mai": 5, "okt": 10, "dez": 12, "mär": 3, "mrz": 3, "maa": 3, "mei": 5, "fév": 2, "fev": 2, "avr": 4, "juin": 6, "juil": 7, "aoû": 8, "déc": 12,
    "ene": 1, "abr": 4, "ago": 8,
    "dic": 12, "gen": 1, "mag": 5, "giu": 6, "lug": 7, "set": 9, "ott": 10, "out": 10,
}  # fmt: skip
_ZONES: Final = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "met": 60, "mez": 60, "cest": 120, "mest": 120, "mesz": 120,
    "eet": 120,
    "eest": 180, "msk": 180, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "jst": 540, "kst": 540,
}  # fmt: skip
_CLOCK: Final = re.compile(
    r"(?<!\d)(\d{1,2})\s{0,3}[:.]\s{0,3}(\d{2})(?:\s{0,3}[:.]\s{0,3}(\d{2})(?:[.,]\d{1,9})?)?(?!\d)(?:\s?([AaPp])\.?[Mm]\b)?"
)
_NUMERIC: Final = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_OFFSET: Final = re.compile(r"(?:GMT|UTC)?\s?([+-])\s?(\d{1,2}):?(\d{2})(?!\d)", re.IGNORECASE)
_YEAR_MIN: Final = 1900
_YEAR_MAX: Final = 2199


def date(value: str) -> datetime | None:
    """The instant a Date header means, in UTC; None if it cannot be. Read by what each piece looks like, since the order is what mailers get wrong."""
    text = uncommented(value[:300])
    clock = _CLOCK.search(text)
    numeric = _NUMERIC.search(text)
    hour, minute, second = _clock(clock)
    rest = text if clock is None else text[: clock.start()] + " " + text[clock.end() :]
    offset, rest = _zone(text[clock.end() :] if clock else "", rest)
    try:
        if numeric is not None:
            year, month, day = (int(piece) for piece in numeric.groups())
        else:
            year, month, day = _spelled(rest)
        leap = timedelta(seconds=1) if second == 60 else timedelta()
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=timezone(timedelta(minutes=offset))) + leap
        if not _YEAR_MIN <= moment.year <= _YEAR_MAX:
            return None
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _clock(found: re.Match[str] | None) -> tuple[int, int, int]:
    if found is None:
        return 0, 0, 0
    hour = int(found[1])
    if found[4]:
        hour = hour % 12 + (12 if found[4] in "pP" else 0)
    return hour, int(found[2]), int(found[3] or 0)


def _zone(after: str, rest: str) -> tuple[int, str]:
    """Minutes east of Greenwich, and the rest without the piece that said so. Unknown zones are UTC (RFC 5322, 4.3)."""
    if found := _OFFSET.search(after):
        minutes = int(found[2]) * 60 + int(found[3])
        sign = -1 if found[1] == "-" else 1
        return sign * minutes if minutes < 24 * 60 else 0, rest.replace(found[0], " ", 1)
    for word in re.findall(r"[A-Za-z]+", after):
        if word.lower() in _ZONES:
            return _ZONES[word.lower()], rest
    return 0, rest


def _spelled(text: str) -> tuple[int, int, int]:
    """Year, month, day of `21 Nov 1997`, `Nov 21 1997`, `21-Nov-97` …; ValueError if a piece is missing."""
    named = (_MONTHS.get(word[:4]) or _MONTHS.get(word[:3]) for word in re.findall(r"[^\W\d_]{3,}", text.lower()))
    month = next((number for number in named if number), None)
    numbers = re.findall(r"(?<!\d)\d{1,4}(?!\d)", text)
    if month is None or len(numbers) < 2:
        raise ValueError(text)
    first, second = numbers[:2]
    day, year = (second, first) if len(first) > 2 else (first, second)
    value = int(year)
    if len(year) <= 3:  # RFC 5322, 4.3
        value += 2000 if value < 50 else 1900
    return value, month, int(day)
