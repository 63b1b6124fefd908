"""Carries background work out: claims a row, runs its handler, writes down how it ended.

Two ways lead here, both through taskiq: a kick right after the commit of the cause, and a look at the rows (`look`) every few seconds, which alone
suffices. An attempt holds its row by a lease in the database's time, renewed while it runs. Whoever cannot renew it in time cancels itself before
anybody else may begin; whoever was stopped and wakes too late finds the row in other hands and changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Final

import structlog
from prometheus_client import Counter, Gauge, Histogram

from contact_hub.clock import CLOCK_SECONDS_MAX, Clock
from contact_hub.errors import HubError
from contact_hub.jobs.book import Jobs
from contact_hub.jobs.model import HOUSE, Again, Attempt, GiveUp, JobRow, Kind, Later, LostAttempt, reason_of
from contact_hub.store import Lane, Store, Tx
from contact_hub.store.fair import HOUSE as NOBODYS
from contact_hub.store.fair import STAFF
from contact_hub.store.outbox import Ending
from contact_hub.tracing import following

SLOTS: Final = 8
"""Attempts that run at once in this process."""
LEASE_SECONDS: Final = 15.0
QUEUE_MAX: Final = 32
"""Rows that run or wait for a free slot; more are left for the next look."""
CLOCKS_SECONDS_MAX: Final = 2 * CLOCK_SECONDS_MAX
"""Two nodes' ideas of the database's time may differ by this: so long before its lease ends, an attempt that could not renew it ends itself."""
_LOOK_LIMIT: Final = 64
_BACK_OFF_SECONDS: Final = (0.2, 0.5, 1.0, 2.0)

_log = structlog.get_logger(__name__)
_attempts = Counter("contact_hub_jobs_attempts_total", "Attempts at background work, by how they ended", ["kind", "ended"])
_seconds = Histogram(
    "contact_hub_jobs_seconds", "One attempt at background work", ["kind"], buckets=(0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60)
)
_here = Gauge("contact_hub_jobs_running", "Attempts that run in this process")


@dataclass(slots=True, kw_only=True)
class _Running:
    attempt: Attempt
    task: asyncio.Task[Again | None]
    until: float
    """By the stop-watch: at this time somebody else may begin."""
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """What is to be written about an attempt that is over. `ended` is its name in the metrics."""

    ended: str
    to: Ending
    due_at: datetime | None = None
    error: str | None = None
    attempts: int | None = None


class Runner:
    """The worker's hands. `kick` is told of rows to begin; it is called by `look` and must not wait."""

    def __init__(
        self,
        jobs: Jobs,
        *,
        store: Store,
        clock: Clock,
        node: str,
        poll_seconds: float,
        slots: int = SLOTS,
        lease_seconds: float = LEASE_SECONDS,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._jobs, self._store, self._clock, self._node = jobs, store, clock, node
        self._poll_seconds, self._lease_seconds, self._chance = poll_seconds, lease_seconds, chance
        self._own_seconds = lease_seconds - min(CLOCKS_SECONDS_MAX, lease_seconds / 4)
        self._slots = asyncio.Semaphore(slots)
        self._running: dict[str, _Running] = {}
        self._begun: set[tuple[str, str]] = set()
        self._closing = False
        self._wake = asyncio.Event()
        self._more = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def busy(self) -> bool:
        """Whether anything runs here, or waits for a free slot."""
        return not self._idle.is_set()

    # ------------------------------------------------------------ one piece of work

    async def run(self, workspace: str, id_: str) -> None:
        """One attempt, if the row is due and nobody's. Told twice of the same row, we try once. Raises nothing that concerns the work."""
        if self._closing or (workspace, id_) in self._begun:
            return
        if len(self._begun) >= QUEUE_MAX:
            self._more = True
            return
        self._begun.add((workspace, id_))
        self._idle.clear()
        try:
            async with self._slots:
                row = None if self._closing else await self._claim(workspace, id_)
                if row is not None:
                    await self._attempt(row)
        except HubError as trouble:  # the database is away: the row waits, or its lease runs out
            _log.warning("job_not_settled", id=id_, code=trouble.code)
        finally:
            self._begun.discard((workspace, id_))
            if not self._begun:
                self._idle.set()
            if self._more and len(self._begun) <= QUEUE_MAX // 4:
                self._wake.set()

    async def _claim(self, workspace: str, id_: str) -> JobRow | None:
        now, holder = self._clock.now(), f"{self._node}/{secrets.token_hex(6)}"
        until = now + timedelta(seconds=self._lease_seconds)

        async def command(tx: Tx) -> JobRow | None:
            return await tx.outbox.claim(workspace, id_, self._jobs.kinds.keys(), holder, now, until)

        return await self._store.write(command, name="job.claim", lane=_lane(workspace))

    async def _attempt(self, row: JobRow) -> None:
        assert row.holder is not None, "who claims holds"
        kind = self._jobs.kinds[row.kind]
        attempt = Attempt(row, now=self._clock.now, last=kind.given_up and row.attempts >= kind.attempts_max)
        began = self._clock.monotonic()
        running = _Running(
            attempt=attempt,
            task=asyncio.create_task(self._handle(kind, attempt), name=f"job {row.id}"),
            until=began + self._own_seconds,
        )
        self._running[row.holder] = running
        _here.inc()
        try:
            await self._over(running)
            ending = self._ending(kind, row, running)
            if attempt.finished or ending is None:
                _attempts.labels(row.kind, "done" if attempt.finished else "lost").inc()
            else:
                await self._settle(kind, row, ending, running)
        finally:
            del self._running[row.holder]
            _here.dec()
            _seconds.labels(row.kind).observe(self._clock.monotonic() - began)

    async def _over(self, running: _Running) -> None:
        """Wait for the end of it, or for the end of our right to it."""
        while not running.task.done():
            left = running.until - self._clock.monotonic()
            if left <= 0 and not running.lost:
                running.lost = True
                running.task.cancel()
            await asyncio.wait({running.task}, timeout=left if left > 0 else None)

    async def _handle(self, kind: Kind, attempt: Attempt) -> Again | None:
        with following("job.run", [attempt.row.trace], kind=kind.name, workspace=attempt.workspace, attempt=attempt.number):
            try:
                async with asyncio.timeout(kind.seconds_max) as limit:
                    return await kind.handler(attempt)
            except TimeoutError:
                if limit.expired():
                    raise HubError("job_too_long") from None
                raise

    def _ending(self, kind: Kind, row: JobRow, running: _Running) -> _Ending | None:
        """What came of it; None where the row is not ours any more."""
        now = self._clock.now()
        if running.task.cancelled():
            # on our way out, or its handler cancelled itself: not its fault, so it does not count
            return None if running.lost else _Ending(ended="interrupted", to="waiting", due_at=now, attempts=row.attempts - 1)
        match running.task.exception():
            case None:
                return _after_success(kind, running.task.result(), now)
            case LostAttempt():
                return None
            case Later(counts=False) as later:
                return _Ending(ended="later", to="waiting", due_at=later.at, error=later.code, attempts=row.attempts - 1)
            case BaseException() as trouble:
                _log.warning(
                    "job_failed", kind=row.kind, id=row.id, attempt=row.attempts, error=reason_of(trouble), where=_where(trouble)
                )
                at = trouble.at if isinstance(trouble, Later) else now + kind.pause(row.attempts, self._chance())
                return _after_failure(kind, row, reason_of(trouble), at, hopeless=isinstance(trouble, GiveUp))

    async def _settle(self, kind: Kind, row: JobRow, ending: _Ending, running: _Running | None) -> None:
        """Write it down; where the database is away, try as long as the row is ours. After that somebody does the work again."""
        failures = 0
        while True:
            try:
                kept = await self._write(kind, row, ending)
            except HubError as trouble:
                pause = _BACK_OFF_SECONDS[min(failures, len(_BACK_OFF_SECONDS) - 1)]
                failures += 1
                if running is None or trouble.code == "shutting_down" or self._clock.monotonic() + pause >= running.until:
                    raise
                await asyncio.sleep(pause)
            else:
                _attempts.labels(row.kind, ending.ended if kept else "lost").inc()
                return

    async def _write(self, kind: Kind, row: JobRow, ending: _Ending, *, tell: bool = True) -> bool:
        now = self._clock.now()

        async def command(tx: Tx) -> bool:
            assert row.holder is not None, "who settles holds"
            kept = await tx.outbox.end(
                row.workspace,
                row.id,
                row.holder,
                to=ending.to,
                now=now,
                due_at=ending.due_at,
                error=ending.error,
                attempts=ending.attempts,
            )
            if kept and tell and ending.to == "failed" and kind.when_failed is not None:
                await kind.when_failed(tx, row, ending.error or "internal")
            return kept

        try:
            return await self._store.write(command, name="job.end", lane=_lane(row.workspace))
        except HubError:
            raise
        except Exception as error:  # what was to be told of the failure must not keep the failure from being known
            _log.error("job_failure_not_told", kind=row.kind, id=row.id, error=type(error).__name__, where=_where(error))
            return await self._write(kind, row, ending, tell=False)

    # ------------------------------------------------------------ looking for work

    async def watch(self, kick: Callable[[str, str], None]) -> None:
        """For the life of the process: look for what is due, and take back what was lost."""
        rounds = False
        while True:
            pause = self._poll_seconds * random.uniform(0.7, 1)  # noqa: S311 - so that nodes do not all look at once
            try:
                if not rounds:
                    await self._store.write(self._jobs.add_rounds, name="job.rounds")
                    rounds = True
                pause = min(pause, await self.look(kick))
            except HubError as trouble:
                _log.warning("jobs_not_seen", code=trouble.code)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            self._wake.clear()

    async def look(self, kick: Callable[[str, str], None]) -> float:
        """Begin what is due, as much as there are hands; seconds until there is more."""
        now, kinds = self._clock.now(), self._jobs.kinds.keys()
        async with self._store.read() as tx:
            lost = await tx.outbox.lost(now, _LOOK_LIMIT)
            due = await tx.outbox.due(now, kinds, _LOOK_LIMIT)
            if len(due) == _LOOK_LIMIT:  # somebody's flood: everybody gets a turn
                names = await tx.outbox.workspaces_due(now)
                each = max(SLOTS, _LOOK_LIMIT // len(names)) if names else 0
                due = [row for name in names for row in await tx.outbox.due_of(name, now, kinds, each)]
            upcoming = await tx.outbox.next_due(kinds) if not due else None
        for row in lost:
            await self._take_back(row, now)
        hands = max(0, QUEUE_MAX - len(self._begun))
        fresh = [row for row in due if (row.workspace, row.id) not in self._begun]
        self._more = len(fresh) > hands
        for row in _fairly(fresh)[:hands] if self._more else fresh:
            kick(row.workspace, row.id)
        return self._poll_seconds if upcoming is None else max(0.02, (upcoming - now).total_seconds())

    async def _take_back(self, row: JobRow, now: datetime) -> None:
        """Whoever ran it stopped in the middle. It counts as a failure: work that kills who does it must come to an end."""
        kind = self._jobs.kinds.get(row.kind)
        if kind is None:  # of a later version; somebody who knows it takes it back
            return
        _log.warning("job_lost", kind=row.kind, id=row.id, attempt=row.attempts, holder=row.holder)
        ending = _after_failure(kind, row, "job_lost", now + kind.pause(row.attempts, self._chance()), hopeless=False)
        await self._settle(kind, row, ending, None)

    async def keep(self) -> None:
        """For the life of the process: renew what runs here, and let go of what is not ours any more."""
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            await self.renew()

    async def renew(self) -> None:
        """One round of it. What could not be renewed for lack of a database ends with its lease (`_over`)."""
        if not self._running:
            return
        holders, began = set(self._running), self._clock.monotonic()
        until = self._clock.now() + timedelta(seconds=self._lease_seconds)
        standing: frozenset[str] | None = None
        with contextlib.suppress(HubError, TimeoutError):
            async with asyncio.timeout(self._lease_seconds / 3):
                standing = await self._store.write(lambda tx: tx.outbox.renew(holders, until), name="job.renew")
        for holder, running in self._running.items():
            if standing is not None and holder in standing:
                running.until = began + self._own_seconds
            elif standing is not None and holder in holders and not running.attempt.finished:
                running.lost = True
                running.task.cancel()

    # ------------------------------------------------------------ the end

    async def drain(self, seconds: float) -> None:
        """Begin nothing more, let what runs come to its end, and give back what does not within the time."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()
                return
        for running in self._running.values():
            running.task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self._idle.wait()


def _fairly(rows: list[JobRow]) -> list[JobRow]:
    """One of each workspace, then a second of each, and so on; by chance otherwise, since other nodes look at the same rows."""
    of: dict[str, list[JobRow]] = {}
    for row in random.sample(rows, len(rows)):
        of.setdefault(row.workspace, []).append(row)
    return [row for turn in zip_longest(*of.values()) for row in turn if row is not None]


def _lane(workspace: str) -> Lane:
    return NOBODYS if workspace == HOUSE else (workspace, STAFF)


def _after_success(kind: Kind, result: Again | None, now: datetime) -> _Ending:
    if result is not None:
        return _Ending(ended="done", to="waiting", due_at=result.at, attempts=0)
    if kind.every_seconds is not None:
        return _Ending(ended="done", to="waiting", due_at=now + timedelta(seconds=kind.every_seconds), attempts=0)
    return _Ending(ended="done", to="done")


def _after_failure(kind: Kind, row: JobRow, reason: str, again_at: datetime, *, hopeless: bool) -> _Ending:
    if kind.given_up and (hopeless or row.attempts >= kind.attempts_max):
        return _Ending(ended="failed", to="failed", error=reason)
    return _Ending(ended="retried", to="waiting", due_at=again_at, error=reason)


def _where(trouble: BaseException) -> str:
    """The line that raised it; its words might quote a customer, so they are not kept."""
    frames = traceback.extract_tb(trouble.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
