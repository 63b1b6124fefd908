"""Settling: evidence adds up, one foreign word changes nothing, a lasting switch is followed."""

import json

from hypothesis import given
from hypothesis import strategies as st

from i18n import catalogues
from i18n.detection import Detection, detect
from i18n.settling import Evidence, LanguageState, settle


def message(tag: str, sure: float = 0.99, letters: int = 30) -> Evidence:
    """A message that reads as `tag`."""
    other = "en" if tag != "en" else "de"
    text_only = ((tag, sure), (other, (1 - sure) * 0.6))
    return Evidence.text(Detection(tag=tag, confidence=sure, determined=sure >= 0.85, text_only=text_only, letters=letters))


def told(*evidence: Evidence) -> LanguageState:
    state: LanguageState | None = None
    for piece in evidence:
        state = settle(state, piece)
    assert state is not None
    return state


tags_said = st.sampled_from(["de", "en", "es", "ja", "pt-BR", "zh-Hant"])
any_evidence = st.one_of(
    st.builds(message, tags_said, st.floats(0.05, 1.0), st.integers(0, 100)),
    st.builds(Evidence.chosen, tags_said),
    st.builds(Evidence.corrected, tags_said),
    st.builds(Evidence.page, st.one_of(st.none(), tags_said, st.just("not a tag"))),
    st.builds(Evidence.browser, st.lists(tags_said, max_size=3)),
    st.builds(Evidence.brand, st.lists(tags_said, max_size=3)),
    st.builds(Evidence.mail, st.lists(tags_said, max_size=3)),
    st.builds(Evidence.earlier, tags_said),
)


def test_nothing_known_is_unknown_and_texts_are_the_brands() -> None:
    state = settle(None, Evidence.page(None))
    assert (state.working, state.settled, state.reason.code) == (None, False, "unknown")
    assert state.text_tag("de") == "de"


def test_a_greeting_of_no_particular_language_leaves_texts_to_the_brand() -> None:
    state = told(*(Evidence.text(detect(word)) for word in ("hi", "ok", "ok 👍", "hi!")))
    assert (state.working, state.settled, state.messages) == (None, False, 4)
    assert state.text_tag("de") == "de"


def test_a_weak_guess_stays_weak() -> None:
    assert told(message("da", 0.4)).working is None


def test_one_clear_sentence_settles() -> None:
    state = told(message("es"))
    assert (state.working, state.settled, state.reason.code) == ("es", True, "text")


def test_a_browser_names_a_language_without_settling_it() -> None:
    state = told(Evidence.browser(["de-AT", "en"]))
    assert (state.working, state.settled, state.reason.code) == ("de-AT", False, "browser")
    assert state.text_tag("en") == "de-AT"


def test_the_first_message_outweighs_page_and_browser() -> None:
    state = told(Evidence.brand(["de", "en"]), Evidence.page("de"), Evidence.browser(["de"]), message("tr"))
    assert (state.working, state.settled) == ("tr", True)


def test_background_that_agrees_does_not_outweigh_a_clear_message() -> None:
    around = (Evidence.brand(["de"]), Evidence.page("de"), Evidence.mail(["de"]), Evidence.browser(["de"]), Evidence.earlier("de"))
    assert told(*around).confidence < 0.98
    state = told(*around, message("es"))
    assert (state.working, state.settled) == ("es", True)


def test_weak_messages_add_up() -> None:
    first = told(message("da", 0.6))
    later = told(message("da", 0.6), message("da", 0.7), message("da", 0.7))
    assert later.confidence > first.confidence
    assert later.settled
    assert later.reason.code == "text_over_time"


def test_one_foreign_word_does_not_switch() -> None:
    state = told(message("de"), message("en", 0.95, letters=4))
    assert (state.working, state.settled) == ("de", True)


def test_one_foreign_sentence_does_not_switch_but_is_remembered() -> None:
    state = told(message("de"), message("de"), message("en"))
    assert (state.working, state.reason.code) == ("de", "kept")
    assert state.streak == ("en", 1)


def test_a_lasting_switch_is_followed() -> None:
    state = told(message("de"), message("de"), message("en"), message("en"))
    assert (state.working, state.settled, state.reason.code) == ("en", True, "switched")


def test_code_switching_back_and_forth_keeps_the_language() -> None:
    state = told(message("de"), message("en"), message("de"), message("en"), message("de"), message("en"))
    assert state.working == "de"


def test_a_choice_holds_longer_than_a_guess() -> None:
    twice = told(Evidence.chosen("de"), message("en"), message("en"))
    assert (twice.working, twice.reason.code) == ("de", "chosen")
    assert told(Evidence.chosen("de"), message("en"), message("en"), message("en")).working == "en"


def test_a_correction_by_an_agent_wins_at_once() -> None:
    state = told(message("hr"), message("hr"), Evidence.corrected("sr-Latn"))
    assert (state.working, state.settled, state.reason.code) == ("sr-Latn", True, "corrected")


def test_the_variant_comes_from_whoever_knows_best() -> None:
    assert told(Evidence.browser(["pt-PT"]), message("pt")).working == "pt-PT"
    assert told(Evidence.browser(["pt-PT"]), message("pt"), Evidence.chosen("pt-BR")).working == "pt-BR"
    assert told(Evidence.browser(["zh-CN"]), message("zh-Hant")).working == "zh-Hant"


