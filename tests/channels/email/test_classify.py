"""What a mail is: people, programs, lists, reports, ourselves – and to whom a robot may write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.channels.email.classify import MailKind, classify
from contact_hub.channels.email.parse import parse

OURS = ("help@brand.example", "shop@brand.example")


def mail(
    *headers: str, subject: str = "Where is my parcel?", sender: str = "Anna <anna@kunde.example>", to: str = "help@brand.example"
) -> bytes:
    """A plain mail of a customer, with more headers."""
    head = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", "Message-ID: <1@kunde.example>", *headers]
    return ("\n".join(head) + "\n\nIt should have come on Monday.\n").encode()


def test_a_customers_mail_is_a_person_and_may_be_acknowledged() -> None:
    found = classify(parse(mail()), OURS)
    assert found.kind is MailKind.HUMAN
    assert found.inquiry_from == "anna@kunde.example"
    assert found.may_answer_automatically


@pytest.mark.parametrize(
    ("header", "kind", "code"),
    [
        ("Auto-Submitted: auto-replied", MailKind.AUTO_REPLY, "auto_submitted"),
        ("Auto-Submitted: auto-replied; owner-email=anna@kunde.example", MailKind.AUTO_REPLY, "auto_submitted"),
        ("Auto-Submitted: auto-generated", MailKind.AUTO_GENERATED, "auto_submitted"),
        ("Auto-Submitted: auto-notified", MailKind.AUTO_GENERATED, "auto_submitted"),
        ("X-Autoreply: yes", MailKind.AUTO_REPLY, "autoreply_header"),
        ("X-Autorespond: Parcel", MailKind.AUTO_REPLY, "autoreply_header"),
        ("X-Auto-Response-Suppress: All", MailKind.AUTO_GENERATED, "response_suppressed"),
        ("Precedence: auto_reply", MailKind.AUTO_REPLY, "precedence"),
        ("Precedence: bulk", MailKind.AUTO_GENERATED, "precedence"),
        ("Precedence: list", MailKind.LIST, "precedence"),
        ("List-Id: Friends <friends.kunde.example>", MailKind.LIST, "list"),
        ("List-Unsubscribe: <https://kunde.example/u>", MailKind.LIST, "list"),
        ("Return-Path: <>", MailKind.AUTO_REPLY, "null_return_path"),
    ],
)
def test_a_header_tells_what_a_mail_is(header: str, kind: MailKind, code: str) -> None:
    found = classify(parse(mail(header)), OURS)
    assert found.kind is kind
    assert [reason.code for reason in found.reasons] == [code]
    assert found.reasons[0].source == header.partition(":")[0].lower()
    assert not found.may_answer_automatically
    assert found.inquiry_from is None


def test_who_says_no_program_wrote_this_is_believed() -> None:
    found = classify(parse(mail("Auto-Submitted: no", subject="Automatic reply: parcel")), OURS)
    assert found.kind is MailKind.HUMAN
    assert found.may_answer_automatically


@pytest.mark.parametrize(
    "subject",
    [
        "Out of Office: parcel",
        "Automatic reply: Where is my parcel?",
        "Abwesenheitsnotiz: Paket",
        "Automatische Antwort: Paket",
        "Réponse automatique : colis",
        "Absence du bureau",
        "Respuesta automática: paquete",
        "Fuera de la oficina",
        "Risposta automatica: pacco",
        "Fuori ufficio: pacco",
        "Resposta automática: encomenda",
        "Automatisch antwoord: pakket",
        "Afwezigheidsmelding: pakket",
        "Automatiskt svar: paket",
        "Autosvar: pakke",
        "Automaattinen vastaus: paketti",
        "Automatyczna odpowiedź: paczka",
        "Nieobecność w biurze",
        "Automatická odpověď: balík",
        "Автоматический ответ: посылка",
        "Αυτόματη απάντηση: δέμα",
        "Otomatik yanıt: paket",
        "Automatikus válasz: csomag",
        "自動応答: 荷物",
        "不在通知",
        "自动回复: 包裹",
        "자동 회신: 소포",
        "رد تلقائي: طرد",
        "תשובה אוטומטית: חבילה",
    ],
)
def test_an_absence_note_is_recognised_in_its_language(subject: str) -> None:
    assert classify(parse(mail(subject=subject)), OURS).kind is MailKind.AUTO_REPLY


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Out of Office: parcel",
        "Out of office chairs?",
        "Your automatic door",
        "Absence of a part in my parcel",
        "Urlaub buchen",
        "Office hours?",
    ],
)
def test_a_person_who_writes_about_absence_is_a_person(subject: str) -> None:
    assert classify(parse(mail(subject=subject)), OURS).kind is MailKind.HUMAN


def test_a_contact_forms_mail_is_the_inquiry_of_the_one_it_asks_us_to_answer() -> None:
    found = classify(
        parse(mail("Auto-Submitted: auto-generated", "Reply-To: Anna <anna@kunde.example>", sender="form@host.example")), OURS
    )
    assert found.kind is MailKind.AUTO_GENERATED
    assert found.inquiry_from == "anna@kunde.example"
    assert not found.may_answer_automatically


def test_a_form_that_writes_in_our_own_name_is_no_echo() -> None:
    found = classify(parse(mail("Reply-To: anna@kunde.example", sender="help@brand.example")), OURS)
    assert found.kind is MailKind.AUTO_GENERATED
    assert found.inquiry_from == "anna@kunde.example"


@pytest.mark.parametrize(
    "sender",
    ["help@brand.example", "Help <Shop@Brand.example>", "help+xmifeftcm4fdpnvclbr7t72a7jolajio7qm7q2hqytqjw3a@brand.example"],
)
def test_our_own_mail_that_comes_back_is_an_echo(sender: str) -> None:
    found = classify(parse(mail(sender=sender)), OURS)
    assert found.kind is MailKind.OWN_ECHO
    assert found.inquiry_from is None
    assert not found.may_answer_automatically


def test_a_newsletters_reply_address_is_nobodys_inquiry() -> None:
    found = classify(
        parse(mail("Precedence: bulk", "Reply-To: news@shop.example", "Feedback-ID: 1:2", sender="mailing@shop.example")), OURS
    )
    assert found.inquiry_from is None


def test_a_group_address_of_the_brand_hands_on_peoples_mail() -> None:
    found = classify(parse(mail("List-Id: <help.brand.example>", "Precedence: list")), OURS)
    assert found.kind is MailKind.HUMAN
    assert found.inquiry_from == "anna@kunde.example"


@pytest.mark.parametrize(
    ("raw", "because"),
    [
        (mail("X-Auto-Response-Suppress: OOF, AutoReply"), "response_suppressed"),
        (mail(to="friends@kunde.example"), "not_addressed_to_us"),
        (mail("Reply-To: help@brand.example"), "replies_to_us"),
        (mail(sender="no-reply@shop.example"), "auto_generated"),
        (b"Subject: hm\n\nNo sender at all.", "no_sender"),
    ],
)
def test_a_robot_does_not_answer_where_it_could_loop_or_disturb(raw: bytes, because: str) -> None:
    assert classify(parse(raw), OURS).no_answer_because == because


@pytest.mark.parametrize(
    "raw",
    [
        mail(
            subject="Report Domain: brand.example Submitter: provider.example Report-ID: <1>", sender="dmarcreport@provider.example"
        ),
        mail("MIME-Version: 1.0", "Content-Type: multipart/report; report-type=tlsrpt; boundary=b", sender="tls@provider.example"),
    ],
)
def test_daily_reports_of_providers_are_no_inquiries(raw: bytes) -> None:
    found = classify(parse(raw), OURS)
    assert found.kind is MailKind.AUTO_GENERATED
    assert found.inquiry_from is None


def test_a_read_receipt_is_an_automatic_reply() -> None:
    raw = (
        b"From: anna@kunde.example\nTo: help@brand.example\nSubject: Read: parcel\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\nContent-Type: text/plain\n\nRead.\n--b\n"
        b"Content-Type: message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n"
    )
    assert classify(parse(raw), OURS).kind is MailKind.AUTO_REPLY


HEADS = st.sampled_from(
    [
        *(
            "From: ",
            "To: ",
            "Subject: ",
            "Auto-Submitted: ",
            "Return-Path: <>",
            "List-Id: ",
            "X-Failed-Recipients: ",
            "Precedence: ",
            "Reply-To: ",
            "--b",
        ),
        "Content-Type: multipart/report; boundary=b",
    ]
)


@given(lines=st.lists(st.tuples(HEADS, st.text(max_size=40)), max_size=12), body=st.binary(max_size=300))
def test_any_bytes_have_a_kind(lines: list[tuple[str, str]], body: bytes) -> None:
    raw = "\r\n".join(name + value for name, value in lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body
    found = classify(parse(raw), OURS)
    assert found.may_answer_automatically <= (found.kind is MailKind.HUMAN)
    assert bool(found.recipients) == (found.kind in (MailKind.BOUNCE, MailKind.FEEDBACK_REPORT))


@given(raw=st.binary(max_size=2_000))
def test_noise_has_a_kind(raw: bytes) -> None:
    assert classify(parse(raw)).kind in MailKind
