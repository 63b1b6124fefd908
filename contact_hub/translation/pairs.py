"""From our tags to an engine's codes. Pure.

Engines name languages in their own way (`zt`, `pb`, `nb`) and offer some pairs and not others. A text is never written in another script than the
reader's: who reads Traditional characters is not given Simplified ones because the engine calls both `zh`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from i18n import tags

AUTO: Final = "auto"

_ODD_CODES: Final[Mapping[str, str]] = {"zt": "zh-Hant", "pb": "pt-BR", "zh": "zh-Hans"}
_CODES_MAX: Final = 1_000


class Pairs:
    """What an engine offers: code of the source to the codes it can be translated into."""

    def __init__(self, offered: Mapping[str, Iterable[str]]) -> None:
        self._offered = {code: frozenset(targets) for code, targets in offered.items()}
        self._sources = _by_tag(self._offered)

    @classmethod
    def parse(cls, said: Any) -> Pairs | None:
        """From the answer of `GET /languages`; None where it is no such answer. A server without `targets` translates from each into each."""
        if not isinstance(said, list) or len(said) > _CODES_MAX:
            return None
        listed = [one for one in said if isinstance(one, dict) and isinstance(one.get("code"), str)]
        everything = [one["code"] for one in listed]
        found = {one["code"]: _codes(one.get("targets")) or everything for one in listed}
        return cls(found) if found else None

    def find(self, source: str | None, target: str) -> tuple[str, str] | None:
        """The engine's codes for the pair, `auto` for an unknown source; None where it has no such pair."""
        if source is None:
            into = _by_tag(frozenset[str]().union(*self._offered.values()))
            known = tags.own_match(target, into)
            return (AUTO, into[known]) if known else None
        # what is read may be near; what is written must be the reader's own
        said = tags.own_match(source, self._sources) or tags.own_match(tags.language(source), self._sources)
        if said is None:
            return None
        code = self._sources[said]
        into = _by_tag(self._offered[code])
        known = tags.own_match(target, into)
        return (code, into[known]) if known else None

    @staticmethod
    def tag(code: str) -> str | None:
        """Our tag of an engine's code; None for what is none."""
        try:
            return tags.canonical(_ODD_CODES.get(code, code))
        except tags.InvalidTag:
            return None


def _codes(said: Any) -> list[str]:
    return [code for code in said[:_CODES_MAX] if isinstance(code, str)] if isinstance(said, list) else []


def _by_tag(codes: Iterable[str]) -> dict[str, str]:
    return {tag: code for code in sorted(codes) if (tag := Pairs.tag(code)) is not None}
