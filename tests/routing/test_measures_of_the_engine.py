"""The measures over a journal that the real engine wrote, through the codec in which it is kept."""

from __future__ import annotations

import numpy as np

from routing.decisions import Offered
from routing.events import InquiryLeft, Transferred
from routing.journal import Entry, Step, from_json, to_json
from routing.measures import (
    ALL,
    Attendance,
    Cases,
    Directory,
    Figure,
    Fold,
    Targets,
    Terms,
    figures,
    measure,
    milliseconds,
    occupancy,
)
from routing.model import AgentId, InquiryId, PoolId
from tests.routing.builders import Floor, agent, contract, demand, of, offers, plan, pool

PLAN = plan(
    [agent("anna"), agent("ben"), agent("cleo", "manila", seats=2)],
    pools=[pool("home"), pool("manila", zone="Asia/Manila", vendor="pacific")],
    contracts=[contract("home"), contract("manila", tier=2, after=60)],
)
DIRECTORY = Directory(vendors={"manila": "pacific"}, agents={"anna": "home", "ben": "home", "cleo": "manila"})


def journal(floor: Floor) -> list[Entry]:
    """What the owner would have written, written and read back."""
    steps = (Step(event=event, decisions=decisions, rules=1) for event, _, decisions in floor.log)
    return [
        Entry(seq=seq, at=at, epoch=1, body=from_json(to_json(step)))
        for seq, (step, (_, at, _)) in enumerate(zip(steps, floor.log, strict=True), start=1)
    ]


def read(floor: Floor) -> Fold:
    return Fold({1: PLAN}.get).extend(journal(floor))


def shown(fold: Fold, view: int = ALL, **filters: str) -> dict[str, Figure]:
    table = Cases.of(fold.records(), DIRECTORY)
    rows = np.flatnonzero(table.where(view, {name: {value} for name, value in filters.items()}))
    return figures(measure(table, rows, Terms(targets=Targets(), as_of_ms=fold.at_ms)))


def offered(floor: Floor, inquiry: str) -> Offered:
    """The last offer of this inquiry."""
    return [one for _, _, decisions in floor.log for one in of(Offered, decisions) if one.inquiry == inquiry][-1]


def take(floor: Floor, inquiry: str) -> str:
    offer = offered(floor, inquiry)
    floor.accept(offer.offer, offer.agent)
    return offer.agent


def test_a_whole_inquiry_is_measured_as_it_was_lived() -> None:
    floor = Floor(PLAN)
    floor.ready("anna")
    floor.at(5).arrive("i1")
    floor.at(12)
    assert take(floor, "i1") == "anna"
    floor.at(112).finish("i1", "anna")
    floor.at(200).away("anna")

    fold = read(floor)
    one = shown(fold)
    assert (one["asa"].value, one["aht"].value, one["service_level"].value, one["language_match"].value) == (7, 100, 1, 1)
    assert fold.record("i1").disposition == "solved"
    bounds = np.array([milliseconds(floor.start), fold.at_ms], dtype=np.int64)
    assert occupancy(Attendance(fold.agents.values(), DIRECTORY, fold.at_ms).spent(bounds, Targets())[0]).hits == 100_000


def test_a_lapsed_offer_an_overflow_and_the_time_that_each_pool_answers_for() -> None:
    floor = Floor(PLAN)
    floor.ready("anna", "cleo")
    floor.at(0).arrive("i1")
    floor.pass_time(61)
    assert [one for _, _, decisions in floor.log for one in offers(decisions)] == [("i1", "anna"), ("i1", "cleo")]
    floor.at(70)
    take(floor, "i1")

    fold = read(floor)
    assert (shown(fold)["asa"].value, shown(fold)["missed_offers"].value, shown(fold)["missed_offers"].n) == (70, 0.5, 2)
    assert shown(fold, 2, pool="manila")["asa"].value == 10
    assert shown(fold, 2, pool="home")["passed_on"].value == 1


def test_a_customer_who_leaves_while_it_rings_has_abandoned_and_nobody_missed_an_offer() -> None:
    floor = Floor(PLAN)
    floor.ready("anna")
    floor.at(0).arrive("i1")
    floor.at(20).feed(InquiryLeft(inquiry=InquiryId("i1"), because="customer_left"))

    one = shown(read(floor))
    assert (one["abandoned"].value, one["missed_offers"].value) == (1, 0)
    assert (one["missed_offers_present"].n, shown(read(floor), 2, pool="home")["abandoned"].value) == (0, 1)


def test_a_transfer_counts_for_who_gave_it_and_waits_for_who_got_it() -> None:
    floor = Floor(PLAN)
    floor.ready("anna", "cleo")
    floor.at(0).arrive("i1")
    take(floor, "i1")
    floor.at(50).feed(Transferred(inquiry=InquiryId("i1"), by=AgentId("anna"), pool=PoolId("manila")))
    floor.at(58)
    assert take(floor, "i1") == "cleo"
    floor.at(100).finish("i1", "cleo")

    fold = read(floor)
    assert (shown(fold)["transfer_rate"].value, shown(fold)["aht"].value) == (1, 92)
    home, manila = shown(fold, 2, pool="home"), shown(fold, 2, pool="manila")
    assert (home["transfer_rate"].value, manila["transfer_rate"].value, manila["asa"].value) == (1, 0, 8)


def test_a_lost_agent_is_told_from_a_finished_one() -> None:
    floor = Floor(PLAN)
    floor.ready("anna", "ben")
    floor.at(0).arrive("i1", demand("en"))
    lost = take(floor, "i1")
    floor.at(10).drop(lost)
    floor.pass_time(60)
    other = take(floor, "i1")
    floor.at(90).finish("i1", other)

    one = shown(read(floor))
    assert lost != other
    assert (one["agent_lost"].value, one["answered"].value, one["aht"].value) == (1, 1, 55 + 30)
