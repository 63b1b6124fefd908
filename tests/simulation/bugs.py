"""Bugs planted on purpose, to prove that the checks can fail.

Each replaces one collaborator of the product by a faulty kind of it, at the seams at which the simulation builds a node; nothing of this can be reached from
the product. Those whose names begin with `found_` the simulation found in the product: they are its regression tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import delete, update

from agents.frames import Delta
from contact_hub.app import Hub
from contact_hub.channels.chat import frames as widget
from contact_hub.channels.chat.visitor import VisitorSession
from contact_hub.clock import Clock, DatabaseClock
from contact_hub.errors import HubError
from contact_hub.live.console import ConsoleSession
from contact_hub.live.owner import Owner
from contact_hub.scope import AgentScope, Scope, VisitorScope
from contact_hub.staff.desk import Desk
from contact_hub.store import Lane, Tx
from contact_hub.store.conversations import Conversations
from contact_hub.store.fair import HOUSE
from contact_hub.store.floor import Presences, SeatRows
from contact_hub.store.history import Journal
from contact_hub.store.ownership import Facts, Inputs, Leases
from contact_hub.store.records import Appended, NewJournalLine, RoutingInput
from contact_hub.store.tables import conversations, leases, presences
from contact_hub.store.writer import Command, T
from contact_hub.workspace.floor import Floor
from routing.engine import Engine
from routing.events import HandlingEnded
from routing.model import AgentId
from tests.simulation.storage import SimulatedStore

_NEVER: Final = 1e9


@dataclass(frozen=True, kw_only=True)
class Bug:
    """Where a collaborator of the product is replaced by a faulty one; by default none is."""

    name: str
    story: str = ""
    outfit: Callable[[Tx, SimulatedStore], None] | None = None
    store: type[SimulatedStore] = SimulatedStore
    clock: Callable[[Clock], Clock] = DatabaseClock
    hub: Callable[[Hub], None] = lambda hub: None
    visitor: type[VisitorSession] = VisitorSession
    console: type[ConsoleSession] = ConsoleSession


SOUND: Final = Bug(name="")


def _repository(name: str, kind: type[Any]) -> Callable[[Tx, SimulatedStore], None]:
    """Transactions in which one repository is of another kind."""

    def faulty(tx: Any) -> Any:
        repository = kind(tx)
        repository.store = tx.store
        return repository

    outfitted = type("FaultyTx", (Tx,), {name: property(faulty)})

    def outfit(tx: Tx, store: SimulatedStore) -> None:
        tx.__dict__["store"] = store
        tx.__class__ = outfitted

    return outfit


def _owned_by(kind: type[Owner]) -> Callable[[Hub], None]:
    def hub(hub: Hub) -> None:
        hub.new_owner = kind

    return hub


def _later(store: SimulatedStore, command: Command[None]) -> None:
    """A second transaction after the first: what nobody should do."""

    async def write() -> None:
        try:
            await store.write_plainly(command, name="planted")
        except HubError:
            return

    store.errands.append(asyncio.ensure_future(write()))


# ---------------------------------------------------------------- leases and epochs


class _Unfenced(Leases):
    async def assert_mine(self, workspace: str, epoch: int) -> None:
        """Trusts that it is still the owner."""


class _SameEpoch(Leases):
    async def acquire(self, workspace: str, holder: str, now: datetime, seconds: float) -> int | None:
        epoch = await super().acquire(workspace, holder, now, seconds)
        if epoch is not None:
            await self._session.execute(update(leases).where(leases.c.workspace == workspace).values(epoch=1))
        return None if epoch is None else 1


class _Forgotten(Leases):
    async def release(self, workspace: str, epoch: int, now: datetime) -> None:
        await self._session.execute(delete(leases).where(leases.c.workspace == workspace, leases.c.epoch == epoch))


# ---------------------------------------------------------------- acknowledgement and order


class _AcksBeforeCommit(SimulatedStore):
    async def write(self, command: Command[T], *, name: str, lane: Lane = HOUSE, cost: int = 1) -> T:
        early: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        async def telling(tx: Tx) -> T:
            found = await command(tx)
            if not early.done():
                early.set_result(found)
            return found

        written = asyncio.ensure_future(super().write(telling, name=name, lane=lane, cost=cost))
        if name not in {"conversation.post", "conversation.reply", "conversation.start"}:
            return await written
        await asyncio.wait([early, written], return_when=asyncio.FIRST_COMPLETED)
        return early.result() if early.done() else await written


class _ForgetsIds(Conversations):
    async def sent_before(self, *_: Any, **__: Any) -> Appended | None:
        return None

    async def _sent_before(self, *_: Any, **__: Any) -> Appended | None:
        return None

    async def sent_somewhere(self, *_: Any, **__: Any) -> str | None:
        return None


class _AcksElsewhere(Conversations):
    async def append_public(self, scope: Scope, conversation: str, entry: Any, **changes: Any) -> Appended:
        appended = await super().append_public(scope, conversation, entry, **changes)
        if appended.fresh:
            return appended
        head = (await self.get(scope, conversation)).public_head
        return msgspec.structs.replace(appended, position=head)


class _CountsInMemory(Conversations):
    """Positions come from a counter of this process, as from a sequence: it does not go back with the transaction."""

    async def append_public(self, scope: Scope, conversation: str, entry: Any, **changes: Any) -> Appended:
        store: Any = self.__dict__["store"]
        row = await self.get(scope, conversation)
        known = (
            await self.sent_before(scope, conversation, entry.sender, entry.client_message_id) if entry.client_message_id else None
        )
        if known is None:
            head = max(row.public_head, store.counter.get(conversation, 0))
            store.counter[conversation] = head + 1
            await self._session.execute(
                update(conversations)
                .where(conversations.c.workspace == row.workspace, conversations.c.id == conversation)
                .values(public_head=head)
            )
        return await super().append_public(scope, conversation, entry, **changes)


# ---------------------------------------------------------------- the floor's rows


class _KeepsSeatsOfTheGone(SeatRows):
    async def change_many(self, workspace: str, changed: Sequence[tuple[AgentId, int]]) -> None:
        presences = await Presences(self._session).of_many(workspace, {agent for agent, _ in changed})
        there = {agent for agent, presence in presences.items() if presence.connected}
        await super().change_many(workspace, [(agent, weight) for agent, weight in changed if weight > 0 or agent in there])


class _LeavesForOthers(Presences):
    async def leave(self, workspace: str, agent: str, *, presence_epoch: int) -> bool:
        done = await self._session.execute(
            update(presences)
            .where(presences.c.workspace == workspace, presences.c.agent == agent, presences.c.connected.is_(True))
            .values(connected=False, node=None)
        )
        return done.count == 1

    async def come_back(self, workspace: str, agent: str, *, presence_epoch: int, node: str) -> bool:
        return False


class _KeepsTheDead(Presences):
    async def forget_node(self, workspace: str, node: str) -> list[AgentId]:
        return []


class _Without(Inputs):
    """Some events are never told to routing."""

    untold: str

    def add(self, workspace: str, event: Mapping[str, Any], *, at: datetime, trace: str | None = None) -> None:
        if event["is"] != self.untold:
            super().add(workspace, event, at=at, trace=trace)


class _NoDisconnects(_Without):
    untold = "agent_disconnected"


class _NoPlans(_Without):
    untold = "plan_changed"


class _NoCorrectGoodbyes(_Without):
    untold = "handling_ended"


class _InputsAfterwards(Inputs):
    def add(self, workspace: str, event: Mapping[str, Any], *, at: datetime, trace: str | None = None) -> None:
        store = self.__dict__["store"]

        async def command(tx: Tx) -> None:
            tx.inputs.add(workspace, event, at=at, trace=trace)

        self._session.after_commit(lambda: _later(store, command))


class _DeletesAfterwards(Inputs):
    async def delete(self, workspace: str, seqs: Collection[int]) -> None:
        store = self.__dict__["store"]
        self._session.after_commit(lambda: _later(store, lambda tx: tx.inputs.delete(workspace, seqs)))


class _FactsAfterwards(Facts):
    async def apply(self, workspace: str, changes: Mapping[str, Mapping[str, Any] | None]) -> None:
        store = self.__dict__["store"]
        self._session.after_commit(lambda: _later(store, lambda tx: tx.facts.apply(workspace, changes)))


class _JournalAfterwards(Journal):
    def append(self, workspace: str, *lines: NewJournalLine) -> None:
        store = self.__dict__["store"]

        async def command(tx: Tx) -> None:
            tx.journal.append(workspace, *lines)

        self._session.after_commit(lambda: _later(store, command))


# ---------------------------------------------------------------- the owner


class _TakesInputsFirst(Owner):
    async def _route(self, engine: Engine, epoch: int, inputs: list[RoutingInput]) -> bool:
        if inputs:
            await self._store.write(lambda tx: tx.inputs.delete(self.workspace, [one.seq for one in inputs]), name="planted")
        return await super()._route(engine, epoch, inputs)


class _KeepsItsEngine(Owner):
    async def _commit(self, engine: Engine, epoch: int, fed: Any, seqs: list[int]) -> None:
        try:
            await super()._commit(engine, epoch, fed, seqs)
        except HubError:
            await asyncio.sleep(0.1)


class _WaitsForPokes(Owner):
    def _pause(self, engine: Engine) -> float:
        return _NEVER


class _EndsOnlyWhatIsHeld(Owner):
    async def _feed_input(self, engine: Engine, event: Any) -> Any:
        if isinstance(event, HandlingEnded):
            return [self._feed(engine, event, self._workspaces.floor(self.workspace))]
        return await super()._feed_input(engine, event)


class _CallsTheRollOnly(Owner):
    async def _at_the_desk(self, tx: Tx) -> list[AgentId]:
        return []


# ---------------------------------------------------------------- the sockets' sessions


class _VisitorWithoutPoll(VisitorSession):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._patience = lambda: _NEVER


class _ConsoleWithoutPoll(ConsoleSession):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._patience = lambda: _NEVER


class _ResumesTooFar(VisitorSession):
    def _take_up(self, latest: Any, resume: widget.Resume | None) -> None:
        super()._take_up(latest, resume)
        if resume is not None and 0 < self._position < latest.public_head:
            self._position += 1


class _TellsWhoItIs(VisitorSession):
    def _show_state(self, look: Any) -> None:
        super()._show_state(look)
        if look.conversation.agent is not None and self._state is not None:
            persona = widget.PersonaFace(name=look.conversation.agent)
            self._out.put(widget.State(conversation=msgspec.structs.replace(self._state, persona=persona)))


class _OneHouse(Floor):
    def house_of(self, agent: str) -> frozenset[str]:
        return frozenset(self.agents) | frozenset(self.pools)


class _ShowsRivals(ConsoleSession):
    def _floor(self) -> Floor:
        floor = super()._floor()
        return _OneHouse(version=floor.version, workspace=floor.workspace)


class _NeverRemoves:
    """An `Out` through which no key of the view ever disappears."""

    def __init__(self, out: Any) -> None:
        self._out = out

    def put(self, frame: msgspec.Struct, *, may_be_lost: bool = False) -> None:
        if isinstance(frame, Delta):
            frame = Delta(changes=[change for change in frame.changes if change.value is not None])
        self._out.put(frame, may_be_lost=may_be_lost)

    async def room(self) -> None:
        await self._out.room()


class _DeltasOnlyAdd(ConsoleSession):
    def __init__(self, *, out: Any, **given: Any) -> None:
        super().__init__(out=_NeverRemoves(out), **given)


class _StaysSeated(ConsoleSession):
    def _heard(self, poke: Any) -> None:
        if poke.kind != "console":
            super()._heard(poke)

    async def revalidate(self) -> None:
        """Is sure of itself."""


class _RevalidatesDeaf(ConsoleSession):
    async def revalidate(self) -> None:
        try:
            await super().revalidate()
        except HubError as refusal:
            if refusal.code != "superseded":
                raise


class _LeavesOnce(Desk):
    async def _settle(self, scope: AgentScope) -> None:
        """Whatever could not be written was not."""


def _desk_of_one_try(hub: Hub) -> None:
    hub.desk = _LeavesOnce(store=hub.store, workspaces=hub.workspaces, bus=hub.bus, clock=hub.clock, node=hub.node)


class _Reopens(Conversations):
    async def change_many(self, changed: Sequence[Any]) -> None:
        def reopened(changes: Any) -> Any:
            if "persona" in changes and changes.get("state") == "ended":
                return changes | {"state": "open" if changes["persona"] else "waiting"}
            return changes

        await super().change_many([(row, reopened(changes), public, staff) for row, changes, public, staff in changed])


class _BegunInTheLatest(Conversations):
    async def sent_somewhere(self, scope: VisitorScope, sender: str, client_message_id: str) -> str | None:
        begun, latest = await super().sent_somewhere(scope, sender, client_message_id), await self.latest_of_device(scope)
        return begun if latest is not None and latest.id == begun else None


BUGS: Final[Sequence[Bug]] = (
    Bug(name="unfenced", story="an owner's commits do not ask for its epoch", outfit=_repository("leases", _Unfenced)),
    Bug(name="same_epoch", story="whoever takes the lease gets the epoch that was there", outfit=_repository("leases", _SameEpoch)),
    Bug(name="lease_deleted", story="giving a lease back forgets its epoch", outfit=_repository("leases", _Forgotten)),
    Bug(name="own_clock", story="a node trusts its own clock", clock=lambda clock: clock),
    Bug(
        name="ack_before_commit",
        story="messages are acknowledged when they are written, not when that is kept",
        store=_AcksBeforeCommit,
    ),
    Bug(name="ids_forgotten", story="a message sent again is not recognised", outfit=_repository("conversations", _ForgetsIds)),
    Bug(
        name="acked_elsewhere",
        story="a message sent again is answered with the present head",
        outfit=_repository("conversations", _AcksElsewhere),
    ),
    Bug(
        name="counted_in_memory",
        story="positions come from a counter that no rollback touches",
        outfit=_repository("conversations", _CountsInMemory),
    ),
    Bug(
        name="seats_of_the_gone",
        story="seats of an agent who is gone are not given back",
        outfit=_repository("seats", _KeepsSeatsOfTheGone),
    ),
    Bug(
        name="leaves_for_others",
        story="a closing console signs off the one that replaced it",
        outfit=_repository("presences", _LeavesForOthers),
    ),
    Bug(name="dead_nodes_stay", story="consoles of a dead node stay connected", outfit=_repository("presences", _KeepsTheDead)),
    Bug(name="loss_untold", story="routing does not hear of a lost agent", outfit=_repository("inputs", _NoDisconnects)),
    Bug(name="plans_untold", story="routing does not hear of new rules", outfit=_repository("inputs", _NoPlans)),
    Bug(
        name="ends_untold",
        story="routing does not hear that a conversation is over",
        outfit=_repository("inputs", _NoCorrectGoodbyes),
    ),
    Bug(
        name="inputs_afterwards",
        story="routing's input is written after its cause",
        outfit=_repository("inputs", _InputsAfterwards),
    ),
    Bug(
        name="inputs_deleted_afterwards",
        story="inputs are deleted after what followed from them",
        outfit=_repository("inputs", _DeletesAfterwards),
    ),
    Bug(name="inputs_deleted_before", story="inputs are deleted before what follows from them", hub=_owned_by(_TakesInputsFirst)),
    Bug(
        name="facts_afterwards",
        story="the engine's facts are written after its decisions",
        outfit=_repository("facts", _FactsAfterwards),
    ),
    Bug(
        name="journal_afterwards",
        story="the journal is written after what it tells",
        outfit=_repository("journal", _JournalAfterwards),
    ),
    Bug(name="engine_kept", story="an engine lives on after a commit that failed", hub=_owned_by(_KeepsItsEngine)),
    Bug(name="owner_without_poll", story="the owner wakes by pokes alone", hub=_owned_by(_WaitsForPokes)),
    Bug(name="visitors_without_poll", story="widgets look by pokes alone", visitor=_VisitorWithoutPoll),
    Bug(name="consoles_without_poll", story="consoles look by pokes alone", console=_ConsoleWithoutPoll),
    Bug(name="resumes_too_far", story="a widget that comes back misses one entry", visitor=_ResumesTooFar),
    Bug(name="tells_who_it_is", story="the customer is told the agent's id", visitor=_TellsWhoItIs),
    Bug(name="shows_rivals", story="an agent reads names and notes of a rival vendor", console=_ShowsRivals),
    Bug(name="deltas_only_add", story="nothing ever leaves a console's view", console=_DeltasOnlyAdd),
    Bug(name="two_consoles", story="a console that was taken over stays open", console=_StaysSeated),
    Bug(
        name="found_roll_call",
        story="found: a new owner knew of the present only by a poke that may be lost",
        hub=_owned_by(_CallsTheRollOnly),
    ),
    Bug(name="found_takeover", story="found: re-validation did not close a console that was taken over", console=_RevalidatesDeaf),
    Bug(
        name="found_sign_off",
        story="found: a console's end, or unknown beginning, not written at once was forgotten",
        hub=_desk_of_one_try,
    ),
    Bug(
        name="found_waits_on",
        story="found: what ended while it went back to the queue waited there for ever",
        hub=_owned_by(_EndsOnlyWhatIsHeld),
    ),
    Bug(
        name="found_reopened",
        story="found: an accept reopened what the customer had just ended",
        outfit=_repository("conversations", _Reopens),
    ),
    Bug(
        name="found_begun_anew",
        story="found: a beginning sent again was looked for in the device's latest conversation alone",
        outfit=_repository("conversations", _BegunInTheLatest),
    ),
)

BY_NAME: Final = {bug.name: bug for bug in BUGS}
