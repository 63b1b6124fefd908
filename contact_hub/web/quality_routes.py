"""Reports, the conversations behind them, and why each went where it went."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from contact_hub.conversations.lines import conversation_lines
from contact_hub.errors import HubError
from contact_hub.live.console import public_entry, staff_entry
from contact_hub.live.explain import explanation_json
from contact_hub.live.telling import Teller, told_steps
from contact_hub.live.view import language_view
from contact_hub.quality import query as report_query
from contact_hub.quality.reports import Cell
from contact_hub.quality.sight import facets, labels_of, pools_known, sight_of
from contact_hub.scope import VendorScope
from contact_hub.staff import Action, Principal, allows, scope_of
from contact_hub.store.records import ConversationFilter, PageKey
from contact_hub.web.api import TheHub, action
from i18n import catalogues, tags

router = APIRouter(prefix="/api")

_NOT_OF_THE_REPORT: Final = frozenset({"measure", "row", "at", "hour", "tag"})
_DRILL_MAX: Final = 2_000


class Correction(BaseModel):
    model_config = ConfigDict(extra="forbid")
    tag: Annotated[str, Field(max_length=35)]


@router.get("/quality/report")
async def report(request: Request, hub: TheHub, who: Annotated[Principal, action(Action.REPORT_SHOW)], tag: str = "en") -> Response:
    """The report for a screen."""
    floor = hub.workspaces.floor(who.workspace)
    tag = _tag(tag)
    shown = await hub.quality.report(
        who.workspace, _query(request, hub.clock.now()), sight_of(who), labels_of(floor, who, tag), tag
    )
    return _json(shown)


@router.get("/quality/report.csv")
async def report_csv(
    request: Request, hub: TheHub, who: Annotated[Principal, action(Action.REPORT_EXPORT)], tag: str = "en"
) -> Response:
    """The same figures as a file."""
    floor = hub.workspaces.floor(who.workspace)
    tag = _tag(tag)
    query = _query(request, hub.clock.now())
    body = await hub.quality.csv(who.workspace, query, sight_of(who), labels_of(floor, who, tag), tag)
    name = f"contact-hub-{query.by}-{query.since:%Y%m%d}-{query.until:%Y%m%d}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/quality/drill")
async def drill(
    request: Request,
    hub: TheHub,
    who: Annotated[Principal, action(Action.REPORT_SHOW)],
    measure: str,
    row: str | None = None,
    at: str | None = None,
    hour: Annotated[int | None, Query(ge=0, le=23)] = None,
) -> Response:
    """What a figure is made of, down to the conversations."""
    cell = Cell(measure=measure, row=None if row in {None, "total"} else row, at=at, hour=hour)
    items = await hub.quality.drill(who.workspace, _query(request, hub.clock.now()), sight_of(who), cell)
    scope, floor = scope_of(who), hub.workspaces.floor(who.workspace)
    shown = items[:_DRILL_MAX]
    ids = {item.conversation for item in shown if item.conversation}
    async with hub.store.read() as tx:
        rows = await tx.conversations.get_many(scope, ids) if ids else {}
        lines = {line["conversation"]: line for line in await conversation_lines(tx, scope, floor, list(rows.values()))}
    answer = [
        {**lines.get(item.conversation or "", {"conversation": item.conversation, "inquiry": item.inquiry})}
        | {"at": item.at, "counted": item.counted, "value": item.value, "agent": item.agent}
        for item in shown
    ]
    return _json({"measure": measure, "row": row or "total", "total": len(items), "items": answer})


@router.get("/quality/facets")
async def facet_list(hub: TheHub, who: Annotated[Principal, action(Action.REPORT_SHOW)]) -> dict[str, Any]:
    return facets(hub.workspaces.floor(who.workspace), who)


@router.get("/conversations")
async def search(
    hub: TheHub,
    who: Annotated[Principal, action(Action.CONVERSATION_SEARCH)],
    brand: str | None = None,
    client: str | None = None,
    pool: str | None = None,
    vendor: str | None = None,
    agent: str | None = None,
    language: str | None = None,
    kind: str | None = None,
    channel: str | None = None,
    state: str | None = None,
    from_: Annotated[datetime | None, Query(alias="from")] = None,
    to: datetime | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Conversations, the newest first."""
    if state not in {None, "waiting", "open", "ended"}:
        raise HubError("filter_unknown", filter="state")
    if not all(moment is None or _is_moment(moment) for moment in (from_, to)):
        raise HubError("report_range_invalid", "The period needs a time zone.")
    floor, scope = hub.workspaces.floor(who.workspace), scope_of(who)
    wanted = ConversationFilter(
        brand=brand,
        client=client,
        pool=pool,
        pools=floor.pools_of_vendor(vendor) if vendor else None,
        agent=agent,
        language=language,
        kind=kind,
        channel=channel,
        state=state,  # type: ignore[arg-type]  # one of three, see above
        since=from_,
        until=to,
    )
    async with hub.store.read() as tx:
        rows = await tx.conversations.search(scope, wanted, after=_page_key(after), limit=limit + 1)
        page = rows[:limit]
        lines = await conversation_lines(tx, scope, floor, page)
    following = _cursor(PageKey(opened_at=page[-1].opened_at, id=page[-1].id)) if len(rows) > limit else None
    return _json({"items": lines, "next": following})


