"""Being cancelled, where something below may swallow it.

`CancelledError` reaches a task once, at whatever it awaits. Client libraries that tidy up a connection lose it now and then (redis-py 8.1 on Python 3.11
does, in about one of twenty ends under load), and a loop that runs for the life of the process would then run for ever, and whoever waits for its end with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

_AGAIN_SECONDS: Final = 0.5


def is_cancelled() -> bool:
    """Whether the present task has been told to end; the task knows, also where the exception was swallowed."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel them until all have ended, however often that takes. What they raise in the end is not looked at."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        done, left = await asyncio.wait(left, timeout=_AGAIN_SECONDS)
        for task in done:
            if not task.cancelled():
                task.exception()
