"""One figure, four places: tile, total of the table, rows of the CSV, list behind the figure. In a browser they must be one number."""

from __future__ import annotations

import csv
import itertools
import re
from pathlib import Path

from playwright.async_api import expect

from tests import hubs
from tests.stories import floors
from tests.stories.conftest import People
from tests.stories.pages import IN_A_BROWSER, Console, words

pytestmark = IN_A_BROWSER

ASKED = 5


async def test_tile_total_csv_and_list_say_the_same(stage: floors.Stage, people: People) -> None:
    await _a_morning(stage)
    console = await Console.sign_in(await people.person(accept_downloads=True), stage, floors.SYLVIE)
    page = console.page
    for measure in ("offered", "answered"):
        name = words(f"quality.measure.{measure}.name")
        await page.goto(f"{stage.console}/quality?by=brand")
        tile = page.locator(".tile").filter(has=page.get_by_role("heading", name=name, exact=True)).locator("a.value")
        table = page.locator("table", has=page.locator("tr.total"))
        await expect(table).to_be_visible()
        heads = await table.locator("thead tr").last.locator("th .head > span:first-child").all_inner_texts()
        column = heads.index(name)

        async with page.expect_download() as saved:
            await page.get_by_role("link", name=words("quality.screen.csv")).click()
        path = await (await saved.value).path()
        in_total = _number(await table.locator("tr.total td").nth(column).locator("a").inner_text())
        in_rows = [
            _number(await row.locator("td").nth(column).inner_text()) for row in await table.locator("tbody tr:not(.total)").all()
        ]
        assert in_total == sum(in_rows) == ASKED
        assert _in_csv(path, name) == [*in_rows, in_total]

        if measure == "offered":  # the other one has no tile
            await expect(tile).to_have_text(str(in_total))
            await tile.click()
        else:
            await table.locator("tr.total td").nth(column).locator("a").click()
        await expect(page.locator(".count strong")).to_have_text(str(in_total))
        await expect(page.locator("main table tbody tr")).to_have_count(in_total)


async def _a_morning(stage: floors.Stage) -> None:
    """Some conversations over plain sockets, of two brands and answered every one: the browser is here to read."""
    assert stage.doors is not None
    agent = await hubs.Agent.connect(stage.doors, await stage.doors.staff(floors.AMELIE), resume=None, take_over=False)
    await agent.send("availability", availability="ready")
    for number in range(ASKED):
        brand = ("velour-maison", "noor-living")[number % 2]
        await _answered(agent, await stage.doors.visitor(brand, locales=("en",)), name=f"Customer {number}")
    await agent.close()


async def _answered(agent: hubs.Agent, visitor: hubs.Visitor, *, name: str) -> None:
    conversation = await visitor.start("Hello, I have a question about my last order.", name=name)
    await agent.take()
    await agent.reply(conversation, "Of course, what is it?")
    await agent.send("end", conversation=conversation)
    await agent.until(lambda: agent.view["conversations"][conversation]["state"] == "wrap_up")
    await agent.send("wrap_up", conversation=conversation, disposition="resolved")
    await agent.until(lambda: conversation not in agent.view["conversations"])


def _in_csv(path: Path, name: str) -> list[int]:
    """The measure's column in the first section of the file: the rows, then their total."""
    lines = csv.reader(path.read_text(encoding="utf-8-sig").splitlines())
    head = next(lines)
    return [_number(line[head.index(name)]) for line in itertools.takewhile(any, lines)]


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text) or "0")
