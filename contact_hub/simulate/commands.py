"""`contact-hub simulate`, from the arguments to what is printed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from contact_hub.errors import HubError
from contact_hub.simulate.load import Reader, Simulation, parse, parse_pair
from contact_hub.simulate.output import Report, comparison_of, document_of, show, show_comparison
from contact_hub.simulate.processes import Watch, cores, run_all
from routing.simulator.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line said; None: as the file says."""

    seeds: int = 1
    first_seed: int = 1
    arrivals: int | None = None
    warm_up_percent: float | None = None
    service_levels: tuple[float, ...] = ()
    processes: int | None = None
    as_json: bool = False
    per_seed: bool = False
    quiet: bool = False


def simulate_file(file: Path, other: Path | None, wanted: Wanted, out: Console, err: Console) -> bool:
    """Run a file, or two on the same arrivals; whether every check held. Raises HubError for a file that makes no sense."""
    if other is None:
        simulations: Sequence[Simulation] = [parse(_text(file), _beside(file))]
    else:
        simulations = parse_pair(_text(file), _text(other), _beside(file), _beside(other))
    reports = run(simulations, wanted, err)
    tell(reports, wanted, out)
    return not any(run.broken for report in reports for run in report.runs)


def run(simulations: Sequence[Simulation], wanted: Wanted, err: Console) -> list[Report]:
    """All seeds of all simulations, over as many processes as were asked for."""
    scenarios = [_as_wanted(one.scenario, wanted) for one in simulations]
    arrivals = [wanted.arrivals or one.arrivals for one in simulations]
    seeds = range(wanted.first_seed, wanted.first_seed + wanted.seeds)
    processes = min(wanted.processes or cores(), wanted.seeds * len(scenarios))
    started = time.monotonic()
    with _watched(sum(arrivals) * wanted.seeds, err, quiet=wanted.quiet) as watch:
        runs = run_all(scenarios, seeds, arrivals, processes=processes, watch=watch)
    seconds = time.monotonic() - started
    return [
        Report(scenario=scenario, runs=done, seeds=seeds, arrivals=count, seconds=seconds, processes=processes)
        for scenario, done, count in zip(scenarios, runs, arrivals, strict=True)
    ]


def tell(reports: Sequence[Report], wanted: Wanted, out: Console) -> None:
    """As a document or as tables."""
    if wanted.as_json:
        told = (
            document_of(reports[0], per_seed=wanted.per_seed)
            if len(reports) == 1
            else comparison_of(reports[0], reports[1], per_seed=wanted.per_seed)
        )
        sys.stdout.write(json.dumps(told, ensure_ascii=False, allow_nan=False) + "\n")
    elif len(reports) == 1:
        show(out, reports[0])
    else:
        show_comparison(out, reports[0], reports[1])


def _as_wanted(scenario: Scenario, wanted: Wanted) -> Scenario:
    if wanted.warm_up_percent is not None:
        scenario = replace(scenario, warm_up_share=wanted.warm_up_percent / 100, warm_up_seconds=None)
    return replace(scenario, service_levels=wanted.service_levels) if wanted.service_levels else scenario


@contextmanager
def _watched(total: int, err: Console, *, quiet: bool) -> Iterator[Watch]:
    """A bar for whoever looks at a terminal."""
    if quiet or not err.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("arrivals", total=total)
        yield lambda done: bar.update(task, completed=done)


def _beside(file: Path) -> Reader:
    def reader(name: str) -> str:
        return (file.parent / name).read_text(encoding="utf-8")

    return reader


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise HubError("workspace_unreadable", f"{file}: {unreadable}") from None
