"""Signing in, staying in, and being put out at once."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from contact_hub.clock import ManualClock
from contact_hub.errors import HubError
from contact_hub.scope import Scope
from contact_hub.staff import Passwords, Person, Principal, StaffService, sync_accounts
from contact_hub.staff.accounts import FAILURES_PER_ACCOUNT_MAX, FAILURES_PER_ADDRESS_MAX, WINDOW
from contact_hub.store import Store, tables
from routing.model import AgentId, ClientId, VendorId
from tests.store.builders import NOW, SYSTEM, WORKSPACE, laid_down

PASSWORD = "correct horse"


class Floor:
    """A service with a clock in its hand, and a list of who was put out."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, ManualClock(NOW)
        self.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.revoked: list[frozenset[str]] = []
        self.pools = {"vend": ["lisbon", "porto"]}
        self.service = StaffService(
            store=store,
            clock=self.clock,
            passwords=self.passwords,
            pools_of=lambda _workspace, vendor: self.pools.get(vendor, []),
            on_revoked=self.put_out,
        )

    def put_out(self, _workspace: str, accounts: frozenset[str]) -> None:
        self.revoked.append(accounts)

    async def sync(self, *people: Person) -> frozenset[str]:
        return await self.store.write(
            lambda tx: sync_accounts(tx, WORKSPACE, people, at=self.clock.now(), on_revoked=self.put_out), name="sync"
        )

    async def person(self, who: str, **given: object) -> Person:
        values = {"id": who, "email": f"{who}@example.com", "name": who.title(), "role": "agent", "agent": AgentId(who)}
        return Person(**(values | {"password_hash": await self.passwords.hash(PASSWORD)} | given))  # type: ignore[arg-type]

    async def sign_in(self, email: str = "ana@example.com", password: str = PASSWORD, address: str = "192.0.2.1") -> str:
        return (await self.service.sign_in(email=email, password=password, address=address)).token

    async def code(self, **given: str) -> str:
        with pytest.raises(HubError) as refused:
            await self.sign_in(**given)
        return refused.value.code


@pytest.fixture
async def floor(store: Store) -> Floor:
    await laid_down(store)
    one = Floor(store)
    await one.sync(await one.person("ana"), await one.person("ben"))
    return one


async def test_token_shows_who_holds_it_and_is_nowhere_at_rest(floor: Floor) -> None:
    token = await floor.sign_in("  ANA@example.com")
    principal = await floor.service.principal_of(token)
    assert principal is not None
    assert (principal.account, principal.role, principal.agent) == ("ana", "agent", "ana")
    assert len(token) >= 43
    async with floor.store.read() as tx:
        everything = [repr((await tx.execute(select(table))).rows) for table in tables.metadata.tables.values()]
    assert not any(token in rows or PASSWORD in rows for rows in everything)
    assert token not in repr(principal)


async def test_every_failure_looks_the_same(floor: Floor) -> None:
    await floor.service.disable(SYSTEM, "ben")
    answers = set()
    for email, password in (
        ("ana@example.com", "wrong horse"),
        ("nobody@example.com", PASSWORD),
        ("ben@example.com", PASSWORD),
        ("ana@example.com", "x" * 5000),
        ("x" * 5000, PASSWORD),
    ):
        with pytest.raises(HubError) as refused:
            await floor.sign_in(email, password)
        answers.add((refused.value.code, refused.value.sentence, repr(refused.value.values)))
    assert len(answers) == 1


async def test_account_is_throttled_even_with_the_right_password_until_the_window_is_over(floor: Floor) -> None:
    for number in range(FAILURES_PER_ACCOUNT_MAX):
        assert await floor.code(password="wrong horse", address=f"192.0.2.{number}") == "sign_in_failed"
    assert await floor.code() == "throttled"
    assert await floor.sign_in("ben@example.com")
    floor.clock.advance(WINDOW.total_seconds())
    assert await floor.sign_in()


async def test_address_that_tries_many_accounts_is_throttled(floor: Floor) -> None:
    for number in range(FAILURES_PER_ADDRESS_MAX):
        assert await floor.code(email=f"guess{number}@example.com") == "sign_in_failed"
    assert await floor.code() == "throttled"
    assert await floor.sign_in(address="198.51.100.7")


async def test_success_forgives_the_accounts_failures(floor: Floor) -> None:
    for _ in range(2):
        for _ in range(FAILURES_PER_ACCOUNT_MAX - 1):
            await floor.code(password="wrong horse")
        await floor.sign_in()


