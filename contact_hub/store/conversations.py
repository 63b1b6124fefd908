"""Conversations and their two logs.

A position is taken by updating the conversation's head inside the transaction, so positions are contiguous and everybody's order is the same.
An entry that was appended before, under the same id by the same sender, is answered with its old position; the same id with another
content is refused. Inside a command, reading a conversation locks it: who reads there is about to change it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final, Unpack

from sqlalchemy import Integer, Select, Table, and_, cast, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError

from contact_hub.errors import HubError
from contact_hub.scope import AgentScope, Scope, VisitorScope
from contact_hub.store.records import (
    Appended,
    Conversation,
    ConversationChanges,
    ConversationFilter,
    NewPublicEntry,
    NewStaffEntry,
    PageKey,
    PublicEntry,
    StaffEntry,
)
from contact_hub.store.session import Rerun, Session
from contact_hub.store.shape import Shape
from contact_hub.store.tables import conversations, offers, public_entries, staff_entries
from contact_hub.store.types import Json, canonical
from contact_hub.store.visibility import pools_shown, staff_only, visible_conversations

HISTORY_MAX: Final = 20
ENTRIES_MAX: Final = 500
_C: Final = conversations.c
_CONVERSATION: Final = Shape(Conversation, conversations)
_PUBLIC: Final = Shape(PublicEntry, public_entries)
_STAFF: Final = Shape(StaffEntry, staff_entries)


class Conversations:
    def __init__(self, session: Session) -> None:
        self._session = session

    # -- one conversation

    async def get(self, scope: Scope, conversation: str) -> Conversation:
        """`not_found` where there is none, or none to be seen."""
        found = await self.find(scope, conversation)
        if found is None:
            raise HubError("not_found")
        return found

    async def find(self, scope: Scope, conversation: str) -> Conversation | None:
        return await self._first(scope, _visible(scope).where(_C.id == conversation))

    async def latest_of_device(self, scope: VisitorScope) -> Conversation | None:
        """The visitor's latest, running or ended."""
        return await self._first(scope, _visible(scope).order_by(_C.opened_at.desc(), _C.id.desc()).limit(1))

    async def insert(self, conversation: Conversation) -> None:
        await self._session.execute(insert(conversations), _CONVERSATION.write(conversation))

    async def update(self, scope: Scope, conversation: str, **changes: Unpack[ConversationChanges]) -> None:
        done = await self._session.execute(
            update(conversations).where(_C.id == conversation, visible_conversations(scope)).values(**changes)
        )
        if done.count == 0:
            raise HubError("not_found")

    # -- the logs

    async def append_public(
        self, scope: Scope, conversation: str, entry: NewPublicEntry, **changes: Unpack[ConversationChanges]
    ) -> Appended:
        """Give the entry the next public position, changing the conversation in the same stroke (only if the entry is fresh)."""
        return await self._append(scope, public_entries, conversation, entry, {"speaker": entry.speaker}, changes)

    async def append_staff(
        self, scope: Scope, conversation: str, entry: NewStaffEntry, **changes: Unpack[ConversationChanges]
    ) -> Appended:
        staff_only(scope)
        return await self._append(scope, staff_entries, conversation, entry, {"kind": entry.kind}, changes)

    async def public_after(self, scope: Scope, conversation: str, position: int, limit: int = ENTRIES_MAX) -> list[PublicEntry]:
        """The next entries after a position, in order."""
        found = await self._entries(scope, public_entries, _PUBLIC, {conversation: position}, limit)
        return _without_strangers(scope, found.get(conversation, []))

    async def staff_after(self, scope: Scope, conversation: str, position: int, limit: int = ENTRIES_MAX) -> list[StaffEntry]:
        staff_only(scope)
        found = await self._entries(scope, staff_entries, _STAFF, {conversation: position}, limit)
        return [entry for entry, _ in found.get(conversation, [])]

    async def public_after_many(
        self, scope: Scope, positions: Mapping[str, int], limit: int = ENTRIES_MAX
    ) -> dict[str, list[PublicEntry]]:
        """The next entries of many conversations in one question; conversations with none are absent. `limit` counts per conversation."""
        found = await self._entries(scope, public_entries, _PUBLIC, positions, limit)
        return {conversation: _without_strangers(scope, entries) for conversation, entries in found.items()}

    async def staff_after_many(
        self, scope: Scope, positions: Mapping[str, int], limit: int = ENTRIES_MAX
    ) -> dict[str, list[StaffEntry]]:
        staff_only(scope)
        found = await self._entries(scope, staff_entries, _STAFF, positions, limit)
        return {conversation: [entry for entry, _ in entries] for conversation, entries in found.items()}

    async def heads(self, scope: Scope, ids: Collection[str]) -> dict[str, tuple[int, int]]:
        """Public and staff head of each; a visitor's staff head is always 0, since even its growth would tell something."""
        result = await self._session.execute(
            select(_C.id, _C.public_head, _C.staff_head).where(visible_conversations(scope), _C.id.in_(list(ids)))
        )
        visitor = isinstance(scope, VisitorScope)
        return {row.id: (row.public_head, 0 if visitor else row.staff_head) for row in result.rows}

    async def sent_before(self, scope: Scope, conversation: str, sender: str, client_message_id: str) -> Appended | None:
        """Where this sender's public message under this id stands already."""
        e = public_entries.c
        result = await self._session.execute(
            select(e.position, e.at).where(
                e.workspace == scope.workspace,
                e.conversation == conversation,
                e.sender == sender,
                e.client_message_id == client_message_id,
                exists().where(_C.id == e.conversation, visible_conversations(scope)),
            )
        )
        row = result.first()
        return None if row is None else Appended(position=row.position, at=row.at, fresh=False)

    # -- many conversations

    async def get_many(self, scope: Scope, ids: Collection[str]) -> dict[str, Conversation]:
        """Those of the ids that can be seen."""
        found = await self._session.execute(_visible(scope).where(_C.id.in_(list(ids)))) if ids else None
        return {row.id: _seen_by(scope, _CONVERSATION.read(row)) for row in found.rows} if found else {}

    async def search(
        self, scope: Scope, wanted: ConversationFilter, *, after: PageKey | None = None, limit: int = 50
    ) -> list[Conversation]:
        """Newest first. The next page begins after `page_key` of the last one."""
        page = _matching(_visible(scope), scope, wanted)
        if after is not None:
            page = page.where(or_(_C.opened_at < after.opened_at, and_(_C.opened_at == after.opened_at, _C.id < after.id)))
        result = await self._session.execute(page.order_by(_C.opened_at.desc(), _C.id.desc()).limit(limit))
        return [_seen_by(scope, _CONVERSATION.read(row)) for row in result.rows]

    async def count(self, scope: Scope, wanted: ConversationFilter) -> int:
        counted = _matching(select(func.count()).select_from(conversations).where(visible_conversations(scope)), scope, wanted)
        return int((await self._session.execute(counted)).scalar())

    async def history_for(self, scope: AgentScope, conversation: str) -> list[tuple[Conversation, list[PublicEntry]]]:
        """What this customer said to this brand before: the latest twenty, and only while the agent holds the conversation."""
        o = offers.c
        held = exists().where(
            o.workspace == scope.workspace, o.conversation == _C.id, o.agent == scope.agent_id, o.state == "assigned"
        )
        present = await self._first(scope, _visible(scope).where(_C.id == conversation, held))
        if present is None:
            raise HubError("not_found")
        if present.customer is None:
            return []
        earlier = await self._session.execute(
            select(*_CONVERSATION.columns)
            .where(
                _C.workspace == scope.workspace, _C.customer == present.customer, _C.brand == present.brand, _C.id != conversation
            )
            .order_by(_C.opened_at.desc(), _C.id.desc())
            .limit(HISTORY_MAX)
        )
        found = [_CONVERSATION.read(row) for row in earlier.rows]
        everything = Scope.system(scope.workspace)
        said = await self.public_after_many(everything, {item.id: 0 for item in found})
        return [(item, said.get(item.id, [])) for item in found]

    # -- helpers

    async def _first(self, scope: Scope, statement: Select[Any]) -> Conversation | None:
        if self._session.writing:
            statement = statement.with_for_update(key_share=True, of=conversations)
        row = (await self._session.execute(statement)).first()
        return None if row is None else _seen_by(scope, _CONVERSATION.read(row))

    async def _append(  # noqa: PLR0917
        self,
        scope: Scope,
        table: Table,
        conversation: str,
        entry: NewPublicEntry | NewStaffEntry,
        own: Mapping[str, Any],
        changes: ConversationChanges,
    ) -> Appended:
        fingerprint = entry.fingerprint or hashlib.sha256(canonical([own, entry.body]).encode()).hexdigest()
        before = await self._sent_before(scope, table, conversation, entry, fingerprint)
        if before is not None:
            return before
        head = "public_head" if table is public_entries else "staff_head"
        taken = await self._session.execute(
            update(conversations)
            .where(_C.id == conversation, visible_conversations(scope))
            .values({head: _C[head] + 1, **changes})
            .returning(_C[head])
        )
        if not taken.rows:
            raise HubError("not_found")
        position = int(taken.scalar())
        row = {
            "workspace": scope.workspace,
            "conversation": conversation,
            "position": position,
            "at": entry.at,
            "sender": entry.sender,
            "pool": entry.pool,
            "client_message_id": entry.client_message_id,
            "fingerprint": fingerprint,
            "body": entry.body,
            **own,
        }
        try:
            await self._session.execute(insert(table), row)
        except IntegrityError as error:  # the same message came through another node at the same moment: next time we shall see it
            raise Rerun from error
        return Appended(position=position, at=entry.at, fresh=True)

    async def _sent_before(
        self, scope: Scope, table: Table, conversation: str, entry: NewPublicEntry | NewStaffEntry, fingerprint: str
    ) -> Appended | None:
        if entry.client_message_id is None:
            return None
        e = table.c
        result = await self._session.execute(
            select(e.position, e.at, e.fingerprint)
            .join(conversations, and_(_C.workspace == e.workspace, _C.id == e.conversation))
            .where(
                e.workspace == scope.workspace,
                e.conversation == conversation,
                e.sender == entry.sender,
                e.client_message_id == entry.client_message_id,
                visible_conversations(scope),
            )
        )
        row = result.first()
        if row is None:
            return None
        if row.fingerprint != fingerprint:
            raise HubError("id_reused")
        return Appended(position=row.position, at=row.at, fresh=False)

    async def _entries(
        self, scope: Scope, table: Table, shape: Shape[Any], positions: Mapping[str, int], limit: int
    ) -> dict[str, list[tuple[Any, str | None]]]:
        """Entries after each position, with the pool of who spoke. The positions travel as one JSON parameter: one statement for any number of them."""
        if not positions:
            return {}
        e = table.c
        cursors = self._cursors(positions)
        statement = (
            select(*shape.columns, e.pool)
            .join(cursors, and_(e.conversation == cursors.c.key, e.position > cast(cursors.c.value, Integer)))
            .join(conversations, and_(_C.workspace == e.workspace, _C.id == e.conversation))
            .where(
                e.workspace == scope.workspace,
                e.position <= cast(cursors.c.value, Integer) + limit,  # positions have no holes
                visible_conversations(scope),
            )
            .order_by(e.conversation, e.position)
        )
        pools = pools_shown(scope)
        if pools is not None and table is staff_entries:
            statement = statement.where(e.pool.in_(sorted(pools)))
        found: defaultdict[str, list[tuple[Any, str | None]]] = defaultdict(list)
        for row in (await self._session.execute(statement)).rows:
            found[row.conversation].append((shape.read(tuple(row)[:-1]), row[-1]))
        return dict(found)

    def _cursors(self, positions: Mapping[str, int]) -> Any:
        if self._session.dialect == "sqlite":
            return func.json_each(cast(dict(positions), Json)).table_valued("key", "value").alias("cursors")
        return func.jsonb_each_text(cast(cast(dict(positions), Json), JSONB)).table_valued("key", "value").alias("cursors")


