"""What a bounce says: who was not reached, why, and whether trying again makes sense.

Half of the servers write reports (RFC 3464), the other half letters; many write both and put the truth into the letter. So three readers look at a mail – the
report's blocks, the notification objects of the large senders (JSON), the letter – and each recipient's block is completed by what the letter says beside
that address. Reading is by shape: an address on a line of its own (or before a colon) starts its section, a quoted mail ends the letter. What the words
mean is `bounce_reasons`' business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from contact_hub.channels.email.bounce_reasons import HARD, Answer, BounceReason, judge, reply_code_in, status_in
from contact_hub.channels.email.mail import InboundMail, Report

RECIPIENTS_MAX: Final = 200
LETTER_MAX: Final = 64 * 1024
"""How much of a bounce's letter is read: what a server has to say stands on top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientVerdict:
    """What became of one recipient. `hard`: the address is of no use any more. `delayed`: the server still tries, nothing has failed."""

    address: str
    hard: bool
    reason: BounceReason
    status: str = ""
    reply_code: str = ""
    delayed: bool = False
    diagnostic: str = ""

    @property
    def failed(self) -> bool:
        """Whether this recipient did not get the mail and will not."""
        return not self.delayed and self.reason not in (BounceReason.DELIVERED, BounceReason.FEEDBACK)


def read_bounce(mail: InboundMail) -> tuple[RecipientVerdict, ...]:
    """The verdict for every recipient a bounce names, in its order; one without an address where it names nobody. For mails known to be bounces."""
    letter = _letter(mail)
    notified = tuple(_from_notification(mail.text or ""))
    if notified:
        return notified[:RECIPIENTS_MAX]
    sections = _sections(letter, mail)
    reported = tuple(_from_report(mail, letter, sections))
    if reported:
        return reported[:RECIPIENTS_MAX]
    delayed = is_delay(mail, letter)
    whole = letter if len(sections) <= 1 else ""
    written = tuple(_from_letter(address, words, whole, delayed=delayed) for address, words in sections.items())
    return written[:RECIPIENTS_MAX] or (_from_letter(_of_returned(mail), letter, letter, delayed=delayed),)


def is_delay(mail: InboundMail, letter: str | None = None) -> bool:
    """Whether a notice says that a mail is late rather than lost."""
    head = mail.subject.lower() + "\n" + (letter if letter is not None else _letter(mail))[:3000].lower()
    return bool(_DELAY.search(head)) and not _FINAL.search(head)


