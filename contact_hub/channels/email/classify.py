"""What a mail is: a person speaking, a program, a report about our own mail, a list, or ourselves.

The order is the rule. Reports about our mail come first, for they must never become inquiries; then our own echo, lists, programs; what is left is a person.
Whatever the verdict, `may_answer_automatically` says whether a robot of ours may write back (RFC 3834 §2), and if not, why: a header list finds three robots
in four, so this is only the first of the loop guards; `limits` counts the rest.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contact_hub.channels.email.automatic import Automatism, Sign, automatism, has_null_path, sign, takes_no_answer
from contact_hub.channels.email.bounces import RecipientVerdict, is_delay, read_bounce, sns_message
from contact_hub.channels.email.feedback import read_feedback
from contact_hub.channels.email.mail import Address, InboundMail


class MailKind(StrEnum):
    """The kinds of mail that arrive at a brand's mailbox."""

    HUMAN = "human"
    AUTO_REPLY = "auto_reply"
    AUTO_GENERATED = "auto_generated"
    BOUNCE = "bounce"
    FEEDBACK_REPORT = "feedback_report"
    LIST = "list"
    OWN_ECHO = "own_echo"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailClass:
    """The verdict on a mail, with what spoke for it.

    `recipients` only for bounces and feedback reports: what became of each. `inquiry_from`: whose inquiry this mail is, None if it is nobody's.
    """

    kind: MailKind
    reasons: tuple[Sign, ...] = ()
    recipients: tuple[RecipientVerdict, ...] = ()
    inquiry_from: Address | None = None
    no_answer_because: str | None = None

    @property
    def verdicts(self) -> tuple[RecipientVerdict, ...]:
        """The same as `recipients`."""
        return self.recipients

    @property
    def may_answer_automatically(self) -> bool:
        """Whether a robot of ours may write back; `no_answer_because` is the code of the reason why not."""
        return self.no_answer_because is None

    @property
    def delayed(self) -> bool:
        """Whether a bounce only tells of lateness: nothing has failed."""
        return bool(self.recipients) and all(verdict.delayed for verdict in self.recipients)


def classify(mail: InboundMail, own_addresses: Collection[str] = ()) -> MailClass:
    """Say what a mail is. `own_addresses` are all under which the brand sends and receives, without plus-tokens; the answer is poorer without them."""
    own = frozenset(_plain(address) for address in own_addresses)
    complaint = read_feedback(mail)
    if complaint is not None:
        spoke = Sign(code="feedback_report", source="content-type" if mail.reports else "body")
        return MailClass(kind=MailKind.FEEDBACK_REPORT, reasons=(spoke,), recipients=complaint, no_answer_because="report")
    if spoken := _bounce_signs(mail):
        return MailClass(kind=MailKind.BOUNCE, reasons=spoken, recipients=read_bounce(mail), no_answer_because="report")
    kind, reasons = _of_whom(mail, own)
    return MailClass(
        kind=kind, reasons=reasons, inquiry_from=_inquirer(mail, kind, own), no_answer_because=_no_answer(mail, kind, own)
    )


def _of_whom(mail: InboundMail, own: frozenset[str]) -> tuple[MailKind, tuple[Sign, ...]]:
    if mail.sender is not None and _plain(mail.sender) in own:
        spoke = Sign(code="own_address", source="from", value=str(mail.sender))
        return (MailKind.AUTO_GENERATED if _replies_elsewhere(mail, own) else MailKind.OWN_ECHO), (spoke,)
    if listed := _list_sign(mail, own):
        return MailKind.LIST, (listed,)
    found = automatism(mail)
    if found is None:
        declared = mail.header("auto-submitted")
        return MailKind.HUMAN, (sign("auto_submitted_no", mail, "auto-submitted"),) if declared is not None else ()
    what, spoke = found
    return (MailKind.AUTO_REPLY if what is Automatism.REPLY else MailKind.AUTO_GENERATED), (spoke,)


# --- bounces -----------------------------------------------------------------------------------------------------------------------------


def _bounce_signs(mail: InboundMail) -> tuple[Sign, ...]:
    """What makes a mail a bounce: a form only bounces have, or a server's name together with a notice's words."""
    return tuple(found for found in (_by_form(mail), _by_notice(mail)) if found is not None)[:1]


def _by_form(mail: InboundMail) -> Sign | None:
    for report in mail.reports:
        if report.type.lower().endswith("delivery-status"):
            return Sign(code="delivery_report", source=report.type.lower())
    kind = (mail.header("content-type") or "").lower()
    if "multipart/report" in kind and ("report-type" not in kind or "delivery-status" in kind):
        return sign("delivery_report", mail, "content-type")
    if mail.header("x-failed-recipients") is not None:
        return sign("failed_recipients", mail, "x-failed-recipients")
    if sns_message(mail.text or "") is not None:
        return Sign(code="delivery_notification", source="body")
    return None


