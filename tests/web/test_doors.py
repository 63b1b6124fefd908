"""Sockets go straight to their routes, and only they."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, WebSocket, WebSocketDisconnect

from contact_hub.errors import HubError
from contact_hub.web.server import SocketDoors


class House:
    """Two sockets and what is behind them; whatever comes to the front door is noted."""

    def __init__(self) -> None:
        router = APIRouter()
        self.came: list[tuple[str, str]] = []
        self.trouble: Exception | None = None

        @router.websocket("/v1/one")
        async def one(socket: WebSocket) -> None:
            self.came.append(("one", socket.app.title))
            if self.trouble is not None:
                raise self.trouble

        @router.get("/v1/two")
        async def two() -> None:
            """No socket."""

        self.doors = SocketDoors(FastAPI(title="the house"), self._others, [SimpleNamespace(router=router)])

    async def _others(self, scope: Any, receive: Any, send: Any) -> None:
        self.came.append(("others", scope["path"]))

    async def visit(self, kind: str, path: str) -> list[tuple[str, str]]:
        async def nothing(*_message: Any) -> Any:
            raise AssertionError("nobody speaks")

        await self.doors({"type": kind, "path": path}, nothing, nothing)
        return self.came


@pytest.mark.parametrize(
    ("kind", "path", "came"),
    [
        ("websocket", "/v1/one", ("one", "the house")),
        ("http", "/v1/one", ("others", "/v1/one")),
        ("websocket", "/v1/two", ("others", "/v1/two")),
        ("websocket", "/v1/one/", ("others", "/v1/one/")),
        ("websocket", "/", ("others", "/")),
    ],
)
async def test_only_a_socket_at_a_sockets_address_goes_straight_in(kind: str, path: str, came: tuple[str, str]) -> None:
    assert await House().visit(kind, path) == [came]


@pytest.mark.parametrize("trouble", [HubError("unavailable"), WebSocketDisconnect(1006)])
async def test_what_a_socket_could_not_do_when_nobody_was_left_troubles_nobody(trouble: Exception) -> None:
    house = House()
    house.trouble = trouble
    assert await house.visit("websocket", "/v1/one") == [("one", "the house")]


async def test_a_mistake_of_ours_is_not_hidden() -> None:
    house = House()
    house.trouble = ValueError("ours")
    with pytest.raises(ValueError, match="ours"):
        await house.visit("websocket", "/v1/one")
