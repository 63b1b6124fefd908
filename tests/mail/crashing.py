"""Senders as processes that are killed between any two steps, against a server that misbehaves; then every recipient is counted.

`python -m tests.mail.crashing` is a nursery: for each line `DATABASE PORT HOURS DIE_AT` it forks a sender, which works as a worker does and kills itself
(−9) at the DIE_AT-th step, if it comes so far; then it says how that one ended. Forked, since loading the program takes longer than its life. Each sender
lives later than the one before it (HOURS), so that leases and pauses are over.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from contact_hub.admission import Allowance
from contact_hub.clock import SystemClock
from contact_hub.mail.relay import Patience
from contact_hub.mail.sending import Pace
from contact_hub.store import Store, migrate
from tests.mail.brands import floor
from tests.mail.office import WORKSPACE, office
from tests.mail.sink import sink

MANNERS: Final = ("ok", "ok", "ok", "ok", "421", "451", "550", "data451", "data550", "drop", "drop_after", "hang")
FOR_NOW: Final = frozenset(("421", "451", "data451"))
PATIENCE: Final = Patience(connect_seconds=3, command_seconds=3, data_seconds=0.3)
_OPEN: Final = ("queued", "leased", "data_started", "deferred")
_ENOUGH: Final = Allowance(per_second=10_000, burst=10_000)
_MORE_CHILDREN: Final = 30


class Later(SystemClock):
    """A clock that is so many hours ahead."""

    def __init__(self, hours: float) -> None:
        self._ahead = timedelta(hours=hours)

    def now(self) -> datetime:
        return super().now() + self._ahead


@dataclass(kw_only=True)
class Counted:
    """What became of everybody."""

    mails: int
    kills: int
    states: Counter[str] = field(default_factory=Counter)
    twice: list[str] = field(default_factory=list)
    """Recipients who got more than one copy."""
    lost: list[str] = field(default_factory=list)
    """Said to be sent, and not there."""
    stuck: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """Recipients whose copy is not what was frozen."""

    @property
    def sound(self) -> bool:
        return not (self.twice or self.lost or self.stuck or self.changed)


async def run(url: str, *, mails: int, kills: int, seed: int = 7) -> Counted:
    """Write so many mails, let senders die so often while they send them, count. The database is made."""
    await migrate(url)
    dice = random.Random(seed)
    manners: dict[str, str] = {}
    refused: Counter[str] = Counter()

    def behave(address: str) -> str:
        manner = manners.get(address, "ok")
        if manner in FOR_NOW:
            refused[address] += 1
            return manner if refused[address] <= 2 else "ok"
        return manner

    async with sink(behave) as server, _nursery() as live:
        store = await Store.open(url)
        try:
            here = office(store, floor(port=server.port), clock=Later(0))
            conversation = await here.open()
            frozen: dict[str, tuple[str, bytes]] = {}
            for number in range(mails):
                address = f"r{number}@k{number % 9}.example"
                manners[address] = MANNERS[number % len(MANNERS)]
                id_ = await here.write(conversation, address)
                frozen[address] = (id_, await here.raw(id_))
            counted = Counted(mails=mails, kills=0)
            child = hours = 0
            while child < kills + _MORE_CHILDREN:
                die_at = dice.randrange(1, 5 * max(2, mails // max(1, kills)) + 1) if counted.kills < kills else 0
                code = await live(url, server.port, hours, die_at)
                counted.kills += code == -signal.SIGKILL
                child, hours = child + 1, hours + 6
                if die_at == 0 and not await _still_open(store):
                    break
            copies = server.copies()
            for address, (id_, raw) in frozen.items():
                state = (await here.recipients(id_))[address].state
                counted.states[state] += 1
                if copies[address] > 1:
                    counted.twice.append(address)
                if state == "sent" and copies[address] == 0:
                    counted.lost.append(address)
                if state in _OPEN:
                    counted.stuck.append(address)
                if any(taken != raw for whom, taken in server.taken if whom == address):
                    counted.changed.append(address)
            return counted
        finally:
            await store.close()


@contextlib.asynccontextmanager
async def _nursery() -> AsyncIterator[Callable[..., Awaitable[int]]]:
    """Bears senders; each call is a life, and says how it ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.mail.crashing", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    asked, told = process.stdin, process.stdout
    assert asked is not None
    assert told is not None

    async def live(*how: object) -> int:
        asked.write((" ".join(map(str, how)) + "\n").encode())
        async with asyncio.timeout(120):
            return int(await told.readline())

    try:
        yield live
    finally:
        asked.close()
        await process.wait()


async def _still_open(store: Store) -> int:
    async with store.read() as tx:
        return sum(count for _, state, count, _ in await tx.mail.outgoing_backlog() if state in _OPEN)


async def send(url: str, port: int, hours: float, die_at: int) -> None:
    """One sender's life: find what others left, send what is due, until there is nothing to do now."""
    steps = 0

    def step(_name: str) -> None:
        nonlocal steps
        steps += 1
        if steps == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    store = await Store.open(url)
    clock = Later(hours)
    more: dict[str, Any] = {"patience": PATIENCE, "pace": Pace(brand=_ENOUGH, relay=_ENOUGH, domain=_ENOUGH)}
    sender = office(store, floor(port=port), clock=clock, step=step, **more).sender
    while True:
        async with store.read() as tx:
            lost = await tx.mail.outgoing_lost(WORKSPACE, clock.now())
            due = await tx.mail.outgoing_due(WORKSPACE, clock.now())
        if not lost and not due:
            break
        for row in lost:
            await sender.find(row)
        await asyncio.gather(*(sender.run_lane(WORKSPACE, row.id) for row in due[:2]))
    await store.close()


def bear() -> None:
    """Forks before there is a thread or a loop: the parent only waits."""
    for line in sys.stdin:
        url, port, hours, die_at = line.split()
        child = os.fork()
        if child == 0:
            asyncio.run(send(url, int(port), float(hours), int(die_at)))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    bear()
