"""Every recipient gets one copy, or somebody can see that nobody knows. Never two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from contact_hub.admission import Allowance
from contact_hub.channels.email.parse import parse
from contact_hub.clock import ManualClock
from contact_hub.errors import HubError
from contact_hub.mail.reading import Fate
from contact_hub.mail.sending import Pace
from contact_hub.store import Store
from tests.mail.brands import floor
from tests.mail.office import SYSTEM, WORKSPACE, Office, office
from tests.mail.sink import sink
from tests.servers import free_port


class Killed(BaseException):
    """A worker that is no more."""


def _dies_at(step: str) -> Callable[[str], None]:
    def die(at: str) -> None:
        if at == step:
            raise Killed(step)

    return die


def _clock(of: Office) -> ManualClock:
    assert isinstance(of.clock, ManualClock)
    return of.clock


def _passes(of: Office, **more: float) -> None:
    _clock(of).advance(timedelta(**more).total_seconds())


@pytest.fixture
async def store(sqlite_url: str):  # type: ignore[no-untyped-def]  # as the shared one, for one database
    opened = await Store.open(sqlite_url)
    yield opened
    await opened.close()


async def test_a_mail_is_sent_once_with_the_bytes_that_were_frozen(store: Store) -> None:
    async with sink() as server:
        here = office(store, floor(port=server.port))
        mail = await here.write(await here.open(), "max@kunde.example", "mia@kunde.example")
        await here.sender.run_lane(WORKSPACE, mail)
        await here.sender.run_lane(WORKSPACE, mail)
        assert server.copies() == {"max@kunde.example": 1, "mia@kunde.example": 1}
        assert {raw for _, raw in server.taken} == {await here.raw(mail)}
        assert (await here.mail(mail)).state == "sent"
        assert server.greetings == ["sonne.example"]


@pytest.mark.parametrize("manner", ["421", "451", "data451"])
async def test_what_is_refused_for_now_is_tried_again_with_the_same_bytes(store: Store, manner: str) -> None:
    manners = {"max@kunde.example": manner}
    async with sink(lambda address: manners.get(address, "ok")) as server:
        here = office(store, floor(port=server.port))
        mail = await here.write(await here.open(), "max@kunde.example")
        before = await here.raw(mail)
        pauses = []
        for _ in range(5):
            await here.sender.run_lane(WORKSPACE, mail)
            row = await here.mail(mail)
            assert row.state == "deferred"
            pauses.append((row.due_at - here.clock.now()).total_seconds() / 60)
            await here.sender.run_lane(WORKSPACE, mail)  # too early: nothing happens
            assert (await here.mail(mail)).attempts == len(pauses)
            _passes(here, seconds=(row.due_at - here.clock.now()).total_seconds())
        assert pauses == [1, 5, 15, 60, 120]
        manners.clear()
        await here.sender.run_lane(WORKSPACE, mail)
        assert (await here.mail(mail)).state == "sent"
        assert server.taken == [("max@kunde.example", before)]


async def test_after_two_days_of_refusals_a_person_is_asked(store: Store) -> None:
    async with sink(lambda _address: "451") as server:
        here = office(store, floor(port=server.port))
        conversation = await here.open()
        mail = await here.write(conversation, "max@kunde.example")
        began = here.clock.now()
        while (row := await here.mail(mail)).state != "failed":
            _passes(here, seconds=max(0.0, (row.due_at - here.clock.now()).total_seconds()))
            await here.sender.run_lane(WORKSPACE, mail)
        assert here.clock.now() - began == timedelta(hours=48)
        assert await here.told(conversation.id) == ["mail_failed"]


@pytest.mark.parametrize("manner", ["550", "data550"])
async def test_what_is_refused_for_good_is_a_persons_task_at_once(store: Store, manner: str) -> None:
    async with sink(lambda _address: manner) as server:
        here = office(store, floor(port=server.port))
        conversation = await here.open()
        mail = await here.write(conversation, "max@kunde.example")
        await here.sender.run_lane(WORKSPACE, mail)
        assert (await here.mail(mail)).state == "failed"
        assert (await here.recipients(mail))["max@kunde.example"].status == "550"
        assert await here.told(conversation.id) == ["mail_failed"]
        assert not server.taken


async def test_each_recipient_has_a_fate_of_their_own(store: Store) -> None:
    manners = {"a@k.example": "ok", "b@k.example": "451", "c@k.example": "550"}
    async with sink(lambda address: manners[address]) as server:
        here = office(store, floor(port=server.port))
        mail = await here.write(await here.open(), *manners)
        await here.sender.run_lane(WORKSPACE, mail)
        assert {address: one.state for address, one in (await here.recipients(mail)).items()} == {
            "a@k.example": "sent",
            "b@k.example": "deferred",
            "c@k.example": "failed",
        }
        manners["b@k.example"] = "ok"
        _passes(here, minutes=2)
        await here.sender.run_lane(WORKSPACE, mail)
        assert server.copies() == {"a@k.example": 1, "b@k.example": 1}
        assert (await here.mail(mail)).state == "failed"


@pytest.mark.parametrize("manner", ["hang", "drop"])
async def test_what_nobody_knows_is_unknown_and_is_not_sent_again(store: Store, manner: str) -> None:
    async with sink(lambda _address: manner) as server:
        here = office(store, floor(port=server.port))
        conversation = await here.open()
        mail = await here.write(conversation, "max@kunde.example")
        await here.sender.run_lane(WORKSPACE, mail)
        assert (await here.mail(mail)).state == "unknown"
        assert await here.told(conversation.id) == ["mail_unknown"]
        for _ in range(3):
            _passes(here, days=1)
            await here.sender.look_after(WORKSPACE)
            await here.sender.run_lane(WORKSPACE, mail)
        assert server.copies() == {"max@kunde.example": 1}


async def test_a_line_that_breaks_after_the_yes_changes_nothing(store: Store) -> None:
    async with sink(lambda _address: "drop_after") as server:
        here = office(store, floor(port=server.port))
        mail = await here.write(await here.open(), "max@kunde.example")
        await here.sender.run_lane(WORKSPACE, mail)
        assert (await here.mail(mail)).state == "sent"


@pytest.mark.parametrize(
    ("step", "found", "copies"),
    [
        ("leased", "queued", 1),
        ("named", "queued", 1),
        ("data_started", "unknown", 0),
        ("answered", "unknown", 1),
        ("recorded", "sent", 1),
    ],
)
async def test_a_worker_that_dies_leaves_a_queue_or_a_doubt_and_never_a_second_copy(
    store: Store, step: str, found: str, copies: int
) -> None:
    async with sink() as server:
        here = office(store, floor(port=server.port))
        mail = await here.write(await here.open(), "max@kunde.example")
        with pytest.raises(Killed):
            await here.sender_that(_dies_at(step)).run_lane(WORKSPACE, mail)
        await here.sender.look_after(WORKSPACE)  # its lease has not run out: nobody touches it
        await here.sender.run_lane(WORKSPACE, mail)
        _passes(here, minutes=20)
        await here.sender.look_after(WORKSPACE)
        assert (await here.mail(mail)).state == found
        await here.sender.run_lane(WORKSPACE, mail)
        assert sum(server.copies().values()) == copies


async def test_the_count_would_see_a_second_copy(store: Store) -> None:
    """A planted fault: somebody takes a doubt for a mail that was never sent."""
    async with sink() as server:
        here = office(store, floor(port=server.port))
        mail = await here.write(await here.open(), "max@kunde.example")
        with pytest.raises(Killed):
            await here.sender_that(_dies_at("answered")).run_lane(WORKSPACE, mail)
        await store.write(lambda tx: tx.mail.settle_recipients(WORKSPACE, mail, from_=["data_started"], to="queued"), name="plant")
        await store.write(lambda tx: tx.mail.settle_outgoing(WORKSPACE, mail, from_=["data_started"], state="queued"), name="plant")
        await here.sender.run_lane(WORKSPACE, mail)
        assert server.copies() == {"max@kunde.example": 2}


async def test_a_person_decides_what_nobody_knows(store: Store) -> None:
    async with sink(lambda _address: "drop") as server:
        here = office(store, floor(port=server.port))
        one, other = [await here.write(await here.open(name=f"cnv_01jd5x0000000000000000000{n}"), f"{n}@k.example") for n in "ab"]
        for mail in (one, other):
            await here.sender.run_lane(WORKSPACE, mail)
        server.behave = lambda _address: "ok"
        decide = here.outgoing.decide
        assert await store.write(lambda tx: decide(tx, WORKSPACE, one, "sent", here.clock.now()), name="decide")
        assert await store.write(lambda tx: decide(tx, WORKSPACE, other, "again", here.clock.now()), name="decide")
        assert not await store.write(lambda tx: decide(tx, WORKSPACE, one, "again", here.clock.now()), name="decide")
        await here.sender.run_lane(WORKSPACE, other)
        assert [(await here.mail(mail)).state for mail in (one, other)] == ["sent", "sent"]
        assert server.copies() == {"a@k.example": 1, "b@k.example": 2}  # a person wanted it
        assert len({raw for address, raw in server.taken if address == "b@k.example"}) == 1


async def test_an_answer_proves_that_a_doubtful_mail_arrived(store: Store) -> None:
    async with sink(lambda _address: "drop") as server:
        here = office(store, floor(port=server.port))
        mail = await here.write(await here.open(), "max@kunde.example")
        await here.sender.run_lane(WORKSPACE, mail)
        message_id = (await here.mail(mail)).message_id
        await store.write(lambda tx: here.outgoing.arrived(tx, WORKSPACE, "qamar", [message_id]), name="arrived")
        assert (await here.mail(mail)).state == "unknown"
        await store.write(lambda tx: here.outgoing.arrived(tx, WORKSPACE, "sonne", ["x@y", message_id]), name="arrived")
        assert (await here.mail(mail)).state == "sent"


@pytest.mark.services
async def test_in_postgresql_a_mail_fares_no_differently(postgres_url: str) -> None:
    store = await Store.open(postgres_url)
    manners = {"a@k.example": "ok", "b@k.example": "451", "c@k.example": "550"}
    try:
        async with sink(lambda address: manners.get(address, "drop")) as server:
            here = office(store, floor(port=server.port))
            conversation = await here.open()
            mail, doubtful = await here.write(conversation, *manners), await here.write(conversation, "d@k.example")
            with pytest.raises(Killed):
                await here.sender_that(_dies_at("leased")).run_lane(WORKSPACE, mail)
            _passes(here, minutes=20)
            await here.sender.look_after(WORKSPACE)
            await here.sender.run_lane(WORKSPACE, mail)
            assert [one.state for one in (await here.recipients(mail)).values()] == ["sent", "deferred", "failed"]
            assert (await here.mail(doubtful)).state == "unknown"
            assert await store.write(
                lambda tx: here.outgoing.decide(tx, WORKSPACE, doubtful, "sent", here.clock.now()), name="decide"
            )
            assert (await here.mail(doubtful)).state == "sent"
            async with store.read() as tx:
                assert [(state, count) for _, state, count, _ in await tx.mail.outgoing_backlog()] == [("deferred", 1)]
            assert server.copies() == {"a@k.example": 1, "d@k.example": 1}
    finally:
        await store.close()


async def test_a_bounce_is_written_down_at_its_recipient(store: Store) -> None:
    async with sink() as server:
        here = office(store, floor(port=server.port))
        mail = await here.write(await here.open(), "a@k.example", "b@k.example")
        await here.sender.run_lane(WORKSPACE, mail)
        row = await here.mail(mail)
        fate = Fate(address="A@k.example", hard=True, failed=True, delayed=False, reason="no_such_user", status="5.1.1")
        await store.write(lambda tx: here.outgoing.bounced(tx, row, fate), name="bounced")
        assert {address: one.state for address, one in (await here.recipients(mail)).items()} == {
            "a@k.example": "bounced",
            "b@k.example": "sent",
        }
        assert (await here.mail(mail)).state == "bounced"


async def test_a_relay_that_is_away_holds_up_its_own_mails_alone(store: Store) -> None:
    async with sink() as server:
        rules = floor(port=server.port)
        sonne = rules.brand("sonne")
        gone = sonne.mailboxes[0].model_copy(update={"relay": sonne.mailboxes[0].relay.model_copy(update={"port": free_port()})})  # type: ignore[union-attr]
        brands = (sonne.model_copy(update={"mailboxes": (gone,)}), *rules.workspace.brands[1:])
        here = office(store, type(rules)(1, rules.workspace.model_copy(update={"brands": brands})))
        stuck = await here.write(await here.open(), "a@k.example")
        free = await here.write(await here.open("qamar", name="cnv_01jd5x0000000000000000000b"), "b@k.example")
        await here.sender.run_lane(WORKSPACE, stuck)
        await here.sender.run_lane(WORKSPACE, free)
        assert [(await here.mail(mail)).state for mail in (stuck, free)] == ["deferred", "sent"]
        assert "Connect" in ((await here.mail(stuck)).last_answer or "")


async def test_one_kick_empties_the_lane_and_a_forgotten_mail_is_found(store: Store) -> None:
    async with sink() as server:
        here = office(store, floor(port=server.port))
        conversation = await here.open()
        mails = [await here.write(conversation, f"{n}@k.example") for n in range(12)]
        await here.sender.run_lane(WORKSPACE, mails[0])
        assert len(server.taken) == 12
        late = await here.write(conversation, "late@k.example")
        _passes(here, minutes=1)
        async with store.read() as tx:
            before = len(await tx.outbox.due(here.clock.now(), ["mail.send"], 100))
        await here.sender.look_after(WORKSPACE)
        async with store.read() as tx:
            woken = await tx.outbox.due(here.clock.now(), ["mail.send"], 100)
        assert len(woken) == before + 1
        assert {"mail": late} in [dict(row.payload) for row in woken]


async def test_too_many_at_once_wait_their_turn(store: Store) -> None:
    async with sink() as server:
        pace = Pace(brand=Allowance(per_second=2, burst=4))
        here = office(store, floor(port=server.port), pace=pace)
        conversation = await here.open()
        mails = [await here.write(conversation, f"{n}@k{n}.example") for n in range(10)]
        await here.sender.run_lane(WORKSPACE, mails[0])
        assert len(server.taken) == 4
        for _ in range(6):
            _passes(here, seconds=1)
            for mail in mails:
                await here.sender.run_lane(WORKSPACE, mail)
        assert len(server.taken) == 10
        assert set(server.copies().values()) == {1}


async def test_nothing_leaves_that_must_not_and_nothing_is_kept_of_it(store: Store) -> None:
    here = office(store, floor())
    conversation = await here.open()
    for text, code in (("Grüße aus Kanarienvogel-pool-manila", "mail_refused"),):
        with pytest.raises(HubError) as refused:
            await here.write(conversation, "max@kunde.example", text=text)
        assert refused.value.code == code
    with pytest.raises(HubError) as unreachable:
        await here.write(conversation, "hilfe@sonne.example", "hilfe+x@sonne.example")
    assert unreachable.value.code == "mail_address_invalid"
    async with store.read() as tx:
        assert await tx.mail.outgoing_of(SYSTEM, conversation.id) == []
        assert await tx.outbox.due(here.clock.now(), ["mail.send"], 10) == []


async def test_a_relay_that_wants_a_password_gets_it_from_where_the_rules_say(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sink(password="right") as server:
        rules = floor(port=server.port)
        box = rules.brand("qamar").mailboxes[0]
        relay = box.relay.model_copy(update={"user": "qamar", "secret": "env:QAMAR_RELAY"})  # type: ignore[union-attr]
        brands = [
            one.model_copy(update={"mailboxes": (box.model_copy(update={"relay": relay}),)}) if one.id == "qamar" else one
            for one in rules.workspace.brands
        ]
        here = office(store, type(rules)(1, rules.workspace.model_copy(update={"brands": tuple(brands)})))
        mail = await here.write(await here.open("qamar"), "a@k.example")
        for value, state in ((None, "deferred"), ("wrong", "deferred"), ("right", "sent")):
            if value is not None:
                monkeypatch.setenv("QAMAR_RELAY", value)
            _passes(here, minutes=90)
            await here.sender_that().run_lane(WORKSPACE, mail)
            assert (await here.mail(mail)).state == state
        assert set(server.users) == {"qamar"}
        assert "right" not in str(await here.mail(mail))


async def test_a_reply_answers_the_mail_it_answers(store: Store) -> None:
    here = office(store, floor())
    conversation = await here.open()
    first = await here.write(conversation, "max@kunde.example", subject="Ihr Rad")
    second = await here.write(conversation, "max@kunde.example")
    told = parse(await here.raw(second))
    assert told.subject == "Re: Ihr Rad"
    assert (await here.mail(first)).message_id in told.references
    passed_on = parse(await here.raw(await here.write(conversation, "chef@aurora.example", kind="forward", subject="Fwd: Rad")))
    assert passed_on.references == ()
    assert "+" not in passed_on.reply_to[0]
