"""An agent's console as rows tell it: read everything the view speaks of in one snapshot, and shape it.

The view is rebuilt, never patched: the difference to what was sent before is arithmetic (`agents.console.diff`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from agents.frames import ConversationCard, LanguageView, MailRecipient, Me, OfferCard, QueueLine, SentMail, View
from contact_hub.conversations.lines import Began, beginnings
from contact_hub.scope import AgentScope, Scope, SystemScope
from contact_hub.store import Tx
from contact_hub.store.records import Conversation, Customer, Inquiry, OfferRecord, Outgoing, OutgoingRecipient, Presence, Seats
from contact_hub.workspace.floor import Floor
from i18n import tags
from i18n.settling import in_short
from routing.model import Availability


@dataclass(frozen=True, slots=True, kw_only=True)
class _Material:
    """What one snapshot gave."""

    inquiries: dict[str, Inquiry]
    conversations: dict[str, Conversation]
    customers: dict[str, Customer]
    drafts: dict[tuple[str, str, str], str]
    """By account, conversation and mode."""
    begun_with: dict[str, Began]
    mails: dict[str, dict[str, SentMail]]


async def build(tx: Tx, scope: AgentScope, floor: Floor, now: datetime, queues: Mapping[str, QueueLine]) -> View:
    """The view of the agent in `scope` at this moment. `queues` are those of `brands_of` the agent; they are the same for many and asked once for all."""
    return (await build_many(tx, [(scope, queues)], floor, now))[0]


async def build_many(
    tx: Tx, asked: Sequence[tuple[AgentScope, Mapping[str, QueueLine]]], floor: Floor, now: datetime
) -> list[View]:
    """The views of many agents of one floor, with as many questions as that of one."""
    system, agents = Scope.system(floor.id), [scope.agent_id for scope, _ in asked]
    live = await tx.offers.live_of(floor.id, agents)
    material = await _material(tx, system, floor, live, [scope.account for scope, _ in asked])
    presences, seats = await tx.presences.of_many(floor.id, agents), await tx.seats.of_many(floor.id, agents)
    return [
        _view(
            material,
            floor,
            scope.account,
            [offer for offer in live if offer.agent == scope.agent_id],
            _me(scope.agent_id, floor, presences.get(scope.agent_id), seats.get(scope.agent_id), now),
            queues,
        )
        for scope, queues in asked
    ]


async def _material(tx: Tx, system: SystemScope, floor: Floor, live: list[OfferRecord], accounts: list[str]) -> _Material:
    conversations = await tx.conversations.get_many(system, [offer.conversation for offer in live]) if live else {}
    inquiries = await tx.inquiries.get_many(system, [offer.inquiry for offer in live]) if live else {}
    known = {row.customer for row in conversations.values() if row.customer}
    return _Material(
        inquiries={str(key): value for key, value in inquiries.items()},
        conversations=conversations,
        customers=await tx.customers.get_many(system, known) if known else {},
        drafts=await tx.drafts.of_many(floor.id, accounts) if any(offer.state == "assigned" for offer in live) else {},
        begun_with=await beginnings(tx, system, [offer.conversation for offer in live if offer.state == "offered"]),
        mails=await _mails(tx, floor.id, [row for row in conversations.values() if _writes_mail(floor, row)]),
    )


def _view(
    material: _Material, floor: Floor, account: str, live: list[OfferRecord], me: Me, queues: Mapping[str, QueueLine]
) -> View:
    cards = (_card(material, offer, floor, account) for offer in live if offer.state == "assigned")
    return View(
        me=me,
        offers={offer.id: _offer(material, offer) for offer in live if offer.state == "offered"},
        conversations={card.conversation: card for card in sorted(cards, key=lambda card: card.assigned_at)},
        queues=dict(queues),
    )


def _writes_mail(floor: Floor, conversation: Conversation) -> bool:
    """Whether mails can have been written out of it: most floors chat, and need not ask."""
    brand = floor.brands.get(conversation.brand)
    return brand is not None and bool(brand.mailboxes)


async def _mails(tx: Tx, workspace: str, conversations: list[Conversation]) -> dict[str, dict[str, SentMail]]:
    """How the mails of these conversations fare, by conversation."""
    told: dict[str, dict[str, SentMail]] = {}
    for mail, recipients in await tx.mail.fates(workspace, [row.id for row in conversations]):
        told.setdefault(mail.conversation or "", {})[mail.id] = sent_mail(mail, recipients)
    return told


def sent_mail(mail: Outgoing, recipients: list[OutgoingRecipient]) -> SentMail:
    """How a mail of ours fares, for a screen."""
    return SentMail(
        mail=mail.id,
        kind=mail.kind,
        state=mail.state,
        position=mail.position,
        due_at=mail.due_at if mail.state == "deferred" else None,
        answer=mail.last_answer or "",
        recipients=[
            MailRecipient(address=one.address, state=one.state, status=one.status or "", answer=one.answer or "")
            for one in recipients
        ],
    )


def brands_of(floor: Floor, agent: str) -> list[str]:
    """The brands whose queues this agent may see: those the agent may answer for."""
    own = floor.agents.get(agent)
    if own is None:
        return []
    return [brand for brand in floor.brands if brand in own.certifications or not floor.brands[brand].certification_required]


def _me(agent: str, floor: Floor, presence: Presence | None, seats: Seats | None, now: datetime) -> Me:
    own = floor.agents.get(agent)
    availability = presence.availability if presence else Availability.OFFLINE
    return Me(
        agent=agent,
        name=own.name if own else agent,
        pool=own.pool if own else "-",
        availability=availability.value,
        reason=presence.reason if presence else None,
        seats=seats.seats if seats else 0,
        seats_used=seats.seats_used if seats else 0,
        since=presence.since if presence else now,
    )


def _offer(material: _Material, offer: OfferRecord) -> OfferCard:
    conversation, inquiry = material.conversations[offer.conversation], material.inquiries[offer.inquiry]
    customer = material.customers.get(conversation.customer or "")
    began = material.begun_with.get(conversation.id, Began())
    return OfferCard(
        offer=offer.id,
        conversation=conversation.id,
        inquiry=offer.inquiry,
        brand=conversation.brand,
        channel=conversation.channel.value,
        kind=conversation.kind,
        language=language_view(conversation),
        waiting_since=inquiry.arrived_at,
        until=offer.until,
        why=str(offer.trace.get("why", "")),
        customer_name=customer.name if customer else None,
        subject=began.subject,
        first_words=began.words,
    )


def _card(material: _Material, offer: OfferRecord, floor: Floor, account: str) -> ConversationCard:
    conversation, inquiry = material.conversations[offer.conversation], material.inquiries[offer.inquiry]
    customer = material.customers.get(conversation.customer or "")
    return ConversationCard(
        conversation=conversation.id,
        inquiry=offer.inquiry,
        brand=conversation.brand,
        persona=floor.persona(offer.agent, conversation.brand).name,
        kind=conversation.kind,
        channel=conversation.channel.value,
        state="wrap_up" if conversation.state == "ended" or inquiry.state == "wrap_up" else "open",
        language=language_view(conversation),
        customer_name=customer.name if customer else None,
        customer_zone=conversation.zone,
        public_head=conversation.public_head,
        staff_head=conversation.staff_head,
        agent_read=conversation.agent_read,
        customer_read=conversation.customer_read,
        last_speaker=conversation.last_speaker,
        last_words=conversation.last_words,
        last_at=conversation.last_at,
        assigned_at=offer.assigned_at or offer.offered_at,
        waiting_since=inquiry.arrived_at,
        why=str(offer.trace.get("why", "")),
        customer_waits_since=conversation.customer_waits_since,
        wrap_up_until=inquiry.wrap_up_until,
        draft_reply=material.drafts.get((account, conversation.id, "reply"), ""),
        draft_note=material.drafts.get((account, conversation.id, "note"), ""),
        customer_email=customer.email if customer and _writes_mail(floor, conversation) else None,
        mails=material.mails.get(conversation.id, {}),
    )


def card_moved(card: ConversationCard, conversation: Conversation, agent: str) -> ConversationCard | None:
    """The card of a conversation in which only words were said (or seen) since it was built; None where more may have changed with it: it has ended or has
    been taken from the agent, and then inquiry, offer and seats have changed too."""
    if conversation.state != "open" or card.state != "open" or (conversation.inquiry, conversation.agent) != (card.inquiry, agent):
        return None
    if card.channel == "email" or card.mails or card.customer_email:
        return None  # how its mails fare is told by other rows
    return msgspec.structs.replace(
        card,
        language=language_view(conversation),
        public_head=conversation.public_head,
        staff_head=conversation.staff_head,
        agent_read=conversation.agent_read,
        customer_read=conversation.customer_read,
        last_speaker=conversation.last_speaker,
        last_words=conversation.last_words,
        last_at=conversation.last_at,
        customer_waits_since=conversation.customer_waits_since,
    )


def language_view(conversation: Conversation) -> LanguageView:
    """What is known of a conversation's language, for people."""
    settled, reason = in_short(conversation.language)
    tag = conversation.language_tag
    return LanguageView(
        tag=tag,
        confidence=round(conversation.language_confidence, 4),
        settled=settled,
        reason=reason.key,
        name=tags.display_name(tag, in_tag=tag) if tag else "",
    )
