"""What a brand's page and its frame ask over HTTP: the loader, the frame page, and a session for the socket."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from contact_hub.brands.faces import face, texts_address, widget_language
from contact_hub.errors import HubError
from contact_hub.staff import Action
from contact_hub.web import assets
from contact_hub.web.api import TheHub, action
from contact_hub.web.headers import page_policy
from i18n import catalogues

router = APIRouter()

_BOOT: Final = '<script type="application/json" id="boot">{}</script>'


class SessionRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    brand: Annotated[str, Field(max_length=64)]
    locales: Annotated[list[Annotated[str, Field(max_length=35)]], Field(max_length=12)] = []
    page_language: Annotated[str, Field(max_length=35)] | None = None
    zone: Annotated[str, Field(max_length=64)] | None = None


@router.post("/api/widget/session", dependencies=[action(Action.WIDGET_SESSION_OPEN)])
async def open_session(
    asked: SessionRequest, request: Request, hub: TheHub, authorization: Annotated[str | None, Header()] = None
) -> Response:
    """Know the device by its token (or give it one), and hand out a ticket for its socket."""
    floor = hub.workspaces.floor(hub.settings.workspace)
    brand = floor.brand(asked.brand)
    token = authorization.removeprefix("Bearer ") if authorization and authorization.startswith("Bearer ") else None
    language = widget_language(brand, [tag for tag in (asked.page_language, *asked.locales) if tag])
    address = request.client.host if request.client else None
    admitted = await hub.visitors.admit(floor.id, brand.id, token, locale=language, zone=asked.zone, address=address)
    answer = {
        "token": admitted.token,
        "ticket": admitted.ticket,
        "brand": msgspec.to_builtins(face(floor, brand, language)),
        "hours": msgspec.to_builtins(hub.places.opening(floor, brand.id)),
        "texts": texts_address(language),
    }
    return Response(json.dumps(answer), media_type="application/json", headers={"cache-control": "no-store"})


@router.get("/widget/frame", dependencies=[action(Action.PAGE_SHOW)], response_class=HTMLResponse)
async def frame(brand: str, hub: TheHub) -> HTMLResponse:
    """The page inside the iframe; only the brand's own sites may frame it."""
    floor = hub.workspaces.floor(hub.settings.workspace)
    known = floor.brand(brand)
    sites = [str(site) for site in known.sites]
    boot: dict[str, Any] = {"brand": known.id, "sites": sites}
    # `<` is the one character that could end the script element
    page = assets.page("widget.html").replace("</head>", _BOOT.format(json.dumps(boot).replace("<", "\\u003c")) + "</head>", 1)
    headers = {
        "content-security-policy": page_policy(origin=hub.settings.public_origin, ancestors=sites),
        "cache-control": "no-cache",
    }
    headers["cross-origin-resource-policy"] = "cross-origin"
    return HTMLResponse(page, headers=headers)


@router.get("/widget/loader.js", dependencies=[action(Action.PAGE_SHOW)])
async def loader() -> Response:
    """The one file of ours on the brand's page."""
    headers = {"cache-control": "public, max-age=300", "cross-origin-resource-policy": "cross-origin"}
    return Response(assets.file("loader.js"), media_type="text/javascript", headers=headers)


@router.get("/api/texts/{face}/{tag}.json", dependencies=[action(Action.PAGE_SHOW)])
async def texts(face: str, tag: str) -> Response:
    """A face's catalogue in one language, or in the nearest we have."""
    prefixes = assets.TEXT_PREFIXES.get(face)
    if prefixes is None or len(tag) > 35:
        raise HubError("not_found")
    try:
        catalogue = catalogues.browser_catalogue(tag, prefixes=prefixes)
    except ValueError:
        raise HubError("language_unknown") from None
    body = json.dumps(catalogue, ensure_ascii=False)
    return Response(body, media_type="application/json", headers={"cache-control": "public, max-age=300"})
