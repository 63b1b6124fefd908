"""Why a mail was not delivered: from a server's words and codes to one of the trade's names for it.

A sentence tells more than a code – `550 5.1.1` is said for full mailboxes, blocked senders and misspelt names alike – so the words are heard first and the
enhanced status code (RFC 3463, RFC 5248, RFC 7505 and what Exchange added to them) speaks where they say nothing. Only four reasons are hard: the address is
not there, its domain is not there, it has moved, or it takes no mail at all; everything else may change without the customer having another address.

A server that refuses a name before it has seen the mail means the name. The same words after the mail was handed over mean a filter that does not like the
mail, and say nothing about the address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from contact_hub.channels.email.bounce_words import HARD, PHRASES, BounceReason

WORDS_MAX: Final = 4_000
"""How much of a server's answer is read. Real ones are under 1,000 characters."""

__all__ = ["HARD", "Answer", "BounceReason", "fold", "judge", "reply_code_in", "status_in"]

_R = BounceReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said about one recipient, and when. `command` is the SMTP command it answered to, in capitals, empty if nobody told."""

    words: str = ""
    status: str = ""
    reply_code: str = ""
    command: str = ""
    action: str = ""


def judge(answer: Answer) -> BounceReason:
    """The reason behind a server's answer; `undefined` where it cannot be told."""
    if answer.action in _WELL_DONE or (answer.status.startswith("2") and answer.action not in _BADLY_DONE):
        return _R.DELIVERED
    words = fold(answer.words)
    heard = _heard(words)
    known = _by_status(answer)
    reason = heard or known or _by_reply(answer) or _R.UNDEFINED
    if _of_the_sender(answer, reason):
        return _R.REJECTED
    if heard is _R.USER_UNKNOWN:
        reason = _of_the_name(answer, words)
    if answer.action in _NOT_YET and reason in HARD:
        return _R.EXPIRED
    if reason is _R.UNDEFINED and answer.action in _NOT_YET:
        return _R.EXPIRED
    return reason


def fold(words: str) -> str:
    """A server's answer on one line, in small letters, without the codes that are repeated on each of its lines."""
    words = words[:WORDS_MAX].lower().replace("\u2019", "'")
    return _SPACE.sub(" ", _CONTINUED.sub(" ", _LABELLED.sub(r"\1", words))).strip()


def status_in(words: str) -> str:
    """The enhanced status code within an answer: the one beside a reply code if there is one, else the first."""
    words = words[:WORDS_MAX]
    found = _STATUS_AFTER_REPLY.search(words) or _STATUS.search(words)
    return ".".join(found.groups()) if found else ""


def reply_code_in(words: str) -> str:
    """The three digits of SMTP within an answer, if there are any that can be told from other numbers."""
    found = _REPLY.search(words[:WORDS_MAX])
    return found[1] if found else ""


def _of_the_sender(answer: Answer, reason: BounceReason) -> bool:
    """Names and domains that are refused before ours was said, and domains that are refused with the mail, are those of the sender."""
    return (reason in HARD and answer.command in _BEFORE_THE_NAME) or (
        reason is _R.HOST_UNKNOWN and answer.command in _AFTER_THE_NAME
    )


def _of_the_name(answer: Answer, words: str) -> BounceReason:
    """Words that say “no such user” are about the address only if they were said before the mail was seen; a reply quoted without its occasion is doubted."""
    if answer.command == "RCPT" or answer.status[2:] in _OF_THE_ADDRESS:
        return _R.USER_UNKNOWN
    if answer.command in _AFTER_THE_NAME:
        return _R.FILTERED
    return _R.USER_UNKNOWN if not answer.reply_code or _NAME_ECHOED.search(words) else _R.FILTERED


def _heard(words: str) -> BounceReason | None:
    return next((reason for reason, phrases in PHRASES if phrases.search(words)), None)


def _by_status(answer: Answer) -> BounceReason | None:
    status = answer.status
    if not status:
        return None
    detail = status[2:]
    if known := _STATUSES.get(status) or _DETAILS.get(detail):
        return known
    subject, _, number = detail.partition(".")
    if subject == "7" and number.isdigit() and int(number) >= 100:
        return _R.AUTH_FAILURE if number in _EXCHANGE_AUTHENTICATION else _R.BLOCKED
    if subject == "1" and number in _EXCHANGE_UNKNOWN:
        return _R.USER_UNKNOWN
    return _SUBJECTS.get(subject)


def _by_reply(answer: Answer) -> BounceReason | None:
    return _REPLIES.get(answer.reply_code)


_WELL_DONE: Final = frozenset({"delivered", "relayed", "expanded"})
_BADLY_DONE: Final = frozenset({"failed", "delayed"})
_NOT_YET: Final = frozenset({"delayed"})
_AFTER_THE_NAME: Final = frozenset({"DATA", "BDAT", "."})
_BEFORE_THE_NAME: Final = frozenset({"CONN", "INITIAL", "HELO", "EHLO", "MAIL", "STARTTLS", "AUTH"})
_OF_THE_ADDRESS: Final = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10", "1.20", "1.350", "1.351", "2.1"})
_NAME_ECHOED: Final = re.compile(
    r"<[^<> ]{1,128}@[^<> ]{1,128}>\s{0,2}(?::|\.\.\.)|recipient (?:address )?rejected|unknown user: |requested action not taken: mailbox"
)
"""How Postfix and its kind answer to RCPT."""
_EXCHANGE_AUTHENTICATION: Final = frozenset({"509", "515", "516", "5100"})
_EXCHANGE_UNKNOWN: Final = frozenset({"350", "351", "20"})

