"""How fast routing decides, and how much it keeps: whole `engine.feed(event, now)` calls on a large floor.

    python -m bench.routing [--json] [--quick] [--only ROW,…] [--floor surplus|saturated|small|unique] [--agents N] [--waiting N] [--classes N] …
    python -m bench.routing --only arrival_queued --floor saturated --agents 1000 --profile

Each *floor* is built in a process of its own, so that memory is its own too. On the **surplus** floor everybody is signed on and half of them have an inquiry
in hand; on the **saturated** floor everybody is signed on, a third is ready with every seat taken and the others are away, and so many wait; **small** and
**unique** are both again, with 1,000 agents and with a profile for nearly every agent; **restore** is given the saturated floor's facts as rows. Figures are
CPU time of the thread around one `feed`, by `time.thread_time_ns` (its own cost is in them, and stated). As the service does, the collector is told to leave
alone what was there before (`gc.freeze`) and runs; and as the owner does, `engine.changes()` is called every 256 events, outside the timers. Where a kind is
measured on both floors the worse one counts. Classes were all met before (what the first of a class costs: `detail`). Ids are as long as the service's.
Time passes on a clock of our own: about 100 arrivals a second. What reading a decision's trace costs is measured beside it, not in it.

`growth_*` are ratios of the worst of the kinds they name. The plain scan is a loop over all agents with everything it needs at hand, over the same demands.
Throughput counts every event fed, the cost of making the events included. `pool_open_s` and `version_change_s` are CPU seconds until nothing is left that is
due, an arrival fed between any two slices (`engine.changes()` apart, as everywhere); `longest_stall_ms` is the longest single feed in either. Noise: a fixed
loop is timed before and after each floor, and after each measured loop a fixed piece of about 15 µs four thousand times: what its p99 is above its p50 is the
machine's part of all others.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import platform
import pstats
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TextIO

import msgspec

from bench.driving import Task
from bench.gauges import PROFILES, timer_us
from bench.routing_floors import SATURATED_KINDS, SURPLUS_KINDS, measure
from bench.worlds import Size, smaller

KINDS: Final = ("arrival_free", "arrival_queued", "agent_frees", "accept", "decline", "lapse", "withdraw", "relax")
FIRST: Final = ("arrival_free", "arrival_queued", "agent_frees")
GROWTH: Final = ("growth_agents_p99", "growth_unique_p99", "growth_million_p50")
MOMENTS: Final = ("pool_open_s", "version_change_s", "longest_stall_ms")
ROWS: Final = (*KINDS, "scan_ratio_p99", *GROWTH, "events_per_core_second", "rss_mb", "restore_s", *MOMENTS)
FLOORS: Final = ("surplus", "saturated", "small", "unique", "restore")

GOALS: Final[Mapping[str, float]] = {
    "scan_ratio_p99": 0.01,
    "growth_agents_p99": 2,
    "growth_unique_p99": 2,
    "growth_million_p50": 4,
    "events_per_core_second": 40_000,
    "rss_mb": 600,
    "restore_s": 10,
    "pool_open_s": 1,
    "version_change_s": 1,
    "longest_stall_ms": 50,
}

_FULL: Final = {
    "agents": 100_000,
    "waiting": 1_000_000,
    "classes": 8_000,
    "pools": 500,
    "samples": 20_000,
    "events": 200_000,
    "scans": 300,
}
_QUICK: Final = {"agents": 10_000, "waiting": 50_000, "classes": 800, "pools": 50, "samples": 2_000, "events": 20_000, "scans": 100}


def main() -> None:
    """Measure and print."""
    options = _options()
    if options.task:
        print(json.dumps(measure(msgspec.json.decode(options.task, type=Task))))
        return
    chosen = frozenset(options.only.split(",")) if options.only else frozenset(ROWS)
    if unknown := chosen - set(ROWS):
        sys.exit(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    if options.profile:
        PROFILES.append(cProfile.Profile())
    with tempfile.TemporaryDirectory() as folder:
        facts = options.facts or Path(folder) / "facts.jsonl"
        tasks = _tasks(options, chosen, facts)
        found = {task.floor: _run(task, here=options.here or options.profile) for task in tasks}
    for profile in PROFILES:
        pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(40)
    report = _report(found, chosen, options.waiting)
    _print_table(report, sys.stderr if options.json else sys.stdout)
    if options.json:
        print(
            json.dumps(
                report.rows
                | {"goals": _goals(chosen), "met": report.met, "machine": _machine(options, found), "detail": report.detail}
            )
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object on one line (the table goes to stderr)")
    parser.add_argument("--only", default="", help=f"rows, with commas: {', '.join(ROWS)}")
    parser.add_argument("--floor", default="", help=f"floors, with commas: {', '.join(FLOORS)}")
    parser.add_argument("--quick", action="store_true", help="10,000 agents in 50 pools, 50,000 waiting, few samples")
    parser.add_argument("--agents", type=int)
    parser.add_argument("--waiting", type=int)
    parser.add_argument("--classes", type=int)
    parser.add_argument("--pools", type=int)
    parser.add_argument("--samples", type=int)
    parser.add_argument("--events", type=int, help="how many for the throughput")
    parser.add_argument("--scans", type=int)
    parser.add_argument(
        "--ready", type=float, default=0.35, help="share of agents ready (and busy) on the saturated floor; the others are away"
    )
    parser.add_argument("--busy", type=float, default=0.5, help="inquiries in hand an agent on the surplus floor")
    parser.add_argument("--shares", type=float, default=0.1, help="share of clients that divide their first tier by weights")
    parser.add_argument("--broad", action="store_true", help="pools serve ten times as many brands and more languages")
    parser.add_argument(
        "--ids", choices=("long", "short"), default="long", help="ids as long as the service's, and conversations; or neither"
    )
    parser.add_argument(
        "--fresh-demands", action="store_true", help="every arrival brings a demand of its own, as rows do, instead of a shared one"
    )
    parser.add_argument("--untracked", action="store_true", help="Engine(plan, tracked=False), as a simulation has it")
    parser.add_argument("--gc", choices=("on", "off"), default="on", help="the collector, after freezing what is there")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--here", action="store_true", help="in this process, for a profiler")
    parser.add_argument("--profile", action="store_true", help="here, and print where the time of the measured loops goes")
    parser.add_argument("--facts", type=Path, help="where the rows to restore from are kept; used again where they are there")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = _QUICK if options.quick else _FULL
    for name, value in sizes.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


def _tasks(options: argparse.Namespace, chosen: frozenset[str], facts: Path) -> list[Task]:
    """Which floors are needed for what was asked, and what is measured on each."""
    size = Size(
        agents=options.agents,
        classes=options.classes,
        pools=options.pools,
        shares=options.shares,
        broad=options.broad,
        seed=options.seed,
    )
    middle = max(1, options.waiting // 10)
    growing = chosen & set(GROWTH)
    beside = growing & {"growth_agents_p99", "growth_unique_p99"}
    first, last = set(SURPLUS_KINDS) & chosen, set(SATURATED_KINDS) & chosen
    extra = chosen & {"events_per_core_second", "restore_s", "pool_open_s", "version_change_s"}
    if "longest_stall_ms" in chosen:
        extra |= {"pool_open_s", "version_change_s"}
    if facts.exists():
        extra -= {"restore_s"}
    surplus = first | (extra & {"events_per_core_second"}) | (chosen & {"scan_ratio_p99"})
    if "scan_ratio_p99" in chosen or beside:
        surplus |= {"arrival_free"}
    saturated = last | extra
    if "growth_million_p50" in growing:
        saturated |= {"arrival_queued"}
    depths = {min(1_000, options.waiting)} if "growth_million_p50" in growing else set()
    depths |= {middle} if beside else set()
    depths |= {options.waiting} if saturated or "rss_mb" in chosen else set()
    common: dict[str, Any] = {
        "samples": options.samples,
        "events": options.events,
        "scans": options.scans,
        "ready": options.ready,
        "busy": options.busy,
        "long_ids": options.ids == "long",
        "fresh": options.fresh_demands,
        "tracked": not options.untracked,
        "collect": options.gc == "on",
        "facts": str(facts),
    }
    unique = replace(size, unique=True)
    few = smaller(size, max(1, options.agents // 100))
    sides = ("surplus", "arrival_free", "arrival_queued", "agent_frees")
    found = [
        Task(floor="surplus", size=size, waiting=(), sections=tuple(sorted(surplus)), **common) if surplus else None,
        Task(floor="saturated", size=size, waiting=tuple(sorted(depths)), sections=tuple(sorted(saturated)), **common)
        if depths
        else None,
        Task(floor="small", size=few, waiting=(middle,), sections=sides, **common) if "growth_agents_p99" in growing else None,
        Task(floor="unique", size=unique, waiting=(middle,), sections=sides, **common) if "growth_unique_p99" in growing else None,
        Task(floor="restore", size=size, waiting=(), sections=(), **common) if "restore_s" in chosen else None,
    ]
    return [task for task in found if task is not None and (not options.floor or task.floor in options.floor.split(","))]


def _run(task: Task, *, here: bool) -> dict[str, Any]:
    """Measure in a child, or here where somebody wants to profile it."""
    if task.floor == "restore" and not Path(task.facts).exists():
        print("no facts to restore from: the saturated floor writes them", file=sys.stderr)
        return {}
    if here:
        return measure(task)
    command = [sys.executable, "-m", "bench.routing", "--task", msgspec.json.encode(asdict(task)).decode()]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        print(f"the {task.floor} floor ended with {done.returncode}: its rows are missing", file=sys.stderr)
        return {}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@dataclass(slots=True, kw_only=True)
class Report:
    """The rows as they come in."""

    chosen: frozenset[str]
    rows: dict[str, Any] = field(default_factory=dict)
    met: dict[str, bool] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)

    def put(self, row: str, value: Any, *, met: bool) -> None:
        """One row, if it was asked for."""
        if row in self.chosen:
            self.rows[row], self.met[row] = value, met

    def number(self, row: str, value: float, *, at_least: bool = False) -> None:
        """A row that is one number with a goal."""
        self.put(row, value, met=value >= GOALS[row] if at_least else value <= GOALS[row])


def _report(found: Mapping[str, Mapping[str, Any]], chosen: frozenset[str], waiting: int) -> Report:
    report = Report(chosen=chosen, detail=dict(found))
    surplus, saturated = found.get("surplus", {}), found.get("saturated", {})
    free, deep = surplus.get("surplus", {}), saturated.get("depths", {}).get(str(waiting), {})
    for kind in KINDS:
        sides = ((free, SURPLUS_KINDS), (deep, SATURATED_KINDS))
        seen = [figures[kind] for figures, kinds in sides if kind in kinds and kind in figures]
        if seen:
            worst = {name: max(one[name] for one in seen) for name in ("p50_us", "p99_us", "p999_us")}
            report.put(kind, worst | {"samples": sum(one["samples"] for one in seen)}, met=_fast_enough(kind, worst))
    if "scan" in surplus and "arrival_free" in free:
        report.number("scan_ratio_p99", round(free["arrival_free"]["p99_us"] / surplus["scan"]["p99_us"], 5))
    _report_growth(report, found, waiting)
    report.detail["trace_render_us"] = {
        kind.removeprefix("trace_"): {name: figures[kind][name] for name in ("p50_us", "p99_us")}
        for figures in (free, deep)
        for kind in figures
        if kind.startswith("trace_")
    }
    rates = [
        figures["events_per_core_second"]
        for floor, key in ((surplus, "surplus_events"), (saturated, "saturated_events"))
        if (figures := floor.get(key))
    ]
    if rates:
        report.number("events_per_core_second", min(rates), at_least=True)
    if "waiting" in saturated.get("memory_mb", {}):
        report.number("rss_mb", saturated["memory_mb"]["waiting"])
    if found.get("restore"):
        report.number("restore_s", found["restore"]["restore_s"])
    moments = [saturated[name] for name in ("pool_open", "version_change") if name in saturated]
    for name in ("pool_open", "version_change"):
        if name in saturated:
            seconds = saturated[name]["seconds"]
            report.put(f"{name}_s", seconds, met=saturated[name]["done"] and seconds <= GOALS[f"{name}_s"])
    if moments:
        report.number("longest_stall_ms", max(moment["longest_stall_ms"] for moment in moments))
    return report


def _report_growth(report: Report, found: Mapping[str, Mapping[str, Any]], waiting: int) -> None:
    middle, table = str(max(1, waiting // 10)), {}
    pooled = _at(found, ("surplus", "saturated"), middle)
    for row, floor in (("growth_agents_p99", "small"), ("growth_unique_p99", "unique")):
        other = _at(found, (floor,), middle)
        ratios = {
            kind: round(
                pooled[kind]["p99_us"] / other[kind]["p99_us"]
                if floor == "small"
                else other[kind]["p99_us"] / pooled[kind]["p99_us"],
                2,
            )
            for kind in FIRST
            if kind in pooled and kind in other
        }
        if ratios:
            table[row] = {kind: {"ratio": ratio, "pooled": pooled[kind], floor: other[kind]} for kind, ratio in ratios.items()}
            report.number(row, max(ratios.values()))
    depths = found.get("saturated", {}).get("depths", {})
    few, many = depths.get(str(min(1_000, waiting)), {}), depths.get(str(waiting), {})
    ratios = {
        kind: round(many[kind]["p50_us"] / few[kind]["p50_us"], 2)
        for kind in ("arrival_queued", "agent_frees")
        if kind in few and kind in many
    }
    if ratios:
        table["growth_million_p50"] = {
            kind: {"ratio": ratio, "few": few[kind], "many": many[kind]} for kind, ratio in ratios.items()
        }
        report.number("growth_million_p50", max(ratios.values()))
    report.detail["growth"] = table


def _at(found: Mapping[str, Mapping[str, Any]], floors: Sequence[str], depth: str) -> dict[str, Any]:
    """The three first kinds on a floor, at the depth at which all floors are compared."""
    figures: dict[str, Any] = {}
    for floor in floors:
        figures |= found.get(floor, {}).get("surplus", {}) | found.get(floor, {}).get("depths", {}).get(depth, {})
    return figures


def _fast_enough(kind: str, figures: Mapping[str, float]) -> bool:
    if kind in FIRST:
        return figures["p50_us"] <= 20 and figures["p99_us"] <= 60 and figures["p999_us"] <= 200
    return figures["p50_us"] <= 20 and figures["p99_us"] <= 80


def _goals(chosen: frozenset[str]) -> dict[str, Any]:
    first, later = {"p50_us": 20, "p99_us": 60, "p999_us": 200}, {"p50_us": 20, "p99_us": 80}
    return {row: GOALS.get(row) or (first if row in FIRST else later) for row in ROWS if row in chosen}


def _print_table(report: Report, out: TextIO) -> None:
    print(f"{'':26}{'figure':>34}   goal", file=out)
    for row in ROWS:
        if row not in report.rows:
            continue
        value = report.rows[row]
        if row in KINDS:
            figure = f"{value['p50_us']:9.1f} / {value['p99_us']:7.1f} / {value['p999_us']:7.1f} µs"
            goal = "20 / 60 / 200" if row in FIRST else "20 / 80"
        else:
            figure, goal = f"{value:,}", f"{'≥' if row == 'events_per_core_second' else '≤'} {GOALS[row]:,}"
        print(f"{row:26}{figure:>34}   {goal:16}{'met' if report.met[row] else 'NOT MET'}", file=out)
    for row, kinds in report.detail.get("growth", {}).items():
        for kind, one in kinds.items():
            sides = "   ".join(
                f"{name} {side['p50_us']}/{side['p99_us']}/{side['p999_us']}" for name, side in one.items() if name != "ratio"
            )
            print(f"  {row:24}{kind:16} × {one['ratio']:<8}{sides}", file=out)
    for kind, one in report.detail.get("trace_render_us", {}).items():
        print(f"  reading a trace of {kind}: {one['p50_us']} / {one['p99_us']} µs", file=out)
    for floor, figures in report.detail.items():
        if "first_of_class" in figures:
            first = figures["first_of_class"]
            print(f"  {floor:12} first of a class: {first['p50_us']} / {first['p99_us']} µs, worst {first['max_us']}", file=out)
        for where, side in (("free", figures.get("surplus", {})), *figures.get("depths", {}).items()):
            if "jitter" in side:
                fixed = side["jitter"]
                print(
                    f"  {floor:12} {where}: noise {side['noise_ms']} ms, a fixed piece {fixed['p50_us']} / {fixed['p99_us']} / {fixed['p999_us']} µs",
                    file=out,
                )
        for name in ("pool_open", "version_change"):
            if name in figures:
                told = figures[name]
                print(
                    f"  {floor:12} {name}: {told['offers']} offers in {told['feeds']} feeds; longest {'; '.join(told['longest'])}",
                    file=out,
                )
        if "memory_mb" in figures:
            print(f"  {floor:12} MB {figures['memory_mb']}   noise {figures['noise_ms']} ms", file=out)


def _machine(options: argparse.Namespace, found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "timer_us": timer_us(),
        "noise_ms": {floor: figures["noise_ms"] for floor, figures in found.items() if "noise_ms" in figures},
        "sizes": {
            name: getattr(options, name)
            for name in (*_FULL, "ready", "busy", "shares", "broad", "ids", "gc", "seed", "untracked", "fresh_demands")
        },
    }


if __name__ == "__main__":
    main()
