"""Decisions become rows.

Each kind of decision has its lines in one table of cases; all of a batch land in one commit, under the owner's epoch, and share their statements
(`live.ledger`). A decision that does not fit the rows (an offer that is not live, seats that are not there) is a bug of ours: it raises, the commit is
undone, the owner starts again from its facts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final, TypeGuard, assert_never

import msgspec

from contact_hub.brands.faces import persona_face
from contact_hub.bus import Poke
from contact_hub.channels.chat.frames import Notice
from contact_hub.live.ledger import Ledger
from contact_hub.store import Tx
from contact_hub.store.records import Conversation, ConversationState, NewPublicEntry, NewStaffEntry, OfferRecord
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.values import zone_exists
from i18n import formatting
from routing import decisions as d
from routing.codec import dump
from routing.model import Channel

_ABOUT_OFFER: Final = (d.Offered, d.Withdrawn, d.Assigned, d.Released)
_ABOUT_INQUIRY: Final = (*_ABOUT_OFFER, d.Queued, d.WrapUpStarted, d.WrapUpEnded, d.Closed, d.Flagged)
_NOTICE_FOR_REQUEUE: Final = {"transferred": "notice.transferred", "agent_lost": "notice.reconnecting_agent"}


class Effects:
    """Carries out the decisions of one commit inside its transaction: `read` what they name, `carry_out` each event's with its time and rules, `write`."""

    def __init__(self, tx: Tx, workspace: str) -> None:
        self._workspace, self._rows = workspace, Ledger(tx, workspace)
        self.pokes: dict[Poke, None] = {}

    async def read(self, decisions: Collection[d.Decision]) -> None:
        await self._rows.read(
            {decision.inquiry for decision in decisions if isinstance(decision, _ABOUT_INQUIRY)},
            spoken_in={decision.inquiry for decision in decisions if _speaks(decision)},
            offered={decision.inquiry for decision in decisions if isinstance(decision, _ABOUT_OFFER)},
        )

    def carry_out(self, decisions: Iterable[d.Decision], floor: Floor, now: datetime) -> None:
        for decision in decisions:
            self._one(decision, floor, now)

    async def write(self) -> None:
        await self._rows.write()

    def _one(self, decision: d.Decision, floor: Floor, now: datetime) -> None:
        rows = self._rows
        match decision:
            case d.Queued():
                self._queue(decision, floor, now)
            case d.Offered():
                self._offer(decision, now)
            case d.Withdrawn():
                rows.move(decision.inquiry, decision.offer, from_="offered", to="over", at=now, because=decision.because)
                rows.change(decision.inquiry, state="waiting")
                self._poke("agent", decision.agent)
            case d.Assigned():
                self._assign(decision, floor, now)
            case d.Refused():
                subject = decision.offer or decision.inquiry or ""
                self.pokes[Poke("refused", self._workspace, decision.agent, f"{decision.code}|{subject}")] = None
            case d.Released():
                self._release(decision, now)
            case d.WrapUpStarted():
                rows.change(decision.inquiry, state="wrap_up", wrap_up_until=decision.until)
                self._poke("agent", decision.agent)
            case d.WrapUpEnded():
                rows.change(decision.inquiry, disposition=decision.disposition, wrap_up_until=None)
                conversation = rows.conversation_of(decision.inquiry)
                self._tell_staff(conversation, now, "wrapped_up", decision.agent, disposition=decision.disposition)
                self._poke("agent", decision.agent)
            case d.AvailabilityChanged():
                rows.set_availability(decision.agent, decision.availability, reason=decision.reason, at=now)
                self._poke("agent", decision.agent)
            case d.Closed():
                self._close(decision, now)
            case d.Flagged():
                rows.change(decision.inquiry, flagged=decision.because)
                self._tell_staff(rows.conversation_of(decision.inquiry), now, "flagged", "", because=decision.because)
            case _:
                assert_never(decision)

    def _queue(self, decision: d.Queued, floor: Floor, now: datetime) -> None:
        known = self._rows.inquiry(decision.inquiry).all_closed
        self._rows.change(
            decision.inquiry,
            state="waiting",
            all_closed=decision.all_closed,
            next_opening=decision.next_opening,
            rules=decision.trace.rules,
            agent=None,
            pool=None,
            contract=None,
        )
        if decision.all_closed and not known and decision.next_opening:
            self._tell_opening(self._rows.conversation_of(decision.inquiry), floor, decision.next_opening, now)
        self._queue_moved(decision.inquiry)

    def _tell_opening(self, conversation: Conversation, floor: Floor, opening: datetime, now: datetime) -> None:
        if conversation.state == "ended":
            return
        brand = floor.brands.get(conversation.brand)  # the rules may have lost it meanwhile
        tag = conversation.language_tag or (brand.languages[0] if brand else "en")
        own = conversation.zone  # the browser said so
        zone = own if own and zone_exists(own) else str(brand.zone) if brand else "UTC"
        when = formatting.next_opening(opening, now, tag, zone)
        self._tell_customer(conversation, now, "notice.closed_next_opening", when=when)

    def _offer(self, decision: d.Offered, now: datetime) -> None:
        inquiry = self._rows.inquiry(decision.inquiry)
        self._rows.offer(
            OfferRecord(
                workspace=self._workspace,
                id=decision.offer,
                inquiry=decision.inquiry,
                conversation=inquiry.conversation,
                agent=decision.agent,
                pool=decision.pool,
                contract=decision.contract,
                weight=decision.weight,
                offered_at=now,
                until=decision.until,
                trace=dump(decision.trace),
            )
        )
        self._rows.change(decision.inquiry, state="offered", rules=decision.trace.rules)
        self._poke("agent", decision.agent)
        self._poke("queue", inquiry.brand)

    def _assign(self, decision: d.Assigned, floor: Floor, now: datetime) -> None:
        self._rows.move(decision.inquiry, decision.offer, from_="offered", to="assigned", at=now)
        self._rows.take_seats(decision.agent, decision.weight)
        self._rows.change(
            decision.inquiry,
            state="assigned",
            agent=decision.agent,
            pool=decision.pool,
            contract=decision.contract,
            assigned_at=now,
            all_closed=False,
            next_opening=None,
            flagged=None,
        )
        conversation = self._rows.conversation_of(decision.inquiry)
        persona = persona_face(floor.persona(decision.agent, conversation.brand))
        self._rows.change_conversation(
            conversation,
            state=_unless_ended(conversation, "open"),
            agent=decision.agent,
            pool=decision.pool,
            persona=msgspec.to_builtins(persona),
        )
        if conversation.state != "ended":
            self._tell_customer(conversation, now, "notice.joined", name=persona.name)
        self._tell_staff(conversation, now, "assigned", decision.agent, agent=decision.agent, pool=decision.pool)
        self._poke("agent", decision.agent)
        self._queue_moved(decision.inquiry)

    def _release(self, decision: d.Released, now: datetime) -> None:
        held = self._rows.held(decision.inquiry)
        assert held.agent == decision.agent, f"{decision.inquiry} is released from somebody who does not have it"
        self._rows.move(decision.inquiry, held.id, from_="assigned", to="over", at=now, because=decision.because)
        self._rows.free_seats(decision.agent, decision.weight)
        self._poke("agent", decision.agent)
        if not decision.requeued:
            self._rows.change(decision.inquiry, state="closed", wrap_up_until=None)
            return
        self._rows.change(
            decision.inquiry, state="waiting", agent=None, pool=None, contract=None, assigned_at=None, wrap_up_until=None
        )
        conversation = self._rows.conversation_of(decision.inquiry)
        state = _unless_ended(conversation, "waiting")
        self._rows.change_conversation(conversation, state=state, agent=None, pool=None, persona=None)
        notice = _NOTICE_FOR_REQUEUE.get(decision.because)
        if notice and state != "ended":
            self._tell_customer(conversation, now, notice)
        self._tell_staff(conversation, now, "requeued", decision.agent, because=decision.because)
        self._queue_moved(decision.inquiry)

    def _close(self, decision: d.Closed, now: datetime) -> None:
        """The customer is done; the agent may not be: while the wrap-up runs, that is the state."""
        running = self._rows.inquiry(decision.inquiry).state == "wrap_up"
        self._rows.change(decision.inquiry, state="wrap_up" if running else "closed", ended_at=now, closed_because=decision.because)
        self._queue_moved(decision.inquiry)

    # ------------------------------------------------------------ who is told

    def _tell_customer(self, conversation: Conversation, now: datetime, key: str, **values: str) -> None:
        """Who chats sees what happens; who wrote a mail is written to when there is something to say."""
        if conversation.channel is Channel.EMAIL:
            return
        body = msgspec.to_builtins(Notice(key=key, values=values))
        self._rows.tell_customer(conversation, NewPublicEntry(at=now, speaker="brand", sender="brand", body=body))
        self._poke("conversation", conversation.id)

    def _tell_staff(self, conversation: Conversation, now: datetime, kind: str, author: str, **values: str) -> None:
        entry = NewStaffEntry(at=now, kind=kind, sender=author, pool=conversation.pool, body={"text": "", "values": values})
        self._rows.tell_staff(conversation, entry)
        self._poke("conversation", conversation.id)

    def _queue_moved(self, inquiry: str) -> None:
        row = self._rows.inquiry(inquiry)
        self._poke("queue", row.brand)
        self._poke("conversation", row.conversation)

    def _poke(self, kind: Any, subject: str) -> None:
        self.pokes[Poke(kind, self._workspace, subject)] = None


def _speaks(decision: d.Decision) -> TypeGuard[d.Queued | d.Assigned | d.Released | d.WrapUpEnded | d.Flagged]:
    """Whether carrying it out needs the conversation."""
    match decision:
        case d.Queued():
            return decision.all_closed
        case d.Released():
            return decision.requeued
        case _:
            return isinstance(decision, d.Assigned | d.WrapUpEnded | d.Flagged)


def _unless_ended(conversation: Conversation, state: ConversationState) -> ConversationState:
    """The customer may have ended it in the moment in which we decided; that input is yet to come, and what is over stays over."""
    return "ended" if conversation.state == "ended" else state
