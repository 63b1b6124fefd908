"""Whether a mail is from whom it says.

Two witnesses are heard. Our own mail server, by the `Authentication-Results` it wrote (RFC 8601): only under its own name, only above the last line it can
have written, for anybody may write such headers into a mail. Where it wrote none, the signatures are checked here (RFC 6376) and measured against the
sender's policy (RFC 7489); without the connecting address there is no SPF then, so a policy can be met by a signature alone, and a mail whose domain publishes
no policy proves nothing either way. A signature over a part of the body (`l=`) counts for nothing: what follows could be anybody's.

DNS is a question put to the caller's resolver. This module opens no socket.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, Protocol

import authres  # type: ignore[import-untyped, unused-ignore]
import dkim  # type: ignore[import-untyped, unused-ignore]
import publicsuffix2  # type: ignore[import-untyped, unused-ignore]

from contact_hub.channels.email.mail import InboundMail

SIGNATURES_MAX: Final = 5
"""How many signatures of one mail are checked; more cost CPU and prove no more."""
RESULTS_MAX: Final = 8_000
"""The longest header of results that is read, in characters."""


class Verdict(StrEnum):
    """The words of RFC 8601 §2.7."""

    PASS = "pass"  # noqa: S105 (RFC 8601's word)
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    NONE = "none"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class Witness(StrEnum):
    """Who found out."""

    OWN_SERVER = "own_server"
    OWN_CHECK = "own_check"
    NOBODY = "nobody"


class TemporarilyUnknown(Exception):
    """The resolver could not tell now; the mail is to be looked at again."""


class Resolver(Protocol):
    """The one question to DNS."""

    def txt(self, name: str) -> Sequence[str]:
        """The text records of a name, each with its strings joined. Raises `TemporarilyUnknown` when it cannot tell now."""


class Known:
    """A resolver that was told beforehand; of other names it cannot tell."""

    def __init__(self, records: Mapping[str, Sequence[str]]) -> None:
        self._records = records

    def txt(self, name: str) -> Sequence[str]:
        found = self._records.get(name.lower())
        if found is None:
            raise TemporarilyUnknown(name)
        return found


class _Asked:
    """A resolver that knows nothing and notes what it was asked."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def txt(self, name: str) -> Sequence[str]:
        self.names.append(name.lower())
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticity:
    """What is known about who sent a mail. `signed_by`: domains whose signature holds. `policy`: what the sender's domain asks to do with failures."""

    dmarc: Verdict = Verdict.NONE
    spf: Verdict = Verdict.NONE
    dkim: Verdict = Verdict.NONE
    from_domain: str = ""
    signed_by: tuple[str, ...] = ()
    aligned: bool = False
    """Whether SPF or a signature speaks for the domain in From."""
    policy: str = ""
    witness: Witness = Witness.NOBODY
    because: str = ""
    """A stable code where the verdict is not simply the witness's: `several_senders`, `other_from`, `unreadable_results`."""

    @property
    def quarantine(self) -> bool:
        """Whether the mail is kept apart: shown as doubtful, answered by no robot, joined to no known customer and no conversation."""
        return self.dmarc is Verdict.FAIL or self.because == "several_senders"

    @property
    def proven(self) -> bool:
        """Whether the domain in From really sent it."""
        return not self.quarantine and (self.dmarc is Verdict.PASS or self.aligned)


def authenticity(mail: InboundMail, raw: bytes, *, own_servers: Collection[str], resolver: Resolver | None = None) -> Authenticity:
    """Who vouches for the sender: our server's results if it wrote any, else our own check if a resolver is given."""
    if _has_several_senders(mail):
        return Authenticity(from_domain=_from_domain(mail), because="several_senders")
    found = results_of(mail, own_servers)
    if found is not None:
        return found
    return check(mail, raw, resolver) if resolver is not None else Authenticity(from_domain=_from_domain(mail))


def questions(mail: InboundMail, raw: bytes, *, own_servers: Collection[str]) -> tuple[str, ...]:
    """The names whose records our own check would need (`Known`); none where our server has spoken, or nothing could be proven anyway."""
    if _has_several_senders(mail) or not _from_domain(mail) or results_of(mail, own_servers) is not None:
        return ()
    asked = _Asked()
    check(mail, raw, asked)
    return tuple(dict.fromkeys(asked.names))


def without_foreign_results(mail: InboundMail, own_servers: Collection[str]) -> InboundMail:
    """The mail without the results that others wrote into it, so that nothing downstream can take them for ours."""
    own = set(_own_positions(mail, own_servers))
    return replace(
        mail, headers=tuple(header for place, header in enumerate(mail.headers) if header[0] != _RESULTS or place in own)
    )


