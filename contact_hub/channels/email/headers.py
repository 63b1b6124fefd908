"""Headers: from the block of bytes to names and values, and from values to words, parameters, addresses, ids and dates.

Tolerant by rule: whatever a mailer of the last thirty years wrote and another one read is read here too. Each function walks over its text once; nothing
goes back, so that a header of a megabyte costs no more than a megabyte of headers.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from urllib.parse import unquote_to_bytes

from contact_hub.channels.email.charsets import Decoder
from contact_hub.channels.email.mail import Address
from contact_hub.channels.email.mended import Mended

HEADER_BYTES_MAX: Final = 1024 * 1024
HEADERS_MAX: Final = 10_000
PART_HEADERS_MAX: Final = 1_000
ADDRESSES_MAX: Final = 2_000
IDS_MAX: Final = 1_000

TYPE: Final = re.compile(r"\s*\"?([A-Za-z0-9!#$&^_.+-]{1,100})\s?/\s?([A-Za-z0-9!#$&^_.+-]{1,100})")
_EMPTY_LINE: Final = re.compile(rb"\n\r*\n")
_FIELD: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_KNOWN: Final = re.compile(
    rb"(?:from|to|cc|bcc|subject|date|message-id|mime-version|content-[a-z-]{2,30}|received|return-path|reply-to|sender|in-reply-to|references"
    rb"|delivered-to|x-[a-z0-9-]{2,50}|dkim-signature|list-[a-z-]{2,20}|auto-submitted|precedence|importance|user-agent|thread-[a-z]+)[ \t]*:",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The headers of a mail or a part, as bytes, and where its content begins."""

    fields: tuple[tuple[str, bytes], ...]
    body_start: int

    def first(self, name: str) -> bytes | None:
        """The first value under a name (in lower case)."""
        return next(self.all(name), None)

    def all(self, name: str) -> Iterator[bytes]:
        """All values under a name, from the top."""
        return (value for known, value in self.fields if known == name)


def block(source: bytes, start: int, end: int, *, mended: Mended, fields_max: int = HEADERS_MAX) -> Block:
    """The headers between `start` and `end`. A line that is neither header nor folded belongs to the header above if known headers follow, else the text
    begins with it."""
    if source.startswith(b"\n", start) or source.startswith(b"\r\n", start):
        return Block(fields=(), body_start=source.index(b"\n", start) + 1)
    found = _EMPTY_LINE.search(source, start, end)
    block_end, body_start = (found.start() + 1, found.end()) if found else (end, end)
    cut = block_end - start > HEADER_BYTES_MAX
    lines = source[start : start + HEADER_BYTES_MAX if cut else block_end].split(b"\n", 10 * fields_max)
    cut = cut or len(lines) > 10 * fields_max
    del lines[10 * fields_max :]
    last_known = -1  # asked for only once a line is broken
    fields: list[tuple[str, list[bytes]]] = []
    at = start
    for index, line in enumerate(lines):
        stripped = line.rstrip(b"\r")
        if named := _FIELD.match(stripped):
            if len(fields) >= fields_max:
                cut = True
                break
            fields.append((named[1].decode("ascii").lower(), [stripped[named.end() :]]))
        elif line[:1] in {b" ", b"\t"} and fields:
            fields[-1][1].append(stripped)
        elif stripped and not (index == 0 and re.match(rb">?From ", stripped)):
            if last_known < 0:
                last_known = max((i for i, other in enumerate(lines) if _KNOWN.match(other)), default=0)
            if index >= last_known:
                mended.note("headers_unended" if fields else "headers_missing")
                body_start = at
                break
            mended.note("header_broken" if fields else "junk_before_headers")
            if fields:
                fields[-1][1].append(b" " + stripped)
        elif stripped:
            mended.note("mbox_line")
        at += len(line) + 1
    if cut:
        mended.note("headers_cut")
    return Block(fields=tuple((name, b"".join(pieces).strip()) for name, pieces in fields), body_start=min(body_start, end))


# Words

_WORD_START: Final = re.compile(r"=\?([A-Za-z0-9!#$%&'+^_`{}~.:-]{1,60}?)(?:\*[A-Za-z0-9-]{0,20})?\?([bBqQ])\?")
_TO_SPACE: Final = dict.fromkeys((*range(32), 127, 0x85, 0x2028, 0x2029), " ")
"""Whatever would end a line, or does nothing visible: nothing of it may go into a header of ours later."""
_WORD_END: Final = re.compile(r"\?=(?![0-9A-Fa-f]{2})")


def words(value: str, decoder: Decoder, mended: Mended) -> str:
    """A value with its encoded words (RFC 2047) read. Neighbours in the same charset are joined before reading, since mailers cut in the middle of characters."""
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


# Parameters

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


