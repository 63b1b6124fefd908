"""A mail as intake needs it: everything that can be known of it without asking anybody.

Pure, and the whole of what happens to a stranger's bytes: it runs in a process that can be killed (`workshop`). What comes out is made of plain values, so that
it can be carried over a pipe in a form that cannot do anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

import msgspec

from contact_hub.channels.email.attachments import verdict
from contact_hub.channels.email.authenticity import Known, authenticity, questions, without_foreign_results
from contact_hub.channels.email.bounces import RecipientVerdict
from contact_hub.channels.email.classify import MailKind, classify
from contact_hub.channels.email.headers import ids
from contact_hub.channels.email.mail import Address, InboundMail
from contact_hub.channels.email.parse import parse
from contact_hub.channels.email.strip import strip

HTML_CHARS_MAX: Final = 2_000_000
"""As much HTML is kept to be shown; the mail itself is kept whole."""
_NOTED: Final = ("delivered-to", "x-original-to", "envelope-to", "x-forwarded-to")
_RETURNED: Final = re.compile(r"^message-id:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\s]{3,500}>)", re.IGNORECASE | re.MULTILINE)
_RETURNED_BYTES_MAX: Final = 64 * 1024
_LANGUAGES: Final = ("content-language", "accept-language", "x-accept-language")
_TAG: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be read, and who we are. `to`: for whom the server took it, as the envelope says."""

    raw: bytes
    own_servers: tuple[str, ...] = ()
    own_addresses: tuple[str, ...] = ()
    envelope_from: str | None = None
    to: tuple[str, ...] = ()
    checks: bool = False
    """Whether it shall be said what our own check of who signed would have to ask."""
    records: dict[str, tuple[str, ...]] | None = None
    """What DNS says, for our own check of who signed; None where none is wished or nothing was asked yet."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    email: str
    name: str = ""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment with its content; `risks` speak against opening it."""

    name: str
    type: str
    content: bytes
    content_id: str | None = None
    inline: bool = False
    risks: tuple[str, ...] = ()


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What a bounce says became of one recipient."""

    address: str
    hard: bool
    failed: bool
    delayed: bool
    reason: str
    status: str = ""
    diagnostic: str = ""


class ReadMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail, read, judged and taken apart."""

    subject: str
    sender: Person | None
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    noted: tuple[tuple[str, str], ...]
    """Headers in which servers wrote for whom they took it."""
    languages: tuple[str, ...]
    warnings: tuple[str, ...]
    lossy: bool
    kind: str
    reasons: tuple[str, ...]
    inquiry_from: Person | None
    no_answer_because: str | None
    fates: tuple[Fate, ...]
    returned_ids: tuple[str, ...]
    """Ids of our mails that a bounce or a complaint brought back."""
    doubtful: bool
    proven: bool
    dmarc: str
    because: str
    witness: str
    asks: tuple[str, ...]
    """Names whose text records our own check of who signed would need, where nobody else has spoken."""
    reply: str
    own: str
    quoted: str
    signature: str
    confidence: float
    html: str | None
    files: tuple[File, ...]

    def for_threading(self) -> InboundMail:
        """As much of it as `find_thread` looks at."""
        return InboundMail(
            subject=self.subject,
            sender=None if self.sender is None else Address(self.sender.email, self.sender.name),
            recipients=tuple(Address(one.email, one.name) for one in self.to),
            cc=tuple(Address(one.email, one.name) for one in self.cc),
            message_id=self.message_id,
            in_reply_to=self.in_reply_to,
            references=self.references,
            headers=self.noted,
        )


