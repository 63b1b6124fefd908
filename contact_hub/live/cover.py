"""The coverage map as people look at it: brands and languages by name, and kinds of work that fare alike on one line.

Working it out takes a tenth of a second for a floor of dozens and seconds for one of ten thousand, so it is done in a thread and remembered
until the hour or the rules change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from contact_hub.workspace.floor import Floor
from i18n import catalogues, formatting, tags
from routing.coverage import HOUR, Cover, CoverageMap, coverage
from routing.model import BrandId, Plan

WEEKS_MAX: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One brand in one language: the kinds of work and channels that are covered alike."""

    brand: BrandId
    language: str
    classes: tuple[tuple[str, str], ...]
    cover: Cover


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageReport:
    """What can be read, printed or drawn."""

    floor: Floor
    map: CoverageMap
    lines: tuple[Line, ...]

    def as_json(self) -> dict[str, Any]:
        """Instants in seconds since 1970, for there are thousands of them; `steps` say from when on how many could be at work."""
        brands = {line.brand: self.floor.brand(line.brand) for line in self.lines}
        return {
            "since": self.map.since.isoformat(),
            "until": self.map.until.isoformat(),
            "rules": self.floor.version,
            "first_gap": [at.isoformat() for at in self.map.first_gap] if self.map.first_gap else None,
            "brands": [
                {"id": brand.id, "name": brand.name, "colour": str(brand.look.colour), "zone": str(brand.zone)}
                for brand in brands.values()
            ],
            "kinds": [{"id": kind.id, "labels": dict(kind.labels)} for kind in self.floor.workspace.kinds],
            "lines": [
                {
                    "brand": line.brand,
                    "language": line.language,
                    "classes": [{"kind": kind, "channel": channel} for kind, channel in line.classes],
                    "steps": [[_seconds(step.at), step.agents] for step in line.cover.steps],
                    "gaps": [[_seconds(begins), _seconds(ends)] for begins, ends in line.cover.gaps],
                }
                for line in self.lines
            ],
        }

    def said(self, tag: str) -> Iterator[str]:
        """A line for every brand, language and kind of work that nobody serves at some time; times are the brand's."""
        for line in self.lines:
            if (gap := line.cover.first_gap) is not None:
                brand = self.floor.brand(line.brand)
                begins, ends = (formatting.date_time(at, tag, brand.zone) for at in gap)
                yield catalogues.text(
                    "admin.routing.said.gap",
                    tag,
                    brand=brand.name,
                    language=tags.display_name(line.language, in_tag=tag),
                    kinds=formatting.listing((f"{kind} ({channel})" for kind, channel in line.classes), tag),
                    n=sum((ends - begins for begins, ends in line.cover.gaps), 0 * HOUR) // HOUR,
                    since=begins,
                    until=ends,
                    zone=formatting.zone_name(brand.zone, tag),
                )

    def summary(self, tag: str) -> str:
        """Whether there is anything to worry about."""
        uncovered = sum(bool(line.cover.gaps) for line in self.lines)
        key = "admin.routing.said.gaps" if uncovered else "admin.routing.said.covered"
        return catalogues.text(key, tag, n=uncovered, all=len(self.lines), date=formatting.date(self.map.until, tag, "UTC"))


async def coverage_report(floor: Floor, now: datetime, weeks: int) -> CoverageReport:
    """For so many weeks from this hour on."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    found = await asyncio.to_thread(_coverage, _ById(floor.plan), hour, weeks)
    return CoverageReport(floor=floor, map=found, lines=tuple(_lines(found.covers)))


def _lines(covers: Iterable[Cover]) -> Iterator[Line]:
    alike: dict[tuple[BrandId, str, tuple[Any, ...]], list[Cover]] = {}
    for cover in covers:
        alike.setdefault((cover.demand.brand, cover.demand.languages[0], cover.steps), []).append(cover)
    for (brand, language, _), found in alike.items():
        classes = tuple((one.demand.kind, one.demand.channel.value) for one in found)
        yield Line(brand=brand, language=language, classes=classes, cover=found[0])


@dataclass(frozen=True, eq=False)
class _ById:
    """A plan holds dicts and has no hash; a version of the rules is one object while it is in force."""

    plan: Plan

    def __hash__(self) -> int:
        return id(self.plan)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.plan is self.plan


@lru_cache(maxsize=4)
def _coverage(plan: _ById, hour: datetime, weeks: int) -> CoverageMap:
    return coverage(plan.plan, hour, weeks)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
