"""Rivals share a floor without seeing each other: every read of every repository, under every scope, scanned for what belongs to somebody else.

Every stored field carries its owner's name in a canary. A repository method that takes a scope and is not asked below fails the first test, so a new one cannot
slip by.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from contact_hub.errors import HubError
from contact_hub.scope import Scope
from contact_hub.store import Store, Tx
from contact_hub.store.records import (
    Account,
    AttachmentRecord,
    ConversationFilter,
    Customer,
    NewJournalLine,
    NewPublicEntry,
    NewStaffEntry,
    Outgoing,
    RawMail,
)
from routing.model import AgentId, Availability, BrandId, ClientId, ContractId, InquiryId, PoolId, VendorId
from tests.store.builders import NOW, SYSTEM, WORKSPACE, at, conversation, inquiry, laid_down, offer, put

Ask = Callable[[Tx, Any], Awaitable[object]]
SIDES = ("red", "blue")
OTHER = "elsewhere"


def canary(side: str, field: str) -> str:
    return f"canary-{side}-{field}"


IDS = [f"c-{side}" for side in (*SIDES, "shared", "abroad")]
INQUIRIES = [f"i-{side}" for side in (*SIDES, "shared", "abroad")]

READS: dict[str, list[Ask]] = {
    "conversations.get": [lambda tx, s, c=c: tx.conversations.get(s, c) for c in IDS],
    "conversations.find": [lambda tx, s, c=c: tx.conversations.find(s, c) for c in IDS],
    "conversations.latest_of_device": [lambda tx, s: tx.conversations.latest_of_device(s)],
    "conversations.sent_before": [
        lambda tx, s, c=c, side=side: tx.conversations.sent_before(s, c, f"d-{side}", f"m-{side}-0001")
        for c in IDS
        for side in SIDES
    ],
    "conversations.sent_somewhere": [
        lambda tx, s, side=side: tx.conversations.sent_somewhere(s, f"d-{side}", f"m-{side}-0001") for side in SIDES
    ],
    "conversations.silent": [lambda tx, s: tx.conversations.silent(s, "brand", at(10_000))],
    "conversations.public_after": [lambda tx, s, c=c: tx.conversations.public_after(s, c, 0) for c in IDS],
    "conversations.staff_after": [lambda tx, s, c=c: tx.conversations.staff_after(s, c, 0) for c in IDS],
    "conversations.public_after_many": [lambda tx, s: tx.conversations.public_after_many(s, dict.fromkeys(IDS, 0))],
    "conversations.staff_after_many": [lambda tx, s: tx.conversations.staff_after_many(s, dict.fromkeys(IDS, 0))],
    "conversations.heads": [lambda tx, s: tx.conversations.heads(s, IDS)],
    "conversations.get_many": [lambda tx, s: tx.conversations.get_many(s, IDS)],
    "conversations.search": [lambda tx, s: tx.conversations.search(s, ConversationFilter())],
    "conversations.count": [lambda tx, s: tx.conversations.count(s, ConversationFilter())],
    "conversations.history_for": [lambda tx, s, c=c: tx.conversations.history_for(s, c) for c in IDS],
    "inquiries.get": [lambda tx, s, i=i: tx.inquiries.get(s, i) for i in INQUIRIES],
    "inquiries.get_many": [lambda tx, s: tx.inquiries.get_many(s, INQUIRIES)],
    "inquiries.of_conversation": [lambda tx, s, c=c: tx.inquiries.of_conversation(s, c) for c in IDS],
    "inquiries.unfinished": [lambda tx, s: tx.inquiries.unfinished(s)],
    "inquiries.waiting_by_brand": [lambda tx, s: tx.inquiries.waiting_by_brand(s)],
    "offers.get": [lambda tx, s, o=o: tx.offers.get(s, o) for o in ("o-red", "o-blue", "o-shared-red", "o-shared-blue")],
    "offers.of_inquiry": [lambda tx, s, i=i: tx.offers.of_inquiry(s, i) for i in INQUIRIES],
    "offers.ringing": [lambda tx, s, side=side: tx.offers.ringing(s, canary(side, "agent")) for side in SIDES],
    "offers.assigned": [lambda tx, s, side=side: tx.offers.assigned(s, canary(side, "agent")) for side in SIDES],
    "offers.live": [lambda tx, s: tx.offers.live(s)],
    "seats.get": [lambda tx, s, side=side: tx.seats.get(s, canary(side, "agent")) for side in SIDES],
    "seats.all": [lambda tx, s: tx.seats.all(s)],
    "presences.get": [lambda tx, s, side=side: tx.presences.get(s, canary(side, "agent")) for side in SIDES],
    "presences.all": [lambda tx, s: tx.presences.all(s)],
    "journal.read": [
        lambda tx, s: tx.journal.read(s),
        *(lambda tx, s, i=i: tx.journal.read(s, inquiry=i) for i in INQUIRIES),
        *(lambda tx, s, c=c: tx.journal.read(s, conversation=c) for c in IDS),
    ],
    "audit.read": [lambda tx, s: tx.audit.read(s)],
    "accounts.get": [lambda tx, s, side=side: tx.accounts.get(s, f"a-{side}") for side in SIDES],
    "accounts.all": [lambda tx, s: tx.accounts.all(s)],
    "customers.get": [lambda tx, s, side=side: tx.customers.get(s, f"cu-{side}") for side in SIDES],
    "customers.get_many": [lambda tx, s: tx.customers.get_many(s, [f"cu-{side}" for side in SIDES])],
    "devices.customer_of": [lambda tx, s: tx.devices.customer_of(s)],
    "drafts.all": [lambda tx, s: tx.drafts.all(s)],
    "outbox.get": [lambda tx, s: tx.outbox.get(s, "job-abroad")],
    "outbox.troubled": [lambda tx, s: tx.outbox.troubled(s, NOW, 100)],
    "mail.raw_mails": [lambda tx, s: tx.mail.raw_mails(s)],
    "mail.raw_of": [lambda tx, s, c=c: tx.mail.raw_of(s, c) for c in IDS],
    "mail.html_of": [lambda tx, s, side=side: tx.mail.html_of(s, f"mal-{side}") for side in SIDES],
    "mail.attachments_of": [lambda tx, s, c=c: tx.mail.attachments_of(s, c) for c in IDS],
    "mail.attachment": [lambda tx, s, side=side: tx.mail.attachment(s, f"att-{side}") for side in SIDES],
    "mail.outgoing_of": [lambda tx, s, c=c: tx.mail.outgoing_of(s, c) for c in IDS],
    "mail.outgoing_mails": [lambda tx, s: tx.mail.outgoing_mails(s)],
    "versions.latest": [lambda tx, s: tx.versions.latest(s)],
    "versions.get": [lambda tx, s: tx.versions.get(s, 1)],
    "versions.list": [lambda tx, s: tx.versions.list(s)],
}
WRITES = {
    "conversations.update",
    "conversations.append_public",
    "conversations.append_staff",
    "inquiries.update",
    "drafts.save",
}
NOT_FOR_EVERYBODY = {
    "conversations.latest_of_device": ("visitor",),
    "conversations.sent_somewhere": ("visitor",),
    "conversations.history_for": ("agent",),
    "devices.customer_of": ("visitor",),
}


def test_every_read_that_takes_a_scope_is_asked_here() -> None:
    taking = set()
    for name, attribute in inspect.getmembers(Tx):
        repository = getattr(getattr(attribute, "fget", None), "__annotations__", {}).get("return")
        if repository in {None, "bool", "Tail"}:
            continue
        kind = getattr(__import__("contact_hub.store.transaction", fromlist=[repository]), repository)
        for method, function in inspect.getmembers(kind, inspect.isfunction):
            if not method.startswith("_") and "scope" in inspect.signature(function).parameters:
                taking.add(f"{name}.{method}")
    assert taking == set(READS) | WRITES


async def rival_floor(store: Store) -> None:
    """Two clients, two vendors, two agents: one conversation each, and one of the red client that both vendors handled."""
    await laid_down(store, WORKSPACE, OTHER)
    for side in SIDES:
        await put(
            store,
            conversation(
                f"c-{side}",
                client=ClientId(canary(side, "client")),
                brand=BrandId("brand"),
                device=f"d-{side}",
                customer=f"cu-{side}",
                agent=AgentId(canary(side, "agent")),
                pool=PoolId(canary(side, "pool")),
                persona={"name": canary(side, "persona")},
                last_words=canary(side, "last_words"),
                csat_comment=canary(side, "csat"),
                csat_score=1,
                language={"tag": canary(side, "language")},
                zone=canary(side, "zone"),
                state="open",
            ),
            inquiry(
                f"i-{side}",
                conversation=f"c-{side}",
                client=ClientId(canary(side, "client")),
                brand=BrandId("brand"),
                demand={"x": canary(side, "demand")},
                agent=AgentId(canary(side, "agent")),
                pool=PoolId(canary(side, "pool")),
                contract=ContractId(canary(side, "contract")),
                state="assigned",
            ),
            _offer(f"o-{side}", side, f"i-{side}", f"c-{side}", state="assigned", assigned_at=NOW),
        )
        await store.write(lambda tx, side=side: _side(tx, side), name="side")  # type: ignore[misc]
    await put(
        store,
        conversation(
            "c-shared",
            client=ClientId(canary("red", "client")),
            brand=BrandId("brand"),
            device="d-red",
            agent=AgentId(canary("blue", "agent")),
            pool=PoolId(canary("blue", "pool")),
        ),
        inquiry(
            "i-shared",
            conversation="c-shared",
            client=ClientId(canary("red", "client")),
            brand=BrandId("brand"),
            agent=AgentId(canary("blue", "agent")),
            pool=PoolId(canary("blue", "pool")),
            contract=ContractId(canary("blue", "contract")),
        ),
        _offer("o-shared-red", "red", "i-shared", "c-shared", state="over", assigned_at=NOW, over_at=at(1)),
        _offer("o-shared-blue", "blue", "i-shared", "c-shared", state="assigned", assigned_at=at(2)),
        conversation(
            "c-abroad",
            workspace=OTHER,
            client=ClientId(canary("red", "client")),
            last_words=canary("abroad", "words"),
            device="d-red",
        ),
    )
    await store.write(_shared, name="shared")


def _offer(name: str, side: str, of: str, within: str, **given: Any) -> Any:
    return offer(
        name,
        inquiry=InquiryId(of),
        conversation=within,
        agent=AgentId(canary(side, "agent")),
        pool=PoolId(canary(side, "pool")),
        contract=ContractId(canary(side, "contract")),
        trace={"why": canary(side, "trace")},
        **given,
    )


async def _mail(tx: Tx, side: str) -> None:
    raw = RawMail(
        workspace=WORKSPACE,
        id=f"mal-{side}",
        mailbox="help",
        brand=BrandId("brand"),
        dedupe_key=canary(side, "key"),
        received_at=NOW,
        size=1,
        due_at=NOW,
        sender=canary(side, "sender"),
        subject=canary(side, "subject"),
        conversation=f"c-{side}",
    )
    await tx.mail.keep_raw(raw, canary(side, "raw").encode())
    await tx.mail.settle_raw(WORKSPACE, f"mal-{side}", state="stored", html=canary(side, "html"))
    file = AttachmentRecord(
        workspace=WORKSPACE,
        id=f"att-{side}",
        conversation=f"c-{side}",
        mail=f"mal-{side}",
        name=canary(side, "file"),
        type="text/plain",
        size=1,
    )
    await tx.mail.attach(file, canary(side, "content").encode())
    written = Outgoing(
        workspace=WORKSPACE,
        id=f"out-{side}",
        brand=BrandId("brand"),
        conversation=f"c-{side}",
        kind="reply",
        message_id=canary(side, "message_id"),
        subject=canary(side, "answer_subject"),
        envelope_from=canary(side, "envelope"),
        due_at=NOW,
        made_at=NOW,
    )
    await tx.mail.put_out(written, b"", [canary(side, "recipient")])


async def _side(tx: Tx, side: str) -> None:
    name = f"c-{side}"
    said = NewPublicEntry(
        at=NOW, speaker="customer", sender=f"d-{side}", body={"text": canary(side, "message")}, client_message_id=f"m-{side}-0001"
    )
    await tx.conversations.append_public(SYSTEM, name, said)
    await _answer(tx, side, name)
    await tx.customers.insert(
        Customer(
            workspace=WORKSPACE,
            id=f"cu-{side}",
            client=ClientId(canary(side, "client")),
            brand=BrandId("brand"),
            name=canary(side, "customer_name"),
            email=canary(side, "customer_email"),
            created_at=NOW,
        )
    )
    await _mail(tx, side)
    await tx.accounts.insert(
        Account(
            workspace=WORKSPACE,
            id=f"a-{side}",
            email=canary(side, "email"),
            name=canary(side, "name"),
            role="agent",
            agent=AgentId(canary(side, "agent")),
            vendor=VendorId(canary(side, "vendor")),
            created_at=NOW,
        )
    )
    await tx.drafts.save(Scope.agent(WORKSPACE, f"a-{side}", canary(side, "agent")), name, "reply", canary(side, "draft"))
    await tx.presences.set_availability(WORKSPACE, canary(side, "agent"), Availability.AWAY, reason=canary(side, "reason"), at=NOW)
    await tx.seats.set_up(WORKSPACE, canary(side, "agent"), 2)
    tx.audit.append(WORKSPACE, at=NOW, who=canary(side, "who"), action="look", subject=name)
    tx.journal.append(
        WORKSPACE,
        NewJournalLine(
            at=NOW,
            epoch=0,
            kind="fact",
            body={"is": "x", "inquiry": f"i-{side}", "t": canary(side, "fact")},
            inquiry=InquiryId(f"i-{side}"),
            conversation=name,
        ),
    )


async def _shared(tx: Tx) -> None:
    await _answer(tx, "red", "c-shared")
    await _answer(tx, "blue", "c-shared")
    step = {
        "is": "step",
        "event": {"is": "wrap_up_done", "inquiry": "i-blue", "disposition": canary("blue", "disposition")},
        "decisions": [
            {"is": "offered", "inquiry": "i-red"},
            {"is": "closed", "inquiry": "i-blue", "because": canary("blue", "because")},
        ],
    }
    both = frozenset({InquiryId("i-red"), InquiryId("i-blue")})
    tx.journal.append(WORKSPACE, NewJournalLine(at=NOW, epoch=1, kind="step", body=step, inquiry=InquiryId("i-blue"), about=both))
    await tx.versions.apply(WORKSPACE, {"x": canary("red", "rules") + canary("blue", "rules")}, expected=0, at=NOW, by="op")


async def _answer(tx: Tx, side: str, name: str) -> None:
    """A reply (whose words the customer may read) and a note by the side's agent."""
    sender, pool = canary(side, "agent"), PoolId(canary(side, "pool"))
    reply = NewPublicEntry(
        at=NOW, speaker="agent", sender=sender, body={"text": "hello"}, client_message_id=canary(side, "reply_id"), pool=pool
    )
    await tx.conversations.append_public(SYSTEM, name, reply)
    await tx.conversations.append_staff(
        SYSTEM, name, NewStaffEntry(at=NOW, kind="note", sender=sender, body={"t": canary(side, "note")}, pool=pool)
    )


