"""What an operator reads of routing, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import hubs


async def test_an_operator_sees_the_coverage_of_the_coming_weeks(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        olga = await floor.staff("olga@hub.example")
        answer = await olga.get("/api/routing/coverage", params={"weeks": 2})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert {line["brand"] for line in answer.json()["lines"]} == {brand["id"] for brand in answer.json()["brands"]}


@pytest.mark.parametrize("weeks", ["0", "13", "many"])
async def test_weeks_that_are_none_are_refused(sqlite_url: str, tmp_path: Path, weeks: str) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        olga = await floor.staff("olga@hub.example")
        answer = await olga.get("/api/routing/coverage", params={"weeks": weeks})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_field")


@pytest.mark.parametrize("who", ["stefan@aurora.example", "zoe@zephyr.example", "anna@aurora.example"])
async def test_others_do_not_see_it(sqlite_url: str, tmp_path: Path, who: str) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        refused = await (await floor.staff(who)).get("/api/routing/coverage")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
