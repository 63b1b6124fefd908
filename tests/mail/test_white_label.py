"""Case 11: through a real relay, every mail of three brands: no byte names the vendor, the product, a machine or who really wrote. And its seal holds."""

from __future__ import annotations

import base64
import os
import quopri
import re
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import dkim  # type: ignore[import-untyped]  # has no types
import pytest

from contact_hub.channels.chat.frames import OpeningHours
from contact_hub.channels.email.parse import parse
from contact_hub.clock import ManualClock
from contact_hub.errors import HubError
from contact_hub.mail.compose import File, Quoted
from contact_hub.mail.dkim import Key, signed, try_key
from contact_hub.mail.egress import HEADERS
from contact_hub.mail.relay import Patience
from contact_hub.store import Store
from routing.model import AgentId
from tests.mail import postfix as relay
from tests.mail.brands import HOST, NOW, composed, floor
from tests.mail.office import SYSTEM, WORKSPACE, Office, office
from tests.mail.sink import sink
from tests.mail.test_answers import mail

CANARIES = re.compile(
    r"kanarienvogel|zephyr|viktor|contact.?hub|python|aiosmtp|postfix|localhost|127\.0\.0\.1|cnv_|inq_|out_0", re.IGNORECASE
)
_BLOCKS = re.compile(rb"(?m)(?:^[A-Za-z0-9+/]{4,76}={0,2}\r?\n)+")
BOXES = {"sonne": "sonne-hilfe", "qamar": "qamar-care", "hoshi": "hoshi-care"}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key of Sonne's domain."""
    path = tmp_path_factory.mktemp("dkim") / "sonne.pem"
    subprocess.run(["openssl", "genrsa", "-out", str(path), "2048"], check=True, capture_output=True)
    return path


def _public(key: Path) -> bytes:
    made = subprocess.run(["openssl", "rsa", "-in", str(key), "-pubout"], check=True, capture_output=True, text=True)
    return ("v=DKIM1; k=rsa; p=" + "".join(made.stdout.splitlines()[1:-1])).encode()


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(sqlite_url)
    yield opened
    await opened.close()


async def _all_that_a_brand_writes(here: Office, brand: str) -> None:
    """Acknowledgement or out-of-hours mail, reply with history and file, forward, survey."""
    assert isinstance(here.clock, ManualClock)
    box = here.rules.of.brand(brand).mailboxes[0]
    row = await here.arrive(mail(To=box.address, Message_ID=f"<{brand}@kunde.example>"), BOXES[brand])
    here.clock.advance(5)
    await here.work()
    assert row.conversation is not None
    conversation = await here.conversation(row.conversation)
    history = (
        Quoted(at=NOW, name="Max Müller", text="Wo bleibt mein Paket?"),
        Quoted(at=NOW, name="Sonne", text="Guten Tag!", own=True),
    )
    file = File(name="Rechnung Nr. 7 – März.pdf", type="application/pdf", content="%PDF-1.7 Grüße".encode().ljust(3_000, b"."))
    text = "Guten Tag,\n\nشكرًا لكم. ありがとう. Es kommt morgen.\n.\nFrom hier an https://sonne.example/a?b=c"
    await here.write(conversation, "max@kunde.example", text=text, quoted=history, quote="full", files=(file,))
    await here.write(conversation, "chefin@aurora.example", kind="forward", text="Bitte ansehen.", quoted=history[:1], quote="last")
    await here.store.write(
        lambda tx: tx.conversations.update(SYSTEM, conversation.id, state="open", agent=AgentId("viktor")), name="accept"
    )
    await here.conversations.end_idle(WORKSPACE, conversation.id, last_at=(await here.conversation(conversation.id)).last_at)
    here.clock.advance(timedelta(hours=25).total_seconds())
    await here.work()


@pytest.mark.services
async def test_no_byte_that_leaves_by_a_real_relay_tells_who_works_for_the_brand(store: Store, key: Path) -> None:
    if not relay.able():
        if os.environ.get("CONTACT_HUB_REQUIRE_SERVICES") == "1":
            pytest.fail("required here, and missing: postfix, begun by root", pytrace=False)
        pytest.skip("not run: no postfix (apt-get install postfix), or not root")
    async with sink() as server:
        with relay.postfix(to=server.port, host=f"{HOST}.internal") as port:
            here = office(store, floor(port=port, dkim=str(key)))
            here.hours.opening = OpeningHours(open=False, next_opening=NOW + timedelta(hours=20))
            for brand in BOXES:
                await _all_that_a_brand_writes(here, brand)
            async with store.read() as tx:
                due = await tx.mail.outgoing_due(WORKSPACE, here.clock.now())
            for row in due:
                await here.sender_that(patience=Patience(connect_seconds=5, command_seconds=5, data_seconds=10)).send(
                    WORKSPACE, row.id
                )
            await server.until(len(due))
    kinds = sorted((row.brand, row.kind) for row in due)
    assert kinds == sorted(
        [(brand, kind) for brand in BOXES for kind in ("reply", "forward", "survey")]
        + [("sonne", "out_of_hours"), ("qamar", "acknowledgement")]
    )
    assert len(server.taken) == len(due)
    for _, raw in server.taken:
        _look_at(raw)
    sealed = [raw for _, raw in server.taken if b"d=sonne.example" in raw]
    assert len(sealed) == 4
    public = _public(key)
    assert all(dkim.verify(raw, dnsfunc=lambda _name, timeout=5: public) for raw in sealed)


def _look_at(raw: bytes) -> None:
    """Every byte as it came, and with every encoding taken off."""
    told = parse(raw)
    assert {name for name, _ in told.headers} <= HEADERS
    assert not told.warnings
    shown = [
        raw.decode("ascii"),
        *(value for _, value in told.headers),
        told.text or "",
        told.html or "",
        *(file.name + file.content.decode("latin-1") for file in told.attachments),
        quopri.decodestring(raw).decode("utf-8", "replace"),
        *(base64.b64decode(block).decode("latin-1") for block in _BLOCKS.findall(raw) if len(b"".join(block.split())) % 4 == 0),
    ]
    assert not [found for one in shown for found in CANARIES.findall(one)]


def test_a_changed_mail_breaks_its_seal_and_a_second_subject_does_too(key: Path) -> None:
    raw = signed(composed().raw, Key(domain="sonne.example", selector="s2026", pem=key.read_text()))
    public = _public(key)

    def holds(one: bytes) -> bool:
        return bool(dkim.verify(one, dnsfunc=lambda _name, timeout=5: public))

    assert holds(raw)
    assert not holds(raw.replace(b"Jonas", b"Janos"))
    assert not holds(raw.replace(b"\r\nTo:", b"\r\nSubject: other\r\nTo:", 1))


@pytest.mark.parametrize("pem", ["", "no key", "-----BEGIN RSA PRIVATE KEY-----\nxx\n-----END RSA PRIVATE KEY-----"])
def test_a_key_that_is_none_is_said_to_be_missing_and_not_repeated(pem: str) -> None:
    with pytest.raises(HubError) as missing:
        try_key(Key(domain="sonne.example", selector="s2026", pem=pem))
    assert missing.value.code == "mail_secret_missing"
    assert missing.value.values == {"reference": "s2026._domainkey.sonne.example"}
