"""A process of a bench's own: it is asked in lines, and answers in lines, mostly of JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from typing import Any, Final

_LINE_MAX: Final = 1 << 26
_LEAVE_SECONDS: Final = 30


class Child:
    """One that runs. Raises AssertionError where it has gone without an answer."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    @classmethod
    @contextlib.asynccontextmanager
    async def of(cls, module: str, *arguments: str) -> AsyncIterator[Child]:
        """Ends with its input, and is killed where it does not."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE_MAX,
        )
        try:
            yield cls(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), _LEAVE_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")

    async def hear(self) -> str:
        """The next line."""
        assert self._process.stdout is not None
        said = await self._process.stdout.readline()
        assert said, "the process has gone"
        return said.decode().strip()

    async def ask(self, line: str) -> Any:
        """What it answers, from JSON."""
        self.tell(line)
        return json.loads(await self.hear())

    async def do(self, command: str, **values: Any) -> Any:
        """`ask` for a command with values."""
        return await self.ask(json.dumps({"do": command, **values}))
