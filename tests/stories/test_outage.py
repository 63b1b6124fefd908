"""The server is killed for half a minute while both sides go on writing. Nobody notices more than a banner."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from contact_hub.demo import PASSWORD
from tests.servers import free_port
from tests.stories.conftest import People
from tests.stories.floors import Stage
from tests.stories.pages import IN_A_BROWSER, Console, Widget, words

pytestmark = IN_A_BROWSER

OUTAGE_SECONDS = 30
CONVERGES_SECONDS = 30
_READY = b"Ctrl-C"  # the end of the demo's greeting, which it says once it listens
AGENT = "emre.yildiz@bosphorus.example"  # works round the clock, and Noor Living asks his team first


@pytest.mark.timeout(150)
async def test_a_server_killed_for_half_a_minute_costs_no_word_and_no_order(people: People, tmp_path: Path) -> None:
    port = free_port()
    stage = Stage(port=port)
    async with _demo(port, tmp_path / "data") as server:
        console = await Console.sign_in(await people.person(), stage, AGENT, password=PASSWORD)
        await console.be_ready()
        widget = await Widget.on(await people.person(), stage.site("noor"))
        await widget.ask("Hello, the lamp from my order has no bulb, can you help me?")
        await console.accept()
        await console.reply("Good morning, I am looking into it.")
        await expect(widget.log).to_contain_text("I am looking into it.")
        before = [*await widget.texts()]

        back_again = asyncio.Event()
        asyncio.get_running_loop().call_later(OUTAGE_SECONDS, back_again.set)
        await server.kill()
        await expect(console.page.get_by_role("status").first).to_contain_text(words("console.line.reconnecting"))
        await expect(widget.frame.locator(".banner")).to_have_text(words("widget.connection.reconnecting"))
        theirs = [f"Customer says {number}" for number in range(1, 5)]
        ours = [f"Agent says {number}" for number in range(1, 5)]
        for customer_text, agent_text in zip(theirs, ours, strict=True):
            await widget.say(customer_text)
            await console.reply(agent_text)
        await widget.composer.fill("A question half wri")
        await console.composer.fill("An answer half wri")
        await expect(widget.log.locator(".pending")).to_have_count(4)
        await expect(console.thread.locator(".pending")).to_have_count(4)
        await back_again.wait()

        await server.start()
        within = CONVERGES_SECONDS * 1_000
        await expect(console.button("console.line.try_now")).to_have_count(0, timeout=within)
        await expect(widget.frame.locator(".banner")).to_have_text("", timeout=within)
        for text in (theirs[-1], ours[-1]):
            await expect(console.thread).to_contain_text(text, timeout=within)
            await expect(widget.log).to_contain_text(text, timeout=within)
        await expect(widget.log.locator(".pending")).to_have_count(0)
        await expect(console.thread.locator(".pending")).to_have_count(0)
        await expect(widget.composer).to_have_value("A question half wri")
        await expect(console.composer).to_have_value("An answer half wri")

        seen = await widget.texts()
        assert seen[: len(before)] == before
        assert [text for text in seen if text.startswith("Customer")] == theirs
        assert [text for text in seen if text.startswith("Agent")] == ours
        assert len(seen) == len(before) + len(theirs) + len(ours)
        assert await console.texts() == seen
        await widget.composer.press("Enter")
        await expect(console.thread).to_contain_text("A question half wri")


class _Server:
    """A demo in a process of its own, so that it can be killed."""

    def __init__(self, port: int, data: Path) -> None:
        self._port, self._data = port, data
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "contact_hub", "demo", "--port", str(self._port), "--data", str(self._data)),
            env={**os.environ, "CONTACT_HUB_NO_BOOTSTRAP": "1"},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        told = self._process.stderr
        assert told is not None
        async with asyncio.timeout(60):
            while line := await told.readline():
                if _READY in line:
                    break
            else:
                pytest.fail("the demo ended by itself")
        self._listening = asyncio.create_task(told.read(), name="what the demo says later")

    async def kill(self) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        await self._listening


@contextlib.asynccontextmanager
async def _demo(port: int, data: Path) -> AsyncIterator[_Server]:
    server = _Server(port, data)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()
