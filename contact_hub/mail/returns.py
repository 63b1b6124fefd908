"""What came back: bounces and complaints about mails of ours.

A report is believed about a mail of ours if it brings back an id that only we and whoever got that mail can know. Then each recipient's fate is written down at
the outgoing mail, and staff are told in its conversation. What failed for good and was written by a person needs a person again: a conversation that had
ended is opened. What a robot of ours wrote and nobody got is noted and no more; a delay is no failure. Nothing is ever answered.
"""

from __future__ import annotations

from typing import Final, Protocol

from contact_hub.bus import Bus, Poke
from contact_hub.channels.email.threads import conversation_in
from contact_hub.conversations.service import Conversations
from contact_hub.mail.placing import Place
from contact_hub.mail.reading import Fate
from contact_hub.scope import Scope
from contact_hub.store import Tx
from contact_hub.store.records import Conversation, NewStaffEntry, Outgoing
from contact_hub.workspace.values import plain_address
from i18n.settling import LanguageState

_IDS_MAX: Final = 30
_FATES_MAX: Final = 20
_BY_ROBOTS: Final = frozenset(("acknowledgement", "out_of_hours", "survey"))


class Bounced(Protocol):
    """Writes down at an outgoing mail what became of a recipient."""

    async def __call__(self, tx: Tx, mail: Outgoing, fate: Fate) -> None: ...


async def written_down(tx: Tx, mail: Outgoing, fate: Fate) -> None:
    """The fate of one recipient, at its row and at the mail's."""
    for recipient in await tx.mail.recipients(mail.workspace, mail.id):
        if plain_address(recipient.address) == plain_address(fate.address) or not fate.address:
            await tx.mail.settle_recipient(
                mail.workspace,
                mail.id,
                recipient.address,
                "bounced",
                status=fate.status or None,
                answer=fate.diagnostic or fate.reason,
            )
    await tx.mail.settle_outgoing(
        mail.workspace, mail.id, from_=("sent", "unknown"), state="bounced", last_answer=fate.diagnostic or fate.reason
    )


class Returns:
    """Reads reports, inside the transaction that works off their mail."""

    def __init__(self, *, conversations: Conversations, bus: Bus, bounced: Bounced = written_down) -> None:
        self._conversations, self._bus, self._bounced = conversations, bus, bounced

    async def tell(self, tx: Tx, place: Place) -> str | None:
        """Write down what the report says; the conversation it is about, where one is known."""
        mail, conversation_id = await self._about(tx, place)
        if mail is not None:
            conversation_id = mail.conversation or conversation_id
        fates = place.read.fates[:_FATES_MAX]
        if mail is not None:
            for fate in fates:
                if fate.failed:
                    await self._bounced(tx, mail, fate)
        by_robot = mail is not None and mail.kind in _BY_ROBOTS
        if conversation_id is None or by_robot:
            return conversation_id
        conversation = await tx.conversations.find(Scope.system(place.workspace), conversation_id)
        if conversation is None or conversation.brand != place.brand.id:
            return None
        for fate in fates:
            await self._tell_staff(tx, place, conversation, _kind(place, fate), fate)
        if any(fate.failed for fate in fates):
            await self._ask_again(tx, place, conversation)
        self._conversations.moved(tx, conversation)
        return conversation_id

    async def _about(self, tx: Tx, place: Place) -> tuple[Outgoing | None, str | None]:
        """The mail of ours that came back, and the conversation; either may be unknown."""
        ids = place.read.returned_ids[:_IDS_MAX]
        keys = await tx.mail.keys(place.workspace)
        for message_id in ids:
            mail = await tx.mail.outgoing_by_message_id(place.workspace, message_id)
            if mail is not None and mail.brand == place.brand.id:
                return mail, mail.conversation
        for message_id in ids:
            token = message_id.partition("@")[0].partition(".")[0]
            if (conversation := conversation_in(token, place.brand.id, keys)) is not None:
                return None, conversation
        return None, None

    async def _tell_staff(self, tx: Tx, place: Place, conversation: Conversation, kind: str, fate: Fate) -> None:
        values = {"recipient": fate.address[:254], "reason": fate.reason, "status": fate.status, "said": fate.diagnostic[:300]}
        entry = NewStaffEntry(at=place.now, kind=kind, sender="", pool=conversation.pool, body={"text": "", "values": values})
        await tx.conversations.append_staff(Scope.system(place.workspace), conversation.id, entry)

    async def _ask_again(self, tx: Tx, place: Place, conversation: Conversation) -> None:
        """Somebody has to do something about it: who has the conversation in hand, else whoever is asked now."""
        scope = Scope.system(place.workspace)
        if conversation.state != "ended":
            if conversation.inquiry is not None:
                await tx.inquiries.update(scope, conversation.inquiry, flagged="mail_bounced")
            return
        language = LanguageState.from_json(conversation.language)
        inquiry = await self._conversations.ask_for_a_person(
            tx, place.floor, conversation, language, place.now, known=conversation.agent
        )
        await tx.conversations.update(
            scope,
            conversation.id,
            state="waiting",
            ended_at=None,
            ended_by=None,
            inquiry=inquiry,
            agent=None,
            pool=None,
            persona=None,
        )
        await tx.inquiries.update(scope, inquiry, flagged="mail_bounced")
        tx.after_commit(lambda: self._bus.publish([Poke("queue", place.workspace, place.brand.id)]))


def _kind(place: Place, fate: Fate) -> str:
    if place.read.kind == "feedback_report":
        return "mail_complaint"
    return "mail_bounced" if fate.failed else "mail_delayed" if fate.delayed else "mail_delivered"
