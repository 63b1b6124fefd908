from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from routing.codec import Unreadable
from routing.decisions import DECISION_NAMES, Decision
from routing.engine import Engine
from routing.events import EVENT_NAMES, Event, PlanChanged
from routing.journal import (
    FACT_NAMES,
    ConversationEnded,
    ConversationRated,
    Fact,
    InquiryOpened,
    LanguageSettled,
    MessagePosted,
    PlanVersionChanged,
    Step,
    dumps,
    from_json,
    to_json,
)
from routing.model import AgentId, Channel, ClientId, InquiryId
from tests.routing.builders import ACME, T0
from tests.routing.history import journal, play, rules

FACTS: list[Fact] = [
    InquiryOpened(
        inquiry=InquiryId("i"),
        conversation="c",
        client=ClientId("k"),
        brand=ACME,
        channel=Channel.CHAT,
        kind="service",
        customer="x",
        language=None,
        confidence=0.5,
    ),
    MessagePosted(conversation="c", inquiry=None, speaker="agent", position=3, agent=AgentId("a")),
    LanguageSettled(conversation="c", inquiry=InquiryId("i"), tag="pt-BR", confidence=0.93, by="text"),
    ConversationRated(conversation="c", inquiry=InquiryId("i"), score=5, comment=True),
    ConversationEnded(conversation="c", inquiry=None, by="customer"),
]


def test_every_step_of_a_long_history_reads_back_as_it_was() -> None:
    kinds: set[type[Event | Decision]] = set()
    for event, _, decisions in play(7, 3000):
        kinds |= {type(event), *(type(decision) for decision in decisions)}
        step = Step(event=event, decisions=decisions, rules=3)
        read = from_json(json.loads(dumps(step)))
        expected = (
            Step(event=PlanVersionChanged(version=event.plan.version), decisions=decisions, rules=3)
            if isinstance(event, PlanChanged)
            else step
        )
        assert read == expected
        assert dumps(read) == dumps(step)
    assert len(kinds) >= 22


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_every_fact_reads_back_as_it_was(fact: Fact) -> None:
    assert from_json(json.loads(dumps(fact))) == fact


def test_every_event_decision_and_fact_has_one_stable_name() -> None:
    names = [*EVENT_NAMES, *DECISION_NAMES, *FACT_NAMES]
    assert len(set(names)) == len(names)
    assert set(EVENT_NAMES.values()) == set(Event.__args__)
    assert set(DECISION_NAMES.values()) == set(Decision.__args__)
    assert set(FACT_NAMES.values()) == set(Fact.__args__)


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"is": "something"},
        {"is": "step"},
        {"is": "step", "event": {"is": "inquiry_arrived"}, "decisions": [], "rules": 1},
        {"is": "step", "event": {"is": "deadline_passed"}, "decisions": [{"is": "offered"}], "rules": 1},
        {"is": "message_posted", "conversation": 3},
        [],
    ],
)
def test_what_was_never_written_is_unreadable(plain: object) -> None:
    with pytest.raises(Unreadable):
        from_json(plain)  # type: ignore[arg-type]


def test_the_same_events_under_the_same_rules_give_the_same_bytes_whatever_the_hash_seed() -> None:
    prints = set()
    for hash_seed in ("1", "4242"):
        ran = subprocess.run(
            [sys.executable, "-m", "tests.routing.history", "5"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        prints.add(ran.stdout.strip())
    assert prints == {hashlib.sha256(b"\n".join(journal(5, 3000))).hexdigest()}


def test_a_journal_replays_to_the_same_bytes_through_a_crash_at_every_twentieth_event() -> None:
    engine, plan = Engine(rules()), rules()
    for n, (event, now, decisions) in enumerate(play(11, 1200)):
        assert engine.feed(event, now) == decisions
        if isinstance(event, PlanChanged):
            plan = event.plan
        if n % 20 == 0:
            engine = Engine.restore(plan, json.loads(json.dumps(engine.capture())))


def test_a_step_names_its_kind_its_rules_and_its_parts() -> None:
    event, _, decisions = next(step for step in play(1, 50) if step[2] and type(step[0]).__name__ == "InquiryArrived")
    plain = to_json(Step(event=event, decisions=decisions, rules=9))
    assert (plain["is"], plain["rules"], plain["event"]["is"]) == ("step", 9, "inquiry_arrived")
    assert T0 + timedelta(0) == T0
