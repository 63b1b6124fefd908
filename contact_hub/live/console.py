"""The console's side of the talk: an agent's frames in, commands out; the view's differences and the threads' entries out.

Knows no socket. Whatever moves, the view is rebuilt from rows and only the difference is sent; where only words were said, only the cards of their
conversations are. Of each conversation in the view both logs are read after the client's own cursors. A second console of the same agent takes over only when
told to, and fences the first by the presence epoch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final, TypedDict, assert_never

import msgspec

from agents import frames as f
from agents.console import diff
from agents.wire import PROTOCOL, FrameRefused, Refusal, read_frame
from contact_hub.admission import Gate
from contact_hub.brands.faces import DECLINE_REASONS, reference
from contact_hub.bus import Poke
from contact_hub.conversations.service import Posted
from contact_hub.errors import HubError
from contact_hub.live.looks import Look
from contact_hub.live.queues import FRESH_SECONDS
from contact_hub.live.switchboard import Key, Listener, told_of
from contact_hub.live.view import brands_of, build, card_moved
from contact_hub.live.wires import Out, Wires
from contact_hub.scope import AgentScope, Scope
from contact_hub.staff.desk import Desk
from contact_hub.staff.frames import permit
from contact_hub.staff.policy import Party
from contact_hub.store.records import PublicEntry, StaffEntry
from contact_hub.workspace.floor import Floor

_WITHHELD: Final = "–"
"""Stands for words that are not for this reader; needs no translation."""

_decoder: Final[msgspec.json.Decoder[f.FromConsole]] = msgspec.json.Decoder(f.FromConsole)


class _Behind(TypedDict):
    """After which positions a conversation is to be looked at."""

    public: int
    staff: int


class ConsoleSession:
    """One console socket."""

    def __init__(self, *, out: Out, wires: Wires, desk: Desk, gate: Gate) -> None:
        self._out, self._desk, self._gate = out, desk, gate
        self._store, self._reader, self._switchboard = wires.store, wires.reader, wires.switchboard
        self._workspaces, self._conversations, self._bus = wires.workspaces, wires.conversations, wires.bus
        self._mail = wires.mail
        self._queues = wires.queues
        self._clock, self._heartbeat_seconds, self._patience = wires.clock, wires.heartbeat_seconds, wires.patience
        self._scope: AgentScope | None = None
        self._presence_epoch = 0
        self._view: f.View | None = None
        self._cursors: dict[str, f.Cursor] = {}
        self._listener: Listener | None = None
        self._rules = 0
        self._looked_at = 0.0
        self._queues_at = 0.0
        self._telling = asyncio.Lock()

    @property
    def scope(self) -> AgentScope:
        assert self._scope is not None, "the console has not said hello"
        return self._scope

    @property
    def workspace(self) -> str:
        return self._scope.workspace if self._scope is not None else ""

    async def open(self, raw: bytes) -> None:
        """Hello. Raises: out_of_order, protocol_unsupported, ticket_invalid, superseded."""
        hello = self._read(raw)
        if not isinstance(hello, f.ConsoleHello):
            raise HubError("out_of_order")
        if hello.protocol != PROTOCOL:
            raise HubError("protocol_unsupported", supported=str(PROTOCOL))
        self._scope = await self._desk.redeem(hello.ticket)
        # listen first, look then: whoever is signed out in between is heard
        self._listener = self._switchboard.listener(self._keys())
        await self._desk.entitled(self.scope)
        came_back = hello.resume.desk if hello.resume is not None else None
        if not hello.take_over and await self._desk.occupied(self.scope, but_for=came_back):
            self._out.put(f.Superseded(by="open"))
            raise HubError("superseded")
        self._presence_epoch = await self._desk.sit_down(self.scope)
        self._listener.hear(Poke("agent", self.scope.workspace, self.scope.agent_id))
        await self._welcome(hello.resume)

    async def hear(self, raw: bytes) -> None:
        """One frame, one command."""
        frame = self._read(raw)
        permit(Party.AGENT, frame)
        service, scope = self._conversations, self.scope
        if not isinstance(frame, f.ConsoleHello | f.AgentTyping | f.ShowHistory):
            self._gate.agent(scope)
        match frame:
            case f.ConsoleHello():
                raise HubError("out_of_order")
            case f.SetAvailability():
                await self._desk.set_availability(scope, frame.availability, frame.reason)
            case f.AcceptOffer():
                await self._desk.accept(scope, frame.offer)
            case f.DeclineOffer():
                if frame.reason not in DECLINE_REASONS:
                    raise HubError("reason_unknown")
                await self._desk.decline(scope, frame.offer, frame.reason)
            case f.Reply():
                posted = await service.reply(scope, frame.conversation, frame.client_message_id, frame.text, frame.confirmed)
                self._ack(frame.client_message_id, posted, "public")
            case f.NotePrivately():
                posted = await service.note(scope, frame.conversation, frame.client_message_id, frame.text)
                self._ack(frame.client_message_id, posted, "staff")
            case f.AgentTyping():
                if self._view is not None and frame.conversation in self._view.conversations:
                    self._bus.publish([Poke("typing", scope.workspace, frame.conversation, "agent")])
            case f.AgentRead():
                await service.read_by_agent(scope, frame.conversation, frame.position)
            case f.SaveDraft():
                await service.save_draft(scope, frame.conversation, frame.mode, frame.text)
            case f.Transfer():
                await service.transfer(scope, frame.conversation, pool=frame.pool, agent=frame.agent, note=frame.note)
            case f.CorrectLanguage():
                await service.correct_language(scope, scope.agent_id, frame.conversation, frame.tag, by="agent")
            case f.EndHandling():
                await service.end_by_agent(scope, frame.conversation)
            case f.FinishWrapUp():
                await service.wrap_up(scope, frame.conversation, frame.disposition, frame.note)
            case f.ShowHistory():
                await self._show_history(frame.conversation)
            case f.ReplyByMail():
                self._ack(frame.client_message_id, await self._mail.reply(scope, frame), "public")
            case f.ForwardMail():
                self._ack(frame.client_message_id, await self._mail.forward(scope, frame), "staff")
            case f.DecideMail():
                await self._mail.decide(scope, frame.conversation, frame.mail, frame.decision)
            case _:
                assert_never(frame)

    async def tell(self) -> None:
        """For ever: what moved since the last look."""
        assert self._listener is not None
        while True:
            pokes = await self._listener.next(poll_seconds=FRESH_SECONDS if self._queues_old() else self._patience())
            with told_of(pokes, face="console"):
                await self._told(pokes)

    async def _told(self, pokes: list[Poke]) -> None:
        for poke in pokes:
            self._heard(poke)
        if any(poke.kind == "roll_call" for poke in pokes):
            await self._desk.answer_roll_call(self.scope, self._presence_epoch)
        kinds = {poke.kind for poke in pokes} - {"typing", "refused", "console", "roll_call"}
        if "queue" in kinds:
            self._queues.moved(self.scope.workspace)
        elif self._queues_old() and not self._due():
            await self._look_at_queues()
            if not pokes:
                return
        if kinds and kinds <= {"queue", "conversation"} and not self._due():
            if "queue" in kinds:
                await self._look_at_queues()
            if "conversation" in kinds and not await self._look_at_words(pokes):
                await self._look(everything=False, moved=pokes)
        elif kinds or not pokes:
            await self._look(everything=not pokes or any(poke.kind == "everything" for poke in pokes), moved=pokes)

    def _queues_old(self) -> bool:
        """Whether the queues that are shown were asked for before they moved last: others' answers are shared for a moment."""
        return self._queues.moved_since(self.scope.workspace, self._queues_at)

    async def _queue_lines(self, floor: Floor) -> dict[str, f.QueueLine]:
        lines = await self._queues.lines(self.scope.workspace, brands_of(floor, self.scope.agent_id))
        self._queues_at = self._queues.as_of(self.scope.workspace)
        return lines

    def _due(self) -> bool:
        """Whether the whole of the view was not looked at for so long that a poke about something else may have been lost."""
        return self._clock.monotonic() - self._looked_at > self._patience()

    def heartbeat(self) -> f.ConsoleHeartbeat:
        return f.ConsoleHeartbeat(heads={id_: (cursor.public, cursor.staff) for id_, cursor in self._cursors.items()})

    async def revalidate(self) -> None:
        try:
            await self._desk.still_here(self.scope, self._presence_epoch)
        except HubError as refusal:
            if refusal.code == "superseded":  # and nobody told us
                self._out.put(f.Superseded(by="other"))
            raise

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
        if self._presence_epoch:
            await self._desk.stand_up(self.scope, self._presence_epoch)

    # ------------------------------------------------------------ inside

    async def _welcome(self, resume: f.ConsoleResume | None) -> None:
        now = self._clock.now()
        floor = self._floor()
        queues = await self._queue_lines(floor)
        async with self._store.read() as tx:
            workspace = await tx.workspaces.get(self.scope.workspace)
            view = await build(tx, self.scope, floor, now, queues)
        if workspace is None:
            raise HubError("workspace_unknown")
        self._view, self._rules = view, floor.version
        foreign = resume is not None and resume.epoch != workspace.delivery_epoch
        asked = resume.cursors if resume is not None and not foreign else {}
        wrong = [id_ for id_, card in view.conversations.items() if _ahead(asked.get(id_), card)]
        self._cursors = {id_: f.Cursor() if id_ in wrong else asked.get(id_, f.Cursor()) for id_ in view.conversations}
        missed = sum(
            card.public_head - self._cursors[id_].public + card.staff_head - self._cursors[id_].staff
            for id_, card in view.conversations.items()
            if id_ in asked and id_ not in wrong
        )
        self._out.put(
            f.ConsoleWelcome(
                protocol=PROTOCOL,
                epoch=workspace.delivery_epoch,
                view=view,
                reference=reference(floor, self.scope.agent_id),
                heartbeat_seconds=self._heartbeat_seconds,
                now=now,
                desk=self._presence_epoch,
                caught_up=missed,
            )
        )
        if foreign:
            self._out.put(f.ConsoleResync(because="epoch", epoch=workspace.delivery_epoch, conversations=list(view.conversations)))
        elif wrong:
            self._out.put(f.ConsoleResync(because="position", epoch=workspace.delivery_epoch, conversations=wrong))
        self._retune()
        for conversation in view.conversations:
            await self._read_thread(conversation)

    async def _look(self, *, everything: bool, moved: list[Poke]) -> None:
        """Rebuild the view, send the difference, then what is new in the threads it names."""
        async with self._telling:
            self._looked_at = self._clock.monotonic()
            floor = self._floor()
            if floor.version != self._rules:
                self._rules = floor.version
                self._out.put(f.ReferenceChanged(reference=reference(floor, self.scope.agent_id)))
            queues = await self._queue_lines(floor)
            view = await self._reader.view(self.scope, floor, self._clock.now(), queues, hurry=bool(moved))
            assert self._view is not None
            changes = diff(self._view, view)
            self._view = view
            if changes:
                self._out.put(f.Delta(changes=changes))
            self._cursors = {id_: self._cursors.get(id_, f.Cursor()) for id_ in view.conversations}
            self._retune()
            for id_, card in view.conversations.items():
                cursor = self._cursors[id_]
                if everything or cursor.public < card.public_head or cursor.staff < card.staff_head or _names(moved, id_):
                    await self._read_thread(id_)

    async def _look_at_queues(self) -> None:
        """Only the queues moved: what fifty consoles hear at every arrival must cost next to nothing."""
        async with self._telling:
            assert self._view is not None
            queues = await self._queue_lines(self._floor())
            view = msgspec.structs.replace(self._view, queues=queues)
            if changes := diff(self._view, view):
                self._view = view
                self._out.put(f.Delta(changes=changes))

    async def _look_at_words(self, moved: list[Poke]) -> bool:
        """Only words were said: their conversations are read, together with those that other screens want to see, and nothing else of the view.
        False where more than that has happened."""
        async with self._telling:
            assert self._view is not None
            cards = self._view.conversations
            ids = list(dict.fromkeys(poke.subject for poke in moved if poke.kind == "conversation" and poke.subject in cards))
            looks = await self._look_at_each(ids)
            renewed = [card for look in looks if (card := self._renewed(look)) is not None]
            if len(renewed) < len(ids):
                return False
            changed = {card.conversation: card for card in renewed if card != cards[card.conversation]}
            if changed:
                self._view = msgspec.structs.replace(self._view, conversations=cards | changed)
                self._out.put(f.Delta(changes=[_card_changed(card) for card in changed.values()]))
            for look in looks:
                self._send_entries(look)
                if look.more:
                    await self._read_thread(look.conversation.id)
            return True

    def _renewed(self, look: Look) -> f.ConversationCard | None:
        assert self._view is not None
        return card_moved(self._view.conversations[look.conversation.id], look.conversation, self.scope.agent_id)

    async def _look_at_each(self, conversations: list[str]) -> list[Look]:
        """Those that are there; what must be read is read together."""
        known = [self._reader.known(self.scope.workspace, id_, **self._behind(id_)) for id_ in conversations]
        asked = [id_ for id_, look in zip(conversations, known, strict=True) if look is None]
        read = await asyncio.gather(*(self._look_at(id_) for id_ in asked)) if asked else []
        return [look for look in (*known, *read) if look is not None]

    async def _look_at(self, conversation: str) -> Look | None:
        return await self._reader.look(self.scope.workspace, conversation, **self._behind(conversation))

    def _behind(self, conversation: str) -> _Behind:
        cursor = self._cursors[conversation]
        return {"public": cursor.public, "staff": cursor.staff}

    async def _read_thread(self, conversation: str) -> None:
        more = True
        while more:
            look = await self._look_at(conversation)
            if look is None:
                return
            self._send_entries(look)
            more = look.more
            await self._out.room()

    def _send_entries(self, look: Look) -> None:
        id_ = look.conversation.id
        cursor, floor = self._cursors[id_], self._floor()
        known = floor.house_of(self.scope.agent_id)
        for public in look.public:
            assert public.position == cursor.public + 1, "the public log has no holes"
            self._out.put(public_entry(public, floor, known=known, me=self.scope.agent_id))
            cursor = f.Cursor(public=public.position, staff=cursor.staff)
        for staff in look.staff:
            assert staff.position == cursor.staff + 1, "the staff log has no holes"
            self._out.put(staff_entry(staff, floor, known=known))
            cursor = f.Cursor(public=cursor.public, staff=staff.position)
        self._cursors[id_] = cursor

    def _heard(self, poke: Poke) -> None:
        match poke.kind:
            case "typing" if poke.detail == "customer":
                self._out.put(f.CustomerTyping(conversation=poke.subject), may_be_lost=True)
            case "refused":
                code, _, about = poke.detail.partition("|")
                self._out.put(Refusal(code=code, sentence=HubError(code).sentence, about=about))
            case "console" if poke.detail != str(self._presence_epoch):
                self._out.put(f.Superseded(by="other"))
                raise HubError("superseded")
            case "revoked":
                raise HubError("session_ended")
            case _:
                pass

    async def _show_history(self, conversation: str) -> None:
        floor = self._floor()
        known = floor.house_of(self.scope.agent_id)
        async with self._store.read() as tx:
            earlier = await tx.conversations.history_for(self.scope, conversation)
            ids = [row.inquiry for row, _ in earlier if row.inquiry]
            inquiries = await tx.inquiries.get_many(Scope.system(self.scope.workspace), ids) if ids else {}
        items = [
            f.HistoryItem(
                conversation=row.id,
                started_at=row.opened_at,
                ended_at=row.ended_at,
                kind=row.kind,
                language=row.language_tag,
                disposition=inquiries[row.inquiry].disposition if row.inquiry in inquiries else None,
                score=row.csat_score,
                messages=[public_entry(entry, floor, known=known, me=self.scope.agent_id) for entry in entries],
            )
            for row, entries in earlier
        ]
        self._out.put(f.History(conversation=conversation, items=items))

    def _ack(self, client_message_id: str, posted: Posted, log: str) -> None:
        self._out.put(
            f.ConsoleAck(
                client_message_id=client_message_id,
                conversation=posted.conversation,
                log="public" if log == "public" else "staff",
                position=posted.position,
                at=posted.at,
            )
        )

    def _retune(self) -> None:
        assert self._listener is not None
        self._switchboard.tune(self._listener, self._keys())

    def _keys(self) -> list[Key]:
        workspace, agent = self.scope.workspace, self.scope.agent_id
        keys: list[Key] = [
            ("agent", workspace, agent),
            ("console", workspace, agent),
            ("refused", workspace, agent),
            ("workspace", workspace, workspace),
            ("revoked", workspace, self.scope.account),
            ("roll_call", workspace, workspace),
        ]
        if self._view is not None:
            keys += [("conversation", workspace, id_) for id_ in self._view.conversations]
            keys += [("typing", workspace, id_) for id_ in self._view.conversations]
            own = self._floor().agents.get(agent)
            keys += [("queue", workspace, brand) for brand in (own.certifications if own else ())]
        return keys

    def _floor(self) -> Floor:
        return self._workspaces.floor(self.scope.workspace)

    def _read(self, raw: bytes) -> f.FromConsole:
        try:
            return read_frame(_decoder, raw)
        except FrameRefused as refused:
            raise HubError(refused.code, detail=str(refused)[:200]) from None


