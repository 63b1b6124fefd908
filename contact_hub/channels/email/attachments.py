"""Attachments: what a file may be called, and whether it may be shown beside the text.

A name is made harmless before anybody judges it, so that what is judged is what a person reads. Shown in place are pictures that are what they say and that
a browser can bear; everything else is a download, with what speaks against it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contact_hub.channels.email.filetypes import EXTENSIONS, extension_of, type_by_name, type_of
from contact_hub.channels.email.mail import Attachment

NAME_CHARACTERS_MAX: Final = 120
NAME_BYTES_MAX: Final = 240
"""File systems count bytes, and browsers add a number of their own."""
INLINE_BYTES_MAX: Final = 10 * 1024 * 1024
INLINE_PIXELS_MAX: Final = 50_000_000

RISKS: Final[Mapping[str, str]] = {
    "executable": "It is a program, or runs like one when opened.",
    "macros": "It is a document with macros.",
    "active": "It is a page or a drawing that can hold scripts.",
    "disguised": "Its name says it is something else than it is.",
    "double_extension": "Its name has a second extension that hides what it is.",
    "encrypted": "It is an archive that cannot be looked into.",
    "picture_too_large": "It is a picture too large to be shown in place.",
}
"""What can speak against a file, and what it means. The codes are stable."""

_SHOWN: Final = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
_ACTIVE: Final = frozenset(("text/html", "image/svg+xml", "application/xhtml+xml", "application/javascript", "text/javascript"))
_PROGRAMS: Final = frozenset(
    (
        "application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-executable", "application/x-ms-shortcut",
        "application/vnd.ms-cab-compressed",
    )
)  # fmt: skip
_RUN: Final = frozenset(
    [
        "exe",
        "com",
        "scr",
        "pif",
        "bat",
        "cmd",
        "msi",
        "msp",
        "mst",
        "ps1",
        "psm1",
        "vbs",
        "vbe",
        "js",
        "jse",
        "wsf",
        "wsh",
        "hta",
        "cpl",
        "jar",
        "lnk",
        "url",
        "scf",
        "reg",
        "inf",
        "chm",
        "iso",
        "img",
        "vhd",
        "vhdx",
        "dll",
        "sys",
        "app",
        "dmg",
        "pkg",
        "deb",
        "rpm",
        "sh",
        "command",
        "desktop",
        "appx",
        "msix",
        "application",
        "gadget",
        "xll",
        "one",
        "wim",
        "ade",
        "adp",
    ]
)
_HIDDEN_BEHIND: Final = frozenset(
    [
        "pdf",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "ppt",
        "pptx",
        "odt",
        "ods",
        "txt",
        "csv",
        "rtf",
        "jpg",
        "jpeg",
        "png",
        "gif",
        "webp",
        "bmp",
        "tif",
        "mp3",
        "mp4",
        "mov",
        "wav",
        "zip",
        "rar",
        "7z",
        "htm",
        "html",
        "eml",
        "msg",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a file may be shown in place, and what speaks against opening it (codes of `RISKS`)."""

    inline: bool
    risks: tuple[str, ...] = ()


def verdict(attachment: Attachment) -> Verdict:
    """Judged by the content and by the name a person reads."""
    kind = type_of(attachment.content, declared=attachment.type, name=attachment.name)
    risks = tuple(risk for risk, found in _findings(kind, attachment) if found)
    return Verdict(inline=kind in _SHOWN and not risks and len(attachment.content) <= INLINE_BYTES_MAX, risks=risks)


def _findings(kind: str, attachment: Attachment) -> tuple[tuple[str, bool], ...]:
    name, content = attachment.name, attachment.content
    extension = extension_of(name)
    before = extension_of(name.rpartition(".")[0].rstrip(" ._"))
    return (
        ("executable", kind in _PROGRAMS or extension in _RUN),
        (
            "macros",
            "macroenabled" in kind or extension in {"docm", "xlsm", "pptm", "dotm", "xlam", "xlsb"} or _has_macros(kind, content),
        ),
        ("active", kind in _ACTIVE),
        ("disguised", _is_disguised(kind, extension)),
        (
            "double_extension",
            bool(before in _HIDDEN_BEHIND and extension != before and extension in _RUN | {"html", "htm", "svg", "zip"}),
        ),
        ("encrypted", _is_encrypted(kind, content)),
        ("picture_too_large", kind in _SHOWN and (len(content) > INLINE_BYTES_MAX or pixels(content) > INLINE_PIXELS_MAX)),
    )


