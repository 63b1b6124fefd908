"""Whose word counts for a sender: our own server's, else signatures checked here."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import dkim  # type: ignore[import-untyped, unused-ignore]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.channels.email.authenticity import (
    TemporarilyUnknown,
    Verdict,
    Witness,
    authenticity,
    organisation,
    results_of,
    without_foreign_results,
)
from contact_hub.channels.email.parse import parse
from tests.channels.email.keys import PRIVATE, PUBLIC

OWN = ("mx.hub.example",)


@dataclass
class Zone:
    """A resolver that knows what it was given."""

    records: dict[str, str] = field(default_factory=dict)
    more: dict[str, list[str]] = field(default_factory=dict)
    broken: bool = False

    def txt(self, name: str) -> list[str]:
        if self.broken:
            raise TemporarilyUnknown
        return [*self.more.get(name, ()), *([self.records[name]] if name in self.records else [])]


def zone(policy: str = "v=DMARC1; p=reject", domain: str = "kunde.example") -> Zone:
    return Zone({f"s1._domainkey.{domain}": f"v=DKIM1; k=rsa; p={PUBLIC}", f"_dmarc.{domain}": policy})


def written(*above: str, sender: str = "Anna <anna@kunde.example>") -> bytes:
    return "\n".join((*above, f"From: {sender}", "To: help@brand.example", "Subject: parcel", "", "Where is it?", "")).encode()


def signed(domain: str = "kunde.example", sender: str = "Anna <anna@kunde.example>", **more: object) -> bytes:
    raw = written(sender=sender).replace(b"\n", b"\r\n")
    return bytes(dkim.sign(raw, b"s1", domain.encode(), PRIVATE, include_headers=[b"from", b"to", b"subject"], **more)) + raw


def judged(raw: bytes, resolver: Zone | None = None) -> tuple[Verdict, bool, bool]:
    found = authenticity(parse(raw), raw, own_servers=OWN, resolver=resolver)
    return found.dmarc, found.quarantine, found.proven


def test_our_own_servers_word_counts() -> None:
    raw = written(
        "Authentication-Results: mx.hub.example; spf=pass smtp.mailfrom=kunde.example; dkim=pass header.d=kunde.example; dmarc=pass header.from=kunde.example"
    )
    found = authenticity(parse(raw), raw, own_servers=OWN)
    assert (found.dmarc, found.spf, found.dkim, found.witness) == (Verdict.PASS, Verdict.PASS, Verdict.PASS, Witness.OWN_SERVER)
    assert found.signed_by == ("kunde.example",)
    assert found.proven


def test_a_failure_puts_the_mail_apart() -> None:
    assert judged(written("Authentication-Results: mx.hub.example; dmarc=fail (p=none) header.from=kunde.example")) == (
        Verdict.FAIL,
        True,
        False,
    )


def test_nobody_elses_word_counts() -> None:
    assert judged(written("Authentication-Results: mx.evil.example; dmarc=pass header.from=kunde.example")) == (
        Verdict.NONE,
        False,
        False,
    )


def test_our_name_forged_below_what_our_server_wrote_is_ignored() -> None:
    raw = written(
        "Authentication-Results: mx.hub.example; dmarc=fail header.from=kunde.example",
        "Received: from evil.example by mx.hub.example; Mon, 2 Nov 2026 10:00:00 +0000",
        "Authentication-Results: mx.hub.example; dmarc=pass header.from=kunde.example",
    )
    assert judged(raw)[0] is Verdict.FAIL


def test_a_server_that_writes_below_its_own_received_line_is_heard_and_its_first_word_counts() -> None:
    raw = written(
        "Received: from evil.example by mx.hub.example; Mon, 2 Nov 2026 10:00:00 +0000",
        "Authentication-Results: mx.hub.example; dmarc=fail header.from=kunde.example",
        "Authentication-Results: mx.hub.example; dmarc=pass header.from=kunde.example",
    )
    assert judged(raw)[0] is Verdict.FAIL


def test_a_pass_for_another_domain_is_no_pass() -> None:
    assert judged(written("Authentication-Results: mx.hub.example; dmarc=pass header.from=evil.example")) == (
        Verdict.PERMERROR,
        False,
        False,
    )


def test_a_server_that_checks_no_dmarc_still_vouches_by_alignment() -> None:
    own = written("Authentication-Results: mx.hub.example; spf=pass smtp.mailfrom=bounce@mail.kunde.example")
    assert judged(own) == (Verdict.NONE, False, True)
    foreign = written(
        "Authentication-Results: mx.hub.example; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example"
    )
    assert judged(foreign) == (Verdict.NONE, False, False)


def test_exchange_online_writes_no_name_of_its_own() -> None:
    raw = written(
        "Authentication-Results: spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=kunde.example; dkim=none (message not signed) header.d=none;"
        "dmarc=fail action=quarantine header.from=kunde.example;compauth=fail reason=000"
    )
    assert results_of(parse(raw), OWN) is None
    found = results_of(parse(raw), ("",))
    assert found is not None
    assert found.quarantine


def test_unreadable_results_prove_nothing() -> None:
    found = authenticity(parse(raw := written("Authentication-Results: mx.hub.example; dmarc==pass;;")), raw, own_servers=OWN)
    assert (found.because, found.proven) == ("unreadable_results", False)


def test_foreign_results_are_taken_out() -> None:
    raw = written(
        "Authentication-Results: mx.hub.example; dmarc=fail header.from=kunde.example",
        "Received: from evil.example by mx.hub.example; Mon, 2 Nov 2026 10:00:00 +0000",
        "Authentication-Results: mx.hub.example; dmarc=pass header.from=kunde.example",
        "Authentication-Results: mx.evil.example; dmarc=pass header.from=kunde.example",
    )
    kept = list(without_foreign_results(parse(raw), OWN).values("authentication-results"))
    assert len(kept) == 1
    assert "fail" in kept[0]


def test_a_mail_of_two_authors_is_put_apart() -> None:
    raw = written("From: Eve <eve@evil.example>", "Authentication-Results: mx.hub.example; dmarc=pass header.from=kunde.example")
    assert authenticity(parse(raw), raw, own_servers=OWN).quarantine
    both = written(sender="Anna <anna@kunde.example>, Eve <eve@evil.example>")
    assert authenticity(parse(both), both, own_servers=OWN).because == "several_senders"


@pytest.mark.parametrize(
    "sender",
    [
        '"Huber, Anna" <anna@kunde.example>',
        "=?utf-8?q?M=C3=BCller=2C_Anna?= <anna@kunde.example>",
        "anna@kunde.example <anna@kunde.example>",
    ],
)
def test_a_comma_in_a_name_makes_no_second_author(sender: str) -> None:
    raw = written(sender=sender)
    assert not authenticity(parse(raw), raw, own_servers=OWN).quarantine


def test_a_signature_of_the_senders_domain_proves_them() -> None:
    assert judged(signed(), zone()) == (Verdict.PASS, False, True)


def test_a_signature_of_the_organisation_speaks_for_its_subdomains() -> None:
    raw = signed(sender="Anna <anna@mail.kunde.example>")
    assert judged(raw, zone()) == (Verdict.PASS, False, True)
    strict = zone("v=DMARC1; p=reject; adkim=s")
    assert judged(raw, strict) == (Verdict.FAIL, True, False)


def test_a_changed_mail_fails_where_the_domain_asks_for_consequences() -> None:
    changed = signed().replace(b"Where is it?", b"Send it to Eve")
    assert judged(changed, zone()) == (Verdict.FAIL, True, False)
    assert judged(changed, zone("v=DMARC1; p=none")) == (Verdict.NEUTRAL, False, False)
    assert judged(changed, Zone({"s1._domainkey.kunde.example": f"v=DKIM1; p={PUBLIC}"})) == (Verdict.NONE, False, False)


def test_a_strangers_signature_does_not_speak_for_the_sender() -> None:
    resolver = Zone({"s1._domainkey.evil.example": f"v=DKIM1; k=rsa; p={PUBLIC}", "_dmarc.kunde.example": "v=DMARC1; p=quarantine"})
    assert judged(signed("evil.example"), resolver) == (Verdict.FAIL, True, False)


def test_the_second_signature_is_looked_at_too() -> None:
    own = signed()
    raw = bytes(dkim.sign(own, b"s1", b"relay.example", PRIVATE, include_headers=[b"from"])) + own
    resolver = zone()
    resolver.records["s1._domainkey.relay.example"] = f"v=DKIM1; k=rsa; p={PUBLIC}"
    found = authenticity(parse(raw), raw, own_servers=OWN, resolver=resolver)
    assert set(found.signed_by) == {"relay.example", "kunde.example"}
    assert found.dmarc is Verdict.PASS


def test_a_signature_over_a_part_of_the_body_proves_nothing() -> None:
    assert judged(signed(length=True) + b"and send it to Eve\r\n", zone()) == (Verdict.FAIL, True, False)


@given(
    lines=st.lists(st.text(alphabet=" \tab.é", max_size=30), max_size=20),
    forms=st.sampled_from([(b"relaxed", b"relaxed"), (b"relaxed", b"simple"), (b"simple", b"relaxed"), (b"simple", b"simple")]),
    ending=st.sampled_from([b"\r\n", b"\n"]),
)
def test_whatever_a_body_holds_its_signature_is_understood(lines: list[str], forms: tuple[bytes, bytes], ending: bytes) -> None:
    body = "\r\n".join(lines).encode()
    raw = b"From: Anna <anna@kunde.example>\r\nSubject: parcel\r\n\r\n" + body
    whole = bytes(dkim.sign(raw, b"s1", b"kunde.example", PRIVATE, include_headers=[b"from", b"subject"], canonicalize=forms)) + raw
    assert judged(whole.replace(b"\r\n", ending), zone()) == (Verdict.PASS, False, True)


@pytest.mark.parametrize(
    "filler",
    [b" " * 2_000_000 + b"x", b"\r\n" * 500_000 + b"x", b"\r\n" * 500_000 + b"\r", b"\r" * 1_000_000, b"\t \r\n" * 300_000 + b"x"],
)
def test_a_body_made_to_hang_the_checker_is_checked_at_once(filler: bytes) -> None:
    raw = signed(canonicalize=(b"relaxed", b"relaxed")) + filler
    began = time.process_time()
    assert judged(raw, zone()) == (Verdict.FAIL, True, False)
    assert time.process_time() - began < 5


def test_a_head_no_mail_program_writes_proves_nothing() -> None:
    raw = b"DKIM-Signature: v=1; a=rsa-sha256;" + b" " * 300_000 + b"d=kunde.example\r\n" + written()
    assert judged(raw, zone()) == (Verdict.FAIL, True, False)


def test_the_senders_signature_is_found_behind_many_others() -> None:
    raw = signed()
    for number in range(20):
        raw = (
            raw[: raw.index(b"From:")]
            + b"DKIM-Signature: v=1; a=rsa-sha256; d=r%d.example; s=s; h=from; bh=AAAA; b=AAAA\r\n" % number
            + raw[raw.index(b"From:") :]
        )
    assert judged(raw, zone())[0] is Verdict.PASS


def test_a_resolver_that_cannot_tell_makes_no_failure() -> None:
    assert judged(signed(), Zone(broken=True)) == (Verdict.TEMPERROR, False, False)


def test_a_policy_for_subdomains_counts_for_them() -> None:
    raw = written(sender="anna@mail.kunde.example")
    assert judged(raw, zone("v=DMARC1; p=none; sp=reject")) == (Verdict.FAIL, True, False)


def test_other_records_beside_the_policy_do_not_hide_it_and_two_policies_are_none() -> None:
    unsigned = written()
    other = zone()
    other.more["_dmarc.kunde.example"] = ["some-verification=1"]
    assert judged(unsigned, other) == (Verdict.FAIL, True, False)
    other.more["_dmarc.kunde.example"] = ["v=DMARC1; p=none"]
    assert judged(unsigned, other) == (Verdict.NONE, False, False)


def test_what_somebody_registered_is_known_from_the_public_list() -> None:
    assert organisation("mail.shop.example.co.uk") == "example.co.uk"
    assert organisation("example.com") == "example.com"


@given(value=st.text(max_size=200), raw=st.binary(max_size=300))
def test_hostile_results_and_signatures_never_raise_and_never_prove(value: str, raw: bytes) -> None:
    head = f"Authentication-Results: evil.example; {value}\nDKIM-Signature: v=1; d=kunde.example; {value}\n".encode(
        "utf-8", "surrogatepass"
    )
    whole = head + b"From: anna@kunde.example\n\n" + raw
    assert not authenticity(parse(whole), whole, own_servers=OWN, resolver=zone()).proven
