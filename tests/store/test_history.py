"""The journal has no holes, the audit cannot be edited in silence."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete, update

from contact_hub.errors import HubError
from contact_hub.scope import Scope
from contact_hub.store import Store, Tx, tables
from contact_hub.store.records import NewJournalLine
from routing.model import ClientId, InquiryId
from tests.store.builders import NOW, SYSTEM, WORKSPACE, at, conversation, inquiry, laid_down, put


def line(name: str, **given: object) -> NewJournalLine:
    values = {"at": NOW, "epoch": 0, "kind": "fact", "body": {"is": name}}
    return NewJournalLine(**(values | given))  # type: ignore[arg-type]


async def append(store: Store, *lines: NewJournalLine, workspace: str = WORKSPACE) -> None:
    async def command(tx: Tx) -> None:
        tx.journal.append(workspace, *lines)

    await store.write(command, name="append")


async def test_lines_are_numbered_without_holes_per_workspace(store: Store) -> None:
    await laid_down(store, "one", "two")
    await asyncio.gather(*(append(store, line(f"{n}"), workspace=("one", "two")[n % 2]) for n in range(40)))
    async with store.read() as tx:
        for workspace in ("one", "two"):
            lines = await tx.journal.read(Scope.system(workspace))
            assert [found.seq for found in lines] == list(range(1, 21))
            assert await tx.journal.head(workspace) == 20


@pytest.mark.services
async def test_reader_that_follows_the_journal_of_two_nodes_misses_nothing(postgres_url: str) -> None:
    nodes = [await Store.open(postgres_url) for _ in range(2)]
    await laid_down(nodes[0])
    seen: list[int] = []

    async def follow() -> None:
        while len(seen) < 100:
            async with nodes[0].read() as tx:
                seen.extend(found.seq for found in await tx.journal.read(SYSTEM, after_seq=seen[-1] if seen else 0))

    await asyncio.gather(follow(), *(append(nodes[n % 2], line(f"{n}")) for n in range(100)))
    assert seen == list(range(1, 101))
    for node in nodes:
        await node.close()


async def test_lines_are_found_by_time_inquiry_and_conversation(store: Store) -> None:
    await laid_down(store)
    await append(
        store,
        line("early"),
        line("step", at=at(10), inquiry=InquiryId("i1"), about=frozenset({InquiryId("i2")})),
        line("late", at=at(20), conversation="c1"),
    )

    async def found(**wanted: object) -> list[str]:
        async with store.read() as tx:
            return [one.body["is"] for one in await tx.journal.read(SYSTEM, **wanted)]  # type: ignore[arg-type]

    assert await found() == ["early", "step", "late"]
    assert await found(since=at(10), until=at(20)) == ["step"]
    assert await found(inquiry="i1") == await found(inquiry="i2") == ["step"]
    assert await found(conversation="c1") == ["late"]
    assert await found(after_seq=1, limit=1) == ["step"]


async def test_client_reads_of_a_step_only_what_concerns_it(store: Store) -> None:
    await laid_down(store)
    await put(
        store,
        conversation("c1"),
        conversation("c2", client=ClientId("rival")),
        inquiry("i1"),
        inquiry("i2", conversation="c2", client=ClientId("rival")),
    )
    step = {
        "is": "step",
        "event": {"is": "wrap_up_done", "inquiry": "i2", "disposition": "solved"},
        "decisions": [{"is": "released", "inquiry": "i2"}, {"is": "offered", "inquiry": "i1"}],
    }
    await append(
        store,
        line("rivals-only", inquiry=InquiryId("i2")),
        line("", body=step, inquiry=InquiryId("i2"), about=frozenset({InquiryId("i1"), InquiryId("i2")})),
        line("ours", inquiry=InquiryId("i1"), conversation="c1"),
    )
    async with store.read() as tx:
        mixed, ours = await tx.journal.read(Scope.client(WORKSPACE, "s1", "acme"))
        with pytest.raises(HubError, match="not_found"):
            await tx.journal.read(Scope.vendor(WORKSPACE, "v1", "vend", ["lisbon"]))
    assert mixed.body == {"is": "step", "event": {"is": "deadline_passed"}, "decisions": [{"is": "offered", "inquiry": "i1"}]}
    assert (mixed.inquiry, ours.inquiry) == (None, "i1")


async def test_audit_chain_holds_and_names_the_row_that_was_touched(store: Store) -> None:
    await laid_down(store)

    async def note(tx: Tx, number: int) -> None:
        tx.audit.append(WORKSPACE, at=at(number), who="op", action="reveal", subject=f"c{number}", details={"why": "call back"})

    await asyncio.gather(*(store.write(lambda tx, n=n: note(tx, n), name="note") for n in range(6)))  # type: ignore[misc]

    async def first_broken() -> int | None:
        async with store.read() as tx:
            return await tx.audit.verify(WORKSPACE)

    assert await first_broken() is None
    await store.write(lambda tx: tx.execute(delete(tables.audit).where(tables.audit.c.seq == 6)), name="cut")
    assert await first_broken() == 6, "the end was cut off"
    await store.write(lambda tx: tx.execute(update(tables.audit).where(tables.audit.c.seq == 3).values(who="me")), name="edit")
    assert await first_broken() == 3
    await store.write(lambda tx: tx.execute(delete(tables.audit).where(tables.audit.c.seq == 2)), name="remove")
    assert await first_broken() == 2
