"""From bytes to text, whatever the label says.

The label is believed as long as the bytes agree. Where they do not, the order is: UTF-8 (which hardly ever fits by chance), the label all the same if only
a few bytes are off, then what `chardet` finds, at last Windows-1252, in which every byte is something. Detecting costs a millisecond or more; a mail gets
a fixed number of tries, so that ten thousand broken pieces cost no more than forty.
"""

from __future__ import annotations

import codecs
import encodings.aliases
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import chardet

from contact_hub.channels.email.mended import Mended

_LABELS: Final[Mapping[str, str]] = {
    # What mail and the web mean by these names is more than what the standards say (https://encoding.spec.whatwg.org, and mailers' habits)
    "us_ascii": "utf_8", "ascii": "utf_8", "ansi_x3_4_1968": "utf_8", "iso_ir_6": "utf_8", "utf8mb4": "utf_8", "unicode": "utf_8",
    "unicode_1_1_utf_8": "utf_8",
    "utf_8_sig": "utf_8", "iso_8859_1": "cp1252", "iso8859_1": "cp1252", "latin1": "cp1252", "latin_1": "cp1252", "l1": "cp1252",
    "iso_8859_1_windows_1252": "cp1252",
    "ansi": "cp1252", "x_ansi": "cp1252", "x_cp1252": "cp1252", "iso_8859_9": "cp1254", "iso8859_9": "cp1254", "latin5": "cp1254", "iso_8859_8_i": "cp1255",
    "iso_8859_8_e": "cp1255", "iso_8859_6_i": "iso8859_6", "iso_8859_6_e": "iso8859_6", "gb2312": "gb18030", "gb_2312": "gb18030", "gb_2312_80": "gb18030",
    "gbk": "gb18030", "x_gbk": "gb18030", "cp936": "gb18030", "ms936": "gb18030", "windows_936": "gb18030", "iso_gb2312": "gb18030", "euc_cn": "gb18030",
    "ks_c_5601": "cp949", "ks_c_5601_1987": "cp949", "ksc5601": "cp949", "ksc_5601": "cp949", "euc_kr": "cp949", "euckr": "cp949", "windows_949": "cp949",
    "shift_jis": "cp932", "sjis": "cp932", "x_sjis": "cp932", "shiftjis": "cp932", "s_jis": "cp932", "windows_31j": "cp932", "ms_kanji": "cp932",
    "x_euc_jp": "euc_jp",
    "cp50220": "iso2022_jp", "cp50221": "iso2022_jp", "big5": "cp950", "big_5": "cp950", "x_big5": "cp950", "x_x_big5": "cp950", "big5_hkscs": "big5hkscs",
    "tis_620": "cp874", "tis620": "cp874", "iso_8859_11": "cp874", "iso8859_11": "cp874", "windows_874": "cp874", "dos_874": "cp874", "koi8": "koi8_r",
    "x_mac_roman": "mac_roman", "macintosh": "mac_roman", "x_mac_cyrillic": "mac_cyrillic", "unicode_1_1_utf_7": "utf_7", "x_unicode_2_0_utf_7": "utf_7",
    "iso_10646_ucs_2": "utf_16", "ucs_2": "utf_16",
}  # fmt: skip
_BARE: Final = frozenset(
    (
        "cp720",
        "cp737",
        "cp856",
        "cp874",
        "cp875",
        "cp1006",
        "koi8_r",
        "koi8_u",
        "koi8_t",
        "utf_8",
        "utf_16",
        "utf_32",
        "utf_7",
        "cp1250",
        "cp1251",
        "cp1252",
    )
)
_REFUSED: Final = frozenset(("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem", "rot_13"))
_WIDE: Final = frozenset(("utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be"))
_IN_ASCII: Final = frozenset(
    ("iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_3", "iso2022_jp_2004", "iso2022_jp_ext", "iso2022_kr", "hz", "utf_7")
)
_SEVERAL_BYTES: Final = frozenset(
    ("gb18030", "cp949", "johab", "cp932", "euc_jp", "euc_jis_2004", "euc_jisx0213", "cp950", "big5hkscs", *_IN_ASCII)
)
_DETECTABLE: Final = (
    "utf-8", "windows-1252", "windows-1250", "windows-1251", "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258",
    "iso-8859-2", "iso-8859-5", "iso-8859-7", "iso-8859-15", "koi8-r", "koi8-u", "cp874", "gb18030", "big5", "cp949", "euc-kr", "cp932", "shift_jis",
    "euc-jp",
    "iso-2022-jp",
)  # fmt: skip
_DETECTED_BYTES_MAX: Final = 16_384
_DETECTIONS_MAX: Final = 40
_ODD_SHARE_MAX: Final = 0.02
"""Up to this share of characters beyond ASCII a text may hold unreadable bytes and its label is still believed."""
_WORD_BYTES_MAX: Final = 24
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ISO2022: Final = re.compile(rb"\x1b\$[@B]|\x1b\(J")


