"""A running floor for tests over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import hubs


@pytest.fixture
async def floor(sqlite_url: str, tmp_path: Path) -> AsyncIterator[hubs.Floor]:
    async with hubs.floor(sqlite_url, tmp_path) as running:
        yield running