async def test_session_lives_while_it_is_used_and_not_for_ever(floor: Floor) -> None:
    token = await floor.sign_in()
    for _ in range(14):
        floor.clock.advance(11 * 3600)
        assert await floor.service.principal_of(token) is not None
    floor.clock.advance(14 * 3600)
    assert await floor.service.principal_of(token) is None, "seven days are the longest"
    idle = await floor.sign_in()
    floor.clock.advance(12 * 3600)
    assert await floor.service.principal_of(idle) is None


async def test_signing_out_ends_the_session_and_closes_its_sockets(floor: Floor) -> None:
    token, other = await floor.sign_in(), await floor.sign_in()
    await floor.service.sign_out(token)
    assert await floor.service.principal_of(token) is None
    assert await floor.service.principal_of(other) is not None
    assert floor.revoked == [frozenset({"ana"})]
    await floor.service.sign_out("no such token")


async def test_new_password_ends_every_session_and_the_old_password(floor: Floor) -> None:
    tokens = [await floor.sign_in() for _ in range(2)]
    principal = await floor.service.principal_of(tokens[0])
    assert principal is not None
    with pytest.raises(HubError, match="sign_in_failed"):
        await floor.service.change_password(principal, old="wrong horse", new="battery staple")
    await floor.service.change_password(principal, old=PASSWORD, new="battery staple")
    assert [await floor.service.principal_of(token) for token in tokens] == [None, None]
    assert floor.revoked == [frozenset({"ana"})]
    assert await floor.code() == "sign_in_failed"
    assert await floor.sign_in(password="battery staple")


async def test_disabled_account_is_out_at_once(floor: Floor) -> None:
    token = await floor.sign_in()
    await floor.service.disable(Scope.operator(WORKSPACE, "op"), "ana")
    assert await floor.service.principal_of(token) is None
    assert floor.revoked == [frozenset({"ana"})]
    async with floor.store.read() as tx:
        assert [(row.who, row.action) for row in await tx.audit.read(SYSTEM)][-1] == ("op", "account.disable")
        assert await tx.audit.verify(WORKSPACE) is None


async def test_applying_a_workspace_puts_out_whom_it_moves_or_drops_and_nobody_else(floor: Floor) -> None:
    ana, ben = await floor.sign_in(), await floor.sign_in("ben@example.com")
    moved = await floor.sync(
        await floor.person("ana", name="Ana Maria"),
        await floor.person("ben", role="vendor_manager", agent=None, vendor=VendorId("vend")),
        await floor.person("cleo", role="client_supervisor", agent=None, client=ClientId("acme")),
    )
    assert moved == {"ben"}
    still = await floor.service.principal_of(ana)
    assert still is not None
    assert still.name == "Ana Maria"
    assert await floor.service.principal_of(ben) is None
    manager = await floor.service.principal_of(await floor.sign_in("ben@example.com"))
    assert manager is not None
    assert manager.pools == {"lisbon", "porto"}
    assert await floor.sync(await floor.person("ben", role="vendor_manager", agent=None, vendor=VendorId("vend"))) == {
        "ana",
        "cleo",
    }
    assert await floor.service.principal_of(ana) is None
    assert await floor.code() == "sign_in_failed"


async def test_applying_again_keeps_passwords_and_sessions(floor: Floor) -> None:
    token = await floor.sign_in()
    other = await floor.passwords.hash("another password")
    assert await floor.sync(await floor.person("ana", password_hash=other), await floor.person("ben")) == frozenset()
    assert await floor.service.principal_of(token) is not None
    assert await floor.sign_in()


async def test_person_who_returns_can_sign_in_again_and_old_sessions_stay_dead(floor: Floor) -> None:
    token = await floor.sign_in()
    await floor.sync(await floor.person("ben"))
    await floor.sync(await floor.person("ana"), await floor.person("ben"))
    assert await floor.service.principal_of(token) is None
    assert await floor.sign_in()


async def test_two_people_may_swap_their_addresses(floor: Floor) -> None:
    await floor.sync(await floor.person("ana", email="ben@example.com"), await floor.person("ben", email="ana@example.com"))
    principal = await floor.service.principal_of(await floor.sign_in())
    assert isinstance(principal, Principal)
    assert principal.account == "ben"


async def test_address_of_another_workspace_is_refused(floor: Floor) -> None:
    await laid_down(floor.store, "elsewhere")
    person = await floor.person("zoe", email="ana@example.com")
    with pytest.raises(HubError, match="workspace_refused"):
        await floor.store.write(lambda tx: sync_accounts(tx, "elsewhere", [person], at=NOW), name="sync")
