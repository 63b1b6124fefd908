"""To which conversation a mail belongs – by proof, never by resemblance.

Every mail we send carries a token in its Message-ID, again as the last of its References, and in the address to which it asks to be answered. A token is the
conversation's id, sealed for one brand: whoever holds the key reads the id out of it, nobody else can make one, read one or carry one over to another brand
(synthetic IV: the MAC over brand and id is the seal, and what the id is masked with is derived from that MAC). So a token proves that its sender has a mail
of this conversation, which is all that threading needs. Ids that we sent before there were tokens, or that providers kept, are looked up – in the same brand
only. Subjects thread nothing: they put strangers into other people's conversations.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from contact_hub.channels.email.mail import Address, InboundMail

LOCAL_PART_MAX: Final = 64
"""RFC 5321 §4.5.3.1.1."""
IDS_MAX: Final = 100
"""How many references of a mail are looked at, the newest."""


class ThreadBy(StrEnum):
    """What tied a mail to its conversation."""

    PLUS_TOKEN = "plus_token"  # noqa: S105 (a name, no secret)
    IN_REPLY_TO = "in_reply_to"
    REFERENCES = "references"
    COMMON_ANCESTOR = "common_ancestor"


class Refusal(StrEnum):
    """Why something that looked like a tie was not taken for one."""

    TOKEN_REFUSED = "token_refused"  # noqa: S105
    """Made like one of ours, and not sealed for this brand with any of its keys: forged, mutilated, or another brand's."""
    OTHER_BRAND = "other_brand"
    """An id of a mail that belongs to another brand's conversation."""
    DMARC_FAILED = "dmarc_failed"
    """A right tie, but the mail is not from whom it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Something that was ignored, to be recorded: what, where it stood, and why."""

    value: str
    where: ThreadBy
    because: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Where a mail belongs. `conversation` is None if it starts one; `suspected` is the one it would have joined, had its sender been proven."""

    conversation: str | None = None
    by: ThreadBy | None = None
    suspected: str | None = None
    refused: tuple[Refused, ...] = ()


class Known(Protocol):
    """What the store knows of mails that were sent and received."""

    def conversation_of(self, message_id: str) -> tuple[str, str] | None:
        """Brand and conversation of a mail by its id, whichever brand's it is; None if we never saw that mail."""

    def sharing_ancestor(self, message_id: str, *, brand: str, person: str) -> str | None:
        """The conversation of this brand with this person in which another mail names the same id that we never saw ourselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was looked up beforehand about a mail's ids (`ids_of`), for callers whose store can only be awaited."""

    conversations: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Id → brand and conversation."""
    ancestors: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    """Id, brand and person → conversation."""

    def conversation_of(self, message_id: str) -> tuple[str, str] | None:
        """As `Known` says."""
        return self.conversations.get(message_id)

    def sharing_ancestor(self, message_id: str, *, brand: str, person: str) -> str | None:
        """As `Known` says."""
        return self.ancestors.get((message_id, brand, person))


def ids_of(mail: InboundMail) -> tuple[str, ...]:
    """Every id that `find_thread` may ask about, so that they can be looked up in one query."""
    return tuple(dict.fromkeys((*mail.in_reply_to[:IDS_MAX], *_newest_first(mail))))


def token(conversation: str, brand: str, key: bytes) -> str:
    """The conversation's id, sealed for this brand: small letters and digits, safe in an address. Always the same for the same three."""
    packed = _packed(conversation)
    seal = _seal(packed, brand, key)
    sealed = _masked(packed, seal, key)
    return base64.b32encode(seal + sealed).decode().rstrip("=").lower()


def conversation_in(text: str, brand: str, keys: Sequence[bytes]) -> str | None:
    """The conversation that a token speaks of; None unless it was sealed for this brand with one of these keys. All are tried, whichever fits."""
    raw = _decoded(text)
    if raw is None:
        return None
    seal, sealed = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
    found: str | None = None
    for key in keys:
        packed = _masked(sealed, seal, key)
        if hmac.compare_digest(_seal(packed, brand, key), seal):
            found = _unpacked(packed)
    return found


