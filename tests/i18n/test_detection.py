"""Detection: total, deterministic, modest where little is said, and better for every hint."""

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from i18n import tags
from i18n.detection import Detection, Detectors, Hints, UnknownHint, detect, ngrams
from i18n.detection.fusion import PARAMETERS, shipped
from i18n.detection.serbian import lean

QUESTIONS = {
    "en": "Where is my parcel? It should have arrived on Monday.",
    "de": "Wo bleibt mein Paket? Es sollte am Montag ankommen.",
    "fr": "Où est mon colis ? Il devait arriver lundi dernier.",
    "es": "¿Dónde está mi paquete? Tenía que llegar el lunes.",
    "it": "Dov'è il mio pacco? Doveva arrivare lunedì scorso.",
    "pt": "Onde está a minha encomenda? Devia ter chegado na segunda-feira.",
    "nl": "Waar blijft mijn pakket? Het zou maandag aankomen.",
    "pl": "Gdzie jest moja paczka? Miała przyjść w poniedziałek.",
    "tr": "Paketim nerede kaldı? Pazartesi günü gelmesi gerekiyordu.",
    "ru": "Где моя посылка? Она должна была прийти в понедельник.",
    "uk": "Де моя посилка? Вона мала надійти в понеділок.",
    "ar": "أين طردي؟ كان يجب أن يصل يوم الاثنين.",
    "fa": "بسته من کجاست؟ قرار بود دوشنبه برسد.",
    "he": "איפה החבילה שלי? היא הייתה אמורה להגיע ביום שני.",
    "hi": "मेरा पार्सल कहाँ है? इसे सोमवार को आना था।",
    "th": "พัสดุของฉันอยู่ที่ไหน",
    "ja": "荷物はどこですか。月曜日に届くはずでした。",
    "ko": "제 소포는 어디에 있나요? 월요일에 도착했어야 합니다.",
    "zh-Hans": "我的包裹在哪里？应该星期一就到了。",
    "zh-Hant": "我的包裹在哪裡？應該星期一就到了，請幫我處理這個問題。",
    "fil": "Nasaan na po ang aking padala? Dapat ay dumating ito noong Lunes.",
    "vi": "Gói hàng của tôi đâu rồi? Lẽ ra nó phải đến vào thứ Hai.",
}

any_text = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)


@pytest.mark.parametrize(("tag", "question"), QUESTIONS.items())
def test_a_question_of_one_sentence_is_determined(tag: str, question: str) -> None:
    found = detect(question)
    assert found.tag == tag
    assert found.determined
    assert found.confidence >= 0.85


@pytest.mark.parametrize("word", ["hi", "ok", "Hi!", "OK", "pls", "hello", "ok thanks", "ok 👍"])
def test_words_of_no_particular_language_are_never_acted_on(word: str) -> None:
    found = detect(word)
    assert not found.determined
    assert found.tag == "en"
    assert found.reasons[0].code == "universal"


@pytest.mark.parametrize(
    "nothing",
    ["", " ", "😀", "12345", "https://example.com/de/paket", "me@example.com", "\u200b\u202e", "\ud800", "!!! ???", "#4711-AB12"],
)
def test_where_there_is_nothing_to_read_there_is_no_tag(nothing: str) -> None:
    found = detect(nothing)
    assert (found.tag, found.determined, found.confidence) == (None, False, 0.0)
    assert [reason.code for reason in found.reasons] == ["nothing_to_read"]


@settings(max_examples=300, deadline=None)
@given(any_text)
def test_detection_is_total_and_deterministic(text: str) -> None:
    first = detect(text)
    assert first == detect(text)
    assert 0 <= first.confidence <= 1
    assert first.tag is None or tags.canonical(first.tag) == first.tag
    assert sum(weight for _, weight in first.alternatives) <= 1 + 1e-6


@settings(max_examples=50, deadline=None)
@given(any_text, st.lists(st.text(max_size=8), max_size=3), st.dictionaries(st.text(max_size=6), st.floats(0, 1), max_size=3))
def test_hints_of_any_content_never_break_detection(text: str, locales: list[str], earlier: dict[str, float]) -> None:
    found = detect(text, hints={"locales": locales, "earlier": earlier, "brand_languages": locales})
    assert isinstance(found, Detection)


