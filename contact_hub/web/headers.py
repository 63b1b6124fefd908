"""The headers under which pages leave: strict by default, opened by name where a page needs more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS: Final[Mapping[str, str]] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_APP_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' {sockets}; "
    "frame-src {frames}; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}; require-trusted-types-for 'script'; trusted-types {trusted}"
)
TRUSTED_TYPES: Final = "svelte-trusted-html 'allow-duplicates'"


def page_policy(*, origin: str, ancestors: Iterable[str] = ("'none'",), frames: str = "'none'") -> str:
    """The content security policy of one of our own pages; its sockets go to `origin` only, `frames` says what it may frame."""
    sockets = origin.replace("http", "ws", 1)
    return _APP_POLICY.format(sockets=sockets, ancestors=" ".join(ancestors) or "'none'", frames=frames, trusted=TRUSTED_TYPES)


class SecurityHeaders:
    """Puts the headers that every answer carries; an answer's own win."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = dict(_ALWAYS)
        if secure:
            self._headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
