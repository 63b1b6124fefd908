"""Text ↔ workspace ↔ plain document.

`parse` gives a workspace or every reason why not, each with its line; `dump` writes one that parses to the same workspace. The
document form is what the store keeps: plain JSON values with every field said, so that a later default changes no old version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from contact_hub.workspace.checks import errors_in
from contact_hub.workspace.model import Workspace
from contact_hub.workspace.problems import Problem, WorkspaceRefused, from_pydantic, problem
from contact_hub.workspace.yaml_text import Reading, read, write


def parse(text: str) -> Workspace:
    """The workspace a file describes. Raises WorkspaceRefused: `workspace_unreadable` for a text that is no YAML of ours,
    `workspace_refused` for one that makes no sense. Warnings are left to `check`."""
    return parse_placed(text)[0]


def parse_placed(text: str) -> tuple[Workspace, Reading]:
    """The same, with the place of everything, so that warnings can be told with their line by `placed`."""
    reading = read(text)
    if not isinstance(reading.document, dict):
        found = problem("type_wrong", (), form="file", begin="workspace:")
        raise WorkspaceRefused(placed([found], reading))
    try:
        workspace = from_document(reading.document)
    except WorkspaceRefused as refused:
        raise WorkspaceRefused(placed(refused.problems, reading)) from None
    return workspace, reading


def placed(problems: Iterable[Problem], reading: Reading) -> list[Problem]:
    """The problems with the line and column of what they speak of."""
    found = []
    for each in problems:
        place = reading.place(each.where)
        found.append(replace(each, line=place.line, column=place.column) if place else each)
    return found


def dump(workspace: Workspace) -> str:
    """The canonical file: `parse(dump(workspace)) == workspace`. Fields at their default are left out, except the rules."""
    document = workspace.model_dump(mode="json", exclude_defaults=True)
    return write({**document, "rules": workspace.rules.model_dump(mode="json")})


def to_document(workspace: Workspace) -> dict[str, Any]:
    """Plain JSON values, every field said."""
    return workspace.model_dump(mode="json")


def from_document(document: Mapping[str, object]) -> Workspace:
    """The workspace of a document. Raises WorkspaceRefused (`workspace_refused`) with every error."""
    workspace = from_stored(document)
    if errors := errors_in(workspace):
        raise WorkspaceRefused(errors)
    return workspace


def from_stored(document: Mapping[str, object]) -> Workspace:
    """The workspace of a document that was accepted once: checks that came into the program since then do not judge it, for a floor
    that works must start again after an upgrade. Raises WorkspaceRefused where not even its shape is known."""
    try:
        return Workspace.model_validate(document)
    except ValidationError as refused:
        problems = [from_pydantic(details) for details in refused.errors(include_url=False, include_input=False)]
        raise WorkspaceRefused(problems) from None
