"""One promise, two ways to be told: work begins soon, and is done though kicks are lost, doubled, or Redis is gone, full, emptied or standing still."""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from contact_hub.bus.streams import forget_consumers
from contact_hub.jobs import Attempt, Kind
from contact_hub.jobs.kicks import GROUP, STREAM, StreamKicks
from contact_hub.store import Store
from tests.jobs.crew import WORKSPACE, Worker, at_work, until, worker
from tests.servers import RedisServer

LATENCY_SECONDS = 2.0


@dataclass
class Done:
    """Which work was done, how often, by whom."""

    runs: list[tuple[str, str]] = field(default_factory=list)

    def kind(self, who: str = "") -> Kind:
        async def note(attempt: Attempt) -> None:
            self.runs.append((attempt.id, who))

        return Kind(name="some.work", handler=note, pause_seconds=0.1)

    def of(self, id_: str) -> int:
        return sum(done == id_ for done, _ in self.runs)


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A server of our own, to be ill-treated."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("not run: no redis-server")
    server = RedisServer(program)
    server.start()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite+memory", pytest.param("postgresql+redis", marks=pytest.mark.services)])
def urls(request: pytest.FixtureRequest) -> tuple[str, str | None]:
    """What a deployment stands on: a database, and a Redis or none."""
    if request.param == "sqlite+memory":
        return request.getfixturevalue("sqlite_url"), None
    return request.getfixturevalue("postgres_url"), request.getfixturevalue("redis_url")


@pytest.fixture
async def ground(urls: tuple[str, str | None]) -> AsyncIterator[tuple[Store, str | None]]:
    store, url = await Store.open(urls[0]), urls[1]
    if url is not None:
        async with Redis.from_url(url) as client:
            await client.delete(STREAM)
    yield store, url
    await store.close()


async def done_by(done: Done, *ids: str, seconds: float = LATENCY_SECONDS + 1) -> None:
    await until(lambda: all(done.of(id_) for id_ in ids), seconds)


async def announced(crew: Worker) -> None:
    """A worker hears over Redis only once its group is there: before, it finds by looking."""
    if isinstance(crew.kicks, StreamKicks):
        async with asyncio.timeout(5):
            while not await _groups(crew.kicks):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def _groups(kicks: StreamKicks) -> int:
    async with Redis(connection_pool=kicks._broker.connection_pool) as client:
        return len(await client.xinfo_groups(STREAM)) if await client.exists(STREAM) else 0


async def test_a_kick_begins_work_at_once(ground: tuple[Store, str | None]) -> None:
    store, url = ground
    done = Done()
    async with at_work(worker(store, [done.kind()], redis_url=url), looking=False) as crew:
        await announced(crew)
        began = time.monotonic()
        id_ = await crew.add("some.work")
        await done_by(done, id_)
        assert time.monotonic() - began < 1
        assert done.of(id_) == 1


async def test_a_kick_that_was_lost_is_made_good_by_looking(ground: tuple[Store, str | None]) -> None:
    store, url = ground
    done = Done()
    async with at_work(worker(store, [done.kind()], redis_url=url)) as crew:
        crew.jobs.on_added = lambda _workspace, _id: None
        began = time.monotonic()
        await done_by(done, await crew.add("some.work"))
        assert time.monotonic() - began < LATENCY_SECONDS


async def test_doubled_kicks_do_work_once(ground: tuple[Store, str | None]) -> None:
    store, url = ground
    done = Done()
    one, other = (worker(store, [done.kind(node)], redis_url=url, node=node) for node in ("n1", "n2"))
    async with at_work(one), at_work(other):
        ids = [await one.add("some.work", f"k{number}") for number in range(20)]
        for id_ in ids * 3:
            one.kicks.kick(WORKSPACE, id_)
            other.kicks.kick(WORKSPACE, id_)
        await done_by(done, *ids)
    assert [done.of(id_) for id_ in ids] == [1] * 20


async def test_work_for_later_begins_when_it_is_due(ground: tuple[Store, str | None]) -> None:
    store, url = ground
    done = Done()
    async with at_work(worker(store, [done.kind()], redis_url=url, poll_seconds=5)) as crew:
        await asyncio.sleep(0)
        id_ = await crew.add("some.work", due_at=datetime.now(UTC) + timedelta(seconds=0.3))
        crew.runner._wake.set()  # as the look that comes anyway would
        await done_by(done, id_)


async def test_a_node_that_is_no_worker_leaves_its_work_to_others(ground: tuple[Store, str | None]) -> None:
    store, url = ground
    done = Done()
    web = worker(store, [done.kind("web")], redis_url=url, node="web", works=False)
    web_tasks = asyncio.create_task(web.kicks.run())
    async with at_work(worker(store, [done.kind("worker")], redis_url=url, node="worker")):
        id_ = await web.add("some.work")
        await done_by(done, id_)
    web_tasks.cancel()
    await asyncio.gather(web_tasks, return_exceptions=True)
    await web.kicks.close()
    assert done.runs == [(id_, "worker")]


async def test_work_in_hand_is_finished_at_the_end_and_what_takes_too_long_is_given_back(ground: tuple[Store, str | None]) -> None:
    store, url = ground
    begun: list[str] = []
    goes_on = asyncio.Event()

    async def waits(attempt: Attempt) -> None:
        begun.append(attempt.id)
        if attempt.payload["n"] == 1 and attempt.id.endswith("slow"):
            await asyncio.Event().wait()
        await goes_on.wait()

    crew = worker(store, [Kind(name="some.work", handler=waits)], redis_url=url)
    async with at_work(crew):
        quick, slow = await crew.add("some.work", "quick"), await crew.add("some.work", "slow")
        await until(lambda: len(begun) == 2)
        end = asyncio.create_task(crew.runner.drain(0.3))
        await asyncio.sleep(0)
        goes_on.set()
        late = await crew.add("some.work", "late")
        await end
    rows = [await crew.row(id_) for id_ in (quick, slow, late)]
    assert [(row.state, row.attempts) for row in rows] == [("done", 1), ("waiting", 0), ("waiting", 0)]


