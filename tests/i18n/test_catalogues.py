"""Catalogues: complete, with English's placeholders and CLDR's plural forms; a reader never meets an exception or a bare key."""

import gettext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.errors import CODES
from i18n import catalogues, tags
from i18n.catalogues import LOCALES, PSEUDO, BrokenCatalogue, Catalogues, MissingText, categories
from routing import reasons

CUSTOMER_TAGS = ["ar", "de", "en", "es", "fil", "fr", "he", "hi", "it", "ja", "pl", "pt-BR", "tr", "zh-Hans"]
CUSTOMER_ERRORS = "text_empty text_too_long conversation_ended form_incomplete rate_limited overloaded storage_full shutting_down unavailable internal"
FILES = sorted(LOCALES.glob("*/LC_MESSAGES/*.po"))

FSI, PDI = "\u2068", "\u2069"


def write(root: Path, tag: str, body: str) -> None:
    folder = root / tag / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "widget.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n' + body, encoding="utf-8"
    )


def test_customers_are_spoken_to_in_fourteen_languages() -> None:
    assert set(CUSTOMER_TAGS) <= set(catalogues.available("widget."))


@pytest.mark.parametrize("tag", CUSTOMER_TAGS)
def test_no_customer_text_is_missing(tag: str) -> None:
    lacking = {key: reason for key, reason in catalogues.missing(tag).items() if key.startswith(("widget.", "notice."))}
    assert lacking == {}


@pytest.mark.parametrize("code", CUSTOMER_ERRORS.split())
def test_a_customer_never_reads_of_an_error_in_english_by_accident(code: str) -> None:
    english = catalogues.text(f"error.{code}", "en")
    assert [tag for tag in CUSTOMER_TAGS if tag != "en" and catalogues.text(f"error.{code}", tag) == english] == []


def test_placeholders_and_plural_forms_are_right_everywhere() -> None:
    assert catalogues.check_placeholders() == ()


@pytest.mark.parametrize("code", CODES)
def test_every_error_code_has_its_sentence(code: str) -> None:
    assert catalogues.has(f"error.{code}")


@pytest.mark.parametrize(
    "code", [code.value for table in (reasons.Reason, reasons.Why, reasons.Over, reasons.Flag) for code in table]
)
def test_every_routing_reason_has_its_sentence(code: str) -> None:
    assert catalogues.has(f"routing.reason.{code}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-3::2]))
def test_the_plural_header_picks_cldrs_category(path: Path) -> None:
    tag = path.parts[-3]
    header = next(line for line in path.read_text(encoding="utf-8").splitlines() if "Plural-Forms" in line)
    count, rule = header.strip('"').removesuffix("\\n").removeprefix("Plural-Forms: ").split(";")[:2]
    assert int(count.split("=")[1]) == len(categories(tag))
    pick = gettext.c2py(rule.split("=", 1)[1])
    for n in [*range(205), 1000, 1_000_000, 2_000_000]:
        assert categories(tag)[pick(n)] == tags.locale(tag).plural_form(n), n


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-3::2]))
def test_a_key_stands_in_the_file_of_its_face(path: Path) -> None:
    keys = [line.split('"')[1] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith('msgid "')]
    wrong = [key for key in keys if key and catalogues.DOMAINS.get(key.split(".")[0]) != path.stem]
    assert wrong == []
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "لا رسائل غير مقروءة"),
        (1, "رسالة واحدة غير مقروءة"),
        (2, "رسالتان غير مقروءتين"),
        (3, "3 رسائل غير مقروءة"),
        (11, "11 رسالة غير مقروءة"),
        (100, "100 رسالة غير مقروءة"),
    ],
)
def test_arabic_counts_in_six_ways(n: int, text: str) -> None:
    assert catalogues.text("widget.unread", "ar", n=n) == text


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (1, "1 nieprzeczytana wiadomość"),
        (3, "3 nieprzeczytane wiadomości"),
        (5, "5 nieprzeczytanych wiadomości"),
        (22, "22 nieprzeczytane wiadomości"),
        (112, "112 nieprzeczytanych wiadomości"),
    ],
)
def test_polish_counts_in_three(n: int, text: str) -> None:
    assert catalogues.text("widget.unread", "pl", n=n) == text


def test_a_variant_is_served_by_its_nearest_relative_before_english() -> None:
    assert catalogues.resolve("pt") == "pt-BR"
    assert catalogues.resolve("pt-PT") == "pt-BR"
    assert catalogues.resolve("de-AT") == "de"
    assert catalogues.resolve("zh-CN") == "zh-Hans"
    assert catalogues.resolve("eu") == "en"
    assert catalogues.resolve("no such tag!") == "en"


def test_values_are_named_and_numbers_are_the_readers() -> None:
    assert catalogues.text("widget.greeting.returning", "de", name="Ayşe") == "Willkommen zurück, Ayşe!"
    assert catalogues.text("widget.unread", "de", n=1234) == "1.234 ungelesene Nachrichten"


