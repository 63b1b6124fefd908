"""The built front end: read once, served with hashes in names for ever, pages without cache."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from contact_hub.errors import HubError

STATIC: Final = Path(__file__).parent / "static"
TEXT_PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "widget": ("widget.", "notice.", "error."),
    "console": ("console.", "signin.", "quality.", "admin.", "error.", "routing.", "language.", "notice."),
}


@cache
def page(name: str) -> str:
    """One of the built pages. Raises `unavailable` where the front end has not been built."""
    return file(name).decode("utf-8")


@cache
def file(name: str) -> bytes:
    path = STATIC / name
    if not path.is_file():
        raise HubError("unavailable", "The front end has not been built; `uv sync` builds it.")
    return path.read_bytes()
