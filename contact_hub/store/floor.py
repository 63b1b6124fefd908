"""What is asked and who has it: inquiries, offers, seats, and who is at the desk.

Every transition compares and sets: `lock_live` says in which state an offer is, and it stays so until `keep`. Behind it stand the partial unique index (one
live offer or assignment per inquiry) and the CHECK on seats; running into either is a bug of ours, and raises.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Unpack

import msgspec
from sqlalchemy import Update, bindparam, func, insert, select, update

from contact_hub.errors import HubError
from contact_hub.scope import AgentScope, OperatorScope, Scope, SystemScope
from contact_hub.store.records import Inquiry, InquiryChanges, OfferRecord, OfferState, Presence, Seats, Waiting
from contact_hub.store.session import Session
from contact_hub.store.shape import Shape
from contact_hub.store.tables import LIVE, inquiries, offers, presences, seats
from contact_hub.store.types import Names, among
from contact_hub.store.visibility import Kind, once, operators_only, pools_shown, staff_only, visible_inquiries, visible_offers
from routing.model import AgentId, Availability, BrandId

_I: Final = inquiries.c
_O: Final = offers.c
_S: Final = seats.c
_P: Final = presences.c
_INQUIRY: Final = Shape(Inquiry, inquiries)
_OFFER: Final = Shape(OfferRecord, offers)
_SEATS: Final = Shape(Seats, seats)
_PRESENCE: Final = Shape(Presence, presences)


class Inquiries:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, scope: Scope, inquiry: str) -> Inquiry:
        found = await self._session.ask(scope, _inquiry(type(scope)), {"inquiry_id": inquiry})
        if not found.rows:
            raise HubError("not_found")
        return _seen_by(scope, _INQUIRY.read(found.rows[0]))

    async def get_many(self, scope: Scope, ids: Collection[str]) -> dict[str, Inquiry]:
        found = await self._session.ask(scope, _inquiries(type(scope)), {"ids": list(ids)})
        return {row.id: _seen_by(scope, _INQUIRY.read(row)) for row in found.rows}

    async def of_conversation(self, scope: Scope, conversation: str) -> list[Inquiry]:
        """All of a conversation's inquiries, the oldest first."""
        found = await self._session.ask(
            scope, _visible(scope).where(_I.conversation == conversation).order_by(_I.arrived_at, _I.id)
        )
        return [_seen_by(scope, _INQUIRY.read(row)) for row in found.rows]

    async def unfinished(self, scope: Scope) -> list[Inquiry]:
        """Everything that still asks for somebody, the oldest first."""
        found = await self._session.ask(scope, _visible(scope).where(_I.state != "closed").order_by(_I.arrived_at, _I.id))
        return [_seen_by(scope, _INQUIRY.read(row)) for row in found.rows]

    async def waiting_by_brand(
        self, scope: SystemScope | OperatorScope, brands: Collection[str] | None = None
    ) -> dict[BrandId, Waiting]:
        """How many wait (or ring) for each brand; a brand for which nobody waits is absent."""
        operators_only(scope)
        if brands is None:
            result = await self._session.execute(_WAITING, {"workspace": scope.workspace})
        else:
            result = await self._session.execute(_WAITING_FOR, {"workspace": scope.workspace, "brands": sorted(brands)})
        return {row.brand: Waiting(brand=row.brand, waiting=row.waiting, oldest_since=row.oldest) for row in result.rows}

    async def insert(self, *new: Inquiry) -> None:
        await self._session.execute(_ADD_INQUIRIES, [_INQUIRY.write(inquiry) for inquiry in new])

    async def change_many(self, workspace: str, changed: Mapping[str, InquiryChanges]) -> None:
        """What became of inquiries that this command has read."""
        alike: defaultdict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
        for inquiry, changes in changed.items():
            new = {f"new_{name}": value for name, value in changes.items()}
            alike[frozenset(changes)].append({"scope_workspace": workspace, "inquiry_id": inquiry, **new})
        for names, some in alike.items():
            await self._session.execute(_change(SystemScope, names), some)

    async def update(self, scope: Scope, inquiry: str, **changes: Unpack[InquiryChanges]) -> None:
        done = await self._session.ask(
            scope,
            _change(type(scope), frozenset(changes)),
            {"inquiry_id": inquiry, **{f"new_{name}": value for name, value in changes.items()}},
        )
        if done.count == 0:
            raise HubError("not_found")


