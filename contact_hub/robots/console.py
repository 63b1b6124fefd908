"""The console's side of the protocol as a value: the view kept by `agents.console.apply`, two logs a conversation, replies kept until acknowledged.

Knows no socket and reads no clock.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final, assert_never

import msgspec

from agents import frames as f
from agents.console import apply
from agents.wire import PROTOCOL, Reconnect, Refusal
from contact_hub.robots.logs import ComeBack, Log, Outbox, Over

_FATAL: Final = {"protocol_unsupported"}
_GHOST_SECONDS: Final = 2.0
_GHOSTS_MAX: Final = 30
_ANOTHER_TICKET: Final = {"ticket_invalid", "session_ended", "out_of_order"}


class Threads:
    """Both logs of one conversation."""

    def __init__(self) -> None:
        self.public: Log[f.PublicEntryForStaff] = Log(lambda entry: (entry.at, entry.speaker, entry.text, entry.key))
        self.staff: Log[f.StaffEntry] = Log(lambda entry: (entry.at, entry.kind, entry.text))

    def forget(self) -> None:
        self.public.forget()
        self.staff.forget()

    @property
    def cursor(self) -> f.Cursor:
        return f.Cursor(public=self.public.head, staff=self.staff.head)


class ConsoleMind:
    """One agent at one console, over any number of connections.

    Coming back it names its desk, for the server may not have noticed that the connection is gone; `take_over` is said only where told to, and once.
    Where another window has taken over meanwhile, it stays away.
    """

    def __init__(self, *, take_over: bool = False) -> None:
        self.view: f.View | None = None
        self.reference: f.Reference | None = None
        self.threads: defaultdict[str, Threads] = defaultdict(Threads)
        self.acks: dict[str, f.ConsoleAck] = {}
        self.refusals: dict[str, Refusal] = {}
        self.outboxes: defaultdict[str, Outbox] = defaultdict(Outbox)
        self.heartbeat_seconds = 25.0
        self.welcomed = False
        self.welcomes = 0
        self.insist = True
        self._take_over = take_over
        self._epoch = ""
        self._desk: int | None = None
        self._ghosts = 0
        self._asked: list[f.FromConsole] = []

    # ------------------------------------------------------------ what the agent does

    def availability(self, wanted: str, reason: str | None = None) -> None:
        assert wanted in {"ready", "away", "offline"}
        self._ask(f.SetAvailability(availability=wanted, reason=reason))  # type: ignore[arg-type]  # one of three, see above

    def accept(self, offer: str) -> None:
        """Take an offer. What came of it stands in the view, or in `refusals` under the offer."""
        self._ask(f.AcceptOffer(offer=offer))

    def decline(self, offer: str, reason: str) -> None:
        self._ask(f.DeclineOffer(offer=offer, reason=reason))

    def reply(self, id_: str, conversation: str, text: str) -> None:
        self.outboxes[conversation].add(id_, f.Reply(client_message_id=id_, conversation=conversation, text=text))

    def mail(self, id_: str, conversation: str, to: str, subject: str, text: str) -> None:
        letter = f.ReplyByMail(client_message_id=id_, conversation=conversation, to=[to], subject=subject, text=text)
        self.outboxes[conversation].add(id_, letter)

    def note(self, id_: str, conversation: str, text: str) -> None:
        self.outboxes[conversation].add(id_, f.NotePrivately(client_message_id=id_, conversation=conversation, text=text))

    def type(self, conversation: str) -> None:
        self._ask(f.AgentTyping(conversation=conversation))

    def read(self, conversation: str) -> None:
        self._ask(f.AgentRead(conversation=conversation, position=self.threads[conversation].public.head))

    def end(self, conversation: str) -> None:
        self._ask(f.EndHandling(conversation=conversation))

    def wrap_up(self, conversation: str, disposition: str, note: str = "") -> None:
        self._ask(f.FinishWrapUp(conversation=conversation, disposition=disposition, note=note))

    def ask(self, frame: f.FromConsole) -> None:
        """Any other frame, once; it is lost with the connection."""
        self._ask(frame)

    @property
    def offers(self) -> dict[str, f.OfferCard]:
        return self.view.offers if self.view else {}

    @property
    def conversations(self) -> dict[str, f.ConversationCard]:
        return self.view.conversations if self.view else {}

    @property
    def me(self) -> f.Me | None:
        return self.view.me if self.view else None

    @property
    def unacknowledged(self) -> int:
        return sum(map(len, self.outboxes.values()))

    # ------------------------------------------------------------ the talk

    def hello(self, ticket: str) -> f.ConsoleHello:
        cursors = {id_: self.threads[id_].cursor for id_ in self.conversations if id_ in self.threads}
        resume = f.ConsoleResume(epoch=self._epoch, desk=self._desk, cursors=cursors) if self._epoch else None
        return f.ConsoleHello(protocol=PROTOCOL, ticket=ticket, resume=resume, take_over=self._take_over and resume is None)

    def heard(self, frame: f.ToConsole, now: float) -> None:
        """Take one frame. Raises: ComeBack, Over."""
        match frame:
            case f.ConsoleWelcome():
                self.welcomed = True
                self.welcomes += 1
                self._ghosts = 0
                if frame.epoch != self._epoch:  # the resync that says so may be lost with the connection
                    self.threads.clear()
                self.view, self.reference = frame.view, frame.reference
                self._epoch, self._desk, self.heartbeat_seconds = frame.epoch, frame.desk, frame.heartbeat_seconds
            case f.ConsoleResync():
                self._epoch = frame.epoch
                for conversation in frame.conversations:
                    self.threads[conversation].forget()
            case f.Delta():
                assert self.view is not None
                self.view = apply(self.view, frame.changes)
            case f.ReferenceChanged():
                self.reference = frame.reference
            case f.PublicEntryForStaff():
                self.threads[frame.conversation].public.take(frame)
            case f.StaffEntry():
                self.threads[frame.conversation].staff.take(frame)
            case f.ConsoleAck():
                self.outboxes[frame.conversation].acked(frame.client_message_id)
                self.acks[frame.client_message_id] = frame
                self._tidy(frame.conversation)
            case f.ConsoleHeartbeat():
                self._beat(frame)
            case f.Superseded():
                self._superseded(frame)
            case Refusal():
                self._refused(frame, now)
            case Reconnect():
                raise ComeBack("the server is going away", frame.after_seconds)
            case f.CustomerTyping() | f.History():
                pass
            case _:
                assert_never(frame)

    def due(self, now: float) -> list[f.FromConsole]:
        if not self.welcomed:
            return []
        frames, self._asked = list(self._asked), []
        for outbox in self.outboxes.values():
            message = outbox.due(now)
            if message is not None:
                frames.append(message)  # type: ignore[arg-type]  # only replies and notes are put in
        return frames

    def next_due(self) -> float | None:
        moments = [moment for outbox in self.outboxes.values() if (moment := outbox.next_due()) is not None]
        return min(moments, default=None) if self.welcomed else None

    def connection_lost(self) -> None:
        self.welcomed = False
        self._asked = []
        for outbox in self.outboxes.values():
            outbox.connection_lost()

    def forget(self, conversation: str) -> None:
        """Done with it: its threads need not be kept."""
        self.threads.pop(conversation, None)
        self._tidy(conversation)

    # ------------------------------------------------------------ inside

    def _ask(self, frame: f.FromConsole) -> None:
        """Frames without an id of their own are not repeated: the view says whether they came through, and whoever asked asks again."""
        if self.welcomed:
            self._asked.append(frame)

    def _superseded(self, frame: f.Superseded) -> None:
        """Whoever was here before may find its own ghost: a connection that sat down and broke before its welcome came. Ghosts fade, other windows do not.

        Raises: ComeBack, Over.
        """
        if frame.by == "open" and self.welcomes > 0 and self._ghosts < _GHOSTS_MAX:
            self._ghosts += 1
            raise ComeBack("somebody sits at my desk, perhaps I", _GHOST_SECONDS)
        raise Over("superseded")

    def _beat(self, frame: f.ConsoleHeartbeat) -> None:
        for conversation, (public, staff) in frame.heads.items():
            have = self.threads[conversation].cursor
            if public > have.public or staff > have.staff:
                raise ComeBack(f"{conversation} is at {public}/{staff}, I am at {have.public}/{have.staff}")

    def _refused(self, refusal: Refusal, now: float) -> None:
        if refusal.code in _FATAL:
            raise Over(refusal.code)
        if refusal.code in _ANOTHER_TICKET:
            raise ComeBack(refusal.code)
        if refusal.code == "superseded" or refusal.about is None:
            return
        self.refusals[refusal.about] = refusal
        for conversation, outbox in list(self.outboxes.items()):
            for letter in outbox.waiting():
                if letter.id == refusal.about:
                    self._letter_refused(outbox, letter.id, letter.frame, refusal, now)
                    self._tidy(conversation)

    def _letter_refused(self, outbox: Outbox, id_: str, frame: msgspec.Struct, refusal: Refusal, now: float) -> None:
        if refusal.code == "guard_warned" and self.insist and isinstance(frame, f.Reply | f.ReplyByMail):
            codes = [code for code in refusal.values.get("findings", "").split(",") if code]
            insisting = msgspec.structs.replace(frame, confirmed=sorted({*frame.confirmed, *codes}))
            if insisting.confirmed != frame.confirmed:
                del self.refusals[id_]
                outbox.replace(id_, insisting)
                return
        if not outbox.refused(id_, refusal.retry_after_seconds, now):
            del self.refusals[id_]

    def _tidy(self, conversation: str) -> None:
        if conversation in self.outboxes and not self.outboxes[conversation]:
            del self.outboxes[conversation]
