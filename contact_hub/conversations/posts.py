"""Customers' messages as they come in crowds: many conversations, one message each, a handful of statements for all of them.

Only what is plain is done here: a conversation that runs and whose language stays what it is. Whatever is more than that (a second message of the same
conversation, one that has ended, a language that settles or switches, a message that was sent before) goes the careful way, one command for itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from contact_hub.channels.chat.frames import CustomerMessage
from contact_hub.errors import HubError
from contact_hub.live.lines import line
from contact_hub.live.looks import Said
from contact_hub.scope import VisitorScope
from contact_hub.store import Tx
from contact_hub.store.records import Conversation, ConversationChanges, NewPublicEntry, PublicEntry, Speaker
from i18n.detection import Detection
from i18n.settling import Evidence, LanguageState, certain, settle
from routing import journal

FIRST_WORDS: Final = 160
CUSTOMER: Final = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where a message stands in its log."""

    conversation: str
    position: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a visitor's browser says about its user's languages and place."""

    locales: tuple[str, ...] = ()
    page_language: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certain:
    """A conversation's language beyond doubt, and the settling state, as its row has it, that says so."""

    language: str
    state: Mapping[str, Any]

    @classmethod
    def of(cls, conversation: Conversation) -> Certain | None:
        """None while there is any doubt."""
        language = certain(LanguageState.from_json(conversation.language))
        return None if language is None else cls(language=language, state=conversation.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A customer's message, masked, and what language it was heard in: a detection, or once more the one that was certain."""

    scope: VisitorScope
    conversation: str
    client_message_id: str
    text: str
    around: Surroundings
    heard: Detection | Certain
    at: datetime


class Posts:
    """`careful` is the command of one message, which knows all cases; `said` hears what was done without it."""

    def __init__(self, *, careful: Callable[[Tx, Post], Awaitable[Posted]], said: Said, monotonic: Callable[[], float]) -> None:
        self._careful, self._said, self._monotonic = careful, said, monotonic

    async def one(self, tx: Tx, item: Post) -> Posted:
        return await self._careful(tx, item)

    async def many(self, tx: Tx, items: Sequence[Post]) -> list[Posted | HubError | None]:
        """See `store.Together`."""
        since = self._monotonic()
        rows = await tx.conversations.lock_many([(item.scope, item.conversation) for item in items])
        results: list[Posted | HubError | None] = []
        said: list[tuple[Conversation, NewPublicEntry, ConversationChanges]] = []
        met: set[str] = set()
        for item, row in zip(items, rows, strict=True):
            changes = None if row is None or row.id in met else _plain(row, item)
            if row is None:
                results.append(HubError("not_found"))
            elif changes is None:
                results.append(None)
            else:
                met.add(row.id)
                said.append((row, customers_entry(item.text, item.client_message_id, item.at), changes))
                results.append(Posted(conversation=row.id, position=row.public_head + 1, at=item.at))
        if said:
            await tx.conversations.append_many(said)
            for row, entry, _ in said:
                tx.journal.append(row.workspace, line(entry.at, _line(row)))
            tx.after_commit(lambda: self._said.tell([as_it_stands(*one, one[0].public_head + 1) for one in said], since=since))
        return results


def after_a_word(conversation: Conversation, words: str, speaker: Speaker, now: datetime) -> ConversationChanges:
    """How somebody's words change the conversation's own line."""
    waits = (conversation.customer_waits_since or now) if speaker == "customer" else None
    return {"last_speaker": speaker, "last_words": words[:FIRST_WORDS], "last_at": now, "customer_waits_since": waits}


def _plain(row: Conversation, item: Post) -> ConversationChanges | None:
    """What the message changes in its conversation; None where that is not all it changes."""
    if row.state == "ended":
        return None
    changes = after_a_word(row, item.text, "customer", item.at)
    if isinstance(item.heard, Certain):
        return changes if row.language == item.heard.state else None
    before = LanguageState.from_json(row.language)
    after = settle(before, Evidence.text(item.heard))
    if (after.working, after.settled) != (before.working, before.settled):
        return None
    if after != before:
        changes |= {"language": after.to_json(), "language_tag": after.working, "language_confidence": after.confidence}
    return changes


def customers_entry(text: str, client_message_id: str, at: datetime) -> NewPublicEntry:
    """What a customer said, for the public log."""
    return NewPublicEntry(
        at=at,
        speaker="customer",
        sender=CUSTOMER,
        client_message_id=client_message_id,
        fingerprint=text,
        body=msgspec.to_builtins(CustomerMessage(text=text, client_message_id=client_message_id)),
    )


def written(conversation: str, entry: NewPublicEntry, position: int) -> PublicEntry:
    """The entry as it stands in the log."""
    return PublicEntry(
        conversation=conversation,
        position=position,
        at=entry.at,
        speaker=entry.speaker,
        sender=entry.sender,
        body=entry.body,
        client_message_id=entry.client_message_id,
    )


def as_it_stands(
    row: Conversation, entry: NewPublicEntry, changes: ConversationChanges, position: int
) -> tuple[Conversation, PublicEntry]:
    """What the rows say once it is committed."""
    return msgspec.structs.replace(row, **changes, public_head=position), written(row.id, entry, position)


def _line(row: Conversation) -> journal.MessagePosted:
    return journal.MessagePosted(
        conversation=row.id, inquiry=row.inquiry, speaker="customer", position=row.public_head + 1, agent=None
    )
