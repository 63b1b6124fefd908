"""How a frozen mail travels: queued → leased → data_started → sent, or unknown, deferred, failed. Never twice.

Before anything is said to a server that could deliver the mail, `data_started` stands committed. So what a dead worker leaves behind is either `leased`, and
can safely be taken up again, or `data_started`, and then nobody knows: it becomes `unknown` and a person decides, or an answer to it proves that it arrived.
States are each recipient's own; the mail shows the one that asks for most. The same bytes go out at every try.

Work comes as jobs, one for each try of a mail, which wake the lane of its relay: whoever holds a place in the lane goes on until nothing is due there. A relay
that hangs holds up its own lane and no other; what nobody was woken for is found by a round.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter as Counts
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
from prometheus_client import Counter, Histogram

from contact_hub.admission import Allowance, Buckets
from contact_hub.bus import Bus, Poke
from contact_hub.channels.email.limits import RETRY_FOR, RETRY_PAUSES, OutboxState, advance, lost_worker, next_try
from contact_hub.clock import Clock
from contact_hub.errors import HubError
from contact_hub.ids import Ids
from contact_hub.jobs import Again, Attempt, Job, Jobs, Kind
from contact_hub.mail.attention import Attention
from contact_hub.mail.outgoing import SEND, mailbox_of, state_of
from contact_hub.mail.relay import Answer, Patience, Result, deliver
from contact_hub.store import Lane, Store, Tx
from contact_hub.store.fair import STAFF
from contact_hub.store.mail import OutgoingChanges
from contact_hub.store.records import Outgoing, OutgoingRecipient, OutgoingState
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Mailbox, Relay

ROUND: Final = "mail.round"
ROUND_SECONDS: Final = 15.0
FORGOTTEN_SECONDS: Final = 20.0
"""Overdue for so long: its job was lost, or its lane was full."""
LEASE_SECONDS: Final = 120.0
LANE_PLACES: Final = 2
"""Mails that one relay is given at a time by this process."""
PLACES: Final = 4
"""By all lanes together: jobs of other kinds need hands too."""
LANE_SECONDS: Final = 40.0
"""A lane is left after so long; the next round goes on."""
REST_SECONDS: Final = 60.0
"""A relay that could not be reached is left alone for so long."""
_LOOK: Final = 50
_RECORD_TRIES: Final = 5

_log = structlog.get_logger(__name__)
_ended = Counter("contact_hub_mail_sent_total", "Tries to send a mail to a recipient, by how they ended", ["ended"])
_took = Histogram("contact_hub_mail_send_seconds", "One try to send a mail", buckets=(0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300))
_waited = Histogram(
    "contact_hub_mail_queue_seconds", "From the making of a mail to its being taken", buckets=(0.3, 1, 3, 10, 30, 100, 600, 3_600)
)

Lane_ = tuple[str, int, str]
Step = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast mails leave this process: of one brand, by one relay, to one domain. Large providers put off whoever comes faster."""

    brand: Allowance = field(default_factory=lambda: Allowance(per_second=10, burst=60))
    relay: Allowance = field(default_factory=lambda: Allowance(per_second=20, burst=120))
    domain: Allowance = field(default_factory=lambda: Allowance(per_second=5, burst=60))


