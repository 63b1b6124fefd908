"""Signing in and out, and everything that must end a session.

A session is an opaque token of 256 bits in a cookie; we keep its hash. It ends by sign-out, by idling, at its last hour, and at once when
the account gets another password, another role or is disabled: those raise the account's generation, no session of an older one is ever good
again, and `on_revoked` hears whose sockets to close. Every failed sign-in looks like every other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from contact_hub.clock import Clock
from contact_hub.errors import HubError
from contact_hub.ids import new_token, token_hash
from contact_hub.scope import OperatorScope, Scope, SystemScope
from contact_hub.staff.passwords import Passwords
from contact_hub.staff.policy import Principal
from contact_hub.store import Store, Tx
from contact_hub.store.people import normalised
from contact_hub.store.records import Account, Role, Session
from routing.model import AgentId, ClientId, PoolId, VendorId

IDLE: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=7)
TOUCH_EVERY: Final = timedelta(minutes=5)
WINDOW: Final = timedelta(minutes=15)
FAILURES_PER_ACCOUNT_MAX: Final = 10
FAILURES_PER_ADDRESS_MAX: Final = 50
EMAIL_CHARS_MAX: Final = 320

OnRevoked = Callable[[str, frozenset[str]], None]
"""Called after the commit with the workspace and the accounts whose sockets must be closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """`token` goes into the cookie and nowhere else."""

    token: str = field(repr=False)
    principal: Principal
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody the workspace names. `password_hash` is for a new account; an existing one keeps its own."""

    id: str
    email: str
    name: str
    role: Role
    agent: AgentId | None = None
    vendor: VendorId | None = None
    client: ClientId | None = None
    password_hash: str | None = field(default=None, repr=False)


class StaffService:
    """Everything about accounts that somebody asks for. `pools_of` names the pools of a vendor under the present rules of a workspace."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        passwords: Passwords,
        pools_of: Callable[[str, str], Iterable[str]],
        on_revoked: OnRevoked = lambda _workspace, _accounts: None,
    ) -> None:
        self._store, self._clock, self._passwords = store, clock, passwords
        self._pools_of, self._on_revoked = pools_of, on_revoked

    async def sign_in(self, *, email: str, password: str, address: str) -> SignedIn:
        """`throttled` after too many failures of this account or from this address, `sign_in_failed` for every other reason."""
        now = self._clock.now()
        by_account, by_address = _key("account", normalised(email)), _key("address", address)
        async with self._store.read() as tx:
            await _not_too_often(tx, by_account, by_address, now)
            account = await tx.accounts.by_email(email) if len(email) <= EMAIL_CHARS_MAX else None
        good = await self._passwords.matches(password, account.password_hash if account else None)
        if account is None or not good or account.disabled_at is not None:
            await self._store.write(lambda tx: _note_failure(tx, by_account, by_address, now), name="sign_in_failed")
            raise HubError("sign_in_failed")
        fresh = await self._passwords.hash(password) if self._passwords.is_outdated(account.password_hash or "") else None
        token, checked = new_token(), account

        async def command(tx: Tx) -> SignedIn:
            await _not_too_often(tx, by_account, by_address, now)
            current = await tx.accounts.get(Scope.system(checked.workspace), checked.id)
            if current.generation != checked.generation or current.disabled_at is not None:
                raise HubError("sign_in_failed")  # it changed while we checked the password
            session = _session(current, token, now)
            await tx.sessions.insert(session)
            await tx.sign_in_attempts.forget(by_account)
            if fresh is not None:
                await tx.accounts.update(current.workspace, current.id, password_hash=fresh)
            tx.audit.append(current.workspace, at=now, who=current.id, action="session.sign_in", subject=current.id)
            return SignedIn(token=token, principal=self._principal(current, session), expires_at=session.expires_at)

        return await self._store.write(command, name="sign_in")

    async def sign_out(self, token: str) -> None:
        """Ends this session and closes its sockets; an unknown token is nobody's business."""
        now = self._clock.now()
        found = await self._found(token)
        if found is None:
            return
        session, _ = found

        async def command(tx: Tx) -> None:
            await tx.sessions.revoke(session.token_hash, now)
            tx.after_commit(lambda: self._on_revoked(session.workspace, frozenset({session.account})))

        await self._store.write(command, name="sign_out")

    async def principal_of(self, token: str) -> Principal | None:
        """Who holds this token now; None for nobody. Sockets ask again at least every minute."""
        found = await self._found(token)
        if found is None:
            return None
        session, account = found
        await keep_alive(self._store, session, self._clock.now())
        return self._principal(account, session)

    async def change_password(self, principal: Principal, *, old: str, new: str) -> None:
        """Ends every session of the account, this one too: sign in again. Whoever found a session may not find out the password by trying:
        wrong ones count as failed sign-ins."""
        now = self._clock.now()
        async with self._store.read() as tx:
            account = await tx.accounts.get(Scope.system(principal.workspace), principal.account)
            by_account = _key("account", account.email)
            await _not_too_often(tx, by_account, None, now)
        if not await self._passwords.matches(old, account.password_hash):
            await self._store.write(lambda tx: _note_failure(tx, by_account, None, now), name="password_failed")
            raise HubError("sign_in_failed")
        await self.set_password(principal.workspace, principal.account, new, by=principal.account)

    async def set_password(self, workspace: str, account: str, password: str, *, by: str) -> None:
        hashed, now = await self._passwords.hash(password), self._clock.now()

        async def command(tx: Tx) -> None:
            await tx.accounts.update(workspace, account, password_hash=hashed)
            tx.audit.append(workspace, at=now, who=by, action="account.password", subject=account)
            await revoke(tx, workspace, {account}, now, self._on_revoked)

        await self._store.write(command, name="set_password")

    async def disable(self, scope: SystemScope | OperatorScope, account: str) -> None:
        """At once: nobody signs in under it, and whoever had is out."""
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            await tx.accounts.get(scope, account)
            await tx.accounts.update(scope.workspace, account, disabled_at=now)
            tx.audit.append(scope.workspace, at=now, who=_who(scope), action="account.disable", subject=account)
            await revoke(tx, scope.workspace, {account}, now, self._on_revoked)

        await self._store.write(command, name="disable_account")

    async def _found(self, token: str) -> tuple[Session, Account] | None:
        async with self._store.read() as tx:
            return await tx.sessions.live(token_hash(token), self._clock.now())

    def _principal(self, account: Account, session: Session) -> Principal:
        pools = self._pools_of(account.workspace, account.vendor) if account.vendor is not None else ()
        return Principal(
            workspace=account.workspace,
            account=account.id,
            name=account.name,
            role=account.role,
            agent=account.agent,
            vendor=account.vendor,
            client=account.client,
            pools=frozenset(PoolId(pool) for pool in pools),
            generation=account.generation,
            session=session.token_hash,
        )