# --- our server's word -------------------------------------------------------------------------------------------------------------------


def results_of(mail: InboundMail, own_servers: Collection[str]) -> Authenticity | None:
    """What our own mail server found (by the names it gives itself; `""` for one that gives none, as Exchange Online); None if it wrote nothing."""
    positions = list(_own_positions(mail, own_servers))
    if not positions:
        return None
    results = [result for place in positions for result in _parsed(mail.headers[place][1], own_servers)]
    return _of_results(_from_domain(mail), results)


def _own_positions(mail: InboundMail, own_servers: Collection[str]) -> Iterator[int]:
    """Where our server's results stand: the first under its name, and others between the same two `Received`.

    What comes later somebody else may have put there.
    """
    names = frozenset(name.lower() for name in own_servers)
    found = False
    for place, (name, value) in enumerate(mail.headers):
        if name == "received" and found:
            return
        if name == _RESULTS and _server(value) in names:
            found = True
            yield place


def _server(value: str) -> str:
    """The name under which results were written; empty if they begin at once."""
    head = _COMMENT.sub("", value[:500]).partition(";")[0].strip().lower()
    return "" if "=" in head else head.split(" ")[0].strip('"')


def _parsed(value: str, own_servers: Collection[str]) -> list[Any]:
    """The results in one header. One that cannot be read says nothing."""
    text = value[:RESULTS_MAX]
    if "" in own_servers and _server(value) == "":
        text = "exchange; " + _EXCHANGE.sub("", text).rstrip("; ")
    try:
        return list(authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {text}").results)
    except Exception:  # authres raises its own and, on odd input, any other
        return []


def _of_results(domain: str, results: list[Any]) -> Authenticity:
    """The verdict of our server's results; of each method the topmost counts, of signatures the best."""
    if not results:
        return Authenticity(from_domain=domain, witness=Witness.OWN_SERVER, because="unreadable_results")
    dmarc = next((result for result in results if result.method == "dmarc"), None)
    spf = next((result for result in results if result.method == "spf"), None)
    signatures = [result for result in results if result.method == "dkim"]
    signed = tuple(dict.fromkeys(_signer(result) for result in signatures if _verdict(result) is Verdict.PASS))
    envelope = _property(spf, "mailfrom").rpartition("@")[2] if spf is not None and _verdict(spf) is Verdict.PASS else ""
    verdict, because = _verdict(dmarc), ""
    named = _property(dmarc, "from").rpartition("@")[2]
    if verdict is Verdict.PASS and named and organisation(named) != organisation(domain):
        verdict, because = Verdict.PERMERROR, "other_from"
    return Authenticity(
        dmarc=verdict,
        spf=_verdict(spf),
        dkim=Verdict.PASS if signed else _verdict(next(iter(signatures), None)),
        from_domain=domain,
        signed_by=signed,
        aligned=any(_alike(one, domain) for one in (*signed, envelope)),
        witness=Witness.OWN_SERVER,
        because=because,
    )


def _verdict(result: Any | None) -> Verdict:
    if result is None or not result.result:
        return Verdict.NONE
    word = str(result.result).lower()
    return _WORDS.get(word, Verdict.NEUTRAL)


def _signer(result: Any) -> str:
    return (_property(result, "d") or _property(result, "i").rpartition("@")[2]).lower()


def _property(result: Any | None, name: str) -> str:
    return next((str(one.value or "") for one in result.properties if one.name == name), "") if result is not None else ""


# --- our own check -----------------------------------------------------------------------------------------------------------------------


def check(mail: InboundMail, raw: bytes, resolver: Resolver) -> Authenticity:
    """Check the signatures and the sender's policy ourselves. A resolver that cannot tell now makes a `temperror`, never a failure."""
    domain = _from_domain(mail)
    try:
        verdict, signed = _signatures(raw, domain, resolver)
        policy = _policy(domain, resolver)
    except TemporarilyUnknown:
        return Authenticity(dmarc=Verdict.TEMPERROR, from_domain=domain, witness=Witness.OWN_CHECK)
    strict = policy.get("adkim", "r").startswith("s")
    aligned = any(one == domain if strict else _alike(one, domain) for one in signed)
    return Authenticity(
        dmarc=_measured(policy, aligned=aligned),
        dkim=verdict,
        from_domain=domain,
        signed_by=signed,
        aligned=aligned,
        policy=policy.get("p", ""),
        witness=Witness.OWN_CHECK,
    )


def _measured(policy: Mapping[str, str], *, aligned: bool) -> Verdict:
    """No signature of the domain is a failure only where the domain asks for consequences: with `p=none`, SPF, which we cannot see here, may have passed."""
    if not policy:
        return Verdict.NONE
    if aligned:
        return Verdict.PASS
    return Verdict.FAIL if policy.get("p") in ("quarantine", "reject") else Verdict.NEUTRAL


def _signatures(raw: bytes, domain: str, resolver: Resolver) -> tuple[Verdict, tuple[str, ...]]:
    """Whether the mail is signed, and by whom with signatures that hold. The sender's own are looked at first."""
    head, body = _parted(raw)
    if len(head) > _HEAD_MAX or _GAP.search(head):
        return Verdict.PERMERROR, ()
    try:
        headers = dkim.DKIM(head).headers
    except (dkim.DKIMException, ValueError, IndexError):
        return Verdict.PERMERROR, ()
    signatures = [value for name, value in headers if name.lower() == b"dkim-signature"]
    if not signatures or len(headers) > _HEADERS_MAX:
        return (Verdict.PERMERROR if signatures else Verdict.NONE), ()
    places = sorted(
        (place for place, value in enumerate(signatures) if len(value) <= _SIGNATURE_MAX),
        key=lambda place: not _alike(_signs(signatures[place]), domain),
    )
    digests = _Digests(body)
    held = [signer for place in places[:SIGNATURES_MAX] if (signer := _held(head, digests, place, resolver))]
    return (Verdict.PASS if held else Verdict.FAIL), tuple(dict.fromkeys(held))


def _held(head: bytes, digests: _Digests, place: int, resolver: Resolver) -> str | None:
    """Who signed, if the signature holds for the whole body. dkimpy checks the signature, and is told of no body: it would take minutes over some."""

    def ask(name: bytes, timeout: float = 5) -> bytes | None:  # noqa: ARG001 (dkimpy passes a time-out; the resolver has its own)
        return next((record.encode() for record in resolver.txt(name.decode("ascii", "replace").rstrip("."))), None)

    message = dkim.DKIM(head)
    try:
        fields, named, signatures = message.verify_headerprep(place)
        if b"l" in fields or not digests.fits(fields):
            return None
        without_body = {tag: value for tag, value in fields.items() if tag != b"bh"}
        holds = message.verify_sig(without_body, named, signatures[place], ask)
    except TemporarilyUnknown:
        raise
    except Exception:  # dkimpy raises its own, and others on hostile keys and fields
        return None
    return fields[b"d"].decode("ascii", "replace").lower() if holds else None


class _Digests:
    """The hashes of a body in the two forms that signatures are made over (RFC 6376 §3.4), each made once, piece by piece and in linear time."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._made: dict[bool, bytes] = {}

    def fits(self, fields: Mapping[bytes, bytes]) -> bool:
        """Whether the body is the one that was signed."""
        relaxed = fields.get(b"c", b"").partition(b"/")[2].strip() == b"relaxed"
        if not fields[b"a"].strip().endswith(b"-sha256"):
            return False  # RFC 8301 §3.1: SHA-1 proves nothing any more
        if relaxed not in self._made:
            self._made[relaxed] = self._digest(relaxed=relaxed)
        return hmac.compare_digest(self._made[relaxed], base64.b64decode(_BLANK.sub(b"", fields[b"bh"])))

    def _digest(self, *, relaxed: bool) -> bytes:
        """Blank lines are held back until something follows them: those at the end do not count."""
        hasher, held_back, said = hashlib.sha256(), 0, False
        for piece in self._pieces():
            text = _LINE_END.sub(b"\r\n", piece)
            if relaxed:
                text = _BLANKS.sub(b" ", text).replace(b" \r\n", b"\r\n")
            bare = _without_last_lines(text)
            if bare:
                hasher.update(b"\r\n" * held_back + bare)
                held_back, said = 0, True
            held_back += (len(text) - len(bare)) // 2
        if said or not relaxed:
            hasher.update(b"\r\n")
        return hasher.digest()

    def _pieces(self) -> Iterator[bytes]:
        """The body in pieces of whole lines."""
        start = 0
        while start < len(self._body):
            end = self._body.find(b"\n", start + _PIECE) + 1 or len(self._body)
            yield self._body[start:end]
            start = end


def _without_last_lines(text: bytes) -> bytes:
    """Without the line ends at its end; a lone CR or LF before them stays."""
    bare = text.rstrip(b"\r\n")
    if not text[len(bare) :].replace(b"\r\n", b""):
        return bare
    end = len(text)
    while text.endswith(b"\r\n", 0, end):
        end -= 2
    return text[:end]


def _parted(raw: bytes) -> tuple[bytes, bytes]:
    """Head with its blank line, and body."""
    found = _BLANK_LINE.search(raw)
    return (raw[: found.end()], raw[found.end() :]) if found is not None else (raw, b"")


def _signs(signature: bytes) -> str:
    """For which domain a signature claims to speak."""
    found = _SIGNER.search(signature)
    return found[1].decode("ascii", "replace").lower() if found is not None else ""


def _policy(domain: str, resolver: Resolver) -> dict[str, str]:
    """What the sender's domain, or the one above it, asks for; its own word for subdomains is put where `p` stands."""
    if not domain:
        return {}
    above = organisation(domain)
    for name in dict.fromkeys((domain, above)):
        records = [record for record in resolver.txt(f"_dmarc.{name}") if _DMARC.match(record)]
        if len(records) == 1:
            tags = _tags(records[0])
            return tags | {"p": tags["sp"]} if name != domain and "sp" in tags else tags
        if records:
            return {}
    return {}


def _tags(record: str) -> dict[str, str]:
    """`v=DMARC1; p=reject` → its tags, in small letters; what is no tag is left out (RFC 7489 §6.3)."""
    pairs = (part.partition("=") for part in record[:_RECORD_MAX].lower().split(";"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


# --- both --------------------------------------------------------------------------------------------------------------------------------


def organisation(domain: str) -> str:
    """The domain somebody registered: `mail.example.co.uk` → `example.co.uk`."""
    return _registered(domain.lower().strip("."))


def _alike(one: str, other: str) -> bool:
    return bool(one) and bool(other) and organisation(one) == organisation(other)


def _from_domain(mail: InboundMail) -> str:
    return mail.sender.host.lower() if mail.sender is not None else ""


def _has_several_senders(mail: InboundMail) -> bool:
    """Two authors, and nobody can say whose policy counts (RFC 7489 §6.6.1). Names may hold commas and addresses; only what is meant as an address counts."""
    fields = list(mail.values("from"))
    written = " ".join(fields)[:4000]
    meant = _BRACKETED.findall(written) or _BARE.findall(_QUOTED.sub("", written))
    return len(fields) > 1 or len({one.lower() for one in meant}) > 1


@lru_cache(maxsize=4096)
def _registered(domain: str) -> str:
    """By the public suffix list; under an ending the list does not know the last two labels, as its rule for them says."""
    found = str(_suffixes().get_sld(domain) or domain)
    return found if "." in found else ".".join(domain.split(".")[-2:])


@lru_cache(maxsize=1)
def _suffixes() -> Any:
    return publicsuffix2.PublicSuffixList()


_PIECE: Final = 256 * 1024
_HEAD_MAX: Final = 256 * 1024
_HEADERS_MAX: Final = 2_000
_SIGNATURE_MAX: Final = 4_096
_GAP: Final = re.compile(rb"[ \t\r\n]{200}")
"""No mail program writes such a head; dkimpy's expressions would take minutes over it."""
_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n")
_LINE_END: Final = re.compile(rb"\r?\n")
_BLANKS: Final = re.compile(rb"[ \t]{2,}|\t")
_BLANK: Final = re.compile(rb"\s+")
_SIGNER: Final = re.compile(rb"(?:^|;)\s{0,20}d\s{0,20}=\s{0,20}([^\s;]{1,253})")
_RECORD_MAX: Final = 4_096
_DMARC: Final = re.compile(r"\s{0,20}v\s{0,20}=\s{0,20}DMARC1\s{0,20}(?:;|$)", re.IGNORECASE)
_RESULTS: Final = "authentication-results"
_WORDS: Final = {verdict.value: verdict for verdict in Verdict} | {
    "hardfail": Verdict.FAIL,
    "bestguesspass": Verdict.NEUTRAL,
    "policy": Verdict.NEUTRAL,
    "error": Verdict.TEMPERROR,
}
_COMMENT: Final = re.compile(r"\([^()]{0,400}\)")
_QUOTED: Final = re.compile(r"\"[^\"]{0,400}\"|\([^()]{0,400}\)")
_BRACKETED: Final = re.compile(r"<([^<>\s]{1,320}@[^<>\s]{1,320})>")
_BARE: Final = re.compile(r"[^\s<>,;\"]{1,320}@[^\s<>,;\"]{1,320}")
_EXCHANGE: Final = re.compile(r"\baction=\S{1,40}|;?\s{0,3}compauth=[^;]{0,80}|(?<=;)\s{0,3}reason=\S{1,40}", re.IGNORECASE)
