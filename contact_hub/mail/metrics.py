"""What Prometheus is told of mail that comes. How many wait, are held or have failed is looked up when somebody reads the page (`live.states`)."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter

_taken: Final = Counter("contact_hub_mails_taken_total", "Mails kept, by whether they were new", ["workspace", "brand", "fresh"])
_outcomes: Final = Counter(
    "contact_hub_mails_total", "Mails worked off, by what they are and what became of them", ["workspace", "brand", "kind", "state"]
)
_logins: Final = Counter(
    "contact_hub_mailbox_troubles_total", "Times a mailbox could not be read, by reason", ["workspace", "mailbox", "code"]
)
_refusals: Final = Counter("contact_hub_mail_door_refusals_total", "Mails that were handed in and refused, by reason", ["code"])


def taken(workspace: str, brand: str, *, fresh: bool) -> None:
    """A mail was brought; it may have been brought before."""
    _taken.labels(workspace, brand, "yes" if fresh else "no").inc()


def outcome(workspace: str, brand: str, kind: str, state: str) -> None:
    """A mail went where it belongs, or aside."""
    _outcomes.labels(workspace, brand, kind, state).inc()


def mailbox_trouble(workspace: str, mailbox: str, code: str) -> None:
    """A mailbox could not be read."""
    _logins.labels(workspace, mailbox, code).inc()


def door_refused(code: str) -> None:
    """Somebody handed in what we do not take."""
    _refusals.labels(code).inc()
