"""`contact-hub simulate` as somebody uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contact_hub.cli import app
from contact_hub.workspace import WorkspaceRefused
from tests.simulator.files import ERLANG_C

KEYS = {
    "simulation",
    "seeds",
    "first_seed",
    "arrivals",
    "start",
    "warm_up",
    "service_levels",
    "checks",
    "speed",
    "total",
    "classes",
    "pools",
    "contracts",
    "flows",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "floor.yaml"
    path.write_text(ERLANG_C, encoding="utf-8")
    return path


def told(*arguments: str | Path) -> dict[str, object]:
    done = CliRunner().invoke(app, ["simulate", *map(str, arguments), "--processes", "1", "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_the_document_has_the_keys_of_its_page(file: Path) -> None:
    found = told(file, "--seeds", "2", "--arrivals", "300", "--service-level", "30", "--per-seed")
    assert set(found) == KEYS
    assert found["checks"] == {"little": True, "flow": True, "seats": True, "broken": []}
    assert found["service_levels"] == [30]
    page = (Path(__file__).parent.parent.parent / "docs" / "simulator.md").read_text(encoding="utf-8")
    for section, name in (("classes", "calls"), ("pools", "home"), ("contracts", "home")):
        figures = found[section][name]  # type: ignore[index]
        undocumented = [key for key in figures if f"`{key}`" not in page and f"`{key.replace('p90', 'p50')}`" not in page
                        and not key.endswith(("p95_seconds", "p99_seconds", "served_p90_seconds"))]  # fmt: skip
        assert not undocumented
    waits = found["classes"]["calls"]["wait_mean_seconds"]  # type: ignore[index]
    assert set(waits) == {"mean", "low", "high", "values"}
    assert waits["mean"] == pytest.approx(sum(waits["values"]) / 2)


def test_a_comparison_says_second_less_first(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("agents: [{count: 9, pool: home}]\n", encoding="utf-8")
    found = told(file, "--compare", other, "--seeds", "3", "--arrivals", "500")
    assert set(found) == {"first", "second", "difference"}
    first, second, difference = (found[name]["total"]["wait_mean_seconds"]["mean"] for name in ("first", "second", "difference"))  # type: ignore[index]
    assert difference == pytest.approx(second - first)
    assert difference < 0
    arrivals = [found[name]["classes"]["calls"]["handling_mean_seconds"]["mean"] for name in ("first", "second")]  # type: ignore[index]
    assert arrivals[0] == arrivals[1], "the same work"


def test_people_get_tables(file: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["simulate", str(file), "--arrivals", "200", "--processes", "1"])
    assert done.exit_code == 0, done.output
    assert "Erlang C" in done.stdout
    assert "occupancy" in done.stdout
    other = tmp_path / "other.yaml"
    other.write_text("agents: [{count: 9, pool: home}]\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["simulate", str(file), "--compare", str(other), "--arrivals", "200", "--processes", "1"])
    assert "difference" in done.stdout


def test_a_file_that_makes_no_sense_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(ERLANG_C.replace("exponential", "exponentiel"), encoding="utf-8")
    done = CliRunner().invoke(app, ["simulate", str(file)])
    assert isinstance(done.exception, WorkspaceRefused)
    assert done.exception.problems[0].line == 7
