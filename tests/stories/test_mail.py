"""A mail on real screens: written on a site, offered, answered, read there, answered again; and what a stranger's HTML may do, which is nothing."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import FilePayload, Page, Route, expect

from contact_hub.channels.email.mail import Address
from contact_hub.mail import mime
from tests.stories import floors
from tests.stories.access import faults
from tests.stories.conftest import People
from tests.stories.pages import IN_A_BROWSER, Console, Widget, dress, words

pytestmark = IN_A_BROWSER

ANNA = "anna.berger@mail.example"
THANKS = "Thank you, that is very kind.\n\n" + "\n\n".join(
    f"{n}. And one more thing that I would like to know of you." for n in range(1, 30)
)
QUESTION = "Good morning,\n\nthe Aurore cushion that came yesterday has a torn seam. What can I do?\n\nKind regards\nAnna Berger"
ANSWER = (
    "Dear Anna Berger,\n\nwe are sorry. **A new one** leaves today:\n- no need to send the old one back\n- it arrives on Friday"
)
TRICKS = """<html><head><base href="http://127.0.0.1:{port}/"><meta http-equiv="refresh" content="0;url=http://127.0.0.1:{port}/refresh">
<style>@import url(http://127.0.0.1:{port}/import.css); body {{ background: url(http://127.0.0.1:{port}/body.png) }}</style></head>
<body background="http://127.0.0.1:{port}/background.png" onload="fetch('http://127.0.0.1:{port}/onload')">
<script>fetch('http://127.0.0.1:{port}/script'); parent.document.title = 'taken'</script>
<img src="x" onerror="fetch('http://127.0.0.1:{port}/onerror')"><svg onload="fetch('http://127.0.0.1:{port}/svg')"><image href="http://127.0.0.1:{port}/s.png"/></svg>
<form action="http://127.0.0.1:{port}/form"><input name="password"><button>Sign in</button></form>
<iframe src="http://127.0.0.1:{port}/frame"></iframe><link rel="stylesheet" href="http://127.0.0.1:{port}/link.css">
<p style="background-image: url(http://127.0.0.1:{port}/style.png)">The words of the mail stay.</p>
<a href="javascript:alert(1)">a trap</a> <a href="https://shop.example/">a link</a>
<img src="http://127.0.0.1:{port}/pixel.gif" width="1" height="1"></body></html>"""


async def write(page: Page, stage: floors.Stage, text: str, *, subject: str | None = None) -> None:
    """As a customer on the brand's site."""
    if subject is not None:
        await page.goto(f"http://velour.localhost:{stage.port}/mail")
        await page.locator("input[name=subject]").fill(subject)
    await page.locator("textarea[name=text]").fill(text)
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Sent.")).to_be_visible()


async def test_a_mail_is_offered_answered_and_answered_again_in_one_conversation(
    sqlite_url: str, tmp_path: Path, people: People
) -> None:
    async with floors.stage(tmp_path, sqlite_url, mail=True) as stage:
        agent = await Console.sign_in(await people.person(), stage, floors.AMELIE)
        await agent.be_ready()
        customer = await people.page()
        await write(customer, stage, QUESTION, subject="A torn seam")

        await expect(agent.offers.first).to_contain_text(words("console.channel.email"))
        await agent.accept()
        mail = agent.thread.locator("article.mail").first
        await expect(mail).to_contain_text("A torn seam")
        await expect(mail).to_contain_text(ANNA)
        await expect(agent.rows.first).to_contain_text(words("console.channel.email"))
        await expect(agent.field("console.mail.to")).to_have_value(ANNA)
        await expect(agent.field("console.mail.subject")).to_have_value("Re: A torn seam")

        await agent.composer.fill(ANSWER)
        await agent.composer.press("Enter")  # a new line, and nothing more
        await expect(agent.composer).to_have_value(f"{ANSWER}\n")
        await agent.composer.press("Control+Enter")
        await expect(agent.composer).to_have_value("")
        answered = agent.thread.locator("article.mail.mine")
        await expect(answered.locator("strong")).to_have_text("A new one")
        await expect(answered.locator("li")).to_have_count(2)
        await expect(answered.locator("[data-state=sent]")).to_contain_text(words("console.mail.state.sent"))

        await customer.goto(f"http://velour.localhost:{stage.port}/mail")
        came = customer.locator("article").first
        await expect(came).to_contain_text("A new one leaves today")
        await expect(came).to_contain_text("Camille – Velour Maison <service@velour-maison.example>")
        await expect(came).not_to_contain_text("Amélie")
        await came.get_by_role("link", name="Answer").click()
        await write(customer, stage, THANKS)

        await expect(agent.thread.locator("article.mail.customer")).to_have_count(2)
        second = agent.thread.locator("article.mail.customer").last
        await expect(second).to_contain_text("Thank you, that is very kind.")
        await expect(second.get_by_text("leaves today")).to_be_hidden()  # what we wrote ourselves is folded away
        await expect(agent.rows).to_have_count(1)
        await expect(agent.rows.first).to_contain_text("A torn seam")
        await expect(second.get_by_role("heading")).to_be_in_viewport()  # a long mail is read from its beginning
        await expect(second.get_by_role("button", name=words("console.mail.forward"))).not_to_be_in_viewport()

        # On a small screen, or a large one at 200 %, nothing is out of reach.
        await agent.page.set_viewport_size({"width": 640, "height": 400})
        await agent.composer.press("Shift+Tab")
        await agent.page.keyboard.press("Tab")
        await expect(agent.composer).to_be_focused()
        await expect(agent.composer).to_be_in_viewport(ratio=1)
        await agent.thread.focus()
        await expect(second.get_by_role("heading")).to_be_in_viewport()
        assert [one async for one in faults(agent.page, axe=True)] == []


async def test_a_mail_waits_for_its_files_and_a_held_one_is_deleted_only_when_meant(
    sqlite_url: str, tmp_path: Path, people: People
) -> None:
    async with floors.stage(tmp_path, sqlite_url, mail=True) as stage:
        assert stage.post is not None
        agent = await Console.sign_in(await people.person(), stage, floors.AMELIE)
        await agent.be_ready()
        await stage.post.bring(
            html_mail("<p>Could you send me the bill please?</p>"), sender=ANNA, to="service@velour-maison.example"
        )
        await agent.accept()
        arrived = asyncio.Event()

        async def slowly(route: Route) -> None:
            await arrived.wait()
            await route.continue_()

        await agent.page.route("**/files?name=*", slowly)
        bill = FilePayload(name="bill.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4 a bill")
        await agent.page.set_input_files("input[type=file]", bill)
        await agent.composer.fill("Dear Anna, here it is.")
        await agent.composer.press("Control+Enter")
        await expect(agent.page.locator("#composer-said")).to_have_text(agent.says("console.mail.attaching"))
        await expect(agent.composer).to_have_value("Dear Anna, here it is.")
        arrived.set()
        await expect(agent.page.locator("section.composer").get_by_text("bill.pdf")).to_be_visible()
        await agent.composer.press("Control+Enter")
        await expect(agent.thread.locator("article.mail.mine").get_by_role("link", name="bill.pdf")).to_be_visible()
        await expect(agent.page.locator("#composer-said")).to_have_text("")

        # Whoever oversees it sees the mail as the agent did, and what was held apart is deleted only when meant.
        await stage.post.bring(
            html_mail("<p>Please pay at once.</p>", dmarc="fail"), sender=ANNA, to="service@velour-maison.example"
        )
        operator = await Console.sign_in(await people.person(), stage, floors.ROBIN)
        await operator.page.goto(f"{stage.console}/mail")
        held = operator.page.locator("main li").filter(has_text="An offer you cannot refuse")
        await held.get_by_role("button", name=operator.says("admin.mail.look"), exact=True).click()
        await expect(held.locator(".said")).to_have_text("Please pay at once.")
        await held.get_by_role("button", name=operator.says("admin.mail.drop"), exact=True).click()
        sure = operator.page.get_by_role("dialog")
        await expect(sure).to_contain_text(ANNA)
        await expect(sure.get_by_role("button", name=operator.says("console.cancel"))).to_be_focused()
        await sure.get_by_role("button", name=operator.says("admin.mail.drop.sure")).click()
        await expect(operator.page.get_by_text(operator.says("admin.mail.said.drop"))).to_be_visible()
        await expect(held).to_have_count(0)
        await expect(operator.page.get_by_role("heading", level=1)).to_be_focused()
        await operator.page.goto(f"{stage.console}/conversations")
        await expect(operator.page.locator("main tbody tr")).to_contain_text(operator.says("console.channel.email"))
        await operator.page.locator("main table a").click()
        await expect(operator.page.locator("main").get_by_role("link", name="bill.pdf")).to_be_visible()
        await expect(operator.page.locator("main")).to_contain_text(f"Anna Berger <{ANNA}>")


async def test_a_message_left_while_everybody_is_closed_is_answered_by_mail_and_says_so(
    sqlite_url: str, tmp_path: Path, people: People
) -> None:
    async with floors.stage(tmp_path, sqlite_url, mail=True) as stage:
        widget = await Widget.on(await people.person(), stage.site("kestrel", "support.html"))
        await expect(widget.frame.locator("form.form")).to_contain_text(words("widget.closed.title"))
        await widget.field("question").fill("My phone does not ring any more.")
        await widget.field("email").fill("omar@customer.example")
        await widget.button("widget.closed.leave_message").click()
        await expect(widget.log).to_contain_text("My phone does not ring any more.")
        await expect(widget.frame.get_by_role("status").filter(has_text=words("notice.email_received"))).to_be_visible()


async def test_html_of_a_stranger_can_do_nothing_and_loads_nothing_until_the_agent_asks(
    sqlite_url: str, tmp_path: Path, people: People
) -> None:
    async with floors.stage(tmp_path, sqlite_url, mail=True) as stage, elsewhere() as sink:
        assert stage.post is not None
        person = await people.person(locale="ar")
        await dress(person, tag="ar")
        agent = await Console.sign_in(person, stage, floors.AMELIE, tag="ar")
        await agent.be_ready()
        raw = html_mail(TRICKS.format(port=sink.port))
        await stage.post.bring(raw, sender=ANNA, to="service@velour-maison.example")
        await agent.accept()
        mail = agent.thread.locator("article.mail").first
        await expect(mail).to_contain_text("The words of the mail stay.")
        await mail.get_by_role("button", name=agent.says("console.mail.original")).click()
        shown = agent.page.frame_locator("article.mail iframe")
        await expect(shown.get_by_text("The words of the mail stay.")).to_be_visible()
        for gone in (
            "script",
            "svg",
            "form",
            "input",
            "base",
            "meta[http-equiv]",
            "iframe",
            "link",
            "[onerror]",
            "[onload]",
            "[background]",
        ):
            await expect(shown.locator(gone)).to_have_count(0)
        await expect(shown.get_by_text("a link")).to_have_attribute("rel", re.compile("noopener"))
        await expect(shown.get_by_text("a trap")).not_to_have_attribute("href", re.compile(".*"))
        assert await agent.page.title() != "taken"
        assert sink.asked == []
        await agent.page.locator("article.mail iframe").focus()  # else no key scrolls it
        await expect(agent.page.locator("article.mail iframe")).to_be_focused()
        assert [one async for one in faults(agent.page, axe=True)] == []
        assert sink.asked == []

        await mail.get_by_role("button", name=agent.says("console.mail.pictures")).click()
        async with asyncio.timeout(20):
            await sink.somebody.wait()
        assert set(sink.asked) == {"/pixel.gif"}


@dataclass
class Elsewhere:
    """Another's web server: writes down what is asked of it."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    somebody: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        self.asked.append(line.split()[1].decode())
        self.somebody.set()
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()


@contextlib.asynccontextmanager
async def elsewhere() -> AsyncIterator[Elsewhere]:
    sink = Elsewhere()
    server = await asyncio.start_server(sink.answer, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    async with server:
        yield sink


def html_mail(html: str, *, dmarc: str = "pass") -> bytes:
    headers = [
        ("Authentication-Results", f"mx.velour-maison.example; dmarc={dmarc} header.from=mail.example"),
        ("From", mime.address_list("From", [Address(ANNA, "Anna Berger")])),
        ("To", "service@velour-maison.example"),
        ("Subject", "An offer you cannot refuse"),
        ("Date", "Sun, 22 Nov 2026 08:00:00 +0000"),
        ("Message-ID", f"<tricks-{dmarc}@mail.example>"),
        ("MIME-Version", "1.0"),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{head}{mime.text_part(html, 'html')}".encode("ascii")