def test_norwegian_is_one_language_whatever_the_browser_calls_it() -> None:
    for said in ("nb-NO", "nn", "no"):
        state = told(Evidence.browser([said, "en"]), message("no"))
        assert (state.working, state.settled) == (said, True)
    chosen = told(Evidence.chosen("nb"), message("no"), message("no"), message("no"))
    assert (chosen.working, chosen.reason.code) == ("nb", "chosen")


def test_a_greeting_in_another_language_is_no_language() -> None:
    """Code-switching inside a message: what carries the meaning counts."""
    assert told(Evidence.text(detect("Hola, my order has not arrived yet"))).working == "en"
    assert told(Evidence.text(detect("Guten Tag, where is my package please?"))).working == "en"
    assert told(Evidence.text(detect("Merci, aber ich warte seit einer Woche"))).working == "de"
    assert told(Evidence.text(detect("Hello! Mi pedido no ha llegado todavía"))).working == "es"


def test_hola_my_order_moves_nobody_who_writes_spanish() -> None:
    spanish = told(Evidence.text(detect("Buenos días, mi pedido no ha llegado todavía")))
    mixed = settle(spanish, Evidence.text(detect("hola, my order")))
    assert (mixed.working, mixed.settled) == ("es", True)


def test_a_switch_says_from_where() -> None:
    before = told(message("de"), message("de"), message("en"))
    after = settle(before, message("en"))
    assert (after.switched_from(before), before.switched_from(before)) == ("de", None)
    assert told(message("de")).switched_from(LanguageState()) is None


def test_a_customer_who_was_here_before_is_met_in_that_language() -> None:
    state = told(Evidence.brand(["de", "en", "es"]), Evidence.browser(["en-US"]), Evidence.earlier("es-MX"))
    assert (state.working, state.settled, state.reason.code) == ("es-MX", False, "earlier")
    assert told(Evidence.earlier("es-MX"), message("de")).working == "de"


def test_headers_of_a_mail_weigh_little() -> None:
    assert told(Evidence.mail(["en-US"])).working is None
    assert told(Evidence.brand(["de", "en"]), Evidence.mail(["en"])).working == "en"
    assert told(Evidence.brand(["de", "en"]), Evidence.mail(["en-US"]), Evidence.page("de")).working == "de"
    assert told(Evidence.brand(["de", "en"]), Evidence.mail(["en-US"]), message("de", 0.9)).working == "de"
    assert told(Evidence.mail(["nonsense tag", "\ud800"])).working is None


def test_every_reason_has_its_words() -> None:
    for state in (
        told(Evidence.chosen("de")),
        told(Evidence.corrected("de")),
        told(message("de")),
        told(message("de"), message("de")),
        told(message("de"), message("en")),
        told(message("de"), message("en"), message("en")),
        told(Evidence.earlier("de")),
        told(Evidence.browser(["de"])),
        told(Evidence.page("de")),
        told(Evidence.brand(["de"]), Evidence.mail(["de"])),
        told(Evidence.brand(["de"])),
        LanguageState(),
    ):
        assert catalogues.has(state.reason.key), state.reason


def test_background_does_not_move_what_is_settled() -> None:
    settled = told(message("fr"))
    assert settle(settled, Evidence.browser(["de"])).working == "fr"


@given(st.lists(any_evidence, max_size=12))
def test_states_survive_storage_and_confidence_is_a_probability(history: list[Evidence]) -> None:
    state: LanguageState | None = None
    for piece in history:
        state = settle(state, piece)
        assert 0 <= state.confidence <= 1 + 1e-9
        stored = LanguageState.from_json(json.loads(json.dumps(state.to_json())))
        assert (stored.working, stored.settled, stored.streak, stored.reason) == (
            state.working,
            state.settled,
            state.streak,
            state.reason,
        )


@given(st.lists(any_evidence, max_size=8), tags_said)
def test_after_any_history_three_clear_sentences_are_followed(history: list[Evidence], tag: str) -> None:
    state = told(*history, message(tag), message(tag), message(tag)) if history else told(message(tag), message(tag), message(tag))
    assert state.working is not None
    assert state.working.partition("-")[0] == tag.partition("-")[0]
    assert state.settled


@given(st.lists(any_evidence, min_size=1, max_size=8), tags_said)
def test_after_any_history_a_correction_is_what_counts(history: list[Evidence], tag: str) -> None:
    state = told(*history, Evidence.corrected(tag))
    assert (state.settled, state.reason.code) == (True, "corrected")
    assert state.working is not None
    assert state.working.partition("-")[0] == tag.partition("-")[0]


@given(tags_said, st.sampled_from(["de", "en", "es"]), st.floats(0.86, 1.0))
def test_no_single_message_ever_moves_a_settled_language(tag: str, other: str, sure: float) -> None:
    before = told(message(tag), message(tag))
    after = settle(before, message(other, sure))
    assert after.working == before.working


def test_the_same_background_twice_counts_once() -> None:
    once = told(Evidence.page("de"))
    assert settle(once, Evidence.page("de")) == once