def sns_message(text: str) -> Mapping[str, Any] | None:
    """The notification of a large sender (Amazon's form) within a text, if it is one."""
    start = text.find("{")
    if start < 0 or ("notificationType" not in text and "eventType" not in text):
        return None
    for candidate in (text[start:], _SPACED_OUT.sub("", text[start:])):
        try:
            found, _ = json.JSONDecoder(strict=False).raw_decode(candidate)
            if isinstance(found, dict) and isinstance(inner := found.get("Message"), str):
                found = json.loads(inner, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and ("notificationType" in found or "eventType" in found):
            return found
    return None


# --- notifications -----------------------------------------------------------------------------------------------------------------------


def _from_notification(text: str) -> Iterator[RecipientVerdict]:
    message = sns_message(text)
    if message is None:
        return
    match message.get("notificationType") or message.get("eventType"):
        case "Bounce":
            for person in _listed(message.get("bounce"), "bouncedRecipients"):
                words = str(person.get("diagnosticCode") or "")
                yield _verdict(
                    str(person.get("emailAddress") or ""),
                    words,
                    status=str(person.get("status") or ""),
                    action=str(person.get("action") or "failed"),
                )
        case "Complaint":
            for person in _listed(message.get("complaint"), "complainedRecipients"):
                yield complaint(str(person.get("emailAddress") or ""))
        case "Delivery":
            done = message.get("delivery")
            if isinstance(done, dict) and isinstance(people := done.get("recipients"), list):
                for address in people:
                    yield _verdict(str(address), str(done.get("smtpResponse") or ""), status="", action="delivered")


def complaint(address: str) -> RecipientVerdict:
    """Somebody called our mail unwanted: no fault of the address."""
    return RecipientVerdict(address=address, hard=False, reason=BounceReason.FEEDBACK)


def _listed(holder: object, name: str) -> Iterator[Mapping[str, Any]]:
    if isinstance(holder, dict) and isinstance(people := holder.get(name), list):
        yield from (person for person in people if isinstance(person, dict))


# --- reports (RFC 3464) ------------------------------------------------------------------------------------------------------------------


def _from_report(mail: InboundMail, letter: str, sections: Mapping[str, str]) -> Iterator[RecipientVerdict]:
    """One verdict for each recipient of the report, completed by the letter; the last block of a recipient wins over a vaguer one before."""
    seen: dict[str, RecipientVerdict] = {}
    for block in islice(_blocks(mail), 2 * RECIPIENTS_MAX):
        verdict = _from_block(block, letter, sections)
        whom = f"{verdict.address} {block.get('original-recipient', '')}".lower()
        known = seen.get(whom)
        if known is None or known.reason is BounceReason.UNDEFINED:
            seen[whom] = verdict
    yield from seen.values()


def _blocks(mail: InboundMail) -> Iterator[Mapping[str, str]]:
    """The recipients' groups of fields, from the reports or, where a broken mail hid them in its text, from there."""
    reports = [report.text for report in mail.reports if _is_status(report)] or [
        text for text in _texts(mail) if _FINAL_RECIPIENT.search(text[:LETTER_MAX])
    ]
    for text in reports:
        for block in _groups(text[: 4 * LETTER_MAX]):
            if "final-recipient" in block or "original-recipient" in block or "diagnostic-code" in block:
                yield block


def _is_status(report: Report) -> bool:
    return report.type.lower().endswith("delivery-status") or bool(_FINAL_RECIPIENT.search(report.text[:LETTER_MAX]))


def _groups(text: str) -> Iterator[dict[str, str]]:
    """Fields, unfolded, in groups that a blank line or a second address ends."""
    fields: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if not line.strip():
            if "final-recipient" in fields or "diagnostic-code" in fields:
                yield fields
                fields = {}
            name = ""
        elif line[0] in " \t" and name:
            fields[name] = f"{fields[name]} {line.strip()}"
        elif (match := _FIELD.match(line)) is not None:
            name = match[1].lower()
            if name == "final-recipient" and name in fields:
                yield fields
                fields = {}
            fields[name] = match[2].strip()
        elif name == "diagnostic-code":
            fields[name] = f"{fields[name]} {line.strip()}"
    if fields:
        yield fields


def _from_block(block: Mapping[str, str], letter: str, sections: Mapping[str, str]) -> RecipientVerdict:
    address = _address_of(block.get("final-recipient", "")) or _address_of(block.get("original-recipient", ""))
    other = _address_of(block.get("original-recipient", "")) or address
    address = address or other
    said = _TYPE.sub("", block.get("diagnostic-code", ""), count=1).strip()
    beside = sections.get(address.lower()) or sections.get(other.lower()) or (letter if not said and len(sections) <= 1 else "")
    action = block.get("action", "").split(" ")[0].split(";")[0].lower()
    comment = block.get("status", "").partition("(")[2]
    status = found[0] if (found := _CODE.match(block.get("status", ""))) else ""
    words = said if len(said) > _BARE_CODE else f"{said} {beside or comment}"
    verdict = _verdict(address, words, status=status, action=action, command=_command(beside or letter, said))
    if (sorted_as := _POWERMTA.get(block.get("x-powermta-bouncecategory", ""))) is not None:
        return replace(verdict, reason=sorted_as, hard=sorted_as in HARD and not verdict.delayed)
    if verdict.reason is BounceReason.UNDEFINED and beside:
        verdict = _verdict(address, f"{said} {beside}", status=status, action=action, command=_command(beside, said))
    return verdict


def _address_of(field: str) -> str:
    """`rfc822; <name@host>` → `name@host`; whatever stands there, where it is no address."""
    value = field.partition(";")[2] or field
    found = _ADDRESS.search(value)
    return found[0] if found else value.strip().strip("<>")[:320]


# --- letters -----------------------------------------------------------------------------------------------------------------------------


def _letter(mail: InboundMail) -> str:
    """What the server wrote itself: the text up to the mail it gives back."""
    text = (mail.text or "")[:LETTER_MAX]
    if not text.strip() and mail.html:
        text = _BLANKS.sub(" ", _TAG.sub(_line_end, mail.html[:LETTER_MAX]))
    cut = _RETURNED.search(text)
    while cut is not None and not text[: cut.start()].strip():
        cut = _RETURNED.search(text, cut.end())
    return text[: cut.start()] if cut is not None else text


def _line_end(tag: re.Match[str]) -> str:
    return (
        "\n" if tag[0][1:3].lower().strip("/ >") in ("br", "p", "td", "tr", "di", "li", "h1", "h2") or tag[0][1:2] == "/" else " "
    )


def _texts(mail: InboundMail) -> Iterator[str]:
    if mail.text:
        yield mail.text
    for attachment in mail.attachments:
        if attachment.type in ("message/rfc822", "text/plain", "message/delivery-status"):
            yield attachment.content[:LETTER_MAX].decode("utf-8", "replace")


def _sections(letter: str, mail: InboundMail) -> dict[str, str]:
    """Each recipient named by the letter (in small letters) with the words that stand beside and below."""
    found = [
        (match.start(), match[1].lower()) for match in _OWN_LINE.finditer(letter) if not _BY.search(letter[: match.start()][-40:])
    ]
    found = _of_others(found, mail) or _of_others([(match.start(), match[1].lower()) for match in _NAMED.finditer(letter)], mail)
    if not found:
        listed = _ADDRESS.findall(" ".join(mail.values("x-failed-recipients"))) or [
            address
            for _, address in _of_others([(match.start(), match[0].lower()) for match in _ADDRESS.finditer(letter)], mail)[:1]
        ]
        return {address.lower(): letter for address in listed}
    found = found[: 2 * RECIPIENTS_MAX]
    ends = [start for start, _ in found[1:]] + [len(letter)]
    sections: dict[str, str] = {}
    for (start, address), end in zip(found, ends, strict=True):
        sections[address] = sections.get(address, "") + letter[start:end]
    return dict.fromkeys(sections, letter[found[0][0] :]) if len(sections) == 1 else sections


def _of_others(found: Sequence[tuple[int, str]], mail: InboundMail) -> list[tuple[int, str]]:
    """Without servers' own addresses, and without whom the notice was sent to – unless nobody else is named: some write to themselves."""
    people = [(start, address) for start, address in found if not _SERVICE.match(address)]
    ours = _not_recipients(mail)
    return [(start, address) for start, address in people if address not in ours] or people


def _not_recipients(mail: InboundMail) -> frozenset[str]:
    """Those a letter names without meaning that they were not reached: itself, and whom it was sent to."""
    people: Iterable[str | None] = (mail.sender, *mail.recipients)
    return frozenset(person.lower() for person in people if person)


def _from_letter(address: str, words: str, whole: str, *, delayed: bool) -> RecipientVerdict:
    """The verdict on one recipient by their section; `whole` is the letter that speaks of nobody else, empty if it does."""
    action = "delayed" if delayed else "failed"
    said = _said(words)
    verdict = _verdict(
        address,
        said,
        status=status_in(said) or status_in(whole),
        action=action,
        command=_command(words, said) or _command(whole, said),
    )
    if verdict.reason is BounceReason.UNDEFINED and whole:
        verdict = _verdict(address, whole, status="", action=action, command=_command(whole, ""))
    return verdict


def _said(words: str) -> str:
    """The server's answer within a section; all of it where no answer can be told apart."""
    found = _SAID_EXACTLY.search(words) or _SAID.search(words)
    return words[found.start() :] if found else _HEADING.sub("", words, count=1)


def _of_returned(mail: InboundMail) -> str:
    """To whom the mail went that came back, where the notice does not tell."""
    for text in (*(report.text for report in mail.reports), *_texts(mail)):
        found = _RETURNED_TO.search(text[: 2 * LETTER_MAX])
        if found and found[1].lower() not in _not_recipients(mail):
            return found[1]
    return ""


# --- both --------------------------------------------------------------------------------------------------------------------------------


def _verdict(address: str, words: str, *, status: str, action: str, command: str = "") -> RecipientVerdict:
    """Put together what was found; the answer's own codes win over a report's general ones (`5.0.0`)."""
    within = status_in(words)
    if not status or (status.endswith(".0.0") and within):
        status = within or status
    answer = Answer(words=words, status=status, reply_code=reply_code_in(words), command=command, action=action)
    reason = judge(answer)
    delayed = action == "delayed"
    return RecipientVerdict(
        address=address,
        hard=reason in HARD and not delayed,
        reason=reason,
        status=status,
        reply_code=answer.reply_code,
        delayed=delayed,
        diagnostic=_BLANKS.sub(" ", words[:500]).strip(),
    )


def _command(words: str, said: str) -> str:
    """To which SMTP command the server answered: as the letter tells (Postfix, Exim, Yahoo), or the last one of a transcript before the answer."""
    words = words[:LETTER_MAX]
    found = _COMMAND.search(words)
    if found:
        name = next(group for group in found.groups() if group).upper()
        return "DATA" if name.startswith(("END", "DATA", "TEXT", "PIPELINED")) else name.split(" ")[0].split("_")[0]
    for command, phrases in _QMAIL:
        if phrases.search(words):
            return command
    last = ""
    for line in _TRANSCRIPT.finditer(words):
        if line[1] == ">>>":
            last = line[2].split(" ")[0].upper()
        elif last and (not said or line[2].strip()[:20] in said):
            break
    return last.rstrip(":") if last.rstrip(":") in _COMMANDS else ""


_POWERMTA: Final = {
    "bad-mailbox": BounceReason.USER_UNKNOWN,
    "bad-domain": BounceReason.HOST_UNKNOWN,
    "inactive-mailbox": BounceReason.SUSPEND,
    "quota-issues": BounceReason.MAILBOX_FULL,
    "message-expired": BounceReason.EXPIRED,
    "no-answer-from-host": BounceReason.NETWORK_ERROR,
    "relaying-issues": BounceReason.NO_RELAYING,
    "policy-related": BounceReason.POLICY_VIOLATION,
    "spam-related": BounceReason.SPAM_DETECTED,
    "virus-related": BounceReason.VIRUS_DETECTED,
    "content-related": BounceReason.CONTENT_ERROR,
    "invalid-sender": BounceReason.REJECTED,
    "routing-errors": BounceReason.SYSTEM_ERROR,
}
"""One server sorts its bounces itself and says so; it saw the whole session."""
_BARE_CODE: Final = 14
_COMMANDS: Final = frozenset({"HELO", "EHLO", "MAIL", "RCPT", "DATA", "BDAT", "CONN", "QUIT", "AUTH", "STARTTLS"})
_MAILBOX: Final = (
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]{1,128}"
    r"@[A-Za-z0-9\u0080-\U0010ffff][A-Za-z0-9.\u0080-\U0010ffff-]{0,253}[A-Za-z0-9\u0080-\U0010ffff]"
)
_ADDRESS: Final = re.compile(_MAILBOX)
_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60})\s{0,4}:(.*)")
_TYPE: Final = re.compile(r"^\s*[A-Za-z][\w.-]{0,40}\s{0,4};")
_CODE: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_FINAL_RECIPIENT: Final = re.compile(r"^(?:final|original)-recipient\s{0,4}:", re.IGNORECASE | re.MULTILINE)
_TAG: Final = re.compile(r"<[^<>]{1,2000}>")
_BLANKS: Final = re.compile(r"[ \t\r\n\u00a0]+")
_SPACED_OUT: Final = re.compile(r"\r?\n[ \t]?")
_SERVICE: Final = re.compile(r"(?:mailer-daemon|postmaster|abuse|support|helpdesk|noreply|no-reply)\b")

