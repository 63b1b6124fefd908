"""What a customer newly wrote is found, in whatever client and language they wrote it, and no word of theirs is lost."""

from __future__ import annotations

import pytest

from contact_hub.channels.email.strip import Stripped, strip
from tests.channels.email.html_to_strip import HTML
from tests.channels.email.mails_to_strip import ATTRIBUTED, BLOCKS, FOOTERS, FORWARDS, ORIGINALS, UNTOUCHED

NEW = "Thank you, that helped.\n\nOne more thing: where is my invoice 4711?"
OLD = "Dear Max,\n\nplease open the box from above.\n\nKind regards\nJane Roe, shop"


def folded(text: str) -> str:
    return " ".join(text.split())


def marked(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def stripped(text: str) -> Stripped:
    found = strip(text, None)
    kept = f"{found.reply}\n{found.quoted}\n{found.signature}".split("\n")
    assert sorted(line for line in kept if line.strip()) == sorted(line for line in text.split("\n") if line.strip())
    return found


@pytest.mark.parametrize("client", ATTRIBUTED)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_reply_above_marked_lines_is_found(client: str, gap: str) -> None:
    found = stripped(f"{NEW}\n\n{ATTRIBUTED[client]}{gap}{marked(OLD)}\n")
    assert folded(found.reply) == folded(NEW)
    assert found.confidence > 0.7


@pytest.mark.parametrize("client", [client for client in ATTRIBUTED if client != "mail.ru"])
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_reply_above_unmarked_lines_is_found(client: str, gap: str) -> None:
    found = stripped(f"{NEW}\n\n{ATTRIBUTED[client]}{gap}{OLD}\n")
    assert folded(found.reply) == folded(NEW)
    assert found.confidence > 0.7


@pytest.mark.parametrize("client", BLOCKS)
@pytest.mark.parametrize("gap", ["\n", "\n\n\n"])
def test_a_reply_above_a_block_of_headers_is_found(client: str, gap: str) -> None:
    found = stripped(f"{NEW}{gap}{BLOCKS[client]}\n\n{OLD}\n")
    assert folded(found.reply) == folded(NEW)
    assert found.confidence > 0.7


@pytest.mark.parametrize("footer", FOOTERS)
def test_what_a_telephone_puts_under_a_mail_is_signature(footer: str) -> None:
    quote = f"\n\n{ATTRIBUTED['apple en']}\n\n{marked(OLD)}"
    for found in (stripped(f"{NEW}\n\n{footer}"), stripped(f"{NEW}\n\n{footer}{quote}"), stripped(f"{NEW}\n{footer}{quote}")):
        assert folded(found.reply) == folded(NEW)
        assert found.signature == footer


@pytest.mark.parametrize("name", UNTOUCHED)
def test_what_only_looks_like_a_quote_stays(name: str) -> None:
    assert folded(stripped(UNTOUCHED[name]).reply) == folded(UNTOUCHED[name])


@pytest.mark.parametrize("client", HTML)
def test_a_reply_in_html_is_found(client: str) -> None:
    new, old = "Thank you, that helped. Where is my invoice 4711?", "Please open the box from above. <b>Jane</b> Roe"
    found = strip(None, HTML[client].format(new=new, old=old))
    if client.startswith("="):
        assert "from above. Jane Roe" in folded(found.reply)
        assert found.reply.startswith(new)
    else:
        assert found.reply == new
        assert "from above" in found.quoted
        assert found.confidence > 0.7
    assert found.reasons[0] == "html"


def test_a_reply_in_html_keeps_its_paragraphs_lists_and_links() -> None:
    html = "<p>Hello,</p><p>two&nbsp;things&hellip;<br>now:</p><ul><li>one <a href='https://a.example'>link</a></li><li>two</li></ul><pre>a\n  b</pre>"
    assert strip(None, html).reply == "Hello,\n\ntwo things…\nnow:\n\n- one link\n- two\n\na\n  b"


def test_answers_between_quotes_keep_their_questions() -> None:
    above = f"Dear Jane,\n\nsee below.\n\n{ATTRIBUTED['apple en']}\n\n"
    mail = f"{above}> Which version do you use?\n\nThe newest, 3.2.\n\n> And on which system?\n\nLinux.\n\n> Kind regards\n> Jane"
    found = stripped(mail)
    assert found.reply == mail.removesuffix("\n\n> Kind regards\n> Jane")
    assert found.quoted == "> Kind regards\n> Jane"
    assert found.own.split("\n\n") == ["Dear Jane,", "see below.", "The newest, 3.2.", "Linux."]
    assert found.confidence < 0.9


def test_an_answer_below_a_long_quote_keeps_its_last_paragraph_only() -> None:
    long = "\n".join(f"> line {n}" for n in range(60))
    mail = f"{ATTRIBUTED['apple en']}\n{long}\n>\n> Which one?\n\nThe red one.\n\n> And when?\n\nToday."
    assert stripped(mail).reply == "> Which one?\n\nThe red one.\n\n> And when?\n\nToday."


def test_an_answer_below_the_one_quote_stands_alone() -> None:
    assert stripped(f"{ATTRIBUTED['gmail de']}\n{marked(OLD)}\n\n{NEW}").reply == NEW
    assert stripped(f"Hello!\n\n{ATTRIBUTED['gmail de']}\n{marked(OLD)}\n\n{NEW}").reply == f"Hello!\n\n{NEW}"


def test_a_quote_wrapped_by_another_program_is_still_a_quote() -> None:
    wrapped = (
        "> This line was long enough that the next program put its last words on\nanother line, unmarked.\n> And then it went on."
    )
    assert stripped(f"{NEW}\n\n{ATTRIBUTED['gmail en']}\n{wrapped}").reply == NEW


def test_a_short_answer_right_below_a_question_is_no_wrapped_line() -> None:
    mail = f"{ATTRIBUTED['apple en']}\n> Could you tell us which version of the program you are using on your machine?\n3.2\n> And the system?\nLinux"
    assert "3.2" in stripped(mail).reply.split("\n")


def test_an_attribution_may_begin_in_the_line_of_the_reply() -> None:
    for quote in (marked(OLD), OLD):
        for space in (" ", "\u00a0"):
            found = strip(f"Yes, do that.{space}On Wed, Apr 4, 2026 at 3:59 PM,\nbob@mail.example wrote:\n{quote}", None)
            assert found.reply.strip() == "Yes, do that."
            assert found.confidence > 0.8


def test_an_attribution_without_a_colon_counts_above_marks_only() -> None:
    for line in ("2026/3/3 Jane Roe <jane@shop.example>", "2026/3/3 <jane@shop.example>"):
        assert stripped(f"{NEW}\n\n{line}\n\n{marked(OLD)}").reply == NEW
        assert OLD in stripped(f"{NEW}\n\n{line}\n\n{OLD}").reply


def test_what_the_customer_quotes_above_the_quote_stays() -> None:
    mail = f"Your page says:\n> Free delivery.\n\n{ATTRIBUTED['gmail en']}\n{marked(OLD)}"
    assert stripped(mail).reply == "Your page says:\n> Free delivery."


def test_marked_lines_at_the_end_are_quoted_even_without_a_name() -> None:
    found = stripped(f"{NEW}\n\n{marked(OLD)}")
    assert found.reply == NEW
    assert found.confidence < 0.9


def test_a_signature_is_kept_apart() -> None:
    for sign in ("-- \nMax Kunde\nAcme Ltd", "--\nMax Kunde\nAcme Ltd"):
        for quote in ("", f"\n\n{ATTRIBUTED['apple en']}\n\n{marked(OLD)}"):
            found = stripped(f"{NEW}\n\n{sign}{quote}")
            assert (found.reply, found.signature) == (NEW, sign)


def test_a_greeting_and_a_name_stay_and_the_visiting_card_goes() -> None:
    letter = "Guten Tag,\n\nbitte rufen Sie mich an.\n\nMit freundlichen Grüßen\nAnna Müller"
    card = "Vertrieb\nACME GmbH\nTel: +49 30 1234567\nwww.acme.example"
    notice = "Diese Nachricht ist vertraulich und nur für den genannten Empfänger bestimmt. Sollten Sie sie irrtümlich erhalten haben, löschen Sie sie bitte."
    found = stripped(f"{letter}\n\n{card}\n\n{notice}\n\n{BLOCKS['outlook de']}\n\n{OLD}")
    assert (found.reply, found.signature) == (letter, f"{card}\n\n{notice}")


def test_an_address_the_customer_was_asked_for_is_no_signature() -> None:
    mail = "Here is my address as you asked:\n\nMax Kunde\nTel: +49 30 1234567\nmax@mail.example\nwww.kunde.example"
    assert stripped(mail).reply == mail


def test_almost_nothing_but_a_signature_is_shown_with_it() -> None:
    found = stripped(f"Ja.\n\nSent from my iPhone\n\n{ATTRIBUTED['apple de']}\n\n{marked(OLD)}")
    assert found.reply == "Ja.\n\nSent from my iPhone"
    assert found.own == "Ja."


def test_a_reply_that_points_below_an_unmarked_quote_is_doubtful() -> None:
    for reply in ("Hello Jane, see my answers below in red.", "Hallo, Antworten siehe unten.", "下記をご確認ください。"):
        found = stripped(f"{reply}\n\n{BLOCKS['outlook en']}\n\n{OLD}")
        assert found.reply == reply
        assert found.confidence <= 0.5
    assert stripped(f"{NEW}\n\n{BLOCKS['outlook en']}\n\n{OLD}").confidence > 0.9


def test_nothing_left_shows_everything() -> None:
    for mail in (f"{ATTRIBUTED['apple en']}\n\n{marked(OLD)}", f"{BLOCKS['outlook en']}\n\n{OLD}", marked(OLD), "-- \nMax Kunde"):
        found = stripped(mail)
        assert (found.reply, found.quoted, found.signature) == (mail, "", "")
        assert found.confidence < 0.5 or mail.startswith("--")


def test_nothing_in_nothing_out() -> None:
    for text, html in ((None, None), ("", ""), ("\n \n", None), (None, "<br>")):
        found = strip(text, html)
        assert (found.reply.strip(), found.quoted, found.signature) == ("", "", "")


def test_of_two_bodies_the_better_supported_one_is_read() -> None:
    html = HTML["gmail in a language nobody knows"].format(new="Thanks!", old="Hello")
    assert strip("Thanks!\n\nJane Roe ka wandika:\nHello", html).reasons[0] == "html"
    assert strip(f"Thanks!\n\n{ATTRIBUTED['gmail en']}\n> Hello", "<p>Thanks!</p><p>Jane: Hello</p>").reasons[0] == "text"
    assert strip("This is an HTML mail.", f"<p>{NEW}</p><p>{OLD}</p>" * 3).reasons[0] == "html"
    assert strip(NEW, f"<p>{NEW}</p>").reasons[0] == "text"
    assert strip(None, f"<p>{NEW}</p>").reasons[0] == "html"


@pytest.mark.parametrize("name", [name for name in UNTOUCHED if "forwarded" not in name and name != "bullets at the end"])
def test_what_only_looks_like_a_quote_stays_above_a_real_one(name: str) -> None:
    found = stripped(f"{UNTOUCHED[name]}\n\n{ATTRIBUTED['gmail en']}\n\n{marked(OLD)}")
    assert folded(found.reply) == folded(UNTOUCHED[name])


@pytest.mark.parametrize("line", ORIGINALS)
def test_an_original_message_is_announced_in_many_languages(line: str) -> None:
    assert stripped(f"{NEW}\n\n{line}\n\n{OLD}").reply == NEW


@pytest.mark.parametrize("line", FORWARDS)
def test_a_forwarded_message_is_content_in_many_languages(line: str) -> None:
    for headers in ("From: Bob <bob@mail.example>\nDate: Tue, 3 Mar 2026 16:19\nSubject: Bill\nTo: Max", BLOCKS["outlook ru"]):
        mail = f"{NEW}\n\n{line}\n\n{headers}\n\n{OLD}"
        found = stripped(mail)
        assert (found.reply, found.own) == (mail, NEW)


def test_a_heading_nobody_knows_above_headers_is_old() -> None:
    assert stripped(f"{NEW}\n\n-----Oda ya kwanza-----\n{BLOCKS['unknown language']}\n\n{OLD}").reply == NEW


@pytest.mark.parametrize("tail", ["Thanks,\nMax", "Max Kunde", "Viele Grüße\nMax", "LG", "Best regards,\n\nMax Kunde\nAcme Ltd"])
def test_a_name_under_a_letter_stays(tail: str) -> None:
    assert stripped(f"{NEW}\n\n{tail}\n\n{BLOCKS['outlook en']}\n\n{OLD}").reply == f"{NEW}\n\n{tail}"
