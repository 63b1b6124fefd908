"""A whole hub: a mail comes in, the robot and an agent answer, and the relay gets both."""

from __future__ import annotations

from pathlib import Path

from contact_hub.channels.email.parse import parse
from contact_hub.mail.answers import ANSWER_SECONDS
from contact_hub.mail.workshop import InProcess
from tests import hubs
from tests.mail.sink import sink
from tests.mail.test_answers import mail

_MAIL = """    mailboxes:
      - {id: sonne-hilfe, address: hilfe@sonne.example, intake: {lmtp: true}, relay: {host: 127.0.0.1, port: PORT, security: none}}
    mail: {acknowledge: always, quote: last, cc: any}
"""


def _workspace(port: int) -> str:
    return hubs.WORKSPACE.replace(
        "    fallback: leave_message\n  - id: qamar",
        f"    fallback: leave_message\n{_MAIL.replace('PORT', str(port))}  - id: qamar",
    ).replace("pool: berlin, tier: 1}", "pool: berlin, tier: 1, channels: [chat, email]}")


async def test_a_mail_is_acknowledged_and_answered_through_the_whole_hub(sqlite_url: str, tmp_path: Path) -> None:
    assert ANSWER_SECONDS <= 5
    async with sink() as server, hubs.floor(sqlite_url, tmp_path, text=_workspace(server.port), reader=InProcess()) as floor:
        await floor.hub.intake.take("test", "sonne-hilfe", mail())
        await server.until(1)
        told = parse(server.taken[0][1])
        assert told.header("Auto-Submitted") == "auto-replied"
        anna = await floor.agent("anna")
        conversation = await anna.take()
        await anna.send(
            "reply_by_mail",
            conversation=conversation,
            client_message_id="answer-by-mail-1",
            to=["max@kunde.example"],
            subject="",
            text="Guten Tag Herr Müller, **Ihr Paket** ist unterwegs.",
            quote=True,
        )
        await server.until(2)
        answer = parse(server.taken[1][1])
    assert answer.subject == "Re: Mein Paket"
    assert answer.in_reply_to == ("1@kunde.example",)
    assert answer.sender is not None
    assert answer.sender.name == "Klara – Sonne"
    assert "<strong>Ihr Paket</strong>" in (answer.html or "") or "<b>Ihr Paket</b>" in (answer.html or "")
    assert "> Guten Tag, wo bleibt bitte mein Paket?" in (answer.text or "")
    assert not [raw for _, raw in server.taken if b"Kanarienvogel" in raw]
