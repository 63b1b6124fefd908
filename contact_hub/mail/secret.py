"""Secrets by reference: the rules say where a password or key is (`env:NAME`, `file:/path`), and here it is read, each time anew.

So whoever renews one need not tell us, and nothing secret is ever in a workspace's document, in a row or in a log.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from contact_hub.errors import HubError

BYTES_MAX: Final = 64 * 1024


def secret(reference: str) -> str:
    """What is there, without the line break that editors leave at the end. Raises: mail_secret_missing, naming the reference and never a value."""
    kind, _, place = reference.partition(":")
    found: str | None = None
    if kind == "env":
        found = os.environ.get(place)
    elif kind == "file":
        found = _read(Path(place))
    if not found:
        raise HubError("mail_secret_missing", reference=reference)
    return found.rstrip("\r\n")


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(BYTES_MAX).decode()
    except (OSError, UnicodeDecodeError):
        return None