@pytest.mark.parametrize(
    "long",
    [
        "parcel " * 150_000,
        "x" * 1_000_000,
        "ш" * 500_000,
        "@" * 300_000,
        "a." * 300_000,
        "1-" * 300_000,
        "😀" * 200_000,
        "a@b" * 200_000,
        "\u202e\u200b" * 500_000,
        "\ud800a" * 300_000,
        "我很好" * 300_000,
        "Где мой parcel " * 60_000,
    ],
)
def test_a_megabyte_costs_no_more_than_its_beginning(long: str) -> None:
    detect("warm up the libraries, please")
    detect(long)
    took = []
    for _ in range(5):
        start = time.perf_counter()
        detect(long)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.005


def test_links_codes_and_brand_words_do_not_mislead() -> None:
    assert detect("Bestellung DE-4711-X nicht angekommen https://shop.example.com/en/order?id=9 iPhone").tag == "de"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("荷物#33328はいつ届くか教えていただけますか。", "ja"),
        ("我的订单#51402到哪里了？本来应该星期二送到。", "zh-Hans"),
        ("주문#123은 언제 오나요", "ko"),
    ],
)
def test_an_order_number_swallows_no_sentence_where_no_space_is_written(text: str, tag: str) -> None:
    assert detect(text).tag == tag


def test_an_english_greeting_does_not_hide_the_language() -> None:
    assert detect("hi, mein Paket ist nicht angekommen").tag == "de"
    assert detect("hello, mi pedido no ha llegado todavía").tag == "es"


@pytest.mark.parametrize(
    ("text", "tag"), [("ನನ್ನ ಪಾರ್ಸೆಲ್ ಎಲ್ಲಿದೆ", "kn"), ("სად არის ჩემი ამანათი", "ka"), ("Որտե՞ղ է իմ ծանրոցը", "hy"), ("မင်္ဂလာပါ", "my")]
)
def test_scripts_outside_the_catalogues_are_named_and_not_guessed_at(text: str, tag: str) -> None:
    assert detect(text).tag == tag


@pytest.mark.parametrize(
    "text", ["mera order kahan hai", "Mujhe refund chahiye please", "aap kab tak delivery karoge bhai, abhi tak nahi mila"]
)
def test_hindi_in_latin_letters_is_hindi(text: str) -> None:
    assert detect(text).tag == "hi-Latn"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("Waar is my pakkie? Dit moes gister al hier gewees het", "af"),
        ("Hvar er pakkinn minn? Hann átti að koma á mánudaginn", "is"),
        ("Kifurushi changu kiko wapi? Kilitakiwa kufika Jumatatu", "sw"),
    ],
)
def test_languages_outside_the_catalogues_are_not_taken_for_their_neighbours(text: str, tag: str) -> None:
    assert detect(text).tag == tag


@pytest.mark.parametrize(
    ("text", "towards"),
    [
        ("Moram da idem, hleb je u kuhinji.", 1),
        ("Gde je lepo vreme?", 1),
        ("Moram ići, kruh je u kuhinji.", -1),
        ("Gdje je lijepo vrijeme?", -1),
        ("Tom je bogat i slobodan.", 0),
    ],
)
def test_serbian_and_croatian_are_told_apart_by_their_habits(text: str, towards: int) -> None:
    found = lean(text)
    assert (found > 0) - (found < 0) == towards
    assert lean(text * 50) in {-2, 0, 2}


@pytest.mark.parametrize(
    "text", ["bhai mera parcel kidhr", "ech hunn meng Wuer nach net kritt", "kifurushi changu kiko wapi", "qxzj wkvp", "zzgh trrl"]
)
def test_latin_letters_are_never_read_as_a_language_of_another_script(text: str) -> None:
    assert {tags.script(tag) for tag, _ in detect(text).alternatives} == {"Latn"}


def test_serbian_in_latin_letters_says_so_where_the_brand_speaks_it() -> None:
    found = detect("Gde je moj paket? Trebalo je da stigne u ponedeljak.", hints=Hints(brand_languages=("sr", "en")))
    assert found.tag == "sr-Latn"


@pytest.mark.parametrize(("locale", "tag"), [("pt-PT", "pt-PT"), ("pt-BR", "pt-BR"), ("en", "pt")])
def test_the_browser_names_the_variant_that_text_cannot_show(locale: str, tag: str) -> None:
    assert detect(QUESTIONS["pt"], hints=Hints(locales=(locale,))).tag == tag


