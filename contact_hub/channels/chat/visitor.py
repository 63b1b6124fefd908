"""The widget's side of a conversation: frames in, commands out; rows in, frames out.

Knows no socket. `open` answers the hello, `hear` turns a frame into one call of a service, `tell` reads after its own cursor whenever something may have
moved. Everything put out here is a type of `channels.chat.frames`, which cannot name who stands behind the brand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, assert_never

import msgspec

from agents.wire import PROTOCOL, FrameRefused, read_frame
from contact_hub.admission import Gate
from contact_hub.brands.faces import face, spoken_language, texts_address
from contact_hub.bus import Poke
from contact_hub.channels.chat import frames as f
from contact_hub.conversations.posts import Certain
from contact_hub.conversations.service import Beginning, Posted, Surroundings
from contact_hub.errors import HubError
from contact_hub.live.looks import Look
from contact_hub.live.switchboard import Key, Listener, told_of
from contact_hub.live.wires import Out, Wires
from contact_hub.scope import VisitorScope
from contact_hub.staff.frames import permit
from contact_hub.staff.policy import Party
from contact_hub.store.records import Conversation, PublicEntry
from contact_hub.workspace.floor import Floor

_decoder: Final[msgspec.json.Decoder[f.FromWidget]] = msgspec.json.Decoder(f.FromWidget)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How many are before somebody who waits, and how long that will probably take, in whole minutes, where enough is known."""

    ahead: int
    minutes: tuple[int, int] | None = None


class Places(Protocol):
    """Who knows how long the queue is."""

    def place(self, workspace: str, inquiry: str) -> Place | None: ...

    def heard(self, poke: Poke) -> None: ...

    def opening(self, floor: Floor, brand: str, kind: str | None = None) -> f.OpeningHours: ...


class Visitors(Protocol):
    """Who knows tickets and devices."""

    async def redeem(self, ticket: str) -> VisitorScope: ...

    def still_welcome(self, scope: VisitorScope) -> None: ...


