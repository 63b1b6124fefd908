"""Where services leave work, and where it is written what each kind of work means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from contact_hub.clock import Clock
from contact_hub.ids import Ids
from contact_hub.jobs.model import HOUSE, Job, JobRow, Kind
from contact_hub.store import Tx
from contact_hub.tracing import carried

ROUND: Final = "round"
"""The key of work that comes round for ever."""


class Jobs:
    """Given to whoever has work to leave. It kicks (`on_added`) after the commit; without a kick the work is found by looking."""

    def __init__(self, *, clock: Clock, ids: Ids) -> None:
        self._clock, self._ids = clock, ids
        self._kinds: dict[str, Kind] = {}
        self.on_added: Callable[[str, str], None] = _nobody

    @property
    def kinds(self) -> Mapping[str, Kind]:
        return self._kinds

    def register(self, *kinds: Kind) -> None:
        """Called while the hub is built, before anything runs."""
        for kind in kinds:
            assert kind.name not in self._kinds, f"{kind.name} is registered twice"
            self._kinds[kind.name] = kind

    async def add(self, tx: Tx, job: Job) -> str:
        """Leave work; it exists if and only if this transaction commits. Its id. The kind need not be known here: another node may do it."""
        now = self._clock.now()
        id_ = f"{job.kind}:{job.key}" if job.key is not None else self._ids.mint("job", now)
        row = JobRow(
            workspace=job.workspace,
            id=id_,
            kind=job.kind,
            payload=job.payload,
            due_at=job.due_at or now,
            created_at=now,
            trace=carried(),
        )
        if await tx.outbox.add(row) and row.due_at <= now:
            tx.after_commit(lambda: self.on_added(row.workspace, row.id))
        return id_

    async def add_rounds(self, tx: Tx) -> None:
        """The rows of work that comes round, where they are missing."""
        for kind in self._kinds.values():
            if kind.every_seconds is not None:
                await self.add(tx, Job(kind=kind.name, workspace=HOUSE, payload={}, key=ROUND))


def _nobody(_workspace: str, _id: str) -> None:
    """Nobody is there to be told."""
