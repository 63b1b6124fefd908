"""Throw-away PostgreSQL and Redis servers for the tests: own data, a free loopback port, gone afterwards.

Both are the machine's own programs, found on PATH or where Debian puts them. `fsync` is off unless a server is `durable`: most tests are about our
statements, not the disk.
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


class Postgres:
    """A server on data of its own, which may be killed and started again. `durable`: what it committed outlives its end. `home`: an empty folder for it."""

    def __init__(
        self, programs: Path, *, durable: bool = False, home: Path | None = None, addresses: tuple[str, ...] = ("127.0.0.1",)
    ) -> None:
        self.home = home or Path(tempfile.mkdtemp(prefix="contact-hub-postgres-"))
        self.port = free_port()
        self._programs, self._someone = programs, _somebody_but_root()
        if self._someone:
            os.chown(self.home, self._someone["user"], self._someone["group"])
        hasty = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        settings = {
            "listen_addresses": ",".join(addresses),
            "port": self.port,
            "unix_socket_directories": self.home,
            "max_connections": 100,
            "shared_buffers": "64MB",
        } | ({} if durable else hasty)
        self._options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.server: subprocess.Popen[bytes] | None = None
        begin = [programs / "initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        asked = [*begin, "--no-sync", "--no-instructions"]
        subprocess.run(asked, check=True, stdout=subprocess.DEVNULL, cwd=self.home, **self._someone)

    @property
    def url(self) -> str:
        """Of its database `postgres`."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def running(self) -> bool:
        return self.server is not None and self.server.poll() is None

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def _data(self) -> Path:
        return self.home / "data"

    @property
    def _backup(self) -> Path:
        return self.home / "backup"

    def start(self) -> None:
        """Returns once it takes connections; after a crash that is after its recovery."""
        give_up = time.monotonic() + 20
        command = [self._programs / "postgres", "-D", self._data, *self._options]
        while True:
            before = self.log.stat().st_size if self.log.exists() else 0
            with self.log.open("ab") as log:
                self.server = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.home, **self._someone)
            try:
                _until(lambda: b"ready to accept connections" in self.log.read_bytes()[before:], self.server, self.log)  # noqa: B023
                return
            except RuntimeError:  # its predecessor was killed, and that one's children have not noticed yet
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT takes its leave, SIGQUIT does not finish anything, SIGKILL is the end of the machine as far as a program can play that."""
        if self.server is not None:
            self.server.send_signal(how)
            self.server.wait(20)
            self.server = None

    def back_up(self) -> None:
        """A base backup of the running server, in the place of an earlier one."""
        shutil.rmtree(self._backup, ignore_errors=True)
        command = [self._programs / "pg_basebackup", "-D", self._backup, "-d", self.url, "-X", "stream", "-c", "fast", "--no-sync"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.home, **self._someone)

    def put_back(self) -> None:
        """Dies, and lives on as it was when it was last backed up."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self._data)
        shutil.move(self._backup, self._data)
        self.start()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)


class RedisServer:
    """A server that keeps nothing, and may be killed and started again."""

    def __init__(self, program: str, *, addresses: tuple[str, ...] = ("127.0.0.1",)) -> None:
        self._addresses = addresses
        self.home = Path(tempfile.mkdtemp(prefix="contact-hub-redis-"))
        self.port = free_port()
        self.server: subprocess.Popen[bytes] | None = None
        self._program = program

    @property
    def url(self) -> str:
        """Of its database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def log(self) -> Path:
        return self.home / "log"

    def start(self) -> None:
        """Returns once it answers."""
        options = [
            "--bind",
            *self._addresses,
            "--port",
            str(self.port),
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(self.home),
        ]
        with self.log.open("ab") as log:
            self.server = subprocess.Popen([self._program, *options], stdout=log, stderr=log)
        _until(lambda: _answers_ping(self.port), self.server, self.log)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.server is not None:
            self.server.send_signal(how)
            self.server.send_signal(signal.SIGCONT)  # one that stands still would not hear the former
            self.server.wait(10)
            self.server = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)


@contextlib.contextmanager
def postgres(programs: Path, *, durable: bool = False) -> Iterator[str]:
    """A running server; yields the URL of its database `postgres`."""
    server = Postgres(programs, durable=durable)
    try:
        server.start()
        yield server.url
    finally:
        server.remove()


@contextlib.contextmanager
def redis_server(program: str) -> Iterator[str]:
    """A running server; yields the URL of its database 0."""
    server = RedisServer(program)
    try:
        server.start()
        yield server.url
    finally:
        server.remove()


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
