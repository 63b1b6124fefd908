"""Dates, times, durations, numbers, money and lists as the reader writes them.

Every function takes the tag it writes in; moments are aware, zones are IANA names, and a time that crosses zones names
its zone. Digits are the locale's own. What CLDR says through Babel is law here; the phrases around it ("tomorrow at …")
come from the catalogue.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from babel import dates, lists, numbers, units

from i18n import catalogues, numerals, tags
from i18n.numerals import in_digits_of

_FSI, _PDI = "\u2068", "\u2069"
_CONTROLS: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])

_UNITS: Final = ((86400, "duration-day"), (3600, "duration-hour"), (60, "duration-minute"), (1, "duration-second"))


def date_time(moment: datetime, tag: str, zone: str) -> str:
    """A date with its time, in the reader's zone: `Nov 21, 2026, 2:05 PM`."""
    day = dates.format_date(_local(moment, zone).date(), format="medium", locale=tags.locale(tag))
    joined = str(tags.locale(tag).datetime_formats["medium"]).replace("'", "")
    return joined.replace("{1}", in_digits_of(day, tag)).replace("{0}", time_of_day(moment, tag, zone))


def date(moment: datetime, tag: str, zone: str) -> str:
    """The date alone, in the reader's zone."""
    return in_digits_of(dates.format_date(_local(moment, zone).date(), format="long", locale=tags.locale(tag)), tag)


def time_of_day(moment: datetime, tag: str, zone: str) -> str:
    """The time alone, in the reader's zone: `14:05`, `2:05 PM`."""
    return in_digits_of(dates.format_time(_local(moment, zone).timetz(), format="short", locale=tags.locale(tag)), tag)


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
    """The zone as people call it: `Berlin time`; UTC stays UTC."""
    city = dates.get_timezone_location(ZoneInfo(zone), locale=tags.locale(tag), return_city=True)
    return "UTC" if city == "UTC" else catalogues.text("widget.opening.zone", tag, city=city)


def duration(seconds: float, tag: str) -> str:
    """A length of time, in its two largest units: `1 hr 5 min`."""
    left = max(0, round(seconds))
    parts: list[str] = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count or (size == 1 and not parts):
            parts.append(units.format_unit(count, unit, length="short", locale=tags.locale(tag), numbering_system="default"))
        elif parts:
            break
        if len(parts) == 2:
            break
    return in_digits_of(" ".join(parts), tag)  # CLDR's narrow list; Babel joins its longer ones wrongly in Arabic


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
    pattern = tags.locale(tag).percent_formats[None].pattern.replace("0", "0." + "0" * digits, 1) if digits else None
    return in_digits_of(numbers.format_percent(value, format=pattern, locale=tags.locale(tag), numbering_system="default"), tag)


def money(amount: Decimal, currency: str, tag: str) -> str:
    """An amount in its ISO 4217 currency."""
    return in_digits_of(numbers.format_currency(amount, currency, locale=tags.locale(tag), numbering_system="default"), tag)


def listing(items: Iterable[str], tag: str) -> str:
    """`a, b, and c`; nothing for nothing."""
    said = list(items)
    return str(lists.format_list(said, locale=tags.locale(tag))) if said else ""


def isolate(text: str) -> str:
    """Wrapped so that its direction cannot disturb its surroundings; its own bidi controls are taken out."""
    return f"{_FSI}{text.translate(_CONTROLS)}{_PDI}"


def _spoken(tag: str) -> str:
    """The tag itself, or the one whose catalogue its readers get: a sentence does not mix two languages."""
    served = catalogues.resolve(tag)
    return tag if tags.language(served) == tags.language(tag) else served


def _local(moment: datetime, zone: str) -> datetime:
    assert moment.tzinfo is not None, "moments are aware"
    return moment.astimezone(ZoneInfo(zone))
