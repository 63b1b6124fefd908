"""A conversation as a line of a list: what a supervisor sees before opening it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from contact_hub.scope import Scope
from contact_hub.store import Tx
from contact_hub.store.records import Conversation, Customer, Inquiry
from contact_hub.workspace.floor import Floor

_SHOWN: Final = 160


async def conversation_lines(tx: Tx, scope: Scope, floor: Floor, rows: Sequence[Conversation]) -> list[dict[str, Any]]:
    """The lines of these conversations, in their order; names only where the scope reaches."""
    inquiries = await tx.inquiries.get_many(scope, [row.inquiry for row in rows if row.inquiry])
    customers = await tx.customers.get_many(scope, {row.customer for row in rows if row.customer})
    began = await beginnings(tx, scope, [row.id for row in rows])
    by_id = {str(key): inquiry for key, inquiry in inquiries.items()}
    return [
        _line(floor, row, by_id.get(row.inquiry or ""), customers.get(row.customer or ""), began.get(row.id, Began()))
        for row in rows
    ]


class Began(NamedTuple):
    """What a conversation began with, shortened; a mail has a subject too."""

    words: str = ""
    subject: str = ""


async def beginnings(tx: Tx, scope: Scope, conversations: Sequence[str]) -> dict[str, Began]:
    """What each began with; those that say nothing yet are absent."""
    if not conversations:
        return {}
    begun = await tx.conversations.public_after_many(scope, dict.fromkeys(conversations, 0), 1)
    return {
        conversation: Began(*(str(entries[0].body.get(part, ""))[:_SHOWN] for part in ("text", "subject")))
        for conversation, entries in begun.items()
        if entries
    }


def _line(floor: Floor, row: Conversation, inquiry: Inquiry | None, customer: Customer | None, began: Began) -> dict[str, Any]:
    agent, pool = (inquiry.agent, inquiry.pool) if inquiry else (None, None)
    until = (inquiry.assigned_at or inquiry.ended_at) if inquiry else None
    return {
        "conversation": row.id,
        "inquiry": row.inquiry,
        "brand": row.brand,
        "client": row.client,
        "kind": row.kind,
        "channel": row.channel.value,
        "state": row.state,
        "language": row.language_tag,
        "confidence": round(row.language_confidence, 4),
        "customer": customer.name if customer else None,
        "agent_name": floor.agents[agent].name if agent in floor.agents else None,
        "pool": pool,
        "vendor": floor.vendor_of(pool),
        "opened_at": row.opened_at,
        "ended_at": row.ended_at,
        "waited_seconds": (until - inquiry.arrived_at).total_seconds() if inquiry and until else None,
        "first_words": began.words or began.subject,
        "score": row.csat_score,
        "disposition": inquiry.disposition if inquiry else None,
    }
