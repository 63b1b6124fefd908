"""What an operator reads of routing, and nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contact_hub.clock import ManualClock
from contact_hub.live.books import books_json
from tests import hubs

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

DIVIDED = hubs.WORKSPACE.replace(
    "pool: berlin, tier: 1}", "pool: berlin, tier: 1, currency: EUR, price: 4.20, cap_per_day: 1, budget_per_day: 20}"
).replace(
    "kinds:\n  - {id: service", "shares: [{id: sonne, contracts: {aurora-berlin: 60, aurora-zephyr: 40}}]\nkinds:\n  - {id: service"
)


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


async def test_an_operator_sees_what_contracts_accepted_against_caps_budgets_and_shares(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path, text=DIVIDED, clock=ManualClock(NOON)) as floor:
        olga, anna = await floor.staff("olga@hub.example"), await floor.agent("anna")
        before = (await olga.get("/api/routing/books")).json()["contracts"]
        assert {one["day"] for one in before} == {"2026-11-24"}
        assert [(one["contract"], one["accepted"], one["against"]) for one in before] == [
            ("aurora-berlin", 0, None),
            ("aurora-zephyr", 0, None),
        ]
        await (await floor.visitor()).start("Guten Tag, ich habe eine Frage.")
        await anna.take()
        capped, other = (await olga.get("/api/routing/books")).json()["contracts"]
        assert (capped["accepted"], capped["cap"], capped["spent"], capped["budget"]) == (1, 1, 4.2, 20.0)
        assert (capped["against"], other["against"]) == ("cap_reached", None)
        assert (capped["share"]["now"], capped["share"]["agreed"], other["share"]["now"]) == (1.0, 0.6, 0.0)
        assert (capped["client"], other["cap"], other["budget"]) == ("Aurora Holding", None, None)
        hub, tomorrow = floor.hub, NOON + timedelta(days=1)
        fresh = (await books_json(hub.store, hub.workspaces, hub.owners, "test", tomorrow))["contracts"][0]
        assert (str(fresh["day"]), fresh["accepted"], fresh["spent"], fresh["against"]) == ("2026-11-25", 0, 0.0, None)
        assert fresh["share"]["accepted"] == 1, "a share outlives the day"


async def test_without_limits_there_are_no_books(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        olga = await floor.staff("olga@hub.example")
        assert (await olga.get("/api/routing/books")).json()["contracts"] == []


@pytest.mark.parametrize("page", ["coverage", "books"])
@pytest.mark.parametrize("who", ["stefan@aurora.example", "zoe@zephyr.example", "anna@aurora.example"])
async def test_others_do_not_see_it(sqlite_url: str, tmp_path: Path, who: str, page: str) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        refused = await (await floor.staff(who)).get(f"/api/routing/{page}")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


@pytest.mark.parametrize(("zone", "until"), [("Asia/Dubai", "16:01"), ("Mars/Olympus", "13:01"), ("../../etc/passwd", "13:01")])
async def test_a_conversation_tells_its_decisions_in_the_readers_language_and_zone(
    sqlite_url: str, tmp_path: Path, zone: str, until: str
) -> None:
    async with hubs.floor(sqlite_url, tmp_path, clock=ManualClock(NOON)) as floor:
        stefan, anna = await floor.staff("stefan@aurora.example"), await floor.agent("anna")
        conversation = await (await floor.visitor()).start("Guten Tag, ich habe eine Frage.")
        await anna.take()
        await anna.send("end", conversation=conversation)
        await anna.until(lambda: "wrap_up_until" in anna.view["conversations"][conversation])
        shown = (await stefan.get(f"/api/conversations/{conversation}", params={"tag": "de", "zone": zone})).json()
        told = [decision["told"] for step in shown["steps"] for decision in step.get("decisions", ())]
        assert any("Angeboten an" in sentence for sentence in told)
        assert any("spätestens um" in sentence and until in sentence for sentence in told)
