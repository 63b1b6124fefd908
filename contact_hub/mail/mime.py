"""A mail as bytes: headers, encoded words, parts. Written here and not by a library, so that nothing in it tells by which program it was written.

Pure. Everything that leaves is ASCII in lines of at most 78 characters with CRLF ends, so no relay has a reason to touch it and a signature over it holds.
Values are cleaned before they are written: a line break in a name cannot begin another header.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from contact_hub.channels.email.mail import Address

CRLF: Final = "\r\n"
LINE_MAX: Final = 76
"""Of encoded content (RFC 2045, 6.7 and 6.8); header lines may have two more (RFC 5322, 2.1.1)."""
_WORD_BYTES_MAX: Final = 39
"""Of UTF-8 in one encoded word: base 64 makes 52 characters of them, 64 with its frame; the longest name of a header goes before it."""
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~. -]*")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ID: Final = re.compile(r"[!-;=?-~]{1,500}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}")
_PLAIN_FILE: Final = re.compile(r"[A-Za-z0-9 !#$&+^_`{}~.()@,;=-]*")
_HEXED: Final = re.compile(rb"[^\t !-<>-~]")
_LINE_TROUBLE: Final = re.compile(r"^(?:From |\.)|[ \t]$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a mail: its headers and its content, both ready to be sent."""

    headers: tuple[tuple[str, str], ...]
    body: str

    def __str__(self) -> str:
        return "".join(f"{name}: {value}{CRLF}" for name, value in self.headers) + CRLF + self.body


# --- headers -----------------------------------------------------------------------------------------------------------------------------


def one_line(text: str) -> str:
    """The text as a header can say it: one line, nothing that cannot be seen or sent."""
    clean = "".join(" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp", "Cs"} else sign for sign in text)
    return " ".join(clean.split())


def unstructured(name: str, text: str) -> str:
    """The value of a header like `Subject`, folded."""
    return _folded(name, _words(one_line(text)))


def address_list(name: str, addresses: Iterable[Address]) -> str:
    """The value of a header like `To`, folded."""
    pieces: list[str] = []
    for address in addresses:
        written = _address(address)
        if pieces:
            pieces[-1] += ","
        pieces += written
    return _folded(name, pieces)


def id_list(name: str, ids: Iterable[str]) -> str:
    """The value of `References` and the like: ids in their brackets, without those that no header can carry."""
    return _folded(name, [f"<{one}>" for one in ids if _ID.fullmatch(one)])


def ascii_address(address: str) -> str | None:
    """The address as servers without SMTPUTF8 take it (the host in Punycode); None where there is no such spelling, or it is none at all."""
    local, at, host = address.strip().rpartition("@")
    if not (at and local and host) or not local.isascii() or not all("!" <= sign <= "~" for sign in local) or len(local) > 64:
        return None
    try:
        host = host.encode("idna").decode().lower()
    except UnicodeError:
        return None
    return f"{local}@{host}" if _HOST.fullmatch(host) else None


def _address(address: Address) -> list[str]:
    spelled = ascii_address(address)
    assert spelled is not None, "addresses are checked before a mail is composed"
    name = one_line(address.name)
    if not name:
        return [spelled]
    if _ATOMS.fullmatch(name) and "=?" not in name:
        return [*name.split(" "), f"<{spelled}>"]
    if name.isascii() and len(name) <= LINE_MAX - 4 and "=?" not in name:
        return ['"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"', f"<{spelled}>"]
    return [*_encoded(name), f"<{spelled}>"]


def _words(text: str) -> list[str]:
    """As they are where they are ASCII and short; else everything in encoded words: spaces between those are not part of the text."""
    pieces = text.split(" ") if text else []
    if text.isascii() and "=?" not in text and all(len(piece) < LINE_MAX - 16 for piece in pieces):
        return pieces
    return _encoded(text)


def _encoded(text: str) -> list[str]:
    """RFC 2047 words. No character is torn (section 5), nor a letter from its marks."""
    words: list[str] = []
    taken = ""
    for sign in _clusters(text):
        if taken and len((taken + sign).encode()) > _WORD_BYTES_MAX:
            words.append(taken)
            taken = ""
        taken += sign
    return [f"=?utf-8?b?{base64.b64encode(word.encode()).decode()}?=" for word in (*words, taken) if word]


def _clusters(text: str) -> list[str]:
    """Characters with the marks and joiners that belong to them, none longer than a word can hold."""
    found: list[str] = []
    for sign in text:
        belongs = found and (unicodedata.category(sign) in {"Mn", "Mc", "Me"} or sign == "\u200d" or found[-1][-1] == "\u200d")
        if belongs and len((found[-1] + sign).encode()) <= _WORD_BYTES_MAX:
            found[-1] += sign
        else:
            found.append(sign)
    return found


