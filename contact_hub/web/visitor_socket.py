"""The widget's socket: moves bytes between a browser and a `VisitorSession`."""

from __future__ import annotations

from collections.abc import Awaitable

from fastapi import APIRouter, WebSocket

from contact_hub.app import Hub
from contact_hub.channels.chat.visitor import VisitorSession
from contact_hub.web.socket import serve

router = APIRouter()


@router.websocket("/v1/widget/socket")
def visitor_socket(socket: WebSocket) -> Awaitable[None]:
    hub: Hub = socket.app.state.hub
    return serve(
        socket,
        lambda out: VisitorSession(out=out, wires=hub.wires(), visitors=hub.visitors, places=hub.places, gate=hub.gate),
        face="widget",
        per_minute=hub.settings.visitor_messages_per_minute,
    )
