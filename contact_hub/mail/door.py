"""The door through which a mail server of the house hands mail in: LMTP (RFC 2033), or SMTP.

`250` means on disk, and nothing else does. LMTP answers for each recipient by itself; SMTP has one answer for all, so that one failure makes the server come
again with all of them, and those that were kept are known. Addresses that are nobody's are refused before their mail is sent. Ends of lines are CR LF: a mail
in which a bare line feed hides is refused, since one server's end of mail would be another's middle (SMTP smuggling).
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final, Literal

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from contact_hub.channels.email.mail import BYTES_MAX
from contact_hub.errors import HubError
from contact_hub.mail.intake import Intake
from contact_hub.mail.metrics import door_refused

Protocol = Literal["lmtp", "smtp"]

SESSIONS_MAX: Final = 20
RECIPIENTS_MAX: Final = 100
_SILENCE_SECONDS: Final = 60.0
_LINE_BYTES_MAX: Final = 64 * 1024
_BARE: Final = re.compile(rb"(?<!\r)\n|\r\.\r")

_log = structlog.get_logger(__name__)


class Door:
    """Listens on one address. `port` is 0 for any that is free; which one it became is in `port` then."""

    def __init__(self, *, intake: Intake, protocol: Protocol = "lmtp", host: str = "127.0.0.1", port: int = 0) -> None:
        self._handler = _Handler(intake, each=protocol == "lmtp")
        self._protocol, self._host, self.port = protocol, host, port
        self._server: asyncio.Server | None = None
        self._open: set[SMTP] = set()

    async def start(self) -> None:
        """Raises: OSError where the port cannot be had."""
        self._server = await asyncio.get_running_loop().create_server(self._greet, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """What was not answered with 250 is brought again."""
        if self._server is None:
            return
        self._server.close()
        for session in list(self._open):
            if session.transport is not None:
                session.transport.close()
        await self._server.wait_closed()

    def _greet(self) -> asyncio.Protocol:
        kind = _LmtpSession if self._protocol == "lmtp" else _SmtpSession
        return kind(self._handler, self._open)


class _Handler:
    """What aiosmtpd asks us: may this one be written to, and here is the mail."""

    def __init__(self, intake: Intake, *, each: bool) -> None:
        self._intake, self._each = intake, each

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= RECIPIENTS_MAX:
            return "452 4.5.3 Too many recipients"
        if not self._intake.ready:
            return "451 4.3.0 Not now, come again"
        if self._intake.mailbox_for(address) is None:
            door_refused("recipient_unknown")
            return "550 5.1.1 There is no such mailbox here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        raw = envelope.original_content or b""
        if _BARE.search(raw):
            door_refused("bare_line_feed")
            answers = ["550 5.6.11 Lines end with CR LF"] * len(envelope.rcpt_tos)
        else:
            answers = [await self._take(raw, envelope, address) for address in envelope.rcpt_tos]
        if self._each:
            return "\r\n".join(answers)
        return next((answer for answer in answers if not answer.startswith("2")), answers[0])

    async def _take(self, raw: bytes, envelope: Envelope, address: str) -> str:
        found = self._intake.mailbox_for(address)
        if found is None:
            return "550 5.1.1 There is no such mailbox here"
        workspace, mailbox = found
        try:
            await self._intake.take(workspace, mailbox, raw, envelope={"from": envelope.mail_from or "", "to": [address]})
        except HubError as trouble:
            door_refused(trouble.code)
            _log.warning("mail_not_taken", workspace=workspace, mailbox=mailbox, code=trouble.code)
            full = trouble.code in {"storage_full", "overloaded"}
            return "452 4.3.1 Not now, come again" if full else "451 4.3.0 Not now, come again"
        return "250 2.0.0 Kept"

    async def handle_exception(self, error: Exception) -> str:
        _log.error("mail_door_failed", error=type(error).__name__)
        return "451 4.3.0 Not now, come again"


class _Manners:
    """What both protocols share."""

    line_length_limit = _LINE_BYTES_MAX
    __ident__ = "ready"

    def __init__(self, handler: _Handler, opened: set[Any]) -> None:
        super().__init__(  # type: ignore[call-arg]  # a mixin before aiosmtpd's class
            handler,
            data_size_limit=BYTES_MAX,
            enable_SMTPUTF8=True,
            decode_data=False,
            hostname="localhost",
            ident="ready",
            timeout=_SILENCE_SECONDS,
        )
        self._opened = opened

    def connection_made(self, transport: Any) -> None:
        if len(self._opened) >= SESSIONS_MAX:
            transport.write(b"421 4.3.2 Too many at once, come again\r\n")
            transport.close()
            return
        self._opened.add(self)
        super().connection_made(transport)  # type: ignore[misc]  # as above

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._opened:
            self._opened.discard(self)
            super().connection_lost(error)  # type: ignore[misc]  # as above


class _LmtpSession(_Manners, LMTP):
    """LMTP."""


class _SmtpSession(_Manners, SMTP):
    """SMTP."""
