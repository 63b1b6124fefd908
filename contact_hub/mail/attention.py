"""When mail needs a person: staff are told in its conversation, and its inquiry is flagged; where it had ended, somebody is asked anew, first who had it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from contact_hub.conversations.service import Conversations
from contact_hub.scope import Scope
from contact_hub.store import Tx
from contact_hub.store.records import Conversation, NewStaffEntry
from contact_hub.workspace.floor import Floor
from i18n.settling import LanguageState


class Attention:
    """Given to whoever finds, in the background, that a mail of a conversation went wrong."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    async def ask(
        self, tx: Tx, floor: Floor, conversation_id: str, *, because: str, values: Mapping[str, str], now: datetime
    ) -> None:
        """Tell staff (`console.event.<because>`) and make it somebody's task."""
        scope = Scope.system(floor.id)
        conversation = await tx.conversations.find(scope, conversation_id)
        if conversation is None:
            return
        entry = NewStaffEntry(at=now, kind=because, sender="", pool=conversation.pool, body={"text": "", "values": dict(values)})
        await tx.conversations.append_staff(scope, conversation.id, entry)
        if conversation.state == "ended":
            await self._open_again(tx, floor, conversation, because, now)
        elif conversation.inquiry is not None:
            await tx.inquiries.update(scope, conversation.inquiry, flagged=because)
        self._conversations.moved(tx, conversation)

    async def _open_again(self, tx: Tx, floor: Floor, conversation: Conversation, because: str, now: datetime) -> None:
        scope = Scope.system(floor.id)
        language = LanguageState.from_json(conversation.language)
        inquiry = await self._conversations.ask_for_a_person(tx, floor, conversation, language, now, known=conversation.agent)
        await tx.conversations.update(
            scope, conversation.id, state="waiting", ended_at=None, ended_by=None, inquiry=inquiry, agent=None, pool=None, persona=None
        )  # fmt: skip
        await tx.inquiries.update(scope, inquiry, flagged=because)
