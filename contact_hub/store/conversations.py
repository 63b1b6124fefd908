"""Conversations and their two logs.

A position is taken by updating the conversation's head inside the transaction, so positions are contiguous and everybody's order is the same.
An entry that was appended before, under the same id by the same sender, is answered with its old position; the same id with another
content is refused. Inside a command, reading a conversation locks it: who reads there is about to change it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, Unpack

import msgspec
from sqlalchemy import (
    CompoundSelect,
    Integer,
    Select,
    Table,
    Text,
    Update,
    and_,
    bindparam,
    cast,
    exists,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError

from contact_hub.errors import HubError
from contact_hub.scope import AgentScope, Scope, SystemScope, VisitorScope
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
from contact_hub.store.session import NOTHING, Rerun, Session
from contact_hub.store.shape import Shape
from contact_hub.store.tables import conversations, devices, inquiries, offers, public_entries, staff_entries
from contact_hub.store.types import Json, Names, among, canonical
from contact_hub.store.visibility import WORKSPACE, Kind, has_before_them, once, pools_shown, staff_only, visible_conversations
from routing.model import AgentId, Channel

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
        return await self._first(scope, _find(type(scope), self._session.writing), {"conversation_id": conversation})

    async def latest_of_device(self, scope: VisitorScope) -> Conversation | None:
        """The visitor's latest, running or ended."""
        newest = (await self._session.ask(scope, _latest())).rows
        if not newest:
            return None
        return await self.find(scope, max(newest, key=lambda row: (row.opened_at, row.id)).id)

    async def insert(self, conversation: Conversation) -> None:
        await self._session.execute(insert(conversations), _CONVERSATION.write(conversation))

    async def update(self, scope: Scope, conversation: str, **changes: Unpack[ConversationChanges]) -> None:
        if not changes:
            return
        done = await self._session.ask(
            scope, _change(type(scope), frozenset(changes)), {"conversation_id": conversation, **_new(changes)}
        )
        if done.count == 0:
            raise HubError("not_found")

    # -- many at once

    async def lock_many(self, wanted: Sequence[tuple[VisitorScope, str]]) -> list[Conversation | None]:
        """`find`, inside a command, for many visitors with one statement for each workspace; everybody gets their own or None."""
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for scope, conversation in wanted:
            ids[scope.workspace].append(conversation)
        found: dict[tuple[str, str], Conversation] = {}
        for workspace, some in sorted(ids.items()):
            rows = (await self._session.ask(Scope.system(workspace), _some(SystemScope, self._session.writing), {"ids": some})).rows
            found |= {(workspace, row.id): _CONVERSATION.read(row) for row in rows}
        asked = [(scope, found.get((scope.workspace, conversation))) for scope, conversation in wanted]
        return [row if row is not None and has_before_them(scope, row) else None for scope, row in asked]

    async def append_many(self, said: Sequence[tuple[Conversation, NewPublicEntry, ConversationChanges]]) -> None:
        """Give each entry the next public position of its conversation, which this command has locked (`lock_many`) and which is there only once.
        Fails as a whole where one of them was sent before."""
        rows = [
            _row(conversation.workspace, conversation.id, conversation.public_head + 1, entry) for conversation, entry, _ in said
        ]
        moved: defaultdict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
        for conversation, _, changes in said:
            moved[frozenset({*changes, "public_head"})].append(
                {
                    "scope_workspace": conversation.workspace,
                    "conversation_id": conversation.id,
                    **_new(changes),
                    "new_public_head": conversation.public_head + 1,
                }
            )
        await self._session.execute(_INSERT[public_entries], rows)
        for names, alike in moved.items():
            await self._session.execute(_change(SystemScope, names), alike)

    async def insert_many(self, begun: Sequence[tuple[Conversation, NewPublicEntry]]) -> None:
        """New conversations, each with its first public entry, which is in its head already."""
        assert all(conversation.public_head == 1 for conversation, _ in begun), "each begins with one entry"
        await self._session.execute(_INSERT[conversations], [_CONVERSATION.write(conversation) for conversation, _ in begun])
        rows = [_row(conversation.workspace, conversation.id, 1, entry) for conversation, entry in begun]
        await self._session.execute(_INSERT[public_entries], rows)

    async def lock_by_id(self, workspace: str, ids: Collection[str]) -> dict[str, Conversation]:
        """`get` for many at once, inside a command: who reads there is about to change them. Those that do not exist are absent."""
        if not ids:
            return {}
        asked = _some(SystemScope, self._session.writing)
        rows = (await self._session.ask(Scope.system(workspace), asked, {"ids": sorted(ids)})).rows
        return {row.id: _CONVERSATION.read(row) for row in rows}

    async def change_many(
        self, changed: Sequence[tuple[Conversation, ConversationChanges, Sequence[NewPublicEntry], Sequence[NewStaffEntry]]]
    ) -> None:
        """What became of conversations that this command has locked (`lock_by_id`), each once: changed fields, and entries behind the last ones of
        their logs. Entries that carry a client's id are not for this way: whether they were sent before is not asked."""
        moved: defaultdict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
        rows: dict[Table, list[dict[str, Any]]] = {public_entries: [], staff_entries: []}
        for conversation, changes, public, staff in changed:
            new = _new(changes)
            if public:
                new["new_public_head"] = conversation.public_head + len(public)
            if staff:
                new["new_staff_head"] = conversation.staff_head + len(staff)
            if new:
                this = {"scope_workspace": conversation.workspace, "conversation_id": conversation.id}
                moved[frozenset(name.removeprefix("new_") for name in new)].append({**this, **new})
            rows[public_entries] += [
                _row(conversation.workspace, conversation.id, place, entry)
                for place, entry in enumerate(public, conversation.public_head + 1)
            ]
            rows[staff_entries] += [
                _row(conversation.workspace, conversation.id, place, entry)
                for place, entry in enumerate(staff, conversation.staff_head + 1)
            ]
        for names, alike in moved.items():
            await self._session.execute(_change(SystemScope, names), alike)
        for table, some in rows.items():
            if some:
                await self._session.execute(_INSERT[table], some)

    # -- the logs

    async def append_public(
        self, scope: Scope, conversation: str, entry: NewPublicEntry, **changes: Unpack[ConversationChanges]
    ) -> Appended:
        """Give the entry the next public position, changing the conversation in the same stroke (only if the entry is fresh)."""
        return await self._append(scope, public_entries, conversation, entry, changes)

    async def append_staff(
        self, scope: Scope, conversation: str, entry: NewStaffEntry, **changes: Unpack[ConversationChanges]
    ) -> Appended:
        staff_only(scope)
        return await self._append(scope, staff_entries, conversation, entry, changes)

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
        result = await self._session.ask(scope, _heads(type(scope)), {"ids": list(ids)})
        visitor = isinstance(scope, VisitorScope)
        return {row.id: (row.public_head, 0 if visitor else row.staff_head) for row in result.rows}

    async def sent_before(
        self, scope: Scope, conversation: str, sender: str, client_message_id: str, *, log: Literal["public", "staff"] = "public"
    ) -> Appended | None:
        """Where this sender's message (or note) under this id stands already."""
        sent = {"conversation_id": conversation, "sender": sender, "client_message_id": client_message_id}
        table = public_entries if log == "public" else staff_entries
        row = (await self._session.ask(scope, _sent(type(scope), table), sent)).first()
        return None if row is None else Appended(position=row.position, at=row.at, fresh=False)

    async def sent_somewhere(self, scope: VisitorScope, sender: str, client_message_id: str) -> str | None:
        """In which of this device's conversations this sender's message under this id stands already. A beginning that is sent again may come after a later
        conversation has begun."""
        sent = {"sender": sender, "client_message_id": client_message_id}
        row = (await self._session.ask(scope, _sent_somewhere(), sent)).first()
        return None if row is None else str(row.conversation)

    async def silent(
        self, scope: Scope, brand: str, before: datetime, limit: int = 100, *, channel: Channel = Channel.CHAT
    ) -> list[tuple[str, datetime]]:
        """Conversations of a brand on this channel in which nobody has waited for us, and no word was said, since `before`; and those that wait for a person
        while the visitor's browser has been gone since then (unless everybody was closed: then the visitor was told to come back; who wrote a mail is not
        expected to wait in front of it). With their last word's time."""
        staff_only(scope)
        seen = exists().where(
            devices.c.workspace == _C.workspace,
            devices.c.brand == _C.brand,
            devices.c.id == _C.device,
            devices.c.last_seen_at >= before,
        )
        told = exists().where(inquiries.c.workspace == _C.workspace, inquiries.c.id == _C.inquiry, inquiries.c.all_closed.is_(True))
        idle = and_(_C.state == "open", _C.customer_waits_since.is_(None))
        gone = and_(_C.state == "waiting", ~seen, ~told)
        found = await self._session.ask(
            scope,
            select(_C.id, _C.last_at)
            .where(
                visible_conversations(type(scope)),
                _C.brand == brand,
                _C.channel == channel,
                _C.last_at < before,
                or_(idle, gone) if channel is Channel.CHAT else idle,
            )
            .order_by(_C.last_at)
            .limit(limit),
        )
        return [(row.id, row.last_at) for row in found.rows]

    # -- many conversations

    async def get_many(self, scope: Scope, ids: Collection[str]) -> dict[str, Conversation]:
        """Those of the ids that can be seen."""
        if not ids:
            return {}
        found = await self._session.ask(scope, _some(type(scope), locking=False), {"ids": list(ids)})
        return {row.id: _seen_by(scope, _CONVERSATION.read(row)) for row in found.rows}

    async def search(
        self, scope: Scope, wanted: ConversationFilter, *, after: PageKey | None = None, limit: int = 50
    ) -> list[Conversation]:
        """Newest first. The next page begins after `page_key` of the last one."""
        page = _matching(_visible(type(scope)), scope, wanted)
        if after is not None:
            page = page.where(or_(_C.opened_at < after.opened_at, and_(_C.opened_at == after.opened_at, _C.id < after.id)))
        result = await self._session.ask(scope, page.order_by(_C.opened_at.desc(), _C.id.desc()).limit(limit))
        return [_seen_by(scope, _CONVERSATION.read(row)) for row in result.rows]

    async def count(self, scope: Scope, wanted: ConversationFilter) -> int:
        counted = _matching(
            select(func.count()).select_from(conversations).where(visible_conversations(type(scope))), scope, wanted
        )
        return int((await self._session.ask(scope, counted)).scalar())

    async def history_for(self, scope: AgentScope, conversation: str) -> list[tuple[Conversation, list[PublicEntry]]]:
        """What this customer said to this brand before: the latest twenty, and only while the agent holds the conversation."""
        o = offers.c
        held = exists().where(
            o.workspace == scope.workspace, o.conversation == _C.id, o.agent == scope.agent_id, o.state == "assigned"
        )
        present = await self._first(scope, _visible(type(scope)).where(_C.id == conversation, held))
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

    async def last_agent(self, conversation: Conversation) -> AgentId | None:
        """Who answered this customer for this brand the last time, as far as the customer or the device is known."""
        if not conversation.customer and not conversation.device:
            return None
        who = _C.customer == conversation.customer if conversation.customer else _C.device == conversation.device
        found = await self._session.execute(
            select(_C.agent)
            .where(
                _C.workspace == conversation.workspace,
                who,
                _C.brand == conversation.brand,
                _C.id != conversation.id,
                _C.agent.is_not(None),
            )
            .order_by(_C.opened_at.desc(), _C.id.desc())
            .limit(1)
        )
        return AgentId(found.rows[0].agent) if found.rows else None

    async def latest_language_of(self, workspace: str, brand: str, customer: str) -> tuple[str, Mapping[str, Any]] | None:
        """In which language this customer's latest conversation with the brand was held, and how that was known."""
        found = await self._session.execute(
            select(_C.language_tag, _C.language)
            .where(_C.workspace == workspace, _C.brand == brand, _C.customer == customer, _C.language_tag.is_not(None))
            .order_by(_C.opened_at.desc(), _C.id.desc())
            .limit(1)
        )
        return (found.rows[0].language_tag, found.rows[0].language) if found.rows else None

    # -- helpers

    async def _first(self, scope: Scope, statement: Select[Any], parameters: Mapping[str, Any] = NOTHING) -> Conversation | None:
        row = (await self._session.ask(scope, statement, parameters)).first()
        return None if row is None else _seen_by(scope, _CONVERSATION.read(row))

    async def _append(
        self,
        scope: Scope,
        table: Table,
        conversation: str,
        entry: NewPublicEntry | NewStaffEntry,
        changes: ConversationChanges,
    ) -> Appended:
        before = await self._sent_before(scope, table, conversation, entry)
        if before is not None:
            return before
        head = "public_head" if table is public_entries else "staff_head"
        taken = await self._session.ask(
            scope, _take_position(type(scope), head, frozenset(changes)), {"conversation_id": conversation, **_new(changes)}
        )
        if not taken.rows:
            raise HubError("not_found")
        position = int(taken.scalar())
        try:
            await self._session.execute(_INSERT[table], _row(scope.workspace, conversation, position, entry))
        except IntegrityError as error:  # the same message came through another node at the same moment: next time we shall see it
            raise Rerun from error
        return Appended(position=position, at=entry.at, fresh=True)

    async def _sent_before(
        self, scope: Scope, table: Table, conversation: str, entry: NewPublicEntry | NewStaffEntry
    ) -> Appended | None:
        if entry.client_message_id is None:
            return None
        sent = {"conversation_id": conversation, "sender": entry.sender, "client_message_id": entry.client_message_id}
        row = (await self._session.ask(scope, _sent(type(scope), table), sent)).first()
        if row is None:
            return None
        if row.fingerprint != _fingerprint(entry):
            raise HubError("id_reused")
        return Appended(position=row.position, at=row.at, fresh=False)

    async def _entries(
        self, scope: Scope, table: Table, shape: Shape[Any], positions: Mapping[str, int], limit: int
    ) -> dict[str, list[tuple[Any, str | None]]]:
        """Entries after each position, with the pool of who spoke. All positions go in one JSON parameter."""
        if not positions:
            return {}
        pools = pools_shown(scope)
        if len(positions) == 1:
            ((name, position),) = positions.items()
            one = {"conversation_id": name, "position": position, "upto": position + limit}
            result = await self._session.ask(scope, _after(type(scope), table), one)
        elif self._session.dialect == "sqlite":
            cursors = {name: [scope.workspace, position] for name, position in positions.items()}
            result = await self._session.ask(scope, _after_cursors(type(scope), table), {"positions": cursors, "most": limit})
        else:
            result = await self._session.ask(scope, _after_many(type(scope), table), {"positions": dict(positions), "most": limit})
        found: defaultdict[str, list[tuple[Any, str | None]]] = defaultdict(list)
        for row in result.rows:
            entry, pool = shape.read(tuple(row)[:-1]), row[-1]
            if pools is None or table is public_entries or pool in pools:
                found[row.conversation].append((entry, pool))
        return dict(found)


