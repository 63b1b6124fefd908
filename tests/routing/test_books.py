"""Caps and budgets hold whatever happens, days are those of the contract's zone, and a restart forgets nothing."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from routing.books import Books
from routing.model import ClientId, Contract, ContractId, Plan, Share, VendorId
from routing.reasons import Reason

A, B, C = ContractId("A"), ContractId("B"), ContractId("C")


def contract(id_: str, **more: Any) -> Contract:
    return Contract(id=ContractId(id_), client=ClientId("client"), vendor=VendorId(f"v-{id_}"), **more)


def plan(*contracts: Contract, shares: tuple[Share, ...] = (), version: int = 1) -> Plan:
    return Plan(
        version=version,
        pools={},
        agents={},
        brands={},
        kinds={},
        contracts={one.id: one for one in contracts},
        shares={one.id: one for one in shares},
    )


def at(text: str) -> int:
    return int((datetime.fromisoformat(text).astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


NOON = at("2026-11-23T12:00Z")


def take(books: Books, contract_: ContractId, now: int = NOON, times: int = 1) -> None:
    for _ in range(times):
        books.reserve(contract_, now)
        books.accept(contract_, now)


def restored(books: Books, plan_: Plan, now: int) -> Books:
    again = Books(plan_, now)
    again.load(json.loads(json.dumps(books.facts())), now)
    return again


def test_offers_that_ring_count_towards_the_cap() -> None:
    books = Books(plan(contract("A", cap_per_day=2)), NOON)
    assert books.reserve(A, NOON) is False
    assert books.reserve(A, NOON) is True
    assert books.against(A) is Reason.CAP_REACHED
    assert books.unreserve(A) is True
    assert books.against(A) is None


def test_accepting_what_was_reserved_changes_no_answer() -> None:
    books = Books(plan(contract("A", cap_per_day=1)), NOON)
    assert books.reserve(A, NOON) is True
    assert books.accept(A, NOON) is False
    assert books.against(A) is Reason.CAP_REACHED
    assert books.unreserve(A) is False


def test_a_budget_is_spent_when_not_one_more_can_be_paid() -> None:
    books = Books(plan(contract("A", budget_per_day=1000, price=300)), NOON)
    take(books, A, times=2)
    assert books.against(A) is None
    books.reserve(A, NOON)
    assert books.against(A) is Reason.BUDGET_SPENT
    books.accept(A, NOON)
    today = books.today(A)
    assert today is not None
    assert (today.spent, today.accepted, today.reserved, today.budget, today.cap) == (900, 3, 0, 1000, None)


def test_a_budget_may_be_spent_to_the_last_coin() -> None:
    books = Books(plan(contract("A", budget_per_day=900, price=300)), NOON)
    take(books, A, times=2)
    assert books.against(A) is None
    take(books, A)
    assert books.against(A) is Reason.BUDGET_SPENT


@pytest.mark.parametrize(
    ("limits", "reason"), [({"cap_per_day": 0}, "cap_reached"), ({"budget_per_day": 5, "price": 6}, "budget_spent")]
)
def test_a_limit_that_leaves_room_for_nothing_is_reached_at_once(limits: dict[str, int], reason: str) -> None:
    assert Books(plan(contract("A", **limits)), NOON).against(A) == reason


def test_a_price_of_nothing_spends_no_budget() -> None:
    books = Books(plan(contract("A", budget_per_day=0)), NOON)
    take(books, A, times=5)
    assert books.against(A) is None


def test_the_minimum_is_met_by_what_is_accepted_and_what_rings() -> None:
    books = Books(plan(contract("A", minimum_per_day=2), contract("B")), NOON)
    take(books, A)
    assert books.below_minimum(A)
    books.reserve(A, NOON)
    assert not books.below_minimum(A)
    books.unreserve(A)
    assert books.below_minimum(A)
    assert not books.below_minimum(B)


def test_contracts_without_limits_are_not_booked() -> None:
    books = Books(plan(contract("A")), NOON)
    assert not books.reserve(A, NOON)
    assert not books.accept(A, NOON)
    assert not books.unreserve(A)
    assert [books.against(A), books.against_accept(A), books.today(A), books.division_of(A), books.next_reset()] == [None] * 5
    assert books.facts() == books.changes() == {}


def test_the_day_ends_at_midnight_in_manila() -> None:
    books = Books(plan(contract("A", cap_per_day=1, zone="Asia/Manila")), NOON)
    take(books, A)
    midnight = at("2026-11-23T16:00Z")
    assert books.next_reset() == midnight
    assert books.reset(midnight - 1) == ()
    assert books.against(A) is Reason.CAP_REACHED
    assert books.reset(midnight) == (A,)
    assert books.against(A) is None
    assert books.next_reset() == at("2026-11-24T16:00Z")
    today = books.today(A)
    assert today is not None
    assert today.day == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("zone", "noon", "ends", "next_ends"),
    [
        ("Europe/Berlin", "2026-10-25T10:00Z", "2026-10-25T23:00Z", "2026-10-26T23:00Z"),  # a day of 25 hours ends
        ("Europe/Berlin", "2027-03-27T10:00Z", "2027-03-27T23:00Z", "2027-03-28T22:00Z"),  # and one of 23 begins
        ("America/New_York", "2026-11-01T10:00Z", "2026-11-02T05:00Z", "2026-11-03T05:00Z"),
        ("Africa/Cairo", "2026-04-23T10:00Z", "2026-04-23T22:00Z", "2026-04-24T21:00Z"),  # midnight itself is skipped
        (
            "America/Havana",
            "2026-10-31T10:00Z",
            "2026-11-01T04:00Z",
            "2026-11-02T05:00Z",
        ),  # midnight comes twice: the first one counts
        ("Asia/Kathmandu", "2026-11-23T10:00Z", "2026-11-23T18:15Z", "2026-11-24T18:15Z"),
    ],
)
def test_days_are_exact_when_the_clocks_change(zone: str, noon: str, ends: str, next_ends: str) -> None:
    books = Books(plan(contract("A", cap_per_day=1, zone=zone)), at(noon))
    take(books, A, at(noon))
    assert books.next_reset() == at(ends)
    assert books.reset(at(ends)) == (A,)
    assert books.next_reset() == at(next_ends)
    assert books.reset(at(next_ends) - 1) == ()


def test_the_next_reset_is_the_earliest_midnight_of_those_with_limits() -> None:
    share = Share(id="s", weights={B: 1, C: 1})
    books = Books(plan(contract("A", cap_per_day=1), contract("B", zone="Asia/Manila"), contract("C"), shares=(share,)), NOON)
    assert books.next_reset() == at("2026-11-24T00:00Z")


def test_what_rings_at_midnight_counts_on_the_day_it_is_accepted() -> None:
    late, early = at("2026-11-23T23:59:50Z"), at("2026-11-24T00:00:05Z")
    books = Books(plan(contract("A", cap_per_day=1, price=7, budget_per_day=100)), late)
    books.reserve(A, late)
    assert books.reset(at("2026-11-24T00:00Z")) == ()  # it still takes the one place there is
    books.accept(A, early)
    today = books.today(A)
    assert today is not None
    assert (today.day, today.accepted, today.spent) == (date(2026, 11, 24), 1, 7)
    assert books.against(A) is Reason.CAP_REACHED


def test_an_accept_after_midnight_turns_the_page_by_itself_and_says_so() -> None:
    books = Books(plan(contract("A", cap_per_day=2)), NOON)
    take(books, A)
    books.reserve(A, NOON)
    assert books.against(A) is Reason.CAP_REACHED
    assert books.accept(A, at("2026-11-24T00:00Z")) is True
    assert books.against(A) is None
    assert books.next_reset() == at("2026-11-25T00:00Z")
    assert books.reset(at("2026-11-24T00:00Z")) == ()


def test_work_is_divided_by_what_rings_and_what_is_accepted() -> None:
    books = Books(plan(contract("A"), contract("B"), shares=(Share(id="s", weights={A: 60, B: 40}),)), NOON)
    division = books.division_of(A)
    assert division is not None
    assert division is books.division_of(B)
    for _ in range(10):
        chosen = division.turn((A, B))
        assert chosen is not None
        books.reserve(chosen, NOON)
        books.accept(chosen, NOON)
    assert division.counts() == {A: 6, B: 4}
    first = division.turn((A, B))
    assert first is not None
    books.reserve(first, NOON)
    assert division.turn((A, B)) != first
    books.unreserve(first)
    assert division.turn((A, B)) == first


def test_share_and_cap_of_a_day() -> None:
    """Scenario 6: A:B 60:40, A no more than 600 a day; after that B alone; the next day A makes up for the catch-up and no more."""
    rules = plan(contract("A", cap_per_day=600), contract("B"), shares=(Share(id="s", weights={A: 60, B: 40}, catch_up=10),))
    books = Books(rules, NOON)
    division = books.division_of(A)
    assert division is not None
    for number in range(1, 1201):
        able = [one for one in (A, B) if books.against(one) is None]
        chosen = division.turn(able)
        assert chosen is not None
        take(books, chosen)
        if number <= 1000:
            assert abs(10 * division.counts()[A] - 6 * number) <= 5
    assert division.counts() == {A: 600, B: 600}
    books.reset(at("2026-11-24T00:00Z"))
    for number in range(1, 501):
        chosen = division.turn((A, B))
        assert chosen is not None
        take(books, chosen, at("2026-11-24T00:00Z"))
        assert 10 * (division.counts()[A] - 600) <= 6 * number + 100
    assert division.counts()[A] - 600 == 310 - 1  # 300 are its share; 9½ could be owed


def test_changes_tell_only_what_changed() -> None:
    books = Books(plan(contract("A", cap_per_day=9, price=5), contract("B"), shares=(Share(id="s", weights={A: 1, B: 1}),)), NOON)
    assert books.changes() == {}
    books.reserve(A, NOON)
    assert books.changes() == {}
    books.accept(A, NOON)
    changes = books.changes()
    assert changes == books.facts()
    assert changes["contract:A"] == {"day": "2026-11-23", "accepted": 1, "spent": 5}
    assert set(changes) == {"contract:A", "share:s"}
    assert books.changes() == {}
    books.reset(at("2026-11-24T00:00Z"))
    assert books.changes() == {"contract:A": None}


def test_facts_of_yesterday_and_of_contracts_that_are_gone_are_dropped() -> None:
    old = Books(plan(contract("A", cap_per_day=1), contract("B", cap_per_day=1)), NOON)
    take(old, A)
    take(old, B)
    tomorrow = at("2026-11-24T09:00Z")
    books = Books(plan(contract("A", cap_per_day=1)), tomorrow)
    books.load({**old.facts(), "inquiry:i1": {"other": 1}}, tomorrow)
    assert books.against(A) is None
    assert books.facts() == {}
    assert books.changes() == {"contract:A": None, "contract:B": None}


def test_reservations_are_made_anew_after_a_restart() -> None:
    rules = plan(contract("A", cap_per_day=2))
    books = Books(rules, NOON)
    take(books, A)
    books.reserve(A, NOON)
    again = restored(books, rules, NOON)
    assert again.against(A) is None
    assert again.reserve(A, NOON) is True
    assert again.today(A) == books.today(A)


def test_new_rules_keep_the_day_and_what_rings() -> None:
    books = Books(plan(contract("A", cap_per_day=10, price=3), contract("B", cap_per_day=1)), NOON)
    take(books, A, times=4)
    books.reserve(A, NOON)
    take(books, B)
    assert books.follow(plan(contract("A", cap_per_day=5, price=4), version=2), NOON) == (A, B)
    assert books.against(A) is Reason.CAP_REACHED
    today = books.today(A)
    assert today is not None
    assert (today.accepted, today.reserved, today.spent, today.cap) == (4, 1, 12, 5)
    assert books.today(B) is None
    assert books.changes()["contract:B"] is None


def test_a_lowered_cap_is_checked_again_at_accept() -> None:
    books = Books(plan(contract("A", cap_per_day=10)), NOON)
    take(books, A, times=4)
    books.reserve(A, NOON)
    assert books.against_accept(A) is None
    books.follow(plan(contract("A", cap_per_day=4), version=2), NOON)
    assert books.against_accept(A) is Reason.CAP_REACHED


def test_a_dearer_price_is_checked_again_at_accept() -> None:
    books = Books(plan(contract("A", budget_per_day=100, price=50)), NOON)
    take(books, A)
    books.reserve(A, NOON)
    assert books.against_accept(A) is None
    books.follow(plan(contract("A", budget_per_day=100, price=51), version=2), NOON)
    assert books.against_accept(A) is Reason.BUDGET_SPENT


def test_a_share_goes_on_under_the_same_weights_and_begins_anew_under_others() -> None:
    def rules(**weights: int) -> Plan:
        share = Share(id="s", weights={ContractId(id_): weight for id_, weight in weights.items()})
        return plan(contract("A"), contract("B"), shares=(share,))

    books = Books(rules(A=1, B=1), NOON)
    take(books, A, times=3)
    books.reserve(B, NOON)
    books.follow(rules(A=1, B=1), NOON)
    division = books.division_of(A)
    assert division is not None
    assert division.counts() == {A: 3, B: 0}
    books.follow(rules(A=2, B=1), NOON)
    division = books.division_of(A)
    assert division is not None
    assert division.counts() == {A: 0, B: 0}
    assert division.turn((A, B)) == A  # B's offer still rings, and has its turn
    books.accept(B, NOON)
    assert division.counts() == {A: 0, B: 1}


def test_a_contract_that_goes_while_its_offer_rings_leaves_its_turn_to_the_others() -> None:
    share = Share(id="s", weights={A: 1, B: 1})
    books = Books(plan(contract("A"), contract("B"), shares=(share,)), NOON)
    books.reserve(A, NOON)
    books.follow(plan(contract("B"), shares=(share,)), NOON)
    assert not books.unreserve(A)
    books.follow(plan(contract("A"), contract("B"), shares=(share,)), NOON)
    division = books.division_of(B)
    assert division is not None
    assert division.turn((A, B)) == A


def test_a_contract_that_gets_its_first_limit_counts_what_is_accepted_from_then_on() -> None:
    books = Books(plan(contract("A")), NOON)
    books.reserve(A, NOON)
    books.follow(plan(contract("A", cap_per_day=1)), NOON)
    assert books.accept(A, NOON) is True  # it was not reserved in these books
    assert books.against(A) is Reason.CAP_REACHED
    assert books.against_accept(A) is Reason.CAP_REACHED


class AnyDay(RuleBasedStateMachine):
    """Offers are made where the books allow it and end in any way, in any order, across midnights, restarts and new rules."""

    CONTRACTS = (
        contract("A", cap_per_day=3, zone="Asia/Manila"),
        contract("B", budget_per_day=100, price=30, zone="Europe/Berlin", minimum_per_day=2),
        contract("C", cap_per_day=4, budget_per_day=70, price=20),
        contract("D"),
    )
    RULES = plan(*CONTRACTS, shares=(Share(id="s", weights={A: 3, B: 2, C: 1}, catch_up=2),))
    names = st.sampled_from([A, B, C, ContractId("D")])

    def __init__(self) -> None:
        super().__init__()
        self.now = at("2026-10-24T20:00Z")
        self.books = Books(self.RULES, self.now)
        self.ringing: list[ContractId] = []
        self.accepted: list[tuple[ContractId, int]] = []
        self.store: dict[str, Any] = {}

    def told(self, before: dict[ContractId, Reason | None], contract_: ContractId, flipped: bool) -> None:
        """Whoever changed an answer said so, and changed nobody else's."""
        after = self.answers()
        assert flipped == (before[contract_] is not after[contract_])
        assert all(before[other] is after[other] for other in before if other != contract_)

    def answers(self) -> dict[ContractId, Reason | None]:
        return {one.id: self.books.against(one.id) for one in self.CONTRACTS}

    @rule(contract_=names)
    def offer(self, contract_: ContractId) -> None:
        if self.books.against(contract_) is None:
            before = self.answers()
            self.told(before, contract_, self.books.reserve(contract_, self.now))
            self.ringing.append(contract_)

    @precondition(lambda self: self.ringing)
    @rule(data=st.data())
    def decline(self, data: st.DataObject) -> None:
        contract_ = self.ringing.pop(data.draw(st.integers(0, len(self.ringing) - 1)))
        self.told(self.answers(), contract_, self.books.unreserve(contract_))

    @precondition(lambda self: self.ringing)
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        contract_ = self.ringing.pop(data.draw(st.integers(0, len(self.ringing) - 1)))
        assert self.books.against_accept(contract_) is None or self.now >= (self.books.next_reset() or self.now + 1)
        self.told(self.answers(), contract_, self.books.accept(contract_, self.now))
        self.accepted.append((contract_, self.now))

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * 60_000_000

    @rule()
    def midnight_is_noticed(self) -> None:
        before = self.answers()
        opened = self.books.reset(self.now)
        after = self.answers()
        assert opened == tuple(sorted(one for one in before if before[one] is not None and after[one] is None))
        reset = self.books.next_reset()
        assert reset is not None
        assert reset > self.now

    @rule()
    def restart(self) -> None:
        self.books.reset(self.now)
        again = restored(self.books, self.RULES, self.now)
        for contract_ in self.ringing:
            again.reserve(contract_, self.now)
        assert [again.today(one.id) for one in self.CONTRACTS] == [self.books.today(one.id) for one in self.CONTRACTS]
        assert again.facts() == self.books.facts()
        assert again.next_reset() == self.books.next_reset()
        division, twin = self.books.division_of(A), again.division_of(A)
        assert division is not None
        assert twin is not None
        assert twin.order((A, B, C)) == division.order((A, B, C))
        self.write()
        self.books = again

    @rule()
    def same_rules_again(self) -> None:
        self.books.reset(self.now)
        today = [self.books.today(one.id) for one in self.CONTRACTS]
        assert self.books.follow(self.RULES, self.now) == ()
        assert [self.books.today(one.id) for one in self.CONTRACTS] == today

    @rule()
    def write(self) -> None:
        for key, fact in self.books.changes().items():
            if fact is None:
                self.store.pop(key, None)
            else:
                self.store[key] = fact
        assert self.store == self.books.facts()

    @invariant()
    def limits_hold_on_every_local_day(self) -> None:
        for one in self.CONTRACTS:
            days: dict[date, int] = {}
            for contract_, when in self.accepted:
                if contract_ == one.id:
                    day = datetime.fromtimestamp(when / 1_000_000, ZoneInfo(one.zone)).date()
                    days[day] = days.get(day, 0) + 1
            for count in days.values():
                assert one.cap_per_day is None or count <= one.cap_per_day
                assert one.budget_per_day is None or count * one.price <= one.budget_per_day

    @invariant()
    def nothing_that_rings_is_forgotten(self) -> None:
        for one in (A, B, C):
            today = self.books.today(one)
            assert today is not None
            assert today.reserved == self.ringing.count(one)


AnyDay.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_limits_hold_whatever_happens = AnyDay.TestCase


@given(st.lists(st.tuples(st.sampled_from([A, B, C]), st.integers(0, 3)), max_size=60))
@settings(max_examples=60, deadline=None)
def test_restored_books_are_equal(work: list[tuple[ContractId, int]]) -> None:
    rules = AnyDay.RULES
    books, now = Books(rules, NOON), NOON
    for contract_, hours in work:
        now += hours * 3_600_000_000
        books.reset(now)
        if books.against(contract_) is None:
            take(books, contract_, now)
    again = restored(books, rules, now)
    assert again.facts() == books.facts()
    assert [again.today(one) for one in (A, B, C)] == [books.today(one) for one in (A, B, C)]
    assert [again.against(one) for one in (A, B, C)] == [books.against(one) for one in (A, B, C)]
    assert again.changes() == {}
