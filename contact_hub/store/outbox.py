"""Background work as rows: written with their cause, carried out by whoever holds the row, kept until somebody has done it or a person gave it up.

The row is the truth; whatever announces it may be lost or doubled. Every change of state is a compare-and-set. An attempt has a holder of its own,
never used again, so a worker that slept through its lease changes nothing: not even where the same program began the same work once more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Integer, and_, bindparam, delete, func, or_, select, update

from contact_hub.scope import OperatorScope, SystemScope
from contact_hub.store.records import OutboxBacklog, OutboxItem
from contact_hub.store.session import Session, insert_for
from contact_hub.store.shape import Shape
from contact_hub.store.tables import outbox
from contact_hub.store.types import Instant, Names, among
from contact_hub.store.visibility import once, operators_only

Ending = Literal["waiting", "done", "failed"]
_X: Final = outbox.c
_ITEM: Final = Shape(OutboxItem, outbox)

_NOW: Final = bindparam("now", type_=Instant)
_MOST: Final = bindparam("most", type_=Integer)
_OF_KINDS: Final = among(_X.kind, bindparam("kinds", type_=Names))
_DUE: Final = (
    select(*_ITEM.columns).where(_X.state == "waiting", _X.due_at <= _NOW, _OF_KINDS).order_by(_X.due_at, _X.id).limit(_MOST)
)
_NEXT_DUE: Final = select(func.min(_X.due_at)).where(_X.state == "waiting", _OF_KINDS)
_LOST: Final = select(*_ITEM.columns).where(_X.state == "running", _X.lease_until <= _NOW).order_by(_X.lease_until).limit(_MOST)
_CLAIM: Final = (
    update(outbox)
    .where(_X.workspace == bindparam("whose"), _X.id == bindparam("item"), _X.state == "waiting", _X.due_at <= _NOW, _OF_KINDS)
    .values(
        state="running",
        holder=bindparam("by"),
        lease_until=bindparam("until", type_=Instant),
        begun_at=_NOW,
        attempts=_X.attempts + 1,
    )
    .returning(*_ITEM.columns)
)


@once
def _add(dialect: str) -> Any:
    return insert_for(dialect, outbox).on_conflict_do_nothing(index_elements=[_X.workspace, _X.id]).returning(_X.id)


class Outbox:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, item: OutboxItem) -> bool:
        """False where this very work is known already, whatever has become of it."""
        done = await self._session.execute(_add(self._session.dialect), _ITEM.write(item))
        return bool(done.rows)

    async def due(self, now: datetime, kinds: Collection[str], limit: int) -> list[OutboxItem]:
        """What should have been begun by now, of all workspaces, the longest due first."""
        found = await self._session.execute(_DUE, {"now": now, "kinds": sorted(kinds), "most": limit})
        return [_ITEM.read(row) for row in found.rows]

    async def due_of(self, workspace: str, now: datetime, kinds: Collection[str], limit: int) -> list[OutboxItem]:
        """The same of one workspace."""
        wanted = select(*_ITEM.columns).where(
            _X.workspace == workspace, _X.state == "waiting", _X.due_at <= now, _X.kind.in_(sorted(kinds))
        )
        found = await self._session.execute(wanted.order_by(_X.due_at, _X.id).limit(limit))
        return [_ITEM.read(row) for row in found.rows]

    async def next_due(self, kinds: Collection[str]) -> datetime | None:
        """When the next work is due, which may be long past."""
        found = await self._session.execute(_NEXT_DUE, {"kinds": sorted(kinds)})
        at: datetime | None = found.scalar()
        return at

    async def lost(self, now: datetime, limit: int) -> list[OutboxItem]:
        """What runs without a sign of life from who runs it."""
        found = await self._session.execute(_LOST, {"now": now, "most": limit})
        return [_ITEM.read(row) for row in found.rows]

    async def claim(
        self, workspace: str, item: str, kinds: Collection[str], holder: str, now: datetime, until: datetime
    ) -> OutboxItem | None:
        """Begin an attempt; None where it is not due, not there, not of these kinds, or begun by somebody else."""
        begun = {"whose": workspace, "item": item, "kinds": sorted(kinds), "by": holder, "now": now, "until": until}
        done = await self._session.execute(_CLAIM, begun)
        return _ITEM.read(done.rows[0]) if done.rows else None

    async def renew(self, holders: Collection[str], until: datetime) -> frozenset[str]:
        """Say that these attempts go on; those that still stand come back."""
        done = await self._session.execute(
            update(outbox)
            .where(_X.state == "running", _X.holder.in_(sorted(holders)))
            .values(lease_until=until)
            .returning(_X.holder)
        )
        return frozenset(row.holder for row in done.rows)

    async def mine(self, workspace: str, item: str, holder: str) -> bool:
        """Whether the attempt still stands; the row stays locked until the commit."""
        done = await self._session.execute(update(outbox).where(_held(workspace, item, holder)).values(holder=holder))
        return done.count == 1

    async def end(
        self,
        workspace: str,
        item: str,
        holder: str,
        *,
        to: Ending,
        now: datetime,
        due_at: datetime | None = None,
        error: str | None = None,
        attempts: int | None = None,
    ) -> bool:
        """How an attempt ended: done, to be tried again at `due_at`, or given up. False where it was not ours any more: then nothing changed."""
        values: dict[str, Any] = {"state": to, "holder": None, "lease_until": None, "last_error": error}
        if to == "waiting":
            assert due_at is not None, "what waits is due at some time"
            values["due_at"] = due_at
        else:
            values["finished_at"] = now
        if attempts is not None:
            values["attempts"] = attempts
        done = await self._session.execute(update(outbox).where(_held(workspace, item, holder)).values(**values))
        return done.count == 1

    async def get(self, scope: SystemScope | OperatorScope, item: str) -> OutboxItem | None:
        operators_only(scope)
        found = await self._session.execute(select(*_ITEM.columns).where(_X.workspace == scope.workspace, _X.id == item))
        return _ITEM.read(found.rows[0]) if found.rows else None

    async def troubled(self, scope: SystemScope | OperatorScope, due_before: datetime, limit: int) -> list[OutboxItem]:
        """What a person should look at: given up, failed and waiting for another try, overdue, without a sign of life. The given up first."""
        operators_only(scope)
        wanted = select(*_ITEM.columns).where(_X.workspace == scope.workspace, _trouble(due_before))
        found = await self._session.execute(wanted.order_by(_X.state, _X.due_at, _X.id).limit(limit))
        return [_ITEM.read(row) for row in found.rows]

    async def put_back(self, workspace: str, item: str, *, now: datetime) -> bool:
        """Let it run again from the first attempt: what was given up, and what waits for its next try."""
        done = await self._session.execute(
            update(outbox)
            .where(_X.workspace == workspace, _X.id == item, _X.state.in_(("failed", "waiting")))
            .values(state="waiting", attempts=0, due_at=now, finished_at=None)
        )
        return done.count == 1

    async def discard(self, workspace: str, item: str, *, by: str, now: datetime) -> bool:
        """Nobody is to do it any more. It counts as done, with the name of who said so, and can be taken back while the row is kept."""
        done = await self._session.execute(
            update(outbox)
            .where(_X.workspace == workspace, _X.id == item, _X.state.in_(("failed", "waiting")))
            .values(state="done", finished_at=now, discarded_by=by)
        )
        return done.count == 1

    async def restore(self, workspace: str, item: str) -> bool:
        """Take a discarding back: it is given up again, and waits for a person."""
        done = await self._session.execute(
            update(outbox)
            .where(_X.workspace == workspace, _X.id == item, _X.state == "done", _X.discarded_by.is_not(None))
            .values(state="failed", discarded_by=None)
        )
        return done.count == 1

    async def backlog(self, now: datetime) -> list[OutboxBacklog]:
        """How much of each kind there is to do, of all workspaces."""
        waits, runs = _X.state == "waiting", _X.state == "running"
        found = await self._session.execute(
            select(
                _X.kind,
                func.count().filter(waits).label("waiting"),
                func.count().filter(runs).label("running"),
                func.count().filter(_X.state == "failed").label("failed"),
                func.count().filter(runs, _X.lease_until <= now).label("lost"),
                func.count().filter(waits, _X.last_error.is_not(None)).label("troubled"),
                func.min(_X.due_at).filter(waits, _X.due_at <= now).label("oldest_due"),
            )
            .where(_X.state.in_(("waiting", "running", "failed")))
            .group_by(_X.kind)
            .order_by(_X.kind)
        )
        return [OutboxBacklog(**row._asdict()) for row in found.rows]

    async def workspaces_due(self, now: datetime) -> Sequence[str]:
        """Who has work that is due."""
        found = await self._session.execute(select(_X.workspace).where(_X.state == "waiting", _X.due_at <= now).distinct())
        return sorted(row.workspace for row in found.rows)

    async def sweep(self, before: datetime, limit: int) -> int:
        """Forget what was done before then. With the row goes the memory of its key."""
        old = select(_X.workspace, _X.id).where(_X.state == "done", _X.finished_at < before).limit(limit)
        found = await self._session.execute(old)
        for row in found.rows:
            await self._session.execute(delete(outbox).where(_X.workspace == row.workspace, _X.id == row.id, _X.state == "done"))
        return len(found.rows)


def _held(workspace: str, item: str, holder: str) -> Any:
    return and_(_X.workspace == workspace, _X.id == item, _X.state == "running", _X.holder == holder)


def _trouble(due_before: datetime) -> Any:
    """Conditions that a person should hear of."""
    waits = and_(_X.state == "waiting", or_(_X.last_error.is_not(None), _X.due_at <= due_before))
    return or_(_X.state == "failed", waits, and_(_X.state == "running", _X.lease_until <= due_before))
