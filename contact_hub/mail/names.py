"""Questions to DNS: the text records of a name, within a time, and remembered for as long as they may be.

Mail asks DNS two things: whether a stranger's signature holds, and whether our own domains say what our mails need. Neither is worth waiting for: an answer
that does not come in time is no answer, and where nobody has answered several times, nobody is asked for a while.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver

SECONDS: Final = 3.0
"""For all questions about one mail together."""
_SILENT_AFTER: Final = 3
_SILENT_SECONDS: Final = 60.0
_KEPT_MAX: Final = 4_096
_TTL: Final = (30, 3_600)
_RECORDS_MAX: Final = 20
_CHARS_MAX: Final = 8_192


class Unanswered(Exception):
    """Nobody could tell now; nothing is known."""


@dataclass(frozen=True, slots=True)
class _Known:
    records: tuple[str, ...]
    until: float


class Names:
    """Asks one resolver: the system's, or the one at `HOST:PORT`."""

    def __init__(
        self, server: str = "system", *, seconds: float = SECONDS, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._server, self._seconds, self._monotonic = server, seconds, monotonic
        self._resolver: dns.asyncresolver.Resolver | None = None
        self._known: dict[str, _Known] = {}
        self._failures, self._silent_until = 0, float("-inf")

    async def txt(self, name: str) -> tuple[str, ...]:
        """The text records of a name, each with its strings joined; none where there are none. Raises: Unanswered."""
        name, now = name.lower().rstrip("."), self._monotonic()
        if (known := self._known.get(name)) is not None and known.until > now:
            return known.records
        if now < self._silent_until:
            raise Unanswered(name)
        try:
            records, ttl = await self._ask(name)
        except Unanswered:
            self._failures += 1
            if self._failures >= _SILENT_AFTER:
                self._failures, self._silent_until = 0, self._monotonic() + _SILENT_SECONDS
            raise
        self._failures = 0
        if len(self._known) >= _KEPT_MAX:
            self._known.pop(next(iter(self._known)))
        low, high = _TTL
        self._known[name] = _Known(records, self._monotonic() + min(max(ttl, low), high))
        return records

    async def all(self, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """What is known of each of these in time; those of which nothing is are left out."""

        async def one(name: str) -> None:
            try:
                found[name] = await self.txt(name)
            except Unanswered:
                return

        found: dict[str, tuple[str, ...]] = {}
        try:
            async with asyncio.timeout(self._seconds), asyncio.TaskGroup() as tasks:
                for name in dict.fromkeys(names):
                    tasks.create_task(one(name))
        except TimeoutError:
            pass
        return dict(found)

    async def _ask(self, name: str) -> tuple[tuple[str, ...], float]:
        try:
            self._resolver = self._resolver or self._made()
            answer = await self._resolver.resolve(
                name, dns.rdatatype.TXT, raise_on_no_answer=False, lifetime=self._seconds, search=False
            )
        except dns.resolver.NXDOMAIN:
            return (), 0
        except (dns.exception.Timeout, dns.resolver.NoNameservers, dns.resolver.NoResolverConfiguration, OSError) as silent:
            raise Unanswered(name) from silent
        except (dns.exception.DNSException, ValueError):  # no name at all: a label too long, an empty one
            return (), 0
        if answer.rrset is None:
            return (), 0
        texts = (b"".join(record.strings)[:_CHARS_MAX].decode("utf-8", "replace") for record in list(answer.rrset)[:_RECORDS_MAX])
        return tuple(texts), float(answer.rrset.ttl)

    def _made(self) -> dns.asyncresolver.Resolver:
        if self._server == "system":
            return dns.asyncresolver.Resolver()
        resolver = dns.asyncresolver.Resolver(configure=False)
        host, _, port = self._server.rpartition(":")
        resolver.nameservers, resolver.port = [host.strip("[]")], int(port)
        return resolver


__all__ = ["SECONDS", "Names", "Unanswered"]
