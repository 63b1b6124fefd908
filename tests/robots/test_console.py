"""The console's mind: its view follows the deltas, its words survive the connection, its desk is its own."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest

from agents import frames as f
from agents.wire import Refusal
from contact_hub.robots.console import ConsoleMind
from contact_hub.robots.logs import ComeBack, Over

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
REFERENCE = f.Reference(rules=1, brands={}, away_reasons=["break"], decline_reasons=["busy"], pools=[], agents=[], kinds={})


def welcome(desk: int = 1, epoch: str = "e1") -> f.ConsoleWelcome:
    view = f.View(me=f.Me(agent="a1", name="A", pool="p1", availability="offline"))
    return f.ConsoleWelcome(protocol=1, epoch=epoch, view=view, reference=REFERENCE, heartbeat_seconds=10, now=AT, desk=desk)


def said(position: int, conversation: str = "c1") -> f.PublicEntryForStaff:
    return f.PublicEntryForStaff(conversation=conversation, position=position, at=AT, speaker="customer", text=f"line {position}")


@pytest.fixture
def mind() -> ConsoleMind:
    mind = ConsoleMind()
    mind.heard(welcome(), 0)
    return mind


def test_the_view_follows_the_deltas(mind: ConsoleMind) -> None:
    line = {"brand": "b1", "waiting": 3}
    mind.heard(f.Delta(changes=[f.Change(collection="queues", key="b1", value=line)]), 0)
    assert mind.view is not None
    assert mind.view.queues["b1"].waiting == 3
    mind.heard(f.Delta(changes=[f.Change(collection="queues", key="b1")]), 0)
    assert mind.view.queues == {}


def test_what_was_read_under_another_epoch_is_forgotten_with_the_welcome_itself(mind: ConsoleMind) -> None:
    mind.heard(said(1), 0)
    mind.connection_lost()
    mind.heard(welcome(), 0)
    assert mind.threads["c1"].public.head == 1
    mind.connection_lost()
    mind.heard(welcome(epoch="e2"), 0)  # and here the connection is cut, before the resync
    assert mind.threads["c1"].public.head == 0


def test_replies_of_two_conversations_do_not_wait_for_each_other(mind: ConsoleMind) -> None:
    mind.reply("reply-0001", "c1", "one")
    mind.reply("reply-0002", "c1", "two")
    mind.reply("reply-0003", "c2", "three")
    assert [frame.client_message_id for frame in mind.due(0) if isinstance(frame, f.Reply)] == ["reply-0001", "reply-0003"]


def test_a_warning_of_the_guard_is_confirmed_under_the_same_id(mind: ConsoleMind) -> None:
    mind.reply("reply-0001", "c1", "one")
    mind.due(0)
    mind.heard(Refusal(code="guard_warned", sentence="", about="reply-0001", values={"findings": "wrong_language"}), 0)
    assert mind.due(0) == [f.Reply(client_message_id="reply-0001", conversation="c1", text="one", confirmed=["wrong_language"])]
    assert "reply-0001" not in mind.refusals


def test_a_refused_reply_is_dropped_and_remembered(mind: ConsoleMind) -> None:
    mind.reply("reply-0001", "c1", "one")
    mind.due(0)
    mind.heard(Refusal(code="guard_refused", sentence="", about="reply-0001"), 0)
    assert mind.unacknowledged == 0
    assert mind.refusals["reply-0001"].code == "guard_refused"


def test_a_hole_in_either_log_sends_the_console_back(mind: ConsoleMind) -> None:
    mind.heard(said(1), 0)
    with pytest.raises(ComeBack):
        mind.heard(said(3), 0)
    with pytest.raises(ComeBack):
        mind.heard(f.ConsoleHeartbeat(heads={"c1": (1, 2)}), 0)


def test_a_console_comes_back_to_its_own_desk_without_taking_over(mind: ConsoleMind) -> None:
    hello = mind.hello("ticket")
    assert hello.resume is not None
    assert (hello.take_over, hello.resume.desk) == (False, 1)


def test_a_console_that_was_taken_over_stays_away(mind: ConsoleMind) -> None:
    with pytest.raises(Over):
        mind.heard(f.Superseded(by="other"), 0)


def test_requests_without_an_id_die_with_the_connection(mind: ConsoleMind) -> None:
    mind.accept("o1")
    mind.connection_lost()
    mind.heard(welcome(desk=2), 0)
    assert mind.due(0) == []


def test_a_console_waits_for_its_own_ghost_to_fade(mind: ConsoleMind) -> None:
    mind.connection_lost()
    with pytest.raises(ComeBack):
        mind.heard(f.Superseded(by="open"), 0)
    with pytest.raises(Over):
        _ask_for_ever(mind)


def _ask_for_ever(mind: ConsoleMind) -> None:
    while True:
        with contextlib.suppress(ComeBack):
            mind.heard(f.Superseded(by="open"), 0)


def test_a_first_console_does_not_wait_where_another_is_open() -> None:
    with pytest.raises(Over):
        ConsoleMind().heard(f.Superseded(by="open"), 0)
