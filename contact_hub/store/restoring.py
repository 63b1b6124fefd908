"""After an older backup was put back: nothing of the time between may pass for valid.

Clients are told by a new delivery epoch that their positions mean nothing. Leases jump to an epoch no owner of the lost time can have had: epochs
count take-overs from the second of the last restoring, and nobody takes over more than once a second. Sessions and tickets end, because one that was revoked
in the lost time would be alive again. Presences end, because the nodes that had them are not ours. And a node that outlived all of it, forgotten or standing
still, finds out by its next line to the database, which is why all lines are ended (`store.lineage`): it ends itself.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import case, delete, select, update

from contact_hub.store.database import Store
from contact_hub.store.tables import leases, nodes, presences, sessions, tickets, workspaces
from contact_hub.store.transaction import Tx

_FIRST_DAY: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""Seconds from here fit a row's 32 bits for long, and are more than all take-overs there ever were."""


async def begin_new_epochs(store: Store, now: datetime) -> dict[str, int]:
    """The first epoch that an owner may have from now on is one more than this, by workspace."""

    async def command(tx: Tx) -> dict[str, int]:
        names = [row.id for row in (await tx.execute(select(workspaces.c.id).order_by(workspaces.c.id))).rows]
        epochs = {name: await _begin(tx, name, now) for name in names}
        for table in (sessions, tickets, nodes):
            await tx.execute(delete(table))
        return epochs

    epochs = await store.write(command, name="restored")
    ours = store.begin_anew()
    await store.write(lambda tx: tx.nodes.cut_off(ours), name="restored.others")
    return epochs


async def _begin(tx: Tx, workspace: str, now: datetime) -> int:
    await tx.workspaces.set_delivery_epoch(workspace, secrets.token_urlsafe(12)[:16])
    floor = int((now - _FIRST_DAY).total_seconds())
    first = tx.insert(leases).values(workspace=workspace, holder="", epoch=floor, expires_at=now)
    taken = await tx.execute(
        first.on_conflict_do_update(
            index_elements=[leases.c.workspace],
            set_={"holder": "", "epoch": _beyond(leases.c.epoch, floor), "expires_at": now},
        ).returning(leases.c.epoch)
    )
    epoch = int(taken.scalar())
    mine = presences.c.workspace == workspace
    await tx.execute(update(presences).where(mine).values(presence_epoch=_beyond(presences.c.presence_epoch, floor)))
    tx.audit.append(workspace, at=now, who="command line", action="database.restored", subject=workspace, details={"epoch": epoch})
    return epoch


def _beyond(column: Any, floor: int) -> Any:
    return case((column >= floor, column + 1), else_=floor)
