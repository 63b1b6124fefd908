"""The widget's side of the protocol as a value: frames in, state; state and time, frames out.

Knows no socket and reads no clock. It does everything the protocol asks of a good client: keeps its words until they are acknowledged, takes entries by
position, comes back with `resume` when something is missing, and forgets when it is told to. After a restored database it says again what is missing there
of its own, under the same ids, before anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

import msgspec

from agents.wire import PROTOCOL, Reconnect, Refusal
from contact_hub.channels.chat import frames as f
from contact_hub.robots.logs import ComeBack, Log, Outbox, Over

_FATAL: Final = {"protocol_unsupported", "brand_unknown"}
_ANOTHER_TICKET: Final = {"ticket_invalid", "session_ended", "out_of_order"}


class WidgetMind:
    """One visitor of one brand, over any number of connections."""

    def __init__(self, *, locales: Sequence[str] = (), page_language: str | None = None, zone: str | None = None) -> None:
        self.brand: f.BrandFace | None = None
        self.hours: f.OpeningHours | None = None
        self.state: f.ConversationState | None = None
        self.queue: f.Queue | None = None
        self.log: Log[f.PublicEntry] = Log()
        self.acks: dict[str, f.Ack] = {}
        self.refusals: dict[str, Refusal] = {}
        self.outbox = Outbox()
        self.conversation: str | None = None
        self.heartbeat_seconds = 25.0
        self.welcomed = False
        self.welcomes = 0
        self._locales, self._page_language, self._zone = tuple(locales), page_language, zone
        self._epoch = ""
        self._own: dict[str, str] = {}
        """What is known to be kept of our own in this conversation, in its order."""
        self._missed: dict[str, str] = {}
        """The same of before a restore, until it is known what became of it."""
        self._wishes: list[f.FromWidget] = []
        self._asked: list[f.FromWidget] = []

    # ------------------------------------------------------------ what the customer does

    def start(
        self,
        id_: str,
        text: str,
        *,
        kind: str = "service",
        name: str | None = None,
        email: str | None = None,
        language: str | None = None,
    ) -> None:
        """Open a conversation with its first message."""
        self.outbox.add(id_, f.Start(client_message_id=id_, text=text, kind=kind, name=name, email=email, language=language))

    def post(self, id_: str, text: str) -> None:
        """One more message; in the conversation that is open when its turn comes."""
        self.outbox.add(id_, _Unaddressed(id_, text))

    def type(self) -> None:
        if self.welcomed and self.conversation:
            self._asked.append(f.TypingNow(conversation=self.conversation))

    def read(self) -> None:
        """Everything here has been seen."""
        if self.conversation and self.state and self.state.customer_read < self.log.head:
            self._asked.append(f.ReadUpTo(conversation=self.conversation, position=self.log.head))

    def end(self) -> None:
        """The customer is done; asked again after every reconnect until it is so."""
        if self.conversation and not self.ended:
            self._wish(f.EndConversation(conversation=self.conversation))

    def rate(self, score: int, comment: str = "") -> None:
        if self.conversation:
            self._wish(f.Rate(conversation=self.conversation, score=score, comment=comment))

    @property
    def ended(self) -> bool:
        return self.state is not None and self.state.state == "ended"

    @property
    def settled(self) -> bool:
        """Nothing said or wished is still open."""
        return not self.outbox and not self._wishes

    def texts(self) -> list[str]:
        """What the brand has said."""
        return [entry.body.text for entry in self.log.entries if isinstance(entry.body, f.BrandMessage)]

    # ------------------------------------------------------------ the talk

    def hello(self, ticket: str) -> f.Hello:
        """The first frame of a connection."""
        resume = f.Resume(epoch=self._epoch, conversation=self.conversation, position=self.log.head) if self.conversation else None
        return f.Hello(
            protocol=PROTOCOL,
            ticket=ticket,
            resume=resume,
            locales=list(self._locales),
            page_language=self._page_language,
            zone=self._zone,
        )

    def heard(self, frame: f.ToWidget, now: float) -> None:
        """Take one frame. Raises: ComeBack, Over."""
        match frame:
            case f.Welcome():
                self._welcome(frame)
            case f.Face():
                self.brand = frame.brand
            case f.Resync():
                self._epoch = frame.epoch
                self.log.forget()
                self._say_again()
            case f.PublicEntry():
                self._entry(frame)
                self._say_again()
            case f.Ack():
                sent = self.outbox.acked(frame.client_message_id)
                self.acks[frame.client_message_id] = frame
                if isinstance(sent, f.Start) and frame.conversation != self.conversation:
                    self._switch(frame.conversation)
                if isinstance(sent, f.Start | _Unaddressed):
                    self._own[frame.client_message_id] = sent.text
            case f.State():
                if frame.conversation.conversation == self.conversation:
                    self.state = frame.conversation
                    self._drop_fulfilled()
            case f.Queue():
                self.queue = frame
            case f.Hours():
                self.hours = frame.hours
            case f.BrandTyping() | f.Face():
                pass
            case f.Heartbeat():
                if frame.head > self.log.head:
                    raise ComeBack(f"the head is {frame.head}, I have {self.log.head}")
            case Refusal():
                self._refused(frame, now)
            case Reconnect():
                raise ComeBack("the server is going away", frame.after_seconds)
            case _:
                assert_never(frame)

    def due(self, now: float) -> list[f.FromWidget]:
        """What must be sent now. Raises ComeBack where an answer is overdue."""
        if not self.welcomed:
            return []
        frames, self._asked = list(self._asked), []
        message = None if self._missed else self.outbox.due(now)
        if message is not None:
            frames.append(self._addressed(message))
        return frames

    def next_due(self) -> float | None:
        return self.outbox.next_due() if self.welcomed and not self._missed else None

    def connection_lost(self) -> None:
        self.welcomed = False
        self._asked = []
        self.outbox.connection_lost()

    # ------------------------------------------------------------ inside

    def _welcome(self, frame: f.Welcome) -> None:
        self.welcomed = True
        self.welcomes += 1
        self.brand, self.hours, self.heartbeat_seconds = frame.brand, frame.hours, frame.heartbeat_seconds
        latest = frame.conversation
        if self._epoch != frame.epoch and latest is not None and latest.conversation == self.conversation:
            self._missed, self._own = self._missed | self._own, {}
            self.log.forget()
        self._epoch = frame.epoch
        if latest is None:
            self.conversation, self.state = None, None
            self.log = Log()
            self._own, self._missed = {}, {}
        else:
            if latest.conversation != self.conversation:
                self._switch(latest.conversation)
            self.state = latest
        self._drop_fulfilled()
        self._asked += self._wishes

    def _entry(self, entry: f.PublicEntry) -> None:
        if entry.conversation != self.conversation:
            if entry.position != 1:
                raise ComeBack(f"position {entry.position} of a conversation I do not know")
            self._switch(entry.conversation)
        self.log.take(entry)
        if isinstance(entry.body, f.CustomerMessage):
            self._own[entry.body.client_message_id] = entry.body.text

    def _say_again(self) -> None:
        """Once everything that is there has come: what is not among it, first."""
        if not self._missed or self.state is None or self.log.head < self.state.head:
            return
        there = self._own.keys() | {letter.id for letter in self.outbox.waiting()}
        missing = [(id_, _Unaddressed(id_, text, self.conversation)) for id_, text in self._missed.items() if id_ not in there]
        self._missed = {}
        self.outbox.add_first(missing)

    def _switch(self, conversation: str) -> None:
        """Another conversation is the visitor's latest; this one's words are over."""
        self.conversation, self.state, self.queue = conversation, None, None
        self.log = Log()
        self._wishes = []
        self._own, self._missed = {}, {}

    def _wish(self, frame: f.FromWidget) -> None:
        if frame not in self._wishes:
            self._wishes.append(frame)
            if self.welcomed:
                self._asked.append(frame)

    def _drop_fulfilled(self) -> None:
        assert self.state is None or self.state.conversation == self.conversation
        if self.state is not None:
            done = {f.EndConversation: self.state.state == "ended", f.Rate: self.state.rated}
            self._wishes = [wish for wish in self._wishes if not done.get(type(wish), False)]

    def _refused(self, refusal: Refusal, now: float) -> None:
        if refusal.code in _FATAL:
            raise Over(refusal.code)
        if refusal.code in _ANOTHER_TICKET:
            raise ComeBack(refusal.code)
        if refusal.about is None:
            return
        if self.outbox.refused(refusal.about, refusal.retry_after_seconds, now):
            self.refusals[refusal.about] = refusal
        elif refusal.about == self.conversation and refusal.retry_after_seconds is None:
            self._wishes = [wish for wish in self._wishes if isinstance(wish, f.EndConversation)]
            self.refusals[refusal.about] = refusal

    def _addressed(self, message: msgspec.Struct) -> f.FromWidget:
        if isinstance(message, f.Start):
            return message
        assert isinstance(message, _Unaddressed)
        if message.conversation is None:
            assert self.conversation is not None, "a post follows a start"
            message.conversation = self.conversation
        return f.Post(client_message_id=message.id, conversation=message.conversation, text=message.text)


class _Unaddressed(msgspec.Struct):
    """A message whose conversation is not known before the start is acknowledged; once sent it stays where it was sent to."""

    id: str
    text: str
    conversation: str | None = None
