"""A mail of a brand, from what is to be said to the bytes that leave.

Pure: time and chance are arguments, so the same letter gives the same bytes. The stationery is made from the brand, a persona and the customer's language and
nothing else; whoever wrote the letter cannot be in it, because nobody says here who that was. That it is so is looked at again in `egress`, which trusts
nothing of this.
"""

from __future__ import annotations

import re
from base64 import b32encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import Final, Literal

import nh3

from contact_hub.channels.email.mail import Address
from contact_hub.channels.email.plain import text_of
from contact_hub.channels.email.threads import our_message_id, plus_address, references_with_token, thread_id
from contact_hub.mail import mime
from contact_hub.mail.egress import Context
from contact_hub.mail.mime import Part
from contact_hub.workspace.canned import fill
from contact_hub.workspace.model import Brand, MailTexts
from i18n import catalogues, formatting, tags

Quote = Literal["none", "last", "full"]

QUOTED_CHARS_MAX: Final = 100_000
QUOTED_MAILS_MAX: Final = 20
"""An answer carries no more history than this; what is older is left out, from the oldest."""
SUBJECT_CHARS_MAX: Final = 250
ENTROPY_BYTES: Final = 20

_RE: Final = re.compile(
    r"\s*(?:re|aw|antw|sv|vs|vá|odp|ynt|ενδ|απ|res|resp|rif|rv|ref|הנ|תש|رد|回复|回覆|答复|답장|返信|отв)\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)
_LINK: Final = re.compile(r"https?://[^\s<>\"'\u0000-\u001f]{1,2000}", re.IGNORECASE)
_BLANK_LINES: Final = re.compile(r"\n{2,}")
_RICH: Final[Mapping[str, frozenset[str]]] = dict.fromkeys(
    ("b", "strong", "i", "em", "u", "s", "p", "br", "div", "ul", "ol", "li", "blockquote", "code", "pre", "h3", "h4"),
    frozenset[str](),
) | {"a": frozenset({"href"})}
"""What an agent's composer makes; everything else it was not meant to make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stationery:
    """The paper that a brand writes on, for one reader: whose name it goes out under, in which language and colour, what stands below."""

    brand: str
    """The brand's id, which seals tokens and appears nowhere."""
    name: str
    address: str
    language: str
    zone: str
    colour: str = "#16202b"
    persona: str = ""
    """Empty where no person writes."""
    signature: str = ""
    footer: str = ""
    font: str = ""

    @property
    def domain(self) -> str:
        """Of the address, as servers spell it."""
        return (mime.ascii_address(self.address) or self.address).rpartition("@")[2]

    @property
    def sender(self) -> Address:
        """From whom the mail is: `Ana – Voltbike`, or the brand alone."""
        both = self.persona and self.persona.casefold() != self.name.casefold()
        return Address(self.address, f"{self.persona} – {self.name}" if both else self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """To which conversation the mail belongs, and which mails came before it. Without a conversation nothing is tied."""

    conversation: str | None = None
    key: bytes = b""
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    subject: str = ""
    """Of the mail that is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """An earlier mail or message, as far as its reader knows it already. `own`: the brand wrote it."""

    at: datetime
    name: str
    text: str
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attachment."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is to be said, to whom. `rich` says the same as `text` in light HTML; where it is empty, HTML is made of the text."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    text: str
    rich: str = ""
    files: tuple[File, ...] = ()
    quoted: tuple[Quoted, ...] = ()
    """What was said before, the latest first."""
    quote: Quote = "none"
    automatic: Literal["", "auto-replied", "auto-generated"] = ""
    """As `Auto-Submitted` says it (RFC 3834, section 5); empty where a person wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A finished mail: what is frozen. `context` tells the egress check which of its words the reader knew before."""

    raw: bytes
    message_id: str
    subject: str
    envelope_from: str
    recipients: tuple[str, ...]
    context: Context


def stationery(brand: Brand, *, address: str, language: str | None, persona: str = "", zone: str | None = None) -> Stationery:
    """The brand's paper in the reader's language, as far as there are texts in it; else in the brand's own first language."""
    tag = language if language and _speakable(language) else brand.languages[0]
    said = _own_texts(brand, tag)
    values = {"persona": persona or brand.name, "brand": brand.name}
    return Stationery(
        brand=brand.id,
        name=brand.name,
        address=address,
        language=tag,
        zone=zone or brand.zone,
        colour=str(brand.look.colour),
        persona=persona,
        signature=fill(said.signature, values) if said.signature and persona else _closing(brand, tag, persona),
        footer=fill(said.footer, values) if said.footer else "",
        font=brand.look.font or "",
    )


def compose(letter: Letter, paper: Stationery, thread: Thread, *, now: datetime, entropy: bytes) -> Composed:
    """The bytes. Every address must have passed `mime.ascii_address`; `entropy`: twenty random bytes."""
    assert len(entropy) >= ENTROPY_BYTES, "boundary and Message-ID are made of chance"
    assert letter.to or letter.cc or letter.bcc, "a mail goes to somebody"
    message_id, references, reply_to = _ties(paper, thread, entropy)
    subject = subject_of(letter.subject, paper, thread)
    quoted = _kept(letter.quoted, letter.quote)
    headers = [
        ("From", mime.address_list("From", [paper.sender])),
        ("To", mime.address_list("To", letter.to)),
        ("Cc", mime.address_list("Cc", letter.cc)),
        ("Reply-To", mime.address_list("Reply-To", [Address(reply_to, paper.name)])),
        ("Subject", mime.unstructured("Subject", subject)),
        ("Date", format_datetime(now.astimezone(UTC).replace(microsecond=0))),
        ("Message-ID", f"<{message_id}>"),
        ("In-Reply-To", mime.id_list("In-Reply-To", [thread.in_reply_to] if thread.in_reply_to else [])),
        ("References", mime.id_list("References", references)),
        ("Auto-Submitted", letter.automatic),
        ("X-Auto-Response-Suppress", "All" if letter.automatic else ""),
        ("Content-Language", tags.canonical(paper.language)),
        ("MIME-Version", "1.0"),
    ]
    body = _body(letter, paper, quoted, boundary=_boundary(entropy))
    written = "".join(f"{name}: {value}{mime.CRLF}" for name, value in headers if value)
    return Composed(
        raw=f"{written}{body}".encode("ascii"),
        message_id=message_id,
        subject=subject,
        envelope_from=mime.ascii_address(reply_to) or paper.address,
        recipients=tuple(dict.fromkeys(filter(None, map(mime.ascii_address, (*letter.to, *letter.cc, *letter.bcc))))),
        context=Context(
            heard="\n".join((*(one.text for one in quoted), *(one.name for one in quoted), thread.subject, *references)),
            addressed=tuple(part for address in (*letter.to, *letter.cc) for part in (str(address), address.name)),
        ),
    )


def subject_of(wished: str, paper: Stationery, thread: Thread) -> str:
    """The subject: what the writer wished, else an answer to the customer's, else the brand's own words."""
    subject = mime.one_line(wished)
    if not subject and (asked := mime.one_line(thread.subject)):
        subject = asked if _RE.match(asked) else f"Re: {asked}"
    return subject[:SUBJECT_CHARS_MAX].rstrip() or catalogues.text("mail.subject", paper.language, brand=paper.name)


def _ties(paper: Stationery, thread: Thread, entropy: bytes) -> tuple[str, tuple[str, ...], str]:
    """Message-ID, References and the address to answer to."""
    if thread.conversation is None:
        return f"{_random(entropy[:10])}@{paper.domain}", thread.references, paper.address
    sealed = (thread.conversation, paper.brand, thread.key)
    message_id = our_message_id(*sealed, domain=paper.domain, entropy=entropy[:10])
    earlier = (*thread.references, *((thread.in_reply_to,) if thread.in_reply_to else ()))
    references = references_with_token(earlier, *sealed, domain=paper.domain)
    assert references[-1] == thread_id(*sealed, domain=paper.domain)
    return message_id, references, plus_address(paper.address, *sealed)


# --- the body ----------------------------------------------------------------------------------------------------------------------------


def _body(letter: Letter, paper: Stationery, quoted: Sequence[Quoted], *, boundary: str) -> Part:
    text = mime.text_part(_plain(letter, paper, quoted), "plain")
    html = mime.text_part(_html(letter, paper, quoted), "html")
    both = mime.multipart("alternative", [text, html], boundary=f"{boundary}a")
    if not letter.files:
        return both
    files = [mime.file_part(file.name, file.type, file.content) for file in letter.files]
    return mime.multipart("mixed", [both, *files], boundary=f"{boundary}m")


def _plain(letter: Letter, paper: Stationery, quoted: Sequence[Quoted]) -> str:
    said = letter.text if letter.text.strip() else text_of(letter.rich)
    parts = [mime.clean_text(said).strip("\n"), paper.signature, paper.footer, _quoted_plain(quoted, paper)]
    return "\n\n".join(part.rstrip() for part in parts if part.strip())


def _quoted_plain(quoted: Sequence[Quoted], paper: Stationery) -> str:
    """Each one stands in the quotation of the one after it, as if every mail had been answered with the one before below."""
    below = ""
    for one in reversed(quoted):
        lines = f"{mime.clean_text(one.text).strip()}\n\n{below}".strip().split("\n")
        below = "\n".join([_introduced(one, paper), *(f">{'' if line.startswith('>') else ' '}{line}".rstrip() for line in lines)])
    return below


def _html(letter: Letter, paper: Stationery, quoted: Sequence[Quoted]) -> str:
    direction = tags.direction(paper.language)
    font = escape(paper.font, quote=True).replace("'", "") if paper.font else "sans-serif"
    said = _rich(letter.rich) if letter.rich.strip() else _paragraphs(letter.text)
    signed = _lines(paper.signature)
    foot = f'<div style="margin-top:16px;font-size:13px;color:#5b6672">{_lines(paper.footer)}</div>' if paper.footer else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(tags.canonical(paper.language))}" dir="{direction}">\n'
        '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>\n'
        f'<body dir="{direction}" style="margin:0;padding:0;background-color:#ffffff">\n'
        f'<div style="padding:16px;border-top:4px solid {paper.colour};font-family:{font};font-size:15px;line-height:1.5;color:#16202b">\n'
        f'<div dir="auto">{said}</div>\n<div style="margin-top:16px">{signed}</div>\n{foot}\n{_quoted_html(quoted, paper)}'
        "</div>\n</body>\n</html>\n"
    )


