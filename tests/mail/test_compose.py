"""What leaves says what it should, in any language, and reads the same at the other end."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_hub.channels.email.mail import Address
from contact_hub.channels.email.parse import parse
from contact_hub.channels.email.strip import strip
from contact_hub.channels.email.threads import conversation_in
from contact_hub.mail import mime
from contact_hub.mail.compose import File, Quoted, Thread
from i18n import tags
from i18n.promises import CUSTOMER_TAGS
from tests.mail.brands import CONVERSATION, KEY, NOW, composed, letter, paper

_SAID = st.text(
    st.one_of(
        st.sampled_from("\n\n .-=>?\t\"'<&FromAaäß€ー語سلامשלוםไทย👩‍🚀e\u0301\u200f"),
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\x85"),
    ),
    max_size=400,
)
_LINE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=120)


@settings(max_examples=60, deadline=None)
@given(text=_SAID, tag=st.sampled_from(["de", "ar", "ja", "en", "he", "th"]), subject=_LINE, name=_LINE)
def test_any_text_in_any_language_reads_the_same_at_the_other_end(text: str, tag: str, subject: str, name: str) -> None:
    sheet = paper(language=tag)
    mail = parse(composed(letter(text, subject=subject, to=(Address("max@kunde.example", name),)), sheet).raw)
    assert not mail.warnings
    assert " ".join((mail.text or "").split()).startswith(" ".join(mime.clean_text(text).split()))
    if wanted := mime.one_line(subject):
        assert mail.subject.startswith(wanted[:200].rstrip()) or unicodedata.normalize("NFC", wanted[:200]) in mail.subject
    assert mail.recipients[0] == "max@kunde.example"
    assert mail.sender is not None
    assert mail.sender.name == "Jonas – Sonne"


@settings(max_examples=60, deadline=None)
@given(text=_SAID, subject=_LINE, name=st.text(max_size=80), file=st.text(max_size=80))
def test_no_text_makes_a_line_or_a_header_that_is_not_ours(text: str, subject: str, name: str, file: str) -> None:
    files = (File(name=file, type="text/x\r\nX-Evil: 1", content=text.encode("utf-8", "replace")),)
    raw = composed(letter(text, subject=subject + "\r\nBcc: evil@x.example", to=(Address("a@b.example", name),), files=files)).raw
    assert raw.isascii()
    assert all(len(line) <= 78 or line.startswith(b" <") or line.startswith(b"Message-ID") for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert not [line for line in raw.split(b"\r\n") if line.startswith((b"From ", b"."))]
    names = [name for name, _ in parse(raw).headers]
    assert "bcc" not in names
    assert "x-evil" not in names
    assert len(parse(raw).attachments) == 1


@pytest.mark.parametrize("tag", CUSTOMER_TAGS)
def test_the_customers_language_closes_and_quotes(tag: str) -> None:
    earlier = Quoted(at=NOW, name="Max Müller", text="Wo ist mein Rad?")
    mail = parse(composed(letter("Hier.", quoted=(earlier,), quote="last"), paper("qamar", tag, "ليلى")).raw)
    assert mail.html is not None
    assert f'dir="{tags.direction(tag)}"' in mail.html
    assert "ليلى\nقمر" in (mail.text or "")
    assert "> Wo ist mein Rad?" in (mail.text or "")
    stripped = strip(mail.text, None)
    assert "Wo ist mein Rad" not in stripped.reply


def test_a_reply_is_tied_to_its_conversation_by_three_tokens() -> None:
    thread = Thread(
        conversation=CONVERSATION, key=KEY, in_reply_to="q@kunde.example", references=("a@kunde.example",), subject="Rad"
    )
    mail = parse(composed(thread=thread).raw)
    assert mail.subject == "Re: Rad"
    assert mail.in_reply_to == ("q@kunde.example",)
    assert mail.references[:2] == ("a@kunde.example", "q@kunde.example")
    for token in (
        mail.references[-1].partition("@")[0],
        (mail.message_id or "").partition(".")[0],
        mail.reply_to[0].partition("@")[0].partition("+")[2],
    ):
        assert conversation_in(token, "sonne", [KEY]) == CONVERSATION
        assert conversation_in(token, "qamar", [KEY]) is None
    assert (mail.message_id or "").endswith("@sonne.example")


def test_ids_a_customer_sent_cannot_bring_a_header_along() -> None:
    thread = Thread(
        conversation=CONVERSATION, key=KEY, in_reply_to="a@b>\r\nBcc: <x@y", references=("fine@b", "x" * 900 + "@b", "ü@b")
    )
    raw = composed(thread=thread).raw
    assert b"Bcc" not in raw
    assert b"References: <fine@b>" in raw


@pytest.mark.parametrize(("quote", "seen"), [("none", 0), ("last", 1), ("full", 3)])
def test_history_is_quoted_as_the_brand_wants_it(quote: str, seen: int) -> None:
    history = tuple(Quoted(at=NOW, name="Max", text=f"Frage {number}") for number in range(3))
    mail = parse(composed(letter(quoted=history, quote=quote)).raw)
    assert sum(f"Frage {number}" in (mail.text or "") for number in range(3)) == seen
    assert (mail.html or "").count("<blockquote") == seen
    if quote == "full":
        assert ">>> Frage 2" in (mail.text or "").replace("> > >", ">>>")


def test_history_that_a_mail_cannot_bear_is_cut_from_its_oldest_end() -> None:
    history = tuple(Quoted(at=NOW, name="Max", text=f"nr{number} " + "x" * 60_000) for number in range(5))
    mail = parse(composed(letter(quoted=history, quote="full")).raw)
    assert "nr0" in (mail.text or "")
    assert "nr2" not in (mail.text or "")


def test_light_formatting_leaves_and_nothing_else_does() -> None:
    rich = '<p>Hallo <b>Max</b> <img src="http://x/p.gif"><a href="javascript:alert(1)" onclick="x">da</a></p><script>x</script><style>y</style>'
    mail = parse(composed(letter("", rich=rich)).raw)
    html = mail.html or ""
    assert "<b>Max</b>" in html
    assert not [bad for bad in ("<img", "javascript", "onclick", "script", "<style>") if bad in html]
    assert (mail.text or "").startswith("Hallo Max")


def test_an_automatic_mail_says_so_and_is_signed_by_the_brand() -> None:
    mail = parse(composed(letter(automatic="auto-replied"), paper(persona="")).raw)
    assert mail.header("Auto-Submitted") == "auto-replied"
    assert mail.sender is not None
    assert mail.sender.name == "Sonne"
    assert (
        "Ihr Team von Sonne" in (mail.text or "") or "Sonne" in (mail.text or "").splitlines()[-1] or "Sonne" in (mail.text or "")
    )


def test_blind_copies_are_in_the_envelope_alone() -> None:
    made = composed(letter(bcc=(Address("chefin@kunde.example", "Chefin"),), cc=(Address("kollege@kunde.example"),)))
    assert made.recipients == ("max@kunde.example", "kollege@kunde.example", "chefin@kunde.example")
    assert b"chefin" not in made.raw


def test_hosts_beyond_ascii_are_spelled_as_servers_know_them() -> None:
    assert mime.ascii_address("max@Müller.example") == "max@xn--mller-kva.example"
    assert [mime.ascii_address(one) for one in ("mäx@a.example", "a b@c.example", "x@", "@y", "x@-.example", "a@b\r\nc")] == [
        None
    ] * 6


def test_names_of_files_survive() -> None:
    names = [
        "Rechnung März 2026 – " + "sehr " * 12 + "lang.pdf",
        "請求書.pdf",
        "plain.pdf",
        'quo"te.pdf',
        "a%41b.pdf",
        "../../etc/passwd",
    ]
    made = composed(letter(files=tuple(File(name=name, type="application/pdf", content=b"%PDF-1.4\n%%EOF") for name in names)))
    found = [file.name for file in parse(made.raw).attachments]
    assert found[:3] == names[:3]
    assert len(found) == 6
    assert all("/" not in name for name in found)


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert composed().raw == composed().raw
