"""Mail in rows: what came, how far each mailbox was read, what threads it, what goes out, and what keeps robots apart.

A mail is stored before anybody understands it, once per mailbox however often it is fetched; the same row then tells what became of it. Bytes are asked for
one mail at a time and never come with a list; on SQLite they lie in a table of their own, since there every change of a row copies the whole of it. Ids
thread within one brand only: a question about an id answers with the brand it belongs to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypedDict, Unpack

from sqlalchemy import and_, delete, exists, func, insert, or_, select, update

from contact_hub.errors import HubError
from contact_hub.scope import Scope
from contact_hub.store.records import (
    AttachmentRecord,
    Forgotten,
    MailBacklog,
    MailboxCursor,
    MailboxState,
    Outgoing,
    OutgoingRecipient,
    OutgoingState,
    RawMail,
    RawMailState,
)
from contact_hub.store.session import Session
from contact_hub.store.shape import Shape
from contact_hub.store.tables import (
    attachments,
    automatic_answers,
    conversations,
    mail_ancestors,
    mail_breaker,
    mail_bytes,
    mail_ids,
    mail_keys,
    mailbox_cursors,
    outgoing_mails,
    outgoing_recipients,
    raw_mails,
)
from contact_hub.store.visibility import operators_only, staff_only, visible_conversations
from routing.model import BrandId

_K: Final = mail_keys.c
_M: Final = mailbox_cursors.c
_R: Final = raw_mails.c
_I: Final = mail_ids.c
_N: Final = mail_ancestors.c
_A: Final = attachments.c
_O: Final = outgoing_mails.c
_P: Final = outgoing_recipients.c
_U: Final = automatic_answers.c
_B: Final = mail_breaker.c
_Y: Final = mail_bytes.c
_C: Final = conversations.c
WAITING: Final[tuple[RawMailState, ...]] = ("waiting",)
NOTHING_CAME_OF: Final[tuple[RawMailState, ...]] = ("held", "failed", "dropped")
_CURSOR: Final = Shape(MailboxCursor, mailbox_cursors)
_RAW: Final = Shape(RawMail, raw_mails)
_ATTACHMENT: Final = Shape(AttachmentRecord, attachments)
_OUTGOING: Final = Shape(Outgoing, outgoing_mails)
_RECIPIENT: Final = Shape(OutgoingRecipient, outgoing_recipients)


class RawMailChanges(TypedDict, total=False):
    state: RawMailState
    reason: str | None
    findings: Mapping[str, Any]
    attempts: int
    due_at: datetime
    sender: str
    subject: str
    conversation: str | None
    position: int | None
    html: str | None


class OutgoingChanges(TypedDict, total=False):
    position: int | None
    state: OutgoingState
    attempts: int
    due_at: datetime
    leased_by: str | None
    leased_until: datetime | None
    sent_at: datetime | None
    last_answer: str | None


class Mail:
    def __init__(self, session: Session) -> None:
        self._session = session

    # -- keys of the tokens

    async def keys(self, workspace: str) -> list[bytes]:
        """What tokens are sealed with, the newest first: that one seals, all of them open."""
        found = await self._session.execute(select(_K.key).where(_K.workspace == workspace).order_by(_K.number.desc()))
        return [bytes(row.key) for row in found.rows]

    async def ensure_key(self, workspace: str, fresh: bytes, now: datetime) -> list[bytes]:
        """The keys, after `fresh` became the first one where there was none."""
        row = self._session.insert(mail_keys).values(workspace=workspace, number=1, key=fresh, made_at=now)
        await self._session.execute(row.on_conflict_do_nothing(index_elements=[_K.workspace, _K.number]))
        return await self.keys(workspace)

    # -- mailboxes: cursor, lease, health

    async def cursor(self, workspace: str, mailbox: str, folder: str) -> MailboxCursor | None:
        found = await self._session.execute(
            select(*_CURSOR.columns).where(_M.workspace == workspace, _M.mailbox == mailbox, _M.folder == folder)
        )
        return _CURSOR.read(found.rows[0]) if found.rows else None

    async def cursors(self, workspace: str) -> list[MailboxCursor]:
        """Every mailbox's row, which is its health too."""
        found = await self._session.execute(
            select(*_CURSOR.columns).where(_M.workspace == workspace).order_by(_M.mailbox, _M.folder)
        )
        return [_CURSOR.read(row) for row in found.rows]

    async def lead(self, workspace: str, mailbox: str, folder: str, *, node: str, now: datetime, seconds: float) -> bool:
        """Whether this node may fetch the mailbox for so long: it holds the lease, or nobody does."""
        until = now + timedelta(seconds=seconds)
        row = self._session.insert(mailbox_cursors).values(
            workspace=workspace,
            mailbox=mailbox,
            folder=folder,
            uidvalidity=0,
            last_uid=0,
            leader=node,
            leader_until=until,
            state="stopped",
        )
        taken = await self._session.execute(
            row.on_conflict_do_update(
                index_elements=[_M.workspace, _M.mailbox, _M.folder],
                set_={"leader": node, "leader_until": until},
                where=or_(_M.leader == node, _M.leader.is_(None), _M.leader_until <= now),
            ).returning(_M.mailbox)
        )
        return bool(taken.rows)

    async def resign(self, workspace: str, mailbox: str, folder: str, *, node: str) -> None:
        """Give the lease back early."""
        await self._session.execute(
            update(mailbox_cursors)
            .where(*_folder(workspace, mailbox, folder), _M.leader == node)
            .values(leader=None, leader_until=None)
        )

    async def health(
        self,
        workspace: str,
        mailbox: str,
        folder: str,
        state: MailboxState,
        now: datetime,
        *,
        trouble: str | None = None,
        text: str | None = None,
    ) -> None:
        """How the mailbox fares; since when its present trouble lasts is kept while the code stays the same. The row must be there (`lead` makes it)."""
        changes: dict[str, Any] = {"state": state, "trouble": trouble, "trouble_text": text}
        if state == "up":
            changes["looked_at"] = now
        await self._session.execute(
            update(mailbox_cursors)
            .where(*_folder(workspace, mailbox, folder), or_(_M.trouble.is_(None), _M.trouble != (trouble or "")))
            .values(trouble_since=now if trouble else None)
        )
        await self._session.execute(update(mailbox_cursors).where(*_folder(workspace, mailbox, folder)).values(**changes))

    async def alert(self, workspace: str, mailbox: str, folder: str, alert: str | None, now: datetime | None) -> None:
        """Something a person should know, or None once somebody does."""
        await self._session.execute(
            update(mailbox_cursors).where(*_folder(workspace, mailbox, folder)).values(alert=alert, alert_at=now)
        )

    async def begin_folder(self, workspace: str, mailbox: str, folder: str, uidvalidity: int, last_uid: int) -> None:
        """The folder's numbers begin anew."""
        row = self._session.insert(mailbox_cursors).values(
            workspace=workspace, mailbox=mailbox, folder=folder, uidvalidity=uidvalidity, last_uid=last_uid, state="stopped"
        )
        await self._session.execute(
            row.on_conflict_do_update(
                index_elements=[_M.workspace, _M.mailbox, _M.folder], set_={"uidvalidity": uidvalidity, "last_uid": last_uid}
            )
        )

    async def advance(self, workspace: str, mailbox: str, folder: str, uidvalidity: int, uid: int) -> None:
        """Everything up to `uid` was looked at. Never goes back."""
        await self._session.execute(
            update(mailbox_cursors)
            .where(*_folder(workspace, mailbox, folder), _M.uidvalidity == uidvalidity, _M.last_uid < uid)
            .values(last_uid=uid)
        )

    # -- what came

    async def keep_raw(self, mail: RawMail, raw: bytes) -> tuple[str, bool]:
        """Keep a mail as it came; its id, and whether it is new. One that the mailbox brought before is not kept again, whatever became of it."""
        row = self._session.insert(raw_mails).values(**_RAW.write(mail), html=None, bytes=None if self._apart else raw)
        kept = await self._session.execute(row.on_conflict_do_nothing().returning(_R.id))
        if kept.rows:
            await self._put_bytes(mail.workspace, mail.id, raw)
            return mail.id, True
        same = _R.dedupe_key == mail.dedupe_key
        if mail.uid is not None:
            same = or_(same, and_(_R.uidvalidity == mail.uidvalidity, _R.uid == mail.uid))
        found = await self._session.execute(
            select(_R.id).where(_R.workspace == mail.workspace, _R.mailbox == mail.mailbox, same).limit(1)
        )
        return str(found.scalar()), False

    async def raw(self, workspace: str, mail: str) -> RawMail | None:
        found = await self._session.execute(select(*_RAW.columns).where(_R.workspace == workspace, _R.id == mail))
        return _RAW.read(found.rows[0]) if found.rows else None

    async def raw_bytes(self, workspace: str, mail: str) -> bytes | None:
        """The mail as it came; None where it was deleted."""
        found = await self._session.execute(
            select(_R.bytes, _Y.bytes).select_from(_with_bytes(raw_mails)).where(_R.workspace == workspace, _R.id == mail)
        )
        return _bytes_of(found.rows[0]) if found.rows else None

    async def due(self, workspace: str, now: datetime, limit: int = 50) -> list[RawMail]:
        """Mails that wait to be worked off, the oldest first."""
        found = await self._session.execute(
            select(*_RAW.columns)
            .where(_R.workspace == workspace, _R.state == "waiting", _R.due_at <= now)
            .order_by(_R.due_at, _R.id)
            .limit(limit)
        )
        return [_RAW.read(row) for row in found.rows]

    async def settle_raw(
        self, workspace: str, mail: str, *, from_: Collection[RawMailState] = WAITING, **changes: Unpack[RawMailChanges]
    ) -> bool:
        """Change a mail that is still in one of these states; False where somebody else was faster."""
        done = await self._session.execute(
            update(raw_mails).where(_R.workspace == workspace, _R.id == mail, _R.state.in_(list(from_))).values(**changes)
        )
        return done.count == 1

    async def bury_raw(self, workspace: str, mail: str, now: datetime) -> None:
        """Delete a mail for good: what stays is that it was there, so that no second fetch brings it back."""
        await self._bury(workspace, now, _R.id == mail)

    async def expire_raw(self, workspace: str, before: datetime, now: datetime, limit: int) -> tuple[int, list[str]]:
        """Forget how mails came that have been here since before then, the oldest first. Those that wait are left alone; of one that became nothing only
        that it was there stays. How many there were, and those among them that waited for a person to decide."""
        found = await self._session.execute(
            select(_R.id, _R.state)
            .where(_R.workspace == workspace, _R.gone_at.is_(None), _R.due_at < before, _R.state != "waiting")
            .order_by(_R.due_at)
            .limit(limit)
        )
        mails = [str(row.id) for row in found.rows]
        if mails:
            await self._bury(workspace, now, _R.id.in_(mails), _R.state.in_(NOTHING_CAME_OF))
            await self._strip(workspace, now, _R.id.in_(mails))
        return len(mails), [str(row.id) for row in found.rows if row.state in {"held", "failed"}]

    async def forget_mails(
        self, workspace: str, customers: Collection[str], addresses: Collection[str], now: datetime
    ) -> Forgotten:
        """Forget at once how the mails of these customers came and went, with their files, and what came from these addresses (in small letters) and became
        nothing. What still has to be sent is left alone."""
        theirs = select(_C.id).where(_C.workspace == workspace, _C.customer.in_(list(customers))).scalar_subquery()
        nothing = await self._bury(
            workspace, now, func.lower(_R.sender).in_(list(addresses)), _R.state.in_(NOTHING_CAME_OF), _R.gone_at.is_(None)
        )
        came = await self._strip(workspace, now, _R.conversation.in_(theirs))
        files = await self._drop_files(workspace, _A.conversation.in_(theirs))
        over = (_O.workspace == workspace, _O.conversation.in_(theirs), _O.state.in_(["sent", "bounced"]))
        found = await self._session.execute(
            select(_O.id).select_from(_with_bytes(outgoing_mails)).where(*over, func.length(func.coalesce(_Y.bytes, _O.bytes)) > 0)
        )
        went = [str(row.id) for row in found.rows]
        await self._drop_bytes(workspace, _Y.id.in_(went))
        await self._session.execute(update(outgoing_mails).where(_O.workspace == workspace, _O.id.in_(went)).values(bytes=b""))
        return Forgotten(came=came + nothing, went=len(went), files=files)

    async def _bury(self, workspace: str, now: datetime, *which: Any) -> int:
        mails = (_R.workspace == workspace, *which)
        await self._drop_bytes(workspace, _Y.id.in_(select(_R.id).where(*mails)))
        done = await self._session.execute(
            update(raw_mails)
            .where(*mails)
            .values(state="tombstone", sender="", subject="", findings={}, envelope=None, html=None, bytes=None, gone_at=now)
        )
        return done.count

    async def _strip(self, workspace: str, now: datetime, *which: Any) -> int:
        """What stays is where the mail stands, and what later mails are tied to it by."""
        mails = (_R.workspace == workspace, _R.gone_at.is_(None), *which)
        await self._drop_bytes(workspace, _Y.id.in_(select(_R.id).where(*mails)))
        done = await self._session.execute(
            update(raw_mails).where(*mails).values(envelope=None, html=None, bytes=None, gone_at=now)
        )
        return done.count

    @property
    def _apart(self) -> bool:
        """Whether bytes lie in a table of their own."""
        return self._session.dialect == "sqlite"

    async def _put_bytes(self, workspace: str, id_: str, content: bytes) -> None:
        if self._apart:
            await self._session.execute(insert(mail_bytes), {"workspace": workspace, "id": id_, "bytes": content})

    async def _drop_bytes(self, workspace: str, which: Any) -> None:
        if self._apart:
            await self._session.execute(delete(mail_bytes).where(_Y.workspace == workspace, which))

    async def _drop_files(self, workspace: str, *which: Any) -> int:
        files = (_A.workspace == workspace, *which)
        await self._drop_bytes(workspace, _Y.id.in_(select(_A.id).where(*files)))
        return (await self._session.execute(delete(attachments).where(*files))).count

    async def raw_mails(
        self, scope: Scope, *, states: Collection[RawMailState] = (), mailbox: str | None = None, limit: int = 200
    ) -> list[RawMail]:
        """For operators: what came, the newest first."""
        operators_only(scope)
        wanted = select(*_RAW.columns).where(_R.workspace == scope.workspace)
        if states:
            wanted = wanted.where(_R.state.in_(list(states)))
        if mailbox is not None:
            wanted = wanted.where(_R.mailbox == mailbox)
        found = await self._session.execute(wanted.order_by(_R.received_at.desc(), _R.id.desc()).limit(limit))
        return [_RAW.read(row) for row in found.rows]

    async def raw_of(self, scope: Scope, conversation: str) -> list[RawMail]:
        """The mails that came into a conversation, as far as it can be seen, in their order."""
        staff_only(scope)
        found = await self._session.ask(
            scope,
            select(*_RAW.columns)
            .where(_R.workspace == scope.workspace, _R.conversation == conversation, _seen(scope, _R.conversation))
            .order_by(_R.position, _R.id),
        )
        return [_RAW.read(row) for row in found.rows]

    async def html_of(self, scope: Scope, mail: str) -> str | None:
        """The HTML of a mail in a conversation that can be seen, as it was sent: nothing for a screen until it was made safe."""
        staff_only(scope)
        found = await self._session.ask(
            scope, select(_R.html).where(_R.workspace == scope.workspace, _R.id == mail, _seen(scope, _R.conversation))
        )
        html: str | None = found.scalar() if found.rows else None
        return html

    async def backlog(self, workspace: str) -> list[MailBacklog]:
        """How many mails of each mailbox wait, are held or have failed. Those that became something are not counted: there are too many."""
        found = await self._session.execute(
            select(_R.mailbox, _R.state, func.count().label("mails"), func.min(_R.received_at).label("oldest"))
            .where(_R.workspace == workspace, _R.state.in_(["waiting", "held", "failed"]))
            .group_by(_R.mailbox, _R.state)
        )
        boxes: dict[str, dict[str, int]] = {}
        oldest: dict[str, datetime] = {}
        for row in found.rows:
            boxes.setdefault(row.mailbox, {})[row.state] = int(row.mails)
            if row.state == "waiting":
                oldest[row.mailbox] = row.oldest
        return [MailBacklog(mailbox=box, counts=counts, oldest_waiting=oldest.get(box)) for box, counts in sorted(boxes.items())]

    # -- threading

    async def conversations_of(self, workspace: str, brand: str, message_ids: Collection[str]) -> dict[str, tuple[str, str]]:
        """Id → brand and conversation of mails that we know; where several brands have one, this brand's."""
        if not message_ids:
            return {}
        found = await self._session.execute(
            select(_I.message_id, _I.brand, _I.conversation).where(_I.workspace == workspace, _I.message_id.in_(list(message_ids)))
        )
        rows = sorted(found.rows, key=lambda row: row.brand == brand)
        return {row.message_id: (row.brand, row.conversation) for row in rows}

    async def sharing_ancestors(
        self, workspace: str, brand: str, person: str, message_ids: Collection[str]
    ) -> dict[tuple[str, str, str], str]:
        """(id, brand, person) → conversation in which another mail of this person names the same id."""
        if not message_ids:
            return {}
        found = await self._session.execute(
            select(_N.message_id, _N.conversation).where(
                _N.workspace == workspace, _N.brand == brand, _N.person == person, _N.message_id.in_(list(message_ids))
            )
        )
        return {(row.message_id, brand, person): row.conversation for row in found.rows}

    async def learn_id(self, workspace: str, brand: str, message_id: str, conversation: str, *, ours: bool) -> None:
        """This mail is of this conversation; the first word stands."""
        row = self._session.insert(mail_ids).values(
            workspace=workspace, brand=brand, message_id=message_id, conversation=conversation, ours=ours
        )
        await self._session.execute(row.on_conflict_do_nothing(index_elements=[_I.workspace, _I.brand, _I.message_id]))

    async def learn_ancestors(self, workspace: str, brand: str, person: str, message_ids: Sequence[str], conversation: str) -> None:
        """A mail of this person names these ids."""
        for message_id in message_ids:
            row = self._session.insert(mail_ancestors).values(
                workspace=workspace, brand=brand, message_id=message_id, person=person, conversation=conversation
            )
            await self._session.execute(
                row.on_conflict_do_nothing(index_elements=[_N.workspace, _N.brand, _N.message_id, _N.person])
            )

    # -- attachments

    async def attach(self, attachment: AttachmentRecord, content: bytes) -> None:
        await self._session.execute(
            insert(attachments), {**_ATTACHMENT.write(attachment), "bytes": b"" if self._apart else content}
        )
        await self._put_bytes(attachment.workspace, attachment.id, content)

    async def attachments_of(self, scope: Scope, conversation: str, *, mail: str | None = None) -> list[AttachmentRecord]:
        """The files of a conversation that can be seen, or of one mail of it."""
        staff_only(scope)
        wanted = select(*_ATTACHMENT.columns).where(
            _A.workspace == scope.workspace, _A.conversation == conversation, _seen(scope, _A.conversation)
        )
        if mail is not None:
            wanted = wanted.where(_A.mail == mail)
        found = await self._session.ask(scope, wanted.order_by(_A.id))
        return [_ATTACHMENT.read(row) for row in found.rows]

    async def attachment(self, scope: Scope, attachment: str) -> tuple[AttachmentRecord, bytes]:
        """One file with its content. Raises: not_found."""
        staff_only(scope)
        found = await self._session.ask(
            scope,
            select(*_ATTACHMENT.columns, _A.bytes, _Y.bytes)
            .select_from(_with_bytes(attachments))
            .where(_A.workspace == scope.workspace, _A.id == attachment, _seen(scope, _A.conversation)),
        )
        if not found.rows:
            raise HubError("not_found")
        *row, within, apart = tuple(found.rows[0])
        return _ATTACHMENT.read(row), _bytes_of((within, apart)) or b""

    # -- what goes out

    async def put_out(self, mail: Outgoing, raw: bytes, recipients: Collection[str]) -> None:
        """A frozen mail, to be sent to each of these."""
        await self._session.execute(insert(outgoing_mails), {**_OUTGOING.write(mail), "bytes": b"" if self._apart else raw})
        await self._put_bytes(mail.workspace, mail.id, raw)
        rows = [
            _RECIPIENT.write(OutgoingRecipient(workspace=mail.workspace, mail=mail.id, address=address)) for address in recipients
        ]
        if rows:
            await self._session.execute(insert(outgoing_recipients), rows)

    async def outgoing(self, workspace: str, mail: str) -> Outgoing | None:
        found = await self._session.execute(select(*_OUTGOING.columns).where(_O.workspace == workspace, _O.id == mail))
        return _OUTGOING.read(found.rows[0]) if found.rows else None

    async def outgoing_bytes(self, workspace: str, mail: str) -> bytes:
        """Exactly what is sent, at every try. Raises: not_found."""
        found = await self._session.execute(
            select(_O.bytes, _Y.bytes).select_from(_with_bytes(outgoing_mails)).where(_O.workspace == workspace, _O.id == mail)
        )
        if not found.rows:
            raise HubError("not_found")
        return _bytes_of(found.rows[0]) or b""

    async def outgoing_by_message_id(self, workspace: str, message_id: str) -> Outgoing | None:
        found = await self._session.execute(
            select(*_OUTGOING.columns).where(_O.workspace == workspace, _O.message_id == message_id)
        )
        return _OUTGOING.read(found.rows[0]) if found.rows else None

    async def last_sent_to(self, workspace: str, brand: str, address: str) -> Outgoing | None:
        """What the brand wrote last to somebody: for bounces that say nothing of the mail but whom it was for."""
        found = await self._session.execute(
            select(*_OUTGOING.columns)
            .where(
                _O.workspace == workspace,
                _O.brand == brand,
                exists().where(_P.workspace == _O.workspace, _P.mail == _O.id, _P.address == address),
            )
            .order_by(_O.made_at.desc())
            .limit(1)
        )
        return _OUTGOING.read(found.rows[0]) if found.rows else None

    async def outgoing_due(self, workspace: str, now: datetime, limit: int = 50) -> list[Outgoing]:
        """What should be sent now, the oldest first."""
        found = await self._session.execute(
            select(*_OUTGOING.columns)
            .where(_O.workspace == workspace, _O.state.in_(["queued", "deferred"]), _O.due_at <= now)
            .order_by(_O.due_at, _O.id)
            .limit(limit)
        )
        return [_OUTGOING.read(row) for row in found.rows]

    async def outgoing_lost(self, workspace: str, now: datetime, limit: int = 50) -> list[Outgoing]:
        """Whose sender died: leased, and the lease is over."""
        found = await self._session.execute(
            select(*_OUTGOING.columns)
            .where(_O.workspace == workspace, _O.state.in_(["leased", "data_started"]), _O.leased_until <= now)
            .order_by(_O.due_at, _O.id)
            .limit(limit)
        )
        return [_OUTGOING.read(row) for row in found.rows]

    async def settle_outgoing(
        self,
        workspace: str,
        mail: str,
        *,
        from_: Collection[OutgoingState],
        holder: str | None = None,
        due_by: datetime | None = None,
        **changes: Unpack[OutgoingChanges],
    ) -> bool:
        """Change a mail that is in one of these states (and leased by `holder`, and due by then); False where it is otherwise by now."""
        row = [_O.workspace == workspace, _O.id == mail, _O.state.in_(list(from_))]
        if holder is not None:
            row.append(_O.leased_by == holder)
        if due_by is not None:
            row.append(_O.due_at <= due_by)
        done = await self._session.execute(update(outgoing_mails).where(*row).values(**changes))
        return done.count == 1

    async def settle_recipients(
        self, workspace: str, mail: str, *, from_: Collection[OutgoingState], to: OutgoingState, answer: str | None = None
    ) -> int:
        """Move every recipient that is in one of these states; how many there were."""
        done = await self._session.execute(
            update(outgoing_recipients)
            .where(_P.workspace == workspace, _P.mail == mail, _P.state.in_(list(from_)))
            .values(state=to, answer=answer if answer is not None else _P.answer)
        )
        return done.count

    async def outgoing_backlog(self) -> list[tuple[str, str, int, datetime | None]]:
        """Workspace, state, how many and the oldest due, of every mail that is neither sent nor bounced."""
        found = await self._session.execute(
            select(_O.workspace, _O.state, func.count().label("mails"), func.min(_O.due_at).label("oldest"))
            .where(_O.state.in_(["queued", "leased", "data_started", "unknown", "deferred", "failed"]))
            .group_by(_O.workspace, _O.state)
        )
        return [(row.workspace, row.state, int(row.mails), row.oldest) for row in found.rows]

    async def recipients(self, workspace: str, mail: str) -> list[OutgoingRecipient]:
        found = await self._session.execute(
            select(*_RECIPIENT.columns).where(_P.workspace == workspace, _P.mail == mail).order_by(_P.address)
        )
        return [_RECIPIENT.read(row) for row in found.rows]

    async def settle_recipient(
        self, workspace: str, mail: str, address: str, state: OutgoingState, *, status: str | None = None, answer: str | None = None
    ) -> bool:
        done = await self._session.execute(
            update(outgoing_recipients)
            .where(_P.workspace == workspace, _P.mail == mail, _P.address == address)
            .values(state=state, status=status, answer=answer)
        )
        return done.count == 1

    async def outgoing_of(self, scope: Scope, conversation: str) -> list[Outgoing]:
        """What was written out of a conversation that can be seen."""
        staff_only(scope)
        found = await self._session.ask(
            scope,
            select(*_OUTGOING.columns)
            .where(_O.workspace == scope.workspace, _O.conversation == conversation, _seen(scope, _O.conversation))
            .order_by(_O.made_at, _O.id),
        )
        return [_OUTGOING.read(row) for row in found.rows]

    async def fates(self, workspace: str, conversations: Collection[str]) -> list[tuple[Outgoing, list[OutgoingRecipient]]]:
        """How everything fares that was written out of these conversations, for whoever was shown them before; in the order in which it was made."""
        if not conversations:
            return []
        found = await self._session.execute(
            select(*_OUTGOING.columns)
            .where(_O.workspace == workspace, _O.conversation.in_(list(conversations)))
            .order_by(_O.made_at, _O.id)
        )
        mails = [_OUTGOING.read(row) for row in found.rows]
        if not mails:
            return []
        found = await self._session.execute(
            select(*_RECIPIENT.columns)
            .where(_P.workspace == workspace, _P.mail.in_([mail.id for mail in mails]))
            .order_by(_P.address)
        )
        reached = [_RECIPIENT.read(row) for row in found.rows]
        return [(mail, [one for one in reached if one.mail == mail.id]) for mail in mails]

    async def adopt(self, workspace: str, conversation: str, attachments_: Collection[str], mail: str) -> int:
        """Files that were waiting in a conversation now belong to this mail; how many were."""
        done = await self._session.execute(
            update(attachments)
            .where(_A.workspace == workspace, _A.conversation == conversation, _A.id.in_(list(attachments_)), _A.mail == "")
            .values(mail=mail)
        )
        return done.count

    async def place(self, workspace: str, mail: str, position: int) -> None:
        """Where a mail of ours stands in its conversation's public log."""
        await self._session.execute(
            update(outgoing_mails).where(_O.workspace == workspace, _O.id == mail).values(position=position)
        )

    async def drop_unsent(self, workspace: str, older_than: str, limit: int) -> int:
        """Delete files that were to go along with a mail that nobody sent, of ids before this one; how many there were."""
        found = await self._session.execute(
            select(_A.id).where(_A.workspace == workspace, _A.mail == "", _A.id < older_than).order_by(_A.id).limit(limit)
        )
        files = [str(row.id) for row in found.rows]
        if files:
            await self._drop_files(workspace, _A.id.in_(files), _A.mail == "")
        return len(files)

    async def detach(self, workspace: str, conversation: str, attachment: str) -> None:
        """Take back a file that no mail has."""
        await self._drop_files(workspace, _A.conversation == conversation, _A.id == attachment, _A.mail == "")

    async def outgoing_mails(self, scope: Scope, *, states: Collection[OutgoingState] = (), limit: int = 200) -> list[Outgoing]:
        """For operators: what went or should go out, the newest first."""
        operators_only(scope)
        wanted = select(*_OUTGOING.columns).where(_O.workspace == scope.workspace)
        if states:
            wanted = wanted.where(_O.state.in_(list(states)))
        found = await self._session.execute(wanted.order_by(_O.made_at.desc(), _O.id.desc()).limit(limit))
        return [_OUTGOING.read(row) for row in found.rows]

    # -- loop guards

    async def answered_at(self, workspace: str, brand: str, sender_key: str) -> datetime | None:
        """When a robot of the brand wrote last to this sender."""
        found = await self._session.execute(
            select(_U.at).where(_U.workspace == workspace, _U.brand == brand, _U.sender_key == sender_key)
        )
        at: datetime | None = found.scalar() if found.rows else None
        return at

    async def claim_answer(self, workspace: str, brand: str, sender_key: str, now: datetime, *, pause: timedelta) -> bool:
        """Whether a robot may write now; if so it is counted as having written, so that of any number of askers one gets it."""
        row = self._session.insert(automatic_answers).values(workspace=workspace, brand=brand, sender_key=sender_key, at=now)
        claimed = await self._session.execute(
            row.on_conflict_do_update(
                index_elements=[_U.workspace, _U.brand, _U.sender_key], set_={"at": now}, where=_U.at <= now - pause
            ).returning(_U.at)
        )
        return bool(claimed.rows)

    async def arrivals(self, workspace: str, brand: str, sender_key: str) -> tuple[tuple[datetime, ...], datetime | None]:
        """When the sender's latest mails came, and since when nothing automatic happens for them."""
        found = await self._session.execute(
            select(_B.times, _B.tripped_at).where(_B.workspace == workspace, _B.brand == brand, _B.sender_key == sender_key)
        )
        if not found.rows:
            return (), None
        row = found.rows[0]
        return tuple(datetime.fromisoformat(time) for time in row.times), row.tripped_at

    async def keep_arrivals(
        self, workspace: str, brand: str, sender_key: str, times: Sequence[datetime], tripped_at: datetime | None
    ) -> None:
        values = {"times": [time.isoformat() for time in times], "tripped_at": tripped_at}
        row = self._session.insert(mail_breaker).values(workspace=workspace, brand=brand, sender_key=sender_key, **values)
        await self._session.execute(row.on_conflict_do_update(index_elements=[_B.workspace, _B.brand, _B.sender_key], set_=values))

    async def tripped(self, workspace: str, since: datetime) -> list[tuple[BrandId, str, datetime]]:
        """Senders who write so often that only a loop explains it: brand, sender, since when."""
        found = await self._session.execute(
            select(_B.brand, _B.sender_key, _B.tripped_at)
            .where(_B.workspace == workspace, _B.tripped_at >= since)
            .order_by(_B.tripped_at.desc())
            .limit(100)
        )
        return [(BrandId(row.brand), row.sender_key, row.tripped_at) for row in found.rows]

    async def sweep_guards(self, before: datetime) -> None:
        """Forget counters of senders who fell silent before then."""
        await self._session.execute(delete(automatic_answers).where(_U.at < before))


def _with_bytes(table: Any) -> Any:
    """Each row with its bytes that lie apart, if they do."""
    return table.outerjoin(mail_bytes, and_(_Y.workspace == table.c.workspace, _Y.id == table.c.id))


def _bytes_of(row: Sequence[Any]) -> bytes | None:
    """From the row itself, or from apart."""
    within, apart = row
    content = within if apart is None else apart
    return None if content is None else bytes(content)


def _folder(workspace: str, mailbox: str, folder: str) -> tuple[Any, ...]:
    return (_M.workspace == workspace, _M.mailbox == mailbox, _M.folder == folder)


def _seen(scope: Scope, conversation: Any) -> Any:
    """Whether the conversation of this row can be seen."""
    return exists().where(_C.id == conversation, visible_conversations(type(scope)))
