"""Seeds over processes. A seed gives the same figures wherever it runs, so nothing but the time depends on how many there are."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from routing.simulator.run import simulate
from routing.simulator.scenario import Scenario
from routing.simulator.tally import Figures, figures_of

Watch = Callable[[int], None]
"""Told how many have arrived, in all runs together."""

_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One seed of one scenario."""

    figures: Figures
    broken: tuple[tuple[str, str], ...]
    core_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Which scenario under which seed."""

    scenario: int
    seed: int
    place: int


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_all(
    scenarios: Sequence[Scenario], seeds: Sequence[int], arrivals: Sequence[int], *, processes: int, watch: Watch
) -> list[list[Done]]:
    """Every scenario under every seed: a list a scenario, in the order of the seeds."""
    jobs = [Job(scenario=n, seed=seed, place=0) for seed in seeds for n in range(len(scenarios))]
    jobs = [Job(scenario=job.scenario, seed=job.seed, place=place) for place, job in enumerate(jobs)]
    processes = min(processes, len(jobs))
    done = _here(scenarios, jobs, arrivals, watch) if processes == 1 else _spread(scenarios, jobs, arrivals, processes, watch)
    return [[done[job.place] for job in jobs if job.scenario == n] for n in range(len(scenarios))]


def _here(scenarios: Sequence[Scenario], jobs: Sequence[Job], arrivals: Sequence[int], watch: Watch) -> list[Done]:
    before, done = 0, []
    for job in jobs:

        def tell(arrived: int, before: int = before) -> None:
            watch(before + arrived)

        done.append(_one(scenarios[job.scenario], job.seed, arrivals[job.scenario], tell))
        before += arrivals[job.scenario]
    watch(before)
    return done


def _spread(
    scenarios: Sequence[Scenario], jobs: Sequence[Job], arrivals: Sequence[int], processes: int, watch: Watch
) -> list[Done]:
    context = get_context("spawn")  # a fork would copy locks that another thread holds
    counts: Any = context.Array("q", len(jobs), lock=False)
    with ProcessPoolExecutor(
        processes, mp_context=context, initializer=_begin, initargs=(tuple(scenarios), tuple(arrivals), counts)
    ) as pool:
        futures: list[Future[Done]] = [pool.submit(_work, job) for job in jobs]
        waiting = set(futures)
        try:
            while waiting:
                ended, waiting = wait(waiting, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
                for one in ended:
                    one.result()
                watch(sum(counts))
        except BaseException:
            for one in futures:
                one.cancel()
            raise
    return [one.result() for one in futures]


_begun: tuple[tuple[Scenario, ...], tuple[int, ...], Any] | None = None
"""What this worker was given once, instead of with every job."""


def _begin(scenarios: tuple[Scenario, ...], arrivals: tuple[int, ...], counts: Any) -> None:
    global _begun  # noqa: PLW0603 - an initializer has no other place
    _begun = scenarios, arrivals, counts


def _work(job: Job) -> Done:
    assert _begun is not None
    scenarios, arrivals, counts = _begun

    def tell(arrived: int) -> None:
        counts[job.place] = arrived

    return _one(scenarios[job.scenario], job.seed, arrivals[job.scenario], tell)


def _one(scenario: Scenario, seed: int, arrivals: int, tell: Watch) -> Done:
    started = time.process_time()
    with _no_collector():
        tally = simulate(scenario, seed=seed, arrivals=arrivals, progress=tell)
    tell(arrivals)
    figures = figures_of(tally)
    return Done(figures=figures, broken=tally.broken, core_seconds=time.process_time() - started)


@contextmanager
def _no_collector() -> Iterator[None]:
    """A run makes no cycles, so there is nothing to collect; looking for them costs a tenth."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
