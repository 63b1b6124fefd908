"""One program serves a SQLite file: it keeps a lock on a file beside it, for as long as it lives.

SQLite itself would let two in; they would not hear each other's pokes, and each would think that it alone knows. Commands that look or apply rules
are not concerned: they come and go between the commits. The lock belongs to the process, so nothing has to be tidied up after a crash.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from contact_hub.errors import HubError


@contextlib.contextmanager
def sole_server(url: str) -> Iterator[None]:
    """While it is held, nobody else serves this file. Raises: file_in_use. PostgreSQL needs no such thing."""
    if not url.startswith("sqlite:///"):
        yield
        return
    path = Path(f"{url.removeprefix('sqlite:///')}.serving")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise HubError("database_unreachable", error=type(error).__name__) from None
    try:
        if not _locked(handle):
            raise HubError("file_in_use", f"{path.name} is held by process {_holder(handle)}, which serves the same database file.")
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    if sys.platform == "win32":
        return True  # no such lock there
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _holder(handle: int) -> str:
    return os.pread(handle, 20, 0).decode("ascii", errors="replace") or "?"