# Addresses

_ADDRESS_TOKEN: Final = re.compile(
    r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,2000}\?="  # an encoded word, whatever is inside
    r"|[^\s\"(<>,;:=]+|\s+|[\"(<>,;:=]"
)
_MAIL: Final = re.compile(r"(?<![^\s<>(),;:\"\[\]@])[^\s<>(),;:\"\[\]@]++@++(?:\[[^\]\s]{1,100}\]|[^\s<>(),;:\"\[\]]++)")
_ANGLE_END: Final = re.compile(r"[<>,;]")
_COMMENT_MARK: Final = re.compile(r"\\.|[()]", re.DOTALL)


def addresses(values: Iterable[str], decoder: Decoder, mended: Mended) -> tuple[Address, ...]:
    """The addresses of one header (all its lines), each once, in their order. Names of groups are left out, their members are not."""
    found: dict[str, Address] = {}
    for value in values:
        for address in _addresses(value, decoder, mended):
            if len(found) >= ADDRESSES_MAX:
                mended.note("addresses_cut")
                return tuple(found.values())
            known = found.get(address.lower())
            if known is None or (address.name and not known.name):
                found[address.lower()] = address
    return tuple(found.values())


def _addresses(value: str, decoder: Decoder, mended: Mended, *, again: bool = True) -> Iterator[Address]:
    any_found = False
    for entry in _entries(value):
        address = _address(entry, decoder, mended)
        if address is not None:
            any_found = True
            yield address
            yield from _crowd(entry)
    if not any_found and again and "=?" in value:
        # the whole of it was put into encoded words, angle brackets too
        yield from _addresses(words(value, decoder, mended), decoder, mended, again=False)


@dataclass(slots=True)
class _Entry:
    """One address in the making: what stands before the angle brackets, in them, in quotes and in round ones."""

    phrase: list[str]
    angle: str | None
    comments: list[str]


def _entries(value: str) -> Iterator[_Entry]:
    """Cut at commas and semicolons, but not in quotes, comments, angle brackets and encoded words."""
    entry = _Entry([], None, [])
    at = 0
    quotes = True
    while at < len(value):
        token = _ADDRESS_TOKEN.match(value, at)
        assert token is not None
        text = token[0]
        at = token.end()
        if text in {",", ";"}:
            yield entry
            entry = _Entry([], None, [])
        elif text == "<":
            if entry.angle is not None and "@" in entry.angle:
                yield entry  # the comma between two was forgotten
                entry = _Entry([], None, [])
            entry.angle, at = _angle(value, at)
        elif text == '"':
            closed = _closing_quote(value, at) if quotes else -1
            if closed < 0:
                quotes = False  # none is closed any more; asking again for each would be quadratic
                continue
            entry.phrase.append('"' + value[at:closed] + '"')
            at = closed + 1
        elif text == "(":
            comment, at = _comment(value, at)
            entry.comments.append(comment)
        elif text == ":" and "@" not in "".join(entry.phrase) and entry.angle is None:
            entry = _Entry([], None, [])  # a group begins; or mailto:
        elif text != ">":
            entry.phrase.append(text)
    yield entry


def _closing_quote(value: str, start: int) -> int:
    at = start
    while True:
        quote = value.find('"', at)
        if quote <= start or value[quote - 1] != "\\" or value[quote - 2 : quote] == "\\\\":
            return quote
        at = quote + 1


def _angle(value: str, start: int) -> tuple[str, int]:
    """What stands in angle brackets, and where it goes on; without the closing one it ends at the next separator."""
    while value.startswith(("<", " "), start):
        start += 1
    at = start
    if value.startswith('"', start) and (closed := value.find('"@', start + 1, start + 200)) > 0:
        at = closed
    route = value.startswith("@", start)
    for mark in _ANGLE_END.finditer(value, at):
        if mark[0] == ">":
            return value[start : mark.start()], mark.end()
        if mark[0] == "<" or not route:
            return value[start : mark.start()], mark.start()
    return value[start:], len(value)


def _comment(value: str, start: int) -> tuple[str, int]:
    """A comment, with those in it; one that never ends goes up to the end."""
    depth = 1
    for mark in _COMMENT_MARK.finditer(value, start):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0:
            return value[start : mark.start()], mark.end()
    return value[start:], len(value)


def _address(entry: _Entry, decoder: Decoder, mended: Mended) -> Address | None:
    phrase = "".join(entry.phrase).strip()
    if entry.angle is not None:
        spec = _spec(entry.angle)
        if spec:
            return Address(spec, _name(phrase or " ".join(entry.comments), decoder, mended))
        if "@" not in phrase:
            return None
    if "@" not in phrase:
        # a mailbox of this host (root, MAILER-DAEMON), as machines write it
        return Address(phrase) if re.fullmatch(r"[A-Za-z0-9._-]{2,64}", phrase) and entry.angle is None else None
    found = _MAIL.search(_joined(phrase)) or (_MAIL.search(phrase.replace('"', "")) if '"' in phrase else None)
    if found is None:
        return None
    rest = phrase.replace(found[0], "", 1).strip()
    return Address(_spec(found[0]), _name(rest or " ".join(entry.comments), decoder, mended))


