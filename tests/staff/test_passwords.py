"""Passwords: long ones are refused before any work, and nobody can tell an unknown account by the clock."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher

from contact_hub.errors import HubError
from contact_hub.staff import Passwords


class CountingHasher(PasswordHasher):
    """Cheap, and remembers how often it was asked."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.checked = 0
        self.hashed = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.hashed += 1
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
        self.checked += 1
        return super().verify(hash, password)


async def test_right_password_matches_and_no_other() -> None:
    passwords = Passwords(CountingHasher())
    kept = await passwords.hash("correct horse")
    assert kept.startswith("$argon2id$")
    assert await passwords.matches("correct horse", kept)
    assert not await passwords.matches("correct house", kept)
    assert not await passwords.matches("correct horse", "not a hash")


async def test_unknown_account_costs_one_check_like_a_known_one() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    kept = await passwords.hash("correct horse")
    await passwords.matches("warm up", None)
    for against in (kept, None):
        before = hasher.checked
        assert not await passwords.matches("wrong", against)
        assert hasher.checked == before + 1


async def test_the_dummys_own_password_opens_nothing() -> None:
    assert not await Passwords(CountingHasher()).matches("nobody's password", None)


@pytest.mark.parametrize("password", ["short", "x" * 1025, "ü" * 513])
async def test_too_short_or_too_long_is_refused_without_hashing(password: str) -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    with pytest.raises(HubError, match="invalid_field"):
        await passwords.hash(password)
    if len(password) > 500:
        assert not await passwords.matches(password, None)
    assert (hasher.hashed, hasher.checked) == (0, 0)


async def test_todays_settings_are_owasps() -> None:
    passwords = Passwords()
    kept = await passwords.hash("correct horse")
    assert "m=19456,t=2,p=1" in kept
    assert not passwords.is_outdated(kept)
    assert passwords.is_outdated(await Passwords(CountingHasher()).hash("correct horse"))


async def test_many_checks_at_once_take_turns() -> None:
    passwords = Passwords(CountingHasher())
    kept = await passwords.hash("correct horse")
    assert all(await asyncio.gather(*(passwords.matches("correct horse", kept) for _ in range(8))))
