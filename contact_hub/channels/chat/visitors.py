"""Who a browser is to us: a device of one brand, known by a token that only it has, and the one-time tickets for its socket.

A token opens nothing but this device's own conversations with this one brand. Names and addresses typed into a form are kept and prove nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from contact_hub.admission import Gate
from contact_hub.clock import Clock
from contact_hub.errors import HubError
from contact_hub.ids import Ids, new_token, token_hash
from contact_hub.scope import Scope, VisitorScope
from contact_hub.store import Lane, Store, Tx, lane_of
from contact_hub.store.records import Device, Ticket
from contact_hub.workspace.service import Workspaces
from routing.model import BrandId

_SEEN_AT_ONCE: Final = 500

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What the widget is given: the device's token (new, if it had none that we know) and a ticket for one socket."""

    token: str
    ticket: str


@dataclass(frozen=True, slots=True)
class _NewTicket:
    """One that no device has yet."""

    word: str
    workspace: str
    brand: str
    expires_at: datetime

    def of(self, device: str) -> Ticket:
        return Ticket(
            workspace=self.workspace,
            ticket_hash=token_hash(self.word),
            kind="widget",
            subject={"brand": self.brand, "device": device},
            expires_at=self.expires_at,
        )


class _Seen:
    """Ten thousand open widgets say every ten seconds that they are there: one command for all of a brand that say so in the same moment, and nobody waits
    for it. What could not be written is written at their next word."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._there: dict[Lane, dict[VisitorScope, None]] = {}
        self._noting: asyncio.Task[None] | None = None

    def note(self, scope: VisitorScope) -> None:
        self._there.setdefault(lane_of(scope), {})[scope] = None
        if self._noting is None:
            self._noting = asyncio.create_task(self._note(), name="visitors seen")

    async def _note(self) -> None:
        await asyncio.sleep(0)  # let everybody of this turn say so first
        try:
            while self._there:
                lane, there = self._there.popitem()
                scopes = list(there)
                for first in range(0, len(scopes), _SEEN_AT_ONCE):
                    await self._write(lane, scopes[first : first + _SEEN_AT_ONCE])
        except Exception:
            _log.exception("seen_failed")
        finally:
            self._noting = None

    async def _write(self, lane: Lane, scopes: list[VisitorScope]) -> None:
        now = self._clock.now()
        with contextlib.suppress(HubError):
            await self._store.write(lambda tx: tx.devices.seen(scopes, now), name="visitor.seen", lane=lane)


class _Tickets:
    """Used by thousands at once, when a network has come back: with two statements for all who stand in line."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def one(self, tx: Tx, item: str) -> VisitorScope:
        (scope,) = await self.many(tx, [item])
        if isinstance(scope, HubError):
            raise scope
        return scope

    async def many(self, tx: Tx, items: Sequence[str]) -> list[VisitorScope | HubError]:
        """See `store.Together`; of two who show the same ticket the first gets in."""
        now = self._clock.now()
        used = await tx.tickets.use_many(set(items), "widget", now)
        scopes: list[VisitorScope | HubError] = []
        for item in items:
            ticket = used.pop(item, None)
            scopes.append(HubError("ticket_invalid") if ticket is None else _whose(ticket))
        await tx.devices.seen([scope for scope in scopes if isinstance(scope, VisitorScope)], now)
        return scopes


def _whose(ticket: Ticket) -> VisitorScope:
    return Scope.visitor(ticket.workspace, str(ticket.subject["brand"]), str(ticket.subject["device"]))


class VisitorDesk:
    def __init__(self, *, store: Store, workspaces: Workspaces, clock: Clock, ids: Ids, gate: Gate, ticket_seconds: float) -> None:
        self._store, self._workspaces, self._clock, self._ids, self._gate = store, workspaces, clock, ids, gate
        self._ticket_seconds = ticket_seconds
        self._seen, self._tickets = _Seen(store, clock), _Tickets(clock)

    async def admit(
        self, workspace: str, brand: str, token: str | None, *, locale: str | None, zone: str | None, address: str | None = None
    ) -> Admission:
        """Know the device again, or make a new one, and give it a ticket.

        Raises: workspace_unknown, brand_unknown, overloaded.
        """
        self._workspaces.floor(workspace).brand(brand)
        if token is not None:
            self._gate.returning(workspace, brand, token_hash(token))
            if (ticket := await self._again(workspace, brand, token, locale, zone)) is not None:
                return Admission(token=token, ticket=ticket)
        self._gate.newcomer(workspace, brand, address)
        return await self._welcome(workspace, brand, locale, zone)

    async def _again(self, workspace: str, brand: str, token: str, locale: str | None, zone: str | None) -> str | None:
        """A ticket for a device that we know; None where we do not."""
        now = self._clock.now()
        ticket = self._ticket(workspace, brand, now)

        async def command(tx: Tx) -> str | None:
            known = await tx.devices.by_token(workspace, brand, token_hash(token))
            if known is None:
                return None
            await tx.devices.update(workspace, brand, known.id, locale=locale, zone=zone, last_seen_at=now)
            await tx.tickets.insert(ticket.of(known.id))
            return ticket.word

        return await self._store.write(command, name="visitor.admit", lane=(workspace, brand))

    async def _welcome(self, workspace: str, brand: str, locale: str | None, zone: str | None) -> Admission:
        now, token = self._clock.now(), new_token()
        ticket = self._ticket(workspace, brand, now)
        device = Device(
            workspace=workspace,
            brand=BrandId(brand),
            id=self._ids.mint("dev", now),
            token_hash=token_hash(token),
            locale=locale,
            zone=zone,
            created_at=now,
            last_seen_at=now,
        )

        async def command(tx: Tx) -> Admission:
            await tx.devices.insert(device)
            await tx.tickets.insert(ticket.of(device.id))
            return Admission(token=token, ticket=ticket.word)

        return await self._store.write(command, name="visitor.admit", lane=(workspace, brand))

    def _ticket(self, workspace: str, brand: str, now: datetime) -> _NewTicket:
        return _NewTicket(new_token(), workspace, brand, now + timedelta(seconds=self._ticket_seconds))

    async def redeem(self, ticket: str) -> VisitorScope:
        """The device that was given this ticket. Raises `ticket_invalid`."""
        scope = await self._store.write_together(self._tickets, token_hash(ticket), name="visitor.redeem")
        self._welcome_to(scope)
        return scope

    def still_welcome(self, scope: VisitorScope) -> None:
        """Notes that the visitor is there. Raises `session_ended` where the brand is gone from the workspace."""
        self._welcome_to(scope)
        self._seen.note(scope)

    def _welcome_to(self, scope: VisitorScope) -> None:
        if scope.brand not in self._workspaces.floor(scope.workspace).brands:
            raise HubError("session_ended")
