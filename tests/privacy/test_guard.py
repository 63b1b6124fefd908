"""Nothing an agent types can name the vendor behind the brand."""

from __future__ import annotations

import pytest

from contact_hub.privacy.guard import Voice, fold, inspect, names

VOICE = Voice(
    refused=names("vendor_named", ["Manila Voice Partners"])
    | names("agent_named", ["Jürgen Straßer"])
    | names("forbidden_word", ["cheap"]),
    warned=names("other_brand_named", ["Noor Living"]),
    language="fr",
)


def codes(text: str, *, written_in: str | None = None) -> list[str]:
    return [finding.code for finding in inspect(text, VOICE, written_in=written_in)]


def test_a_vendor_is_found_however_it_is_spelt() -> None:
    for spelt in ("manila voice partners", "MANILA  VOICE\nPARTNERS", "Manila\u200b Voice Partners", "Ｍanila Voice Partners"):
        assert codes(f"Bonjour, ici {spelt}.") == ["vendor_named"]


def test_a_real_name_is_found_without_its_accents() -> None:
    assert codes("Moi c'est Jurgen Strasser") == ["agent_named"]


def test_a_name_inside_another_word_is_no_finding() -> None:
    assert codes("Un prix dit cheapest n'existe pas") == []


def test_refusals_come_before_warnings() -> None:
    assert codes("Noor Living is cheap {name}") == ["forbidden_word", "other_brand_named", "unfilled_variable"]


def test_card_numbers_are_refused_and_a_wrong_language_is_warned_of() -> None:
    assert codes("votre carte 4111 1111 1111 1111") == ["card_number"]
    assert codes("Guten Tag", written_in="de") == ["wrong_language"]
    assert codes("Bonjour", written_in="fr-CA") == []


@pytest.mark.parametrize(
    ("spoken", "written", "warned"),
    [
        ("nb", "no", False),
        ("pt-PT", "pt-BR", False),
        ("sr", "sr-Latn", False),
        ("sr-Latn", "hr", False),
        ("hi-Latn", "hi", False),
        ("zh-Hant", "zh-Hans", True),
        ("no", "da", True),
        ("es", "pt", True),
    ],
)
def test_a_reply_in_another_language_is_warned_of_and_one_nobody_tells_apart_is_not(
    spoken: str, written: str, warned: bool
) -> None:
    voice = Voice(language=spoken)
    found = [(finding.code, finding.severity) for finding in inspect("…", voice, written_in=written)]
    assert found == ([("wrong_language", "warn")] if warned else [])


def test_folding_is_the_same_twice() -> None:
    assert fold(fold("Straße ÉTÉ")) == fold("Straße ÉTÉ")


@pytest.mark.parametrize(
    "text",
    [
        "私はZephyrの者です",
        "我们是Zephyr公司",
        "บริษัทZephyrครับ",
        "저는 Zephyr에서 일합니다",
        "أعمل في شركةZephyr",
        "_Zephyr_",
        "Ze\u202dphyr",
        "Ze\ufe0fphyr",
        "Z\u2063ephyr",
        "Ze\u3164phyr",
        "我们在风神工作",
    ],
)
def test_a_name_is_found_where_words_are_not_parted_by_spaces_and_behind_what_nobody_sees(text: str) -> None:
    voice = Voice(refused=names("vendor_named", ["Zephyr", "风神"]))
    assert [finding.code for finding in inspect(text, voice)] == ["vendor_named"]
