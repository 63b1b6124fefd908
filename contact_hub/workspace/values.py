"""The single values of a workspace file: each type refuses nonsense where it is written, so that nothing after it checks again.

What has more than one spelling (tags, origins, blocks of hours) comes out in its canonical one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from contact_hub.workspace.country_groups import GROUPS
from contact_hub.workspace.problems import nonsense
from i18n import tags
from i18n.levels import Level
from i18n.money import is_currency
from routing.hours import knows_holidays

_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_EMAIL: Final = re.compile(r"[^\s@<>\",;:()\[\]]{1,64}@[^\s@<>\",;:()\[\]]{1,190}")
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
_SVG_PATH: Final = re.compile(r"[MmLlHhVvCcSsQqTtAaZz0-9eE.,+\-\s]{2,4000}")
_FONT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ,'-]{0,119}")
_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SECRET: Final = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]{0,127}|file:/[^\x00-\x1f\x7f]{1,1000}")
_SELECTOR: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_TEXT_KEY: Final = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_NOT_COUNTRIES: Final = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
_MONEY_MAX: Final = 1_000_000_000
_MONEY_DECIMALS_MAX: Final = 4
_TYPICAL_MISTAKES: Final = {
    "jp": "ja",
    "cz": "cs",
    "gr": "el",
    "dk": "da",
    "cn": "zh-Hans",
    "br": "pt-BR",
    "kr": "ko",
    "in": "hi",
    "ph": "fil",
    "ua": "uk",
}


def _id(text: str) -> str:
    return _matching(_ID, text, "id_invalid")


def _name(text: str) -> str:
    if not text.strip() or text != text.strip() or _CONTROL.search(text):
        raise nonsense("name_invalid", value=repr(text))
    return text


def _text(text: str) -> str:
    if not text.strip():
        raise nonsense("text_blank")
    return text


def _tag(text: str) -> str:
    try:
        tag = tags.canonical(text)
    except tags.InvalidTag:
        raise nonsense("language_invalid", value=text) from None
    # CLDR names some 600 languages; a tag it cannot name is nearly always a country's code.
    if tags.language(tag) not in tags.locale("en").languages:
        near = _TYPICAL_MISTAKES.get(text.lower())
        raise nonsense("language_unknown", near=near, value=text)
    return tag


def _level(value: object) -> Level:
    if isinstance(value, Level):
        return value
    try:
        return Level.parse(str(value))
    except ValueError:
        raise nonsense("level_invalid", value=value) from None


@lru_cache(maxsize=1024)
def zone_exists(name: str) -> bool:
    """Whether this names a place whose clock we know."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return name == "UTC" or "/" in name


def _zone(text: str) -> str:
    if not zone_exists(text):
        raise nonsense("zone_unknown", value=text)
    return text


def _country(text: str) -> str:
    if len(text) != 2 or text in _NOT_COUNTRIES or text not in tags.locale("en").territories:
        raise nonsense("country_unknown", value=text)
    return text


def _residence(text: str) -> str:
    if text in GROUPS:
        return text
    try:
        return _country(text)
    except PydanticCustomError:
        raise nonsense("residence_unknown", value=text, groups=", ".join(GROUPS)) from None


def _currency(text: str) -> str:
    if not is_currency(text):
        raise nonsense("currency_unknown", value=text)
    return text


def _money(value: object) -> Decimal:
    """Exact: a decimal number of so few digits goes through a float, and through JSON, unharmed."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise nonsense("money_invalid", value=value)
    amount = Decimal(str(value))
    if not 0 <= amount <= _MONEY_MAX or amount != round(amount, _MONEY_DECIMALS_MAX):
        raise nonsense("money_invalid", value=value)
    return amount


def _money_number(amount: Decimal) -> float | int:
    return _plain(float(amount))


def _holidays(text: str) -> str:
    if len(text.partition("-")[0]) != 2 or not knows_holidays(text):
        raise nonsense("holidays_unknown", value=text)
    return text


def _day(value: object) -> date:
    if type(value) is date:
        return value
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise nonsense("date_invalid", value=value)


def _email(text: str) -> str:
    return _matching(_EMAIL, text, "email_invalid")


def _secret(text: str) -> str:
    """Where a secret is, never the secret. A value that is none is not repeated: it may be one."""
    if not _SECRET.fullmatch(text):
        raise nonsense("secret_inline")
    return text


def _host(text: str) -> str:
    host = text.lower().rstrip(".")
    if not _HOST.fullmatch(host) or len(host) > 253:
        raise nonsense("host_invalid", value=text)
    return host


def _server_name(text: str) -> str:
    """What a mail server calls itself in its results; empty for one that does not say."""
    return _host(text) if text else text


def _selector(text: str) -> str:
    return _matching(_SELECTOR, text, "selector_invalid")


def _colour(text: str) -> str:
    return _matching(_COLOUR, text.lower(), "colour_invalid")


def _svg_path(text: str) -> str:
    return _matching(_SVG_PATH, text, "logo_invalid")


def _font(text: str) -> str:
    return _matching(_FONT, text, "font_invalid")


def _text_key(text: str) -> str:
    return _matching(_TEXT_KEY, text, "text_key_invalid")


def _origin(text: str) -> str:
    """As a browser sends it: scheme and host in small letters, no default port (RFC 6454 section 6.1)."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise nonsense("origin_invalid", value=text) from None
    host = parts.hostname or ""
    rest = (parts.path.removeprefix("/"), parts.query, parts.fragment, parts.username, parts.password)
    if parts.scheme not in _DEFAULT_PORTS or any(rest) or not _HOST.fullmatch(host) or len(host) > 253:
        raise nonsense("origin_invalid", value=text)
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != _DEFAULT_PORTS[parts.scheme] else "")


