"""Fetchers as processes of their own, to be killed: `python -m tests.mail.fetcher DATABASE`.

Each reads the mailboxes of the workspace that was applied there and works off what came. A nursery loads everything once and forks one for every line it
reads, so that twenty of them begin at once; it answers with their numbers.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from contact_hub.bus import MemoryBus
from contact_hub.clock import SystemClock
from contact_hub.conversations.service import Conversations
from contact_hub.ids import Ids
from contact_hub.jobs import Jobs
from contact_hub.jobs.kicks import LocalKicks
from contact_hub.jobs.runner import Runner
from contact_hub.mail.boxes import Boxes
from contact_hub.mail.intake import Intake
from contact_hub.mail.placing import Placing
from contact_hub.mail.returns import Returns
from contact_hub.mail.workshop import InProcess
from contact_hub.store import Store
from contact_hub.workspace.service import Workspaces
from i18n.detection import Detection, Detectors, Hints, detect

_detectors = Detectors.parse("eldc")


def hear(text: str, hints: Hints) -> Detection:
    return detect(text, hints=hints, detectors=_detectors)


async def fetch(url: str) -> None:
    store = await Store.open(url)
    clock, ids, bus = SystemClock(), Ids(), MemoryBus()
    workspaces = Workspaces(store=store, bus=bus, clock=clock)
    await workspaces.refresh()
    conversations = Conversations(store=store, workspaces=workspaces, bus=bus, clock=clock, ids=ids, detect=hear)
    jobs = Jobs(clock=clock, ids=ids)
    intake = Intake(
        store=store,
        workspaces=workspaces,
        jobs=jobs,
        clock=clock,
        ids=ids,
        reader=InProcess(),
        placing=Placing(conversations=conversations, clock=clock, ids=ids, detect=hear),
        returns=Returns(conversations=conversations, bus=bus),
    )
    jobs.register(*intake.kinds())
    node = f"fetcher-{os.getpid()}"
    runner = Runner(jobs, store=store, clock=clock, node=node, poll_seconds=0.5)
    kicks = LocalKicks(runner)
    jobs.on_added = kicks.kick
    boxes = Boxes(intake=intake, store=store, workspaces=workspaces, clock=clock, node=node, poll_seconds=5, lease_seconds=1)
    async with asyncio.TaskGroup() as group:
        for work in (kicks.run(), runner.watch(kicks.kick), runner.keep(), boxes.run()):
            group.create_task(work)


class Nursery:
    """The other end: begins fetchers and kills them, as a power cut would."""

    def __init__(self, url: str) -> None:
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mail.fetcher", url],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._fetcher = 0

    def begin(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: PT018
        self._process.stdin.write("begin\n")
        self._process.stdin.flush()
        self._fetcher = int(self._process.stdout.readline())

    def kill(self) -> None:
        if self._fetcher:
            os.kill(self._fetcher, signal.SIGKILL)
            self._fetcher = 0

    def close(self) -> None:
        self.kill()
        self._process.kill()
        self._process.communicate()


def main(url: str) -> None:
    detect("Guten Tag", hints=Hints(), detectors=_detectors)
    for _ in sys.stdin:
        fetcher = os.fork()
        if not fetcher:
            os.dup2(2, 1)  # what it logs is no answer
            asyncio.run(fetch(url))
        sys.stdout.write(f"{fetcher}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    main(sys.argv[1])
