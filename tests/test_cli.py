"""The command line as an operator uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import hubs

pytestmark = pytest.mark.timeout(600)  # a dozen processes are started one after the other


@pytest.fixture
def run(tmp_path: Path):  # type: ignore[no-untyped-def]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CONTACT_HUB_")}
    environment |= {
        "CONTACT_HUB_DATA_DIR": str(tmp_path / "data"),
        "CONTACT_HUB_WORKSPACE": "test",
        "CONTACT_HUB_NO_BOOTSTRAP": "1",
        "COLUMNS": "160",
    }

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "contact_hub", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            timeout=120,
        )

    return command


def test_a_workspace_is_applied_shown_and_given_back(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "workspace.yaml"
    file.write_text(hubs.WORKSPACE, encoding="utf-8")
    assert run("apply", str(file)).returncode == 4, "without a database there is nothing to apply to"
    assert run("migrate", "--check").returncode == 5
    assert "current" in run("migrate").stdout
    dry = run("apply", str(file), "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert run("export").returncode == 2, "a dry run changes nothing"
    applied = run("apply", str(file))
    assert "Version 1 is applied" in applied.stdout
    exported = run("export")
    (tmp_path / "again.yaml").write_text(exported.stdout, encoding="utf-8")
    assert "Nothing changes" in run("apply", str(tmp_path / "again.yaml")).stdout
    gaps = run("coverage", "--weeks", "1")
    assert gaps.returncode == 0, gaps.stderr
    assert "Sonne, Brazilian Portuguese: nobody for 168 h" in gaps.stdout
    assert {line["brand"] for line in json.loads(run("coverage", "--json").stdout)["lines"]} == {"sonne", "qamar"}
    findings = {one["what"]: one["state"] for one in json.loads(run("doctor", "--json").stdout)}
    assert findings["database"] == "ok"
    assert findings["audit of test"] == "ok"


def test_nonsense_is_refused_with_path_reason_and_code(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    run("migrate")
    file = tmp_path / "workspace.yaml"
    file.write_text(hubs.WORKSPACE.replace("pool: berlin", "pool: atlantis", 1), encoding="utf-8")
    refused = run("apply", str(file))
    assert refused.returncode == 2
    assert "workspace_refused" in refused.stderr
    assert "atlantis" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_refusal_is_a_sentence_and_never_a_traceback(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    for arguments in (("apply", str(tmp_path / "nowhere.yaml")), ("explain", "inq_nothing"), ("serve",)):
        refused = run(*arguments)
        assert refused.returncode in {2, 4}, arguments
        assert "Traceback" not in refused.stderr


def test_a_restored_database_begins_new_epochs(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "workspace.yaml"
    file.write_text(hubs.WORKSPACE, encoding="utf-8")
    run("migrate")
    run("apply", str(file))
    first = json.loads(run("restored", "--yes", "--json").stdout)
    again = json.loads(run("restored", "--yes", "--json").stdout)
    assert again["test"] > first["test"] > 1_000_000
