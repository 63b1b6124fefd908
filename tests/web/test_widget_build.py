"""What the built front end weighs, and what it must not contain."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "contact_hub" / "web"
STATIC = WEB / "static"
UI = WEB / "ui"
KB = 1024

built = pytest.mark.skipif(not (STATIC / "widget.html").is_file(), reason="the front end has not been built")


def weight(*files: Path) -> int:
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def entry(face: str) -> list[Path]:
    """The page and what it loads before anything is clicked."""
    manifest = json.loads((STATIC / f"manifest-{face}.json").read_text(encoding="utf-8"))
    names, waiting = list[str](), [f"{face}.html"]
    while waiting:
        piece = manifest[waiting.pop()]
        names += [piece["file"], *piece.get("css", [])]
        waiting += piece.get("imports", [])
    return [STATIC / f"{face}.html", *(STATIC / name for name in dict.fromkeys(names))]


@built
def test_loader_weighs_a_kilobyte() -> None:
    assert weight(STATIC / "loader.js") <= KB


@built
def test_widget_weighs_twenty_kilobytes() -> None:
    assert weight(*entry("widget")) <= 20 * KB


@built
def test_first_load_of_the_console_and_every_lazy_route_keep_their_budgets() -> None:
    first = entry("console")
    assert weight(*first) <= 150 * KB
    manifest = json.loads((STATIC / "manifest-console.json").read_text(encoding="utf-8"))
    routes = [piece for piece in manifest.values() if piece.get("isDynamicEntry")]
    heavy = {piece["file"]: weight(STATIC / piece["file"], *(STATIC / css for css in piece.get("css", []))) for piece in routes}
    assert {file: size for file, size in heavy.items() if size > 80 * KB} == {}


@built
@pytest.mark.parametrize("page", ["widget.html", "console.html"])
def test_pages_carry_nothing_that_a_strict_policy_blocks(page: str) -> None:
    text = (STATIC / page).read_text(encoding="utf-8")
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"(?:src|href)=\"(?!/)", text) == []


@built
def test_loader_makes_no_markup_from_strings_and_no_request() -> None:
    text = (STATIC / "loader.js").read_text(encoding="utf-8")
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|fetch\(|cssText|setAttribute\(", text)
        == []
    )
    assert "postMessage" in text
    assert "'*'" not in text
    assert '"*"' not in text


@built
def test_widget_never_renders_what_people_wrote_as_markup() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (UI / "src" / "widget").glob("*.ts*") if ".test." not in path.name
    )
    assert re.findall(r"dangerouslySetInnerHTML|innerHTML|insertAdjacentHTML", sources) == []


def test_lock_file_names_no_host_to_load_from() -> None:
    lock = json.loads((UI / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, piece in lock["packages"].items() if "resolved" in piece] == []
    wanted = json.loads((UI / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert [name for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_layout_of_the_widget_says_start_and_end() -> None:
    style = (UI / "src" / "widget" / "widget.css").read_text(encoding="utf-8")
    assert re.findall(r"[\s-](?:left|right)\s*:|(?:margin|padding|border|inset)-(?:left|right)", style) == []


@pytest.mark.parametrize("page", sorted((WEB / "sites").glob("*/*.html")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_brand_site_lives_under_its_own_strict_policy(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert (
        re.findall(
            r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=\"\{\{hub\}\}/widget/loader\.js\")|https?://(?!www\.w3\.org)", text
        )
        == []
    )
    assert re.search(r"<html lang=\"[a-z-]+\"", text)
    for link in re.findall(r"(?:src|href)=\"(?!\{\{hub\}\}|#)([^\"#]+)", text):
        assert (page.parent / link.lstrip("/")).exists(), link
