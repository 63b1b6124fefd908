"""What happened, for ever: the journal that every number is folded from, and the sealed audit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import exists, or_, select, true

from contact_hub.errors import HubError
from contact_hub.scope import ClientScope, OperatorScope, Scope, SystemScope
from contact_hub.store.records import AuditRow, JournalLine, NewJournalLine
from contact_hub.store.session import Session, audit_hash
from contact_hub.store.shape import Shape
from contact_hub.store.tables import audit, conversations, inquiries, journal, journal_about, workspaces
from contact_hub.store.visibility import operators_only, visible_conversations, visible_inquiries

_J: Final = journal.c
_B: Final = journal_about.c
_A: Final = audit.c
_I: Final = inquiries.c
_LINE: Final = Shape(JournalLine, journal)
_AUDIT: Final = Shape(AuditRow, audit)


class Journal:
    """Lines are numbered without holes in the order of commit, so a reader that stands at a number has missed nothing before it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, workspace: str, *lines: NewJournalLine) -> None:
        """Written at the end of this commit."""
        for line in lines:
            self._session.tail.journal.append(
                {
                    "workspace": workspace,
                    "at": line.at,
                    "epoch": line.epoch,
                    "kind": line.kind,
                    "inquiry": line.inquiry,
                    "conversation": line.conversation,
                    "body": line.body,
                }
            )
            self._session.tail.about.append(line.about | ({line.inquiry} if line.inquiry else frozenset()))

    async def read(
        self,
        scope: Scope,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        after_seq: int = 0,
        inquiry: str | None = None,
        conversation: str | None = None,
        limit: int = 10_000,
    ) -> list[JournalLine]:
        """Lines in order. A client reads what concerns its own conversations; of a step that decided about others too, the parts that name a
        foreign inquiry are cut out. Nobody else but operators reads decisions: they name other vendors' people."""
        wanted = select(*_LINE.columns).where(_J.workspace == scope.workspace, _J.seq > after_seq, _concerns(scope))
        if since is not None:
            wanted = wanted.where(_J.at >= since)
        if until is not None:
            wanted = wanted.where(_J.at < until)
        if conversation is not None:
            wanted = wanted.where(_J.conversation == conversation)
        if inquiry is not None:
            wanted = wanted.where(_J.seq.in_(select(_B.seq).where(_B.workspace == scope.workspace, _B.inquiry == inquiry)))
        found = await self._session.ask(scope, wanted.order_by(_J.seq).limit(limit))
        lines = [_LINE.read(row) for row in found.rows]
        return lines if isinstance(scope, SystemScope | OperatorScope) else await self._only_theirs(scope, lines)

    async def head(self, workspace: str) -> int:
        """The number of the latest line."""
        found = await self._session.execute(select(workspaces.c.journal_head).where(workspaces.c.id == workspace))
        return int(found.scalar() or 0)

    async def _only_theirs(self, scope: Scope, lines: list[JournalLine]) -> list[JournalLine]:
        if not lines:
            return []
        own = select(_B.seq, _B.inquiry, exists().where(_I.id == _B.inquiry, visible_inquiries(type(scope))).label("theirs"))
        found = await self._session.ask(scope, own.where(_B.workspace == scope.workspace, _B.seq.in_([line.seq for line in lines])))
        foreign = {row.inquiry for row in found.rows if not row.theirs}
        return [_without(line, foreign) for line in lines]


class Audit:
    """Who saw and changed what of whom. Every row seals itself and all before it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(
        self, workspace: str, *, at: datetime, who: str, action: str, subject: str, details: Mapping[str, Any] | None = None
    ) -> None:
        """Written at the end of this commit."""
        self._session.tail.audit.append(
            {"workspace": workspace, "at": at, "who": who, "action": action, "subject": subject, "details": details or {}}
        )

    async def read(self, scope: SystemScope | OperatorScope, *, after_seq: int = 0, limit: int = 1_000) -> list[AuditRow]:
        operators_only(scope)
        found = await self._session.execute(
            select(*_AUDIT.columns).where(_A.workspace == scope.workspace, _A.seq > after_seq).order_by(_A.seq).limit(limit)
        )
        return [_AUDIT.read(row) for row in found.rows]

    async def verify(self, workspace: str) -> int | None:
        """The number of the first row that was changed, removed or added behind our back; None where the chain holds."""
        head = (
            await self._session.execute(
                select(workspaces.c.audit_head, workspaces.c.audit_hash).where(workspaces.c.id == workspace)
            )
        ).first()
        if head is None:
            return None
        previous, expected = "", 1
        while True:
            page = await self._session.execute(
                select(audit).where(_A.workspace == workspace, _A.seq >= expected).order_by(_A.seq).limit(1_000)
            )
            for row in page.rows:
                if row.seq != expected or row.hash != audit_hash(previous, row._asdict()):
                    return expected
                previous, expected = row.hash, expected + 1
            if not page.rows:
                return None if (head.audit_head, head.audit_hash) == (expected - 1, previous) else expected


def _concerns(scope: Scope) -> Any:
    match scope:
        case SystemScope() | OperatorScope():
            return true()
        case ClientScope():
            theirs = exists().where(
                _B.workspace == _J.workspace, _B.seq == _J.seq, _I.id == _B.inquiry, visible_inquiries(type(scope))
            )
            return or_(theirs, exists().where(conversations.c.id == _J.conversation, visible_conversations(type(scope))))
        case _:
            raise HubError("not_found")


def _without(line: JournalLine, foreign: Collection[str]) -> JournalLine:
    """The line without every part that names a foreign inquiry. An event about one becomes the passing of time: that something happened
    is theirs to know, what it was is not."""
    if not foreign:
        return line
    body = _cut(line.body, foreign)
    return JournalLine(
        seq=line.seq,
        at=line.at,
        epoch=line.epoch,
        kind=line.kind,
        inquiry=None if line.inquiry in foreign else line.inquiry,
        conversation=None if line.inquiry in foreign else line.conversation,
        body=body if isinstance(body, Mapping) else {},
    )


def _cut(value: Any, foreign: Collection[str]) -> Any:
    match value:
        case Mapping() if value.get("inquiry") in foreign:
            return None
        case Mapping():
            cut = {name: _cut(part, foreign) for name, part in value.items()}
            return {**cut, "event": {"is": "deadline_passed"}} if "event" in cut and cut["event"] is None else cut
        case list():
            return [part for item in value if (part := _cut(item, foreign)) is not None]
        case _:
            return value