class Floors(Protocol):
    """The rules of each workspace."""

    def floor(self, workspace: str) -> Floor: ...

    def known(self) -> list[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """By which relay a mail goes, and as whom."""

    floor: Floor
    mailbox: Mailbox
    relay: Relay

    @property
    def lane(self) -> Lane_:
        return self.relay.host, self.relay.at_port, self.relay.user or ""

    @property
    def ehlo(self) -> str:
        return self.mailbox.address.rpartition("@")[2].encode("idna").decode()


class Sender:
    """Sends what is due. `step` is called between any two things that may be torn apart by a crash: tests die there."""

    def __init__(
        self,
        *,
        store: Store,
        workspaces: Floors,
        bus: Bus,
        clock: Clock,
        ids: Ids,
        jobs: Jobs,
        attention: Attention,
        patience: Patience | None = None,
        pace: Pace | None = None,
        trust: ssl.SSLContext | None = None,
        step: Step | None = None,
    ) -> None:
        self._store, self._workspaces, self._bus, self._clock, self._ids = store, workspaces, bus, clock, ids
        self._jobs, self._attention = jobs, attention
        self._patience, self._trust, self._step = patience or Patience(), trust, step or _nothing
        self._pace = pace or Pace()
        self._lanes: Counts[Lane_] = Counts()
        self._called: set[Lane_] = set()
        self._resting: dict[Lane_, float] = {}
        self._buckets: Buckets[tuple[str, ...]] = Buckets()

    def kinds(self) -> tuple[Kind, ...]:
        """For the book of jobs."""
        longest = LANE_SECONDS + LEASE_SECONDS + self._patience.data_seconds
        return (
            Kind(name=SEND, handler=self._woken, seconds_max=longest),
            Kind(name=ROUND, handler=self._round, every_seconds=ROUND_SECONDS),
        )

    # ------------------------------------------------------------ what wakes us

    async def _woken(self, attempt: Attempt) -> None:
        await self.run_lane(attempt.workspace, str(attempt.payload["mail"]))

    async def _round(self, _attempt: Attempt) -> Again:
        for workspace in self._workspaces.known():
            await self.look_after(workspace)
        return Again(at=self._clock.now() + timedelta(seconds=ROUND_SECONDS))

    async def look_after(self, workspace: str) -> None:
        """Find what dead workers left, and wake whatever was forgotten: one mail of each lane brings the others along."""
        now = self._clock.now()
        forgotten = now - timedelta(seconds=FORGOTTEN_SECONDS)
        async with self._store.read() as tx:
            lost, due = await tx.mail.outgoing_lost(workspace, now), await tx.mail.outgoing_due(workspace, forgotten, _LOOK)
        for row in lost:
            await self.find(row)
        lanes: dict[Lane_ | None, Outgoing] = {}
        for row in due:
            way = self._way(row)
            if way is None or not self._rests(way.lane):
                lanes.setdefault(way.lane if way is not None else None, row)

        async def command(tx: Tx) -> None:
            for row in lanes.values():
                await self._wake(tx, row)

        if lanes:
            await self._store.write(command, name="mail.wake", lane=_lane(workspace))

    async def run_lane(self, workspace: str, mail: str) -> None:
        """Send this mail, and then whatever else is due in its relay's lane. Where the lane is taken, its holder will."""
        async with self._store.read() as tx:
            row = await tx.mail.outgoing(workspace, mail)
        if row is None:
            return
        way = self._way(row)
        if way is None:
            await self.send(workspace, mail)
            return
        lane, until = way.lane, self._clock.monotonic() + LANE_SECONDS
        if self._rests(lane):
            return
        if self._lanes[lane] >= LANE_PLACES or self._lanes.total() >= PLACES:
            self._called.add(lane)
            return
        self._lanes[lane] += 1
        try:
            following: str | None = mail
            while following is not None and self._clock.monotonic() < until and not self._rests(lane):
                await self.send(workspace, following)
                self._called.discard(lane)
                following = await self._next(workspace, lane)
                if following is None and lane in self._called:  # somebody came while we looked
                    following = await self._next(workspace, lane)
        finally:
            self._lanes[lane] -= 1

    # ------------------------------------------------------------ one mail

    async def send(self, workspace: str, mail: str) -> None:
        """One try, if the mail is due and nobody's."""
        holder = self._ids.mint("snd", self._clock.now())
        row = await self._lease(workspace, mail, holder)
        if row is None:
            return
        self._step("leased")
        began = self._clock.monotonic()
        way = self._way(row)
        if way is None:
            await self._record(row, holder, Result(trouble="mail_no_relay"))
            return
        async with self._store.read() as tx:
            raw = await tx.mail.outgoing_bytes(workspace, mail)
            recipients = [one.address for one in await tx.mail.recipients(workspace, mail) if one.state == "leased"]

        async def started(taken: Sequence[str]) -> None:
            self._step("named")
            await self._begin_data(row, holder, taken)
            self._step("data_started")

        try:
            result = await deliver(
                way.relay,
                ehlo=way.ehlo,
                envelope_from=row.envelope_from,
                recipients=recipients,
                raw=raw,
                started=started,
                patience=self._patience,
                trust=self._trust,
            )
        except _NotOurs:
            return
        self._step("answered")
        if result.trouble:
            self._resting[way.lane] = self._clock.monotonic() + REST_SECONDS
            _log.warning("mail_relay_trouble", workspace=workspace, relay=way.relay.host, trouble=result.trouble)
        await self._record(row, holder, result)
        self._step("recorded")
        _took.observe(self._clock.monotonic() - began)

    async def _lease(self, workspace: str, mail: str, holder: str) -> Outgoing | None:
        """The mail, if it is ours now. Its turn is taken in the same breath."""
        now = self._clock.now()

        async def command(tx: Tx) -> Outgoing | None:
            row = await tx.mail.outgoing(workspace, mail)
            if row is None or row.state not in {"queued", "deferred"} or row.due_at > now:
                return None
            recipients = await tx.mail.recipients(workspace, mail)
            if wait := self._wait(row, recipients):
                at = now + timedelta(seconds=wait)
                await tx.mail.settle_outgoing(workspace, mail, from_=[row.state], due_at=at)
                await self._wake(tx, row, at)
                return None
            until = now + timedelta(seconds=LEASE_SECONDS)
            taken = await tx.mail.settle_outgoing(
                workspace, mail, from_=["queued", "deferred"], due_by=now, state="leased", leased_by=holder, leased_until=until
            )
            if not taken:
                return None
            await tx.mail.settle_recipients(workspace, mail, from_=["queued", "deferred"], to="leased")
            return row

        return await self._store.write(command, name="mail.lease", lane=_lane(workspace))

    async def _begin_data(self, row: Outgoing, holder: str, taken: Sequence[str]) -> None:
        """Written down before it is done. Raises: _NotOurs, where somebody else has it by now: then it is not done."""
        now = self._clock.now()
        until = now + timedelta(seconds=self._patience.data_seconds + LEASE_SECONDS)

        async def command(tx: Tx) -> None:
            ours = await tx.mail.settle_outgoing(
                row.workspace, row.id, from_=["leased"], holder=holder, state="data_started", leased_until=until
            )
            if not ours:
                raise _NotOurs
            for address in taken:
                await tx.mail.settle_recipient(row.workspace, row.id, address, "data_started")

        await self._store.write(command, name="mail.data_started", lane=_lane(row.workspace))

    async def _record(self, row: Outgoing, holder: str, result: Result) -> None:
        """What came of it. Tried a few times: an answer that is lost here makes a doubt where there was none."""
        for tried in range(_RECORD_TRIES):
            try:
                await self._store.write(
                    lambda tx: self._settle(tx, row, holder, result), name="mail.settle", lane=_lane(row.workspace)
                )
            except _NotOurs:
                await self._learn_late(row, result)
                return
            except HubError as trouble:
                if tried == _RECORD_TRIES - 1:
                    raise
                _log.warning("mail_result_unwritten", mail=row.id, code=trouble.code)
                await asyncio.sleep(0.2 * 2**tried)
            else:
                return

    async def _settle(self, tx: Tx, row: Outgoing, holder: str, result: Result) -> None:
        """Every recipient's own state, then the mail's."""
        now = self._clock.now()
        again_at = next_try(first_try=now - _tried_for(row.attempts), refusals=row.attempts + 1, now=now)
        told: list[tuple[OutgoingRecipient, OutgoingState]] = []
        for recipient in await tx.mail.recipients(row.workspace, row.id):
            if recipient.state not in {"leased", "data_started"}:
                continue
            answer = result.answers.get(recipient.address) or Answer(verdict="later", said=result.trouble)
            state = _after(OutboxState(recipient.state), answer, again=again_at is not None)
            await tx.mail.settle_recipient(
                row.workspace, row.id, recipient.address, state, status=answer.status or None, answer=answer.said or None
            )
            told.append((recipient, state))
            _ended.labels(state).inc()
        state = state_of([one.state for one in await tx.mail.recipients(row.workspace, row.id)])
        said = result.trouble or next((one.said for one in result.answers.values() if one.said), None)
        changes: OutgoingChanges = {"state": state, "last_answer": said, "leased_by": None, "leased_until": None}
        if any(state == "sent" for _, state in told):
            changes["sent_at"] = now
            _waited.observe((now - row.made_at).total_seconds())
        if state == "deferred":
            changes |= {"attempts": row.attempts + 1, "due_at": again_at or now}
        ours = await tx.mail.settle_outgoing(row.workspace, row.id, from_=["leased", "data_started"], holder=holder, **changes)
        if not ours:
            raise _NotOurs
        if state == "deferred":
            await self._wake(tx, row, again_at)
        for recipient, became in told:
            if became in {"failed", "unknown"}:
                answer = result.answers.get(recipient.address) or Answer(verdict="later", said=result.trouble)
                await self._ask_for_a_person(tx, row, became, recipient.address, answer, now)
        self._moved(tx, row)

    async def _learn_late(self, row: Outgoing, result: Result) -> None:
        """We were given up as lost meanwhile, and know all the same what the server said: a doubt less."""
        taken = [address for address, answer in result.answers.items() if answer.verdict == "taken"]

        async def command(tx: Tx) -> None:
            still = await tx.mail.outgoing(row.workspace, row.id)
            before = [one for one in await tx.mail.recipients(row.workspace, row.id) if one.state == "unknown"]
            for one in before:
                if one.address in taken:
                    await tx.mail.settle_recipient(row.workspace, row.id, one.address, "sent", status="250")
            if still is not None and still.state == "unknown":
                state = state_of([one.state for one in await tx.mail.recipients(row.workspace, row.id)])
                await tx.mail.settle_outgoing(row.workspace, row.id, from_=["unknown"], state=state, sent_at=self._clock.now())
            self._moved(tx, row)

        if taken:
            await self._store.write(command, name="mail.learn", lane=_lane(row.workspace))

    async def find(self, row: Outgoing) -> None:
        """Its worker is gone: what was only leased is queued again, what may have been delivered is unknown."""
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            still = await tx.mail.outgoing(row.workspace, row.id)
            if (
                still is None
                or still.leased_until is None
                or still.leased_until > now
                or still.state not in {"leased", "data_started"}
            ):
                return
            became = lost_worker(OutboxState(still.state))
            doubtful = [one for one in await tx.mail.recipients(row.workspace, row.id) if one.state == "data_started"]
            await tx.mail.settle_recipients(row.workspace, row.id, from_=["data_started"], to="unknown")
            await tx.mail.settle_recipients(row.workspace, row.id, from_=["leased"], to="queued")
            state = state_of([one.state for one in await tx.mail.recipients(row.workspace, row.id)])
            assert state == became.value or doubtful, "what is unknown may wait behind what is still to be sent"
            await tx.mail.settle_outgoing(
                row.workspace, row.id, from_=[still.state], state=state, leased_by=None, leased_until=None, due_at=now
            )
            if state == "queued":
                await self._wake(tx, row)
            for one in doubtful:
                _ended.labels("unknown").inc()
                await self._ask_for_a_person(tx, row, "unknown", one.address, Answer(verdict="unknown"), now)
            self._moved(tx, row)

        await self._store.write(command, name="mail.find", lane=_lane(row.workspace))

    async def _ask_for_a_person(
        self, tx: Tx, row: Outgoing, became: OutgoingState, address: str, answer: Answer, now: datetime
    ) -> None:
        """What a robot wrote and nobody got is noted at the mail and no more."""
        if row.conversation is None or row.kind in {"acknowledgement", "out_of_hours", "survey"}:
            return
        values = {"mail": row.id, "recipient": address, "status": answer.status, "said": answer.said}
        floor = self._workspaces.floor(row.workspace)
        await self._attention.ask(tx, floor, row.conversation, because=f"mail_{became}", values=values, now=now)

    # ------------------------------------------------------------ lanes and turns

    def _way(self, row: Outgoing) -> _Way | None:
        """None where the rules know no relay for it any more."""
        floor = self._workspaces.floor(row.workspace)
        brand = floor.brands.get(row.brand)
        mailbox = mailbox_of(brand, row.envelope_from) if brand is not None else None
        return (
            _Way(floor=floor, mailbox=mailbox, relay=mailbox.relay) if mailbox is not None and mailbox.relay is not None else None
        )

    async def _next(self, workspace: str, lane: Lane_) -> str | None:
        async with self._store.read() as tx:
            due = await tx.mail.outgoing_due(workspace, self._clock.now(), _LOOK)
        return next((row.id for row in due if (way := self._way(row)) is not None and way.lane == lane), None)

    def _rests(self, lane: Lane_) -> bool:
        return self._resting.get(lane, 0.0) > self._clock.monotonic()

    def _turns(self, row: Outgoing, recipients: Sequence[OutgoingRecipient] = ()) -> list[tuple[tuple[str, ...], Allowance]]:
        way = self._way(row)
        domains = {one.address.rpartition("@")[2] for one in recipients if one.state in {"queued", "deferred"}}
        turns = [
            (("brand", row.workspace, row.brand), self._pace.brand),
            *((("domain", domain), self._pace.domain) for domain in sorted(domains)),
        ]
        return [*turns, (("relay", way.relay.host), self._pace.relay)] if way is not None else turns

    def _wait(self, row: Outgoing, recipients: Sequence[OutgoingRecipient]) -> float:
        now = self._clock.monotonic()
        wait = max(self._buckets.wait_seconds(key, allowance, now) for key, allowance in self._turns(row, recipients))
        if wait == 0:
            for key, allowance in self._turns(row, recipients):
                self._buckets.take(key, allowance, now)
        return wait

    async def _wake(self, tx: Tx, row: Outgoing, at: datetime | None = None) -> None:
        await self._jobs.add(tx, Job(kind=SEND, workspace=row.workspace, payload={"mail": row.id}, due_at=at))

    def _moved(self, tx: Tx, row: Outgoing) -> None:
        if row.conversation is not None:
            conversation = row.conversation
            tx.after_commit(lambda: self._bus.publish([Poke("conversation", row.workspace, conversation)]))


class _NotOurs(Exception):
    """Somebody else holds the mail by now: write nothing, deliver nothing."""


def _after(before: OutboxState, answer: Answer, *, again: bool) -> OutgoingState:
    """Where a recipient stands once the server has spoken."""
    match answer.verdict:
        case "taken":
            return advance(before, OutboxState.SENT).value
        case "later":
            return advance(before, OutboxState.DEFERRED if again else OutboxState.FAILED).value
        case "never":
            return advance(before, OutboxState.FAILED).value
        case "unknown":
            return advance(before, OutboxState.UNKNOWN).value


def _tried_for(refusals: int) -> timedelta:
    """How long a mail has been tried that was refused so often: by its pauses, so that hours in which nobody tried do not count."""
    total = timedelta()
    for refusal in range(refusals):
        total += RETRY_PAUSES[min(refusal, len(RETRY_PAUSES) - 1)]
    return min(total, RETRY_FOR)


def _lane(workspace: str) -> Lane:
    return (workspace, STAFF)


def _nothing(_step: str) -> None:
    """Nobody dies here."""
