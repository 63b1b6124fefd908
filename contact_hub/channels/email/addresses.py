"""Addresses, as people and machines write them (RFC 5322, 3.4 and 4.4): groups, comments, quotes, forgotten commas, raw UTF-8.

A list is cut into entries first, by one walk over its tokens; only then is each entry's name read. So a comma in an encoded word stays where it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from contact_hub.channels.email.charsets import Decoder
from contact_hub.channels.email.mail import Address
from contact_hub.channels.email.mended import Mended
from contact_hub.channels.email.words import words

ADDRESSES_MAX: Final = 2_000
_ADDRESS_TOKEN: Final = re.compile(
    r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,2000}\?="  # an encoded word, whatever is inside
    r"|[^\s\"(<>,;:=]+|\s+|[\"(<>,;:=]"
)
_MAIL: Final = re.compile(r"(?<![^\s<>(),;:\"\[\]@])[^\s<>(),;:\"\[\]@]++@++(?:\[[^\]\s]{1,100}\]|[^\s<>(),;:\"\[\]]++)")
_MAIL_QUOTED: Final = re.compile(r"\"[^\"]{1,64}\"@[^\s<>(),;:\"\[\]@]++")
_QUOTING: Final = re.compile(r"\\(.)|\"")
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
    """One address in the making: what stands before the angle brackets, in them, in round ones, and behind them."""

    phrase: list[str] = field(default_factory=list)
    angle: str | None = None
    comments: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)

    def say(self, words: str) -> None:
        (self.phrase if self.angle is None else self.behind).append(words)


def _entries(value: str) -> Iterator[_Entry]:
    """Cut at commas and semicolons, but not in quotes, comments, angle brackets and encoded words."""
    entry = _Entry()
    at = 0
    quotes = True
    while at < len(value):
        token = _ADDRESS_TOKEN.match(value, at)
        assert token is not None
        text = token[0]
        at = token.end()
        if text in {",", ";"}:
            yield entry
            entry = _Entry()
        elif text == "<":
            if entry.angle is not None and "@" in entry.angle:
                # the comma between two was forgotten
                following, entry.behind = entry.behind, []
                yield entry
                entry = _Entry(phrase=following)
            entry.angle, at = _angle(value, at)
        elif text == '"':
            closed = _closing_quote(value, at) if quotes else -1
            if closed < 0:
                quotes = False  # none is closed any more; asking again for each would be quadratic
                continue
            entry.say('"' + value[at:closed] + '"')
            at = closed + 1
        elif text == "(":
            comment, at = _comment(value, at)
            entry.comments.append(comment)
        elif text == ":" and "@" not in "".join(entry.phrase) and entry.angle is None:
            entry = _Entry()  # a group begins; or mailto:
        elif text != ">":
            entry.say(text)
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
    phrase = "".join(entry.phrase).strip() or "".join(entry.behind).strip()
    if entry.angle is not None:
        spec = _spec(entry.angle)
        if spec:
            return Address(spec, _name(phrase or " ".join(entry.comments), decoder, mended))
        if "@" not in phrase:
            return None
    if "@" not in phrase:
        # a mailbox of this host (root, MAILER-DAEMON), as machines write it
        return Address(phrase) if re.fullmatch(r"[A-Za-z0-9._-]{2,64}", phrase) and entry.angle is None else None
    found = (
        _MAIL_QUOTED.match(phrase)
        or _MAIL.search(_joined(phrase))
        or (_MAIL.search(phrase.replace('"', "")) if '"' in phrase else None)
    )
    if found is None:
        return None
    rest = phrase.replace(found[0], "", 1).strip()
    rest = "" if "@" in rest else rest
    return Address(_spec(found[0]), _name(rest or " ".join(entry.comments), decoder, mended))


def _crowd(entry: _Entry) -> Iterator[Address]:
    """Further addresses with only a space between them."""
    if entry.angle is None and (phrase := "".join(entry.phrase)).count("@") > 1:
        for other in list(_MAIL.finditer(_joined(phrase)))[1:]:
            yield Address(_spec(other[0]))


def _joined(phrase: str) -> str:
    """`a @ b . c` is one address (RFC 5322, 4.4)."""
    phrase = re.sub(r"\s++(?=@)", "", phrase) if " @" in phrase else phrase
    phrase = re.sub(r"@\s++", "@", phrase) if "@ " in phrase else phrase
    return re.sub(r"(@[\w-]{1,63})\s{0,9}\.\s{0,9}(?=\w)", r"\1.", phrase) if " ." in phrase else phrase


def _spec(text: str) -> str:
    """The bare address: no route, no scheme, no comments, no spaces; the host in lower case."""
    if "(" in text:
        text = uncommented(text)
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
    if ":" in local and not local.startswith('"'):
        return ""  # a group put into brackets
    return f"{local}@{host}" if local and host else ""


def uncommented(text: str) -> str:
    out: list[str] = []
    at = 0
    while (opened := text.find("(", at)) >= 0:
        out.append(text[at:opened])
        _, at = _comment(text, opened + 1)
    return "".join((*out, text[at:]))


def _name(phrase: str, decoder: Decoder, mended: Mended) -> str:
    """Quotes go before words are read: those in a word are the name's own. Only a pair around all of it was never meant."""
    if '"' in phrase:
        phrase = _QUOTING.sub(lambda found: found[1] or "", phrase)
    text = words(phrase, decoder, mended)
    return text[1:-1].strip() if len(text) > 2 and text[0] == text[-1] and text[0] in "'\"" else text
