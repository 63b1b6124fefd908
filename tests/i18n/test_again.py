"""Whether a message goes on in its conversation's language: a quick yes is right, and whatever is no plain yes is left to a proper look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n import tags
from i18n.detection import LANGUAGES, detect, goes_on
from i18n.settling import Evidence, LanguageState, certain, in_short, settle
from tests.i18n.test_detection import QUESTIONS

PLAIN = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "ru", "ar", "vi")


@pytest.mark.parametrize("tag", PLAIN)
def test_a_plain_sentence_goes_on_in_its_own_language_and_in_no_other(tag: str) -> None:
    assert [other for other in LANGUAGES if goes_on(QUESTIONS[tag], other)] == [tag]


def test_the_variant_of_a_language_is_the_same_language() -> None:
    assert goes_on(QUESTIONS["pt"], "pt-BR")


@pytest.mark.parametrize("text", ["", "ok", "🙂", "12345", "hola", "https://a.example/b", "\ud800", "de de de"])
def test_little_or_nothing_is_no_yes(text: str) -> None:
    assert not any(goes_on(text, tag) for tag in LANGUAGES)


@pytest.mark.parametrize(
    ("text", "tag"), [("Jeg vil gerne vide hvor min pakke er nu, tak", "da"), ("Gdje je moja pošiljka? Trebala je stići.", "hr")]
)
def test_languages_that_are_taken_for_each_other_are_always_read_properly(text: str, tag: str) -> None:
    assert not goes_on(text, tag)
    assert detect(text).tag == tag


def test_whoever_does_not_take_part_is_not_asked() -> None:
    assert not goes_on(QUESTIONS["en"], "en", detectors=("eldc", "wordfreq"))


@given(st.text(max_size=200), st.sampled_from([*LANGUAGES, "xx", "zh-Hant", "sr-Latn"]))
def test_any_text_has_an_answer(text: str, tag: str) -> None:
    assert goes_on(text, tag) in (True, False)


@given(st.lists(st.sampled_from(list(QUESTIONS.values())), min_size=1, max_size=6))
def test_where_it_is_certain_a_yes_spares_nothing_that_settling_would_have_learned(said: list[str]) -> None:
    state: LanguageState | None = None
    for text in said:
        evidence = Evidence.text(detect(text))
        after = settle(state, evidence)
        if state is not None and (language := certain(state)) is not None and goes_on(text, language):
            assert after == state
            assert tags.language(evidence.weights[0][0]) == language
        state = after


def test_what_is_shown_of_a_stored_state_is_what_the_state_says() -> None:
    state = settle(settle(None, Evidence.browser(["de-AT"])), Evidence.text(detect(QUESTIONS["de"])))
    assert in_short(state.to_json()) == (state.settled, state.reason)
    assert in_short({}) == (LanguageState().settled, LanguageState().reason)
