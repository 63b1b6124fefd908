"""Every screen by the rules: axe finds nothing (WCAG 2.0 to 2.2, A and AA), nothing is cut off, nothing is left without words.

One walk through all screens for each language; a screen is judged when it has drawn itself, light and dark, wide and narrow.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final

import pytest
from playwright.async_api import BrowserContext, Frame, Page, expect

from tests.stories import floors
from tests.stories.access import faults
from tests.stories.conftest import People
from tests.stories.pages import IN_A_BROWSER, Console, Widget, dress

pytestmark = IN_A_BROWSER

SCREENS: Final = {
    *("sign-in", "idle", "offer", "conversation", "wrap-up", "palette", "transfer"),
    *("quality", "conversations", "conversation page", "floor", "routing", "mail", "jobs", "workspace"),
    *("widget form", "widget chat", "widget rating"),
}

Judge = Callable[[str, Page | Frame], Awaitable[None]]


@pytest.mark.timeout(150)
@pytest.mark.parametrize("tag", ["en", "ar", "en-XA"])
async def test_every_screen_keeps_the_rules_shows_all_and_lacks_no_word(stage: floors.Stage, people: People, tag: str) -> None:
    judged: set[str] = set()
    found: list[str] = []

    async def judge(name: str, screen: Page | Frame) -> None:
        judged.add(name)
        found.extend([f"{name}: {one}" async for one in faults(screen, axe=tag != "en-XA")])

    await _walk(stage, people, judge, tag=tag)
    assert found == []
    assert judged == SCREENS


async def test_the_judge_sees_what_is_wrong(people: People) -> None:
    page = await people.page()
    await page.set_content("""
        <html lang="en"><title>All wrong</title><main><h1 style="width: 60px; overflow: hidden; white-space: nowrap">Cut in the middle</h1>
        <p style="color: #ccc; background: #fff">Too pale</p><div style="width: 2000px">widget.no.such.key</div></main>
    """)
    found = "\n".join([one async for one in faults(page, axe=True)])
    for fault in ("color-contrast", "sideways", "cut:", "no words for widget.no.such.key"):
        assert fault in found


async def _walk(stage: floors.Stage, people: People, judge: Judge, *, tag: str) -> None:
    """All screens, with a conversation from its first word to its rating on the way."""

    async def somebody() -> BrowserContext:
        context = await people.person(locale="ar" if tag == "ar" else "en-GB")
        await dress(context, tag=tag)
        if tag == "en-XA":
            # No customer can ask for the pseudo-locale, so the texts are exchanged on their way.
            await context.route(
                "**/api/texts/widget/*.json", lambda route: route.continue_(url=f"{stage.console}/api/texts/widget/{tag}.json")
            )
        return context

    agent = await somebody()
    door = await agent.new_page()
    await door.goto(stage.console)
    await expect(door.locator("form [name=email]")).to_be_visible()
    await judge("sign-in", door)
    await door.close()

    console = await Console.sign_in(agent, stage, floors.AMELIE, tag=tag)
    await expect(console.availability).to_be_enabled()
    await judge("idle", console.page)
    await console.be_ready()

    widget = await Widget.on(await somebody(), stage.site("noor", "index.html" if tag == "ar" else "en.html"), tag=tag)
    await expect(widget.button("widget.form.start")).to_be_visible()
    await judge("widget form", widget.frame)
    await widget.ask("مرحبا، أين طلبي من فضلك؟" if tag == "ar" else "Hello, where is my order, please?")
    await expect(console.offers).to_have_count(1)
    await judge("offer", console.page)
    await console.accept()
    await console.reply("أهلا، لحظة من فضلك." if tag == "ar" else "Hello, one moment please.")
    await expect(widget.log).to_contain_text("لحظة" if tag == "ar" else "one moment please")
    await judge("conversation", console.page)
    await judge("widget chat", widget.frame)
    for name, key in (("palette", "Control+k"), ("transfer", "Alt+t")):
        await console.page.keyboard.press(key)
        await expect(console.page.get_by_role("dialog")).to_be_visible()
        await judge(name, console.page)
        await console.page.keyboard.press("Escape")
        await expect(console.page.get_by_role("dialog")).to_have_count(0)
    await widget.end()
    await expect(widget.frame.get_by_role("radio").first).to_be_attached()
    await judge("widget rating", widget.frame)
    await expect(console.page.locator("form.wrap")).to_be_visible()
    await judge("wrap-up", console.page)

    supervisor = await Console.sign_in(await somebody(), stage, floors.SYLVIE, tag=tag)
    await expect(supervisor.page.locator(".tiles .tile").first).to_be_visible()
    await judge("quality", supervisor.page)
    await supervisor.page.goto(f"{stage.console}/conversations")
    await supervisor.page.locator("main table a").first.click()
    await expect(supervisor.page).to_have_url(re.compile("/conversations/."))
    await expect(supervisor.page.locator("main h1")).to_be_visible()
    await expect(supervisor.page.locator("main")).to_contain_text("لحظة" if tag == "ar" else "one moment please")
    await judge("conversation page", supervisor.page)
    await supervisor.page.go_back()
    await expect(supervisor.page.locator("main table a").first).to_be_visible()
    await judge("conversations", supervisor.page)

    operator = await Console.sign_in(await somebody(), stage, floors.ROBIN, tag=tag)
    for name, holds in (("floor", "Amélie"), ("routing", "Kestrel"), ("mail", ""), ("jobs", ""), ("workspace", "velour")):
        await operator.page.goto(f"{stage.console}/{name}")
        await expect(operator.page.locator("main h1")).to_be_visible()
        await expect(operator.page.locator("main")).to_contain_text(holds)
        await judge(name, operator.page)
