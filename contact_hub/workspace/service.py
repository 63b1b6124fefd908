"""The workspace's versions in the running service: which rules hold now, and how new ones come in.

A version is a row with the whole document; the newest is the one that holds. Floors are kept compiled, and looked up without waiting, because
every command asks for one. Applying is one transaction: version, accounts, seats and the input that tells the owner of the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from contact_hub.bus import Bus, Poke
from contact_hub.clock import Clock
from contact_hub.errors import HubError
from contact_hub.ids import new_token
from contact_hub.scope import Scope
from contact_hub.staff import Person, sync_accounts
from contact_hub.store import Store, Tx
from contact_hub.workspace import Change, Problem, Workspace, check, diff, from_stored, refuses, to_document
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.problems import WorkspaceRefused
from routing import journal
from routing.model import AgentId, ClientId, VendorId

_CHANGED_MEANWHILE: Final = "The workspace was changed by somebody else meanwhile; load it again."

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What an application did, or with `dry_run` would do. Without changes the version stays."""

    version: int
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]


class Workspaces:
    def __init__(self, *, store: Store, bus: Bus, clock: Clock) -> None:
        self._store, self._bus, self._clock = store, bus, clock
        self._floors: dict[str, Floor] = {}

    def floor(self, workspace: str) -> Floor:
        """The rules that hold as far as this process has heard. Raises `workspace_unknown`."""
        if floor := self._floors.get(workspace):
            return floor
        raise HubError("workspace_unknown")

    def known(self) -> list[str]:
        return list(self._floors)

    async def refresh(self) -> set[str]:
        """Look for newer versions; returns the workspaces whose rules changed."""
        async with self._store.read() as tx:
            changed = set[str]()
            for known in await tx.workspaces.all():
                latest = await tx.versions.latest(Scope.system(known.id))
                if latest is not None and self._version(known.id) != latest.version:
                    self._floors[known.id] = Floor(version=latest.version, workspace=from_stored(dict(latest.document)))
                    changed.add(known.id)
        return changed

    async def floor_at(self, workspace: str, version: int) -> Floor:
        """The rules as they were under `version`. Raises `workspace_unknown`."""
        now = self._floors.get(workspace)
        if now is not None and now.version == version:
            return now
        async with self._store.read() as tx:
            row = await tx.versions.get(Scope.system(workspace), version)
        if row is None:
            raise HubError("workspace_unknown")
        return Floor(version=version, workspace=from_stored(dict(row.document)))

    async def apply(
        self,
        workspace: Workspace,
        *,
        by: str,
        expected: int | None = None,
        dry_run: bool = False,
        first_password_hash: str | None = None,
    ) -> Applied:
        """Make `workspace` the rules. `expected` is the version it was edited from, None where that does not matter; new accounts begin with
        `first_password_hash`, without one they cannot sign in before a password is set.

        Raises: workspace_refused, with every reason.
        """
        now = self._clock.now()
        problems = check(workspace, today=now.date())
        if refuses(problems):
            raise WorkspaceRefused(problems)
        name = workspace.workspace.id

        async def command(tx: Tx) -> Applied:
            latest = await tx.versions.latest(Scope.system(name))
            current = from_stored(dict(latest.document)) if latest else None
            changes = tuple(diff(current, workspace))
            version = latest.version if latest else 0
            if expected is not None and expected != version:
                raise HubError(
                    "workspace_refused",
                    "The workspace was changed by somebody else meanwhile; load it again.",
                    version=str(version),
                )
            if not changes or dry_run:
                return Applied(version=version, changes=changes, problems=tuple(problems))
            await self._write(tx, workspace, version, by, now, first_password_hash)
            return Applied(version=version + 1, changes=changes, problems=tuple(problems))

        applied = await self._store.write(command, name="workspace.apply")
        if not dry_run:
            await self.refresh()
        return applied

    async def _write(self, tx: Tx, workspace: Workspace, before: int, by: str, now: datetime, password_hash: str | None) -> None:
        name = workspace.workspace.id
        await tx.workspaces.ensure(name, delivery_epoch=new_token()[:16], at=now)
        version = await tx.versions.apply(name, to_document(workspace), expected=before, at=now, by=by)
        if version is None:
            raise HubError("workspace_refused", _CHANGED_MEANWHILE, version=str(before))
        await sync_accounts(tx, name, people(workspace, password_hash), at=now, on_revoked=self._revoked)
        for agent in workspace.agents:
            await tx.seats.set_up(name, agent.id, agent.seats)
        tx.inputs.add(name, journal.event_to_json(journal.PlanVersionChanged(version=version)), at=now)
        tx.audit.append(name, at=now, who=by, action="workspace.apply", subject=f"version {version}")
        tx.after_commit(lambda: self._bus.publish([Poke("workspace", name, name), Poke("input", name, name)]))
        _log.info("workspace_applied", workspace=name, version=version)

    def _revoked(self, workspace: str, accounts: frozenset[str]) -> None:
        self._bus.publish([Poke("revoked", workspace, account) for account in accounts])

    def _version(self, workspace: str) -> int | None:
        floor = self._floors.get(workspace)
        return floor.version if floor else None


def people(workspace: Workspace, password_hash: str | None = None) -> list[Person]:
    """Everybody who may sign in: agents and staff."""
    agents = [
        Person(
            id=agent.id, name=agent.name, email=str(agent.email), role="agent", agent=AgentId(agent.id), password_hash=password_hash
        )
        for agent in workspace.agents
    ]
    staff = [
        Person(
            id=one.id,
            name=one.name,
            email=str(one.email),
            role=one.role,
            client=ClientId(one.client) if one.client else None,
            vendor=VendorId(one.vendor) if one.vendor else None,
            password_hash=password_hash,
        )
        for one in workspace.staff
    ]
    return agents + staff
