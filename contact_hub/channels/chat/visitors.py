"""Who a browser is to us: a device of one brand, known by a token that only it has, and the one-time tickets for its socket.

A token opens nothing but this device's own conversations with this one brand. Names and addresses typed into a form are kept and prove nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from contact_hub.clock import Clock
from contact_hub.errors import HubError
from contact_hub.ids import Ids, new_token, token_hash
from contact_hub.scope import Scope, VisitorScope
from contact_hub.store import Store, Tx, lane_of
from contact_hub.store.records import Device, Ticket
from contact_hub.workspace.service import Workspaces
from routing.model import BrandId


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What the widget is given: the device's token (new, if it had none that we know) and a ticket for one socket."""

    token: str
    ticket: str


class VisitorDesk:
    def __init__(self, *, store: Store, workspaces: Workspaces, clock: Clock, ids: Ids, ticket_seconds: float) -> None:
        self._store, self._workspaces, self._clock, self._ids = store, workspaces, clock, ids
        self._ticket_seconds = ticket_seconds

    async def admit(self, workspace: str, brand: str, token: str | None, *, locale: str | None, zone: str | None) -> Admission:
        """Know the device again, or make a new one, and give it a ticket. Raises: workspace_unknown, brand_unknown."""
        self._workspaces.floor(workspace).brand(brand)
        now = self._clock.now()
        fresh, ticket = new_token(), new_token()

        async def command(tx: Tx) -> Admission:
            known = await tx.devices.by_token(workspace, brand, token_hash(token)) if token else None
            if known is None:
                known = Device(
                    workspace=workspace,
                    brand=BrandId(brand),
                    id=self._ids.mint("dev", now),
                    token_hash=token_hash(fresh),
                    locale=locale,
                    zone=zone,
                    created_at=now,
                    last_seen_at=now,
                )
                await tx.devices.insert(known)
                held = fresh
            else:
                await tx.devices.update(workspace, brand, known.id, locale=locale, zone=zone, last_seen_at=now)
                held = token or fresh
            await tx.tickets.insert(
                Ticket(
                    workspace=workspace,
                    ticket_hash=token_hash(ticket),
                    kind="widget",
                    subject={"brand": brand, "device": known.id},
                    expires_at=now + timedelta(seconds=self._ticket_seconds),
                )
            )
            return Admission(token=held, ticket=ticket)

        return await self._store.write(command, name="visitor.admit", lane=(workspace, brand))

    async def redeem(self, ticket: str) -> VisitorScope:
        """The device that was given this ticket. Raises `ticket_invalid`."""
        now = self._clock.now()

        async def command(tx: Tx) -> VisitorScope:
            used = await tx.tickets.use(token_hash(ticket), "widget", now)
            if used is None:
                raise HubError("ticket_invalid")
            return Scope.visitor(used.workspace, str(used.subject["brand"]), str(used.subject["device"]))

        scope = await self._store.write(command, name="visitor.redeem")
        await self.still_welcome(scope)
        return scope

    async def still_welcome(self, scope: VisitorScope) -> None:
        """Notes that the visitor is there. Raises `session_ended` where the brand is gone from the workspace."""
        if scope.brand not in self._workspaces.floor(scope.workspace).brands:
            raise HubError("session_ended")
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            await tx.devices.update(scope.workspace, scope.brand, scope.device, last_seen_at=now)

        await self._store.write(command, name="visitor.seen", lane=lane_of(scope))