_SPACE: Final = re.compile(r"\s+")
_LABELLED: Final = re.compile(r"\d\.\d\.\d - [a-z /]{3,60} ([45]\d\d-?')")
"""Cisco's servers put a label of their own before each answer they quote: “5.1.0 - Unknown address error 550-'…'” is said of spam, too."""
_CONTINUED: Final = re.compile(r"(?<![\w.])[245]\d\d-(?:[245]\.\d{1,3}\.\d{1,3}\b)?")
_STATUS: Final = re.compile(r"(?<![\d.\w\[-])([45])\.(\d)\.(\d{1,3})(?![\d.]*\d)")
_STATUS_AFTER_REPLY: Final = re.compile(r"(?<![\d.])[45]\d\d[ \-:#]{1,3}['\"<(#]?([45])\.(\d)\.(\d{1,3})(?![\d.]*\d)")
_REPLY: Final = re.compile(
    r"(?:^\W{0,3}|said:\s{0,6}|<<<\s{0,3}|[;:]\s{1,6}|;|returned\s{0,3}\W{0,2}|reason:\s{0,3}|error\s{1,3}|\bcode:?\s{1,3}|[#\"'(]|problem\s{1,2}"
    r"|^\s{0,8})"
    r"([45]\d\d)(?=[\s\-:#,)]|\.?$)",
    re.IGNORECASE | re.MULTILINE,
)

_DETAILS: Final = {
    "1.1": _R.USER_UNKNOWN,
    "1.2": _R.HOST_UNKNOWN,
    "1.3": _R.USER_UNKNOWN,
    "1.4": _R.FILTERED,
    "1.6": _R.HAS_MOVED,
    "1.7": _R.REJECTED,
    "1.8": _R.REJECTED,
    "1.9": _R.SYSTEM_ERROR,
    "2.0": _R.FILTERED,
    "2.1": _R.SUSPEND,
    "2.2": _R.MAILBOX_FULL,
    "2.3": _R.EXCEED_LIMIT,
    "2.4": _R.FILTERED,
    "3.1": _R.SYSTEM_FULL,
    "3.3": _R.SYSTEM_ERROR,
    "3.4": _R.MESSAGE_TOO_BIG,
    "4.0": _R.NETWORK_ERROR,
    "4.1": _R.EXPIRED,
    "4.2": _R.EXPIRED,
    "4.5": _R.NETWORK_ERROR,
    "4.6": _R.NETWORK_ERROR,
    "4.7": _R.EXPIRED,
    "4.14": _R.NETWORK_ERROR,
    "4.300": _R.EXPIRED,
    "4.316": _R.EXPIRED,
    "5.3": _R.TOO_MANY_CONNECTIONS,
    "7.7": _R.SECURITY_ERROR,
    "7.13": _R.SUSPEND,
    "7.17": _R.HAS_MOVED,
    "7.18": _R.HAS_MOVED,
    "7.20": _R.AUTH_FAILURE,
    "7.21": _R.AUTH_FAILURE,
    "7.22": _R.AUTH_FAILURE,
    "7.23": _R.AUTH_FAILURE,
    "7.24": _R.AUTH_FAILURE,
    "7.25": _R.REQUIRE_PTR,
    "7.26": _R.AUTH_FAILURE,
    "7.27": _R.NOT_ACCEPT,
    "7.28": _R.SPEEDING,
}
"""By what follows the first digit. 7.27 is RFC 7505: the *sender's* domain takes no mail."""
_DETAILS["7.27"] = _R.REJECTED

_STATUSES: Final = {
    "5.1.10": _R.NOT_ACCEPT,
    "5.3.2": _R.NOT_ACCEPT,
    "5.4.4": _R.HOST_UNKNOWN,
    "5.4.310": _R.HOST_UNKNOWN,
    "5.4.312": _R.NETWORK_ERROR,
    "4.4.4": _R.NETWORK_ERROR,
    "4.1.1": _R.ON_HOLD,
    "4.1.2": _R.NETWORK_ERROR,
}
"""By the whole code, where permanent and temporary mean different things."""

_SUBJECTS: Final = {
    "2": _R.FILTERED,
    "3": _R.SYSTEM_ERROR,
    "4": _R.NETWORK_ERROR,
    "5": _R.SYNTAX_ERROR,
    "6": _R.CONTENT_ERROR,
    "7": _R.SECURITY_ERROR,
}
_REPLIES: Final = {
    "421": _R.EXPIRED,
    "450": _R.ON_HOLD,
    "451": _R.ON_HOLD,
    "452": _R.SYSTEM_FULL,
    "500": _R.SYNTAX_ERROR,
    "501": _R.SYNTAX_ERROR,
    "502": _R.SYNTAX_ERROR,
    "503": _R.SYNTAX_ERROR,
    "504": _R.SYNTAX_ERROR,
    "521": _R.NOT_ACCEPT,
    "530": _R.SECURITY_ERROR,
    "535": _R.SECURITY_ERROR,
    "550": _R.FILTERED,
    "551": _R.HAS_MOVED,
    "552": _R.MAILBOX_FULL,
    "553": _R.REJECTED,
    "554": _R.FILTERED,
    "556": _R.NOT_ACCEPT,
}
