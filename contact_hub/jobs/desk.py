"""Where people meet background work: what is stuck, why, and what they decide about it.

What is stuck has one of four troubles. Given up: all attempts failed, and it waits for a person. Retrying: it failed, and is tried again by itself.
Overdue: it should have begun, and nobody has. Lost: whoever runs it gives no sign of life, and nobody has taken it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from contact_hub.clock import Clock
from contact_hub.errors import CODES, HubError
from contact_hub.jobs.book import Jobs
from contact_hub.jobs.model import JobRow
from contact_hub.scope import OperatorScope, SystemScope
from contact_hub.store import Store, Tx
from i18n import catalogues, formatting

OVERDUE: Final = timedelta(seconds=60)
"""So late, work is late by more than a look that was missed."""
LISTED_MAX: Final = 500


class Trouble(StrEnum):
    FAILED = "failed"
    RETRYING = "retrying"
    OVERDUE = "overdue"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A piece of work that a person may want to know of. Its payload stays in the database."""

    row: JobRow
    trouble: Trouble
    known: bool
    """Whether this version of the program knows how to do it."""

    @property
    def code(self) -> str | None:
        """Why it failed last, where it is one of our codes."""
        return self.row.last_error if self.row.last_error in CODES else None

    @property
    def error(self) -> str | None:
        """The class of what was raised, where it is none of ours."""
        return self.row.last_error if self.code is None else None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.row.id,
            "kind": self.row.kind,
            "known": self.known,
            "trouble": str(self.trouble),
            "code": self.code,
            "error": self.error,
            "attempts": self.row.attempts,
            "created_at": self.row.created_at,
            "due_at": self.row.due_at,
            "begun_at": self.row.begun_at,
            "finished_at": self.row.finished_at,
        }

    @property
    def _since(self) -> datetime:
        """The time that its trouble speaks of."""
        return (self.row.lease_until or self.row.due_at) if self.trouble is Trouble.LOST else self.row.due_at

    def said(self, tag: str, zone: str = "UTC") -> str:
        """What is wrong with it and why, in a sentence or two."""
        values: Mapping[str, object] = {"n": self.row.attempts, "at": formatting.date_time_with_zone(self._since, tag, zone)}
        told = catalogues.text(f"admin.jobs.trouble.{self.trouble}", tag, **values)
        return " ".join(part for part in (told, self._why(tag)) if part)

    def _why(self, tag: str) -> str:
        if not self.known:
            return catalogues.text("admin.jobs.unknown", tag)
        if self.code is not None:
            return catalogues.text(f"error.{self.code}", tag)
        return catalogues.text("admin.jobs.error", tag, error=self.error) if self.error is not None else ""


def kind_named(kind: str, tag: str) -> str:
    """What work of a kind is called by people; its id where it has no name."""
    key = f"admin.jobs.kind.{kind.replace('.', '_')}"
    return catalogues.text(key, tag) if catalogues.has(key) else kind


class JobDesk:
    """One decision is one transaction, and is written down in the audit."""

    def __init__(self, jobs: Jobs, *, store: Store, clock: Clock) -> None:
        self._jobs, self._store, self._clock = jobs, store, clock

    async def stuck(self, scope: SystemScope | OperatorScope) -> list[Stuck]:
        """Everything a person should look at; what was given up first, then the longest due."""
        now = self._clock.now()
        async with self._store.read() as tx:
            rows = await tx.outbox.troubled(scope, now - OVERDUE, LISTED_MAX)
        return [Stuck(row=row, trouble=_trouble(row, now), known=row.kind in self._jobs.kinds) for row in rows]

    async def retry(self, scope: SystemScope | OperatorScope, job: str, *, by: str) -> None:
        """Run it again from its first attempt, now. Raises: not_found, job_not_open."""
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            row = await _found(tx, scope, job)
            if not await tx.outbox.put_back(scope.workspace, job, now=now):
                raise HubError("job_not_open")
            await _note(tx, scope.workspace, row, "job.retried", by, now)
            tx.after_commit(lambda: self._jobs.on_added(scope.workspace, job))

        await self._store.write(command, name="job.retry")

    async def discard(self, scope: SystemScope | OperatorScope, job: str, *, by: str) -> None:
        """It is not to be done any more. Raises: not_found, job_not_open."""
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            row = await _found(tx, scope, job)
            if self._comes_round(row) or not await tx.outbox.discard(scope.workspace, job, by=by, now=now):
                raise HubError("job_not_open")
            await _note(tx, scope.workspace, row, "job.discarded", by, now)

        await self._store.write(command, name="job.discard")

    async def restore(self, scope: SystemScope | OperatorScope, job: str, *, by: str) -> None:
        """Take a discarding back: it waits for a decision again. Raises: not_found, job_not_open."""
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            row = await _found(tx, scope, job)
            if not await tx.outbox.restore(scope.workspace, job):
                raise HubError("job_not_open")
            await _note(tx, scope.workspace, row, "job.restored", by, now)

        await self._store.write(command, name="job.restore")

    def _comes_round(self, row: JobRow) -> bool:
        """The house's own rounds cannot be done without."""
        kind = self._jobs.kinds.get(row.kind)
        return kind is not None and kind.every_seconds is not None


def _trouble(row: JobRow, now: datetime) -> Trouble:
    match row.state:
        case "failed":
            return Trouble.FAILED
        case "running":
            return Trouble.LOST
        case _:
            late = row.due_at <= now - OVERDUE
            return Trouble.OVERDUE if late or row.last_error is None else Trouble.RETRYING


async def _found(tx: Tx, scope: SystemScope | OperatorScope, job: str) -> JobRow:
    row = await tx.outbox.get(scope, job)
    if row is None:
        raise HubError("not_found")
    return row


async def _note(tx: Tx, workspace: str, row: JobRow, action: str, by: str, now: datetime) -> None:
    """The house has no audit of its own: its work is in the log."""
    if await tx.workspaces.get(workspace) is not None:
        details = {"kind": row.kind, "attempts": row.attempts, "error": row.last_error}
        tx.audit.append(workspace, at=now, who=by, action=action, subject=row.id, details=details)
