"""One look at the rows for many sockets.

A commit may move fifty conversations, and each may be on three screens. What sockets want to know within one turn of the event loop is asked of the
database in one go and handed out. The reader works for the service itself: whoever asks has shown before that they may see the conversation.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from agents.frames import QueueLine, View
from contact_hub.jointly import Jointly
from contact_hub.live.looks import Look, Said
from contact_hub.live.view import build_many
from contact_hub.scope import AgentScope, Scope, VisitorScope
from contact_hub.store import Store
from contact_hub.store.records import Conversation, PublicEntry, StaffEntry
from contact_hub.tracing import carried, following
from contact_hub.workspace.floor import Floor

LIMIT: Final = 200
_VIEWS: Final = 64
"""So many are built in one go; after them the sockets have their turn."""
_TOGETHER_SECONDS: Final = 0.05
_VIEWS_APART_SECONDS: Final = 0.01
"""Views are built so often at most: one by itself costs as many questions as twenty. Who comes after a silence waits for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """Where a browser left off: under which delivery epoch, in which conversation, as whom its customer is known."""

    epoch: str
    conversation: Conversation | None
    name: str | None


@dataclass(slots=True)
class _Wanted:
    public: int
    staff: int | None
    answers: list[tuple[int, int | None, asyncio.Future[Look | None]]] = field(default_factory=list)
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class _View:
    scope: AgentScope
    floor: Floor
    now: datetime
    queues: Mapping[str, QueueLine]
    answer: asyncio.Future[View]