SCOPES: dict[str, Callable[[str], Scope]] = {
    "client": lambda side: Scope.client(WORKSPACE, f"s-{side}", canary(side, "client")),
    "vendor": lambda side: Scope.vendor(WORKSPACE, f"v-{side}", canary(side, "vendor"), [canary(side, "pool")]),
    "agent": lambda side: Scope.agent(WORKSPACE, f"a-{side}", canary(side, "agent")),
    "visitor": lambda side: Scope.visitor(WORKSPACE, "brand", f"d-{side}", f"cu-{side}"),
}
STAFF_SIDE = ("agent", "pool", "contract", "note", "trace", "reply_id", "vendor", "who", "draft", "demand")
"""What belongs to whoever answers; the rest belongs to the client and its customer."""


def foreign(kind: str, side: str) -> list[str]:
    """What must not be in anything that this scope reads."""
    rival = "blue" if side == "red" else "red"
    match kind:
        case "client":  # sees who answered for it, whoever that is, but no rival's customers
            theirs = (
                "client",
                "message",
                "last_words",
                "csat",
                "language",
                "zone",
                "customer_name",
                "customer_email",
                "fact",
                "because",
                "disposition",
            )
            return [canary(rival, field) for field in (*theirs, "demand")] + [canary("abroad", "")]
        case "vendor" | "agent" if side == "red":
            return (
                [canary("blue", ""), canary("abroad", "")]
                if kind == "vendor"
                else [canary("blue", "trace"), canary("blue", "message"), canary("abroad", "")]
            )
        case "vendor":  # blue answered for red's client, so it may know that client, but nothing of the red vendor
            return [canary("red", field) for field in (*STAFF_SIDE, "message", "last_words", "customer_name")] + [
                canary("abroad", "")
            ]
        case "agent":
            return [canary("red", field) for field in ("message", "last_words", "customer_name", "draft", "trace")] + [
                canary("abroad", "")
            ]
        case _:  # a visitor: nothing of the other side, and nothing of staff on either
            staff = [canary(one, field) for one in SIDES for field in STAFF_SIDE]
            return [canary(rival, ""), canary("abroad", ""), *staff]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("kind", SCOPES)
