"""Nothing leaves that names the vendor, the product, a machine or who really wrote: not in any encoding, not in a file."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_hub.channels.email.mail import Address
from contact_hub.errors import HubError
from contact_hub.mail.compose import Composed, File, Letter, Quoted, Thread
from contact_hub.mail.egress import Leak, check, inspect, secrets_of
from tests.mail.brands import CONVERSATION, HOST, KEY, NOW, composed, floor, letter, paper

SECRETS = secrets_of(floor(), floor().brand("sonne"), hosts=[HOST, "hub.example.org"])
NAMED = [
    "Kanarienvogel-vendor-zephyr",
    "kanarienvogel-ALIAS-zephyr",
    "Kanarienvogel-pool-manila",
    "Kanarienvogel-agent-viktor",
    "Maria Ölander",
    "maria olander",
    "Contact Hub",
    "viktor@zephyr.example",
    HOST,
    CONVERSATION,
    "billig",
]


def _leaks(made: Composed) -> tuple[Leak, ...]:
    return inspect(made.raw, SECRETS, made.context)


def _office(author: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("docProps/core.xml", f"<cp:coreProperties><dc:creator>{author}</dc:creator></cp:coreProperties>")
        file.writestr("word/document.xml", "<w:t>Guten Tag</w:t>" * 50)
    return packed.getvalue()


def test_an_ordinary_mail_may_go() -> None:
    history = (Quoted(at=NOW, name="Max Müller", text="Wo ist es?"),)
    file = File(name="a.pdf", type="application/pdf", content=b"%PDF")
    for brand, tag, persona in (("sonne", "de", "Jonas"), ("qamar", "ar", "ليلى"), ("hoshi", "ja", "葵")):
        made = composed(letter(quoted=history, quote="full", files=(file,)), paper(brand, tag, persona))
        assert inspect(made.raw, secrets_of(floor(), floor().brand(brand)), made.context) == ()


PLACES = ("text", "rich", "subject", "file_name", "file", "utf16", "quoted_around")


@pytest.mark.parametrize(
    ("place", "named"),
    # an id inside a file is whatever the file says: only names are looked for there
    [(place, named) for place in PLACES for named in NAMED if named != CONVERSATION or place not in {"file", "utf16"}],
)
def test_whatever_is_named_wherever_it_stands_keeps_the_mail_here(place: str, named: str) -> None:
    said: dict[str, Letter] = {
        "text": letter(f"Grüße, {named}!"),
        "rich": letter("", rich=f"<p>Grüße, <b>{named}</b>!</p>"),
        "subject": letter(subject=f"Grüße {named}"),
        "file_name": letter(files=(File(name=f"{named} ü.pdf", type="application/pdf", content=b""),)),
        "file": letter(files=(File(name="a.bin", type="application/pdf", content=b"\0/Author (" + named.encode() + b")"),)),
        "utf16": letter(files=(File(name="a.txt", type="text/plain", content=f"von {named} ".encode("utf-16")),)),
        "quoted_around": letter(f"Ja, {named}", quoted=(Quoted(at=NOW, name="Max", text="wer sind Sie?"),), quote="full"),
    }
    assert _leaks(composed(said[place]))


@pytest.mark.parametrize("named", ["Kanarienvogel-vendor-zephyr", "Kanarienvogel-agent-viktor", "Maria Ölander"])
def test_the_author_in_an_office_file_is_found(named: str) -> None:
    made = composed(letter(files=(File(name="Brief.docx", type="application/zip", content=_office(named)),)))
    assert {leak.where for leak in _leaks(made)} == {"file"}
    assert not _leaks(composed(letter(files=(File(name="Brief.docx", type="application/zip", content=_office("Jonas")),))))


@settings(max_examples=60, deadline=None)
@given(
    before=st.text(st.characters(exclude_categories=["Cs", "L", "M", "N"]), max_size=90),
    named=st.sampled_from(NAMED[:8]),
    spoiled=st.sampled_from(["", "\u200b", "\u00ad", "\u200d", "\ufe0f"]),
    brand=st.sampled_from([("sonne", "de"), ("qamar", "ar"), ("hoshi", "ja")]),
)
def test_no_dressing_up_hides_a_name(before: str, named: str, spoiled: str, brand: tuple[str, str]) -> None:
    dressed = spoiled.join(named)
    made = composed(letter(f"{before} {dressed} ."), paper(brand[0], brand[1]))
    assert inspect(made.raw, secrets_of(floor(), floor().brand(brand[0])), made.context)


def test_a_customer_who_guesses_right_can_be_quoted_and_not_be_confirmed() -> None:
    guess = Quoted(at=NOW, name="Max", text="Bin ich hier bei Kanarienvogel-vendor-zephyr?")
    assert not _leaks(composed(letter("Das darf ich nicht sagen.", quoted=(guess,), quote="last")))
    confirmed = composed(letter("Ja, bei Kanarienvogel-vendor-zephyr.", quoted=(guess,), quote="last"))
    assert {leak.code for leak in _leaks(confirmed)} == {"vendor_named"}
    asked = Thread(conversation=CONVERSATION, key=KEY, subject="Kanarienvogel-vendor-zephyr?")
    assert not _leaks(composed(thread=asked))


def test_a_customer_who_is_called_like_an_agent_gets_mail() -> None:
    mail = letter("Guten Tag Maria Ölander,\n\nliebe Maria Ölander!", to=(Address("maria@kunde.example", "Maria Ölander"),))
    assert not _leaks(composed(mail))


def test_a_real_name_that_is_a_persona_of_the_brand_is_none() -> None:
    renamed = floor()
    own = renamed.agents["maria"].model_copy(update={"name": "Mia"})
    world = renamed.workspace.model_copy(update={"agents": (renamed.agents["viktor"], own)})
    secrets = secrets_of(type(renamed)(1, world), renamed.brand("sonne"))
    assert not inspect(composed(letter("Mia ist da."), paper(persona="Mia")).raw, secrets)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"X-Mailer: something", "header_unknown"),
        (b"Received: from inside", "header_unknown"),
        (b"X-Ticket-Id: 7", "header_unknown"),
        (b"Subject: twice", "header_twice"),
        (b"X-Auto-Response-Suppress: 10.1.2.3", "host_named"),
        (b"Auto-Submitted: by aiosmtplib", "program_named"),
    ],
)
def test_headers_that_are_not_ours_keep_the_mail_here(line: bytes, code: str) -> None:
    raw = composed().raw.replace(b"MIME-Version", line + b"\r\nMIME-Version")
    assert code in {leak.code for leak in inspect(raw, SECRETS)}


def test_bytes_a_relay_would_change_keep_the_mail_here() -> None:
    raw = composed().raw
    assert {leak.code for leak in inspect(raw + "ü".encode(), SECRETS)} >= {"not_7bit"}
    assert {leak.code for leak in inspect(raw.replace(b"\r\n", b"\n"), SECRETS)} >= {"not_7bit"}
    assert {leak.code for leak in inspect(raw + b"x" * 1200, SECRETS)} >= {"line_too_long"}


def test_the_boundary_of_another_program_is_recognised() -> None:
    raw = composed().raw.replace(b"=_bifqydiob4ibceqta", b"===============1234==")
    assert "program_named" in {leak.code for leak in inspect(raw, SECRETS)}


def test_refusing_says_what_was_found_under_stable_codes() -> None:
    made = composed(letter("Grüße von Maria Ölander"))
    with pytest.raises(HubError) as refused:
        check(made.raw, SECRETS, made.context)
    assert refused.value.code == "mail_refused"
    assert refused.value.values == {"findings": "agent_named", "excerpts": "maria olander"}


def test_a_mail_with_large_files_is_looked_through_quickly() -> None:
    big = bytes(range(256)) * 20_000
    made = composed(
        letter(files=(File(name="a.bin", type="application/octet-stream", content=big + b"Kanarienvogel-vendor-zephyr"),))
    )
    assert {leak.code for leak in _leaks(made)} == {"vendor_named"}
