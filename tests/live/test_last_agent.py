"""A customer who comes back is given to whom they know, if that agent is free."""

from __future__ import annotations

from pathlib import Path

from contact_hub.scope import Scope
from tests import hubs


async def test_a_returning_customer_is_offered_to_the_agent_they_know(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna = await floor.agent("anna")
        customer = await floor.visitor()
        first = await customer.start("Guten Tag, ich habe eine Frage.")
        await anna.take()
        await anna.send("end", conversation=first)
        await anna.until(lambda: anna.view["conversations"][first]["state"] == "wrap_up")
        await anna.send("wrap_up", conversation=first, disposition="solved")
        await anna.until(lambda: first not in anna.view["conversations"])
        viktor = await floor.agent("viktor")
        again = await customer.start("Noch eine Frage bitte, es geht um dieselbe Sache.")
        offer = await anna.offer()
        assert not viktor.view["offers"]
        async with floor.hub.store.read() as tx:
            offers = await tx.offers.of_inquiry(Scope.system("test"), offer["inquiry"])
            assert [inquiry.conversation for inquiry in await tx.inquiries.of_conversation(Scope.system("test"), again)] == [again]
        assert [one.trace["why"] for one in offers] == ["last_agent"]
