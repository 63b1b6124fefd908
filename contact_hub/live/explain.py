"""Why an inquiry is where it is, in the words of the engine and a sentence for a person.

Asked of the engine that routes, where this process has it; else of one restored from the same facts, which answers the same.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from contact_hub.errors import HubError
from contact_hub.live.owner import Owner
from contact_hub.live.telling import Teller
from contact_hub.scope import Scope
from contact_hub.store import Store
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.service import Workspaces
from i18n import catalogues, formatting
from routing.engine import Engine
from routing.explain import Explanation
from routing.floor import FLOOR
from routing.model import InquiryId

_HEARD_OF_SECONDS: Final = 1.0
_LOOK_AGAIN_SECONDS: Final = 0.02


async def explanation_json(
    store: Store,
    workspaces: Workspaces,
    owners: Mapping[str, Owner],
    workspace: str,
    inquiry: str,
    now: datetime,
    tag: str,
    *,
    pools: Collection[str] | None = None,
) -> dict[str, Any]:
    """The explanation for a screen or a terminal; only of the agents in `pools`, where the reader may know no others. Raises `not_found` where
    routing knows no such inquiry any more."""
    explanation = _within(await explain(store, workspaces, owners, workspace, inquiry, now), pools)
    floor = workspaces.floor(workspace)
    return {
        "now": now,
        "inquiry": inquiry,
        "state": explanation.stage,
        "waited_seconds": round(explanation.waited_seconds, 3),
        "rules": explanation.rules,
        "ahead": explanation.ahead,
        "all_closed": explanation.all_closed,
        "flags": list(explanation.flags),
        "estimate": asdict(explanation.estimate) if explanation.estimate is not None else None,
        "agents": [
            {
                "agent": verdict.agent,
                "name": floor.agents[verdict.agent].name if verdict.agent in floor.agents else verdict.agent,
                "pool": verdict.pool,
                "eligible": verdict.eligible,
                "tier": verdict.tier,
                "reasons": [str(reason) for reason in verdict.reasons],
            }
            for verdict in sorted(explanation.verdicts, key=lambda one: (not one.eligible, len(one.reasons), one.agent))
        ],
        "changes": [
            {
                "at": change.at,
                "code": str(change.what),
                "values": {
                    "agent": _agent_name(floor, change.agent),
                    "pool": floor.pools[change.pool].name if change.pool in floor.pools else "",
                    "tier": str(change.tier or ""),
                },
            }
            for change in explanation.changes
        ],
        "sentence": sentence(explanation, Teller(floor=floor, tag=tag)),
    }


async def explain(
    store: Store, workspaces: Workspaces, owners: Mapping[str, Owner], workspace: str, inquiry: str, now: datetime
) -> Explanation:
    """The engine's own answer; of an inquiry that was asked for a moment ago, as soon as routing has heard of it. Raises: not_found."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + _HEARD_OF_SECONDS
    # the bound is for asking again, not for answering: an engine that has to be restored first may well take longer
    while True:
        engine = await engine_of(store, workspaces, owners, workspace)
        if (found := engine.explain(InquiryId(inquiry), now)) is not None:
            return found
        if loop.time() >= give_up_at or not await _waits(store, workspace, inquiry):
            raise HubError("not_found")
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def _waits(store: Store, workspace: str, inquiry: str) -> bool:
    """Whether its row says so, whatever routing knows."""
    async with store.read() as tx:
        rows = await tx.inquiries.get_many(Scope.system(workspace), [inquiry])
    return inquiry in rows and rows[inquiry].state == "waiting"


async def engine_of(store: Store, workspaces: Workspaces, owners: Mapping[str, Owner], workspace: str) -> Engine:
    """The engine that routes, or one restored from the same facts: to ask, and never to feed."""
    owner = owners.get(workspace)
    if owner is not None and owner.engine is not None:
        return owner.engine
    async with store.read() as tx:
        facts = await tx.facts.all(workspace)
    version = int(facts.get(FLOOR, {}).get("rules", workspaces.floor(workspace).version))
    return Engine.restore((await workspaces.floor_at(workspace, version)).plan, {key: dict(fact) for key, fact in facts.items()})


def sentence(explanation: Explanation, teller: Teller) -> str:
    """How many could take it, what keeps the others from it, and how long it will probably still be."""
    hindrances = Counter(str(verdict.reasons[0]) for verdict in explanation.verdicts if verdict.reasons)
    now = catalogues.text(
        "routing.explanation",
        teller.tag,
        waited=formatting.duration(explanation.waited_seconds, teller.tag),
        able=sum(verdict.eligible for verdict in explanation.verdicts),
        all=len(explanation.verdicts),
        reasons=teller.reasons(hindrances, soonest_first=True),
    )
    return now if explanation.estimate is None else f"{now} {teller.estimate(explanation.estimate)}"


def _within(explanation: Explanation, pools: Collection[str] | None) -> Explanation:
    """Without what it says of agents and pools elsewhere."""
    if pools is None:
        return explanation
    verdicts = tuple(verdict for verdict in explanation.verdicts if verdict.pool in pools)
    known = {verdict.agent for verdict in verdicts}
    changes = tuple(
        change
        for change in explanation.changes
        if (change.agent is None or change.agent in known) and (change.pool is None or change.pool in pools)
    )
    return replace(explanation, verdicts=verdicts, changes=changes)


def _agent_name(floor: Floor, agent: str | None) -> str:
    return floor.agents[agent].name if agent is not None and agent in floor.agents else ""
