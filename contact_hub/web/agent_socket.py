"""The console's socket: moves bytes between a browser and a `ConsoleSession`."""

from __future__ import annotations

from fastapi import APIRouter, WebSocket

from contact_hub.app import Hub
from contact_hub.live.console import ConsoleSession
from contact_hub.web.socket import serve

router = APIRouter()


@router.websocket("/v1/console/socket")
async def agent_socket(socket: WebSocket) -> None:
    hub: Hub = socket.app.state.hub
    await serve(
        socket,
        lambda out: ConsoleSession(out=out, wires=hub.wires(), desk=hub.desk, gate=hub.gate),
        face="console",
        per_minute=hub.settings.agent_messages_per_minute,
    )
