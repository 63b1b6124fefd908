"""The console's live view as arithmetic: `apply(old, diff(old, new)) == new`, for any two views.

The server rebuilds a view from rows whenever something about an agent moved, and sends only the difference. Because the difference is
computed and never hand-written, no action can forget to update a screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from agents.frames import Change, View

_COLLECTIONS: Final[tuple[Literal["offers", "conversations", "queues"], ...]] = ("offers", "conversations", "queues")


def diff(old: View, new: View) -> list[Change]:
    """The changes that turn `old` into `new`, removals first so that a key never stands twice."""
    changes: list[Change] = []
    for name in _COLLECTIONS:
        before, after = getattr(old, name), getattr(new, name)
        changes += [Change(collection=name, key=key) for key in before if key not in after]
    if old.me != new.me:
        changes.append(Change(collection="me", key="me", value=_plain(new.me)))
    for name in _COLLECTIONS:
        before, after = getattr(old, name), getattr(new, name)
        changes += [
            Change(collection=name, key=key, value=_plain(value)) for key, value in after.items() if before.get(key) != value
        ]
    return changes


def apply(view: View, changes: Sequence[Change]) -> View:
    """What a client does with a delta; here so that the law above can be tested, and for robots."""
    plain = _plain(view)
    for change in changes:
        if change.collection == "me":
            plain["me"] = change.value
        elif change.value is None:
            plain.setdefault(change.collection, {}).pop(change.key, None)
        else:
            plain.setdefault(change.collection, {})[change.key] = change.value
    return msgspec.convert(plain, View)


def _plain(value: msgspec.Struct) -> dict[str, Any]:
    plain = msgspec.to_builtins(value)
    assert isinstance(plain, dict)
    return plain
