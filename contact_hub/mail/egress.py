"""The last look at a mail before it is frozen: are these bytes the brand's and nobody else's?

Pure. It reads the finished bytes as a stranger would: raw, and with every encoding taken off (headers, bodies, file names, what lies in documents), and
trusts nothing of what composed them. A header that is not on the list, a vendor, a real name, a machine, an id of ours or this program's own name: the mail
does not leave. What the reader wrote or knew before may be said back as often as it was heard: a customer who guesses the vendor can still be quoted.
"""

from __future__ import annotations

import base64
import binascii
import io
import quopri
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from contact_hub.channels.email.mail import InboundMail
from contact_hub.channels.email.parse import parse
from contact_hub.channels.email.plain import text_of
from contact_hub.errors import HubError
from contact_hub.privacy.guard import fold, names
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Brand

HEADERS: Final = frozenset(
    [
        "from",
        "to",
        "cc",
        "reply-to",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "auto-submitted",
        "x-auto-response-suppress",
        "content-language",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "dkim-signature",
    ]
)
"""Everything a mail of ours may say about itself."""
PRODUCT: Final = ("contact hub", "contact-hub", "contact_hub", "contacthub")
PROGRAMS: Final = ("python", "aiosmtp", "dkimpy", "postfix", "===============")
"""Not to be met in headers; in a text they may be what the text is about."""
DOCUMENT_BYTES_MAX: Final = 16 * 1024 * 1024
"""So much of what is packed in one attached document is looked into."""
LINE_BYTES_MAX: Final = 998
"""RFC 5322, 2.1.1."""

