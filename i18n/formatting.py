"""Dates, times, durations, numbers, money, lists and names as the reader writes them.

Every function takes the tag it writes in; moments are aware, zones are IANA names, and a time that crosses zones names
its zone. Digits are the locale's own. What CLDR says through Babel is law here; the phrases around it ("tomorrow at …")
come from the catalogue.
"""

import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Final
from zoneinfo import ZoneInfo

from babel import dates, lists, numbers, units

from i18n import catalogues, numerals, tags
from i18n.numerals import in_digits_of, symbols_of, written

_FSI, _PDI = "\u2068", "\u2069"
_CONTROLS: Final = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

_OFFSET: Final = re.compile(r"(?P<sign>[+−-])0?(?P<hours>\d+)(?::00|(?P<minutes>:\d\d))")
_NUMBER: Final = re.compile(r"[\d\u200e\u200f\u061c+−-].*\d", re.DOTALL)
_UNSEEN: Final = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u200b\u2060\u2800\u3164\ufeff\uffa0")
_IDEOGRAPHIC: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
_BREAKS: Final = frozenset({"Cc", "Zl", "Zp"})
_NAME_CHARS_MAX: Final = 120
_NAME_READ_MAX: Final = 1_000  # what is a megabyte long is no name, and must not cost like one
UNNAMED: Final = "–"
"""What stands where a name would, if there is none to be seen."""
_HERE: Final = "\ue000"  # private use: no pattern of CLDR's has it

_UNITS: Final = ((86400, "duration-day"), (3600, "duration-hour"), (60, "duration-minute"), (1, "duration-second"))


def date_time(moment: datetime, tag: str, zone: str) -> str:
    """A date with its time, in the reader's zone: `Nov 21, 2026, 2:05 PM`."""
    day = dates.format_date(_local(moment, zone).date(), format="medium", locale=tags.locale(tag))
    return _joined(in_digits_of(day, tag), time_of_day(moment, tag, zone), tag)


def date(moment: datetime, tag: str, zone: str) -> str:
    """The date alone, in the reader's zone."""
    return in_digits_of(dates.format_date(_local(moment, zone).date(), format="long", locale=tags.locale(tag)), tag)


def time_of_day(moment: datetime, tag: str, zone: str) -> str:
    """The time alone, in the reader's zone: `14:05`, `2:05 PM`."""
    return in_digits_of(dates.format_time(_local(moment, zone).timetz(), format="short", locale=tags.locale(tag)), tag)


def time_with_zone(moment: datetime, tag: str, zone: str) -> str:
    """The time with its zone, for a time that crosses zones: `15:05 GMT+1`, `3:05 PM GMT+1`."""
    return in_digits_of(_timed(_local(moment, zone), tag), tag)


def date_time_with_zone(moment: datetime, tag: str, zone: str) -> str:
    """A date with its time and zone: `Nov 21, 2026, 3:05 PM GMT+1`."""
    day = dates.format_date(_local(moment, zone).date(), format="medium", locale=tags.locale(tag))
    return _joined(in_digits_of(day, tag), time_with_zone(moment, tag, zone), tag)


def next_opening(moment: datetime, now: datetime, tag: str, zone: str) -> str:
    """When a closed brand opens again, for a customer in `zone`: `tomorrow at 09:00 (Berlin time)`."""
    tag = _spoken(tag)
    local, today = _local(moment, zone), _local(now, zone)
    days = (local.date() - today.date()).days
    at = {"time": time_of_day(moment, tag, zone), "zone": zone_name(zone, tag)}
    if days <= 0:
        return catalogues.text("widget.opening.today", tag, **at)
    if days == 1:
        return catalogues.text("widget.opening.tomorrow", tag, **at)
    locale = tags.locale(tag)
    day = dates.format_date(local, "EEEE", locale=locale) if days < 7 else dates.format_date(local, "long", locale=locale)
    return catalogues.text("widget.opening.day", tag, day=in_digits_of(day, tag), **at)


