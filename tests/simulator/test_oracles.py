"""The oracles judge as they say, their files are what the simulator reads, and a small run of some of them is nowhere grossly off.

The small runs certify nothing: `python -m bench.oracles` does. They use fixed seeds, so what holds once holds always.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from bench.oracle import Claim, Document, Oracle, Report, Row, Size, as_yaml, claim, plain, rows_of
from bench.oracles import FLOORS, Kept, fingerprint, oracles, run
from contact_hub.simulate.commands import Wanted
from contact_hub.simulate.commands import run as simulate_runs
from contact_hub.simulate.load import parse
from contact_hub.simulate.output import document_of

FLOOR: dict[str, Any] = {"agents": [], "traffic": []}


def report(values: list[float | None], **checks: bool) -> dict[str, Any]:
    return {
        "classes": {"calls": {"p_wait": {"mean": 0, "low": 0, "high": 0, "values": values}}},
        "checks": {"little": True, "flow": True, "seats": True} | checks,
    }


def judged(
    values: list[float | None], exact: float, *, quick: bool = False, bound: float | None = None, **checks: bool
) -> list[Row]:
    one = claim("classes/calls/p_wait", exact)
    oracle = plain("any", "any", FLOOR, [Claim(name=one.name, exact=exact, of=one.of, bound=bound)])
    return rows_of(oracle, {"floor": report(values, **checks)}, Size(seeds=len(values), arrivals=1000), quick=quick)


# judging


def test_a_row_is_ok_inside_the_interval_and_near() -> None:
    row, checks = judged([0.199, 0.200, 0.202], 0.2)
    assert row.ok
    assert row.name == "any: classes calls p_wait"
    assert [row.mean, row.low, row.high] == pytest.approx([0.200333, 0.196539, 0.204128], abs=1e-6)  # t(2) = 4.3027, by hand
    assert row.off_percent == pytest.approx(0.16667, abs=1e-4)
    assert checks.ok


def test_a_row_outside_its_interval_is_not_ok_however_near() -> None:
    row, _ = judged([0.2010, 0.2011, 0.2012], 0.2)
    assert not row.ok
    assert row.why == "outside the interval"
    assert row.z is not None
    assert row.z > 10


def test_a_row_that_is_too_far_off_is_not_ok_however_wide_its_interval() -> None:
    row, _ = judged([0.15, 0.2, 0.27], 0.2)
    assert row.low is not None
    assert row.high is not None
    assert row.low < 0.2 < row.high
    assert not row.ok
    assert row.why == "off by more than 1.5 %"


def test_seeds_that_all_agree_on_the_exact_value_are_ok() -> None:
    assert judged([100.0, 100.00000000000001], 100.0)[0].ok
    assert not judged([100.001, 100.001], 100.0)[0].ok


def test_one_seed_has_no_interval_and_is_judged_by_its_mean() -> None:
    row, _ = judged([0.3], 0.2)
    assert not row.ok
    assert (row.mean, row.low, row.high, row.z) == (0.3, None, None, None)


def test_nothing_to_measure_is_not_ok() -> None:
    assert not judged([None, 0.2], 0.2)[0].ok
    assert not judged([None, 0.2], 0.2, quick=True)[0].ok
    assert not judged([None, 0.0], 0.0, bound=0.0)[0].ok


def test_quick_sees_only_what_is_grossly_off() -> None:
    assert judged([0.2010, 0.2011, 0.2012], 0.2, quick=True)[0].ok
    assert not judged([0.301, 0.302, 0.303], 0.2, quick=True)[0].ok


def test_what_leaves_nothing_to_chance_is_held_to_its_bound_in_every_seed() -> None:
    assert judged([0.0, 0.5, -0.25], 0.0, bound=0.5)[0].ok
    row, _ = judged([0.0, 0.5, -0.75], 0.0, bound=0.5)
    assert not row.ok
    assert row.mean == -0.75
    assert row.why == "off by more than 0.5"


def test_a_broken_check_of_the_simulator_is_a_row_of_its_own() -> None:
    _, checks = judged([0.2, 0.2], 0.2, flow=False)
    assert not checks.ok
    assert checks.mean == 1


# the catalogue


def test_every_oracle_has_a_name_of_its_own_and_the_tables_come_first() -> None:
    found = oracles()
    assert len({oracle.name for oracle in found}) == len(found)
    assert len(FLOORS) >= 10
    groups = [oracle.group for oracle in found]
    assert groups[: groups.count("table")] == ["table"] * 14


def test_oracles_are_found_by_group_and_by_part_of_a_name() -> None:
    assert [oracle.name for oracle in oracles(["kaufman-roberts-10"])] == ["kaufman-roberts-10-seats"]
    assert {oracle.group for oracle in oracles(["graphs"])} == {"graphs"}
    with pytest.raises(SystemExit, match="no oracle"):
        oracles(["nonsense"])


def test_files_have_no_anchors_and_read_back_as_they_are() -> None:
    for oracle in oracles():
        for document in oracle.runs.values():
            text = as_yaml(document)
            assert "&" not in text
            assert yaml.safe_load(text) == document


def test_times_are_scaled_everywhere_and_nothing_else_is() -> None:
    (scaled,) = oracles(["scaled-by-60"])
    first, second = scaled.runs["first"], scaled.runs["second"]
    assert second["traffic"][1]["service"] == {"lognormal": {"mean": 18_000, "cv": 0.8}}
    assert second["traffic"][0]["arrivals"]["per_hour"] == first["traffic"][0]["arrivals"]["per_hour"] / 60
    assert second["behaviour"] == {"accept": {"lognormal": {"median": 180, "sigma": 0.5}}, "decline_probability": 0.03}
    assert second["contracts"][2]["overflow_after_seconds"] == 900
    assert second["rules"]["decline_cooldown_seconds"] == 1200
    assert second["agents"] == first["agents"]


# a small run of some of them

SOME = (
    "erlang-c-8",
    "erlang-a-30",
    "overflow-18-after-30",
    "cobham",
    "kaufman-roberts",
    "n-model",
    "m-model",
    "spared-experts",
    "waiting-room-of-6",
    "fixed-patience",
    "fixed-service-and-wrap-up-12",
)
LAWS = ("laws-of-a-busy-floor", "relabelled", "scaled-by-60", "bystander", "shares-of-3")


def in_this_process(document: Document, size: Size) -> Report:
    simulation = parse(as_yaml(document), reader=lambda name: pytest.fail(f"{name} is asked for"))
    wanted = Wanted(seeds=size.seeds, first_seed=size.first_seed, arrivals=size.arrivals, processes=1, per_seed=True, quiet=True)
    (found,) = simulate_runs([simulation], wanted, Console(stderr=True))
    return document_of(found, per_seed=True)


def missed(name: str, size: Size) -> list[str]:
    (oracle,) = (one for one in oracles([name]) if one.name == name)
    rows = rows_of(oracle, run(oracle, size, in_this_process), size, quick=True)
    return [f"{row.name}: {row.mean} instead of {row.exact:.6g}, {row.why}" for row in rows if not row.ok]


@pytest.mark.parametrize("name", SOME)
def test_the_simulator_is_nowhere_grossly_off(name: str) -> None:
    assert missed(name, Size(seeds=3, arrivals=2500)) == []


@pytest.mark.parametrize("name", LAWS)
def test_the_laws_that_need_no_formula_hold_to_the_last_figure(name: str) -> None:
    assert missed(name, Size(seeds=2, arrivals=1000)) == []


# keeping


def test_figures_are_kept_and_found_again(tmp_path: Path) -> None:
    oracle, size = plain("any", "any", FLOOR, []), Size(seeds=2, arrivals=1000)
    kept = Kept.open(tmp_path / "figures.json")
    kept.keep(fingerprint(oracle, size), {"floor": report([0.1, 0.2])})
    again = Kept.open(tmp_path / "figures.json")
    assert again.found[fingerprint(oracle, size)] == {"floor": report([0.1, 0.2])}


def test_other_files_and_other_sizes_do_not_find_them() -> None:
    oracle, other = plain("any", "any", FLOOR, []), plain("any", "any", FLOOR | {"rules": {}}, [])
    size = Size(seeds=2, arrivals=1000)
    assert fingerprint(oracle, size) != fingerprint(other, size)
    assert fingerprint(oracle, size) != fingerprint(oracle, Size(seeds=2, arrivals=1001))
    assert fingerprint(oracle, size) != fingerprint(oracle, Size(seeds=2, arrivals=1000, first_seed=9))


def test_an_oracle_that_chance_cannot_sharpen_runs_shorter() -> None:
    oracle = Oracle(name="any", group="any", runs={}, claims=(), arrivals_max=500)
    assert Size(seeds=2, arrivals=1000).of(oracle).arrivals == 500


def test_no_two_oracles_share_a_seed() -> None:
    firsts = sorted(Size(seeds=10, arrivals=1).of(oracle).first_seed for oracle in oracles())
    assert all(later - earlier >= 1000 for earlier, later in pairwise(firsts))