def _folded(name: str, pieces: Sequence[str]) -> str:
    lines, used = [""], len(name) + 2
    for piece in pieces:
        if lines[-1] and used + 1 + len(piece) > LINE_MAX + 2:
            lines.append("")
            used = 0
        lines[-1] += (" " if lines[-1] or len(lines) > 1 else "") + piece
        used += 1 + len(piece)
    return CRLF.join(lines)


# --- content -----------------------------------------------------------------------------------------------------------------------------


def text_part(text: str, subtype: str) -> Part:
    """A text in the encoding that makes it shortest: as it is, quoted-printable or base 64."""
    text = clean_text(text)
    encoding, body = _text_body(text)
    charset = "us-ascii" if text.isascii() else "utf-8"
    return Part(
        headers=(("Content-Type", f"text/{subtype}; charset={charset}"), ("Content-Transfer-Encoding", encoding)), body=body
    )


def file_part(name: str, type_: str, content: bytes) -> Part:
    """A file. Types that could be taken for a piece of the mail itself go as unknown bytes."""
    type_ = type_.lower() if _TOKEN.fullmatch(type_) else "application/octet-stream"
    if type_.startswith(("multipart/", "message/")):
        type_ = "application/octet-stream"
    return Part(
        headers=(
            ("Content-Type", type_),
            ("Content-Transfer-Encoding", "base64"),
            ("Content-Disposition", "attachment" + _file_name(name)),
        ),
        body=_base64(content),
    )


def multipart(subtype: str, parts: Sequence[Part], *, boundary: str) -> Part:
    """Several parts as one. `boundary` must be in none of them: made of random characters it is not."""
    assert all(f"--{boundary}" not in part.body for part in parts), "a boundary that is part of the text"
    inner = "".join(f"--{boundary}{CRLF}{part}{'' if part.body.endswith(CRLF) else CRLF}" for part in parts)
    return Part(
        headers=(("Content-Type", f'multipart/{subtype};{CRLF} boundary="{boundary}"'),), body=f"{inner}--{boundary}--{CRLF}"
    )


def clean_text(text: str) -> str:
    """Lines end in `\\n`, and nothing is in it that no mail can carry."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    return "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) != "Cc")


def _text_body(text: str) -> tuple[str, str]:
    text = text if text.endswith("\n") or not text else f"{text}\n"
    if text.isascii() and not _LINE_TROUBLE.search(text) and all(len(line) <= LINE_MAX for line in text.split("\n")):
        return "7bit", text.replace("\n", CRLF)
    printable, coded = _quoted_printable(text), _base64(text.replace("\n", CRLF).encode())
    return ("quoted-printable", printable) if len(printable) <= len(coded) else ("base64", coded)


def _base64(content: bytes) -> str:
    coded = base64.b64encode(content).decode()
    return "".join(coded[at : at + LINE_MAX] + CRLF for at in range(0, len(coded), LINE_MAX))


def _quoted_printable(text: str) -> str:
    return "".join(_printable_line(line) + CRLF for line in text.removesuffix("\n").split("\n"))


def _printable_line(line: str) -> str:
    """RFC 2045, 6.7; beginnings that servers on the way would change are hidden too."""
    coded = _HEXED.sub(lambda sign: b"=%02X" % sign[0][0], line.encode()).decode()
    if coded.endswith((" ", "\t")):
        coded = f"{coded[:-1]}={ord(coded[-1]):02X}"
    rows: list[str] = []
    while len(coded) > LINE_MAX - 2:
        cut = LINE_MAX - 5
        place = coded.rfind("=", cut - 2, cut)
        cut = place if place >= 0 else cut
        rows.append(_hidden(coded[:cut]) + "=")
        coded = coded[cut:]
    return CRLF.join((*rows, _hidden(coded)))


def _hidden(row: str) -> str:
    if row.startswith(("From ", ".")):
        return f"={ord(row[0]):02X}{row[1:]}"
    return row


def _file_name(name: str) -> str:
    name = one_line(name).replace("/", "_").replace("\\", "_") or "file"
    if name.isascii() and _PLAIN_FILE.fullmatch(name) and len(name) < LINE_MAX - 20:
        return f';{CRLF} filename="{name}"'
    coded = quote(name, safe="")
    rows = _escaped_rows(coded)
    if len(rows) == 1:
        return f";{CRLF} filename*=utf-8''{rows[0]}"
    return "".join(
        f";{CRLF} filename*{number}*={'utf-8' + chr(39) * 2 if number == 0 else ''}{row}" for number, row in enumerate(rows)
    )


def _escaped_rows(coded: str) -> list[str]:
    """Rows that tear no `%41` (RFC 2231, section 3)."""
    rows: list[str] = []
    while len(coded) > 50:
        cut = coded.rfind("%", 48, 50)
        cut = cut if cut >= 0 else 50
        rows.append(coded[:cut])
        coded = coded[cut:]
    return [*rows, coded]


_HOST: Final = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
