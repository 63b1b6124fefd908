"""A LibreTranslate-compatible server, well-behaved and not: every outcome is a translation or one of our own errors."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from contact_hub.errors import HubError
from contact_hub.settings import Settings
from contact_hub.translation import LibreTranslate, Off, translator_of
from tests.translation.libre import Libre, serving

GREETING = "Guten Tag, wo ist mein Paket?"


@pytest_asyncio.fixture
async def engine(libre: Libre) -> AsyncIterator[LibreTranslate]:
    translator = LibreTranslate(libre.url)
    yield translator
    await translator.close()


async def refused(
    engine: LibreTranslate, text: str = GREETING, *, source: str | None = "de", target: str = "en", seconds: float = 5
) -> str:
    with pytest.raises(HubError) as error:
        await engine.translate(text, source=source, target=target, budget_seconds=seconds)
    return error.value.code


async def test_a_text_comes_back_with_who_made_it(engine: LibreTranslate, libre: Libre) -> None:
    made = await engine.translate(GREETING, source="de-AT", target="en-GB", budget_seconds=5)
    assert (made.text, made.source, made.target) == (f"[en] {GREETING}", "de-AT", "en-GB")
    assert (made.engine, made.confidence, made.made_by) == ("LibreTranslate", None, "machine")
    assert libre.asked == [{"q": GREETING, "source": "de", "target": "en", "format": "text"}]


@pytest.mark.parametrize(
    ("source", "target", "codes"),
    [
        ("en", "zh-Hans", ("en", "zh")),
        ("en", "zh-TW", ("en", "zt")),
        ("en", "pt-PT", ("en", "pb")),
        ("no", "en", ("nb", "en")),
        ("zh-Hant", "en", ("zh", "en")),
        ("de-CH", "es-MX", ("de", "es")),
    ],
)
async def test_tags_become_the_servers_codes(
    engine: LibreTranslate, libre: Libre, source: str, target: str, codes: tuple[str, str]
) -> None:
    await engine.translate("Hello there", source=source, target=target, budget_seconds=5)
    assert (libre.asked[0]["source"], libre.asked[0]["target"]) == codes


@pytest.mark.parametrize(("source", "target"), [("de", "zh-Hant"), ("ja", "en"), ("de", "xyz"), ("und", "en"), ("nb", "de")])
async def test_a_pair_the_server_does_not_have_is_named_before_anything_is_sent(
    engine: LibreTranslate, libre: Libre, source: str, target: str
) -> None:
    assert await refused(engine, source=source, target=target) == "translate_pair"
    assert libre.asked == []


async def test_simplified_is_not_written_for_readers_of_traditional(engine: LibreTranslate, libre: Libre) -> None:
    libre.languages = [{"code": "en", "targets": ["zh"]}, {"code": "zh", "targets": ["en"]}]
    assert await refused(engine, source="en", target="zh-Hant") == "translate_pair"


async def test_an_unknown_source_is_found_by_the_server(engine: LibreTranslate, libre: Libre) -> None:
    made = await engine.translate("您好", source=None, target="en", budget_seconds=5)
    assert (libre.asked[0]["source"], made.source) == ("auto", "zh-Hant")


async def test_the_list_of_languages_is_asked_for_once(engine: LibreTranslate, libre: Libre) -> None:
    for _ in range(3):
        await engine.translate(GREETING, source="de", target="en", budget_seconds=5)
    assert libre.listed == 1


async def test_a_server_without_targets_translates_from_each_into_each(engine: LibreTranslate, libre: Libre) -> None:
    libre.languages = [{"code": "de", "name": "German"}, {"code": "tr", "name": "Turkish"}]
    assert (await engine.translate(GREETING, source="de", target="tr", budget_seconds=5)).text.startswith("[tr]")


async def test_the_time_is_the_callers(engine: LibreTranslate, libre: Libre) -> None:
    libre.hang = threading.Event()
    assert await refused(engine, seconds=0.2) == "translate_late"


async def test_a_server_that_is_not_there(libre: Libre) -> None:
    nobody = LibreTranslate("http://127.0.0.1:1")
    assert await refused(nobody) == "translate_unavailable"
    await nobody.close()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "translate_refused"),
        (403, "translate_refused"),
        (413, "translate_refused"),
        (429, "translate_unavailable"),
        (500, "translate_unavailable"),
        (204, "translate_unavailable"),
    ],
)
async def test_a_status_is_one_of_ours(engine: LibreTranslate, libre: Libre, status: int, code: str) -> None:
    libre.status = status
    assert await refused(engine) == code


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"translatedText": 7}',
        b'{"translatedText": "  "}',
        b"[" * 100_000,
        b"\xff\xfe",
        b"x" * 1_500_000,
    ],
)
async def test_a_wrong_answer_is_no_translation(engine: LibreTranslate, libre: Libre, raw: bytes) -> None:
    libre.raw = raw
    assert await refused(engine) == "translate_unavailable"


@pytest.mark.parametrize("languages", [{}, "en", [], [7], [{"name": "German"}], [{"code": "x"}] * 2_000])
async def test_a_wrong_list_of_languages_is_no_server_of_ours(engine: LibreTranslate, libre: Libre, languages: Any) -> None:
    libre.languages = languages
    assert await refused(engine) == "translate_unavailable"


async def test_a_redirect_is_not_followed(engine: LibreTranslate, libre: Libre) -> None:
    libre.status, libre.location = 302, "http://169.254.169.254/"
    assert await refused(engine) == "translate_unavailable"


async def test_halves_of_characters_do_not_come_through(engine: LibreTranslate, libre: Libre) -> None:
    libre.raw = b'{"translatedText": "a \\ud800 b"}'
    made = await engine.translate(GREETING, source="de", target="en", budget_seconds=5)
    assert made.text.encode() == b"a ? b"


async def test_a_translation_a_hundred_times_as_long_is_none(engine: LibreTranslate, libre: Libre) -> None:
    libre.translated = "la " * 20_000
    assert await refused(engine) == "translate_unavailable"


async def test_the_key_goes_to_the_server_and_nowhere_else(
    libre: Libre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    libre.key = "s3cret-key"
    (tmp_path / "key").write_text("s3cret-key\n")
    settings = Settings(translation_engine="libretranslate", translation_url=libre.url, translation_key_file=tmp_path / "key")
    engine = translator_of(settings)
    assert (await engine.translate(GREETING, source="de", target="en", budget_seconds=5)).text
    libre.key = "another"
    with pytest.raises(HubError) as error:
        await engine.translate(GREETING, source="de", target="en", budget_seconds=5)
    assert error.value.code == "translate_refused"
    await engine.close()
    assert "s3cret-key" not in repr(settings) + str(error.value) + capsys.readouterr().out


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate that nobody but its owner trusts, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    made, key = tmp_path / "server.pem", tmp_path / "server.key"
    named = ["-subj", "/CN=translate", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", made]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *named], check=True, capture_output=True
    )
    return made, key


async def test_over_tls_only_a_server_that_proves_who_it_is(certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with serving(context) as libre:
        stranger, known = LibreTranslate(libre.url), LibreTranslate(libre.url, ca_file=certificate[0])
        assert await refused(stranger) == "translate_unavailable"
        assert (await known.translate(GREETING, source="de", target="en", budget_seconds=5)).text == f"[en] {GREETING}"
        assert len(libre.asked) == 1
        await stranger.close()
        await known.close()


def test_nobody_translates_unless_somebody_said_so() -> None:
    assert isinstance(translator_of(Settings()), Off)


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({}, "CONTACT_HUB_TRANSLATION_URL"),
        ({"translation_url": "ftp://translate.example.com"}, "CONTACT_HUB_TRANSLATION_URL"),
        ({"translation_url": "http://translate.example.com"}, "CONTACT_HUB_TRANSLATION_URL"),
        ({"translation_url": "http://8.8.8.8"}, "CONTACT_HUB_TRANSLATION_URL"),
        ({"translation_url": "https://me:secret@translate.example.com"}, "CONTACT_HUB_TRANSLATION_URL"),
        ({"translation_url": "https://translate.example.com?key=secret"}, "CONTACT_HUB_TRANSLATION_URL"),
        ({"translation_url": "http://[::1"}, "CONTACT_HUB_TRANSLATION_URL"),
        ({"translation_url": "http://localhost:99999"}, "CONTACT_HUB_TRANSLATION_URL"),
        ({"translation_url": "http://localhost", "translation_key_file": "/nowhere/key"}, "CONTACT_HUB_TRANSLATION_KEY_FILE"),
        ({"translation_url": "https://localhost", "translation_ca_file": "/nowhere/ca.pem"}, "CONTACT_HUB_TRANSLATION_CA_FILE"),
    ],
)
def test_what_cannot_be_is_refused_at_boot_by_its_name(settings: dict[str, Any], variable: str) -> None:
    with pytest.raises(HubError) as refused_:
        translator_of(Settings(translation_engine="libretranslate", **settings))
    assert refused_.value.code == "setting_invalid"
    assert refused_.value.sentence.startswith(f"{variable}:")
    assert "secret" not in refused_.value.sentence


@pytest.mark.parametrize(
    "url", ["http://libretranslate:5000", "http://10.0.0.7:5000/base", "http://localhost:5000", "https://translate.example.com"]
)
async def test_at_home_and_over_tls_is_fine(url: str) -> None:
    engine = translator_of(Settings(translation_engine="libretranslate", translation_url=url))
    assert engine.name == "LibreTranslate"
    await engine.close()
