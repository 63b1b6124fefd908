"""What the rows promise, on both databases: once by key, begun by one, given back, given up, never lost; time stands still but for our hand."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from contact_hub.clock import ManualClock
from contact_hub.errors import HubError
from contact_hub.jobs import Again, Attempt, GiveUp, Job, Kind, Later, LostAttempt
from contact_hub.store import Store, Tx
from contact_hub.store.records import OutboxItem
from tests.jobs.crew import WORKSPACE, Worker, worker
from tests.store.builders import NOW


class Hands:
    """A handler that does as it is told, and remembers."""

    def __init__(self, *outcomes: Exception | Again | None) -> None:
        self.outcomes = list(outcomes)
        self.seen: list[Attempt] = []

    async def __call__(self, attempt: Attempt) -> Again | None:
        self.seen.append(attempt)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


def one(store: Store, clock: ManualClock, hands: Hands, **how: object) -> Worker:
    return worker(store, [Kind(name="some.work", handler=hands, attempts_max=3, **how)], clock=clock)  # type: ignore[arg-type]


async def test_work_exists_if_and_only_if_its_cause_was_committed(store: Store, clock: ManualClock) -> None:
    crew = one(store, clock, Hands())

    async def fails(tx: Tx) -> None:
        await crew.jobs.add(tx, Job(kind="some.work", workspace=WORKSPACE, payload={}, key="k"))
        raise HubError("not_found")

    with pytest.raises(HubError):
        await store.write(fails, name="fails")
    async with store.read() as tx:
        assert await tx.outbox.due(clock.now(), ["some.work"], 10) == []


async def test_the_same_key_is_the_same_work_before_and_after_it_was_done(store: Store, clock: ManualClock) -> None:
    hands = Hands()
    crew = one(store, clock, hands)
    assert await crew.add("some.work", "k") == await crew.add("some.work", "k")
    assert (await crew.ran("some.work:k")).state == "done"
    await crew.add("some.work", "k")
    assert (await crew.ran("some.work:k")).state == "done"
    assert len(hands.seen) == 1


async def test_a_row_told_of_many_times_is_tried_once(store: Store, clock: ManualClock) -> None:
    hands = Hands()
    first, second = one(store, clock, hands), one(store, clock, hands)
    id_ = await first.add("some.work")
    await asyncio.gather(*(crew.runner.run(WORKSPACE, id_) for crew in (first, second) for _ in range(5)))
    assert len(hands.seen) == 1


async def test_work_is_not_begun_before_it_is_due(store: Store, clock: ManualClock) -> None:
    hands = Hands()
    crew = one(store, clock, hands)
    id_ = await crew.add("some.work", due_at=NOW + timedelta(seconds=5))
    assert (await crew.ran(id_)).state == "waiting"
    clock.advance(5)
    assert (await crew.ran(id_)).state == "done"


async def test_failures_wait_longer_each_time_and_then_are_given_up_with_their_reason(store: Store, clock: ManualClock) -> None:
    crew = one(store, clock, Hands(HubError("unavailable"), HubError("overloaded"), HubError("storage_full")), pause_seconds=4)
    id_ = await crew.add("some.work")
    rows = []
    for _ in range(3):
        rows.append(await crew.ran(id_))
        clock.advance((rows[-1].due_at - clock.now()).total_seconds())
    assert [(row.state, row.attempts, row.last_error) for row in rows] == [
        ("waiting", 1, "unavailable"),
        ("waiting", 2, "overloaded"),
        ("failed", 3, "storage_full"),
    ]
    assert [row.due_at - NOW for row in rows[:2]] == [timedelta(seconds=4), timedelta(seconds=4 + 8)]
    assert (await crew.ran(id_)).attempts == 3, "what was given up is not tried again by itself"


async def test_an_unknown_failure_shows_its_class_and_not_its_words(store: Store, clock: ManualClock) -> None:
    crew = one(store, clock, Hands(ValueError("anna@example.org wrote this")))
    row = await crew.ran(await crew.add("some.work"))
    assert row.last_error == "ValueError"
    assert "anna" not in repr(row)


async def test_what_cannot_help_is_given_up_at_once_and_told_in_the_same_commit(store: Store, clock: ManualClock) -> None:
    told: list[str] = []

    async def tell(tx: Tx, row: OutboxItem, reason: str) -> None:
        assert tx.writing
        told.append(f"{row.id} {reason}")

    crew = one(store, clock, Hands(GiveUp("not_found")), when_failed=tell)
    row = await crew.ran(await crew.add("some.work", "k"))
    assert (row.state, row.last_error, row.attempts) == ("failed", "not_found", 1)
    assert told == ["some.work:k not_found"]


async def test_a_failure_is_known_even_where_telling_of_it_fails(store: Store, clock: ManualClock) -> None:
    async def breaks(_tx: Tx, _row: OutboxItem, _reason: str) -> None:
        raise ValueError("no")

    crew = one(store, clock, Hands(GiveUp("not_found")), when_failed=breaks)
    assert (await crew.ran(await crew.add("some.work"))).state == "failed"


async def test_work_that_asks_for_later_comes_then_and_its_turn_in_the_queue_costs_no_attempt(
    store: Store, clock: ManualClock
) -> None:
    at = NOW + timedelta(minutes=3)
    crew = one(store, clock, Hands(Later(at, "rate_limited", counts=False), Later(at, "throttled")))
    id_ = await crew.add("some.work")
    row = await crew.ran(id_)
    assert (row.state, row.due_at, row.attempts, row.last_error) == ("waiting", at, 0, "rate_limited")
    clock.advance(180)
    row = await crew.ran(id_)
    assert (row.state, row.attempts, row.last_error) == ("waiting", 1, "throttled")


async def test_work_may_come_round_and_forgets_its_failures(store: Store, clock: ManualClock) -> None:
    again = Again(at=NOW + timedelta(seconds=90))
    crew = one(store, clock, Hands(HubError("unavailable"), again))
    id_ = await crew.add("some.work")
    clock.advance(((await crew.ran(id_)).due_at - NOW).total_seconds())
    row = await crew.ran(id_)
    assert (row.state, row.due_at, row.attempts, row.last_error) == ("waiting", again.at, 0, None)


async def test_endless_work_is_tried_on_after_its_last_attempt(store: Store, clock: ManualClock) -> None:
    crew = one(store, clock, Hands(*[HubError("unavailable")] * 5), endless=True, pause_seconds=1, pause_seconds_max=2)
    id_ = await crew.add("some.work")
    for _ in range(5):
        row = await crew.ran(id_)
        clock.advance(2)
    assert (row.state, row.attempts) == ("waiting", 5)


async def test_work_that_takes_too_long_is_stopped(store: Store, clock: ManualClock) -> None:
    async def sleeps(_attempt: Attempt) -> None:
        await asyncio.Event().wait()

    crew = worker(store, [Kind(name="some.work", handler=sleeps, seconds_max=0.02)], clock=clock)
    row = await crew.ran(await crew.add("some.work"))
    assert (row.state, row.last_error) == ("waiting", "job_too_long")


async def test_a_killed_workers_work_comes_back_and_counts(store: Store, clock: ManualClock) -> None:
    hands = Hands()
    crew = one(store, clock, hands, pause_seconds=4)
    id_ = await crew.add("some.work")
    await claimed_by_the_dead(crew, id_, clock.now())
    assert (await crew.ran(id_)).holder == "dead/1", "its lease still runs"
    clock.advance(15)
    await crew.runner.look(lambda _workspace, _id: None)
    row = await crew.row(id_)
    assert (row.state, row.attempts, row.last_error, row.holder) == ("waiting", 1, "job_lost", None)
    clock.advance(4)
    assert (await crew.ran(id_)).state == "done"
    assert hands.seen[0].number == 2


async def test_work_that_kills_every_worker_ends_as_given_up(store: Store, clock: ManualClock) -> None:
    crew = one(store, clock, Hands())
    id_ = await crew.add("some.work")
    for _ in range(3):
        await claimed_by_the_dead(crew, id_, clock.now())
        clock.advance(60)
        await crew.runner.look(lambda _workspace, _id: None)
        clock.advance(60)
    row = await crew.row(id_)
    assert (row.state, row.last_error, row.attempts) == ("failed", "job_lost", 3)


async def test_a_worker_that_slept_through_its_lease_changes_nothing(store: Store, clock: ManualClock) -> None:
    wrote: list[str] = []

    async def sleeps_and_writes(attempt: Attempt) -> None:
        if attempt.number == 1:
            clock.advance(60)  # the machine stood still; meanwhile somebody else did it
            await other.runner.look(lambda _workspace, _id: None)
            clock.advance(60)
            await other.runner.run(WORKSPACE, attempt.id)

        async def command(tx: Tx) -> None:
            await attempt.finish(tx)
            tx.after_commit(lambda: wrote.append(f"attempt {attempt.number}"))

        await store.write(command, name="deed")

    kinds = [Kind(name="some.work", handler=sleeps_and_writes)]
    crew, other = worker(store, kinds, clock=clock, node="n1"), worker(store, kinds, clock=clock, node="n2")
    row = await crew.ran(await crew.add("some.work"))
    assert wrote == ["attempt 2"]
    assert (row.state, row.attempts, row.last_error) == ("done", 2, None)


async def test_holding_fails_for_who_lost_it(store: Store, clock: ManualClock) -> None:
    crew = one(store, clock, Hands())
    id_ = await crew.add("some.work")
    await claimed_by_the_dead(crew, id_, clock.now())
    stale = Attempt(await crew.row(id_), now=clock.now, last=False)
    await store.write(stale.hold, name="hold")
    clock.advance(60)
    await crew.runner.look(lambda _workspace, _id: None)
    with pytest.raises(LostAttempt):
        await store.write(stale.hold, name="hold")


async def test_kinds_that_this_version_does_not_know_are_left_for_one_that_does(store: Store, clock: ManualClock) -> None:
    old, new = one(store, clock, Hands()), worker(store, [Kind(name="new.work", handler=Hands())], clock=clock)
    id_ = await old.add("new.work")
    assert (await old.ran(id_)).state == "waiting"
    kicked: list[str] = []
    await old.runner.look(lambda _workspace, id_: kicked.append(id_))
    assert kicked == []
    assert (await new.ran(id_)).state == "done"


async def test_a_flood_of_one_workspace_leaves_room_for_the_others(store: Store, clock: ManualClock) -> None:
    crew = one(store, clock, Hands())
    for _ in range(80):
        await crew.add("some.work", workspace="flood")
    clock.advance(1)
    small = await crew.add("some.work", workspace="small")
    kicked: list[str] = []
    for _ in range(100):  # the others are drawn by lot, which must never leave it out
        await crew.runner.look(lambda _workspace, id_: kicked.append(id_))
    assert kicked.count(small) == 100


async def test_done_work_is_forgotten_after_a_while_and_failed_work_never(store: Store, clock: ManualClock) -> None:
    crew = one(store, clock, Hands(None, GiveUp("not_found")))
    done, failed = await crew.add("some.work", "a"), await crew.add("some.work", "b")
    await crew.ran(done)
    await crew.ran(failed)
    later = NOW + timedelta(days=400)
    assert await store.write(lambda tx: tx.outbox.sweep(later, 100), name="sweep") == 1
    assert (await crew.row(failed)).state == "failed"


async def claimed_by_the_dead(crew: Worker, id_: str, now: datetime) -> None:
    row = await crew.store.write(
        lambda tx: tx.outbox.claim(WORKSPACE, id_, ["some.work"], "dead/1", now, now + timedelta(seconds=15)), name="claim"
    )
    assert row is not None
