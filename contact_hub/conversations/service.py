"""What people do to a conversation: one command, one transaction, one poke.

Each method reads like its sentence in the manual: load, decide (in pure code elsewhere), write, leave with it committed. A customer's words are
masked and their language settled before they are kept; an agent's words pass the brand guard before they are. Whatever routing has to know is an
input row written in the same transaction, so neither can exist without the other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from agents.wire import TEXT_CHARS_MAX
from contact_hub.brands.faces import guard_voice, persona_face
from contact_hub.bus import Bus, Poke
from contact_hub.channels.chat.frames import BrandMail, BrandMessage, CustomerMail, CustomerMessage, Notice, PublicBody
from contact_hub.clock import Clock
from contact_hub.conversations.beginnings import (
    Beginning,
    Beginnings,
    Opening,
    arrival,
    demand_of,
    first_language,
    masked,
    new_conversation,
    new_customer,
    new_inquiry,
    opened,
    who_they_say,
)
from contact_hub.conversations.posts import CUSTOMER, Certain, Post, Posted, Posts, Surroundings, after_a_word, as_it_stands
from contact_hub.errors import HubError
from contact_hub.ids import Ids
from contact_hub.live.lines import line
from contact_hub.live.looks import Said
from contact_hub.privacy.guard import inspect
from contact_hub.privacy.masking import mask_cards
from contact_hub.scope import AgentScope, Scope, VisitorScope
from contact_hub.store import Store, Tx, lane_of
from contact_hub.store.records import (
    Conversation,
    ConversationChanges,
    DraftMode,
    NewPublicEntry,
    NewStaffEntry,
    Speaker,
)
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Brand
from contact_hub.workspace.service import Workspaces
from i18n import tags
from i18n.detection import Detection, Hints
from i18n.settling import Evidence, LanguageState, settle
from routing import journal
from routing.codec import dump
from routing.events import DemandCorrected, Event, HandlingEnded, InquiryLeft, Transferred, WrapUpDone
from routing.model import AgentId, InquiryId, PoolId

Detect = Callable[[str, Hints], Detection]

_BRAND: Final = "brand"


class Conversations:
    """All commands on conversations. `detect` and `goes_on` are those of `i18n.detection` with the deployment's detectors."""

    def __init__(
        self,
        *,
        store: Store,
        workspaces: Workspaces,
        bus: Bus,
        clock: Clock,
        ids: Ids,
        detect: Detect,
        goes_on: Callable[[str, str], bool] = lambda _text, _tag: False,
    ) -> None:
        self._store, self._workspaces, self._bus, self._clock, self._ids, self._detect = store, workspaces, bus, clock, ids, detect
        self._goes_on = goes_on
        self.on_ended: Callable[[Tx, Conversation, datetime], Awaitable[None]] = _nothing_follows
        """Called in the transaction that ends a conversation."""
        self.said = Said(bus, clock.monotonic)
        self._posts = Posts(careful=self._post, said=self.said, monotonic=clock.monotonic)
        self._beginnings = Beginnings(careful=self._start, said=self.said, bus=bus, ids=ids, monotonic=clock.monotonic)

    # ------------------------------------------------------------ the customer

    async def start(self, scope: VisitorScope, beginning: Beginning, around: Surroundings) -> Posted:
        """Open a conversation with its first message and ask for a person.

        Raises: text_empty, text_too_long, kind_unknown, language_unknown, form_incomplete, conversation_open, id_reused.
        """
        floor = self._workspaces.floor(scope.workspace)
        brand = floor.brand(scope.brand)
        text = _clean(beginning.text)
        if beginning.kind not in floor.kinds_of(brand):
            raise HubError("kind_unknown")
        _complete(brand, beginning)
        opening = Opening(
            scope=scope,
            floor=floor,
            beginning=beginning,
            around=around,
            text=text,
            heard=self._heard(scope, text, around),
            chosen=_tag(beginning.language) if beginning.language else None,
            at=self._clock.now(),
        )
        return await self._store.write_together(self._beginnings, opening, name="conversation.start", lane=lane_of(scope), cost=2)

    async def _start(self, tx: Tx, opening: Opening) -> Posted:
        """One beginning, whatever was said in this browser before."""
        scope, now = opening.scope, opening.at
        known = scope.customer or await tx.devices.customer_of(
            scope
        )  # this browser's beginnings wait for each other, also through two nodes
        begun = await tx.conversations.sent_somewhere(scope, CUSTOMER, opening.beginning.client_message_id)
        if begun is not None:  # the same words stand there already; other words under the same id are refused
            present = await tx.conversations.get(scope, begun)
            return await self.say(tx, present, present.inquiry, opening.message, now)
        latest = await tx.conversations.latest_of_device(scope)
        if latest is not None and latest.state != "ended":
            raise HubError("conversation_open", conversation=latest.id)
        language = first_language(opening, latest)
        customer = await self._customer(tx, opening, known)
        conversation = new_conversation(opening, language, customer, self._ids)
        await tx.conversations.insert(conversation)
        tx.after_commit(lambda: self._bus.publish([Poke("device", scope.workspace, scope.device)]))
        inquiry = await self.ask_for_a_person(tx, opening.floor, conversation, language, now)
        await tx.conversations.update(_system(conversation), conversation.id, inquiry=inquiry)
        return await self.say(tx, conversation, inquiry, opening.message, now)

    async def post(
        self,
        scope: VisitorScope,
        conversation_id: str,
        client_message_id: str,
        text: str,
        around: Surroundings,
        *,
        known: Certain | None = None,
    ) -> Posted:
        """One more message of the customer. `known` is what language the conversation was in beyond doubt when it was last looked at.

        Raises: not_found, conversation_ended, text_empty, text_too_long, id_reused.
        """
        text = _clean(text)
        post = Post(
            scope=scope,
            conversation=conversation_id,
            client_message_id=client_message_id,
            text=text,
            around=around,
            heard=known if known is not None and self._goes_on(text, known.language) else self._heard(scope, text, around),
            at=self._clock.now(),
        )
        return await self._store.write_together(self._posts, post, name="conversation.post", lane=lane_of(scope))

    async def _post(self, tx: Tx, post: Post) -> Posted:
        """One message of a customer, whatever the conversation and its log are like."""
        conversation = await tx.conversations.get(post.scope, post.conversation)
        again = await tx.conversations.sent_before(post.scope, conversation.id, CUSTOMER, post.client_message_id)
        if again is None and conversation.state == "ended":
            raise HubError("conversation_ended")
        body = CustomerMessage(text=post.text, client_message_id=post.client_message_id)
        posted = await self.say(tx, conversation, conversation.inquiry, body, post.at)
        if again is None and not (isinstance(post.heard, Certain) and post.heard.state == conversation.language):
            heard = self._heard(post.scope, post.text, post.around) if isinstance(post.heard, Certain) else post.heard
            await self.hear(tx, conversation, heard, post.at)
        return posted

    def _heard(self, scope: VisitorScope, text: str, around: Surroundings) -> Detection:
        return self._detect(text, _hints(self._workspaces.floor(scope.workspace).brand(scope.brand), around))

    async def choose_language(self, scope: VisitorScope, conversation_id: str, tag: str) -> None:
        """The customer says which language to use. Raises: not_found, language_unknown, conversation_ended."""
        await self._set_language(scope, conversation_id, Evidence.chosen(_tag(tag)), by="customer_choice", author="")

    async def end_by_customer(self, scope: VisitorScope, conversation_id: str) -> None:
        """The customer is done. Raises: not_found. Ending twice is ending once."""
        await self._end(scope, conversation_id, by="customer", notice="notice.ended_by_customer")

    async def rate(self, scope: VisitorScope, conversation_id: str, score: int, comment: str) -> None:
        """Raises: not_found, not_ended, already_rated."""
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            conversation = await tx.conversations.get(scope, conversation_id)
            if conversation.state != "ended" or conversation.inquiry is None:
                raise HubError("not_ended")
            if conversation.csat_score is not None:
                raise HubError("already_rated")
            await tx.conversations.update(
                Scope.system(scope.workspace), conversation_id, csat_score=score, csat_comment=mask_cards(comment.strip()) or None
            )
            rated = journal.ConversationRated(
                conversation=conversation_id, inquiry=conversation.inquiry, score=score, comment=bool(comment.strip())
            )
            tx.journal.append(scope.workspace, line(now, rated))
            self.moved(tx, conversation)

        await self._store.write(command, name="conversation.rate", lane=lane_of(scope))

    async def read_by_customer(self, scope: VisitorScope, conversation_id: str, position: int) -> None:
        """The customer saw everything up to `position`. Raises: not_found."""
        await self._read(scope, conversation_id, "customer", position)

    # ------------------------------------------------------------ the agent

    async def reply(
        self, scope: AgentScope, conversation_id: str, client_message_id: str, text: str, confirmed: Sequence[str]
    ) -> Posted:
        """A public message as the persona. Raises: not_yours, conversation_ended, guard_refused, guard_warned, id_reused, text_empty, text_too_long."""
        text = _clean(text)
        now = self._clock.now()

        async def command(tx: Tx) -> Posted:
            since = self._clock.monotonic()
            # what was kept is acknowledged again even when the conversation has left the agent meanwhile: "not yours" would mean "not sent"
            system = Scope.system(scope.workspace)
            again = await tx.conversations.sent_before(system, conversation_id, scope.agent_id, client_message_id)
            if again is None:
                conversation = await self.mine(tx, scope, conversation_id)
            else:
                conversation = await tx.conversations.get(system, conversation_id)
            floor = self._workspaces.floor(scope.workspace)
            brand = floor.brand(conversation.brand)
            if again is None:
                if conversation.state == "ended":
                    raise HubError("conversation_ended")
                self.check_words(floor, scope, brand, conversation, text, confirmed)
            persona = persona_face(floor.persona(scope.agent_id, brand.id))
            body = BrandMessage(text=text, persona=persona, language=conversation.language_tag)
            return await self.say(
                tx,
                conversation,
                conversation.inquiry,
                body,
                now,
                agent=scope.agent_id,
                client_message_id=client_message_id,
                since=since,
            )

        return await self._store.write(command, name="conversation.reply", lane=lane_of(scope))

    async def note(self, scope: AgentScope, conversation_id: str, client_message_id: str, text: str) -> Posted:
        """A private note for staff. Raises: not_found, not_yours, id_reused, text_empty, text_too_long."""
        text = _clean(text)
        now = self._clock.now()
        author = scope.agent_id

        async def command(tx: Tx) -> Posted:
            system = Scope.system(scope.workspace)
            again = await tx.conversations.sent_before(system, conversation_id, author, client_message_id, log="staff")
            if again is None:
                conversation = await self._at_hand(tx, scope, conversation_id)
            else:
                conversation = await tx.conversations.get(system, conversation_id)
            entry = NewStaffEntry(
                at=now,
                kind="note",
                sender=author,
                pool=conversation.pool,
                client_message_id=client_message_id,
                body={"text": text, "values": {}},
            )
            appended = await tx.conversations.append_staff(Scope.system(scope.workspace), conversation_id, entry)
            if appended.fresh:
                self.moved(tx, conversation)
            return Posted(conversation=conversation_id, position=appended.position, at=appended.at)

        return await self._store.write(command, name="conversation.note", lane=lane_of(scope))

    async def correct_language(
        self, scope: Scope, author: str, conversation_id: str, tag: str, *, by: Literal["agent", "supervisor"]
    ) -> None:
        """Somebody who knows better. What is not yet accepted is routed anew. Raises: not_found, not_yours, language_unknown."""
        await self._set_language(scope, conversation_id, Evidence.corrected(_tag(tag)), by=f"{by}_correction", author=author)

    async def transfer(self, scope: AgentScope, conversation_id: str, *, pool: str | None, agent: str | None, note: str) -> None:
        """Hand on to a pool, an agent or the queue. A team or colleague the agent may not know is as unknown as one that does not exist.

        Raises: not_yours, conversation_ended, transfer_target_unknown.
        """
        now = self._clock.now()
        floor = self._workspaces.floor(scope.workspace)
        house = floor.house_of(scope.agent_id)
        if any(target is not None and target not in house for target in (pool, agent)):
            raise HubError("transfer_target_unknown")

        async def command(tx: Tx) -> None:
            conversation = await self.mine(tx, scope, conversation_id)
            if conversation.state == "ended" or conversation.inquiry is None:
                raise HubError("conversation_ended")
            values = {"pool": pool or "", "agent": agent or ""}
            entry = NewStaffEntry(
                at=now,
                kind="transfer_asked",
                sender=scope.agent_id,
                pool=conversation.pool,
                body={"text": masked(note), "values": values},
            )
            await tx.conversations.append_staff(Scope.system(scope.workspace), conversation_id, entry)
            self.ask(
                tx,
                scope.workspace,
                now,
                Transferred(
                    inquiry=conversation.inquiry,
                    by=scope.agent_id,
                    pool=PoolId(pool) if pool else None,
                    agent=AgentId(agent) if agent else None,
                ),
            )
            self.moved(tx, conversation)

        await self._store.write(command, name="conversation.transfer", lane=lane_of(scope))

    async def end_by_agent(self, scope: AgentScope, conversation_id: str) -> None:
        """The agent ends the conversation; wrap-up begins. Raises: not_yours."""

        async def allowed(tx: Tx) -> None:
            await self.mine(tx, scope, conversation_id)

        await self._end(scope, conversation_id, by="agent", notice="notice.ended_by_brand", check=allowed)

    async def wrap_up(self, scope: AgentScope, conversation_id: str, disposition: str, note: str) -> None:
        """Choose the disposition. Raises: not_yours, not_ended, disposition_unknown."""
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            conversation = await self.mine(tx, scope, conversation_id)
            if conversation.state != "ended" or conversation.inquiry is None:
                raise HubError("not_ended")
            floor = self._workspaces.floor(scope.workspace)
            if disposition not in floor.brand(conversation.brand).dispositions:
                raise HubError("disposition_unknown")
            if note.strip():
                entry = NewStaffEntry(
                    at=now, kind="note", sender=scope.agent_id, pool=conversation.pool, body={"text": masked(note), "values": {}}
                )
                await tx.conversations.append_staff(Scope.system(scope.workspace), conversation_id, entry)
            event = WrapUpDone(inquiry=conversation.inquiry, agent=scope.agent_id, disposition=disposition)
            self.ask(tx, scope.workspace, now, event)
            self.moved(tx, conversation)

        await self._store.write(command, name="conversation.wrap_up", lane=lane_of(scope))

    async def read_by_agent(self, scope: AgentScope, conversation_id: str, position: int) -> None:
        """The agent saw everything up to `position`. Raises: not_found, not_yours."""
        await self._read(scope, conversation_id, "agent", position)

    async def save_draft(self, scope: AgentScope, conversation_id: str, mode: DraftMode, text: str) -> None:
        """Keep what is being written. Raises: not_yours, text_too_long."""
        if len(text) > TEXT_CHARS_MAX:
            raise HubError("text_too_long")

        async def command(tx: Tx) -> None:
            await self.mine(tx, scope, conversation_id)
            await tx.drafts.save(scope, conversation_id, mode, mask_cards(text))

        await self._store.write(command, name="conversation.draft", lane=lane_of(scope))

    # ------------------------------------------------------------ time

    async def end_idle(self, workspace: str, conversation_id: str, *, last_at: datetime) -> None:
        """Nobody said a word for the brand's idle time; unless somebody just did."""

        async def unmoved(tx: Tx) -> None:
            conversation = await tx.conversations.get(Scope.system(workspace), conversation_id)
            if conversation.last_at != last_at:
                raise HubError("out_of_order")

        await self._end(Scope.system(workspace), conversation_id, by="idle", notice="notice.ended_idle", check=unmoved)

    # ------------------------------------------------------------ inside

    async def say(
        self,
        tx: Tx,
        conversation: Conversation,
        inquiry: InquiryId | None,
        body: PublicBody,
        now: datetime,
        *,
        agent: AgentId | None = None,
        client_message_id: str | None = None,
        fingerprint: str | None = None,
        since: float | None = None,
    ) -> Posted:
        """Append to the public log, once per client id, with its line in the journal. `fingerprint` stands for what was sent where that is more than the
        text. `since`: the command changes nothing else, and began then (by the stop-watch)."""
        customer = isinstance(body, CustomerMessage | CustomerMail)
        speaker: Speaker = "customer" if customer else "agent" if agent else "brand"
        entry = NewPublicEntry(
            at=now,
            speaker=speaker,
            sender=CUSTOMER if customer else agent or _BRAND,
            pool=conversation.pool if agent else None,
            client_message_id=_sent_as(body) or client_message_id,
            fingerprint=fingerprint or (body.text if not isinstance(body, Notice) else None),
            body=msgspec.to_builtins(body),
        )
        changes = _after_a_word(conversation, body, speaker, now)
        appended = await tx.conversations.append_public(_system(conversation), conversation.id, entry, **changes)
        if appended.fresh:
            posted = journal.MessagePosted(
                conversation=conversation.id,
                inquiry=inquiry,
                speaker=speaker,
                position=appended.position,
                agent=agent,
            )
            tx.journal.append(conversation.workspace, line(now, posted))
            if since is None:
                self.moved(tx, conversation)
            else:
                stands = as_it_stands(conversation, entry, changes, appended.position)
                tx.after_commit(lambda: self.said.tell([stands], since=since))
        return Posted(conversation=conversation.id, position=appended.position, at=appended.at)

    async def _customer(self, tx: Tx, opening: Opening, known: str | None) -> str:
        """The customer behind this device; what the form says is kept, and proves nothing."""
        scope = opening.scope
        if known is not None:
            name, email = who_they_say(opening.beginning)
            if name:
                await tx.customers.update(scope.workspace, known, name=name)
            if email:
                await tx.customers.update(scope.workspace, known, email=email)
            return known
        customer = new_customer(opening, self._ids)
        await tx.customers.insert(customer)
        await tx.devices.update(scope.workspace, scope.brand, scope.device, customer=customer.id)
        return customer.id

    async def ask_for_a_person(
        self,
        tx: Tx,
        floor: Floor,
        conversation: Conversation,
        language: LanguageState,
        now: datetime,
        *,
        known: AgentId | None = None,
    ) -> InquiryId:
        """A new inquiry of this conversation, for routing to place. `known`: who knows it already; otherwise the customer's last agent is asked for."""
        inquiry = new_inquiry(conversation, language, floor.version, now, self._ids)
        await tx.inquiries.insert(inquiry)
        tx.journal.append(conversation.workspace, line(now, opened(conversation, inquiry.id, language)))
        known = known or await tx.conversations.last_agent(conversation)
        self.ask(tx, conversation.workspace, now, arrival(conversation, inquiry.id, language, known))
        return inquiry.id

    async def listen(self, tx: Tx, conversation: Conversation, text: str, hints: Hints, now: datetime) -> None:
        """Hear the language of one more message."""
        await self.hear(tx, conversation, self._detect(text, hints), now)

    async def hear(self, tx: Tx, conversation: Conversation, heard: Detection, now: datetime) -> None:
        """What one more message was heard to be."""
        before = LanguageState.from_json(conversation.language)
        after = settle(before, Evidence.text(heard))
        if left := after.switched_from(before):
            await self._tell_of_switch(tx, conversation, left, after, now)
        await self._keep_language(tx, conversation, before, after, by="text", now=now)

    async def _tell_of_switch(self, tx: Tx, conversation: Conversation, left: str, after: LanguageState, now: datetime) -> None:
        """Staff read in their log that the customer writes another language from here on; the customer hears it from the next automatic text."""
        entry = NewStaffEntry(
            at=now,
            kind="language_switched",
            sender="",
            pool=conversation.pool,
            body={"text": "", "values": {"from": left, "to": after.working or ""}},
        )
        await tx.conversations.append_staff(_system(conversation), conversation.id, entry)

    async def _set_language(self, scope: Scope, conversation_id: str, evidence: Evidence, *, by: str, author: str) -> None:
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            if isinstance(scope, AgentScope):
                conversation = await self._at_hand(tx, scope, conversation_id)
            else:
                conversation = await tx.conversations.get(scope, conversation_id)
            before = LanguageState.from_json(conversation.language)
            after = settle(before, evidence)
            if author:
                values = {"from": before.working or "", "to": after.working or ""}
                entry = NewStaffEntry(
                    at=now, kind="language_corrected", sender=author, pool=conversation.pool, body={"text": "", "values": values}
                )
                await tx.conversations.append_staff(_system(conversation), conversation_id, entry)
            if before.working != after.working and conversation.state != "ended":
                notice = Notice(key="notice.language_changed", values={"language": after.working or ""})
                await self.say(tx, conversation, conversation.inquiry, notice, now)
            await self._keep_language(tx, conversation, before, after, by=by, now=now)
            self.moved(tx, conversation)

        await self._store.write(command, name="conversation.language", lane=lane_of(scope))

    async def _keep_language(
        self, tx: Tx, conversation: Conversation, before: LanguageState, after: LanguageState, *, by: str, now: datetime
    ) -> None:
        if after == before:
            return
        await tx.conversations.update(
            _system(conversation),
            conversation.id,
            language=after.to_json(),
            language_tag=after.working,
            language_confidence=after.confidence,
        )
        if (after.working, after.settled) == (before.working, before.settled):
            return
        inquiry = conversation.inquiry
        settled = journal.LanguageSettled(
            conversation=conversation.id, inquiry=inquiry, tag=after.working, confidence=after.confidence, by=by
        )
        tx.journal.append(conversation.workspace, line(now, settled))
        if inquiry and conversation.state != "ended":
            demand = demand_of(conversation, after)
            await tx.inquiries.update(_system(conversation), inquiry, demand=dump(demand))
            self.ask(tx, conversation.workspace, now, DemandCorrected(inquiry=inquiry, demand=demand))

    async def _end(
        self,
        scope: Scope,
        conversation_id: str,
        *,
        by: Literal["customer", "agent", "idle"],
        notice: str,
        check: Callable[[Tx], Any] | None = None,
    ) -> None:
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            if check is not None:
                await check(tx)
            conversation = await tx.conversations.get(scope, conversation_id)
            if conversation.state == "ended":
                return
            await self.say(tx, conversation, conversation.inquiry, Notice(key=notice), now)
            await tx.conversations.update(
                _system(conversation), conversation_id, state="ended", ended_at=now, ended_by=by, customer_waits_since=None
            )
            inquiry = conversation.inquiry
            tx.journal.append(
                conversation.workspace, line(now, journal.ConversationEnded(conversation=conversation_id, inquiry=inquiry, by=by))
            )
            if inquiry:
                held = conversation.agent is not None
                because = {"customer": "customer_ended", "agent": "agent_ended", "idle": "idle"}[by]
                event: Event = (
                    HandlingEnded(inquiry=inquiry, because=because) if held else InquiryLeft(inquiry=inquiry, because=because)
                )
                self.ask(tx, conversation.workspace, now, event)
            await self.on_ended(tx, conversation, now)

        await self._store.write(command, name=f"conversation.end.{by}", lane=lane_of(scope))

    async def _read(self, scope: Scope, conversation_id: str, by: Literal["customer", "agent"], position: int) -> None:
        async def command(tx: Tx) -> None:
            if isinstance(scope, AgentScope):
                conversation = await self._at_hand(tx, scope, conversation_id)
            else:
                conversation = await tx.conversations.get(scope, conversation_id)
            seen = min(position, conversation.public_head)
            before = conversation.customer_read if by == "customer" else conversation.agent_read
            if seen <= before:
                return
            if by == "customer":
                await tx.conversations.update(_system(conversation), conversation_id, customer_read=seen)
            else:
                await tx.conversations.update(_system(conversation), conversation_id, agent_read=seen)
            self.moved(tx, conversation)

        await self._store.write(command, name="conversation.read", lane=lane_of(scope))

    async def _at_hand(self, tx: Tx, scope: AgentScope, conversation_id: str) -> Conversation:
        """The conversation, if it rings at this agent's desk or is in this agent's hands: whoever had it once has no say in it any more."""
        conversation = await tx.conversations.get(scope, conversation_id)
        live = [*await tx.offers.assigned(scope, scope.agent_id), *await tx.offers.ringing(scope, scope.agent_id)]
        if all(offer.conversation != conversation_id for offer in live):
            raise HubError("not_yours")
        return conversation

    async def mine(self, tx: Tx, scope: AgentScope, conversation_id: str) -> Conversation:
        """The conversation, if this agent holds it now (or wraps it up)."""
        conversation = await tx.conversations.get(scope, conversation_id)
        if conversation.agent != scope.agent_id or conversation.inquiry is None:
            raise HubError("not_yours")
        inquiry = await tx.inquiries.get(scope, conversation.inquiry)
        if inquiry.agent != scope.agent_id or inquiry.state not in {"assigned", "wrap_up"}:
            raise HubError("not_yours")
        return conversation

    def check_words(
        self, floor: Floor, scope: AgentScope, brand: Brand, conversation: Conversation, text: str, confirmed: Sequence[str]
    ) -> None:
        detection = self._detect(text, Hints(brand_languages=tuple(brand.languages)))
        written_in = detection.tag if detection.determined and detection.confidence >= 0.9 and detection.letters >= 12 else None
        findings = inspect(text, guard_voice(floor, scope.agent_id, brand, conversation.language_tag), written_in=written_in)
        refused = [finding for finding in findings if finding.severity == "refuse"]
        warned = [finding for finding in findings if finding.severity == "warn" and finding.code not in confirmed]
        for code, found in (("guard_refused", refused), ("guard_warned", warned)):
            if found:
                raise HubError(
                    code,
                    findings=",".join(dict.fromkeys(finding.code for finding in found)),
                    excerpts=" · ".join(finding.excerpt for finding in found if finding.excerpt)[:200],
                )

    def ask(self, tx: Tx, workspace: str, now: datetime, event: Event) -> None:
        """Give routing something to decide."""
        tx.inputs.add(workspace, journal.event_to_json(event), at=now)
        tx.after_commit(lambda: self._bus.publish([Poke("input", workspace, workspace)]))

    def moved(self, tx: Tx, conversation: Conversation) -> None:
        """Let everybody look who shows it."""
        tx.after_commit(lambda: self._bus.publish([Poke("conversation", conversation.workspace, conversation.id)]))


