"""Complaints: somebody pressed “this is spam” on a mail of ours, and their provider told us.

Most come as reports of RFC 5965 (and 6591, for failed authentication). Outlook.com's are plain forwards with a subject of their own, Amazon's are objects,
Apple's clients write a sentence. None of them is a customer speaking, and none gets an answer; whom they name should get no more mail unasked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from contact_hub.channels.email.bounces import RECIPIENTS_MAX, RecipientVerdict, complaint, sns_message
from contact_hub.channels.email.mail import InboundMail

_READ_MAX: Final = 64 * 1024


def read_feedback(mail: InboundMail) -> tuple[RecipientVerdict, ...] | None:
    """Who complained, if this is a complaint; one verdict without an address where the provider hides the person."""
    if not _is_feedback(mail):
        return None
    return tuple(complaint(address) for address in dict.fromkeys(_complainants(mail)))[:RECIPIENTS_MAX] or (complaint(""),)


def _is_feedback(mail: InboundMail) -> bool:
    if any("feedback-report" in report.type.lower() for report in mail.reports):
        return True
    if "feedback-report" in (mail.header("content-type") or "").lower():
        return True
    text = mail.text or ""
    if _OUTLOOK.match(mail.subject.strip()) or _APPLE.match(text[:400].strip()):
        return True
    message = sns_message(text)
    if message is not None:
        return "Complaint" in (message.get("notificationType"), message.get("eventType"))
    return bool(_TYPE.search(text[:_READ_MAX]) and _AGENT.search(text[:_READ_MAX]))


def _complainants(mail: InboundMail) -> Iterator[str]:
    named = list(_named(mail))
    yield from named or _returned_to(mail)


def _named(mail: InboundMail) -> Iterator[str]:
    """As the report names them, or the notification."""
    texts = [report.text for report in mail.reports if _TYPE.search(report.text[:_READ_MAX])] or [mail.text or ""]
    for text in texts:
        for found in _RECIPIENT.finditer(text[:_READ_MAX]):
            yield found[1].strip().strip("<>")
    message = sns_message(mail.text or "") or {}
    people = (
        complaint["complainedRecipients"]
        if isinstance(complaint := message.get("complaint"), dict) and "complainedRecipients" in complaint
        else ()
    )
    for person in people if isinstance(people, list) else ():
        if isinstance(person, dict) and isinstance(address := person.get("emailAddress"), str):
            yield address


def _returned_to(mail: InboundMail) -> Iterator[str]:
    """To whom the mail was written that they complain about."""
    texts = [
        *(
            attachment.content[:_READ_MAX].decode("utf-8", "replace")
            for attachment in mail.attachments
            if attachment.type == "message/rfc822"
        ),
        *(report.text for report in mail.reports if report.type == "text/rfc822-headers"),
    ]
    for text in texts:
        if found := _TO.search(text[:_READ_MAX]):
            yield found[1]
            return


_OUTLOOK: Final = re.compile(r"complaint about message from \d", re.IGNORECASE)
_APPLE: Final = re.compile(r"Apple Mail sent this email to unsubscribe from", re.IGNORECASE)
_TYPE: Final = re.compile(r"^Feedback-Type\s{0,4}:", re.IGNORECASE | re.MULTILINE)
_AGENT: Final = re.compile(r"^User-Agent\s{0,4}:", re.IGNORECASE | re.MULTILINE)
_RECIPIENT: Final = re.compile(
    r"^(?:Original-Rcpt-To|Removal-Recipient)\s{0,4}:[ \t]{0,8}(?:rfc822;\s{0,4})?(\S{1,320})", re.IGNORECASE | re.MULTILINE
)
_TO: Final = re.compile(
    r"^(?:To|X-HmXmrOriginalRecipient|Delivered-To)[ \t]{0,4}:[^\n@]{0,120}?([^\s<>\"',;:@]{1,128}@[^\s<>\"',;:@]{1,253})",
    re.IGNORECASE | re.MULTILINE,
)
