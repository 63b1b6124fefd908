"""What every session on a socket is connected to, in one value."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from contact_hub.bus import Bus
from contact_hub.clock import Clock
from contact_hub.conversations.mail import MailDesk
from contact_hub.conversations.service import Conversations
from contact_hub.live.queues import QueueBoard
from contact_hub.live.reader import Reader
from contact_hub.live.switchboard import Switchboard
from contact_hub.store import Store
from contact_hub.workspace.service import Workspaces

QUIET_SECONDS: Final = 30.0
"""Where the bus would tell of a loss, a look without a cause only guards against our own mistakes."""


class Out(Protocol):
    """Where frames go."""

    def put(self, frame: msgspec.Struct, *, may_be_lost: bool = False) -> None: ...

    async def room(self) -> None:
        """Wait until a long catch-up may go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wires:
    """`heartbeat_seconds` is told to the client, `poll_seconds` is how long a session trusts the silence of a bus that may have lost something."""

    store: Store
    reader: Reader
    queues: QueueBoard
    switchboard: Switchboard
    workspaces: Workspaces
    conversations: Conversations
    mail: MailDesk
    bus: Bus
    clock: Clock
    heartbeat_seconds: float
    poll_seconds: float

    def patience(self) -> float:
        """For how many seconds a session may hear nothing before it looks by itself."""
        return QUIET_SECONDS * random.uniform(0.8, 1.2) if self.bus.hears_all() else self.poll_seconds  # noqa: S311 - jitter
