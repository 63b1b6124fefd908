"""The doctor tries each mailbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from contact_hub.doctor import examine
from contact_hub.settings import Settings
from contact_hub.workspace import parse
from tests.mail.offices import MAIL_WORKSPACE, letter, office
from tests.servers import free_port


async def test_the_doctor_says_of_each_mailbox_whether_it_can_be_read_and_why_not(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELP_PASSWORD", "x")
    there = f"{{imap: {{host: 127.0.0.1, port: {free_port()}, security: none, user: u, secret: 'env:HELP_PASSWORD'}}}}"
    text = MAIL_WORKSPACE.replace("hilfe@sonne.example, intake: {lmtp: true}", f"hilfe@sonne.example, intake: {there}")
    async with office(sqlite_url) as sonne:
        await sonne.workspaces.apply(parse(text), by="tests", first_password_hash="x")
        await sonne.arrive(letter(authentication_results="mx.hub.example; dmarc=fail"), "qamar-help")
    findings = await examine(Settings(database_url=sqlite_url, data_dir=tmp_path, mail_door="lmtp://127.0.0.1:0", port=free_port()))

    told = {one.what: one for one in findings}
    assert told["mailbox sonne-help"].state == "error"
    assert "unreachable" in told["mailbox sonne-help"].sentence
    assert (told["mailbox sonne-complaints"].state, told["mailbox sonne-complaints"].sentence) == ("ok", "Its mail is handed in.")
    assert told["mailbox qamar-help"].sentence == "It can be read. Mails: 1 are kept apart."
