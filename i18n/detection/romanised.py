"""Hindi and Arabic in Latin letters, as they are written in chats and mixed with English.

No library knows them; each calls them English, Filipino or Malay. Their little words give them away: two of them, one of
which no other language of ours has, and a fair share of the text. Arabic writes letters that Latin lacks as digits
(`3ayez`, `delwa2ty`). The lists are a reader's knowledge, not taken from any data set; for Arabic there is none to
measure on, only that no text of the other languages is taken for it.
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
_ARABIC_WORDS: Final = (
    "3ayez 3ayz 3awez 3aiz 3andi 3andak 3ala 3an 3shan 3ashan 7aga 7abibi 7abibti 7ad el7amdulillah fein feen wein leih leh keda kida kda "
    "delwa2ty delwa2ti dilwa2ti mafish mafeesh mafihsh mish msh mesh momken mumkin lazem ya3ni yaani y3ni enta inta enti ana ezayak ezzayak "
    "izzayak kefak kifak shlonak shukran shokran inshallah insha2allah alhamdulillah hamdulillah wallah wallahi habibi habibti khalas yalla "
    "salamu alaykum 3alaykom 3alekom aleikum lissa lessa bokra embare7 imbare7 elnaharda ennaharda tab3an ktir kteer shwaya shway baddi biddi "
    "badde shu hala2 halla2 hoon ma3lesh maalesh samaht sama7t talab talabi fluus felos"
)
_ARABIC: Final = frozenset(_ARABIC_WORDS.split())
_ARABIC_SHARE_MIN: Final = 0.3

_TELLING: Final = frozenset(_TELLING_WORDS.split())
_COMMON: Final = frozenset(_COMMON_WORDS.split())
_PUNCTUATION: Final = ".,;:!?\"'()"


def is_hindi(text: str) -> bool:
    """Whether a text in Latin letters is Hindi."""
    words = text.lower().split()
    if len(words) < 2 or _TELLING.isdisjoint(words):
        return False
    telling = sum(word in _TELLING or word.strip(_PUNCTUATION) in _TELLING for word in words)
    if not telling:
        return False
    common = sum(word in _COMMON for word in words)
    return telling + common >= 2 and telling + common >= _SHARE_MIN * len(words)


def is_arabic(text: str) -> bool:
    """Whether a text in Latin letters and digits, as it was written, is Arabic."""
    words = text.lower().split()
    if len(words) < 2 or _ARABIC.isdisjoint(words):
        return False
    found = {bare for word in words if (bare := word.strip(_PUNCTUATION)) in _ARABIC}
    return len(found) >= 2 and len(found) >= _ARABIC_SHARE_MIN * len(words)
