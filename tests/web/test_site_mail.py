"""The demo's page for a customer's mail, in each language that the console is written in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from contact_hub.channels.email.mail import Address
from contact_hub.channels.email.parse import parse
from contact_hub.web.site_mail import SOMEBODY, Postbox, Sent, answer, written
from contact_hub.web.sites import SITES
from i18n import tags
from i18n.promises import STAFF_TAGS
from tests.mail.brands import NOW, floor

TEMPLATE = (SITES / "mail.html").read_text(encoding="utf-8")


class Kept(Postbox):
    """A world in which somebody has mail already, and whose door is shut."""

    def __init__(self) -> None:
        super().__init__(door=lambda: 1)
        raw = written(
            sender=Address("hilfe@sonne.example", "{{me}} <script>"),
            to=SOMEBODY,
            subject="Re: {{brand}}",
            text="Ihr Paket",
            style="file",
            message_id="x@y",
        )
        self.kept = Sent(to=(SOMEBODY,), at=NOW, raw=raw, mail=parse(raw))

    def sent_to(self, address: str) -> list[Sent]:
        return [self.kept] if address == SOMEBODY else []


async def page(*, accept: str = "", body: dict[str, str] | None = None, **asked: str) -> str:
    scope: dict[str, Any] = {
        "method": "GET" if body is None else "POST",
        "query_string": urlencode(asked).encode(),
        "headers": [(b"accept-language", accept.encode())],
    }
    brand = floor().workspace.brands[0]
    return await answer(Kept(), brand, TEMPLATE, scope, urlencode(body or {}).encode())


@pytest.mark.parametrize("tag", STAFF_TAGS)
async def test_the_page_is_whole_in_each_language(tag: str) -> None:
    told = await page(lang=tag)
    assert f'<html lang="{tag}" dir="{tags.direction(tag)}">' in told
    assert "demo.mail" not in told
    assert "{{t." not in told
    assert "<script>" not in told
    assert "Re: {{brand}}" in told  # what people wrote is never filled in
    assert told.count('<a href="/mail?lang=') == len(STAFF_TAGS) + 1  # each language, and the answer to the mail
    if tag != "en":
        assert "Write to" not in told
        assert "Your name" not in told


async def test_the_page_speaks_as_the_browser_does_unless_it_is_asked_otherwise() -> None:
    assert '<html lang="pt-BR"' in await page(accept="ja;q=0.9, pt-BR;q=0.8")
    assert '<html lang="de"' in await page(accept="de-AT,de;q=0.9")
    assert '<html lang="en"' in await page(accept="xx")
    assert '<html lang="he" dir="rtl"' in await page(accept="de", lang="he")
    assert '<html lang="de"' in await page(accept="de", lang="no-such")


async def test_what_was_wrong_is_said_in_the_same_language() -> None:
    assert "Adresse und Text werden gebraucht." in await page(lang="de", body={"me": "nobody", "text": ""})
    refused = await page(lang="fr", body={"me": SOMEBODY, "text": "Bonjour"})
    assert "Il n’a pas été accepté" in refused
    assert 'lang=fr&amp;me=anna.berger%40mail.example&amp;answers=x%40y">Répondre' in refused
