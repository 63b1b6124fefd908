"""The console's socket: moves bytes between a browser and a `ConsoleSession`."""

from __future__ import annotations

from collections.abc import Awaitable

from fastapi import APIRouter, WebSocket

from contact_hub.app import Hub
from contact_hub.live.console import ConsoleSession
from contact_hub.web.socket import serve

router = APIRouter()


@router.websocket("/v1/console/socket")
def agent_socket(socket: WebSocket) -> Awaitable[None]:
    hub: Hub = socket.app.state.hub
    return serve(
        socket,
        lambda out: ConsoleSession(out=out, wires=hub.wires(), desk=hub.desk, gate=hub.gate),
        face="console",
        per_minute=hub.settings.agent_messages_per_minute,
    )
