"""Files of strangers: what they are, what they may be called, and what is said before somebody opens one."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.channels.email.attachments import (
    INLINE_BYTES_MAX,
    NAME_BYTES_MAX,
    NAME_CHARACTERS_MAX,
    RISKS,
    pixels,
    safe_name,
    verdict,
)
from contact_hub.channels.email.filetypes import type_of
from contact_hub.channels.email.mail import Attachment


def png(width: int = 4, height: int = 3) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\0\0\0"


def jpeg(width: int = 4, height: int = 3) -> bytes:
    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\0"
        + b"\0" * 9
        + b"\xff\xc0\x00\x11\x08"
        + struct.pack(">HH", height, width)
        + b"\x03"
        + b"\0" * 9
    )


def zipped(*names: str, first: bytes | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if first is not None:
            archive.writestr("mimetype", first)
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


def ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + stream.encode("utf-16-le")


def judged(name: str, content: bytes, declared: str = "") -> tuple[bool, tuple[str, ...]]:
    found = verdict(Attachment(name=name, type=declared, content=content))
    return found.inline, found.risks


# What it is


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (png(), "image/png"),
        (jpeg(), "image/jpeg"),
        (b"GIF89a\x01\0\x01\0", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0", "image/bmp"),
        (b"II*\0\x08\0\0\0", "image/tiff"),
        (b"\0\0\0\x1cftypavif", "image/avif"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"junk before\n%PDF-1.4\n", "application/pdf"),
        (zipped("a.txt"), "application/zip"),
        (
            zipped("[Content_Types].xml", "word/document.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (
            zipped("[Content_Types].xml", "ppt/presentation.xml"),
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ),
        (
            zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
            "application/vnd.ms-word.document.macroenabled.12",
        ),
        (zipped(first=b"application/vnd.oasis.opendocument.text"), "application/vnd.oasis.opendocument.text"),
        (ole("WordDocument"), "application/msword"),
        (ole("Workbook"), "application/vnd.ms-excel"),
        (ole("__substg1.0_0037001F"), "application/vnd.ms-outlook"),
        (b"{\\rtf1 hello}", "application/rtf"),
        (b"Rar!\x1a\x07\x01\0", "application/vnd.rar"),
        (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        (b"\x1f\x8b\x08\0", "application/gzip"),
        (b"MZ\x90\0", "application/vnd.microsoft.portable-executable"),
        (b"\x7fELF\x02", "application/x-elf"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"ID3\x04", "audio/mpeg"),
        (b"OggS\0", "audio/ogg"),
        (b"\x78\x9f\x3e\x22\x01\0", "application/vnd.ms-tnef"),
        (b"  <!DOCTYPE html><p>x", "text/html"),
        (b"\xef\xbb\xbf<html>", "text/html"),
        (b"<script>alert(1)</script>", "text/html"),
        (b"<?xml version='1.0'?><!-- drawn --><svg onload='x()'/>", "image/svg+xml"),
        (b"just words", "text/plain"),
        (b"\0\1\2", "application/octet-stream"),
    ],
)
def test_the_content_says_what_it_is(content: bytes, kind: str) -> None:
    assert (
        type_of(content, declared="image/x-claimed-by-a-stranger" if kind not in {"text/plain", "application/octet-stream"} else "")
        == kind
    )


@pytest.mark.parametrize(
    ("content", "declared", "name", "kind"),
    [
        (b"a;b\n1;2", "text/csv", "", "text/csv"),
        (b"BEGIN:VCALENDAR", "text/calendar; method=REQUEST".partition(";")[0], "", "text/calendar"),
        (b"a;b\n1;2", "application/octet-stream", "list.csv", "text/csv"),
        (b"From: a@b.example\r\n\r\nx", "message/rfc822", "", "message/rfc822"),
        (b"no mail at all", "message/rfc822", "", "text/plain"),
        (b"words", "image/png", "cat.png", "text/plain"),
        (b"\0\1\2", "image/png", "cat.png", "application/octet-stream"),
        (b"\0\1\2", "text/csv", "", "application/octet-stream"),
        (b"", "image/png", "", "image/png"),
        (b"\x1f\x8b\x08", "application/x-gzip", "", "application/gzip"),
    ],
)
def test_a_claim_counts_only_where_the_content_cannot_tell(content: bytes, declared: str, name: str, kind: str) -> None:
    assert type_of(content, declared=declared, name=name) == kind


# What it may be called


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\report.pdf", "report.pdf"),
        ("folder/", "folder.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u2066b\u2069\u200bc.pdf", "abc.pdf"),
        ("line\r\nbreak\tand\0more.pdf", "line break andmore.pdf"),
        ('what?*<is>|this".pdf', "what___is__this_.pdf"),
        ("  .hidden. ", "hidden.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("nul", "_nul.pdf"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("console.pdf", "console.pdf"),
        ("e\u0301tude.pdf", "étude.pdf"),
        ("見積書.pdf", "見積書.pdf"),
        ("تقرير.pdf", "تقرير.pdf"),
        ("no extension", "no extension.pdf"),
        ("", "file-3.pdf"),
        ("///", "file-3.pdf"),
        ("\u202e", "file-3.pdf"),
        ("..", "file-3.pdf"),
    ],
)
def test_names_lose_what_could_harm_and_keep_what_they_say(written: str, kept: str) -> None:
    assert safe_name(written, kind="application/pdf", number=3) == kept


def test_long_names_are_cut_before_their_extension() -> None:
    kept = safe_name("x" * 500 + ".pdf", kind="application/pdf", number=1)
    assert len(kept) == NAME_CHARACTERS_MAX
    assert kept.endswith("x.pdf")
    assert len(safe_name("見" * 120 + ".pdf", kind="application/pdf", number=1).encode()) <= NAME_BYTES_MAX
    assert len(safe_name("x." + "y" * 500, kind="application/pdf", number=1)) <= NAME_CHARACTERS_MAX


def test_files_without_a_name_are_called_by_what_they_are() -> None:
    assert safe_name("", kind="image/png", number=2) == "image-2.png"
    assert safe_name("", kind="message/rfc822", number=1) == "message-1.eml"
    assert safe_name("", kind="application/x-strange", number=1) == "file-1.bin"


@given(st.text(max_size=300))
def test_no_name_is_harmful(name: str) -> None:
    kept = safe_name(name, kind="application/pdf", number=1)
    assert 0 < len(kept) <= NAME_CHARACTERS_MAX
    assert not set(kept) & set('/\\:*?"<>|\r\n\t\0')
    assert kept.strip(" .") == kept
    assert not any(
        unicodedata.bidirectional(character) in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI"}
        for character in kept
    )


@given(st.text(max_size=60))
def test_a_name_that_was_made_harmless_stays_as_it_is(name: str) -> None:
    once = safe_name(name, kind="application/pdf", number=1)
    assert safe_name(once, kind="application/pdf", number=1) == once


# What is said of it


@pytest.mark.parametrize("content", [png(), jpeg(), b"GIF89a\x01\0\x01\0\0\0", b"RIFF\x10\0\0\0WEBPVP8L"])
def test_pictures_are_shown_in_place(content: bytes) -> None:
    assert judged("cat", content) == (True, ())


@pytest.mark.parametrize(
    ("name", "content", "risks"),
    [
        ("report.pdf", b"%PDF-1.7", ()),
        ("notes.txt", b"words", ()),
        ("setup.exe", b"MZ\x90\0", ("executable",)),
        ("invoice.pdf", b"MZ\x90\0", ("executable", "disguised")),
        ("invoice.pdf.exe", b"MZ\x90\0", ("executable", "double_extension")),
        ("invoice.pdf   .js", b"words", ("executable", "active", "double_extension")),
        ("photo.jpg.html", b"<html>", ("active", "double_extension")),
        ("cat.png", b"<html><script>", ("active", "disguised")),
        ("cat.png", b"<svg onload=x()>", ("active", "disguised")),
        ("cat.jpg", png(), ()),
        ("drawing.svg", b"<svg/>", ("active",)),
        ("letter.docm", zipped("[Content_Types].xml", "word/x", "word/vbaProject.bin"), ("macros",)),
        ("letter.docx", zipped("[Content_Types].xml", "word/x", "word/vbaProject.bin"), ("macros",)),
        ("old.doc", ole("_VBA_PROJECT"), ("macros",)),
        ("cat.png", b"\0\1\2", ("disguised",)),
        ("archive.tar.gz", b"\x1f\x8b\x08", ()),
        ("secret.zip", b"PK\x03\x04\x14\0\x09\0", ("encrypted",)),
        ("link.lnk", b"L\0\0\0\x01\x14\x02\0", ("executable",)),
        ("disk.iso", b"\0" * 100, ("executable",)),
    ],
)
def test_what_speaks_against_a_file_is_said(name: str, content: bytes, risks: tuple[str, ...]) -> None:
    inline, found = judged(name, content)
    assert found == risks
    assert inline == (content == png())
    assert set(found) <= RISKS.keys()


def test_pictures_that_no_browser_can_bear_are_not_shown() -> None:
    assert judged("bomb.png", png(60_000, 60_000)) == (False, ("picture_too_large",))
    assert judged("bomb.jpg", jpeg(60_000, 60_000)) == (False, ("picture_too_large",))
    assert judged("large.png", png() + b"\0" * INLINE_BYTES_MAX) == (False, ("picture_too_large",))


def test_pictures_say_how_large_they_are() -> None:
    assert pixels(png(40, 30)) == pixels(jpeg(40, 30)) == 1200
    assert pixels(b"GIF89a" + struct.pack("<HH", 40, 30)) == 1200
    assert pixels(b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + (39).to_bytes(3, "little") + (29).to_bytes(3, "little")) == 1200
    assert pixels(b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + (39 | 29 << 14).to_bytes(4, "little") + b"\0" * 8) == 1200
    assert pixels(b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 10 + struct.pack("<HH", 40, 30)) == 1200
    assert pixels(b"no picture") == 0


@given(
    st.text(max_size=20),
    st.binary(max_size=80),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFFxxxxWEBP", b"GIF89a", b"PK\x03\x04", b"BM"]),
)
def test_no_file_is_beyond_judgement(name: str, content: bytes, begin: bytes) -> None:
    judged(name, begin + content)