class Reader:
    """`said` is what need not be read; `observe` hears of everything that is handed out."""

    def __init__(self, store: Store, said: Said, *, observe: Callable[[Look], None] = lambda _look: None) -> None:
        self._store, self._said, self._observe = store, said, observe
        self._wanted: defaultdict[str, dict[str, _Wanted]] = defaultdict(dict)
        self._task: asyncio.Task[None] | None = None
        self._views: defaultdict[str, list[_View]] = defaultdict(list)
        self._building: asyncio.Task[None] | None = None
        self._built_at = float("-inf")
        self._later: asyncio.TimerHandle | None = None
        self._browsers: Jointly[VisitorScope, str] = Jointly(self._latest, name="browsers")
        self._comers: Jointly[VisitorScope, Stood] = Jointly(self._stood, name="browsers that come")

    async def look(self, workspace: str, conversation: str, *, public: int, staff: int | None = None) -> Look | None:
        """The conversation and its entries after the positions; `staff` None: that log is not wanted. None: there is no such conversation."""
        if known := self.known(workspace, conversation, public=public, staff=staff):
            return known
        answer: asyncio.Future[Look | None] = asyncio.get_running_loop().create_future()
        wanted = self._wanted[workspace].setdefault(conversation, _Wanted(public, staff))
        wanted.public = min(wanted.public, public)
        if staff is not None:
            wanted.staff = staff if wanted.staff is None else min(wanted.staff, staff)
        wanted.answers.append((public, staff, answer))
        wanted.trace = wanted.trace or carried()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._read(), name="reader")
        return await answer

    def known(self, workspace: str, conversation: str, *, public: int, staff: int | None = None) -> Look | None:
        """The same, where it need not be read; None where it must."""
        known = self._said.look(workspace, conversation, public=public, staff=staff)
        if known is not None:
            self._observe(known)
        return known

    async def view(
        self, scope: AgentScope, floor: Floor, now: datetime, queues: Mapping[str, QueueLine], *, hurry: bool = True
    ) -> View:
        """An agent's view (`live.view`), built together with those that other screens of the floor ask for in the same moment. Without `hurry`, nothing is
        known to have moved: such looks wait a little for each other."""
        answer: asyncio.Future[View] = asyncio.get_running_loop().create_future()
        self._views[floor.id].append(_View(scope, floor, now, queues, answer))
        if hurry:
            self._begin_to_build()
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(_TOGETHER_SECONDS, self._begin_to_build)
        return await answer

    async def where_it_stood(self, scope: VisitorScope) -> Stood | None:
        """What a browser that comes (back) finds, asked together with those that come in the same moment; None where its workspace is gone."""
        return await self._comers.ask(scope)

    async def _stood(self, scopes: Collection[VisitorScope]) -> dict[VisitorScope, Stood]:
        found: dict[VisitorScope, Stood] = {}
        async with self._store.read(brief=True) as tx:
            latest, names = await tx.devices.latest_conversations(scopes), await tx.devices.known_as(scopes)
            for workspace in {scope.workspace for scope in scopes}:
                if (row := await tx.workspaces.get(workspace)) is None:
                    continue
                here = [scope for scope in scopes if scope.workspace == workspace]
                begun = await tx.conversations.get_many(Scope.system(workspace), [latest[one] for one in here if one in latest])
                for scope in here:
                    conversation = begun.get(latest.get(scope, ""))
                    found[scope] = Stood(epoch=row.delivery_epoch, conversation=conversation, name=names.get(scope))
        return found

    async def latest(self, scope: VisitorScope) -> str | None:
        """The conversation that this browser has begun last, asked together with those that others want to know."""
        return await self._browsers.ask(scope)

    async def _latest(self, scopes: Collection[VisitorScope]) -> dict[VisitorScope, str]:
        async with self._store.read(brief=True) as tx:
            return await tx.devices.latest_conversations(scopes)

    def _begin_to_build(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._building is None or self._building.done():
            self._building = asyncio.create_task(self._build(), name="views")

    async def _build(self) -> None:
        loop = asyncio.get_running_loop()
        while self._views:
            # at least let everybody of this turn ask first
            await asyncio.sleep(max(0.0, self._built_at + _VIEWS_APART_SECONDS - loop.time()))
            self._built_at = loop.time()
            batch, self._views = self._views, defaultdict(list)
            for asked in batch.values():
                for first in range(0, len(asked), _VIEWS):
                    await self._build_some(asked[first : first + _VIEWS])
                    await asyncio.sleep(0)

    async def _build_some(self, asked: list[_View]) -> None:
        try:
            async with self._store.read(brief=True) as tx:
                views = await build_many(tx, [(one.scope, one.queues) for one in asked], asked[-1].floor, asked[-1].now)
        except Exception as error:  # whoever asked decides what it means
            for one in asked:
                if not one.answer.done():
                    one.answer.set_exception(error)
            return
        for one, view in zip(asked, views, strict=True):
            if not one.answer.done():
                one.answer.set_result(view)

    async def _read(self) -> None:
        """Serve what was asked, again and again until nobody asks."""
        await asyncio.sleep(0)  # let everybody of this turn ask first
        while self._wanted:
            batch, self._wanted = self._wanted, defaultdict(dict)
            for workspace, wanted in batch.items():
                try:
                    traces = (one.trace for one in wanted.values())
                    with following("delivery.look", traces, workspace=workspace, conversations=len(wanted)):
                        await self._answer(workspace, wanted)
                except Exception as error:  # whoever asked decides what it means
                    for one in wanted.values():
                        for _, _, answer in one.answers:
                            if not answer.done():
                                answer.set_exception(error)

    async def _answer(self, workspace: str, wanted: dict[str, _Wanted]) -> None:
        scope = Scope.system(workspace)
        async with self._store.read(brief=True) as tx:
            rows = await tx.conversations.get_many(scope, list(wanted))
            behind = {id_: one.public for id_, one in wanted.items() if id_ in rows and rows[id_].public_head > one.public}
            public = await tx.conversations.public_after_many(scope, behind, LIMIT) if behind else {}
            staffed = {
                id_: one.staff
                for id_, one in wanted.items()
                if one.staff is not None and id_ in rows and rows[id_].staff_head > one.staff
            }
            staff = await tx.conversations.staff_after_many(scope, staffed, LIMIT) if staffed else {}
        for id_, one in wanted.items():
            for after_public, after_staff, answer in one.answers:
                if not answer.done():
                    look = _cut(rows.get(id_), public.get(id_, []), staff.get(id_, []), after_public, after_staff)
                    answer.set_result(look)
                    if look is not None:
                        self._observe(look)


def _cut(
    row: Conversation | None, public: list[PublicEntry], staff: list[StaffEntry], after_public: int, after_staff: int | None
) -> Look | None:
    if row is None:
        return None
    new = [entry for entry in public if entry.position > after_public]
    notes = [entry for entry in staff if after_staff is not None and entry.position > after_staff]
    more = len(public) == LIMIT or len(staff) == LIMIT
    return Look(conversation=row, public=new, staff=notes, more=more)
