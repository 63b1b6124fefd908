"""What a customer newly wrote is found, in whatever client and language they wrote it, and no word of theirs is lost."""

from __future__ import annotations

import pytest

from contact_hub.channels.email.strip import Stripped, strip
from tests.channels.email.mails_to_strip import ATTRIBUTED, BLOCKS, FOOTERS, UNTOUCHED

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
