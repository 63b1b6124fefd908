"""The scenarios of the design that need the whole of the rules, each with its exact numbers, and the corners in which rules meet.

The plainer half stands in `test_scenarios`; ownership of a floor by two nodes is a matter of rows and stands in `tests/store`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

import pytest

from i18n.levels import Level
from routing.decisions import Assigned, Offered, Queued, Refused, Released, Withdrawn
from routing.engine import Engine
from routing.events import AvailabilitySet, HandlingEnded, PlanChanged
from routing.model import (
    AgentId,
    Availability,
    Block,
    Brand,
    Channel,
    ClientId,
    ContractId,
    Demand,
    Hours,
    InquiryId,
    Kind,
    Plan,
    Policy,
    Preference,
    Share,
    Wish,
)
from tests.routing.builders import ACME, NOVA, T0, Floor, agent, contract, demand, kinds, of, offers, plan, pool, with_version

AT_ONCE = Policy(auto_accept=frozenset(Channel), wrap_up_seconds=0, choice=(), fewest_in_hand=False)
GERMAN = {"de": Level.C1}


def z(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def acme(**more: Any) -> Brand:
    return Brand(id=ACME, client=ClientId("client"), languages=("en", "de"), **more)


def queued(floor: Floor, inquiry: str, asked: Demand | None = None) -> Queued:
    (told,) = of(Queued, floor.arrive(inquiry, asked))
    assert isinstance(told, Queued)
    return told


def end(floor: Floor, inquiry: str) -> tuple[Any, ...]:
    return floor.feed(HandlingEnded(inquiry=InquiryId(inquiry)))


def reasons(floor: Floor, inquiry: str) -> dict[str, list[str]]:
    found = floor.engine.explain(InquiryId(inquiry), floor.now)
    assert found is not None
    return {verdict.agent: [reason.value for reason in verdict.reasons] for verdict in found.verdicts}


# 1: the clocks change


@pytest.mark.parametrize(
    ("opens", "closes", "before", "opened", "closed"),
    [
        (time(2, 30), time(9), "2027-03-28T00:00", "2027-03-28T01:30", "2027-03-28T07:00"),  # 02:30 does not exist
        (time(2, 30), time(9), "2026-10-24T23:00", "2026-10-25T00:30", "2026-10-25T08:00"),  # 02:30 comes twice: the first opens
        (time(0, 30), time(2, 30), "2026-10-24T22:00", "2026-10-24T22:30", "2026-10-25T01:30"),  # and the second closes
    ],
)
def test_offers_begin_and_end_with_the_hours_whatever_the_clocks_do(
    opens: time, closes: time, before: str, opened: str, closed: str
) -> None:
    sunday = (Block(weekday=6, opens=opens, closes=closes),)
    floor = Floor(plan([agent("anna", seats=9)], pools=[pool("home", zone="Europe/Berlin", weekly=sunday)]), start=z(before))
    floor.ready("anna")
    assert queued(floor, "early").next_opening == z(opened)
    first = (z(opened) - z(before)).total_seconds()
    assert offers(floor.pass_time(first - 1)) == []
    assert offers(floor.pass_time(first)) == [("early", "anna")]
    floor.accept("early.1", "anna")
    last = (z(closed) - z(before)).total_seconds()
    assert offers(floor.at(last - 1).arrive("late")) == [("late", "anna")]
    floor.accept("late.1", "anna")
    assert queued(floor.at(last), "too late").all_closed


@pytest.mark.parametrize(("saturday", "hours"), [("2026-10-24", 9), ("2027-03-27", 7), ("2026-11-07", 8)])
def test_a_night_shift_takes_work_for_as_long_as_the_night_is(saturday: str, hours: int) -> None:
    night = (Block(weekday=5, opens=time(22), closes=time(6)),)
    floor = Floor(plan([agent("anna")], pools=[pool("home", zone="Europe/Berlin", weekly=night)]), start=z(f"{saturday}T12:00"))
    may = [floor.engine.could_open(demand(), z(f"{saturday}T12:00") + timedelta(minutes=15 * n))[0] for n in range(96)]
    assert sum(may) == 4 * hours


# 5: the floor, and what is wished above it


def test_wishes_give_way_at_their_age_and_the_floor_never() -> None:
    wished = acme(floor=Level.B1, wishes=(Wish(until_seconds=60, level=Level.C1), Wish(until_seconds=120, level=Level.B2)))
    people = [agent(level.name, languages={"de": level}) for level in (Level.A2, Level.B1, Level.B2)]
    floor = Floor(plan(people, brands=[wished]))
    floor.ready("A2", "B1", "B2")
    assert queued(floor, "i1", demand("de")).trace.excluded == {"language_below_floor": 1, "wish_not_met": 2}
    assert floor.engine.next_deadline() == T0 + timedelta(seconds=60)
    assert offers(floor.pass_time(60)) == [("i1", "B2")]
    assert floor.log[-1][1] == T0 + timedelta(seconds=60)
    floor.accept("i1.1", "B2")
    floor.arrive("i2", demand("de"))
    assert offers(floor.pass_time(179)) == []
    assert offers(floor.pass_time(180)) == [("i2", "B1")]
    floor.accept("i2.1", "B1")
    floor.arrive("i3", demand("de"))
    assert offers(floor.pass_time(3780)) == []


def test_wishes_of_brand_and_kind_hold_together() -> None:
    brand = acme(wishes=(Wish(until_seconds=40, dialect=True),))
    kind = Kind(id="service", wishes=(Wish(until_seconds=20, skills={"tact": 2}),))
    people = [
        agent("lisbon", languages={"pt-PT": Level.C1}, skills={"tact": 2}),
        agent("rio", languages={"pt-BR": Level.C1}),
        agent("both", languages={"pt-BR": Level.C1}, skills={"tact": 2}),
    ]
    floor = Floor(plan(people, brands=[brand], kinds=[kind]))
    floor.ready("lisbon", "rio", "both")
    assert offers(floor.arrive("i1", demand("pt-BR"))) == [("i1", "both")]
    floor.accept("i1.1", "both")
    assert queued(floor, "i2", demand("pt-BR")).trace.excluded == {"seats_full": 1, "wish_not_met": 2}
    assert offers(floor.pass_time(20)) == [("i2", "rio")]
    floor.accept("i2.1", "rio")
    floor.arrive("i3", demand("pt-BR"))
    assert offers(floor.pass_time(59)) == []
    assert offers(floor.pass_time(60)) == [("i3", "lisbon")]


# 6: shares and caps


def divided(weights: dict[str, int], **more: Any) -> Plan:
    """One pool and one tireless agent for each contract of a share, at one tier, and a third pool above it."""
    names = [*weights, "spare"]
    contracts = [contract(name, **more.pop(name, {})) for name in weights] + [contract("spare", tier=2, after=30)]
    share = Share(id="s", weights={ContractId(f"c-{name}"): weight for name, weight in weights.items()}, **more.pop("share", {}))
    made = plan(
        [agent(f"at-{name}", name, seats=4000) for name in names],
        pools=[pool(name, weekly=more.pop(f"hours_{name}", pool("x").hours.weekly)) for name in names],
        contracts=contracts,
        policy=more.pop("policy", AT_ONCE),
    )
    return replace(made, shares={"s": share})


def taken(floor: Floor, name: str) -> int:
    return sum(one.contract == f"c-{name}" for _, _, decisions in floor.log for one in of(Assigned, decisions))


def test_shares_are_exact_at_every_prefix_until_a_cap_and_then_go_to_the_other() -> None:
    floor = Floor(divided({"a": 60, "b": 40}, a={"cap_per_day": 600}))
    floor.ready("at-a", "at-b", "at-spare")
    weights = {"a": Fraction(60, 100), "b": Fraction(40, 100)}
    bound = 1 - Fraction(1, 2 * len(weights) - 2)
    for n in range(1, 1001):
        floor.arrive(f"i{n}")
        for name, weight in weights.items():
            assert abs(taken(floor, name) - weight * n) <= bound
        end(floor, f"i{n}")
    assert (taken(floor, "a"), taken(floor, "b")) == (600, 400)
    (after,) = of(Offered, floor.arrive("after"))
    assert (after.agent, after.trace.excluded["cap_reached"]) == ("at-b", 1)
    floor.away("at-b")
    assert reasons(floor, queued(floor, "then").inquiry)["at-a"] == ["cap_reached"]
    assert offers(floor.pass_time(30)) == [("then", "at-spare")]
    assert taken(floor, "a") == 600


def test_what_was_declined_or_missed_counts_for_no_share_and_no_cap() -> None:
    policy = Policy(choice=(), fewest_in_hand=False, missed_offer_makes_away=False, decline_cooldown_seconds=5000)
    floor = Floor(divided({"a": 60, "b": 40}, a={"cap_per_day": 2}, policy=policy))
    floor.ready("at-a", "at-b")
    assert offers(floor.arrive("i1")) == [("i1", "at-a")]
    assert offers(floor.decline("i1.1", "at-a")) == [("i1", "at-b")]
    floor.decline("i1.2", "at-b")
    assert offers(floor.arrive("i2")) == [("i2", "at-a")]
    assert ("i2", "at-b") in offers(floor.pass_time(30))
    floor.accept("i2.2", "at-b")
    accepted = [offers(floor.at(31 + n).arrive(f"j{n}"))[0] for n in range(2)]
    assert accepted == [("j0", "at-a"), ("j1", "at-a")]  # b has had its one of two
    assert offers(floor.arrive("j2")) == [("j2", "at-b")]  # both that ring at a are reserved


@pytest.mark.parametrize("zone", ["Asia/Manila", "America/New_York"])
def test_a_cap_and_a_budget_are_of_a_day_where_the_contract_is(zone: str) -> None:
    rules = plan(
        [agent("anna", seats=99)],
        contracts=[contract("home", zone=zone, cap_per_day=5, price=7, budget_per_day=22)],
        policy=AT_ONCE,
    )
    floor = Floor(rules, start=z("2026-11-23T10:00"))
    floor.ready("anna")
    drawn = [offers(floor.arrive(f"i{n}")) for n in range(4)]
    assert [len(one) for one in drawn] == [1, 1, 1, 0]  # a fourth would cost 28
    assert reasons(floor, "i3")["anna"] == ["budget_spent"]
    midnight = z("2026-11-23T16:00") if zone == "Asia/Manila" else z("2026-11-24T05:00")
    assert offers(floor.pass_time((midnight - floor.start).total_seconds() - 1)) == []
    assert offers(floor.pass_time((midnight - floor.start).total_seconds())) == [("i3", "anna")]


def test_a_cap_of_none_is_reached_before_the_first() -> None:
    floor = Floor(plan([agent("anna")], contracts=[contract("home", cap_per_day=0)]))
    floor.ready("anna")
    assert queued(floor, "i1").trace.excluded == {"cap_reached": 1}


def test_a_cap_reached_is_reached_after_a_restart_and_under_other_rules() -> None:
    rules = plan([agent("anna", seats=9)], contracts=[contract("home", cap_per_day=1)], policy=AT_ONCE)
    floor = Floor(rules)
    floor.ready("anna")
    floor.arrive("i1")
    again = Floor(rules, engine=Engine.restore(rules, floor.engine.capture()))
    assert queued(again, "i2").trace.excluded == {"cap_reached": 1}
    again.feed(PlanChanged(plan=with_version(rules)))
    assert queued(again, "i3").trace.excluded == {"cap_reached": 1}


def test_the_oldest_comes_first_when_an_offer_that_counted_against_a_budget_comes_to_nothing() -> None:
    policy = Policy(missed_offer_makes_away=False)
    rules = plan([agent("anna", seats=2), agent("ben", seats=2)], contracts=[contract("home", cap_per_day=1)], policy=policy)
    floor = Floor(rules)
    floor.ready("anna", "ben")
    assert offers(floor.arrive("old")) == [("old", "anna")]
    assert offers(floor.at(1).arrive("young")) == []
    assert offers(floor.pass_time(30)) == [("old", "ben")]


def test_minimums_come_before_shares_only_where_contracts_compete() -> None:
    floor = Floor(divided({"a": 90, "b": 10}, b={"minimum_per_day": 3}))
    floor.ready("at-a", "at-b")
    drawn = [offers(floor.arrive(f"i{n}"))[0][1] for n in range(13)]
    assert drawn[:3] == ["at-b"] * 3
    assert drawn[3:].count("at-b") == 0
    lonely = Floor(plan([agent("vendor", "second"), agent("ours")], pools=[pool("home"), pool("second")], contracts=[
        contract("home"), contract("second", tier=2, minimum_per_day=5)], policy=AT_ONCE))  # fmt: skip
    lonely.ready("vendor", "ours")
    assert offers(lonely.arrive("i1")) == [("i1", "ours")]


def test_of_several_below_their_minimum_the_share_says_which() -> None:
    floor = Floor(divided({"a": 1, "b": 2}, a={"minimum_per_day": 3}, b={"minimum_per_day": 3}))
    floor.ready("at-a", "at-b")
    assert [offers(floor.arrive(f"i{n}"))[0][1] for n in range(3)] == ["at-b", "at-a", "at-b"]


def test_a_strict_share_waits_for_its_turn_until_a_later_tier_joins() -> None:
    floor = Floor(divided({"a": 1, "b": 1}, share={"strict": True}))
    floor.ready("at-a", "at-b", "at-spare")
    assert [offers(floor.arrive(f"i{n}"))[0][1] for n in range(4)] == ["at-a", "at-b", "at-a", "at-b"]
    floor.away("at-a")
    assert offers(floor.arrive("waits")) == []
    assert "share_turn" in reasons(floor, "waits")["at-b"]
    floor.at(10).arrive("too")
    assert offers(floor.pass_time(30)) == [("waits", "at-spare")]
    assert offers(floor.feed(AvailabilitySet(agent=AgentId("at-a"), availability=Availability.READY))) == [("too", "at-a")]


@pytest.mark.parametrize("catch_up", [3, 8])
def test_after_an_outage_no_more_is_caught_up_than_agreed(catch_up: int) -> None:
    floor = Floor(divided({"a": 1, "b": 1}, share={"catch_up": catch_up}))
    floor.ready("at-a", "at-b")
    for n in range(10):
        floor.arrive(f"before{n}")
    floor.away("at-a")
    for n in range(100):
        assert offers(floor.arrive(f"during{n}")) == [(f"during{n}", "at-b")]
    floor.feed(AvailabilitySet(agent=AgentId("at-a"), availability=Availability.READY))
    afterwards = [offers(floor.arrive(f"after{n}"))[0][1] for n in range(100)]
    assert 50 < afterwards.count("at-a") <= 50 + catch_up
    assert set(afterwards[:catch_up]) == {"at-a"}


# 8: weights


def test_past_the_guard_the_last_seats_are_kept_for_what_needs_them() -> None:
    policy = Policy(
        weights={Channel.CHAT: 2, Channel.EMAIL: 1}, ageing_guard_seconds=300, auto_accept=frozenset(Channel), wrap_up_seconds=0
    )
    floor = Floor(plan([agent("anna", seats=6)], policy=policy))
    floor.ready("anna")
    for inquiry, channel in (("c1", Channel.CHAT), ("c2", Channel.CHAT), ("m1", Channel.EMAIL)):
        floor.arrive(inquiry, demand(channel=channel))
    assert floor.engine.seats_used(AgentId("anna")) == 5
    assert offers(floor.at(1).arrive("chat", demand())) == []
    assert offers(floor.at(2).arrive("m2", demand(channel=Channel.EMAIL))) == [("m2", "anna")]
    end(floor, "m2")
    floor.pass_time(302)
    assert offers(floor.arrive("m3", demand(channel=Channel.EMAIL))) == []
    assert reasons(floor, "m3")["anna"] == ["seats_kept"]
    assert offers(end(floor, "m1")) == [("chat", "anna")]
    assert offers(end(floor, "c1")) == [("m3", "anna")]
    assert floor.engine.seats_used(AgentId("anna")) == 5


def test_seats_kept_for_one_who_leaves_are_given_back() -> None:
    policy = Policy(
        weights={Channel.CHAT: 2, Channel.EMAIL: 1}, ageing_guard_seconds=100, auto_accept=frozenset(Channel), wrap_up_seconds=0
    )
    floor = Floor(plan([agent("anna", seats=2), agent("ben", seats=2)], policy=policy))
    floor.ready("anna")
    floor.arrive("m1", demand(channel=Channel.EMAIL))
    floor.arrive("chat", demand())
    floor.pass_time(101)
    assert offers(floor.arrive("m2", demand(channel=Channel.EMAIL))) == []
    assert offers(floor.ready("ben")) == [("chat", "ben"), ("m2", "anna")]


def test_no_seats_are_kept_where_a_ceiling_and_not_a_seat_is_lacking() -> None:
    policy = Policy(
        weights={Channel.CHAT: 2, Channel.EMAIL: 1}, ageing_guard_seconds=100, auto_accept=frozenset(Channel), wrap_up_seconds=0
    )
    floor = Floor(plan([agent("anna", seats=3, ceilings={Channel.CHAT: 1})], policy=policy))
    floor.ready("anna")
    floor.arrive("c1")
    assert offers(floor.arrive("c2")) == []
    floor.pass_time(101)
    assert offers(floor.arrive("mail", demand(channel=Channel.EMAIL))) == [("mail", "anna")]
    assert offers(end(floor, "c1")) == [("c2", "anna")]  # there is room for it all the same


# 9: the last agent


def known(floor: Floor, inquiry: str, who: str = "anna") -> tuple[Any, ...]:
    return floor.arrive(inquiry, demand(last_agent=AgentId(who)))


def busy_with_one(**more: Any) -> Floor:
    floor = Floor(plan([agent("anna", **more), agent("ben")], policy=Policy(wrap_up_seconds=0, sticky_hold_seconds=30)))
    floor.ready("anna")
    floor.arrive("hers")
    floor.accept("hers.1", "anna")
    floor.at(1).ready("ben")
    return floor


def test_whom_the_customer_knows_is_asked_at_once_where_free() -> None:
    floor = Floor(plan([agent("anna", skills={"router": 1}), agent("ben")]))
    floor.ready("ben", "anna")
    (offered,) = known(floor, "i1")
    assert (offered.agent, offered.trace.why) == ("anna", "last_agent")


def test_whom_the_customer_knows_is_waited_for_and_gets_it_when_free_in_time() -> None:
    floor = busy_with_one()
    (told,) = of(Queued, known(floor.at(10), "i1"))
    assert (told.held_for, told.held_until) == ("anna", T0 + timedelta(seconds=40))
    assert reasons(floor, "i1")["ben"] == ["held_for_last_agent"]
    assert offers(end(floor.at(39), "hers")) == [("i1", "anna")]


def test_after_the_hold_the_pool_takes_it_with_its_age() -> None:
    floor = busy_with_one()
    known(floor.at(10), "i1")
    assert offers(floor.pass_time(39.9)) == []
    (offered,) = of(Offered, floor.pass_time(40))
    assert (offered.agent, offered.trace.waited_seconds, floor.now) == ("ben", 30, T0 + timedelta(seconds=40))
    assert floor.engine.queue()[0].arrived == T0 + timedelta(seconds=10)


@pytest.mark.parametrize("lost", ["away", "drop", "offline"])
def test_who_is_gone_is_not_waited_for_nor_who_goes(lost: str) -> None:
    before, during = busy_with_one(), busy_with_one()
    known(during.at(10), "i1")
    for floor, at in ((before, 9), (during, 12)):
        floor.at(at)
        drawn = {
            "away": lambda floor=floor: floor.away("anna"),
            "drop": lambda floor=floor: floor.drop("anna"),
            "offline": lambda floor=floor: floor.feed(AvailabilitySet(agent=AgentId("anna"), availability=Availability.OFFLINE)),
        }[lost]()
        assert offers(drawn or ()) == ([("i1", "ben")] if floor is during else [])
    assert offers(known(before.at(10), "i1")) == [("i1", "ben")]


def test_who_may_not_take_it_any_more_is_not_waited_for() -> None:
    uncertified = Floor(plan([agent("anna", certifications={NOVA: None}), agent("ben")]))
    uncertified.ready("anna")
    uncertified.arrive("hers", demand(brand=NOVA))
    uncertified.ready("ben")
    assert offers(known(uncertified, "i1")) == [("i1", "ben")]
    capped = plan(
        [agent("anna", "second"), agent("ben")],
        pools=[pool("home"), pool("second")],
        contracts=[contract("home"), contract("second", cap_per_day=1)],
    )
    floor = Floor(capped)
    floor.ready("anna")
    floor.arrive("hers")
    floor.accept("hers.1", "anna")
    floor.ready("ben")
    assert offers(known(floor, "i1")) == [("i1", "ben")]


def test_whom_the_customer_knows_may_decline_and_then_all_may_take_it() -> None:
    floor = Floor(plan([agent("anna"), agent("ben")]))
    floor.ready("anna", "ben")
    known(floor, "i1")
    assert offers(floor.decline("i1.1", "anna")) == [("i1", "ben")]


def test_what_is_held_for_somebody_overtakes_nothing_older() -> None:
    floor = busy_with_one(languages={"en": Level.C1, "de": Level.C1})
    floor.at(5).arrive("older", demand("de"))
    known(floor.at(10), "younger")
    assert offers(end(floor.at(12), "hers")) == [("older", "anna")]
    assert offers(floor.pass_time(40)) == [("younger", "ben")]


# 11: residency


def test_what_must_stay_in_a_country_stays_there() -> None:
    eu = acme(residency=frozenset({"DE", "PT"}))
    morning = tuple(Block(weekday=day, opens=time(8), closes=time(9)) for day in range(7))
    rules = plan(
        [agent("maria", "manila", seats=9), agent("anna")],
        pools=[pool("home", weekly=morning), replace(pool("manila", vendor="v"), country="PH")],
        brands=[eu],
        policy=AT_ONCE,
    )
    floor = Floor(rules)
    floor.ready("maria", "anna")
    told = queued(floor, "i1")
    assert told.trace.excluded == {"residency": 1, "pool_closed": 1}
    assert (told.all_closed, told.next_opening) == (True, z("2026-11-24T08:00"))
    assert offers(floor.pass_time(22 * 3600 - 1)) == []
    assert offers(floor.pass_time(22 * 3600)) == [("i1", "anna")]
    assert offers(floor.arrive("nova", demand(brand=NOVA))) == [("nova", "maria")]
    assert offers(floor.arrive("i2", demand(brand=NOVA, residency=("DE",)))) == []


def test_data_is_seen_only_where_the_contract_says() -> None:
    rules = plan(
        [agent("maria", "manila"), agent("anna", seats=2)],
        pools=[pool("home"), pool("manila")],
        contracts=[contract("home", tier=2, data=frozenset({"health", "money"})), contract("manila", data=frozenset())],
        kinds=[Kind(id="service"), Kind(id="claim", data=frozenset({"health"}))],
        policy=AT_ONCE,
    )
    floor = Floor(rules)
    floor.ready("maria", "anna")
    assert offers(floor.arrive("i1", demand(kind="claim"))) == [("i1", "anna")]
    assert offers(floor.arrive("i2")) == [("i2", "maria")]
    assert queued(floor, "i3", demand("de", kind="claim")).trace.excluded["data_access"] == 1


# order


def test_a_promise_is_a_head_start_over_the_longest_one() -> None:
    contracts = [contract("home", kinds=frozenset({"service"}), answer_within_seconds=300)]
    contracts += [contract("home", id=ContractId("fast"), kinds=frozenset({"complaint"}), answer_within_seconds=60)]
    contracts += [contract("home", id=ContractId("none"), kinds=frozenset({"technical"}))]
    everything = [Kind(id="service"), Kind(id="complaint"), Kind(id="technical")]
    floor = Floor(plan([agent("anna")], contracts=contracts, kinds=everything))
    floor.arrive("slow", demand())
    floor.at(1).arrive("none", demand(kind="technical"))
    floor.at(239).arrive("fast", demand(kind="complaint"))
    floor.at(242).arrive("fast and late", demand(kind="complaint"))
    assert [one.inquiry for one in floor.engine.queue()] == ["fast", "slow", "none", "fast and late"]


def test_of_two_whose_head_start_makes_them_equal_the_earlier_arrival_is_first() -> None:
    floor = Floor(plan([agent("anna"), agent("ben")], policy=Policy(priority_step_seconds=60)))
    floor.at(0).arrive("early")
    floor.at(120).arrive("complaint", demand(kind="complaint"))
    assert [one.inquiry for one in floor.engine.queue()] == ["early", "complaint"]
    assert offers(floor.ready("anna")) == [("early", "anna")]
    backwards = Floor(plan([agent("anna", languages={"en": Level.C1, "de": Level.C1})], policy=Policy(priority_step_seconds=60)))
    backwards.at(0).arrive("z", demand("de"))
    backwards.at(120).arrive("a", demand(kind="complaint"))
    assert offers(backwards.ready("anna")) == [("z", "anna")]


def opening_at_nine_past(*people: Any, **more: Any) -> Floor:
    day = tuple(Block(weekday=n, opens=time(10, 9), closes=time(20)) for n in range(7))
    floor = Floor(plan(people, pools=[pool("home", weekly=day)], policy=Policy(choice=(), fewest_in_hand=False, **more)))
    floor.ready(*(one.id for one in people))
    return floor


def test_at_an_opening_nobody_takes_the_only_one_whom_another_could_have() -> None:
    floor = opening_at_nine_past(agent("anna", languages={"en": Level.C1, "de": Level.C1}), agent("ben"))
    floor.arrive("english")
    floor.at(1).arrive("german", demand("de"))
    assert sorted(offers(floor.pass_time(540))) == [("english", "ben"), ("german", "anna")]


def test_an_opening_serves_those_whose_head_start_makes_them_equal_too() -> None:
    floor = opening_at_nine_past(agent("anna"), agent("ben", languages={"de": Level.C1, "en": Level.C1}), priority_step_seconds=60)
    floor.arrive("early")
    floor.at(120).arrive("complaint", demand(kind="complaint"))
    assert sorted(inquiry for inquiry, _ in offers(floor.pass_time(540))) == ["complaint", "early"]


def test_preferences_decide_in_the_order_the_plan_gives() -> None:
    people = [
        agent("cheap", "second", languages={"en": Level.C2}),
        agent("close", languages={"en": Level.B2}),
        agent("near", "third", languages={"en": Level.C1}),
    ]
    pools = [pool("home", zone="Asia/Tokyo"), pool("second", zone="Asia/Tokyo"), pool("third", zone="America/Lima")]
    contracts = [contract("home", price=9), contract("second", price=3), contract("third", price=9)]
    first = {
        Preference.LOWEST_COST: "cheap",
        Preference.CLOSEST_LEVEL: "close",
        Preference.NEAREST_ZONE: "near",
    }
    for preference, who in first.items():
        rest = tuple(one for one in first if one is not preference)
        floor = Floor(plan(people, pools=pools, contracts=contracts, policy=Policy(choice=(preference, *rest))))
        floor.ready("cheap", "close", "near")
        assert offers(floor.arrive("i1", demand(zone="America/New_York"))) == [("i1", who)]


def test_without_preferences_work_goes_to_who_had_a_turn_longest_ago() -> None:
    floor = Floor(plan([agent("z", seats=3), agent("y", skills={"router": 3}, seats=3), agent("x", seats=3)], policy=AT_ONCE))
    floor.ready("z", "y", "x")  # in one instant: in this order
    assert [offers(floor.arrive(f"i{n}"))[0][1] for n in range(6)] == ["z", "y", "x", "z", "y", "x"]


# at once


def test_what_is_taken_automatically_is_offered_and_assigned_in_one_step() -> None:
    floor = Floor(plan([agent("anna")], policy=Policy(auto_accept=frozenset({Channel.CHAT}), wrap_up_seconds=0)))
    floor.ready("anna")
    assert kinds(floor.arrive("i1")) == ["Offered", "Assigned"]
    floor.arrive("i2")
    floor.arrive("mail", demand(channel=Channel.EMAIL))
    drawn = end(floor, "i1")
    assert [one.inquiry for one in of(Released, drawn)] == ["i1"]
    assert [one.inquiry for one in of(Assigned, drawn)] == ["i2"]
    assert kinds(floor.feed(HandlingEnded(inquiry=InquiryId("i2"))))[-1] == "Offered"  # mail rings as ever
    assert floor.engine.seats_used(AgentId("anna")) == 1


# tiers


def two_places(**second: Any) -> Plan:
    return plan(
        [agent("anna", seats=9), agent("maria", "manila", seats=99)],
        pools=[pool("home"), pool("manila")],
        contracts=[contract("home"), contract("manila", **second)],
    )


def test_the_lowest_open_tier_never_waits_whatever_its_overflow() -> None:
    floor = Floor(two_places(after=30))
    floor.ready("maria")
    assert offers(floor.arrive("i1")) == [("i1", "maria")]


@pytest.mark.parametrize("names", [("first", "second"), ("second", "first")])
def test_the_contract_of_two_alike_is_the_same_whatever_happened_before(names: tuple[str, str]) -> None:
    alike = [contract("home", id=ContractId(name)) for name in names]
    floor = Floor(plan([agent("anna"), agent("ben")], contracts=alike))
    floor.ready("anna", "ben")
    (offered,) = of(Offered, floor.arrive("i1"))
    assert [one.contract for one in of(Offered, floor.decline("i1.1", "anna"))] == [offered.contract]


def test_a_newcomer_does_not_wait_for_the_lowest_tier_that_opened_since_the_last() -> None:
    day = tuple(Block(weekday=n, opens=time(10, 9), closes=time(20)) for n in range(7))
    floor = Floor(plan([agent("anna", seats=2)], pools=[pool("home", weekly=day)], contracts=[contract("home", tier=2, after=17)]))
    floor.ready("anna")
    assert queued(floor, "early").all_closed
    assert offers(floor.pass_time(540)) == [("early", "anna")]
    floor.accept("early.1", "anna")
    assert offers(floor.at(620).arrive("later")) == [("later", "anna")]


def test_a_wait_that_is_expected_to_be_long_brings_the_next_tier_at_once() -> None:
    floor = Floor(replace(two_places(tier=2, after=3600, overflow_wait_seconds=60), policy=Policy(wrap_up_seconds=0, choice=())))
    floor.ready("anna")
    for n in range(60):  # nine at a time, 300 s each
        floor.at(n * 40).arrive(f"i{n}")
        for offer in of(Offered, floor.log[-1][2]):
            floor.accept(offer.offer, "anna")
        if n >= 8:
            for offer in of(Offered, end(floor, f"i{n - 8}")):
                floor.accept(offer.offer, "anna")
    for n in range(9):
        floor.arrive(f"full{n}")
        for offer in of(Offered, floor.log[-1][2]):
            floor.accept(offer.offer, "anna")
    floor.ready("maria")
    for n in range(6):
        drawn = floor.arrive(f"w{n}")
        (told,) = of(Queued, drawn)
        assert told.estimate is not None
        assert offers(drawn) == ([(f"w{n}", "maria")] if told.estimate.likely > 60 else [])
    assert floor.engine.seats_used(AgentId("maria")) > 0


def test_hours_that_turned_while_other_rules_held_are_those_of_now_when_the_old_rules_come_back() -> None:
    late = Hours(zone="UTC", weekly=tuple(Block(weekday=n, opens=time(10, 2), closes=time(20)) for n in range(7)))
    shifted, unshifted = plan([agent("anna", shift=late)]), plan([agent("anna")])
    floor = Floor(shifted)
    floor.at(60).feed(PlanChanged(plan=with_version(unshifted)))
    floor.pass_time(600)
    floor.feed(PlanChanged(plan=replace(shifted, version=3)))
    floor.ready("anna")
    assert offers(floor.arrive("i1")) == [("i1", "anna")]


# hard rules hold at accept


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"valid_to": date(2026, 11, 23)}, "no_longer_eligible"),
        ({"cap_per_day": 0}, "cap_reached"),
    ],
)
def test_a_contract_is_looked_at_again_when_its_offer_is_accepted(rules: dict[str, Any], code: str) -> None:
    start = z("2026-11-23T23:59:50")
    before = plan([agent("anna")], contracts=[contract("home", **(rules if "valid_to" in rules else {}))])
    floor = Floor(before, start=start)
    floor.ready("anna")
    assert offers(floor.arrive("i1")) == [("i1", "anna")]
    floor.at(15)
    if "cap_per_day" in rules:
        floor.feed(PlanChanged(plan=with_version(before, contracts={ContractId("c-home"): contract("home", **rules)})))
    drawn = floor.accept("i1.1", "anna")
    assert of(Assigned, drawn) == []
    withdrawn = [one for _, _, decisions in floor.log for one in of(Withdrawn, decisions)]
    assert [one.inquiry for one in withdrawn] == ["i1"]
    assert {one.code for one in of(Refused, drawn)} <= {code, "offer_lapsed"}