def public_entry(entry: PublicEntry, floor: Floor, *, known: frozenset[str] | None, me: str = "") -> f.PublicEntryForStaff:
    """A row of the public log as staff sees it: with the colleague behind the persona, if the reader may know them (`known`; None: everybody)."""
    body = entry.body
    persona = body.get("persona") or {}
    return f.PublicEntryForStaff(
        conversation=entry.conversation,
        position=entry.position,
        at=entry.at,
        speaker=entry.speaker,
        text=str(body.get("text", "")),
        author=_name("agent", entry.sender, floor, known) if entry.speaker == "agent" else "",
        persona=str(persona.get("name", "")),
        key=str(body.get("key", "")),
        values=dict(body.get("values", {})),
        client_message_id=entry.client_message_id or "",
        mine=bool(me) and entry.sender == me,
        mail=mail_face(body) if body.get("kind") in {"customer_mail", "brand_mail"} else None,
    )


def mail_face(body: Mapping[str, Any]) -> f.MailFace:
    """What a mail has beside its words, as the log keeps it."""
    sender = body.get("sender")
    return f.MailFace(
        id=str(body.get("mail") or body.get("outgoing") or ""),
        subject=str(body.get("subject", "")),
        sender=msgspec.convert(sender, f.MailPerson) if sender else None,
        to=msgspec.convert(body.get("to", ()), list[f.MailPerson]),
        cc=msgspec.convert(body.get("cc", ()), list[f.MailPerson]),
        quoted=str(body.get("quoted", "")),
        signature=str(body.get("signature", "")),
        has_html=bool(body.get("has_html")),
        files=msgspec.convert(body.get("attachments", ()), list[f.MailFile]),
        third_party=bool(body.get("third_party")),
        warnings=[str(code) for code in body.get("warnings", ())],
        automatic=str(body.get("automatic", "")),
    )