_OWN_LINE: Final = re.compile(
    rf"^[ \t>*\u2022-]{{0,12}}(?:(?:to|addressed to|recipient|recipients|your message to|user|for|e-?mail|final recipient)\s{{0,4}}:\s{{0,8}})?"
    rf"[<\"'(\[]{{0,2}}(?:smtp:|mailto:)?({_MAILBOX})[>\"')\]]{{0,2}}"
    rf"(?=\s{{0,4}}(?:$|:|;|,|\(|\[|<mailto|-|<|\.{{3}}|on \d|\d{{1,2}}/\d|was|said|failed|could not|has))",
    re.IGNORECASE | re.MULTILINE,
)
"""A recipient on a line of its own, perhaps with its answer behind a colon: what all servers' letters have in common."""
_BY: Final = re.compile(r"(?:sent by|from|sender)\s{0,2}:?\s{0,10}$", re.IGNORECASE)
_HEADING: Final = re.compile(rf"^[ \t>*-]{{0,12}}<{_MAILBOX}>:[ \t]{{0,4}}$", re.MULTILINE)
_NAMED: Final = re.compile(
    rf"(?:\bto|recipients?|address|addressee|user|mailbox|full|size|userid|unknown|account|person|deliver|for|reach|host|recipient:"
    rf"|:)[\s:]{{1,8}}[<\"'(\[]{{0,2}}({_MAILBOX})",
    re.IGNORECASE,
)
_SAID_EXACTLY: Final = re.compile(r"diagnostic[- ]code\s{0,3}:", re.IGNORECASE)
_SAID: Final = re.compile(
    r"said:|<<<|returned\s{0,3}['\"]|remote server returned|smtp error|reason:|the error that the other server returned|host said|technical details"
    r"|diagnostic[- ]?(?:code|information)|server message|error message|delay reason",
    re.IGNORECASE,
)
_COMMAND: Final = re.compile(
    r"in reply to (end of data|data|mail from|rcpt to|helo|ehlo|bdat|initial)|after (end of data|rcpt to|mail from|data|initial|pipelined data"
    r"|ehlo|helo|pipelined)"
    r"|\[(rcpt_to|mail_from|data_fin|data|connect)\]|for (text|rcpt to|mail from|rcpt|mail|data) command|following (rcpt|mail|data) command"
    r"|(rcpt to|mail from|data):\s{1,3}[45]\d\d\b"
    r"|smtp command\s{1,6}(data|rcpt|mail)",
    re.IGNORECASE,
)
_QMAIL: Final = (
    ("RCPT", re.compile(r"does not like recipient|recipient was rejected", re.IGNORECASE)),
    ("MAIL", re.compile(r"sender was rejected|does not like sender", re.IGNORECASE)),
    ("DATA", re.compile(r"failed (?:on DATA|after I sent the message)", re.IGNORECASE)),
    ("CONN", re.compile(r"but greeting failed|connected to \S{1,80} but my name was rejected", re.IGNORECASE)),
)
_TRANSCRIPT: Final = re.compile(r"^[ \t]{0,8}(?:sent |received )?(>>>|<<<)[ \t]{0,4}(.{0,200})", re.MULTILINE | re.IGNORECASE)
_DELAY: Final = re.compile(
    r"\bdelay(?:ed)?\b|not yet been delivered|will (?:continue|keep) (?:to )?(?:try|be)|warning: (?:could not|message)|still (?:being )?(?:try"
    r"|retr|queued)"
    r"|delivery attempts will continue|will be retried|warning message only|temporarily deferred|verzögert|retard|retraso|ritardo|atraso|vertraagd"
    r"|задерж|遅延|延迟"
)
_FINAL: Final = re.compile(
    r"permanent(?:ly)? (?:error|fail|fatal)|delivery status notification ?\(failure|could not be delivered to one or more|giving up"
    r"|returned to sender"
)
_RETURNED: Final = re.compile(
    r"^(?:"
    r"[ \t>]{0,4}[-=_*]{2,}[^\n]{0,30}(?:copy of|original|returned|below this line|message (?:header|text|follows)|unsent|undelivered mail"
    r"|header of|headers? of|forwarded)[^\n]{0,60}$"
    r"|-{3,} ?(?:the )?(?:original|returned|header|body)[^\n]{0,60}$"
    r"|original message (?:follows|headers)[^\n]{0,20}$|included (?:is|below)[^\n]{0,60}$|the (?:first"
    r"|original) (?:\w+ ){0,4}message[^\n]{0,30}(?:follows|below)[^\n]{0,10}$"
    r"|message (?:header|headers|text) follows?[^\n]{0,20}$|your original message[^\n]{0,40}:?$|received: (?:from|by|\()[^\n]{0,300}$"
    r"|return-path: [^\n]{0,200}$"
    r"|content-type: (?:message/rfc822|text/rfc822-headers)[^\n]{0,40}$"
    r")",
    re.IGNORECASE | re.MULTILINE,
)
_RETURNED_TO: Final = re.compile(
    rf"^(?:to|original-rcpt-to|x-original-to|delivered-to)[ \t]{{0,4}}:[^\n@]{{0,120}}?({_MAILBOX})", re.IGNORECASE | re.MULTILINE
)
