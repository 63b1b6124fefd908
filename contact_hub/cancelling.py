"""Whether we have been cancelled, where something below us may have swallowed it.

`CancelledError` reaches a task once. Client libraries that tidy up a connection, and exceptions that overtake it, can lose it on the way; a loop that runs
for the life of the process would then run for ever, and whoever waits for its end with it. The task itself still knows (`Task.cancelling`).
"""

from __future__ import annotations

import asyncio


def is_cancelled() -> bool:
    """Whether the present task has been told to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def end_if_cancelled() -> None:
    """For loops, after what may have swallowed it. Raises: asyncio.CancelledError."""
    if is_cancelled():
        raise asyncio.CancelledError
