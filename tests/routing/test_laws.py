"""What must not matter, does not: other names, and people who never may."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from i18n.levels import Level
from routing.decisions import Decision
from routing.engine import Engine
from routing.events import Event, PlanChanged
from routing.journal import Step, to_json
from routing.model import Agent, AgentId, Plan
from tests.routing.builders import agent
from tests.routing.history import play, rules


def plain(event: Event, decisions: tuple[Decision, ...], *, without: frozenset[str] = frozenset()) -> Any:
    return _strip(to_json(Step(event=event, decisions=decisions, rules=1)), without)


def _strip(value: Any, without: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: _strip(item, without) for key, item in value.items() if key not in without}
    return [_strip(item, without) for item in value] if isinstance(value, list) else value


def renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def with_people(plan: Plan, people: list[Agent]) -> Plan:
    return replace(plan, agents={one.id: one for one in people})


def replayed(events: list[tuple[Event, datetime]], plan: Plan) -> list[tuple[Decision, ...]]:
    engine = Engine(plan)
    return [engine.feed(event, now) for event, now in events]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_names_give_the_same_history_under_other_names(seed: int) -> None:
    names = {old: f"z-{old}" for old in rules().agents}
    people = [replace(one, id=AgentId(names[one.id])) for one in rules().agents.values()]
    for (event, _, drawn), (other, _, other_drawn) in zip(
        play(seed, 800), play(seed, 800, with_people(rules(), people)), strict=True
    ):
        assert renamed(plain(event, drawn), names) == plain(other, other_drawn)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_somebody_who_never_may_changes_nothing_but_the_count_of_the_excluded(seed: int) -> None:
    history = list(play(seed, 800))
    stranger = agent("a0", languages={"fi": Level.NATIVE}, seats=9)
    engine = Engine(with_people(rules(), [*rules().agents.values(), stranger]))
    without = frozenset({"excluded"})
    for event, now, drawn in history:
        heard = (
            PlanChanged(plan=with_people(event.plan, [*event.plan.agents.values(), stranger]))
            if isinstance(event, PlanChanged)
            else event
        )
        assert plain(event, engine.feed(heard, now), without=without) == plain(event, drawn, without=without)


def test_the_order_in_which_a_plan_lists_its_people_does_not_matter() -> None:
    history = [(event, now) for event, now, _ in play(4, 800) if not isinstance(event, PlanChanged)]
    backwards = with_people(rules(), list(reversed(rules().agents.values())))
    assert replayed(history, rules()) == replayed(history, backwards)
