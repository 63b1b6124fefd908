"""Hindi in Latin letters, as it is written in chats and mixed with English.

No library knows it; each calls it English, Filipino or Malay. Its little words give it away: two of them, one of which no
other language of ours has, and a fifth of the text. The list is a reader's knowledge, not taken from any data set.
"""

from typing import Final

CONFIDENCE: Final = 0.95
_SHARE_MIN: Final = 0.2

_TELLING_WORDS: Final = (
    "hai hain hoon kya kyu kyun kyon nahi nahin nhi mera meri mujhe mujhko humein aap aapka aapki aapke tumhara kaise kaisa kaisi kahan kahaan "
    "kitna kitne kitni chahiye chaiye karo karna karke karne karen kare raha rahi rahe rha rhi hoga hogi gaya gayi kiya diya yeh woh abhi bhi "
    "liye mein aur lekin agar kuch bahut bohot accha acha theek thik jaldi paisa paise wapas batao bataye bataiye dijiye kijiye mila milega "
    "dikhao sakta sakti sakte hua hui wala wali apna apni pehle subah"
)
_COMMON_WORDS: Final = "main se ko ka ki ke par tha thi sab tak kal kar mere tum jab hun hu ho kab koi me tak"
_TELLING: Final = frozenset(_TELLING_WORDS.split())
_COMMON: Final = frozenset(_COMMON_WORDS.split())
_PUNCTUATION: Final = ".,;:!?\"'()"


def is_hindi(text: str) -> bool:
    """Whether a text in Latin letters is Hindi."""
    words = text.lower().split()
    if len(words) < 2:
        return False
    telling = sum(word in _TELLING or word.strip(_PUNCTUATION) in _TELLING for word in words)
    if not telling:
        return False
    common = sum(word in _COMMON for word in words)
    return telling + common >= 2 and telling + common >= _SHARE_MIN * len(words)
