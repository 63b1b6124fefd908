"""What is wrong with a screen: axe's findings (WCAG 2.0 to 2.2, A and AA) in both themes, what is cut off, what has no words.

Apart from the walk through all screens (`test_access.py`), so that a story that comes by a screen of its own can have it judged.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any, Final

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Frame, Page

RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
NARROW, WIDE = 320, 1280

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
DRAWN: Final = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn())))"
WORDS: Final = "() => document.body.innerText + [...document.querySelectorAll('[aria-label]')].map((at) => at.ariaLabel)"
RAW_KEY: Final = re.compile(r"\b(?:widget|console|signin|notice|quality|admin|routing|error|errors)\.[a-z_]+(?:\.[a-z_0-9]+)*\b")


async def faults(screen: Page | Frame, *, axe: bool) -> AsyncIterator[str]:
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
        for drawn in (page, screen):  # a frame of another site is laid out after its page; until then clicks go where it was
            await drawn.evaluate(DRAWN)
        if over := await screen.evaluate(SIDEWAYS):
            yield f"at {width}: scrolls sideways by {over} px"
        for cut in await screen.evaluate(CLIPPED):
            yield f"at {width}: cut: {cut}"
    for key in sorted(set(RAW_KEY.findall(await screen.evaluate(WORDS)))):
        yield f"no words for {key}"


def _told(violation: dict[str, Any]) -> str:
    places = "; ".join(
        f"{node['target']} {node['html'][:160]} {[one['message'] for one in node['any']][:2]}" for node in violation["nodes"][:4]
    )
    return f"{violation['id']} ({len(violation['nodes'])}): {places}"
