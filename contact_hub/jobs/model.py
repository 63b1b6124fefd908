"""What background work is, and what may come of one attempt at it.

Pure. A handler returns when the work is done, and raises where it is not: a `HubError` or anything else is tried again after a pause that doubles,
`Later` is tried again when it says, `GiveUp` is not tried again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from contact_hub.errors import CODES, HubError
from contact_hub.store import Tx
from contact_hub.store.records import OutboxItem

JobRow = OutboxItem
HOUSE: Final = "*"
"""Stands for the workspace where work belongs to none: no workspace can have this name."""
JITTER: Final = 0.25
"""Pauses differ by so much in either direction, so that what failed together does not come back together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something to be done after the commit of its cause. `payload` is ids and codes, not what people wrote: rows are read by whoever looks for trouble.

    With a `key` there is one such job of its kind and workspace: adding it again does nothing, for as long as its row is kept (a week after it was done).
    """

    kind: str
    workspace: str
    payload: Mapping[str, Any]
    due_at: datetime | None = None
    """At once by default."""
    key: str | None = None


class GiveUp(Exception):
    """Trying again would not help: a person has to look. `code` is one of ours."""

    def __init__(self, code: str) -> None:
        assert code in CODES, f"error code {code!r} is not in the table"
        super().__init__(code)
        self.code = code


class Later(Exception):
    """Not now, but at `at`, for a reason that has a code. It counts as an attempt, unless the work only had to wait for its turn."""

    def __init__(self, at: datetime, code: str, *, counts: bool = True) -> None:
        assert code in CODES, f"error code {code!r} is not in the table"
        super().__init__(code)
        self.at, self.code, self.counts = at, code, counts


class LostAttempt(Exception):
    """The row is somebody else's by now: whatever this attempt was about to write must not be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Done for now; the same row comes round at `at`."""

    at: datetime


class Attempt:
    """One try, as its handler sees it."""

    def __init__(self, row: JobRow, *, now: Callable[[], datetime], last: bool) -> None:
        assert row.holder is not None, "an attempt has a holder"
        self.row, self.last = row, last
        self.finished = False
        self._now, self._holder = now, row.holder

    @property
    def workspace(self) -> str:
        return self.row.workspace

    @property
    def id(self) -> str:
        return self.row.id

    @property
    def payload(self) -> Mapping[str, Any]:
        return self.row.payload

    @property
    def number(self) -> int:
        """1 for the first."""
        return self.row.attempts

    async def hold(self, tx: Tx) -> None:
        """Make sure, in this transaction, that nobody else has begun this work meanwhile. Raises: LostAttempt."""
        if not await tx.outbox.mine(self.workspace, self.id, self._holder):
            raise LostAttempt(self.id)

    async def finish(self, tx: Tx) -> None:
        """Say within this transaction that the work is done: what it writes then happens exactly once. Raises: LostAttempt."""
        if not await tx.outbox.end(self.workspace, self.id, self._holder, to="done", now=self._now()):
            raise LostAttempt(self.id)
        tx.after_commit(self._mark_finished)

    def _mark_finished(self) -> None:
        self.finished = True


Handler = Callable[[Attempt], Awaitable[Again | None]]
WhenFailed = Callable[[Tx, JobRow, str], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How work of one kind is done, and how patiently it is tried.

    `name` is two words with a dot (`mail.send`); the catalogue has `jobs.kind.<name>` for people. `when_failed` is called in the transaction that gives up,
    with the code of the last failure.
    """

    name: str
    handler: Handler
    attempts_max: int = 8
    pause_seconds: float = 5.0
    pause_seconds_max: float = 3_600.0
    seconds_max: float = 60.0
    """An attempt that takes longer is cancelled, and has failed."""
    when_failed: WhenFailed | None = None
    endless: bool = False
    """Never given up: after `attempts_max` failures in a row it is still tried, and the doctor names it."""
    every_seconds: float | None = None
    """Work of the house that comes round for ever: one row, which is always there, and endless."""

    def __post_init__(self) -> None:
        assert self.attempts_max >= 1, "work that is never tried is not work"
        assert 0 < self.pause_seconds <= self.pause_seconds_max, "pauses grow up to the longest"

    @property
    def given_up(self) -> bool:
        """Whether there comes an end to trying."""
        return not self.endless and self.every_seconds is None

    def pause(self, attempts: int, chance: float) -> timedelta:
        """How long to wait after so many failures in a row; `chance` lies in [0, 1)."""
        doublings = min(attempts - 1, 32)
        longest = self.pause_seconds_max if self.every_seconds is None else min(self.every_seconds, self.pause_seconds_max)
        seconds = min(self.pause_seconds * 2.0**doublings, longest)
        return timedelta(seconds=seconds * (1 - JITTER + 2 * JITTER * chance))


def reason_of(trouble: BaseException) -> str:
    """What may be kept of a failure: our code, or the class. The words of an exception may quote what a customer wrote."""
    match trouble:
        case HubError() | GiveUp() | Later():
            return trouble.code
        case _:
            return type(trouble).__name__
