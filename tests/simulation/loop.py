"""An event loop without a machine below it: time is a number, and whoever has nothing to do jumps to the next thing due.

Everything that runs belongs to a `Process` (a node of ours) or to the world. A process can be stopped as by SIGSTOP (what it would do is kept for later) or
killed as by SIGKILL (what it would do never happens, not even its `finally`). Order is first come, first served, so a seed alone decides what happens.
"""

from __future__ import annotations

import asyncio
import heapq
import sys
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from typing import Any, Literal, TypeVar

T = TypeVar("T")


class Process:
    """A program that can be stopped and killed. `cares` are called when it dies, as a kernel closes what a program had open."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state: Literal["running", "stopped", "dead"] = "running"
        self.steps = 0
        self.doom: tuple[int, Callable[[], None]] | None = None
        """What happens to it when it is about to take this step."""
        self.cares: dict[object, Callable[[], None]] = {}
        self.held: list[asyncio.Handle] = []


_PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)
_WORLD: Context = copy_context()


def inside(process: Process | None) -> Context:
    """A context in which everything belongs to this process."""
    context = _WORLD.copy()
    context.run(_PROCESS.set, process)
    return context


class Stuck(Exception):
    """Nothing will ever happen again, and the main task waits."""


class VirtualLoop(asyncio.AbstractEventLoop):
    def __init__(self) -> None:
        self._now = 0.0
        self._ready: deque[tuple[Process | None, asyncio.Handle]] = deque()
        self._timers: list[tuple[float, int, Process | None, asyncio.TimerHandle]] = []
        self._count = 0
        self._tasks: list[asyncio.Task[Any]] = []
        self._closed = False
        self.steps = 0
        self.troubles: list[str] = []

    # ------------------------------------------------------------ what asyncio asks of a loop

    def time(self) -> float:
        return self._now

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        if not self._closed:
            process = _PROCESS.get() if context is None else context.get(_PROCESS)
            self._ready.append((process, handle))
        return handle

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        if not self._closed:
            self._count += 1
            process = _PROCESS.get() if context is None else context.get(_PROCESS)
            heapq.heappush(self._timers, (when, self._count, process, timer))
        return timer

    def call_later(
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is skipped when its time comes."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> asyncio.Task[Any]:
        if self._closed:
            coro.close()
            raise RuntimeError("the history is over")
        # named here: the counter that asyncio keeps for names goes on from history to history
        task = asyncio.Task(coro, loop=self, name=name or "task", context=context)
        self._tasks.append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self._closed:
            self.troubles.append(f"{context.get('message')}: {context.get('exception')!r}")

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self._closed

    def is_closed(self) -> bool:
        return self._closed

    # ------------------------------------------------------------ running

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Until `main` is done; then nothing of this loop ever runs again."""
        assert events._get_running_loop() is None, "one history at a time"
        events._set_running_loop(self)
        try:
            task: asyncio.Task[T] = self.create_task(main, name="history", context=inside(None))
            while not task.done():
                self._turn()
            return task.result()
        finally:
            self._close()
            events._set_running_loop(None)

    def _turn(self) -> None:
        if not self._ready:
            self._advance()
        process, handle = self._ready.popleft()
        if handle.cancelled():
            return
        if process is not None:
            if process.state == "dead":
                return
            if process.state == "stopped":
                process.held.append(handle)
                return
            process.steps += 1
            if process.doom is not None and process.steps >= process.doom[0]:
                _, strike = process.doom
                process.doom = None
                self._ready.appendleft((process, handle))
                inside(None).run(strike)
                return
        self.steps += 1
        handle._run()

    def _advance(self) -> None:
        while self._timers and self._timers[0][3].cancelled():
            heapq.heappop(self._timers)
        if not self._timers:
            raise Stuck
        self._now = max(self._now, self._timers[0][0])
        while self._timers and self._timers[0][0] <= self._now:
            _, _, process, timer = heapq.heappop(self._timers)
            self._ready.append((process, timer))

    def _close(self) -> None:
        """Tidy up what the dead and the unfinished left: their coroutines are closed here, where whatever they still do reaches nobody."""
        self._closed = True
        self._ready.clear()
        self._timers.clear()
        told, sys.unraisablehook = sys.unraisablehook, lambda _what: None  # a `finally` that would still like to wait cannot
        try:
            for task in self._tasks:
                if not task.done():
                    task._log_destroy_pending = False  # type: ignore[attr-defined]
                    with suppress(BaseException):
                        task.get_coro().close()  # type: ignore[union-attr]
                elif not task.cancelled():
                    task.exception()
            self._tasks.clear()
        finally:
            sys.unraisablehook = told

    # ------------------------------------------------------------ processes

    def spawn(self, process: Process | None, coro: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """A task that belongs to a process, or to the world."""
        return self.create_task(coro, name=name, context=inside(process))

    def world_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> asyncio.TimerHandle:
        """Something that happens between the processes: it happens, whatever becomes of them."""
        return self.call_at(self._now + delay, callback, *args, context=_WORLD.copy())

    def stop(self, process: Process) -> None:
        if process.state == "running":
            process.state = "stopped"

    def resume(self, process: Process) -> None:
        """All that came due meanwhile happens now, in its order."""
        if process.state == "stopped":
            process.state = "running"
            self._ready.extendleft((process, handle) for handle in reversed(process.held))
            process.held = []

    def kill(self, process: Process) -> None:
        process.state = "dead"
        process.held = []
        cares, process.cares = process.cares, {}
        for care in cares.values():
            inside(None).run(care)


def this_process() -> Process | None:
    """Whose code is running."""
    return _PROCESS.get()
