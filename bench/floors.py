"""A floor to measure on: the demo's workspace with enough seats and languages, and a server process of its own.

What is changed in the demo, so that language and delivery are measured and not opening hours: every pool is open around the clock, nobody has a shift,
certifications do not end, everybody has twenty seats. Added is one pool of the first tier for all brands with, per language of the data, one native speaker
who also holds a neighbouring language of the list *below* every floor (bait: whoever ignores the floor assigns there), and one agent for the languages
that detection may name although nobody wrote in them: the floor is never lowered, so somebody has to be there.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from contact_hub.app import build
from contact_hub.settings import read_settings
from contact_hub.store import migrate
from contact_hub.workspace import Workspace, demo_workspace, from_document, to_document
from i18n.detection import LANGUAGES

PASSWORD: Final = "measured-2026"
OPERATOR: Final = "robin.achterberg@hub.example"
_BOOT_SECONDS: Final = 60.0
_ELSEWHERE: Final = (
    "af am an as az be br cy dz eo eu fo ga gl gu ht hy is jv ka kk km kn ku ky lb lo mg mk mn mr mt ne oc or pa ps qu rw se si sq sw ug vo wa xh zu "
    "hi-Latn"
)
_ROUND_THE_CLOCK: Final = {"daily": ["00:00-24:00"]}
_WRITTEN: Final = {"zh": ("zh-Hans", "zh-Hant")}


def bench_workspace(port: int, *, takeover_grace_seconds: float = 20.0) -> Workspace:
    """The demo, widened as this file's head says."""
    document: dict[str, Any] = to_document(demo_workspace(port))
    brands = [brand["id"] for brand in document["brands"]]
    for pool in document["pools"]:
        pool["hours"] = _ROUND_THE_CLOCK
        pool.pop("holidays", None)
        pool.pop("overrides", None)
    for agent in document["agents"]:
        agent.pop("shift", None)
        agent |= {"seats": 20, "ceilings": {"chat": 20}, "certifications": dict.fromkeys(agent["certifications"])}
    document["pools"].append(
        {
            "id": "bench-floor",
            "name": "Bench floor",
            "sourcing": "shared_service_centre",
            "country": "PL",
            "zone": "Europe/Warsaw",
            "hours": _ROUND_THE_CLOCK,
        }
    )
    speakers = {tag: dict.fromkeys(_WRITTEN.get(tag, (tag,)), "native") | {_after(tag): "B1"} for tag in LANGUAGES} | {
        "elsewhere": dict.fromkeys(_ELSEWHERE.split(), "C1")
    }
    document["agents"] += [_speaker(tag, languages, brands) for tag, languages in speakers.items()]
    document["contracts"] += [
        {"id": f"bench-{client['id']}", "client": client["id"], "pool": "bench-floor", "tier": 1} for client in document["clients"]
    ]
    document["rules"] = document.get("rules", {}) | {"takeover_grace_seconds": takeover_grace_seconds}
    return from_document(document)


def _after(tag: str) -> str:
    """The next language of the list, as bait."""
    after = LANGUAGES[(LANGUAGES.index(tag) + 1) % len(LANGUAGES)]
    return _WRITTEN.get(after, (after,))[0]


def _speaker(name: str, languages: dict[str, str], brands: list[str]) -> dict[str, Any]:
    return {
        "id": f"bench-{name}",
        "name": f"Bench Speaker {name}",
        "email": f"{name}@bench.example",
        "pool": "bench-floor",
        "languages": languages,
        "skills": {"orders": 5, "complaints": 5, "sales": 5, "devices": 5},
        "certifications": dict.fromkeys(brands),
        "personas": {brand: {"name": f"Bench {name}"} for brand in brands},
        "seats": 20,
        "ceilings": {"chat": 20},
    }


@dataclass(slots=True, kw_only=True)
class HubProcess:
    """`contact-hub serve` on a directory; may be killed and started again as often as one likes."""

    folder: Path
    port: int
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    boots: int = 0

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def boot(self) -> None:
        environment = os.environ | self.environment
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "contact_hub", "serve"], env=environment, stdout=log, stderr=log)
        self.boots += 1

    @property
    def environment(self) -> dict[str, str]:
        return {
            "CONTACT_HUB_NO_BOOTSTRAP": "1",
            "CONTACT_HUB_DATA_DIR": str(self.folder),
            "CONTACT_HUB_PORT": str(self.port),
            "CONTACT_HUB_LOG_LEVEL": "warning",
            "CONTACT_HUB_POLL_SECONDS": "5",
            "CONTACT_HUB_VISITOR_MESSAGES_PER_MINUTE": "6000",
            "CONTACT_HUB_AGENT_MESSAGES_PER_MINUTE": "60000",
            "CONTACT_HUB_SOCKET_FRAMES_MAX": "4096",
            "CONTACT_HUB_SOCKET_BYTES_MAX": str(8 * 1024 * 1024),
        } | self.env

    def kill(self) -> None:
        """kill -9: nothing of it is asked to finish."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    async def ready(self) -> None:
        """Wait until it answers that it is ready."""
        assert self.process is not None
        give_up = time.monotonic() + _BOOT_SECONDS
        async with httpx.AsyncClient(trust_env=False) as http:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await http.get(f"{self.origin}/readyz", timeout=2)).status_code == 200:
                        return
                if self.process.poll() is not None or time.monotonic() > give_up:
                    raise RuntimeError(f"the server did not start: {self.log()[-2000:]}")
                await asyncio.sleep(0.05)

    def cpu_seconds(self) -> float:
        """What the process has used so far; on a shared machine this says more than the wall clock."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log(self) -> str:
        """What it wrote; warnings and worse."""
        return (self.folder / "server.log").read_text(errors="replace")


@contextlib.asynccontextmanager
async def hub_process(*, takeover_grace_seconds: float = 20.0) -> AsyncIterator[HubProcess]:
    """A started server on a fresh bench workspace; gone with its data afterwards."""
    with _folder() as folder:
        hub = HubProcess(folder=folder, port=free_port())
        await seed(hub, bench_workspace(hub.port, takeover_grace_seconds=takeover_grace_seconds))
        hub.boot()
        try:
            await hub.ready()
            yield hub
        finally:
            hub.stop()


async def seed(hub: HubProcess, workspace: Workspace) -> None:
    """Database, rules and accounts, before the server is there."""
    settings = read_settings(data_dir=hub.folder, port=hub.port, log_level="warning")
    await migrate(settings.url)
    async with build(settings) as built:
        await built.workspaces.apply(workspace, by="bench", first_password_hash=await built.passwords.hash(PASSWORD))


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="contact-hub-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    return {
        "cpus": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def percentiles(seconds: list[float]) -> dict[str, float]:
    """p50 and p99 in milliseconds."""
    if not seconds:
        return {}
    ordered = sorted(seconds)
    return {
        name: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
        for name, share in (("p50", 0.5), ("p99", 0.99))
    }


def show(result: dict[str, Any], *, as_json: bool) -> None:
    """One object on standard output."""
    sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=None if as_json else 2) + "\n")