def _row(workspace: str, conversation: str, position: int, entry: NewPublicEntry | NewStaffEntry) -> dict[str, Any]:
    return {
        "workspace": workspace,
        "conversation": conversation,
        "position": position,
        "at": entry.at,
        "sender": entry.sender,
        "pool": entry.pool,
        "client_message_id": entry.client_message_id,
        "fingerprint": _fingerprint(entry),
        "body": entry.body,
        **_own(entry),
    }


def _own(entry: NewPublicEntry | NewStaffEntry) -> dict[str, str]:
    """What only one of the logs has."""
    return {"speaker": entry.speaker} if isinstance(entry, NewPublicEntry) else {"kind": entry.kind}


def _fingerprint(entry: NewPublicEntry | NewStaffEntry) -> str:
    return entry.fingerprint or hashlib.sha256(canonical([_own(entry), entry.body]).encode()).hexdigest()


def page_key(conversation: Conversation) -> PageKey:
    """The key after which the next page of a search begins."""
    return PageKey(opened_at=conversation.opened_at, id=conversation.id)


# ---------------------------------------------------------------- statements, each built once per kind of scope

_INSERT: Final = {table: insert(table) for table in (conversations, public_entries, staff_entries)}
_THIS: Final = _C.id == bindparam("conversation_id")
_AMONG: Final = among(_C.id, bindparam("ids", type_=Names))


