"""The brand's seal under a mail (DKIM, RFC 6376), with the key of the brand's own domain.

Signed once, when the mail is frozen: what is tried again is the same bytes under the same signature. `From` and whatever else a reader sees is sealed against
a second copy too, and both header and body bear the white space that servers on the way change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

import dkim  # type: ignore[import-untyped]  # has no types

from contact_hub.errors import HubError

_SEALED: Final = (
    "from",
    "to",
    "cc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "auto-submitted",
    "mime-version",
    "content-type",
)
_TWICE: Final = ("from", "subject", "to", "date")
"""Named once more than they are there, so that nobody can add another (RFC 6376, section 8.15)."""
_NAME: Final = re.compile(rb"^([!-9;-~]+):", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A domain's private key (PEM, RSA) and the selector under which the public one is in the DNS."""

    domain: str
    selector: str
    pem: str = field(repr=False)


def signed(raw: bytes, key: Key) -> bytes:
    """The mail with its signature on top. Raises: mail_secret_missing, where the key is none."""
    head = raw.partition(b"\r\n\r\n")[0]
    there = {name.decode("ascii").lower() for name in _NAME.findall(head)}
    sealed = [name for name in _SEALED if name in there] + [name for name in _TWICE if name in there]
    try:
        signature: bytes = dkim.sign(
            raw,
            key.selector.encode("ascii"),
            key.domain.encode("ascii"),
            key.pem.encode(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode("ascii") for name in sealed],
        )
    except (dkim.DKIMException, ValueError, TypeError, IndexError) as broken:
        raise HubError("mail_secret_missing", reference=f"{key.selector}._domainkey.{key.domain}") from broken
    return signature + raw


def try_key(key: Key) -> None:
    """Passes where the key can sign. Raises: mail_secret_missing."""
    signed(b"From: <a@b.example>\r\nSubject: x\r\n\r\nx\r\n", key)
