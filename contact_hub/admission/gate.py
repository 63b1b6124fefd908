"""The gate: every message, conversation, socket and newcomer passes here before it costs anything.

Each limit belongs to somebody (a visitor, a brand, a workspace, an address) and is asked from the narrowest to the widest; only what all let through is
counted against any. What a limit refuses is told when to come again and counted, so that metrics and the operator see who is being held back. Each node
counts for itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final, Literal, Protocol, TypeVar

from prometheus_client import Counter as Metric

from contact_hub.admission.buckets import Allowance, Buckets, Tally
from contact_hub.clock import Clock
from contact_hub.errors import HubError
from contact_hub.scope import AgentScope, VisitorScope
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import BrandLimits

N = TypeVar("N", int, float)

Limit = Literal[
    "visitor_frames",
    "visitor_messages",
    "visitor_sessions",
    "address_visitors",
    "brand_conversations",
    "brand_messages",
    "brand_sockets",
    "agent_frames",
    "workspace_messages",
    "workspace_waiting",
]

CUSTOMERS_PART: Final = 5
"""A fifth of a workspace's burst is kept for its agents: they must be able to answer those who are already in."""
RETURNING: Final = Allowance(per_second=0.5, burst=20)
"""How often one browser may come back: every tab and every cut line is one."""
_COME_BACK_SECONDS: Final = 1.0
_SPREAD: Final = 32
_SPREAD_SECONDS: Final = 2.0
_SOCKETS_SECONDS: Final = 5.0

_refused = Metric("contact_hub_limited_total", "What a limit refused", ["limit", "workspace"])


class Limited(HubError):
    """A limit was met. `own`: by the asker alone, whoever else there is."""

    def __init__(self, code: str, /, *, limit: Limit, retry_after_seconds: float, own: bool) -> None:
        super().__init__(code, retry_after_seconds=round(retry_after_seconds, 3))
        self.limit, self.own, self.retry_after_seconds = limit, own, retry_after_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """How often a limit refused something in the last minute. `brand` is empty where it is the workspace's own."""

    brand: str
    limit: Limit
    refused: int


class Floors(Protocol):
    """Who knows the rules."""

    def floor(self, workspace: str) -> Floor: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Allowed:
    """What holds for one brand under one version of the rules."""

    version: int
    visitor: Allowance
    messages: Allowance
    conversations: Allowance
    sockets_max: int
    workspace: Allowance
    reserve: int
    waiting_max: int
    address: Allowance


