"""The operator's desk: the live floor, and the workspace with its versions."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from contact_hub.errors import HubError
from contact_hub.quality.sight import brands_known
from contact_hub.scope import OperatorScope, Scope
from contact_hub.staff import Action, Principal, scope_of
from contact_hub.store.records import Conversation, OfferRecord, Presence, Seats
from contact_hub.web.api import TheHub, action, problem_json
from contact_hub.workspace import Change, Workspace, check, diff, dump, from_stored, parse_placed, placed
from contact_hub.workspace.model import Agent
from routing.model import AgentId

router = APIRouter(prefix="/api")


class Sheet(BaseModel):
    model_config = ConfigDict(extra="forbid")
    yaml: Annotated[str, Field(max_length=1_500_000)]
    expected_version: int | None = None


@router.get("/floor")
async def floor(hub: TheHub, who: Annotated[Principal, action(Action.FLOOR_SHOW)]) -> Response:
    """Everybody and everything on the floor, now; for a vendor's manager the own pools, and nobody else's queue."""
    rules, system = hub.workspaces.floor(who.workspace), Scope.system(who.workspace)
    pools = None if who.role == "operator" else who.pools
    async with hub.store.read() as tx:
        presences, seats = await tx.presences.all(system), await tx.seats.all(system)
        live = [offer for offer in await tx.offers.live(system) if pools is None or offer.pool in pools]
        waiting = await tx.inquiries.waiting_by_brand(system) if pools is None else {}
        conversations = await tx.conversations.get_many(system, {offer.conversation for offer in live}) if live else {}
        lease = await tx.leases.get(who.workspace)
    held: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for offer in live:
        held[offer.agent].append(_held(offer, conversations[offer.conversation]))
    shown = [agent for agent in rules.workspace.agents if pools is None or agent.pool in pools]
    now = hub.clock.now()
    return _json(
        {
            "now": now,
            "agents": [
                _at_work(agent, presences.get(AgentId(agent.id)), seats.get(AgentId(agent.id)), held[agent.id]) for agent in shown
            ],
            "pools": [
                {"id": pool.id, "name": pool.name, "vendor": pool.vendor, "zone": str(pool.zone)}
                for pool in rules.workspace.pools
                if pools is None or pool.id in pools
            ],
            "brands": [
                {"id": brand.id, "name": brand.name, "colour": str(brand.look.colour)} for brand in brands_known(rules, who)
            ],
            "queues": [
                {"brand": line.brand, "waiting": line.waiting, "oldest_since": line.oldest_since} for line in waiting.values()
            ],
            "owner": {"epoch": lease.epoch if lease else 0, "healthy": lease is not None and lease.expires_at > now},
        }
    )


def _held(offer: OfferRecord, row: Conversation) -> dict[str, Any]:
    return {
        "conversation": row.id,
        "brand": row.brand,
        "language": row.language_tag,
        "state": offer.state,
        "since": offer.assigned_at or offer.offered_at,
    }


def _at_work(agent: Agent, presence: Presence | None, chairs: Seats | None, held: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "agent": agent.id,
        "name": agent.name,
        "pool": agent.pool,
        "availability": presence.availability if presence else "offline",
        "reason": presence.reason if presence else None,
        "since": presence.since if presence else None,
        "connected": presence.connected if presence else False,
        "seats": chairs.seats if chairs else agent.seats,
        "seats_used": chairs.seats_used if chairs else 0,
        "conversations": held,
    }


@router.get("/workspace")
async def workspace(hub: TheHub, who: Annotated[Principal, action(Action.WORKSPACE_SHOW)]) -> Response:
    """The rules that hold, as a file, with what is doubtful about them and the versions before."""
    scope, rules = _scope(who), hub.workspaces.floor(who.workspace)
    async with hub.store.read() as tx:
        versions = await tx.versions.list(scope)
        names = {account.id: account.name for account in await tx.accounts.all(scope)}
    problems = check(rules.workspace, today=hub.clock.now().date())
    return _json(
        {
            "version": rules.version,
            "yaml": await asyncio.to_thread(dump, rules.workspace),
            "problems": [problem_json(problem) for problem in problems],
            "versions": [
                {"version": one.version, "applied_at": one.applied_at, "applied_by": names.get(one.applied_by, one.applied_by)}
                for one in versions
            ],
        }
    )


@router.get("/workspace/versions/{version}")
async def version_text(
    version: Annotated[int, Path(ge=1, le=2**31 - 1)], hub: TheHub, who: Annotated[Principal, action(Action.WORKSPACE_EXPORT)]
) -> Response:
    """An earlier version as a file."""
    async with hub.store.read() as tx:
        row = await tx.versions.get(_scope(who), version)
    if row is None:
        raise HubError("not_found")
    return _json({"version": version, "yaml": await asyncio.to_thread(dump, from_stored(dict(row.document)))})


@router.post("/workspace/check")
async def check_sheet(sheet: Sheet, hub: TheHub, who: Annotated[Principal, action(Action.WORKSPACE_APPLY)]) -> Response:
    """What applying this file would do, without doing it."""
    wanted, problems = await asyncio.to_thread(_read, sheet.yaml, hub, who)
    changes = diff(hub.workspaces.floor(who.workspace).workspace, wanted)
    return _json({"problems": problems, "changes": [_change(one) for one in changes]})


@router.post("/workspace")
async def apply_sheet(sheet: Sheet, hub: TheHub, who: Annotated[Principal, action(Action.WORKSPACE_APPLY)]) -> Response:
    """Make this file the rules."""
    wanted, problems = await asyncio.to_thread(_read, sheet.yaml, hub, who)
    applied = await hub.workspaces.apply(wanted, by=who.account, expected=sheet.expected_version)
    return _json({"version": applied.version, "problems": problems, "changes": [_change(one) for one in applied.changes]})


def _read(yaml: str, hub: Any, who: Principal) -> tuple[Workspace, list[dict[str, Any]]]:
    wanted, reading = parse_placed(yaml)
    if wanted.workspace.id != who.workspace:
        raise HubError("workspace_refused", "The file names another workspace.", field="workspace.id")
    problems = placed(check(wanted, today=hub.clock.now().date()), reading)
    return wanted, [problem_json(problem) for problem in problems]


def _change(change: Change) -> dict[str, Any]:
    return {"path": change.path, "kind": str(change.kind), "before": _plain(change.before), "after": _plain(change.after)}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool) else msgspec.to_builtins(value)


def _scope(who: Principal) -> OperatorScope:
    scope = scope_of(who)
    assert isinstance(scope, OperatorScope), "the policy lets operators in here, and nobody else"
    return scope


def _json(body: Any) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json", headers={"cache-control": "no-store"})
