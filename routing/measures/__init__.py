"""Measures: from the journal to figures, pure, so that live tiles, reports, exports and simulations count alike.

`Fold` reads the journal into records, `Cases` lays them side by side, a quantity picks observations, a `Tally` adds them up (and merges), a
`Definition` says what the figure is called. Nothing here knows names of people, a database or the time of day.
"""

from routing.measures.attendance import Attendance, Spent, occupancy, utilisation
from routing.measures.cases import ALL, DIMENSIONS, IN_HOUSE, POOL, VENDOR, Cases, Directory, OpenTime
from routing.measures.definitions import DEFINITIONS, Definition, Statistic, Targets, Unit
from routing.measures.fold import Fold, PlanOf, milliseconds
from routing.measures.opening import open_time
from routing.measures.quantities import OF_TIME, QUANTITIES, Figure, Sample, Tallies, Terms, figure, figures, measure, merge
from routing.measures.records import AgentRecord, Case, InquiryRecord, case
from routing.measures.statistics import Sketch, Tally, wilson

__all__ = [
    "ALL",
    "DEFINITIONS",
    "DIMENSIONS",
    "IN_HOUSE",
    "OF_TIME",
    "POOL",
    "QUANTITIES",
    "VENDOR",
    "AgentRecord",
    "Attendance",
    "Case",
    "Cases",
    "Definition",
    "Directory",
    "Figure",
    "Fold",
    "InquiryRecord",
    "OpenTime",
    "PlanOf",
    "Sample",
    "Sketch",
    "Spent",
    "Statistic",
    "Tallies",
    "Tally",
    "Targets",
    "Terms",
    "Unit",
    "case",
    "figure",
    "figures",
    "measure",
    "merge",
    "milliseconds",
    "occupancy",
    "open_time",
    "utilisation",
    "wilson",
]
