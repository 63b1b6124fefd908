"""The files of the deployment are valid, by the tools that will read them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from contact_hub.app import build
from contact_hub.settings import PREFIX, Settings
from tests import hubs
from tests.servers import free_port

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


def test_compose_file_validates_and_asks_for_its_secret() -> None:
    without = {key: value for key, value in os.environ.items() if key != "POSTGRES_PASSWORD"}
    command = [BIN / "docker-compose", "--file", ROOT / "docker-compose.yml", "config", "--quiet"]
    good = subprocess.run(command, env=without | {"POSTGRES_PASSWORD": "secret"}, capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stderr
    bad = subprocess.run(command, env=without, capture_output=True, text=True, check=False)
    assert "POSTGRES_PASSWORD" in bad.stderr


SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
NODES = ("hub-1", "hub-2")


def test_compose_brings_two_nodes_behind_a_proxy_and_all_they_need() -> None:
    assert set(SERVICES) == {"migrate", *NODES, "proxy", "db", "redis", "mail"}
    assert set(SERVICES["proxy"]["depends_on"]) == set(NODES)
    assert SERVICES["proxy"]["environment"]["CONTACT_HUB_NODES"].split() == [f"{node}:8300" for node in NODES]
    assert "ports" not in SERVICES["hub-1"], "people come in by the proxy"
    assert all("healthcheck" in SERVICES[name] for name in (*NODES, "db", "redis"))


def test_nodes_start_after_the_one_migration_and_have_time_to_say_goodbye() -> None:
    assert SERVICES["migrate"]["command"] == ["contact-hub", "migrate"]
    assert set(SERVICES["migrate"]["depends_on"]) == {"db"}
    for node in NODES:
        assert SERVICES[node]["command"] == ["contact-hub", "serve"]
        assert SERVICES[node]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert int(SERVICES[node]["stop_grace_period"].removesuffix("s")) >= 25


def test_every_setting_of_the_compose_file_is_one_we_know() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    named = {name for node in NODES for name in SERVICES[node]["environment"] if name.startswith(PREFIX)}
    assert named <= known
    assert {"CONTACT_HUB_DATABASE_URL", "CONTACT_HUB_REDIS_URL", "CONTACT_HUB_ORIGIN"} <= named


@pytest.mark.skipif(shutil.which("caddy") is None, reason="not run: no caddy")
def test_the_proxys_file_is_one_the_proxy_reads() -> None:
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", ROOT / "deploy/caddy/Caddyfile"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.services
@pytest.mark.skipif(shutil.which("caddy") is None, reason="not run: no caddy")
@pytest.mark.timeout(300)
async def test_two_nodes_behind_the_proxy_are_one_service_and_one_may_go(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    """What docker-compose.yml starts, started without Docker."""
    door, ports = free_port(), [free_port(), free_port()]
    origin = f"http://localhost:{door}"
    async with build(Settings(database_url=postgres_url, data_dir=tmp_path)) as hub:
        await hub.workspaces.apply(hubs.workspace(), by="tests", first_password_hash=await hub.passwords.hash(hubs.PASSWORD))
    nodes = [node(port, tmp_path, postgres_url, redis_url, origin) for port in ports]
    site = {"CONTACT_HUB_SITE": origin, "XDG_DATA_HOME": str(tmp_path)}
    site["CONTACT_HUB_NODES"] = " ".join(f"127.0.0.1:{port}" for port in ports)
    proxy = ["caddy", "run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy/caddy/Caddyfile")]
    with contextlib.ExitStack() as stack:
        first, _ = [stack.enter_context(started(*one)) for one in nodes]
        for port in ports:
            await until_ready(f"http://127.0.0.1:{port}/readyz")
        stack.enter_context(started(proxy, site))  # after the nodes, as in the compose file
        await until_ready(f"{origin}/widget/loader.js")
        async with httpx.AsyncClient() as http:
            assert (await http.get(f"{origin}/metrics")).status_code == 404
        floor = hubs.Floor(hub=hub, server=None, origin=origin, port=door)  # type: ignore[arg-type]
        try:
            anna = await floor.agent("anna")
            customers = [await floor.visitor() for _ in range(4)]
            assert min([await sockets(port) for port in ports]) > 0, "the proxy spreads them"
            conversation = await customers[0].start("Guten Tag, ich habe eine Frage.")
            await anna.take()
            await anna.reply(conversation, "Guten Tag, gern!")
            await customers[0].until(lambda: "Guten Tag, gern!" in customers[0].texts)
            for waiting in customers[1:]:
                await waiting.start("Guten Tag, ich auch.")
                await waiting.expect("queue")  # whichever node they are at, and whichever knows the queue
            first.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(first.wait, 30) == 0
            later = await floor.visitor(token=customers[0].token, resume=None)
            await later.post(conversation, "Sind Sie noch da?")
            assert await sockets(ports[1]) >= 1
        finally:
            await floor._stack.aclose()


def node(port: int, folder: Path, database: str, redis: str, origin: str) -> tuple[list[str], dict[str, str]]:
    environment = {
        "CONTACT_HUB_NO_BOOTSTRAP": "1",
        "CONTACT_HUB_DATABASE_URL": database,
        "CONTACT_HUB_REDIS_URL": redis,
        "CONTACT_HUB_ORIGIN": origin,
        "CONTACT_HUB_WORKSPACE": "test",
        "CONTACT_HUB_DATA_DIR": str(folder),
        "CONTACT_HUB_DRAIN_SECONDS": SERVICES["hub-1"]["environment"]["CONTACT_HUB_DRAIN_SECONDS"],
    }
    return [sys.executable, "-m", "contact_hub", "serve", "--port", str(port)], environment


@contextlib.contextmanager
def started(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


async def until_ready(url: str) -> None:
    async with httpx.AsyncClient() as http, asyncio.timeout(90):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get(url)).status_code == 200:
                    return
            await asyncio.sleep(0.1)


async def sockets(port: int) -> int:
    async with httpx.AsyncClient() as http:
        told = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    return int(sum(float(count) for count in re.findall(r"^contact_hub_sockets_open\{.*\} (\S+)$", told, re.MULTILINE)))


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
