"""What is read off while routing is measured: time, memory, noise.

Time is the CPU time of the thread, because the machine is shared. While something is measured the collector behaves as it does in the service: what was
there before is frozen, and for what comes it runs.
"""

from __future__ import annotations

import cProfile
import gc
import os
import sys
import time
from array import array
from pathlib import Path
from typing import Final

clock: Final = time.thread_time_ns

PROFILES: Final[list[cProfile.Profile]] = []
"""Where somebody wants a profile of what is measured: the one that is switched on with it."""


def percentiles(taken: array[int]) -> dict[str, float]:
    ordered = sorted(taken)
    count = len(ordered)

    def at(share: float) -> float:
        return round(ordered[min(count - 1, int(count * share))] / 1000, 2)

    return {"p50_us": at(0.5), "p99_us": at(0.99), "p999_us": at(0.999), "max_us": at(1.0), "samples": count}


def seconds_since(began: int) -> float:
    return (clock() - began) / 1e9


def noise_ms() -> float:
    """A fixed piece of work: how slow is it now?"""
    best = 1 << 62
    for _ in range(3):
        began = clock()
        table: dict[int, int] = {}
        for n in range(200_000):
            table[n * 7919 % 10_007] = n
        best = min(best, clock() - began)
    return round(best / 1e6, 2)


def jitter() -> dict[str, float]:
    """A piece of about twenty microseconds, time and again: what the machine alone does to percentiles."""
    taken = array("q")
    for _ in range(4_000):
        began = clock()
        table: dict[int, int] = {}
        for n in range(250):
            table[n * 7919 % 1_007] = n
        taken.append(clock() - began)
    return percentiles(taken)


def timer_us() -> float:
    taken = sorted(-(clock() - clock()) for _ in range(10_000))
    return taken[len(taken) // 2] / 1000


def rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


class Settled:
    """What is there is there to stay: the collector leaves it alone, as in the service, and runs for what comes."""

    def __init__(self, *, collect: bool) -> None:
        self._collect = collect

    def __enter__(self) -> None:
        gc.collect()
        gc.freeze()
        if self._collect:
            gc.enable()
        if PROFILES:
            PROFILES[0].enable()

    def __exit__(self, *_: object) -> None:
        if PROFILES:
            PROFILES[0].disable()
        gc.disable()
        gc.unfreeze()


class Progress:
    """Says on stderr how far one floor is."""

    def __init__(self, name: str) -> None:
        self._name, self._began, self._said = name, time.monotonic(), time.monotonic()

    def __call__(self, what: str) -> None:
        print(f"[{self._name}] {time.monotonic() - self._began:7.1f} s  {what}", file=sys.stderr, flush=True)

    def every(self, done: int, total: int) -> None:
        """Now and then."""
        if done % 1000 == 0 and time.monotonic() - self._said > 5:
            self._said = time.monotonic()
            self(f"{done} of {total}")
