"""What goes wrong and when, from a seed: the same seed wishes for the same faults in the same order, at the same distances.

Faults of processes happen one after the other, and each is over when every node that lives accepts again; how long that took is what is kept. In a long
round those of Redis have a lane of their own beside the others, for Redis only pokes: it may hide nothing, and everything has to be survived without it.
Each fault knows what "accepts again" counts from: the fault itself where the service must go on through it, the healing where it cannot. Killed nodes come
back beside whatever comes next, started again as often as they fail to.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
from redis.exceptions import RedisError

from tests.faults.drivers import Probe
from tests.faults.machine import Wire
from tests.faults.world import LEASE_SECONDS, RECOVERY_SECONDS, TAKE_OVER_SECONDS, Lease, Node, World

_GIVE_UP_SECONDS: Final = 90.0
_FILLING: Final = 3_000_000
_CLOCK_OFF_SECONDS: Final = 3_600
_BOOTS_MAX: Final = 10
_BOOT_PAUSE_SECONDS: Final = 0.5
_BRIEFLY: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One fault to come. `dice` is its own chance, so that what one fault draws does not move the next."""

    number: int
    kind: str
    after_seconds: float
    dice: int


def wishes(seed: int, count: int, *, gap: tuple[float, float] = (0.2, 2.5), kinds: Sequence[str] = ()) -> list[Wish]:
    """So many. Each kind comes once before any comes by chance, so that a short round has them all; `kinds`: these only, in this order at first."""
    chance = random.Random(seed)
    every, able = list(kinds), list(kinds) or list(KINDS)
    if not every:
        every = [kind for kind in KINDS if KINDS[kind].first]
        chance.shuffle(every)
    more = chance.choices(able, [KINDS[kind].weight for kind in able], k=max(0, count - len(every)))
    return [
        Wish(number=number, kind=kind, after_seconds=round(chance.uniform(*gap), 2), dice=chance.randrange(2**32))
        for number, kind in enumerate([*every, *more][:count])
    ]


def lanes(wished: Iterable[Wish], *, many: bool) -> list[list[Wish]]:
    """Those that happen one after the other, by what may happen beside each other."""
    if not many:
        return [list(wished)]
    alone, redis = list[Wish](), list[Wish]()
    for wish in wished:
        (redis if KINDS[wish.kind].redis_only else alone).append(wish)
    return [alone, redis]


