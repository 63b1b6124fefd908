"""The measures: what each counts, that they add up, and that nobody else's arithmetic comes to another result."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.journal import Entry
from routing.measures import (
    ALL,
    DEFINITIONS,
    POOL,
    QUANTITIES,
    VENDOR,
    Attendance,
    Cases,
    Figure,
    Fold,
    Sketch,
    Tallies,
    Tally,
    Targets,
    Terms,
    figures,
    measure,
    merge,
    milliseconds,
    occupancy,
    open_time,
    utilisation,
    wilson,
)
from routing.measures.statistics import ACCURACY
from routing.model import Availability, Block, Hours
from tests.quality import naive
from tests.quality.floors import DIRECTORY, FloorTold, plan
from tests.quality.histories import histories


def fold(entries: Iterable[Entry]) -> Fold:
    return Fold(plan).extend(entries)


def cases(entries: Iterable[Entry]) -> Cases:
    return Cases.of(fold(entries).records(), DIRECTORY)


def terms(entries: list[Entry], **targets: int) -> Terms:
    return Terms(targets=Targets(**targets), as_of_ms=max(milliseconds(entry.at) for entry in entries))  # type: ignore[arg-type]


def tallies(entries: list[Entry], view: int = ALL, **filters: str) -> Tallies:
    table = cases(entries)
    rows = np.flatnonzero(table.where(view, {name: {value} for name, value in filters.items()}))
    return measure(table, rows, terms(entries))


def shown(entries: list[Entry], view: int = ALL, **filters: str) -> dict[str, Figure]:
    return figures(tallies(entries, view, **filters))


# what each counts


def test_an_inquiry_offered_twice_to_one_pool_is_offered_once() -> None:
    floor = FloorTold()
    floor.arrives("i1", brand="hikari", language="ja")
    offer = floor.offers("i1", "maya")
    floor.after(30).withdraws(offer, "i1", "maya", "lapsed")
    floor.after(5).takes("i1", "maya")

    assert shown(floor.entries)["offered"].value == 1
    assert shown(floor.entries, POOL, pool="manila")["offered"].value == 1
    assert shown(floor.entries)["missed_offers"] == Figure(value=0.5, n=2, low=0.0945, high=0.9055)


def test_a_pool_that_let_it_lapse_passed_it_on_and_the_one_that_took_it_answered() -> None:
    floor = FloorTold()
    floor.arrives("i1", language="de")
    offer = floor.offers("i1", "omar")
    floor.after(30).withdraws(offer, "i1", "omar", "lapsed")
    floor.takes("i1", "ada")

    everybody, kairo, berlin = (
        shown(floor.entries),
        shown(floor.entries, POOL, pool="kairo"),
        shown(floor.entries, POOL, pool="berlin"),
    )
    assert [one["offered"].value for one in (everybody, kairo, berlin)] == [1, 1, 1]
    assert [one["answered"].value for one in (everybody, kairo, berlin)] == [1, 0, 1]
    assert [one["passed_on"].value for one in (everybody, kairo, berlin)] == [0, 1, 0]


def test_who_leaves_in_the_queue_has_abandoned_and_short_abandons_stand_apart() -> None:
    floor = FloorTold()
    floor.arrives("quick", language="ar", brand="sahab")
    floor.after(9).leaves("quick")
    floor.arrives("patient", language="ar", brand="sahab")
    floor.after(10).leaves("patient", because="idle")

    one = shown(floor.entries)
    assert (one["abandoned"].value, one["abandoned_short"].value) == (2, 1)
    assert one["service_level"] == Figure(value=0.0, n=1, low=0.0, high=0.7935)
    assert one["abandon_rate"].value == 0.5


def test_service_level_counts_up_to_the_last_second_promised() -> None:
    floor = FloorTold()
    for number, wait in enumerate((60, 60.001)):
        floor.arrives(f"i{number}")
        floor.after(wait).takes(f"i{number}", "ada")

    assert shown(floor.entries)["service_level"].value == 0.5


def test_an_overflow_pool_answers_for_the_time_since_it_was_its_turn() -> None:
    floor = FloorTold()
    floor.arrives("i1")
    floor.after(50).takes("i1", "maya")

    assert shown(floor.entries)["asa"].value == 50
    assert shown(floor.entries, POOL, pool="manila")["asa"].value == 20


def test_first_response_runs_from_the_first_customer_message_and_automatic_texts_answer_nothing() -> None:
    floor = FloorTold()
    floor.arrives("i1", language="ja", brand="hikari")
    floor.after(2).writes("i1", "brand")
    floor.after(8).takes("i1", "maya")
    floor.after(20).writes("i1", "agent", "maya")

    assert shown(floor.entries)["first_response"].value == 30


def test_a_night_without_opening_hours_is_not_counted_where_hours_are_promised() -> None:
    weekdays = tuple(Block(weekday=day, opens=time(9), closes=time(17)) for day in range(5))
    promised = open_time({"hikari": Hours(zone="Asia/Tokyo", weekly=weekdays)})
    floor = FloorTold(datetime(2026, 3, 6, 7, 50, tzinfo=UTC))  # Friday, ten minutes before Tokyo closes
    for brand in ("hikari", "velour"):
        floor.arrives(brand, brand=brand, language="ja")
        floor.takes(brand, "maya")
    floor.now = datetime(2026, 3, 9, 0, 5, tzinfo=UTC)  # Monday, five minutes after it opened
    for brand in ("hikari", "velour"):
        floor.writes(brand, "agent", "maya")

    table = Cases.of(fold(floor.entries).records(), DIRECTORY, promised)
    found = measure(table, np.flatnonzero(table.where(ALL, {})), terms(floor.entries))
    assert (found["first_response_open"].n, found["first_response_open"].total) == (1, 900_000)
    assert found["first_response"].n == 2


def test_a_turn_of_several_messages_waits_from_its_oldest() -> None:
    floor = FloorTold()
    floor.arrives("i1")
    floor.takes("i1", "ada")
    floor.writes("i1", "agent", "ada")
    floor.after(10).writes("i1")
    floor.after(10).writes("i1")
    floor.after(30).writes("i1", "agent", "ada")
    floor.after(5).writes("i1", "agent", "ada")

    found = tallies(floor.entries)["next_response"]
    assert (found.n, found.total) == (1, 40_000)


def test_attention_is_shared_among_chats_that_overlap() -> None:
    floor = FloorTold()
    floor.arrives("i1")
    floor.takes("i1", "ada")
    floor.after(100).arrives("i2")
    floor.takes("i2", "ada")
    floor.after(100).ends("i1", "ada")
    floor.wraps_up("i1", "ada")
    floor.ends("i2", "ada")
    floor.wraps_up("i2", "ada")

    one = shown(floor.entries)
    assert one["aht"].value == 150  # 200 s and 100 s by the clock
    assert one["aht_attention"].value == 100  # 200 s of the agent's life in all


def test_overlapping_chats_occupy_once_and_away_time_only_when_productive() -> None:
    floor = FloorTold()
    floor.becomes("ada", Availability.READY)
    floor.after(100).arrives("i1")
    floor.takes("i1", "ada")
    floor.arrives("i2")
    floor.takes("i2", "ada")
    floor.after(200)
    for inquiry in ("i1", "i2"):
        floor.ends(inquiry, "ada")
        floor.wraps_up(inquiry, "ada")
    floor.becomes("ada", Availability.AWAY, "training")
    floor.after(100).becomes("ada", Availability.AWAY, "lunch")
    floor.after(100).becomes("ada", Availability.OFFLINE)
    floor.after(1000).arrives("i3")

    people = people_of(floor.entries)
    assert occupancy(people) == Tally.of_time(200_000, 300_000, 1)
    assert utilisation(people) == Tally.of_time(400_000, 500_000, 1)


def test_a_reply_is_credited_to_the_pool_that_wrote_it_and_the_rating_to_the_one_that_finished() -> None:
    floor = FloorTold()
    floor.arrives("i1", language="ar")
    floor.takes("i1", "ada")
    floor.after(10).writes("i1", "agent", "ada")
    floor.transfers("i1", "ada", "kairo")
    floor.after(15).takes("i1", "omar")
    floor.writes("i1")
    floor.after(20).writes("i1", "agent", "omar")
    floor.ends("i1", "omar")
    floor.wraps_up("i1", "omar")
    floor.rates("i1", 5)

    berlin, kairo, whole = (
        shown(floor.entries, POOL, pool="berlin"),
        shown(floor.entries, POOL, pool="kairo"),
        shown(floor.entries),
    )
    assert (berlin["first_response"].value, kairo["first_response"].value) == (10, None)
    assert (berlin["next_response_p50"].value, kairo["next_response_p50"].value) == (None, 20)
    assert (berlin["csat"].n, kairo["csat"].n, whole["csat"].n) == (0, 1, 1)
    assert (berlin["transfer_rate"].value, kairo["transfer_rate"].value, whole["transfer_rate"].value) == (1, 0, 1)
    assert kairo["asa"].value == 15


def test_two_pools_of_one_vendor_are_one_vendor() -> None:
    floor = FloorTold()
    floor.arrives("i1")
    floor.after(40).withdraws(floor.offers("i1", "jun"), "i1", "jun", "declined")
    floor.takes("i1", "maya")

    vendor = shown(floor.entries, VENDOR, vendor="pacific")
    assert (vendor["offered"].value, vendor["answered"].value, vendor["passed_on"].value) == (1, 1, 0)


@pytest.mark.parametrize(
    ("agent", "language", "met"), [("omar", "ar", 1.0), ("omar", "de", 0.0), ("ada", "de", 1.0), ("maya", "ar", 0.0)]
)
def test_language_match_holds_the_agent_to_the_floor(agent: str, language: str, met: float) -> None:
    floor = FloorTold()
    floor.arrives("i1", language=language)
    floor.takes("i1", agent)

    assert shown(floor.entries)["language_match"].value == met


def test_a_dialect_counts_as_the_language_and_an_unknown_language_is_not_judged() -> None:
    floor = FloorTold()
    floor.arrives("i1", language="ar-EG")
    floor.takes("i1", "omar")
    floor.arrives("i2", language=None)
    floor.takes("i2", "omar")

    assert (shown(floor.entries)["language_match"].value, shown(floor.entries)["language_match"].n) == (1, 1)


def test_a_correction_by_a_person_is_counted_against_detection() -> None:
    floor = FloorTold()
    floor.arrives("i1", language="en")
    floor.corrects("i1", "de")
    floor.corrects("i1", "de", by="customer_choice")

    assert shown(floor.entries)["language_corrected"].value == 1
    assert shown(floor.entries)["language_confidence"].value == 0.9
    assert fold(floor.entries).record("i1").corrections == 1


def test_only_inquiries_whose_week_is_over_are_judged_as_solved() -> None:
    floor = FloorTold()
    for inquiry, customer in (("i1", "haruka"), ("i2", "yusuf")):
        floor.arrives(inquiry, customer=customer)
        floor.takes(inquiry, "ada")
        floor.ends(inquiry, "ada")
        floor.wraps_up(inquiry, "ada")
    floor.after(6 * 86_400).arrives("i3", customer="haruka")

    assert shown(floor.entries)["fcr"].value is None
    floor.after(86_400).writes("i3")
    assert shown(floor.entries)["fcr"] == Figure(value=0.5, n=2, low=0.0945, high=0.9055)


def test_another_topic_is_no_return() -> None:
    floor = FloorTold()
    floor.arrives("i1", customer="haruka")
    floor.takes("i1", "ada")
    floor.ends("i1", "ada")
    floor.wraps_up("i1", "ada")
    floor.after(86_400).arrives("i2", customer="haruka", kind="sales")
    floor.after(6 * 86_400).writes("i2")

    assert shown(floor.entries)["fcr"].value == 1


def test_an_agent_who_vanishes_is_counted_and_the_inquiry_stays_answered() -> None:
    floor = FloorTold()
    floor.arrives("i1")
    floor.takes("i1", "ada")
    floor.after(45).loses("i1", "ada")
    floor.after(300).leaves("i1")

    one = shown(floor.entries)
    assert (one["agent_lost"].value, one["answered"].value, one["abandoned"].value) == (1, 1, 0)


def test_a_pool_that_takes_over_from_a_lost_agent_answers_only_for_the_time_since() -> None:
    floor = FloorTold()
    floor.arrives("i1", language="ar")
    floor.after(5).takes("i1", "ada")
    floor.after(1000).loses("i1", "ada")
    floor.after(12).takes("i1", "omar")

    assert shown(floor.entries, POOL, pool="kairo")["asa"].value == 12
    assert shown(floor.entries)["asa"].value == 5


# adding up


@settings(max_examples=30, deadline=None)
@given(histories(), st.integers(0, 60))
def test_merged_parts_are_the_whole(entries: list[Entry], cut: int) -> None:
    table, agreed = cases(entries), terms(entries)
    everything = np.flatnonzero(table.where(ALL, {}))

    parts = merge(measure(table, everything[:cut], agreed), measure(table, everything[cut:], agreed))

    assert parts == measure(table, everything, agreed)


@given(st.lists(st.integers(0, 10**9)), st.lists(st.integers(0, 10**9)), st.lists(st.integers(0, 10**9)))
def test_tallies_merge_in_any_order(one: list[int], two: list[int], three: list[int]) -> None:
    a, b, c = (Tally.of_values(np.array(values, dtype=np.int64)) for values in (one, two, three))

    assert a.merge(b).merge(c) == a.merge(b.merge(c)) == c.merge(a).merge(b)
    assert a.merge(Tally()) == a == Tally().merge(a)


@given(st.lists(st.integers(0, 10**9)), st.lists(st.integers(0, 10**9)))
def test_the_tally_of_two_halves_is_the_tally_of_the_whole(one: list[int], two: list[int]) -> None:
    a, b, both = (Tally.of_values(np.array(values, dtype=np.int64)) for values in (one, two, [*one, *two]))

    assert a.merge(b) == both


@given(st.lists(st.integers(0, 10**8), min_size=1), st.floats(0, 1))
def test_a_percentile_is_within_the_promised_accuracy_of_a_value_that_was_there(values: list[int], share: float) -> None:
    (found,) = Sketch.of(np.array(values, dtype=np.int64)).quantiles(share)

    exact = sorted(values)[math.floor(share * (len(values) - 1))]
    assert exact * (1 - ACCURACY) - 1e-6 <= found <= exact * (1 + ACCURACY) + 1e-6


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_wilson_bounds_hold_the_rate_and_stay_within_0_and_1(hits: int, more: int) -> None:
    low, high = wilson(hits, hits + more)

    assert 0 <= low <= high <= 1
    if hits + more:
        assert low <= hits / (hits + more) <= high


def test_wilson_agrees_with_the_published_example() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29
    published = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0.0, 0.1611), (1, 29): (0.0061, 0.1718)}

    assert {case: tuple(round(bound, 4) for bound in wilson(*case)) for case in published} == published


# nobody else's arithmetic comes to another result


@settings(max_examples=100, deadline=None)
@given(histories())
def test_every_figure_agrees_with_a_naive_recomputation(entries: list[Entry]) -> None:
    found = tallies(entries)

    for name, (numerator, denominator) in naive.shares(entries).items():
        assert (name, found[name].hits, found[name].n) == (name, numerator, denominator)
    for name, values in naive.times(entries).items():
        assert (name, found[name].n, found[name].total) == (name, len(values), round(sum(values) * 1000))


@settings(max_examples=50, deadline=None)
@given(histories())
def test_occupancy_agrees_with_counting_seconds(entries: list[Entry]) -> None:
    found = figures({"occupancy": occupancy(people_of(entries))}, ["occupancy"])

    assert found["occupancy"].value == naive.occupancy(entries)


@settings(max_examples=30, deadline=None)
@given(histories(), st.integers(0, 80))
def test_a_fold_that_was_put_away_and_taken_up_again_knows_the_same(entries: list[Entry], cut: int) -> None:
    resumed = Fold.load(fold(entries[:cut]).dump(), plan).extend(entries)

    assert resumed.dump() == fold(entries).dump()


@settings(max_examples=30, deadline=None)
@given(histories(), st.lists(st.integers(0, 80), max_size=4))
def test_a_table_refreshed_now_and_then_equals_one_laid_out_at_once(entries: list[Entry], cuts: list[int]) -> None:
    growing, table = Fold(plan), Cases(DIRECTORY)
    for cut in [*sorted(cuts), len(entries)]:
        growing.extend(entries[:cut])
        table.refresh(growing)

    fresh = cases(entries)
    for view in (ALL, POOL, VENDOR):
        there, here = (np.flatnonzero(one.where(view, {})) for one in (table, fresh))
        assert measure(table, there, terms(entries)) == measure(fresh, here, terms(entries))


@settings(max_examples=30, deadline=None)
@given(histories())
def test_every_offered_inquiry_is_answered_abandoned_waiting_or_passed_on_in_every_view(entries: list[Entry]) -> None:
    for view in (ALL, POOL, VENDOR):
        one = tallies(entries, view)
        assert one["offered"].n == sum(one[name].n for name in ("answered", "abandoned", "waiting", "passed_on"))
    assert tallies(entries)["passed_on"].n == 0


@settings(max_examples=30, deadline=None)
@given(histories())
def test_pools_share_out_what_happens_once(entries: list[Entry]) -> None:
    table = cases(entries)
    whole, pools = (measure(table, np.flatnonzero(table.where(view, {})), terms(entries)) for view in (ALL, POOL))

    for name in ("first_response", "next_response", "csat", "csat_response", "fcr", "missed_offers"):
        assert (name, whole[name].n) == (name, pools[name].n)
    for name in ("abandoned", "waiting"):  # a customer who leaves after a transfer was answered all the same, though not there
        assert whole[name].n <= pools[name].n


def test_every_definition_has_its_quantity_and_every_quantity_its_definition() -> None:
    used = {definition.quantity for definition in DEFINITIONS.values()}

    assert set(QUANTITIES) | {"occupancy", "utilisation"} == used


def test_targets_below_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="below 0"):
        Targets(answer_seconds=-1)


def people_of(entries: list[Entry]) -> list[object]:
    done = fold(entries)
    bounds = np.array([milliseconds(entries[0].at), milliseconds(entries[-1].at + timedelta(milliseconds=1))], dtype=np.int64)
    return Attendance(done.agents.values(), DIRECTORY, done.at_ms).spent(bounds, Targets())[0]  # type: ignore[return-value]
