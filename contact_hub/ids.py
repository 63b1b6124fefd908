"""Names for new things, and secrets.

An id is a prefix, the millisecond of its birth and 80 random bits, in Crockford's base 32: ids of one kind sort by age, which keeps
indices dense, and nobody can guess a neighbour. A token is 256 random bits; only its hash is ever stored, so a stolen table opens nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"


class Ids:
    """Mints ids. `entropy` gives so many random bytes; a simulation passes its own."""

    def __init__(self, entropy: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._entropy = entropy

    def mint(self, prefix: str, at: datetime) -> str:
        """A new id, for instance `mint("cnv", now)` → `cnv_01jd5x…`."""
        milliseconds = int(at.timestamp() * 1000)
        return f"{prefix}_{_base32(milliseconds, 10)}{_base32(int.from_bytes(self._entropy(10), 'big'), 16)}"

    @staticmethod
    def floor(prefix: str, at: datetime) -> str:
        """What all ids of this kind are below that are older than `at`."""
        return f"{prefix}_{_base32(int(at.timestamp() * 1000), 10)}"


def new_token() -> str:
    """A fresh secret for a session, a device or a ticket; 43 characters that are safe in a header or cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What we store of a token. Plain SHA-256 suffices: 256 random bits cannot be tried out."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _base32(number: int, digits: int) -> str:
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(digits)))