def our_message_id(conversation: str, brand: str, key: bytes, *, domain: str, entropy: bytes) -> str:
    """A Message-ID (without brackets) for a mail of ours: token, point, what makes it single, in the brand's domain. It names no host and no product.

    `entropy`: at least eight random bytes.
    """
    assert len(entropy) >= 8, "two mails of one conversation need two ids"
    return f"{token(conversation, brand, key)}.{base64.b32encode(entropy[:10]).decode().rstrip('=').lower()}@{domain.lower()}"


def thread_id(conversation: str, brand: str, key: bytes, *, domain: str) -> str:
    """The id that stands last in our References: of no mail, the conversation's own, for providers that rewrite Message-IDs."""
    return f"{token(conversation, brand, key)}@{domain.lower()}"


def references_with_token(
    earlier: Iterable[str], conversation: str, brand: str, key: bytes, *, domain: str, most: int = 20
) -> tuple[str, ...]:
    """The References of a mail of ours: those of the mail it answers, shortened from the middle as RFC 5537 §3.4.4 does, our own id last."""
    own = thread_id(conversation, brand, key, domain=domain)
    kept = [one for one in dict.fromkeys(earlier) if one != own]
    if len(kept) >= most:
        kept = kept[:1] + kept[-(most - 2) :]
    return (*kept, own)


def plus_address(address: str, conversation: str, brand: str, key: bytes) -> str:
    """The address with the conversation's token, for Reply-To; the plain one where the token would make it longer than mail servers take."""
    local, _, host = address.rpartition("@")
    tagged = f"{local.partition('+')[0]}+{token(conversation, brand, key)}"
    return f"{tagged}@{host}" if len(tagged) <= LOCAL_PART_MAX else address


def looks_like_ours(message_id: str) -> bool:
    """Whether an id has the shape of one that we make; proves nothing."""
    return _decoded(_OURS.split(message_id.rpartition("@")[0])[0]) is not None


def find_thread(mail: InboundMail, brand: str, keys: Sequence[bytes], known: Known, *, dmarc_failed: bool = False) -> Thread:
    """The conversation of this brand to which a mail belongs, by the first tie that holds; what looked like one and was not is in `refused`."""
    refused: list[Refused] = []
    conversation, by = next(_ties(mail, brand, keys, known, refused), (None, None))
    if conversation is None:
        return Thread(refused=tuple(refused))
    if dmarc_failed:
        assert by is not None
        refused.append(Refused(value=conversation, where=by, because=Refusal.DMARC_FAILED))
        return Thread(suspected=conversation, refused=tuple(refused))
    return Thread(conversation=conversation, by=by, refused=tuple(refused))


def _ties(
    mail: InboundMail, brand: str, keys: Sequence[bytes], known: Known, refused: list[Refused]
) -> Iterator[tuple[str, ThreadBy]]:
    """Every tie that holds, the strongest first."""
    for found in _in_addresses(mail, brand, keys, refused):
        yield found, ThreadBy.PLUS_TOKEN
    for by, ids in ((ThreadBy.IN_REPLY_TO, mail.in_reply_to[:IDS_MAX]), (ThreadBy.REFERENCES, _newest_first(mail))):
        for message_id in ids:
            if (tied := _by_id(message_id, by, brand, keys, known, refused)) is not None:
                yield tied, by
    if mail.sender is not None:
        for message_id in ids_of(mail):
            if known.conversation_of(message_id) is None:
                shared = known.sharing_ancestor(message_id, brand=brand, person=mail.sender.lower())
                if shared is not None:
                    yield shared, ThreadBy.COMMON_ANCESTOR


def _newest_first(mail: InboundMail) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reversed(mail.references)))[:IDS_MAX]


