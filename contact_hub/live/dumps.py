"""What is kept when routing stops because something happened that never can: enough to make it happen again.

A dump holds the facts before the events, the events, the version of the rules and the instant. Facts and events name agents and inquiries by their ids
and say nothing of what customers wrote. `contact-hub replay --dump FILE` feeds the events to an engine with these facts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from contact_hub.errors import HubError
from routing.decisions import Decision
from routing.engine import Engine, InvariantBroken
from routing.events import PlanChanged
from routing.journal import PlanVersionChanged, event_from_json
from routing.model import Plan

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """A floor a moment before it broke."""

    workspace: str
    rules: int
    at: datetime
    broken: str
    facts: Mapping[str, Mapping[str, Any]]
    events: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What a dump came to when it was fed again: the decisions up to where it broke, and how, if it did."""

    decisions: tuple[Decision, ...]
    broken: str | None


def write_dump(folder: Path, dump: Dump) -> Path:
    """Keep it as a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{dump.workspace}-{dump.at.astimezone(UTC):%Y%m%dT%H%M%S%f}.json"
    plain = {
        "format": _FORMAT,
        "workspace": dump.workspace,
        "rules": dump.rules,
        "at": dump.at.astimezone(UTC).isoformat(),
        "broken": dump.broken,
        "facts": dump.facts,
        "events": list(dump.events),
    }
    path.write_text(json.dumps(plain, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def read_dump(path: Path) -> Dump:
    """Back from its file. Raises `dump_unreadable`."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if plain["format"] != _FORMAT:
            raise ValueError(f"format {plain['format']}")
        return Dump(
            workspace=plain["workspace"],
            rules=plain["rules"],
            at=datetime.fromisoformat(plain["at"]),
            broken=plain["broken"],
            facts=plain["facts"],
            events=plain["events"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HubError("dump_unreadable", detail=f"{path}: {error}") from error


def feed_again(dump: Dump, plan: Plan, *, newer: Plan | None = None) -> Again:
    """The events once more, at the same instant, to an engine with the same facts. `newer` is what a change of rules among them brings."""
    engine = Engine.restore(plan, {key: dict(fact) for key, fact in dump.facts.items()})
    drawn: list[Decision] = []
    try:
        for plain in dump.events:
            event = event_from_json(plain)
            drawn += engine.feed(PlanChanged(plan=newer or plan) if isinstance(event, PlanVersionChanged) else event, dump.at)
    except InvariantBroken as broken:
        return Again(decisions=tuple(drawn), broken=str(broken))
    return Again(decisions=tuple(drawn), broken=None)
