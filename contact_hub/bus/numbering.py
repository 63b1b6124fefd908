"""How a loss on the bus is noticed: everybody numbers what they say, and says something at least every half a second.

A number that is passed over, or somebody who falls silent without having said goodbye, means that something may be lost. Whoever hears so looks at
everything once; whoever does not may rely on silence, and need not look again and again whether anything has moved.
"""

from __future__ import annotations

from typing import Final

import msgspec

from contact_hub.bus.poke import Poke

BEAT_SECONDS: Final = 0.5
SILENCE_SECONDS: Final = 1.75
"""Three beats may be late; then what was said meanwhile is looked for."""


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """What one process says at once. `number` counts from 1 for as long as it lives; `last`: it says goodbye."""

    sender: str
    number: int
    pokes: list[Poke]
    last: bool = False


class Attendance:
    """Who is heard, and up to which number. Times are seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[int, float]] = {}

    def hear(self, batch: Batch, now: float) -> bool:
        """Whether something that was said before this may be lost: also where somebody is heard for the first time in the middle of what they say."""
        number, _ = self._heard.get(batch.sender, (0, 0.0))
        if batch.number <= number:  # doubled, or overtaken by what has been missed already
            return False
        if batch.last:
            self._heard.pop(batch.sender, None)
        else:
            self._heard[batch.sender] = batch.number, now
        return batch.number != number + 1

    def fallen_silent(self, now: float) -> set[str]:
        """Who was not heard for too long. They are forgotten: if they come back, they are heard in the middle of what they say."""
        silent = {sender for sender, (_, at) in self._heard.items() if now - at > SILENCE_SECONDS}
        for sender in silent:
            del self._heard[sender]
        return silent
