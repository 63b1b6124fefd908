"""Two hundred mails, a fetcher that is killed twenty times, and somebody who marks mails as read: what became of each is counted.

`python -m bench.email --fetching` runs it; the test beside runs a smaller one.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from dataclasses import dataclass

from contact_hub.store import Store, migrate
from contact_hub.workspace import Workspace, parse
from tests.mail.dovecot import PASSWORD, Dovecot
from tests.mail.fetcher import Nursery
from tests.mail.offices import MAIL_WORKSPACE, SYSTEM, letter, office

USER = "hilfe"
SECRET = "CONTACT_HUB_TEST_MAILBOX"
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Killed:
    """What was counted. `inquiries` should be as many as `mails`, `twice` none."""

    mails: int
    kills: int
    kept: int
    inquiries: int
    twice: int
    states: Counter[str]
    seconds: float


def workspace(port: int) -> Workspace:
    """The mail workspace, its first mailbox read over IMAP."""
    fetched = f"{{imap: {{host: 127.0.0.1, port: {port}, security: none, user: {USER}, secret: 'env:{SECRET}'}}}}"
    there = "address: hilfe@sonne.example, intake: "
    return parse(MAIL_WORKSPACE.replace(f"{there}{{lmtp: true}}", f"{there}{fetched}"))


def numbered(count: int, begin: int = 0) -> list[bytes]:
    """From one sender each: so many of one would be a loop."""
    return [
        letter(f"Guten Tag, hier ist Nummer {n}", message_id=f"<{n}@kunde.example>", sender=f"ana{n}@kunde.example")
        for n in range(begin, begin + count)
    ]


async def run(url: str, imap: Dovecot, *, mails: int, kills: int, marked: int, seed: int = 7, patient: bool = True) -> Killed:
    """Deliver, kill at random, let the last one finish; who is not `patient` works off at once what the dead still hold for a while."""
    os.environ[SECRET] = PASSWORD
    await migrate(url)
    began = time.monotonic()
    await asyncio.to_thread(imap.deliver, USER, *numbered(mails))
    chance = random.Random(seed)
    async with office(url) as here:
        await here.workspaces.apply(workspace(imap.imap_port), by="tests", first_password_hash="x")
        fetchers = Nursery(url)
        try:
            for kill in range(kills):
                await asyncio.to_thread(fetchers.begin)
                await _kept(here.store, min(mails - 1, mails * kill // kills + chance.randint(1, max(1, mails // kills))))
                await asyncio.sleep(chance.random() * 0.05)
                fetchers.kill()
                with imap.client(USER) as client:
                    client.add_flags(chance.sample(client.search(), marked // kills), [b"\\Seen"])
            await asyncio.to_thread(fetchers.begin)
            if not patient:
                await _kept(here.store, mails)
                await asyncio.gather(*(here.intake.work_off("test", mail) for mail in await _waiting(here.store)))
            states = await _settled(here.store, mails)
        finally:
            fetchers.close()
        async with here.store.read() as tx:
            inquiries = await tx.inquiries.unfinished(SYSTEM)
            rows = await tx.mail.raw_mails(SYSTEM, limit=mails * 2)
    by_conversation = Counter(inquiry.conversation for inquiry in inquiries)
    return Killed(
        mails=mails,
        kills=kills,
        kept=len(rows),
        inquiries=len(inquiries),
        twice=sum(count - 1 for count in by_conversation.values()) + len(rows) - len({row.dedupe_key for row in rows}),
        states=states,
        seconds=round(time.monotonic() - began, 1),
    )


async def _kept(store: Store, wanted: int) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while sum((await _states(store)).values()) < wanted:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.01)


async def _waiting(store: Store) -> list[str]:
    async with store.read() as tx:
        return [mail.id for mail in await tx.mail.raw_mails(SYSTEM, states=["waiting"], limit=10_000)]


async def _settled(store: Store, mails: int) -> Counter[str]:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while (states := await _states(store))["stored"] < mails:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    return states


async def _states(store: Store) -> Counter[str]:
    async with store.read() as tx:
        return Counter(mail.state for mail in await tx.mail.raw_mails(SYSTEM, limit=10_000))
