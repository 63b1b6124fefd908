"""What Prometheus is told of the store."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from contact_hub.store import Batch

_seconds = Histogram("contact_hub_commit_seconds", "One group commit", buckets=(0.001, 0.002, 0.005, 0.01, 0.03, 0.1, 0.3, 1, 5))
_size = Histogram("contact_hub_commit_commands", "Commands in one commit", buckets=(1, 2, 4, 8, 16, 32, 64))
_waiting = Gauge("contact_hub_commands_waiting", "Commands that wait for their commit")
_failed = Counter("contact_hub_commands_failed_total", "Commands that were refused or failed")
_lost = Counter("contact_hub_commits_lost_total", "Commits that failed as a whole", ["code"])


def observe_batch(batch: Batch) -> None:
    """Called by the store after every commit."""
    _seconds.observe(batch.seconds)
    _size.observe(batch.commands)
    _waiting.set(batch.waiting)
    if batch.failed:
        _failed.inc(batch.failed)
    if batch.lost:
        _lost.labels(batch.lost).inc()
