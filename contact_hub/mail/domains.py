"""What the world's DNS says about the domains we send from, compared with our keys.

Three records decide whether a brand's mail arrives: the DKIM key under our selector, SPF, and DMARC. Receivers read them and tell nobody what they thought, so
the doctor reads them first. Whether SPF lets the relay through is shown and not judged: which machines a relay sends from only its owner knows.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from dkim.crypto import (  # type: ignore[import-untyped, unused-ignore]
    UnparsableKeyError,
    parse_pem_private_key,
    parse_public_key,
)

from contact_hub.channels.email.authenticity import organisation
from contact_hub.errors import HubError
from contact_hub.mail import mime
from contact_hub.mail.names import Names, Unanswered
from contact_hub.mail.secret import secret
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Mailbox

State = Literal["ok", "warning", "error", "unknown"]

_SHOWN: Final = 200
_SPF: Final = re.compile(r"v=spf1(?:\s|$)", re.IGNORECASE)
_DMARC: Final = re.compile(r"\s*v\s*=\s*DMARC1\s*(?:;|$)", re.IGNORECASE)
_EVERYBODY: Final = re.compile(r"(?:^|\s)\+?all(?:\s|$)", re.IGNORECASE)
_RSA: Final = bytes.fromhex("300d06092a864886f70d0101010500")
"""AlgorithmIdentifier of rsaEncryption (RFC 8017, appendix A.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One record of a domain, as a sentence. `unknown`: no resolver answered."""

    what: str
    state: State
    sentence: str


async def look_up(floor: Floor, names: Names) -> list[Looked]:
    """SPF and DMARC of each domain that a brand sends from, and each of its keys, in the order of the rules."""
    boxes = [box for brand in floor.workspace.brands for box in brand.mailboxes if box.relay is not None]
    looks: list[Awaitable[Looked]] = []
    for domain in dict.fromkeys(map(_domain, boxes)):
        own = [box for box in boxes if _domain(box) == domain]
        looks += [_told(_dkim(box, domain, names), f"DKIM of {domain}") for box in _distinct(own)]
        looks.append(_told(_spf(domain, names), f"SPF of {domain}"))
        looks.append(_told(_dmarc(domain, names, signed=all(box.dkim is not None for box in own)), f"DMARC of {domain}"))
    return list(await asyncio.gather(*looks))


def public_record(pem: str) -> str:
    """What is to be published of a private RSA key (RFC 6376, section 3.6.1). Raises: ValueError, where it is none."""
    modulus, exponent = _numbers(pem)
    key = _der(0x30, _integer(modulus) + _integer(exponent))
    spki = _der(0x30, _RSA + _der(0x03, b"\0" + key))
    return f"v=DKIM1; k=rsa; p={base64.b64encode(spki).decode()}"


async def _told(look: Awaitable[tuple[State, str]], what: str) -> Looked:
    try:
        state, sentence = await look
    except Unanswered:
        state, sentence = "unknown", "Not checked: no DNS resolver answers."
    return Looked(what=what, state=state, sentence=sentence)


async def _dkim(box: Mailbox, domain: str, names: Names) -> tuple[State, str]:
    assert box.dkim is not None
    name = f"{box.dkim.selector}._domainkey.{domain}"
    try:
        pem = secret(box.dkim.secret)
        wanted, ours = public_record(pem), _numbers(pem)
    except (HubError, ValueError):
        return "error", f"The key of {box.id} cannot be read, so nothing can be compared with {name}."
    records = await names.txt(name)
    if not records:
        return "error", f"There is no TXT record {name}: no signature of ours holds. Publish: {wanted}"
    if len(records) > 1:
        return "error", f"{name} has {len(records)} TXT records, so no signature of ours holds for sure; leave one."
    published = _tags(records[0]).get("p")
    if published == "":
        return "error", f"The key under {name} is revoked (its p is empty). Publish: {wanted}"
    try:
        there = parse_public_key(base64.b64decode(published or "", validate=False))
        same = (there["modulus"], there["publicExponent"]) == ours
    except (UnparsableKeyError, binascii.Error, ValueError, TypeError, IndexError, KeyError):
        return "error", f"The record {name} is no key: {records[0][:_SHOWN]}. Publish: {wanted}"
    if not same:
        return "error", f"{name} publishes another key than ours, so no signature of ours holds. Publish: {wanted}"
    return "ok", f"{name} publishes our key ({ours[0].bit_length()} bits)."


async def _spf(domain: str, names: Names) -> tuple[State, str]:
    records = [one for one in await names.txt(domain) if _SPF.match(one)]
    match records:
        case []:
            return "warning", f"{domain} has no SPF record: many receivers distrust its mail. It should name the relay."
        case [record] if _EVERYBODY.search(record):
            return "error", f"It lets everybody send as {domain}: {record[:_SHOWN]}"
        case [record]:
            return "ok", f"It should name the relay: {record[:_SHOWN]}"
        case _:
            return "error", f"{domain} has {len(records)} SPF records, which counts as none (RFC 7208, 3.2); leave one."


async def _dmarc(domain: str, names: Names, *, signed: bool) -> tuple[State, str]:
    for name in dict.fromkeys((domain, organisation(domain))):
        records = [one for one in await names.txt(f"_dmarc.{name}") if _DMARC.match(one)]
        if len(records) > 1:
            return "error", f"_dmarc.{name} has {len(records)} records, which counts as none (RFC 7489, 6.6.3); leave one."
        if records:
            tags = _tags(records[0])
            policy = (tags.get("sp") if name != domain else None) or tags.get("p", "")
            if policy.lower() not in {"none", "quarantine", "reject"}:
                return "error", f"_dmarc.{name} asks for nothing that is known (p={policy[:20]}): {records[0][:_SHOWN]}"
            if policy.lower() != "none" and not signed:
                said = "where a mailbox has no DKIM key SPF alone vouches for it, and forwarded mail is lost."
                return "warning", f"It asks to {policy.lower()} what is not proven; {said}"
            return "ok", f"p={policy.lower()}: {records[0][:_SHOWN]}"
    return "warning", f"{domain} has no DMARC record: nobody is told what to do with mail that only pretends to be yours."


def _distinct(boxes: Sequence[Mailbox]) -> list[Mailbox]:
    """One mailbox for each key."""
    return list({(box.dkim.selector, box.dkim.secret): box for box in boxes if box.dkim is not None}.values())


def _numbers(pem: str) -> tuple[int, int]:
    """Modulus and exponent. Raises: ValueError."""
    try:
        key = parse_pem_private_key(pem.encode())
        return int(key["modulus"]), int(key["publicExponent"])
    except (UnparsableKeyError, binascii.Error, TypeError, IndexError, KeyError) as broken:
        raise ValueError("no RSA key") from broken


def _integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    long = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(long))) + long + content


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, equals, value in pairs if equals}


def _domain(box: Mailbox) -> str:
    return (mime.ascii_address(box.address) or box.address).rpartition("@")[2].lower()


__all__ = ["Looked", "look_up", "public_record"]
