"""What becomes of a mail: the cases of the channel's design that have one right outcome."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contact_hub.channels.email.threads import our_message_id, plus_address, thread_id
from contact_hub.errors import HubError
from contact_hub.mail.reading import Question, ReadMail
from contact_hub.mail.workshop import Unreadable
from contact_hub.scope import Scope
from contact_hub.store.records import Outgoing
from routing.model import BrandId, Channel
from tests.mail.offices import NOW, SYSTEM, Office, letter, office

PASSED = "mx.hub.example; dmarc=pass header.from=kunde.example"
FAILED = "mx.hub.example; dmarc=fail header.from=kunde.example"


@pytest.fixture
async def sonne(sqlite_url: str) -> AsyncIterator[Office]:
    async with office(sqlite_url) as found:
        yield found


def answer(text: str = "Danke, das hilft.", **headers: str) -> bytes:
    return letter(text, **{"message_id": "<second@kunde.example>", "subject": "Re: Mein Paket", **headers})


# --- a mail becomes an inquiry ------------------------------------------------------------------------------------------------------------


async def test_a_mail_becomes_an_inquiry_for_the_engine_in_the_language_of_the_reply_alone(sonne: Office) -> None:
    quoted = "\n".join(f"> We are very sorry for the long delay of your parcel, dear customer number {n}" for n in range(20))
    mail = await sonne.arrive(
        letter(f"Guten Tag, mein Paket ist immer noch nicht angekommen.\n\nOn Mon, 3 Nov 2026 at 10:00, Sonne wrote:\n{quoted}\n")
    )

    conversation, (inquiry,) = await sonne.conversation(mail), await sonne.inquiries()
    assert (conversation.channel, conversation.state, conversation.language_tag) == (Channel.EMAIL, "waiting", "de")
    assert (inquiry.channel, inquiry.demand["languages"], inquiry.kind) == (Channel.EMAIL, ["de"], "service")
    (entry,) = await sonne.entries(conversation.id)
    assert entry.body["text"] == "Guten Tag, mein Paket ist immer noch nicht angekommen."
    assert "very sorry" in entry.body["quoted"]
    async with sonne.store.read() as tx:
        events = [one.event for one in await tx.inputs.take_batch("test", 10)]
    assert [event["is"] for event in events] == ["plan_changed", "inquiry_arrived"]


async def test_a_card_number_is_masked_in_text_subject_and_page(sonne: Office) -> None:
    page = "Content-Type: text/html"
    raw = letter("<p>Meine Karte: 4111 1111 1111 1111</p>", subject="Karte 4111111111111111").replace(
        b"Content-Type: text/plain", page.encode()
    )
    mail = await sonne.arrive(raw)

    (entry,) = await sonne.entries(str(mail.conversation))
    async with sonne.store.read() as tx:
        html = await tx.mail.html_of(SYSTEM, mail.id)
    for seen in (entry.body["text"], entry.body["subject"], html):
        assert "1111" in str(seen)
        assert "4111" not in str(seen)


async def test_who_wrote_before_is_known_within_the_brand_and_nowhere_else(sonne: Office) -> None:
    first = await sonne.conversation(await sonne.arrive(letter()))
    again = await sonne.conversation(await sonne.arrive(letter("Noch etwas anderes", message_id="<other@kunde.example>")))
    elsewhere = await sonne.conversation(await sonne.arrive(letter(to="help@qamar.example"), "qamar-help"))

    assert again.id != first.id
    assert again.customer == first.customer
    assert elsewhere.customer != first.customer


async def test_a_mailbox_may_stand_for_a_kind_of_request(sonne: Office) -> None:
    mail = await sonne.arrive(letter(), "sonne-complaints")

    assert (await sonne.conversation(mail)).kind == "complaint"


async def test_files_are_kept_and_told_with_what_speaks_against_opening_them(sonne: Office) -> None:
    raw = (
        b"From: ana@kunde.example\r\nTo: hilfe@sonne.example\r\nSubject: Foto\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSiehe Anhang.\r\n"
        b'--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="rechnung.pdf.exe"\r\n\r\nMZ\x90\x00\r\n--b--\r\n'
    )
    mail = await sonne.arrive(raw)

    (entry,) = await sonne.entries(str(mail.conversation))
    (told,) = entry.body["attachments"]
    async with sonne.store.read() as tx:
        row, content = await tx.mail.attachment(SYSTEM, told["id"])
    assert content.startswith(b"MZ")
    assert row.risks
    with pytest.raises(HubError):
        async with sonne.store.read() as tx:
            await tx.mail.attachment(Scope.client("test", "salma", "borealis"), told["id"])


async def test_a_contact_forms_mail_is_the_inquiry_of_whom_it_names(sonne: Office) -> None:
    mail = await sonne.arrive(
        letter(sender="Formular <form@sonne.example>", reply_to="Ben <ben@kunde.example>", auto_submitted="auto-generated")
    )

    (entry,) = await sonne.entries(str(mail.conversation))
    assert entry.body["sender"] == {"email": "ben@kunde.example", "name": "Ben"}


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"auto_submitted": "auto-replied"}, "auto_reply"),
        ({"precedence": "bulk", "list_id": "<news.shop.example>"}, "list"),
        ({"auto_submitted": "auto-generated"}, "auto_generated"),
        ({"subject": "Automatische Antwort: Abwesenheit", "x_autoreply": "yes"}, "auto_reply"),
    ],
)
async def test_nobody_is_asked_to_answer_a_robot(sonne: Office, headers: dict[str, str], kind: str) -> None:
    mail = await sonne.arrive(letter(**headers))

    assert (mail.state, mail.reason, mail.conversation) == ("dropped", kind, None)
    assert await sonne.inquiries() == []


async def test_a_person_may_take_a_robots_mail_for_an_inquiry_all_the_same(sonne: Office) -> None:
    mail = await sonne.arrive(letter(auto_submitted="auto-generated"))
    await sonne.again(mail.id, release=True, by="olga")
    await sonne.intake.work_off("test", mail.id)

    assert (await sonne.row(mail.id)).state == "stored"
    assert len(await sonne.inquiries()) == 1


# --- once, however often it comes ---------------------------------------------------------------------------------------------------------


async def test_a_mail_without_an_id_is_kept_once_however_often_it_is_fetched(sonne: Office) -> None:
    raw = letter(message_id="")
    first = await sonne.arrive(raw, uidvalidity=7, uid=1)
    fetched_again = await sonne.arrive(raw, uidvalidity=7, uid=1)
    counted_anew = await sonne.arrive(b"Received: from mx2.hub.example\r\n" + raw, uidvalidity=8, uid=11)

    assert first.id == fetched_again.id == counted_anew.id
    assert len(await sonne.inquiries()) == 1


async def test_two_mails_under_one_id_are_both_kept(sonne: Office) -> None:
    one = await sonne.arrive(letter("Guten Tag, hier ist die erste Nachricht."))
    other = await sonne.arrive(letter("Guten Tag, hier ist die zweite Nachricht."))

    assert one.id != other.id
    assert len(await sonne.inquiries()) == 2


async def test_one_mail_to_two_brands_is_two_inquiries_that_know_nothing_of_each_other(sonne: Office) -> None:
    raw = letter(to="hilfe@sonne.example, help@qamar.example")
    ours, theirs = await sonne.arrive(raw), await sonne.arrive(raw, "qamar-help")

    assert ours.conversation != theirs.conversation
    follow_up = answer(in_reply_to="<first@kunde.example>")
    assert (await sonne.arrive(follow_up)).conversation == ours.conversation
    assert (await sonne.arrive(follow_up, "qamar-help")).conversation == theirs.conversation
    async with sonne.store.read() as tx:
        seen = await tx.mail.raw_of(Scope.client("test", "salma", "borealis"), str(ours.conversation))
    assert seen == []


async def test_a_mail_that_was_deleted_stays_deleted(sonne: Office) -> None:
    mail = await sonne.arrive(letter(auto_submitted="auto-generated"))
    await sonne.bury(mail.id)
    again = await sonne.arrive(letter(auto_submitted="auto-generated"), uidvalidity=9, uid=3)

    assert (again.id, again.state, again.subject) == (mail.id, "tombstone", "")
    async with sonne.store.read() as tx:
        assert await tx.mail.raw_bytes("test", mail.id) is None


# --- threads by proof ---------------------------------------------------------------------------------------------------------------------


async def test_an_answer_joins_where_only_references_kept_our_token(sonne: Office) -> None:
    first = await sonne.arrive(letter())
    ours = thread_id(str(first.conversation), "sonne", await sonne.key(), domain="sonne.example")
    mail = await sonne.arrive(answer(in_reply_to="<rewritten@provider.example>", references=f"<x@y.example> <{ours}>"))

    assert mail.conversation == first.conversation
    assert len(await sonne.inquiries()) == 1


async def test_an_answer_joins_by_the_address_it_was_sent_to(sonne: Office) -> None:
    first = await sonne.arrive(letter())
    to = plus_address("hilfe@sonne.example", str(first.conversation), "sonne", await sonne.key())
    by_header = await sonne.arrive(answer(to=to))
    by_envelope = await sonne.arrive(
        answer("Und noch etwas", message_id="<third@kunde.example>", to="undisclosed-recipients:;"),
        envelope={"from": "ana@kunde.example", "to": [to]},
    )

    assert by_header.conversation == by_envelope.conversation == first.conversation


async def test_what_only_looks_like_a_tie_joins_nothing(sonne: Office) -> None:
    first = await sonne.arrive(letter())
    key = await sonne.key()
    of_qamar = our_message_id(str(first.conversation), "qamar", key, domain="qamar.example", entropy=bytes(10))
    forged = our_message_id(str(first.conversation), "sonne", b"x" * 32, domain="sonne.example", entropy=bytes(10))
    stranger = {"sender": "Eve <eve@elsewhere.example>"}
    mails = [
        await sonne.arrive(answer("Was gibt es Neues?", message_id="<e1@x>", in_reply_to=f"<{of_qamar}>", **stranger)),
        await sonne.arrive(answer("Was gibt es Neues?", message_id="<e2@x>", in_reply_to=f"<{forged}>", **stranger)),
        await sonne.arrive(answer("Was gibt es Neues?", message_id="<e3@x>", subject="[Ticket#1] Mein Paket", **stranger)),
        await sonne.arrive(answer("Was gibt es Neues?", in_reply_to=f"<{of_qamar}>", **stranger), "qamar-help"),
    ]

    assert len({mail.conversation for mail in mails} | {first.conversation}) == 5
    assert len(await sonne.entries(str(first.conversation))) == 1
    assert mails[0].findings["refused"] == [{"because": "token_refused", "where": "in_reply_to"}]
    assert [entry.kind for entry in await sonne.told(str(mails[1].conversation))] == ["mail_tie_refused"]


async def test_a_right_token_of_a_sender_who_is_not_is_kept_apart_and_never_joins(sonne: Office) -> None:
    first = await sonne.arrive(letter())
    to = plus_address("hilfe@sonne.example", str(first.conversation), "sonne", await sonne.key())
    mail = await sonne.arrive(answer(to=to, authentication_results=FAILED))
    assert (mail.state, mail.reason, mail.conversation) == ("held", "dmarc_fail", None)

    await sonne.again(mail.id, release=True, by="olga")
    await sonne.intake.work_off("test", mail.id)
    released = await sonne.row(mail.id)
    conversation = await sonne.conversation(released)
    assert released.state == "stored"
    assert conversation.id != first.conversation
    assert conversation.customer != (await sonne.conversation(first)).customer
    assert [entry.body["values"]["because"] for entry in await sonne.told(conversation.id)] == ["dmarc_failed"]


async def test_results_that_others_wrote_into_a_mail_are_not_believed(sonne: Office) -> None:
    mail = await sonne.arrive(letter(authentication_results="mx.evil.example; dmarc=pass header.from=kunde.example"))
    (entry,) = await sonne.entries(str(mail.conversation))
    assert "sender_unproven" in entry.body["warnings"]

    proven = await sonne.arrive(letter("Guten Morgen", authentication_results=PASSED, message_id="<p@kunde.example>"))
    (entry,) = await sonne.entries(str(proven.conversation))
    assert "warnings" not in entry.body


async def test_somebody_else_in_a_conversation_is_shown_as_such_and_moves_nothing(sonne: Office) -> None:
    first = await sonne.arrive(letter())
    before = await sonne.conversation(first)
    mail = await sonne.arrive(
        answer(
            "I am her lawyer and will now speak for her in this matter.",
            sender="Lee <lee@law.example>",
            in_reply_to="<first@kunde.example>",
        )
    )

    after = await sonne.conversation(first)
    assert mail.conversation == first.conversation
    assert [entry.body.get("third_party", False) for entry in await sonne.entries(after.id)] == [False, True]
    assert (after.customer, after.language) == (before.customer, before.language)


async def test_two_mails_of_one_person_with_an_ancestor_we_never_saw_are_one_conversation(sonne: Office) -> None:
    first = await sonne.arrive(letter(references="<call@elsewhere.example>"))
    same = await sonne.arrive(answer(references="<call@elsewhere.example>"))
    other = await sonne.arrive(answer(sender="Eve <eve@x.example>", message_id="<e@x>", references="<call@elsewhere.example>"))

    assert same.conversation == first.conversation
    assert other.conversation != first.conversation


async def test_an_answer_after_the_end_asks_for_a_person_anew_first_of_all_the_one_who_had_it(sonne: Office) -> None:
    first = await sonne.arrive(letter())
    conversation = str(first.conversation)
    await sonne.store.write(lambda tx: tx.conversations.update(SYSTEM, conversation, agent="anna"), name="held")  # type: ignore[arg-type]
    await sonne.end(conversation)
    sonne.clock.advance(86_400)
    mail = await sonne.arrive(answer(in_reply_to="<first@kunde.example>"))

    found = await sonne.conversation(mail)
    async with sonne.store.read() as tx:
        (*_, arrived) = [one.event for one in await tx.inputs.take_batch("test", 10)]
    assert (mail.conversation, found.state, found.agent) == (conversation, "waiting", None)
    assert arrived["demand"]["last_agent"] == "anna"
    assert arrived["inquiry"] == found.inquiry


async def test_an_answer_long_after_the_end_begins_an_inquiry_of_its_own_that_says_whence_it_comes(sonne: Office) -> None:
    first = await sonne.arrive(letter())
    await sonne.end(str(first.conversation))
    sonne.clock.advance(8 * 86_400)
    late = await sonne.arrive(answer(in_reply_to="<first@kunde.example>"))
    later = await sonne.arrive(answer("Hallo?", message_id="<third@kunde.example>", in_reply_to="<first@kunde.example>"))

    assert late.conversation != first.conversation
    assert later.conversation == late.conversation
    assert [(one.kind, one.body["values"]["other"]) for one in await sonne.told(str(late.conversation))] == [
        ("mail_linked", first.conversation)
    ]
    assert [one.kind for one in await sonne.told(str(first.conversation))] == ["mail_went_on"]


# --- robots -------------------------------------------------------------------------------------------------------------------------------


async def test_a_robot_that_hides_itself_makes_one_inquiry_and_trips_the_breaker(sonne: Office) -> None:
    first = await sonne.arrive(letter())
    to = plus_address("hilfe@sonne.example", str(first.conversation), "sonne", await sonne.key())
    mails = []
    for number in range(30):
        sonne.clock.advance(1)
        mails.append(
            await sonne.arrive(answer(f"Danke für Ihre Nachricht {number}", to=to, message_id=f"<r{number}@kunde.example>"))
        )

    assert len(await sonne.inquiries()) == 1
    assert [mail.state for mail in mails] == ["stored"] * 18 + ["held"] * 12
    assert {mail.reason for mail in mails[18:]} == {"loop"}
    async with sonne.store.read() as tx:
        ((brand, sender, _),) = await tx.mail.tripped("test", NOW)
    assert (brand, sender) == ("sonne", "ana@kunde.example")
    sonne.clock.advance(3 * 3_600)
    assert (await sonne.arrive(answer("Ich bin wieder da.", message_id="<back@kunde.example>"))).state == "stored"


async def test_a_robots_answer_in_a_conversation_is_told_to_staff_and_asks_nobody(sonne: Office) -> None:
    first = await sonne.arrive(letter())
    await sonne.end(str(first.conversation))
    mail = await sonne.arrive(
        answer("Ich bin bis Montag nicht da.", in_reply_to="<first@kunde.example>", auto_submitted="auto-replied")
    )

    assert (mail.state, mail.conversation) == ("dropped", first.conversation)
    assert (await sonne.conversation(first)).state == "ended"
    (told,) = await sonne.told(str(first.conversation))
    assert (told.kind, told.body["text"]) == ("mail_automatic", "Ich bin bis Montag nicht da.")


# --- what comes back ----------------------------------------------------------------------------------------------------------------------


def bounce(message_id: str, recipient: str, status: str, action: str = "failed") -> bytes:
    return (
        "From: MAILER-DAEMON@relay.example\r\nTo: hilfe@sonne.example\r\nReturn-Path: <>\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry, your message could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 {status} user unknown\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: hilfe@sonne.example\r\nMessage-ID: <{message_id}>\r\n\r\n--b--\r\n"
    ).encode()


async def sent(sonne: Office, conversation: str, kind: str = "reply") -> str:
    """A mail of ours that went out; its Message-ID."""
    message_id = our_message_id(
        conversation, "sonne", await sonne.key(), domain="sonne.example", entropy=bytes(9) + kind.encode()[:1]
    )
    mail = Outgoing(
        workspace="test",
        id=f"out-{kind}",
        brand=BrandId("sonne"),
        conversation=conversation,
        kind=kind,  # type: ignore[arg-type]
        message_id=message_id,
        subject="Re: Mein Paket",
        envelope_from="hilfe@sonne.example",
        state="sent",
        due_at=NOW,
        made_at=NOW,
    )
    await sonne.store.write(lambda tx: tx.mail.put_out(mail, b"x", ["ana@kunde.example"]), name="sent")
    return message_id


async def test_a_hard_bounce_is_a_task_of_its_inquiry_with_recipient_and_reason(sonne: Office) -> None:
    first = await sonne.arrive(letter())
    message_id = await sent(sonne, str(first.conversation))
    await sonne.end(str(first.conversation))
    mail = await sonne.arrive(bounce(message_id, "ana@kunde.example", "5.1.1"))

    conversation = await sonne.conversation(first)
    (told,) = await sonne.told(conversation.id)
    assert (mail.state, mail.reason, mail.conversation) == ("dropped", "bounce", conversation.id)
    assert told.kind == "mail_bounced"
    assert told.body["values"]["recipient"] == "ana@kunde.example"
    assert told.body["values"]["status"] == "5.1.1"
    assert conversation.state == "waiting"
    assert [one.flagged for one in await sonne.inquiries() if one.id == conversation.inquiry] == ["mail_bounced"]
    async with sonne.store.read() as tx:
        (recipient,) = await tx.mail.recipients("test", "out-reply")
    assert recipient.state == "bounced"


async def test_a_delay_is_no_failure(sonne: Office) -> None:
    first = await sonne.arrive(letter())
    message_id = await sent(sonne, str(first.conversation))
    await sonne.end(str(first.conversation))
    await sonne.arrive(bounce(message_id, "ana@kunde.example", "4.4.1", action="delayed"))

    assert (await sonne.conversation(first)).state == "ended"
    assert [one.kind for one in await sonne.told(str(first.conversation))] == ["mail_delayed"]


async def test_a_bounce_of_what_a_robot_wrote_makes_no_inquiry(sonne: Office) -> None:
    first = await sonne.arrive(letter())
    message_id = await sent(sonne, str(first.conversation), "acknowledgement")
    await sonne.end(str(first.conversation))
    await sonne.arrive(bounce(message_id, "ana@kunde.example", "5.1.1"))

    assert (await sonne.conversation(first)).state == "ended"
    assert await sonne.told(str(first.conversation)) == []


async def test_a_bounce_of_a_mail_that_was_never_ours_is_nobodys_business(sonne: Office) -> None:
    first = await sonne.arrive(letter())
    mail = await sonne.arrive(bounce("made-up@sonne.example", "ana@kunde.example", "5.1.1"))

    assert (mail.state, mail.conversation) == ("dropped", None)
    assert await sonne.told(str(first.conversation)) == []


# --- what cannot be understood ------------------------------------------------------------------------------------------------------------


class Stumbling:
    """Reads well, but for one mail."""

    def __init__(self, trouble: str) -> None:
        self.trouble = trouble

    async def read(self, question: Question) -> ReadMail:
        if self.trouble and b"poison" in question.raw:
            raise Unreadable(self.trouble)
        from contact_hub.mail.reading import read_mail

        return read_mail(question)


@pytest.mark.parametrize("reason", ["too_slow", "reader_died"])
async def test_a_mail_that_cannot_be_read_is_shown_with_its_reason_run_again_and_holds_up_nobody(
    sqlite_url: str, reason: str
) -> None:
    reader = Stumbling(reason)
    async with office(sqlite_url, reader=reader) as sonne:
        poison = await sonne.arrive(letter("poison"))
        healthy = await sonne.arrive(letter("Guten Tag", message_id="<h@kunde.example>"))
        assert (poison.state, poison.reason, poison.attempts, healthy.state) == ("failed", reason, 1, "stored")

        reader.trouble = ""
        await sonne.again(poison.id)
        await sonne.intake.work_off("test", poison.id)
        assert (await sonne.row(poison.id)).state == "stored"


async def test_a_mail_that_is_too_large_is_shown_by_its_head(sonne: Office) -> None:
    mail = await sonne.arrive(letter()[:200], size=40 * 1024 * 1024)

    assert (mail.state, mail.reason, mail.size) == ("failed", "too_large", 40 * 1024 * 1024)
    with pytest.raises(HubError):
        await sonne.again(mail.id)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff" * 100,
        b"\r\n\r\n",
        b"Subject: x",
        b"From: =?utf-8?b?" + b"/" * 500,
        "Von: \udcff".encode("utf-8", "surrogatepass"),
    ],
)
async def test_any_bytes_are_a_mail_that_somebody_can_see(sonne: Office, raw: bytes) -> None:
    mail = await sonne.arrive(raw)

    assert mail.state in {"stored", "dropped"}


async def test_working_off_twice_is_working_off_once(sonne: Office) -> None:
    mail = await sonne.arrive(letter())
    await sonne.intake.work_off("test", mail.id)

    assert len(await sonne.entries(str(mail.conversation))) == 1
    with pytest.raises(HubError):
        await sonne.again(mail.id)
