"""One conversation with a relay (SMTP, RFC 5321): what it said of each recipient, and whether it took the mail.

It knows nothing of rows and states. Its one promise: `started` is awaited after the last recipient was named and before anything is said that could deliver
the mail, so that a caller who writes that down first always knows which mails nobody can have got. It introduces itself by the brand's own domain.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from contact_hub.errors import HubError
from contact_hub.mail.secret import secret
from contact_hub.workspace.model import Relay

Verdict = Literal["taken", "later", "never", "unknown"]

CONNECT_SECONDS: Final = 20.0
COMMAND_SECONDS: Final = 60.0
DATA_SECONDS: Final = 300.0
"""For the answer after the last byte; RFC 5321, 4.5.3.2.6 asks for ten minutes, and a server that takes five has not been seen."""
_ANSWER_CHARS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said of one recipient. `unknown`: the mail was on the line when the line went dead."""

    verdict: Verdict
    status: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a mail. `trouble`: the relay itself, not the mail, is why it did not go."""

    answers: dict[str, Answer] = field(default_factory=dict)
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long each thing may take."""

    connect_seconds: float = CONNECT_SECONDS
    command_seconds: float = COMMAND_SECONDS
    data_seconds: float = DATA_SECONDS


async def deliver(
    relay: Relay,
    *,
    ehlo: str,
    envelope_from: str,
    recipients: Sequence[str],
    raw: bytes,
    started: Callable[[Sequence[str]], Awaitable[None]],
    patience: Patience,
    trust: ssl.SSLContext | None = None,
) -> Result:
    """Hand one mail over. `started` is told who will get it; if it raises, nobody did."""
    try:
        client = await _connected(relay, ehlo, patience, trust)
    except HubError as missing:
        return Result(trouble=missing.code)
    except (SMTPException, OSError, TimeoutError, ssl.SSLError, ValueError) as trouble:
        return Result(trouble=_said(trouble))
    try:
        named = await _named(client, envelope_from, recipients)
        taken = [address for address in recipients if address not in named.answers]
        if named.trouble or not taken:
            return named
        await started(taken)
        final = _answer(await _data(client, raw, patience))
        await _leave(client)
        return Result(answers={**named.answers, **dict.fromkeys(taken, final)})
    finally:
        client.close()


async def _named(client: SMTP, envelope_from: str, recipients: Sequence[str]) -> Result:
    """Who writes to whom; those that were refused are in the answers."""
    answers: dict[str, Answer] = {}
    try:
        try:
            await client.mail(envelope_from, encoding="ascii")
        except SMTPResponseException as refused:
            return Result(answers=dict.fromkeys(recipients, _answer(refused)))
        for address in recipients:
            try:
                await client.rcpt(address, encoding="ascii")
            except SMTPResponseException as refused:
                answers[address] = _answer(refused)
    except (SMTPException, OSError, TimeoutError) as trouble:
        return Result(answers=answers, trouble=_said(trouble))
    return Result(answers=answers)


async def look(relay: Relay, *, ehlo: str, patience: Patience, trust: ssl.SSLContext | None = None) -> None:
    """Connect, introduce ourselves, encrypt, sign in; no mail. Raises: HubError, SMTPException, OSError, TimeoutError."""
    await _leave(await _connected(relay, ehlo, patience, trust))


async def _connected(relay: Relay, ehlo: str, patience: Patience, trust: ssl.SSLContext | None) -> SMTP:
    proof = secret(relay.secret) if relay.secret is not None else None
    client = SMTP(
        hostname=relay.host,
        port=relay.at_port,
        local_hostname=ehlo,
        timeout=patience.command_seconds,
        use_tls=relay.security == "tls",
        start_tls=relay.security == "starttls",
        tls_context=trust if relay.security != "none" else None,
    )
    try:
        async with asyncio.timeout(patience.connect_seconds):
            await client.connect()
            match relay:
                case Relay(user=str(user), auth="xoauth2") if proof is not None:
                    await client.auth_xoauth2(user, proof)
                case Relay(user=str(user)) if proof is not None:
                    await client.login(user, proof)
                case _:
                    pass
    except BaseException:
        client.close()
        raise
    return client


async def _data(client: SMTP, raw: bytes, patience: Patience) -> Exception | None:
    """None for 250. A definite answer is one; anything else leaves it open whether the mail was taken."""
    try:
        await client.data(raw, timeout=patience.data_seconds)
    except (SMTPException, OSError, TimeoutError) as trouble:
        return trouble
    return None


def _answer(trouble: Exception | None) -> Answer:
    match trouble:
        case None:
            return Answer(verdict="taken", status="250")
        case SMTPResponseException(code=code, message=message) if 200 <= code < 300 or 400 <= code < 600:
            verdict: Verdict = "taken" if code < 300 else "later" if code < 500 else "never"
            return Answer(verdict=verdict, status=f"{code}", said=f"{code} {message}"[:_ANSWER_CHARS])
        case _:
            return Answer(verdict="unknown", said=_said(trouble))


def _said(trouble: Exception) -> str:
    match trouble:
        case SMTPResponseException(code=code, message=message):
            return f"{code} {message}"[:_ANSWER_CHARS]
        case TimeoutError():
            return "timeout"
        case _:
            return f"{type(trouble).__name__}: {trouble}"[:_ANSWER_CHARS]


async def _leave(client: SMTP) -> None:
    """Say goodbye; nobody cares whether it is heard."""
    try:
        async with asyncio.timeout(2):
            await client.quit()
    except (SMTPException, OSError, TimeoutError):
        return
    finally:
        client.close()