async def _nothing_follows(_tx: Tx, _conversation: Conversation, _now: datetime) -> None:
    """The end is the end."""


def _system(conversation: Conversation) -> Scope:
    """For writing to a conversation that somebody was allowed to read."""
    return Scope.system(conversation.workspace)


def _sent_as(body: PublicBody) -> str | None:
    """The id under which a customer sent something, where they did: their browser's, or that of the mail as it came."""
    match body:
        case CustomerMessage(client_message_id=id_) | CustomerMail(mail=id_):
            return id_
        case _:
            return None


def _after_a_word(conversation: Conversation, body: PublicBody, speaker: Speaker, now: datetime) -> ConversationChanges:
    """How one more public entry changes the conversation's own line. A notice is nobody's word, nor is a robot's mail: who waits for whom stays as it was."""
    if isinstance(body, Notice) or (isinstance(body, BrandMail) and body.automatic):
        return {"last_at": now}
    return after_a_word(conversation, body.text, speaker, now)


def _hints(brand: Brand, around: Surroundings) -> Hints:
    return Hints(brand_languages=tuple(brand.languages), locales=around.locales, page=around.page_language)


def _clean(text: str) -> str:
    """What is kept of what was written: no card numbers, no edges of white space.

    Raises: text_empty, text_too_long.
    """
    if len(text) > TEXT_CHARS_MAX:
        raise HubError("text_too_long")
    cleaned = masked(text)
    if not cleaned:
        raise HubError("text_empty")
    return cleaned


def _tag(tag: str) -> str:
    try:
        return tags.canonical(tag)
    except ValueError:
        raise HubError("language_unknown") from None


def _complete(brand: Brand, beginning: Beginning) -> None:
    for field in ("name", "email"):
        if getattr(brand.form, field) == "required" and not (getattr(beginning, field) or "").strip():
            raise HubError("form_incomplete", field=field)
    if beginning.email and ("@" not in beginning.email or len(beginning.email) > 254):
        raise HubError("form_incomplete", field="email")


__all__ = ["Beginning", "Conversations", "Posted", "Surroundings", "demand_of"]
