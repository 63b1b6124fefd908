"""Signing in and out, one's own account, and the ticket for the console's socket."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from contact_hub.app import Hub
from contact_hub.errors import HubError
from contact_hub.ids import new_token, token_hash
from contact_hub.staff import Action, Principal
from contact_hub.store import Tx
from contact_hub.store.records import Ticket
from contact_hub.web.api import COOKIE, TheHub, action
from contact_hub.web.readers import console_languages
from i18n import tags

router = APIRouter(prefix="/api")


class SignIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    email: Annotated[str, Field(max_length=320)]
    password: Annotated[str, Field(max_length=2_000)]


class NewPassword(BaseModel):
    model_config = ConfigDict(extra="forbid")
    old: Annotated[str, Field(max_length=2_000)]
    new: Annotated[str, Field(max_length=2_000)]


@router.post("/sign-in", dependencies=[action(Action.SIGN_IN)])
async def sign_in(asked: SignIn, request: Request, response: Response, hub: TheHub) -> dict[str, Any]:
    """A session in a cookie that scripts cannot read."""
    address = request.client.host if request.client else "unknown"
    signed_in = await hub.staff.sign_in(email=asked.email, password=asked.password, address=address)
    seconds = int((signed_in.expires_at - hub.clock.now()).total_seconds())
    response.set_cookie(COOKIE, signed_in.token, max_age=seconds, path="/", secure=True, httponly=True, samesite="strict")
    return me_json(hub, signed_in.principal)


@router.post("/sign-out", status_code=204)
async def sign_out(request: Request, response: Response, hub: TheHub, _who: Annotated[Principal, action(Action.SIGN_OUT)]) -> None:
    """Ends this session and closes its sockets."""
    await hub.staff.sign_out(request.cookies.get(COOKIE, ""))
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")


@router.post("/password", status_code=204)
async def change_password(asked: NewPassword, hub: TheHub, who: Annotated[Principal, action(Action.PASSWORD_CHANGE)]) -> None:
    """Ends every session of the account, this one too."""
    await hub.staff.change_password(who, old=asked.old, new=asked.new)


@router.get("/me")
async def me(hub: TheHub, who: Annotated[Principal, action(Action.SESSION_SHOW)]) -> dict[str, Any]:
    return me_json(hub, who)


@router.post("/socket-ticket")
async def socket_ticket(hub: TheHub, who: Annotated[Principal, action(Action.CONSOLE_TICKET)]) -> dict[str, str]:
    """Opens one console socket, once, soon."""
    ticket, now = new_token(), hub.clock.now()

    async def command(tx: Tx) -> None:
        await tx.tickets.insert(
            Ticket(
                workspace=who.workspace,
                ticket_hash=token_hash(ticket),
                kind="console",
                subject={"account": who.account, "agent": who.agent, "session": who.session},
                expires_at=now + timedelta(seconds=hub.settings.ticket_seconds),
            )
        )

    await hub.store.write(command, name="console.ticket")
    return {"ticket": ticket, "url": "/v1/console/socket"}


@router.get("/languages")
async def languages(
    wanted: Annotated[str, Query(alias="tags", max_length=4_000)],
    in_tag: Annotated[str, Query(alias="in", max_length=35)] = "en",
    _who: Annotated[Principal | None, action(Action.PAGE_SHOW)] = None,
) -> dict[str, str]:
    """Names of languages in a language."""
    names: dict[str, str] = {}
    for tag in filter(None, wanted.split(",")):
        try:
            names[tag] = tags.display_name(tag, in_tag=in_tag)
        except ValueError:
            raise HubError("language_unknown", tag=tag[:35]) from None
    return names


def me_json(hub: Hub, who: Principal) -> dict[str, Any]:
    """Who is signed in, for the screen."""
    floor = hub.workspaces.floor(who.workspace)
    return {
        "account": who.account,
        "name": who.name,
        "role": who.role,
        "agent": who.agent,
        "client": who.client,
        "vendor": who.vendor,
        "workspace": {"id": floor.id, "name": floor.workspace.workspace.name},
        "rules": floor.version,
        "languages": list(console_languages()),
    }
