"""The operator's mail page: what was kept apart is let in or deleted by a person, and the audit knows by whom."""

from __future__ import annotations

from pathlib import Path

from contact_hub.mail.workshop import InProcess
from contact_hub.scope import Scope
from tests import hubs
from tests.mail.offices import MAIL_WORKSPACE, letter

FORGED = letter("Bitte überweisen Sie.", authentication_results="mx.hub.example; dmarc=fail header.from=kunde.example")


async def test_a_doubtful_mail_waits_for_an_operator_who_lets_it_in_or_deletes_it(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path, text=MAIL_WORKSPACE, reader=InProcess()) as floor:
        operator, agent = await floor.staff("olga@hub.example"), await floor.agent("anna")
        held = await floor.hub.intake.take("test", "sonne-help", FORGED)
        await floor.hub.intake.work_off("test", held)
        page = (await operator.get("/api/mail")).json()
        assert [(mail["mail"], mail["state"], mail["reason"]) for mail in page["coming"]] == [(held, "held", "dmarc_fail")]
        assert {box["mailbox"]: box["state"] for box in page["mailboxes"]}["sonne-help"] == "open"
        assert (await agent.staff.get("/api/mail")).status_code == 403
        assert (await agent.staff.post(f"/api/mail/coming/{held}", json={"decision": "release"})).status_code == 403

        assert (await operator.post(f"/api/mail/coming/{held}", json={"decision": "release"})).status_code == 204
        await agent.offer()
        assert (await operator.post(f"/api/mail/coming/{held}", json={"decision": "drop"})).status_code == 409
        assert (await operator.get("/api/mail")).json()["coming"] == []
        assert (await operator.post("/api/mail/going/out_nothing", json={"decision": "sent"})).status_code == 404
        async with floor.hub.store.read() as tx:
            told = [row for row in await tx.audit.read(Scope.system("test")) if row.subject == held]
        assert [(row.action, row.who) for row in told] == [("mail.release", "olga")]


async def test_whoever_decides_about_a_mail_can_look_inside_and_that_is_written_down(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path, text=MAIL_WORKSPACE, reader=InProcess()) as floor:
        operator, agent = await floor.staff("olga@hub.example"), await floor.agent("anna")
        words = "Bitte überweisen Sie von 4111 1111 1111 1111. <script>alert(1)</script> " + "x" * 5_000
        forged = letter(words, authentication_results="mx.hub.example; dmarc=fail header.from=kunde.example")
        held = await floor.hub.intake.take("test", "sonne-help", forged)
        assert (await operator.get(f"/api/mail/coming/{held}")).json()["code"] == "out_of_order"
        await floor.hub.intake.work_off("test", held)
        assert (await agent.staff.get(f"/api/mail/coming/{held}")).status_code == 403
        inside = (await operator.get(f"/api/mail/coming/{held}")).json()
        assert (inside["sender"], inside["to"], inside["subject"]) == ("ana@kunde.example", ["hilfe@sonne.example"], "Mein Paket")
        assert inside["cut"]
        assert inside["words"].startswith("Bitte überweisen Sie von")
        assert "4111 1111" not in inside["words"]
        assert len(inside["words"]) == 4_000
        async with floor.hub.store.read() as tx:
            told = [row for row in await tx.audit.read(Scope.system("test")) if row.subject == held]
        assert [(row.action, row.who) for row in told] == [("mail.looked_inside", "olga")]
        assert (await operator.get("/api/mail/coming/raw_nothing")).status_code == 404


async def test_nobody_sees_a_mail_of_a_conversation_that_is_not_theirs(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path, text=MAIL_WORKSPACE, reader=InProcess()) as floor:
        agent = await floor.agent("anna")
        mail = await floor.hub.intake.take("test", "sonne-help", letter())
        conversation = await agent.take()
        stranger = await floor.staff("bashir@monsun.example")
        for path in (f"mails/{mail}/page", "files/att_nothing"):
            assert (await stranger.get(f"/api/conversations/{conversation}/{path}")).status_code == 404
        attached = await stranger.post(f"/api/conversations/{conversation}/files?name=a.txt", content=b"hello")
        assert attached.status_code == 404


async def test_where_an_original_is_kept_no_longer_its_page_says_so_in_the_readers_language(
    sqlite_url: str, tmp_path: Path
) -> None:
    page = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Wo ist mein <b>Paket</b>?</p>\r\n"
    raw = letter().replace(b"Content-Type: text/plain; charset=utf-8\r\n\r\n", page)
    async with hubs.floor(sqlite_url, tmp_path, text=MAIL_WORKSPACE, reader=InProcess()) as floor:
        agent = await floor.agent("anna")
        mail = await floor.hub.intake.take("test", "sonne-help", raw)
        place = f"/api/conversations/{await agent.take()}/mails/{mail}/page"
        assert "<b>Paket</b>" in (await agent.staff.get(place)).text
        await floor.hub.retention.forget(Scope.system("test"), "ana@kunde.example", by="olga")
        for tag, said in (("de", "nicht mehr aufbewahrt"), ("en", "no longer kept"), ("??", "no longer kept")):
            gone = await agent.staff.get(place, params={"tag": tag})
            assert gone.status_code == 200
            assert said in gone.text
            assert "Paket" not in gone.text
            assert "default-src 'none'" in gone.headers["content-security-policy"]
