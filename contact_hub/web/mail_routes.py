"""What mail needs over HTTP: a mail's page as its sender made it, files in both directions, and the operator's desk.

A stranger's HTML is served from a path of its own, cleaned, under a policy that gives it nothing: no scripts, no origin, no forms, no other host. Pictures
that lie elsewhere are left out until somebody asks, and even then only where the brand's rules allow it.
"""

from __future__ import annotations

import asyncio
import base64
from html import escape
from typing import Annotated, Any, Final
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict

from contact_hub.channels.email.html import safe
from contact_hub.conversations.mail import FILE_BYTES_MAX
from contact_hub.errors import HubError
from contact_hub.mail.office import Coming, Going
from contact_hub.scope import AgentScope, OperatorScope
from contact_hub.staff import Action, Principal, scope_of
from contact_hub.web.api import TheHub, action
from i18n import catalogues, tags

router = APIRouter(prefix="/api")

_EMBEDDED_BYTES_MAX: Final = 8 * 1024 * 1024
"""Of pictures within one page; what is more can be had as files."""
_PAGE: Final = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"><style>'
    "body{margin:0;padding:12px;background:#fff;color:#16202b;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}"
    "img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}"
    '</style></head><body dir="auto">{body}</body></html>'
)
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:{pictures}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_FILE_POLICY: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"


@router.get("/conversations/{conversation}/mails/{mail}/page", response_class=HTMLResponse)
async def page(
    conversation: str,
    mail: str,
    hub: TheHub,
    who: Annotated[Principal, action(Action.MAIL_SHOW)],
    pictures: bool = False,
    tag: Annotated[str, Query(max_length=35)] = "en",
) -> HTMLResponse:
    """A mail as its sender made it, for the frame that shows it. `pictures`: those that lie elsewhere too; `tag`: the reader's language, for what we say
    where it is kept no longer."""
    scope = scope_of(who)
    async with hub.store.read() as tx:
        row = await tx.conversations.get(scope, conversation)
        raw = next((one for one in await tx.mail.raw_of(scope, conversation) if one.id == mail), None)
        html = await tx.mail.html_of(scope, mail) if raw is not None else None
        if html is None and raw is not None and raw.gone_at is not None:
            return _gone(tag)
        if html is None:
            raise HubError("not_found")
        cids, room = {}, _EMBEDDED_BYTES_MAX
        for file in await tx.mail.attachments_of(scope, conversation, mail=mail):
            if file.content_id and file.inline and file.size <= room and file.type.startswith("image/"):
                _, content = await tx.mail.attachment(scope, file.id)
                cids[file.content_id] = f"data:{file.type};base64,{base64.b64encode(content).decode()}"
                room -= file.size
    brand = hub.workspaces.floor(who.workspace).brands.get(row.brand)
    shown = pictures and brand is not None and brand.mail.remote_images
    cleaned = await asyncio.to_thread(safe, html, cids=cids, remote_images=shown)
    headers = {
        "content-security-policy": _POLICY.format(pictures=" https: http:" if shown else ""),
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-frame-options": "SAMEORIGIN",
        "x-left-out": str(cleaned.remote_images),
    }
    return HTMLResponse(_PAGE.replace("{body}", cleaned.html), headers=headers)


def _gone(tag: str) -> HTMLResponse:
    """In place of a mail whose original was deleted, since its time was over or its sender wished it."""
    try:
        said = catalogues.text("console.mail.original.gone", tag)
        direction = tags.direction(tag)
    except tags.InvalidTag:
        said, direction = catalogues.text("console.mail.original.gone", "en"), "ltr"
    body = f'<p dir="{direction}">{escape(said)}</p>'
    return HTMLResponse(
        _PAGE.replace("{body}", body), headers={"content-security-policy": _POLICY.format(pictures=""), "cache-control": "no-store"}
    )


@router.get("/conversations/{conversation}/files/{file}")
async def file(conversation: str, file: str, hub: TheHub, who: Annotated[Principal, action(Action.MAIL_FILE_SHOW)]) -> Response:
    """A file of a conversation, to be kept; never to be opened in our own pages."""
    async with hub.store.read() as tx:
        row, content = await tx.mail.attachment(scope_of(who), file)
    if row.conversation != conversation:
        raise HubError("not_found")
    plain = "".join(sign if (sign.isascii() and sign.isalnum()) or sign in "._-" else "_" for sign in row.name)
    headers = {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(row.name, safe='')}",
        "content-security-policy": _FILE_POLICY,
        "cache-control": "no-store",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)


@router.post("/conversations/{conversation}/files")
async def attach(
    conversation: str,
    request: Request,
    hub: TheHub,
    who: Annotated[Principal, action(Action.MAIL_ATTACH)],
    name: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Keep a file for a mail that is being written; the body is its content."""
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > FILE_BYTES_MAX:
            raise HubError("attachment_too_large", megabytes=FILE_BYTES_MAX // 2**20)
    return _json(msgspec.to_builtins(await hub.mail.attach(_agent(who), conversation, name, bytes(content))))


@router.delete("/conversations/{conversation}/files/{file}", status_code=204)
async def detach(conversation: str, file: str, hub: TheHub, who: Annotated[Principal, action(Action.MAIL_ATTACH)]) -> None:
    """The file shall not go along after all."""
    await hub.mail.detach(_agent(who), conversation, file)


# ---------------------------------------------------------------- the operator's desk


class Decision(BaseModel):
    model_config = ConfigDict(extra="forbid")
    decision: Coming


class Verdict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    decision: Going


@router.get("/mail")
async def office(hub: TheHub, who: Annotated[Principal, action(Action.MAIL_DESK_SHOW)]) -> Response:
    """Mailboxes, what was kept apart, what failed, what nobody knows."""
    return _json(await hub.mail_office.look(_operator(who)))


@router.get("/mail/coming/{mail}")
async def look_inside(mail: str, hub: TheHub, who: Annotated[Principal, action(Action.MAIL_DESK_DECIDE)]) -> Response:
    """What a mail says that waits for a decision."""
    return _json(msgspec.to_builtins(await hub.mail_office.inside(_operator(who), mail, by=who.account)))


@router.post("/mail/coming/{mail}", status_code=204)
async def decide_coming(
    mail: str, asked: Decision, hub: TheHub, who: Annotated[Principal, action(Action.MAIL_DESK_DECIDE)]
) -> None:
    """Let it in, run it again, or delete it for good."""
    await hub.mail_office.decide_coming(_operator(who), mail, asked.decision, by=who.account)


@router.post("/mail/going/{mail}", status_code=204)
async def decide_going(mail: str, asked: Verdict, hub: TheHub, who: Annotated[Principal, action(Action.MAIL_DESK_DECIDE)]) -> None:
    """It arrived, or it is sent once more."""
    await hub.mail_office.decide_going(_operator(who), mail, asked.decision, by=who.account)


def _agent(who: Principal) -> AgentScope:
    scope = scope_of(who)
    assert isinstance(scope, AgentScope), "the policy lets agents in here, and nobody else"
    return scope


def _operator(who: Principal) -> OperatorScope:
    scope = scope_of(who)
    assert isinstance(scope, OperatorScope), "the policy lets operators in here, and nobody else"
    return scope


def _json(body: Any) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json", headers={"cache-control": "no-store"})
