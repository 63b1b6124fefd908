"""A mail that shall leave, on its way to being one: what it is made of, and what was made of it. Neither is in any row yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from contact_hub.mail.compose import Composed, Letter, Thread
from contact_hub.store.records import Conversation, OutgoingKind
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Brand, Mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All that a mail is made of, before any work was done on it. `fresh`: a key for the workspace, which had none."""

    floor: Floor
    mailbox: Mailbox
    conversation: Conversation
    letter: Letter
    thread: Thread
    kind: OutgoingKind
    persona: str
    at: datetime
    fresh: bytes | None = None

    @property
    def brand(self) -> Brand:
        return self.floor.brand(self.conversation.brand)

    @property
    def size(self) -> int:
        letter = self.letter
        return sum(len(file.content) for file in letter.files) + len(letter.text) + sum(len(one.text) for one in letter.quoted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A mail that is composed, looked at and signed; nobody has kept it yet."""

    draft: Draft
    composed: Composed
    raw: bytes
