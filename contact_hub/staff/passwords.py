"""Passwords: argon2id, in a thread, a few at a time.

Every check costs the same, whether the account exists or not: where there is no hash, a dummy is checked. Long passwords are refused before hashing, because
hashing a megabyte is a cheap way to keep a server busy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from contact_hub.errors import HubError

T = TypeVar("T")

BYTES_MAX: Final = 1024
CHARS_MIN: Final = 8
AT_ONCE: Final = 2


class Passwords:
    """Hashes and checks. OWASP's second argon2id profile: 19 MiB, two passes, one lane; about 30 ms a check."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._dummy: str | None = None

    async def hash(self, password: str) -> str:
        """`invalid_field` where the password is too short or too long."""
        if len(password) < CHARS_MIN or _bytes(password) > BYTES_MAX:
            raise HubError(
                "invalid_field", f"A password has at least {CHARS_MIN} characters and at most {BYTES_MAX} bytes.", field="password"
            )
        return await self._in_thread(lambda: self._hasher.hash(password))

    async def matches(self, password: str, kept: str | None) -> bool:
        """Whether this is the password; takes as long without a kept hash as with one."""
        if _bytes(password) > BYTES_MAX:
            return False
        if self._dummy is None:
            self._dummy = await self._in_thread(lambda: self._hasher.hash("nobody's password"))
        against = kept or self._dummy
        return await self._in_thread(lambda: self._verify(against, password)) and kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether the hash was made with weaker settings than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[[], T]) -> T:
        async with self._turns:
            return await asyncio.to_thread(work)


def _bytes(password: str) -> int:
    return len(password.encode("utf-8", "surrogatepass"))
