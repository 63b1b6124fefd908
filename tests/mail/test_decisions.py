"""What operators decide about mails is done and written into the audit in one transaction: both or neither, and once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from contact_hub.bus import MemoryBus
from contact_hub.errors import HubError
from contact_hub.ids import Ids
from contact_hub.jobs import Jobs
from contact_hub.mail.intake import Intake
from contact_hub.mail.office import Coming, MailOffice
from contact_hub.mail.outgoing import OutgoingMail
from contact_hub.scope import OperatorScope, Scope
from contact_hub.store import Tx
from contact_hub.store.records import Outgoing
from routing.model import BrandId
from tests.mail.offices import NOW, SYSTEM, Office, letter, office

OPERATOR = Scope.operator("test", "olga")
DOUBTFUL = {"authentication_results": "mx.hub.example; dmarc=fail header.from=kunde.example"}


@dataclass(frozen=True)
class Dying:
    """Does what it is asked for, and then the machine goes down."""

    of: Intake

    async def again(self, tx: Tx, workspace: str, mail: str, *, release: bool = False, by: str = "") -> None:
        await self.of.again(tx, workspace, mail, release=release, by=by)
        raise RuntimeError("power cut")

    async def bury(self, tx: Tx, workspace: str, mail: str) -> None:
        await self.of.bury(tx, workspace, mail)
        raise RuntimeError("power cut")


@pytest.fixture
async def sonne(sqlite_url: str) -> AsyncIterator[Office]:
    async with office(sqlite_url) as made:
        yield made


def _desk(here: Office, intake: Any = None) -> MailOffice:
    outgoing = OutgoingMail(jobs=Jobs(clock=here.clock, ids=Ids()), ids=Ids())
    return MailOffice(
        store=here.store,
        workspaces=here.workspaces,
        intake=intake or here.intake,
        sending=outgoing,
        bus=MemoryBus(),
        clock=here.clock,
    )


async def _written(here: Office, mail: str) -> list[tuple[str, str]]:
    async with here.store.read() as tx:
        return [(row.action, row.who) for row in await tx.audit.read(SYSTEM) if row.subject == mail]


@pytest.mark.parametrize(("decision", "state"), [("release", "waiting"), ("drop", "tombstone")])
async def test_a_held_mail_is_decided_about_once_and_the_audit_says_so_once(sonne: Office, decision: Coming, state: str) -> None:
    held = await sonne.arrive(letter(**DOUBTFUL))
    desk = _desk(sonne)
    assert isinstance(OPERATOR, OperatorScope)
    with pytest.raises(RuntimeError, match="power cut"):
        await _desk(sonne, Dying(sonne.intake)).decide_coming(OPERATOR, held.id, decision, by="olga")
    assert (await sonne.row(held.id)).state == "held"
    assert await _written(sonne, held.id) == []

    await desk.decide_coming(OPERATOR, held.id, decision, by="olga")
    with pytest.raises(HubError):
        await desk.decide_coming(OPERATOR, held.id, decision, by="olga")

    assert (await sonne.row(held.id)).state == state
    assert await _written(sonne, held.id) == [(f"mail.{decision}", "olga")]


async def test_a_mail_that_nobody_knows_about_is_decided_once_and_the_audit_says_so_once(sonne: Office) -> None:
    mail = Outgoing(
        workspace="test",
        id="out_doubtful",
        brand=BrandId("sonne"),
        kind="reply",
        message_id="x@sonne.example",
        subject="Ihr Paket",
        envelope_from="hilfe@sonne.example",
        state="unknown",
        due_at=NOW,
        made_at=NOW,
    )

    async def put(tx: Tx) -> None:
        await tx.mail.put_out(mail, b"x", ["ana@kunde.example"])
        await tx.mail.settle_recipients("test", mail.id, from_=["queued"], to="unknown")

    await sonne.store.write(put, name="put")
    desk = _desk(sonne)
    await desk.decide_going(OPERATOR, mail.id, "again", by="olga")
    with pytest.raises(HubError, match="mail_undecided"):
        await desk.decide_going(OPERATOR, mail.id, "again", by="olga")
    assert await _written(sonne, mail.id) == [("mail.decided_again", "olga")]
