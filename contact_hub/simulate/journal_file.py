"""A journal as a file: one JSON object a line, first every version of the rules, then every record in order.

    {"plan": 3, "workspace": {…}}
    {"seq": 1, "at": "2026-11-21T08:00:00.000001Z", "epoch": 1, "body": {"is": "step", …}}

No texts, no names of customers: a journal has neither. The names of agents stand in the rules, as in every workspace file.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from contact_hub.errors import HubError
from contact_hub.scope import Scope
from contact_hub.store import Store
from contact_hub.workspace import Workspace, compile_plan, from_stored, to_document
from routing import journal
from routing.codec import Unreadable, canonical
from routing.model import Plan

_PAGE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A journal with the rules it speaks of."""

    workspaces: Mapping[int, Workspace]
    entries: tuple[journal.Entry, ...]

    @property
    def plans(self) -> dict[int, Plan]:
        """The rules as the engine knows them."""
        return {version: compile_plan(workspace, version) for version, workspace in self.workspaces.items()}


def read_journal(lines: Iterable[str]) -> Recorded:
    """From the lines of a file. Raises HubError (`workspace_unreadable`) for a line that is none."""
    workspaces: dict[int, Workspace] = {}
    entries: list[journal.Entry] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            plain = json.loads(line)
            if "plan" in plain:
                workspaces[int(plain["plan"])] = from_stored(plain["workspace"])
            else:
                entries.append(_entry(plain))
        except (ValueError, KeyError, TypeError, Unreadable) as odd:
            raise HubError("workspace_unreadable", f"line {number} is no line of a journal: {str(odd)[:160]}") from None
    return Recorded(workspaces=workspaces, entries=tuple(entries))


def write_journal(recorded: Recorded, to: TextIO) -> None:
    """As lines that `read_journal` takes."""
    to.writelines(
        _line({"plan": version, "workspace": to_document(workspace)}) for version, workspace in sorted(recorded.workspaces.items())
    )
    for entry in recorded.entries:
        at = entry.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        to.write(_line({"seq": entry.seq, "at": at, "epoch": entry.epoch, "body": journal.to_json(entry.body)}))


async def stored_journal(store: Store, workspace: str) -> Recorded:
    """The journal of a workspace from its database, with every version of its rules."""
    scope = Scope.system(workspace)
    async with store.read() as tx:
        versions = await tx.versions.list(scope, limit=100_000)
    entries = tuple([entry async for entry in _entries(store, workspace)])
    return Recorded(workspaces={row.version: from_stored(dict(row.document)) for row in versions}, entries=entries)


async def _entries(store: Store, workspace: str) -> AsyncIterator[journal.Entry]:
    after = 0
    while True:
        async with store.read() as tx:
            lines = await tx.journal.read(Scope.system(workspace), after_seq=after, limit=_PAGE)
        for line in lines:
            yield journal.Entry(seq=line.seq, at=line.at, epoch=line.epoch, body=journal.from_json(line.body))
        if len(lines) < _PAGE:
            return
        after = lines[-1].seq


def _entry(plain: Mapping[str, Any]) -> journal.Entry:
    at = datetime.fromisoformat(plain["at"])
    if at.tzinfo is None:
        raise ValueError("its instant has no zone")
    return journal.Entry(seq=int(plain["seq"]), at=at, epoch=int(plain["epoch"]), body=journal.from_json(plain["body"]))


def _line(plain: Mapping[str, Any]) -> str:
    return canonical(plain).decode() + "\n"


def in_order(entries: Iterable[journal.Entry]) -> Iterator[journal.Entry]:
    """Refuses a journal whose time or numbers run backwards: it was put together by hand."""
    seq, at = 0, datetime.min.replace(tzinfo=UTC)
    for entry in entries:
        if entry.seq <= seq or (isinstance(entry.body, journal.Step) and entry.at < at):
            raise HubError("workspace_unreadable", f"record {entry.seq} of the journal is out of order")
        seq, at = entry.seq, max(at, entry.at) if isinstance(entry.body, journal.Step) else at
        yield entry
