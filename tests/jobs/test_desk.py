"""What is stuck is told apart, and the doctor says why nobody does it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from contact_hub.app import Hub, build
from contact_hub.clock import ManualClock
from contact_hub.doctor import Finding, examine
from contact_hub.jobs.desk import Stuck, Trouble
from contact_hub.scope import Scope
from contact_hub.settings import Settings
from contact_hub.store.records import OutboxItem
from tests.store.builders import NOW, WORKSPACE


async def put(hub: Hub, id_: str, **given: object) -> None:
    values: dict[str, object] = {"workspace": WORKSPACE, "kind": "mail.send", "payload": {}, "due_at": NOW, "created_at": NOW}
    row = OutboxItem(**(values | {"id": id_} | given))  # type: ignore[arg-type]
    await hub.store.write(lambda tx: tx.outbox.add(row), name="put")


async def stuck(hub: Hub) -> dict[str, Stuck]:
    return {one.row.id: one for one in await hub.job_desk.stuck(Scope.system(WORKSPACE))}


async def test_troubles_are_told_apart_and_what_is_well_is_not_shown(sqlite_url: str, tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    async with build(Settings(database_url=sqlite_url, data_dir=tmp_path), clock=clock) as hub:
        soon, long_ago = NOW + timedelta(seconds=50), NOW - timedelta(seconds=90)
        await put(hub, "fresh")
        await put(hub, "later", due_at=NOW + timedelta(hours=1))
        await put(hub, "done", state="done", finished_at=NOW)
        await put(hub, "runs", state="running", holder="n/1", lease_until=soon, due_at=long_ago, attempts=1)
        await put(hub, "failed", state="failed", attempts=8, last_error="unavailable")
        await put(hub, "tried", attempts=2, last_error="KeyError", due_at=soon)
        await put(hub, "late", due_at=long_ago)
        await put(hub, "lost", state="running", holder="n/2", lease_until=long_ago, attempts=1)
        await put(hub, "unknown", kind="new.work", due_at=long_ago)
        found = await stuck(hub)
    assert {id_: one.trouble for id_, one in found.items()} == {
        "failed": Trouble.FAILED,
        "tried": Trouble.RETRYING,
        "late": Trouble.OVERDUE,
        "lost": Trouble.LOST,
        "unknown": Trouble.OVERDUE,
    }
    assert found["failed"].said("en") == "Given up after 8 attempts. The service cannot do this at the moment."
    assert found["tried"].said("de").endswith("Ein unerwarteter Fehler der Art KeyError.")
    assert found["unknown"].said("en").endswith("This version of the program does not know how to do it.")


async def test_the_doctor_says_that_nobody_works_and_what_this_version_does_not_know(sqlite_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=sqlite_url, data_dir=tmp_path)
    assert (await background_work(settings)).state == "ok"
    async with build(settings) as hub:
        long_ago = hub.clock.now() - timedelta(minutes=3)
        await put(hub, "round", workspace="*", due_at=long_ago)
        await put(hub, "unknown", workspace="*", kind="new.work", due_at=long_ago)
    finding = await background_work(settings)
    assert finding.state == "error"
    assert "1 overdue: mail.send" in finding.sentence
    assert "No live node is a worker, so nobody does it" in finding.sentence
    assert "This version does not know how to do new.work" in finding.sentence


async def background_work(settings: Settings) -> Finding:
    return next(finding for finding in await examine(settings) if finding.what == "background work")
