"""The faces as their users know them: by the words on the screen, in whichever language it speaks.

Every word comes from the catalogues, so that a story written once plays in English and in Arabic, and a renamed button is one change.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, Literal, Self

import pytest
from playwright.async_api import BrowserContext, Frame, Locator, Page, expect

from i18n.catalogues import Catalogues
from tests.stories import floors

IN_A_BROWSER: Final = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]

Theme = Literal["light", "dark"]

WHERE: Final = """() => {
  const at = document.activeElement;
  const outlined = (element) => {
    const style = element && getComputedStyle(element);
    return style && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  };
  return {
    tag: at.tagName.toLowerCase(), name: at.getAttribute('aria-label') || at.innerText || '',
    // Where a label dresses its radio as a button, the label wears the outline.
    outlined: at.matches(':focus-visible') && [at, at.closest('label'), at.nextElementSibling].some(outlined),
  };
}"""


@cache
def catalogues() -> Catalogues:
    return Catalogues()


def words(key: str, tag: str = "en", **values: object) -> str:
    """What stands on the screen for `key`, with its values isolated as the browser isolates them."""
    return catalogues().isolated_text(key, tag, **values)


async def dress(context: BrowserContext, *, tag: str = "en", theme: Theme = "light") -> None:
    """Language and theme as somebody chose them before."""
    await context.add_init_script(
        f"try {{ localStorage['hub.language'] ??= '{tag}'; localStorage['hub.theme'] ??= '{theme}'; }} catch {{}}"
    )


async def assert_focus_is_seen(page: Page | Frame, *, on: str) -> None:
    """The focus stands on something named so (or that tag), and shows it by an outline."""
    where = await page.evaluate(WHERE)
    assert on.casefold() in f"{where['tag']} {where['name']}".casefold(), f"focus on {where}, expected {on!r}"
    assert where["outlined"], f"no outline on {where}"


class Console:
    """The staff's console."""

    def __init__(self, page: Page, *, tag: str = "en") -> None:
        self.page, self.tag = page, tag

    @classmethod
    async def sign_in(
        cls, context: BrowserContext, stage: floors.Stage, email: str, *, tag: str = "en", password: str = floors.PASSWORD
    ) -> Self:
        console = cls(await context.new_page(), tag=tag)
        await console.page.goto(stage.console)
        await console.field("signin.email").fill(email)
        await console.field("signin.password").fill(password)
        await console.button("signin.submit").click()
        await expect(console.field("signin.email")).to_have_count(0)
        return console

    def says(self, key: str, **values: object) -> str:
        return words(key, self.tag, **values)

    def button(self, key: str, **values: object) -> Locator:
        return self.page.get_by_role("button", name=self.says(key, **values), exact=True)

    def field(self, key: str, **values: object) -> Locator:
        return self.page.get_by_label(self.says(key, **values), exact=True)

    @property
    def offers(self) -> Locator:
        return self.page.get_by_role("region", name=self.says("console.offers")).get_by_role("article")

    @property
    def composer(self) -> Locator:
        return self.page.locator("#composer-field textarea")

    @property
    def thread(self) -> Locator:
        return self.page.locator("main#thread [role=log]")

    @property
    def strip(self) -> Locator:
        return self.page.locator("section.composer .strip")

    @property
    def rows(self) -> Locator:
        return self.page.get_by_role("navigation", name=self.says("console.list")).get_by_role("button")

    @property
    def availability(self) -> Locator:
        return self.button("console.availability")

    async def be_ready(self) -> None:
        await self.button("console.command.ready").click()
        await expect(self.availability).to_contain_text(self.says("console.availability.ready"))

    async def accept(self) -> None:
        """Take what rings first; done when one can write to whoever it is."""
        in_hand = await self.rows.count()
        await self.offers.first.get_by_role("button", name=self.says("console.offer.accept")).click()
        await expect(self.rows).to_have_count(in_hand + 1)
        await expect(self.composer).to_be_focused()

    async def reply(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")
        await expect(self.composer).to_have_value("")

    async def texts(self) -> list[str]:
        """Everything said in public in the open thread, in order."""
        return await self.thread.locator(".entry:not(.note) .words").all_inner_texts()


class Widget:
    """The customer's chat on a brand's site. The launcher is out of reach (a closed shadow root), as it is for the site's own scripts."""

    def __init__(self, page: Page, *, tag: str = "en") -> None:
        self.page, self.tag = page, tag

    @classmethod
    async def on(cls, context: BrowserContext, site: str, *, tag: str = "en", open_it: bool = True) -> Self:
        widget = cls(await context.new_page(), tag=tag)
        await widget.page.goto(site)
        await widget.page.wait_for_function("() => window.ContactHub")
        if open_it:
            await widget.open()
        return widget

    async def open(self) -> None:
        await self.page.evaluate("() => ContactHub.open()")
        await self.framed()
        await expect(self.frame.locator("main")).to_be_visible()

    def says(self, key: str, **values: object) -> str:
        return words(key, self.tag, **values)

    @property
    def frame(self) -> Frame:
        """The chat's own document; Playwright knows it although the page does not."""
        return next(filter(_is_ours, self.page.frames))

    @property
    def _framed(self) -> bool:
        return any(map(_is_ours, self.page.frames))

    async def framed(self) -> None:
        """Wait until the launcher has loaded the chat."""
        if not self._framed:
            await self.page.wait_for_event("framenavigated", _is_ours)

    def button(self, key: str, **values: object) -> Locator:
        return self.frame.get_by_role("button", name=self.says(key, **values), exact=True)

    def field(self, name: str) -> Locator:
        return self.frame.locator(f"form.form [name={name}]")

    @property
    def composer(self) -> Locator:
        return self.frame.locator("form.composer textarea")

    @property
    def log(self) -> Locator:
        return self.frame.get_by_role("log")

    @property
    def queue(self) -> Locator:
        return self.frame.locator(".queue[role=status]")

    async def ask(self, question: str, *, name: str = "Fatma") -> None:
        if await self.field("name").count():
            await self.field("name").fill(name)
        await self.field("question").fill(question)
        await self.frame.locator("form.form button.primary").click()
        await expect(self.log).to_contain_text(question)

    async def say(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")
        await expect(self.composer).to_have_value("")

    async def end(self) -> None:
        await self.button("widget.end").click()
        await self.button("widget.end").click()

    async def texts(self) -> list[str]:
        return await self.frame.locator(".log .bubble").all_inner_texts()


def _is_ours(frame: Frame) -> bool:
    return "/widget/frame" in frame.url


def containing(*parts: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, parts)), re.DOTALL)
