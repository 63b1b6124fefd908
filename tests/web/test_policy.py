"""Nothing can be asked that the policy does not name."""

from __future__ import annotations

from typing import get_args

from fastapi.routing import APIRoute, APIWebSocketRoute

from agents.frames import FromConsole
from contact_hub.channels.chat.frames import FromWidget
from contact_hub.staff.frames import FRAME_ACTIONS
from contact_hub.staff.policy import POLICY
from contact_hub.web.api import action_of
from contact_hub.web.server import PARTS


def test_every_route_declares_its_action() -> None:
    routes = [route for part in PARTS for route in part.router.routes if isinstance(route, APIRoute)]
    assert len(routes) > 20
    forgotten = [route.path for route in routes if action_of(route) not in POLICY]
    assert forgotten == []


def test_every_socket_is_one_of_the_two_that_check_each_frame() -> None:
    sockets = {route.path for part in PARTS for route in part.router.routes if isinstance(route, APIWebSocketRoute)}
    assert sockets == {"/v1/widget/socket", "/v1/console/socket"}


def test_every_frame_declares_its_action() -> None:
    frames = {*get_args(FromWidget), *get_args(FromConsole)}
    assert frames == set(FRAME_ACTIONS)
    assert all(action in POLICY for action in FRAME_ACTIONS.values())