def page_key(conversation: Conversation) -> PageKey:
    """The key after which the next page of a search begins."""
    return PageKey(opened_at=conversation.opened_at, id=conversation.id)


def _visible(scope: Scope) -> Select[Any]:
    return select(*_CONVERSATION.columns).where(visible_conversations(scope))


def _matching(statement: Select[Any], scope: Scope, wanted: ConversationFilter) -> Select[Any]:
    equal = {
        _C.brand: wanted.brand,
        _C.client: wanted.client,
        _C.language_tag: wanted.language,
        _C.kind: wanted.kind,
        _C.channel: wanted.channel,
        _C.state: wanted.state,
    }
    for column, value in equal.items():
        if value is not None:
            statement = statement.where(column == value)
    if wanted.since is not None:
        statement = statement.where(_C.opened_at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(_C.opened_at < wanted.until)
    if wanted.ids is not None:
        statement = statement.where(_C.id.in_(sorted(wanted.ids)))
    pools = wanted.pools if wanted.pool is None else frozenset({wanted.pool}) & (wanted.pools or frozenset({wanted.pool}))
    if pools is None and wanted.agent is None:
        return statement
    o = offers.c
    handled = [o.workspace == scope.workspace, o.conversation == _C.id, o.assigned_at.is_not(None)]
    if pools is not None:
        handled.append(o.pool.in_(sorted(pools)))
    if wanted.agent is not None:
        handled.append(o.agent == wanted.agent)
    return statement.where(exists().where(*handled))


def _seen_by(scope: Scope, conversation: Conversation) -> Conversation:
    """Without who handles it, where that is somebody the reader may not know; for a visitor not even how busy staff are with it."""
    pools = pools_shown(scope)
    if pools is not None and conversation.pool not in pools:
        conversation = replace(conversation, agent=None, pool=None)
    return replace(conversation, staff_head=0) if isinstance(scope, VisitorScope) else conversation


def _without_strangers(scope: Scope, entries: list[tuple[PublicEntry, str | None]]) -> list[PublicEntry]:
    """What was said, without the ids of agents whom the reader may not know."""
    pools = pools_shown(scope)
    if pools is None:
        return [entry for entry, _ in entries]
    return [
        entry if entry.speaker != "agent" or pool in pools else replace(entry, sender="", client_message_id=None)
        for entry, pool in entries
    ]
