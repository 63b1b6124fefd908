"""Languages on the agent's screen: what a message says, and a reply that is not in the customer's language."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from i18n import tags
from tests.stories import floors
from tests.stories.conftest import People
from tests.stories.pages import IN_A_BROWSER, Console, Widget, dress
from tests.translation.libre import serving

pytestmark = IN_A_BROWSER

QUESTION = "Guten Tag, meine Rechnung stimmt leider nicht. Können Sie mir bitte helfen?"
MEANING = {"en": "Good day, my invoice is not right. Can you help me?", "ar": "مرحبًا، فاتورتي غير صحيحة. هل يمكنكم مساعدتي؟"}


@pytest.mark.parametrize("tag", ["en", "ar"])
async def test_the_translation_stands_beside_the_original_and_says_who_made_it(
    sqlite_url: str, tmp_path: Path, people: People, tag: str
) -> None:
    with serving() as libre:
        libre.languages, libre.translated = [{"code": "de", "targets": ["en", "ar"]}], MEANING[tag]
        settings = {"translation_engine": "libretranslate", "translation_url": libre.url}
        async with floors.stage(tmp_path, sqlite_url, more="translation: assist\n", **settings) as stage:
            person = await people.person()
            await dress(person, tag=tag)
            console = await Console.sign_in(person, stage, floors.AMELIE, tag=tag)
            await console.be_ready()
            customer = await Widget.on(await people.person(locale="de-DE"), stage.site())
            await customer.ask(QUESTION)
            await console.accept()
            said = console.thread.locator(".entry.customer")
            await said.get_by_role("button").click()
            translated = said.locator(".made .words")
            await expect(translated).to_have_text(MEANING[tag])
            await expect(translated).to_have_attribute("dir", tags.direction(tag))
            await expect(said.locator("> .words")).to_have_text(QUESTION)
            german = tags.display_name("de", in_tag=tag)
            await expect(said.locator(".made .muted")).to_have_text(
                console.says("console.translate.made", **{"from": german, "engine": "LibreTranslate"})
            )
            await said.get_by_role("button", name=console.says("console.translate.hide"), exact=True).click()
            await expect(translated).to_have_count(0)
            await console.composer.focus()
            await console.page.keyboard.press("Alt+y")
            await expect(translated).to_have_text(MEANING[tag])
            await expect(console.composer).to_be_focused()
            assert len(libre.asked) == 1
            assert await customer.texts() == [QUESTION]


async def test_an_agent_is_told_why_there_is_no_translation(sqlite_url: str, tmp_path: Path, people: People) -> None:
    with serving() as libre:
        libre.languages = [{"code": "de", "targets": ["fr"]}]
        settings = {"translation_engine": "libretranslate", "translation_url": libre.url}
        async with floors.stage(tmp_path, sqlite_url, more="translation: assist\n", **settings) as stage:
            console = await Console.sign_in(await people.person(), stage, floors.AMELIE)
            await console.be_ready()
            customer = await Widget.on(await people.person(locale="de-DE"), stage.site())
            await customer.ask(QUESTION)
            await console.accept()
            said = console.thread.locator(".entry.customer")
            await said.get_by_role("button").click()
            await expect(said.get_by_role("alert")).to_have_text(
                console.says("error.translate_pair", source="German", target="English")
            )
            await expect(said.get_by_role("button", name=console.says("console.translate.again"), exact=True)).to_be_visible()
            assert libre.asked == []


async def test_where_nobody_translates_there_is_no_button(stage: floors.Stage, people: People) -> None:
    console = await Console.sign_in(await people.person(), stage, floors.AMELIE)
    await console.be_ready()
    customer = await Widget.on(await people.person(locale="de-DE"), stage.site())
    await customer.ask(QUESTION)
    await console.accept()
    await expect(console.thread.locator(".entry.customer .words")).to_have_text(QUESTION)
    await expect(console.thread.locator(".entry.customer").get_by_role("button")).to_have_count(0)


async def test_a_reply_in_another_language_waits_for_the_agents_word(stage: floors.Stage, people: People) -> None:
    console = await Console.sign_in(await people.person(), stage, floors.AMELIE)
    await console.be_ready()
    customer = await Widget.on(await people.person(locale="de-DE"), stage.site())
    await customer.ask(QUESTION)
    await console.accept()
    wrong = "I am so sorry about that, I will have a look at your invoice."
    await console.composer.fill(wrong)
    await console.composer.press("Enter")
    await expect(console.page.locator("#composer-said")).to_contain_text(console.says("console.guard.wrong_language"))
    await expect(console.composer).to_have_value(wrong)
    assert wrong not in await customer.texts()
    await console.button("console.guard.insist").click()
    await expect(customer.log).to_contain_text(wrong)
    await expect(console.composer).to_have_value("")
