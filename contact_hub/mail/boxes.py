"""Mailboxes that are fetched: one task for each, which never dies for long.

A mailbox's row says how far it was read; each mail is kept together with that number in one commit, so that whoever reads on reads on exactly there, whoever
was killed and whatever other programs do to the mailbox (`\\Seen` is set afterwards, for people). One node reads at a time, by a lease in the same row; two
would do no harm. Where the server counts anew (UIDVALIDITY), what came in the last three days before the last look is read again: what is known stays known.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final, TypeVar

import structlog

from contact_hub.cancelling import is_cancelled
from contact_hub.channels.email.mail import BYTES_MAX
from contact_hub.clock import Clock
from contact_hub.errors import HubError
from contact_hub.mail.imap import Fetched, ImapSession, MailboxTrouble, Opened
from contact_hub.mail.intake import Intake
from contact_hub.mail.metrics import mailbox_trouble
from contact_hub.mail.secret import secret
from contact_hub.store import Store, Tx
from contact_hub.store.records import MailboxCursor, MailboxState
from contact_hub.workspace.model import Imap, Mailbox
from contact_hub.workspace.service import Workspaces

T = TypeVar("T")

RESCAN: Final = timedelta(days=3)
POLL_SECONDS: Final = 60.0
LEASE_SECONDS: Final = 30.0
_RULES_SECONDS: Final = 5.0
_SEEN_AT_ONCE: Final = 50
_BACK_OFF_SECONDS: Final = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)

_log = structlog.get_logger(__name__)


class Boxes:
    """Looks after every mailbox of every workspace, as the rules of the moment say."""

    def __init__(
        self,
        *,
        intake: Intake,
        store: Store,
        workspaces: Workspaces,
        clock: Clock,
        node: str,
        poll_seconds: float = POLL_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
        back_off_seconds: tuple[float, ...] = _BACK_OFF_SECONDS,
    ) -> None:
        self._intake, self._store, self._workspaces, self._clock, self._node = intake, store, workspaces, clock, node
        self._poll_seconds, self._lease_seconds, self._back_off_seconds = poll_seconds, lease_seconds, back_off_seconds
        self._tasks: dict[tuple[str, str], tuple[Mailbox, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """For the life of the process."""
        try:
            while True:
                await self.follow_rules()
                await asyncio.sleep(_RULES_SECONDS)
        finally:
            for _, task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*(task for _, task in self._tasks.values()), return_exceptions=True)

    async def follow_rules(self) -> None:
        """Begin with mailboxes that are new, end with those that are gone or changed."""
        wanted = self._wanted()
        for key, (box, task) in list(self._tasks.items()):
            if wanted.get(key) != box or task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                del self._tasks[key]
                if key not in wanted:
                    await self._put_away(key[0], box)
        for (workspace, name), box in wanted.items():
            if (workspace, name) not in self._tasks:
                task = asyncio.create_task(self._look_after(workspace, box), name=f"mailbox {name} of {workspace}")
                self._tasks[workspace, name] = (box, task)

    async def _put_away(self, workspace: str, box: Mailbox) -> None:
        """The rules do not name it any more: nobody needs to hear of it. Its cursor stays, should it come back."""
        imap, now = box.intake.imap, self._clock.now()
        assert imap is not None, "only mailboxes that are fetched were looked after"
        await self._store.write(lambda tx: tx.mail.health(workspace, box.id, imap.folder, "stopped", now), name="mailbox.stop")

    def _wanted(self) -> dict[tuple[str, str], Mailbox]:
        return {
            (workspace, box.id): box
            for workspace in self._workspaces.known()
            for brand in self._workspaces.floor(workspace).workspace.brands
            for box in brand.mailboxes
            if box.intake.imap is not None
        }

    async def _look_after(self, workspace: str, box: Mailbox) -> None:
        imap = box.intake.imap
        assert imap is not None, "only mailboxes that are fetched are looked after"
        line = _Line(self, workspace, box, imap)
        failures = 0
        while True:
            try:
                if await line.lead():
                    failures = await line.follow(failures)
                pause = self._lease_seconds / 2
            except MailboxTrouble as trouble:
                failures += 1
                pause = self._back_off_seconds[min(failures, len(self._back_off_seconds)) - 1]
                await line.tell(trouble)
            except HubError as trouble:
                failures += 1
                pause = self._back_off_seconds[min(failures, len(self._back_off_seconds)) - 1]
                await line.tell(MailboxTrouble("storing", trouble.code))
            except Exception as mistake:  # of ours: the other mailboxes, and this one later, shall not suffer from it
                failures += 1
                pause = self._back_off_seconds[-1]
                _log.exception("mailbox_task_failed", workspace=workspace, mailbox=box.id)
                await line.tell(MailboxTrouble("internal", type(mistake).__name__))
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - jitter

    # ------------------------------------------------------------ for the lines

    @property
    def store(self) -> Store:
        return self._store

    @property
    def intake(self) -> Intake:
        return self._intake

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def node(self) -> str:
        return self._node

    @property
    def poll_seconds(self) -> float:
        return self._poll_seconds

    @property
    def lease_seconds(self) -> float:
        return self._lease_seconds


class _Line:
    """The line to one mailbox: its thread, its session, its row."""

    def __init__(self, boxes: Boxes, workspace: str, box: Mailbox, imap: Imap) -> None:
        self._boxes, self._workspace, self._box, self._imap = boxes, workspace, box, imap
        self._leads_until = 0.0
        self._session: ImapSession | None = None

    async def lead(self) -> bool:
        """Whether reading it is our business now; asked of the database when half of the lease is over."""
        stop_watch = self._boxes.clock.monotonic()
        if stop_watch < self._leads_until - self._boxes.lease_seconds / 2:
            return True
        now = self._boxes.clock.now()

        async def command(tx: Tx) -> bool:
            return await tx.mail.lead(
                self._workspace, self._box.id, self._imap.folder, node=self._boxes.node, now=now, seconds=self._boxes.lease_seconds
            )

        leads = await self._boxes.store.write(command, name="mailbox.lead")
        self._leads_until = stop_watch + self._boxes.lease_seconds if leads else 0.0
        return leads

    async def follow(self, failures: int) -> int:
        """Read what is there and what comes, for as long as it is ours. Returns when it is not any more; `failures` so far are over once it was read."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"imap-{self._box.id}")
        try:
            await self._open()
            while await self.lead():
                await self._read_on()
                failures = 0
                await self._wait()
            return failures
        finally:
            await self._hang_up()
            self._thread.shutdown(wait=False)

    async def tell(self, trouble: MailboxTrouble) -> None:
        """Show that the mailbox cannot be read, and why."""
        mailbox_trouble(self._workspace, self._box.id, trouble.code)
        _log.warning("mailbox_down", workspace=self._workspace, mailbox=self._box.id, code=trouble.code, text=trouble.text)
        with contextlib.suppress(HubError):
            await self._health("down", trouble.code, trouble.text)

    # ------------------------------------------------------------ reading

    async def _open(self) -> None:
        try:
            word = secret(self._imap.secret)
        except HubError:
            raise MailboxTrouble("secret_missing", self._imap.secret) from None
        self._session = await self._call(lambda: ImapSession.open(self._imap, word))

    async def _read_on(self) -> None:
        """Everything after the cursor, one by one: each mail is on disk, with its number, before the next is asked for."""
        session = self._session
        assert session is not None, "opened before"
        opened = await self._call(lambda: session.select(self._imap.folder))
        last = await self._begin(session, opened)
        seen: list[int] = []
        for uid in await self._call(lambda: session.uids_after(last)):
            if not await self.lead():
                break
            mail = await self._call(lambda uid=uid: session.fetch(uid, BYTES_MAX))  # type: ignore[misc]
            await self._keep(opened, uid, mail)
            seen.append(uid)
            if len(seen) >= _SEEN_AT_ONCE:
                await self._call(lambda done=tuple(seen): session.mark_seen(done))  # type: ignore[misc]
                seen.clear()
        if seen:
            await self._call(lambda: session.mark_seen(seen))
        await self._health("up")

    async def _begin(self, session: ImapSession, opened: Opened) -> int:
        """The number after which to read. A folder that counts anew is read again from a while before the last look, so that nothing falls between."""
        async with self._boxes.store.read() as tx:
            cursor = await tx.mail.cursor(self._workspace, self._box.id, self._imap.folder)
        if cursor is not None and cursor.uidvalidity == opened.uidvalidity:
            return cursor.last_uid
        now = self._boxes.clock.now()
        day = ((cursor.looked_at if cursor and cursor.looked_at else now) - RESCAN).date()
        found = await self._call(lambda: session.uids_since(day))
        last = found[0] - 1 if found else opened.uidnext - 1
        await self._count_anew(cursor, opened, last)
        return last

    async def _count_anew(self, cursor: MailboxCursor | None, opened: Opened, last: int) -> None:
        workspace, box, folder, now = self._workspace, self._box.id, self._imap.folder, self._boxes.clock.now()
        surprising = cursor is not None and cursor.uidvalidity != 0

        async def command(tx: Tx) -> None:
            await tx.mail.begin_folder(workspace, box, folder, opened.uidvalidity, last)
            if surprising:
                await tx.mail.alert(workspace, box, folder, "uidvalidity_changed", now)

        await self._boxes.store.write(command, name="mailbox.begin")
        if surprising:
            _log.warning("mailbox_counts_anew", workspace=workspace, mailbox=box, uidvalidity=opened.uidvalidity)

    async def _keep(self, opened: Opened, uid: int, mail: Fetched | None) -> None:
        """A mail that somebody deleted meanwhile only moves the cursor."""
        if mail is None:
            await self._boxes.store.write(
                lambda tx: tx.mail.advance(self._workspace, self._box.id, self._imap.folder, opened.uidvalidity, uid),
                name="mailbox.advance",
            )
            return
        await self._boxes.intake.take(
            self._workspace,
            self._box.id,
            mail.raw,
            received_at=mail.received_at,
            folder=self._imap.folder,
            uidvalidity=opened.uidvalidity,
            uid=uid,
            size=mail.size,
        )

    async def _wait(self) -> None:
        """Until the server says that there is something, or until it is time to look. Waiting anew each time is what keeps the line alive."""
        session = self._session
        assert session is not None, "opened before"
        step = min(self._boxes.poll_seconds, self._boxes.lease_seconds / 3)
        ends = self._boxes.clock.monotonic() + self._boxes.poll_seconds
        if not session.pushes:
            for _ in range(max(1, round(self._boxes.poll_seconds / step))):
                if not await self.lead():
                    return
                await asyncio.sleep(step)
            return
        await self._call(session.begin_waiting)
        new = False
        while not new and self._boxes.clock.monotonic() < ends and await self.lead():
            new = await self._call(lambda: session.anything_new(step))
        await self._call(session.end_waiting)

    # ------------------------------------------------------------ inside

    async def _health(self, state: MailboxState, trouble: str | None = None, text: str | None = None) -> None:
        now = self._boxes.clock.now()

        async def command(tx: Tx) -> None:
            await tx.mail.health(self._workspace, self._box.id, self._imap.folder, state, now, trouble=trouble, text=text)

        await self._boxes.store.write(command, name="mailbox.health")

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _hang_up(self) -> None:
        """Also where we are being cancelled while the thread waits for the server: it is woken first."""
        session, self._session = self._session, None
        if session is None:
            return
        if is_cancelled():
            session.abort()
        await asyncio.shield(self._call(session.close))
        with contextlib.suppress(HubError):
            await self._boxes.store.write(
                lambda tx: tx.mail.resign(self._workspace, self._box.id, self._imap.folder, node=self._boxes.node),
                name="mailbox.resign",
            )
        self._leads_until = 0.0


async def try_mailbox(box: Mailbox) -> MailboxTrouble | None:
    """What keeps this mailbox from being read; None where nothing does. For the doctor."""
    imap = box.intake.imap
    assert imap is not None, "only mailboxes that are fetched are tried"
    try:
        word = secret(imap.secret)
    except HubError:
        return MailboxTrouble("secret_missing", imap.secret)
    return await asyncio.to_thread(_try, imap, word)


def _try(imap: Imap, word: str) -> MailboxTrouble | None:
    try:
        session = ImapSession.open(imap, word)
        try:
            session.select(imap.folder)
        finally:
            session.close()
    except MailboxTrouble as trouble:
        return trouble
    return None
