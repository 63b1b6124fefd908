"""Messages of a crowd: many at once, each as if it had been alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from contact_hub.conversations.posts import Certain
from contact_hub.conversations.service import Beginning, Surroundings
from contact_hub.errors import HubError
from contact_hub.scope import Scope, VisitorScope
from contact_hub.store.records import Conversation
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


async def test_what_is_plainly_in_the_certain_language_is_not_read_anew_and_what_was_settled_meanwhile_is(
    store_url: str, tmp_path: Path
) -> None:
    async with hubs.floor(store_url, tmp_path) as floor:
        talks, store = floor.hub.conversations, floor.hub.store
        people = [await _begin(floor, number) for number in range(2)]
        for scope, id_ in people:
            await talks.post(scope, id_, "mine-0001", "Es geht um die Rechnung vom Oktober, die ist zu hoch.", Surroundings())
        (scope, kept), (other, corrected) = people

        async def row(id_: str) -> Conversation:
            async with store.read() as tx:
                return await tx.conversations.get(Scope.system("test"), id_)

        before = await row(kept)
        known = Certain.of(before)
        assert known is not None
        assert known.language == "de"
        stale = Certain.of(await row(corrected))
        await talks.choose_language(other, corrected, "nl")
        chosen = await row(corrected)
        words = "Können Sie bitte noch einmal nachsehen, was da schiefgelaufen ist?"
        positions = await asyncio.gather(
            talks.post(scope, kept, "mine-0002", words, Surroundings(), known=known),
            talks.post(other, corrected, "mine-0002", words, Surroundings(), known=stale),
        )
        assert [posted.position for posted in positions] == [3, 4], "a choice is noted in the log"
        after, heard = await row(kept), await row(corrected)
        assert (after.language, after.last_words) == (before.language, words)
        assert heard.language != chosen.language, "German, where Dutch had been chosen, is news"
        assert (heard.language_tag, heard.last_words) == ("nl", words)


async def test_nothing_is_certain_of_a_first_message(store_url: str, tmp_path: Path) -> None:
    async with hubs.floor(store_url, tmp_path) as floor:
        _, id_ = await _begin(floor, 1)
        async with floor.hub.store.read() as tx:
            assert Certain.of(await tx.conversations.get(Scope.system("test"), id_)) is None


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