class VisitorSession:
    """One widget socket."""

    def __init__(self, *, out: Out, wires: Wires, visitors: Visitors, places: Places, gate: Gate) -> None:
        self._out, self._visitors, self._places, self._gate = out, visitors, places, gate
        self._seated = False
        self._reader, self._switchboard = wires.reader, wires.switchboard
        self._workspaces, self._conversations, self._bus = wires.workspaces, wires.conversations, wires.bus
        self._mail = wires.mail
        self._heartbeat_seconds, self._patience = wires.heartbeat_seconds, wires.patience
        self._scope: VisitorScope | None = None
        self._around = Surroundings()
        self._conversation: str | None = None
        self._position = 0
        self._state: f.ConversationState | None = None
        self._language: Mapping[str, Any] = {}
        self._certain: Certain | None = None
        self._queue: f.Queue | None = None
        self._inquiry: str | None = None
        self._hours: f.OpeningHours | None = None
        self._listener: Listener | None = None
        self._epoch = ""
        self._wears = ""
        self._telling = asyncio.Lock()

    @property
    def scope(self) -> VisitorScope:
        assert self._scope is not None, "the visitor has not said hello"
        return self._scope

    @property
    def workspace(self) -> str:
        return self._scope.workspace if self._scope is not None else ""

    async def open(self, raw: bytes) -> None:
        """Hello. Raises: out_of_order, protocol_unsupported, ticket_invalid, overloaded."""
        hello = self._read(raw)
        if not isinstance(hello, f.Hello):
            raise HubError("out_of_order")
        if hello.protocol != PROTOCOL:
            raise HubError("protocol_unsupported", supported=str(PROTOCOL))
        self._scope = await self._visitors.redeem(hello.ticket)
        self._gate.sit(self._scope)
        self._seated = True
        self._around = Surroundings(locales=tuple(hello.locales), page_language=hello.page_language, zone=hello.zone)
        self._listener = self._switchboard.listener(self._keys())
        stood = await self._reader.where_it_stood(self.scope)
        if stood is None:
            raise HubError("workspace_unknown")
        self._epoch, latest = stood.epoch, stood.conversation
        self._welcome(latest, stood.name)
        if latest is not None:
            self._take_up(latest, hello.resume)
            await self._catch_up()

    async def hear(self, raw: bytes) -> None:
        """One frame, one command."""
        frame = self._read(raw)
        permit(Party.VISITOR, frame)
        service, scope = self._conversations, self.scope
        if not isinstance(frame, f.Hello | f.TypingNow):
            self._gate.customer(scope, says=isinstance(frame, f.Start | f.Post), opens=isinstance(frame, f.Start))
        match frame:
            case f.Hello():
                raise HubError("out_of_order")
            case f.Start():
                beginning = Beginning(
                    client_message_id=frame.client_message_id,
                    text=frame.text,
                    kind=frame.kind,
                    name=frame.name,
                    email=frame.email,
                    language=frame.language,
                    nobody_there=not self._places.opening(self._workspaces.floor(scope.workspace), scope.brand, frame.kind).open,
                )
                posted = await service.start(scope, beginning, self._around)
                async with self._telling:  # not while the log of the conversation before is being read out
                    if posted.conversation != self._conversation:
                        self._begin(posted.conversation)
                self._ack(frame.client_message_id, posted)
            case f.Post():
                self._ack(
                    frame.client_message_id,
                    await service.post(
                        scope,
                        frame.conversation,
                        frame.client_message_id,
                        frame.text,
                        self._around,
                        known=self._certain if frame.conversation == self._conversation else None,
                    ),
                )
            case f.TypingNow():
                if frame.conversation == self._conversation:
                    self._bus.publish([Poke("typing", scope.workspace, frame.conversation, "customer")])
            case f.ReadUpTo():
                await service.read_by_customer(scope, frame.conversation, frame.position)
            case f.EndConversation():
                await service.end_by_customer(scope, frame.conversation)
            case f.Rate():
                await service.rate(scope, frame.conversation, frame.score, frame.comment)
            case f.ChooseLanguage():
                await service.choose_language(scope, frame.conversation, frame.tag)
            case f.SendTranscript():
                await self._mail.transcript(scope, frame.conversation, frame.email)
            case _:
                assert_never(frame)

    async def tell(self) -> None:
        """For ever: what moved since the last look."""
        assert self._listener is not None
        while True:
            pokes = await self._listener.next(poll_seconds=self._patience())
            with told_of(pokes, face="widget"):
                await self._told(pokes)

    async def _told(self, pokes: list[Poke]) -> None:
        if any(poke.kind == "typing" and poke.detail == "agent" for poke in pokes):
            self._show_typing()
        for poke in pokes:
            if poke.kind == "place":
                self._places.heard(poke)
        kinds = {poke.kind for poke in pokes} - {"typing"}
        if kinds and kinds <= {"queue", "place"}:
            self._show_queue()
        elif kinds or not pokes:
            if any(poke.kind == "workspace" for poke in pokes) or not pokes:
                self._show_hours()
            await self._catch_up()

    def heartbeat(self) -> f.Heartbeat:
        return f.Heartbeat(head=self._position)

    def revalidate(self) -> None:
        self._visitors.still_welcome(self.scope)

    async def close(self) -> None:
        if self._seated:
            self._seated = False
            self._gate.rise(self.scope)
        if self._listener is not None:
            self._listener.close()

    # ------------------------------------------------------------ inside

    def _welcome(self, latest: Conversation | None, name: str | None) -> None:
        floor = self._workspaces.floor(self.scope.workspace)
        brand = floor.brand(self.scope.brand)
        language = self._wears = spoken_language(brand, _settled(latest), self._wishes())
        self._hours = self._places.opening(floor, brand.id)
        self._out.put(
            f.Welcome(
                protocol=PROTOCOL,
                epoch=self._epoch,
                brand=face(floor, brand, language),
                texts=texts_address(language),
                hours=self._hours,
                heartbeat_seconds=self._heartbeat_seconds,
                conversation=_state(latest) if latest else None,
                visitor_name=name,
            )
        )

    def _take_up(self, latest: Conversation, resume: f.Resume | None) -> None:
        """Where to go on, or why not there."""
        self._conversation, self._state = latest.id, _state(latest)
        self._retune()
        if resume is None:
            return
        because: Any = None
        if resume.epoch != self._epoch:
            because = "epoch"
        elif resume.conversation != latest.id:
            because = "conversation"
        elif resume.position > latest.public_head:
            because = "position"
        if because:
            self._out.put(f.Resync(because=because, epoch=self._epoch))
        else:
            self._position = resume.position

    def _begin(self, conversation: str) -> None:
        self._conversation, self._position, self._state, self._queue, self._inquiry = conversation, 0, None, None, None
        self._language, self._certain = {}, None
        self._retune()

    def _retune(self) -> None:
        assert self._listener is not None
        self._switchboard.tune(self._listener, self._keys())

    def _keys(self) -> list[Key]:
        workspace = self.scope.workspace
        keys: list[Key] = [
            ("workspace", workspace, workspace),
            ("device", workspace, self.scope.device),
        ]
        if self._conversation:
            if self._state is None or self._state.state == "waiting":  # nobody else has a place in the queue
                keys.append(("queue", workspace, self.scope.brand))
                keys += [("place", workspace, self._inquiry)] if self._inquiry else []
            keys += [("conversation", workspace, self._conversation), ("typing", workspace, self._conversation)]
        return keys

    async def _catch_up(self) -> None:
        """Everything after our position, then the state, then the place in the queue."""
        async with self._telling:
            await self._follow_the_device()
            more = self._conversation is not None
            while more and self._conversation is not None:
                look = await self._reader.look(self.scope.workspace, self._conversation, public=self._position)
                if look is None:
                    return
                for entry in look.public:
                    assert entry.position == self._position + 1, "the public log has no holes"
                    self._out.put(public_frame(entry))
                    self._position = entry.position
                self._show_state(look)
                more = look.more
                await self._out.room()

    async def _follow_the_device(self) -> None:
        """Another tab of this browser may have begun a new conversation."""
        if self._conversation is not None and (self._state is None or self._state.state != "ended"):
            return
        latest = await self._reader.latest(self.scope)
        if latest is not None and latest != self._conversation:
            self._begin(latest)

    def _wishes(self) -> list[str]:
        return [tag for tag in (self._around.page_language, *self._around.locales) if tag]

    def _show_face(self, conversation: Conversation) -> None:
        """Speak as the customer does, once that is settled."""
        floor = self._workspaces.floor(self.scope.workspace)
        brand = floor.brand(self.scope.brand)
        language = spoken_language(brand, _settled(conversation), self._wishes())
        if language != self._wears:
            self._wears = language
            self._out.put(f.Face(brand=face(floor, brand, language), texts=texts_address(language)))

    def _show_state(self, look: Look) -> None:
        self._show_face(look.conversation)
        if look.conversation.language != self._language:
            self._language, self._certain = look.conversation.language, Certain.of(look.conversation)
        state = _state(look.conversation)
        self._inquiry = look.conversation.inquiry if state.state == "waiting" else None
        if self._state is None or msgspec.structs.replace(state, head=self._state.head) != self._state:
            self._state = state
            self._retune()
            self._out.put(f.State(conversation=state))
        self._show_queue()

    def _show_queue(self) -> None:
        """Our place, where it changed; asked of the engine in memory, since every arrival may move everybody's."""
        if self._conversation is None or self._inquiry is None:
            return
        place = self._places.place(self.scope.workspace, self._inquiry)
        if place is None:
            return
        low, high = place.minutes or (None, None)
        queue = f.Queue(
            conversation=self._conversation,
            ahead=place.ahead,
            wait_seconds_low=None if low is None else low * 60,
            wait_seconds_high=None if high is None else high * 60,
        )
        if queue != self._queue:
            self._queue = queue
            self._out.put(queue, may_be_lost=True)

    def _show_hours(self) -> None:
        floor = self._workspaces.floor(self.scope.workspace)
        hours = self._places.opening(floor, self.scope.brand)
        if hours != self._hours:
            self._hours = hours
            self._out.put(f.Hours(hours=hours))

    def _show_typing(self) -> None:
        if self._conversation and self._state:
            self._out.put(f.BrandTyping(conversation=self._conversation, persona=self._state.persona), may_be_lost=True)

    def _ack(self, client_message_id: str, posted: Posted) -> None:
        self._out.put(
            f.Ack(client_message_id=client_message_id, conversation=posted.conversation, position=posted.position, at=posted.at)
        )

    def _read(self, raw: bytes) -> f.FromWidget:
        try:
            return read_frame(_decoder, raw)
        except FrameRefused as refused:
            raise HubError(refused.code, detail=str(refused)[:200]) from None


def public_frame(entry: PublicEntry) -> f.PublicEntry:
    """A row of the public log as the customer gets it: position, time, body, and nothing of who sent it."""
    body = f.shown_in_widget(msgspec.convert(dict(entry.body), f.PublicBody))
    return f.PublicEntry(conversation=entry.conversation, position=entry.position, at=entry.at, body=body)


def _settled(conversation: Conversation | None) -> str | None:
    """The language of a running conversation, where it is settled."""
    if conversation is None or conversation.state == "ended" or not conversation.language.get("settled"):
        return None
    return conversation.language_tag


def _state(conversation: Conversation) -> f.ConversationState:
    persona = msgspec.convert(dict(conversation.persona), f.PersonaFace) if conversation.persona else None
    return f.ConversationState(
        conversation=conversation.id,
        state=conversation.state,
        head=conversation.public_head,
        language=conversation.language_tag,
        persona=persona,
        brand_read=conversation.agent_read,
        customer_read=conversation.customer_read,
        rated=conversation.csat_score is not None,
    )