def zone_name(zone: str, tag: str) -> str:
    """The zone as people call it: `Berlin time`; UTC stays UTC, and a zone of no place is named by its offset."""
    city = dates.get_timezone_location(ZoneInfo(zone), locale=tags.locale(tag), return_city=True).rpartition("/")[2]
    if city in {"UTC", "GMT", "UCT", "Zulu", "Universal", "Greenwich"}:
        return "UTC"
    if zone.startswith("Etc/"):  # whose signs are the wrong way round for people: Etc/GMT+5 lies west of Greenwich
        return in_digits_of(_offset(datetime(2000, 1, 1, tzinfo=ZoneInfo(zone)), tag), tag)
    return catalogues.text("widget.opening.zone", tag, city=city)


def duration(seconds: float, tag: str) -> str:
    """A length of time, in its two largest units: `1 hr 5 min`."""
    assert math.isfinite(seconds), "a length of time has an end"
    left = max(0, round(seconds))
    parts: list[str] = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count or (size == 1 and not parts):
            parts.append(_counted(count, unit, tag))
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts)  # CLDR's narrow list; Babel joins its longer ones wrongly in Arabic


def relative(seconds: float, tag: str) -> str:
    """From now: negative is past (`5 minutes ago`), positive future (`in 5 minutes`)."""
    return in_digits_of(
        dates.format_timedelta(timedelta(seconds=seconds), add_direction=True, threshold=0.95, locale=tags.locale(tag)), tag
    )


def number(value: float | Decimal, tag: str) -> str:
    """A number with the locale's grouping and digits."""
    return numerals.number(value, tag)


def percent(value: float | Decimal, tag: str, *, digits: int = 0) -> str:
    """A share as a percentage: `.853` → `85 %` as the locale writes it."""
    locale = tags.locale(tag)
    pattern = locale.percent_formats[None].pattern.replace("0", "0." + "0" * digits, 1) if digits else None
    with localcontext(prec=numerals.DIGITS_MAX):
        said = numbers.format_percent(value, format=pattern, locale=locale, numbering_system=symbols_of(tag))
    return written(said, tag)


def percent_range(low: float | Decimal, high: float | Decimal, tag: str, *, digits: int = 0) -> str:
    """From one share to another, the sign once and where the locale puts it: `85.7–100.0%`, Turkish `%85,7–100,0`."""
    first, last = percent(low, tag, digits=digits), percent(high, tag, digits=digits)
    if first == last:
        return last
    return _NUMBER.sub(lambda number: f"{_bare(first)}–{number[0]}", last, count=1)


def money(amount: Decimal, currency: str, tag: str) -> str:
    """An amount in its ISO 4217 currency."""
    with localcontext(prec=numerals.DIGITS_MAX):
        return written(numbers.format_currency(amount, currency, locale=tags.locale(tag), numbering_system=symbols_of(tag)), tag)


def listing(items: Iterable[str], tag: str, *, isolated: bool = False) -> str:
    """`a, b, and c`; nothing for nothing. `isolated` where the items may run the other way than the list."""
    said = [isolate(item) for item in items] if isolated else list(items)
    return str(lists.format_list(said, locale=tags.locale(tag))) if said else ""


def isolate(text: str) -> str:
    """Wrapped so that its direction cannot disturb its surroundings; its own bidi controls are taken out, and what is half a character."""
    return f"{_FSI}{_undirected(text)}{_PDI}"


def person(name: str | None) -> str:
    """Somebody's name as it may stand on a screen: one line, no direction controls, nothing that cannot be seen, never endless and never empty."""
    text = unicodedata.normalize("NFC", _undirected((name or "")[:_NAME_READ_MAX]))
    seen = "".join(" " if unicodedata.category(sign) in _BREAKS else sign for sign in text if sign not in _UNSEEN)
    return _cut(" ".join(seen.split()), _NAME_CHARS_MAX) or UNNAMED