def read_mail(question: Question) -> ReadMail:
    """Read one mail. Any bytes are one."""
    mail = parse(question.raw)
    known = None if question.records is None else Known(question.records)
    judged = authenticity(mail, question.raw, own_servers=question.own_servers, resolver=known)
    asks = questions(mail, question.raw, own_servers=question.own_servers) if known is None and question.checks else ()
    mail = _with_envelope(without_foreign_results(mail, question.own_servers), question)
    found = classify(mail, question.own_addresses)
    stripped = strip(mail.text, mail.html)
    reports = found.kind in {MailKind.BOUNCE, MailKind.FEEDBACK_REPORT}
    return ReadMail(
        subject=_sound(mail.subject),
        sender=_person(mail.sender),
        to=_people(mail.recipients),
        cc=_people(mail.cc),
        message_id=mail.message_id,
        in_reply_to=mail.in_reply_to,
        references=mail.references,
        noted=tuple((name, _sound(value)) for name, value in mail.headers if name in _NOTED),
        languages=tuple(_languages(mail)),
        warnings=mail.warnings,
        lossy=mail.lossy,
        kind=found.kind.value,
        reasons=tuple(reason.code for reason in found.reasons),
        inquiry_from=_person(found.inquiry_from),
        no_answer_because=found.no_answer_because,
        fates=tuple(_fate(one) for one in found.recipients),
        returned_ids=tuple(dict.fromkeys(_returned(mail))) if reports else (),
        doubtful=judged.quarantine,
        proven=judged.proven,
        dmarc=judged.dmarc.value,
        because=judged.because,
        witness=judged.witness.value,
        asks=asks,
        reply=_sound(stripped.reply),
        own=_sound(stripped.own),
        quoted=_sound(stripped.quoted),
        signature=_sound(stripped.signature),
        confidence=stripped.confidence,
        html=None if mail.html is None else _sound(mail.html[:HTML_CHARS_MAX]),
        files=tuple(_files(mail)),
    )


def _with_envelope(mail: InboundMail, question: Question) -> InboundMail:
    """What the envelope says stands in headers where a server wrote it down; where we are that server, we write it."""
    noted = [("x-original-to", address) for address in question.to]
    if question.envelope_from is not None and mail.header("return-path") is None:
        noted.append(("return-path", f"<{question.envelope_from}>"))
    return replace(mail, headers=(*noted, *mail.headers)) if noted else mail


def _person(address: Address | None) -> Person | None:
    return None if address is None else Person(email=_sound(str(address)), name=_sound(address.name))


def _people(addresses: Collection[Address]) -> tuple[Person, ...]:
    return tuple(Person(email=_sound(str(one)), name=_sound(one.name)) for one in addresses)


def _fate(verdict_: RecipientVerdict) -> Fate:
    return Fate(
        address=_sound(verdict_.address),
        hard=verdict_.hard,
        failed=verdict_.failed,
        delayed=verdict_.delayed,
        reason=verdict_.reason.value,
        status=verdict_.status,
        diagnostic=_sound(verdict_.diagnostic[:500]),
    )


def _files(mail: InboundMail) -> Iterator[File]:
    for attachment in mail.attachments:
        judged = verdict(attachment)
        yield File(
            name=_sound(attachment.name),
            type=attachment.type,
            content=attachment.content,
            content_id=attachment.content_id,
            inline=attachment.inline and judged.inline,
            risks=judged.risks,
        )


def _languages(mail: InboundMail) -> Iterator[str]:
    """What the headers say, best first; a list longer than people have languages says nothing."""
    said = [tag for name in _LANGUAGES for value in mail.values(name) for tag in _TAG.findall(value[:200])]
    yield from list(dict.fromkeys(said))[:4]


def _returned(mail: InboundMail) -> Iterator[str]:
    """Whatever a report brought back of the mail that it is about."""
    returned = [report.text[:_RETURNED_BYTES_MAX] for report in mail.reports]
    returned += [
        file.content[:_RETURNED_BYTES_MAX].decode("latin-1")
        for file in mail.attachments
        if file.type.startswith(("message/", "text/rfc822"))
    ]
    returned += [(mail.text or "")[:_RETURNED_BYTES_MAX]]
    for text in returned:
        yield from ids(_RETURNED.findall(text))
    yield from mail.in_reply_to
    yield from reversed(mail.references)


def _sound(text: str) -> str:
    """Lone surrogates are no text: neither pipe nor database could carry them."""
    return text.encode("utf-8", "replace").decode("utf-8")
