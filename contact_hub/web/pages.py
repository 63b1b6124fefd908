"""The staff's pages: one application for all of them, and its assets."""

from __future__ import annotations

import json
import mimetypes
from typing import Annotated, Final

from fastapi import APIRouter, Header, Response
from fastapi.responses import HTMLResponse

from contact_hub.errors import HubError
from contact_hub.staff import Action
from contact_hub.web import assets
from contact_hub.web.api import TheHub, action
from contact_hub.web.headers import page_policy
from contact_hub.web.readers import console_languages, nearest_language

router = APIRouter()

_BOOT: Final = '<script type="application/json" id="boot">{}</script></head>'
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@router.get("/assets/{name}", dependencies=[action(Action.PAGE_SHOW)])
async def asset(name: str) -> Response:
    """A built file; its name carries its hash."""
    if "/" in name or name.startswith("."):
        raise HubError("not_found")
    try:
        body = assets.file(f"assets/{name}")
    except (HubError, OSError):  # not there, or no name that a file could have
        raise HubError("not_found") from None
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    # brand sites show our frame, and the frame is another origin to them
    headers = {"cache-control": _FOR_EVER, "cross-origin-resource-policy": "cross-origin"}
    return Response(body, media_type=kind, headers=headers)


@router.get("/favicon.ico", dependencies=[action(Action.PAGE_SHOW)])
async def favicon() -> Response:
    return Response(status_code=204)


@router.get("/{path:path}", dependencies=[action(Action.PAGE_SHOW)], response_class=HTMLResponse)
async def console(path: str, hub: TheHub, accept_language: Annotated[str, Header()] = "") -> HTMLResponse:
    """Every other address is a place inside the application. The page says which languages it can be read in, before anybody signs in."""
    if path.startswith(("api/", "v1/", "widget/")) or "." in path.rsplit("/", 1)[-1]:
        raise HubError("not_found")
    boot = {"languages": console_languages(), "nearest": nearest_language(accept_language)}
    page = assets.page("console.html").replace("</head>", _BOOT.format(json.dumps(boot)), 1)
    headers = {
        "content-security-policy": page_policy(origin=hub.settings.public_origin, frames="'self'"),
        "cache-control": "no-cache",
        "vary": "accept-language",
    }
    return HTMLResponse(page, headers=headers)
