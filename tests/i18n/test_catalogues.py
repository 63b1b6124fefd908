"""Catalogues: complete, with English's placeholders and CLDR's plural forms; a reader never meets an exception or a bare key."""

import gettext
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.errors import CODES
from i18n import catalogues, tags
from i18n.catalogues import LOCALES, PSEUDO, BrokenCatalogue, Catalogues, MissingText, categories, plural_header
from i18n.promises import CUSTOMER_ERRORS, CUSTOMER_PREFIXES, CUSTOMER_TAGS, STAFF_TAGS, meets_a_customer, promised
from i18n.typography import spaced
from routing import reasons

FILES = sorted(LOCALES.glob("*/LC_MESSAGES/*.po"))
KEYS = catalogues.keys()

FSI, PDI = "\u2068", "\u2069"


def write(root: Path, tag: str, body: str) -> None:
    folder = root / tag / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "widget.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n' + body, encoding="utf-8"
    )


# English words that these languages use as their own, in a text that is one word: a service desk in Cologne says "Chat".
LOANS = {
    "chat": "de es fr it pt-BR",
    "e-mail": "fr it pl pt-BR",
    "offline": "de it pl pt-BR",
    "coaching": "de it pl pt-BR",
    "service": "da de nl no sv",
    "privacy": "it nl",
    "routing": "pl",
    "agent": "de fr pl",
    "agents": "fr",
    "budget": "de fr it",
    "password": "it",
    "note": "fr",
    "live": "de",
    "name": "de",
    "teams": "de",
    "definition": "de",
    "optional": "de",
    "conversation": "fr",
    "conversations": "fr",
    "observation": "fr",
    "satisfaction": "fr",
    "versions": "fr",
    "pages": "fr",
    "date": "fr",
    "volume": "fr it pt-BR",
    "total": "es fr pt-BR",
    "error": "es",
    "personal": "es",
    "send": "da no",  # "send!", as Danes and Norwegians write it
}
SAME_EVERYWHERE = {"", "contact hub", "n"}  # nothing but values, our name, and what statistics writes in every language
# Desks in Manila work in English terms ("Wrap-up", "Service level"); there a label may be English, a sentence may not.
ENGLISH_TERMS, TERM_WORDS_MAX = "fil", 3


def words_of(text: str) -> str:
    """The words alone, without values, signs and digits: `Agents ({n})` → `agents`."""
    return " ".join(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", re.sub(r"\{\w+\}", "", text))).casefold()


def is_english(key: str, tag: str) -> bool:
    return catalogues.text(key, tag) == catalogues.text(key, "en")


def is_meant(key: str, tag: str) -> bool:
    words = words_of(catalogues.text(key, "en"))
    term = tag == ENGLISH_TERMS and len(words.split()) <= TERM_WORDS_MAX
    return term or words in SAME_EVERYWHERE or tag in LOANS.get(words, "").split()


def test_customers_are_spoken_to_in_forty_seven_languages_and_staff_in_twelve() -> None:
    assert len(CUSTOMER_TAGS) == len(set(CUSTOMER_TAGS)) == 47
    assert len(STAFF_TAGS) == 12
    assert set(STAFF_TAGS) < set(CUSTOMER_TAGS) == set(catalogues.offered(CUSTOMER_PREFIXES))
    assert set(catalogues.offered(("console.", "signin."))) == set(STAFF_TAGS)
    assert set(catalogues.keys("error.")) >= CUSTOMER_ERRORS


@pytest.mark.parametrize("tag", CUSTOMER_TAGS)
def test_nothing_that_was_promised_is_missing(tag: str) -> None:
    lacking = catalogues.missing(tag)
    assert {key: lacking[key] for key in promised(tag, KEYS) if key in lacking} == {}


@pytest.mark.parametrize("tag", CUSTOMER_TAGS[1:])
def test_nobody_reads_english_by_accident(tag: str) -> None:
    assert [key for key in promised(tag, KEYS) if is_english(key, tag) and not is_meant(key, tag)] == []


@pytest.mark.parametrize("tag", STAFF_TAGS[1:])
def test_english_that_is_meant_is_rare(tag: str) -> None:
    assert len([key for key in KEYS if is_english(key, tag)]) < (0.1 if tag == ENGLISH_TERMS else 0.035) * len(KEYS)


def test_no_loan_word_is_excused_that_nobody_uses() -> None:
    used = {
        (words_of(catalogues.text(key, "en")), tag) for tag in CUSTOMER_TAGS for key in promised(tag, KEYS) if is_english(key, tag)
    }
    assert [(word, tag) for word, excused in LOANS.items() for tag in excused.split() if (word, tag) not in used] == []


def test_a_tag_that_nobody_promised_owes_nothing() -> None:
    assert promised("eu", KEYS) == ()
    assert all(meets_a_customer(key) for key in promised("ja", KEYS))


def test_placeholders_and_plural_forms_are_right_everywhere() -> None:
    assert catalogues.check_placeholders() == ()


def test_no_french_sign_falls_into_the_next_line_alone() -> None:
    texts = catalogues.browser_catalogue("fr", prefixes=[""])["texts"]
    forms = {key: (text,) if isinstance(text, str) else tuple(text.values()) for key, text in texts.items()}
    assert {key: form for key, told in forms.items() for form in told if spaced(form, "fr") != form} == {}


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


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (1, "1 neprebrano sporočilo"),
        (2, "2 neprebrani sporočili"),
        (3, "3 neprebrana sporočila"),
        (4, "4 neprebrana sporočila"),
        (5, "5 neprebranih sporočil"),
        (101, "101 neprebrano sporočilo"),
        (102, "102 neprebrani sporočili"),
    ],
)
def test_slovene_counts_pairs(n: int, text: str) -> None:
    assert catalogues.text("widget.unread", "sl", n=n) == text