def staff_entry(entry: StaffEntry, floor: Floor, *, known: frozenset[str] | None) -> f.StaffEntry:
    """A row of the staff log, with names for ids where the reader may know them.

    A private note stays in its house: a rival vendor's agent, to whom the conversation was handed on, gets the row (positions have no holes) without its
    words. What was written *for* the next one, the note of a transfer, is theirs.
    """
    body = entry.body
    foreign = entry.kind == "note" and known is not None and entry.sender not in known
    named = {key: _name(key, str(value), floor, known) for key, value in dict(body.get("values", {})).items()}
    return f.StaffEntry(
        conversation=entry.conversation,
        position=entry.position,
        at=entry.at,
        kind=entry.kind,
        author=_name("agent", entry.sender, floor, known),
        text=_WITHHELD if foreign else str(body.get("text", "")),
        values=named,
        client_message_id=entry.client_message_id or "",
    )


def _name(key: str, value: str, floor: Floor, known: frozenset[str] | None) -> str:
    """A person's or team's name for its id; nothing where the reader may not know it. Other values stay as they are."""
    if key not in {"agent", "pool"}:
        return value
    if known is not None and value not in known:
        return ""  # also whom the rules no longer name: their id would tell as much
    named = floor.agents if key == "agent" else floor.pools
    return named[value].name if value in named else value


def _card_changed(card: f.ConversationCard) -> f.Change:
    return f.Change(collection="conversations", key=card.conversation, value=msgspec.to_builtins(card))


def _ahead(cursor: f.Cursor | None, card: f.ConversationCard) -> bool:
    return cursor is not None and (cursor.public > card.public_head or cursor.staff > card.staff_head)


def _names(pokes: list[Poke], conversation: str) -> bool:
    return any(poke.kind == "conversation" and poke.subject == conversation for poke in pokes)


__all__ = ["ConsoleSession", "public_entry", "staff_entry"]
