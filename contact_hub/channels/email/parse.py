"""A mail, from its bytes. Never refuses, never raises, and says what it had to mend.

The bytes become a tree of parts (`parts`), the tree becomes what a person would see: a text, its HTML, files. What is a text and what is a file goes by one
rule: the sender's wish (`Content-Disposition`) first, then whether it has a name, and a mail that would be left without any text takes the first named text
after all. Files that hold a mail stay files: whoever forwards a mail as an attachment does not mean to say it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from contact_hub.channels.email import headers, parts, smime, tnef, transfer
from contact_hub.channels.email.addresses import addresses
from contact_hub.channels.email.attachments import safe_name
from contact_hub.channels.email.charsets import Decoder, codec
from contact_hub.channels.email.dates import date
from contact_hub.channels.email.filetypes import type_of
from contact_hub.channels.email.html import as_html
from contact_hub.channels.email.mail import BYTES_MAX, Address, Attachment, InboundMail, Report
from contact_hub.channels.email.mended import Mended
from contact_hub.channels.email.parameters import parameter
from contact_hub.channels.email.parts import Part
from contact_hub.channels.email.plain import text_of
from contact_hub.channels.email.words import words

TEXT_BYTES_MAX: Final = 4 * 1024 * 1024
"""As much text is shown of a mail; what goes beyond is kept whole as an attachment."""
_TOLD_AS_TEXT_MAX: Final = 8
"""So many pieces that are HTML alone are told in the text too, where others have a text."""
_REPORT_BYTES_MAX: Final = 256 * 1024
_REPORT_TYPES: Final = frozenset(
    (
        "message/delivery-status", "message/global-delivery-status", "message/feedback-report", "message/disposition-notification",
        "message/global-disposition-notification", "message/tracking-status", "message/rfc822-headers", "text/rfc822-headers", "text/rfc822-header",
        "message/global-headers",
    )
)  # fmt: skip
_MAIL_TYPES: Final = frozenset(["message/rfc822", "message/global", "message/news", "message/x-rfc822"])
_TEXTS: Final = frozenset(("text/plain", "text/html"))
_SEALED: Final = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_SHOWN: Final = re.compile(r"cid:([^\"'\s<>)]{1,500})", re.IGNORECASE)
"""What the HTML shows in place, whatever its disposition."""
_OTHER_FORMS: Final = frozenset(("text/enriched", "text/richtext", "text/x-amp-html", "text/watch-html"))
"""Further forms of what stands beside them as plain text or HTML."""
_CHARSET_OF_PAGE: Final = re.compile(rb"<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)


def parse(raw: bytes) -> InboundMail:
    """The mail these bytes are. Any bytes are one."""
    mended = Mended()
    source = _prepared(raw, mended)
    top = parts.tree(source, mended)
    decoder = Decoder(mended)
    decoder.hint = next(_charsets(top), "")
    reading = _Reading(mended=mended, decoder=decoder)
    text, html = reading.whole(top)
    shown = {unquote(cid) for cid in _SHOWN.findall(html)} if html else set()
    return InboundMail(
        subject=_subject(top, decoder, mended),
        sender=_sender(top, decoder, mended),
        reply_to=_addresses(top, "reply-to", decoder, mended),
        recipients=_addresses(top, "to", decoder, mended),
        cc=_addresses(top, "cc", decoder, mended),
        message_id=headers.message_id(top.header("message-id")),
        in_reply_to=headers.ids(_values(top, "in-reply-to")),
        references=headers.ids(_values(top, "references")),
        date=_date(top, mended),
        text=text,
        html=html,
        attachments=tuple(replace(file, inline=True) if file.content_id in shown else file for file in reading.attachments),
        reports=tuple(reading.reports),
        headers=tuple((name, words(decoder.header(value), decoder, mended)) for name, value in top.block.fields),
        warnings=mended.codes,
        lossy=mended.lossy,
    )


def _prepared(raw: bytes, mended: Mended) -> bytes:
    """Without what stands before the mail, and with line ends that can be looked for."""
    if len(raw) > BYTES_MAX:
        mended.note("too_large")
        raw = raw[:BYTES_MAX]
    if b"\n" not in raw and b"\r" in raw:
        mended.note("bare_cr")
        raw = raw.replace(b"\r", b"\n")
    return raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")


def _charsets(part: Part) -> Iterator[str]:
    """The charsets that are named anywhere, from the top."""
    label = part.parameter("charset")
    if label and codec(label) not in {None, "utf_7"} and label.lower() not in {"us-ascii", "ascii"}:
        yield label
    for child in part.children:
        yield from _charsets(child)


def _values(top: Part, name: str) -> list[str]:
    return [value.decode("latin-1") for value in top.block.all(name)]


def _subject(top: Part, decoder: Decoder, mended: Mended) -> str:
    return words(decoder.header(top.block.first("subject") or b""), decoder, mended)


def _addresses(top: Part, name: str, decoder: Decoder, mended: Mended) -> tuple[Address, ...]:
    return addresses((decoder.header(value) for value in top.block.all(name)), decoder, mended)


def _sender(top: Part, decoder: Decoder, mended: Mended) -> Address | None:
    """Who the mail says it is from; in its absence who says so elsewhere."""
    for name in ("from", "sender", "reply-to", "return-path", "x-envelope-from"):
        if found := _addresses(top, name, decoder, mended):
            if name != "from":
                mended.note("sender_missing")
            return found[0]
    mended.note("sender_missing")
    return None


def _date(top: Part, mended: Mended) -> datetime | None:
    value = top.header("date")
    found = date(value) if value else None
    if value and found is None:
        mended.note("date_wrong")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """A piece of what is to be read, in one form or in both."""

    text: str | None = None
    html: str | None = None


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What is found while the tree is walked over."""

    mended: Mended
    decoder: Decoder
    attachments: list[Attachment] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    named_texts: list[tuple[int, Part]] = field(default_factory=list)
    """Texts with a name, and how many attachments stand before them."""
    packed_bodies: list[_Body] = field(default_factory=list)
    """Texts out of a winmail.dat."""
    text_left: int = TEXT_BYTES_MAX
    told_left: int = _TOLD_AS_TEXT_MAX
    room: parts.Room = field(default_factory=parts.Room)
    """For parts of what is unpacked."""

    def whole(self, top: Part) -> tuple[str | None, str | None]:
        """Text and HTML of the mail; everything else is in its list afterwards."""
        found = self.bodies(top, depth=0)
        if not any(body.text or body.html for body in found):
            found = self.packed_bodies or found
        if not found and self.named_texts:
            found = [self._text(self.named_texts.pop(0)[1])]
        for before, part in reversed(self.named_texts):
            self.attachments.insert(before, self._attachment(part.content(self.mended), name=self._name(part), declared=part.type))
        return self._joined(found)

    def bodies(self, part: Part, *, depth: int, beside_others: bool = False) -> list[_Body]:
        """The pieces of text in a part, in their order. Files and reports are put aside."""
        if part.too_deep:
            self.attachments.append(self._attachment(part.whole(), name="message.eml", declared="message/rfc822"))
            return []
        if not part.type.startswith("multipart/"):
            return self._leaf(part, depth=depth, beside_others=beside_others)
        several = part.type == "multipart/alternative" and len(part.children) > 1
        pieces = [self.bodies(child, depth=depth + 1, beside_others=several) for child in self._in_order(part)]
        match part.type:
            case "multipart/alternative":
                return self._alternatives(pieces)
            case "multipart/encrypted":
                self.mended.note("encrypted")
            case "multipart/report":
                self.reports += [self._original(child) for child in part.children if child.type in _MAIL_TYPES]
        return [body for piece in pieces for body in piece]

    def _alternatives(self, pieces: list[list[_Body]]) -> list[_Body]:
        """One piece out of several that say the same: the text of those that are text, the last HTML (the richest, RFC 2046, 5.1.4)."""
        forms = [self._joined(piece) for piece in pieces]
        texts = [text for text, _ in forms if text is not None]
        htmls = [html for _, html in forms if html is not None and html.strip()]
        told = list(dict.fromkeys(text for text in texts if text.strip())) or ([] if htmls else texts[:1])
        if not told and not htmls:
            return []
        return [_Body(text="\n".join(told) if told else None, html=htmls[-1] if htmls else None)]

    def _joined(self, bodies: list[_Body]) -> tuple[str | None, str | None]:
        """Text and HTML of all pieces. A piece that has only one form is put into the other where that one has pieces, so that each tells everything."""
        if len(bodies) == 1:
            return bodies[0].text, bodies[0].html
        bodies = [body for body in bodies if (body.text or "").strip() or (body.html or "").strip()] or bodies[:1]
        any_text, any_html = any(body.text is not None for body in bodies), any(body.html is not None for body in bodies)
        text = "\n".join(self._as_text(body) for body in bodies) if any_text else None
        html = "\n".join(body.html if body.html is not None else as_html(body.text or "") for body in bodies) if any_html else None
        return text, html

    def _as_text(self, body: _Body) -> str:
        if body.text is not None:
            return body.text
        if not self.told_left:
            self.mended.note("html_untold")
            return ""
        self.told_left -= 1
        return text_of(body.html or "")

    def _in_order(self, part: Part) -> tuple[Part, ...]:
        """The parts as they are read: in `related` the root first, which need not stand there (RFC 2387, 3.2)."""
        start = part.parameter("start").strip("<> ")
        if part.type != "multipart/related" or not start:
            return part.children
        return tuple(sorted(part.children, key=lambda child: _content_id(child) != start))

    def _leaf(self, part: Part, *, depth: int, beside_others: bool) -> list[_Body]:
        if part.type in _REPORT_TYPES:
            self.reports.append(self._report(part))
        elif beside_others and part.type in _OTHER_FORMS:
            return []
        elif part.type in _MAIL_TYPES:
            self._enclosed(part)
        elif part.type not in _TEXTS or part.disposition == "attachment":
            return self._file(part, depth=depth)
        elif not beside_others and self._name(part):
            self.named_texts.append((len(self.attachments), part))
        else:
            return [self._text(part)]
        return []

    def _file(self, part: Part, *, depth: int) -> list[_Body]:
        content = part.content(self.mended)
        name = self._name(part) or unquote(part.header("content-location").rpartition("/")[2].partition("?")[0])
        if tnef.is_tnef(content) and self._winmail(content):
            return []
        if (part.type in _SEALED or name.lower().endswith(".p7m")) and (bodies := self._signed(content, depth=depth)) is not None:
            return bodies
        self.attachments.append(
            self._attachment(
                content, name=name, declared=part.type, content_id=_content_id(part), inline=part.disposition != "attachment"
            )
        )
        return []

    def _winmail(self, content: bytes) -> bool:
        """Outlook's own packing: its files, and its text should the mail have none besides. False if it is too broken to give any."""
        found = tnef.opened(content)
        if found.faulty:
            self.mended.note("tnef_faulty")
            if found.empty:
                return False
        self.mended.note("tnef_opened")
        for file in found.files:
            self.attachments.append(
                self._attachment(file.content, name=file.name, declared=file.type, content_id=file.content_id, inline=True)
            )
        if (found.text or "").strip() or found.html:
            self.packed_bodies.append(_Body(text=_lines(found.text) if found.text else None, html=found.html))
        elif found.rtf:
            self.attachments.append(self._attachment(found.rtf, name="message.rtf", declared="application/rtf"))
        return True

    def _signed(self, content: bytes, *, depth: int) -> list[_Body] | None:
        """What was signed, read as the mail it is; None if it cannot be had."""
        inner = smime.signed_content(content)
        if not inner or depth >= parts.DEPTH_MAX:
            self.mended.note("encrypted" if smime.is_enveloped(content) else "signed_faulty")
            return None
        self.mended.note("signed_opened")
        return self.bodies(parts.tree(inner.lstrip(b"\r\n"), self.mended, depth=depth + 1, room=self.room), depth=depth + 1)

    def _text(self, part: Part) -> _Body:
        content = part.content(self.mended)
        if len(content) > self.text_left:
            self.mended.note("text_cut")
            self.attachments.append(self._attachment(content, name="", declared=part.type))
            content = content[: self.text_left]
        self.text_left -= len(content)
        label = part.parameter("charset")
        if part.type == "text/html":
            if codec(label) is None and (said := _CHARSET_OF_PAGE.search(content[:4096])):
                label = said[1].decode("ascii")
            return _Body(html=_lines(self.decoder.text(content, label)))
        if b"begin" in content:
            files, content = transfer.from_uuencode(content)
            for name, inner in files:
                self.mended.note("uuencode_opened")
                self.attachments.append(
                    self._attachment(inner, name=self.decoder.header(name), declared="application/octet-stream")
                )
        text = _lines(self.decoder.text(content, label))
        if part.parameter("format").lower() == "flowed":
            text = transfer.unflowed(text, delete_space=part.parameter("delsp").lower() == "yes")
        return _Body(text=text)

    def _report(self, part: Part) -> Report:
        content = part.content(self.mended)[:_REPORT_BYTES_MAX]
        return Report(type=part.type, text=_lines(self.decoder.text(content, part.parameter("charset"))))

    def _original(self, part: Part) -> Report:
        """The mail a report is about, as text; the mail itself is among the attachments too."""
        return Report(type=part.type, text=_lines(self.decoder.text(part.content(self.mended)[:_REPORT_BYTES_MAX])))

    def _enclosed(self, part: Part) -> None:
        content = part.content(self.mended).lstrip(b"\r\n")
        if not content.strip():
            return
        name = self._name(part)
        if not name:
            inner = headers.block(content, 0, len(content), mended=Mended(), fields_max=headers.PART_HEADERS_MAX).first("subject")
            name = words(self.decoder.header(inner or b""), self.decoder, self.mended)[:80] or "message"
        name = name if name.lower().endswith(".eml") else name + ".eml"
        self.attachments.append(self._attachment(content, name=name, declared="message/rfc822", content_id=_content_id(part)))

    def _attachment(
        self, content: bytes, *, name: str, declared: str, content_id: str | None = None, inline: bool = False
    ) -> Attachment:
        kind = type_of(content, declared=declared, name=name)
        mended_name = safe_name(name, kind=kind, number=len(self.attachments) + 1)
        return Attachment(
            name=mended_name, type=kind, content=content, content_id=content_id, inline=inline and content_id is not None
        )

    def _name(self, part: Part) -> str:
        hint, self.decoder.hint = self.decoder.hint, part.parameter("charset") or self.decoder.hint
        try:
            return (
                parameter(part.disposition_parameters, "filename", self.decoder, self.mended)
                or parameter(part.parameters, "name", self.decoder, self.mended)
                or parameter(part.disposition_parameters, "name", self.decoder, self.mended)
                or parameter(part.parameters, "filename", self.decoder, self.mended)
                or ""
            ).strip()
        finally:
            self.decoder.hint = hint


def _content_id(part: Part) -> str | None:
    return headers.message_id(part.header("content-id"))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
