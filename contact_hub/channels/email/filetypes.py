"""What a file really is. The content decides: a name or a type is only what a stranger claims, and where the claim can be checked and fails, the file is
bytes and no more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_OCTETS: Final = "application/octet-stream"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_MAGIC: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"\0\0\x01\0", "image/vnd.microsoft.icon"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"%!PS", "application/postscript"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    (257, b"ustar", "application/x-tar"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-elf"),
    (0, b"\xca\xfe\xba\xbe", "application/x-executable"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-executable"),
    (0, b"L\0\0\0\x01\x14\x02\0", "application/x-ms-shortcut"),
    (0, b"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"wOFF", "font/woff"),
    (0, b"wOF2", "font/woff2"),
)
_RIFF: Final = frozenset(("image/webp", "audio/wav", "video/x-msvideo"))
_MARKUP: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s{0,200}(?:<\?xml[^>]{0,300}>\s{0,100})?(?:<!--.{0,500}?-->\s{0,100})?<(?:!doctype\s+)?"
    rb"(html|svg|script|body|head|iframe|meta|object|math)\b",
    re.IGNORECASE | re.DOTALL,
)
_MAIL: Final = re.compile(
    rb"(?:from|to|subject|date|message-id|mime-version|received|return-path|delivered-to|content-type)[ \t]?:", re.IGNORECASE
)
_PACKED: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"word/", _OFFICE + "wordprocessingml.document", "application/vnd.ms-word.document.macroenabled.12"),
    (b"xl/", _OFFICE + "spreadsheetml.sheet", "application/vnd.ms-excel.sheet.macroenabled.12"),
    (b"ppt/", _OFFICE + "presentationml.presentation", "application/vnd.ms-powerpoint.presentation.macroenabled.12"),
)
_OLE: Final[tuple[tuple[str, str], ...]] = (
    ("__substg1.0_", "application/vnd.ms-outlook"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("Book", "application/vnd.ms-excel"),
)
EXTENSIONS: Final[Mapping[str, str]] = {
    "application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp", "image/bmp": "bmp", "image/tiff": "tif",
    "image/avif": "avif", "image/heic": "heic", "image/svg+xml": "svg", "image/vnd.microsoft.icon": "ico", "text/html": "html", "text/plain": "txt",
    "text/csv": "csv",
    "text/calendar": "ics", "application/ics": "ics", "text/vcard": "vcf", "text/x-vcard": "vcf", "text/xml": "xml", "application/xml": "xml",
    "application/json": "json",
    "text/markdown": "md",
    "text/enriched": "txt", "text/rtf": "rtf", "application/rtf": "rtf", "message/rfc822": "eml", "application/zip": "zip", "application/gzip": "gz",
    "application/vnd.rar": "rar", "application/x-7z-compressed": "7z", "application/x-tar": "tar", "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt", "application/vnd.ms-outlook": "msg", _OFFICE + "wordprocessingml.document": "docx",
    _OFFICE + "spreadsheetml.sheet": "xlsx",
    _OFFICE + "presentationml.presentation": "pptx", "application/vnd.ms-word.document.macroenabled.12": "docm",
    "application/vnd.ms-excel.sheet.macroenabled.12": "xlsm", "application/vnd.ms-powerpoint.presentation.macroenabled.12": "pptm",
    "application/vnd.oasis.opendocument.text": "odt", "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/epub+zip": "epub", "application/pkcs7-signature": "p7s", "application/x-pkcs7-signature": "p7s", "application/pkcs7-mime": "p7m",
    "application/x-pkcs7-mime": "p7m", "application/pgp-signature": "asc", "application/pgp-encrypted": "asc", "application/pgp-keys": "asc",
    "application/postscript": "ps", "application/vnd.ms-tnef": "dat", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/wav": "wav", "audio/ogg": "ogg",
    "audio/amr": "amr",
    "audio/flac": "flac", "video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm", "video/x-msvideo": "avi", "application/javascript": "js",
    "application/vnd.microsoft.portable-executable": "exe", "application/x-ms-shortcut": "lnk",
}  # fmt: skip
"""The extension a type goes by."""
_TYPES: Final[Mapping[str, str]] = {extension: kind for kind, extension in reversed(list(EXTENSIONS.items()))} | {
    "jpeg": "image/jpeg", "jpe": "image/jpeg", "tiff": "image/tiff", "htm": "text/html", "xhtml": "text/html", "log": "text/plain", "text": "text/plain",
    "conf": "text/plain", "ini": "text/plain", "yml": "text/plain", "yaml": "text/plain", "tsv": "text/csv", "markdown": "text/markdown",
    "vcard": "text/vcard",
    "oga": "audio/ogg", "tgz": "application/gzip", "diff": "text/x-diff", "patch": "text/x-diff",
}  # fmt: skip
_KNOWN_BY_CONTENT: Final = frozenset(kind for _, _, kind in _MAGIC) | {
    "image/bmp", "image/svg+xml", "application/zip", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
    "application/vnd.ms-outlook",
    *(kind for _, plain, macro in _PACKED for kind in (plain, macro)),
}  # fmt: skip


_SAME: Final[Mapping[str, str]] = {
    "application/octetstream": _OCTETS, "application/binary": _OCTETS, "application/x-gzip": "application/gzip",
    "application/x-rar-compressed": "application/vnd.rar",
    "application/x-pdf": "application/pdf", "application/x-zip-compressed": "application/zip", "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png", "text/rtf": "application/rtf", "application/x-javascript": "application/javascript",
    "text/javascript": "application/javascript",
}  # fmt: skip
"""Other names of the same."""


def type_of(content: bytes, *, declared: str = "", name: str = "") -> str:
    """What a content is. A claim is taken only where the content does not say, and could not say, that it is something else."""
    if found := _by_content(content):
        return found
    declared = _SAME.get(declared.lower(), declared.lower())
    if not content:
        return declared or _OCTETS
    textual = _is_text(content)
    if textual and (marked := _MARKUP.match(content[:2000])):
        return "image/svg+xml" if marked[1].lower() == b"svg" else "text/html"
    claimed = (
        declared
        if declared not in {"", _OCTETS, "application/unknown", "application/x-unknown"}
        else _TYPES.get(extension_of(name), "")
    )
    if claimed == "message/rfc822" and not (textual and _MAIL.search(content[:4000])):
        claimed = ""
    if claimed and claimed not in _KNOWN_BY_CONTENT and not (claimed.startswith("text/") and not textual):
        return claimed
    return "text/plain" if textual else _OCTETS


def type_by_name(extension: str) -> str:
    """The type an extension stands for; empty if it stands for none."""
    return _TYPES.get(extension, "")


def _by_content(content: bytes) -> str:
    """The type the first bytes tell; empty if they tell nothing."""
    head = content[:512]
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _zipped(content)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return next((kind for stream, kind in _OLE if stream.encode("utf-16-le") in content), "application/x-ole-storage")
    if head.startswith(b"BM") and len(content) >= 26 and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    for at, magic, kind in _MAGIC:
        if head.startswith(magic, at) and (kind not in _RIFF or head.startswith(b"RIFF")):
            return kind
    pdf = content[:1024].find(b"%PDF-")  # readers look this far, so do attackers
    return "application/pdf" if pdf >= 0 else ""


def _zipped(content: bytes) -> str:
    head = content[:4096]
    if head[30:38] == b"mimetype" and (
        said := re.match(rb"application/(?:vnd\.oasis\.opendocument\.[a-z-]{3,30}|epub\+zip)", head[38:100])
    ):
        return said[0].decode("ascii")
    if b"[Content_Types].xml" in content:
        names = head + content[-65_536:]
        for folder, plain, macro in _PACKED:
            if folder in names:
                return macro if b"vbaProject.bin" in content else plain
    return "application/zip"


def _is_text(content: bytes) -> bool:
    return not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", content[:65_536])


def extension_of(name: str) -> str:
    """What stands behind the last dot, in lower case."""
    stem, dot, extension = name.rpartition(".")
    return extension.strip().lower() if dot and stem else ""
