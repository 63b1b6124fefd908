"""Positions, resending, and what readers at a position get."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contact_hub.errors import HubError
from contact_hub.scope import Scope
from contact_hub.store import Store, Tx
from contact_hub.store.conversations import page_key
from contact_hub.store.records import Appended, ConversationFilter, NewPublicEntry, PageKey
from routing.model import AgentId, BrandId, PoolId
from tests.store.builders import NOW, SYSTEM, WORKSPACE, at, conversation, inquiry, message, move, note, offer, put


async def post(store: Store, entry: NewPublicEntry, to: str = "c1", scope: Scope = SYSTEM) -> Appended:
    return await store.write(lambda tx: tx.conversations.append_public(scope, to, entry), name="post")


async def test_conversation_comes_back_as_it_went_in(store: Store) -> None:
    kept = conversation(
        customer="cu1",
        language={"tag": "pt-BR", "weights": [0.5, 1e-9]},
        language_confidence=0.25,
        last_words="olá \u202e 😀",
        zone="America/Recife",
    )
    await put(store, kept)
    async with store.read() as tx:
        assert await tx.conversations.get(SYSTEM, "c1") == kept


async def test_positions_are_contiguous_however_many_write_at_once(store: Store) -> None:
    await put(store, conversation("c1"), conversation("c2"))
    said = await asyncio.gather(*(post(store, message(f"{n}"), to=f"c{1 + n % 2}") for n in range(120)))
    assert sorted(one.position for one in said) == sorted([*range(1, 61)] * 2)
    async with store.read() as tx:
        for name in ("c1", "c2"):
            assert [entry.position for entry in await tx.conversations.public_after(SYSTEM, name, 0)] == list(range(1, 61))
            assert (await tx.conversations.get(SYSTEM, name)).public_head == 60


@pytest.mark.services
async def test_positions_are_contiguous_when_two_nodes_write(postgres_url: str) -> None:
    nodes = [await Store.open(postgres_url) for _ in range(2)]
    await put(nodes[0], conversation("c1"), conversation("c2"))
    said = await asyncio.gather(*(post(nodes[n % 2], message(f"{n}", f"m-{n:08}"), to=f"c{1 + n % 3 % 2}") for n in range(200)))
    resent = await asyncio.gather(
        *(post(nodes[(n + 1) % 2], message(f"{n}", f"m-{n:08}"), to=f"c{1 + n % 3 % 2}") for n in range(200))
    )
    assert [one.position for one in said] == [one.position for one in resent]
    async with nodes[0].read() as tx:
        heads = await tx.conversations.heads(SYSTEM, ["c1", "c2"])
        assert sum(public for public, _ in heads.values()) == 200
        for name, (public, _) in heads.items():
            assert [entry.position for entry in await tx.conversations.public_after(SYSTEM, name, 0)] == list(range(1, public + 1))
    for node in nodes:
        await node.close()


@pytest.mark.services
async def test_same_message_through_two_nodes_at_once_is_there_once(postgres_url: str) -> None:
    nodes = [await Store.open(postgres_url) for _ in range(2)]
    await put(nodes[0], conversation("c1"))
    for n in range(30):
        one, other = await asyncio.gather(*(post(node, message("hello", f"m-{n:08}")) for node in nodes))
        assert one.position == other.position == n + 1
        assert {one.fresh, other.fresh} == {True, False}
    for node in nodes:
        await node.close()


async def test_message_sent_again_keeps_its_position_and_time(store: Store) -> None:
    await put(store, conversation())
    first = await post(store, message("hello", "m-00000001"))
    await post(store, message("more", "m-00000002"))
    again = await post(store, replace(message("hello", "m-00000001"), at=at(9)))
    assert (again.position, again.at, again.fresh) == (first.position, NOW, False)
    async with store.read() as tx:
        assert (await tx.conversations.get(SYSTEM, "c1")).public_head == 2


async def test_same_id_with_other_content_is_refused_and_changes_nothing(store: Store) -> None:
    await put(store, conversation())
    await post(store, message("hello", "m-00000001"))
    with pytest.raises(HubError) as refused:
        await post(store, message("bye", "m-00000001"))
    assert refused.value.code == "id_reused"
    other = await post(store, message("bye", "m-00000001", sender="d2"))
    assert other.position == 2, "another sender may use the same id"


async def test_fingerprint_stands_for_what_was_sent_where_the_body_varies(store: Store) -> None:
    await put(store, conversation())
    said = message("hello", "m-00000001", fingerprint="sent")
    await post(store, said)
    again = await post(store, replace(said, body={"kind": "brand_message", "text": "hello", "persona": "Maria"}))
    assert not again.fresh


async def test_fresh_entry_changes_its_conversation_in_the_same_stroke_and_a_resent_one_does_not(store: Store) -> None:
    await put(store, conversation())
    for words in ("first", "again"):
        await store.write(
            lambda tx, words=words: tx.conversations.append_public(  # type: ignore[misc]
                SYSTEM, "c1", message("hello", "m-00000001"), last_words=words, last_speaker="customer", last_at=at(1)
            ),
            name="post",
        )
    async with store.read() as tx:
        found = await tx.conversations.get(SYSTEM, "c1")
    assert (found.last_words, found.last_speaker, found.last_at) == ("first", "customer", at(1))


async def test_the_two_logs_have_separate_numbers(store: Store) -> None:
    await put(store, conversation())
    await store.write(lambda tx: tx.conversations.append_staff(SYSTEM, "c1", note("careful", "n-00000001")), name="note")
    assert (await post(store, message("hello"))).position == 1
    async with store.read() as tx:
        assert [entry.body for entry in await tx.conversations.staff_after(SYSTEM, "c1", 0)] == [{"text": "careful"}]
        assert (await tx.conversations.heads(SYSTEM, ["c1"])) == {"c1": (1, 1)}


async def test_many_cursors_are_answered_in_one_question(store: Store) -> None:
    await put(store, *(conversation(f"c{n}") for n in range(4)))
    for n in range(4):
        for word in range(n):
            await post(store, message(f"{word}"), to=f"c{n}")
    async with store.read() as tx:
        found = await tx.conversations.public_after_many(SYSTEM, {"c0": 0, "c1": 0, "c2": 1, "c3": 0, "c9": 0}, limit=2)
    assert {name: [entry.position for entry in entries] for name, entries in found.items()} == {"c1": [1], "c2": [2], "c3": [1, 2]}


async def test_odd_characters_survive(store: Store) -> None:
    await put(store, conversation())
    odd = "nul \x00 bell \x07 sep \u2028 emoji 🏳️‍🌈 quote ' \" \\ rtl \u202e end"
    await post(store, message(odd), scope=SYSTEM)
    await store.write(lambda tx: tx.conversations.update(SYSTEM, "c1", last_words=odd), name="words")
    async with store.read() as tx:
        [entry] = await tx.conversations.public_after(SYSTEM, "c1", 0)
        assert entry.body["text"] == odd
        assert (await tx.conversations.get(SYSTEM, "c1")).last_words == odd.replace("\x00", "\ufffd")
        assert await tx.conversations.find(SYSTEM, "c\x001") is None


async def test_search_pages_through_everything_once_newest_first(store: Store) -> None:
    await put(store, *(conversation(f"c{n:02}", opened_at=at(n // 3)) for n in range(25)))
    seen: list[str] = []
    after: PageKey | None = None
    async with store.read() as tx:
        while page := await tx.conversations.search(SYSTEM, ConversationFilter(), after=after, limit=7):
            seen += [one.id for one in page]
            after = page_key(page[-1])
        assert await tx.conversations.count(SYSTEM, ConversationFilter()) == 25
    assert seen == [f"c{n:02}" for n in sorted(range(25), key=lambda n: (n // 3, n), reverse=True)]


async def test_search_finds_by_who_handled_it_even_after_a_transfer(store: Store) -> None:
    await put(
        store,
        conversation("c1", agent=AgentId("ben"), pool=PoolId("porto")),
        conversation("c2", brand=BrandId("acme-b2b"), language_tag="ar"),
        inquiry("i1"),
        inquiry("i2", conversation="c2"),
        offer("o1", state="over", assigned_at=NOW, over_at=at(60)),
        offer("o2", inquiry="i2", conversation="c2", state="over", over_at=at(30)),
    )
    async with store.read() as tx:

        async def found(**wanted: object) -> list[str]:
            return [one.id for one in await tx.conversations.search(SYSTEM, ConversationFilter(**wanted))]  # type: ignore[arg-type]

        assert await found(pool="lisbon") == ["c1"], "an offer that was never accepted is not handling"
        assert await found(agent="ana") == ["c1"]
        assert await found(pools=frozenset({"faro"})) == []
        assert await found(language="ar") == ["c2"]
        assert await found(brand="acme-shop", since=NOW, until=at(1)) == ["c1"]
        assert await found(until=NOW) == []


async def test_history_is_shown_only_while_the_agent_holds_the_conversation(store: Store) -> None:
    await put(
        store,
        conversation("old", customer="cu1", opened_at=at(-900), state="ended"),
        conversation("other-brand", customer="cu1", brand=BrandId("acme-b2b"), opened_at=at(-800)),
        conversation("c1", customer="cu1"),
        inquiry("i1"),
        offer("o1"),
    )
    await post(store, message("last time"), to="old")
    ana = Scope.agent(WORKSPACE, "a1", "ana")

    async def history() -> list[tuple[str, list[str]]]:
        async with store.read() as tx:
            found = await tx.conversations.history_for(ana, "c1")
        return [(one.id, [entry.body["text"] for entry in entries]) for one, entries in found]

    with pytest.raises(HubError, match="not_found"):
        await history()
    await store.write(move("i1", from_="offered", state="assigned", assigned_at=at(5)), name="accept")
    assert await history() == [("old", ["last time"])]
    await store.write(move("i1", from_="assigned", state="over", over_at=at(9)), name="give_back")
    with pytest.raises(HubError, match="not_found"):
        await history()


Step = tuple[str, str, int]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(["d1", "d2"]), st.sampled_from(["hi", "ho"]), st.integers(0, 5)), max_size=30))
async def test_whatever_is_resent_each_id_stands_once_with_its_first_content(store: Store, steps: list[Step]) -> None:
    """A model of the log: the first content under (sender, id) wins, everything else is told so, and positions have no holes."""
    name = f"c-{id(steps)}-{len(steps)}"

    async def fresh(tx: Tx) -> None:
        if await tx.conversations.find(SYSTEM, name) is None:
            await tx.conversations.insert(conversation(name))

    await store.write(fresh, name="fresh")
    async with store.read() as tx:
        before = len(await tx.conversations.public_after(SYSTEM, name, 0))
    model: dict[tuple[str, int], tuple[str, int]] = {}
    base = f"m-{id(steps)}-{before}-"
    for sender, text, number in steps:
        known = model.get((sender, number))
        entry = message(text, f"{base}{number}", sender=sender)
        if known is not None and known[0] != text:
            with pytest.raises(HubError, match="id_reused"):
                await post(store, entry, to=name)
            continue
        appended = await post(store, entry, to=name)
        model.setdefault((sender, number), (text, before + len(model) + 1))
        assert appended.position == model[sender, number][1]
        assert appended.fresh == (known is None)
    async with store.read() as tx:
        said = await tx.conversations.public_after(SYSTEM, name, before)
    assert [(entry.position, entry.body["text"]) for entry in said] == sorted((position, text) for text, position in model.values())