class Gate:
    """`waiting` tells how much of a workspace is not durable yet; `visitor` is what holds where the rules say nothing of visitors."""

    def __init__(self, *, floors: Floors, clock: Clock, waiting: Callable[[str], int], visitor: Allowance) -> None:
        self._floors, self._clock, self._waiting, self._visitor = floors, clock, waiting, visitor
        self._allowed: dict[tuple[str, str], _Allowed] = {}
        self._visitors: Buckets[tuple[str, str]] = Buckets()
        self._browsers: Buckets[str] = Buckets()
        self._addresses: Buckets[tuple[str, str]] = Buckets()
        self._brands: Buckets[tuple[str, str]] = Buckets()
        self._openings: Buckets[tuple[str, str]] = Buckets()
        self._workspaces: Buckets[str] = Buckets()
        self._sockets: Counter[tuple[str, str]] = Counter()
        self._tally: Tally[tuple[str, str, Limit]] = Tally()
        self._spread = 0

    # ------------------------------------------------------------ coming in

    def newcomer(self, workspace: str, brand: str, address: str | None) -> None:
        """A browser that nobody knows. Raises `overloaded`: too many came from its address, or the brand is full."""
        self._room(workspace, brand)
        if (place := _place(address)) is None:
            return
        now, allowed = self._clock.monotonic(), self._of(workspace, brand)
        if wait := self._addresses.wait_seconds((workspace, place), allowed.address, now):
            raise self._refuse("overloaded", "address_visitors", workspace, brand, wait, own=True)
        self._addresses.take((workspace, place), allowed.address, now)

    def returning(self, workspace: str, brand: str, browser: str) -> None:
        """A browser that shows a token, known by its hash. Raises `overloaded`."""
        self._room(workspace, brand)
        now = self._clock.monotonic()
        if wait := self._browsers.wait_seconds(browser, RETURNING, now):
            raise self._refuse("overloaded", "visitor_sessions", workspace, brand, wait, own=True)
        self._browsers.take(browser, RETURNING, now)

    def sit(self, scope: VisitorScope) -> None:
        """One more socket of a brand. Raises `overloaded`; otherwise `rise` must follow."""
        self._room(scope.workspace, scope.brand)
        self._sockets[scope.workspace, scope.brand] += 1

    def rise(self, scope: VisitorScope) -> None:
        """The socket is gone."""
        self._sockets[scope.workspace, scope.brand] -= 1
        if not self._sockets[scope.workspace, scope.brand]:
            del self._sockets[scope.workspace, scope.brand]

    def _room(self, workspace: str, brand: str) -> None:
        if self._sockets[workspace, brand] >= self._of(workspace, brand).sockets_max:
            raise self._refuse("overloaded", "brand_sockets", workspace, brand, _SOCKETS_SECONDS, own=False)

    # ------------------------------------------------------------ saying something

    def customer(self, scope: VisitorScope, *, says: bool, opens: bool = False) -> None:
        """A customer's frame that will be written: a message where it `says` something, a new conversation where it `opens` one.

        Raises `rate_limited` (this visitor), `overloaded` (the brand or the workspace).
        """
        workspace, brand, device = scope.workspace, (scope.workspace, str(scope.brand)), (scope.workspace, scope.device)
        now, allowed = self._clock.monotonic(), self._of(*brand)
        if says and (wait := self._visitors.wait_seconds(device, allowed.visitor, now)):
            raise self._refuse("rate_limited", "visitor_messages", *brand, wait, own=True)
        if opens and (wait := self._openings.wait_seconds(brand, allowed.conversations, now)):
            raise self._refuse("overloaded", "brand_conversations", *brand, wait, own=False)
        if wait := self._brands.wait_seconds(brand, allowed.messages, now):
            raise self._refuse("overloaded", "brand_messages", *brand, wait, own=False)
        if wait := self._workspaces.wait_seconds(workspace, allowed.workspace, now, reserve=allowed.reserve):
            raise self._refuse("overloaded", "workspace_messages", *brand, wait, own=False)
        self._not_too_long(*brand, allowed)
        if says:
            self._visitors.take(device, allowed.visitor, now)
        if opens:
            self._openings.take(brand, allowed.conversations, now)
        self._brands.take(brand, allowed.messages, now)
        self._workspaces.take(workspace, allowed.workspace, now)

    def agent(self, scope: AgentScope) -> None:
        """An agent's frame that will be written. Raises `overloaded`."""
        workspace = scope.workspace
        now, allowed = self._clock.monotonic(), self._of(workspace, "")
        if wait := self._workspaces.wait_seconds(workspace, allowed.workspace, now):
            raise self._refuse("overloaded", "workspace_messages", workspace, "", wait, own=False)
        self._not_too_long(workspace, "", allowed)
        self._workspaces.take(workspace, allowed.workspace, now)

    def _not_too_long(self, workspace: str, brand: str, allowed: _Allowed) -> None:
        if self._waiting(workspace) >= allowed.waiting_max:
            raise self._refuse("overloaded", "workspace_waiting", workspace, brand, _COME_BACK_SECONDS, own=False)

    # ------------------------------------------------------------ telling

    def note(self, limit: Limit, workspace: str, brand: str = "") -> None:
        """Something was refused, here or by a socket on its own account."""
        _refused.labels(limit, workspace).inc()
        self._tally.count((workspace, brand, limit), self._clock.monotonic())

    def limited_now(self, workspace: str) -> list[Refused]:
        """Who was held back in the last minute, the most first."""
        return sorted(
            (
                Refused(brand=brand, limit=limit, refused=count)
                for (where, brand, limit), count in self._tally.last_minute(self._clock.monotonic()).items()
                if where == workspace
            ),
            key=lambda one: (-one.refused, one.brand, one.limit),
        )

    def _refuse(self, code: str, limit: Limit, workspace: str, brand: str, wait: float, *, own: bool) -> Limited:
        """Whoever waits alone is told the very moment; those who wait together come one after the other, or they would all come at once."""
        self.note(limit, workspace, brand)
        if not own:
            self._spread = (self._spread + 1) % _SPREAD
            wait = max(wait, _COME_BACK_SECONDS) + _SPREAD_SECONDS * self._spread / _SPREAD
        return Limited(code, limit=limit, retry_after_seconds=wait, own=own)

    def _of(self, workspace: str, brand: str) -> _Allowed:
        floor = self._floors.floor(workspace)
        known = self._allowed.get((workspace, brand))
        if known is None or known.version != floor.version:
            known = self._allowed[workspace, brand] = _allowed(floor, brand, self._visitor)
        return known


def _allowed(floor: Floor, brand: str, visitor: Allowance) -> _Allowed:
    """The brand's own numbers where it has them, else the workspace's for each of its brands."""
    limits = floor.workspace.limits
    face = floor.brands.get(brand)
    own = face.limits if face is not None else BrandLimits()
    workspace = Allowance(per_second=limits.messages_per_second, burst=limits.messages_burst)
    return _Allowed(
        version=floor.version,
        visitor=Allowance(
            per_second=_first(own.visitor_messages_per_second, limits.visitor_messages_per_second, default=visitor.per_second),
            burst=_first(own.visitor_messages_burst, limits.visitor_messages_burst, default=visitor.burst),
        ),
        messages=Allowance(
            per_second=_first(own.messages_per_second, default=limits.brand_messages_per_second),
            burst=_first(own.messages_burst, default=limits.brand_messages_burst),
        ),
        conversations=Allowance(
            per_second=_first(own.conversations_per_second, default=limits.brand_conversations_per_second),
            burst=_first(own.conversations_burst, default=limits.brand_conversations_burst),
        ),
        sockets_max=_first(own.sockets_max, default=limits.brand_sockets_max),
        workspace=workspace,
        reserve=workspace.burst // CUSTOMERS_PART,
        waiting_max=limits.waiting_max,
        address=Allowance(per_second=limits.address_visitors_per_second, burst=limits.address_visitors_burst),
    )


def _first(*said: N | None, default: N) -> N:
    return next((one for one in said if one is not None), default)


def _place(address: str | None) -> str | None:
    """Who shares an address: of IPv6 whoever shares the 64 bits that a household is given. This machine itself is a proxy, or somebody who tries things
    out, and says nothing of who asks."""
    with suppress(ValueError):
        found = ip_address(address or "")
        if isinstance(found, IPv6Address):
            found = found.ipv4_mapped or found
        if found.is_loopback:
            return None
        return str(found) if not isinstance(found, IPv6Address) else found.exploded[:19]
    return None


def visitor_allowance(per_minute: int) -> Allowance:
    """So many a minute on average, a fifth of that at once, five at least."""
    return Allowance(per_second=per_minute / 60, burst=max(5, per_minute // 5))


__all__ = ["Gate", "Limit", "Limited", "Refused", "visitor_allowance"]
