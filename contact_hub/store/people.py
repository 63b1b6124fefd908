"""Staff: accounts, sessions, one-time tickets, failed sign-ins, drafts.

Secrets come in and are looked up as hashes only. Nothing here decides who may sign in; `contact_hub.staff` does.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, Literal, TypedDict, Unpack

from sqlalchemy import and_, bindparam, case, delete, insert, select, update

from contact_hub.errors import HubError
from contact_hub.scope import AgentScope, ClientScope, OperatorScope, Scope, SystemScope, VendorScope
from contact_hub.store.records import Account, DraftMode, Role, Ticket
from contact_hub.store.records import Session as SessionRecord
from contact_hub.store.session import Session
from contact_hub.store.shape import Shape
from contact_hub.store.tables import accounts, drafts, sessions, sign_in_attempts, tickets
from contact_hub.store.types import Instant, Names, among
from routing.model import AgentId, ClientId, VendorId

_A: Final = accounts.c
_S: Final = sessions.c
_T: Final = tickets.c
_F: Final = sign_in_attempts.c
_D: Final = drafts.c
_ACCOUNT: Final = Shape(Account, accounts)
_SESSION: Final = Shape(SessionRecord, sessions)
_TICKET: Final = Shape(Ticket, tickets)

_NOW: Final = bindparam("now", type_=Instant)
_GOOD: Final = (
    select(*_SESSION.columns, *_ACCOUNT.columns)
    .join(accounts, and_(_A.workspace == _S.workspace, _A.id == _S.account))
    .where(
        _S.expires_at > _NOW,
        _S.revoked_at.is_(None),
        _A.disabled_at.is_(None),
        _A.generation == _S.generation,
    )
)
_LIVE_SESSION: Final = _GOOD.where(_S.token_hash == bindparam("hash"))
_LIVE_SESSIONS: Final = _GOOD.where(among(_S.token_hash, bindparam("hashes", type_=Names)))
_ADD_TICKET: Final = insert(tickets)
_USE_TICKETS: Final = (
    update(tickets)
    .where(
        among(_T.ticket_hash, bindparam("hashes", type_=Names)),
        _T.kind == bindparam("of_kind"),
        _T.used_at.is_(None),
        _T.expires_at > _NOW,
    )
    .values(used_at=_NOW)
    .returning(*_TICKET.columns)
)


class AccountChanges(TypedDict, total=False):
    email: str
    name: str
    role: Role
    agent: AgentId | None
    vendor: VendorId | None
    client: ClientId | None
    password_hash: str | None
    generation: int
    disabled_at: datetime | None


class Accounts:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, scope: Scope, account: str) -> Account:
        """Everybody finds the own account, an operator every one."""
        found = await self._session.execute(select(*_ACCOUNT.columns).where(_accounts(scope), _A.id == account))
        if not found.rows:
            raise HubError("not_found")
        return _ACCOUNT.read(found.rows[0])

    async def all(self, scope: SystemScope | OperatorScope) -> list[Account]:
        found = await self._session.execute(select(*_ACCOUNT.columns).where(_accounts(scope)).order_by(_A.id))
        return [_ACCOUNT.read(row) for row in found.rows]

    async def by_email(self, email: str) -> Account | None:
        """For signing in only: nobody is anybody yet."""
        found = await self._session.execute(select(*_ACCOUNT.columns).where(_A.email == normalised(email)))
        return _ACCOUNT.read(found.rows[0]) if found.rows else None

    async def insert(self, account: Account) -> None:
        await self._session.execute(insert(accounts), _ACCOUNT.write(account) | {"email": normalised(account.email)})

    async def update(self, workspace: str, account: str, **changes: Unpack[AccountChanges]) -> None:
        if "email" in changes:
            changes["email"] = normalised(changes["email"])
        done = await self._session.execute(update(accounts).where(_A.workspace == workspace, _A.id == account).values(**changes))
        if done.count == 0:
            raise HubError("not_found")


class Sessions:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def insert(self, session: SessionRecord) -> None:
        await self._session.execute(insert(sessions), _SESSION.write(session))

    async def live(self, token_hash: str, now: datetime) -> tuple[SessionRecord, Account] | None:
        """The session and its account, where both are good: not expired, not revoked, not disabled, of the account's present generation."""
        found = await self._session.execute(_LIVE_SESSION, {"hash": token_hash, "now": now})
        if not found.rows:
            return None
        row, width = found.rows[0], len(_SESSION.columns)
        return _SESSION.read(tuple(row)[:width]), _ACCOUNT.read(tuple(row)[width:])

    async def live_many(self, token_hashes: Collection[str], now: datetime) -> dict[str, tuple[SessionRecord, Account]]:
        """`live` of many, by their hashes: those that are good."""
        found = await self._session.execute(_LIVE_SESSIONS, {"hashes": list(token_hashes), "now": now})
        width = len(_SESSION.columns)
        good = ((_SESSION.read(tuple(row)[:width]), _ACCOUNT.read(tuple(row)[width:])) for row in found.rows)
        return {session.token_hash: (session, account) for session, account in good}

    async def touch(self, token_hash: str, now: datetime, expires_at: datetime) -> None:
        """Somebody is there."""
        await self._session.execute(
            update(sessions)
            .where(_S.token_hash == token_hash, _S.revoked_at.is_(None))
            .values(last_seen_at=now, expires_at=expires_at)
        )

    async def revoke(self, token_hash: str, now: datetime) -> str | None:
        """Ends one session; the account's id, where there was something to end."""
        done = await self._session.execute(
            update(sessions)
            .where(_S.token_hash == token_hash, _S.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(_S.account)
        )
        return str(done.scalar()) if done.rows else None

    async def revoke_all(self, workspace: str, account: str, now: datetime) -> int:
        """Ends every session of an account; how many there were."""
        done = await self._session.execute(
            update(sessions).where(_S.workspace == workspace, _S.account == account, _S.revoked_at.is_(None)).values(revoked_at=now)
        )
        return done.count

    async def sweep(self, before: datetime) -> int:
        """Forget sessions that expired before then."""
        return (await self._session.execute(delete(sessions).where(_S.expires_at < before))).count


class Tickets:
    """Each opens one socket, once."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def insert(self, ticket: Ticket) -> None:
        await self._session.execute(_ADD_TICKET, _TICKET.write(ticket))

    async def use(self, ticket_hash: str, kind: Literal["console", "widget"], now: datetime) -> Ticket | None:
        """Compare and set: of any number of attempts one gets the ticket, and none after its time."""
        return (await self.use_many([ticket_hash], kind, now)).get(ticket_hash)

    async def use_many(self, hashes: Collection[str], kind: Literal["console", "widget"], now: datetime) -> dict[str, Ticket]:
        """`use` of many with one statement; those that were there to be used."""
        used = await self._session.execute(_USE_TICKETS, {"hashes": sorted(hashes), "of_kind": kind, "now": now})
        return {row.ticket_hash: _TICKET.read(row) for row in used.rows}

    async def sweep(self, before: datetime) -> int:
        """Forget tickets that expired before then."""
        return (await self._session.execute(delete(tickets).where(_T.expires_at < before))).count


class SignInAttempts:
    """Failures by key (a hash of the name tried, or of the address), counted from the first one of a window."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def failures(self, keys: Collection[str], window_began: datetime) -> dict[str, int]:
        found = await self._session.execute(select(_F.key, _F.failures).where(_F.key.in_(list(keys)), _F.since > window_began))
        return {row.key: row.failures for row in found.rows}

    async def failed(self, key: str, now: datetime, window_began: datetime) -> None:
        row = self._session.insert(sign_in_attempts).values(key=key, failures=1, since=now)
        over = _F.since <= window_began
        await self._session.execute(
            row.on_conflict_do_update(
                index_elements=[_F.key],
                set_={"failures": case((over, 1), else_=_F.failures + 1), "since": case((over, now), else_=_F.since)},
            )
        )

    async def forget(self, key: str) -> None:
        await self._session.execute(delete(sign_in_attempts).where(_F.key == key))

    async def sweep(self, before: datetime) -> int:
        return (await self._session.execute(delete(sign_in_attempts).where(_F.since < before))).count


class Drafts:
    """What somebody has begun to write; nobody else's business, not even an operator's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def save(self, scope: Scope, conversation: str, mode: DraftMode, text: str) -> None:
        """Empty text forgets."""
        account = _whose(scope)
        if not text:
            await self._session.execute(
                delete(drafts).where(
                    _D.workspace == scope.workspace, _D.account == account, _D.conversation == conversation, _D.mode == mode
                )
            )
            return
        row = self._session.insert(drafts).values(
            workspace=scope.workspace, account=account, conversation=conversation, mode=mode, text=text
        )
        await self._session.execute(
            row.on_conflict_do_update(index_elements=[_D.workspace, _D.account, _D.conversation, _D.mode], set_={"text": text})
        )

    async def all(self, scope: Scope) -> dict[tuple[str, str], str]:
        """Own drafts by conversation and mode."""
        found = await self._session.execute(
            select(_D.conversation, _D.mode, _D.text).where(_D.workspace == scope.workspace, _D.account == _whose(scope))
        )
        return {(row.conversation, row.mode): row.text for row in found.rows}

    async def of_many(self, workspace: str, accounts: Collection[str]) -> dict[tuple[str, str, str], str]:
        """The drafts of these accounts, by account, conversation and mode."""
        found = await self._session.execute(_DRAFTS_OF, {"workspace": workspace, "accounts": list(accounts)})
        return {(row.account, row.conversation, row.mode): row.text for row in found.rows}

    async def forget(self, workspace: str, conversation: str) -> None:
        """Everybody's drafts of a conversation that is over."""
        await self._session.execute(delete(drafts).where(_D.workspace == workspace, _D.conversation == conversation))


_DRAFTS_OF: Final = select(_D.account, _D.conversation, _D.mode, _D.text).where(
    _D.workspace == bindparam("workspace"), among(_D.account, bindparam("accounts", type_=Names))
)


def normalised(email: str) -> str:
    """One spelling per address, so that it is unique however it is typed."""
    return email.strip().casefold()


def _accounts(scope: Scope) -> Any:
    match scope:
        case SystemScope() | OperatorScope():
            return _A.workspace == scope.workspace
        case AgentScope(account=account) | ClientScope(account=account) | VendorScope(account=account):
            return and_(_A.workspace == scope.workspace, _A.id == account)
        case _:
            raise HubError("not_found")


def _whose(scope: Scope) -> str:
    match scope:
        case (
            AgentScope(account=account)
            | OperatorScope(account=account)
            | VendorScope(account=account)
            | ClientScope(account=account)
        ):
            return account
        case _:
            raise HubError("not_found")