async def test_nothing_foreign_is_in_anything_that_is_read(store: Store, kind: str, side: str) -> None:
    await rival_floor(store)
    scope = SCOPES[kind](side)
    answered = 0
    async with store.read() as tx:
        for name, asks in READS.items():
            if kind not in NOT_FOR_EVERYBODY.get(name, (kind,)):
                continue
            for ask in asks:
                found = await _if_any(ask(tx, scope))
                answered += bool(found)
                leaked = [secret for secret in foreign(kind, side) if secret in repr(found)]
                assert not leaked, f"{name} shows {leaked} to {kind} {side}"
    assert answered >= 5, "the test would prove nothing if nobody could read anything"


async def _if_any(answer: Awaitable[object]) -> object:
    """What there is, or None; any refusal but "there is nothing" would tell something."""
    try:
        return await answer
    except HubError as refused:
        if refused.code != "not_found":
            raise
        return None


async def test_absent_and_forbidden_look_alike(store: Store) -> None:
    await rival_floor(store)
    scope = SCOPES["client"]("red")
    async with store.read() as tx:
        answers = []
        for name in ("c-blue", "c-nowhere", "c-abroad"):
            with pytest.raises(HubError) as refused:
                await tx.conversations.get(scope, name)
            answers.append((refused.value.code, refused.value.sentence, refused.value.values))
    assert len({repr(answer) for answer in answers}) == 1


@pytest.mark.parametrize("kind", SCOPES)
async def test_what_cannot_be_seen_cannot_be_written(store: Store, kind: str) -> None:
    await rival_floor(store)
    scope, entry = SCOPES[kind]("red"), NewPublicEntry(at=NOW, speaker="customer", sender="x", body={})
    with pytest.raises(HubError, match="not_found"):
        await store.write(lambda tx: tx.conversations.append_public(scope, "c-blue", entry), name="post")
    with pytest.raises(HubError, match="not_found"):
        await store.write(lambda tx: tx.conversations.update(scope, "c-blue", kind="sales"), name="update")
    with pytest.raises(HubError, match="not_found"):
        await store.write(lambda tx: tx.inquiries.update(scope, "i-blue", kind="sales"), name="update")


def test_a_scope_is_always_somebodys() -> None:
    with pytest.raises(AssertionError):
        Scope(workspace="w")
    with pytest.raises(AssertionError):
        Scope.system("")
