"""Reports on demand: keep the fold of each workspace warm, add what the journal gained, count.

The journal is read once; afterwards a report costs what is new plus the counting. `recompute` throws all away and reads from the first entry,
and must give the same: the fold has no other memory than the journal. Folding and counting run in a thread, a batch at a time, one at a time per
workspace, so that no socket waits for a supervisor.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from contact_hub.errors import HubError
from contact_hub.quality.export import to_csv
from contact_hub.quality.query import Query
from contact_hub.quality.reports import Cell, DrillItem, Labels, Records, Report, Sight, restrict
from routing.journal import Entry, Step
from routing.measures import Attendance, Cases, Directory, Fold, OpenTime
from routing.model import Plan

ReadJournal = Callable[[str, int], AsyncIterator[Entry]]
"""`read_journal(workspace, after_seq)`: the entries after that one, in order."""

PlanAt = Callable[[int], Awaitable[Plan | None]]
"""The plan of any version of the rules that the journal names; each is asked for once."""

_BATCH: Final = 2000
_LAY_OUT: Final = 20_000
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What reports need to know of a workspace beside its journal: who belongs to whom, opening hours, old plans."""

    directory: Directory = field(default_factory=Directory)
    open_time: OpenTime | None = None
    plan_at: PlanAt | None = None


BackgroundOf = Callable[[str], Background]


@dataclass(slots=True)
class _Warm:
    fold: Fold
    cases: Cases
    background: Background
    plans: dict[int, Plan | None]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class QualityService:
    """Reports of every workspace. The asker's sight is an argument of every question."""

    def __init__(self, read_journal: ReadJournal, background: BackgroundOf = lambda _: Background()) -> None:
        self._read_journal = read_journal
        self._background = background
        self._warm: dict[str, _Warm] = {}
        self._asking: set[asyncio.Task[Any]] = set()

    async def report(
        self, workspace: str, query: Query, sight: Sight, labels: Labels | None = None, tag: str = "en"
    ) -> dict[str, Any]:
        """The report for a screen, as of the last entry of the journal."""
        return await self._ask(workspace, lambda records: Report(restrict(records, sight), query, labels).to_json(tag))

    async def csv(self, workspace: str, query: Query, sight: Sight, labels: Labels | None = None, tag: str = "en") -> bytes:
        """The same as a file."""
        return await self._ask(workspace, lambda records: to_csv(Report(restrict(records, sight), query, labels), tag))

    async def drill(self, workspace: str, query: Query, sight: Sight, cell: Cell) -> list[DrillItem]:
        """What a figure of the same report is made of."""
        return await self._ask(workspace, lambda records: Report(restrict(records, sight), query).drill(cell))

    async def recompute(self, workspace: str) -> None:
        """Forget what was folded and read the journal from its first entry."""
        self._warm.pop(workspace, None)
        await self._ask(workspace, lambda _: None)

    async def _ask(self, workspace: str, question: Callable[[Records], _T]) -> _T:
        """Shielded: a thread cannot be cancelled, so whoever asked may go away, but the lock is held until the thread is done."""
        asking = asyncio.create_task(self._answer(workspace, question), name=f"report of {workspace}")
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        return await asyncio.shield(asking)

    async def _answer(self, workspace: str, question: Callable[[Records], _T]) -> _T:
        warm = self._warm.get(workspace) or self._warm.setdefault(workspace, self._cold(workspace))
        async with warm.lock:
            try:
                await self._catch_up(workspace, warm)
                return await asyncio.to_thread(lambda: question(self._records(workspace, warm)))
            except HubError:
                raise
            except BaseException:
                # crash-only: an entry may be half folded, so the next question reads the journal from its beginning
                self._warm.pop(workspace, None)
                raise

    def _cold(self, workspace: str) -> _Warm:
        background = self._background(workspace)
        plans: dict[int, Plan | None] = {}
        return _Warm(Fold(plans.get), Cases(background.directory, background.open_time), background, plans)

    async def _catch_up(self, workspace: str, warm: _Warm) -> None:
        batch: list[Entry] = []
        async for entry in self._read_journal(workspace, warm.fold.seq):
            batch.append(entry)
            if isinstance(entry.body, Step) and entry.body.rules not in warm.plans:
                plan_at = warm.background.plan_at
                warm.plans[entry.body.rules] = await plan_at(entry.body.rules) if plan_at else None
            if len(batch) == _BATCH:
                await asyncio.to_thread(_absorb, warm, batch)
                batch = []
        await asyncio.to_thread(_absorb, warm, batch)

    def _records(self, workspace: str, warm: _Warm) -> Records:
        """The records as they are now. Where the workspace was reorganised meanwhile, all cases are laid out anew."""
        background = self._background(workspace)
        if background.directory != warm.background.directory:
            warm.cases = Cases(background.directory, background.open_time)
            warm.fold.changed = warm.fold.ids()
        warm.background = background
        warm.cases.refresh(warm.fold)
        attendance = Attendance(warm.fold.agents.values(), background.directory, warm.fold.at_ms)
        return Records(cases=warm.cases, attendance=attendance, as_of_ms=warm.fold.at_ms, seq=warm.fold.seq)


def _absorb(warm: _Warm, batch: list[Entry]) -> None:
    """Fold these entries; once many inquiries have changed, lay them out and let the fold pack them."""
    warm.fold.extend(batch)
    if len(warm.fold.changed) >= _LAY_OUT:
        warm.cases.refresh(warm.fold)
