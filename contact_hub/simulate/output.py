"""What a simulation says: a document for programs, tables for people. The keys are those of docs/simulator.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contact_hub.simulate.processes import Done
from routing.simulator.figures import Estimate, differences, estimates, nested
from routing.simulator.scenario import Scenario
from routing.simulator.tally import Path

CHECKS: Final = ("little", "flow", "seats")
SECTIONS: Final = ("total", "classes", "pools", "contracts", "flows")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All seeds of one scenario."""

    scenario: Scenario
    runs: Sequence[Done]
    seeds: Sequence[int]
    arrivals: int
    seconds: float
    processes: int

    @property
    def estimates(self) -> dict[Path, Estimate]:
        """Every figure over the seeds."""
        return estimates([run.figures for run in self.runs])


def document_of(report: Report, *, per_seed: bool) -> dict[str, Any]:
    """One scenario as a document."""
    scenario, core_seconds = report.scenario, sum(run.core_seconds for run in report.runs)
    broken = [
        (name, f"seed {seed}: {what}") for seed, run in zip(report.seeds, report.runs, strict=True) for name, what in run.broken
    ]
    arrived = report.arrivals * len(report.runs)
    sections = nested(report.estimates, per_seed=per_seed)
    return {
        "simulation": scenario.name,
        "seeds": len(report.seeds),
        "first_seed": report.seeds[0],
        "arrivals": report.arrivals,
        "start": scenario.start.isoformat(),
        "warm_up": {"percent": scenario.warm_up_share * 100, "seconds": scenario.warm_up_seconds},
        "service_levels": list(scenario.service_levels),
        "checks": {name: name not in {check for check, _ in broken} for name in CHECKS} | {"broken": [what for _, what in broken]},
        "speed": {
            "seconds": report.seconds,
            "core_seconds": core_seconds,
            "arrivals_per_core_second": arrived / core_seconds if core_seconds else None,
            "processes": report.processes,
        },
        **{name: sections.get(name, {}) for name in SECTIONS},
    }


def comparison_of(first: Report, second: Report, *, per_seed: bool) -> dict[str, Any]:
    """Two scenarios on the same arrivals, and second less first."""
    return {
        "first": document_of(first, per_seed=per_seed),
        "second": document_of(second, per_seed=per_seed),
        "difference": nested(paired(first, second), per_seed=per_seed),
    }


def paired(first: Report, second: Report) -> dict[Path, Estimate]:
    """The difference of every figure, seed by seed."""
    return differences([run.figures for run in first.runs], [run.figures for run in second.runs])


_ASKED: Final = (
    "admitted",
    "p_wait",
    "p_abandon",
    "p_blocked",
    "wait_mean_seconds",
    "wait_p95_seconds",
    "service_level",
    "queue_mean",
)
_POOL: Final = ("served", "share", "occupancy", "p_wait", "wait_served_mean_seconds", "handling_mean_seconds", "cost")
_CONTRACT: Final = ("served", "share", "tier_share", "cost", "cap_days")
_WIDE: Final = 1_000
_ROWS_MAX: Final = 25
_SHARES: Final = frozenset(
    {"p_wait", "p_abandon", "p_blocked", "service_level", "share", "occupancy", "tier_share", "service_level_served"}
)


def show(console: Console, report: Report) -> None:
    """One scenario for people."""
    told, found = document_of(report, per_seed=False), report.estimates
    size = f"{told['arrivals']:,} arrivals"
    if told["seeds"] > 1:
        size = f"{told['seeds']} seeds × {size}; mean ± half of the 95 % interval over seeds"
    console.print(f"[bold]{escape(told['simulation'])}[/]: {size}", soft_wrap=True)
    _tables(console, found, _plus_minus)
    speed = told["speed"]
    if speed["arrivals_per_core_second"]:
        pace = f"{speed['arrivals_per_core_second']:,.0f} arrivals a core-second"
        console.print(f"{speed['seconds']:.1f} s on {speed['processes']} processes, {pace}", style="dim")
    for sentence in told["checks"]["broken"]:
        console.print(f"[bold red]check failed[/] {escape(sentence)}")


