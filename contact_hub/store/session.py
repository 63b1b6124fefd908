"""What every repository is given: a way to execute, and what is to happen at the end.

Lines of the journal, routing inputs and audit rows are kept back until the end of the batch and written there together. Their numbers come from one row per
workspace, so taking them last keeps that row locked for the shortest time, makes order of number the order of commit, and leaves one lock order
(rows first, heads last) in which two nodes cannot wait for each other.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Executable, Float, Table, bindparam, column, insert, text, update
from sqlalchemy.dialects import postgresql, sqlite

from contact_hub.scope import Scope
from contact_hub.store import tables
from contact_hub.store.engines import Parameters, Reading, Result
from contact_hub.store.types import canonical
from contact_hub.store.visibility import parameters_of


class Rerun(Exception):
    """Somebody else was faster; run this command again from its start."""


class StaleEpoch(Exception):
    """Another process owns the workspace now: drop the engine, write nothing."""


@dataclass(slots=True)
class Tail:
    """What a batch writes last."""

    inputs: list[dict[str, Any]] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)
    about: list[frozenset[str]] = field(default_factory=list)
    audit: list[dict[str, Any]] = field(default_factory=list)

    def take(self, other: Tail) -> None:
        """Add what one command left."""
        self.inputs += other.inputs
        self.journal += other.journal
        self.about += other.about
        self.audit += other.audit

    def __bool__(self) -> bool:
        return bool(self.inputs or self.journal or self.audit)

    async def flush(self, to: Reading) -> None:
        counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for place, rows in enumerate((self.inputs, self.journal, self.audit)):
            for line in rows:
                counts[line["workspace"]][place] += 1
        for workspace, (events, lines, audits) in sorted(counts.items()):
            heads = (
                await to.execute(_TAKE_NUMBERS, {"b_id": workspace, "inputs": events, "lines": lines, "audits": audits})
            ).first()
            assert heads is not None, "the workspace has no row"
            _number(self.inputs, workspace, heads.input_head - events)
            _number(self.journal, workspace, heads.journal_head - lines)
            if audits:
                _number(self.audit, workspace, heads.audit_head - audits)
                head = _chain((line for line in self.audit if line["workspace"] == workspace), heads.audit_hash)
                await to.execute(_KEEP_HASH, {"b_id": workspace, "b_hash": head})
        for add, new in (
            (_ADD_INPUTS, self.inputs),
            (_ADD_JOURNAL, self.journal),
            (_ADD_LINKS, self._links()),
            (_ADD_AUDIT, self.audit),
        ):
            if new:
                await to.execute(add, new)

    def _links(self) -> list[dict[str, Any]]:
        return [
            {"workspace": line["workspace"], "inquiry": inquiry, "seq": line["seq"]}
            for line, about in zip(self.journal, self.about, strict=True)
            for inquiry in sorted(about)
        ]


_W: Final = tables.workspaces.c
_TAKE_NUMBERS: Final = (
    update(tables.workspaces)
    .where(_W.id == bindparam("b_id"))
    .values(
        input_head=_W.input_head + bindparam("inputs"),
        journal_head=_W.journal_head + bindparam("lines"),
        audit_head=_W.audit_head + bindparam("audits"),
    )
    .returning(_W.input_head, _W.journal_head, _W.audit_head, _W.audit_hash)
)
_ADD_INPUTS: Final = insert(tables.routing_inputs)
_ADD_JOURNAL: Final = insert(tables.journal)
_ADD_LINKS: Final = insert(tables.journal_about)
_ADD_AUDIT: Final = insert(tables.audit)
_KEEP_HASH: Final = update(tables.workspaces).where(_W.id == bindparam("b_id")).values(audit_hash=bindparam("b_hash"))


def _number(lines: Iterable[dict[str, Any]], workspace: str, head: int) -> None:
    for line in lines:
        if line["workspace"] == workspace:
            head += 1
            line["seq"] = head


def _chain(lines: Iterable[dict[str, Any]], previous: str) -> str:
    for line in lines:
        line["hash"] = previous = audit_hash(previous, line)
    return previous


def audit_hash(previous: str, line: Mapping[str, Any]) -> str:
    """The hash of one audit row: it seals the row's content and everything before it."""
    at: datetime = line["at"]
    content = {name: line[name] for name in ("workspace", "seq", "who", "action", "subject", "details")} | {
        "at": int(at.timestamp() * 1_000_000)
    }
    return hashlib.sha256((previous + canonical(content)).encode()).hexdigest()


NOTHING: Final[Mapping[str, Any]] = {}
_SECONDS: Final = column("seconds", Float)
_SQLITE_CLOCK: Final = text("SELECT (julianday('now') - 2440587.5) * 86400.0 AS seconds").columns(_SECONDS)
_POSTGRES_CLOCK: Final = text("SELECT extract(epoch FROM clock_timestamp())::float8 AS seconds").columns(_SECONDS)


class Session:
    """A transaction as the repositories see it."""

    def __init__(self, connection: Reading, dialect: str, *, tail: Tail | None = None) -> None:
        self._connection = connection
        self.dialect = dialect
        self._tail = tail
        self.hooks: list[Callable[[], None]] = []
        self.causes: Sequence[str | None] = ()
        """Where those were traced for whom a command does something together, in their order."""

    @property
    def writing(self) -> bool:
        return self._tail is not None

    @property
    def tail(self) -> Tail:
        assert self._tail is not None, "this transaction only reads"
        return self._tail

    def cause_of(self, place: int) -> str | None:
        """Where the one at this place of `causes` was traced; None where a command is one's own: then it runs there itself."""
        return self.causes[place] if self.causes else None

    def after_commit(self, hook: Callable[[], None]) -> None:
        """Call this once the commit stands, and never otherwise. It must not block: it pokes, it does not wait for anybody."""
        assert self.writing, "nothing is committed here"
        self.hooks.append(hook)

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Result:
        return await self._connection.execute(statement, parameters)

    async def database_time(self) -> datetime:
        """The database's own clock, which all nodes share."""
        found = await self.execute(_SQLITE_CLOCK if self.dialect == "sqlite" else _POSTGRES_CLOCK)
        return datetime.fromtimestamp(float(found.scalar()), UTC)

    async def ask(self, scope: Scope, statement: Executable, parameters: Mapping[str, Any] = NOTHING) -> Result:
        """Execute what was built for the scope's kind, with whose it is."""
        return await self._connection.execute(statement, {**parameters_of(scope), **parameters})

    async def ask_each(self, scope: Scope, statement: Executable, many: Iterable[Mapping[str, Any]]) -> Result:
        """The same question about several things, in one go."""
        whose = parameters_of(scope)
        return await self._connection.execute_each(statement, [{**whose, **one} for one in many])

    def insert(self, table: Table) -> Any:
        """An insert that knows `on_conflict_do_…`, which both databases spell alike."""
        return insert_for(self.dialect, table)


def insert_for(dialect: str, table: Table) -> Any:
    """`Session.insert` for statements that are built once."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
