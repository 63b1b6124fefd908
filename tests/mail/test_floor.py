"""Mail on the whole floor: offered to agents as mail is, in their console, by the same engine as chats."""

from __future__ import annotations

from pathlib import Path

from contact_hub.mail.workshop import InProcess
from routing.model import AgentId
from tests import hubs
from tests.mail.offices import MAIL_WORKSPACE, SYSTEM, letter

TEXT = MAIL_WORKSPACE.replace("offer_seconds: {chat: 20}", "offer_seconds: {chat: 20, email: 90}\n  weights: {chat: 2, email: 1}")


async def test_a_mail_rings_as_long_as_mails_do_takes_its_own_seats_and_is_read_in_the_console(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with hubs.floor(sqlite_url, tmp_path, text=TEXT, reader=InProcess()) as floor:
        anna = await floor.agent("anna")
        await floor.hub.intake.take("test", "sonne-help", letter())
        card = await anna.offer()
        async with floor.hub.store.read() as tx:
            offer = await tx.offers.get(SYSTEM, card["offer"])
        assert (card["channel"], (offer.until - offer.offered_at).total_seconds(), offer.weight) == ("email", 90, 1)
        conversation = await anna.take()
        await floor.hub.intake.take("test", "sonne-help", letter("Noch eine Frage", message_id="<2@kunde.example>"))
        second = await anna.take()

        assert conversation != second
        async with floor.hub.store.read() as tx:
            seats = await tx.seats.get(SYSTEM, AgentId("anna"))
            entries = await tx.conversations.public_after(SYSTEM, conversation, 0)
        assert seats is not None
        assert seats.seats_used == 2
        assert [entry.body["kind"] for entry in entries] == ["customer_mail"], "nobody tells a writer of letters who joined"
