"""The one task that writes: commands that wait together are committed together.

Self-clocking: whatever arrived while the last commit ran is the next batch, so an idle service answers at once and a busy one spreads a disk's fsync over
many commands. Workspaces and their brands take turns (`store.fair`), so that one's flood fills no commit that another waits for. Each command stands behind
its own savepoint; one that raises takes back only itself. Commands of one kind that follow each other may be done `Together`, with a few statements for
all; where that fails each is run by itself, so that nobody pays for another's mistake. A caller hears of success after the commit and never before. A
command may be run again (two nodes met in a deadlock), so it must do nothing but work on its transaction.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Literal, Protocol, TypeVar

import structlog

from contact_hub.cancelling import is_cancelled
from contact_hub.errors import HubError
from contact_hub.store.engines import Database, lost_code, wants_another_try
from contact_hub.store.fair import HOUSE, FairQueue, Lane
from contact_hub.store.session import Rerun, Tail
from contact_hub.store.transaction import Tx
from contact_hub.tracing import carried_from, going_on, here, joint_span

T = TypeVar("T")
A_contra = TypeVar("A_contra", contravariant=True)
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Command = Callable[[Tx], Awaitable[T]]


class Together(Protocol[A_contra, R_co]):
    """A kind of command of which many can be done at once; `many` and `one` come to the same."""

    async def many(self, tx: Tx, items: Sequence[A_contra]) -> Sequence[R_co | HubError | None]:
        """What became of each, in order; None for whatever has to be run by itself, and for that nothing was written."""

    async def one(self, tx: Tx, item: A_contra) -> R_co:
        """One alone, as any other command."""


COMMANDS_PER_COMMIT_MAX: Final = 64
SHARED_COMMIT_MAX: Final = 16
"""While several workspaces write: whoever comes between two commits waits for the whole of the one that runs."""
SHARED_SECONDS: Final = 1.0
TOGETHER: Final = 8
"""So many commands that are done together cost about what one costs by itself."""
HOUSE_RESERVE: Final = 8
"""An eighth of the queue is kept for leases and heartbeats: a node that is flooded must not seem dead."""
ADMISSION_SECONDS: Final = 0.004
TRY_AGAIN_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one commit was like, for the metrics."""

    commands: int
    failed: int
    waiting: int
    seconds: float
    lost: str | None = None
    taken: tuple[str, ...] = ()
    """Names of all commands, and of those that stand."""
    kept: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class _Job(Generic[T]):
    command: Command[T]
    name: str
    done: asyncio.Future[T]
    lane: Lane = HOUSE
    cost: int = 1
    together: tuple[Together[Any, T], Any] | None = None
    give_up_at: float = 0.0
    trace: Any = None
    result: Any = None
    hooks: list[Callable[[], None]] = field(default_factory=list)


