"""The demo's brand sites: small pages of invented shops, each on its own `*.localhost` origin, with the widget on them.

They stand in for our clients' sites, so they get what a careful client would send: a content security policy that allows nothing but
their own files, and of ours the loader script and the frame.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from contact_hub.web.site_mail import Postbox, answer
from contact_hub.workspace.model import Brand

SITES: Final = Path(__file__).parent / "sites"
_POLICY: Final = (
    "default-src 'none'; script-src {hub}; frame-src {hub}; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


class BrandSites:
    """Answers for the hosts that have a folder under `sites/`; everything else goes on to the hub. With a `post` there is a page for mail on each;
    `brand_of` says whose a host is."""

    def __init__(
        self, app: ASGIApp, *, hub: str, post: Postbox | None = None, brand_of: Callable[[str], Brand | None] = lambda _host: None
    ) -> None:
        self._app, self._hub, self._post, self._brand_of = app, hub, post, brand_of
        self._hosts = {folder.name: folder for folder in SITES.iterdir() if folder.is_dir()} if SITES.is_dir() else {}

    @property
    def hosts(self) -> list[str]:
        return sorted(self._hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (folder := self._hosts.get(_host(scope))):
            if scope["path"] in {"/mail", "/mail/"} and (page := await self._mail(scope, receive)):
                await page(scope, receive, send)
                return
            folder = SITES if scope["path"] == "/mail.css" else folder
            await self._page(folder, scope["path"], scope["method"])(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _mail(self, scope: Scope, receive: Receive) -> Response | None:
        """The page on which a customer writes mail and reads what came."""
        brand = self._brand_of(_host(scope))
        if self._post is None or brand is None or not brand.mailboxes or scope["method"] not in {"GET", "HEAD", "POST"}:
            return None
        body = await Request(scope, receive).body() if scope["method"] == "POST" else b""
        template = (SITES / "mail.html").read_text(encoding="utf-8")
        page = await answer(self._post, brand, template, scope, body)
        headers = {
            "content-security-policy": _POLICY.format(hub=self._hub).replace("form-action 'none'", "form-action 'self'"),
            "cache-control": "no-store",
        }
        return Response(page, media_type="text/html; charset=utf-8", headers=headers)

    def _page(self, folder: Path, path: str, method: str) -> Response:
        if method not in {"GET", "HEAD"}:
            return PlainTextResponse("", status_code=405)
        if path == "/favicon.ico":
            return Response(status_code=204)
        try:
            wanted = _file(folder.resolve(), path)
        except (ValueError, OSError):  # no name that a file could have
            wanted = None
        if wanted is None:
            return PlainTextResponse("", status_code=404)
        if wanted.is_dir():
            # from what was found, never from what was asked: `//evil.example/..` would lead away
            return RedirectResponse(f"/{wanted.relative_to(folder.resolve()).as_posix()}/".replace("/./", "/"))
        body = wanted.read_bytes()
        kind = mimetypes.guess_type(wanted.name)[0] or "application/octet-stream"
        if kind == "text/html":
            body = body.replace(b"{{hub}}", self._hub.encode())
            kind += "; charset=utf-8"
        headers = {"content-security-policy": _POLICY.format(hub=self._hub), "cache-control": "no-cache"}
        return Response(body, media_type=kind, headers=headers)


def _file(folder: Path, path: str) -> Path | None:
    """The file (or the folder that was asked for without its slash) that a path means, if it is inside."""
    wanted = (folder / path.lstrip("/")).resolve()
    if not wanted.is_relative_to(folder):
        return None
    if wanted.is_dir():
        if not path.endswith("/"):
            return wanted
        wanted /= "index.html"
    if not wanted.is_file() and wanted.with_suffix(".html").is_file():
        return wanted.with_suffix(".html")
    return wanted if wanted.is_file() else None


def _host(scope: Scope) -> str:
    host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
    return host.rsplit(":", 1)[0] if not host.endswith("]") else host
