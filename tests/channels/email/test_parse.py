"""Reading mails: whatever comes, a person gets to read it, and is told what was mended."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_hub.channels.email import mended, smime, tnef
from contact_hub.channels.email.attachments import safe_name
from contact_hub.channels.email.mail import BYTES_MAX, InboundMail
from contact_hub.channels.email.parse import parse

HEAD = b"From: Ada Lovelace <ada@example.org>\r\nTo: help@hub.example\r\nSubject: Engine\r\nMessage-ID: <1@example.org>\r\n"


def mail(*lines: bytes, head: bytes = HEAD) -> InboundMail:
    """A mail of a usual head and these lines."""
    return parse(head + b"\r\n".join(lines))


def with_header(line: bytes) -> InboundMail:
    return parse(line + b"\r\n\r\nhello\r\n")


def container(kind: bytes, *parts: bytes) -> bytes:
    """A multipart of these parts, each with its own headers, as bytes that begin with its Content-Type."""
    boundary = b"=_" + kind + b"_" + str(len(b"".join(parts))).encode()
    inside = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return b"Content-Type: multipart/" + kind + b'; boundary="' + boundary + b'"\r\n\r\n' + inside + b"--" + boundary + b"--\r\n"


def part(content: bytes, kind: bytes = b"text/plain; charset=utf-8", *headers: bytes) -> bytes:
    return b"\r\n".join((b"Content-Type: " + kind, *headers, b"", content))


# The plain case


def test_an_ordinary_mail_is_read_as_written() -> None:
    read = mail(
        b"Date: Fri, 21 Nov 1997 09:55:06 -0600",
        b"Cc: a@b.example",
        b"In-Reply-To: <0@x>",
        b"References: <a@x>\r\n <0@x>",
        b"",
        b"Good day",
        b"",
    )
    assert (read.subject, read.sender, read.sender and read.sender.name) == ("Engine", "ada@example.org", "Ada Lovelace")
    assert (read.recipients, read.cc, read.message_id) == (("help@hub.example",), ("a@b.example",), "1@example.org")
    assert (read.in_reply_to, read.references) == (("0@x",), ("a@x", "0@x"))
    assert read.date == datetime(1997, 11, 21, 15, 55, 6, tzinfo=UTC)
    assert (read.text, read.html, read.attachments) == ("Good day\n", None, ())
    assert (read.warnings, read.lossy) == ((), False)
    assert read.header("SUBJECT") == "Engine"


def test_every_code_has_a_meaning_and_only_losses_are_lossy() -> None:
    found = mended.Mended()
    for code in mended.MENDED:
        found.note(code)
    assert found.codes == tuple(mended.MENDED)
    assert not found.lossy
    for code in mended.LOST:
        one = mended.Mended()
        one.note(code)
        assert one.lossy
    assert not mended.MENDED.keys() & mended.LOST.keys()


# Bytes around and between


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_any_line_end_will_do(end: bytes) -> None:
    read = parse((HEAD + container(b"mixed", part(b"one\r\ntwo"), part(b"three"))).replace(b"\r\n", end))
    assert read.text == "one\ntwo\nthree"
    assert read.subject == "Engine"


def test_lines_of_a_mailbox_file_and_empty_lines_before_the_headers_are_left_out() -> None:
    read = parse(b"\r\n\r\nFrom ada@example.org Mon May  2 16:07:05 2005\r\n" + HEAD + b"\r\nhi")
    assert (read.sender, read.text, read.warnings) == ("ada@example.org", "hi", ("mbox_line",))


def test_a_byte_order_mark_before_the_headers_hides_no_header() -> None:
    assert parse(b"\xef\xbb\xbfFrom: a@b.example\r\n\r\nx").sender == "a@b.example"


def test_text_without_headers_is_text() -> None:
    read = parse(b"just words\nand more")
    assert read.text == "just words\nand more"
    assert "headers_missing" in read.warnings


def test_a_page_without_headers_is_a_page() -> None:
    read = parse(b"<!DOCTYPE html>\n<html><body>hello</body></html>")
    assert read.html is not None
    assert "type_guessed" in read.warnings


def test_a_missing_empty_line_ends_the_headers_all_the_same() -> None:
    read = parse(b"From: a@b.example\r\nSubject: x\r\nHello there\r\nsecond line\r\n")
    assert (read.subject, read.text) == ("x", "Hello there\nsecond line\n")
    assert "headers_unended" in read.warnings


def test_a_header_torn_into_an_unfolded_line_is_joined_and_those_after_it_are_read() -> None:
    read = parse(b"Subject: one\r\ntwo\r\nFrom: a@b.example\r\n\r\nx")
    assert (read.subject, read.sender) == ("one two", "a@b.example")
    assert read.warnings == ("header_broken",)


def test_spaces_before_the_colon_are_no_part_of_the_name() -> None:
    assert parse(b"Subject  : x\r\nFrom : a@b.example\r\n\r\n").subject == "x"


def test_nothing_is_a_mail_too() -> None:
    read = parse(b"")
    assert (read.subject, read.sender, read.text, read.recipients) == ("", None, "", ())


def test_no_nul_and_no_half_character_gets_through() -> None:
    read = parse(b"Subject: a\0b =?utf-8?q?=00c?=\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+2AA- x\0y")
    assert read.subject == "ab c"
    assert read.text is not None
    assert "\0" not in read.text
    read.text.encode("utf-8")


# Words in headers


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"),
        (b"=?iso-8859-1?Q?Gr=FC=DFe_aus?= =?iso-8859-1?q?_K=F6ln?=", "Grüße aus Köln"),
        (b"=?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?=", "café"),
        (b"=?utf-8?B?w?=\r\n =?utf-8?B?6k=?=", "é"),
        (b"=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8?Q?a b?= c", "a b c"),
        (b"=?utf-8?Q?what?=20now?=", "what? now"),
        (b"Re: =?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?=", "Re: テスト"),
        (b"=?gb2312?B?xOO6ww==?=", "你好"),
        (b"=?ks_c_5601-1987?B?vcbGvA==?=", "싣티"),
        (b"=?utf-8?Q?caf=E9?=", "café"),
        (b"=?windows-1251?Q?=CF=F0=E8=E2=E5=F2?=", "Привет"),
        (b"=?utf-8?B?R3LDvMOfZQ", "Grüße"),
        (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe =?utf-8?Q?du?=", "Grüßedu"),
        (b"=?utf-8?Q??= x", "x"),
        (b"=?x-unknown?Q?caf=C3=A9?=", "café"),
        (b"1 =? 2 ?= 3", "1 =? 2 ?= 3"),
        (b"a  b", "a  b"),
        (b"folded\r\n\tline", "folded line"),
        ("naïve – raw".encode(), "naïve – raw"),
        (b"Gr\xfc\xdfe aus M\xfcnchen", "Grüße aus München"),
        (b"=?utf-8?Q?a=0D=0ABcc:_x@y?=", "a  Bcc: x@y"),
    ],
)
def test_subjects_are_read_however_they_are_encoded(written: bytes, meant: str) -> None:
    assert with_header(b"Subject: " + written).subject == meant


def test_raw_bytes_in_headers_are_read_in_the_charset_the_mail_names() -> None:
    read = parse("Subject: Вопрос по заказу\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\nДобрый день".encode("koi8-r"))
    assert (read.subject, read.text) == ("Вопрос по заказу", "Добрый день")


# Addresses


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"a@b.example", [("a@b.example", "")]),
        (b"Ann <a@B.Example>", [("a@b.example", "Ann")]),
        (b'"Doe, John" <j@x.example>, k@x.example', [("j@x.example", "Doe, John"), ("k@x.example", "")]),
        (b'"Giant; \\"Big\\" Box" <g@x.example>', [("g@x.example", 'Giant; "Big" Box')]),
        (b"=?utf-8?Q?Doe,_J=C3=BCrgen?= <j@x.example>", [("j@x.example", "Doe, Jürgen")]),
        (b'"=?utf-8?Q?J=C3=BCrgen?=" <j@x.example>', [("j@x.example", "Jürgen")]),
        (b"a@b.example (Ann B)", [("a@b.example", "Ann B")]),
        (b"Team: a@b.example, Bob <b@b.example>;", [("a@b.example", ""), ("b@b.example", "Bob")]),
        (b"undisclosed-recipients:;", []),
        (b"<Undisclosed-Recipient:@lists.example;>", []),
        (b"a@b.example; c@d.example", [("a@b.example", ""), ("c@d.example", "")]),
        (b"a@b.example c@d.example", [("a@b.example", ""), ("c@d.example", "")]),
        (b"Ann <a@b.example> Bob <b@b.example>", [("a@b.example", "Ann"), ("b@b.example", "Bob")]),
        (b"Ann <a@b.example", [("a@b.example", "Ann")]),
        (b"<<a@b.example>>", [("a@b.example", "")]),
        (b"<mailto:a@b.example>", [("a@b.example", "")]),
        (b"<@relay.example:a@b.example>", [("a@b.example", "")]),
        (b"a@b.example, A@B.example", [("a@b.example", "")]),
        (b"a @ b . example", [("a@b.example", "")]),
        (b"Pete(A wonderful \\) chap) <pete(his account)@silly.example(his host)>", [("pete@silly.example", "Pete")]),
        (b'"john doe"@x.example', [('"john doe"@x.example', "")]),
        (b"x@[192.0.2.1]", [("x@[192.0.2.1]", "")]),
        (b"'Ann' <a@b.example>", [("a@b.example", "Ann")]),
        (b"Mikel@Home <m@x.example>", [("m@x.example", "Mikel@Home")]),
        (b"MAILER-DAEMON", [("MAILER-DAEMON", "")]),
        (b"=?utf-8?Q?Ann_=3Ca=40b.example=3E?=", [("a@b.example", "Ann")]),
        ("Jörg <jörg@bücher.example>".encode(), [("jörg@bücher.example", "Jörg")]),
        (b'"unclosed <a@b.example>', [("a@b.example", "unclosed")]),
        (b", a@b.example", [("a@b.example", "")]),
        (b"", []),
    ],
)
def test_addresses_are_found_however_they_are_written(written: bytes, meant: list[tuple[str, str]]) -> None:
    found = with_header(b"To: " + written).recipients
    assert [(str(address), address.name) for address in found] == meant


def test_several_lines_of_recipients_are_one_list() -> None:
    assert parse(b"To: a@b.example\r\nTo: c@d.example\r\n\r\n").recipients == ("a@b.example", "c@d.example")


def test_without_from_the_sender_is_taken_from_who_else_says_so() -> None:
    read = parse(b"Reply-To: a@b.example\r\nReturn-Path: <bounce@b.example>\r\n\r\nx")
    assert (read.sender, read.warnings) == ("a@b.example", ("sender_missing",))
    assert parse(b"From: <>\r\n\r\nx").sender is None


# Ids


def test_ids_lose_their_brackets_and_their_folds() -> None:
    read = parse(b"Message-ID: <a\r\n b@c>\r\nIn-Reply-To: Your mail of Monday <x@y> <z@y>\r\nReferences: <1@y><2@y>,<1@y>\r\n\r\n")
    assert (read.message_id, read.in_reply_to, read.references) == ("ab@c", ("x@y", "z@y"), ("1@y", "2@y"))


def test_ids_without_brackets_are_ids() -> None:
    read = parse(b"Message-ID: a@b\r\nReferences: 1@y 2@y\r\n\r\n")
    assert (read.message_id, read.references) == ("a@b", ("1@y", "2@y"))


# Dates


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Fri, 21 Nov 1997 09:55:06 -0600", (1997, 11, 21, 15, 55, 6)),
        ("21 Nov 97 09:55 GMT", (1997, 11, 21, 9, 55, 0)),
        ("Mon May  2 16:07:05 2005", (2005, 5, 2, 16, 7, 5)),
        ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", (1997, 11, 21, 15, 55, 6)),
        ("2024-02-29T12:00:00Z", (2024, 2, 29, 12, 0, 0)),
        ("2024-02-29 12:00:00 +0530", (2024, 2, 29, 6, 30, 0)),
        ("Thu, 29 Feb 2024 12:00:00 +01:00", (2024, 2, 29, 11, 0, 0)),
        ("Thu, 29 Feb 2024 12:00:00 (CET)", (2024, 2, 29, 12, 0, 0)),
        ("Thu, 29 Feb 2024 12:00:00 PST", (2024, 2, 29, 20, 0, 0)),
        ("Do, 29 Okt 2020 08:05:00 +0100", (2020, 10, 29, 7, 5, 0)),
        ("Thu, 29-Feb-2024 11:59:60 PM -0000", (2024, 3, 1, 0, 0, 0)),
        ("Thu,29 Feb 2024 12.30.15 GMT+0200", (2024, 2, 29, 10, 30, 15)),
    ],
)
def test_dates_are_understood_in_any_order(written: str, meant: tuple[int, ...]) -> None:
    assert with_header(b"Date: " + written.encode()).date == datetime(*meant, tzinfo=UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written", ["yesterday", "Fri, 31 Feb 2020 10:00:00 +0000", "Mon, 30 Jun 3609 15:33:50 +0600", "99 99 9999", "Fri, 21 Nov"]
)
def test_a_date_that_cannot_be_is_none(written: str) -> None:
    read = with_header(b"Date: " + written.encode())
    assert read.date is None
    assert "date_wrong" in read.warnings


# Charsets


@pytest.mark.parametrize(
    ("label", "content", "meant"),
    [
        (b"iso-8859-1", "naïve – „Zitat“".encode("cp1252"), "naïve – „Zitat“"),
        (b"iso-8859-1", "Grüße".encode(), "Grüße"),
        (b"us-ascii", "Grüße".encode(), "Grüße"),
        (b"utf-8", "Grüße aus München, schöne Straße".encode("latin-1"), "Grüße aus München, schöne Straße"),
        (b"gb2312", "镕基朱".encode("gb18030"), "镕基朱"),
        (b"shift_jis", "①髙橋".encode("cp932"), "①髙橋"),
        (b"iso-2022-jp", b'\x1b$B-!\x1b(B \x1b$B$"\x1b(B', "① あ"),
        (b"us-ascii", "日本語".encode("iso2022_jp"), "日本語"),
        (b"windows-1252", "日本語のメール".encode(), "日本語のメール"),
        (b"utf-16", "\ufeffhello".encode("utf-16-le"), "hello"),
        (b"utf-8", b"\xef\xbb\xbfhello", "hello"),
        (b"no-such-charset", "Grüße".encode(), "Grüße"),
        (b"zlib", b"plain", "plain"),
        (b"koi8-r", "Здравствуйте".encode("koi8-r"), "Здравствуйте"),
        (b"x-mac-roman", "Grüße".encode("mac_roman"), "Grüße"),
    ],
)
def test_texts_are_read_in_what_they_are_not_in_what_they_say(label: bytes, content: bytes, meant: str) -> None:
    assert mail(b"Content-Type: text/plain; charset=" + label, b"", content).text == meant


def test_a_text_without_a_charset_is_guessed() -> None:
    text = "Здравствуйте, у меня вопрос по моему заказу. Когда он придёт?"
    read = mail(b"", text.encode("cp1251"))
    assert read.text == text
    assert "charset_guessed" in read.warnings


def test_one_bad_byte_does_not_turn_a_whole_text_into_another_charset() -> None:
    read = mail(b"Content-Type: text/plain; charset=utf-8", b"", "Grüße aus Köln, ".encode() * 20 + b"\xff")
    assert read.text is not None
    assert read.text.startswith("Grüße aus Köln")
    assert read.text.endswith("\ufffd")
    assert "charset_faulty" in read.warnings
    assert read.lossy


def test_a_page_says_its_charset_itself() -> None:
    page = '<html><head><meta charset="windows-1251"></head><body>Привет</body></html>'
    assert mail(b"Content-Type: text/html", b"", page.encode("cp1251")).html == page


# Transfer encodings


def text_of(encoding: bytes, content: bytes) -> str | None:
    return mail(b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: " + encoding, b"", content).text


LONG = base64.encodebytes(b"a long line of words, long enough to fill several lines of base64 with what it says\n" * 3)


@pytest.mark.parametrize(
    ("encoding", "content", "meant"),
    [
        (b"base64", b"R3LDvMOfZQ==", "Grüße"),
        (b"BASE64", b"R3LD\r\nvMOf ZQ", "Grüße"),
        (b'"base64";', b"R3LDvMOfZQ==\r\n", "Grüße"),
        (b"base64", b"YQ==\r\nYg==\r\n", "ab"),
        (b"base64", b"Y!W#I*=", "ab"),
        (b"base64", b"This is no base64 at all, is it now?", "This is no base64 at all, is it now?"),
        (
            b"base64",
            LONG.replace(b"\n", b"!\n", 1),
            "a long line of words, long enough to fill several lines of base64 with what it says\n" * 3,
        ),
        (b"quoted-printable", b"Gr=C3=BC=C3=9Fe=\r\n du", "Grüße du"),
        (b"Quoted-Printable", b"a =3D b = c =3d =ZZ", "a = b = c = =ZZ"),
        (b"quoted-printable", b"soft=  \r\nbreak", "softbreak"),
        (b"quoted-printable", b"end=", "end"),
        (b"x-uuencode", b"begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n", "Cat"),
        (b"8-bit", "Grüße".encode(), "Grüße"),
        (b"amazonses.com", b"plain", "plain"),
    ],
)
def test_contents_are_unpacked_as_far_as_they_can_be(encoding: bytes, content: bytes, meant: str) -> None:
    assert text_of(encoding, content) == meant


def test_a_footer_behind_base64_is_kept() -> None:
    assert text_of(b"base64", LONG + b"\r\n_______________\r\nmailing list, see the page\r\n") == (
        "a long line of words, long enough to fill several lines of base64 with what it says\n" * 3
        + "\n_______________\nmailing list, see the page\n"
    )


def test_files_written_into_the_text_are_taken_out() -> None:
    read = mail(
        b"",
        b"before",
        b"begin 644 cat.txt",
        b"#0V%T",
        b"`",
        b"end",
        b"after",
        b"begin with care",
        b"begin 644 not a file",
        b"words",
    )
    assert read.text == "before\nafter\nbegin with care\nbegin 644 not a file\nwords"
    assert [(file.name, file.content) for file in read.attachments] == [("cat.txt", b"Cat")]
    assert read.warnings == ("uuencode_opened",)


def test_flowed_text_has_its_paragraphs_back_and_its_quotes_apart() -> None:
    flowed = b"Dear all, \r\nthis goes on.\r\n\r\n> quoted words \r\n> go on\r\n>> deeper\r\n From here\r\n-- \r\nAnn"
    read = mail(b"Content-Type: text/plain; format=flowed", b"", flowed)
    assert read.text == "Dear all, this goes on.\n\n> quoted words go on\n>> deeper\nFrom here\n-- \nAnn"
    read = mail(b"Content-Type: text/plain; format=flowed; delsp=yes", b"", b"hyphen- \r\nated")
    assert read.text == "hyphen-ated"


# Parts


def test_of_two_forms_of_the_same_both_are_kept() -> None:
    read = parse(HEAD + container(b"alternative", part(b"hello"), part(b"<p>hello</p>", b"text/html")))
    assert (read.text, read.html, read.attachments) == ("hello", "<p>hello</p>", ())


def test_an_empty_text_beside_a_page_is_no_text() -> None:
    assert parse(HEAD + container(b"alternative", part(b" "), part(b"<p>hello</p>", b"text/html"))).text is None


def test_several_texts_are_joined_in_their_order() -> None:
    picture = part(base64.b64encode(PNG), b"image/png; name=a.png", b"Content-Transfer-Encoding: base64")
    read = parse(HEAD + container(b"mixed", part(b"one"), picture, part(b"two")))
    assert read.text == "one\ntwo"
    assert [(file.name, file.type, file.content) for file in read.attachments] == [("a.png", "image/png", PNG)]


def test_a_footer_behind_two_forms_stands_in_both() -> None:
    both = container(b"alternative", part(b"hello"), part(b"<p>hello</p>", b"text/html"))
    read = parse(HEAD + container(b"mixed", both, part(b"-- list <footer>")))
    assert read.text == "hello\n-- list <footer>"
    assert read.html is not None
    assert read.html.startswith("<p>hello</p>")
    assert "-- list &lt;footer&gt;" in read.html


def test_a_page_behind_a_text_is_told_in_the_text_too() -> None:
    read = parse(HEAD + container(b"mixed", part(b"see below"), part(b"<p>the <b>page</b></p>", b"text/html")))
    assert read.text == "see below\nthe page"


def test_pictures_of_a_page_are_inline_and_the_root_need_not_come_first() -> None:
    picture = part(
        base64.b64encode(PNG),
        b"image/png",
        b"Content-Transfer-Encoding: base64",
        b"Content-ID: <logo@x>",
        b"Content-Disposition: attachment",
    )
    page = part(b'<img src="cid:logo@x">', b"text/html", b"Content-ID: <root@x>")
    inside = container(b"related", picture, page).replace(b"multipart/related;", b'multipart/related; start="<root@x>";', 1)
    read = parse(HEAD + inside)
    assert read.html == '<img src="cid:logo@x">'
    assert [(file.content_id, file.inline, file.name) for file in read.attachments] == [("logo@x", True, "image-1.png")]


def test_a_named_text_is_a_file_unless_there_is_no_other_text() -> None:
    named = part(b"the words", b'text/plain; name="notes.txt"')
    read = parse(HEAD + container(b"mixed", part(b"see notes"), named))
    assert (read.text, [file.name for file in read.attachments]) == ("see notes", ["notes.txt"])
    read = parse(HEAD + container(b"mixed", named))
    assert (read.text, read.attachments) == ("the words", ())


def test_a_form_of_the_text_is_no_file_though_it_has_a_name() -> None:
    read = parse(HEAD + container(b"alternative", part(b"hello"), part(b"<p>hello</p>", b"text/html; name=body.html")))
    assert (read.text, read.html, read.attachments) == ("hello", "<p>hello</p>", ())


def test_utf8_in_headers_is_nothing_to_warn_of() -> None:
    assert parse("From: Jörg <jörg@bücher.example>\r\nSubject: Grüße\r\n\r\nx".encode()).warnings == ()
    assert parse("From: a@b.example\r\nSubject: Grüße\r\n\r\nx".encode("latin-1")).warnings[0] == "header_8bit"


def test_what_is_sent_as_an_attachment_is_one() -> None:
    read = parse(HEAD + b"Content-Disposition: attachment; filename=a.txt\r\n\r\nwords")
    assert (read.text, [file.content for file in read.attachments]) == (None, [b"words"])


def test_a_mail_in_a_mail_stays_a_file() -> None:
    inner = b"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nFrom: b@c.example\r\n\r\ninside\r\n"
    read = parse(HEAD + container(b"mixed", part(b"see this"), part(inner, b"message/rfc822")))
    assert read.text == "see this"
    assert [(file.name, file.type, file.content) for file in read.attachments] == [("Grüße.eml", "message/rfc822", inner)]


def test_a_report_shows_its_words_and_keeps_its_parts() -> None:
    status = b"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; x@y.example\r\nStatus: 5.1.1\r\n"
    original = b"Subject: Hello\r\nMessage-ID: <9@hub.example>\r\n\r\nbody\r\n"
    read = parse(
        HEAD
        + container(
            b"report", part(b"could not be delivered"), part(status, b"message/delivery-status"), part(original, b"message/rfc822")
        )
    )
    assert read.text == "could not be delivered"
    assert [report.type for report in read.reports] == ["message/delivery-status", "message/rfc822"]
    assert "Status: 5.1.1\n" in read.reports[0].text
    assert "Message-ID: <9@hub.example>" in read.reports[1].text
    assert [file.name for file in read.attachments] == ["Hello.eml"]


def test_signed_in_the_open_shows_the_text_and_keeps_the_signature() -> None:
    read = parse(HEAD + container(b"signed", part(b"signed words"), part(b"xx", b"application/pkcs7-signature; name=smime.p7s")))
    assert (read.text, [file.name for file in read.attachments]) == ("signed words", ["smime.p7s"])


# Broken containers


def test_parts_are_found_where_the_boundary_is_not_named() -> None:
    lines = (b"Content-Type: multipart/mixed", b"", b"--x", b"Content-Type: text/plain", b"", b"hello", b"--x--", b"")
    read = mail(*lines)
    assert read.text == "hello"
    assert "boundary_missing" in read.warnings


def test_a_container_without_any_boundary_is_text() -> None:
    read = mail(b"Content-Type: multipart/mixed; boundary=never", b"", b"hello")
    assert (read.text, read.warnings) == ("hello", ("boundary_missing",))


def test_a_container_without_parts_is_empty() -> None:
    read = mail(b"Content-Type: multipart/mixed; boundary=x", b"", b"--x--", b"")
    assert read.text is None
    assert mail(b"Content-Type: multipart/mixed; boundary=x", b"", b"").warnings == ("parts_missing",)


def test_a_boundary_that_never_closes_ends_with_the_mail() -> None:
    read = mail(b"Content-Type: multipart/mixed; boundary=x", b"", b"--x", b"", b"one", b"--x", b"", b"two", b"--x-")
    assert (read.text, read.warnings) == ("one\ntwo", ("boundary_open",))


def test_boundary_and_charset_may_come_in_pieces() -> None:
    lines = (
        b"--xy z",
        b"Content-Type: text/plain; charset*=us-ascii'en'iso-8859-2",
        b"",
        "Dzień dobry".encode("iso-8859-2"),
        b"--xy z--",
    )
    read = mail(b'Content-Type: multipart/mixed; boundary*0=xy; boundary*1=" z"', b"", *lines)
    assert (read.text, read.warnings) == ("Dzień dobry", ())


def test_a_boundary_that_begins_another_is_another() -> None:
    inner = (b"--x-1", b"Content-Type: text/plain", b"", b"inner", b"--x-1--")
    lines = (
        b"Content-Type: multipart/mixed; boundary=x",
        b"",
        b"--x",
        b"Content-Type: multipart/mixed; boundary=x-1",
        b"",
        *inner,
        b"--x",
        b"",
        b"outer",
        b"--x--",
    )
    assert mail(*lines).text == "inner\nouter"


def test_the_same_boundary_on_two_levels_loses_nothing() -> None:
    lines = (
        b"Content-Type: multipart/mixed; boundary=x",
        b"",
        b"--x",
        b"Content-Type: multipart/alternative; boundary=x",
        b"",
        b"--x",
        b"",
        b"inner",
        b"--x--",
    )
    read = mail(*lines, b"--x", b"Content-Type: text/plain", b"", b"outer", b"--x--")
    assert read.text == "inner\nouter"
    assert "boundary_repeated" in read.warnings


def test_a_packed_container_is_unpacked() -> None:
    inside = base64.encodebytes(b"--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x--\r\n")
    assert mail(b"Content-Type: multipart/mixed; boundary=x", b"Content-Transfer-Encoding: base64", b"", inside).text == "hello"


@pytest.mark.parametrize(
    ("written", "is_html"),
    [
        (b"text", False),
        (b"html", True),
        (b"TEXT/HTML", True),
        (b"text/html charset=utf-8", True),
        (b"", False),
        (b";;;", False),
        (b"plain text", False),
    ],
)
def test_types_that_are_none_are_guessed(written: bytes, is_html: bool) -> None:
    read = mail(b"Content-Type: " + written, b"", b"<b>x</b>")
    assert (read.html if is_html else read.text) == "<b>x</b>"


# Names of files


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b"attachment; filename=plain.txt", "plain.txt"),
        (b'attachment; filename="two words.txt"', "two words.txt"),
        (b"attachment; filename=two words.txt", "two words.txt"),
        (b"attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.txt", "Grüße.txt"),
        (b'attachment; filename*0="long "; filename*1="name.txt"', "long name.txt"),
        (b"attachment; filename*0*=utf-8''Gr%C3; filename*1*=%BC%C3%9F; filename*2=\"e.txt\"", "Grüße.txt"),
        (b"attachment; filename*1=b.txt; filename*0=a", "ab.txt"),
        (b"attachment; filename=fallback.txt; filename*=iso-8859-1''Gr%FC%DFe.txt", "Grüße.txt"),
        (b"attachment; filename*=\"utf-8''Gr%C3%BC%C3%9Fe.txt\"", "Grüße.txt"),
        (b'attachment; filename="=?utf-8?B?R3LDvMOfZS50eHQ=?="', "Grüße.txt"),
        (b"attachment; filename==?utf-8?Q?Gr=C3=BC=C3=9Fe.txt?=", "Grüße.txt"),
        (b'attachment; filename*0="=?utf-8?B?R3LDvMO"; filename*1="fZS50eHQ=?="', "Grüße.txt"),
        ('attachment; filename="Grüße.txt"'.encode(), "Grüße.txt"),
        (b'attachment; filename="C:\\new\\report.txt"', "report.txt"),
        (b'attachment; filename="say \\"hi\\".txt"', "say _hi_.txt"),
        (b'attachment; filename="unclosed.txt', "unclosed.txt"),
        (b"attachment;; ; filename = spaced.txt ;", "spaced.txt"),
        (b"ATTACHMENT; FILENAME=x.txt", "x.txt"),
        (b"attachment", "text-1.txt"),
    ],
)
def test_files_are_named_as_their_sender_meant(disposition: bytes, name: str) -> None:
    read = mail(b"Content-Type: text/plain", b"Content-Disposition: " + disposition, b"", b"x")
    assert [file.name for file in read.attachments] == [name]


def test_what_a_file_is_goes_by_its_content() -> None:
    page = part(b"<html><script>alert(1)</script></html>", b"image/png; name=cat.png")
    read = parse(HEAD + container(b"mixed", part(b"look"), page))
    assert [(file.name, file.type) for file in read.attachments] == [("cat.png", "text/html")]


# winmail.dat and signed contents

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 4, 3) + b"\x08\x02\0\0\0"


def attribute(level: int, code: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, code, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def of_unicode(tag: int, text: str) -> bytes:
    data = (text + "\0").encode("utf-16-le")
    return struct.pack("<HHII", 0x001F, tag, 1, len(data)) + data + b"\0" * (-len(data) % 4)


def winmail(*, body: bytes = b"the words\0") -> bytes:
    properties = struct.pack("<I", 2) + of_unicode(0x3707, "Übersicht 2024.txt") + of_unicode(0x3712, "cid-1")
    return (
        b"\x78\x9f\x3e\x22\x01\x00"
        + attribute(1, 0x00069007, struct.pack("<II", 1252, 0))
        + attribute(1, 0x0002800C, body)
        + attribute(2, 0x00069002, b"\0" * 14)
        + attribute(2, 0x00018010, b"UBERSI~1.TXT\0")
        + attribute(2, 0x0006800F, b"content of the file")
        + attribute(2, 0x00069005, properties)
    )


def test_the_packing_of_outlook_is_opened() -> None:
    read = parse(HEAD + container(b"mixed", part(b"hello"), part(winmail(), b"application/ms-tnef; name=winmail.dat")))
    assert read.text == "hello"
    assert [(file.name, file.content) for file in read.attachments] == [("Übersicht 2024.txt", b"content of the file")]
    assert read.warnings == ("tnef_opened",)


def test_the_text_in_it_is_taken_where_the_mail_has_none() -> None:
    read = parse(
        HEAD + b"Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(winmail())
    )
    assert read.text == "the words"


@pytest.mark.parametrize("length", range(0, 260, 7))
def test_a_packing_that_ends_in_the_middle_gives_what_was_read(length: int) -> None:
    found = tnef.opened(winmail()[:length])
    assert len(found.files) <= 1


def test_a_packing_too_broken_to_be_opened_is_kept_as_it_came() -> None:
    read = parse(HEAD + container(b"mixed", part(b"hello"), part(winmail()[:12], b"application/ms-tnef; name=winmail.dat")))
    assert [(file.name, file.content) for file in read.attachments] == [("winmail.dat", winmail()[:12])]
    assert (read.warnings, read.lossy) == (("tnef_faulty",), True)


def test_compressed_rtf_is_unpacked() -> None:
    # "{\rtf1 abcabcabc}" with a reference back, as the format's own description packs it
    packed = bytes.fromhex(
        "2d000000 2b000000 4c5a4675 f1c5c7a7 03000a00 72637067 31323542 320af320 68656c09 00206277 05b06c64 7d0a800f a0".replace(
            " ", ""
        )
    )
    assert tnef.unpacked_rtf(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert tnef.unpacked_rtf(struct.pack("<II4sI", 20, 5, b"MELA", 0) + b"{rtf}") == b"{rtf}"
    assert tnef.unpacked_rtf(b"short") is None


def der(tag: int, *content: bytes) -> bytes:
    data = b"".join(content)
    length = bytes((len(data),)) if len(data) < 128 else b"\x82" + struct.pack(">H", len(data))
    return bytes((tag,)) + length + data


def signed(content: bytes, *, pieces: bool = False) -> bytes:
    octets = b"\x24\x80" + der(4, content[:10]) + der(4, content[10:]) + b"\0\0" if pieces else der(4, content)
    data_oid, signed_oid = bytes.fromhex("2a864886f70d010701"), bytes.fromhex("2a864886f70d010702")
    inner = der(0x30, der(2, b"\1"), der(0x31), der(0x30, der(6, data_oid), der(0xA0, octets)), der(0x31))
    return der(0x30, der(6, signed_oid), der(0xA0, inner))


@pytest.mark.parametrize("pieces", [False, True])
def test_a_signed_content_is_opened(pieces: bool) -> None:
    content = base64.encodebytes(
        signed(b"Content-Type: text/plain; charset=utf-8\r\n\r\nsigned words, and more of them", pieces=pieces)
    )
    read = parse(
        HEAD
        + b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + content
    )
    assert (read.text, read.attachments) == ("signed words, and more of them", ())
    assert read.warnings == ("signed_opened",)


def test_an_encrypted_content_is_kept_and_said_to_be_so() -> None:
    sealed = der(0x30, der(6, bytes.fromhex("2a864886f70d010703")), der(0xA0, der(0x30)))
    read = parse(
        HEAD
        + b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(sealed)
    )
    assert [file.content for file in read.attachments] == [sealed]
    assert read.warnings == ("encrypted",)
    assert not read.lossy


@given(st.binary(max_size=200))
def test_no_bytes_break_the_opening_of_signed_contents(data: bytes) -> None:
    smime.signed_content(data)
    smime.signed_content(b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80" + data)
    smime.is_enveloped(data)


@given(st.binary(max_size=300), st.integers(min_value=0, max_value=250))
def test_no_bytes_break_the_opening_of_winmail(data: bytes, at: int) -> None:
    good = winmail()
    tnef.opened(good[:at] + data + good[at + len(data) :])


# Too much of it


def nested(depth: int) -> bytes:
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level) for level in range(depth))
    return (
        HEAD
        + opened
        + b"Content-Type: text/plain\r\n\r\nat the bottom\r\n"
        + b"".join(b"--b%d--\r\n" % level for level in reversed(range(depth)))
    )


def test_parts_in_parts_are_read_to_a_depth_and_kept_below() -> None:
    assert parse(nested(15)).text == "at the bottom\n" or parse(nested(15)).text == "at the bottom"
    read = parse(nested(3000))
    assert read.warnings == ("too_deep",)
    assert read.lossy
    assert [file.name for file in read.attachments] == ["message.eml"]
    assert b"at the bottom" in read.attachments[0].content


def test_more_parts_than_are_read_are_told() -> None:
    read = parse(HEAD + container(b"mixed", *(part(b"%d" % number) for number in range(500))))
    assert read.text is not None
    assert read.text.startswith("0\n1\n2\n")
    assert ("too_many_parts" in read.warnings, read.lossy) == (True, True)


def test_fifty_thousand_empty_lines_are_fifty_thousand_empty_lines() -> None:
    assert mail(b"", b"\r\n" * 50_000 + b"x").text == "\n" * 50_000 + "x"


def test_more_headers_than_are_read_are_told_and_the_text_is_kept() -> None:
    read = parse(HEAD + b"".join(b"X-%d: v\r\n" % number for number in range(30_000)) + b"\r\nthe text")
    assert (read.subject, read.text) == ("Engine", "the text")
    assert (read.warnings, read.lossy) == (("headers_cut",), True)


def test_ten_thousand_addresses_are_cut() -> None:
    read = with_header(b"To: " + b", ".join(b"a%d@b.example" % number for number in range(10_000)))
    assert len(read.recipients) == 2_000
    assert "addresses_cut" in read.warnings


def test_a_text_beyond_what_is_shown_is_kept_whole_beside_it() -> None:
    text = b"a line of words\r\n" * 300_000
    read = mail(b"", text)
    assert read.text is not None
    assert len(read.text) < len(text)
    assert read.attachments[0].content == text
    assert (read.warnings, read.lossy) == (("text_cut",), True)


def test_a_mail_beyond_all_measure_is_cut() -> None:
    read = mail(b"", b"x" * BYTES_MAX)
    assert "too_large" in read.warnings
    assert read.lossy


@pytest.mark.parametrize(
    "line",
    [
        b"From: " + b'"\\' * 200_000,
        b"From: " + b"(" * 400_000,
        b"From: " + b"<a," * 100_000 + b"@",
        b"To: " + b"a@" * 200_000,
        b"To: " + b"a" * 400_000 + b" @ ",
        b"Subject: " + b"=?utf-8?q?a" * 50_000,
        b"Subject: " + b"=?utf-8?b?YQ==?= " * 50_000,
        b"Date: " + b"(" * 400_000 + b"1:" * 100_000,
        b"References: " + b"<" * 400_000,
        b"Content-Type: text/plain; " + b"a*0*=b;" * 60_000,
        b'Content-Type: text/plain; name="' + b'\\"a' * 130_000,
        b"Content-Type: text/plain" + b" ;" * 200_000,
        b"Content-Type: multipart/mixed; boundary=" + b"b" * 400_000,
        b"X: " + b"caf\xe9" * 100_000,
    ],
    ids=lambda line: line[:20].decode("latin-1"),
)
def test_headers_made_to_be_slow_are_read_like_others(line: bytes) -> None:
    assert with_header(line + b"\r\nX-Last: here").header("x-last") == "here"


@pytest.mark.parametrize(
    "content",
    [
        b"begin 644 a\n" * 100_000,
        b"begin 644 a\n" + b"#0V%T\n" * 100_000,
        b"\n--x" * 100_000,
        b"=" * 1_000_000,
        b"> a \n" * 200_000,
    ],
    ids=["uu", "uu that never ends", "boundaries", "equals", "flowed"],
)
@pytest.mark.parametrize("encoding", [b"7bit", b"base64", b"quoted-printable"])
def test_contents_made_to_be_slow_are_read_like_others(content: bytes, encoding: bytes) -> None:
    assert (
        mail(b"Content-Type: text/plain; format=flowed", b"Content-Transfer-Encoding: " + encoding, b"", content).subject
        == "Engine"
    )


# Whatever comes

SAMPLES = (
    HEAD
    + container(
        b"mixed",
        container(b"alternative", part("Grüße".encode()), part(b"<p>hello</p>", b"text/html")),
        part(PNG, b"image/png; name=x.png"),
    ),
    HEAD
    + container(
        b"report", part(b"failed"), part(b"Status: 5.1.1\r\n", b"message/delivery-status"), part(HEAD + b"\r\nx", b"message/rfc822")
    ),
    HEAD
    + container(
        b"mixed",
        part(winmail(), b"application/ms-tnef"),
        part(base64.encodebytes(signed(b"a: b\r\n\r\nc")), b"application/pkcs7-mime"),
    ),
    b'From me Mon\nSubject: =?utf-8?q?Gr=C3=BC?= =?iso-2022-jp?b?GyRCJUYlOSVIGyhC?=\nDate: Fri, 21 Nov 1997 09:55:06 -0600\nTo: A: "b" <c@d>, (e) f@g;\n'
    b"Content-Type: text/plain; format=flowed; charset=iso-2022-jp; name*0*=utf-8''a%20; name*1=b\n"
    b"Content-Transfer-Encoding: quoted-printable\n\n> a =\n=1B$B-!",
)


def check(read: InboundMail) -> None:
    """What holds of every mail: it can be stored, and its codes are known."""
    assert set(read.warnings) <= mended.MENDED.keys() | mended.LOST.keys()
    for text in _texts(read):
        text.encode("utf-8")
        assert "\0" not in text
    for _, value in (*read.headers, ("subject", read.subject)):
        assert "\n" not in value
        assert "\r" not in value


def _texts(read: InboundMail) -> Iterator[str]:
    yield from (read.subject, read.text or "", read.html or "", read.sender or "", read.message_id or "")
    yield from (text for name, value in read.headers for text in (name, value))
    yield from (report.text for report in read.reports)
    yield from (text for file in read.attachments for text in (file.name, file.type, file.content_id or ""))
    yield from (text for address in (*read.recipients, *read.cc, *read.reply_to) for text in (address, address.name))
    yield from (*read.references, *read.in_reply_to)


@settings(max_examples=300)
@given(st.binary(max_size=600))
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    check(parse(raw))


HEADERS = st.sampled_from(
    b"From To Subject Date Content-Type Content-Disposition Content-Transfer-Encoding Message-ID References".split(),
)
PIECES = st.sampled_from(
    [
        *b"=?utf-8?q? ?= =? < > @ , ; : \" \\ ( ) = x multipart/mixed boundary= base64 quoted-printable filename*0*= utf-8''%C3 12:00 Jan 99999 +9999".split(),
        *b"charset=utf-7 charset=utf-16 +2AA- message/rfc822 text/html format=flowed".split(),
        *(b"\r\n--x", b"\r\n--x--", b"--x\r\n", b"\r\n\r\n", b"\r\n ", b"\n", b"\0", b"\xff", b"\xc3\xa9", b"\x1b$B"),
        *(b"begin 644 a\n", b"begin-base64 644 x\n", b"`\nend\n"),
    ]
)


@settings(max_examples=300)
@given(st.lists(st.tuples(HEADERS, st.lists(PIECES, max_size=8)), max_size=6), st.lists(PIECES, max_size=20))
def test_anything_that_looks_like_a_mail_is_one(fields: list[tuple[bytes, list[bytes]]], body: list[bytes]) -> None:
    check(parse(b"\r\n".join(name + b": " + b"".join(pieces) for name, pieces in fields) + b"\r\n\r\n" + b"".join(body)))


@settings(max_examples=200)
@given(st.sampled_from(SAMPLES), st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 30), st.binary(max_size=12)), max_size=6))
def test_a_good_mail_with_faults_in_it_is_still_a_mail(raw: bytes, faults: list[tuple[int, int, bytes]]) -> None:
    for at, length, instead in faults:
        start = at % (len(raw) + 1)
        raw = raw[:start] + instead + raw[start + length :]
    check(parse(raw))


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs"), include_characters=" "), max_size=60).map(
    lambda text: " ".join(text.split())
)
LINES = st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=100), max_size=8).map("\n".join)


@settings(max_examples=200, deadline=None)
@given(
    subject=WORDS,
    name=WORDS.filter(lambda name: name[:1] not in {'"', "'"}),
    text=LINES,
    html=st.none() | LINES,
    content=st.binary(max_size=100),
    in_utf8=st.booleans(),
)
def test_a_mail_composed_by_others_comes_back_as_it_was(
    subject: str, name: str, text: str, html: str | None, content: bytes, in_utf8: bool
) -> None:
    composed = EmailMessage()
    composed["Subject"] = subject
    composed["From"] = Address(display_name=name, addr_spec="a@b.example")
    composed["To"] = "c@d.example, e@f.example"
    composed["Message-ID"] = "<id@b.example>"
    composed.set_content(text, cte="base64" if in_utf8 else "quoted-printable")
    if html is not None:
        composed.add_alternative(html, subtype="html")
    filename = f"{name[:20]}.bin"
    composed.add_attachment(content, maintype="application", subtype="octet-stream", filename=filename)
    read = parse(composed.as_bytes())
    assert (read.subject, read.recipients, read.message_id) == (subject, ("c@d.example", "e@f.example"), "id@b.example")
    assert (read.sender, read.sender and read.sender.name) == ("a@b.example", name)
    assert [file.name for file in read.attachments] == [safe_name(filename, kind=read.attachments[0].type, number=1)]
    if text.strip():
        assert read.text == text.removesuffix("\n") + "\n"
    if html is not None and html.strip():
        assert read.html == html.removesuffix("\n") + "\n"
    assert [file.content for file in read.attachments] == [content]
    assert not read.lossy or content.startswith(b"\x78\x9f\x3e\x22")


def test_a_few_pages_between_texts_are_told_in_the_text_and_many_only_in_the_page() -> None:
    pieces = [
        piece for number in range(12) for piece in (part(b"text %d" % number), part(b"<p>page %d</p>" % number, b"text/html"))
    ]
    read = parse(HEAD + container(b"mixed", *pieces))
    assert read.text is not None
    assert read.html is not None
    assert ("page 7" in read.text, "page 8" in read.text, "text 11" in read.text) == (True, False, True)
    assert all(f"text {number}" in read.html and f"page {number}" in read.html for number in range(12))
    assert read.warnings == ("html_untold",)
