"""The whole way of one inquiry, as the command line tells it and as a program reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contact_hub.errors import HubError
from contact_hub.live.story import story
from tests import hubs

ANNA = "Kanarienvogel-agent-anna"


async def test_a_story_tells_every_decision_as_a_sentence(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna = await floor.agent("anna")
        conversation = await (await floor.visitor()).start("Guten Tag, ich habe eine Frage.")
        await anna.take()
        told = await story(floor.hub, "test", conversation, tag="en")
        lines = list(told.lines())
        assert any(line.endswith("The inquiry arrived. (rules 1)") for line in lines)
        assert any(f"→ Offered to {ANNA} (Kanarienvogel-pool-berlin):" in line for line in lines)
        assert any(f"→ {ANNA} (Kanarienvogel-pool-berlin) took it." in line for line in lines)
        deutsch = list((await story(floor.hub, "test", conversation, tag="de")).lines())
        assert any(f"→ Angeboten an {ANNA}" in line for line in deutsch)
        plain = json.loads(json.dumps(told.as_json(), default=str))
        sentences = [decision["told"] for step in plain["steps"] for decision in step.get("decisions", ())]
        assert sentences
        assert all(sentences)


async def test_whoever_waits_is_told_why_and_what_will_change(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        customer = await floor.visitor()
        conversation = await customer.start("Guten Tag, ich habe eine Frage.")
        await customer.expect("queue")  # the owner knows of it
        told = await story(floor.hub, "test", conversation, tag="en")
        assert told.waiting is not None
        assert "0 of 3 agents could take it now" in told.waiting["sentence"]
        assert "2 not signed in" in told.waiting["sentence"]
        assert told.waiting["sentence"] in list(told.lines())


async def test_an_unknown_inquiry_has_no_story(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        with pytest.raises(HubError, match="not_found"):
            await story(floor.hub, "test", "inq_nothing", tag="en")
