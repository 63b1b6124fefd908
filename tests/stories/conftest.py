"""One Chromium for all stories, and people who sit in front of it.

Playwright's asynchronous interface in a loop of the session's: its synchronous one would hold the loop that every later test wants. All
stories stand in one xdist group, so that two browsers never fight for two cores.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Response, async_playwright, expect
from playwright.async_api import Error as PlaywrightError

import contact_hub
from tests.stories import floors

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
expect.set_options(timeout=20_000)  # how long a story waits for what must come; on two shared cores five seconds are too few
_FAILED: Final = pytest.StashKey[bool]()
_STATIC: Final = Path(contact_hub.__file__).parent / "web" / "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chromium:
    """The running browser, and how to start another."""

    playwright: Playwright
    program: str
    browser: Browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Chromium]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        absent = f"no Chromium (apt-get install chromium); looked for {', '.join(PROGRAMS)}"
        if os.environ.get("CONTACT_HUB_REQUIRE_SERVICES") == "1":
            pytest.fail(f"required here, and missing: {absent}", pytrace=False)
        pytest.skip(f"not run: {absent}")
    missing = [name for name in ("console.html", "widget.html", "loader.js") if not (_STATIC / name).is_file()]
    if missing:
        pytest.fail(f"the front end is not built: {_STATIC} lacks {', '.join(missing)}; `uv sync` builds it", pytrace=False)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield Chromium(playwright=playwright, program=program, browser=browser)
        await browser.close()


class People:
    """Hands out browser profiles, one a person, and keeps what their pages complained of."""

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium
        self._contexts: list[BrowserContext] = []
        self._numbers = itertools.count(1)
        self.said: list[str] = []
        """Every console message of every page and frame."""
        self.failed: list[str] = []
        """Uncaught errors, and answers of 500 and above."""

    async def person(self, **options: Any) -> BrowserContext:
        """Somebody in a private window. Chromium refuses a frame of another site all storage there: their chats live as long as the page."""
        return self._watched(await self._chromium.browser.new_context(**_screen(**options)))

    async def resident(self, home: Path, **options: Any) -> BrowserContext:
        """Somebody whose browser lets a frame keep what it needs over pages and tabs, in a place apart for each site that holds it."""
        (home / "Default").mkdir(parents=True)
        (home / "Default" / "Preferences").write_text(
            '{"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": false}}'
        )
        launch = self._chromium.playwright.chromium.launch_persistent_context
        return self._watched(await launch(home, executable_path=self._chromium.program, args=list(ARGUMENTS), **_screen(**options)))

    def _watched(self, context: BrowserContext) -> BrowserContext:
        context.set_default_timeout(20_000)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.failed.append(str(error.error)))
        context.on("response", self._look)
        self._contexts.append(context)
        return context

    async def page(self, **options: Any) -> Page:
        return await (await self.person(**options)).new_page()

    async def photograph(self, folder: Path) -> None:
        """Every open page, for whoever must find out why a story failed."""
        for context in self._contexts:
            for page in context.pages:
                with contextlib.suppress(PlaywrightError):
                    await page.screenshot(path=folder / f"page-{next(self._numbers)}.png")

    async def leave(self) -> None:
        for context in self._contexts:
            await context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        self.said.append(f"{message.type}: {message.text}")

    def _look(self, response: Response) -> None:
        if response.status >= 500:
            self.failed.append(f"{response.status} {response.url}")


def _screen(*, width: int = 1280, height: int = 800, **options: Any) -> dict[str, Any]:
    return {
        "locale": "en-GB",
        "timezone_id": "Europe/Berlin",
        "reduced_motion": "reduce",
        "viewport": {"width": width, "height": height},
        **options,
    }


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Lets `people` know how the story ended."""
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


@pytest_asyncio.fixture(loop_scope="session")
async def people(chromium: Chromium, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[People]:
    """Whoever takes part in this story. No page may throw, whatever the story is about; one that fails leaves its pictures in `tmp_path`."""
    all_of_them = People(chromium)
    yield all_of_them
    if request.node.stash.get(_FAILED, False):
        await all_of_them.photograph(tmp_path)
    await all_of_them.leave()
    assert all_of_them.failed == []


@pytest_asyncio.fixture(loop_scope="session")
async def stage(sqlite_url: str, tmp_path: Path) -> AsyncIterator[floors.Stage]:
    async with floors.stage(tmp_path, sqlite_url) as running:
        yield running