def _by_notice(mail: InboundMail) -> Sign | None:
    """A letter: who signs like a mail server and writes like one. A person who forwards a bounce does not sign like one."""
    text = (mail.text or mail.html or "")[:_NOTICE_MAX]
    told = [bool(_SUBJECT.search(mail.subject)), bool(_NOTICE.search(text)), bool(_FIELDS.search(text)), is_delay(mail, text)]
    if (server := _server_sign(mail)) is not None:
        return server if any(told) else None
    who = f"{mail.sender.name} {mail.sender.partition('@')[0]}".lower() if mail.sender is not None else ""
    return (
        Sign(code="mail_program", source="from", value=str(mail.sender))
        if _PROGRAM.search(who) and told[0] and any(told[1:])
        else None
    )


def _server_sign(mail: InboundMail) -> Sign | None:
    written = (mail.header("from") or "").strip().lower()
    local = mail.sender.partition("@")[0].lower() if mail.sender is not None else written
    if _DAEMON.search(local) or _DAEMON.search(written) or (mail.sender is not None and _DAEMON.search(mail.sender.name.lower())):
        return Sign(code="mail_server", source="from", value=written[:100])
    if mail.sender is None:
        return Sign(code="no_sender", source="from", value=written[:100])
    return sign("null_return_path", mail, "return-path") if has_null_path(mail) else None


# --- lists -------------------------------------------------------------------------------------------------------------------------------


def _list_sign(mail: InboundMail, own: frozenset[str]) -> Sign | None:
    """Mail of a list – but not of our own: a group address that hands a brand's mail on is how some brands receive."""
    ours = frozenset(address.rpartition("@")[2] for address in own)
    for name in ("list-id", "list-post"):
        value = mail.header(name)
        if value is not None:
            return None if any(host and host in value.lower() for host in ours) else sign("list", mail, name)
    if _precedence(mail) == "list":
        return sign("precedence", mail, "precedence")
    if mail.header("list-unsubscribe") is not None and not mail.in_reply_to:
        return sign("list", mail, "list-unsubscribe")
    return None


# --- who asks, and whether a robot may answer --------------------------------------------------------------------------------------------


def _inquirer(mail: InboundMail, kind: MailKind, own: frozenset[str]) -> Address | None:
    """Whose inquiry this is: the sender's; for a form that writes in its own name, the one's to whom it asks us to reply."""
    elsewhere = _replies_elsewhere(mail, own)
    match kind:
        case MailKind.HUMAN:
            return mail.sender if mail.sender is not None else elsewhere
        case MailKind.AUTO_GENERATED:
            return None if _is_bulk(mail) else elsewhere
        case _:
            return None


def _replies_elsewhere(mail: InboundMail, own: frozenset[str]) -> Address | None:
    """The first Reply-To that is neither the sender nor us nor a robot."""
    sender = _plain(mail.sender) if mail.sender is not None else ""
    return next(
        (
            to
            for to in mail.reply_to
            if "@" in to and _plain(to) != sender and _plain(to) not in own and not takes_no_answer(InboundMail(sender=to))
        ),
        None,
    )


def _is_bulk(mail: InboundMail) -> bool:
    precedence = _precedence(mail)
    return precedence in ("bulk", "junk", "list") or any(
        mail.header(name) is not None for name in ("list-unsubscribe", "list-id", "feedback-id")
    )


def _no_answer(mail: InboundMail, kind: MailKind, own: frozenset[str]) -> str | None:
    """Why no robot may answer, as a stable code; None if one may."""
    if kind is not MailKind.HUMAN:
        return kind.value
    if mail.sender is None or "@" not in mail.sender:
        return "no_sender"
    if has_null_path(mail):
        return "null_return_path"
    if takes_no_answer(mail):
        return "sender_takes_no_answer"
    if mail.header("x-auto-response-suppress") is not None and _SUPPRESSES.search(mail.header("x-auto-response-suppress") or ""):
        return "response_suppressed"
    if _is_bulk(mail) or mail.header("precedence") is not None:
        return "bulk"
    if mail.reply_to and all(_plain(to) in own for to in mail.reply_to):
        return "replies_to_us"
    if own and not any(_plain(to) in own for to in (*mail.recipients, *mail.cc)):
        return "not_addressed_to_us"
    return None


def _precedence(mail: InboundMail) -> str:
    return (mail.header("precedence") or "").strip().lower()


