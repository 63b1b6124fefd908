"""Why somebody waits is told from the first moment on, and of nobody who does not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contact_hub.conversations.service import Beginning, Surroundings
from contact_hub.errors import HubError
from contact_hub.live.explain import _within, explain
from contact_hub.scope import Scope
from routing.explain import Change, Changes, Explanation, Verdict
from routing.model import AgentId, BrandId, Channel, Demand, InquiryId, PoolId
from tests import hubs
from tests.jobs.crew import until


async def _begun(floor: hubs.Floor, number: int) -> str:
    """An inquiry, as soon as its customer's words are kept."""
    hub = floor.hub
    admitted = await hub.visitors.admit("test", "sonne", None, locale="de", zone=None)
    scope = await hub.visitors.redeem(admitted.ticket)
    first = Beginning(client_message_id=f"start-{number:04}", text="Guten Tag, wo bleibt denn meine Rechnung?", kind="service")
    posted = await hub.conversations.start(scope, first, Surroundings())
    async with hub.store.read() as tx:
        inquiry = (await tx.conversations.get(Scope.system("test"), posted.conversation)).inquiry
    assert inquiry is not None
    return inquiry


async def _why(floor: hubs.Floor, inquiry: str) -> str:
    hub = floor.hub
    found = await explain(hub.store, hub.workspaces, hub.owners, "test", inquiry, hub.clock.now())
    return found.stage


async def test_an_inquiry_of_this_very_moment_is_explained_once_routing_has_heard_of_it(store_url: str, tmp_path: Path) -> None:
    async with hubs.floor(store_url, tmp_path) as floor:
        owners = floor.hub.owners
        await until(lambda: "test" in owners and owners["test"].engine is not None)
        stages = [await _why(floor, await _begun(floor, number)) for number in range(5)]
        assert stages == ["waiting"] * 5


async def test_what_there_is_not_has_no_explanation(store_url: str, tmp_path: Path) -> None:
    async with hubs.floor(store_url, tmp_path) as floor:
        with pytest.raises(HubError, match="not_found"):
            await _why(floor, "inq_nobody")


def test_a_vendor_hears_nothing_of_agents_and_pools_elsewhere() -> None:
    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    verdicts = tuple(
        Verdict(agent=AgentId(agent), pool=PoolId(pool), reasons=()) for agent, pool in (("ann", "ours"), ("zoe", "theirs"))
    )
    changes = (
        Change(what=Changes.OVERFLOW, at=at, tier=2),
        *(Change(what=Changes.OPENING, at=at, pool=PoolId(pool)) for pool in ("ours", "theirs")),
        *(Change(what=Changes.COOL_DOWN_ENDS, at=at, agent=AgentId(agent)) for agent in ("ann", "zoe")),
    )
    whole = Explanation(
        inquiry=InquiryId("i1"),
        stage="waiting",
        demand=Demand(brand=BrandId("sonne"), channel=Channel.CHAT, kind="service"),
        rules=1,
        waited_seconds=1,
        agent=None,
        ahead=0,
        all_closed=False,
        estimate=None,
        flags=(),
        verdicts=verdicts,
        changes=changes,
    )
    assert _within(whole, None) == whole
    told = _within(whole, {"ours"})
    assert [verdict.agent for verdict in told.verdicts] == ["ann"]
    assert [change.agent or change.pool or change.tier for change in told.changes] == [2, "ours", "ann"]
