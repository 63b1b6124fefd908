"""The variables of a canned reply: `{customer}`, `{persona}`, `{brand}`, and `{?what to fill in}` for what only the agent knows.

The same few lines serve the checks of the file, the console that offers the reply and the guard that refuses an unfilled one.
Filling isolates nothing and escapes nothing: direction and markup belong to whoever shows the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator

from contact_hub.workspace.problems import nonsense
from contact_hub.workspace.values import Text

VARIABLES: Final = ("customer", "persona", "brand", "number", "email", "kind")
"""What the console knows without asking: the customer's name and address, the persona, the brand, the number of the conversation, the kind."""

_PIECE: Final = re.compile(r"\{\{|\}\}|\{(?P<field>\??[^{}\n]{1,80})\}|(?P<stray>[{}])")


def fields(text: str) -> tuple[str, ...]:
    """The variables in their order, each once; what the agent fills in keeps its `?`."""
    return tuple(dict.fromkeys(found["field"].strip() for found in _PIECE.finditer(text) if found["field"]))


def fill(text: str, values: Mapping[str, str]) -> str:
    """With every known value in its place; what is not known stays as it is, for the agent to see."""
    return _PIECE.sub(lambda found: _filled(found, values), text)


def _filled(found: re.Match[str], values: Mapping[str, str]) -> str:
    if found["field"] is None:
        return found[0][0]
    return values.get(found["field"].strip(), found[0])


def _well_formed(text: str) -> str:
    for found in _PIECE.finditer(text):
        if found["stray"]:
            raise nonsense("variable_malformed", open="{{", close="}}")
        field = (found["field"] or "?").strip()
        if not field.startswith("?") and field not in VARIABLES:
            known = ", ".join(f"{{{name}}}" for name in VARIABLES)
            raise nonsense("variable_unknown", value=f"{{{field}}}", known=known, question="{?…}")
    return text


CannedText: TypeAlias = Annotated[Text, AfterValidator(_well_formed)]
