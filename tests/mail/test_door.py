"""The door for mail servers: 250 means on disk, each recipient has an answer, and nothing is smuggled in."""

from __future__ import annotations

import asyncio
import contextlib
import os
import smtplib
import socket
from collections.abc import AsyncIterator
from typing import BinaryIO, Literal

import pytest

from contact_hub.errors import HubError
from contact_hub.mail.door import Door
from tests.mail import postfix
from tests.mail.offices import SYSTEM, Office, letter, office


@contextlib.asynccontextmanager
async def door(sonne: Office, protocol: Literal["lmtp", "smtp"] = "lmtp") -> AsyncIterator[Door]:
    found = Door(intake=sonne.intake, protocol=protocol)
    await found.start()
    try:
        yield found
    finally:
        await found.stop()


@pytest.fixture
async def sonne(sqlite_url: str) -> AsyncIterator[Office]:
    async with office(sqlite_url) as found:
        yield found


async def kept(sonne: Office) -> list[tuple[str, str]]:
    async with sonne.store.read() as tx:
        return sorted((mail.mailbox, mail.state) for mail in await tx.mail.raw_mails(SYSTEM))


async def talk(found: Door, *lines: bytes) -> list[bytes]:
    """Say these, and hear the answers of each."""

    def said() -> list[bytes]:
        with socket.create_connection(("127.0.0.1", found.port), timeout=20) as line, line.makefile("rb") as answers:
            heard = [_answer(answers)]
            for one in lines:
                line.sendall(one)
                heard.append(_answer(answers))
            line.sendall(b"QUIT\r\n")
            heard[-1] += answers.read()
        return heard

    return await asyncio.to_thread(said)


def _answer(lines: BinaryIO) -> bytes:
    """One answer, which may have several lines."""
    heard = b""
    while line := lines.readline():
        heard += line
        if line[3:4] != b"-":
            break
    return heard


async def test_each_recipient_of_lmtp_has_an_answer_and_250_means_on_disk(sonne: Office) -> None:
    raw = letter().replace(b"\r\n.", b"\r\n..")
    async with door(sonne) as found:
        heard = await talk(
            found,
            b"LHLO mx.hub.example\r\n",
            b"MAIL FROM:<ana@kunde.example>\r\n",
            b"RCPT TO:<hilfe+abc@sonne.example>\r\n",
            b"RCPT TO:<nobody@sonne.example>\r\n",
            b"RCPT TO:<help@qamar.example>\r\n",
            b"DATA\r\n",
            raw + b".\r\n",
        )
    assert heard[4].startswith(b"550 5.1.1")
    assert heard[-1].split(b"\r\n")[:2] == [b"250 2.0.0 Kept", b"250 2.0.0 Kept"]
    assert await kept(sonne) == [("qamar-help", "waiting"), ("sonne-help", "waiting")]
    assert b"ontact" not in b"".join(heard)
    assert b"aiosmtpd" not in b"".join(heard).lower()
    assert b"Python" not in b"".join(heard)


async def test_what_cannot_be_stored_is_told_to_come_again(sonne: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object, **__: object) -> str:
        raise HubError("storage_full")

    async with door(sonne) as found:
        monkeypatch.setattr(sonne.intake, "take", full)
        heard = await talk(
            found, b"LHLO mx\r\n", b"MAIL FROM:<a@b.c>\r\n", b"RCPT TO:<hilfe@sonne.example>\r\n", b"DATA\r\n", letter() + b".\r\n"
        )
    assert heard[-1].startswith(b"452 4.3.1")


@pytest.mark.parametrize("end", [b"\n.\r\n", b"\n.\n", b"\r.\r\n", b"\r\n.\n"])
async def test_no_mail_is_smuggled_in_behind_another_ones_end(sonne: Office, end: bytes) -> None:
    second = b"MAIL FROM:<boss@sonne.example>\r\nRCPT TO:<hilfe@sonne.example>\r\nDATA\r\n" + letter(sender="boss@sonne.example")
    async with door(sonne, "smtp") as found:
        heard = await talk(
            found,
            b"EHLO mx\r\n",
            b"MAIL FROM:<a@b.c>\r\n",
            b"RCPT TO:<hilfe@sonne.example>\r\n",
            b"DATA\r\n",
            letter() + b"x" + end + second + b"\r\n.\r\n",
        )
    assert heard[-1].startswith(b"550 5.6.11")
    assert await kept(sonne) == []


async def test_a_mail_that_is_too_large_is_refused_before_it_is_sent(sonne: Office) -> None:
    async with door(sonne, "smtp") as found:
        heard = await talk(found, b"EHLO mx\r\n", b"MAIL FROM:<a@b.c> SIZE=40000000\r\n")
    assert b"SIZE 31457280" in heard[1]
    assert heard[-1].startswith(b"552")


async def test_a_server_that_lost_our_250_brings_the_mail_again_and_it_is_there_once(sonne: Office) -> None:
    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as line:
            line.sendmail("ana@kunde.example", ["hilfe@sonne.example"], letter())

    async with door(sonne, "smtp") as found:
        await asyncio.to_thread(send, found.port)
        await asyncio.to_thread(send, found.port)
    assert await kept(sonne) == [("sonne-help", "waiting")]


@pytest.mark.services
async def test_a_real_mail_server_hands_over_what_is_ours_and_keeps_what_is_not(sonne: Office) -> None:
    if not postfix.able():
        absent = "no postfix that we may start (apt-get install postfix; as root)"
        if os.environ.get("CONTACT_HUB_REQUIRE_SERVICES") == "1":
            pytest.fail(absent)
        pytest.skip(absent)

    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as line:
            line.sendmail("ana@kunde.example", ["hilfe+x@sonne.example", "stranger@elsewhere.example"], letter("Grüße\n.\nZeile"))

    async with door(sonne, "smtp") as found:
        with postfix.postfix(to=found.port, host="mx.hub.example") as port:
            await asyncio.to_thread(send, port)
            async with asyncio.timeout(60):
                while not (there := await kept(sonne)):  # noqa: ASYNC110 - the store tells nobody
                    await asyncio.sleep(0.05)
    assert there == [("sonne-help", "waiting")]
    async with sonne.store.read() as tx:
        (mail,) = await tx.mail.raw_mails(SYSTEM)
        raw = await tx.mail.raw_bytes("test", mail.id)
    assert mail.envelope == {"from": "ana@kunde.example", "to": ["hilfe+x@sonne.example"]}
    assert raw is not None
    assert raw.endswith("Grüße\r\n.\r\nZeile\r\n".encode())
