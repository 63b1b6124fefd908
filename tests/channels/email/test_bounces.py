"""What a bounce says about each recipient: as the servers of this world write it, not as one sample does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.channels.email.bounce_reasons import HARD, Answer, BounceReason, judge, reply_code_in, status_in
from contact_hub.channels.email.bounces import read_bounce
from contact_hub.channels.email.classify import MailKind, classify
from contact_hub.channels.email.mail import InboundMail
from contact_hub.channels.email.parse import parse
from tests.channels.email.letters import LETTERS, Letter, report

R = BounceReason

SAID: tuple[tuple[str, str, BounceReason], ...] = (
    # the address is of no use
    ("550 5.1.1 <anna@kunde.example>... User unknown", "RCPT", R.USER_UNKNOWN),
    ("550 5.1.1 RESOLVER.ADR.RecipNotFound; not found", "", R.USER_UNKNOWN),
    ("User anna (anna@kunde.example) not listed in Domino Directory", "", R.USER_UNKNOWN),
    ("550 Requested action not taken: mailbox unavailable", "RCPT", R.USER_UNKNOWN),
    ("Sorry, no mailbox here by that name. (#5.1.1)", "", R.USER_UNKNOWN),
    ("550 5.4.1 Recipient address rejected: Access denied", "RCPT", R.USER_UNKNOWN),
    ("553 5.3.0 <anna@kunde.example>... No such user here", "RCPT", R.USER_UNKNOWN),
    ("550 5.1.1 unknown or illegal alias: anna@kunde.example", "RCPT", R.USER_UNKNOWN),
    ("Der Empfänger ist unbekannt", "", R.USER_UNKNOWN),
    ("L'utilisateur n'existe pas", "", R.USER_UNKNOWN),
    ("Utente sconosciuto", "", R.USER_UNKNOWN),
    ("Usuário não encontrado", "", R.USER_UNKNOWN),
    ("De gebruiker bestaat niet", "", R.USER_UNKNOWN),
    ("Sorry, I couldn't find any host named kunde.invalid. (#5.1.2)", "", R.HOST_UNKNOWN),
    ("550 5.4.310 DNS domain kunde.invalid does not exist", "", R.HOST_UNKNOWN),
    ("all relevant MX records point to non-existent hosts", "", R.HOST_UNKNOWN),
    ("551 5.1.6 User has moved; please try new@kunde.example", "", R.HAS_MOVED),
    ("556 5.1.10 Recipient domain does not accept mail (nullMX)", "", R.NOT_ACCEPT),
    # the mailbox is there, but not now or not for this
    ("552 5.2.2 Mailbox is over its quota", "RCPT", R.MAILBOX_FULL),
    ("452 4.2.2 The email account that you tried to reach is over quota", "", R.MAILBOX_FULL),
    ("La boîte aux lettres du destinataire est pleine", "", R.MAILBOX_FULL),
    ("El buzón del destinatario está lleno", "", R.MAILBOX_FULL),
    ("550 5.2.1 The email account that you tried to reach is disabled.", "RCPT", R.SUSPEND),
    ("552 5.3.4 Message size exceeds fixed limit", "DATA", R.MESSAGE_TOO_BIG),
    ("550 Unknown user anna", "DATA", R.FILTERED),
    # about us
    ("553 5.1.8 <help@brand.example>... Domain of sender address help@brand.example does not exist", "MAIL", R.REJECTED),
    ("450 4.1.8 <help@brand.example>: Sender address rejected: Domain not found", "RCPT", R.REJECTED),
    ("550 5.1.1 unknown user help@brand.example", "MAIL", R.REJECTED),
    ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", "RCPT", R.BLOCKED),
    ("450 4.2.0 <anna@kunde.example>: Recipient address rejected: Greylisted", "RCPT", R.BLOCKED),
    ("550 5.7.26 This mail is unauthenticated: SPF and DKIM did not pass", "DATA", R.AUTH_FAILURE),
    ("550 5.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]", "RCPT", R.REQUIRE_PTR),
    ("550 relay not permitted", "RCPT", R.NO_RELAYING),
    ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "RCPT", R.NO_RELAYING),
    # on the way
    ("connect to mx.kunde.example[192.0.2.1]:25: Connection timed out", "", R.EXPIRED),
    ("retry timeout exceeded", "", R.EXPIRED),
    ("554 5.4.14 Hop count exceeded - possible mail loop", "", R.NETWORK_ERROR),
    (
        "Host or domain name not found. Name service error for name=kunde.example type=MX: Host not found, try again",
        "",
        R.NETWORK_ERROR,
    ),
)


@pytest.mark.parametrize(("words", "command", "reason"), SAID)
def test_a_servers_answer_is_understood(words: str, command: str, reason: BounceReason) -> None:
    answer = Answer(words=words, status=status_in(words), reply_code=reply_code_in(words), command=command, action="failed")
    assert judge(answer) is reason


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.server)
def test_a_servers_letter_tells_of_each_recipient(letter: Letter) -> None:
    found = classify(parse(letter.raw))
    assert found.kind is MailKind.BOUNCE
    assert tuple((one.address, one.hard, one.reason) for one in found.recipients) == letter.expected


def test_a_report_gives_status_and_reply_code_of_the_answer_not_the_reports_vague_one() -> None:
    mail = parse(
        report(
            "<anna@kunde.example>: host mx said: 550 5.1.1 No such user (in reply to RCPT TO command)",
            "Final-Recipient: rfc822; anna@kunde.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 No such user",
        )
    )
    (verdict,) = read_bounce(mail)
    assert (verdict.address, verdict.hard, verdict.status, verdict.reply_code) == ("anna@kunde.example", True, "5.1.1", "550")


def test_each_recipient_of_a_report_has_a_verdict_of_their_own() -> None:
    mail = parse(
        report(
            "Two recipients.",
            "Final-Recipient: rfc822; anna@kunde.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n"
            "Final-Recipient: rfc822; bert@kunde.example\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full",
        )
    )
    assert [(one.address, one.hard) for one in read_bounce(mail)] == [("anna@kunde.example", True), ("bert@kunde.example", False)]


def test_a_delayed_mail_has_not_failed_whatever_the_server_says() -> None:
    found = classify(
        parse(
            report(
                "Still trying.",
                "Final-Recipient: rfc822; anna@kunde.example\nAction: delayed\nStatus: 4.1.1\nDiagnostic-Code: smtp; 450 4.1.1 User unknown for now",
                subject="Delayed Mail (still being retried)",
            )
        )
    )
    assert found.kind is MailKind.BOUNCE
    assert found.delayed
    assert not any(one.hard or one.failed for one in found.recipients)


def test_a_report_of_success_is_no_failure() -> None:
    mail = parse(
        report(
            "Done.",
            "Final-Recipient: rfc822; anna@kunde.example\nAction: delivered\nStatus: 2.0.0\nDiagnostic-Code: smtp; 250 2.0.0 Ok",
        )
    )
    (verdict,) = read_bounce(mail)
    assert verdict.reason is R.DELIVERED
    assert not verdict.failed


def test_a_report_without_words_is_completed_by_its_letter() -> None:
    mail = parse(
        report(
            "<anna@kunde.example>: mailbox is full",
            "Final-Recipient: rfc822; anna@kunde.example\nAction: failed\nStatus: 5.0.0",
            subject="Undelivered",
        )
    )
    assert [one.reason for one in read_bounce(mail)] == [R.MAILBOX_FULL]


def test_a_server_that_sorts_its_bounces_itself_is_believed() -> None:
    mail = parse(
        report(
            "Failed.",
            "Final-Recipient: rfc822; anna@kunde.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 go away\n"
            "X-PowerMTA-BounceCategory: bad-mailbox",
        )
    )
    assert [(one.hard, one.reason) for one in read_bounce(mail)] == [(True, R.USER_UNKNOWN)]


def test_amazons_notification_is_a_bounce() -> None:
    body = (
        '{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"anna@kunde.example",'
        '"action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]}}'
    )
    found = classify(
        parse(b"From: no-reply@sns.amazonaws.com\nTo: help@brand.example\nSubject: AWS Notification Message\n\n" + body.encode())
    )
    assert found.kind is MailKind.BOUNCE
    assert [(one.address, one.hard) for one in found.recipients] == [("anna@kunde.example", True)]


def test_who_complains_is_named_and_never_hard() -> None:
    raw = b"""From: fbl@provider.example