def test_a_variant_is_served_from_its_own_catalogue_or_its_nearest_relatives() -> None:
    assert catalogues.resolve("pt") == "pt-BR"
    assert catalogues.resolve("pt-PT") == "pt-PT"
    assert catalogues.resolve("pt-AO") == "pt-PT"
    assert catalogues.resolve("de-AT") == "de"
    assert catalogues.resolve("zh-CN") == "zh-Hans"
    assert catalogues.resolve("zh-HK") == "zh-Hant"
    assert catalogues.resolve("nb-NO") == "no"
    assert catalogues.resolve("eu") == "en"
    assert catalogues.resolve("no such tag!") == "en"


def test_what_a_variant_lacks_it_gets_from_its_nearest_relative_before_english() -> None:
    assert "signin.title" in catalogues.missing("pt-PT")
    assert (
        catalogues.text("signin.title", "pt-PT")
        == catalogues.text("signin.title", "pt-BR")
        != catalogues.text("signin.title", "en")
    )
    assert catalogues.resolve("pt-PT", prefixes=["console."]) == "pt-BR"
    console = catalogues.browser_catalogue("pt-PT", prefixes=["console.", "error."])
    assert console["tag"] == "pt-PT", "figures and dates stay the reader's"
    assert console["texts"]["error.internal"] == catalogues.text("error.internal", "pt-PT")
    assert console["texts"]["console.list"] == catalogues.text("console.list", "pt-BR")


def test_relatives_are_asked_by_distance_and_only_if_they_can_be_read(tmp_path: Path) -> None:
    write(tmp_path, "en", "".join(f'msgid "widget.{key}"\nmsgstr "English"\n\n' for key in "abc"))
    write(tmp_path, "zh-Hant", 'msgid "widget.a"\nmsgstr "繁"\n')
    write(tmp_path, "zh-Hans", 'msgid "widget.b"\nmsgstr "简"\n')
    write(tmp_path, "no", 'msgid "widget.a"\nmsgstr "norsk"\n')
    write(tmp_path, "da", 'msgid "widget.a"\nmsgstr "dansk"\n\nmsgid "widget.b"\nmsgstr "dansk"\n')
    write(tmp_path, "sv", 'msgid "widget.b"\nmsgstr "svenska"\n\nmsgid "widget.c"\nmsgstr "svenska"\n')
    write(tmp_path, "sr", 'msgid "widget.c"\nmsgstr "српски"\n')
    found = Catalogues(tmp_path)
    assert [found.text(f"widget.{key}", "zh-TW") for key in "abc"] == ["繁", "简", "English"]
    assert [found.text(f"widget.{key}", "nb") for key in "abc"] == ["norsk", "dansk", "svenska"]
    assert found.text("widget.c", "sr-Latn") == "српски", "the same language in its other script is read"
    assert found.text("widget.c", "hr") == "English", "another language in another script is not"


def test_a_page_says_the_language_that_most_of_it_is_written_in() -> None:
    persian = catalogues.browser_catalogue("fa", prefixes=["console.", "error."])
    assert (persian["tag"], persian["dir"]) == ("en", "ltr")
    assert persian["texts"]["error.internal"] == catalogues.text("error.internal", "fa")
    assert catalogues.browser_catalogue("fa", prefixes=["widget."])["dir"] == "rtl"


@pytest.mark.parametrize("tag", CUSTOMER_TAGS)
def test_the_widget_is_served_in_every_language(tag: str) -> None:
    served = catalogues.browser_catalogue(tag, prefixes=["widget.", "notice."])
    assert (served["tag"], served["dir"]) == (tag, tags.direction(tag))
    assert set(served["texts"]) == {*catalogues.keys("widget."), *catalogues.keys("notice.")}


@pytest.mark.parametrize("tag", [*CUSTOMER_TAGS, "cy", "ga", "mt", "is", "br"])
def test_a_new_catalogue_can_be_given_its_plural_header(tag: str) -> None:
    pick = gettext.c2py(plural_header(tag).split(";")[1].split("=", 1)[1])
    for n in [*range(205), 1000, 1_000_000, 2_000_000]:
        assert categories(tag)[pick(n)] == tags.locale(tag).plural_form(n), n


def test_a_language_is_offered_when_nine_of_ten_texts_are_its_own(tmp_path: Path) -> None:
    write(tmp_path, "en", "".join(f'msgid "widget.{key}"\nmsgstr "English"\n\n' for key in "abcdefghij"))
    write(tmp_path, "de", "".join(f'msgid "widget.{key}"\nmsgstr "deutsch"\n\n' for key in "abcdefghi"))
    write(tmp_path, "fr", "".join(f'msgid "widget.{key}"\nmsgstr "français"\n\n' for key in "abcdefgh"))
    write(tmp_path, "es", "".join(f'#, fuzzy\nmsgid "widget.{key}"\nmsgstr "español"\n\n' for key in "abcdefghij"))
    assert Catalogues(tmp_path).offered(["widget."]) == ("en", "de")


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
