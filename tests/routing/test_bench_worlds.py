"""The world that speed is measured on is the same every time, and holds together."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from bench.driving import Task
from bench.routing_floors import SATURATED_KINDS, SURPLUS_KINDS, measure
from bench.worlds import BEGINS, OPENS, Size, World, build, next_version, smaller
from routing.eligibility import dated_reasons, permanent_reasons
from routing.hours import is_open
from routing.reasons import Reason

SMALL = Size(agents=240, classes=120, pools=20, brands=12)


@pytest.fixture(scope="module")
def world() -> World:
    return build(SMALL)


def test_the_same_seed_gives_the_same_world(world: World) -> None:
    again = build(SMALL)

    assert (again.plan, again.demands, again.weights) == (world.plan, world.demands, world.weights)
    assert again.plan.agents is not world.plan.agents
    assert build(replace(SMALL, seed=2)).plan != world.plan


def test_every_class_is_asked_and_all_are_different(world: World) -> None:
    asked = [(d.brand, d.channel, d.kind, d.languages, d.floor, tuple(d.skills.items())) for d in world.demands]

    assert len(set(asked)) == SMALL.classes
    assert world.weights[-1] == 1.0
    assert set(world.draw(random.Random(1), 50)[0].skills) <= {f"skill-{n:02d}" for n in range(60)}


def test_what_is_asked_can_be_done_by_some_profile(world: World) -> None:
    assert all(any(profile.takes(demand) for profile in world.profiles) for demand in world.demands)


def test_agents_are_given_only_what_they_may_take(world: World) -> None:
    at_work = [agent for agent in world.agents if agent.pool not in world.reserve][:60]
    given = [(agent, demand) for agent in at_work if (demand := world.something_for(agent.id)) is not None]

    assert len(given) > 40
    assert not [reason for agent, demand in given for reason in permanent_reasons(world.plan, agent, demand)]


def test_openers_open_at_their_instant_and_not_before(world: World) -> None:
    hours = [world.plan.pools[pool].hours for pool in world.openers]

    assert len(hours) == 2
    assert not any(is_open(one, BEGINS) for one in hours)
    assert all(is_open(one, OPENS) for one in hours)


def test_most_agents_are_at_work_when_it_begins(world: World) -> None:
    shut = sum(Reason.POOL_CLOSED in set(dated_reasons(world.plan, agent, world.demands[0], BEGINS)) for agent in world.agents)

    assert shut < len(world.agents) // 3


def test_the_reserve_is_under_contract_from_the_next_version_on(world: World) -> None:
    plan = next_version(world)

    assert not [one for one in world.plan.contracts.values() if one.pool in world.reserve]
    assert [one for one in plan.contracts.values() if one.pool in world.reserve]
    assert plan.version == 2
    assert {key: one for key, one in plan.contracts.items() if one.pool not in world.reserve} == world.plan.contracts
    assert plan.agents == world.plan.agents


def test_agents_of_a_profile_share_its_mappings_and_unique_ones_have_their_own(world: World) -> None:
    alone = build(replace(SMALL, unique=True))

    assert len({id(agent.languages) for agent in world.agents}) <= SMALL.pools * SMALL.profiles_per_pool
    assert len({id(agent.languages) for agent in alone.agents}) == SMALL.agents
    assert alone.demands == world.demands
    assert alone.plan.contracts == world.plan.contracts


def test_a_smaller_world_asks_the_same(world: World) -> None:
    few = build(smaller(SMALL, 24))

    assert len(few.plan.agents) == 24
    assert few.demands == world.demands


def test_every_kind_of_event_is_met_on_a_small_floor(tmp_path: Path) -> None:
    facts = tmp_path / "facts.jsonl"
    sections = (*SURPLUS_KINDS, *SATURATED_KINDS, "surplus", "restore_s", "pool_open_s", "version_change_s")
    task = Task(
        floor="both",
        size=replace(SMALL, classes=60),
        waiting=(300,),
        sections=sections,
        samples=40,
        events=100,
        scans=1,
        ready=0.35,
        busy=0.5,
        long_ids=True,
        fresh=False,
        tracked=True,
        collect=True,
        facts=str(facts),
    )

    found = measure(task)
    restored = measure(replace(task, floor="restore"))

    assert set(SURPLUS_KINDS) - {"relax"} <= set(found["surplus"])
    assert set(SATURATED_KINDS) <= set(found["depths"]["300"])
    assert found["pool_open"]["seats_taken"] > 0
    assert found["version_change"]["done"]
    assert restored["waiting"] >= 300
