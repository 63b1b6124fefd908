"""Bugs planted on purpose, to prove that the checks can fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contact_hub.app import Hub
from contact_hub.bus import Bus
from contact_hub.channels.chat.visitor import VisitorSession
from contact_hub.clock import Clock, DatabaseClock
from contact_hub.live.console import ConsoleSession
from contact_hub.store import Store, Tx


@dataclass(frozen=True, kw_only=True)
class Bug:
    """Where a collaborator of the product is replaced by a faulty one. The defaults replace nothing."""

    name: str
    story: str = ""
    outfit: Callable[[Tx], None] | None = None
    store: Callable[[Any], Store] = lambda store: store
    bus: Callable[[Bus], Bus] = lambda bus: bus
    clock: Callable[[Clock], Clock] = DatabaseClock
    hub: Callable[[Hub], None] = lambda hub: None
    visitor: type[VisitorSession] = VisitorSession
    console: type[ConsoleSession] = ConsoleSession


SOUND = Bug(name="")
