"""Where many wait and many are free, nobody is left out whom another pairing would serve."""

from __future__ import annotations

from datetime import UTC, datetime, time

from i18n.levels import Level
from routing.decisions import Offered
from routing.model import Block
from tests.routing.builders import Floor, agent, contract, demand, of, offers, plan, pool

NINE = tuple(Block(weekday=day, opens=time(9), closes=time(17)) for day in range(5))
EARLY = datetime(2026, 11, 23, 8, 59, 0, tzinfo=UTC)
BOTH, ENGLISH = {"en": Level.C1, "de": Level.C1}, {"en": Level.C1}


def opening(*arrivals: tuple[str, str]) -> tuple[Floor, list[Offered]]:
    """Anna speaks German and English and little else; ben speaks English and has skills, so anna is asked first for English."""
    floor = Floor(
        plan(
            [agent("anna", languages=BOTH), agent("ben", languages=ENGLISH, skills={f"s{n}": 1 for n in range(9)})],
            pools=[pool("home", weekly=NINE)],
            contracts=[contract("home")],
        ),
        start=EARLY,
    )
    floor.ready("anna", "ben")
    for inquiry, language in arrivals:
        floor.arrive(inquiry, demand(language))
    return floor, of(Offered, floor.pass_time(60))


def test_at_an_opening_as_many_are_served_as_can_be() -> None:
    _, drawn = opening(("english", "en"), ("german", "de"))
    assert sorted(offers(drawn)) == [("english", "ben"), ("german", "anna")]
    assert {one.trace.why for one in drawn} == {"matched"}


def test_where_one_after_the_other_serves_as_many_the_order_of_choice_stays() -> None:
    _, drawn = opening(("first", "en"), ("second", "en"))
    assert offers(drawn) == [("first", "anna"), ("second", "ben")]
    assert {one.trace.why for one in drawn} == {"least_flexible", "only_one"}


def test_who_has_the_better_place_is_never_left_out_for_others() -> None:
    floor, drawn = opening(("german", "de"), ("also german", "de"), ("english", "en"))
    assert sorted(offers(drawn)) == [("english", "ben"), ("german", "anna")]
    assert [one.inquiry for one in floor.engine.queue() if one.offered_to is None] == ["also german"]
