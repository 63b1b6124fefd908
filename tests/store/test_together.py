"""Commands of one kind share their statements, and nothing else: each has its own outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from contact_hub.errors import HubError
from contact_hub.scope import Scope, VisitorScope
from contact_hub.store import Store, Tx
from contact_hub.store.records import Conversation
from routing.model import BrandId
from tests.store.builders import SYSTEM, WORKSPACE, conversation, message, put


class Sayings:
    """Says something in each of some conversations; notes how it was asked."""

    def __init__(self, *, broken: str = "", alone: str = "") -> None:
        self._broken, self._alone = broken, alone
        self.crowds: list[list[str]] = []
        self.singles: list[str] = []

    async def many(self, tx: Tx, items: Sequence[str]) -> list[int | HubError | None]:
        self.crowds.append(list(items))
        results: list[int | HubError | None] = []
        for item in items:
            if item == "refused":
                results.append(HubError("not_found"))
            elif item == self._alone:
                results.append(None)
            else:
                results.append(await self._say(tx, item))
        return results

    async def one(self, tx: Tx, item: str) -> int:
        self.singles.append(item)
        return await self._say(tx, item)

    async def _say(self, tx: Tx, item: str) -> int:
        position = (await tx.conversations.append_public(SYSTEM, item, message("said"))).position
        if item == self._broken:
            raise HubError("reason_required")
        return position


async def _said(store: Store, sayings: Sayings, *items: str) -> list[int | str]:
    asked = (store.write_together(sayings, item, name="say") for item in items)
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    return [outcome.code if isinstance(outcome, HubError) else outcome for outcome in outcomes]  # type: ignore[misc]


async def _heads(store: Store) -> dict[str, int]:
    async with store.read() as tx:
        return {name: heads[0] for name, heads in (await tx.conversations.heads(SYSTEM, ["c1", "c2", "c3"])).items()}


async def test_commands_of_a_kind_that_wait_together_are_done_together(store: Store) -> None:
    await put(store, conversation("c1"), conversation("c2"), conversation("c3"))
    sayings = Sayings(alone="c3")
    assert await _said(store, sayings, "c1", "refused", "c2", "c3") == [1, "not_found", 1, 1]
    assert (sayings.crowds, sayings.singles) == ([["c1", "refused", "c2", "c3"]], ["c3"])
    assert await _heads(store) == {"c1": 1, "c2": 1, "c3": 1}


async def test_one_that_spoils_the_crowd_fails_alone(store: Store) -> None:
    await put(store, conversation("c1"), conversation("c2"), conversation("c3"))
    sayings = Sayings(broken="c2")
    assert await _said(store, sayings, "c1", "c2", "c3") == [1, "reason_required", 1]
    assert sayings.singles == ["c1", "c2", "c3"]
    assert await _heads(store) == {"c1": 1, "c2": 0, "c3": 1}


async def test_another_command_in_between_is_done_in_its_turn(store: Store) -> None:
    await put(store, conversation("c1"), conversation("c2"), conversation("c3"))
    sayings = Sayings()
    lengths: list[int] = []

    async def between(tx: Tx) -> None:
        lengths.append(len(await tx.conversations.public_after(SYSTEM, "c1", 0)))

    await asyncio.gather(
        *(store.write_together(sayings, item, name="say") for item in ("c1", "c2")),
        store.write(between, name="between"),
        *(store.write_together(sayings, item, name="say") for item in ("c1", "c3")),
    )
    assert (sayings.crowds, lengths) == ([["c1", "c2"], ["c1", "c3"]], [1])


WHO = {
    "own device": Scope.visitor(WORKSPACE, "acme-shop", "d1"),
    "another device": Scope.visitor(WORKSPACE, "acme-shop", "d2"),
    "own customer, another device": VisitorScope(workspace=WORKSPACE, brand=BrandId("acme-shop"), device="d2", customer="k1"),
    "another customer": VisitorScope(workspace=WORKSPACE, brand=BrandId("acme-shop"), device="d2", customer="k2"),
    "another brand": Scope.visitor(WORKSPACE, "acme-outlet", "d1"),
    "another workspace": Scope.visitor("elsewhere", "acme-shop", "d1"),
}


@pytest.mark.parametrize("row", [conversation("c1"), conversation("c1", customer="k1")], ids=["nobody known", "customer known"])
async def test_many_visitors_get_of_a_joint_question_what_each_would_get_alone(store: Store, row: Conversation) -> None:
    await put(store, row, conversation("c2", device="d9"))

    async def both(tx: Tx) -> tuple[list[Conversation | None], list[Conversation | None]]:
        wanted = [(scope, id_) for scope in WHO.values() for id_ in ("c1", "c2", "none")]
        alone: list[Conversation | None] = []
        for scope, id_ in wanted:
            seen = await tx.conversations.find(scope, id_)
            alone.append(await tx.conversations.find(SYSTEM, id_) if seen is not None else None)
        return await tx.conversations.lock_many(wanted), alone

    together, alone = await store.write(both, name="look")
    assert together == alone
    assert any(together)
