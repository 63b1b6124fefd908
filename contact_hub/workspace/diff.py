"""What changes from one workspace to the next, told by id: an agent who moves up the file has not changed.

A change names its place by ids (`agents[camille-roux].languages.fr`), so that it reads the same on both sides. Two workspaces are
equal exactly where their difference is empty; where only the order of things changed, the order is the change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich.console import Group, RenderableType
from rich.text import Text

from contact_hub.workspace.load import to_document
from contact_hub.workspace.model import Workspace
from contact_hub.workspace.problems import Problem, Severity, short

_STYLES = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. `before` and `after` are plain JSON values; of what was added there is no before."""

    path: str
    kind: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None


def diff(old: Workspace | None, new: Workspace) -> list[Change]:
    """Everything that changes when `new` takes the place of `old` (None: nothing was there), in the order of the file."""
    before = to_document(old) if old else {}
    return list(_mapping("", before, to_document(new)))


def render(changes: Sequence[Change]) -> RenderableType:
    """The changes for a terminal, one a line."""
    return Group(*(_line(change) for change in changes)) if changes else Text("No changes.", style="dim")


def render_problems(problems: Sequence[Problem]) -> RenderableType:
    """The problems for a terminal: place, sentence and code, errors in red."""
    return Group(*(_problem_line(found) for found in problems))


def _mapping(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key in dict.fromkeys((*after, *before)):
        here = f"{path}.{key}" if path else key
        if key not in before:
            yield from _added(here, after[key])
        elif key not in after:
            yield Change(path=here, kind="removed", before=before[key])
        else:
            yield from _value(here, before[key], after[key])


def _added(path: str, after: Any) -> Iterator[Change]:
    """What is new as a whole; of a new list of things each thing by itself."""
    if _is_listing(after):
        yield from _listing(path, [], after)
    elif after or not isinstance(after, list | dict):
        yield Change(path=path, kind="added", after=after)


def _value(path: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after and type(before) is type(after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _mapping(path, before, after)
    elif _is_listing(before or after) and isinstance(before, list) and isinstance(after, list):
        yield from _listing(path, before, after)
    else:
        yield Change(path=path, kind="changed", before=before, after=after)


def _is_listing(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and "id" in item for item in value)


def _listing(path: str, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> Iterator[Change]:
    old, new = ({item["id"]: item for item in items} for items in (before, after))
    for key, item in new.items():
        if key in old:
            yield from _value(f"{path}[{key}]", old[key], item)
        else:
            yield Change(path=f"{path}[{key}]", kind="added", after=item)
    for key, item in old.items():
        if key not in new:
            yield Change(path=f"{path}[{key}]", kind="removed", before=item)
    if [key for key in old if key in new] != [key for key in new if key in old]:
        yield Change(path=path, kind="changed", before=list(old), after=list(new))


def _line(change: Change) -> Text:
    sign, style = _STYLES[change.kind]
    line = Text(f"{sign} {change.path}", style=style)
    match change.kind:
        case "added":
            line.append(f": {_brief(change.after)}", style="default")
        case "removed":
            line.append(f": {_brief(change.before)}", style="dim")
        case "changed":
            line.append(f": {_brief(change.before)}", style="dim").append(" → ").append(_brief(change.after), style="default")
    return line


def _brief(value: Any) -> str:
    """A thing by its name, a list by its items, never more than a line."""
    match value:
        case None:
            return "nothing"
        case {"name": str() as name}:
            return name
        case dict():
            return short(", ".join(f"{key}: {_brief(item)}" for key, item in value.items()) or "nothing")
        case list():
            return short(", ".join(_brief(item) for item in value) or "nothing")
        case _:
            return short(value).replace("\n", " ")


def _problem_line(found: Problem) -> Text:
    style = "red" if found.severity is Severity.ERROR else "yellow"
    line = Text(f"{found.severity} ", style=f"bold {style}")
    line.append(f"{found.line}:{found.column} " if found.line else "", style="dim")
    line.append(found.path or "workspace", style="bold").append(f"  {found.sentence} ")
    return line.append(f"[{found.code}]", style="dim")
