"""Accounts, sessions, tickets, drafts, devices and versions of the rules."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError

from contact_hub.errors import HubError
from contact_hub.scope import Scope
from contact_hub.store import Store
from contact_hub.store.records import Account, Customer, Device, Session, Ticket
from routing.model import AgentId, BrandId, ClientId
from tests.store.builders import NOW, SYSTEM, WORKSPACE, at, conversation, laid_down, put

ANA = Account(
    workspace=WORKSPACE, id="ana", email="ana@example.com", name="Ana", role="agent", agent=AgentId("ana"), created_at=NOW
)


def session(name: str = "s1", **given: object) -> Session:
    values = {
        "workspace": WORKSPACE,
        "token_hash": name,
        "account": "ana",
        "generation": 1,
        "created_at": NOW,
        "last_seen_at": NOW,
        "expires_at": at(60),
    }
    return Session(**(values | given))  # type: ignore[arg-type]


async def test_address_is_unique_however_it_is_typed(store: Store) -> None:
    await store.write(lambda tx: tx.accounts.insert(ANA), name="insert")
    async with store.read() as tx:
        assert await tx.accounts.by_email("  Ana@Example.COM ") == ANA
    other = Account(workspace="elsewhere", id="x", email="ANA@example.com", name="X", role="operator", created_at=NOW)
    with pytest.raises(IntegrityError):
        await store.write(lambda tx: tx.accounts.insert(other), name="insert")


async def test_session_is_good_until_it_expires_is_revoked_or_its_account_moves_on(store: Store) -> None:
    await store.write(lambda tx: tx.accounts.insert(ANA), name="insert")
    for name in ("s1", "s2"):
        await store.write(lambda tx, name=name: tx.sessions.insert(session(name)), name="insert")  # type: ignore[misc]

    async def good(name: str, seconds: float = 0) -> bool:
        async with store.read() as tx:
            found = await tx.sessions.live(name, at(seconds))
            together = await tx.sessions.live_many([name, "s1", "s2", "unknown"], at(seconds))
            assert together.get(name) == found
            return found is not None

    assert await good("s1")
    assert not await good("s1", 60)
    await store.write(lambda tx: tx.sessions.touch("s1", at(50), at(120)), name="touch")
    assert await good("s1", 60)
    assert await store.write(lambda tx: tx.sessions.revoke("s1", NOW), name="revoke") == "ana"
    assert not await good("s1")
    assert await good("s2")
    await store.write(lambda tx: tx.accounts.update(WORKSPACE, "ana", generation=2), name="move_on")
    assert not await good("s2")


async def test_ticket_opens_once_for_its_kind_and_in_its_time(store: Store) -> None:
    ticket = Ticket(workspace=WORKSPACE, ticket_hash="t1", kind="console", subject={"account": "ana"}, expires_at=at(30))
    await store.write(lambda tx: tx.tickets.insert(ticket), name="insert")
    assert await store.write(lambda tx: tx.tickets.use("t1", "widget", NOW), name="use") is None
    assert await store.write(lambda tx: tx.tickets.use("t1", "console", at(30)), name="use") is None
    used = await asyncio.gather(*(store.write(lambda tx: tx.tickets.use("t1", "console", NOW), name="use") for _ in range(5)))
    assert [one.subject for one in used if one is not None] == [{"account": "ana"}]
    assert await store.write(lambda tx: tx.tickets.sweep(at(31)), name="sweep") == 1


async def test_drafts_are_ones_own_and_forgotten_when_empty(store: Store) -> None:
    ana, operator = Scope.agent(WORKSPACE, "ana", "ana"), Scope.operator(WORKSPACE, "op")
    await store.write(lambda tx: tx.drafts.save(ana, "c1", "reply", "Dear"), name="save")
    await store.write(lambda tx: tx.drafts.save(ana, "c1", "reply", "Dear customer"), name="save")
    await store.write(lambda tx: tx.drafts.save(ana, "c1", "note", "hm"), name="save")
    async with store.read() as tx:
        assert await tx.drafts.all(ana) == {("c1", "reply"): "Dear customer", ("c1", "note"): "hm"}
        assert await tx.drafts.all(operator) == {}
    await store.write(lambda tx: tx.drafts.save(ana, "c1", "note", ""), name="save")
    async with store.read() as tx:
        assert list(await tx.drafts.all(ana)) == [("c1", "reply")]


async def test_device_is_found_by_its_token_at_its_brand_only(store: Store) -> None:
    device = Device(workspace=WORKSPACE, brand=BrandId("shop"), id="d1", token_hash="h1", created_at=NOW, last_seen_at=NOW)
    await store.write(lambda tx: tx.devices.insert(device), name="insert")
    await store.write(lambda tx: tx.devices.update(WORKSPACE, "shop", "d1", customer="cu1", last_seen_at=at(1)), name="update")
    async with store.read() as tx:
        found = await tx.devices.by_token(WORKSPACE, "shop", "h1")
        assert found is not None
        assert (found.customer, found.last_seen_at) == ("cu1", at(1))
        assert await tx.devices.by_token(WORKSPACE, "other", "h1") is None
        assert await tx.devices.by_token("elsewhere", "shop", "h1") is None


async def test_browsers_that_are_there_are_noted_and_no_others(store: Store) -> None:
    places = [(WORKSPACE, "shop", "d1"), (WORKSPACE, "shop", "d2"), (WORKSPACE, "other", "d3"), ("elsewhere", "shop", "d1")]
    for number, (workspace, brand, id_) in enumerate(places):
        device = Device(
            workspace=workspace, brand=BrandId(brand), id=id_, token_hash=f"h{number}", created_at=NOW, last_seen_at=NOW
        )
        await store.write(lambda tx, device=device: tx.devices.insert(device), name="insert")  # type: ignore[misc]
    there = [Scope.visitor(WORKSPACE, "shop", "d1"), Scope.visitor(WORKSPACE, "other", "d3")]
    await store.write(lambda tx: tx.devices.seen(there, at(9)), name="seen")
    async with store.read() as tx:
        seen_at = {}
        for number, (workspace, brand, id_) in enumerate(places):
            found = await tx.devices.by_token(workspace, brand, f"h{number}")
            assert found is not None
            seen_at[workspace, id_] = found.last_seen_at
    assert seen_at == {(WORKSPACE, "d1"): at(9), (WORKSPACE, "d2"): NOW, (WORKSPACE, "d3"): at(9), ("elsewhere", "d1"): NOW}


async def test_the_latest_of_many_browsers_is_the_latest_of_each(store: Store) -> None:
    shop = BrandId("shop")
    for number, id_ in enumerate(("d1", "d2", "d3")):
        device = Device(
            workspace=WORKSPACE, brand=BrandId("shop"), id=id_, token_hash=f"h{number}", created_at=NOW, last_seen_at=NOW
        )
        await store.write(lambda tx, device=device: tx.devices.insert(device), name="insert")  # type: ignore[misc]
    await put(
        store,
        conversation("c1", brand=shop, device="d1", opened_at=at(1)),
        conversation("c2", brand=shop, device="d1", opened_at=at(3)),
        conversation("c3", brand=shop, device="d1", opened_at=at(2)),
        conversation("c4", brand=shop, device="d2", opened_at=at(9)),
        conversation("c5", brand=BrandId("other"), device="d3", opened_at=at(5)),
        conversation("c6", brand=shop, device="d3", opened_at=at(5), workspace="elsewhere"),
    )
    scopes = [Scope.visitor(WORKSPACE, "shop", device) for device in ("d1", "d2", "d3", "unknown")]
    async with store.read() as tx:
        found = await tx.devices.latest_conversations(scopes)
        each = {scope: latest.id for scope in scopes if (latest := await tx.conversations.latest_of_device(scope)) is not None}
    assert found == each == {scopes[0]: "c2", scopes[1]: "c4"}


async def test_customer_is_there_for_its_own_client_only(store: Store) -> None:
    customer = Customer(workspace=WORKSPACE, id="cu1", client=ClientId("acme"), brand=BrandId("shop"), name="Mia", created_at=NOW)
    await store.write(lambda tx: tx.customers.insert(customer), name="insert")
    async with store.read() as tx:
        assert await tx.customers.get(SYSTEM, "cu1") == customer
        assert await tx.customers.get(Scope.client(WORKSPACE, "s1", "acme"), "cu1") == customer
        with pytest.raises(HubError, match="not_found"):
            await tx.customers.get(Scope.client(WORKSPACE, "s2", "rival"), "cu1")


async def test_of_two_who_apply_the_next_rules_one_is_told_to_look_again(store: Store) -> None:
    await laid_down(store)
    applied = await asyncio.gather(
        *(
            store.write(lambda tx, by=by: tx.versions.apply(WORKSPACE, {"by": by}, expected=0, at=NOW, by=by), name="apply")  # type: ignore[misc]
            for by in ("one", "two")
        )
    )
    assert sorted(applied, key=str) == [1, None]
    assert await store.write(lambda tx: tx.versions.apply(WORKSPACE, {"n": 2}, expected=1, at=at(1), by="one"), name="apply") == 2
    async with store.read() as tx:
        latest = await tx.versions.latest(SYSTEM)
        assert latest is not None
        assert (latest.version, latest.document) == (2, {"n": 2})
        assert [one.version for one in await tx.versions.list(SYSTEM)] == [2, 1]
        with pytest.raises(HubError, match="not_found"):
            await tx.versions.latest(Scope.agent(WORKSPACE, "ana", "ana"))  # type: ignore[arg-type]