class Offers:
    """Offers and assignments: one row each, in one of three states."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, scope: Scope, offer: str) -> OfferRecord:
        """An agent finds the own offers only, a manager those of the own pools."""
        staff_only(scope)
        found = await self._session.ask(scope, _offer(type(scope)), {"offer_id": offer})
        if not found.rows:
            raise HubError("not_found")
        return _OFFER.read(found.rows[0])

    async def get_many(self, workspace: str, ids: Collection[str]) -> list[OfferRecord]:
        """Those of the ids that exist, for the service itself."""
        asked = {"scope_workspace": workspace, "ids": list(ids)}
        return [_OFFER.read(row) for row in (await self._session.execute(_OFFERS_BY_ID, asked)).rows]

    async def of_inquiry(self, scope: Scope, inquiry: str) -> list[OfferRecord]:
        """Every offer of an inquiry, in the order in which they were made."""
        found = await self._session.ask(scope, _offers(scope).where(_O.inquiry == inquiry).order_by(_O.offered_at, _O.id))
        return [_OFFER.read(row) for row in found.rows]

    async def ringing(self, scope: Scope, agent: str) -> list[OfferRecord]:
        """Live offers to an agent that are not yet accepted."""
        return await self._of_agent(scope, agent, "offered")

    async def assigned(self, scope: Scope, agent: str) -> list[OfferRecord]:
        """What the agent has taken and not yet given back, wrap-up included."""
        return await self._of_agent(scope, agent, "assigned")

    async def live_of(self, workspace: str, agents: Collection[str]) -> list[OfferRecord]:
        """What rings for these agents and what they have taken, in the order in which it was offered."""
        asked = {"agents": list(agents), "scope_workspace": workspace}
        return [_OFFER.read(row) for row in (await self._session.execute(_LIVE_OF, asked)).rows]

    async def live(self, scope: SystemScope | OperatorScope) -> list[OfferRecord]:
        """Every live offer and assignment of the workspace."""
        operators_only(scope)
        found = await self._session.ask(scope, _offers(scope).where(_O.state != "over").order_by(_O.offered_at, _O.id))
        return [_OFFER.read(row) for row in found.rows]

    async def insert(self, *new: OfferRecord) -> None:
        if new:
            await self._session.execute(_ADD_OFFERS, [_OFFER.write(offer) for offer in new])

    async def lock_live(self, workspace: str, inquiries: Collection[str]) -> list[OfferRecord]:
        """What is live of these inquiries, at most one offer of each, for a command that is about to move them."""
        asked = {"inquiries": sorted(inquiries), "scope_workspace": workspace}
        return [_OFFER.read(row) for row in (await self._session.execute(_LIVE_OF_INQUIRIES, asked)).rows]

    async def keep(self, moved: Sequence[OfferRecord]) -> None:
        """Offers that this command has locked (`lock_live`), as they stand now: their state, since when and why."""
        if moved:
            rows = [
                {
                    "whose": offer.workspace,
                    "which": offer.id,
                    "new_state": offer.state,
                    "new_because": offer.because,
                    "new_assigned_at": offer.assigned_at,
                    "new_over_at": offer.over_at,
                }
                for offer in moved
            ]
            await self._session.execute(_KEEP_OFFER, rows)

    async def _of_agent(self, scope: Scope, agent: str, state: OfferState) -> list[OfferRecord]:
        staff_only(scope)
        found = await self._session.ask(scope, _offers_of(type(scope)), {"agent": agent, "state": state})
        return [_OFFER.read(row) for row in found.rows]


class SeatRows:
    """Seats of each agent. The CHECK is the second lock: taking more than there are raises."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def set_up(self, workspace: str, agent: str, count: int) -> None:
        """So many seats from now on. Where more are in use, they run out as they are given back: the bound follows, it does not throw anybody out."""
        row = self._session.insert(seats).values(workspace=workspace, agent=agent, seats=count, seats_used=0)
        at_least_used = func.max if self._session.dialect == "sqlite" else func.greatest
        await self._session.execute(
            row.on_conflict_do_update(index_elements=[_S.workspace, _S.agent], set_={"seats": at_least_used(count, _S.seats_used)})
        )

    async def change_many(self, workspace: str, changed: Sequence[tuple[AgentId, int]]) -> None:
        """Taken, and given back (below zero), in this order."""
        known = await self.of_many(workspace, {agent for agent, _ in changed})
        if any(agent not in known for agent, _ in changed):
            raise HubError("agent_unknown")
        await self._session.execute(
            _CHANGE_SEATS, [{"whose": workspace, "which": agent, "weight": weight} for agent, weight in changed]
        )

    async def get(self, scope: SystemScope | OperatorScope, agent: str) -> Seats | None:
        operators_only(scope)
        found = await self._session.execute(_SEATS_OF, {"workspace": scope.workspace, "agent": agent})
        return _SEATS.read(found.rows[0]) if found.rows else None

    async def of_many(self, workspace: str, agents: Collection[str]) -> dict[str, Seats]:
        found = await self._session.execute(_SEATS_OF_MANY, {"workspace": workspace, "agents": list(agents)})
        return {row.agent: _SEATS.read(row) for row in found.rows}

    async def all(self, scope: SystemScope | OperatorScope) -> dict[AgentId, Seats]:
        operators_only(scope)
        found = await self._session.execute(select(*_SEATS.columns).where(_S.workspace == scope.workspace))
        return {row.agent: _SEATS.read(row) for row in found.rows}


