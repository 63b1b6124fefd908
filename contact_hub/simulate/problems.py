"""What can be wrong with a simulation file beside what can be wrong with a workspace, in the same form and under codes as stable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pydantic_core import ErrorDetails, PydanticCustomError

from contact_hub.workspace.problems import Problem, Severity, from_pydantic, short

SENTENCES: Final[Mapping[str, str]] = {
    "traffic_missing": "There is no traffic to simulate.",
    "name_twice": "The name {value} is used before, by {first}.",
    "distribution_invalid": "{reason}.",
    "arrivals_invalid": "{reason}.",
    "behaviour_invalid": "{reason}.",
    "start_invalid": "{value} is not an instant; write it as 2026-01-05T00:00:00Z.",
    "pool_ambiguous": "It must be said which pool: there are {known}.",
    "brand_ambiguous": "It must be said which brand: there are {known}.",
    "client_ambiguous": "It must be said which client: there are {known}.",
    "contract_unknown": "There is no contract {value}.",
    "share_invalid": "{reason}.",
    "file_unreadable": "{value} cannot be read: {reason}.",
}
"""Every code with its sentence."""


def found(code: str, where: Iterable[str | int], **values: object) -> Problem:
    """The problem of this code."""
    sentence = SENTENCES[code].format(**{name: short(value) for name, value in values.items()})
    return Problem(severity=Severity.ERROR, code=code, where=tuple(where), sentence=sentence)


def refused(code: str, **values: object) -> PydanticCustomError:
    """For validators to raise; pydantic adds the place."""
    return PydanticCustomError("simulation", "{code}", {"code": code, "values": {name: short(one) for name, one in values.items()}})


def of_pydantic(details: ErrorDetails) -> Problem:
    """What pydantic found, in our words or the workspace's."""
    if details["type"] == "simulation":
        context = details.get("ctx", {})
        return found(context["code"], (part for part in details["loc"] if part != "[key]"), **context["values"])
    return from_pydantic(details)
