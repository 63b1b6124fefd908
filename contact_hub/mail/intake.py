"""Mail that comes: kept first, understood later, shown whatever became of it.

Two steps that know nothing of each other. `take` keeps the bytes, the cursor and the work to be done in one transaction, so that whoever brought the mail may
forget it, and may as well bring it twice. `work_off` reads it (in a process that can be killed), judges it and puts it where it belongs, in one transaction
too. A mail that cannot be understood is put aside with a reason, and can be run again; the next one is not held up.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
import structlog

from contact_hub.channels.email.limits import Arrivals
from contact_hub.channels.email.mail import BYTES_MAX
from contact_hub.clock import Clock
from contact_hub.errors import HubError
from contact_hub.ids import Ids
from contact_hub.jobs import Attempt, Job, JobRow, Jobs, Kind
from contact_hub.mail.metrics import outcome, taken
from contact_hub.mail.names import Names
from contact_hub.mail.placing import Place, Placing
from contact_hub.mail.reading import Question, ReadMail
from contact_hub.mail.returns import Returns
from contact_hub.mail.workshop import MailReader, Unreadable
from contact_hub.privacy.masking import mask_cards
from contact_hub.store import Lane, Store, Tx
from contact_hub.store.records import RawMail, RawMailState
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Brand, Mailbox
from contact_hub.workspace.service import Workspaces
from contact_hub.workspace.values import plain_address
from routing.model import BrandId

UNDERSTAND: Final = "mail.understand"
_HEAD_KEPT: Final = 64 * 1024
_HEAD_READ: Final = 1024 * 1024
_SHOWN: Final = 300
_WORDS_SHOWN: Final = 4_000
_PEOPLE_SHOWN: Final = 20
_AT_ONCE_BYTES_MAX: Final = 64 * 1024
"""Of larger ones we make sense in a thread: everybody's writes wait for the loop."""
_IDS_KEPT: Final = 50
_ASKED: Final = re.compile(r"(?:[a-z0-9_.-]{1,120}\._domainkey|_dmarc)\.[a-z0-9_.-]{1,120}")
"""What may be asked at a stranger's wish: nothing but keys and policies."""
_ASKED_MAX: Final = 8
_REPORTS: Final = frozenset(("bounce", "feedback_report"))
_SAME: Final = re.compile(
    rb"^(?:message-id|from|to|date|subject)[ \t]*:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE
)
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")

_log = structlog.get_logger(__name__)


