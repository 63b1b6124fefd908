"""The house stands as docs/architecture.md says: imports go down, libraries have one home, nothing names a registry or a machine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_imports_only_go_down() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_package_itself_imports_only_the_standard_library() -> None:
    heavy = {"fastapi", "sqlalchemy", "msgspec", "pydantic"}
    script = f"import contact_hub, contact_hub._bootstrap, sys; print([m for m in sys.modules if m.split('.')[0] in {heavy}])"
    done = subprocess.run([sys.executable, "-S", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_lock_file_records_hosts() -> None:
    names = {path.name for path in tracked()}
    assert not names & {"uv.lock", "pylock.toml"}
    for lock in tracked("*package-lock.json"):
        assert '"resolved"' not in lock.read_text()


def test_no_file_names_a_registry_or_one_machine() -> None:
    hosts = re.compile(r"\b(?:pypi\.org|files\.pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org)\b")
    machine = re.compile(r"(?:^|[^A-Za-z0-9_.])/(?:work|root|farm)/")
    for path in tracked(
        "*.py", "*.toml", "*.md", "*.yml", "*.yaml", "*.json", "*.txt", "*.ts", "*.svelte", "Dockerfile", ".ci/run"
    ):
        if path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8")
        assert not hosts.search(text), path
        assert not machine.search(text), path


@pytest.mark.parametrize("required", ["fastapi", "websockets", "redis", "sqlalchemy", "babel", "langdetect"])
def test_the_fixed_dependencies_are_imported_somewhere(required: str) -> None:
    pattern = re.compile(rf"^\s*(?:from|import) {required}\b", re.MULTILINE)
    assert any(pattern.search(path.read_text(encoding="utf-8")) for path in tracked("*.py")), required


def test_every_json_file_parses() -> None:
    for path in tracked("*.json"):
        if path.name != "tsconfig.json":
            json.loads(path.read_text(encoding="utf-8"))
