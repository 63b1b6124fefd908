"""The files of the deployment are valid, by the tools that will read them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


def test_compose_file_validates_and_asks_for_its_secret() -> None:
    without = {key: value for key, value in os.environ.items() if key != "POSTGRES_PASSWORD"}
    command = [BIN / "docker-compose", "--file", ROOT / "docker-compose.yml", "config", "--quiet"]
    good = subprocess.run(command, env=without | {"POSTGRES_PASSWORD": "secret"}, capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stderr
    bad = subprocess.run(command, env=without, capture_output=True, text=True, check=False)
    assert "POSTGRES_PASSWORD" in bad.stderr


def test_compose_brings_service_database_bus_and_mail_catcher() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert set(services) == {"hub", "db", "redis", "mail"}
    assert set(services["hub"]["depends_on"]) == {"db", "redis"}


def test_dockerfile_passes_hadolint() -> None:
    done = subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_image_installs_exactly_what_is_pinned_and_hashed() -> None:
    pinned = (ROOT / "requirements.txt").read_text()
    names = {match.lower().replace("_", "-") for match in re.findall(r"^([A-Za-z0-9_.-]+)==", pinned, re.MULTILINE)}
    assert pinned.count("--hash=sha256:") > len(names)
    assert "://" not in pinned
    project = (ROOT / "pyproject.toml").read_text()
    listed = project.split("dependencies = [", 1)[1].split("\n]", 1)[0]
    wanted = {match.lower() for match in re.findall(r'"([A-Za-z0-9_-]+)', listed)}
    assert wanted <= names | {"uvloop"}, wanted - names