def _visible(kind: Kind) -> Select[Any]:
    return select(*_CONVERSATION.columns).where(visible_conversations(kind))


@once
def _find(kind: Kind, locking: bool) -> Select[Any]:
    return _locked(_visible(kind).where(_THIS), locking)


@once
def _latest() -> CompoundSelect[Any]:
    """The newest by device and the newest by customer, apart: in one condition, a visitor who never wrote would make SQLite walk through
    everybody's conversations."""
    own = [
        select(_C.id, _C.opened_at)
        .where(_C.workspace == WORKSPACE, column == bindparam(name), visible_conversations(VisitorScope))
        .order_by(_C.opened_at.desc(), _C.id.desc())
        .limit(1)
        .subquery()
        for column, name in ((_C.device, "scope_device"), (_C.customer, "scope_customer"))
    ]
    return union_all(*(select(one.c.id, one.c.opened_at) for one in own))


def _locked(statement: Select[Any], locking: bool) -> Select[Any]:
    return statement.with_for_update(key_share=True, of=conversations) if locking else statement


@once
def _some(kind: Kind, locking: bool) -> Select[Any]:
    return _locked(_visible(kind).where(_AMONG).order_by(_C.id), locking)


@once
def _heads(kind: Kind) -> Select[Any]:
    chosen = _AMONG
    return select(_C.id, _C.public_head, _C.staff_head).where(visible_conversations(kind), chosen)


