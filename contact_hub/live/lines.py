"""Steps and facts as lines of the journal: the one place that knows which inquiry and conversation a body speaks of."""

from __future__ import annotations

from datetime import datetime

from contact_hub.store.records import NewJournalLine
from routing import journal
from routing.model import InquiryId


def line(at: datetime, body: journal.Step | journal.Fact, *, epoch: int = 0, conversation: str | None = None) -> NewJournalLine:
    """`body` at `at`; a step is written under the owner's epoch, a fact under none."""
    if isinstance(body, journal.Step):
        about = frozenset(found for part in (body.event, *body.decisions) if (found := getattr(part, "inquiry", None)))
        inquiry: InquiryId | None = getattr(body.event, "inquiry", None)
        return NewJournalLine(
            at=at,
            epoch=epoch,
            kind=type(body.event).__name__,
            body=journal.to_json(body),
            inquiry=inquiry,
            conversation=conversation,
            about=about,
        )
    return NewJournalLine(
        at=at, epoch=0, kind=type(body).__name__, body=journal.to_json(body), inquiry=body.inquiry, conversation=body.conversation
    )