class Presences:
    """Who is at the desk, through which node, and how available."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, scope: Scope, agent: str) -> Presence | None:
        """Agents see themselves, operators everybody."""
        if not isinstance(scope, SystemScope | OperatorScope) and not (isinstance(scope, AgentScope) and scope.agent_id == agent):
            raise HubError("not_found")
        found = await self._session.execute(_PRESENCE_OF, {"workspace": scope.workspace, "agent": agent})
        return _PRESENCE.read(found.rows[0]) if found.rows else None

    async def of_many(self, workspace: str, agents: Collection[str]) -> dict[str, Presence]:
        found = await self._session.execute(_PRESENCES_OF, {"workspace": workspace, "agents": list(agents)})
        return {row.agent: _PRESENCE.read(row) for row in found.rows}

    async def all(self, scope: SystemScope | OperatorScope) -> dict[AgentId, Presence]:
        operators_only(scope)
        found = await self._session.execute(_PRESENCES, {"workspace": scope.workspace})
        return {row.agent: _PRESENCE.read(row) for row in found.rows}

    async def take_over(self, workspace: str, agent: str, *, node: str, at: datetime) -> int:
        """A console says hello: connected, under the next presence epoch, which fences every earlier one."""
        row = self._session.insert(presences).values(
            workspace=workspace,
            agent=agent,
            presence_epoch=1,
            connected=True,
            node=node,
            availability=Availability.OFFLINE,
            reason=None,
            since=at,
        )
        result = await self._session.execute(
            row.on_conflict_do_update(
                index_elements=[_P.workspace, _P.agent],
                set_={"presence_epoch": _P.presence_epoch + 1, "connected": True, "node": node},
            ).returning(_P.presence_epoch)
        )
        return int(result.scalar())

    async def leave(self, workspace: str, agent: str, *, presence_epoch: int) -> bool:
        """The console is gone; false where another has taken over meanwhile and nothing changed."""
        done = await self._session.execute(
            update(presences)
            .where(_P.workspace == workspace, _P.agent == agent, _P.presence_epoch == presence_epoch, _P.connected.is_(True))
            .values(connected=False, node=None)
        )
        return done.count == 1

    async def come_back(self, workspace: str, agent: str, *, presence_epoch: int, node: str) -> bool:
        """The console of this epoch was never gone; false where another has taken over meanwhile."""
        done = await self._session.execute(
            update(presences)
            .where(_P.workspace == workspace, _P.agent == agent, _P.presence_epoch == presence_epoch, _P.connected.is_(False))
            .values(connected=True, node=node)
        )
        return done.count == 1

    async def set_availability(
        self, workspace: str, agent: str, availability: Availability, *, reason: str | None, at: datetime
    ) -> None:
        row = self._session.insert(presences).values(
            workspace=workspace,
            agent=agent,
            presence_epoch=0,
            connected=False,
            node=None,
            availability=availability,
            reason=reason,
            since=at,
        )
        await self._session.execute(
            row.on_conflict_do_update(
                index_elements=[_P.workspace, _P.agent], set_={"availability": availability, "reason": reason, "since": at}
            )
        )

    async def forget_node(self, workspace: str, node: str) -> list[AgentId]:
        """A node is gone: its consoles are not connected any more. Returns whose."""
        gone = await self._session.execute(
            update(presences)
            .where(_P.workspace == workspace, _P.node == node, _P.connected.is_(True))
            .values(connected=False, node=None)
            .returning(_P.agent)
        )
        return [row.agent for row in gone.rows]


@once
def _change(kind: Kind, names: frozenset[str]) -> Update:
    statement = update(inquiries).where(_I.id == bindparam("inquiry_id"), visible_inquiries(kind))
    return statement.values({name: bindparam(f"new_{name}", type_=_I[name].type) for name in sorted(names)})


_ADD_INQUIRIES: Final = insert(inquiries)
_ADD_OFFERS: Final = insert(offers)
_SEATS_OF: Final = select(*_SEATS.columns).where(_S.workspace == bindparam("workspace"), _S.agent == bindparam("agent"))
_WAITING: Final = (
    select(_I.brand, func.count().label("waiting"), func.min(_I.arrived_at, type_=_I.arrived_at.type).label("oldest"))
    .where(_I.workspace == bindparam("workspace"), _I.state.in_(("waiting", "offered")))
    .group_by(_I.brand)
)
_WAITING_FOR: Final = _WAITING.where(among(_I.brand, bindparam("brands", type_=Names)))
_PRESENCE_OF: Final = select(*_PRESENCE.columns).where(_P.workspace == bindparam("workspace"), _P.agent == bindparam("agent"))


_AGENTS: Final = bindparam("agents", type_=Names)
_SEATS_OF_MANY: Final = select(*_SEATS.columns).where(_S.workspace == bindparam("workspace"), among(_S.agent, _AGENTS))
_PRESENCES: Final = select(*_PRESENCE.columns).where(_P.workspace == bindparam("workspace"))
_PRESENCES_OF: Final = select(*_PRESENCE.columns).where(_P.workspace == bindparam("workspace"), among(_P.agent, _AGENTS))
_LIVE_OF_INQUIRIES: Final = (
    select(*_OFFER.columns)
    .where(visible_offers(SystemScope), among(_O.inquiry, bindparam("inquiries", type_=Names)), _O.state.in_(LIVE))
    .with_for_update(key_share=True)
)
_OFFERS_BY_ID: Final = select(*_OFFER.columns).where(visible_offers(SystemScope), among(_O.id, bindparam("ids", type_=Names)))
_KEEP_OFFER: Final = (
    update(offers)
    .where(_O.workspace == bindparam("whose"), _O.id == bindparam("which"))
    .values({name: bindparam(f"new_{name}", type_=_O[name].type) for name in ("state", "because", "assigned_at", "over_at")})
)
_CHANGE_SEATS: Final = (
    update(seats)
    .where(_S.workspace == bindparam("whose"), _S.agent == bindparam("which"))
    .values(seats_used=_S.seats_used + bindparam("weight"))
)
_LIVE_OF: Final = (
    select(*_OFFER.columns)
    .where(visible_offers(SystemScope), among(_O.agent, _AGENTS), _O.state.in_(LIVE))
    .order_by(_O.offered_at, _O.id)
)


@once
def _inquiry(kind: Kind) -> Any:
    return select(*_INQUIRY.columns).where(visible_inquiries(kind), _I.id == bindparam("inquiry_id"))


@once
def _inquiries(kind: Kind) -> Any:
    return select(*_INQUIRY.columns).where(visible_inquiries(kind), among(_I.id, bindparam("ids", type_=Names)))


@once
def _offer(kind: Kind) -> Any:
    return select(*_OFFER.columns).where(visible_offers(kind), _O.id == bindparam("offer_id"))


@once
def _offers_of(kind: Kind) -> Any:
    """Of one agent, in one state."""
    own = (_O.agent == bindparam("agent"), _O.state == bindparam("state"))
    return select(*_OFFER.columns).where(visible_offers(kind), *own).order_by(_O.offered_at, _O.id)


def _visible(scope: Scope) -> Any:
    return select(*_INQUIRY.columns).where(visible_inquiries(type(scope)))


def _offers(scope: Scope) -> Any:
    staff_only(scope)
    return select(*_OFFER.columns).where(visible_offers(type(scope)))


def _seen_by(scope: Scope, inquiry: Inquiry) -> Inquiry:
    """Without whose it is, where the reader may not know them."""
    pools = pools_shown(scope)
    return (
        inquiry
        if pools is None or inquiry.pool in pools
        else msgspec.structs.replace(inquiry, agent=None, pool=None, contract=None, demand={})
    )
