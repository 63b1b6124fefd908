"""The operator's desk for mail: how mailboxes fare, what was kept apart, what failed, what nobody knows, and who writes in circles.

Reads rows and shapes them; decides nothing by itself. Each decision of a person is carried out by whoever owns the rows (intake for what came, sending for
what goes out) and is written into the audit with who made it, in the same transaction: none happens unseen, and none is told that did not happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol

from contact_hub.bus import Bus, Poke
from contact_hub.clock import Clock
from contact_hub.errors import HubError
from contact_hub.mail.intake import Inside
from contact_hub.scope import OperatorScope
from contact_hub.store import Store, Tx
from contact_hub.store.records import Outgoing, OutgoingRecipient, OutgoingState, RawMail, RawMailState
from contact_hub.workspace.service import Workspaces

OF_INTEREST: Final[tuple[RawMailState, ...]] = ("held", "failed")
IN_DOUBT: Final[tuple[OutgoingState, ...]] = ("unknown", "failed", "bounced", "deferred")
_TRIPPED_SINCE: Final = timedelta(days=1)
_SHOWN: Final = 200

Coming = Literal["release", "again", "drop"]
Going = Literal["sent", "again"]


class Intake(Protocol):
    """Who owns what came."""

    async def again(self, tx: Tx, workspace: str, mail: str, *, release: bool = False, by: str = "") -> None: ...

    async def bury(self, tx: Tx, workspace: str, mail: str) -> None: ...

    async def inside(self, workspace: str, mail: str) -> Inside: ...


class Sending(Protocol):
    """Who owns what goes out."""

    async def decide(self, tx: Tx, workspace: str, mail: str, decision: Going, now: datetime, /) -> bool: ...


class MailOffice:
    """What an operator sees of mail, and decides about it."""

    def __init__(
        self, *, store: Store, workspaces: Workspaces, intake: Intake | None, sending: Sending, bus: Bus, clock: Clock
    ) -> None:
        self._store, self._workspaces, self._intake, self._sending = store, workspaces, intake, sending
        self._bus, self._clock = bus, clock

    async def look(self, scope: OperatorScope) -> dict[str, Any]:
        """Everything on one page, the newest first."""
        floor, now = self._workspaces.floor(scope.workspace), self._clock.now()
        async with self._store.read() as tx:
            cursors = {row.mailbox: row for row in await tx.mail.cursors(scope.workspace)}
            backlog = {row.mailbox: row for row in await tx.mail.backlog(scope.workspace)}
            coming = await tx.mail.raw_mails(scope, states=OF_INTEREST, limit=_SHOWN)
            going = await tx.mail.outgoing_mails(scope, states=IN_DOUBT, limit=_SHOWN)
            reached = {mail.id: await tx.mail.recipients(scope.workspace, mail.id) for mail in going}
            tripped = await tx.mail.tripped(scope.workspace, now - _TRIPPED_SINCE)
        boxes: list[dict[str, Any]] = []
        for brand in floor.workspace.brands:
            for box in brand.mailboxes:
                cursor, waits = cursors.get(box.id), backlog.get(box.id)
                boxes.append(
                    {
                        "mailbox": box.id,
                        "brand": brand.id,
                        "address": box.address,
                        "fetched": box.intake.imap is not None,
                        "sends": box.relay is not None,
                        "state": cursor.state if cursor else ("stopped" if box.intake.imap is not None else "open"),
                        "looked_at": cursor.looked_at if cursor else None,
                        "trouble": cursor.trouble if cursor else None,
                        "trouble_text": cursor.trouble_text if cursor else None,
                        "trouble_since": cursor.trouble_since if cursor else None,
                        "alert": cursor.alert if cursor else None,
                        "alert_at": cursor.alert_at if cursor else None,
                        "counts": dict(waits.counts) if waits else {},
                        "oldest_waiting": waits.oldest_waiting if waits else None,
                    }
                )
        return {
            "now": now,
            "mailboxes": boxes,
            "coming": [_came(mail) for mail in coming],
            "going": [_goes(mail, reached[mail.id]) for mail in going],
            "tripped": [{"brand": brand, "sender": sender, "since": since} for brand, sender, since in tripped],
        }

    async def inside(self, scope: OperatorScope, mail: str, *, by: str) -> Inside:
        """What a mail says that waits for a decision; that somebody looked is written into the audit.

        Raises: not_found, out_of_order, mail_gone, mail_unreadable, unavailable."""
        if self._intake is None:
            raise HubError("unavailable")
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            tx.audit.append(scope.workspace, at=now, who=by, action="mail.looked_inside", subject=mail)

        found = await self._intake.inside(scope.workspace, mail)
        await self._store.write(command, name="mail.inside")
        return found

    async def decide_coming(self, scope: OperatorScope, mail: str, decision: Coming, *, by: str) -> None:
        """Let a mail in that was kept apart, run one again, or delete it for good. Raises: not_found, out_of_order, unavailable."""
        if self._intake is None:
            raise HubError("unavailable")
        intake, now = self._intake, self._clock.now()

        async def command(tx: Tx) -> None:
            if decision == "drop":
                await intake.bury(tx, scope.workspace, mail)
            else:
                await intake.again(tx, scope.workspace, mail, release=decision == "release", by=by)
            tx.audit.append(scope.workspace, at=now, who=by, action=f"mail.{decision}", subject=mail)

        await self._store.write(command, name="mail.decide")

    async def decide_going(self, scope: OperatorScope, mail: str, decision: Going, *, by: str) -> None:
        """Say of a mail that nobody knows about that it arrived, or send it once more. Raises: not_found, mail_undecided."""
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            row = await tx.mail.outgoing(scope.workspace, mail)
            if row is None:
                raise HubError("not_found")
            if not await self._sending.decide(tx, scope.workspace, mail, decision, now):
                raise HubError("mail_undecided")
            tx.audit.append(scope.workspace, at=now, who=by, action=f"mail.decided_{decision}", subject=mail)
            if row.conversation:
                moved = Poke("conversation", scope.workspace, row.conversation)
                tx.after_commit(lambda: self._bus.publish([moved]))

        await self._store.write(command, name="mail.decide")


def _came(mail: RawMail) -> dict[str, Any]:
    return {
        "mail": mail.id,
        "mailbox": mail.mailbox,
        "brand": mail.brand,
        "state": mail.state,
        "reason": mail.reason,
        "received_at": mail.received_at,
        "size": mail.size,
        "sender": mail.sender,
        "subject": mail.subject,
        "attempts": mail.attempts,
    }


def _goes(mail: Outgoing, recipients: Sequence[OutgoingRecipient]) -> dict[str, Any]:
    return {
        "mail": mail.id,
        "brand": mail.brand,
        "kind": mail.kind,
        "state": mail.state,
        "subject": mail.subject,
        "conversation": mail.conversation,
        "attempts": mail.attempts,
        "made_at": mail.made_at,
        "due_at": mail.due_at if mail.state == "deferred" else None,
        "answer": mail.last_answer,
        "recipients": [
            {"address": one.address, "state": one.state, "status": one.status, "answer": one.answer} for one in recipients
        ],
    }


__all__ = ["Coming", "Going", "MailOffice"]