def test_inserted_values_are_isolated_where_asked() -> None:
    assert f"{FSI}Camille{PDI}" in catalogues.isolated_text("notice.joined", "ar", name="Camille")
    assert FSI not in catalogues.text("notice.joined", "ar", name="Camille")


def test_a_value_is_never_read_as_a_placeholder() -> None:
    assert (
        catalogues.text("widget.greeting.returning", "en", name="{email} {0.__class__}") == "Welcome back, {email} {0.__class__}!"
    )


@given(st.text(max_size=20), st.text(max_size=12))
def test_no_key_and_no_tag_ever_raises(key: str, tag: str) -> None:
    assert isinstance(catalogues.text(key, tag), str)


def test_a_strict_catalogue_says_what_is_missing() -> None:
    strict = Catalogues(strict=True)
    with pytest.raises(MissingText) as missing:
        strict.text("widget.no_such_text", "de")
    assert missing.value.code == "missing_text"
    with pytest.raises(MissingText, match="name"):
        strict.text("notice.joined", "de")
    with pytest.raises(MissingText):
        strict.text("widget.open", "eu")


def test_the_browser_gets_texts_direction_and_plurals_by_category() -> None:
    served = catalogues.browser_catalogue("ar-EG", prefixes=["widget.", "notice."])
    assert (served["tag"], served["dir"]) == ("ar-EG", "rtl")
    assert set(served["texts"]["widget.unread"]) == {"zero", "one", "two", "few", "many", "other"}
    assert served["texts"]["widget.composer.send"] == "إرسال"
    assert not [key for key in served["texts"] if not key.startswith(("widget.", "notice."))]


def test_the_browser_gets_english_for_what_a_language_lacks() -> None:
    served = catalogues.browser_catalogue("ja", prefixes=["error."])
    assert served["texts"]["error.setting_invalid"] == catalogues.text("error.setting_invalid", "en")


def test_a_reader_without_a_catalogue_gets_english_and_is_told_so() -> None:
    assert catalogues.browser_catalogue("eu", prefixes=["widget."])["tag"] == "en"


@pytest.mark.parametrize("key", ["widget.greeting.new", "notice.ended_idle", "widget.open"])
def test_the_pseudo_locale_is_two_fifths_longer_and_keeps_its_placeholders(key: str) -> None:
    english = catalogues.browser_catalogue("en", prefixes=[key])["texts"][key]
    pseudo = catalogues.browser_catalogue(PSEUDO, prefixes=[key])["texts"][key]
    assert len(pseudo) >= 1.4 * len(english) - 1
    assert ("{brand}" in pseudo) == ("{brand}" in english)
    assert catalogues.text("widget.greeting.new", PSEUDO, brand="Velour").startswith("⟦")


def test_a_broken_file_is_named_to_us_and_hidden_from_the_reader(tmp_path: Path) -> None:
    write(tmp_path, "en", 'msgid "widget.open"\nmsgstr "Open chat"\n')
    write(tmp_path, "de", 'msgid "widget.open"\nmsgstr[7 "Chat öffnen"\n')
    assert Catalogues(tmp_path).text("widget.open", "de") == "Open chat"
    with pytest.raises(BrokenCatalogue, match=r"de/widget\.po"):
        Catalogues(tmp_path, strict=True).text("widget.open", "de")


def test_what_a_translator_has_to_mend_is_found(tmp_path: Path) -> None:
    write(
        tmp_path,
        "en",
        'msgid "widget.a"\nmsgstr "{name} and {brand}"\n\nmsgid "widget.n"\nmsgid_plural "widget.n"\nmsgstr[0] "one"\nmsgstr[1] "{n}"\n',
    )
    write(
        tmp_path,
        "pl",
        'msgid "widget.a"\nmsgstr "{nazwa} i {brand}"\n\nmsgid "widget.n"\nmsgid_plural "widget.n"\nmsgstr[0] "jedna"\nmsgstr[1] "{n}"\n\n'
        'msgid "widget.x"\nmsgstr "x"\n',
    )
    found = Catalogues(tmp_path)
    assert {problem.key for problem in found.check_placeholders()} == {"widget.a", "widget.n", "widget.x"}
    assert set(found.missing("pl")) == {"widget.a", "widget.n"}


def test_an_entry_marked_for_review_is_not_shown(tmp_path: Path) -> None:
    write(tmp_path, "en", 'msgid "widget.open"\nmsgstr "Open chat"\n')
    write(tmp_path, "de", '#, fuzzy\nmsgid "widget.open"\nmsgstr "Öffne Plausch"\n')
    found = Catalogues(tmp_path)
    assert found.text("widget.open", "de") == "Open chat"
    assert found.missing("de") == {"widget.open": "to be reviewed"}
