"""The HTTP application over a hub, and the server that runs it.

Going away is orderly: not ready, serve on until the proxy has seen it, tell every socket to come back, wait for them, give the leases back, close.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket as sockets_module
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.routing import APIWebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from contact_hub.app import Hub
from contact_hub.errors import HubError
from contact_hub.memory import settled
from contact_hub.web import (
    agent_socket,
    job_routes,
    mail_routes,
    operator_routes,
    ops_routes,
    pages,
    quality_routes,
    routing_routes,
    staff_routes,
    translation_routes,
    visitor_socket,
    widget_routes,
)
from contact_hub.web.api import BodyLimit, install_errors
from contact_hub.web.headers import SecurityHeaders
from contact_hub.web.site_mail import Postbox
from contact_hub.web.sites import BrandSites
from contact_hub.web.socket import Sockets
from contact_hub.workspace.model import Brand

_WS_BYTES_MAX: Final = (
    256 * 1024
)  # above our own limit, so that a frame that is a little too large gets its code instead of a cut line

PARTS: Final = (
    ops_routes,
    staff_routes,
    widget_routes,
    quality_routes,
    operator_routes,
    routing_routes,
    job_routes,
    translation_routes,
    mail_routes,
    visitor_socket,
    agent_socket,
    pages,
)
"""All doors into the hub, the one that takes every other address last."""

_BACKLOG: Final = 4096
_RECEIVE_BYTES: Final = 32 * 1024
"""What the kernel may have read of one connection (it takes twice that): a flood's frames are all parsed at once when they are read, and everybody waits."""

_log = structlog.get_logger(__name__)


def create_app(hub: Hub) -> FastAPI:
    """All routes and sockets of a started hub; of a node that serves no people, only what its keepers ask."""
    app = FastAPI(title="Contact Hub", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.hub = hub
    app.state.sockets = Sockets(
        heartbeat_seconds=hub.settings.heartbeat_seconds, revalidate_seconds=hub.settings.revalidate_seconds
    )
    install_errors(app)
    for part in _parts(hub):
        app.include_router(part.router)
    return app


def _parts(hub: Hub) -> tuple[Any, ...]:
    return PARTS if "web" in hub.settings.roles else (ops_routes,)


def wrap(app: FastAPI, hub: Hub, *, sites: bool, post: Postbox | None = None) -> ASGIApp:
    """The application behind its guards; with `sites`, the demo's brand sites beside it, and with a `post` their customers' mail."""
    guarded: ASGIApp = SocketDoors(app, SecurityHeaders(BodyLimit(app), secure=hub.settings.secure), _parts(hub))
    if not sites:
        return guarded

    def brand_of(host: str) -> Brand | None:
        brands = hub.workspaces.floor(hub.settings.workspace).workspace.brands
        return next((brand for brand in brands if any(urlsplit(str(site)).hostname == host for site in brand.sites)), None)

    return BrandSites(guarded, hub=hub.settings.public_origin, post=post, brand_of=brand_of)


class SocketDoors:
    """Takes sockets straight to their routes' code. What guards and routes HTTP does nothing for a socket, but stays on its stack for as long as it is open:
    fourteen kilobytes each (measured with 1,500)."""

    def __init__(self, app: FastAPI, others: ASGIApp, parts: Iterable[Any]) -> None:
        self._app, self._others = app, others
        routes = (route for part in parts for route in part.router.routes)
        self._doors = {route.path: route.endpoint for route in routes if isinstance(route, APIWebSocketRoute)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._doors.get(scope["path"]) if scope["type"] == "websocket" else None
        if door is None:
            await self._others(scope, receive, send)
            return
        scope["app"] = self._app
        try:
            await door(WebSocket(scope, receive, send))
        except HubError as trouble:  # what a session could not write while it closed; nobody is left to tell
            _log.warning("socket_ended_badly", code=trouble.code)
        except WebSocketDisconnect:
            return


class Server:
    """uvicorn, told what suits us: our frame limit, no deflate, no banner, and a shutdown that is ours."""

    def __init__(self, hub: Hub, *, sites: bool = False, post: Postbox | None = None) -> None:
        self.hub = hub
        self.app = create_app(hub)
        self._config = uvicorn.Config(
            wrap(self.app, hub, sites=sites, post=post),
            host=hub.settings.host,
            port=hub.settings.port,
            ws="websockets-sansio",
            ws_max_size=_WS_BYTES_MAX,
            ws_per_message_deflate=False,
            ws_ping_interval=20,
            ws_ping_timeout=20,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
            backlog=_BACKLOG,
        )
        self._server = _Uvicorn(self._config)
        self._stopping = asyncio.Event()

    async def serve(self, *, listening: sockets_module.socket | None = None) -> None:
        """Until `stop`, or SIGTERM or SIGINT where this is the main thread."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(name, self.stop)
        door = listening or _open_door(self.hub.settings.host, self.hub.settings.port)
        with settled():
            await self._serve(door)

    async def _serve(self, door: sockets_module.socket) -> None:
        running = asyncio.create_task(self._server.serve(sockets=[door]), name="http")
        waiting = asyncio.create_task(self._stopping.wait(), name="until told to stop")
        await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            _log.info("shutting_down", sockets=self.app.state.sockets.count())
            self.hub.ready = False
            await asyncio.wait([running], timeout=self.hub.settings.drain_seconds)
            await self.app.state.sockets.send_home(within_seconds=self.hub.settings.shutdown_seconds)
            self._server.should_exit = True
        waiting.cancel()
        await running

    def stop(self) -> None:
        """Begin to go away."""
        self._stopping.set()

    async def finished(self) -> None:
        """Wait until somebody has told it to go away."""
        await self._stopping.wait()

    async def listening(self) -> None:
        """Wait until connections are taken."""
        await self._server.up.wait()


def _open_door(host: str, port: int) -> sockets_module.socket:
    """A listening socket. Raises `setting_invalid` where the port is taken or the address is not ours."""
    try:
        door = sockets_module.create_server((host, port), family=_family(host), backlog=_BACKLOG, reuse_port=False)
        door.setsockopt(sockets_module.SOL_SOCKET, sockets_module.SO_RCVBUF, _RECEIVE_BYTES)
        return door
    except OSError as taken:
        raise HubError(
            "setting_invalid",
            f"CONTACT_HUB_PORT: cannot listen on {host}:{port} ({os.strerror(taken.errno or 0)}); choose another port.",
        ) from None


def _family(host: str) -> sockets_module.AddressFamily:
    return sockets_module.AF_INET6 if ":" in host else sockets_module.AF_INET


class _Uvicorn(uvicorn.Server):
    """Leaves the signals to us, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[sockets_module.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@contextlib.asynccontextmanager
async def running(hub: Hub, *, sites: bool = False, post: Postbox | None = None) -> AsyncIterator[Server]:
    """A started hub behind a started server; for tests and the demo."""
    await hub.start()
    server = Server(hub, sites=sites, post=post)
    task = asyncio.create_task(server.serve(), name="server")
    try:
        up = asyncio.create_task(server.listening())
        await asyncio.wait([task, up], return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if task.done():
            await task
        yield server
    finally:
        server.stop()
        await asyncio.gather(task, return_exceptions=True)
        await hub.stop()
