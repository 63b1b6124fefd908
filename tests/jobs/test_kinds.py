"""Every kind of background work has a name for people, and a line in the manual."""

from __future__ import annotations

import re
from pathlib import Path

from contact_hub.app import build
from contact_hub.jobs.desk import kind_named
from contact_hub.settings import Settings
from i18n import catalogues

MANUAL = (Path(__file__).parents[2] / "docs/operations.md").read_text(encoding="utf-8")


async def test_every_kind_is_named_and_told_of(sqlite_url: str, tmp_path: Path) -> None:
    async with build(Settings(database_url=sqlite_url, data_dir=tmp_path)) as hub:
        kinds = set(hub.jobs.kinds)
    told = MANUAL.partition("## Background work")[2].partition("\n## ")[0]
    assert kinds == set(re.findall(r"^\| `(\w+\.\w+)` \|", told, re.MULTILINE))
    assert {kind for kind in kinds if kind_named(kind, "en") == kind} == set()
    prefix, known = "admin.jobs.kind.", catalogues.keys()
    assert {prefix + kind.replace(".", "_") for kind in kinds} == {key for key in known if key.startswith(prefix)}
