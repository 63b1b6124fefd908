"""The rows that one commit of an owner changes: read once, changed in memory, written once.

A batch of decisions may move two hundred inquiries. Row by row that is a dozen statements for each; here it is about a dozen for all of them. What is read is
locked (conversations, live offers), or changed by nobody but the owner, so what is decided from it still holds when it is written. Transitions are
compared here: an offer that is not in the state it is moved from, a second live one, a seat that nobody has are bugs of ours, and raise. Behind that stand
the unique index on live offers and the CHECK on seats.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TypeVar, Unpack

import msgspec

from contact_hub.errors import HubError
from contact_hub.scope import Scope
from contact_hub.store import Tx
from contact_hub.store.records import (
    Conversation,
    ConversationChanges,
    Inquiry,
    InquiryChanges,
    NewPublicEntry,
    NewStaffEntry,
    OfferRecord,
    OfferState,
)
from routing.model import AgentId, Availability, InquiryId, OfferId

R = TypeVar("R")


class Ledger:
    """`read` what decisions name, change it, `write`."""

    def __init__(self, tx: Tx, workspace: str) -> None:
        self._tx, self._workspace = tx, workspace
        self._inquiries: dict[str, Inquiry] = {}
        self._conversations: dict[str, Conversation] = {}
        self._live: dict[str, OfferRecord] = {}
        """By inquiry."""
        self._asked: defaultdict[str, InquiryChanges] = defaultdict(InquiryChanges)
        self._talk: defaultdict[str, ConversationChanges] = defaultdict(ConversationChanges)
        self._public: defaultdict[str, list[NewPublicEntry]] = defaultdict(list)
        self._staff: defaultdict[str, list[NewStaffEntry]] = defaultdict(list)
        self._offers: dict[OfferId, OfferRecord] = {}
        self._new: set[OfferId] = set()
        self._seats: list[tuple[AgentId, int]] = []
        self._availabilities: dict[AgentId, tuple[Availability, str | None, datetime]] = {}

    async def read(self, inquiries: Collection[str], *, spoken_in: Collection[str], offered: Collection[str]) -> None:
        """These inquiries; of those in `spoken_in` the conversation too, of those in `offered` what is live of them."""
        system = Scope.system(self._workspace)
        if inquiries:
            self._inquiries = {str(id_): row for id_, row in (await self._tx.inquiries.get_many(system, inquiries)).items()}
        known = [self.inquiry(id_).conversation for id_ in spoken_in]
        self._conversations = await self._tx.conversations.lock_by_id(self._workspace, known)
        if offered:
            self._live = {row.inquiry: row for row in await self._tx.offers.lock_live(self._workspace, offered)}

    # ------------------------------------------------------------ what is so by now

    def inquiry(self, inquiry: str) -> Inquiry:
        return _known(self._inquiries, inquiry)

    def conversation_of(self, inquiry: str) -> Conversation:
        return _known(self._conversations, self.inquiry(inquiry).conversation)

    def held(self, inquiry: str) -> OfferRecord:
        """The offer under which somebody has it."""
        live = self._live.get(inquiry)
        assert live is not None, f"{inquiry} is released, and nobody has it"
        assert live.state == "assigned", f"{inquiry} is released, and only rings"
        return live

    # ------------------------------------------------------------ changes

    def change(self, inquiry: InquiryId, **changes: Unpack[InquiryChanges]) -> None:
        self._inquiries[inquiry] = msgspec.structs.replace(self.inquiry(inquiry), **changes)
        self._asked[inquiry] |= changes

    def change_conversation(self, conversation: Conversation, **changes: Unpack[ConversationChanges]) -> None:
        self._conversations[conversation.id] = msgspec.structs.replace(self._conversations[conversation.id], **changes)
        self._talk[conversation.id] |= changes

    def tell_customer(self, conversation: Conversation, entry: NewPublicEntry) -> None:
        self._public[conversation.id].append(entry)

    def tell_staff(self, conversation: Conversation, entry: NewStaffEntry) -> None:
        self._staff[conversation.id].append(entry)

    def offer(self, new: OfferRecord) -> None:
        assert new.inquiry not in self._live, f"{new.inquiry} is offered, and {self._live[new.inquiry].id} is live"
        self._new.add(new.id)
        self._offers[new.id] = self._live[new.inquiry] = new

    def move(
        self, inquiry: str, offer: OfferId, *, from_: OfferState, to: OfferState, at: datetime, because: str | None = None
    ) -> None:
        """Compare and set."""
        live = self._live.get(inquiry)
        assert live is not None, f"offer {offer} was not live"
        assert (live.id, live.state) == (offer, from_), f"offer {offer} was not {from_}"
        if to == "over":
            self._offers[offer] = msgspec.structs.replace(live, state=to, because=because, over_at=at)
            del self._live[inquiry]
        else:
            self._offers[offer] = self._live[inquiry] = msgspec.structs.replace(live, state=to, because=because, assigned_at=at)

    def take_seats(self, agent: AgentId, weight: int) -> None:
        self._seats.append((agent, weight))

    def free_seats(self, agent: AgentId, weight: int) -> None:
        self._seats.append((agent, -weight))

    def set_availability(self, agent: AgentId, availability: Availability, *, reason: str | None, at: datetime) -> None:
        self._availabilities[agent] = (availability, reason, at)

    # ------------------------------------------------------------ the rows

    async def write(self) -> None:
        """Everything, in few statements. What was live and is over goes before what is new: there is one live offer of an inquiry at a time."""
        await self._tx.offers.keep([row for id_, row in self._offers.items() if id_ not in self._new])
        await self._tx.offers.insert(*(self._offers[id_] for id_ in self._offers if id_ in self._new))
        await self._tx.inquiries.change_many(self._workspace, self._asked)
        if self._seats:
            await self._tx.seats.change_many(self._workspace, self._seats)
        touched = dict.fromkeys([*self._talk, *self._public, *self._staff])
        await self._tx.conversations.change_many(
            [(self._conversations[id_], self._talk[id_], self._public[id_], self._staff[id_]) for id_ in touched]
        )
        for agent, (availability, reason, at) in self._availabilities.items():
            await self._tx.presences.set_availability(self._workspace, agent, availability, reason=reason, at=at)


def _known(rows: Mapping[str, R], id_: str) -> R:
    if id_ not in rows:
        raise HubError("not_found")
    return rows[id_]