def _crowd(entry: _Entry) -> Iterator[Address]:
    """Further addresses with only a space between them."""
    if entry.angle is None and (phrase := "".join(entry.phrase)).count("@") > 1:
        for other in list(_MAIL.finditer(_joined(phrase)))[1:]:
            yield Address(_spec(other[0]))


def _joined(phrase: str) -> str:
    """`a @ b . c` is one address (RFC 5322, 4.4)."""
    return re.sub(r"\s*+@\s*+", "@", phrase) if re.search(r"\s@|@\s", phrase) else phrase


def _spec(text: str) -> str:
    """The bare address: no route, no scheme, no comments, no spaces; the host in lower case."""
    if "(" in text:
        text = _uncommented(text)
    text = text.strip().strip("'<>")
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]
    local, at, host = text.rpartition("@")
    if not at:
        return re.sub(r"\s+", "", text)
    local = local.strip() if local.lstrip().startswith('"') else re.sub(r"\s+", "", local)
    host = re.sub(r"\s+", "", host).rstrip(".>").lower()
    return f"{local}@{host}" if local and host else ""


def _uncommented(text: str) -> str:
    out: list[str] = []
    at = 0
    while (opened := text.find("(", at)) >= 0:
        out.append(text[at:opened])
        _, at = _comment(text, opened + 1)
    return "".join((*out, text[at:]))


def _name(phrase: str, decoder: Decoder, mended: Mended) -> str:
    text = words(phrase, decoder, mended)
    if text.startswith('"') or '"' in text:
        text = re.sub(r"\\(.)", r"\1", text).replace('"', "") if "\\" in text else text.replace('"', "")
    text = text.strip()
    return text[1:-1].strip() if len(text) > 2 and text[0] == text[-1] == "'" else text


# Ids

_ID: Final = re.compile(r"<([^<>]{1,2000})>")


def ids(values: Iterable[str]) -> tuple[str, ...]:
    """The message ids in these values without their brackets, each once; the last ones if there are too many. Without any brackets every word with an `@`."""
    found: dict[str, None] = {}
    for value in values:
        bracketed = ["".join(inner[1].split()) for inner in _ID.finditer(value)]
        for one in bracketed or [word.strip("<>,;\"'") for word in value.split() if "@" in word]:
            if one:
                found[one] = None
    return tuple(found)[-IDS_MAX:]


def message_id(value: str) -> str | None:
    """The id of the mail itself: what stands in the brackets, or the first word where there are none."""
    if inner := _ID.search(value):
        return "".join(inner[1].split()) or None
    return next((word for word in (piece.strip("<>\"'") for piece in value.split()) if word), None)


# Dates

_MONTHS: Final = {name: number for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)} | {
    # as mailers under other languages write them
    "mai": 5, "okt": 10, "dez": 12, "mär": 3, "mrz": 3, "maa": 3, "mei": 5, "fév": 2, "fev": 2, "avr": 4, "juin": 6, "juil": 7, "aoû": 8, "déc": 12, "ene": 1, "abr": 4, "ago": 8,
    "dic": 12, "gen": 1, "mag": 5, "giu": 6, "lug": 7, "set": 9, "ott": 10, "out": 10,
}  # fmt: skip
_ZONES: Final = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "met": 60, "mez": 60, "cest": 120, "mest": 120, "mesz": 120, "eet": 120,
    "eest": 180, "msk": 180, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "jst": 540, "kst": 540,
}  # fmt: skip
_CLOCK: Final = re.compile(
    r"(?<!\d)(\d{1,2})\s{0,3}[:.]\s{0,3}(\d{2})(?:\s{0,3}[:.]\s{0,3}(\d{2})(?:[.,]\d{1,9})?)?(?!\d)(?:\s?([AaPp])\.?[Mm]\b)?"
)
_NUMERIC: Final = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_OFFSET: Final = re.compile(r"(?:GMT|UTC)?\s?([+-])\s?(\d{1,2}):?(\d{2})(?!\d)", re.IGNORECASE)
_YEAR_MIN: Final = 1970
_YEAR_MAX: Final = 2199


def date(value: str) -> datetime | None:
    """The instant a Date header means, in UTC; None if it cannot be. Read by what each piece looks like, since the order is what mailers get wrong."""
    text = _uncommented(value[:300])
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
