"""What DNS says: of who signed a mail that nobody else vouches for, and of the domains that we send from."""

from __future__ import annotations

from pathlib import Path

import dkim
import pytest

from contact_hub.doctor import examine
from contact_hub.mail.domains import look_up, public_record
from contact_hub.mail.names import Names, Unanswered
from contact_hub.mail.workshop import Workshop
from contact_hub.settings import Settings
from contact_hub.store.records import RawMail
from contact_hub.workspace import parse
from contact_hub.workspace.floor import Floor
from tests.channels.email.keys import PRIVATE, PUBLIC
from tests.mail.brands import floor
from tests.mail.name_server import NameServer, name_server
from tests.mail.offices import MAIL_WORKSPACE, letter, office
from tests.servers import free_port

POLICY = {"_dmarc.kunde.example": ["v=DMARC1; p=reject"]}
OTHER = PUBLIC.replace("0PUYmS", "0PUYmT")
KEY = {"s1._domainkey.kunde.example": [f"v=DKIM1; k=rsa; p={PUBLIC}"]}


def _signed(raw: bytes, domain: str = "kunde.example") -> bytes:
    return bytes(dkim.sign(raw, b"s1", domain.encode(), PRIVATE, include_headers=[b"from", b"to", b"subject"])) + raw


async def _came(url: str, raw: bytes, server: NameServer, *, seconds: float = 2.0, names: Names | None = None) -> RawMail:
    async with office(url, names=names or Names(server.address, seconds=seconds)) as sonne:
        mail = await sonne.arrive(raw)
        if mail.conversation is not None:
            (said,) = await sonne.entries(mail.conversation)
            warnings = tuple(said.body.get("warnings", ()))
            assert ("sender_unproven" in warnings) == (mail.findings.get("checked") != "pass"), warnings
        return mail


async def test_a_mail_that_nobody_vouches_for_is_proven_by_its_signature(sqlite_url: str) -> None:
    async with name_server({**POLICY, **KEY}) as server:
        mail = await _came(sqlite_url, _signed(letter()), server)
    assert (mail.state, mail.findings["checked"]) == ("stored", "pass")
    assert set(server.asked) == {"s1._domainkey.kunde.example", "_dmarc.kunde.example"}


async def test_a_subdomain_is_vouched_for_by_the_organisation_unless_that_wants_it_exact(sqlite_url: str) -> None:
    raw = _signed(letter(sender="Ana <ana@post.kunde.example>"))
    async with name_server({**POLICY, **KEY}) as server:
        assert (await _came(sqlite_url, raw, server)).findings["checked"] == "pass"
        server.records["_dmarc.kunde.example"] = ["v=DMARC1; p=reject; adkim=s"]
        other = raw.replace(b"first@", b"other@")
        assert (await _came(sqlite_url, other, server, names=Names(server.address))).state == "held"


@pytest.mark.parametrize(
    "raw",
    [
        letter(),
        _signed(letter()).replace(b"Paket", b"Geld"),
        _signed(letter(), "stranger.example"),
    ],
)
async def test_a_mail_that_its_senders_domain_disowns_is_kept_apart(sqlite_url: str, raw: bytes) -> None:
    async with name_server({**POLICY, **KEY, "s1._domainkey.stranger.example": KEY["s1._domainkey.kunde.example"]}) as server:
        mail = await _came(sqlite_url, raw, server)
    assert (mail.state, mail.reason, mail.findings["checked"]) == ("held", "dmarc_fail", "fail")


async def test_where_no_resolver_answers_in_time_nobody_is_proven_and_nothing_waits_for_long(sqlite_url: str) -> None:
    async with name_server({**POLICY, **KEY}) as server:
        server.silent = {"_dmarc.kunde.example"}
        mail = await _came(sqlite_url, letter(), server, seconds=0.2)
    assert (mail.state, mail.findings["checked"]) == ("stored", "temperror")


async def test_our_own_servers_word_is_asked_for_first_and_then_nobody_else(sqlite_url: str) -> None:
    async with name_server({**POLICY, **KEY}) as server:
        believed = letter(authentication_results="mx.hub.example; dmarc=pass header.from=kunde.example")
        async with office(sqlite_url, names=Names(server.address)) as sonne:
            mail = await sonne.arrive(believed)
    assert (mail.state, "checked" in mail.findings, server.asked) == ("stored", False, [])