class FileInside(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a mail, as it calls itself; `size` in bytes."""

    name: str
    size: int


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says of itself, none of it proven. `cut`: there is more of it."""

    sender: str
    sender_name: str
    to: list[str]
    subject: str
    words: str
    cut: bool
    files: list[FileInside]


class Intake:
    """Takes mails in. `reader` understands them; everything else is rows. `names`: whom to ask about signatures; nobody, where there is none."""

    def __init__(
        self,
        *,
        store: Store,
        workspaces: Workspaces,
        jobs: Jobs,
        clock: Clock,
        ids: Ids,
        reader: MailReader,
        placing: Placing,
        returns: Returns,
        names: Names | None = None,
    ) -> None:
        self._store, self._workspaces, self._jobs = store, workspaces, jobs
        self._clock, self._ids, self._reader = clock, ids, reader
        self._placing, self._returns, self._names = placing, returns, names

    def kinds(self) -> tuple[Kind, ...]:
        """What is to be registered as background work."""
        return (
            Kind(
                name=UNDERSTAND,
                handler=self._understand,
                attempts_max=4,
                pause_seconds=10,
                pause_seconds_max=300,
                seconds_max=120,
                when_failed=self._given_up,
            ),
        )

    # ------------------------------------------------------------ taking

    async def take(
        self,
        workspace: str,
        mailbox: str,
        raw: bytes,
        *,
        received_at: datetime | None = None,
        folder: str = "INBOX",
        uidvalidity: int | None = None,
        uid: int | None = None,
        envelope: Mapping[str, Any] | None = None,
        size: int | None = None,
    ) -> str:
        """Keep a mail of this mailbox; its id, which is an older one's if the mailbox brought the same mail before. Returns once it is on disk.

        `envelope`: `from` and `to`, where a server handed it in; `size`: its whole size where it is so large that only its head is here. Raises: not_found
        where there is no such mailbox, and what storing raises.
        """
        brand, _ = self._box(self._workspaces.floor(workspace), mailbox)
        if brand is None:
            raise HubError("not_found")
        now = self._clock.now()
        size = size or len(raw)
        too_large = size > BYTES_MAX
        key = dedupe_key(raw) if len(raw) <= _AT_ONCE_BYTES_MAX else await asyncio.to_thread(dedupe_key, raw)
        mail = RawMail(
            workspace=workspace,
            id=self._ids.mint("mal", now),
            mailbox=mailbox,
            brand=BrandId(brand.id),
            uidvalidity=uidvalidity,
            uid=uid,
            dedupe_key=key,
            envelope=envelope,
            received_at=received_at or now,
            size=size,
            state="failed" if too_large else "waiting",
            reason="too_large" if too_large else None,
            due_at=now,
        )

        async def command(tx: Tx) -> tuple[str, bool]:
            kept, fresh = await tx.mail.keep_raw(mail, raw[:_HEAD_KEPT] if too_large else raw)
            if uid is not None and uidvalidity is not None:
                await tx.mail.advance(workspace, mailbox, folder, uidvalidity, uid)
            if fresh and not too_large:
                await self._leave(tx, workspace, kept)
            return kept, fresh

        kept, fresh = await self._store.write(command, name="mail.take", lane=_lane(workspace, brand.id))
        taken(workspace, brand.id, fresh=fresh)
        return kept

    @property
    def ready(self) -> bool:
        """Whether we know any rules: without them every address would be a stranger's."""
        return bool(self._workspaces.known())

    def mailbox_for(self, address: str) -> tuple[str, str] | None:
        """Workspace and mailbox of an address that mail may be handed in for, whatever its plus-token; None for a stranger's."""
        plain = plain_address(address)
        for workspace in self._workspaces.known():
            for brand in self._workspaces.floor(workspace).workspace.brands:
                for box in brand.mailboxes:
                    if box.intake.lmtp and plain_address(box.address) == plain:
                        return workspace, box.id
        return None

    # ------------------------------------------------------------ what a person decides

    async def again(self, tx: Tx, workspace: str, mail: str, *, release: bool = False, by: str = "") -> None:
        """Work it off once more: one that failed; with `release` also one that was held or dropped, and now is somebody's inquiry whatever it looks like.

        In the transaction of whoever writes down who wanted it. Raises: not_found, out_of_order where it is being worked off or was stored.
        """
        found = await tx.mail.raw(workspace, mail)
        if found is None or found.state == "tombstone":
            raise HubError("not_found")
        states: tuple[RawMailState, ...] = ("failed", "held", "dropped") if release else ("failed",)
        findings = {**found.findings, **({"released_by": by or "operator"} if release else {})}
        if found.reason == "too_large" or not await tx.mail.settle_raw(
            workspace, mail, from_=states, state="waiting", reason=None, due_at=self._clock.now(), findings=findings
        ):
            raise HubError("out_of_order")
        await self._leave(tx, workspace, mail)

    async def bury(self, tx: Tx, workspace: str, mail: str) -> None:
        """Delete a mail that became nothing, for good; a later fetch does not bring it back. Raises: not_found, out_of_order."""
        found = await tx.mail.raw(workspace, mail)
        if found is None:
            raise HubError("not_found")
        if found.state not in {"failed", "held", "dropped"}:
            raise HubError("out_of_order")
        await tx.mail.bury_raw(workspace, mail, self._clock.now())

    async def inside(self, workspace: str, mail: str) -> Inside:
        """What a mail that became nothing says, as words only, card numbers masked, for whoever decides about it. Read in the process that may be killed, like
        every mail. Raises: not_found, out_of_order where it was stored or is being worked off, mail_gone, mail_unreadable."""
        async with self._store.read() as tx:
            found, raw = await tx.mail.raw(workspace, mail), await tx.mail.raw_bytes(workspace, mail)
        if found is None or found.state == "tombstone":
            raise HubError("not_found")
        if found.state not in {"failed", "held", "dropped"}:
            raise HubError("out_of_order")
        if raw is None:
            raise HubError("mail_gone")
        brand, box = self._box(self._workspaces.floor(workspace), found.mailbox)
        try:
            read = await self._reader.read(_question(found, raw, brand, box))
        except Unreadable as trouble:
            raise HubError("mail_unreadable", because=trouble.code) from trouble
        words = read.reply.strip()
        return Inside(
            sender=read.sender.email if read.sender is not None else "",
            sender_name=read.sender.name if read.sender is not None else "",
            to=[one.email for one in (*read.to, *read.cc)][:_PEOPLE_SHOWN],
            subject=read.subject[:_SHOWN],
            words=await asyncio.to_thread(mask_cards, words[:_WORDS_SHOWN]),
            cut=len(words) > _WORDS_SHOWN or len(raw) < found.size,
            files=[FileInside(name=one.name[:_SHOWN], size=len(one.content)) for one in read.files[:_PEOPLE_SHOWN]],
        )

    # ------------------------------------------------------------ working off

    async def work_off(self, workspace: str, mail_id: str, *, attempt: Attempt | None = None) -> None:
        """Put a mail that waits where it belongs; nothing where it is there already."""
        async with self._store.read() as tx:
            mail, raw = await tx.mail.raw(workspace, mail_id), await tx.mail.raw_bytes(workspace, mail_id)
        if mail is None or raw is None or mail.state != "waiting":
            return
        floor = self._workspaces.floor(workspace)
        brand, box = self._box(floor, mail.mailbox)
        brand = brand or floor.brands.get(mail.brand)
        if brand is None:
            await self._fail(mail, "brand_gone")
            return
        try:
            read = await self._read(_question(mail, raw, brand, box))
        except Unreadable as trouble:
            await self._fail(mail, trouble.code)
            return
        html = read.html
        if html is not None:
            html = mask_cards(html) if len(html) <= _AT_ONCE_BYTES_MAX else await asyncio.to_thread(mask_cards, html)
        place = self._placing.prepare(floor, brand, box, mail, read, html)

        async def command(tx: Tx) -> RawMailState:
            present = await tx.mail.raw(workspace, mail_id)
            if present is None or present.state != "waiting":
                return "stored"
            changes = await self._deal_with(tx, place)
            state: RawMailState = changes["state"]
            sender = read.sender.email if read.sender is not None else ""
            settled = await tx.mail.settle_raw(
                workspace, mail_id, sender=sender[:_SHOWN], subject=read.subject[:_SHOWN], attempts=mail.attempts + 1, **changes
            )
            if not settled:  # another node was faster; all of this is undone, and the next look finds it stored
                raise HubError("out_of_order")
            if attempt is not None:
                await attempt.finish(tx)
            return state

        state = await self._store.write(command, name="mail.store", lane=_lane(workspace, brand.id), cost=2)
        outcome(workspace, brand.id, read.kind, state)

    async def _read(self, question: Question) -> ReadMail:
        """Where our own mail server said nothing of who wrote it, the signatures are checked against DNS, in a limited time: an answer that does not come is
        none, and the mail is from somebody unproven. Raises: Unreadable."""
        if self._names is None:
            return await self._reader.read(question)
        read = await self._reader.read(msgspec.structs.replace(question, checks=True))
        asks = [name for name in read.asks if _ASKED.fullmatch(name)][:_ASKED_MAX]
        if not asks:
            return read
        records = await self._names.all(asks)
        return await self._reader.read(msgspec.structs.replace(question, records=records))

    async def _deal_with(self, tx: Tx, place: Place) -> dict[str, Any]:
        """Where the mail goes, as changes of its row."""
        read, mail = place.read, place.mail
        released = "released_by" in mail.findings
        findings = {**mail.findings, "kind": read.kind, "reasons": list(read.reasons)[:8]}
        if read.witness == "own_check":
            findings["checked"] = read.dmarc
        if read.kind in _REPORTS and not released:
            about = await self._returns.tell(tx, place)
            return {"state": "dropped", "reason": read.kind, "findings": findings, "conversation": about}
        if read.doubtful and not released:
            return {"state": "held", "reason": read.because or "dmarc_fail", "findings": findings}
        if await self._loops(tx, place) and not released:
            return {"state": "held", "reason": "loop", "findings": findings}
        tie = await self._placing.tie(tx, place)
        if tie.refused:
            findings["refused"] = [{"because": one.because.value, "where": one.where.value} for one in tie.refused[:5]]
        if place.writer is None and read.kind != "human" and not released:
            noted = await self._placing.note(tx, place, tie)
            return {"state": "dropped", "reason": read.kind, "findings": findings, "conversation": noted}
        placed = await self._placing.put(tx, place, tie)
        findings["thread"] = {"id": read.message_id, "earlier": [*read.references, *read.in_reply_to][-_IDS_KEPT:]}
        return {
            "state": "stored",
            "reason": None,
            "findings": findings,
            "conversation": placed.conversation,
            "position": placed.position,
            "html": place.html,
        }

    async def _loops(self, tx: Tx, place: Place) -> bool:
        """Count this mail; whether its sender writes so often that only a loop explains it."""
        if not place.sender_key:
            return False
        workspace, brand = place.mail.workspace, place.brand.id
        times, tripped_at = await tx.mail.arrivals(workspace, brand, place.sender_key)
        arrivals = Arrivals(times=times).after(place.now)
        tripped = arrivals.tripped(place.now)
        if tripped and tripped_at is None:
            _log.warning("mail_loop", workspace=workspace, brand=brand, mailbox=place.mail.mailbox)
            await tx.mail.alert(workspace, place.mail.mailbox, place.folder, "loop", place.now)
        since = (tripped_at or place.now) if tripped else None
        await tx.mail.keep_arrivals(workspace, brand, place.sender_key, arrivals.times, since)
        return tripped

    # ------------------------------------------------------------ inside

    async def _understand(self, attempt: Attempt) -> None:
        await self.work_off(attempt.workspace, str(attempt.payload["mail"]), attempt=attempt)

    async def _given_up(self, tx: Tx, row: JobRow, code: str) -> None:
        """Nobody tries any more: the mail is shown as failed."""
        await tx.mail.settle_raw(row.workspace, str(row.payload["mail"]), state="failed", reason=code)
        outcome(row.workspace, "", "unknown", "failed")

    async def _fail(self, mail: RawMail, reason: str) -> None:
        async def command(tx: Tx) -> None:
            await tx.mail.settle_raw(mail.workspace, mail.id, state="failed", reason=reason, attempts=mail.attempts + 1)

        await self._store.write(command, name="mail.fail", lane=_lane(mail.workspace, mail.brand))
        _log.warning("mail_failed", workspace=mail.workspace, mail=mail.id, reason=reason)
        outcome(mail.workspace, mail.brand, "unknown", "failed")

    async def _leave(self, tx: Tx, workspace: str, mail: str) -> None:
        await self._jobs.add(tx, Job(kind=UNDERSTAND, workspace=workspace, payload={"mail": mail}))

    def _box(self, floor: Floor, mailbox: str) -> tuple[Brand | None, Mailbox | None]:
        for brand in floor.workspace.brands:
            for box in brand.mailboxes:
                if box.id == mailbox:
                    return brand, box
        return None, None


def dedupe_key(raw: bytes) -> str:
    """What makes a mail the same mail, however it travelled: who wrote what to whom when, and its whole body. Trace headers differ from way to way."""
    end = _HEAD_END.search(raw)
    head, body = (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
    digest = hashlib.sha256()
    for line in sorted(b" ".join(found.split()) for found in _SAME.findall(head[:_HEAD_READ])):
        digest.update(line + b"\n")
    digest.update(b"\n" + body.replace(b"\r\n", b"\n").rstrip())
    return digest.hexdigest()


def _question(mail: RawMail, raw: bytes, brand: Brand | None, box: Mailbox | None) -> Question:
    envelope = mail.envelope or {}
    return Question(
        raw=raw,
        own_servers=box.own_servers if box is not None else (),
        own_addresses=tuple(one.address for one in brand.mailboxes) if brand is not None else (),
        envelope_from=envelope.get("from"),
        to=tuple(envelope.get("to", ())),
    )


def _lane(workspace: str, brand: str) -> Lane:
    return (workspace, brand)


__all__ = ["UNDERSTAND", "Inside", "Intake", "dedupe_key"]
