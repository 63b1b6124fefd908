"""What an operator sees of routing itself: who could answer when, and how contracts stand today."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response

from contact_hub.live.books import books_json
from contact_hub.live.cover import WEEKS_MAX, coverage_report
from contact_hub.staff import Action, Principal
from contact_hub.web.api import TheHub, action

router = APIRouter(prefix="/api/routing")


@router.get("/coverage")
async def coverage(
    hub: TheHub, who: Annotated[Principal, action(Action.ROUTING_SHOW)], weeks: Annotated[int, Query(ge=1, le=WEEKS_MAX)] = 4
) -> Response:
    """How many agents the hours alone would let work for each brand and language, and when that is nobody."""
    report = await coverage_report(hub.workspaces.floor(who.workspace), hub.clock.now(), weeks)
    return _json(report.as_json())


@router.get("/books")
async def books(hub: TheHub, who: Annotated[Principal, action(Action.ROUTING_SHOW)]) -> Response:
    """What contracts with a limit or a share have accepted today."""
    return _json(await books_json(hub.store, hub.workspaces, hub.owners, who.workspace, hub.clock.now()))


@router.get("/limits")
async def limits(hub: TheHub, who: Annotated[Principal, action(Action.ROUTING_SHOW)]) -> Response:
    """Who met a limit on this node in the last minute."""
    names = hub.workspaces.floor(who.workspace).brands
    return _json(
        [
            {
                "brand": one.brand or None,
                "name": names[one.brand].name if one.brand in names else one.brand,
                "limit": one.limit,
                "refused": one.refused,
            }
            for one in hub.gate.limited_now(who.workspace)
        ]
    )


def _json(body: Any) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json", headers={"cache-control": "no-store"})
