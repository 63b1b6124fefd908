"""What need not be read: only what stands in the rows, and never past the next move of the conversation."""

from __future__ import annotations

from msgspec.structs import replace

from contact_hub.bus import MemoryBus, Poke
from contact_hub.bus.poke import EVERYTHING
from contact_hub.live.looks import COMMAND_SECONDS_MAX, KEPT_SECONDS, Said
from contact_hub.store.records import Conversation, PublicEntry
from routing.model import BrandId, ClientId
from tests.store.builders import NOW

MOVED = Poke("conversation", "w", "cnv_1")


class Talk:
    """A conversation in which one word follows another, and a hand on the clock."""

    def __init__(self) -> None:
        self.now, self.bus = 100.0, MemoryBus()
        self.said = Said(self.bus, lambda: self.now)
        self.row = Conversation(workspace="w", id="cnv_1", client=ClientId("c"), brand=BrandId("b"), opened_at=NOW, last_at=NOW)

    def say(self, text: str, *, since: float | None = None) -> None:
        self.row = replace(self.row, public_head=self.row.public_head + 1)
        entry = PublicEntry(
            conversation="cnv_1",
            position=self.row.public_head,
            at=NOW,
            speaker="customer",
            sender="customer",
            body={"text": text},
            client_message_id=None,
        )
        self.said.tell([(self.row, entry)], since=self.now if since is None else since)

    def seen(self, *, after: int, staff: int | None = None) -> list[str] | None:
        """The texts of a look; None where it has to be read."""
        look = self.said.look("w", "cnv_1", public=after, staff=staff)
        return None if look is None else [str(entry.body["text"]) for entry in look.public]


def test_what_was_just_said_is_told_to_whoever_is_no_further_behind() -> None:
    talk = Talk()
    subscription = talk.bus.subscribe()
    talk.row = replace(talk.row, public_head=4, staff_head=2)
    talk.say("five")
    talk.now += 0.1
    talk.say("six")
    assert talk.seen(after=4) == ["five", "six"]
    assert talk.seen(after=5) == ["six"]
    assert talk.seen(after=6, staff=2) == []
    assert [talk.seen(after=3), talk.seen(after=7), talk.seen(after=5, staff=1)] == [None, None, None]
    assert talk.said.look("other", "cnv_1", public=5, staff=None) is None
    assert subscription._pending == {MOVED: None}, "both were told"


def test_it_is_forgotten_as_soon_as_the_conversation_moves_again() -> None:
    for move in (MOVED, EVERYTHING):
        talk = Talk()
        talk.say("one")
        talk.bus.publish([Poke("conversation", "w", "cnv_2"), Poke("agent", "w", "cnv_1")])
        assert talk.seen(after=0) == ["one"]
        talk.bus.publish([move])
        assert talk.seen(after=0) is None
        talk.now += 0.1
        talk.say("two")
        assert talk.seen(after=1) == ["two"]
        assert talk.seen(after=0) is None, "what was forgotten is not told from memory"


def test_what_moved_while_the_command_ran_is_read() -> None:
    for move in (MOVED, EVERYTHING):
        talk = Talk()
        talk.now += 1
        talk.bus.publish([move])
        talk.say("one", since=talk.now - 0.5)
        assert talk.seen(after=0) is None


def test_nothing_is_kept_for_long() -> None:
    talk = Talk()
    talk.say("one")
    talk.now += KEPT_SECONDS + 0.01
    assert talk.seen(after=0) is None
    talk.say("two", since=talk.now - COMMAND_SECONDS_MAX)
    assert talk.seen(after=1) is None, "nobody remembers so long what moved"
    talk.now += COMMAND_SECONDS_MAX + 1
    talk.bus.publish([Poke("conversation", "w", "cnv_2")])
    assert talk.said.remembered == 1