def test_hints_decide_where_the_text_says_little() -> None:
    unhinted = detect("status")
    hinted = detect("status", hints=Hints(brand_languages=("de", "en"), locales=("de-AT",)))
    assert not unhinted.determined
    assert hinted.tag == "de-AT"
    assert hinted.confidence > unhinted.confidence


def test_hints_are_never_a_filter() -> None:
    found = detect(QUESTIONS["ja"], hints=Hints(brand_languages=("de", "en"), locales=("de",)))
    assert found.tag == "ja"
    assert detect(QUESTIONS["tr"], hints=Hints(brand_languages=("de", "en"), locales=("de",))).tag == "tr"


def test_earlier_messages_carry_over_to_a_short_one() -> None:
    assert detect("nein", hints={"earlier": ["de"]}).confidence > detect("nein").confidence


def test_earlier_messages_may_come_as_a_mapping_or_as_pairs() -> None:
    assert detect("nein", hints=Hints(earlier={"de": 0.9})) == detect("nein", hints=Hints(earlier=(("de", 0.9),)))
    assert detect("nein", hints={"earlier": {"de": float("inf"), "fr": float("nan"), "en": -1.0}}).tag == "de"


def test_what_the_text_alone_says_stays_visible_beside_the_hints() -> None:
    hinted = detect(QUESTIONS["nl"], hints=Hints(brand_languages=("de",)))
    assert hinted.text_only == detect(QUESTIONS["nl"]).text_only


def test_an_unknown_hint_is_refused_by_name() -> None:
    with pytest.raises(UnknownHint, match="'brand_langages'"):
        detect("hallo", hints={"brand_langages": ["de"]})
    with pytest.raises(UnknownHint, match="'earlier'"):
        detect("hallo", hints={"earlier": 7})


@pytest.mark.parametrize(
    "names",
    [
        ("eldc",),
        ("pycld2",),
        ("wordfreq",),
        ("ngrams",),
        ("py3langid",),
        ("pycld2", "py3langid"),
        ("eldc", "pycld2"),
        ("langdetect",),
    ],
)
def test_fewer_libraries_still_answer(names: tuple[str, ...]) -> None:
    found = detect(QUESTIONS["de"], detectors=Detectors(names))
    assert found.tag == "de"


def test_arabic_in_latin_letters_and_digits_is_arabic() -> None:
    assert detect("ana 3ayez a3raf fein el order bta3i").tag == "ar-Latn"
    assert detect("mesh bad at all").tag == "en"


@pytest.mark.parametrize("absent", [["eldc"], ["pycld2"], ["wordfreq"], ["py3langid"], ["eldc", "pycld2", "wordfreq", "py3langid"]])
def test_detection_answers_where_a_library_is_not_installed(absent: list[str]) -> None:
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({absent!r})); from i18n.detection import detect; "
        f"print(detect({QUESTIONS['fr']!r}).tag, detect({QUESTIONS['th']!r}).tag, detect({QUESTIONS['hi']!r}).tag)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["fr", "th", "hi"]


def test_weights_serve_the_largest_fitted_set_of_what_is_there() -> None:
    fitted = shipped()
    assert fitted.set_for(("eldc", "pycld2", "wordfreq", "ngrams")) == ("eldc", "pycld2", "wordfreq", "ngrams")
    assert "ngrams" in fitted.set_for(("eldc", "ngrams", "langdetect"))


def test_our_own_model_stays_small_enough_to_ship() -> None:
    assert (ngrams.PARAMETERS.stat().st_size + PARAMETERS.stat().st_size) < 3_200_000


def test_langdetect_can_be_asked_too_and_agrees_with_itself() -> None:
    panel = Detectors.parse("eldc, pycld2, py3langid, langdetect")
    answers = {detect("paket kam nicht", detectors=panel) == detect("paket kam nicht", detectors=panel) for _ in range(5)}
    assert answers == {True}


def test_an_unknown_detector_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="lingua"):
        Detectors.parse("eldc,lingua")


def test_every_reason_has_its_sentence() -> None:
    from i18n import catalogues

    texts = [
        "hi",
        "",
        "nej",
        "Kako si danas, dragi prijatelju?",
        QUESTIONS["th"],
        "ನನ್ನ",
        "status",
    ]
    hints = Hints(brand_languages=("de",), earlier=(("de", 0.9),))
    codes = {reason.key for text in texts for found in (detect(text), detect(text, hints=hints)) for reason in found.reasons}
    assert all(catalogues.has(key) for key in codes)
