"""The widget's socket: moves bytes between a browser and a `VisitorSession`."""

from __future__ import annotations

from fastapi import APIRouter, WebSocket

from contact_hub.app import Hub
from contact_hub.channels.chat.visitor import VisitorSession
from contact_hub.web.outbound import Outbound
from contact_hub.web.socket import NOT_WELCOME, Bucket, converse, welcome_origin

router = APIRouter()


@router.websocket("/v1/widget/socket")
async def visitor_socket(socket: WebSocket) -> None:
    hub: Hub = socket.app.state.hub
    if not welcome_origin(socket, hub.settings.public_origin):
        await socket.close(NOT_WELCOME)
        return
    await socket.accept()
    settings = hub.settings
    out = Outbound(frames_max=settings.socket_frames_max, bytes_max=settings.socket_bytes_max)
    session = VisitorSession(
        out=out,
        visitors=hub.visitors,
        conversations=hub.conversations,
        store=hub.store,
        reader=hub.reader,
        switchboard=hub.switchboard,
        workspaces=hub.workspaces,
        bus=hub.bus,
        places=hub.places,
        clock=hub.clock,
        heartbeat_seconds=settings.heartbeat_seconds,
        poll_seconds=settings.poll_seconds,
    )
    await converse(
        socket,
        session,
        out,
        socket.app.state.sockets,
        face="widget",
        bucket=Bucket(per_minute=settings.visitor_messages_per_minute),
        heartbeat_seconds=settings.heartbeat_seconds,
        revalidate_seconds=settings.revalidate_seconds,
    )
