"""Whether mail could leave, tried without sending any: every relay is spoken to, encrypted with and signed in at, every key signs once."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

from aiosmtplib import SMTPException

from contact_hub.errors import HubError
from contact_hub.mail import mime
from contact_hub.mail.dkim import Key, try_key
from contact_hub.mail.relay import Patience, look
from contact_hub.mail.secret import secret
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Mailbox

_PATIENCE = Patience(connect_seconds=10, command_seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What was tried of which mailbox, and what is wrong; empty where all is well."""

    mailbox: str
    what: str
    trouble: str = ""


async def try_to_send(floor: Floor, *, trust: ssl.SSLContext | None = None) -> list[Tried]:
    """Each relay and each key of the workspace, in the order of its rules."""
    boxes = [box for brand in floor.workspace.brands for box in brand.mailboxes]
    relays = await asyncio.gather(*(_relay(box, trust) for box in boxes if box.relay is not None))
    return [*relays, *(_key(box) for box in boxes if box.dkim is not None)]


async def _relay(box: Mailbox, trust: ssl.SSLContext | None) -> Tried:
    assert box.relay is not None
    what = f"relay {box.relay.host}:{box.relay.at_port}"
    try:
        await look(box.relay, ehlo=_domain(box), patience=_PATIENCE, trust=trust)
    except HubError as trouble:
        return Tried(mailbox=box.id, what=what, trouble=f"{trouble.sentence} ({trouble.values.get('reference', '')})")
    except (SMTPException, OSError, TimeoutError, ValueError) as trouble:
        return Tried(mailbox=box.id, what=what, trouble=f"{type(trouble).__name__}: {trouble}"[:300])
    return Tried(mailbox=box.id, what=what)


def _key(box: Mailbox) -> Tried:
    assert box.dkim is not None
    what = f"key {box.dkim.selector}._domainkey.{_domain(box)}"
    try:
        try_key(Key(domain=_domain(box), selector=box.dkim.selector, pem=secret(box.dkim.secret)))
    except HubError as trouble:
        return Tried(mailbox=box.id, what=what, trouble=f"{trouble.sentence} ({trouble.values.get('reference', '')})")
    return Tried(mailbox=box.id, what=what)


def _domain(box: Mailbox) -> str:
    return (mime.ascii_address(box.address) or box.address).rpartition("@")[2]
