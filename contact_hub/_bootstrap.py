"""Set up `.venv` in a bare checkout, then go on inside it. Standard library only: nothing else is there yet.

A stamp over what decides the environment lets later starts skip the set-up, so a second start is quick and works offline.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
_STAMP = VENV / ".contact-hub-set-up"


def go_inside(module: str, *, with_test_tools: bool) -> None:
    """Run `python -m module` inside the project's own environment, made on first use; returns at once where we already are inside.

    Outside a checkout (an installed package) there is nothing to set up either.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - a bare machine may start us with an older one, and deserves a sentence
        sys.exit(f"Contact Hub needs Python 3.11 or newer; this is {sys.version.split()[0]}.")  # type: ignore[unreachable,unused-ignore]
    if not (ROOT / "pyproject.toml").is_file() or os.environ.get("CONTACT_HUB_NO_BOOTSTRAP") == "1":
        return
    inside = Path(sys.prefix).resolve() == VENV.resolve()
    wanted = _fingerprint(with_test_tools)
    if inside and (_current(wanted) or os.environ.get("CONTACT_HUB_INSIDE") == "1"):
        return
    if not _current(wanted):
        _set_up(with_test_tools)
        _STAMP.write_text(wanted)
    os.environ["CONTACT_HUB_INSIDE"] = "1"
    os.chdir(ROOT)
    _become(_PYTHON, module)


def _become(python: Path, module: str) -> NoReturn:
    os.execv(python, [str(python), "-m", module, *sys.argv[1:]])  # noqa: S606


def _current(wanted: str) -> bool:
    if not _STAMP.is_file() or not _PYTHON.exists():
        return False
    have = _STAMP.read_text()
    # an environment with the test tools also serves without them
    return have == wanted or have == wanted.replace("run:", "test:")


def _fingerprint(with_test_tools: bool) -> str:
    digest = hashlib.sha256()
    for path in sorted(_deciding_files()):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return ("test:" if with_test_tools else "run:") + digest.hexdigest()


def _deciding_files() -> Iterator[Path]:
    yield ROOT / "pyproject.toml"
    ui = ROOT / "contact_hub" / "web" / "ui"
    for path in ui.rglob("*"):
        if path.is_file() and "node_modules" not in path.parts and "__pycache__" not in path.parts:
            yield path
    yield from (ROOT / "i18n" / "locales").rglob("*.po")


def _set_up(with_test_tools: bool) -> None:
    groups = ["--group", "dev"] if with_test_tools else ["--no-dev", "--inexact"]
    env = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"} | {"UV_PYTHON_DOWNLOADS": "never"}
    env.setdefault("UV_SYSTEM_CERTS", "1")  # the machine's own trust store, as pip and the browser use
    _say("setting up .venv" + (" with the test tools" if with_test_tools else "") + " (a minute, once)")
    done = subprocess.run([_uv(), "sync", "--quiet", "--python", sys.executable, *groups], cwd=ROOT, env=env, check=False)
    if done.returncode:
        sys.exit("Contact Hub could not set up its environment; the lines above say why.")


def _uv() -> str:
    """uv from PATH, or a private one (`venv` without pip works where Debian's python3-venv is missing)."""
    if found := shutil.which("uv"):
        return found
    home = ROOT / ".venv-uv"
    uv = home / "bin" / "uv"
    if not uv.exists():
        _say("installing uv into .venv-uv")
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(home)], check=True)
            subprocess.run(
                [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install", "--quiet", "uv"], check=True
            )
        except subprocess.CalledProcessError:
            sys.exit("Contact Hub needs pip or uv to set itself up: `apt-get install python3-pip`, then try again.")
    return str(uv)


def _say(sentence: str) -> None:
    print(f"contact-hub: {sentence}", file=sys.stderr, flush=True)
