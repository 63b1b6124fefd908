"""What a socket sees of a conversation at one look, and what need not be read for it.

Most of what moves was said a moment ago by this very process, which had the conversation's row locked and knows what it wrote. `Said` keeps that for the
screens that are about to ask. It is given up as soon as anybody says that the conversation moved again, and after half a second in any case: rows are the
truth, and what is kept here is never newer than they are and hardly ever older.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from contact_hub.bus import Bus, Poke
from contact_hub.store.records import Conversation, PublicEntry, StaffEntry

KEPT_SECONDS: Final = 0.5
COMMAND_SECONDS_MAX: Final = 5.0
"""So long pokes are remembered: of a command that took longer nobody can say what moved meanwhile."""
_ENTRIES_MAX: Final = 20

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One conversation as it stands, and what follows two positions in its logs; `more` where there is still more to read."""

    conversation: Conversation
    public: list[PublicEntry]
    staff: list[StaffEntry]
    more: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    conversation: Conversation
    entries: list[PublicEntry]
    """The last of the log, without a hole."""
    at: float


class Said:
    """What this process has said last in each conversation. Times are seconds of `monotonic`."""

    def __init__(self, bus: Bus, monotonic: Callable[[], float]) -> None:
        self._bus, self._monotonic = bus, monotonic
        self._kept: dict[_Key, _Kept] = {}
        self._moved: dict[_Key, float] = {}
        self._order: deque[tuple[float, _Key]] = deque()
        self._all_moved = float("-inf")
        bus.overhear(self)

    @property
    def remembered(self) -> int:
        """Of how many conversations anything is known."""
        return len(self._moved.keys() | self._kept.keys())

    def hear(self, pokes: Iterable[Poke]) -> None:
        """Somebody says what moved: what is known of it is old."""
        now = self._monotonic()
        for poke in pokes:
            if poke.kind == "conversation":
                key = (poke.workspace, poke.subject)
                self._kept.pop(key, None)
                self._moved[key] = now
                self._order.append((now, key))
            elif poke.kind == "everything":
                self._kept.clear()
                self._all_moved = now
        self._forget(now - COMMAND_SECONDS_MAX)

    def tell(self, words: Sequence[tuple[Conversation, PublicEntry]], *, since: float) -> None:
        """These stand in the rows now: each a conversation after its entry, locked by its command from a moment after `since` on. Everybody is told to look."""
        now = self._monotonic()
        fresh = [
            _Kept(conversation, self._with(entry, conversation, now), now)
            for conversation, entry in words
            if now - since < COMMAND_SECONDS_MAX
            and max(self._moved.get((conversation.workspace, conversation.id), since), self._all_moved) <= since
        ]
        self._bus.publish([Poke("conversation", conversation.workspace, conversation.id) for conversation, _ in words])
        for kept in fresh:
            self._kept[kept.conversation.workspace, kept.conversation.id] = kept

    def look(self, workspace: str, conversation: str, *, public: int, staff: int | None) -> Look | None:
        """As `Reader.look`; None where the rows have to be asked."""
        kept = self._kept.get((workspace, conversation))
        if kept is None or self._monotonic() - kept.at > KEPT_SECONDS:
            return None
        row, behind = kept.conversation, kept.conversation.public_head - public
        if not 0 <= behind <= len(kept.entries) or (staff is not None and staff != row.staff_head):
            return None
        return Look(conversation=row, public=kept.entries[len(kept.entries) - behind :], staff=[], more=False)

    def _with(self, entry: PublicEntry, conversation: Conversation, now: float) -> list[PublicEntry]:
        before = self._kept.get((conversation.workspace, conversation.id))
        if before is None or before.conversation.public_head + 1 != entry.position:
            return [entry]
        if len(before.entries) >= _ENTRIES_MAX or now - before.at > KEPT_SECONDS:
            return [entry]
        return [*before.entries, entry]

    def _forget(self, before: float) -> None:
        while self._order and self._order[0][0] < before:
            at, key = self._order.popleft()
            if self._moved.get(key) == at:
                del self._moved[key]
                self._kept.pop(key, None)