@lru_cache(maxsize=512)
def codec(label: str) -> str | None:
    """The codec a label means; None for labels that mean nothing. Never asks `codecs.lookup` about strangers: it remembers them for ever."""
    name = re.sub(r"[^a-z0-9]+", "_", label[:64].lower()).strip("_")
    name = name.removeprefix("charset_").removeprefix("cs_")
    aliases = encodings.aliases.aliases
    for spelled in (
        name,
        name.replace("windows_", "cp"),
        name.replace("cp_", "cp"),
        name.removeprefix("x_"),
        name.replace("iso8859", "iso_8859").rstrip("_"),
    ):
        found = (
            _LABELS.get(spelled) or aliases.get(spelled) or (spelled if spelled in _BARE or spelled in aliases.values() else None)
        )
        if found is None or found in _REFUSED or found.endswith("_codec"):
            continue
        return _LABELS.get(found, found)
    return None


class Decoder:
    """Reads the texts of one mail. `hint` is the charset that the mail names somewhere, for texts that name none."""

    __slots__ = ("_detections_left", "_mended", "hint")

    def __init__(self, mended: Mended) -> None:
        self._mended = mended
        self._detections_left = _DETECTIONS_MAX
        self.hint = ""

    def text(self, data: bytes, label: str = "") -> str:
        """The text, without NULs and half characters (which neither databases nor browsers take)."""
        text = self._read(data, label)
        if "\0" in text:
            text = text.replace("\0", "")
        if not text.isascii() and _SURROGATE.search(text):
            self._mended.note("charset_faulty")
            text = _SURROGATE.sub("\ufffd", text)
        return text

    def header(self, data: bytes) -> str:
        """A header's raw value. UTF-8 is what it may be (RFC 6532)."""
        if b"\x1b" not in data:
            try:
                return data.decode("utf-8").replace("\0", "")
            except UnicodeDecodeError:
                pass
        self._mended.note("header_8bit")
        return self.text(data, self.hint)

    def _read(self, data: bytes, label: str) -> str:
        known = codec(label) if label else None
        if label and known is None:
            self._mended.note("charset_unknown")
        if data.isascii() and known not in _IN_ASCII and not (known in _WIDE and b"\0" in data):
            if b"\x1b" in data and _ISO2022.search(data):
                return _iso2022_jp(data)
            return data.decode("ascii")
        if marked := _marked(data):
            return marked
        if known in _IN_ASCII or known in _SEVERAL_BYTES or known in _WIDE:
            return self._read_several(data, known)
        return self._read_single(data, known)

    def _read_several(self, data: bytes, known: str) -> str:
        """A label of more than one byte a character is believed first: short texts of theirs can look like UTF-8."""
        try:
            return data.decode(known)
        except UnicodeDecodeError:
            pass
        if known.startswith("iso2022_jp") and data.isascii():
            return _iso2022_jp(data)
        return self._read_otherwise(data, known)

    def _read_single(self, data: bytes, known: str | None) -> str:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            if known is None and not self.hint:
                self._mended.note("charset_guessed")
            elif known not in {None, "utf_8"}:
                self._mended.note("charset_wrong")
            return text
        if known not in {None, "utf_8"}:
            assert known is not None
            try:
                return data.decode(known)
            except UnicodeDecodeError:
                pass
        return self._read_otherwise(data, known)

    def _read_otherwise(self, data: bytes, known: str | None) -> str:
        """UTF-8 or the label with few faults; else what is found; else Windows-1252."""
        for candidate in dict.fromkeys(("utf_8" if known is None or known in _IN_ASCII else known, "utf_8")):
            text = data.decode(candidate, "replace")
            odd = text.count("\ufffd")
            if odd <= 1 + _ODD_SHARE_MAX * _beyond_ascii(text, stop=100 * (odd + 1)) and len(text) > 2 * odd:
                if odd == 1 and _beyond_ascii(text, stop=2) == 1 and candidate == "utf_8":
                    continue  # the one strange character is the fault itself: nothing speaks for UTF-8
                self._mended.note("charset_faulty" if odd else "charset_wrong")
                return text
        self._mended.note("charset_wrong" if known else "charset_guessed")
        hinted = codec(self.hint) if self.hint else None
        if known is None and hinted not in {None, "utf_8"}:
            assert hinted is not None
            try:
                return data.decode(hinted)
            except UnicodeDecodeError:
                pass
        return self._detected(data)

    def _detected(self, data: bytes) -> str:
        if _is_a_latin_word(data):
            return _windows(data)
        if self._detections_left > 0:
            self._detections_left -= 1
            found = chardet.detect(data[:_DETECTED_BYTES_MAX], prefer_superset=True, include_encodings=_DETECTABLE)["encoding"]
            name = codec(found) if found else None
            if name is not None:
                try:
                    return data.decode(name)
                except UnicodeDecodeError:
                    pass
        return _windows(data)


