"""What every client keeps: nothing twice, nothing skipped, nothing forgotten before it is acknowledged."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agents.wire import Refusal
from contact_hub.channels.chat import frames as f
from contact_hub.robots.logs import ACK_SECONDS, ComeBack, Log, Outbox
from contact_hub.robots.widget import WidgetMind

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
FACE = f.BrandFace(
    brand="noor",
    name="Noor",
    colour="#000",
    ink="#fff",
    logo="N",
    languages=["ar"],
    language="ar",
    direction="rtl",
    kinds=["service"],
    form=[],
)


def entry(position: int, text: str = "hello", conversation: str = "c1") -> f.PublicEntry:
    return f.PublicEntry(conversation=conversation, position=position, at=AT, body=f.BrandMessage(text=f"{text} {position}"))


def mine(position: int, id_: str) -> f.PublicEntry:
    return f.PublicEntry(conversation="c1", position=position, at=AT, body=f.CustomerMessage(text=id_, client_message_id=id_))


def welcome(conversation: str | None = None, *, head: int = 0, state: str = "open", epoch: str = "e1") -> f.Welcome:
    return f.Welcome(
        protocol=1,
        epoch=epoch,
        brand=FACE,
        hours=f.OpeningHours(open=True),
        texts="/api/texts/widget/ar.json",
        heartbeat_seconds=10,
        conversation=f.ConversationState(conversation=conversation, state=state, head=head) if conversation else None,  # type: ignore[arg-type]
    )


def ack(id_: str, position: int, conversation: str = "c1") -> f.Ack:
    return f.Ack(client_message_id=id_, conversation=conversation, position=position, at=AT)


def test_an_entry_that_comes_twice_stands_once() -> None:
    log: Log[f.PublicEntry] = Log()
    assert log.take(entry(1))
    assert not log.take(entry(1))
    assert (log.head, log.repeated) == (1, 1)


def test_a_skipped_position_sends_the_client_back_for_it() -> None:
    log: Log[f.PublicEntry] = Log()
    log.take(entry(1))
    with pytest.raises(ComeBack):
        log.take(entry(3))
    assert log.head == 1


def test_another_content_at_a_known_position_starts_the_log_anew() -> None:
    log: Log[f.PublicEntry] = Log()
    log.take(entry(1))
    with pytest.raises(ComeBack):
        log.take(entry(1, "something else"))
    assert log.head == 0


def test_the_second_message_waits_for_the_first_to_be_acknowledged() -> None:
    outbox = Outbox()
    outbox.add("first-message", f.TypingNow(conversation="a"))
    outbox.add("second-message", f.TypingNow(conversation="b"))
    assert outbox.due(0) == f.TypingNow(conversation="a")
    assert outbox.due(0) is None
    outbox.acked("first-message")
    assert outbox.due(0) == f.TypingNow(conversation="b")


def test_silence_after_a_message_means_unknown() -> None:
    outbox = Outbox()
    outbox.add("a-message", f.TypingNow(conversation="a"))
    outbox.due(0)
    with pytest.raises(ComeBack):
        outbox.due(ACK_SECONDS + 1)


def test_a_busy_server_is_asked_again_when_it_said() -> None:
    outbox = Outbox()
    outbox.add("a-message", f.TypingNow(conversation="a"))
    outbox.due(0)
    assert not outbox.refused("a-message", 2.0, now=0)
    assert outbox.due(1.9) is None
    assert outbox.due(2.1) is not None
    assert len(outbox) == 1


def test_a_final_refusal_is_not_repeated() -> None:
    outbox = Outbox()
    outbox.add("a-message", f.TypingNow(conversation="a"))
    outbox.due(0)
    assert outbox.refused("a-message", None, now=0)
    assert len(outbox) == 0


def test_what_was_not_acknowledged_is_said_again_under_the_same_id() -> None:
    mind = WidgetMind()
    mind.heard(welcome(), 0)
    mind.start("start-0001", "hello")
    (first,) = mind.due(0)
    mind.connection_lost()
    assert mind.due(1) == [], "nothing leaves before the welcome"
    mind.heard(welcome("c1", head=1), 1)
    (again,) = mind.due(1)
    assert first == again


def test_a_post_follows_its_start_into_the_conversation() -> None:
    mind = WidgetMind()
    mind.heard(welcome(), 0)
    mind.start("start-0001", "hello")
    mind.post("post-00001", "and more")
    assert [type(frame) for frame in mind.due(0)] == [f.Start]
    mind.heard(ack("start-0001", 1), 0)
    assert mind.due(0) == [f.Post(client_message_id="post-00001", conversation="c1", text="and more")]


def test_resume_names_what_was_got() -> None:
    mind = WidgetMind()
    mind.heard(welcome("c1", head=2), 0)
    mind.heard(entry(1), 0)
    mind.heard(entry(2), 0)
    assert mind.hello("ticket").resume == f.Resume(epoch="e1", conversation="c1", position=2)


def test_a_heartbeat_that_is_ahead_means_something_was_missed() -> None:
    mind = WidgetMind()
    mind.heard(welcome("c1", head=1), 0)
    mind.heard(entry(1), 0)
    mind.heard(f.Heartbeat(head=1), 0)
    with pytest.raises(ComeBack):
        mind.heard(f.Heartbeat(head=2), 0)


def test_resync_forgets_the_entries_and_keeps_what_was_said() -> None:
    mind = WidgetMind()
    mind.heard(welcome("c1", head=1), 0)
    mind.heard(entry(1), 0)
    mind.post("post-00001", "mine")
    mind.heard(f.Resync(because="epoch", epoch="e2"), 0)
    assert mind.log.head == 0
    assert len(mind.outbox) == 1


def test_after_a_restore_what_is_missing_of_its_own_is_said_again_before_anything_else() -> None:
    mind = WidgetMind()
    mind.heard(welcome("c1", head=0), 0)
    for position, id_ in enumerate(["id-kept-1", "id-lost-2", "id-lost-3"], start=1):
        mind.post(id_, id_)
        mind.due(0)
        mind.heard(ack(id_, position), 0)
    mind.post("id-new-4", "not acknowledged yet")
    mind.connection_lost()
    mind.heard(welcome("c1", head=1, epoch="e2"), 1)
    assert mind.due(1) == [], "first it has to be known what is there"
    mind.heard(f.Resync(because="epoch", epoch="e2"), 1)
    assert mind.due(1) == []
    mind.heard(mine(1, "id-kept-1"), 1)
    said = []
    for position in (2, 3, 4):
        (post,) = mind.due(1)
        assert isinstance(post, f.Post)
        said.append(post.client_message_id)
        mind.heard(ack(post.client_message_id, position), 1)
    assert said == ["id-lost-2", "id-lost-3", "id-new-4"]
    assert mind.settled


def test_a_new_conversation_begins_a_new_log() -> None:
    mind = WidgetMind()
    mind.heard(welcome("c1", head=1, state="ended"), 0)
    mind.heard(entry(1), 0)
    mind.heard(entry(1, "again", conversation="c2"), 0)
    assert (mind.conversation, mind.log.head) == ("c2", 1)


def test_the_wish_to_end_is_repeated_until_it_has_ended() -> None:
    mind = WidgetMind()
    mind.heard(welcome("c1", head=0), 0)
    mind.end()
    assert mind.due(0) == [f.EndConversation(conversation="c1")]
    mind.connection_lost()
    mind.heard(welcome("c1", head=0), 0)
    assert mind.due(0) == [f.EndConversation(conversation="c1")]
    mind.heard(f.State(conversation=f.ConversationState(conversation="c1", state="ended", head=1)), 0)
    assert mind.settled


def test_an_expired_ticket_is_replaced_and_nothing_is_lost() -> None:
    mind = WidgetMind()
    mind.start("start-0001", "hello")
    with pytest.raises(ComeBack):
        mind.heard(Refusal(code="ticket_invalid", sentence=""), 0)
    assert len(mind.outbox) == 1
