"""Translation for staff: what a message says, in the reader's language, beside the original and marked as machine-made.

A port with engines behind it (`off`, a LibreTranslate-compatible server, Argos on this machine) and one service in front. Customers never meet it:
nothing that was translated is ever sent, stored in a log or used for routing.
"""

from contact_hub.translation.choose import translator_of
from contact_hub.translation.engine import Off, Translation, Translator
from contact_hub.translation.libre import LibreTranslate
from contact_hub.translation.local import Argos
from contact_hub.translation.service import Limits, TranslatedMessage, Translations

__all__ = [
    "Argos",
    "LibreTranslate",
    "Limits",
    "Off",
    "TranslatedMessage",
    "Translation",
    "Translations",
    "Translator",
    "translator_of",
]
