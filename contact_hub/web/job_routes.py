"""Background work that is stuck, and what an operator decides about it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from contact_hub.scope import OperatorScope
from contact_hub.staff import Action, Principal, scope_of
from contact_hub.web.api import TheHub, action

router = APIRouter(prefix="/api/jobs")


class Named(BaseModel):
    model_config = ConfigDict(extra="forbid")
    job: Annotated[str, Field(min_length=1, max_length=500)]


@router.get("")
async def stuck(hub: TheHub, who: Annotated[Principal, action(Action.JOB_SHOW)]) -> Response:
    """What was given up, fails, is overdue or gives no sign of life."""
    found = await hub.job_desk.stuck(_scope(who))
    return _json({"now": hub.clock.now(), "jobs": [one.as_json() for one in found]})


@router.post("/retry")
async def retry(named: Named, hub: TheHub, who: Annotated[Principal, action(Action.JOB_DECIDE)]) -> Response:
    """Run it again, now."""
    await hub.job_desk.retry(_scope(who), named.job, by=who.account)
    return _json({})


@router.post("/discard")
async def discard(named: Named, hub: TheHub, who: Annotated[Principal, action(Action.JOB_DECIDE)]) -> Response:
    """It is not to be done any more."""
    await hub.job_desk.discard(_scope(who), named.job, by=who.account)
    return _json({})


@router.post("/restore")
async def restore(named: Named, hub: TheHub, who: Annotated[Principal, action(Action.JOB_DECIDE)]) -> Response:
    """Take a discarding back."""
    await hub.job_desk.restore(_scope(who), named.job, by=who.account)
    return _json({})


def _scope(who: Principal) -> OperatorScope:
    scope = scope_of(who)
    assert isinstance(scope, OperatorScope), "the policy lets operators in here, and nobody else"
    return scope


def _json(body: Any) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json", headers={"cache-control": "no-store"})
