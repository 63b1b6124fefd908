"""How a node is: what it does, whether it may be sent people, and what is wrong that it lives with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from contact_hub.app import Hub
from contact_hub.clock import DatabaseClock
from contact_hub.errors import CODES, HubError

DEGRADED: Final = ("redis_unreachable", "clock_off", "schema_ahead", "routing_halted")
"""Every state in which a node serves all the same; `contact_hub_degraded` has a line for each."""
_PATIENCE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    code: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`refused` says why the node is not ready; None where it is."""

    roles: str
    refused: Trouble | None
    degraded: tuple[Trouble, ...]

    @property
    def ready(self) -> bool:
        return self.refused is None

    def lines(self) -> list[str]:
        """The first says whether it is ready, the second what the node does; each further one is something that is wrong."""
        troubles = [f"not ready: {self.refused}"] if self.refused else ["ready"]
        return [*troubles, f"roles: {self.roles}", *(f"degraded: {trouble}" for trouble in self.degraded)]

    def as_json(self) -> dict[str, Any]:
        refused = {"code": self.refused.code, "sentence": self.refused.sentence} if self.refused else None
        degraded = [{"code": one.code, "sentence": one.sentence} for one in self.degraded]
        return {"ready": self.ready, "roles": self.roles.split(","), "refused": refused, "degraded": degraded}


async def health_of(hub: Hub) -> Health:
    """Asks the database whether it answers."""
    return Health(roles=hub.settings.role, refused=await _refused(hub), degraded=tuple(degraded(hub)))


def degraded(hub: Hub) -> list[Trouble]:
    """What is wrong, as far as this process knows without asking anybody."""
    found = []
    if not hub.bus.healthy():
        found.append(_trouble("redis_unreachable"))
    if isinstance(hub.clock, DatabaseClock) and hub.clock.off:
        found.append(clock_trouble(hub.clock))
    if hub.store.schema == "ahead":
        found.append(_trouble("schema_ahead"))
    if halted := sorted(workspace for workspace, owner in hub.owners.items() if owner.halted):
        found.append(Trouble(code="routing_halted", sentence=f"{CODES['routing_halted']} ({', '.join(halted)})"))
    return found


def clock_trouble(clock: DatabaseClock) -> Trouble:
    side = "behind" if clock.offset_seconds > 0 else "ahead of"
    sentence = f"This machine's clock is {abs(clock.offset_seconds):.0f} s {side} the database's; the database's is used."
    return Trouble(code="clock_off", sentence=sentence)


async def _refused(hub: Hub) -> Trouble | None:
    if not hub.ready:
        return _trouble("shutting_down")
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), hub.store.read() as tx:
            await tx.database_time()
    except (HubError, TimeoutError):
        return _trouble("database_unreachable")
    return None


def _trouble(code: str) -> Trouble:
    return Trouble(code=code, sentence=CODES[code])
