"""The console's view is arithmetic: the old view and its difference give the new one, for every action."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agents.console import apply, diff
from agents.frames import LanguageView, Me, OfferCard, QueueLine, View
from contact_hub.live.queues import QueueBoard
from contact_hub.live.view import brands_of, build
from contact_hub.scope import Scope
from tests import hubs

AT = datetime(2026, 11, 21, tzinfo=UTC)
_keys = st.sampled_from(["a", "b", "c", "d"])
_me = st.builds(
    Me,
    agent=st.just("anna"),
    name=st.just("Anna"),
    pool=st.just("p"),
    availability=st.sampled_from(["ready", "away"]),
    seats_used=st.integers(0, 3),
)
_offer = st.builds(
    OfferCard,
    offer=_keys,
    conversation=_keys,
    inquiry=_keys,
    brand=_keys,
    channel=st.just("chat"),
    kind=st.just("service"),
    language=st.builds(LanguageView, tag=st.sampled_from(["de", "ar", None]), confidence=st.just(0.5), settled=st.booleans()),
    waiting_since=st.just(AT),
    until=st.just(AT),
    why=st.just("only_one"),
    first_words=st.text(max_size=5),
)
_views = st.builds(
    View,
    me=_me,
    offers=st.dictionaries(_keys, _offer),
    queues=st.dictionaries(_keys, st.builds(QueueLine, brand=_keys, waiting=st.integers(0, 5))),
)


@given(_views, _views)
def test_old_view_and_difference_give_the_new_view(old: View, new: View) -> None:
    assert apply(old, diff(old, new)) == new


@given(_views)
def test_equal_views_differ_in_nothing(view: View) -> None:
    assert diff(view, view) == []


async def test_every_action_keeps_the_screen_equal_to_a_fresh_one(sqlite_url: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """`assert_view_stays_true` for each thing that moves the console: what was patched together equals what a new welcome says."""
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna = await floor.agent("anna")
        customer = await floor.visitor()

        async def stays_true(what: str) -> None:
            fresh = await _fresh_view(floor)
            await anna.until(lambda: _settled(anna.view) == _settled(fresh)), what

        conversation = await customer.start("Guten Tag, ich habe eine Frage zur Rechnung.", name="Müller")
        await anna.offer()
        await stays_true("offer")
        await anna.take()
        await stays_true("accept")
        await anna.reply(conversation, "Einen Moment bitte.")
        await customer.post(conversation, "Danke!")
        await anna.until(lambda: anna.view["conversations"][conversation]["last_words"] == "Danke!")
        await stays_true("messages")
        await anna.send("read", conversation=conversation, position=4)
        await anna.until(lambda: anna.view["conversations"][conversation]["agent_read"] == 4)
        await stays_true("read")
        await anna.send("note", client_message_id="note-000001", conversation=conversation, text="ruhig bleiben")
        await anna.until(lambda: anna.view["conversations"][conversation]["staff_head"] >= 2)
        await stays_true("note")
        await anna.send("language", conversation=conversation, tag="en")
        await anna.until(lambda: anna.view["conversations"][conversation]["language"]["tag"] == "en")
        await stays_true("language")
        # Nobody is told of a draft, whose writer has it before them; the next look at everything brings it along.
        await anna.send("draft", conversation=conversation, mode="reply", text="Einen Moment")
        await anna.send("availability", availability="away", reason="break")
        await anna.until(lambda: anna.view["me"]["availability"] == "away")
        assert anna.view["conversations"][conversation]["draft_reply"] == "Einen Moment"
        await stays_true("draft and away")
        await anna.send("end", conversation=conversation)
        await anna.until(lambda: anna.view["conversations"][conversation]["state"] == "wrap_up")
        await stays_true("end")
        await anna.send("wrap_up", conversation=conversation, disposition="solved")
        await anna.until(lambda: conversation not in anna.view["conversations"])
        await stays_true("wrap-up")


async def test_a_queue_that_moves_twice_in_a_moment_is_shown_as_it_stands_at_last(sqlite_url: str, tmp_path: Path) -> None:
    """All screens share one answer for half a second. Where nothing is ever lost nobody looks again by itself for half a minute."""
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna = await floor.agent("anna")
        customer = await floor.visitor()
        await customer.start("Guten Tag, ich habe eine Frage zur Rechnung.", name="Müller")
        await anna.offer()
        await anna.until(lambda: bool(anna.view.get("queues")))
        await anna.take()
        async with asyncio.timeout(5):
            await anna.until(lambda: not anna.view.get("queues"))


async def _fresh_view(floor: hubs.Floor) -> dict[str, object]:
    rules = floor.hub.workspaces.floor("test")
    queues = await QueueBoard(floor.hub.store, floor.hub.clock).lines("test", brands_of(rules, "anna"))
    async with floor.hub.store.read() as tx:
        view = await build(tx, Scope.agent("test", "anna", "anna"), rules, AT, queues)
    plain = msgspec.json.decode(msgspec.json.encode(view))
    assert isinstance(plain, dict)
    return {"offers": {}, "conversations": {}, "queues": {}, **plain}


def _settled(view: dict[str, object]) -> dict[str, object]:
    return {key: view.get(key, {}) for key in ("me", "offers", "conversations", "queues")}
