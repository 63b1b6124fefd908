"""For how long one large mail holds up everybody else: the wait of a small write, and the stillness of the event loop, while it comes and while it is answered.

    python -m bench.email_holding [--megabytes 10] [--json]

A whole hub on SQLite, reading mails in a child as it does in production. While the mail is taken, understood and answered with a file as large, somebody
writes a row every 5 ms; the longest wait of each step is told, beside that of the same time without any mail.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contact_hub.mail.workshop import Workshop
from contact_hub.store import Store, Tx
from contact_hub.store.schema import migrate

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Probe:
    """Asks for a small write and for the loop, again and again; the longest each took, in ms."""

    store: Store
    writes: list[float] = field(default_factory=list)
    stills: list[float] = field(default_factory=list)

    async def write(self) -> None:
        async def nothing(tx: Tx) -> None:
            await tx.mail.sweep_guards(_LONG_AGO)

        while True:
            began = time.perf_counter()
            await self.store.write(nothing, name="probe")
            self.writes.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.005)

    async def look(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.002)
            self.stills.append((time.perf_counter() - began) * 1000 - 2)

    @contextlib.asynccontextmanager
    async def watching(self, told: dict[str, Any], step: str) -> AsyncIterator[None]:
        self.writes, self.stills = [], []
        tasks = [asyncio.create_task(self.write()), asyncio.create_task(self.look())]
        await asyncio.sleep(0.05)
        began = time.perf_counter()
        try:
            yield
        finally:
            took = (time.perf_counter() - began) * 1000
            await asyncio.sleep(0.05)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            told[step] = {
                "took_ms": round(took),
                "write_waited_max_ms": round(max(self.writes)),
                "loop_stood_max_ms": round(max(self.stills)),
            }


async def measure(megabytes: int, folder: Path) -> dict[str, Any]:
    """Each step with its longest waits."""
    from tests import hubs
    from tests.conversations.test_mail import ANNA, mailing

    told: dict[str, Any] = {"megabytes": megabytes}
    url = f"sqlite:///{folder}/hub.db"
    await migrate(url)
    content = os.urandom(megabytes * 2**20 - 1000)
    async with mailing(url, folder) as (floor, post):
        hub = floor.hub
        hub.intake._reader = workshop = Workshop(benches=1)
        await workshop.warm_up()
        probe = Probe(hub.store)
        agent = await floor.agent("anna")
        await hub.intake.work_off(
            "test", await hub.intake.take("test", "qamar-help", _letter("first@kunde.example", b""))
        )  # loads what is loaded once
        async with probe.watching(told, "nothing"):
            await asyncio.sleep(1)
        raw = _letter(ANNA, content)
        async with probe.watching(told, "taken"):
            mail = await hub.intake.take("test", "sonne-help", raw)
        async with probe.watching(told, "understood"):
            await hub.intake.work_off("test", mail)
        conversation = await agent.take()
        place = f"/api/conversations/{conversation}/files"
        async with probe.watching(told, "file_laid_beside"):
            kept = await agent.staff.post(f"{place}?name=Rechnung.bin", content=content[: 10 * 2**20])
        async with probe.watching(told, "answered"):
            mine = hubs.message_id()
            await agent.send(
                "reply_by_mail",
                client_message_id=mine,
                conversation=conversation,
                to=[ANNA],
                subject="",
                text="Anbei die Rechnung.",
                quote=True,
                attachments=[kept.json()["id"]],
            )
            await agent.expect("ack", lambda frame: frame["client_message_id"] == mine)
        async with probe.watching(told, "sent"), asyncio.timeout(60):
            while not post.sent_to(ANNA):
                post.came.clear()
                await post.came.wait()
        await workshop.close()
    return told


def _letter(sender: str, content: bytes) -> bytes:
    head = (
        f"From: Anna <{sender}>\r\nTo: hilfe@sonne.example\r\nSubject: Mein Paket\r\nMessage-ID: <large@kunde.example>\r\n"
        "Authentication-Results: mx.hub.example; dmarc=pass header.from=kunde.example\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        f"{'<p>Guten Tag, wo ist mein <b>Paket</b> 4711 0815?</p>' * 20_000}\r\n--x\r\n"
        'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="bild.bin"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + base64.encodebytes(content).replace(b"\n", b"\r\n") + b"--x--\r\n"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = asyncio.run(measure(asked.megabytes, Path(folder)))
    if asked.json:
        print(json.dumps(told, indent=2))
    else:
        for step, figures in told.items():
            print(f"{step:>18}  {figures}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