def initials(name: str | None) -> str:
    """One or two letters for a circle: `Ana María` → `AM`, `Жанна` → `Ж`; of names without spaces the last two signs (`山田太郎` → `太郎`).

    Marks stay with their letter. Where the name has no letter: a dash.
    """
    words = [word for part in person(name).split() if (word := _letters(part))]
    if not words:
        return UNNAMED
    if len(words) == 1 and _IDEOGRAPHIC.match(words[0]):
        return words[0][-2:]
    ends = words[:1] if len(words) == 1 else [words[0], words[-1]]
    return "".join(letters.upper() if len(letters.upper()) == len(letters) else letters for letters in map(_first, ends))


def _letters(part: str) -> str:
    """From the first letter on."""
    place = next((place for place, sign in enumerate(part) if unicodedata.category(sign).startswith("L")), len(part))
    return part[place:]


def _first(word: str) -> str:
    """The first letter with the marks that stand on it."""
    end = 1
    while end < len(word) and unicodedata.category(word[end]) in {"Mn", "Mc"}:
        end += 1
    return word[:end]


def _cut(text: str, chars: int) -> str:
    """Not longer than so many characters, and not between a letter and its mark."""
    while len(text) > chars > 0 and unicodedata.category(text[chars]) in {"Mn", "Mc", "Me", "Cf"}:
        chars -= 1
    return text[:chars].rstrip()


def _undirected(text: str) -> str:
    """Without controls of direction and without halves of surrogate pairs, which neither a socket nor a file can carry."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = "".join("\ufffd" if "\ud800" <= sign <= "\udfff" else sign for sign in text)
    for control in _CONTROLS:  # looked for one by one: a text without any costs next to nothing
        text = text.replace(control, "")
    return text


def _joined(day: str, time: str, tag: str) -> str:
    pattern = str(tags.locale(tag).datetime_formats["medium"]).replace("'", "")
    return pattern.replace("{1}", day).replace("{0}", time)


def _timed(local: datetime, tag: str) -> str:
    """As CLDR's skeletons `hmv` and `Hmv` order time and zone, with the offset for the zone: abbreviations mean different zones to different people."""
    locale = tags.locale(tag)
    twelve = any(sign in locale.time_formats["short"].pattern for sign in "hK")
    pattern = str(locale.datetime_skeletons["hmv" if twelve else "Hmv"])
    return str(dates.format_time(local.timetz(), pattern.replace("v", f"'{_HERE}'"), locale=locale)).replace(
        _HERE, _offset(local, tag)
    )


def _offset(local: datetime, tag: str) -> str:
    """`GMT+1`, `GMT+5:30`, `UTC`."""
    if not local.utcoffset():
        return "UTC"
    said = dates.get_timezone_gmt(local, width="long", locale=tags.locale(tag))
    return _OFFSET.sub(lambda found: f"{found['sign']}{found['hours']}{found['minutes'] or ''}", said)


def _counted(count: int, unit: str, tag: str) -> str:
    """`5 min`. Where CLDR gives one form for all counts, Babel 2.18 falls to the long name of many (`1 horas`): the form for all is meant."""
    locale = tags.locale(tag)
    forms = locale._data["unit_patterns"].get(unit, {}).get("short", {})
    form = forms.get(locale.plural_form(count)) or forms.get("other")
    if form is None:
        return in_digits_of(units.format_unit(count, unit, length="short", locale=locale), tag)
    return str(form).replace("{0}", numerals.number(count, tag))


def _bare(text: str) -> str:
    """The number of a written percentage, with its sign."""
    found = _NUMBER.search(text)
    return found[0] if found else text


def _spoken(tag: str) -> str:
    """The tag itself, or the one whose catalogue its readers get: a sentence does not mix two languages."""
    served = catalogues.resolve(tag)
    return tag if tags.language(served) == tags.language(tag) else served


def _local(moment: datetime, zone: str) -> datetime:
    assert moment.tzinfo is not None, "moments are aware"
    return moment.astimezone(ZoneInfo(zone))
