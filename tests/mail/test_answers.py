"""The robot is polite, brief, and never talks to another robot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from contact_hub.channels.chat.frames import OpeningHours
from contact_hub.channels.email.mail import Address
from contact_hub.channels.email.parse import parse
from contact_hub.clock import ManualClock
from contact_hub.mail.answers import figure_in, occasion_of, rating_addresses, rating_in, reference_of
from contact_hub.mail.compose import Thread, compose, stationery
from contact_hub.mail.egress import inspect, secrets_of
from contact_hub.mail.outgoing import state_of
from contact_hub.store import Store
from contact_hub.store.records import RawMail
from i18n.promises import CUSTOMER_TAGS
from routing.model import AgentId
from tests.mail.brands import CONVERSATION, ENTROPY, HOST, KEY, NOW, floor, letter
from tests.mail.office import SYSTEM, WORKSPACE, Office, office


@pytest.fixture
async def here(sqlite_url: str) -> AsyncIterator[Office]:
    store = await Store.open(sqlite_url)
    yield office(store, floor())
    await store.close()


def mail(text: str = "Guten Tag, wo bleibt bitte mein Paket? Ich warte schon lange darauf.", **headers: str) -> bytes:
    given = {
        "From": "Max Müller <max@kunde.example>",
        "To": "hilfe@sonne.example",
        "Subject": "Mein Paket",
        "Message-ID": "<1@kunde.example>",
        "Date": format_datetime(NOW),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()


def later(here: Office, **time: float) -> None:
    assert isinstance(here.clock, ManualClock)
    here.clock.advance(timedelta(**time).total_seconds())


async def answered(here: Office, row: RawMail) -> list[str]:
    """The kinds of mails that a mail brought about, a moment later."""
    later(here, seconds=5)
    await here.work()
    return [one.kind for one in await here.written(row.conversation)]


async def closed(here: Office, row: RawMail) -> None:
    """An agent had it, and closes it."""
    assert row.conversation is not None
    conversation = row.conversation
    await here.store.write(
        lambda tx: tx.conversations.update(SYSTEM, conversation, state="open", agent=AgentId("viktor")), name="accept"
    )
    await here.conversations.end_idle(WORKSPACE, conversation, last_at=(await here.conversation(conversation)).last_at)


async def test_a_first_mail_is_acknowledged_in_its_language_with_time_and_reference(here: Office) -> None:
    here.hours.minutes = (20, 100)
    row = await here.arrive(mail())
    assert await answered(here, row) == ["acknowledgement"]
    (made,) = await here.written(row.conversation)
    told = parse(await here.raw(made.id))
    assert told.header("Auto-Submitted") == "auto-replied"
    assert told.subject == "Re: Mein Paket"
    assert told.in_reply_to == ("1@kunde.example",)
    assert "Guten Tag Max Müller," in (told.text or "")
    assert "innerhalb von 2 Stunden" in (told.text or "")
    assert reference_of(floor().brand("sonne"), str(row.conversation)) in (told.text or "")
    conversation = await here.conversation(str(row.conversation))
    assert conversation.last_speaker == "customer"
    assert conversation.customer_waits_since is not None
    async with here.store.read() as tx:
        bodies = [entry.body for entry in await tx.conversations.public_after(SYSTEM, conversation.id, 0)]
    assert [body.get("automatic") for body in bodies] == [None, "acknowledgement"]


async def test_when_everybody_is_at_home_the_mail_says_when_somebody_is_back(here: Office) -> None:
    here.hours.opening = OpeningHours(open=False, next_opening=NOW + timedelta(hours=20))
    row = await here.arrive(mail())
    assert await answered(here, row) == ["out_of_hours"]
    (made,) = await here.written(row.conversation)
    assert "07:30" in (parse(await here.raw(made.id)).text or "")


@pytest.mark.parametrize(
    ("acknowledge", "out_of_hours", "is_open", "said"),
    [
        ("off", False, True, None),
        ("off", True, True, None),
        ("off", True, False, "out_of_hours"),
        ("always", False, True, "acknowledgement"),
        ("always", False, False, "acknowledgement"),
        ("always", True, False, "out_of_hours"),
        ("closed", False, True, None),
        ("closed", False, False, "acknowledgement"),
    ],
)
def test_each_brand_says_as_much_as_it_wishes(acknowledge: str, out_of_hours: bool, is_open: bool, said: str | None) -> None:
    brand = floor().brand("sonne")
    policy = brand.mail.model_copy(update={"acknowledge": acknowledge, "out_of_hours": out_of_hours})
    assert occasion_of(brand.model_copy(update={"mail": policy}), OpeningHours(open=is_open)) == said


async def test_one_sender_gets_one_automatic_mail_a_day(here: Office) -> None:
    first = await here.arrive(mail())
    second = await here.arrive(mail("Noch etwas ganz anderes, bitte.", Message_ID="<2@kunde.example>", From="MAX+x@kunde.example"))
    assert first.conversation != second.conversation
    assert sorted([*await answered(here, first), *await answered(here, second)]) == ["acknowledgement"]
    later(here, hours=24)
    third = await here.arrive(mail("Und noch etwas Drittes.", Message_ID="<3@kunde.example>"))
    assert await answered(here, third) == ["acknowledgement"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-generated", "Reply-To": "max@kunde.example"},
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.kunde.example>"},
        {"Return_Path": "<>"},
        {"X_Autoreply": "yes"},
        {"From": ""},
        {"From": "care@qamar.example"},
        {"From": "noreply@kunde.example"},
        {"Subject": "Automatische Antwort: Abwesend"},
    ],
)
async def test_no_robot_answers_what_a_robot_or_nobody_wrote(here: Office, headers: dict[str, str]) -> None:
    row = await here.arrive(mail(**headers))
    assert await answered(here, row) == []


async def test_a_mail_that_is_not_from_whom_it_says_is_not_answered(here: Office) -> None:
    box = here.rules.of.brand("sonne").mailboxes[0].model_copy(update={"own_servers": ("mx.sonne.example",)})
    brands = [one.model_copy(update={"mailboxes": (box,)}) if one.id == "sonne" else one for one in here.rules.of.workspace.brands]
    here.rules.of = type(here.rules.of)(2, here.rules.of.workspace.model_copy(update={"brands": tuple(brands)}))
    failed = "mx.sonne.example; dmarc=fail header.from=kunde.example"
    row = await here.arrive(mail(Authentication_Results=failed))
    assert row.state == "held"
    assert await answered(here, row) == []


async def test_a_robot_that_answers_everything_gets_two_mails_at_most(here: Office) -> None:
    """Case 7: a new Message-ID each time, and nothing that says it is a robot."""
    row = await here.arrive(mail())
    automatic: list[str] = []
    for number in range(30):
        later(here, seconds=1)
        await here.work()
        written = await here.written(row.conversation)
        latest = parse(await here.raw(written[-1].id)) if written else None
        await here.arrive(
            mail(
                "Danke für Ihre Nachricht! Wir melden uns.",
                To=str(latest.reply_to[0]) if latest else "hilfe@sonne.example",
                Subject=f"Re: {latest.subject}" if latest else "Mein Paket",
                Message_ID=f"<robot-{number}@kunde.example>",
                In_Reply_To=f"<{latest.message_id}>" if latest else "<1@kunde.example>",
                References=f"<{latest.message_id}>" if latest else "<1@kunde.example>",
            )
        )
        automatic = [one.kind for one in await here.written(row.conversation)]
    assert len(automatic) <= 2
    assert len(await here.open_inquiries()) == 1
    async with here.store.read() as tx:
        assert [(brand, key) for brand, key, _ in await tx.mail.tripped(WORKSPACE, NOW)] == [("sonne", "max@kunde.example")]
    later(here, hours=1)
    await here.arrive(mail("Neu", Message_ID="<new@kunde.example>"))
    assert len(await here.open_inquiries()) == 1


async def test_one_mail_to_two_brands_is_two_inquiries_with_an_answer_each(here: Office) -> None:
    """Case 3: nothing of one brand is to be seen at the other."""
    here.hours.opening = OpeningHours(open=False)
    raw = mail(To="hilfe@sonne.example, care@qamar.example")
    rows = [await here.arrive(raw, "sonne-hilfe"), await here.arrive(raw, "qamar-care"), await here.arrive(raw, "sonne-hilfe")]
    assert len({row.conversation for row in rows}) == 2
    assert [await answered(here, row) for row in rows[:2]] == [["out_of_hours"], ["acknowledgement"]]
    for row, foreign in ((rows[0], ("qamar", "قمر")), (rows[1], ("sonne", "Sonne"))):
        (made,) = await here.written(row.conversation)
        raw_ = await here.raw(made.id)
        told = parse(raw_)
        shown = "\n".join([told.text or "", told.html or "", told.subject, *(value for _, value in told.headers)])
        assert not [one for one in foreign if one in shown]


async def test_after_the_end_the_customer_is_asked_once_and_a_click_is_the_rating(here: Office) -> None:
    row = await here.arrive(mail())
    await closed(here, row)
    later(here, minutes=6)
    await here.work()
    (survey,) = await here.written(row.conversation)
    assert survey.kind == "survey"
    told = parse(await here.raw(survey.id))
    assert told.header("Auto-Submitted") == "auto-generated"
    choices = rating_addresses("hilfe@sonne.example", str(row.conversation), "sonne", await _key(here))
    assert all(address in (told.text or "") for address in choices.values())
    assert (told.html or "").count("mailto:") == 5
    click = await here.arrive(mail("4 – Zufrieden", To=choices[4], Message_ID="<4@kunde.example>", Subject="4 – Zufrieden"))
    assert click.conversation == row.conversation
    again = await here.arrive(mail("1", To=choices[1], Message_ID="<5@kunde.example>"))
    assert again.conversation == row.conversation
    conversation = await here.conversation(str(row.conversation))
    assert (conversation.csat_score, conversation.state) == (4, "ended")


async def test_a_figure_as_the_answer_to_the_survey_is_a_rating_and_a_sentence_is_an_inquiry(here: Office) -> None:
    row = await here.arrive(mail())
    await closed(here, row)
    later(here, minutes=6)
    await here.work()
    (survey,) = await here.written(row.conversation)
    await here.arrive(mail(" ٥ ", Message_ID="<4@kunde.example>", In_Reply_To=f"<{survey.message_id}>"))
    assert (await here.conversation(str(row.conversation))).csat_score == 5
    await here.arrive(mail("Leider ist es wieder kaputt.", Message_ID="<5@kunde.example>", In_Reply_To=f"<{survey.message_id}>"))
    assert (await here.conversation(str(row.conversation))).state == "waiting"


async def test_a_score_of_another_brand_or_a_forged_one_rates_nothing(here: Office) -> None:
    row = await here.arrive(mail())
    await closed(here, row)
    key = await _key(here)
    for number, address in enumerate(
        (
            rating_addresses("hilfe@sonne.example", str(row.conversation), "qamar", key)[5],
            rating_addresses("hilfe@sonne.example", str(row.conversation), "sonne", b"x" * 32)[5],
        )
    ):
        other = await here.arrive(mail("5", To=address, Message_ID=f"<f{number}@k.example>"))
        assert other.conversation != row.conversation
    assert (await here.conversation(str(row.conversation))).csat_score is None


async def test_a_survey_waits_until_the_robot_may_write_again(here: Office) -> None:
    row = await here.arrive(mail())
    assert await answered(here, row) == ["acknowledgement"]
    await closed(here, row)
    for hours, kinds in ((1, ["acknowledgement"]), (22, ["acknowledgement"]), (2, ["acknowledgement", "survey"])):
        later(here, hours=hours)
        await here.work()
        assert [one.kind for one in await here.written(row.conversation)] == kinds


def test_ratings_are_read_as_they_were_sealed() -> None:
    addresses = rating_addresses("hilfe@sonne.example", CONVERSATION, "sonne", KEY)
    assert all(len(address.partition("@")[0]) <= 64 for address in addresses.values())
    assert rating_in(f"cse_{CONVERSATION[4:]}") == (CONVERSATION, 5)
    assert rating_in(CONVERSATION) is None
    assert rating_addresses("a-very-long-name-of-a-mailbox@sonne.example", CONVERSATION, "sonne", KEY)[5] == ""
    assert [figure_in(text) for text in ("3", " ٤. ", "६", "0", "35", "3 Sterne", "")] == [3, 4, None, None, None, None, None]
    assert state_of(["sent", "unknown", "failed"]) == "unknown"


@pytest.mark.parametrize("tag", CUSTOMER_TAGS)
def test_automatic_mails_leak_nothing_in_any_language(tag: str) -> None:
    brand = floor().brand("sonne")
    sheet = replace(stationery(brand, address="hilfe@sonne.example", language=tag), persona="")
    said = letter("Max", to=(Address("max@kunde.example", "Max"),), automatic="auto-replied")
    made = compose(said, sheet, Thread(conversation=CONVERSATION, key=KEY), now=NOW, entropy=ENTROPY)
    assert inspect(made.raw, secrets_of(floor(), brand, hosts=[HOST]), made.context) == ()


async def _key(here: Office) -> bytes:
    async with here.store.read() as tx:
        return (await tx.mail.keys(WORKSPACE))[0]
