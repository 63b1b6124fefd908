"""The two things every client keeps: what it got, by position, and what it said, until it is acknowledged.

Pure: time is an argument. `Log` drops what comes twice and refuses to skip; `Outbox` sends one message at a time, because two under way at once
could be stored in the other order when the first has to be repeated.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

import msgspec

ACK_SECONDS: Final = 10.0
"""Silence after a message means "unknown": come back and send it again."""


class ComeBack(Exception):
    """This connection has told all it can: close it and come back, with `resume`, after so many seconds."""

    def __init__(self, why: str, after_seconds: float = 0.0) -> None:
        self.after_seconds = after_seconds
        super().__init__(why)


class Over(Exception):
    """The server does not want this client any more; `code` says why. Coming back would not help."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Positioned(Protocol):
    @property
    def position(self) -> int: ...


E = TypeVar("E", bound=Positioned)


class Log(Generic[E]):
    """Entries at positions 1, 2, 3 … `same` is what may never differ between two copies of one entry."""

    def __init__(self, same: Callable[[E], object] = lambda entry: entry) -> None:
        self.entries: list[E] = []
        self.repeated = 0
        self._same = same

    @property
    def head(self) -> int:
        return len(self.entries)

    def take(self, entry: E) -> bool:
        """Whether the entry is new.

        Raises:
            ComeBack: something is missing before it, or it contradicts what stood at its place.
        """
        if entry.position > self.head + 1:
            raise ComeBack(f"position {entry.position} after {self.head}")
        if entry.position <= self.head:
            if self._same(self.entries[entry.position - 1]) != self._same(entry):
                self.forget()
                raise ComeBack(f"position {entry.position} says something else than before")
            self.repeated += 1
            return False
        self.entries.append(entry)
        return True

    def forget(self) -> None:
        self.entries = []


@dataclass(slots=True, kw_only=True)
class Letter:
    """A message that may or may not have arrived; `frame` stays the same however often it is sent."""

    id: str
    frame: msgspec.Struct
    under_way_since: float | None = None
    not_before: float = 0.0
    tries: int = 0


class Outbox:
    """Messages in the order in which they were said; the first one is sent until it is acknowledged."""

    def __init__(self) -> None:
        self._letters: deque[Letter] = deque()

    def __len__(self) -> int:
        return len(self._letters)

    def add(self, id_: str, frame: msgspec.Struct) -> None:
        self._letters.append(Letter(id=id_, frame=frame))

    def add_first(self, letters: Sequence[tuple[str, msgspec.Struct]]) -> None:
        """Before everything that waits, in this order."""
        self._letters.extendleft(Letter(id=id_, frame=frame) for id_, frame in reversed(letters))

    def due(self, now: float) -> msgspec.Struct | None:
        """What must be sent now, if anything.

        Raises:
            ComeBack: the first message has been under way for too long.
        """
        if not self._letters:
            return None
        first = self._letters[0]
        if first.under_way_since is not None:
            if now - first.under_way_since > ACK_SECONDS:
                raise ComeBack(f"no answer to {first.id}")
            return None
        if now < first.not_before:
            return None
        first.under_way_since = now
        first.tries += 1
        return first.frame

    def next_due(self) -> float | None:
        """When to ask again; None: not before something happens."""
        if not self._letters:
            return None
        first = self._letters[0]
        return first.not_before if first.under_way_since is None else first.under_way_since + ACK_SECONDS + 0.01

    def replace(self, id_: str, frame: msgspec.Struct) -> None:
        """The same message, said more insistently."""
        for letter in self._letters:
            if letter.id == id_:
                letter.frame, letter.under_way_since = frame, None

    def acked(self, id_: str) -> msgspec.Struct | None:
        """It is on disk. The frame, unless that was known already."""
        letter = self._remove(id_)
        return letter.frame if letter else None

    def refused(self, id_: str, retry_after_seconds: float | None, now: float) -> bool:
        """Whether the refusal is final: without a time to try again it is."""
        if retry_after_seconds is None:
            return self._remove(id_) is not None
        for letter in self._letters:
            if letter.id == id_:
                letter.under_way_since, letter.not_before = None, now + retry_after_seconds
        return False

    def connection_lost(self) -> None:
        """Nothing is under way any more; what was may have arrived, and is sent again."""
        for letter in self._letters:
            letter.under_way_since = None

    def waiting(self) -> list[Letter]:
        return list(self._letters)

    def _remove(self, id_: str) -> Letter | None:
        found = next((letter for letter in self._letters if letter.id == id_), None)
        if found is not None:
            self._letters.remove(found)
        return found
