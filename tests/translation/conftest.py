from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.translation.libre import Libre, serving


@pytest.fixture
def libre() -> Iterator[Libre]:
    with serving() as server:
        yield server