@router.get("/conversations/{conversation}")
async def show(
    conversation: str,
    hub: TheHub,
    who: Annotated[Principal, action(Action.CONVERSATION_SHOW)],
    tag: str = "en",
    zone: Annotated[str | None, Query(max_length=60)] = None,
) -> Response:
    """One conversation: both logs, and every step of routing with its sentences; times in them are of `zone`, else of the brand's."""
    floor, scope = hub.workspaces.floor(who.workspace), scope_of(who)
    known = frozenset(_people_of(scope.pools, floor)) if isinstance(scope, VendorScope) else None
    pools = pools_known(floor, who)
    shown = None if pools is None else _people_of(pools, floor)
    async with hub.store.read() as tx:
        row = await tx.conversations.get(scope, conversation)
        line = (await conversation_lines(tx, scope, floor, [row]))[0]
        public = await tx.conversations.public_after(scope, conversation, 0, limit=2_000)
        staff = await tx.conversations.staff_after(scope, conversation, 0, limit=2_000)
        told = row.inquiry and allows(who.party, Action.DECISION_EXPLAIN)
        steps = await tx.journal.read(scope, inquiry=row.inquiry, limit=2_000) if told else []
    told_in = _zone(zone) or (str(floor.brands[row.brand].zone) if row.brand in floor.brands else "UTC")
    teller = Teller(floor=floor, tag=_tag(tag), zone=told_in, brand=row.brand, known=shown, isolated=True)
    return _json(
        {
            "line": line,
            "language": msgspec.to_builtins(language_view(row)),
            "public": [msgspec.to_builtins(public_entry(entry, floor, known=known)) for entry in public],
            "staff": [msgspec.to_builtins(staff_entry(entry, floor, known=known)) for entry in staff],
            "steps": told_steps(steps, teller),
            "names": {
                "agents": {agent.id: agent.name for agent in floor.workspace.agents if shown is None or agent.id in shown},
                "pools": {pool.id: pool.name for pool in floor.workspace.pools if shown is None or pool.id in shown},
            },
        }
    )


@router.post("/conversations/{conversation}/language", status_code=204)
async def correct_language(
    conversation: str, asked: Correction, hub: TheHub, who: Annotated[Principal, action(Action.CONVERSATION_LANGUAGE_CORRECT)]
) -> None:
    """A supervisor knows better; what nobody has accepted yet is routed anew."""
    await hub.conversations.correct_language(scope_of(who), who.name, conversation, asked.tag, by="supervisor")


@router.get("/inquiries/{inquiry}/explain")
async def explain(
    inquiry: str, hub: TheHub, who: Annotated[Principal, action(Action.DECISION_EXPLAIN)], tag: str = "en"
) -> Response:
    """Who could take it, why nobody does, and what will change that."""
    async with hub.store.read() as tx:
        await tx.inquiries.get(scope_of(who), inquiry)
    pools, now = pools_known(hub.workspaces.floor(who.workspace), who), hub.clock.now()
    return _json(await explanation_json(hub.store, hub.workspaces, hub.owners, who.workspace, inquiry, now, _tag(tag), pools=pools))


def _query(request: Request, now: datetime) -> report_query.Query:
    parameters = {name: request.query_params.getlist(name) for name in request.query_params if name not in _NOT_OF_THE_REPORT}
    return report_query.Query.parse(parameters, now)


def _people_of(pools: frozenset[Any], floor: Any) -> set[str]:
    return {str(pool) for pool in pools} | {agent.id for agent in floor.workspace.agents if agent.pool in pools}


def _zone(zone: str | None) -> str | None:
    """A zone that we know too; browsers know some that we do not."""
    try:
        return ZoneInfo(zone).key if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _tag(tag: str) -> str:
    try:
        return catalogues.resolve(tags.canonical(tag), prefixes=("quality.", "routing."))
    except ValueError:
        raise HubError("language_unknown") from None


def _json(body: Any) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json", headers={"cache-control": "no-store"})


def _cursor(key: PageKey) -> str:
    return base64.urlsafe_b64encode(json.dumps([key.opened_at.isoformat(), key.id]).encode()).decode()


def _page_key(cursor: str | None) -> PageKey | None:
    if cursor is None:
        return None
    try:
        opened_at, id_ = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        key = PageKey(opened_at=datetime.fromisoformat(opened_at), id=str(id_))
        sound = _is_moment(key.opened_at) and bool(key.id.encode())  # lone surrogates are no text
    except (ValueError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise HubError("invalid_field", field="after")
    return key


def _is_moment(moment: datetime) -> bool:
    """Whether it is aware, and in UTC too within the calendar."""
    try:
        return moment.tzinfo is not None and moment.astimezone(UTC) is not None
    except OverflowError:
        return False
