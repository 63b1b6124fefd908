"""What time does to conversations and to what nobody needs any more: ends the idle, forgets the expired."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from contact_hub.clock import Clock
from contact_hub.conversations.service import Conversations
from contact_hub.errors import HubError
from contact_hub.scope import Scope
from contact_hub.staff.desk import Desk
from contact_hub.store import Store, Tx
from contact_hub.workspace.service import Workspaces

_ROUND_SECONDS: Final = 15.0
_KEEP_EXPIRED: Final = timedelta(hours=1)

_log = structlog.get_logger(__name__)


class Sweeper:
    """One round every few seconds; two processes sweeping at once do no harm, since each step checks again in its transaction."""

    def __init__(self, *, store: Store, desk: Desk, conversations: Conversations, workspaces: Workspaces, clock: Clock) -> None:
        self._desk = desk
        self._store, self._conversations, self._workspaces, self._clock = store, conversations, workspaces, clock

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_ROUND_SECONDS)
            try:
                await self.sweep()
            except HubError as trouble:
                _log.warning("sweep_stopped", code=trouble.code)

    async def sweep(self) -> None:
        """One round."""
        await self._workspaces.refresh()
        await self._desk.clear_dead_nodes()
        for workspace in self._workspaces.known():
            await self._end_idle(workspace)
        before = self._clock.now() - _KEEP_EXPIRED

        async def command(tx: Tx) -> None:
            await tx.tickets.sweep(before)
            await tx.sessions.sweep(before)
            await tx.sign_in_attempts.sweep(before)
            await tx.nodes.sweep(before)

        await self._store.write(command, name="sweep.expired")

    async def _end_idle(self, workspace: str) -> None:
        now = self._clock.now()
        for brand in self._workspaces.floor(workspace).workspace.brands:
            before = now - timedelta(seconds=brand.idle_seconds)
            async with self._store.read() as tx:
                silent = await tx.conversations.silent(Scope.system(workspace), brand.id, before)
            for conversation, last_at in silent:
                try:
                    await self._conversations.end_idle(workspace, conversation, last_at=last_at)
                except HubError as moved:
                    if moved.code != "out_of_order":
                        raise
