"""Whatever somebody writes, calls themselves or sends as a tag has a defined result: nothing here ever raises on the message path."""

import unicodedata
from pathlib import Path

import pytest

from i18n import catalogues, formatting, tags
from i18n.catalogues import BrokenCatalogue, Catalogues
from i18n.detection import detect
from i18n.settling import Evidence, settle

FSI, PDI, RLO = "\u2068", "\u2069", "\u202e"

WRITTEN = {
    "empty": "",
    "spaces": " \t\n\u3000",
    "one emoji": "🙂",
    "emoji of several": "👩‍👩‍👧‍👦🏳️‍🌈",
    "a megabyte of words": "where is my parcel " * 55_000,
    "a megabyte of one letter": "x" * 1_000_000,
    "a lone surrogate": "\ud83d",
    "surrogates between words": "where \udc00is\ud800 my parcel",
    "mixed scripts": "Привет, wo ist 我的 paket بتاعي हाँ?",
    "zero width": "\u200bhal\u200dlo\u200c \ufeffwelt\u2060",
    "controls of direction": "\u202a\u202b\u202d\u202eabc\u202c\u2066\u2067\u2068",
    "null and its like": "\x00\x01\x1b[31mred\x7f",
    "combining marks without letters": "\u0301" * 5000,
    "one letter under many marks": "Z" + "\u0335\u0336\u0310" * 3000,
    "digits": "0123456789" * 100,
    "private use": "\ue000\uf8ff\U0010fffd",
    "unassigned": "\u0378\U000e0fff",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_whatever_is_written_has_an_answer_that_can_be_stored(text: str) -> None:
    found = detect(text, hints={"brand_languages": ["de", "xx-nonsense!", ""], "locales": ["", "\ud800"], "page": text[:40]})
    assert 0.0 <= found.confidence <= 1.0
    assert (found.tag is None) == (not found.alternatives)
    assert detect(text) == detect(text)
    state = settle(settle(None, Evidence.brand(("de", "en"))), Evidence.text(found))
    assert state.working in {None, "de", "en", *(tag for tag, _ in found.alternatives)}
    assert state.text_tag("de")


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_whatever_somebody_is_called_is_a_name_on_one_line_that_turns_nobody_round(text: str) -> None:
    name = formatting.person(text)
    assert not {unicodedata.category(character) for character in name} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(name) & set("\u202a\u202b\u202d\u202e")
    name.encode()
    told = catalogues.isolated_text("notice.joined", "ar", name=name)
    assert told.count(FSI) == told.count(PDI) >= 1


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_what_is_inserted_stays_in_its_isolate(text: str) -> None:
    wrapped = formatting.isolate(text)
    assert wrapped.startswith(FSI)
    assert wrapped.endswith(PDI)
    inside = wrapped[1:-1]
    assert not set(inside) & {FSI, PDI, RLO}
    wrapped.encode()


def test_what_can_be_read_beside_what_cannot_is_read() -> None:
    assert detect(WRITTEN["surrogates between words"]).tag == "en"
    assert detect(WRITTEN["zero width"]).tag == "de"
    assert detect(WRITTEN["a megabyte of words"]).tag == "en"


@pytest.mark.parametrize(
    "nothing", ["empty", "spaces", "one emoji", "emoji of several", "a lone surrogate", "digits", "private use"]
)
def test_where_nothing_is_written_nothing_is_claimed(nothing: str) -> None:
    found = detect(WRITTEN[nothing])
    assert (found.tag, found.confidence, found.determined) == (None, 0.0, False)
    assert [reason.code for reason in found.reasons] == ["nothing_to_read"]


@pytest.mark.parametrize("tag", ["xyz", "und", "mul", "", "no such tag!", "\ud800", "zh_TW", "x" * 10_000, "en-" * 3000])
def test_an_unknown_tag_is_served_and_never_raises(tag: str) -> None:
    assert catalogues.text("widget.open", tag)
    assert catalogues.browser_catalogue(tag if _is_tag(tag) else "en", prefixes=["widget."])["texts"]
    assert detect("guten tag zusammen", hints={"locales": [tag], "page": tag, "earlier": {tag: 0.9}}).tag == "de"


def _is_tag(tag: str) -> bool:
    try:
        tags.canonical(tag)
    except tags.InvalidTag:
        return False
    return True


BROKEN = {
    "a plural without its forms": 'msgid "widget.n"\nmsgid_plural "widget.n"\nmsgstr[0] "jedna"\n',
    "a plural with a hole": 'msgid "widget.n"\nmsgid_plural "widget.n"\nmsgstr[0] "jedna"\nmsgstr[2] "{n} wielu"\n',
    "a missing placeholder": 'msgid "widget.hello"\nmsgstr "Witaj!"\n',
    "an invented placeholder": 'msgid "widget.hello"\nmsgstr "Witaj, {imie} {name}!"\n',
    "half a placeholder": 'msgid "widget.hello"\nmsgstr "Witaj, {name!"\n',
    "no gettext at all": "<<<<<<< HEAD\nnot a catalogue\n",
    "not even text": "\x00\x01\x02",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_broken_catalogue_is_found_by_us_and_hurts_no_reader(tmp_path: Path, body: str) -> None:
    _write(
        tmp_path,
        "en",
        'msgid "widget.hello"\nmsgstr "Hello {name}!"\n\nmsgid "widget.n"\nmsgid_plural "widget.n"\n'
        + 'msgstr[0] "one"\nmsgstr[1] "{n}"\n',
    )
    _write(tmp_path, "pl", body)
    found = Catalogues(tmp_path)
    assert found.text("widget.hello", "pl", name="Anna")
    assert [found.text("widget.n", "pl", n=n) for n in (0, 1, 2, 5, 1.5, 10**12)]
    assert found.browser_catalogue("pl", prefixes=["widget."])["texts"]
    assert found.missing("pl")
    try:
        told = [problem.key for problem in Catalogues(tmp_path, strict=True).check_placeholders()]
    except BrokenCatalogue as broken:
        told = [str(broken)]
    assert told or "widget.hello" in found.missing("pl")


def _write(root: Path, tag: str, body: str) -> None:
    folder = root / tag / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "widget.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n' + body, encoding="utf-8"
    )
