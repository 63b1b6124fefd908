"""Throw-away PostgreSQL and Redis servers for the tests: own data, a free loopback port, gone afterwards.

Both are the machine's own programs, found on PATH or where Debian puts them. `fsync` is off: these servers test our statements, not the disk.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def postgres_programs() -> Path | None:
    """The directory that holds `postgres` and `initdb`, the newest of several."""
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


@contextlib.contextmanager
def postgres(programs: Path) -> Iterator[str]:
    """A running server; yields the URL of its database `postgres`."""
    home = Path(tempfile.mkdtemp(prefix="contact-hub-postgres-"))
    someone = _somebody_but_root()
    if someone:
        os.chown(home, someone["user"], someone["group"])
    data, port = home / "data", free_port()
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": home,
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": 100,
        "shared_buffers": "64MB",
    }
    subprocess.run(
        [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=home,
        **someone,
    )
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen([programs / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd=home, **someone)
        try:
            _until(lambda: b"ready to accept connections" in (home / "log").read_bytes(), server, home / "log")
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(20)
            shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def redis_server(program: str) -> Iterator[str]:
    """A running server; yields the URL of its database 0."""
    home = Path(tempfile.mkdtemp(prefix="contact-hub-redis-"))
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(home)]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen([program, *options], stdout=log, stderr=log)
        try:
            _until(lambda: _answers_ping(port), server, home / "log")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait(10)
            shutil.rmtree(home, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _somebody_but_root() -> dict[str, Any]:
    """How to start a program that refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            person = pwd.getpwnam(name)
            return {
                "user": person.pw_uid,
                "group": person.pw_gid,
                "extra_groups": [],
                "env": {**os.environ, "HOME": "/nonexistent"},
            }
    return {}


def _until(ready: Any, server: subprocess.Popen[bytes], log: Path) -> None:
    """Servers tell nobody when they are ready, so we ask."""
    give_up = time.monotonic() + 20
    while not ready():
        if server.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)


def _answers_ping(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False