_INTERNAL_ID: Final = re.compile(r"(?<![a-z0-9])[a-z]{2,4}_[0-9a-hjkmnp-tv-z]{26}(?![a-z0-9])")
_PRIVATE: Final = re.compile(
    r"(?<![\w.])(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|10\.\d{1,3}\.\d{1,3}\.\d{1,3}|192\.168\.\d{1,3}\.\d{1,3}"
    r"|172\.(?:1[6-9]|2\d|3[01])\.\d{1,3}\.\d{1,3})(?![\w.])"
)
_MENDED: Final = ("header", "charset", "boundary", "bare_cr", "parts_", "transfer", "word_", "date_", "sender_", "mbox")
_READ_BYTES_MAX: Final = 256 * 1024
_ENTRIES_MAX: Final = 2_000
_READABLE: Final = (".xml", ".rels", ".txt", ".json", ".html", ".csv")
_MACHINE: Final = re.compile(
    r"^(?:message-id|references|in-reply-to|date|mime-version|content-[a-z-]+|dkim-signature|x-[a-z-]+|auto-submitted):.*$",
    re.IGNORECASE | re.MULTILINE,
)
_PAYLOAD: Final = re.compile(rb"\r?\n\r?\n")
_FIELD: Final = re.compile(rb"([!-9;-~]+):")
_BLOCK64: Final = re.compile(rb"(?:^[A-Za-z0-9+/]{4,76}={0,2}\r?$\n?)+", re.MULTILINE)
_ESCAPED: Final = re.compile(rb"=[0-9A-F]{2}|=\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Something that must not leave. `code` never changes its meaning; `where`: header, text, html, file, raw; `excerpt` is for staff."""

    code: str
    where: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What no mail of one brand may say: folded phrases by code (`privacy.guard.names`), exact texts by code (hosts, addresses, ids)."""

    phrases: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    exact: frozenset[tuple[str, str]] = field(default_factory=frozenset)


def secrets_of(floor: Floor, brand: Brand, *, hosts: Iterable[str] = ()) -> Secrets:
    """What must not be known to this brand's customers: vendors, their teams, real names that are no persona of the brand, staff, their addresses, machines."""
    personas = _personas(floor, brand)
    vendors = [
        name
        for vendor in floor.workspace.vendors
        for name in (vendor.name, vendor.alias or "", vendor.id.replace("-", " "), vendor.id if "-" in vendor.id else "")
    ]
    teams = [pool.name for pool in floor.workspace.pools if pool.vendor is not None]
    everybody = [(one.name, one.email) for one in floor.workspace.agents] + [(one.name, one.email) for one in floor.workspace.staff]
    people = [name for name, _ in everybody if fold(name).strip() not in personas]
    addresses = [email.lower() for _, email in everybody]
    own = {mailbox.address.lower() for mailbox in brand.mailboxes}
    relays = {mailbox.relay.host for face in floor.workspace.brands for mailbox in face.mailboxes if mailbox.relay is not None}
    own_domains = {address.rpartition("@")[2] for address in own}
    machines = {host.lower() for host in (*hosts, *relays) if _telling(host) and not _within(host.lower(), own_domains)}
    phrases = names("vendor_named", [*vendors, *teams]) | names("agent_named", people) | names("product_named", PRODUCT)
    brand_name = fold(brand.name)
    return Secrets(
        phrases=frozenset(one for one in phrases if not _edged(one[1]).search(brand_name))
        | names("forbidden_word", brand.forbidden_words),
        exact=frozenset(
            [*(("address_named", one) for one in addresses if one not in own), *(("host_named", host) for host in machines)]
        ),
    )


def inspect(raw: bytes, secrets: Secrets, context: Context | None = None) -> tuple[Leak, ...]:
    """Everything that keeps these bytes from leaving; nothing for a mail that may go."""
    mail = parse(raw)
    known = _known(context or Context())
    return tuple(dict.fromkeys((*_form(raw), *_warned(mail), *_said(raw, mail, secrets, known))))


def check(raw: bytes, secrets: Secrets, context: Context | None = None) -> None:
    """Raises: mail_refused, with the codes found and, for staff, what was found."""
    if leaks := inspect(raw, secrets, context):
        raise HubError(
            "mail_refused",
            findings=",".join(dict.fromkeys(leak.code for leak in leaks)),
            excerpts=" · ".join(dict.fromkeys(leak.excerpt for leak in leaks if leak.excerpt))[:200],
        )


# --- the form ----------------------------------------------------------------------------------------------------------------------------


def _form(raw: bytes) -> Iterator[Leak]:
    """Headers that are not on the list, and bytes that a relay would have to change."""
    head = _PAYLOAD.split(raw, maxsplit=1)[0]
    seen: list[str] = []
    for line in head.split(b"\r\n"):
        if line[:1] in {b" ", b"\t"}:
            continue
        named = _FIELD.match(line)
        name = named[1].decode("ascii").lower() if named else ""
        if name not in HEADERS:
            yield Leak(code="header_unknown", where="header", excerpt=line[:60].decode("ascii", "replace"))
        elif name in seen and name != "dkim-signature":
            yield Leak(code="header_twice", where="header", excerpt=name)
        seen.append(name)
    for needed in ("from", "date", "message-id"):
        if needed not in seen:
            yield Leak(code="header_missing", where="header", excerpt=needed)
    ends = raw.count(b"\r\n")
    if not raw.isascii() or b"\x00" in raw or raw.count(b"\n") != ends or raw.count(b"\r") != ends:
        yield Leak(code="not_7bit", where="raw")
    if any(len(line) > LINE_BYTES_MAX for line in raw.split(b"\r\n")):
        yield Leak(code="line_too_long", where="raw")


def _warned(mail: InboundMail) -> Iterator[Leak]:
    """A mail of ours that our own parser has to mend is not one of ours."""
    for warning in mail.warnings:
        if warning.startswith(_MENDED):
            yield Leak(code="malformed", where="raw", excerpt=warning)


# --- what it says ------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What may be said back: what the reader said or was told before, as often as it was heard; and whom the mail is to, as often as one likes."""

    heard: str = ""
    addressed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    heard: str
    addressed: str

    def excuses(self, phrase: str, times: int) -> bool:
        return phrase in self.addressed or (phrase in self.heard and times <= self.heard.count(phrase))


def _known(context: Context) -> _Known:
    return _Known(heard=_folded(context.heard), addressed=_folded("\n".join(context.addressed)))


def _said(raw: bytes, mail: InboundMail, secrets: Secrets, known: _Known) -> Iterator[Leak]:
    head = _PAYLOAD.split(raw, maxsplit=1)[0].decode("ascii", "replace")
    for line in mime_lines(raw):
        if any(program in line.lower() for program in PROGRAMS):
            yield Leak(code="program_named", where="header", excerpt=line[:60])
        if hit := _PRIVATE.search(line):
            yield Leak(code="host_named", where="header", excerpt=hit[0])
    views: list[tuple[str, str, int]] = [
        ("header", head, 1),
        ("header", "\n".join(value for name, value in mail.headers if name != "dkim-signature"), 1),
        ("text", mail.text or "", 1),
        ("html", mail.html or "", 2),
        ("html", text_of(mail.html) if mail.html else "", 1),
        ("raw", _BLOCK64.sub(b"", raw).decode("latin-1"), 3),
        *(("raw", part.decode("utf-8", "replace"), 3) for part in _unwrapped(raw) if len(part) <= _READ_BYTES_MAX),
        *(("file", file.name, 1) for file in mail.attachments),
    ]
    for where, text, echoes in views:
        yield from _found(text, where, secrets, known, echoes)
    for file in mail.attachments:
        for content in _opened(file.content):
            yield from _inside(content, secrets)


def mime_lines(raw: bytes) -> Iterator[str]:
    """The headers in which nobody's words stand, of the mail and of all its parts."""
    text = raw.replace(b"\r\n ", b" ").decode("latin-1")
    return (found[0] for found in _MACHINE.finditer(text))


def _found(text: str, where: str, secrets: Secrets, known: _Known, echoes: int) -> Iterator[Leak]:
    """`echoes`: how often a view shows one word."""
    if not text:
        return
    folded = _folded(text)
    for code, exact in secrets.exact:
        if exact in folded and not known.excuses(exact, -(-folded.count(exact) // echoes)):
            yield Leak(code=code, where=where, excerpt=exact)
    for hit in _INTERNAL_ID.findall(folded):
        if not known.excuses(hit, 1):
            yield Leak(code="internal_id", where=where, excerpt=hit)
    for code, phrase in secrets.phrases:
        if phrase in folded and (times := len(_edged(phrase).findall(folded))) and not known.excuses(phrase, -(-times // echoes)):
            yield Leak(code=code, where=where, excerpt=phrase)


def _inside(content: bytes, secrets: Secrets) -> Iterator[Leak]:
    """What a file says, as far as it can be read. Short ones are read like a text; long ones are only searched, which takes no time."""
    if len(content) <= _READ_BYTES_MAX:
        for text in (
            content.decode("utf-8", "ignore"),
            content.decode("utf-16-le", "ignore"),
            content[1:].decode("utf-16-le", "ignore"),
        ):
            yield from _found(text, "file", secrets, _Known("", ""), 1)
        return
    lowered = content.lower()
    for code, phrase in (*secrets.phrases, *secrets.exact):
        if phrase.encode() in lowered or phrase.encode("utf-16-le") in lowered:
            yield Leak(code=code, where="file", excerpt=phrase)


def _folded(text: str) -> str:
    """As `fold`, line by line: most of a mail's lines are ASCII, where nothing has to be taken apart."""
    lines = (" ".join(line.casefold().split()) if line.isascii() else fold(line) for line in text.split("\n"))
    return " ".join(line for line in lines if line)


@lru_cache(maxsize=8_192)
def _edged(phrase: str) -> re.Pattern[str]:
    """The phrase where it is not merely a part of a longer word, as far as its script has words."""
    latin = r"[0-9a-z\u00df-\u024f]"
    before = rf"(?<!{latin})" if re.match(latin, phrase[0]) else ""
    after = rf"(?!{latin})" if re.match(latin, phrase[-1]) else ""
    return re.compile(before + re.escape(phrase) + after)


def _unwrapped(raw: bytes) -> Iterator[bytes]:
    """The bodies with their encoding taken off by force, in case our parser and another one disagree about which it is."""
    for found in _BLOCK64.finditer(raw):
        if found.end() - found.start() > 2 * _READ_BYTES_MAX:
            continue  # a file: it was opened
        try:
            yield base64.b64decode(found[0])
        except (binascii.Error, ValueError):
            continue
    bare = _BLOCK64.sub(b"", raw)
    if _ESCAPED.search(bare):
        yield quopri.decodestring(bare)


def _opened(content: bytes) -> Iterator[bytes]:
    """A file, and what is packed in it: office documents keep their author there."""
    yield content
    if content[:2] != b"PK":
        return
    room = DOCUMENT_BYTES_MAX
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for entry in packed.infolist()[:_ENTRIES_MAX]:
                yield entry.filename.encode("utf-8", "replace")
                if not entry.flag_bits & 1 and entry.filename.lower().endswith(_READABLE) and room > 0:
                    with packed.open(entry) as opened:
                        inside = opened.read(room)
                    room -= len(inside)
                    yield inside
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, zlib.error, EOFError):
        return


def _personas(floor: Floor, brand: Brand) -> frozenset[str]:
    """The names under which the brand speaks: some are real ones too, by choice."""
    own = [agent.personas[brand.id].name for agent in floor.workspace.agents if brand.id in agent.personas]
    shared = [brand.persona.shared.name] if brand.persona.shared is not None else []
    return frozenset(fold(name).strip() for name in (*own, *shared, brand.name))


def _telling(host: str) -> bool:
    """Whether a machine's name is more than a word that mails are full of (`mail`, `server`), or an address that every house has."""
    return len(host) >= 4 and any(sign in host for sign in ".-0123456789") and not _PRIVATE.fullmatch(host)


def _within(host: str, domains: Iterable[str]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
