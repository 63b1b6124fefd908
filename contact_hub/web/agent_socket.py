"""The console's socket: moves bytes between a browser and a `ConsoleSession`."""

from __future__ import annotations

from fastapi import APIRouter, WebSocket

from contact_hub.app import Hub
from contact_hub.live.console import ConsoleSession
from contact_hub.web.outbound import Outbound
from contact_hub.web.socket import NOT_WELCOME, Bucket, converse, welcome_origin

router = APIRouter()


@router.websocket("/v1/console/socket")
async def agent_socket(socket: WebSocket) -> None:
    hub: Hub = socket.app.state.hub
    if not welcome_origin(socket, hub.settings.public_origin):
        await socket.close(NOT_WELCOME)
        return
    await socket.accept()
    settings = hub.settings
    out = Outbound(frames_max=settings.socket_frames_max, bytes_max=settings.socket_bytes_max)
    session = ConsoleSession(
        out=out,
        desk=hub.desk,
        conversations=hub.conversations,
        store=hub.store,
        reader=hub.reader,
        switchboard=hub.switchboard,
        workspaces=hub.workspaces,
        bus=hub.bus,
        clock=hub.clock,
        heartbeat_seconds=settings.heartbeat_seconds,
        poll_seconds=settings.poll_seconds,
    )
    await converse(
        socket,
        session,
        out,
        socket.app.state.sockets,
        face="console",
        bucket=Bucket(per_minute=settings.agent_messages_per_minute),
        heartbeat_seconds=settings.heartbeat_seconds,
        revalidate_seconds=settings.revalidate_seconds,
    )
