from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def redis_program() -> str:
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("CONTACT_HUB_REQUIRE_SERVICES") == "1":
            pytest.fail("required here, and missing: redis-server", pytrace=False)
        pytest.skip("not run: no redis-server")
    return program