def _new(changes: ConversationChanges) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in changes.items()}


@once
def _change(kind: Kind, names: frozenset[str]) -> Update:
    statement = update(conversations).where(_THIS, visible_conversations(kind))
    return statement.values({name: bindparam(f"new_{name}", type_=_C[name].type) for name in sorted(names)})


@once
def _take_position(kind: Kind, head: str, names: frozenset[str]) -> Any:
    statement = update(conversations).where(_THIS, visible_conversations(kind))
    changed = {name: bindparam(f"new_{name}", type_=_C[name].type) for name in sorted(names)}
    return statement.values({head: _C[head] + 1, **changed}).returning(_C[head])


@once
def _sent(kind: Kind, table: Table) -> Select[Any]:
    e = table.c
    return select(e.position, e.at, e.fingerprint).where(
        e.workspace == WORKSPACE,
        e.conversation == bindparam("conversation_id"),
        e.sender == bindparam("sender"),
        e.client_message_id == bindparam("client_message_id"),
        exists().where(_C.id == e.conversation, visible_conversations(kind)),
    )


@once
def _sent_somewhere() -> Select[Any]:
    e = public_entries.c
    return (
        select(e.conversation)
        .join_from(conversations, public_entries, and_(e.workspace == _C.workspace, e.conversation == _C.id))
        .where(
            _C.workspace == WORKSPACE,
            _C.device == bindparam("scope_device"),
            visible_conversations(VisitorScope),
            e.sender == bindparam("sender"),
            e.client_message_id == bindparam("client_message_id"),
        )
        .order_by(e.conversation)
        .limit(1)
    )


