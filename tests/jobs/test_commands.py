"""`contact-hub jobs`, as an operator of machines uses it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest
import structlog
from typer.testing import CliRunner, Result

from contact_hub.cli import app
from contact_hub.errors import HubError
from contact_hub.jobs import Attempt, GiveUp, Kind
from contact_hub.store import Store
from tests.jobs.crew import WORKSPACE, worker


async def fails(_attempt: Attempt) -> None:
    raise GiveUp("unavailable")


@pytest.fixture
def stuck(sqlite_url: str) -> str:
    """One piece of work that was given up."""

    async def lay_down() -> str:
        store = await Store.open(sqlite_url)
        try:
            crew = worker(store, [Kind(name="some.work", handler=fails)])
            id_ = await crew.add("some.work", "k")
            await crew.runner.run(WORKSPACE, id_)
            await store.write(crew.jobs.add_rounds, name="rounds")
            return id_
        finally:
            await store.close()

    return asyncio.run(lay_down())


@pytest.fixture
def run(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """In this process, which takes a second less for each command; the logs' set-up is taken back, for their file is closed afterwards."""
    monkeypatch.setenv("CONTACT_HUB_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CONTACT_HUB_WORKSPACE", WORKSPACE)
    yield lambda *arguments: CliRunner().invoke(app, ["jobs", *arguments])
    structlog.reset_defaults()


def test_stuck_work_is_listed_discarded_taken_back_and_run_again(run: Callable[..., Result], stuck: str) -> None:
    [one] = json.loads(run("list", "--json").stdout)
    assert (one["id"], one["trouble"], one["code"], one["known"]) == (stuck, "failed", "unavailable", False)
    assert one["told"].startswith("Given up after 1 attempt.")
    assert run("discard", stuck, "--yes").stdout.strip() == f"{stuck} is discarded."
    assert "Nothing is stuck." in run("list").stdout
    assert run("restore", stuck).exit_code == 0
    assert "runs again" in run("retry", stuck).stdout
    for job, code in ((stuck, "job_not_open"), ("job_nothing", "not_found")):
        refused = run("restore", job).exception
        assert isinstance(refused, HubError)
        assert refused.code == code
