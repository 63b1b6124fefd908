"""What Prometheus is told, apart from what the parts count themselves.

One scheme: `contact_hub_<what>_<unit>`, `_total` for what only grows, seconds for every time. What is a state and no event is looked up when somebody
reads the page (`live.states`). docs/operations.md says of each what it means and when to worry.
"""

from __future__ import annotations

from collections import Counter as Counted
from collections.abc import Callable
from datetime import datetime
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from contact_hub.live.looks import Look
from contact_hub.store import Batch

_MESSAGES: Final = {
    "conversation.start": "customer",
    "conversation.post": "customer",
    "conversation.reply": "agent",
    "conversation.note": "note",
}
"""Commands that bring a message, and whose it is."""

_WAYS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_seconds = Histogram("contact_hub_commit_seconds", "One group commit", buckets=(0.001, 0.002, 0.005, 0.01, 0.03, 0.1, 0.3, 1, 5))
_size = Histogram("contact_hub_commit_commands", "Commands in one commit", buckets=(1, 2, 4, 8, 16, 32, 64))
_waiting = Gauge("contact_hub_commands_waiting", "Commands that wait for their commit")
_failed = Counter("contact_hub_commands_failed_total", "Commands that were refused or failed")
_lost = Counter("contact_hub_commits_lost_total", "Commits that failed as a whole", ["code"])
_accepted = Counter("contact_hub_messages_accepted_total", "Messages taken in, to be written", ["speaker"])
_durable = Counter("contact_hub_messages_durable_total", "Messages on disk, and so acknowledged", ["speaker"])
_delivered = Counter("contact_hub_entries_delivered_total", "Entries handed to open screens, once for each screen", ["log"])
_late = Histogram(
    "contact_hub_delivery_seconds", "From the time of an entry to its being handed to a screen that is up to date", buckets=_WAYS
)
_poke = Histogram("contact_hub_poke_seconds", "From sending a poke to hearing it again over Redis", buckets=_WAYS)


def observe_batch(batch: Batch) -> None:
    """Called by the store after every commit."""
    _seconds.observe(batch.seconds)
    _size.observe(batch.commands)
    _waiting.set(batch.waiting)
    for counted, commands in ((_accepted, batch.taken), (_durable, batch.kept)):
        for speaker, count in Counted(map(_MESSAGES.get, commands)).items():
            if speaker is not None:
                counted.labels(speaker).inc(count)
    if batch.failed:
        _failed.inc(batch.failed)
    if batch.lost:
        _lost.labels(batch.lost).inc()


def observe_poke(seconds: float) -> None:
    """Called by the bus when it hears itself."""
    _poke.observe(seconds)


def observer_of_looks(now: Callable[[], datetime]) -> Callable[[Look], None]:
    """Told of everything that is handed to a screen. Only the newest entry of a look is timed: what a screen catches up on was not late."""

    public, staff = _delivered.labels("public"), _delivered.labels("staff")

    def observe(look: Look) -> None:
        if look.public:
            public.inc(len(look.public))
        if look.staff:
            staff.inc(len(look.staff))
        if len(look.public) == 1 and not look.more:
            _late.observe(max(0.0, (now() - look.public[0].at).total_seconds()))

    return observe
