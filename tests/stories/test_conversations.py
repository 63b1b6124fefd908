"""What agents and customers live through together: offers that nobody answers, two voices at once, an end and a rating."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from tests.stories import floors
from tests.stories.conftest import People
from tests.stories.pages import IN_A_BROWSER, Console, Widget, words

pytestmark = IN_A_BROWSER


async def test_an_offer_that_nobody_answers_goes_to_the_next_and_its_agent_away(
    sqlite_url: str, tmp_path: Path, people: People
) -> None:
    async with floors.stage(tmp_path, sqlite_url, offer_seconds=12) as stage:
        amelie = await Console.sign_in(await people.person(), stage, floors.AMELIE)
        nadia = await Console.sign_in(await people.person(), stage, floors.NADIA)
        await amelie.be_ready()
        customer = await Widget.on(await people.person(), stage.site())
        await customer.ask("Hello, where is the parcel that you promised me for yesterday?")
        timer = amelie.offers.get_by_role("timer")
        await expect(timer).to_have_text(re.compile(r"1[0-2]|[789]"))
        await nadia.be_ready()
        await expect(timer).to_have_text(
            re.compile(r"^\s*[1-6]\s*$")
        )  # it counts down; which second is seen is the machine's affair
        await expect(amelie.offers).to_have_count(0)
        await expect(amelie.availability).to_contain_text(words("console.away.missed_offer"))

        await expect(nadia.offers).to_have_count(1)
        await nadia.accept()
        await expect(amelie.offers).to_have_count(0)
        await expect(nadia.thread).to_contain_text("where is the parcel")


async def test_two_brands_switched_twenty_times_never_mix_voice_or_draft(stage: floors.Stage, people: People) -> None:
    console = await Console.sign_in(await people.person(), stage, floors.AMELIE)
    await console.be_ready()
    velour = await Widget.on(await people.person(), stage.site())
    await velour.ask("Hello, I would like to know more about the Aurore cushion.", name="Fatma")
    await console.accept()
    noor = await Widget.on(await people.person(), stage.site("noor"))
    await noor.ask("Good evening, do you also deliver the large sofa to Sharjah?", name="Omar")
    await console.accept()
    await expect(console.rows).to_have_count(2)

    voices = {"Fatma": ("Velour Maison", "Camille", "rgb(122, 31, 61)"), "Omar": ("Noor Living", "Layla", "rgb(15, 107, 99)")}
    drafts = dict.fromkeys(voices, "")
    for turn in range(20):
        customer = ("Fatma", "Omar")[turn % 2]
        brand, persona, colour = voices[customer]
        await console.rows.filter(has_text=customer).click()
        await expect(console.page.get_by_role("heading", level=1)).to_have_text(customer)
        await expect(console.strip).to_contain_text(words("console.voice", brand=brand, persona=persona))
        await expect(console.strip).to_have_css("background-color", colour)
        await expect(console.button("console.send_as", persona=persona, brand=brand)).to_be_visible()
        await expect(console.composer).to_have_value(drafts[customer])
        await expect(console.composer).to_be_focused()
        await console.page.keyboard.type(f"{customer[0]}{turn} ")
        drafts[customer] += f"{customer[0]}{turn} "
    await console.page.reload()
    await console.rows.filter(has_text="Fatma").click()
    await expect(console.composer).to_have_value(drafts["Fatma"])

    await console.composer.press("Enter")
    await expect(velour.log).to_contain_text(drafts["Fatma"].strip())
    await expect(velour.log).to_contain_text("Camille")
    await console.rows.filter(has_text="Omar").click()
    await expect(console.composer).to_have_value(drafts["Omar"])
    assert drafts["Fatma"].strip() not in " ".join(await noor.texts())


async def test_a_customer_waits_in_turn_is_served_and_rates(stage: floors.Stage, people: People) -> None:
    first = await Widget.on(await people.person(), stage.site())
    await first.ask("Hello, my chair arrived with a scratch on the left arm.", name="Gudrun")
    second = await Widget.on(await people.person(), stage.site())
    await second.ask("Hello, I want to ask about the colour of the throw.", name="Ines")
    await expect(first.queue).to_contain_text(words("widget.queue.next"))
    await expect(second.queue).to_contain_text("One person is before you")

    console = await Console.sign_in(await people.person(), stage, floors.AMELIE)
    await console.be_ready()
    await console.accept()
    await expect(first.queue).to_have_count(0)
    await expect(second.queue).to_contain_text(words("widget.queue.next"))
    await console.composer.press_sequentially("I am sorry")
    await expect(first.log).to_contain_text(words("widget.typing", name="Camille"))
    await console.reply("I am sorry about the chair, Gudrun.")
    await expect(first.log).to_contain_text("I am sorry about the chair, Gudrun.")
    await first.say("Thank you, what now?")
    await expect(console.thread).to_contain_text("Thank you, what now?")
    await expect(first.log).to_contain_text(words("widget.message.read"))

    await first.end()
    await expect(console.page.get_by_role("heading", name=words("console.wrap.title"))).to_be_visible()
    await first.frame.get_by_title(words("widget.csat.4"), exact=True).click()
    await first.button("widget.csat.send").click()
    await expect(first.frame.get_by_text(words("widget.csat.thanks"))).to_be_visible()
    await expect(first.button("widget.new_conversation")).to_be_visible()


async def test_a_chat_survives_a_reload_and_stands_in_both_tabs(stage: floors.Stage, people: People, tmp_path: Path) -> None:
    console = await Console.sign_in(await people.person(), stage, floors.AMELIE)
    await console.be_ready()
    customer = await people.resident(tmp_path / "profile")
    here = await Widget.on(customer, stage.site())
    await here.ask("Hello, can I still change the address of my order?")
    await console.accept()
    await console.reply("Yes, until this evening.")
    await expect(here.log).to_contain_text("Yes, until this evening.")

    there = await Widget.on(customer, stage.site())
    await expect(there.log).to_contain_text("Yes, until this evening.")
    await here.say("Then to Lyon, please")
    await expect(there.log).to_contain_text("Then to Lyon, please")
    await there.say("Rue Mercière 4")
    await expect(here.log).to_contain_text("Rue Mercière 4")

    await here.page.reload()
    await here.framed()  # a running chat needs no click
    await here.open()
    await expect(here.log).to_contain_text("Rue Mercière 4")
    said = [
        "Hello, can I still change the address of my order?",
        "Yes, until this evening.",
        "Then to Lyon, please",
        "Rue Mercière 4",
    ]
    assert await here.texts() == await there.texts() == said
    assert await console.texts() == said


async def test_a_closed_brand_says_when_it_opens_and_takes_a_message(stage: floors.Stage, people: People) -> None:
    widget = await Widget.on(await people.person(), stage.site("kestrel", "support.html"))
    form = widget.frame.locator("form.form")
    await expect(form).to_contain_text(words("widget.closed.title"))
    opens = await form.locator(".closed p").first.inner_text()
    assert "Central European" in opens, f"not in the visitor's zone: {opens}"
    own = stage.opens.astimezone(ZoneInfo("Europe/Berlin"))
    assert re.search(rf"\b({own:%H}|{int(f'{own:%I}')}):00", opens), f"not at {own}: {opens}"
    await widget.field("question").fill("My phone does not ring any more.")
    await widget.button("widget.closed.leave_message").click()
    await expect(form).to_contain_text(words("widget.form.required"))  # no way to answer without an address
    await widget.field("email").fill("omar@customer.example")
    if await widget.field("name").count():
        await widget.field("name").fill("Omar")
    await widget.button("widget.closed.leave_message").click()
    await expect(widget.log).to_contain_text("My phone does not ring any more.")


@pytest.mark.parametrize("brand", ["velour", "noor", "kestrel"])
async def test_the_widget_lives_on_a_strict_page_without_a_word_in_its_console(
    stage: floors.Stage, people: People, brand: str
) -> None:
    page = "support.html" if brand == "kestrel" else "en.html"
    context = await people.person()
    widget = Widget(await context.new_page())
    answer = await widget.page.goto(stage.site(brand, page))
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "require-trusted-types-for 'script'" in policy
    await widget.page.wait_for_function("() => window.ContactHub")
    await widget.open()
    await expect(widget.frame.locator("form.form")).to_be_visible()
    assert await widget.page.evaluate("() => document.querySelector('contact-hub').shadowRoot") is None
    assert people.said == []
