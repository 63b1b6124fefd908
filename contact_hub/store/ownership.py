"""What the owner of a workspace lives on: its lease, the inputs that wait for it, the facts it is restored from.

The lease row gives liveness by its expiry and correctness by its epoch. Every commit of an owner calls `assert_mine` first; a former owner that
slept through its expiry touches no row and gets `StaleEpoch`. What is said many times a second even where nothing happens is built once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ARRAY, Integer, bindparam, delete, func, or_, select, text, update

from contact_hub.store.records import Lease, RoutingInput
from contact_hub.store.session import Session, StaleEpoch, insert_for
from contact_hub.store.shape import Shape
from contact_hub.store.tables import leases, nodes, routing_facts, routing_inputs
from contact_hub.store.types import Instant
from contact_hub.store.visibility import once
from contact_hub.tracing import carried

_L: Final = leases.c
_N: Final = routing_inputs.c
_F: Final = routing_facts.c
_LEASE: Final = Shape(Lease, leases)
_INPUT: Final = Shape(RoutingInput, routing_inputs)
_CUT_OFF: Final = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'contact-hub' AND usename = current_user"
    " AND datname = current_database() AND pid <> pg_backend_pid() AND NOT pid = ANY(:but)"
).bindparams(bindparam("but", type_=ARRAY(Integer)))
_END_STANDSTILLS: Final = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'contact-hub' AND usename = current_user"
    " AND datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND state = 'active'"
    " AND wait_event = 'ClientRead' AND state_change < clock_timestamp() - interval '3 s'"  # STANDSTILL_MAX
)

_NOW: Final = bindparam("now", type_=Instant)
_MINE: Final = (_L.workspace == bindparam("whose"), _L.epoch == bindparam("under"))
_ALL_LEASES: Final = select(*_LEASE.columns)
_RENEW: Final = update(leases).where(*_MINE).values(expires_at=bindparam("until"))
_ASSERT: Final = update(leases).where(*_MINE).values(epoch=bindparam("under"))
_ROUTING: Final = select(nodes.c.id, nodes.c.roles, nodes.c.alive_until).where(nodes.c.alive_until > _NOW)
_ALIVE: Final = select(nodes.c.id).where(nodes.c.alive_until > _NOW)
_TAKE: Final = (
    select(*_INPUT.columns).where(_N.workspace == bindparam("whose")).order_by(_N.seq).limit(bindparam("most", type_=Integer))
)
_DONE: Final = delete(routing_inputs).where(_N.workspace == bindparam("whose"), _N.seq == bindparam("one"))
_FORGET: Final = delete(routing_facts).where(_F.workspace == bindparam("whose"), _F.key == bindparam("which"))


@once
def _beat(dialect: str) -> Any:
    row = insert_for(dialect, nodes)
    return row.on_conflict_do_update(
        index_elements=[nodes.c.id], set_={"alive_until": row.excluded.alive_until, "roles": row.excluded.roles}
    )


@once
def _keep(dialect: str) -> Any:
    row = insert_for(dialect, routing_facts)
    return row.on_conflict_do_update(index_elements=[_F.workspace, _F.key], set_={"body": row.excluded.body})


class Leases:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, workspace: str) -> Lease | None:
        found = await self._session.execute(select(*_LEASE.columns).where(_L.workspace == workspace))
        return _LEASE.read(found.rows[0]) if found.rows else None

    async def all(self) -> dict[str, Lease]:
        """Every lease there is, by workspace."""
        found = await self._session.execute(_ALL_LEASES)
        return {lease.workspace: lease for lease in map(_LEASE.read, found.rows)}

    async def acquire(self, workspace: str, holder: str, now: datetime, seconds: float) -> int | None:
        """The new epoch, or None while somebody else holds it. The same holder asking again gets a new epoch too: its earlier life is fenced."""
        until = now + timedelta(seconds=seconds)
        row = self._session.insert(leases).values(workspace=workspace, holder=holder, epoch=1, expires_at=until)
        taken = await self._session.execute(
            row.on_conflict_do_update(
                index_elements=[_L.workspace],
                set_={"holder": holder, "epoch": _L.epoch + 1, "expires_at": until},
                where=or_(_L.expires_at <= now, _L.holder == holder),
            ).returning(_L.epoch)
        )
        return None if not taken.rows else int(taken.scalar())

    async def renew(self, workspace: str, epoch: int, now: datetime, seconds: float) -> bool:
        """False where the epoch is not ours any more: stop at once."""
        until = now + timedelta(seconds=seconds)
        done = await self._session.execute(_RENEW, {"whose": workspace, "under": epoch, "until": until})
        return done.count == 1

    async def release(self, workspace: str, epoch: int, now: datetime) -> None:
        """Give it back early; the row stays, because its epoch must never go down."""
        await self._session.execute(
            update(leases).where(_L.workspace == workspace, _L.epoch == epoch).values(expires_at=now, holder="")
        )

    async def assert_mine(self, workspace: str, epoch: int) -> None:
        """First statement of every commit of an owner; it also locks the row, so that nobody takes over in the middle."""
        done = await self._session.execute(_ASSERT, {"whose": workspace, "under": epoch})
        if done.count == 0:
            raise StaleEpoch(f"epoch {epoch} of {workspace} is over")


class Nodes:
    """Which processes live. A node that did not say so in time is dead, whatever its presences claim."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def beat(self, node: str, until: datetime, *, roles: str | None = None) -> None:
        await self._session.execute(_beat(self._session.dialect), {"id": node, "alive_until": until, "roles": roles})

    async def routing(self, now: datetime, *, early_seconds: float = 0.0) -> dict[str, datetime]:
        """Nodes that may own workspaces, and until when each counts as one: `early_seconds` before the end of the life it announced, for it
        announces it anew long before. One that names no roles is of a version that had none and announced itself rarely; it routes."""
        found, early = await self._session.execute(_ROUTING, {"now": now}), timedelta(seconds=early_seconds)
        until = {
            row.id: row.alive_until if row.roles is None else row.alive_until - early
            for row in found.rows
            if row.roles is None or "router" in row.roles.split(",")
        }
        return {node: moment for node, moment in until.items() if moment > now}

    async def working(self, now: datetime) -> frozenset[str]:
        """Nodes that do background work."""
        found = await self._session.execute(select(nodes.c.id, nodes.c.roles).where(nodes.c.alive_until > now))
        return frozenset(row.id for row in found.rows if row.roles is None or "worker" in row.roles.split(","))

    async def alive(self, now: datetime) -> frozenset[str]:
        found = await self._session.execute(_ALIVE, {"now": now})
        return frozenset(row.id for row in found.rows)

    async def end_standstills(self) -> int:
        """PostgreSQL ends transactions of processes that stand still, but not where they stopped between preparing a statement and asking it (the driver does
        so with a flush): that counts as busy, and what it locked stays locked. Ends those, of ours; how many."""
        return 0 if self._session.dialect == "sqlite" else len((await self._session.execute(_END_STANDSTILLS)).rows)

    async def cut_off(self, but: Sequence[int]) -> int:
        """End all lines of ours to PostgreSQL, but those of these backends; how many. Whoever needs one opens another, and looks whose rows these are."""
        if self._session.dialect == "sqlite":
            return 0
        return len((await self._session.execute(_CUT_OFF, {"but": list(but)})).rows)

    async def forget(self, node: str) -> None:
        await self._session.execute(delete(nodes).where(nodes.c.id == node))

    async def sweep(self, before: datetime) -> int:
        """Forget those that died before then."""
        return (await self._session.execute(delete(nodes).where(nodes.c.alive_until < before))).count


