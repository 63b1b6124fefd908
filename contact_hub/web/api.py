"""Errors as answers, and who is asking: what every route shares. Status codes are known here and nowhere else."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final, cast

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from contact_hub.admission import Limited
from contact_hub.app import Hub
from contact_hub.errors import HubError
from contact_hub.staff import Action, Principal, require
from contact_hub.workspace.problems import WorkspaceRefused

_STATUS: Final[Mapping[str, int]] = {
    "malformed_frame": 400,
    "invalid_field": 422,
    "not_signed_in": 401,
    "session_ended": 401,
    "sign_in_failed": 401,
    "not_allowed": 403,
    "origin_refused": 403,
    "not_found": 404,
    "brand_unknown": 404,
    "workspace_unknown": 404,
    "id_reused": 409,
    "conversation_open": 409,
    "job_not_open": 409,
    "frame_too_large": 413,
    "attachment_too_large": 413,
    "attachment_unknown": 409,
    "mail_undecided": 409,
    "out_of_order": 409,
    "workspace_refused": 422,
    "workspace_unreadable": 422,
    "throttled": 429,
    "rate_limited": 429,
    "internal": 500,
    "overloaded": 503,
    "storage_full": 503,
    "shutting_down": 503,
    "unavailable": 503,
    "translate_off": 409,
    "translate_elsewhere": 403,
    "translate_refused": 502,
    "translate_unavailable": 502,
    "translate_late": 504,
    "database_unreachable": 503,
}
_BODY_BYTES_MAX: Final = 2_000_000
_FILE_BYTES_MAX: Final = 12_000_000
_FILES: Final = re.compile(r"/api/conversations/[^/]+/files")
COOKIE: Final = "__Host-contact-hub"
CSRF_HEADER: Final = "x-contact-hub"


def hub_of(request: Request) -> Hub:
    return cast(Hub, request.app.state.hub)


TheHub = Annotated[Hub, Depends(hub_of)]


def action(what: Action) -> Any:
    """A dependency that says which action a route is, and lets in who may do it. Routes without one fail a test."""

    async def allowed(request: Request) -> Principal | None:
        hub = hub_of(request)
        if request.method not in {"GET", "HEAD"}:
            _same_origin(request, hub)
        token = request.cookies.get(COOKIE)
        who = await hub.staff.principal_of(token) if token else None
        require(who, what)
        return who

    allowed.action = what  # type: ignore[attr-defined]  # read by the test that looks for forgotten routes
    return Depends(allowed)


def _same_origin(request: Request, hub: Hub) -> None:
    """What changes something must come from our own pages: their origin, and a header that no form can send."""
    origin = request.headers.get("origin")
    if origin is not None and origin != hub.settings.public_origin:
        raise HubError("origin_refused")
    if CSRF_HEADER not in request.headers:
        raise HubError("origin_refused")


def action_of(route: APIRoute) -> Action | None:
    """The action a route declares."""
    return next((found for one in route.dependant.dependencies if (found := getattr(one.call, "action", None)) is not None), None)


def install_errors(app: FastAPI) -> None:
    """Every error leaves as `{"code", "sentence", "values"}`."""

    @app.exception_handler(HubError)
    async def refused(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HubError)
        return _answer(429 if isinstance(error, Limited) else _STATUS.get(error.code, 400), error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        fields = sorted({".".join(str(part) for part in one["loc"][1:]) for one in error.errors()})
        return _answer(422, HubError("invalid_field", field=", ".join(fields)))

    @app.exception_handler(HTTPException)
    async def unknown(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == HTTPStatus.NOT_FOUND:
            return _answer(404, HubError("not_found"))
        return _answer(
            error.status_code, HubError("not_allowed" if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else "unavailable")
        )

    @app.exception_handler(Exception)
    async def broken(_request: Request, _error: Exception) -> JSONResponse:
        return _answer(500, HubError("internal"))


def _answer(status: int, error: HubError) -> JSONResponse:
    body: dict[str, Any] = {
        "code": error.code,
        "sentence": error.sentence,
        "values": {key: str(value) for key, value in error.values.items()},
    }
    if isinstance(error, WorkspaceRefused):
        body["problems"] = [problem_json(problem) for problem in error.problems]
    headers = {"cache-control": "no-store"}
    if (pause := error.values.get("retry_after_seconds")) is not None:
        headers["retry-after"] = str(max(1, math.ceil(float(str(pause)))))
    return JSONResponse(body, status_code=status, headers=headers)


def problem_json(problem: Any) -> dict[str, Any]:
    """A problem of a workspace file for a screen."""
    return {
        "severity": str(problem.severity),
        "path": problem.path,
        "code": problem.code,
        "sentence": problem.sentence,
        "text": problem.text_key,
        "values": dict(problem.values),
        "line": problem.line,
        "column": problem.column,
    }


class BodyLimit:
    """Refuses bodies over the limit before anything reads them."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        chunked = any(name == b"transfer-encoding" for name, _ in scope["headers"])
        most = _FILE_BYTES_MAX if _FILES.fullmatch(scope["path"]) else _BODY_BYTES_MAX
        if chunked or not length.isdigit() or int(length) > most:
            await _answer(413, HubError("frame_too_large"))(scope, receive, send)
            return
        await self._app(scope, receive, send)
