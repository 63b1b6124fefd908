"""What of a message is worth reading for its language.

Links, addresses, numbers, order codes, handles, emoji and brand names say nothing about the language and mislead every
detector; words that any customer may write in any language ("hi", "ok") mislead most. Regular expressions run only
where their trigger occurs: most messages have none.
"""

import re
from dataclasses import dataclass
from typing import Final

_READ_MAX: Final = 600  # characters; more text does not make the answer better, only later

_LINK: Final = re.compile(
    r"(?:https?://|www\.)\S+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}|\b[\w-]{1,63}\.(?:com|net|org|io|de|fr|ru|co|eu|app)\b\S*",
    re.IGNORECASE,
)
# Where no space is written, the sentence goes on right behind the order's number: 荷物#33328はいつ…
_SPACELESS: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_HANDLE: Final = re.compile(rf"[#@](?:[A-Za-z0-9_-]+(?=[{_SPACELESS}])|\w+)")
_CODE: Final = re.compile(r"(?:\b[A-Za-z_]*|)\d[A-Za-z0-9_\-/.:,]*")
_DIGIT: Final = re.compile(r"\d")
_EMOJI: Final = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2190-\u21ff\u2b00-\u2bff\ufe0f\u200d\u20e3\U000e0000-\U000e007f]+")
_SMILEY: Final = re.compile(r"(?:(?<=\s)|^)[:;=8xX]['-]?[)(DPpOo3/\\|]+(?=\s|$)")
_TRIGGERS: Final = re.compile(r"[0-9@:/#;=<]|www\.|\.[a-z]")
# Nobody sees these inside a word: it is one word with or without them.
_INVISIBLE: Final = re.compile("[\u00ad\u061c\u180e\u200b\u200d-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
# These divide words; Persian joins what is one word to us by the non-joiner, as if by a space.
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200c\u2028\u2029\ud800-\udfff\ufff0-\uffff]+")
_EDGES: Final = ".,;:!?¡¿…\"'()[]«»„“”‘’*~-–—、。！？،؟"

_BRAND_WORDS: Final = (
    "iphone ipad macbook samsung galaxy amazon paypal visa mastercard klarna dhl ups fedex gls dpd whatsapp facebook instagram tiktok "
    "netflix spotify google gmail android windows wifi wlan bluetooth playstation xbox nike adidas ikea zara apple microsoft youtube "
    "telegram app online email pdf sms usb iban pin"
)
_BRANDS: Final = frozenset(_BRAND_WORDS.split())
_GREETING_WORDS: Final = "hi hello hey ok okay oki pls plz please thx thanks sorry bye lol wow hm hmm haha"
_GREETINGS: Final = frozenset(_GREETING_WORDS.split())
_UNIVERSAL: Final = _GREETINGS | {"hallo", "hola", "ciao", "yes", "no", "info", "help", "test", "super", "stop", "top"}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The readable part of a text. `universal` if only words of no particular language are left."""

    text: str
    letters: int
    universal: bool = False


def clean(text: str) -> Cleaned:
    """What is left to read. Total: any string has an answer."""
    rest = text[:_READ_MAX] if len(text) > _READ_MAX else text
    if not rest.isprintable():
        rest = _CONTROLS.sub(" ", _INVISIBLE.sub("", rest))
    if _TRIGGERS.search(rest):
        rest = _without_codes(_SMILEY.sub(" ", rest))
    if not rest.isascii():
        rest = _EMOJI.sub(" ", rest)
    return _without_small_talk(rest.split())


def _without_codes(rest: str) -> str:
    """Without links, handles and codes; each is looked for only where a sign of it is."""
    if "." in rest or "://" in rest:
        rest = _LINK.sub(" ", rest)
    if "#" in rest or "@" in rest:
        rest = _HANDLE.sub(" ", rest)
    return _CODE.sub(" ", rest) if _DIGIT.search(rest) else rest


def _without_small_talk(words: list[str]) -> Cleaned:
    """Brand names go; greetings of no particular language go where other words remain to be read."""
    kept: list[str] = []
    said: list[str] = []
    letters = 0
    for word in words:
        plain = word.isalpha()
        bare = word if plain else word.strip(_EDGES)
        lowered = bare.lower()
        if bare and lowered not in _BRANDS and not bare.isnumeric():
            kept.append(word)
            said.append(lowered)
            letters += len(word) if plain else sum(map(str.isalpha, word))
    universal = _UNIVERSAL.issuperset(said)
    if not universal and not _GREETINGS.isdisjoint(said):
        kept = [word for word, lowered in zip(kept, said, strict=True) if lowered not in _GREETINGS]
        letters = sum(map(str.isalpha, "".join(kept)))
    return Cleaned(" ".join(kept) if letters else "", letters, universal=universal and letters > 0)