def _marked(data: bytes) -> str | None:
    """With a byte order mark the text says itself what it is."""
    for mark, name in ((codecs.BOM_UTF8, "utf_8"), (codecs.BOM_UTF16_LE, "utf_16_le"), (codecs.BOM_UTF16_BE, "utf_16_be")):
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(name)
            except UnicodeDecodeError:
                return None
    return None


def _is_a_latin_word(data: bytes) -> bool:
    """A few letters with one or two beyond ASCII among them: too little to tell languages apart, and nearly always Western."""
    beyond = sum(byte >= 0x80 for byte in data) if len(data) <= _WORD_BYTES_MAX else len(data)
    return beyond <= 2 and sum(chr(byte).isalpha() for byte in data if byte < 0x80) >= 2 * beyond


def _windows(data: bytes) -> str:
    """Windows-1252 as browsers read it: its five holes are control characters, so that every byte is something."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1").translate(_CP1252)


_CP1252: Final = {byte: bytes((byte,)).decode("cp1252") for byte in range(0x80, 0xA0) if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}}


def _beyond_ascii(text: str, *, stop: int) -> int:
    """How many characters lie beyond ASCII; counts no further than needed."""
    count = 0
    for _ in _BEYOND.finditer(text):
        count += 1
        if count >= stop:
            break
    return count


_BEYOND: Final = re.compile(r"[^\x00-\x7f]")


def _iso2022_jp(data: bytes) -> str:
    """ISO-2022-JP as it is written: with the circled digits and the like that only Windows' table knows, and with half-width kana."""
    try:
        return data.decode("iso2022_jp_ext")
    except UnicodeDecodeError:
        pass
    pieces: list[str] = []
    for piece in re.split(rb"(?=\x1b)", data):
        if piece[:3] in {b"\x1b$B", b"\x1b$@"}:
            pieces.append(_shifted(piece[3:]).decode("cp932", "replace"))
        elif piece[:3] == b"\x1b(I":
            pieces.append(bytes(byte | 0x80 for byte in piece[3:]).decode("cp932", "replace"))
        elif piece[:2] == b"\x1b(":
            pieces.append(piece[3:].decode("ascii", "replace"))
        else:
            pieces.append(piece.decode("ascii", "replace"))
    return "".join(pieces)


def _shifted(pairs: bytes) -> bytes:
    """Pairs of JIS X 0208 in Shift_JIS. A line end inside stays what it is."""
    out = bytearray()
    at = 0
    while at < len(pairs):
        row = pairs[at]
        if not 0x21 <= row <= 0x7E or at + 1 >= len(pairs):
            out.append(row)
            at += 1
            continue
        cell = pairs[at + 1]
        out.append(((row - 0x21) >> 1) + (0x81 if row <= 0x5E else 0xC1))
        out.append(cell + (0x1F if cell <= 0x5F else 0x20) if row & 1 else cell + 0x7E)
        at += 2
    return bytes(out)
