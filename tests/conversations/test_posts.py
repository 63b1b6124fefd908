"""Messages of a crowd: many at once, each as if it had been alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from contact_hub.conversations.service import Beginning, Surroundings
from contact_hub.errors import HubError
from contact_hub.scope import Scope, VisitorScope
from tests import hubs


async def _begin(floor: hubs.Floor, number: int) -> tuple[VisitorScope, str]:
    hub = floor.hub
    admitted = await hub.visitors.admit("test", "sonne", None, locale="de", zone=None)
    scope = await hub.visitors.redeem(admitted.ticket)
    first = Beginning(client_message_id=f"start-{number:04}", text="Guten Tag, meine Rechnung stimmt leider nicht.", kind="service")
    return scope, (await hub.conversations.start(scope, first, Surroundings())).conversation


async def _post(floor: hubs.Floor, scope: VisitorScope, conversation: str, mine: str, text: str) -> int | str:
    try:
        return (await floor.hub.conversations.post(scope, conversation, mine, text, Surroundings())).position
    except HubError as refused:
        return refused.code


async def test_each_of_a_crowd_is_answered_and_kept_by_itself(store_url: str, tmp_path: Path) -> None:
    async with hubs.floor(store_url, tmp_path) as floor:
        people = [await _begin(floor, number) for number in range(6)]
        (ended, over), (resender, kept), (eager, busy), (other, foreign) = people[0], people[1], people[2], people[3]
        await floor.hub.conversations.end_by_customer(ended, over)
        assert await _post(floor, resender, kept, "mine-0001", "Es geht um die Rechnung vom Oktober.") == 2

        def crowd() -> list[tuple[VisitorScope, str, str, str]]:
            return [
                (ended, over, "mine-0002", "Hallo?"),
                (resender, kept, "mine-0001", "Es geht um die Rechnung vom Oktober."),
                (resender, kept, "mine-0009", "Und noch etwas."),
                (eager, busy, "mine-0003", "Eins ist mir noch eingefallen."),
                (eager, busy, "mine-0004", "Zwei auch."),
                (other, busy, "mine-0005", "Das ist nicht mein Gespräch."),
                *((scope, id_, "mine-0006", "Die Karte 4111 1111 1111 1111 wurde belastet.") for scope, id_ in people[3:]),
            ]

        outcomes = await asyncio.gather(*(_post(floor, *one) for one in crowd()))
        assert outcomes == ["conversation_ended", 2, 3, 2, 3, "not_found", 2, 2, 2]
        assert await asyncio.gather(*(_post(floor, *one) for one in crowd())) == outcomes, "the same again is answered as it was"
        async with floor.hub.store.read() as tx:
            system = Scope.system("test")
            said = await tx.conversations.public_after_many(system, dict.fromkeys([id_ for _, id_ in people], 0))
            heads = await tx.conversations.heads(system, [id_ for _, id_ in people])
            journal = await tx.journal.read(system)
        assert all([entry.position for entry in said[id_]] == list(range(1, heads[id_][0] + 1)) for _, id_ in people)
        texts = [entry.body.get("text") for entry in said[foreign]]
        assert texts[1] == said[people[4][1]][1].body["text"] != "Die Karte 4111 1111 1111 1111 wurde belastet."
        posted = [line.conversation for line in journal if line.kind == "MessagePosted" and line.body["speaker"] == "customer"]
        assert sorted(posted) == sorted(id_ for _, id_ in people for entry in said[id_] if entry.speaker == "customer")


async def test_a_beginning_sent_again_after_a_later_one_opens_nothing(store_url: str, tmp_path: Path) -> None:
    async with hubs.floor(store_url, tmp_path) as floor:
        scope, first = await _begin(floor, 1)
        await floor.hub.conversations.end_by_customer(scope, first)

        async def begin(mine: str, text: str) -> str:
            opening = Beginning(client_message_id=mine, text=text, kind="service")
            try:
                return (await floor.hub.conversations.start(scope, opening, Surroundings())).conversation
            except HubError as refused:
                return refused.code

        words = "Guten Tag, meine Rechnung stimmt leider nicht."
        later = await begin("start-0002", words)
        assert later != first
        assert await begin("start-0001", words) == first
        assert await begin("start-0001", "Etwas ganz anderes.") == "id_reused"
        assert await begin("start-0003", words) == "conversation_open"