def _quoted_html(quoted: Sequence[Quoted], paper: Stationery) -> str:
    below = ""
    for one in reversed(quoted):
        below = (
            f'<div style="margin-top:24px">{escape(_introduced(one, paper), quote=False)}</div>\n'
            '<blockquote type="cite" style="margin:8px 0 0 0;padding:0 12px;border-inline-start:2px solid #c6ccd2">\n'
            f'<div dir="auto">{_paragraphs(one.text)}</div>\n{below}</blockquote>\n'
        )
    return below


def _paragraphs(text: str) -> str:
    """Paragraphs, each in the direction of its own first letter; addresses of pages can be followed."""
    clean = mime.clean_text(text).strip("\n")
    return "".join(
        f'<p dir="auto" style="margin:0 0 12px 0">{_lines(paragraph)}</p>\n' for paragraph in _BLANK_LINES.split(clean) if paragraph
    )


def _lines(text: str) -> str:
    return "<br>\n".join(_linked(line) for line in mime.clean_text(text).strip("\n").split("\n"))


def _linked(line: str) -> str:
    out, at = [], 0
    for found in _LINK.finditer(line):
        place = found[0].rstrip(".,;:!?)]}»”")
        shown = escape(place)
        out += [_spaced(line[at : found.start()]), f'<a href="{shown}">{shown}</a>']
        at = found.start() + len(place)
    return "".join((*out, _spaced(line[at:])))


