"""What the report service reads: the journal from the store, and who belongs to whom from the workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from contact_hub.errors import HubError
from contact_hub.quality.service import Background, BackgroundOf, ReadJournal
from contact_hub.scope import Scope
from contact_hub.store import Store
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.service import Workspaces
from routing import journal
from routing.measures import Directory
from routing.model import Plan

_PAGE: Final = 5_000


def journal_reader(store: Store) -> ReadJournal:
    """Entries of a workspace after a number, page by page; each page is its own look, so that a long read holds nobody up."""

    async def read(workspace: str, after_seq: int) -> AsyncIterator[journal.Entry]:
        while True:
            async with store.read() as tx:
                lines = await tx.journal.read(Scope.system(workspace), after_seq=after_seq, limit=_PAGE)
            for line in lines:
                yield journal.Entry(seq=line.seq, at=line.at, epoch=line.epoch, body=journal.from_json(line.body))
            if len(lines) < _PAGE:
                return
            after_seq = lines[-1].seq

    return read


def background_of(workspaces: Workspaces) -> BackgroundOf:
    """Pools and agents under the present rules; old plans as they were, so that reading the journal anew finds what was true then."""

    def background(workspace: str) -> Background:
        async def plan_at(version: int) -> Plan | None:
            try:
                return (await workspaces.floor_at(workspace, version)).plan
            except HubError:
                return None

        return Background(directory=directory(workspaces.floor(workspace)), plan_at=plan_at)

    return background


def directory(floor: Floor) -> Directory:
    return Directory(
        vendors={pool.id: pool.vendor or "" for pool in floor.workspace.pools},
        agents={agent.id: agent.pool for agent in floor.workspace.agents},
    )
