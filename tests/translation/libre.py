"""A LibreTranslate server for tests: the real protocol over a real socket, and ways to misbehave."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LANGUAGES = [
    {"code": "en", "name": "English", "targets": ["de", "en", "es", "zh", "zt", "pb"]},
    {"code": "de", "name": "German", "targets": ["en", "es"]},
    {"code": "zh", "name": "Chinese", "targets": ["en"]},
    {"code": "nb", "name": "Norwegian", "targets": ["en"]},
    {"code": "not a tag", "name": "?", "targets": ["en"]},
]


@dataclass
class Libre:
    """What it was asked, and what it shall do instead of answering properly."""

    url: str = ""
    key: str | None = None
    status: int = 200
    raw: bytes | None = None
    languages: Any = field(default_factory=lambda: LANGUAGES)
    translated: Any = None
    hang: threading.Event | None = None
    location: str | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    listed: int = 0

    def answer(self, asked: dict[str, Any]) -> Any:
        said: dict[str, Any] = {
            "translatedText": f"[{asked['target']}] {asked['q']}" if self.translated is None else self.translated
        }
        if asked["source"] == "auto":
            said["detectedLanguage"] = {"confidence": 83, "language": "zt"}
        return said


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Whoever hangs up in the middle does so on purpose here."""


@contextlib.contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Libre]:
    libre = Libre()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            libre.listed += 1
            self._send(200, json.dumps(libre.languages).encode())

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            libre.asked.append(asked)
            if libre.hang is not None:
                libre.hang.wait(20)
            if libre.key is not None and asked.get("api_key") != libre.key:
                self._send(403, json.dumps({"error": "Invalid API key"}).encode())
                return
            said = json.dumps(libre.answer(asked)).encode() if libre.raw is None else libre.raw
            self._send(libre.status, said)

        def _send(self, status: int, said: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(said)))
            if libre.location:
                self.send_header("location", libre.location)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            return

    server = _Server(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    libre.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield libre
    finally:
        if libre.hang is not None:
            libre.hang.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
