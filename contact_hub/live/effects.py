"""Decisions become rows.

Each kind of decision has its lines in one table of cases; all of a batch land in one commit, under the owner's epoch. A decision that does not
fit the rows (an offer that is not live, seats that are not there) is a bug of ours: it raises, the commit is undone, the owner starts again
from its facts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, assert_never

import msgspec

from contact_hub.brands.faces import persona_face
from contact_hub.bus import Poke
from contact_hub.channels.chat.frames import Notice
from contact_hub.scope import Scope, SystemScope
from contact_hub.store import Tx
from contact_hub.store.records import Conversation, ConversationState, Inquiry, NewPublicEntry, NewStaffEntry, OfferRecord
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.values import zone_exists
from i18n import formatting
from routing import decisions as d
from routing.codec import dump
from routing.model import Channel, InquiryId

_NOTICE_FOR_REQUEUE: Final = {"transferred": "notice.transferred", "agent_lost": "notice.reconnecting_agent"}


class Effects:
    """Carries out the decisions of one batch inside one transaction."""

    def __init__(self, tx: Tx, floor: Floor, now: datetime) -> None:
        self._tx, self._floor, self._now = tx, floor, now
        self._scope: SystemScope = Scope.system(floor.id)
        self.pokes: dict[Poke, None] = {}

    async def carry_out(self, decisions: Iterable[d.Decision]) -> None:
        for decision in decisions:
            await self._one(decision)

    async def conversation_of(self, inquiry: str) -> Conversation:
        return await self._tx.conversations.get(self._scope, (await self._inquiry(inquiry)).conversation)

    async def _one(self, decision: d.Decision) -> None:
        match decision:
            case d.Queued():
                await self._queue(decision)
            case d.Offered():
                await self._offer(decision)
            case d.Withdrawn():
                await self._over(decision.offer, from_="offered", because=decision.because)
                await self._change(decision.inquiry, state="waiting")
                self._poke("agent", decision.agent)
            case d.Assigned():
                await self._assign(decision)
            case d.Refused():
                subject = decision.offer or decision.inquiry or ""
                self.pokes[Poke("refused", self._floor.id, decision.agent, f"{decision.code}|{subject}")] = None
            case d.Released():
                await self._release(decision)
            case d.WrapUpStarted():
                await self._change(decision.inquiry, state="wrap_up", wrap_up_until=decision.until)
                self._poke("agent", decision.agent)
            case d.WrapUpEnded():
                await self._change(decision.inquiry, disposition=decision.disposition, wrap_up_until=None)
                conversation = await self.conversation_of(decision.inquiry)
                await self._tell_staff(conversation, "wrapped_up", decision.agent, disposition=decision.disposition)
                self._poke("agent", decision.agent)
            case d.AvailabilityChanged():
                await self._tx.presences.set_availability(
                    self._floor.id, decision.agent, decision.availability, reason=decision.reason, at=self._now
                )
                self._poke("agent", decision.agent)
            case d.Closed():
                await self._close(decision)
            case d.Flagged():
                await self._change(decision.inquiry, flagged=decision.because)
                conversation = await self.conversation_of(decision.inquiry)
                await self._tell_staff(conversation, "flagged", "", because=decision.because)
            case _:
                assert_never(decision)

    async def _queue(self, decision: d.Queued) -> None:
        inquiry = await self._inquiry(decision.inquiry)
        await self._change(
            decision.inquiry,
            state="waiting",
            all_closed=decision.all_closed,
            next_opening=decision.next_opening,
            rules=decision.trace.rules,
            agent=None,
            pool=None,
            contract=None,
        )
        conversation = await self.conversation_of(decision.inquiry)
        if decision.all_closed and not inquiry.all_closed and decision.next_opening and conversation.state != "ended":
            brand = self._floor.brands.get(conversation.brand)  # the rules may have lost it meanwhile
            tag = conversation.language_tag or (brand.languages[0] if brand else "en")
            own = conversation.zone  # the browser said so
            zone = own if own and zone_exists(own) else str(brand.zone) if brand else "UTC"
            when = formatting.next_opening(decision.next_opening, self._now, tag, zone)
            await self._tell_customer(conversation, "notice.closed_next_opening", when=when)
        await self._queue_moved(decision.inquiry)

    async def _offer(self, decision: d.Offered) -> None:
        inquiry = await self._inquiry(decision.inquiry)
        await self._tx.offers.insert(
            OfferRecord(
                workspace=self._floor.id,
                id=decision.offer,
                inquiry=decision.inquiry,
                conversation=inquiry.conversation,
                agent=decision.agent,
                pool=decision.pool,
                contract=decision.contract,
                weight=decision.weight,
                offered_at=self._now,
                until=decision.until,
                trace=dump(decision.trace),
            )
        )
        await self._change(decision.inquiry, state="offered", rules=decision.trace.rules)
        self._poke("agent", decision.agent)
        self._poke("queue", inquiry.brand)

    async def _assign(self, decision: d.Assigned) -> None:
        await self._must_move(decision.offer, from_="offered", to="assigned")
        await self._tx.seats.take(self._floor.id, decision.agent, decision.weight)
        await self._change(
            decision.inquiry,
            state="assigned",
            agent=decision.agent,
            pool=decision.pool,
            contract=decision.contract,
            assigned_at=self._now,
            all_closed=False,
            next_opening=None,
            flagged=None,
        )
        conversation = await self.conversation_of(decision.inquiry)
        persona = persona_face(self._floor.persona(decision.agent, conversation.brand))
        await self._tx.conversations.update(
            self._scope,
            conversation.id,
            state=_unless_ended(conversation, "open"),
            agent=decision.agent,
            pool=decision.pool,
            persona=msgspec.to_builtins(persona),
        )
        if conversation.state != "ended":
            await self._tell_customer(conversation, "notice.joined", name=persona.name)
        await self._tell_staff(conversation, "assigned", decision.agent, agent=decision.agent, pool=decision.pool)
        self._poke("agent", decision.agent)
        await self._queue_moved(decision.inquiry)

    async def _release(self, decision: d.Released) -> None:
        held = [offer for offer in await self._tx.offers.of_inquiry(self._scope, decision.inquiry) if offer.state == "assigned"]
        assert len(held) == 1, f"{decision.inquiry} is released, and assigned {len(held)} times"
        assert held[0].agent == decision.agent, f"{decision.inquiry} is released from somebody who does not have it"
        await self._over(held[0].id, from_="assigned", because=decision.because)
        await self._tx.seats.free(self._floor.id, decision.agent, decision.weight)
        self._poke("agent", decision.agent)
        if not decision.requeued:
            await self._change(decision.inquiry, state="closed", wrap_up_until=None)
            return
        await self._change(
            decision.inquiry, state="waiting", agent=None, pool=None, contract=None, assigned_at=None, wrap_up_until=None
        )
        conversation = await self.conversation_of(decision.inquiry)
        state = _unless_ended(conversation, "waiting")
        await self._tx.conversations.update(self._scope, conversation.id, state=state, agent=None, pool=None, persona=None)
        notice = _NOTICE_FOR_REQUEUE.get(decision.because)
        if notice and state != "ended":
            await self._tell_customer(conversation, notice)
        await self._tell_staff(conversation, "requeued", decision.agent, because=decision.because)
        await self._queue_moved(decision.inquiry)

    async def _close(self, decision: d.Closed) -> None:
        """The customer is done; the agent may not be: while the wrap-up runs, that is the state."""
        inquiry = await self._inquiry(decision.inquiry)
        state = "wrap_up" if inquiry.state == "wrap_up" else "closed"
        await self._change(decision.inquiry, state=state, ended_at=self._now, closed_because=decision.because)
        await self._queue_moved(decision.inquiry)

    # ------------------------------------------------------------ one row each

    async def _inquiry(self, inquiry: str) -> Inquiry:
        return await self._tx.inquiries.get(self._scope, inquiry)

    async def _change(self, inquiry: InquiryId, **changes: Any) -> None:
        await self._tx.inquiries.update(self._scope, inquiry, **changes)

    async def _must_move(self, offer: str, *, from_: Any, to: Any, because: str | None = None) -> None:
        moved = await self._tx.offers.move(self._floor.id, offer, from_=from_, to=to, at=self._now, because=because)
        assert moved, f"offer {offer} was not {from_}"

    async def _over(self, offer: str, *, from_: Any, because: str) -> None:
        await self._must_move(offer, from_=from_, to="over", because=because)

    async def _tell_customer(self, conversation: Conversation, key: str, **values: str) -> None:
        """Who chats sees what happens; who wrote a mail is written to when there is something to say."""
        if conversation.channel is Channel.EMAIL:
            return
        body = msgspec.to_builtins(Notice(key=key, values=values))
        entry = NewPublicEntry(at=self._now, speaker="brand", sender="brand", body=body)
        await self._tx.conversations.append_public(self._scope, conversation.id, entry)
        self._poke("conversation", conversation.id)

    async def _tell_staff(self, conversation: Conversation, kind: str, author: str, **values: str) -> None:
        entry = NewStaffEntry(at=self._now, kind=kind, sender=author, pool=conversation.pool, body={"text": "", "values": values})
        await self._tx.conversations.append_staff(self._scope, conversation.id, entry)
        self._poke("conversation", conversation.id)

    async def _queue_moved(self, inquiry: str) -> None:
        row = await self._inquiry(inquiry)
        self._poke("queue", row.brand)
        self._poke("conversation", row.conversation)

    def _poke(self, kind: Any, subject: str) -> None:
        self.pokes[Poke(kind, self._floor.id, subject)] = None


def _unless_ended(conversation: Conversation, state: ConversationState) -> ConversationState:
    """The customer may have ended it in the moment in which we decided; that input is yet to come, and what is over stays over."""
    return "ended" if conversation.state == "ended" else state
