"""Relays and keys are tried as they will be used: encrypted, signed in, and without a mail."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contact_hub.clock import ManualClock
from contact_hub.mail.trying import try_to_send
from contact_hub.store import Store
from contact_hub.workspace.floor import Floor
from tests.mail.brands import NOW, floor
from tests.mail.office import WORKSPACE, office
from tests.mail.sink import sink
from tests.servers import free_port


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What the server shows, and who trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key"), "-out", str(folder / "cert")]
    subprocess.run([*made, *names], check=True, capture_output=True)
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(folder / "cert", folder / "key")
    return shown, ssl.create_default_context(cafile=str(folder / "cert"))


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(sqlite_url)
    yield opened
    await opened.close()


def _one(port: int, **relay: Any) -> Floor:
    """Qamar alone, with a relay like that."""
    rules = floor(port=port)
    box = rules.brand("qamar").mailboxes[0]
    assert box.relay is not None
    changed = box.model_copy(update={"relay": box.relay.model_copy(update=relay)})
    brand = rules.brand("qamar").model_copy(update={"mailboxes": (changed,)})
    return Floor(1, rules.workspace.model_copy(update={"brands": (brand,)}))


async def test_a_relay_is_encrypted_with_and_signed_in_at_without_a_mail(
    store: Store, certificate: tuple[ssl.SSLContext, ssl.SSLContext], tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("right\n")
    shown, trust = certificate
    async with sink(tls=shown, password="right") as server:
        rules = _one(server.port, security="starttls", user="qamar", secret=f"file:{tmp_path / 'password'}")
        assert [one.trouble for one in await try_to_send(rules, trust=trust)] == [""]
        assert server.users == ["qamar"]
        assert server.greetings[-1] == "qamar.example"
        assert not server.taken
        (untrusted,) = await try_to_send(rules)
        assert "certificate" in untrusted.trouble.lower()
        here = office(store, rules, trust=trust)
        mail = await here.write(await here.open("qamar"), "max@kunde.example")
        await here.sender.run_lane(WORKSPACE, mail)
        assert (await here.mail(mail)).state == "sent"
        (tmp_path / "password").write_text("wrong")
        (refused,) = await try_to_send(rules, trust=trust)
        assert "535" in refused.trouble
        assert "wrong" not in refused.trouble


async def test_a_relay_is_signed_in_at_with_an_access_token_that_is_read_anew(
    store: Store, certificate: tuple[ssl.SSLContext, ssl.SSLContext], tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("ya29.expired\n")
    shown, trust = certificate
    async with sink(tls=shown, token="ya29.fresh") as server:
        rules = _one(server.port, security="starttls", user="qamar", auth="xoauth2", secret=f"file:{token}")
        (refused,) = await try_to_send(rules, trust=trust)
        assert "535" in refused.trouble
        assert "ya29" not in refused.trouble
        clock = ManualClock(NOW)
        here = office(store, rules, trust=trust, clock=clock)
        mail = await here.write(await here.open("qamar"), "max@kunde.example")
        await here.sender.run_lane(WORKSPACE, mail)
        assert (await here.mail(mail)).state == "deferred"

        token.write_text("ya29.fresh\n")
        assert [one.trouble for one in await try_to_send(rules, trust=trust)] == [""]
        assert not server.taken
        assert set(server.users) == {"qamar"}
        clock.advance(61)
        await here.sender.run_lane(WORKSPACE, mail)
        assert (await here.mail(mail)).state == "sent"


async def test_a_relay_that_speaks_in_the_clear_is_not_sent_to_where_the_rules_want_it_encrypted(store: Store) -> None:
    async with sink() as server:
        here = office(store, _one(server.port, security="starttls"))
        mail = await here.write(await here.open("qamar"), "max@kunde.example")
        await here.sender.run_lane(WORKSPACE, mail)
        assert (await here.mail(mail)).state == "deferred"
        assert not server.taken


async def test_what_is_missing_is_named(tmp_path: Path) -> None:
    gone = free_port()
    (away,) = await try_to_send(_one(gone))
    assert str(gone) in away.what
    assert "Connect" in away.trouble
    (secret,) = await try_to_send(_one(gone, user="qamar", secret="env:CONTACT_HUB_TEST_NO_SUCH"))
    assert "env:CONTACT_HUB_TEST_NO_SUCH" in secret.trouble
    keys = [one for one in await try_to_send(floor(port=gone, dkim=str(tmp_path / "none.pem"))) if one.what.startswith("key")]
    assert [(one.mailbox, bool(one.trouble)) for one in keys] == [("sonne-hilfe", True)]
