"""A mail server for tests: it takes what comes, and misbehaves as it is told, by address.

`taken` is what a real server would deliver: mails whose last byte it has read and not refused, whether or not the sender heard of it.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Sink:
    """`behave(address)` names how to meet a recipient: ok, 421, 451, 550, data451, data550, hang, drop, drop_after."""

    behave: Callable[[str], str] = lambda _address: "ok"
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    greetings: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    port: int = 0
    token: str | None = None
    """The access token with which one signs in by XOAUTH2."""
    connections: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)
    server: asyncio.Server | None = None

    async def until(self, mails: int, *, seconds: float = 40) -> None:
        """Wait for so many."""
        async with asyncio.timeout(seconds):
            while len(self.taken) < mails:
                self.came.clear()
                await self.came.wait()

    def copies(self) -> Counter[str]:
        """How many each recipient got."""
        return Counter(address for address, _ in self.taken)

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.greetings.append(hostname)
        return responses

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        """As Google and Microsoft do: who is refused is told why in a challenge, and has to answer it before hearing the 535."""
        told = dict(part.partition("=")[::2] for part in base64.b64decode(args[1]).decode().split("\x01") if part)
        self.users.append(told["user"])
        if told["auth"] == f"Bearer {self.token}":
            return AuthResult(success=True, auth_data=told["user"])
        await server.challenge_auth('{"status":"401","schemes":"bearer"}')
        return AuthResult(success=False, handled=False)

    async def handle_RCPT(self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:
        match self.behave(address):
            case "421":
                return "421 4.3.2 closing down"
            case "451":
                return "451 4.7.1 greylisted"
            case "550":
                return "550 5.1.1 no such user"
            case _:
                envelope.rcpt_tos.append(address)
                return "250 ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        manners = {self.behave(address) for address in envelope.rcpt_tos}
        if "data451" in manners:
            return "451 4.3.0 try later"
        if "data550" in manners:
            return "550 5.7.1 no spam here"
        content = envelope.original_content
        assert isinstance(content, bytes)
        self.taken += [(address, content) for address in envelope.rcpt_tos]
        self.came.set()
        if "hang" in manners:
            await asyncio.sleep(3600)
        if "drop" in manners:
            _cut(server)
        if "drop_after" in manners:
            asyncio.get_running_loop().call_soon(_cut, server)
        return "250 2.0.0 taken"


def _cut(server: SMTP) -> None:
    if server.transport is not None:
        server.transport.abort()


@contextlib.asynccontextmanager
async def sink(
    behave: Callable[[str], str] | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    password: str | None = None,
    token: str | None = None,
    port: int = 0,
) -> AsyncIterator[Sink]:
    """A running one on a loopback port; with `tls` it insists on STARTTLS, with `password` or `token` on being signed in to, and by nothing else."""
    made = Sink(behave) if behave is not None else Sink()
    made.token = token

    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        made.users.append(data.login.decode())
        return AuthResult(success=data.password.decode() == password, handled=False)

    def protocol() -> SMTP:
        made.connections += 1
        return SMTP(
            made,
            hostname="mx.sink.example",
            tls_context=tls,
            require_starttls=tls is not None,
            auth_required=password is not None or token is not None,
            auth_require_tls=tls is not None,
            auth_exclude_mechanism=["XOAUTH2"] if token is None else ["PLAIN", "LOGIN"],
            authenticator=authenticate if password is not None else None,
            loop=asyncio.get_running_loop(),
        )

    made.server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port)
    made.port = made.server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.server.close()