async def test_an_attempt_that_goes_on_keeps_its_lease_and_one_that_cannot_ends_itself(ground: tuple[Store, str | None]) -> None:
    store, url = ground
    ends = asyncio.Event()
    cancelled: list[str] = []

    async def long(attempt: Attempt) -> None:
        try:
            await ends.wait()
        except asyncio.CancelledError:
            cancelled.append(attempt.id)
            raise

    crew = worker(store, [Kind(name="some.work", handler=long)], redis_url=url, lease_seconds=0.6)
    async with at_work(crew):
        kept = await crew.add("some.work", "kept")
        await asyncio.sleep(1.0)
        assert (await crew.row(kept)).attempts == 1
        assert cancelled == []
        ends.set()
        await _state(crew, kept, "done")
        ends.clear()
        lost = await crew.add("some.work", "lost")
        await until(lambda: bool(crew.runner._running))
        stolen = next(iter(crew.runner._running))
        await store.write(
            lambda tx: tx.outbox.end(WORKSPACE, lost, stolen, to="failed", now=crew.runner._clock.now(), error="job_lost"),
            name="steal",
        )
        await until(lambda: cancelled == [lost])


async def _state(crew: Worker, id_: str, state: str) -> None:
    async with asyncio.timeout(5):
        while (await crew.row(id_)).state != state:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.services
@pytest.mark.parametrize("fault", ["flushed", "killed", "full", "paused"])
async def test_work_is_done_within_seconds_whatever_befalls_redis(store_of_nodes: Store, redis: RedisServer, fault: str) -> None:
    done = Done()
    crews = [worker(store_of_nodes, [done.kind(node)], redis_url=redis.url, node=node) for node in ("n1", "n2")]
    async with at_work(crews[0]), at_work(crews[1]):
        await announced(crews[0])
        before = [await crews[0].add("some.work") for _ in range(5)]
        await done_by(done, *before)
        await _strike(redis, fault)
        began = time.monotonic()
        during = [await crews[number % 2].add("some.work") for number in range(10)]
        await done_by(done, *during)
        assert time.monotonic() - began < LATENCY_SECONDS
        await _mend(redis, fault)
        after = [await crews[number % 2].add("some.work") for number in range(5)]
        await done_by(done, *after)
    assert [done.of(id_) for id_ in (*before, *during, *after)] == [1] * 20


@pytest.mark.services
async def test_redis_is_heard_again_after_it_was_emptied(store_of_nodes: Store, redis: RedisServer) -> None:
    done = Done()
    crew = worker(store_of_nodes, [done.kind()], redis_url=redis.url, poll_seconds=5)
    async with at_work(crew, looking=False):
        await announced(crew)
        async with Redis.from_url(redis.url) as client:
            await client.flushall()
        await announced(crew)
        await done_by(done, await crew.add("some.work"))


@pytest.mark.services
async def test_a_worker_ends_though_its_cancellation_is_lost_below(
    store_of_nodes: Store, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As redis-py does now and then where it tidies up a connection that was being read."""
    reading = asyncio.Event()
    lost = 0

    async def listen() -> AsyncIterator[bytes]:
        nonlocal lost
        while lost < 3:
            reading.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                lost += 1
                if lost == 3:
                    raise
        yield b""

    crew = worker(store_of_nodes, [Done().kind()], redis_url=redis.url)
    assert isinstance(crew.kicks, StreamKicks)
    monkeypatch.setattr(crew.kicks._broker, "listen", listen)
    async with asyncio.timeout(10):
        async with at_work(crew, looking=False):
            await reading.wait()
    assert lost == 3


@pytest.mark.services
async def test_workers_that_are_gone_leave_no_names_behind(redis: RedisServer) -> None:
    async with Redis.from_url(redis.url) as client:
        await client.xgroup_create(STREAM, GROUP, mkstream=True)
        await client.xgroup_createconsumer(STREAM, GROUP, "gone")
        assert await forget_consumers(client.connection_pool, STREAM, GROUP) == 0, "it asked a moment ago"
        assert await forget_consumers(client.connection_pool, STREAM, GROUP, idle_milliseconds=0) == 1
        assert await client.xinfo_consumers(STREAM, GROUP) == []


@pytest.fixture
async def store_of_nodes(postgres_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(postgres_url)
    yield opened
    await opened.close()


async def _strike(redis: RedisServer, fault: str) -> None:
    if fault == "killed":
        redis.stop(signal.SIGKILL)
    elif fault == "paused":
        assert redis.server is not None
        redis.server.send_signal(signal.SIGSTOP)
    else:
        async with Redis.from_url(redis.url) as client:
            if fault == "flushed":
                await client.flushall()
            else:
                await client.config_set("maxmemory-policy", "noeviction")
                await client.config_set("maxmemory", "1")


async def _mend(redis: RedisServer, fault: str) -> None:
    if fault == "killed":
        redis.start()
    elif fault == "paused":
        assert redis.server is not None
        redis.server.send_signal(signal.SIGCONT)
    elif fault == "full":
        async with Redis.from_url(redis.url) as client:
            await client.config_set("maxmemory", "0")