def _initials(text: str) -> str:
    if not text.isalnum() or not 1 <= len(text) <= 3:
        raise nonsense("name_invalid", value=text)
    return text


def plain_address(address: str) -> str:
    """As it is compared: in small letters, without a plus-token."""
    local, at, host = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}{at}{host}"


def distinct_tags(value: object) -> object:
    """Two spellings of one language in a mapping would silently become one."""
    if isinstance(value, Mapping):
        seen: dict[str, object] = {}
        for key in value:
            tag = _canonical_or_same(str(key))
            if tag in seen:
                raise nonsense("language_twice", first=seen[tag], second=key)
            seen[tag] = key
    return value


def _canonical_or_same(text: str) -> str:
    try:
        return tags.canonical(text)
    except tags.InvalidTag:
        return text


def _matching(pattern: re.Pattern[str], text: str, code: str) -> str:
    if not pattern.fullmatch(text):
        raise nonsense(code, value=text)
    return text


def _plain(seconds: float) -> float | int:
    """30, not 30.0, where a person reads it."""
    return int(seconds) if seconds.is_integer() else seconds


def _checked(check: Callable[[str], str], **schema: Any) -> tuple[AfterValidator, WithJsonSchema]:
    return AfterValidator(check), WithJsonSchema({"type": "string", **schema})


Id: TypeAlias = Annotated[str, *_checked(_id, pattern=f"^{_ID.pattern}$")]
Name: TypeAlias = Annotated[str, Field(max_length=120), AfterValidator(_name)]
Text: TypeAlias = Annotated[str, Field(max_length=4000), AfterValidator(_text)]
Tag: TypeAlias = Annotated[str, *_checked(_tag, description="A BCP 47 language tag", examples=["en", "pt-BR", "zh-Hans"])]
Zone: TypeAlias = Annotated[str, *_checked(_zone, description="An IANA time zone", examples=["Europe/Paris"])]
Country: TypeAlias = Annotated[str, *_checked(_country, pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
Residence: TypeAlias = Annotated[
    str,
    *_checked(
        _residence, pattern="^[A-Z]{2,3}$", description="A country (ISO 3166-1 alpha-2), or EU or EEA", examples=["EU", "PH"]
    ),
]
Currency: TypeAlias = Annotated[str, *_checked(_currency, pattern="^[A-Z]{3}$", description="ISO 4217", examples=["EUR"])]
Holidays: TypeAlias = Annotated[str, *_checked(_holidays, pattern="^[A-Z]{2}(?:-.+)?$", examples=["DE", "DE-BE"])]
Email: TypeAlias = Annotated[str, *_checked(_email, format="email")]
Colour: TypeAlias = Annotated[str, *_checked(_colour, pattern="^#[0-9a-fA-F]{6}$")]
SvgPath: TypeAlias = Annotated[str, *_checked(_svg_path, description="The `d` of one SVG path in a box of 24 by 24")]
Font: TypeAlias = Annotated[str, *_checked(_font)]
Origin: TypeAlias = Annotated[
    str, *_checked(_origin, description="Scheme, host and port of a page", examples=["https://www.example.com"])
]
SecretRef: TypeAlias = Annotated[
    str,
    *_checked(
        _secret,
        pattern="^(?:env:|file:/).+$",
        description="Where the secret is",
        examples=["env:HELP_MAILBOX_PASSWORD", "file:/run/secrets/help"],
    ),
]
Host: TypeAlias = Annotated[str, *_checked(_host, description="A host name or an IPv4 address", examples=["imap.example.com"])]
ServerName: TypeAlias = Annotated[str, *_checked(_server_name)]
Selector: TypeAlias = Annotated[str, *_checked(_selector, examples=["mail2026"])]
Port: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=65_535)]
Initials: TypeAlias = Annotated[str, *_checked(_initials, minLength=1, maxLength=3)]
TextKey: TypeAlias = Annotated[str, *_checked(_text_key, pattern=f"^{_TEXT_KEY.pattern}$")]

LevelField: TypeAlias = Annotated[
    Level,
    PlainValidator(_level),
    PlainSerializer(lambda level: level.label, return_type=str),
    WithJsonSchema({"type": "string", "enum": [level.label for level in Level], "description": "A level of the CEFR, or native"}),
]
Day: TypeAlias = Annotated[
    date,
    PlainValidator(_day),
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Whole: TypeAlias = Annotated[int, Field(strict=True)]
Flag: TypeAlias = Annotated[bool, Field(strict=True)]
Seconds: TypeAlias = Annotated[float, Field(strict=True, ge=0, le=30 * 86400, allow_inf_nan=False), PlainSerializer(_plain)]
Until: TypeAlias = Annotated[float, Field(strict=True, gt=0, le=30 * 86400, allow_inf_nan=False), PlainSerializer(_plain)]
Money: TypeAlias = Annotated[
    Decimal,
    PlainValidator(_money),
    PlainSerializer(_money_number, return_type=float | int),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": _MONEY_MAX, "description": "An amount, as 4.20", "examples": [4.2]}),
]
Percent: TypeAlias = Annotated[float, Field(strict=True, ge=0, le=100, allow_inf_nan=False), PlainSerializer(_plain)]
PerSecond: TypeAlias = Annotated[float, Field(strict=True, ge=0.01, le=1_000_000, allow_inf_nan=False), PlainSerializer(_plain)]
AtOnce: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=10_000_000)]
SkillLevel: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=5)]

Labels: TypeAlias = Annotated[dict[Tag, Text], Field(min_length=1), BeforeValidator(distinct_tags)]
"""One text in several languages, in one at least."""