@once
def _after(kind: Kind, table: Table) -> Select[Any]:
    """Entries of one conversation after a position, and the pool of who spoke."""
    e = table.c
    return (
        select(*_shape(table).columns, e.pool)
        .where(
            e.workspace == WORKSPACE,
            e.conversation == bindparam("conversation_id"),
            e.position > bindparam("position"),
            e.position <= bindparam("upto"),  # positions have no holes, so this is a limit
            exists().where(_THIS, visible_conversations(kind)),
        )
        .order_by(e.position)
    )


@once
def _after_many(kind: Kind, table: Table) -> Select[Any]:
    """The same for many conversations, for PostgreSQL."""
    e = table.c
    cursors = (
        func.jsonb_each_text(cast(cast(bindparam("positions", type_=Json), Text), JSONB))
        .table_valued("key", "value")
        .alias("cursors")
    )
    position = cast(cursors.c.value, Integer)
    return (
        select(*_shape(table).columns, e.pool)
        .join(cursors, and_(e.conversation == cursors.c.key, e.position > position))
        .join(conversations, and_(_C.workspace == e.workspace, _C.id == e.conversation))
        .where(e.workspace == WORKSPACE, e.position <= position + bindparam("most", type_=Integer), visible_conversations(kind))
        .order_by(e.conversation, e.position)
    )


@once
def _after_cursors(kind: Kind, table: Table) -> Select[Any]:
    """The same for SQLite. The workspace comes with each position: with nothing to compare a key's first part with but the positions, SQLite cannot but
    begin with them, where it would otherwise walk through the whole log."""
    e = table.c
    cursors = func.json_each(bindparam("positions", type_=Json)).table_valued("key", "value").alias("cursors")
    workspace, position = (func.json_extract(cursors.c.value, f"$[{place}]") for place in range(2))
    return (
        select(*_shape(table).columns, e.pool)
        .join(cursors, and_(e.workspace == workspace, e.conversation == cursors.c.key, e.position > position))
        .where(
            e.position <= position + bindparam("most", type_=Integer),
            exists().where(_C.workspace == e.workspace, _C.id == e.conversation, visible_conversations(kind)),
        )
        .order_by(e.conversation, e.position)
    )


def _shape(table: Table) -> Shape[Any]:
    return _PUBLIC if table is public_entries else _STAFF


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
    known = pools_shown(scope)  # who else handled it is not to be found out by asking for them
    if known is not None and (pools is not None or wanted.agent is not None):
        pools = known if pools is None else pools & known
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
    if pools is None or conversation.pool in pools:
        return conversation
    return msgspec.structs.replace(
        conversation, agent=None, pool=None, staff_head=0 if isinstance(scope, VisitorScope) else conversation.staff_head
    )


def _without_strangers(scope: Scope, entries: list[tuple[PublicEntry, str | None]]) -> list[PublicEntry]:
    """What was said, without the ids of agents whom the reader may not know."""
    pools = pools_shown(scope)
    if pools is None:
        return [entry for entry, _ in entries]
    return [
        entry if entry.speaker != "agent" or pool in pools else msgspec.structs.replace(entry, sender="", client_message_id=None)
        for entry, pool in entries
    ]
