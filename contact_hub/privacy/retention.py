"""How long originals are kept: the bytes of mails as they came, and files that nobody sent.

What a mail says stands masked in its conversation; the mail itself still holds the card number that was masked there. So the original is kept for as long as
the workspace's rules say, and no longer; what stays is where it stood, and that it was there, so that no fetch brings it back. Whoever wants to be forgotten
need not wait for that.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from contact_hub.clock import Clock
from contact_hub.errors import HubError
from contact_hub.ids import Ids
from contact_hub.jobs import Attempt, Kind
from contact_hub.scope import OperatorScope, SystemScope
from contact_hub.store import Store, Tx
from contact_hub.store.records import Forgotten
from contact_hub.workspace.service import Workspaces
from contact_hub.workspace.values import plain_address

EXPIRE: Final = "mail.expire"
UNSENT_KEPT: Final = timedelta(days=1)
"""A file that was laid beside an answer and not sent within a day was meant for nobody."""
_ROUND_SECONDS: Final = 600.0
_MAILS_AT_ONCE: Final = 20
"""The disk frees what they held within one commit, and a mail may have 30 MB."""
_FILES_AT_ONCE: Final = 20
_BATCHES_MAX: Final = 200


class Retention:
    """Two processes expiring at once do no harm: each step asks again in its transaction."""

    def __init__(self, *, store: Store, workspaces: Workspaces, clock: Clock, ids: Ids) -> None:
        self._store, self._workspaces, self._clock, self._ids = store, workspaces, clock, ids

    def kinds(self) -> tuple[Kind, ...]:
        """What is to be registered as background work."""
        return (Kind(name=EXPIRE, handler=self._expire_everywhere, every_seconds=_ROUND_SECONDS, seconds_max=300),)

    async def forget(self, scope: OperatorScope | SystemScope, address: str, *, by: str) -> Forgotten:
        """Delete at once the originals of all mails from and to whoever has this address, with their files, whatever the rules keep. What was said stays in
        the conversations, masked. Raises: not_found, where nobody has it."""
        now = self._clock.now()
        addresses = sorted({plain_address(address), address.strip().lower()})

        async def command(tx: Tx) -> Forgotten:
            customers = await tx.customers.named(scope.workspace, addresses)
            gone = await tx.mail.forget_mails(scope.workspace, [one.id for one in customers], addresses, now)
            if not customers and not gone.came:
                raise HubError("not_found")
            told = {"came": gone.came, "went": gone.went, "files": gone.files}
            for customer in customers:
                tx.audit.append(scope.workspace, at=now, who=by, action="mail.forgotten", subject=customer.id, details=told)
            if not customers:
                tx.audit.append(scope.workspace, at=now, who=by, action="mail.forgotten", subject="", details=told)
            return gone

        return await self._store.write(command, name="mail.forget")

    async def expire(self, workspace: str) -> None:
        """Delete what this workspace's rules keep no longer, a few at a time, so that nobody waits for it."""
        now = self._clock.now()
        before = now - timedelta(days=self._workspaces.floor(workspace).workspace.retention.original_mail_days)
        for _ in range(_BATCHES_MAX):
            if await self._store.write(lambda tx: self._expire_mails(tx, workspace, before, now), name="mail.expire") == 0:
                break
        older_than = self._ids.floor("att", now - UNSENT_KEPT)
        for _ in range(_BATCHES_MAX):
            unsent = await self._store.write(
                lambda tx: tx.mail.drop_unsent(workspace, older_than, _FILES_AT_ONCE), name="mail.expire_files"
            )
            if unsent == 0:
                break

    async def _expire_mails(self, tx: Tx, workspace: str, before: datetime, now: datetime) -> int:
        expired, undecided = await tx.mail.expire_raw(workspace, before, now, _MAILS_AT_ONCE)
        for mail in undecided:  # it may have been somebody's question: that nobody looked shall not be forgotten with it
            tx.audit.append(workspace, at=now, who="retention", action="mail.expired", subject=mail)
        return expired

    async def _expire_everywhere(self, _attempt: Attempt) -> None:
        """One workspace's trouble is not the others'."""
        await self._workspaces.refresh()
        stopped: HubError | None = None
        for workspace in self._workspaces.known():
            try:
                await self.expire(workspace)
            except HubError as trouble:
                stopped = trouble
        if stopped is not None:
            raise stopped


__all__ = ["EXPIRE", "UNSENT_KEPT", "Retention"]
