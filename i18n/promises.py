"""What readers may rely on: in which languages which texts are whole.

Everything a customer can meet stands in 47 tags, everything a member of staff can meet in 12 of them. `contact-hub i18n status` and the
tests measure the catalogues against this; a language that nobody promised may be as partial as its translators like.
"""

from collections.abc import Iterable
from typing import Final

from i18n import tags

# fmt: off
CUSTOMER_TAGS: Final = (
    "en", "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "es", "et", "fa", "fi", "fil", "fr", "he", "hi", "hr", "hu", "id", "it", "ja",
    "ko", "lt", "lv", "ml", "ms", "nl", "no", "pl", "pt-BR", "pt-PT", "ro", "ru", "sk", "sl", "sr", "sv", "ta", "te", "th", "tr", "uk",
    "ur", "vi", "zh-Hans", "zh-Hant",
)
# fmt: on
STAFF_TAGS: Final = ("en", "ar", "de", "es", "fil", "fr", "he", "hi", "it", "pl", "pt-BR", "tr")

CUSTOMER_PREFIXES: Final = ("widget.", "notice.", "mail.")
CUSTOMER_ERRORS: Final = frozenset(
    f"error.{code}"
    for code in (
        "already_rated",
        "conversation_ended",
        "form_incomplete",
        "frame_too_large",
        "internal",
        "invalid_field",
        "not_found",
        "origin_refused",
        "overloaded",
        "rate_limited",
        "shutting_down",
        "storage_full",
        "text_empty",
        "text_too_long",
        "unavailable",
        "unknown",
    )
)
"""The refusals a widget can show; all others are met by staff and by programs."""


def meets_a_customer(key: str) -> bool:
    """Whether a customer can read this text."""
    return key.startswith(CUSTOMER_PREFIXES) or key in CUSTOMER_ERRORS


def promised(tag: str, keys: Iterable[str]) -> tuple[str, ...]:
    """Which of `keys` a reader of exactly this tag was promised in it; none for a tag that nobody promised."""
    own = tags.canonical(tag)
    if own in STAFF_TAGS:
        return tuple(keys)
    return tuple(filter(meets_a_customer, keys)) if own in CUSTOMER_TAGS else ()
