"""What an operator sees of background work that is stuck, and decides about it; what nobody else does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from contact_hub.doctor import _jobs
from contact_hub.jobs import Attempt, GiveUp, Job, Kind
from contact_hub.scope import Scope
from tests import hubs


class Post:
    """Work that fails as long as nobody mends it."""

    def __init__(self) -> None:
        self.broken = True
        self.done: list[str] = []

    async def __call__(self, attempt: Attempt) -> None:
        if self.broken:
            raise GiveUp("unavailable")
        self.done.append(attempt.id)


async def given_up(floor: hubs.Floor, post: Post, key: str = "m1") -> str:
    jobs = floor.hub.jobs
    if "some.work" not in jobs.kinds:
        jobs.register(Kind(name="some.work", handler=post))
    job = Job(kind="some.work", workspace="test", payload={"mail": "Kanarienvogel"}, key=key)
    id_ = await floor.hub.store.write(lambda tx: jobs.add(tx, job), name="add")
    await floor.hub.runner.run("test", id_)
    await settled(floor, id_, "failed")
    return id_


async def settled(floor: hubs.Floor, id_: str, state: str) -> None:
    for _ in range(400):
        async with floor.hub.store.read() as tx:
            row = await tx.outbox.get(Scope.system("test"), id_)
        if row is not None and row.state == state:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{id_} did not become {state}")


async def audited(floor: hubs.Floor) -> list[tuple[str, str]]:
    async with floor.hub.store.read() as tx:
        rows = await tx.audit.read(Scope.system("test"))
    return [(row.action, row.subject) for row in rows if row.action.startswith("job.")]


async def test_what_was_given_up_is_shown_with_its_reason_and_runs_again(sqlite_url: str, tmp_path: Path) -> None:
    post = Post()
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        olga = await floor.staff("olga@hub.example")
        assert (await olga.get("/api/jobs")).json()["jobs"] == []
        id_ = await given_up(floor, post)
        answer = await olga.get("/api/jobs")
        [shown] = answer.json()["jobs"]
        assert (shown["id"], shown["trouble"], shown["code"], shown["attempts"]) == (id_, "failed", "unavailable", 1)
        assert "Kanarienvogel" not in answer.text
        finding = await _jobs(floor.hub)
        assert (finding.state, "given up: some.work (unavailable)" in finding.sentence) == ("warning", True)
        post.broken = False
        assert (await olga.post("/api/jobs/retry", json={"job": id_})).status_code == 200
        await settled(floor, id_, "done")
        assert post.done == [id_]
        assert (await olga.get("/api/jobs")).json()["jobs"] == []
        refused = await olga.post("/api/jobs/retry", json={"job": id_})
        assert (refused.status_code, refused.json()["code"]) == (409, "job_not_open")
        assert await audited(floor) == [("job.retried", id_)]
        assert (await _jobs(floor.hub)).state == "ok"


async def test_discarding_can_be_taken_back_and_is_written_down(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        olga, id_ = await floor.staff("olga@hub.example"), await given_up(floor, Post())
        assert (await olga.post("/api/jobs/discard", json={"job": id_})).status_code == 200
        assert (await olga.get("/api/jobs")).json()["jobs"] == []
        assert (await olga.post("/api/jobs/restore", json={"job": id_})).status_code == 200
        [shown] = (await olga.get("/api/jobs")).json()["jobs"]
        assert (shown["trouble"], shown["code"]) == ("failed", "unavailable")
        assert await audited(floor) == [("job.discarded", id_), ("job.restored", id_)]


@pytest.mark.parametrize("who", ["anna@aurora.example", "stefan@aurora.example", "zoe@zephyr.example"])
async def test_only_operators_see_and_decide(sqlite_url: str, tmp_path: Path, who: str) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        staff = await floor.staff(who)
        answers: list[Any] = [await staff.get("/api/jobs")]
        answers += [await staff.post(f"/api/jobs/{what}", json={"job": "x"}) for what in ("retry", "discard", "restore")]
        assert [answer.status_code for answer in answers] == [403] * 4


async def test_work_that_is_not_there_and_rounds_of_the_house_cannot_be_decided_about(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        olga = await floor.staff("olga@hub.example")
        assert (await olga.post("/api/jobs/retry", json={"job": "nothing"})).status_code == 404
        assert (await olga.post("/api/jobs/discard", json={"job": "rows.forget:round"})).status_code == 404, "the house's, not hers"
