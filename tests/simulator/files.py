"""Simulation files for tests, as text and as documents."""

from __future__ import annotations

from typing import Any

from contact_hub.simulate.load import Simulation, parse, simulation_of
from routing.simulator.run import simulate
from routing.simulator.tally import Figures, Tally, figures_of

FCFS: dict[str, Any] = {"choice": [], "fewest_in_hand": False}

ERLANG_C = """\
simulation: {name: Erlang C, service_levels: [20]}
agents:
  - {count: 8, pool: home}
traffic:
  - name: calls
    arrivals: {per_hour: 100}
    service: {exponential: 180}
rules: {choice: [], fewest_in_hand: false}
"""


def no_files(name: str) -> str:
    """A reader where there is nothing to read."""
    raise FileNotFoundError(2, "No such file or directory", name)


def read(text: str) -> Simulation:
    """The simulation of a text that names no files."""
    return parse(text, no_files)


def calls(per_hour: float = 100, service: Any = None, *, name: str = "calls", **more: Any) -> dict[str, Any]:
    """One class of traffic."""
    return {"name": name, "arrivals": {"per_hour": per_hour}, "service": service or {"exponential": 180}, **more}


def floor(*traffic: dict[str, Any], agents: list[dict[str, Any]] | None = None, **sections: Any) -> Simulation:
    """A simulation of these classes; eight agents at home unless others are named."""
    document = {"agents": agents or [{"count": 8, "pool": "home"}], "traffic": list(traffic) or [calls()], "rules": FCFS}
    return simulation_of({**document, **sections})


def run(simulation: Simulation, arrivals: int, seed: int = 1) -> Tally:
    """One seed."""
    return simulate(simulation.scenario, seed=seed, arrivals=arrivals)


def figures(simulation: Simulation, arrivals: int, seed: int = 1) -> Figures:
    """The figures of one seed, whose checks must hold."""
    tally = run(simulation, arrivals, seed)
    assert not tally.broken
    return figures_of(tally)


def number(found: Figures, *path: str) -> float:
    """A figure that must be there."""
    value = found[path]
    assert value is not None, path
    return value