def _plain(address: str) -> str:
    """In small letters and without a plus-token."""
    local, at, host = address.strip().strip("<>").lower().rpartition("@")
    return f"{local.partition('+')[0]}{at}{host}" if at else host


_NOTICE_MAX: Final = 8_000
_SUPPRESSES: Final = re.compile(r"\b(?:all|oof|autoreply)\b", re.IGNORECASE)
_DAEMON: Final = re.compile(
    r"mailer[-_ .]?daemon|^\W*postmaster|mail deliver(?:y|) (?:sub)?system|^\W*mdaemon|mail administrator|^\W*mailadm|delivery[- ](?:sub)?system"
    r"|mail delivery|postmaster[@\"> ]"
    r"|microsoft exchange|microsoft outlook <postmaster|system administrator|internet mail delivery|mail router|^\W*bounces?\b|no-reply@sns\."
    r"|mail server|mail-?daemon|emaildeliver|spam firewall|mail system"
)
_PROGRAM: Final = re.compile(
    r"no-?reply|mail|post[-_]?master|daemon|system|server|gateway|admin|notif|filter|spam|virus|delivery|router|relay|mmsc?\b"
)
"""Names of senders who are hardly a person; they are believed to bounce only if subject and letter both speak like it."""
_SUBJECT: Final = re.compile(
    r"undeliver|delivery (?:status|failure|report|notification|fail|has failed|problem|error|incomplete|delay)|deliver(?:y|ing) .{0,20}(?:fail"
    r"|delay|report|problem)|fail(?:ed|ure)? (?:to deliver|deliver|notice|mail|notification|delivery|sending)|mail(?:er)? (?:fail|error|delivery"
    r"|status|system|could not|not delivered)"
    r"|returned (?:mail|e-?mail|message|to sender)|(?:mail|message) returned|non[- ]?deliver|not (?:be )?deliver|could(?: not|n't) (?:be )?(?:send"
    r"|sent|deliver)|unable to deliver|delivery status|message you sent (?:blocked|could)|postmaster notify|transcript for details|unzustellbar"
    r"|zustell|nicht zugestellt"
    r"|non remis|[ée]chec de (?:la )?(?:remise|distribution)|non distribu|no (?:se ha )?entrega|no entregado|devuel|mancato recapito|consegna"
    r"|mancata|não (?:foi )?entreg|devolvid|onbestelbaar|niet (?:be|afge)zorg|не доставлен|недоставлен|niedostarcz|zwrot|olevererbar|ej leverer"
    r"|leveringsfejl|doručen|teslim edilemedi"
    r"|配信|送信(?:でき|エラー|失敗)|エラー|届け|不達|退信|退回|投递失败|反送|반송|전달되지|postfix smtp server: errors|warning: (?:could not send"
    r"|message)|smtp server: errors|aws notification|bounced?\b|mail undelivered|user unknown|mailbox full",
    re.IGNORECASE,
)
_NOTICE: Final = re.compile(
    r"(?:could|can|was|were|has|have|had)(?: ?n[o']t| not|not) (?:been |be )?(?:successfully )?(?:deliver|sent|reach)|undeliver|unable to deliver"
    r"|delivery (?:to|of|for|has|attempt|fail|notification|status|error)|failed (?:to deliver|permanently|recipient)|did(?: not|n't) reach"
    r"|returned (?:to sender|mail|message|below)"
    r"|permanent (?:fatal )?(?:error|failure)|mailbox .{0,40}(?:full|exceed)|(?:user|recipient|mailbox|account) .{0,20}(?:unknown|not found"
    r"|does not exist)|unknown (?:user|recipient)|delivery errors?|has been (?:blocked|rejected|delayed|refused)|could not send"
    r"|transcript of session|message .{0,30}(?:rejected|blocked|refused)|final delivery"
    r"|konnte nicht|nicht zugestellt|n'a pas pu|pas pu [êe]tre|no (?:se )?pudo|no ha podido|non (?:è|e) stato possibile|impossibile|não (?:foi"
    r"|pode|pôde)|niet (?:worden )?(?:bezorgd|afgeleverd)|не (?:может|удалось|было|доставлен)|nie (?:mogła|można|został)|送信(?:でき|に失敗)"
    r"|配信(?:でき|に失敗|エラー)|届け(?:でき|られ)|無法|无法|不能|전달|반송|teslim edilemedi",
    re.IGNORECASE,
)
_FIELDS: Final = re.compile(r"^(?:final-recipient|diagnostic-code|reporting-mta)\s{0,4}:", re.IGNORECASE | re.MULTILINE)
