"""A LibreTranslate-compatible server over HTTP.

Two requests are all we know of it: `GET /languages`, asked once in ten minutes, and `POST /translate`. One budget covers both. Redirects are not
followed and no more is read than a translation can be long, so that a server that is not what it says it is costs a moment and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import structlog

from contact_hub.errors import HubError
from contact_hub.translation.engine import Translation
from contact_hub.translation.pairs import AUTO, Pairs

_LANGUAGES_SECONDS: Final = 600.0
_BYTES_MAX: Final = 1_000_000
_GROWTH_MAX: Final = 10
"""So many times the length of the original, and some; what is longer is no translation."""
_CONNECTIONS: Final = 8
_STALL_SECONDS: Final = 60.0

_log = structlog.get_logger(__name__)


class LibreTranslate:
    """`key` is sent with each request and never logged; `ca_file` for a server with a certificate of the house's own."""

    name = "LibreTranslate"

    def __init__(
        self, url: str, *, key: str | None = None, ca_file: Path | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._key, self._monotonic = key, monotonic
        self._pairs: Pairs | None = None
        self._pairs_until = 0.0
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/") + "/",
            verify=ssl.create_default_context(cafile=ca_file),
            timeout=_STALL_SECONDS,  # the budget ends a request long before
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=_CONNECTIONS),
            headers={"accept": "application/json"},
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def translate(self, text: str, *, source: str | None, target: str, budget_seconds: float) -> Translation:
        try:
            async with asyncio.timeout(budget_seconds):
                return await self._translate(text, source, target)
        except TimeoutError:
            _log.warning("translate_late", engine=self.name, budget_seconds=budget_seconds)
            raise HubError("translate_late") from None

    async def _translate(self, text: str, source: str | None, target: str) -> Translation:
        pair = (await self._known_pairs()).find(source, target)
        if pair is None:
            raise HubError("translate_pair", source=source or "und", target=target)
        asked: dict[str, Any] = {"q": text, "source": pair[0], "target": pair[1], "format": "text"}
        if self._key:
            asked["api_key"] = self._key
        said = await self._ask("POST", "translate", asked)
        translated = said.get("translatedText") if isinstance(said, dict) else None
        if not isinstance(translated, str) or not translated.strip() or len(translated) > _GROWTH_MAX * len(text) + 1_000:
            raise self._broken("no translation in the answer")
        return Translation(
            text=translated.encode("utf-8", "replace").decode(),  # JSON can carry halves of characters, sockets cannot
            source=source or _detected(said) or "und",
            target=target,
            engine=self.name,
        )

    async def _known_pairs(self) -> Pairs:
        now = self._monotonic()
        if self._pairs is None or now >= self._pairs_until:
            pairs = Pairs.parse(await self._ask("GET", "languages"))
            if pairs is None:
                raise self._broken("no list of languages in the answer")
            self._pairs, self._pairs_until = pairs, now + _LANGUAGES_SECONDS
        return self._pairs

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        try:
            async with self._http.stream(method, path, json=body) as answer:
                status, said = answer.status_code, await _read(answer)
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise self._broken(type(error).__name__) from None
        if status in {400, 401, 403, 413, 422}:
            _log.warning("translate_refused", engine=self.name, status=status)
            raise HubError("translate_refused")
        if status != httpx.codes.OK or said is None:
            raise self._broken(f"status {status}")
        try:
            return json.loads(said)
        except (ValueError, RecursionError):
            raise self._broken("the answer is no JSON") from None

    def _broken(self, why: str) -> HubError:
        _log.warning("translate_unavailable", engine=self.name, why=why)
        return HubError("translate_unavailable")


async def _read(answer: httpx.Response) -> bytes | None:
    """The body; None where it does not end in time to be one of ours."""
    said = bytearray()
    async for piece in answer.aiter_bytes():
        said += piece
        if len(said) > _BYTES_MAX:
            return None
    return bytes(said)


def _detected(said: Any) -> str | None:
    found = said.get("detectedLanguage")
    code = found.get("language") if isinstance(found, dict) else None
    return Pairs.tag(code) if isinstance(code, str) and code != AUTO else None
