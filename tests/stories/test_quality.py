"""One figure, four places: tile, total of the table, rows of the CSV, list behind the figure. In a browser they must be one number."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.async_api import Page, expect

from tests import hubs
from tests.stories import floors
from tests.stories.conftest import People
from tests.stories.pages import IN_A_BROWSER, Console, words

pytestmark = IN_A_BROWSER

ASKED = 5


async def test_tile_total_csv_and_list_say_the_same(stage: floors.Stage, people: People, tmp_path: Path) -> None:
    await _a_morning(stage)
    console = await Console.sign_in(await people.person(accept_downloads=True), stage, floors.SYLVIE)
    page = console.page
    for measure in ("offered", "answered"):
        name = words(f"quality.measure.{measure}")
        await page.goto(f"{stage.console}/quality?by=brand")
        tile = page.locator(".tile").filter(has=page.get_by_role("heading", name=name, exact=True)).locator(".value")
        in_tile = _number(await tile.inner_text())
        assert in_tile == ASKED

        table = page.locator("table", has=page.locator("tr.total"))
        column = await _column(table.locator("thead tr").last.locator("th"), name)
        in_total = _number(await table.locator("tr.total td").nth(column).locator("a").inner_text())
        in_rows = [_number(text) for text in await table.locator(f"tbody tr:not(.total) td:nth-of-type({column + 1})").all_inner_texts()]
        async with page.expect_download() as saved:
            await page.get_by_role("link", name=words("quality.screen.csv")).click()
        path = await (await saved.value).path()
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
        total, per_brand = _in_csv(rows, measure)
        assert in_total == sum(in_rows) == total == sum(per_brand) == in_tile

        await tile.click()
        await expect(page.locator("main table tbody tr")).to_have_count(in_tile)
        await expect(page.locator(".count")).to_contain_text(str(in_tile))


async def _a_morning(stage: floors.Stage) -> None:
    """Some conversations, over plain sockets: the browser is here to read."""
