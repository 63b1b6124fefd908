from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from i18n.levels import Level
from routing.coverage import HOUR, WEEK, Cover, classes, coverage, next_opening
from routing.eligibility import reasons_against
from routing.engine import Engine
from routing.model import AgentId, Block, BrandId, Channel, Demand, Hours, Kind, Plan
from tests.routing.builders import ACME, NOVA, agent, certified_until, contract, demand, plan, pool


def z(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def week(opens: int, closes: int, days: range = range(7)) -> tuple[Block, ...]:
    return tuple(Block(weekday=day, opens=time(opens), closes=time(closes)) for day in days)


def of(plan_: Plan, since: str, weeks: int = 1, asked: Demand | None = None) -> Cover:
    """The cover of one class."""
    return coverage(plan_, z(since), weeks, [asked or demand()]).covers[0]


def test_an_hour_that_no_pool_is_open_in_is_uncovered() -> None:
    berlin = pool("home", zone="Europe/Berlin", weekly=week(9, 17, range(5)))
    cover = of(plan([agent("anna"), agent("ben")], pools=[berlin]), "2026-11-23T00:00")
    hours = cover.by_hour()
    assert hours[:24] == (0,) * 8 + (2,) * 8 + (0,) * 8  # Monday, an hour behind Berlin
    assert hours[5 * 24 :] == (0,) * 48
    assert cover.first_gap == (z("2026-11-23T00:00"), z("2026-11-23T08:00"))
    assert cover.gaps[-1] == (z("2026-11-27T16:00"), z("2026-11-30T00:00"))


def test_somebody_at_every_hour_leaves_no_gap() -> None:
    cover = of(plan([agent("anna")]), "2026-11-23T00:00", weeks=4)
    assert cover.gaps == ()
    assert cover.first_gap is None
    assert cover.by_hour() == (1,) * (4 * 7 * 24)


def test_an_hour_counts_its_worst_moment() -> None:
    kolkata = pool("home", zone="Asia/Kolkata", weekly=week(9, 17))
    cover = of(plan([agent("anna")], pools=[kolkata]), "2026-11-23T00:00")
    assert cover.first_gap == (z("2026-11-23T00:00"), z("2026-11-23T03:30"))
    assert cover.by_hour()[2:5] == (0, 0, 1)
    assert (cover.agents_at(z("2026-11-23T03:29:59")), cover.agents_at(z("2026-11-23T03:30"))) == (0, 1)


@pytest.mark.parametrize(("friday", "monday"), [("2026-10-23", "2026-10-26"), ("2027-03-26", "2027-03-29")])
def test_hours_move_against_utc_where_the_clocks_change(friday: str, monday: str) -> None:
    berlin = pool("home", zone="Europe/Berlin", weekly=week(9, 17, range(5)))
    cover = of(plan([agent("anna")], pools=[berlin]), f"{friday}T00:00")
    offset = 7 if friday < "2027" else 8
    assert cover.by_hour().index(1) == offset
    assert cover.by_hour()[72:].index(1) == (15 - offset)
    assert (
        next_opening(plan([agent("anna")], pools=[berlin]), demand(), z(f"{monday}T00:00"))
        == z(f"{monday}T00:00") + (15 - offset) * HOUR
    )


@pytest.mark.parametrize(("saturday", "lasts"), [("2026-10-24", 9), ("2027-03-27", 7), ("2026-11-07", 8)])
def test_an_overnight_block_is_as_long_as_the_night(saturday: str, lasts: int) -> None:
    night = pool("home", zone="Europe/Berlin", weekly=(Block(weekday=5, opens=time(22), closes=time(6)),))
    cover = of(plan([agent("anna")], pools=[night]), f"{saturday}T00:00")
    assert sum(cover.by_hour()) == lasts


def test_a_night_that_began_before_the_time_looked_at_still_counts() -> None:
    night = pool("home", zone="Asia/Manila", weekly=week(22, 6))
    assert of(plan([agent("anna")], pools=[night]), "2026-11-23T16:00").by_hour()[:7] == (1, 1, 1, 1, 1, 1, 0)


def test_a_public_holiday_is_a_gap() -> None:
    german = pool("home", zone="Europe/Berlin", weekly=week(0, 0), holidays="DE")
    cover = of(plan([agent("anna")], pools=[german]), "2026-12-21T00:00")
    assert cover.gaps == ((z("2026-12-24T23:00"), z("2026-12-26T23:00")),)


def test_a_pool_elsewhere_fills_the_holiday() -> None:
    hours = Hours(zone="Europe/Berlin", weekly=week(0, 0), holidays="DE")
    manila = pool("away", zone="Asia/Manila")
    german = replace(pool("home"), hours=hours)
    both = plan([agent("anna"), agent("maria", "away")], pools=[german, manila])
    cover = of(both, "2026-12-21T00:00")
    assert cover.gaps == ()
    assert cover.agents_at(z("2026-12-25T12:00")) == 1


def test_a_certification_that_ends_leaves_a_gap_from_the_end_of_its_day_at_the_pool() -> None:
    manila = pool("home", zone="Asia/Manila")
    certified = agent("maria", certifications=certified_until(date(2026, 11, 30)))
    cover = of(plan([certified], pools=[manila]), "2026-11-23T00:00", weeks=2)
    assert cover.gaps == ((z("2026-11-30T16:00"), z("2026-12-07T00:00")),)


def test_contract_dates_bound_the_cover() -> None:
    dated = contract("home", valid_from=date(2026, 11, 24), valid_to=date(2026, 11, 26), zone="Asia/Tokyo")
    cover = of(plan([agent("anna")], contracts=[dated]), "2026-11-23T00:00")
    assert [(step.at, step.agents) for step in cover.steps] == [
        (z("2026-11-23T00:00"), 0),
        (z("2026-11-23T15:00"), 1),
        (z("2026-11-26T15:00"), 0),
    ]


def test_two_contracts_of_one_agent_count_the_agent_once() -> None:
    first = contract("home", id="first", valid_to=date(2026, 11, 25))
    second = contract("home", id="second", valid_from=date(2026, 11, 24), tier=2)
    assert of(plan([agent("anna")], contracts=[first, second]), "2026-11-23T00:00").by_hour() == (1,) * 168


def test_a_shift_narrows_the_hours_of_the_pool() -> None:
    early = agent("anna", shift=Hours(zone="UTC", weekly=week(6, 14)))
    open_late = pool("home", weekly=week(8, 18))
    assert of(plan([early, agent("ben")], pools=[open_late]), "2026-11-23T00:00").by_hour()[6:20] == (
        *(0, 0),
        *(2,) * 6,
        *(1,) * 4,
        *(0, 0),
    )


def test_only_those_who_may_are_counted() -> None:
    floor = [
        agent("able"),
        agent("weak", languages={"en": Level.A2}),
        agent("stranger", certifications={NOVA: None}),
        agent("faceless", personas=frozenset()),
        agent("french", languages={"fr": Level.C2}),
    ]
    assert of(plan(floor), "2026-11-23T00:00").by_hour()[0] == 1
    assert of(plan(floor), "2026-11-23T00:00", asked=demand("fr")).by_hour()[0] == 1
    assert of(plan(floor), "2026-11-23T00:00", asked=demand(kind="technical")).by_hour()[0] == 0
    assert of(plan(floor), "2026-11-23T00:00", asked=demand(agent=AgentId("weak"))).by_hour()[0] == 0
    assert of(plan(floor), "2026-11-23T00:00", asked=demand(agent=AgentId("able"))).by_hour()[0] == 1
    assert of(plan(floor), "2026-11-23T00:00", asked=demand(agent=AgentId("nobody"))).by_hour()[0] == 0


def test_kinds_of_work_differ_by_skills_data_and_contracts() -> None:
    skilled = agent("skilled", skills={"router": 2})
    narrow = contract("home", id="narrow", kinds=frozenset({"service", "technical", "claim"}), data=frozenset({"order"}))
    kinds = [
        Kind(id="service"),
        Kind(id="technical", skills={"router": 2}),
        Kind(id="claim", data=frozenset({"health"})),
        Kind(id="other"),
    ]
    made = plan([skilled, agent("plain")], contracts=[narrow], kinds=kinds)
    asked = [demand(kind=kind.id) for kind in kinds] + [demand(kind="service", skills={"router": 1})]
    found = coverage(made, z("2026-11-23T00:00"), 1, asked)
    assert [cover.by_hour()[0] for cover in found.covers] == [2, 1, 0, 0, 1]


def test_data_stays_in_the_countries_it_may_be_seen_in() -> None:
    manila = replace(pool("manila"), country="PH")
    made = plan([agent("anna"), agent("maria", "manila")], pools=[pool("home"), manila])
    asked = [demand(), demand(residency=("DE", "FR")), demand(residency=("US",))]
    assert [cover.by_hour()[0] for cover in coverage(made, z("2026-11-23T00:00"), 1, asked).covers] == [2, 1, 0]


def test_an_unknown_brand_is_covered_by_nobody() -> None:
    assert of(plan([agent("anna")]), "2026-11-23T00:00", asked=demand(brand=BrandId("ghost"))).by_hour()[0] == 0


def test_the_classes_are_what_the_contracts_promise() -> None:
    chat = contract("home", kinds=frozenset({"service"}), channels=frozenset({Channel.CHAT}), brands=frozenset({ACME}))
    ended = contract("home", id="ended", valid_to=date(2026, 11, 1))
    asked = classes(plan([], contracts=[chat, ended]), z("2026-11-23T00:00"), z("2026-11-30T00:00"))
    assert [(one.brand, one.languages, one.kind, one.channel) for one in asked] == [
        (ACME, ("en",), "service", Channel.CHAT),
        (ACME, ("de",), "service", Channel.CHAT),
    ]


def test_the_map_names_what_is_uncovered_and_when_it_begins() -> None:
    night = pool("night", weekly=week(20, 8))
    day = pool("day", weekly=week(8, 20))
    german = agent("dora", "day", languages={"en": Level.C1, "de": Level.C1})
    made = plan([agent("nina", "night"), german], pools=[night, day], kinds=[Kind(id="service")])
    found = coverage(made, z("2026-11-23T09:17"), weeks=2)
    assert (found.since, found.until) == (z("2026-11-23T09:00"), z("2026-12-07T09:00"))
    assert {(cover.demand.brand, cover.demand.languages) for cover in found.uncovered} == {(ACME, ("de",))}
    assert found.first_gap == (z("2026-11-23T20:00"), z("2026-11-24T08:00"))


def test_the_next_opening_is_now_where_it_is_open_and_never_where_nobody_may() -> None:
    made = plan([agent("anna")], pools=[pool("home", weekly=week(9, 17))])
    assert next_opening(made, demand(), z("2026-11-23T10:20")) == z("2026-11-23T10:20")
    assert next_opening(made, demand(), z("2026-11-23T18:00")) == z("2026-11-24T09:00")
    assert next_opening(made, demand("ja"), z("2026-11-23T18:00")) is None
    assert next_opening(made, demand(), z("2026-11-23T18:00"), timedelta(hours=3)) is None


_LEVELS = st.dictionaries(st.sampled_from(["en", "de", "pt-BR"]), st.sampled_from(list(Level)), max_size=2)
_HOURS = st.builds(
    Hours,
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"]),
    weekly=st.lists(
        st.builds(
            Block, weekday=st.integers(0, 6), opens=st.sampled_from([time(0), time(9), time(22, 30)]), closes=st.just(time(17))
        ),
        max_size=4,
    ).map(tuple),
)
_DATES = st.none() | st.dates(date(2026, 10, 20), date(2026, 11, 3))


@st.composite
def _floors(draw: st.DrawFn) -> Plan:
    pools = [replace(pool(name), hours=draw(_HOURS)) for name in ("home", "away")]
    agents = [
        agent(
            f"a{n}",
            draw(st.sampled_from(["home", "away"])),
            languages=draw(_LEVELS),
            certifications=draw(st.dictionaries(st.just(ACME), _DATES)),
            shift=draw(st.none() | _HOURS),
        )
        for n in range(draw(st.integers(0, 5)))
    ]
    return plan(agents, pools=pools, contracts=[contract("home"), contract("away", valid_from=draw(_DATES), valid_to=draw(_DATES))])


@settings(max_examples=60, deadline=None)
@given(made=_floors(), asked=st.sampled_from(["en", "de", "pt-PT"]), minutes=st.lists(st.integers(0, 7 * 24 * 60 - 1), max_size=8))
def test_the_map_says_what_the_rules_say_of_everybody_at_every_moment(made: Plan, asked: str, minutes: list[int]) -> None:
    since, wanted = z("2026-10-22T00:00"), demand(asked)
    cover = of(made, "2026-10-22T00:00", asked=wanted)
    for minute in minutes:
        at = since + timedelta(minutes=minute)
        able = sum(not reasons_against(made, one, wanted, at) for one in made.agents.values())
        assert cover.agents_at(at) == able


@settings(max_examples=40, deadline=None)
@given(made=_floors(), minute=st.integers(0, 7 * 24 * 60))
def test_the_next_opening_is_the_engines(made: Plan, minute: int) -> None:
    at = z("2026-10-22T00:00") + timedelta(minutes=minute)
    is_open, opening = Engine(made).could_open(demand(), at)
    assert next_opening(made, demand(), at) == (at if is_open else opening)


def test_the_time_looked_at_is_whole_weeks() -> None:
    found = coverage(plan([agent("anna")]), z("2026-11-23T00:00"), weeks=3)
    assert found.until - found.since == 3 * WEEK
    assert {len(cover.by_hour()) for cover in found.covers} == {3 * 168}