async def sync_accounts(
    tx: Tx, workspace: str, people: Iterable[Person], *, at: datetime, on_revoked: OnRevoked = lambda _workspace, _accounts: None
) -> frozenset[str]:
    """Make the accounts of a workspace those of its people, within the transaction that applies the workspace.

    New people get an account, changed ones are changed, those no longer named are disabled. Another role, agent, vendor or client ends all sessions.
    Returns the accounts that were revoked.
    """
    named = {person.id: person for person in people}
    known = {account.id: account for account in await tx.accounts.all(Scope.system(workspace))}
    moving = [one for one in named.values() if one.id in known and known[one.id].email != normalised(one.email)]
    for person in moving:  # two people may have swapped their addresses: first let go of the old ones
        await tx.accounts.update(workspace, person.id, email=f"moving:{workspace}:{person.id}")
    for person in named.values():
        if (taken := await tx.accounts.by_email(person.email)) is not None and (taken.workspace, taken.id) != (
            workspace,
            person.id,
        ):
            raise HubError("workspace_refused", f"{person.email} already has an account here.", field="email")
        if person.id not in known:
            await tx.accounts.insert(_account(workspace, person, at))
        elif _differs(known[person.id], person):
            await tx.accounts.update(
                workspace,
                person.id,
                email=person.email,
                name=person.name,
                role=person.role,
                agent=person.agent,
                vendor=person.vendor,
                client=person.client,
                disabled_at=None,
            )
    gone = {account.id for account in known.values() if account.id not in named and account.disabled_at is None}
    for account in gone:
        await tx.accounts.update(workspace, account, disabled_at=at)
    changed = gone | {one.id for one in named.values() if one.id in known and _place(known[one.id]) != _place(one)}
    await revoke(tx, workspace, changed, at, on_revoked)
    return frozenset(changed)