def _in_addresses(mail: InboundMail, brand: str, keys: Sequence[bytes], refused: list[Refused]) -> Iterator[str]:
    """Tokens in the addresses a mail was sent to: as its headers say, and as the server that took it noted."""
    noted = (value for name in ("delivered-to", "x-original-to", "envelope-to", "x-forwarded-to") for value in mail.values(name))
    for address in dict.fromkeys((*_written(mail.recipients), *_written(mail.cc), *noted)):
        for tagged in _TAGGED.findall(address[:1000]):
            found = conversation_in(tagged, brand, keys)
            if found is not None:
                yield found
            elif _decoded(tagged) is not None:
                refused.append(Refused(value=tagged[:80], where=ThreadBy.PLUS_TOKEN, because=Refusal.TOKEN_REFUSED))


def _written(addresses: Iterable[Address]) -> Iterator[str]:
    return (str(address) for address in addresses)


def _by_id(message_id: str, by: ThreadBy, brand: str, keys: Sequence[bytes], known: Known, refused: list[Refused]) -> str | None:
    """The conversation an id proves or is known for, in this brand."""
    start = _OURS.split(message_id.rpartition("@")[0])[0]
    found = conversation_in(start, brand, keys)
    if found is not None:
        return found
    if _decoded(start) is not None:
        refused.append(Refused(value=message_id[:200], where=by, because=Refusal.TOKEN_REFUSED))
    seen = known.conversation_of(message_id)
    if seen is None:
        return None
    if seen[0] != brand:
        refused.append(Refused(value=message_id[:200], where=by, because=Refusal.OTHER_BRAND))
        return None
    return seen[1]


# --- the seal ----------------------------------------------------------------------------------------------------------------------------


def _seal(packed: bytes, brand: str, key: bytes) -> bytes:
    """A MAC over brand and id; lengths are said first, so that no two pairs look alike."""
    name = brand.encode("utf-8", "surrogatepass")
    return hmac.new(key, b"thread" + len(name).to_bytes(4, "big") + name + packed, hashlib.sha256).digest()[:_SEAL_BYTES]


def _masked(content: bytes, seal: bytes, key: bytes) -> bytes:
    """Content under a key stream drawn from its seal; its own inverse."""
    stream = b"".join(
        hmac.new(key, b"mask" + seal + bytes([block]), hashlib.sha256).digest() for block in range(len(content) // 32 + 1)
    )
    return bytes(one ^ other for one, other in zip(content, stream, strict=False))


def _decoded(text: str) -> bytes | None:
    """The bytes of what has a token's shape, and only its one spelling."""
    if not _SHAPE.fullmatch(text):
        return None
    padded = text.upper() + "=" * (-len(text) % 8)
    try:
        raw = base64.b32decode(padded)
    except binascii.Error:
        return None
    return raw if len(raw) > _SEAL_BYTES and base64.b32encode(raw).decode() == padded else None


def _packed(conversation: str) -> bytes:
    """Ids of ours (`cnv_` and 26 characters of base 32) in 20 bytes, others as they are."""
    match = _MINTED.fullmatch(conversation)
    if match is not None:
        number = 0
        for character in match[2]:
            number = number * 32 + _ALPHABET.index(character)
        if number < 1 << 136:
            return b"\x01" + match[1].encode() + number.to_bytes(17, "big")
    return b"\x00" + conversation.encode("utf-8", "surrogatepass")


def _unpacked(packed: bytes) -> str | None:
    if packed[:1] == b"\x00":
        return packed[1:].decode("utf-8", "surrogatepass")
    prefix, number = packed[1:4].decode(), int.from_bytes(packed[4:], "big")
    return f"{prefix}_{''.join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(26)))}"


_SEAL_BYTES: Final = 8
"""64 bits: a forger has to send 2⁶³ mails to hit one."""
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_MINTED: Final = re.compile(rf"([a-z]{{3}})_([{_ALPHABET}]{{26}})")
_SHAPE: Final = re.compile(r"[a-zA-Z2-7]{16,400}")
_TAGGED: Final = re.compile(r"\+([a-zA-Z2-7]{16,400})@")
_OURS: Final = re.compile(r"[.]")
