"""Work that is too much for one event: ten thousand people begin at nine, other rules begin to hold.

It is done in slices between events, so that none is held back; how much a slice does is counted, never timed, so that a replay does the same. First
every class concerned is looked at afresh (`review`), then those who wait are served in the order of their places, then they are told what is
new. While any of this is left, what arrives queues up behind those who were there before.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from routing.demands import Ask, Node
    from routing.floor import Desk, Inquiry

SLICE: Final = 500
"""How much is done between two events, in moves: some ten to twenty milliseconds on a busy machine."""


class Backlog:
    """What is still to be done, in order."""

    __slots__ = ("_desks", "_reviews", "_seq", "_serving", "_telling", "flag_all", "one_by_one", "succession")

    def __init__(self) -> None:
        self._reviews: dict[Ask, None] = {}
        self._serving: list[tuple[int, int, Node]] = []
        self._telling: list[tuple[int, int, Inquiry]] = []
        self._desks: dict[Desk, None] = {}
        self._seq = 0
        self.succession: Iterator[int] | None = None
        self.flag_all = False
        self.one_by_one = 0
        """How many more may be served one after the other before pairing them is thought of again."""

    @property
    def busy(self) -> bool:
        """Is anybody still to be served who was there before what comes now?"""
        return bool(self._reviews or self._serving)

    @property
    def left(self) -> bool:
        """Is anything left at all?"""
        return bool(self._reviews or self._serving or self._telling or self._desks or self.succession is not None)

    def review(self, asks: Iterable[Ask]) -> None:
        """Look at these classes afresh."""
        self._reviews.update(dict.fromkeys(asks))

    def reviews(self) -> Iterator[Ask]:
        """The classes to look at, each taken off the list as it is handed out."""
        while self._reviews:
            ask = next(iter(self._reviews))
            del self._reviews[ask]
            yield ask

    def serve(self, node: Node) -> None:
        """Serve who waits here, in their turn."""
        head = node.head()
        if head is not None:
            self._seq += 1
            heapq.heappush(self._serving, (head.key, self._seq, node))

    def next_to_serve(self) -> Node | None:
        """The node whose first has the best place of all that are to be served."""
        while self._serving:
            key, _, node = heapq.heappop(self._serving)
            head = node.head()
            if head is None:
                continue
            if head.key == key:
                return node
            self.serve(node)
        self.one_by_one = 0
        return None

    def serving(self, most: int) -> list[Node]:
        """So many of the nodes that are to be served, those whose turn comes first."""
        return [node for _, _, node in heapq.nsmallest(most, self._serving)]

    def tell(self, inquiries: Iterable[Inquiry]) -> None:
        """Tell them what is new, those with the better place first."""
        for inquiry in inquiries:
            self._seq += 1
            heapq.heappush(self._telling, (inquiry.key, self._seq, inquiry))

    def next_to_tell(self) -> Inquiry | None:
        """The next who is to be told."""
        return heapq.heappop(self._telling)[2] if self._telling else None

    def fill(self, desks: Iterable[Desk]) -> None:
        """These desks may have room for something again."""
        self._desks.update(dict.fromkeys(desks))

    def next_to_fill(self) -> Desk | None:
        """The next desk that may have room."""
        if not self._desks:
            return None
        desk = next(iter(self._desks))
        del self._desks[desk]
        return desk