async def test_the_child_that_reads_mails_opens_no_socket_and_is_told_what_dns_says(sqlite_url: str) -> None:
    workshop = Workshop()
    try:
        async with (
            name_server({**POLICY, **KEY}) as server,
            office(sqlite_url, reader=workshop, names=Names(server.address)) as here,
        ):
            assert (await here.arrive(_signed(letter()))).findings["checked"] == "pass"
    finally:
        await workshop.close()


async def test_an_answer_is_remembered_and_silence_for_a_while() -> None:
    now = 0.0
    async with name_server({"a.example": ["one " * 100, "two"]}) as server:
        names = Names(server.address, seconds=0.1, monotonic=lambda: now)
        assert await names.txt("A.example.") == ("one " * 100, "two")
        assert await names.txt("a.example") == ("one " * 100, "two")
        assert await names.txt("nothing.example") == ()
        assert await names.txt("x" * 70 + ".example") == ()
        assert server.asked == ["a.example", "nothing.example"]
        server.silent = {"*"}
        for name in ("b.example", "c.example", "d.example", "e.example"):
            with pytest.raises(Unanswered):
                await names.txt(name)
        assert "e.example" not in server.asked
        server.silent, now = set(), 61.0
        assert await names.txt("e.example") == ()


# ---------------------------------------------------------------- our own domains


def _sonne(folder: Path) -> Floor:
    key = folder / "key.pem"
    key.write_bytes(PRIVATE)
    return floor(port=free_port(), dkim=str(key))


async def test_the_domains_that_we_send_from_are_compared_with_our_keys(tmp_path: Path) -> None:
    rules = _sonne(tmp_path)
    box = next(one for brand in rules.workspace.brands for one in brand.mailboxes if one.dkim is not None)
    assert box.dkim is not None
    domain, record = box.address.rpartition("@")[2], f"{box.dkim.selector}._domainkey.{box.address.rpartition('@')[2]}"
    assert PUBLIC in public_record(PRIVATE.decode())

    async def told(records: dict[str, list[str]]) -> dict[str, tuple[str, str]]:
        async with name_server(records) as server:
            found = await look_up(rules, Names(server.address))
        return {
            one.what.removesuffix(f" of {domain}"): (one.state, one.sentence) for one in found if one.what.endswith(f" {domain}")
        }

    right = {
        record: [public_record(PRIVATE.decode())],
        domain: ["google-site-verification=x", "v=spf1 include:relay.example -all"],
        f"_dmarc.{domain}": ["v=DMARC1; p=quarantine"],
    }
    assert {what: state for what, (state, _) in (await told(right)).items()} == {"DKIM": "ok", "SPF": "ok", "DMARC": "ok"}
    nothing = await told({})
    assert {what: state for what, (state, _) in nothing.items()} == {"DKIM": "error", "SPF": "warning", "DMARC": "warning"}
    assert PUBLIC in nothing["DKIM"][1]
    for wrong, said in (
        ({record: ["v=DKIM1; p="]}, "revoked"),
        ({record: ["v=DKIM1; p=AAAA"]}, "is no key"),
        ({record: [f"v=DKIM1; p={OTHER}"]}, "another key"),
        ({record: [f"v=DKIM1; p={PUBLIC}", "v=DKIM1; p="]}, "2 TXT records"),
        ({domain: ["v=spf1 +all"]}, "lets everybody"),
        ({domain: ["v=spf1 -all", "v=spf1 mx -all"]}, "2 SPF records"),
        ({f"_dmarc.{domain}": ["v=DMARC1; p=maybe"]}, "nothing that is known"),
        ({f"_dmarc.{domain}": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, "2 records"),
    ):
        broken = [sentence for state, sentence in (await told({**right, **wrong})).values() if state == "error"]
        assert len(broken) == 1, wrong
        assert said in broken[0], broken


async def test_the_doctor_says_not_checked_where_nobody_answers_and_does_not_fail(sqlite_url: str, tmp_path: Path) -> None:
    relay = f"relay: {{host: 127.0.0.1, port: {free_port()}, security: none}}"
    text = MAIL_WORKSPACE.replace(
        "hilfe@sonne.example, intake: {lmtp: true}", f"hilfe@sonne.example, intake: {{lmtp: true}}, {relay}"
    )
    async with office(sqlite_url) as sonne:
        await sonne.workspaces.apply(parse(text), by="tests", first_password_hash="x")

    silent = f"127.0.0.1:{free_port()}"
    found = await examine(Settings(database_url=sqlite_url, data_dir=tmp_path, port=free_port(), mail_resolver=silent))
    told = {one.what: (one.state, one.sentence) for one in found}
    assert told["SPF of sonne.example"] == told["DMARC of sonne.example"] == ("warning", "Not checked: no DNS resolver answers.")
