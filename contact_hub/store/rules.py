"""Workspaces, and every version of their rules that ever held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update

from contact_hub.scope import OperatorScope, SystemScope
from contact_hub.store.records import Workspace, WorkspaceVersion
from contact_hub.store.session import Session
from contact_hub.store.shape import Shape
from contact_hub.store.tables import workspace_versions, workspaces
from contact_hub.store.visibility import operators_only

_W: Final = workspaces.c
_V: Final = workspace_versions.c
_WORKSPACE: Final = Shape(Workspace, workspaces)
_VERSION: Final = Shape(WorkspaceVersion, workspace_versions)

_ALL: Final = select(*_WORKSPACE.columns).order_by(_W.id)
_ONE: Final = select(*_WORKSPACE.columns).where(_W.id == bindparam("workspace"))
_LATEST: Final = select(*_VERSION.columns).where(_V.workspace == bindparam("whose")).order_by(_V.version.desc()).limit(1)


class Workspaces:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def ensure(self, workspace: str, *, delivery_epoch: str, at: datetime) -> Workspace:
        """The workspace, laid down now if it is new; its delivery epoch is that of its first day until `set_delivery_epoch`."""
        row = self._session.insert(workspaces).values(
            id=workspace, delivery_epoch=delivery_epoch, journal_head=0, input_head=0, audit_head=0, audit_hash="", created_at=at
        )
        await self._session.execute(row.on_conflict_do_nothing(index_elements=[_W.id]))
        found = await self.get(workspace)
        assert found is not None
        return found

    async def get(self, workspace: str) -> Workspace | None:
        found = await self._session.execute(_ONE, {"workspace": workspace})
        return _WORKSPACE.read(found.rows[0]) if found.rows else None

    async def all(self) -> list[Workspace]:
        found = await self._session.execute(_ALL)
        return [_WORKSPACE.read(row) for row in found.rows]

    async def set_delivery_epoch(self, workspace: str, delivery_epoch: str) -> None:
        """After an older backup was restored: every client starts from its first position."""
        await self._session.execute(update(workspaces).where(_W.id == workspace).values(delivery_epoch=delivery_epoch))


class WorkspaceVersions:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def apply(self, workspace: str, document: Mapping[str, Any], *, expected: int, at: datetime, by: str) -> int | None:
        """Make it version `expected` + 1; None where another version was applied meanwhile (0: none yet)."""
        version = expected + 1
        latest = await self._session.execute(select(func.max(_V.version)).where(_V.workspace == workspace))
        if int(latest.scalar() or 0) != expected:
            return None
        row = self._session.insert(workspace_versions).values(
            workspace=workspace, version=version, document=document, applied_at=at, applied_by=by
        )
        done = await self._session.execute(row.on_conflict_do_nothing(index_elements=[_V.workspace, _V.version]))
        return version if done.count == 1 else None

    async def latest(self, scope: SystemScope | OperatorScope) -> WorkspaceVersion | None:
        operators_only(scope)
        found = await self._session.execute(_LATEST, {"whose": scope.workspace})
        return _VERSION.read(found.rows[0]) if found.rows else None

    async def get(self, scope: SystemScope | OperatorScope, version: int) -> WorkspaceVersion | None:
        operators_only(scope)
        found = await self._session.execute(select(*_VERSION.columns).where(_V.workspace == scope.workspace, _V.version == version))
        return _VERSION.read(found.rows[0]) if found.rows else None

    async def list(self, scope: SystemScope | OperatorScope, limit: int = 100) -> list[WorkspaceVersion]:
        """The latest first."""
        operators_only(scope)
        found = await self._session.execute(
            select(*_VERSION.columns).where(_V.workspace == scope.workspace).order_by(_V.version.desc()).limit(limit)
        )
        return [_VERSION.read(row) for row in found.rows]
