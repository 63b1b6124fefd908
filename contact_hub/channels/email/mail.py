"""The words of e-mail: what a mail is once it has been read, and what was found out about it.

Values only. `parse` makes them from bytes and never refuses; whatever was mended on the way is in `warnings`, so that nobody has to guess afterwards why a
mail looks as it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final


class Address(str):
    """A mail address (`name@host`, the host in lower case), with the name its owner wrote beside it."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, address: str, name: str = "") -> Address:
        """As written; `name` is empty where there was none."""
        made = super().__new__(cls, address)
        made.name = name
        return made

    @property
    def host(self) -> str:
        """What stands after the last `@`; empty where there is none."""
        return self.rpartition("@")[2] if "@" in self else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A part that is kept as a file. `type` is what the content is, whatever the sender called it."""

    name: str
    type: str
    content: bytes
    content_id: str | None = None
    inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A machine-readable part of a bounce or a complaint: `message/delivery-status`, `text/rfc822-headers`, `message/feedback-report` … with its text."""

    type: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMail:
    """A mail as it was understood. Nothing in it is trusted: who really sent it is `authenticity`'s business, what it is `classify`'s."""

    subject: str = ""
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    recipients: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    message_id: str | None = None
    """Without its angle brackets, as are all ids here."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    """Oldest first, as written."""
    date: datetime | None = None
    """Aware, UTC; None where there was none or it cannot be."""
    text: str | None = None
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    reports: tuple[Report, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    """Of the mail itself, in their order, names in lower case, values decoded and unfolded."""
    warnings: tuple[str, ...] = ()
    """Stable codes of what was mended: `charset_wrong`, `headers_cut`, `too_deep` …"""
    lossy: bool = False
    """Whether something of the mail could not be kept."""

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever the case of its name."""
        return next(self.values(name), None)

    def values(self, name: str) -> Iterator[str]:
        """All values of a header, from the top."""
        wanted = name.lower()
        return (value for known, value in self.headers if known == wanted)


BYTES_MAX: Final = 30 * 1024 * 1024
"""The largest mail that is read."""
