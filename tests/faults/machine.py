"""What can be done to the machine under the servers: a disk with no room left or one that keeps nothing, and wires that are cut between a node and a server.

All are the real thing and need root. The disk is a tmpfs that is made as small as what is on it; the wires are firewall rules on addresses of the loopback
network, of which every node has one of its own for both servers, so that a rule meets one node alone and costs nobody anything. `able` says whether this
machine lets us; where it does not, these faults are left out of a round.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Final, Literal

Wire = Literal["silent", "refused"]
"""Nothing comes through and nobody says so; or whoever sends something is told that the line is dead."""

_ROOM: Final = 4 * 2**30
_CRUMBS: Final = 64 * 1024
_MEETS: Final[dict[Wire, list[str]]] = {"silent": ["DROP"], "refused": ["REJECT", "--reject-with", "tcp-reset"]}


_ATTACH_SECONDS: Final = 20.0


class Disk:
    """A disk of its own at `home`, an empty folder; `full` leaves it next to nothing, until there is `room` again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.able = os.geteuid() == 0 and _done("mount", "-t", "tmpfs", "-o", f"size={_ROOM},mode=0755", "tmpfs", str(home))

    def full(self) -> None:
        used = shutil.disk_usage(self.home).used
        self._resize(used + _CRUMBS)

    def room(self) -> None:
        self._resize(_ROOM)

    def remove(self) -> None:
        if self.able:
            _done("umount", "--lazy", str(self.home))
        shutil.rmtree(self.home, ignore_errors=True)

    def _resize(self, size: int) -> None:
        if not _done("mount", "-o", f"remount,size={size}", str(self.home)):
            raise RuntimeError(f"{self.home} could not be resized")


class Sync:
    """What this very process hands to a disk to be kept: `fail` lets every fsync end with an I/O error, until it is told to `mend`."""

    def __init__(self) -> None:
        self._strace: subprocess.Popen[bytes] | None = None
        self.able = shutil.which("strace") is not None

    def fail(self) -> None:
        calls = "fsync,fdatasync"
        said = ["strace", "-f", "-qq", "-e", f"trace={calls}", "-e", f"inject={calls}:error=EIO", "-o", os.devnull]
        self._strace = subprocess.Popen([*said, "-p", str(os.getpid())], stderr=subprocess.DEVNULL)
        until = time.monotonic() + _ATTACH_SECONDS
        while not all(_traced(task) for task in Path("/proc/self/task").iterdir()):
            if self._strace.poll() is not None or time.monotonic() > until:
                raise RuntimeError("strace could not attach itself")

    def mend(self) -> None:
        strace, self._strace = self._strace, None
        if strace is not None:
            strace.terminate()
            strace.wait()


def _traced(task: Path) -> bool:
    """A thread that has ended meanwhile needs no tracer."""
    try:
        return "TracerPid:\t0\n" not in (task / "status").read_text()
    except FileNotFoundError:
        return True


class Wires:
    """From each of some nodes to the servers, by the address under which it knows them."""

    def __init__(self, nodes: int) -> None:
        self.addresses = tuple(f"127.0.17.{number + 1}" for number in range(nodes))
        self._cut: list[tuple[int, list[str]]] = []
        probe = self._rule(self.addresses[0], 9, "silent")
        self.able = os.geteuid() == 0 and _done("iptables", "-I", *probe) and _done("iptables", "-D", *probe)

    def cut(self, number: int, port: int, how: Wire) -> None:
        """Between one node and whoever listens at the port."""
        rule = self._rule(self.addresses[number], port, how)
        if not _done("iptables", "-I", *rule):
            raise RuntimeError("the firewall takes no rule")
        self._cut.append((port, rule))

    def mend(self, port: int | None = None) -> None:
        """Those to this port, or all."""
        for cut in [cut for cut in self._cut if port in (None, cut[0])]:
            self._cut.remove(cut)
            _done("iptables", "-D", *cut[1])

    def _rule(self, address: str, port: int, how: Wire) -> list[str]:
        return ["OUTPUT", "-w", "5", "-p", "tcp", "-d", address, "--dport", str(port), "-j", *_MEETS[how]]


def _done(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30).returncode == 0
