"""The process in which mails are read can be killed by any of them, and the next one is read all the same."""

from __future__ import annotations

import sys

import pytest

from contact_hub.mail.reading import Question, read_mail
from contact_hub.mail.workshop import Unreadable, Workshop
from tests.mail.offices import letter

_CHILD = """
import os, sys, time
from contact_hub.mail import reader, reading

real = reading.read_mail

def hostile(question):
    if b"hang" in question.raw:
        while True:
            pass
    if b"eat" in question.raw:
        bytearray(8 * 1024**3)
    if b"crash" in question.raw:
        os.abort()
    return real(question)

reader.read_mail = hostile
reader.serve(float(sys.argv[1]))
"""


async def test_a_mail_that_hangs_eats_or_crashes_takes_only_itself_along() -> None:
    workshop = Workshop(seconds_max=0.5, command=(sys.executable, "-c", _CHILD))
    try:
        for what, code in (("hang", "too_slow"), ("eat", "reader_died"), ("crash", "reader_died")):
            with pytest.raises(Unreadable) as refused:
                await workshop.read(Question(raw=letter(what)))
            assert refused.value.code == code, what
        read = await workshop.read(Question(raw=letter("Guten Tag")))
        assert read.reply == "Guten Tag"
    finally:
        await workshop.close()


async def test_what_the_child_says_is_what_we_would_have_said() -> None:
    question = Question(
        raw=letter("Grüße 👋\n\n> quoted", sender='"Ána" <ana@kunde.example>'), own_addresses=("hilfe@sonne.example",)
    )
    workshop = Workshop()
    try:
        await workshop.warm_up()
        assert await workshop.read(question) == read_mail(question)
    finally:
        await workshop.close()
