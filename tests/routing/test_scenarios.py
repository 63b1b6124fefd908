"""The scenarios of the design with one right outcome each, and the rules between them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from i18n.levels import Level
from routing.decisions import Assigned, AvailabilityChanged, Closed, Flagged, Queued, Refused, Released, Withdrawn, WrapUpEnded
from routing.engine import Engine
from routing.events import (
    AvailabilitySet,
    DeadlinePassed,
    DemandCorrected,
    HandlingEnded,
    InquiryClaimed,
    InquiryLeft,
    OwnerTookOver,
    PlanChanged,
    Transferred,
    WrapUpDone,
)
from routing.model import (
    AgentId,
    Availability,
    Block,
    BrandId,
    Channel,
    ClientId,
    Contract,
    ContractId,
    Demand,
    Hours,
    InquiryId,
    Policy,
    PoolId,
    Presentation,
    VendorId,
)
from tests.routing.builders import (
    ACME,
    NOVA,
    T0,
    Floor,
    agent,
    certified_until,
    contract,
    demand,
    kinds,
    of,
    offers,
    plan,
    pool,
    with_version,
)

OFFICE = tuple(Block(weekday=day, opens=time(9), closes=time(17)) for day in range(5))


def z(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# 1: the clocks change


def test_an_inquiry_waits_for_the_winter_opening() -> None:
    rules = plan([agent("anna")], pools=[pool("home", zone="Europe/Berlin", weekly=OFFICE)])
    friday = Floor(rules, start=z("2026-10-23T07:30"))
    friday.ready("anna")
    assert offers(friday.arrive("i1")) == [("i1", "anna")]
    monday = Floor(rules, start=z("2026-10-26T07:30"))
    monday.ready("anna")
    (queued,) = of(Queued, monday.arrive("i1"))
    assert queued.all_closed
    assert queued.next_opening == z("2026-10-26T08:00") == monday.engine.next_deadline()
    assert offers(monday.pass_time(1800)) == [("i1", "anna")]


# 2: an agent is lost with an offer pending


def lost_with_an_offer() -> Floor:
    floor = Floor(plan([agent("anna")], policy=Policy(offer_seconds={Channel.CHAT: 20})))
    floor.ready("anna")
    floor.arrive("i1")
    floor.at(5).drop("anna")
    return floor


def test_back_within_the_grace_the_same_offer_goes_on() -> None:
    floor = lost_with_an_offer()
    assert floor.at(12).connect("anna") == ()
    assert floor.engine.next_deadline() == T0 + timedelta(seconds=20)
    assert kinds(floor.at(19).accept("i1.1", "anna")) == ["Assigned"]


def test_not_back_within_the_grace_the_offer_is_withdrawn_once() -> None:
    floor = lost_with_an_offer()
    drawn = floor.pass_time(15)
    assert [(one.because, floor.now) for one in of(Withdrawn, drawn)] == [("agent_lost", T0 + timedelta(seconds=15))]
    assert floor.engine.seats_used(AgentId("anna")) == 0
    before = floor.engine.capture()
    assert [one.code for one in of(Refused, floor.at(16).accept("i1.1", "anna"))] == ["offer_lapsed"]
    after = floor.engine.capture()
    assert {**before, "floor": None} == {**after, "floor": None}
    assert floor.engine.queue()[0].arrived == T0


# 4: a certification ends


def test_a_certification_ends_with_its_last_day_where_the_pool_is() -> None:
    rules = plan(
        [agent("maria", "manila", certifications=certified_until(date(2026, 11, 30)))], pools=[pool("manila", zone="Asia/Manila")]
    )
    floor = Floor(rules, start=z("2026-11-30T15:59:50"))
    floor.ready("maria")
    assert offers(floor.arrive("i1")) == [("i1", "maria")]
    drawn = floor.at(15).accept("i1.1", "maria")
    assert [one.code for one in of(Refused, drawn)] == ["certification_expired"]
    assert kinds(drawn) == ["Withdrawn", "Refused", "Queued", "Flagged"]
    assert floor.engine.queue()[0].arrived == z("2026-11-30T15:59:50")
    renewed = with_version(rules, agents={"maria": agent("maria", "manila")})
    assert offers(floor.at(16).feed(PlanChanged(plan=renewed))) == [("i1", "maria")]


# 5: the floor


def test_nobody_below_the_floor_is_ever_offered_and_the_closest_level_is_first() -> None:
    people = [
        agent("native", languages={"de": Level.NATIVE}),
        agent("b2", languages={"de": Level.B2}),
        agent("a2", languages={"de": Level.A2}),
    ]
    floor = Floor(plan(people))
    floor.ready("native", "b2", "a2")
    assert offers(floor.arrive("i1", demand("de"))) == [("i1", "b2")]
    assert offers(floor.arrive("i2", demand("de"))) == [("i2", "native")]
    floor.accept("i1.1", "b2")
    floor.accept("i2.1", "native")
    floor.arrive("i3", demand("de"))
    assert offers(floor.pass_time(3600)) == []


# 7: all closed


def test_at_opening_the_queue_drains_by_priority_and_seats_hold() -> None:
    rules = plan([agent("anna", seats=3)], pools=[pool("home", zone="Europe/Berlin", weekly=OFFICE)])
    floor = Floor(rules, start=z("2026-11-22T12:00"))  # a Sunday
    floor.ready("anna")
    for n in range(1000):
        (queued,) = of(Queued, floor.at(n).arrive(f"i{n:04}", demand(kind="complaint" if n % 100 == 99 else "service")))
        assert queued.all_closed
        assert queued.next_opening == z("2026-11-23T08:00")
    drawn = floor.pass_time(20 * 3600)
    assert floor.engine.seats_used(AgentId("anna")) == 3
    assert offers(drawn) == [("i0099", "anna"), ("i0000", "anna"), ("i0001", "anna")]  # two steps of priority are two minutes
    told = of(Queued, drawn)
    assert len(told) == 997
    assert not any(one.all_closed for one in told)


def test_a_head_start_of_priority_is_a_common_slope() -> None:
    floor = Floor(plan([agent("anna")], policy=Policy(priority_step_seconds=60)))
    floor.arrive("early", demand())
    floor.at(100).arrive("complaint", demand(kind="complaint"))
    floor.at(130).arrive("late", demand())
    assert [waiting.inquiry for waiting in floor.engine.queue()] == ["complaint", "early", "late"]
    assert floor.engine.place_in_queue(InquiryId("late")) == 2


def test_a_place_opens_somewhere_else_first() -> None:
    rules = plan(
        [agent("anna"), agent("maria", "manila")],
        pools=[pool("home", zone="Europe/Berlin", weekly=OFFICE), pool("manila", zone="Asia/Manila", weekly=OFFICE)],
    )
    floor = Floor(rules, start=z("2026-11-22T12:00"))
    assert of(Queued, floor.arrive("i1"))[0].next_opening == z("2026-11-23T01:00")
    assert floor.engine.could_open(demand(), z("2026-11-23T02:00")) == (True, None)
    assert floor.engine.could_open(demand(), z("2026-11-23T16:30")) == (False, z("2026-11-24T01:00"))


def test_the_last_place_to_close_tells_those_who_wait() -> None:
    floor = Floor(plan([agent("anna")], pools=[pool("home", zone="UTC", weekly=OFFICE)]), start=z("2026-11-23T16:59"))
    assert not of(Queued, floor.arrive("i1"))[0].all_closed
    (told,) = of(Queued, floor.pass_time(60))
    assert told.all_closed
    assert told.next_opening == z("2026-11-24T09:00")


def test_without_any_opening_ahead_a_person_is_told_at_arrival() -> None:
    floor = Floor(plan([agent("anna")], pools=[pool("home", weekly=())]))
    assert [one.because for one in of(Flagged, floor.arrive("i1"))] == ["no_opening"]
    assert [one.because for one in of(Flagged, floor.arrive("i2", demand("xh")))] == ["nobody_qualified"]


# 8: weights


def test_a_chat_without_room_does_not_block_the_mail_behind_it() -> None:
    policy = Policy(weights={Channel.CHAT: 2, Channel.EMAIL: 1})
    floor = Floor(plan([agent("anna", seats=6)], policy=policy))
    floor.ready("anna")
    for n, channel in enumerate([Channel.CHAT, Channel.CHAT, Channel.EMAIL]):
        floor.arrive(f"i{n}", demand(channel=channel))
        floor.accept(f"i{n}.1", "anna")
    assert floor.engine.seats_used(AgentId("anna")) == 5
    assert offers(floor.arrive("chat", demand())) == []
    assert offers(floor.arrive("mail", demand(channel=Channel.EMAIL))) == [("mail", "anna")]


def test_a_ceiling_keeps_a_channel_from_taking_every_seat() -> None:
    floor = Floor(plan([agent("anna", seats=6, ceilings={Channel.CHAT: 1})]))
    floor.ready("anna")
    floor.arrive("i1")
    assert offers(floor.arrive("i2")) == []
    assert offers(floor.arrive("mail", demand(channel=Channel.EMAIL))) == [("mail", "anna")]


# 10: the only one who could declines


def test_the_only_qualified_agent_is_asked_again_then_a_person_is_told_and_it_can_still_be_claimed() -> None:
    floor = Floor(plan([agent("anna", languages={"de": Level.C1, "en": Level.C1}), agent("ben")]))
    floor.ready("anna", "ben")
    assert offers(floor.arrive("i1", demand("de"))) == [("i1", "anna")]
    for round_ in (1, 2):
        floor.decline(f"i1.{round_}", "anna")
        assert offers(floor.pass_time(120 * round_)) == [("i1", "anna")]
    assert [one.because for one in of(Flagged, floor.decline("i1.3", "anna"))] == ["declined_by_all"]
    assert offers(floor.pass_time(3600)) == []
    floor.away("ben")
    assert offers(floor.arrive("i2", demand("en"))) == [("i2", "anna")]
    floor.accept("i2.1", "anna")
    floor.finish("i2", "anna")
    claimed = floor.feed(InquiryClaimed(inquiry=InquiryId("i1"), agent=AgentId("anna")))
    assert kinds(claimed) == ["Offered", "Assigned"]


# 12: other rules


def test_other_rules_act_on_the_waiting_and_spare_what_rings_rightly() -> None:
    rules = plan([agent("anna"), agent("ben", languages={"de": Level.C1})])
    floor = Floor(rules)
    floor.ready("anna", "ben")
    floor.arrive("ringing", demand("en"))
    floor.arrive("waiting", demand("en"))
    both = with_version(rules, agents={"anna": agent("anna"), "ben": agent("ben", languages={"en": Level.C1})})
    assert offers(floor.feed(PlanChanged(plan=both))) == [("waiting", "ben")]
    without = with_version(both, agents={"ben": agent("ben", languages={"en": Level.C1})})
    drawn = floor.feed(PlanChanged(plan=without))
    assert [(one.inquiry, one.because) for one in of(Withdrawn, drawn)] == [("ringing", "rules_changed")]


def test_a_contract_that_begins_at_midnight_acts_at_midnight() -> None:
    starting = contract("home", valid_from=date(2026, 11, 24), zone="Europe/Berlin")
    floor = Floor(plan([agent("anna")], contracts=[starting]))
    floor.ready("anna")
    assert of(Queued, floor.arrive("i1"))[0].next_opening == z("2026-11-23T23:00")
    assert offers(floor.pass_time(13 * 3600)) == [("i1", "anna")]
    assert floor.log[-1][1] == z("2026-11-23T23:00")


# 13: the language was another


def test_a_corrected_language_withdraws_an_unaccepted_offer_and_keeps_the_age() -> None:
    floor = Floor(plan([agent("paulo", languages={"pt-BR": Level.NATIVE}), agent("elena", languages={"es": Level.C1})]))
    floor.ready("paulo", "elena")
    assert offers(floor.arrive("i1", demand("pt-BR"))) == [("i1", "paulo")]
    drawn = floor.at(8).feed(DemandCorrected(inquiry=InquiryId("i1"), demand=demand("es")))
    assert [one.because for one in of(Withdrawn, drawn)] == ["demand_corrected"]
    assert offers(drawn) == [("i1", "elena")]
    assert floor.engine.queue()[0].arrived == T0


def test_a_corrected_language_moves_nothing_that_was_accepted() -> None:
    floor = Floor(plan([agent("paulo", languages={"pt-BR": Level.NATIVE}), agent("elena", languages={"es": Level.C1})]))
    floor.ready("paulo", "elena")
    floor.arrive("i1", demand("pt-BR"))
    floor.accept("i1.1", "paulo")
    assert floor.feed(DemandCorrected(inquiry=InquiryId("i1"), demand=demand("es"))) == ()


def test_an_offer_goes_on_ringing_if_its_agent_is_still_the_one() -> None:
    floor = Floor(plan([agent("anna", languages={"en": Level.C1, "de": Level.C1})]))
    floor.ready("anna")
    floor.arrive("i1", demand("en"))
    assert floor.feed(DemandCorrected(inquiry=InquiryId("i1"), demand=demand("de"))) == ()
    assert kinds(floor.accept("i1.1", "anna")) == ["Assigned"]


# hard rules


@pytest.mark.parametrize(
    ("less", "code"),
    [
        ({"languages": {"de": Level.C1}}, "language_missing"),
        ({"languages": {"en": Level.B1}}, "language_below_floor"),
        ({"certifications": {}}, "not_certified"),
        ({"personas": frozenset()}, "no_persona"),
        ({"certifications": certified_until(date(2026, 11, 22))}, "certification_expired"),
    ],
)
def test_who_lacks_what_is_asked_is_excluded_with_the_reason(less: dict[str, object], code: str) -> None:
    floor = Floor(plan([agent("anna", **less)]))
    floor.ready("anna")
    (queued,) = of(Queued, floor.arrive("i1"))
    assert queued.trace.excluded == {code: 1}
    explanation = floor.engine.explain(InquiryId("i1"), floor.now)
    assert explanation is not None
    assert [reason.value for reason in explanation.verdicts[0].reasons] == [code]


def test_a_contract_says_which_brands_kinds_channels_and_faces() -> None:
    rules = plan(
        [agent("anna", personas=frozenset())],
        contracts=[
            contract(
                "home",
                brands=frozenset({ACME}),
                kinds=frozenset({"service"}),
                channels=frozenset({Channel.CHAT}),
                presentation=Presentation.VENDOR,
            )
        ],
    )
    floor = Floor(rules)
    floor.ready("anna")
    assert of(Queued, floor.arrive("brand", demand(brand=NOVA)))[0].trace.excluded == {"no_contract": 1}
    assert of(Queued, floor.arrive("kind", demand(kind="complaint")))[0].trace.excluded == {"no_contract": 1}
    assert of(Queued, floor.arrive("mail", demand(channel=Channel.EMAIL)))[0].trace.excluded == {"channel_not_allowed": 1}
    assert offers(floor.arrive("fits")) == [("fits", "anna")]


def test_skills_of_the_kind_and_of_the_demand_count_together() -> None:
    floor = Floor(plan([agent("anna", skills={"router": 2}), agent("ben", skills={"router": 3, "tact": 1})]))
    floor.ready("anna", "ben")
    assert offers(floor.arrive("i1", demand(kind="technical", skills={"tact": 1}))) == [("i1", "ben")]
    assert offers(floor.arrive("i2", demand(kind="technical", skills={"router": 4}))) == []


def test_variants_of_a_language_count_and_the_nearest_is_first() -> None:
    people = [
        agent("porto", languages={"pt-PT": Level.C1}),
        agent("rio", languages={"pt-BR": Level.C1}),
        agent("taipei", languages={"zh-TW": Level.C1}),
    ]
    floor = Floor(plan(people))
    floor.ready("porto", "rio", "taipei")
    assert offers(floor.arrive("i1", demand("pt-BR"))) == [("i1", "rio")]
    assert offers(floor.arrive("i2", demand("pt-BR"))) == [("i2", "porto")]
    assert offers(floor.arrive("i3", demand("zh-CN"))) == []


def test_an_unknown_language_goes_to_who_speaks_most_of_the_brands() -> None:
    people = [agent("one"), agent("two", languages={"en": Level.C1, "de": Level.B2}), agent("none", languages={"fi": Level.C1})]
    floor = Floor(plan(people))
    floor.ready("one", "two", "none")
    (offered,) = floor.arrive("i1", in_any_language())
    assert (offered.agent, offered.trace.why) == ("two", "most_languages")
    assert offers(floor.arrive("i2", in_any_language())) == [("i2", "one")]
    assert offers(floor.arrive("i3", in_any_language())) == []


def in_any_language() -> Demand:
    return Demand(brand=ACME)


# who of those who may


def test_higher_tiers_join_by_age_with_no_other_event() -> None:
    floor = Floor(
        plan(
            [agent("anna"), agent("maria", "manila")],
            pools=[pool("home"), pool("manila")],
            contracts=[contract("home"), contract("manila", tier=2, after=30)],
        )
    )
    floor.ready("anna", "maria")
    floor.arrive("i1")
    floor.accept("i1.1", "anna")
    (queued,) = of(Queued, floor.at(10).arrive("i2"))
    assert queued.trace.excluded == {"seats_full": 1, "tier_not_yet": 1}
    assert floor.engine.next_deadline() == T0 + timedelta(seconds=40)
    assert offers(floor.pass_time(40)) == [("i2", "maria")]


def test_the_lowest_tier_is_first_then_the_least_flexible_then_the_longest_idle() -> None:
    people = [
        agent("busy-bee", skills={"router": 1}),
        agent("plain-b"),
        agent("plain-a"),
        agent("vendor", "manila", languages={"en": Level.B2}),
    ]
    floor = Floor(plan(people, pools=[pool("home"), pool("manila")], contracts=[contract("home"), contract("manila", tier=2)]))
    floor.ready("busy-bee", "vendor", "plain-b")
    floor.at(5).ready("plain-a")
    drawn = [decision for n in range(4) for decision in floor.arrive(f"i{n}")]
    assert [who for _, who in offers(drawn)] == ["plain-b", "plain-a", "busy-bee", "vendor"]
    assert [one.trace.why for one in drawn] == ["longest_idle", "least_flexible", "tier", "only_one"]
    assert drawn[0].trace.chosen_by == (("tier", 3), ("least_flexible", 2), ("longest_idle", 1))


def test_who_has_fewer_in_hand_is_longer_idle() -> None:
    floor = Floor(plan([agent("anna", seats=3), agent("ben", seats=3)]))
    floor.ready("anna", "ben")
    drawn = [decision for n in range(4) for decision in floor.arrive(f"i{n}")]
    assert [who for _, who in offers(drawn)] == ["anna", "ben", "anna", "ben"]


# offers


def test_an_offer_lapses_when_nobody_answers_in_time_and_its_agent_is_set_away() -> None:
    floor = Floor(plan([agent("anna"), agent("ben")]))
    floor.ready("anna", "ben")
    floor.arrive("i1")
    drawn = floor.pass_time(30)
    assert kinds(drawn) == ["Withdrawn", "AvailabilityChanged", "Offered"]
    (away,) = of(AvailabilityChanged, drawn)
    assert (away.agent, away.availability, away.reason) == ("anna", Availability.AWAY, "missed_offer")
    assert offers(drawn) == [("i1", "ben")]


def test_a_missed_offer_leaves_the_agent_ready_if_the_policy_says_so() -> None:
    floor = Floor(plan([agent("anna")], policy=Policy(missed_offer_makes_away=False)))
    floor.ready("anna")
    floor.arrive("i1")
    floor.arrive("i2")
    assert offers(floor.pass_time(30)) == [("i2", "anna")]
    assert floor.engine.availability(AgentId("anna")) is Availability.READY


def test_stepping_away_withdraws_what_rings_and_keeps_what_is_assigned() -> None:
    floor = Floor(plan([agent("anna", seats=2)]))
    floor.ready("anna")
    floor.arrive("i1")
    floor.accept("i1.1", "anna")
    floor.arrive("i2")
    drawn = floor.away("anna")
    assert [one.because for one in of(Withdrawn, drawn)] == ["agent_away"]
    assert floor.stage("i1") == "assigned"
    assert offers(floor.pass_time(600)) == []
    assert offers(floor.feed(AvailabilitySet(agent=AgentId("anna"), availability=Availability.READY))) == [("i2", "anna")]


@pytest.mark.parametrize(
    ("offer", "who", "code"),
    [
        ("nothing.1", "anna", "offer_unknown"),
        ("i1.9", "anna", "offer_unknown"),
        ("i1", "anna", "offer_unknown"),
        ("i1.x", "anna", "offer_unknown"),
        ("i1.1", "ben", "offer_not_yours"),
    ],
)
def test_a_strange_offer_is_refused_and_nothing_changes(offer: str, who: str, code: str) -> None:
    floor = Floor(plan([agent("anna"), agent("ben")]))
    floor.ready("anna", "ben")
    floor.arrive("i1")
    before = floor.engine.capture()
    assert [one.code for one in of(Refused, floor.accept(offer, who))] == [code]
    assert floor.engine.capture() == before


def test_accepting_twice_is_accepting_once() -> None:
    floor = Floor(plan([agent("anna")]))
    floor.ready("anna")
    floor.arrive("i1")
    assert kinds(floor.accept("i1.1", "anna")) == ["Assigned"]
    assert floor.accept("i1.1", "anna") == ()


def test_an_answer_after_the_deadline_is_late_even_if_nobody_had_noticed_yet() -> None:
    floor = Floor(plan([agent("anna")]))
    floor.ready("anna")
    floor.arrive("i1")
    assert kinds(floor.at(31).accept("i1.1", "anna")) == ["Withdrawn", "AvailabilityChanged", "Queued", "Refused"]


def test_unknown_people_are_refused_and_unknown_work_is_ignored() -> None:
    floor = Floor(plan([agent("anna")]))
    assert [one.code for one in of(Refused, floor.ready("ghost"))] == ["agent_unknown", "agent_unknown"]
    for event in (
        InquiryLeft(inquiry=InquiryId("x"), because="idle"),
        DemandCorrected(inquiry=InquiryId("x"), demand=demand()),
        HandlingEnded(inquiry=InquiryId("x")),
        DeadlinePassed(),
    ):
        assert floor.feed(event) == ()


def test_time_never_runs_backwards() -> None:
    floor = Floor(plan([agent("anna")]))
    floor.ready("anna")
    floor.at(100).arrive("i1")
    floor.at(-500).arrive("i2")
    assert floor.engine.queue()[-1].arrived == T0 + timedelta(seconds=100)


# the customer leaves, the work ends


def test_a_customer_who_leaves_frees_the_agent_for_the_next() -> None:
    floor = Floor(plan([agent("anna")]))
    floor.ready("anna")
    floor.arrive("i1")
    floor.arrive("i2")
    drawn = floor.feed(InquiryLeft(inquiry=InquiryId("i1"), because="customer_left"))
    assert kinds(drawn) == ["Withdrawn", "Closed", "Offered"]
    assert floor.stage("i1") is None


def test_seats_stay_in_use_through_the_wrap_up() -> None:
    floor = Floor(plan([agent("anna")]))
    floor.ready("anna")
    floor.arrive("i1")
    floor.accept("i1.1", "anna")
    floor.arrive("i2")
    assert kinds(floor.feed(HandlingEnded(inquiry=InquiryId("i1")))) == ["WrapUpStarted", "Closed"]
    assert floor.engine.seats_used(AgentId("anna")) == 1
    drawn = floor.feed(WrapUpDone(inquiry=InquiryId("i1"), agent=AgentId("anna"), disposition="solved"))
    assert kinds(drawn) == ["WrapUpEnded", "Released", "Offered"]
    assert drawn[-1].trace.why == "next_in_line"


def test_a_wrap_up_that_nobody_ends_times_out() -> None:
    floor = Floor(plan([agent("anna")]))
    floor.ready("anna")
    floor.arrive("i1")
    floor.accept("i1.1", "anna")
    floor.feed(HandlingEnded(inquiry=InquiryId("i1")))
    drawn = floor.pass_time(120)
    assert [one.disposition for one in of(WrapUpEnded, drawn)] == ["timeout"]
    assert [one.because for one in of(Released, drawn)] == ["wrap_up_timeout"]
    late = floor.feed(WrapUpDone(inquiry=InquiryId("i1"), agent=AgentId("anna"), disposition="solved"))
    assert [one.code for one in of(Refused, late)] == ["not_found"]


# transfer


def assigned(*people: str) -> Floor:
    pools = [pool("home"), pool("second"), pool("shut", weekly=())]
    floor = Floor(plan([agent("anna"), agent("ben"), agent("sue", "second"), agent("nat", "shut")], pools=pools))
    floor.ready("anna", *people)
    floor.arrive("i1")
    floor.accept("i1.1", "anna")
    return floor


def transfer(floor: Floor, **to: str) -> tuple[Any, ...]:
    return floor.feed(Transferred(inquiry=InquiryId("i1"), by=AgentId("anna"), **to))  # type: ignore[arg-type]


def test_a_transfer_to_a_colleague_rings_there() -> None:
    floor = assigned("ben", "sue")
    drawn = transfer(floor, agent="sue")
    assert kinds(drawn) == ["Released", "Offered"]
    assert offers(drawn) == [("i1", "sue")]
    assert drawn[1].trace.why == "transferred_to_you"


def test_a_colleague_who_declines_gives_it_to_everybody_but_not_back() -> None:
    floor = assigned("ben", "sue")
    transfer(floor, agent="sue")
    assert offers(floor.decline("i1.2", "sue")) == [("i1", "ben")]


def test_a_transfer_to_a_pool_waits_for_that_pool_in_front() -> None:
    floor = assigned("ben")
    assert kinds(transfer(floor, pool="second")) == ["Released", "Queued"]
    assert offers(floor.ready("sue")) == [("i1", "sue")]


def test_a_transfer_back_to_the_queue_comes_before_the_new_with_its_age() -> None:
    floor = assigned()
    floor.at(5).arrive("i2", demand(kind="complaint"))
    drawn = transfer(floor)
    assert offers(drawn) == [("i2", "anna")]
    assert [waiting.inquiry for waiting in floor.engine.queue()] == ["i1", "i2"]
    assert floor.engine.queue()[0].arrived == T0


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ({"agent": "ghost"}, "transfer_target_unknown"),
        ({"pool": "ghost"}, "transfer_target_unknown"),
        ({"agent": "ben"}, "transfer_target_unable"),
        ({"agent": "anna"}, "transfer_target_unable"),
        ({"pool": "shut"}, "transfer_target_unable"),
    ],
)
def test_a_transfer_to_who_cannot_take_it_changes_nothing(to: dict[str, str], code: str) -> None:
    floor = assigned()
    before = floor.engine.capture()
    assert [one.code for one in of(Refused, transfer(floor, **to))] == [code]
    assert floor.engine.capture() == before


# presence


def test_a_lost_agents_chats_go_to_others_in_front_after_the_grace() -> None:
    floor = assigned()
    floor.arrive("i2")
    floor.at(10).drop("anna")
    assert floor.pass_time(54) == ()
    drawn = floor.pass_time(55)
    assert [(one.because, one.requeued) for one in of(Released, drawn)] == [("agent_lost", True)]
    assert of(AvailabilityChanged, drawn)[0].reason == "agent_lost"
    assert offers(floor.ready("ben")) == [("i1", "ben")]


def two_in_hand() -> Floor:
    """Anna has a chat and an e-mail."""
    floor = Floor(plan([agent("anna", seats=2), agent("ben", seats=2)]))
    floor.ready("anna")
    for id_, channel in (("chat", Channel.CHAT), ("mail", Channel.EMAIL)):
        floor.arrive(id_, demand(channel=channel))
        floor.accept(f"{id_}.1", "anna")
    return floor


def test_a_lost_agents_mails_go_to_others_half_an_hour_after_the_chats() -> None:
    floor = two_in_hand()
    floor.at(10).drop("anna")
    assert [one.inquiry for one in of(Released, floor.pass_time(55))] == ["chat"]
    assert of(Released, floor.pass_time(1_809)) == []
    assert [(one.inquiry, one.because) for one in of(Released, floor.pass_time(1_810))] == [("mail", "agent_lost")]
    assert sorted(offers(floor.ready("ben"))) == [("chat", "ben"), ("mail", "ben")]


def test_who_is_back_at_work_in_time_keeps_their_mails() -> None:
    floor = two_in_hand()
    floor.at(10).drop("anna")
    floor.pass_time(600)
    floor.ready("anna")
    assert of(Released, floor.pass_time(4_000)) == []
    assert floor.stage("mail") == "assigned"


def test_signing_out_and_then_closing_the_console_counts_the_half_hour_once() -> None:
    floor = two_in_hand()
    floor.feed(AvailabilitySet(agent=AgentId("anna"), availability=Availability.OFFLINE))
    floor.at(1_000).drop("anna")
    restored = Floor(floor.engine.plan, engine=Engine.restore(floor.engine.plan, floor.engine.capture()))
    for one in (floor, restored):
        one.at(1_000)
        drawn = one.pass_time(1_800)
        assert [each.inquiry for each in of(Released, drawn) if each.inquiry == "mail"] == ["mail"]


def test_back_within_the_grace_nothing_happened() -> None:
    floor = assigned()
    floor.at(10).drop("anna")
    assert floor.at(50).connect("anna") == ()
    assert floor.pass_time(600) == ()
    assert floor.stage("i1") == "assigned"


def test_another_owner_keeps_assignments_and_offers_nothing_to_the_unseen() -> None:
    floor = assigned("ben")
    drawn = floor.at(30).feed(OwnerTookOver())
    assert drawn == ()
    assert offers(floor.arrive("i2")) == []
    assert offers(floor.at(40).connect("ben")) == [("i2", "ben")]
    assert floor.stage("i1") == "assigned"


def test_offers_that_ended_while_no_owner_listened_are_nobodys_fault() -> None:
    floor = Floor(plan([agent("anna")]))
    floor.ready("anna")
    floor.arrive("i1")
    drawn = floor.at(300).feed(OwnerTookOver())
    assert [one.because for one in of(Withdrawn, drawn)] == ["agent_lost"]
    assert floor.engine.availability(AgentId("anna")) is Availability.READY
    assert offers(floor.connect("anna")) == [("i1", "anna")]


def test_signing_out_with_chats_starts_their_grace() -> None:
    floor = assigned()
    floor.feed(AvailabilitySet(agent=AgentId("anna"), availability=Availability.OFFLINE))
    assert [one.because for one in of(Released, floor.pass_time(45))] == ["agent_lost"]


# explain


def test_an_explanation_says_who_could_why_nobody_does_and_when_that_changes() -> None:
    floor = Floor(
        plan(
            [agent("anna"), agent("late", "evening"), agent("maria", "manila")],
            pools=[
                pool("home"),
                pool("evening", weekly=tuple(Block(weekday=d, opens=time(11), closes=time(20)) for d in range(7))),
                pool("manila"),
            ],
            contracts=[contract("home"), contract("evening"), contract("manila", tier=2, after=60)],
        )
    )
    floor.ready("anna", "late", "maria")
    floor.arrive("i1")
    floor.decline("i1.1", "anna")
    found = floor.engine.explain(InquiryId("i1"), floor.at(1).now)
    assert found is not None
    assert {v.agent: [r.value for r in v.reasons] for v in found.verdicts} == {
        "anna": ["declined"],
        "late": ["pool_closed"],
        "maria": ["tier_not_yet"],
    }
    assert [(c.what.value, c.at, c.agent or c.pool or c.tier) for c in found.changes] == [
        ("overflow", T0 + timedelta(seconds=60), 2),
        ("cool_down_ends", T0 + timedelta(seconds=120), "anna"),
        ("opening", T0 + timedelta(hours=1), "evening"),
    ]
    assert found.ahead == 0
    assert floor.engine.explain(InquiryId("unknown"), floor.now) is None


def test_a_vendors_contract_covers_all_its_pools() -> None:
    both = [pool("one", vendor="v"), pool("two", vendor="v"), pool("other", vendor="w")]
    shared = Contract(id=ContractId("c"), client=ClientId("client"), vendor=VendorId("v"))
    floor = Floor(plan([agent("a", "one"), agent("b", "two"), agent("c", "other")], pools=both, contracts=[shared]))
    floor.ready("a", "b", "c")
    drawn = [decision for n in range(3) for decision in floor.arrive(f"i{n}")]
    assert [who for _, who in offers(drawn)] == ["a", "b"]
    assert PoolId("two") == drawn[1].pool


def test_assignment_and_end_name_the_same_seats() -> None:
    floor = Floor(plan([agent("anna", seats=2)], policy=Policy(weights={Channel.CHAT: 2})))
    floor.ready("anna")
    floor.arrive("i1")
    (taken,) = of(Assigned, floor.accept("i1.1", "anna"))
    drawn = floor.finish("i1", "anna")
    assert [taken.weight, *(one.weight for one in of(Released, drawn))] == [2, 2]
    assert [one.because for one in of(Closed, drawn)] == ["handled"]


def test_the_waiting_are_told_in_the_order_of_their_places_after_a_restore_too() -> None:
    rules = plan([agent("anna", languages={"en": Level.C1, "de": Level.C1})], pools=[pool("home", weekly=OFFICE)])
    floor = Floor(rules, start=z("2026-11-23T16:59"))
    for n, inquiry in enumerate(["z", "a", "m"]):
        floor.at(n).arrive(inquiry, demand("en" if n % 2 else "de"))
    restored = Floor(rules, start=floor.start, engine=Engine.restore(rules, floor.engine.capture()))
    told = [one.inquiry for one in of(Queued, floor.pass_time(60))]
    assert told == ["z", "a", "m"] == [one.inquiry for one in of(Queued, restored.pass_time(60))]


def test_a_tag_that_is_none_fits_nobody_and_breaks_nothing() -> None:
    floor = Floor(plan([agent("anna", languages={"": Level.C1, "no tag at all!": Level.C1})]))
    floor.ready("anna")
    assert [one.because for one in of(Flagged, floor.arrive("i1", demand("???")))] == ["nobody_qualified"]
    assert floor.engine.could_open(demand("???"), T0) == (False, None)


def test_a_demand_for_what_the_plan_does_not_know_waits_and_is_flagged() -> None:
    floor = Floor(plan([agent("anna")]))
    floor.ready("anna")
    (queued,) = of(Queued, floor.arrive("i1", demand(brand=BrandId("unknown"))))
    assert queued.trace.excluded == {"brand_unknown": 1}
    assert offers(floor.arrive("i2", demand(kind="unheard_of"))) == [("i2", "anna")]


def test_what_does_not_wait_has_no_place() -> None:
    floor = Floor(plan([agent("anna"), agent("ben", languages={"de": Level.C1})]))
    floor.ready("anna")
    floor.arrive("ringing")
    floor.arrive("waiting")
    floor.at(1).arrive("others", demand("de"))
    assert [floor.engine.place_in_queue(InquiryId(one)) for one in ("ringing", "waiting", "others", "none")] == [0, 0, 0, None]
    floor.accept("ringing.1", "anna")
    assert floor.engine.place_in_queue(InquiryId("ringing")) is None
    assert floor.engine.waiting_count() == 2
    assert [one.inquiry for one in floor.engine.queue(ACME)] == ["waiting", "others"]
    assert floor.engine.queue(NOVA) == ()


def test_an_agents_hours_are_a_rule_of_their_own() -> None:
    early = Hours(zone="UTC", weekly=tuple(Block(weekday=d, opens=time(6), closes=time(9)) for d in range(5)))
    floor = Floor(plan([agent("anna", shift=early)]))
    floor.ready("anna")
    (queued,) = of(Queued, floor.arrive("i1"))
    assert queued.trace.excluded == {"off_shift": 1}
    assert queued.next_opening == z("2026-11-24T06:00")


def test_work_accepted_after_closing_time_is_refused() -> None:
    floor = Floor(plan([agent("anna")], pools=[pool("home", weekly=OFFICE)]), start=z("2026-11-23T16:59:50"))
    floor.ready("anna")
    floor.arrive("i1")
    drawn = floor.at(15).accept("i1.1", "anna")
    assert [one.code for one in of(Refused, drawn)] == ["no_longer_eligible"]
    assert of(Queued, drawn)[0].all_closed


def test_wishes_about_others_work_are_refused() -> None:
    floor = assigned("ben")
    foreign = [
        Transferred(inquiry=InquiryId("i1"), by=AgentId("ben")),
        WrapUpDone(inquiry=InquiryId("i1"), agent=AgentId("ben"), disposition="x"),
        WrapUpDone(inquiry=InquiryId("i1"), agent=AgentId("anna"), disposition="x"),
        Transferred(inquiry=InquiryId("none"), by=AgentId("ben")),
        InquiryClaimed(inquiry=InquiryId("i1"), agent=AgentId("ben")),
        InquiryClaimed(inquiry=InquiryId("none"), agent=AgentId("ben")),
        InquiryClaimed(inquiry=InquiryId("i1"), agent=AgentId("ghost")),
    ]
    codes = [one.code for event in foreign for one in of(Refused, floor.feed(event))]
    assert codes == ["not_yours", "not_yours", "out_of_order", "not_found", "out_of_order", "not_found", "agent_unknown"]


def test_a_claim_needs_the_rules_and_a_seat() -> None:
    floor = assigned()
    floor.connect("ben")
    floor.away("ben")
    floor.arrive("i2")
    floor.arrive("i3", demand("fi"))
    assert [one.code for one in of(Refused, floor.feed(InquiryClaimed(inquiry=InquiryId("i2"), agent=AgentId("anna"))))] == [
        "seats_full"
    ]
    assert [one.code for one in of(Refused, floor.feed(InquiryClaimed(inquiry=InquiryId("i3"), agent=AgentId("ben"))))] == [
        "no_longer_eligible"
    ]
    assert [one.code for one in of(Refused, floor.feed(InquiryClaimed(inquiry=InquiryId("i2"), agent=AgentId("sue"))))] == [
        "no_longer_eligible"
    ]
    assert kinds(floor.feed(InquiryClaimed(inquiry=InquiryId("i2"), agent=AgentId("ben")))) == ["Offered", "Assigned"]


def test_an_agent_the_rules_no_longer_know_keeps_what_is_assigned_and_gets_nothing_new() -> None:
    rules = plan([agent("anna", seats=2), agent("ben")])
    floor = Floor(rules)
    floor.ready("anna")
    floor.arrive("i1")
    floor.accept("i1.1", "anna")
    floor.arrive("i2")
    drawn = floor.feed(PlanChanged(plan=with_version(rules, agents={"ben": agent("ben")})))
    assert [(one.inquiry, one.because) for one in of(Withdrawn, drawn)] == [("i2", "rules_changed")]
    assert floor.stage("i1") == "assigned"
    assert kinds(floor.finish("i1", "anna")) == ["WrapUpStarted", "Closed", "WrapUpEnded", "Released"]
    assert floor.stage("i2") == "waiting"


def test_nobody_waits_for_a_lower_tier_that_is_closed_or_closes() -> None:
    rules = plan(
        [agent("anna"), agent("maria", "manila")],
        pools=[pool("home", weekly=OFFICE), pool("manila")],
        contracts=[contract("home"), contract("manila", tier=2, after=600)],
    )
    floor = Floor(rules, start=z("2026-11-23T16:59"))
    floor.ready("maria")
    assert of(Queued, floor.arrive("i1"))[0].trace.excluded == {"offline": 1, "tier_not_yet": 1}
    assert offers(floor.pass_time(60)) == [("i1", "maria")]
    evening = Floor(rules, start=z("2026-11-23T20:00"))
    evening.ready("maria")
    assert offers(evening.arrive("i2")) == [("i2", "maria")]


def test_handing_on_is_no_decline() -> None:
    floor = Floor(plan([agent("anna")], policy=Policy(decline_rounds_max=1)))
    floor.ready("anna")
    floor.arrive("i1")
    floor.accept("i1.1", "anna")
    assert of(Flagged, transfer(floor)) == []
    assert offers(floor.pass_time(120)) == [("i1", "anna")]


def test_who_gets_ready_takes_nothing_that_is_still_a_lower_tiers_turn() -> None:
    rules = plan(
        [agent("anna"), agent("maria", "manila")],
        pools=[pool("home"), pool("manila")],
        contracts=[contract("home"), contract("manila", tier=2, after=600)],
    )
    floor = Floor(rules)
    floor.connect("anna")
    floor.away("anna")
    floor.arrive("old")
    floor.at(5).arrive("new")
    assert offers(floor.at(10).ready("maria")) == []
    floor.away("maria")
    floor.feed(InquiryClaimed(inquiry=InquiryId("new"), agent=AgentId("anna")))
    floor.pass_time(602)
    floor.feed(Transferred(inquiry=InquiryId("new"), by=AgentId("anna")))
    assert [waiting.inquiry for waiting in floor.engine.queue()] == ["new", "old"]
    assert offers(floor.ready("maria")) == [("old", "maria")]  # the one in front is younger: not her turn yet


def test_right_after_a_take_over_a_missed_offer_sends_nobody_away() -> None:
    floor = Floor(plan([agent("anna")], policy=Policy(offer_seconds={Channel.CHAT: 10})))
    floor.ready("anna")
    floor.at(1).feed(OwnerTookOver())
    floor.at(2).connect("anna")
    floor.at(3).arrive("i1")
    assert [one.because for one in of(Withdrawn, floor.pass_time(13))] == ["lapsed"]
    assert floor.engine.availability(AgentId("anna")) is Availability.READY


def test_a_take_over_gives_the_lost_time_to_find_the_new_owner() -> None:
    floor = assigned()
    floor.drop("anna")
    floor.at(44).feed(OwnerTookOver())
    assert of(Released, floor.pass_time(63)) == []
    assert [one.because for one in of(Released, floor.pass_time(64))] == ["agent_lost"]


def test_the_next_opening_is_told_anew_every_day() -> None:
    floor = Floor(plan([agent("anna")], pools=[pool("home", weekly=OFFICE)]), start=z("2026-11-23T18:00"))
    assert of(Queued, floor.arrive("i1"))[0].next_opening == z("2026-11-24T09:00")
    floor.pass_time(24 * 3600)
    assert of(Queued, floor.arrive("i2"))[0].next_opening == z("2026-11-25T09:00")
