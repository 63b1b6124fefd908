"""For those who run it: is it alive, is it ready, what does it count."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from contact_hub.errors import HubError
from contact_hub.live.health import health_of
from contact_hub.live.states import observe_hub
from contact_hub.staff import Action
from contact_hub.web.api import TheHub, action

router = APIRouter()


@router.api_route("/healthz", methods=["GET", "HEAD"], dependencies=[action(Action.HEALTH_SHOW)])
async def healthz(hub: TheHub) -> Response:
    """Alive: the loop turns and no part of us has died."""
    dead = hub.failing()
    return Response("\n".join(dead) or "ok", status_code=500 if dead else 200, media_type="text/plain")


@router.api_route("/readyz", methods=["GET", "HEAD"], dependencies=[action(Action.HEALTH_SHOW)])
async def readyz(request: Request, hub: TheHub) -> Response:
    """Ready: rows can be read, and we are not on our way out. Also what the node does, and what is wrong that it lives with."""
    health = await health_of(hub)
    status, headers = 200 if health.ready else 503, {"cache-control": "no-store"}
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(health.as_json(), status_code=status, headers=headers)
    return Response("\n".join(health.lines()), status_code=status, headers=headers, media_type="text/plain")


@router.get("/metrics", dependencies=[action(Action.METRICS_SHOW)])
async def metrics(request: Request, hub: TheHub) -> Response:
    """Prometheus' page: with the token where one is set, else from this machine only."""
    token = hub.settings.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    local = request.client is not None and _loopback(request.client.host)
    if not (hmac.compare_digest(given.encode(), token.encode()) if token else local):
        raise HubError("not_found")
    await observe_hub(hub, await health_of(hub))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