async def revoke(tx: Tx, workspace: str, accounts: Iterable[str], at: datetime, on_revoked: OnRevoked) -> None:
    """End every session of these accounts; their sockets are closed once it is committed."""
    revoked = frozenset(accounts)
    if not revoked:
        return
    for account in sorted(revoked):
        current = await tx.accounts.get(Scope.system(workspace), account)
        await tx.accounts.update(workspace, account, generation=current.generation + 1)
        await tx.sessions.revoke_all(workspace, account, at)
    tx.after_commit(lambda: on_revoked(workspace, revoked))


async def keep_alive(store: Store, session: Session, now: datetime) -> None:
    """Somebody uses this session."""
    if now - session.last_seen_at >= TOUCH_EVERY:
        until = min(now + IDLE, session.created_at + LONGEST)
        await store.write(lambda tx: tx.sessions.touch(session.token_hash, now, until), name="touch_session")


async def _not_too_often(tx: Tx, by_account: str, by_address: str | None, now: datetime) -> None:
    """Asked before a password is checked and, since many may be checked at the same moment, again before anybody is told how it went."""
    failures = await tx.sign_in_attempts.failures({by_account, by_address or by_account}, now - WINDOW)
    if failures.get(by_account, 0) >= FAILURES_PER_ACCOUNT_MAX or failures.get(by_address or "", 0) >= FAILURES_PER_ADDRESS_MAX:
        raise HubError("throttled", retry_after_seconds=WINDOW.total_seconds())


async def _note_failure(tx: Tx, by_account: str, by_address: str | None, now: datetime) -> None:
    await _not_too_often(tx, by_account, by_address, now)
    for key in filter(None, (by_account, by_address)):
        await tx.sign_in_attempts.failed(key, now, now - WINDOW)


def _session(account: Account, token: str, now: datetime) -> Session:
    return Session(
        workspace=account.workspace,
        token_hash=token_hash(token),
        account=account.id,
        generation=account.generation,
        created_at=now,
        last_seen_at=now,
        expires_at=now + IDLE,
    )


def _account(workspace: str, person: Person, at: datetime) -> Account:
    return Account(
        workspace=workspace,
        id=person.id,
        email=person.email,
        name=person.name,
        role=person.role,
        agent=person.agent,
        vendor=person.vendor,
        client=person.client,
        password_hash=person.password_hash,
        created_at=at,
    )


def _place(one: Account | Person) -> tuple[str, str | None, str | None, str | None]:
    return (one.role, one.agent, one.vendor, one.client)


def _differs(account: Account, person: Person) -> bool:
    return (
        _place(account) != _place(person)
        or (account.name, account.email) != (person.name, normalised(person.email))
        or account.disabled_at is not None
    )


def _who(scope: SystemScope | OperatorScope) -> str:
    return scope.account if isinstance(scope, OperatorScope) else "system"


def _key(what: str, value: str) -> str:
    """Attempts are kept under a hash: a table of failures should not be a list of addresses."""
    return hashlib.sha256(f"{what}:{value}".encode("utf-8", "surrogatepass")).hexdigest()
