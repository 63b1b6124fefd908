"""Serbian or Croatian, in the Latin letters they share.

No library tells them apart: one knows no Serbian in Latin letters, another calls it Croatian where it is in doubt. What does are a few
habits: the old vowel jat (`mleko`, `mlijeko`), "that I go" beside "to go" (`moram da idem`, `moram ići`), and some words of every
day (`hleb`, `kruh`; `sledeći`, `sljedeći`). They are a reader's knowledge, as in `romanised`; some were added after reading which texts of
the development data were mistaken. A text without any of them stays a guess: half of all short ones have none.
"""

import re
from typing import Final

_MOST: Final = 2

# Beginnings of words; a full stop ends those that stand for themselves only.
_SERBIAN_BEGINNINGS: Final = (
    "gde. negde. nigde. uvek zauvek posle. prelep lep. lepa. lepo. lepi. lepe. lepu. lepš dete. deca. dece. deci. decu. devoj čovečan vreme. "
    "mesto. mesta. mestu. reč. reči rečenic dve. obe. svet. svetu. sveta. svetsk mleko mleka reka. reku. reke. sneg bela. belo. bele. bel. "
    "leto. videti video. videla videli videt hteo htela hteli hte. smeo smela smeti sme. umeo umela razume voleo volela voleli voleti živeo živela "
    "živeli živeti želeo želela želeti sedeo sedela sedeti verova veruj nedelj ponedelj utorak bežati beži pobeg zvezd telo. tela. delo. deo. odelj "
    "podel primeti primeć oset oseća namer. promen vest. vesti. savet mesec cena. cene. ceo. cela. celo. celu. cvet lekar lekov levo. leva. breg. seme. "
    "severn sever. sused grešk grešio pesm pesnik pevati peva. smeje smejat smeh sećam seća. sećat setio. menja rešen rešiti reši. svetlo. sveć tesn "
    "hleb voz. vozom šta. niko. neko. ko. iko. hiljad fudbal muzik pozorišt vazduh utisak takođe juče. srećan porodic hemij evrop opšt odeć veom "
    "sledeć zaves plafon kupatil tajmer uspeo uspela uspeti uspeva dokumenta. saobraćaj bezbed učestv uopšt supa. šargarep sijalic peškir kašik "
    "januar februar mart. april avgust septemb oktob novemb decemb poseduj neophod izvin kancelarij pasoš fabrik ćerk komš nivo."
)
_CROATIAN_BEGINNINGS: Final = (
    "gdje. negdje. nigdje. svugdje. ovdje. uvijek zauvijek poslije. prije. lijep ljepš dijete. djec djet djevoj čovjek čovječ vrijeme. mjesto. mjesta. "
    "mjestu. riječ rječnik dvije. obje. svijet svjetsk mlijek rijek snijeg bijel ljeto. vidje htjeti htio. htje smjeti smjel umjeti razumij voljeti volje "
    "živjeti živje željeti sjed vjerova vjeruj nedjelj ponedjelj srijed utjec bježati bježi pobje zvijezd zvjezd tijel tjeles djel dio. dijel odjel "
    "podjel zamijen primjer primijet primjeć obavijest obavješ osjeć osjet namjer promjen promijen vijest savjet mjesec cijen cijel cvijet lijek liječn "
    "lijev brijeg sjeme sjever susjed mjera. mjere. griješ pogrešk pjesm pjesn pjeva smije smijeh sjeća sjeti mijenj riješ rješen svjetl svijeć tijes "
    "kruh vlak kolodvor što. nitko. netko. tko. itko. tisuć nogomet glazb kazališt zrak tjed jučer također siječanj veljač ožujak travanj svibanj lipanj "
    "srpanj kolovoz rujan listopad studeni prosinac općenit uopće sretan obitelj europ odjeć sljedeć zavjes strop kupaonic uspje tijekom tvrtk nazočn "
    "promet sigurnos sudjelov mrkv žarulj ručnik putovnic tvornic kćer nevjeroj timer novac. točn uporab."
)
_WISHES: Final = r"(?:mog[aou]\w*|može\w*|mora\w*|treba\w*|žel\w+|hoć\w+|nemoj\w*|pokuša\w*|vol\w+"
_SAYS_THAT: Final = (
    _WISHES + r"|neć\w+|poč\w+|sviđa\w*|prišao|došao|došla|ume\w*|zna\w*)(?: (?:li|mi|se|ti|mu|joj|im|sam|si|je|ga|ih))* da\b"
)
_SAYS_TO: Final = _WISHES + r")(?: \w+){0,2} \w{2,}(?:ti|ći)\b"


def _habits(beginnings: str, phrase: str) -> re.Pattern[str]:
    words = "|".join(word.replace(".", r"\b") for word in sorted(beginnings.split()))
    return re.compile(rf"\b(?:{words}|{phrase})")


_SERBIAN: Final = _habits(_SERBIAN_BEGINNINGS, _SAYS_THAT)
_CROATIAN: Final = _habits(_CROATIAN_BEGINNINGS, _SAYS_TO)


def lean(text: str) -> int:
    """How many habits more are Serbian's than Croatian's, from -2 to 2."""
    lowered = text.lower()
    found = len(_SERBIAN.findall(lowered)) - len(_CROATIAN.findall(lowered))
    return max(-_MOST, min(_MOST, found))
