"""The operator's page of routing: what nobody covers is said first and found by keyboard alone; who waits is told why."""

from __future__ import annotations

from playwright.async_api import Locator, expect

from tests.stories import floors
from tests.stories.conftest import People
from tests.stories.pages import IN_A_BROWSER, Console, Widget, assert_focus_is_seen, containing, dress

pytestmark = IN_A_BROWSER


async def test_an_operator_finds_the_hours_that_nobody_covers_without_a_mouse(stage: floors.Stage, people: People) -> None:
    context = await people.person()
    await dress(context)
    operator = await Console.sign_in(context, stage, floors.ROBIN)
    page = operator.page
    await page.get_by_role("link", name=operator.says("console.nav.routing"), exact=True).click()

    # One pool opens for three quarters of an hour a day: its brand is the only thing to worry about, and what repeats is said once.
    await expect(page.get_by_text(operator.says("admin.routing.coverage.some", n=1))).to_be_visible()
    gap = page.get_by_role("button", name=containing("Kestrel Mobile", "English", "nobody every day"))
    await expect(gap).to_have_count(1)
    uncovered = page.get_by_role("row", name=containing("Kestrel Mobile", "English", "hr"))
    await expect(uncovered).to_have_count(1)
    await expect(
        page.get_by_role("row", name=containing("Velour Maison", "French", operator.says("admin.routing.pair.covered")))
    ).to_have_count(1)

    # From the sentence to its place in the picture, and on from hour to hour.
    await gap.focus()
    await page.keyboard.press("Enter")
    cell = page.locator("td button:focus")
    await expect(cell).to_have_accessible_name(containing("nobody"))
    await expect(page.locator("td.nobody").first).to_be_visible()
    first = await _hour(cell)
    await page.keyboard.press("ArrowRight")
    await assert_focus_is_seen(page, on="nobody")
    assert await _hour(cell) - first == 3_600
    await expect(page.locator("p.told")).to_contain_text("nobody")

    # A day's last hour is followed by the next day's first, whatever time it is now.
    await page.locator("tr:has(td button)").first.locator("button").last.focus()
    last = await _hour(cell)
    await page.keyboard.press("ArrowRight")
    assert await _hour(cell) - last == 3_600

    # The next week, and the same as a table.
    await operator.button("admin.routing.week.later").press("Enter")
    await expect(operator.button("admin.routing.week.earlier")).to_be_enabled()
    await operator.button("quality.screen.as_table").press("Enter")
    spans = page.get_by_role("region", name=containing("Kestrel Mobile", "English")).get_by_role("row")
    await expect(spans.filter(has_text=operator.says("admin.routing.table.nobody")).first).to_be_visible()

    # Another brand has no gap to show.
    await page.get_by_role("button", name=containing("Noor Living", "Arabic")).press("Enter")
    await operator.button("quality.screen.as_picture").press("Enter")
    await expect(page.locator("td button").first).to_have_accessible_name(containing("2", "could be at work"))
    await expect(page.locator("td.nobody")).to_have_count(0)


async def _hour(cell: Locator) -> int:
    return int(await cell.get_attribute("data-at") or 0)


async def test_contracts_are_shown_against_what_they_allow(stage: floors.Stage, people: People) -> None:
    context = await people.person()
    await dress(context)
    operator = await Console.sign_in(context, stage, floors.ROBIN)
    await operator.page.goto(f"{stage.console}/routing")
    row = operator.page.get_by_role("row", name=containing("Kestrel Communications", "Closed just now"))
    await expect(row).to_contain_text(operator.says("admin.routing.books.open"))
    await expect(row).to_contain_text(operator.says("admin.routing.books.of", part="0", all="500"))
    await expect(row).to_contain_text("£1,500.00")


async def test_who_waits_is_told_why(stage: floors.Stage, people: People) -> None:
    customer = await people.person()
    await dress(customer)
    widget = await Widget.on(customer, stage.site())
    await widget.ask("Where is my parcel?")

    context = await people.person()
    await dress(context)
    operator = await Console.sign_in(context, stage, floors.ROBIN)
    await operator.page.goto(f"{stage.console}/routing")
    waiting = operator.page.get_by_role("region", name=operator.says("admin.routing.waiting"))
    await expect(waiting.get_by_role("link", name="Where is my parcel?")).to_be_visible()
    await waiting.get_by_role("button", name=operator.says("admin.routing.waiting.why")).press("Enter")
    await expect(waiting).to_contain_text("2 not signed in")
    await expect(waiting).to_contain_text("Amélie Roux")
