"""Tags: canonical forms, what CLDR adds, and what one language is worth for a reader of another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n import tags

KNOWN = "en es fr de it pt pt-BR pt-PT nl pl cs sk hu ro bg hr sr sr-Latn sl uk ru tr ar he fa hi bn ur zh-Hans zh-Hant zh-TW no nb da sv fil ja ko en-GB es-MX"
USES: tuple[tags.Use, ...] = ("reading", "writing", "speaking")
known_tags = st.sampled_from(KNOWN.split())


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("pt_br", "pt-BR"),
        ("EN", "en"),
        ("iw", "he"),
        ("tl", "fil"),
        ("sh", "sr-Latn"),
        ("zh-cmn-hans", "zh-Hans"),
        ("ZH-hant-tw", "zh-Hant-TW"),
        ("en-UK", "en-GB"),
        ("de-DE-1996", "de-DE-1996"),
        ("en-u-ca-gregory-x-foo", "en-u-ca-gregory-x-foo"),
        ("en-u-ca-gregory-a-foo", "en-a-foo-u-ca-gregory"),
        ("sl-rozaj-1994-biske", "sl-1994-biske-rozaj"),
        ("i-klingon", "tlh"),
        ("art-lojban", "jbo"),
        ("en-GB-oed", "en-GB-oxendict"),
        ("sgn-BE-FR", "sfb"),
        ("zh-hakka", "hak"),
        ("i-default", "en-x-i-default"),
        ("x-private", "und-x-private"),
        ("de-DD", "de-DE"),
    ],
)
def test_tags_take_their_canonical_form(written: str, canonical: str) -> None:
    assert tags.canonical(written) == canonical


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "-",
        "e",
        "de--AT",
        "klingonisch-und-so",
        "de AT",
        "日本語",
        "*",
        "en-1996-1996",
        "en-a-bbb-a-ccc",
        "\ud800",
        "en\u202e",
        "x" * 500,
    ],
)
def test_what_is_no_tag_is_refused_by_name(nonsense: str) -> None:
    with pytest.raises(tags.InvalidTag) as refused:
        tags.canonical(nonsense)
    assert refused.value.code == "invalid_tag"


@given(st.text(max_size=30))
def test_any_text_is_a_tag_or_refused_and_canonical_is_final(text: str) -> None:
    try:
        canonical = tags.canonical(text)
    except tags.InvalidTag:
        return
    assert tags.canonical(canonical) == canonical


@pytest.mark.parametrize(
    ("tag", "script", "direction"),
    [("zh-TW", "Hant", "ltr"), ("ur", "Arab", "rtl"), ("sr", "Cyrl", "ltr"), ("he", "Hebr", "rtl"), ("en", "Latn", "ltr")],
)
def test_script_and_direction_follow_from_the_tag(tag: str, script: str, direction: str) -> None:
    assert (tags.script(tag), tags.direction(tag)) == (script, direction)


def test_likely_subtags_are_cldrs() -> None:
    assert tags.expand("pt") == "pt-Latn-BR"
    assert tags.expand("zh-HK") == "zh-Hant-HK"
    assert tags.expand("sr-ME") == "sr-Latn-ME"


@pytest.mark.parametrize("tag", ["xyz", "qaa", "mul", "und", "und-Latn", "und-x-private", "klingonisch"[:8]])
def test_what_cldr_does_not_know_is_not_taken_for_english(tag: str) -> None:
    assert not tags.expand(tag).startswith("en")
    for use in USES:
        assert tags.distance(tag, "en", use=use) == tags.UNRELATED
    assert tags.best_match([tag], ["en", "de"]) is None
    assert tags.direction(tag) == "ltr"
    assert tags.display_name(tag, in_tag="de")


def test_fallbacks_never_cross_a_script() -> None:
    assert tags.fallbacks("es-MX") == ("es-MX", "es-419", "es")
    assert tags.fallbacks("zh-TW") == ("zh-TW", "zh-Hant")
    assert tags.fallbacks("zh-Hans-CN") == ("zh-Hans-CN", "zh-Hans", "zh")
    assert tags.fallbacks("nb") == ("nb", "no")


def test_names_are_given_in_the_readers_language() -> None:
    assert tags.display_name("de", in_tag="fr") == "allemand"
    assert tags.display_name("zh-Hant", in_tag="en") == "Traditional Chinese"
    assert tags.display_name("xyz", in_tag="en") == "xyz"


@pytest.mark.parametrize(
    ("tag", "reader", "name"),
    [
        ("pt-BR", "pl", "brazylijski portugalski"),
        ("sr-Latn", "ar", "الصربية (اللاتينية)"),
        ("zh-Hans", "hi", "सरलीकृत चीनी"),
        ("ja", "tr", "Japonca"),
        ("he", "he", "עברית"),
        ("fil", "fil", "Filipino"),
        ("ca-valencia", "de", "Katalanisch (Valencianisch)"),
        ("de-1996", "en", "German (German orthography of 1996)"),
        ("es-MX-u-nu-latn", "en", "Mexican Spanish"),
        ("de", "xyz", "German"),
    ],
)
def test_names_are_there_in_any_language_with_script_region_and_variant(tag: str, reader: str, name: str) -> None:
    assert tags.display_name(tag, in_tag=reader) == name


@given(known_tags, known_tags)
def test_distance_is_symmetric_and_bounded(a: str, b: str) -> None:
    for use in USES:
        assert 0 <= tags.distance(a, b, use=use) == tags.distance(b, a, use=use) <= tags.UNRELATED


def test_distance_says_what_one_language_is_worth_for_another() -> None:
    assert tags.distance("de", "de") == 0
    assert tags.distance("zh", "zh-CN") == 0
    assert tags.distance("no", "nb") == 0
    assert 0 < tags.distance("pt-PT", "pt-BR") <= 10
    assert tags.distance("no", "da", use="reading") <= 10 < tags.distance("no", "da", use="writing")
    assert tags.distance("zh-Hant", "zh-Hans", use="reading") < tags.distance("zh-Hant", "zh-Hans", use="writing")
    assert tags.distance("sr-Latn", "sr", use="speaking") == 0
    assert tags.distance("de", "fr") == tags.UNRELATED


def test_a_variant_is_served_in_the_other_at_a_price_and_a_language_never_in_a_stranger() -> None:
    assert (
        tags.distance("pt", "pt-BR")
        == 0
        < tags.distance("en-GB", "en-US")
        < tags.distance("pt-PT", "pt-BR")
        < tags.distance("hr", "sr")
    )
    assert tags.distance("zh-Hans", "zh-Hant", use="writing") >= 40
    assert tags.distance("zh-Hans", "zh-Hant", use="speaking") == 0


def test_neighbours_help_each_other_only_in_a_script_they_share() -> None:
    assert tags.distance("az", "tr", use="reading") == 30
    assert tags.distance("az-Arab", "tr", use="reading") >= 80
    assert tags.distance("az-Arab", "tr", use="speaking") == 30
    assert tags.distance("sr", "hr") == tags.distance("sr-Latn", "hr")  # Serbs read both, and the price says so


def test_best_match_prefers_the_first_wish_unless_a_later_one_fits_far_better() -> None:
    assert tags.best_match(["pt-PT", "en"], ["en", "pt-BR"]) == "pt-BR"
    assert tags.best_match(["da", "en"], ["no", "en"]) == "en"
    assert tags.best_match(["nn"], ["en", "no"]) == "no"
    assert tags.best_match(["zh-HK"], ["en", "zh-Hans"]) == "zh-Hans"
    assert tags.best_match(["*", "nonsense tag", "de-AT"], ["de", "en"]) == "de"
    assert tags.best_match(["eu"], ["en", "de"]) is None


def test_own_texts_are_those_of_the_readers_language_and_script_and_nothing_near_it() -> None:
    assert tags.own_match("es-MX", ["es", "es-419", "en"]) == "es-419"
    assert tags.own_match("pt-PT", ["en", "pt-BR"]) == "pt-BR"
    assert tags.own_match("nb", ["da", "no"]) == "no"
    assert tags.own_match("no", ["da", "en"]) is None
    assert tags.own_match("zh-Hant", ["zh-Hans", "en"]) is None
    assert tags.own_match("sr-Latn", ["sr"]) == "sr"
    assert tags.own_match("nonsense tag", ["en"]) is None
    assert tags.own_match("de", []) is None