To: abuse@brand.example
Subject: FW: Your order
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: text/plain

This is an abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Loop/1.0
Version: 1
Original-Rcpt-To: <anna@kunde.example>
Original-Rcpt-To: bert@kunde.example

--b--
"""
    found = classify(parse(raw))
    assert found.kind is MailKind.FEEDBACK_REPORT
    assert [(one.address, one.hard, one.reason) for one in found.recipients] == [
        ("anna@kunde.example", False, R.FEEDBACK),
        ("bert@kunde.example", False, R.FEEDBACK),
    ]
    assert not found.may_answer_automatically


def test_a_person_who_forwards_a_bounce_is_a_person() -> None:
    raw = (
        b"From: Anna <anna@kunde.example>\nTo: help@brand.example\nSubject: Fwd: Undelivered Mail Returned to Sender\n\n"
        b"Why did I get this?\n\n> I'm sorry to have to inform you that your message could not\n> be delivered to one or more recipients.\n"
        b"> <help@brand.example>: user unknown\n"
    )
    assert classify(parse(raw)).kind is MailKind.HUMAN


@given(
    words=st.text(max_size=300),
    status=st.sampled_from(["", "5.1.1", "4.4.7", "2.0.0", "5.7.1"]),
    command=st.sampled_from(["", "MAIL", "RCPT", "DATA"]),
)
def test_a_refusal_before_the_recipient_was_named_never_condemns_the_address(words: str, status: str, command: str) -> None:
    reason = judge(Answer(words=words, status=status, command=command, action="failed"))
    assert command != "MAIL" or reason not in HARD


PIECES = [
    *"<>@:;.{}[]()\n\t \"'-=ab1250",
    "Final-Recipient: ",
    "said: 550 ",
    "anna@kunde.example",
    "Received: from ",
    '{"notificationType":"Bounce"',
]


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=200))
def test_reading_a_bounce_never_raises_and_names_somebody_or_nobody(pieces: list[str]) -> None:
    verdicts = read_bounce(InboundMail(subject="Undelivered", text="".join(pieces)))
    assert verdicts
    assert all(one.hard <= (one.reason in HARD) for one in verdicts)