@dataclass(slots=True, kw_only=True)
class Recovered:
    """Seconds until it was well again, by kind of fault."""

    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def note(self, kind: str, seconds: float) -> None:
        self.seconds[kind].append(seconds)

    def told(self) -> dict[str, dict[str, float]]:
        """p50 and the worst of each."""
        return {
            kind: {"p50": round(sorted(took)[len(took) // 2], 2), "max": round(max(took), 2)}
            for kind, took in sorted(self.seconds.items())
            if took
        }


class Tormentor:
    """Does to processes what is wished for. `faults` counts what was done, `late` what took longer than it may."""

    def __init__(self, world: World, probes: dict[str, Probe], go_back: Callable[[float], Awaitable[None]]) -> None:
        """`go_back`: told the moment to which everything is put back, while no node lives."""
        self.world, self.probes = world, probes
        self._go_back = go_back
        self.recovered = Recovered()
        self.faults = 0
        self.now: dict[str, None] = {}
        self.history: list[dict[str, Any]] = []
        self.late: list[str] = []
        self.stuck: list[str] = []
        self._redis_lane = asyncio.Lock()
        self._coming: dict[str, asyncio.Task[None]] = {}

    async def do(self, wish: Wish) -> None:
        """One fault, from its beginning until all is well."""
        if not KINDS[wish.kind].able(self.world):
            return
        await asyncio.sleep(wish.after_seconds)
        async with self._redis_lane if "redis" in wish.kind else contextlib.nullcontext():
            self.now[wish.kind] = None
            began = time.monotonic()
            try:
                await KINDS[wish.kind].do(self, random.Random(wish.dice))
            except TimeoutError as late:
                self.stuck.append(f"{wish.number} {wish.kind}: {late}")
            took = round(time.monotonic() - began, 2)
            self.history.append({"number": wish.number, "kind": wish.kind, "at": began, "seconds": took})
            del self.now[wish.kind]

    async def heal(self) -> None:
        """Everything runs again."""
        self.world.wires.mend()
        for node in self.world.nodes:
            node.go_on()
            if not node.alive and node.name not in self._coming:
                self._bring_back(node, after_seconds=0)
        await self._all_back()

    # ------------------------------------------------------------ nodes

    async def kill_node(self, chance: random.Random) -> None:
        place = chance.random()
        living = await self._two_living()
        await self._kill(living[int(place * len(living))], chance, "node_kill")

    async def kill_holder(self, chance: random.Random) -> None:
        await self._kill(await self._holder(chance), chance, "holder_kill")

    async def clock_off(self, chance: random.Random) -> None:
        off, place = chance.choice([-1, 1]) * _CLOCK_OFF_SECONDS, chance.random()
        living = await self._two_living()
        await self._kill(living[int(place * len(living))], chance, "clock_off", clock_seconds_off=off)

    async def stop_holder(self, chance: random.Random) -> None:
        """It stands still until another has taken over, and goes on as if it were still the owner."""
        node = await self._holder(chance)
        leases = await self._leases()
        node.pause()
        began, self.faults = time.monotonic(), self.faults + 1
        try:
            await asyncio.gather(
                self._accepting("holder_stop", began, self._living()),
                self._taken_over(leases, node, began, "take_over_after_stop"),
            )
            await asyncio.sleep(chance.uniform(0, 2))
        finally:
            node.go_on()
        await self._accepting("holder_went_on", time.monotonic(), [node])

    async def restart_rolling(self, chance: random.Random) -> None:
        """One after the other is asked to go, goes, and comes back."""
        await self._all_back()
        for node in self.world.nodes:
            others = [other for other in self._living() if other is not node]
            began, self.faults = time.monotonic(), self.faults + 1
            node.up = False
            await asyncio.gather(asyncio.to_thread(node.hub.stop), self._accepting("rolling_restart", began, others))
            self._bring_back(node, after_seconds=0)
            await self._all_back()

    async def _kill(self, node: Node, chance: random.Random, kind: str, *, clock_seconds_off: int = 0) -> None:
        leases = await self._leases()
        dead = node.pid
        node.kill()
        began, self.faults = time.monotonic(), self.faults + 1
        self._bring_back(node, after_seconds=chance.uniform(0.1, 3), clock_seconds_off=clock_seconds_off)
        await asyncio.gather(
            self._accepting(kind, began, self._living()), self._taken_over(leases, node, began, "take_over", pid=dead)
        )

    def _bring_back(self, node: Node, *, after_seconds: float, clock_seconds_off: int = 0) -> None:
        self._coming[node.name] = asyncio.create_task(self._come_back(node, after_seconds, clock_seconds_off), name=node.name)

    async def _come_back(self, node: Node, after_seconds: float, clock_seconds_off: int) -> None:
        """As somebody would who keeps a service running: started again until it stays."""
        await asyncio.sleep(after_seconds)
        for _ in range(_BOOTS_MAX):
            node.boot(clock_seconds_off=clock_seconds_off)
            if await node.ready():
                node.up = True
                self._coming.pop(node.name, None)
                return
            await asyncio.sleep(_BOOT_PAUSE_SECONDS)
        self.stuck.append(f"{node.name} does not start: {node.hub.log()[-500:]}")

    async def _all_back(self) -> None:
        while self._coming:
            await asyncio.gather(*self._coming.values())
            if any(task.done() for task in self._coming.values()):
                raise TimeoutError("a node does not start")

    async def _two_living(self) -> list[Node]:
        """Nodes of which one may be taken away: somebody has to be left."""
        while len(living := self._living()) < 2:
            if self._coming:
                await asyncio.wait(self._coming.values(), timeout=1, return_when=asyncio.FIRST_COMPLETED)
            else:  # all are down on purpose
                await asyncio.sleep(0.1)
        return living

    # ------------------------------------------------------------ PostgreSQL

    async def restart_postgres(self, chance: random.Random) -> None:
        await self._restart(chance, signal.SIGINT, "postgres_restart")

    async def crash_postgres(self, chance: random.Random) -> None:
        await self._restart(chance, signal.SIGQUIT, "postgres_crash")

    async def kill_postgres(self, chance: random.Random) -> None:
        await self._restart(chance, signal.SIGKILL, "postgres_kill")

    async def kill_backends(self, chance: random.Random) -> None:
        """Every connection of ours is ended by the server, in the middle of whatever it does."""
        began, self.faults = time.monotonic(), self.faults + 1
        await self.world.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'contact-hub'")
        await self._accepting("backends_ended", began, self._living(), most=RECOVERY_SECONDS)

    async def kill_one_backend(self, chance: random.Random) -> None:
        """kill -9 of one: PostgreSQL trusts nothing any more, throws everybody out and recovers."""
        found = await self.world.rows("SELECT pid FROM pg_stat_activity WHERE application_name = 'contact-hub' ORDER BY pid")
        if not found:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(found)["pid"], signal.SIGKILL)
        self.faults += 1
        back = await self._postgres_back()
        await self._accepting("backend_kill", back, self._living(), most=RECOVERY_SECONDS)

    async def _restart(self, chance: random.Random, how: signal.Signals, kind: str) -> None:
        self.faults += 1
        await asyncio.to_thread(self.world.postgres.stop, how)
        await asyncio.sleep(chance.choice([0.0, chance.uniform(0.2, 4)]))
        await self._accepting(kind, await self._postgres_back(), self._living(), most=RECOVERY_SECONDS)

    async def fill_disk(self, chance: random.Random) -> None:
        """PostgreSQL has no room left: first for rows, then for its log, and there it may end altogether."""
        self.faults += 1
        await asyncio.to_thread(self.world.disk.full)
        try:
            await asyncio.sleep(chance.uniform(1, 6))
        finally:
            await asyncio.to_thread(self.world.disk.room)
        await self._accepting("disk_full", await self._postgres_back(), self._living(), most=RECOVERY_SECONDS)

    async def put_back(self, chance: random.Random) -> None:
        """Everything dies, and a backup of some seconds before is put in its place. Whoever talks is told so, and says again what is missing."""
        await self._put_back(chance, "put_back")

    async def put_back_around_sleeper(self, chance: random.Random) -> None:
        """The same, but one that owned something only stands still: it was forgotten, and wakes with everything in mind that never was."""
        await self._put_back(chance, "put_back_around_sleeper", sleeps=True)

    async def _put_back(self, chance: random.Random, kind: str, *, sleeps: bool = False) -> None:
        await self._all_back()
        since = time.monotonic()
        await asyncio.to_thread(self.world.postgres.back_up)
        await asyncio.sleep(chance.uniform(1, 5))
        sleeper, early = await self._holder(chance) if sleeps else None, chance.random() < _BRIEFLY
        gone = [node for node in self.world.nodes if node is not sleeper]
        for node in gone:
            node.kill()
        self.faults += 1
        try:
            if sleeper is not None:
                sleeper.pause()
            await self._go_back(since)
            await self.world.put_back()
            back = time.monotonic()
            for node in gone:
                self._bring_back(node, after_seconds=0)
            if not early:
                await self._all_back()
        finally:
            if sleeper is not None:
                sleeper.go_on()
        if sleeper is not None:
            await self._ended(sleeper)
            self._bring_back(sleeper, after_seconds=0)
        await self._all_back()
        await self._accepting(kind, back, self._living())

    async def _ended(self, node: Node) -> None:
        """It has to find out by itself that it is of another time."""
        give_up = time.monotonic() + _GIVE_UP_SECONDS
        while node.alive:
            if time.monotonic() > give_up:
                raise TimeoutError(f"{node.name} outlived the rows that it knew")
            await asyncio.sleep(0.05)
        node.up = False

    async def _postgres_back(self) -> float:
        give_up = time.monotonic() + _GIVE_UP_SECONDS
        while True:
            try:
                await self.world.rows("SELECT 1")
                return time.monotonic()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                if not self.world.postgres.running:  # it was ended or gave up, and somebody starts it again
                    with contextlib.suppress(RuntimeError):
                        await asyncio.to_thread(self.world.postgres.start)
                        continue
                if time.monotonic() > give_up:
                    raise TimeoutError("PostgreSQL did not come back") from None
                await asyncio.sleep(0.05)

    # ------------------------------------------------------------ Redis

    async def kill_redis(self, chance: random.Random) -> None:
        self.world.redis.stop(signal.SIGKILL)
        async with self._no_pokes("redis_kill", chance.uniform(1, 6)):
            await asyncio.to_thread(self.world.redis.start)

    async def pause_redis(self, chance: random.Random) -> None:
        server = self.world.redis.server
        assert server is not None
        server.send_signal(signal.SIGSTOP)
        async with self._no_pokes("redis_pause", chance.uniform(1, 6)):
            server.send_signal(signal.SIGCONT)

    async def flush_redis(self, chance: random.Random) -> None:
        began, self.faults = time.monotonic(), self.faults + 1
        with contextlib.suppress(RedisError):
            await self.world.ask_redis("FLUSHALL")
            await self.world.ask_redis("CLIENT", "KILL", "TYPE", "pubsub")
        await self._accepting("redis_flush", began, self._living())

    async def fill_redis(self, chance: random.Random) -> None:
        for words in (("CONFIG", "SET", "maxmemory-policy", "noeviction"), ("SET", "filling", "x" * _FILLING)):
            await self.world.ask_redis(*words)
        await self.world.ask_redis("CONFIG", "SET", "maxmemory", "1mb")
        async with self._no_pokes("redis_full", chance.uniform(1, 5)):
            await self.world.ask_redis("CONFIG", "SET", "maxmemory", "0")
            await self.world.ask_redis("FLUSHALL")

    async def kill_redis_and_holder(self, chance: random.Random) -> None:
        await asyncio.gather(self.kill_redis(chance), self.kill_holder(random.Random(chance.random())))

    # ------------------------------------------------------------ wires

    async def cut_off_postgres(self, chance: random.Random) -> None:
        """One node, mostly an owner, does not reach the database: the others go on, and it is back as soon as it does."""
        node, how, briefly = await self._holder(chance), _how(chance), chance.random() < _BRIEFLY
        leases, others = await self._leases(), [other for other in self._living() if other is not node]
        self.world.wires.cut(self.world.nodes.index(node), self.world.postgres.port, how)
        began, self.faults = time.monotonic(), self.faults + 1
        try:
            await self._accepting("postgres_cut_off", began, others)
            if not briefly:
                await self._taken_over(leases, node, began, "take_over_after_cut")
            await asyncio.sleep(chance.uniform(0, 3))
        finally:
            self.world.wires.mend(self.world.postgres.port)
        await self._accepting("postgres_reached_again", time.monotonic(), [node], most=RECOVERY_SECONDS)

    async def cut_off_redis(self, chance: random.Random) -> None:
        """One node neither hears the others nor is heard by them."""
        node = await self._holder(chance)
        self.world.wires.cut(self.world.nodes.index(node), self.world.redis.port, _how(chance))
        async with self._no_pokes("redis_cut_off", chance.uniform(1, 6)):
            self.world.wires.mend(self.world.redis.port)

    @contextlib.asynccontextmanager
    async def _no_pokes(self, kind: str, seconds: float) -> Any:
        """Through a time without Redis everything goes on; then the body mends it."""
        began, self.faults = time.monotonic(), self.faults + 1
        try:
            await asyncio.gather(self._accepting(kind, began, self._living()), asyncio.sleep(seconds))
        finally:
            yield

    # ------------------------------------------------------------ what is waited for

    async def _accepting(self, kind: str, since: float, nodes: Iterable[Node], *, most: float | None = None) -> None:
        took = max(await asyncio.gather(*(self._accepted(node, since) for node in nodes)), default=0.0)
        self.recovered.note(kind, took)
        if most is not None and took > most:
            self.late.append(f"{kind}: {took:.2f} s, allowed {most:.0f}")

    async def _accepted(self, node: Node, since: float) -> float:
        """Seconds; none for a node that is killed meanwhile."""
        give_up = time.monotonic() + _GIVE_UP_SECONDS
        while node.up:
            with contextlib.suppress(TimeoutError):
                return await self.probes[node.name].accepted_since(since, seconds=1)
            if time.monotonic() > give_up:
                raise TimeoutError(f"{node.name} accepts nothing")
        return 0.0

    async def _taken_over(self, before: dict[str, Lease], dead: Node, began: float, kind: str, *, pid: int | None = None) -> None:
        """Until another owns whatever this one had."""
        process = str(pid or dead.pid)
        mine = {name: lease.epoch for name, lease in before.items() if lease.holder.rsplit("-", 2)[-2:-1] == [process]}
        give_up = began + _GIVE_UP_SECONDS
        while mine:
            for name, lease in (await self._leases()).items():
                if name in mine and lease.epoch > mine[name] and lease.holder:
                    del mine[name]
                    took = time.monotonic() - began
                    self.recovered.note(kind, took)
                    if took > TAKE_OVER_SECONDS:
                        self.late.append(f"{kind}: {took:.2f} s, allowed {TAKE_OVER_SECONDS:.0f}")
            if time.monotonic() > give_up:
                raise TimeoutError(f"nobody took over {', '.join(mine)}")
            await asyncio.sleep(0.05)

    async def _leases(self) -> dict[str, Lease]:
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return await self.world.leases()
        return {}

    async def _holder(self, chance: random.Random) -> Node:
        """A node that owns something; any, where for a moment nobody does."""
        place, give_up = chance.random(), time.monotonic() + 2 * LEASE_SECONDS
        while True:
            living = await self._two_living()
            held = {node.name: node for lease in (await self._leases()).values() if (node := self.world.holder_of(lease)) in living}
            if held or time.monotonic() > give_up:
                able = [node for node in living if node.name in held] or living
                return able[int(place * len(able))]
            await asyncio.sleep(0.1)

    def _living(self) -> list[Node]:
        return [node for node in self.world.nodes if node.up and node.alive and not node.paused]


def _how(chance: random.Random) -> Wire:
    return chance.choice(["silent", "refused"])


@dataclass(frozen=True, slots=True)
class Kind:
    do: Callable[[Tormentor, random.Random], Awaitable[None]]
    weight: float
    first: bool = True
    """Whether a short round has it too."""
    able: Callable[[World], bool] = lambda _world: True
    redis_only: bool = False


KINDS: Final[dict[str, Kind]] = {
    "node_kill": Kind(Tormentor.kill_node, 6, first=False),
    "holder_kill": Kind(Tormentor.kill_holder, 5),
    "holder_stop": Kind(Tormentor.stop_holder, 4),
    "rolling_restart": Kind(Tormentor.restart_rolling, 1.5, first=False),
    "clock_off": Kind(Tormentor.clock_off, 2, first=False),
    "redis_kill": Kind(Tormentor.kill_redis, 3, redis_only=True),
    "redis_pause": Kind(Tormentor.pause_redis, 3, redis_only=True),
    "redis_flush": Kind(Tormentor.flush_redis, 3, redis_only=True),
    "redis_full": Kind(Tormentor.fill_redis, 3, redis_only=True),
    "redis_and_holder_kill": Kind(Tormentor.kill_redis_and_holder, 2, first=False),
    "postgres_restart": Kind(Tormentor.restart_postgres, 2, first=False),
    "postgres_crash": Kind(Tormentor.crash_postgres, 2),
    "postgres_kill": Kind(Tormentor.kill_postgres, 2, first=False),
    "backends_ended": Kind(Tormentor.kill_backends, 4),
    "backend_kill": Kind(Tormentor.kill_one_backend, 2, first=False),
    "postgres_cut_off": Kind(Tormentor.cut_off_postgres, 4, first=False, able=lambda world: world.wires.able),
    "redis_cut_off": Kind(Tormentor.cut_off_redis, 3, first=False, able=lambda world: world.wires.able, redis_only=True),
    "disk_full": Kind(Tormentor.fill_disk, 3, first=False, able=lambda world: world.disk.able),
    "put_back": Kind(Tormentor.put_back, 0.5, first=False),
    "put_back_around_sleeper": Kind(Tormentor.put_back_around_sleeper, 0.5, first=False),
}