def show_comparison(console: Console, first: Report, second: Report) -> None:
    """Second less first, for people; what is certain is bold."""
    show(console, first)
    show(console, second)
    console.print(
        "[bold]difference[/]: second less first on the same arrivals; bold where the 95 % interval leaves out nought",
        soft_wrap=True,
    )
    _tables(console, paired(first, second), _changed)


def _tables(console: Console, found: Mapping[Path, Estimate], write: Callable[[str, Estimate | None], str]) -> None:
    everything = _names(found, "classes")
    largest = sorted(everything, key=lambda name: -abs(_mean(found, ("classes", name, "arrivals"))))[:_ROWS_MAX]
    classes = [("classes", name) for name in everything if name in largest]
    asked = [("total",), *classes] if len(classes) > 1 else classes
    _table(console, found, "class", asked, _ASKED, write)
    if len(everything) > len(classes):
        console.print(f"and {len(everything) - len(classes)} smaller classes; --json has them all", style="dim")
    _table(console, found, "pool", [("pools", name) for name in _names(found, "pools")], _POOL, write)
    contracts = _names(found, "contracts")
    if len(contracts) > 1:
        _table(console, found, "contract", [("contracts", name) for name in contracts], _CONTRACT, write)
    pools = _names(found, "pools")
    if len(pools) > 1:
        table = Table(title="flows: share of a class's served by pool", title_justify="left", box=None)
        for head in ("class", *pools):
            table.add_column(head, justify="left" if head == "class" else "right", no_wrap=True)
        for _, name in classes:
            table.add_row(escape(name), *(write("share", found.get(("flows", name, pool, "share"))) for pool in pools))
        _print(console, table)


def _table(
    console: Console,
    found: Mapping[Path, Estimate],
    head: str,
    rows: Sequence[Path],
    quantities: Sequence[str],
    write: Callable[[str, Estimate | None], str],
) -> None:
    columns = [path for name in quantities for path in _columns(found, rows, name)]
    table = Table(box=None)
    table.add_column(head, no_wrap=True)
    for path in columns:
        table.add_column(" ≤ ".join(path).replace("_seconds", " s").replace("_", " "), justify="right", no_wrap=True)
    for row in rows:
        table.add_row(escape(row[-1]), *(write(path[0], found.get((*row, *path))) for path in columns))
    _print(console, table)


def _print(console: Console, table: Table) -> None:
    """As wide as it is: a number that is cut off says something else."""
    wide = console.measure(table, options=console.options.update(max_width=_WIDE)).maximum
    Console(file=console.file, width=max(wide, console.width), force_terminal=console.is_terminal).print(table, crop=False)


def _columns(found: Mapping[Path, Estimate], rows: Sequence[Path], name: str) -> list[Path]:
    """The quantity, or one for each of its thresholds; none where every row has nothing but noughts."""
    paths = dict.fromkeys(path[len(row) :] for row in rows for path in found if path[: len(row) + 1] == (*row, name))
    dull = name in {"p_abandon", "p_blocked", "cost", "cap_days"}
    return [path for path in paths if not dull or any((one := found.get((*row, *path))) and one.mean for row in rows)]


def _names(found: Mapping[Path, Estimate], section: str) -> list[str]:
    return list(dict.fromkeys(path[1] for path in found if path[0] == section))


def _mean(found: Mapping[Path, Estimate], path: Path) -> float:
    one = found.get(path)
    return one.mean if one is not None and one.mean is not None else 0.0


def _plus_minus(name: str, one: Estimate | None) -> str:
    if one is None or one.mean is None:
        return "–"
    half = "" if one.high is None else f" ± {_number(name, one.high - one.mean)}"
    return f"{_number(name, one.mean)}{half}"


def _changed(name: str, one: Estimate | None) -> str:
    if one is None or one.mean is None:
        return "–"
    sure = one.low is not None and one.high is not None and (one.low > 0 or one.high < 0)
    half = "" if one.high is None else f" ± {_number(name, one.high - one.mean)}"
    text = f"{'+' if one.mean > 0 else ''}{_number(name, one.mean)}{half}"
    return f"[bold]{text}[/]" if sure else text


def _number(name: str, value: float) -> str:
    if name in _SHARES:
        return f"{value * 100:.2f} %"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