def _spaced(text: str) -> str:
    return escape(text, quote=False).replace("  ", "&nbsp; ")


def _rich(html: str) -> str:
    """Only what an agent's composer can make; links to pages, to addresses and to nothing else."""
    return nh3.clean(
        html,
        tags=set(_RICH),
        attributes={tag: set(names) for tag, names in _RICH.items()},
        clean_content_tags={"script", "style", "title"},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )


# --- the words around --------------------------------------------------------------------------------------------------------------------


def _kept(quoted: Sequence[Quoted], quote: Quote) -> tuple[Quoted, ...]:
    """As much of the history as is wished for and as a mail bears."""
    most = {"none": 0, "last": 1, "full": QUOTED_MAILS_MAX}[quote]
    kept: list[Quoted] = []
    room = QUOTED_CHARS_MAX
    for one in quoted[:most]:
        if len(one.text) > room and kept:
            break
        kept.append(one if len(one.text) <= room else Quoted(at=one.at, name=one.name, text=one.text[:room], own=one.own))
        room -= len(one.text)
    return tuple(kept)


def _introduced(one: Quoted, paper: Stationery) -> str:
    date = formatting.date_time(one.at, paper.language, paper.zone)
    return catalogues.text("mail.quoted", paper.language, date=date, name=formatting.person(one.name))


def _closing(brand: Brand, tag: str, persona: str) -> str:
    """Who signs, where the brand has no signature of its own."""
    closing = catalogues.text("mail.closing", tag)
    if persona and persona.casefold() != brand.name.casefold():
        return f"{closing}\n{persona}\n{brand.name}"
    return f"{closing}\n{catalogues.text('mail.closing.team', tag, brand=brand.name)}"


def _own_texts(brand: Brand, tag: str) -> MailTexts:
    own = tags.own_match(tag, brand.mail.texts)
    return brand.mail.texts[own] if own is not None else MailTexts()


def _speakable(tag: str) -> bool:
    """Whether the catalogue has texts in the reader's own language."""
    try:
        return tags.language(catalogues.resolve(tag)) == tags.language(tag)
    except tags.InvalidTag:
        return False


def _boundary(entropy: bytes) -> str:
    return f"=_{_random(entropy[10:20])}"


def _random(entropy: bytes) -> str:
    return b32encode(entropy).decode().rstrip("=").lower()