class Writer:
    """Takes commands, gives back what they returned once it is on disk."""

    def __init__(
        self,
        database: Database,
        *,
        waiting_max: int,
        batch_seconds_max: float,
        observe: Callable[[Batch], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._connection = database.writing()
        self._waiting_max = waiting_max
        self._batch_seconds_max = batch_seconds_max
        self._observe, self._monotonic = observe, monotonic
        self._waiting: FairQueue[_Job[Any]] = FairQueue()
        self._last_workspace, self._shared_until = "", 0.0
        self._wake = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._work(), name="store-writer")

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def waiting_of(self, workspace: str) -> int:
        return self._waiting.waiting_of(workspace)

    async def run_together(self, work: Together[A_contra, R], item: A_contra, name: str, *, lane: Lane = HOUSE, cost: int = 1) -> R:
        """Like `run`; may share its statements with others of the same `work`."""
        return await self.run(lambda tx: work.one(tx, item), name, lane=lane, cost=cost, together=(work, item))

    async def run(
        self,
        command: Command[T],
        name: str,
        *,
        lane: Lane = HOUSE,
        cost: int = 1,
        together: tuple[Together[Any, T], Any] | None = None,
    ) -> T:
        assert asyncio.current_task() is not self._task, f"{name}: a command cannot wait for another command"
        if self._closing:
            raise HubError("shutting_down")
        reserve = 0 if lane == HOUSE else self._waiting_max // HOUSE_RESERVE
        if len(self._waiting) >= self._waiting_max - reserve:
            raise HubError("overloaded", retry_after_seconds=1.0)
        job: _Job[T] = _Job(command, name, asyncio.get_running_loop().create_future(), lane, cost, together, trace=here())
        self._waiting.push(lane, job, cost=cost)
        self._note(lane[0])
        self._wake.set()
        return await job.done

    async def close(self) -> None:
        """Finish what waits, refuse what comes."""
        self._closing = True
        self._wake.set()
        await self._task

    def _note(self, workspace: str) -> None:
        """Remember for a moment that more than one workspace writes."""
        if workspace and workspace != self._last_workspace:
            if self._last_workspace:
                self._shared_until = self._monotonic() + SHARED_SECONDS
            self._last_workspace = workspace

    async def _work(self) -> None:
        try:
            while not (self._closing and not self._waiting):
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    await self._batch()
        finally:  # cancelled, perhaps: nobody may wait for a task that is gone
            self._closing = True
            for job in self._waiting:
                _fail(job, HubError("shutting_down"))

    async def _batch(self) -> None:
        """One commit. Whatever goes wrong with the whole of it is told to everybody in it."""
        began = self._monotonic()
        jobs: list[_Job[Any]] = []
        lost: str | None = None
        try:
            async with asyncio.timeout(self._batch_seconds_max):
                await self._fill(jobs)
        except asyncio.CancelledError:
            for job in jobs:
                _fail(job, HubError("shutting_down"))
            raise
        except Exception as error:  # whatever it is: nothing was acknowledged, and the next batch gets a new connection
            lost = lost_code(error) or "unavailable"
            _log.error("commit_lost", code=lost, error=type(error).__name__, commands=len(jobs), exc_info=lost_code(error) is None)
            await self._connection.abandon()
            if not jobs and self._waiting:  # not even begun: those that wait must hear it, or they would wait for ever
                jobs = [self._waiting.pop() for _ in range(min(COMMANDS_PER_COMMIT_MAX, len(self._waiting)))]
            for job in jobs:
                _fail(job, HubError(lost))
        succeeded = [] if lost else [job for job in jobs if not job.done.done()]
        for job in succeeded:
            job.done.set_result(job.result)
        for job in jobs if lost is None else ():
            _run_hooks(job)
        failed = len(jobs) - len(succeeded)
        self._observe(
            Batch(
                commands=len(jobs),
                failed=failed,
                waiting=len(self._waiting),
                seconds=self._monotonic() - began,
                lost=lost,
                taken=tuple(job.name for job in jobs),
                kept=tuple(job.name for job in succeeded),
            )
        )

    async def _fill(self, jobs: list[_Job[Any]]) -> None:
        """Begin, run what waits and what comes within four milliseconds, commit. Commands to be tried again go to the front of the queue."""
        await self._connection.begin()
        tail, again, rest = Tail(), list[_Job[Any]](), list[_Job[Any]]()
        waited, now = len(self._waiting), self._monotonic()
        until, most = now + ADMISSION_SECONDS, SHARED_COMMIT_MAX if now < self._shared_until else COMMANDS_PER_COMMIT_MAX
        try:
            spent = 0.0
            while self._waiting and spent < most and (len(jobs) < waited or self._monotonic() < until):
                await asyncio.sleep(0)  # SQLite never suspends; the sockets must have their turn between commands
                rest = self._take(most=max(1, int((most - spent) * TOGETHER)))
                if len(rest) > 1:
                    spent += len(rest) / TOGETHER
                    rest = await self._attempt_together(rest, jobs, tail)
                spent += len(rest)
                while rest:
                    jobs.append(rest.pop(0))
                    if await self._attempt(jobs[-1], tail) == "again":
                        again.append(jobs.pop())
            if tail:
                await self._connection.patient()
                await tail.flush(self._connection)
            with joint_span("store.commit", (job.trace for job in jobs), commands=len(jobs)):
                await self._connection.commit()
        finally:  # whatever becomes of this commit, they wait for the next
            for job in reversed([*again, *(job for job in rest if job not in jobs)]):
                self._waiting.push_first(job.lane, job, cost=job.cost)

    def _take(self, *, most: int) -> list[_Job[Any]]:
        """The next command whose caller is still there, with those right behind it that can be done together with it."""
        taken: list[_Job[Any]] = []
        while self._waiting and len(taken) < most:
            if taken and not _go_together(taken[0], self._waiting.peek()):
                break
            job = self._waiting.pop()
            if not job.done.done():
                taken.append(job)
        return taken

    async def _attempt_together(self, taken: list[_Job[Any]], jobs: list[_Job[Any]], tail: Tail) -> list[_Job[Any]]:
        """Several commands of a kind behind one savepoint. Gives back those that must be run by themselves: all, where something went wrong."""
        assert taken[0].together is not None
        work = taken[0].together[0]
        tx = Tx(self._connection, self._database.dialect, tail=Tail())
        tx.causes = [carried_from(job.trace) for job in taken]
        items = [job.together[1] for job in taken if job.together is not None]
        try:
            await self._connection.savepoint()
            results = await work.many(tx, items)
            await self._connection.keep()
        except BaseException as error:
            if not isinstance(error, Exception) or lost_code(error):
                jobs += taken
                raise
            await self._connection.undo()
            return taken
        tail.take(tx.tail)
        done = [(job, result) for job, result in zip(taken, results, strict=True) if result is not None]
        for job, result in done:
            jobs.append(job)
            if isinstance(result, HubError):
                _fail(job, result)
            else:
                job.result = result
        if done:
            done[0][0].hooks = tx.hooks
        return [job for job, result in zip(taken, results, strict=True) if result is None]

    async def _attempt(self, job: _Job[Any], tail: Tail) -> Literal["kept", "failed", "again"]:
        """One command behind its savepoint: kept, failed (its caller knows already) or to be run again."""
        await self._connection.savepoint()
        job.give_up_at = job.give_up_at or self._monotonic() + TRY_AGAIN_SECONDS
        tx = Tx(self._connection, self._database.dialect, tail=Tail())
        try:
            with going_on(job.trace):
                job.result = await job.command(tx)
        except asyncio.CancelledError:
            if is_cancelled():  # it is the writer that is cancelled, or the batch took too long
                raise
            await self._connection.undo()
            job.done.cancel()
            return "failed"
        except Exception as error:
            if lost_code(error):
                raise
            await self._connection.undo()
            if not (isinstance(error, Rerun) or wants_another_try(error)):
                _fail(job, error)
                return "failed"
            if self._monotonic() < job.give_up_at:
                return "again"
            _fail(job, HubError("unavailable"))
            return "failed"
        await self._connection.keep()
        tail.take(tx.tail)
        job.hooks = tx.hooks
        return "kept"


def _go_together(one: _Job[Any], other: _Job[Any]) -> bool:
    return one.together is not None and other.together is not None and one.together[0] is other.together[0]


def _fail(job: _Job[Any], error: Exception) -> None:
    if not job.done.done():
        job.done.set_exception(error)


def _run_hooks(job: _Job[Any]) -> None:
    hooks, job.hooks = job.hooks, []
    for hook in hooks:
        try:
            with going_on(job.trace):
                hook()
        except Exception:  # a poke only hastens: its failure must not reach whoever wrote
            _log.exception("after_commit_failed", command=job.name)
