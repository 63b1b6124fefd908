"""What Prometheus is told of mail that comes: what happens is counted, what is a state is looked up when somebody reads the page."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from prometheus_client import Counter, Gauge

from contact_hub.store import Tx

_taken: Final = Counter("contact_hub_mails_taken_total", "Mails kept, by whether they were new", ["workspace", "brand", "fresh"])
_worked_off: Final = Counter(
    "contact_hub_mails_worked_off_total",
    "Mails worked off, by what they are and what became of them",
    ["workspace", "brand", "kind", "state"],
)
_troubles: Final = Counter(
    "contact_hub_mailbox_troubles_total", "Times a mailbox could not be read", ["workspace", "mailbox", "code"]
)
_refusals: Final = Counter("contact_hub_mail_door_refused_total", "Mails that were handed in and not taken", ["code"])
_up: Final = Gauge("contact_hub_mailbox_up", "1 where a mailbox was read and can be, 0 where not", ["workspace", "mailbox"])
_outgoing: Final = Gauge("contact_hub_mail_outgoing", "Mails that are neither sent nor bounced", ["workspace", "state"])
_overdue: Final = Gauge(
    "contact_hub_mail_outgoing_overdue_seconds", "Since when the oldest mail should have been sent", ["workspace"]
)
_kept: Final = Gauge("contact_hub_mails_aside", "Mails that wait, are held or have failed", ["workspace", "mailbox", "state"])


async def observe_mail(tx: Tx, workspaces: Collection[str], now: datetime) -> None:
    """States, looked up when somebody reads the page."""
    _outgoing.clear()
    _overdue.clear()
    for workspace in workspaces:
        _overdue.labels(workspace).set(0)
    for workspace, state, count, oldest in await tx.mail.outgoing_backlog():
        _outgoing.labels(workspace, state).set(count)
        if state == "queued" and oldest is not None:
            _overdue.labels(workspace).set(max(0.0, (now - oldest).total_seconds()))
    _up.clear()
    _kept.clear()
    for workspace in workspaces:
        for cursor in await tx.mail.cursors(workspace):
            if cursor.state == "stopped":
                continue
            _up.labels(workspace, cursor.mailbox).set(cursor.state == "up")
        for box in await tx.mail.backlog(workspace):
            for state, count in box.counts.items():
                _kept.labels(workspace, box.mailbox, state).set(count)


def taken(workspace: str, brand: str, *, fresh: bool) -> None:
    """A mail was brought; it may have been brought before."""
    _taken.labels(workspace, brand, "yes" if fresh else "no").inc()


def outcome(workspace: str, brand: str, kind: str, state: str) -> None:
    """A mail went where it belongs, or aside."""
    _worked_off.labels(workspace, brand, kind, state).inc()


def mailbox_trouble(workspace: str, mailbox: str, code: str) -> None:
    """A mailbox could not be read."""
    _troubles.labels(workspace, mailbox, code).inc()


def door_refused(code: str) -> None:
    """Somebody handed in what we do not take."""
    _refusals.labels(code).inc()
