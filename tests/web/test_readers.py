"""Everybody finds the page in a language of theirs, before anybody knows who they are."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from contact_hub.brands.faces import spoken_language, texts_address
from contact_hub.web.readers import console_languages, nearest_language, wishes
from i18n import tags
from i18n.promises import CUSTOMER_TAGS, STAFF_TAGS
from tests import hubs
from tests.web.test_widget_build import built


def test_wishes_are_read_by_weight() -> None:
    assert wishes("de;q=0.5, it-IT, *;q=0.1, en;q=0.8, fr;q=0, pt;q=often, ") == ["it-IT", "en", "de"]
    assert wishes("") == []
    assert len(wishes(",".join(["de"] * 1000))) <= 20


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("it-IT,it;q=0.9,en;q=0.8", "it"),
        ("he-IL,he;q=0.9", "he"),
        ("iw", "he"),
        ("pt-PT,pt;q=0.9", "pt-BR"),
        ("es-MX", "es"),
        ("tl-PH", "fil"),
        ("ja,en-US;q=0.9", "en"),
        ("ja", "en"),
        ("nl-NL,nl;q=0.9,de;q=0.8,en;q=0.7", "de"),
        ("\x00, \u202e, not a tag, de", "de"),
        ("", "en"),
    ],
)
def test_the_console_opens_in_the_language_nearest_to_the_browsers(asked: str, language: str) -> None:
    assert nearest_language(asked) == language


@built
async def test_the_page_says_before_the_sign_in_what_it_can_be_read_in(floor: hubs.Floor) -> None:
    async with httpx.AsyncClient(base_url=floor.origin) as http:
        page = await http.get("/", headers={"accept-language": "it-IT,it;q=0.9"})
    boot = re.search(r'<script type="application/json" id="boot">(.*?)</script>', page.text)
    assert boot is not None
    assert json.loads(boot[1]) == {"languages": list(console_languages()), "nearest": "it"}
    assert page.headers["vary"] == "accept-language"
    me = (await (await floor.staff("olga@hub.example")).get("/api/me")).json()
    assert set(me["languages"]) == set(console_languages()) == set(STAFF_TAGS)


@pytest.mark.parametrize("tag", CUSTOMER_TAGS)
def test_the_widget_follows_a_customer_into_any_of_its_languages(tag: str) -> None:
    [brand, *_] = hubs.workspace(hubs.WORKSPACE).brands
    assert spoken_language(brand, tag, ["de"]) == tag
    assert texts_address(tag) == f"/api/texts/widget/{tag}.json"


async def test_the_widget_is_served_in_every_promised_language(floor: hubs.Floor) -> None:
    async with httpx.AsyncClient(base_url=floor.origin) as http:
        served = {tag: (await http.get(f"/api/texts/widget/{tag}.json")).json() for tag in CUSTOMER_TAGS}
    assert {tag: (told["tag"], told["dir"]) for tag, told in served.items()} == {
        tag: (tag, tags.direction(tag)) for tag in CUSTOMER_TAGS
    }
