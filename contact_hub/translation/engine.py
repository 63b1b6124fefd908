"""What a translation engine is to us, and the engine that is none.

An engine gets plain text and two tags and has so many seconds; it answers with a translation or with a `HubError` of the table below. It keeps
nothing, and it never raises anything else: whatever a foreign server does is one of these.

| code | meaning |
|---|---|
| `translate_off` | there is no engine |
| `translate_pair` | the engine does not translate between these two |
| `translate_late` | the time was over |
| `translate_refused` | the engine said no to this text or to our key |
| `translate_unavailable` | it cannot be reached, or does not answer as agreed |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from contact_hub.errors import HubError


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """`source` as the engine took it; `confidence` only where the engine states one; `made_by` so that no screen can forget to say it."""

    text: str
    source: str
    target: str
    engine: str
    confidence: float | None = None
    made_by: Literal["machine"] = "machine"


class Translator(Protocol):
    """`source` None: the engine finds out by itself."""

    @property
    def name(self) -> str:
        """As it is told to people, under each translation."""
        ...

    async def translate(self, text: str, *, source: str | None, target: str, budget_seconds: float) -> Translation: ...

    async def close(self) -> None: ...


class Off:
    """No translation, the default."""

    name = "off"

    async def translate(self, text: str, *, source: str | None, target: str, budget_seconds: float) -> Translation:  # noqa: ARG002 – the port's signature
        raise HubError("translate_off")

    async def close(self) -> None:
        return
