"""Conversations that begin together: many at once, each as if it had been alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import select

from contact_hub.app import Hub, build
from contact_hub.clock import ManualClock
from contact_hub.conversations.beginnings import Opening
from contact_hub.conversations.service import Beginning, Conversations, Posted, Surroundings
from contact_hub.errors import HubError
from contact_hub.scope import Scope, VisitorScope
from contact_hub.settings import Settings
from contact_hub.store import Tx
from contact_hub.store.tables import devices, routing_inputs
from tests import hubs

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SYSTEM = Scope.system("test")
WORDS = "Guten Tag, meine Rechnung stimmt leider nicht."

FORMS = [
    (Beginning(client_message_id="start-0001", text=WORDS, kind="service"), Surroundings(locales=("de",), zone="Europe/Berlin")),
    (
        Beginning(
            client_message_id="start-0002", text="Die Karte 4111 1111 1111 1111 wurde belastet.", kind="service", language="en"
        ),
        Surroundings(page_language="de", zone="Nowhere/None"),
    ),
    (
        Beginning(client_message_id="start-0003", text="ok", kind="service", name=" Eva\u202e  Ruh ", email="eva@example.com"),
        Surroundings(locales=("fr", "en")),
    ),
    (Beginning(client_message_id="start-0004", text="Bonjour, je cherche ma commande.", kind="service", name=" "), Surroundings()),
]


@asynccontextmanager
async def _hub(url: str, folder: Path) -> AsyncIterator[Hub]:
    """Nobody routes here: what is written stays as it was written."""
    async with build(Settings(database_url=url, data_dir=folder, workspace="test"), clock=ManualClock(NOON)) as hub:
        await hub.workspaces.apply(hubs.workspace(hubs.WORKSPACE), by="tests", first_password_hash="-")
        yield hub


async def _visitor(hub: Hub) -> VisitorScope:
    return await hub.visitors.redeem((await hub.visitors.admit("test", "sonne", None, locale="de", zone=None)).ticket)


async def _start(hub: Hub, scope: VisitorScope, beginning: Beginning, around: Surroundings) -> str:
    try:
        posted = await hub.conversations.start(scope, beginning, around)
    except HubError as refused:
        return refused.code
    return f"{posted.conversation} {posted.position}"


async def _everything(hub: Hub, people: Sequence[VisitorScope]) -> list[str]:
    """All that is kept of each person's conversation, with other names for its ids."""
    async with hub.store.read() as tx:
        known = {row.id: row.customer for row in (await tx.execute(select(devices))).rows}
        inputs = [(row.at, row.event) for row in (await tx.execute(select(routing_inputs).order_by(routing_inputs.c.seq))).rows]
        journal = await tx.journal.read(SYSTEM)
        told = []
        for scope in people:
            conversation = await tx.conversations.latest_of_device(scope)
            assert conversation is not None
            assert conversation.customer == known[scope.device]
            row = await tx.conversations.get(SYSTEM, conversation.id)
            found: list[Any] = [
                asdict(row),
                asdict(await tx.customers.get(SYSTEM, conversation.customer or "")),
                [asdict(one) for one in await tx.inquiries.of_conversation(SYSTEM, conversation.id)],
                [asdict(one) for one in await tx.conversations.public_after(SYSTEM, conversation.id, 0)],
                [event for _, event in inputs if event.get("conversation") == conversation.id],
                [(line.at, line.kind, line.body) for line in journal if line.conversation == conversation.id],
            ]
            text = json.dumps(found, default=str)
            for place, id_ in enumerate((scope.device, conversation.id, conversation.customer, conversation.inquiry)):
                text = text.replace(id_ or "-", f"<{place}>")
            told.append(text)
    return told


class Carefully:
    """Whoever begins, as if more than the plain were known of them."""

    def __init__(self, conversations: Conversations) -> None:
        self._careful = conversations._start

    async def one(self, tx: Tx, item: Opening) -> Posted:
        return await self._careful(tx, item)

    async def many(self, tx: Tx, items: Sequence[Opening]) -> list[Posted | None]:
        return [None for _ in items]


async def test_beginning_together_alone_and_carefully_come_to_the_same(store_url: str, tmp_path: Path) -> None:
    async with _hub(store_url, tmp_path) as hub:
        carefully, alone, together = [[await _visitor(hub) for _ in FORMS] for _ in range(3)]
        await asyncio.gather(*(_start(hub, scope, *form) for scope, form in zip(together, FORMS, strict=True)))
        for scope, (beginning, around) in zip(alone, FORMS, strict=True):
            await _start(hub, scope, beginning, around)
        hub.conversations._beginnings = Carefully(hub.conversations)  # type: ignore[assignment]
        for scope, (beginning, around) in zip(carefully, FORMS, strict=True):
            await _start(hub, scope, beginning, around)
        said = await _everything(hub, carefully)
        assert await _everything(hub, alone) == said
        assert await _everything(hub, together) == said
        assert all('"position": 1' in one for one in said)
        assert "4111" not in "".join(said)


async def test_each_beginning_of_a_crowd_is_answered_by_itself(store_url: str, tmp_path: Path) -> None:
    async with _hub(store_url, tmp_path) as hub:
        eager, ended, running, resender, *fresh = [await _visitor(hub) for _ in range(7)]
        (form, around), (other, _) = FORMS[0], FORMS[3]
        over = (await _start(hub, ended, form, around)).split()[0]
        await hub.conversations.end_by_customer(ended, over)
        await _start(hub, running, form, around)
        kept = await _start(hub, resender, form, around)

        def crowd() -> list[tuple[VisitorScope, Beginning]]:
            return [
                (eager, form),
                (eager, other),
                (eager, form),
                (ended, other),
                (running, other),
                (resender, form),
                (resender, Beginning(client_message_id=form.client_message_id, text="Etwas anderes.", kind="service")),
                *((scope, form) for scope in fresh),
            ]

        outcomes = await asyncio.gather(*(_start(hub, scope, beginning, around) for scope, beginning in crowd()))
        assert outcomes[0] == outcomes[2]
        assert outcomes[1] == outcomes[4] == "conversation_open"
        assert not outcomes[3].startswith(over)
        assert outcomes[5:7] == [kept, "id_reused"]
        assert await asyncio.gather(*(_start(hub, *one, around) for one in crowd())) == outcomes, (
            "the same again is answered as it was"
        )
        assert len({outcome for outcome in outcomes if outcome.startswith("cnv_")}) == 3 + len(fresh)