class Inputs:
    """Events that wait for the owner, in the order in which they were committed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, workspace: str, event: Mapping[str, Any], *, at: datetime, trace: str | None = None) -> None:
        """Written at the end of this commit. `trace`: where the cause was traced, if not here."""
        self._session.tail.inputs.append({"workspace": workspace, "at": at, "event": event, "trace": trace or carried()})

    async def take_batch(self, workspace: str, limit: int) -> list[RoutingInput]:
        """The oldest ones. They stay until `delete`, which belongs into the commit that carries out what follows from them."""
        found = await self._session.execute(_TAKE, {"whose": workspace, "most": limit})
        return [_INPUT.read(row) for row in found.rows]

    async def backlog(self) -> dict[str, tuple[int, datetime]]:
        """How many wait in each workspace, and since when."""
        found = await self._session.execute(
            select(_N.workspace, func.count().label("waiting"), func.min(_N.at).label("oldest")).group_by(_N.workspace)
        )
        return {row.workspace: (row.waiting, row.oldest) for row in found.rows}

    async def delete(self, workspace: str, seqs: Collection[int]) -> None:
        await self._session.execute(_DONE, [{"whose": workspace, "one": seq} for seq in seqs])


class Facts:
    """The floor as the engine captured it, key by key."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def all(self, workspace: str) -> dict[str, Mapping[str, Any]]:
        found = await self._session.execute(select(_F.key, _F.body).where(_F.workspace == workspace).order_by(_F.key))
        return {row.key: row.body for row in found.rows}

    async def apply(self, workspace: str, changes: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Set every key to its value, forget those without one."""
        kept = [{"workspace": workspace, "key": key, "body": body} for key, body in sorted(changes.items()) if body is not None]
        gone = sorted(key for key, body in changes.items() if body is None)
        if kept:
            await self._session.execute(_keep(self._session.dialect), kept)
        if gone:
            await self._session.execute(_FORGET, [{"whose": workspace, "which": key} for key in gone])
