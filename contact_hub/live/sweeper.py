"""What time does to conversations and to what nobody needs any more: ends the idle, forgets the expired. Each is work that comes round (`jobs`)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from contact_hub.clock import Clock
from contact_hub.conversations.service import Conversations
from contact_hub.errors import HubError
from contact_hub.jobs import Attempt, Kind
from contact_hub.scope import Scope
from contact_hub.staff.desk import Desk
from contact_hub.store import Store, Tx
from contact_hub.workspace.service import Workspaces
from routing.model import Channel

_ROUND_SECONDS: Final = 15.0
_FORGET_SECONDS: Final = 60.0
_KEEP_EXPIRED: Final = timedelta(hours=1)
KEEP_DONE: Final = timedelta(days=7)
"""How long work that is done is remembered with its key, and how long a discarded one can be put back."""
_DONE_AT_ONCE: Final = 1_000


class Sweeper:
    """Two processes sweeping at once would do no harm, since each step checks again in its transaction."""

    def __init__(self, *, store: Store, desk: Desk, conversations: Conversations, workspaces: Workspaces, clock: Clock) -> None:
        self._desk = desk
        self._store, self._conversations, self._workspaces, self._clock = store, conversations, workspaces, clock

    def kinds(self) -> tuple[Kind, ...]:
        """What is to be registered as background work."""
        return (
            Kind(name="consoles.clear", handler=self._clear_consoles, every_seconds=_ROUND_SECONDS),
            Kind(name="conversations.end", handler=self._end_idle_everywhere, every_seconds=_ROUND_SECONDS),
            Kind(name="rows.forget", handler=self._forget, every_seconds=_FORGET_SECONDS),
        )

    async def _clear_consoles(self, _attempt: Attempt) -> None:
        await self._desk.clear_dead_nodes()

    async def _end_idle_everywhere(self, _attempt: Attempt) -> None:
        """One workspace's trouble is not the others'."""
        await self._workspaces.refresh()
        stopped: HubError | None = None
        for workspace in self._workspaces.known():
            try:
                await self._end_idle(workspace)
            except HubError as trouble:
                stopped = trouble
        if stopped is not None:
            raise stopped

    async def _forget(self, _attempt: Attempt) -> None:
        now = self._clock.now()
        before = now - _KEEP_EXPIRED

        async def command(tx: Tx) -> None:
            await tx.tickets.sweep(before)
            await tx.sessions.sweep(before)
            await tx.sign_in_attempts.sweep(before)
            await tx.nodes.sweep(before)
            await tx.outbox.sweep(now - KEEP_DONE, _DONE_AT_ONCE)

        await self._store.write(command, name="sweep.expired")

    async def _end_idle(self, workspace: str) -> None:
        now = self._clock.now()
        for brand in self._workspaces.floor(workspace).workspace.brands:
            silent: list[tuple[str, datetime]] = []
            for channel, seconds in ((Channel.CHAT, brand.idle_seconds), (Channel.EMAIL, brand.mail.idle_seconds)):
                before = now - timedelta(seconds=seconds)
                async with self._store.read() as tx:
                    silent += await tx.conversations.silent(Scope.system(workspace), brand.id, before, channel=channel)
            for conversation, last_at in silent:
                try:
                    await self._conversations.end_idle(workspace, conversation, last_at=last_at)
                except HubError as moved:
                    if moved.code != "out_of_order":
                        raise
