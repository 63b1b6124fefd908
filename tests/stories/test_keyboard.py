"""Both faces by the keyboard alone. Not one click: what cannot be reached or seen without a pointer is not there for many people."""

from __future__ import annotations

from playwright.async_api import expect

from tests.stories import floors
from tests.stories.conftest import People
from tests.stories.pages import IN_A_BROWSER, Console, Widget, assert_focus_is_seen, words

pytestmark = IN_A_BROWSER


async def test_an_agent_works_a_whole_conversation_without_a_pointer(stage: floors.Stage, people: People) -> None:
    page = await people.page()
    console, keys = Console(page), page.keyboard
    await page.goto(stage.console)
    await expect(console.field("signin.email")).to_be_focused()
    await assert_focus_is_seen(page, on="input")
    await keys.type(floors.AMELIE)
    await keys.press("Tab")
    await keys.type(floors.PASSWORD)
    await keys.press("Enter")

    await expect(console.availability).to_be_enabled()
    await keys.press("Alt+a")
    await expect(page.get_by_role("menuitemradio", checked=True)).to_be_focused()
    await keys.press("Home")
    await keys.press("Enter")
    await expect(console.availability).to_contain_text(words("console.availability.ready"))
    await expect(console.availability).to_be_focused()
    await assert_focus_is_seen(page, on=words("console.availability"))

    customer = await Widget.on(await people.person(), stage.site())
    await customer.ask("Good morning, my order has not arrived yet, could you have a look please?")
    await expect(console.offers).to_have_count(1)
    await expect(console.availability).to_be_focused()  # what rings takes the focus from nobody
    await keys.press("F2")
    await assert_focus_is_seen(page, on=words("console.offer.accept"))
    await keys.press("Enter")

    await expect(console.composer).to_be_focused()
    await assert_focus_is_seen(page, on="textarea")
    await keys.type("/gree")
    await expect(page.get_by_role("combobox")).to_be_focused()
    await expect(page.get_by_role("option").first).to_contain_text("/greeting")
    await keys.press("Enter")
    await expect(console.composer).to_be_focused()
    await expect(console.composer).to_have_value("Hello Fatma, this is Camille from Velour Maison. How may I help you?")
    await keys.press("Enter")
    await expect(customer.log).to_contain_text("this is Camille from Velour Maison")
    await expect(console.composer).to_be_focused()

    nadia = await Console.sign_in(await people.person(), stage, floors.NADIA)
    await nadia.be_ready()
    await keys.press("Alt+t")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("searchbox")).to_be_focused()
    await assert_focus_is_seen(page, on="input")
    await keys.type("Nadia")
    await keys.press("Tab")
    await keys.press("ArrowDown")
    await expect(dialog.get_by_role("radio", name="Nadia Kowal")).to_be_checked()
    await keys.press("Tab")
    await keys.type("Order of last Tuesday, promised a call")
    await keys.press("Tab")
    await keys.press("Tab")
    await assert_focus_is_seen(page, on=words("console.transfer"))
    await keys.press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(console.rows).to_have_count(0)

    keys = nadia.page.keyboard
    await expect(nadia.offers).to_have_count(1)
    await keys.press("F2")
    await keys.press("Enter")
    await expect(nadia.composer).to_be_focused()
    await expect(nadia.page.locator("main#thread")).to_contain_text("promised a call")
    await keys.type("Good morning Fatma, I have your parcel on the screen.")
    await keys.press("Enter")
    await expect(customer.log).to_contain_text("I have your parcel on the screen.")
    await keys.press("Alt+e")
    await expect(nadia.page.get_by_role("radio").first).to_be_focused()
    await assert_focus_is_seen(nadia.page, on="input")
    await keys.press("ArrowDown")
    await expect(nadia.page.get_by_role("radio", name="Resolved")).to_be_checked()
    await keys.press("Control+Enter")
    await expect(nadia.rows).to_have_count(0)
    await expect(customer.frame.get_by_role("radio").first).to_be_attached()


async def test_a_customer_is_served_without_a_pointer(stage: floors.Stage, people: People) -> None:
    nadia = await Console.sign_in(await people.person(), stage, floors.NADIA)
    await nadia.be_ready()
    widget = await Widget.on(await people.person(), stage.site(), open_it=False)
    page, keys = widget.page, widget.page.keyboard

    await keys.press("Shift+Tab")  # from the top backwards: the launcher is the last thing on the page
    assert await page.evaluate("() => document.activeElement.localName") == "contact-hub"
    await keys.press("Enter")
    await widget.framed()
    await expect(widget.field("name")).to_be_focused()
    await assert_focus_is_seen(widget.frame, on="input")
    await keys.press("Enter")  # too early: what is missing is said, and the focus goes there
    await expect(widget.frame.locator("#wrong-name")).to_have_text(words("widget.form.required"))
    await expect(widget.field("name")).to_be_focused()
    await keys.type("Fatma")
    for wanted in ("email", "kind", "question"):
        await keys.press("Tab")
        while not await widget.field(wanted).evaluate("(field) => field === document.activeElement"):
            await keys.press("Tab")
    await keys.type("Hello, I would like to exchange my curtains, is that possible?")
    await keys.press("Tab")
    while not await widget.button("widget.form.start").evaluate("(button) => button === document.activeElement"):
        await keys.press("Tab")
    await assert_focus_is_seen(widget.frame, on=words("widget.form.start"))
    await keys.press("Enter")
    await expect(widget.composer).to_be_focused()

    await nadia.accept()
    await nadia.reply("Of course, within thirty days.")
    await expect(widget.log).to_contain_text("Of course, within thirty days.")
    await keys.type("Wonderful, thank you!")
    await keys.press("Enter")
    await expect(nadia.thread).to_contain_text("Wonderful, thank you!")
    await keys.press("Tab")
    await assert_focus_is_seen(widget.frame, on=words("widget.end"))
    await keys.press("Enter")
    await expect(widget.button("widget.end.cancel")).to_be_visible()
    await keys.press("Enter")

    score = widget.frame.get_by_role("radio", name=words("widget.csat.5"))
    await expect(score).to_be_attached()
    while not await widget.frame.get_by_role("radio").first.evaluate("(radio) => document.activeElement.name === radio.name"):
        await keys.press("Tab")
    for _ in range(5):
        await keys.press("ArrowRight")
        if await score.is_checked():
            break
    await keys.press("Tab")
    await keys.type("Quick and kind")
    await keys.press("Tab")
    await assert_focus_is_seen(widget.frame, on=words("widget.csat.send"))
    await keys.press("Enter")
    await expect(widget.frame.get_by_role("status").filter(has_text=words("widget.csat.thanks"))).to_be_visible()


async def test_a_second_window_gives_the_choice_to_work_there_or_to_go(stage: floors.Stage, people: People) -> None:
    first = await Console.sign_in(await people.person(), stage, floors.AMELIE)
    await first.be_ready()
    second = await Console.sign_in(await people.person(), stage, floors.AMELIE)
    await expect(second.button("console.elsewhere.take")).to_be_focused()
    await second.page.keyboard.press("Tab")
    await assert_focus_is_seen(second.page, on=words("console.sign_out"))
    await second.page.keyboard.press("Enter")
    await expect(second.field("signin.email")).to_be_visible()
    await expect(first.availability).to_contain_text(words("console.availability.ready"))
    await first.page.reload()
    await expect(first.availability).to_be_visible()
