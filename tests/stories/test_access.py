"""Every screen by the rules: axe finds nothing (WCAG 2.0 to 2.2, A and AA), nothing is cut off, nothing is left without words.

One walk through all screens for each language; a screen is judged when it has drawn itself, light and dark, wide and narrow.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Frame, Page, expect

from tests.stories import floors
from tests.stories.conftest import People
from tests.stories.pages import IN_A_BROWSER, Console, Widget, dress

pytestmark = IN_A_BROWSER

RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
NARROW, WIDE = 320, 1280
SCREENS: Final = {
    *("sign-in", "idle", "offer", "conversation", "wrap-up", "palette", "transfer"),
    *("quality", "conversations", "conversation page", "floor", "routing", "mail", "workspace"),
    *("widget form", "widget chat", "widget rating"),
}

Judge = Callable[[str, Page | Frame], Awaitable[None]]

CLIPPED: Final = """() => {
  const cut = [];
  const forTheEar = (at) => at && (getComputedStyle(at).clipPath !== 'none' || forTheEar(at.parentElement));
  for (const at of document.querySelectorAll('button, a, h1, h2, h3, label, th, legend, [role=tab], .button')) {
    const style = getComputedStyle(at), box = at.getBoundingClientRect();
    if (!box.width || !at.innerText?.trim() || at.closest('.skip') || forTheEar(at)) continue;
    // An ellipsis is a decision; a word that is cut without one is an accident.
    const hides = ['hidden', 'clip'].includes(style.overflowX) && style.textOverflow !== 'ellipsis';
    if (hides && at.scrollWidth > at.clientWidth + 1) cut.push(at.outerHTML.slice(0, 120));
    if (box.left < -1 || box.right > innerWidth + 1) {
      let scrolls = at.parentElement;
      while (scrolls && !['auto', 'scroll'].includes(getComputedStyle(scrolls).overflowX)) scrolls = scrolls.parentElement;
      if (!scrolls) cut.push(`outside: ${at.outerHTML.slice(0, 120)}`);
    }
  }
  return cut;
}"""
SIDEWAYS: Final = "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
WORDS: Final = "() => document.body.innerText + [...document.querySelectorAll('[aria-label]')].map((at) => at.ariaLabel)"
RAW_KEY: Final = re.compile(r"\b(?:widget|console|signin|notice|quality|admin|routing|error|errors)\.[a-z_]+(?:\.[a-z_0-9]+)*\b")


@pytest.mark.timeout(150)
@pytest.mark.parametrize("tag", ["en", "ar", "en-XA"])
async def test_every_screen_keeps_the_rules_shows_all_and_lacks_no_word(stage: floors.Stage, people: People, tag: str) -> None:
    judged: set[str] = set()
    found: list[str] = []

    async def judge(name: str, screen: Page | Frame) -> None:
        judged.add(name)
        found.extend([f"{name}: {one}" async for one in _faults(screen, axe=tag != "en-XA")])

    await _walk(stage, people, judge, tag=tag)
    assert found == []
    assert judged == SCREENS


async def test_the_judge_sees_what_is_wrong(people: People) -> None:
    page = await people.page()
    await page.set_content("""
        <html lang="en"><title>All wrong</title><main><h1 style="width: 60px; overflow: hidden; white-space: nowrap">Cut in the middle</h1>
        <p style="color: #ccc; background: #fff">Too pale</p><div style="width: 2000px">widget.no.such.key</div></main>
    """)
    found = "\n".join([one async for one in _faults(page, axe=True)])
    for fault in ("color-contrast", "sideways", "cut:", "no words for widget.no.such.key"):
        assert fault in found


async def _faults(screen: Page | Frame, *, axe: bool) -> AsyncIterator[str]:
    """What is wrong with a screen in both themes and at both widths."""
    page = screen if isinstance(screen, Page) else screen.page
    for theme in ("light", "dark") if axe else ():
        await page.emulate_media(color_scheme=theme)
        await screen.evaluate("(theme) => document.documentElement.dataset.theme = theme", theme)
        answer = await Axe().run(screen, options={"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": RULES}})
        for violation in answer.response["violations"]:
            yield f"{theme}: {_told(violation)}"
    for width in (NARROW, WIDE):
        await page.set_viewport_size({"width": width, "height": 800})
        if over := await screen.evaluate(SIDEWAYS):
            yield f"at {width}: scrolls sideways by {over} px"
        for cut in await screen.evaluate(CLIPPED):
            yield f"at {width}: cut: {cut}"
    for key in sorted(set(RAW_KEY.findall(await screen.evaluate(WORDS)))):
        yield f"no words for {key}"


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
    for name, holds in (("floor", "Amélie"), ("routing", "Kestrel"), ("mail", ""), ("workspace", "velour")):
        await operator.page.goto(f"{stage.console}/{name}")
        await expect(operator.page.locator("main h1")).to_be_visible()
        await expect(operator.page.locator("main")).to_contain_text(holds)
        await judge(name, operator.page)


def _told(violation: dict[str, Any]) -> str:
    places = "; ".join(
        f"{node['target']} {node['html'][:160]} {[one['message'] for one in node['any']][:2]}" for node in violation["nodes"][:4]
    )
    return f"{violation['id']} ({len(violation['nodes'])}): {places}"
