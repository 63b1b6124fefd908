"""The engine under a virtual clock: a floor and its traffic in, figures out. Pure; chance comes from a seed and from nowhere else."""

from routing.simulator.figures import Estimate, differences, estimates, nested
from routing.simulator.run import simulate
from routing.simulator.scenario import Behaviour, Rates, Scenario, Service, Times, Traffic
from routing.simulator.tally import Figures, Path, Tally, figures_of

__all__ = [
    "Behaviour",
    "Estimate",
    "Figures",
    "Path",
    "Rates",
    "Scenario",
    "Service",
    "Tally",
    "Times",
    "Traffic",
    "differences",
    "estimates",
    "figures_of",
    "nested",
    "simulate",
]