def _is_disguised(kind: str, extension: str) -> bool:
    """Whether the extension stands for a family that the content is not of. Text is never a disguise for text, nor one picture for another."""
    claimed = type_by_name(extension)
    if not claimed or kind in {claimed, "application/octet-stream"}:
        return kind == "application/octet-stream" and claimed in _SHOWN
    families = (claimed.partition("/")[0], kind.partition("/")[0])
    if kind in _ACTIVE or kind in _PROGRAMS:
        return True
    if families[0] == families[1] and families[0] != "application":
        return False
    return "image" in families or "application/pdf" in {claimed, kind}


def _has_macros(kind: str, content: bytes) -> bool:
    return (
        kind.startswith("application/")
        and content.startswith(b"\xd0\xcf\x11\xe0")
        and "_VBA_PROJECT".encode("utf-16-le") in content
    )


def _is_encrypted(kind: str, content: bytes) -> bool:
    if kind == "application/zip":
        return len(content) >= 8 and bool(content[6] & 1)
    return content.startswith(b"\xd0\xcf\x11\xe0") and "EncryptedPackage".encode("utf-16-le") in content


def pixels(content: bytes) -> int:
    """How many pixels a picture says it has; 0 where it does not say. A small file can be a picture of gigabytes."""
    if content.startswith(b"\x89PNG") and len(content) >= 24:
        return int.from_bytes(content[16:20], "big") * int.from_bytes(content[20:24], "big")
    if content.startswith(b"GIF8") and len(content) >= 10:
        return int.from_bytes(content[6:8], "little") * int.from_bytes(content[8:10], "little")
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP" and len(content) >= 30:
        return _webp_pixels(content)
    return _jpeg_pixels(content) if content.startswith(b"\xff\xd8") else 0


def _webp_pixels(content: bytes) -> int:
    match content[12:16]:
        case b"VP8X":
            return (int.from_bytes(content[24:27], "little") + 1) * (int.from_bytes(content[27:30], "little") + 1)
        case b"VP8L":
            bits = int.from_bytes(content[21:25], "little")
            return ((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1)
        case _:
            return (int.from_bytes(content[26:28], "little") & 0x3FFF) * (int.from_bytes(content[28:30], "little") & 0x3FFF)


_JPEG_SEGMENTS_MAX: Final = 200


def _jpeg_pixels(content: bytes) -> int:
    """From the frame header, behind whatever segments stand before it."""
    at = 2
    for _ in range(_JPEG_SEGMENTS_MAX):
        if at + 9 > len(content) or content[at] != 0xFF:
            return 0
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            return int.from_bytes(content[at + 5 : at + 7], "big") * int.from_bytes(content[at + 7 : at + 9], "big")
        at += 2 + max(int.from_bytes(content[at + 2 : at + 4], "big"), 2) if marker != 0xFF else 1
    return 0


# What a file may be called

_INVISIBLE: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_FORBIDDEN: Final = str.maketrans(dict.fromkeys('<>:"|?*\\/', "_"))
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$)", re.IGNORECASE)
_NAMES: Final[Mapping[str, str]] = {"image": "image", "audio": "audio", "video": "video", "message": "message", "text": "text"}


def safe_name(name: str, *, kind: str, number: int) -> str:
    """The name a file is kept under: no folders, nothing invisible, nothing that turns the reading direction, nothing a system reserves, not too long.
    Without a name it is called by its kind and its number."""
    name = unicodedata.normalize("NFC", name[:1000])
    name = (
        re.split(r"[\\/]", name)[-1] if not name.endswith(("/", "\\")) else name.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    )
    name = "".join(" " if character in "\t\r\n\x0b\x0c" else character for character in name)
    name = "".join(character for character in name if unicodedata.category(character) not in _INVISIBLE or character == "\u200d")
    name = " ".join(name.translate(_FORBIDDEN).split()).strip(" .")
    if not name.strip("_"):
        extension = EXTENSIONS.get(kind) or ("txt" if kind.startswith("text/") else "bin")
        return f"{_NAMES.get(kind.partition('/')[0], 'file')}-{number}.{extension}"
    if _RESERVED.match(name):
        name = "_" + name
    if not extension_of(name) and kind in EXTENSIONS:
        name = f"{name}.{EXTENSIONS[kind]}"
    return _shortened(name)


def _shortened(name: str) -> str:
    """Cut in the stem: the extension says what a person is about to open."""
    if len(name) <= NAME_CHARACTERS_MAX and len(name.encode()) <= NAME_BYTES_MAX:
        return name
    stem, dot, extension = name.rpartition(".")
    ending = dot + extension if stem and len(extension) <= 16 and extension.isascii() else ""
    stem = (stem if ending else name)[: NAME_CHARACTERS_MAX - len(ending)]
    stem = stem.encode()[: NAME_BYTES_MAX - len(ending)].decode("utf-8", "ignore")
    return stem.rstrip(" .") + ending
