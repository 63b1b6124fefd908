"""What an agent does at the desk besides talking: sit down, stand up, say ready or away, take an offer or leave it.

Each is one transaction that leaves a row for the owner of the floor; the decision comes back through the view. Sitting down raises the presence epoch,
which fences every earlier console of the same agent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from contact_hub.bus import Bus, Poke
from contact_hub.clock import Clock
from contact_hub.errors import HubError
from contact_hub.ids import token_hash
from contact_hub.jointly import Jointly
from contact_hub.scope import AgentScope, Scope
from contact_hub.staff.accounts import keep_alive
from contact_hub.store import Store, Tx
from contact_hub.store.records import Account, OfferRecord, Presence, Session
from contact_hub.workspace.service import Workspaces
from routing import journal
from routing.events import AgentConnected, AgentDisconnected, AvailabilitySet, Event, OfferAccepted, OfferDeclined
from routing.model import Availability, OfferId

_Heard = Literal["heard"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What an agent wants of routing."""

    workspace: str
    event: Event
    at: datetime


class _Wishes:
    """Each is a row that the commit writes at its end: of those that wait behind each other none needs a statement of its own."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def one(self, tx: Tx, item: _Wish) -> _Heard:
        return (await self.many(tx, [item]))[0]

    async def many(self, tx: Tx, items: Sequence[_Wish]) -> list[_Heard]:
        """See `store.Together`."""
        for place, item in enumerate(items):
            tx.inputs.add(item.workspace, journal.event_to_json(item.event), at=item.at, trace=tx.cause_of(place))
        floors = sorted({item.workspace for item in items})
        tx.after_commit(lambda: self._bus.publish([Poke("input", floor, floor) for floor in floors]))
        return ["heard"] * len(items)


@dataclass(frozen=True, slots=True)
class _Papers:
    """What is looked at again and again while a console is open."""

    live: tuple[Session, Account] | None
    presence: Presence | None


class Desk:
    def __init__(self, *, store: Store, workspaces: Workspaces, bus: Bus, clock: Clock, node: str) -> None:
        self._store, self._workspaces, self._bus, self._clock, self._node = store, workspaces, bus, clock, node
        self._wishes = _Wishes(bus)
        self._papers: Jointly[AgentScope, _Papers] = Jointly(self._look_up, name="consoles looked at again")
        self._offers: Jointly[tuple[str, str], OfferRecord] = Jointly(self._look_at_offers, name="offers answered")
        self._seated: set[tuple[str, str, int]] = set()
        self._arriving: Counter[tuple[str, str]] = Counter()
        self._doubtful: dict[AgentScope, None] = {}
        """Agents of whom the rows may say that they sit here, and none of our consoles does."""

    async def redeem(self, ticket: str) -> AgentScope:
        """The agent who was given this ticket; it opens one socket, if the agent is still `entitled`. Raises `ticket_invalid`."""
        now = self._clock.now()

        async def command(tx: Tx) -> AgentScope:
            used = await tx.tickets.use(token_hash(ticket), "console", now)
            if used is None:
                raise HubError("ticket_invalid")
            subject = {key: str(value) for key, value in used.subject.items()}
            return Scope.agent(used.workspace, subject["account"], subject["agent"], session=subject.get("session", ""))

        return await self._store.write(command, name="desk.redeem")

    async def occupied(self, scope: AgentScope, *, but_for: int | None = None) -> bool:
        """Whether another console of this agent is open, on a node that lives. `but_for` is the presence epoch of the one that asks, coming back."""
        async with self._store.read() as tx:
            presence = await tx.presences.get(scope, scope.agent_id)
            alive = await tx.nodes.alive(self._clock.now())
        return presence is not None and presence.connected and presence.presence_epoch != but_for and presence.node in alive

    async def sit_down(self, scope: AgentScope) -> int:
        """Connected, under a new presence epoch."""
        now = self._clock.now()

        async def command(tx: Tx) -> int:
            epoch = await tx.presences.take_over(scope.workspace, scope.agent_id, node=self._node, at=now)
            self._ask(tx, scope, AgentConnected(agent=scope.agent_id))
            tx.after_commit(lambda: self._bus.publish([Poke("console", scope.workspace, scope.agent_id, str(epoch))]))
            return epoch

        who = (scope.workspace, scope.agent_id)
        self._arriving[who] += 1
        try:
            epoch = await self._store.write(command, name="desk.sit_down")
            self._seated.add((*who, epoch))
        except BaseException:  # it may have been kept all the same, and nobody would ever stand up again
            self._doubtful[scope] = None
            raise
        finally:
            self._arriving[who] -= 1
        return epoch

    async def stand_up(self, scope: AgentScope, presence_epoch: int) -> None:
        """The console is gone; unless another one has taken over meanwhile. Where that cannot be written now, it is with the next beat: nobody else would
        ever find out, for this node lives."""
        self._seated.discard((scope.workspace, scope.agent_id, presence_epoch))
        try:
            await self._leave(scope, presence_epoch)
        except HubError:
            self._doubtful[scope] = None

    async def answer_roll_call(self, scope: AgentScope, presence_epoch: int) -> None:
        """Tell a new owner that this console is open."""

        async def command(tx: Tx) -> None:
            presence = await tx.presences.get(scope, scope.agent_id)
            if presence is not None and presence.presence_epoch == presence_epoch and presence.connected:
                self._ask(tx, scope, AgentConnected(agent=scope.agent_id))

        await self._store.write(command, name="desk.roll_call")

    async def clear_dead_nodes(self) -> None:
        """Consoles that were connected through a node that is gone are not connected any more."""
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            alive = await tx.nodes.alive(now)
            for workspace in self._workspaces.known():
                presences = await tx.presences.all(Scope.system(workspace))
                dead = {one.node for one in presences.values() if one.connected and one.node is not None} - alive - {self._node}
                for node in sorted(dead):
                    for agent in await tx.presences.forget_node(workspace, node):
                        tx.inputs.add(workspace, journal.event_to_json(AgentDisconnected(agent=agent)), at=now)

        await self._store.write(command, name="desk.clear_dead_nodes")

    async def beat(self, *, seconds: float, roles: str | None = None) -> None:
        """This node lives for so much longer, and does this."""
        until = self._clock.now() + timedelta(seconds=seconds)

        async def command(tx: Tx) -> None:
            await tx.nodes.beat(self._node, until, roles=roles)

        await self._store.write(command, name="node.beat")
        for scope in tuple(self._doubtful):
            await self._settle(scope)

    async def bow_out(self) -> None:
        """This node is done."""

        async def command(tx: Tx) -> None:
            await tx.nodes.forget(self._node)

        await self._store.write(command, name="node.bow_out")

    async def still_here(self, scope: AgentScope, presence_epoch: int) -> None:
        """Raises `session_ended` or `superseded` where the console may not go on."""
        papers = await self._papers.ask(scope)
        await self._check(scope, papers.live if papers else None)
        presence = papers.presence if papers else None
        if presence is not None and presence.presence_epoch != presence_epoch:
            raise HubError("superseded")
        if presence is not None and not presence.connected:
            await self._sit_down_again(scope, presence_epoch)

    async def set_availability(
        self, scope: AgentScope, availability: Literal["ready", "away", "offline"], reason: str | None
    ) -> None:
        """Raises: reason_required, reason_unknown."""
        known = {one.id for one in self._workspaces.floor(scope.workspace).workspace.away_reasons}
        if availability == "away" and reason is None:
            raise HubError("reason_required")
        if reason is not None and (availability != "away" or reason not in known):
            raise HubError("reason_unknown")
        await self._send(scope, AvailabilitySet(agent=scope.agent_id, availability=Availability(availability), reason=reason))

    async def accept(self, scope: AgentScope, offer: str) -> None:
        """Whether it is granted the owner decides. Raises `offer_unknown` for what was never offered to this agent."""
        await self._offered(scope, offer)
        await self._send(scope, OfferAccepted(offer=OfferId(offer), agent=scope.agent_id))

    async def decline(self, scope: AgentScope, offer: str, reason: str) -> None:
        """Raises `offer_unknown` for what was never offered to this agent."""
        await self._offered(scope, offer)
        await self._send(scope, OfferDeclined(offer=OfferId(offer), agent=scope.agent_id, reason=reason))

    async def _leave(self, scope: AgentScope, presence_epoch: int) -> None:
        async def command(tx: Tx) -> None:
            if await tx.presences.leave(scope.workspace, scope.agent_id, presence_epoch=presence_epoch):
                self._ask(tx, scope, AgentDisconnected(agent=scope.agent_id))

        await self._store.write(command, name="desk.stand_up")

    async def _settle(self, scope: AgentScope) -> None:
        """Make the rows say what is so: whoever sits at this node has a console here."""
        who = (scope.workspace, scope.agent_id)

        async def command(tx: Tx) -> bool:
            if self._arriving[who]:  # wait for what becomes of it
                return False
            presence = await tx.presences.get(scope, scope.agent_id)
            if presence is None or presence.node != self._node or (*who, presence.presence_epoch) in self._seated:
                return True
            if await tx.presences.leave(scope.workspace, scope.agent_id, presence_epoch=presence.presence_epoch):
                self._ask(tx, scope, AgentDisconnected(agent=scope.agent_id))
            return True

        if await self._store.write(command, name="desk.settle"):
            self._doubtful.pop(scope, None)

    async def _sit_down_again(self, scope: AgentScope, presence_epoch: int) -> None:
        """We were taken for dead (this node stood still too long); the console has been open all the time."""

        async def command(tx: Tx) -> None:
            if await tx.presences.come_back(scope.workspace, scope.agent_id, presence_epoch=presence_epoch, node=self._node):
                self._ask(tx, scope, AgentConnected(agent=scope.agent_id))

        await self._store.write(command, name="desk.sit_down_again")

    async def _offered(self, scope: AgentScope, offer: str) -> None:
        record = await self._offers.ask((scope.workspace, offer))
        if record is None or record.agent != scope.agent_id:
            raise HubError("offer_unknown")
        if record.state != "offered":
            raise HubError("offer_lapsed")

    async def _look_at_offers(self, asked: Collection[tuple[str, str]]) -> dict[tuple[str, str], OfferRecord]:
        """Offers by workspace and id, whosever they are: whoever asks compares."""
        workspaces: defaultdict[str, list[str]] = defaultdict(list)
        for workspace, offer in asked:
            workspaces[workspace].append(offer)
        async with self._store.read(brief=True) as tx:
            found = [await tx.offers.get_many(workspace, ids) for workspace, ids in workspaces.items()]
        return {(row.workspace, row.id): row for rows in found for row in rows}

    async def entitled(self, scope: AgentScope) -> None:
        """Raises `session_ended` where the session is over, by sign-out, another password, another role or a disabled account."""
        async with self._store.read() as tx:
            found = await tx.sessions.live(scope.session, self._clock.now())
        await self._check(scope, found)

    async def _check(self, scope: AgentScope, found: tuple[Session, Account] | None) -> None:
        if found is None or (found[1].workspace, found[1].id, found[1].agent) != (scope.workspace, scope.account, scope.agent_id):
            raise HubError("session_ended")
        await keep_alive(self._store, found[0], self._clock.now())
        if scope.agent_id not in self._workspaces.floor(scope.workspace).agents:
            raise HubError("session_ended")

    async def _look_up(self, scopes: Collection[AgentScope]) -> dict[AgentScope, _Papers]:
        """What the rows say of all these consoles, in two questions for each workspace."""
        async with self._store.read() as tx:
            live = await tx.sessions.live_many([scope.session for scope in scopes], self._clock.now())
            workspaces: defaultdict[str, set[str]] = defaultdict(set)
            for scope in scopes:
                workspaces[scope.workspace].add(scope.agent_id)
            seated = {workspace: await tx.presences.of_many(workspace, agents) for workspace, agents in workspaces.items()}
        return {scope: _Papers(live.get(scope.session), seated[scope.workspace].get(scope.agent_id)) for scope in scopes}

    async def _send(self, scope: AgentScope, event: Event) -> None:
        wish = _Wish(workspace=scope.workspace, event=event, at=self._clock.now())
        await self._store.write_together(self._wishes, wish, name="desk.ask")

    def _ask(self, tx: Tx, scope: AgentScope, event: Event) -> None:
        tx.inputs.add(scope.workspace, journal.event_to_json(event), at=self._clock.now())
        tx.after_commit(lambda: self._bus.publish([Poke("input", scope.workspace, scope.workspace)]))
