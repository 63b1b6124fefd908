"""Each limit is somebody's: what one brings too much of is refused to that one alone, and nothing is counted that was refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.admission import Allowance, Gate, Limited
from contact_hub.clock import ManualClock
from contact_hub.scope import AgentScope, Scope, VisitorScope
from contact_hub.workspace.floor import Floor
from tests import hubs

_NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
_AGENT: AgentScope = Scope.agent("test", "anna", "anna")


class _Rules:
    """The test floor with limits of its own, also for a second workspace."""

    def __init__(self, limits: dict[str, Any], brand: dict[str, Any]) -> None:
        document = hubs.workspace().model_dump(mode="json")
        document["limits"] |= limits
        document["brands"][0]["limits"] |= brand
        self.floors = {"test": self._floor(document, "test"), "other": self._floor(document, "other")}

    def floor(self, workspace: str) -> Floor:
        return self.floors[workspace]

    @staticmethod
    def _floor(document: dict[str, Any], workspace: str) -> Floor:
        named = {**document, "workspace": {"id": workspace, "name": workspace}}
        return Floor(version=1, workspace=type(hubs.workspace()).model_validate(named))


def gate(
    clock: ManualClock | None = None,
    *,
    brand: dict[str, Any] | None = None,
    waiting: Callable[[str], int] = lambda _: 0,
    visitor: Allowance | None = None,
    **limits: Any,
) -> Gate:
    visitor = visitor or Allowance(per_second=1_000, burst=1_000)
    return Gate(floors=_Rules(limits, brand or {}), clock=clock or ManualClock(_NOON), waiting=waiting, visitor=visitor)


def visitor(device: str = "dev_1", brand: str = "sonne", workspace: str = "test") -> VisitorScope:
    return Scope.visitor(workspace, brand, device)


def refused(act: Callable[[], None]) -> Limited:
    with pytest.raises(Limited) as limited:
        act()
    return limited.value


def test_a_visitor_that_floods_is_refused_alone() -> None:
    door = gate(visitor=Allowance(per_second=1, burst=3))
    for _ in range(3):
        door.customer(visitor(), says=True)
    limited = refused(lambda: door.customer(visitor(), says=True))
    assert (limited.code, limited.limit, limited.own) == ("rate_limited", "visitor_messages", True)
    door.customer(visitor("dev_2"), says=True)
    door.customer(visitor(), says=False)  # to have read something is no message


def test_a_brand_that_floods_is_refused_alone_and_staff_may_still_answer() -> None:
    door = gate(brand={"messages_per_second": 1.0, "messages_burst": 4})
    for number in range(4):
        door.customer(visitor(f"dev_{number}"), says=True)
    limited = refused(lambda: door.customer(visitor("dev_9"), says=True))
    assert (limited.code, limited.limit, limited.own) == ("overloaded", "brand_messages", False)
    door.customer(visitor(brand="qamar"), says=True)
    door.customer(visitor(workspace="other"), says=True)
    door.agent(_AGENT)


def test_a_workspace_s_limit_leaves_its_agents_a_fifth() -> None:
    door = gate(messages_per_second=1.0, messages_burst=10)
    for _ in range(8):
        door.customer(visitor(), says=True)
    assert refused(lambda: door.customer(visitor(), says=True)).limit == "workspace_messages"
    door.agent(_AGENT)
    door.agent(_AGENT)
    assert refused(lambda: door.agent(_AGENT)).limit == "workspace_messages"
    door.customer(visitor(workspace="other"), says=True)


def test_what_waits_to_be_stored_is_bounded_for_each_workspace() -> None:
    door = gate(waiting=lambda workspace: 1_024 if workspace == "test" else 0)
    assert refused(lambda: door.customer(visitor(), says=True)).limit == "workspace_waiting"
    assert refused(lambda: door.agent(_AGENT)).limit == "workspace_waiting"
    door.customer(visitor(workspace="other"), says=True)


def test_new_conversations_have_their_own_limit() -> None:
    door = gate(brand_conversations_per_second=0.1, brand_conversations_burst=2)
    door.customer(visitor("dev_1"), says=True, opens=True)
    door.customer(visitor("dev_2"), says=True, opens=True)
    assert refused(lambda: door.customer(visitor("dev_3"), says=True, opens=True)).limit == "brand_conversations"
    door.customer(visitor("dev_1"), says=True)


def test_what_one_limit_refuses_is_counted_against_no_other() -> None:
    clock = ManualClock(_NOON)
    door = gate(clock, visitor=Allowance(per_second=1, burst=1), messages_per_second=1.0, messages_burst=10)
    door.customer(visitor(), says=True)
    for _ in range(50):
        refused(lambda: door.customer(visitor(), says=True))
    for number in range(7):
        door.customer(visitor(f"dev_{number + 2}"), says=True)


@given(st.integers(1, 60))
def test_whoever_waits_for_a_shared_limit_is_not_sent_back_in_one_moment(many: int) -> None:
    door = gate(brand={"messages_per_second": 1.0, "messages_burst": 1})
    door.customer(visitor(), says=True)
    pauses = [refused(lambda: door.customer(visitor(), says=True)).retry_after_seconds for _ in range(many)]
    assert all(1 <= pause <= 3.1 for pause in pauses)
    assert len(set(pauses)) == min(many, 32)


def test_after_the_pause_it_names_one_is_let_in() -> None:
    clock = ManualClock(_NOON)
    door = gate(clock, brand={"messages_per_second": 0.2, "messages_burst": 1})
    door.customer(visitor(), says=True)
    clock.advance(refused(lambda: door.customer(visitor("dev_2"), says=True)).retry_after_seconds)
    door.customer(visitor("dev_2"), says=True)


def test_strangers_of_one_address_are_counted_together_and_of_a_household_too() -> None:
    door = gate(address_visitors_per_second=0.1, address_visitors_burst=2)
    for last in (1, 2):
        door.newcomer("test", "sonne", f"2001:db8:1:2::{last}")
    limited = refused(lambda: door.newcomer("test", "sonne", "2001:db8:1:2::3"))
    assert (limited.code, limited.limit) == ("overloaded", "address_visitors")
    door.newcomer("test", "sonne", "2001:db8:1:3::1")
    for _ in range(2):
        door.newcomer("test", "sonne", "203.0.113.9")
    assert refused(lambda: door.newcomer("test", "sonne", "::ffff:203.0.113.9")).limit == "address_visitors"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.9.9.9", None, "testclient", ""])
def test_this_machine_says_nothing_of_who_asks(address: str | None) -> None:
    door = gate(address_visitors_per_second=0.1, address_visitors_burst=1)
    for _ in range(5):
        door.newcomer("test", "sonne", address)


def test_a_browser_may_come_back_often_and_not_for_ever() -> None:
    door = gate()
    for _ in range(20):
        door.returning("test", "sonne", "hash")
    assert refused(lambda: door.returning("test", "sonne", "hash")).limit == "visitor_sessions"
    door.returning("test", "sonne", "another")


def test_a_brand_s_places_are_given_back() -> None:
    door = gate(brand={"sockets_max": 1})
    door.sit(visitor())
    assert refused(lambda: door.sit(visitor("dev_2"))).limit == "brand_sockets"
    assert refused(lambda: door.newcomer("test", "sonne", None)).limit == "brand_sockets"
    door.sit(visitor(brand="qamar"))
    door.rise(visitor())
    door.sit(visitor("dev_2"))


def test_the_brand_s_own_numbers_come_before_the_workspace_s() -> None:
    door = gate(brand={"visitor_messages_burst": 1, "visitor_messages_per_second": 0.1}, visitor_messages_burst=3)
    door.customer(visitor(), says=True)
    refused(lambda: door.customer(visitor(), says=True))
    for _ in range(3):
        door.customer(visitor("dev_2", "qamar"), says=True)
    refused(lambda: door.customer(visitor("dev_2", "qamar"), says=True))


def test_a_brand_that_is_gone_from_the_rules_has_the_workspace_s_numbers() -> None:
    door = gate(brand_messages_burst=1, brand_messages_per_second=0.1)
    door.customer(visitor(brand="gone"), says=True)
    assert refused(lambda: door.customer(visitor(brand="gone"), says=True)).limit == "brand_messages"


def test_who_was_held_back_is_told_for_a_minute() -> None:
    clock = ManualClock(_NOON)
    door = gate(clock, brand={"messages_per_second": 0.01, "messages_burst": 1})
    door.customer(visitor(), says=True)
    for _ in range(3):
        refused(lambda: door.customer(visitor(), says=True))
    door.note("visitor_frames", "other")
    assert [(one.brand, one.limit, one.refused) for one in door.limited_now("test")] == [("sonne", "brand_messages", 3)]
    clock.advance(61)
    assert door.limited_now("test") == []
