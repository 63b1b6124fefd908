"""Whether the rows are still those with which this process began (ADR 21)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakSet

_ASKED_AGAIN_SECONDS: Final = 10.0
_LAID_DOWN: Final = "SELECT to_regclass('workspaces') IS NOT NULL"
_EPOCHS: Final = "SELECT id, delivery_epoch FROM workspaces"


class Lineage:
    """What a process knows of the rows it works on. A backup can only be put back where every line to the server is cut, so they are looked at on each new one,
    and on old ones now and then, for workspaces that came since. Where `contact-hub restored` has given them other delivery epochs, what the process has in
    mind is of a time that never was: nothing of it may be written, and it can only end."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.ended = asyncio.Event()
        self._monotonic, self._asked_at = monotonic, float("-inf")
        self._known: dict[str, str] = {}
        self._asked: WeakSet[Any] = WeakSet()

    async def ask(self, driver: Any) -> None:
        """Raises ConnectionAbortedError where it leads to other rows, and of every line from then on."""
        old = driver in self._asked and self._monotonic() - self._asked_at < _ASKED_AGAIN_SECONDS
        if not old and not self.ended.is_set():
            self._asked_at = self._monotonic()
            rows = dict(await driver.fetch(_EPOCHS)) if await driver.fetchval(_LAID_DOWN) else {}
            if any(rows.get(workspace) != epoch for workspace, epoch in self._known.items()):
                self.ended.set()
            self._known |= rows
            self._asked.add(driver)
        if self.ended.is_set():
            raise ConnectionAbortedError("a backup was put back under this process")

    def begin_anew(self) -> None:
        """It is we who say that these are other rows from now on."""
        self._known = {}

    def backends(self) -> list[int]:
        """The server's processes behind our lines."""
        return [driver.get_server_pid() for driver in self._asked if not driver.is_closed()]
