"""Reports: what the screen shows, the file repeats and the list proves is the same, for everybody who may see it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contact_hub.errors import HubError
from contact_hub.quality import periods
from contact_hub.quality.export import inert, to_csv
from contact_hub.quality.query import GROUPINGS, Query
from contact_hub.quality.reports import TILE_KEYS, Cell, Labels, Records, Report, Sight, drill, restrict
from i18n import catalogues
from routing.journal import Entry
from routing.measures import DEFINITIONS, OF_TIME, Attendance, Cases, Figure, Fold, Statistic, Targets
from routing.model import Availability
from tests.quality import naive
from tests.quality.floors import BRANDS, DIRECTORY, START, FloorTold, plan
from tests.quality.histories import histories

YEAR = {"since": START - timedelta(days=1), "until": START + timedelta(days=300)}


def records(entries: list[Entry]) -> Records:
    fold, cases = Fold(plan).extend(entries), Cases(DIRECTORY)
    cases.refresh(fold)
    attendance = Attendance(fold.agents.values(), DIRECTORY, fold.at_ms)
    return Records(cases=cases, attendance=attendance, as_of_ms=fold.at_ms, seq=fold.seq)


def report(entries: list[Entry], sight: Sight | None = None, labels: Labels | None = None, **query: object) -> Report:
    return Report(restrict(records(entries), sight or Sight()), Query(**(YEAR | query)), labels)  # type: ignore[arg-type]


def a_day_of_four_languages() -> FloorTold:
    floor = FloorTold()
    for agent in ("ada", "omar", "maya"):
        floor.becomes(agent, Availability.READY)
    said = (
        ("i1", "sahab", "ar", "omar"),
        ("i2", "velour", "de", "ada"),
        ("i3", "hikari", "ja", "maya"),
        ("i4", "velour", "en", "ada"),
    )
    for inquiry, brand, language, agent in said:
        floor.arrives(inquiry, brand=brand, language=language)
        floor.after(15).takes(inquiry, agent)
        floor.after(10).writes(inquiry, "agent", agent)
        floor.after(60).ends(inquiry, agent)
        floor.after(5).wraps_up(inquiry, agent)
        floor.rates(inquiry, 5)
    floor.after(600).arrives("i5", brand="sahab", language="ar")
    floor.after(45).leaves("i5")
    return floor


# one computation serves all


@settings(max_examples=15, deadline=None)
@given(histories(), st.sampled_from(GROUPINGS))
def test_every_list_is_as_long_as_its_figure_says(entries: list[Entry], by: str) -> None:
    one = report(entries, by=by)

    for key, cells in {None: one.total, **one.rows}.items():
        for name, figure in cells.items():
            _assert_proves(figure, one, Cell(measure=name, row=key))
    for at, cells in one.series.items():
        for name, figure in cells.items():
            _assert_proves(figure, one, Cell(measure=name, at=at))
    for language, by_hour in one.heat.items():
        for hour, cells in by_hour.items():
            for name, figure in cells.items():
                _assert_proves(figure, one, Cell(measure=name, row=language, hour=hour))


def _assert_proves(figure: Figure, one: Report, cell: Cell) -> None:
    items, definition = drill(one, cell), DEFINITIONS[cell.measure]
    assert len(items) == figure.n
    if definition.statistic is Statistic.HITS:
        assert figure.value == len(items)
    if definition.statistic is Statistic.RATE and items:
        assert figure.value == round(sum(item.counted for item in items) / len(items), 4)
    if definition.statistic is Statistic.MEAN and items:
        assert figure.value == round(sum(round((item.value or 0) * 1000) for item in items) / len(items) / 1000, 1)


@settings(max_examples=15, deadline=None)
@given(histories(), st.sampled_from(GROUPINGS))
def test_tile_and_total_and_file_show_the_same_digits(entries: list[Entry], by: str) -> None:
    one = report(entries, by=by)
    shown, (head, *lines) = one.to_json("en"), _lines(to_csv(one, "en"))
    total = shown["table"]["total"]["cells"]

    for tile in shown["tiles"]:
        assert {part: tile[part] for part in ("value", "n", "low", "high")} == total.get(tile["key"], _NOTHING)
    for row, line in zip([*shown["table"]["rows"], shown["table"]["total"]], lines, strict=False):
        assert line[:2] == [inert(row["key"]), inert(row["label"])]
        for column in shown["table"]["columns"]:
            assert line[head.index(column["name"])] == _written(row["cells"][column["key"]]["value"])


@settings(max_examples=15, deadline=None)
@given(histories())
def test_the_total_is_the_same_under_every_grouping(entries: list[Entry]) -> None:
    assert len({str(report(entries, by=by).total) for by in GROUPINGS}) == 1


@settings(max_examples=15, deadline=None)
@given(histories(), st.sampled_from([by for by in GROUPINGS if by not in ("pool", "vendor")]))
def test_rows_that_do_not_overlap_add_up_to_the_total(entries: list[Entry], by: str) -> None:
    one = report(entries, by=by)

    for name in ("offered", "answered", "abandoned", "csat", "first_response", "next_response_p50", "missed_offers"):
        assert one.total[name].n == sum(row[name].n for row in one.rows.values())
    assert one.total["offered"].n == sum(point["offered"].n for point in one.series.values())


@settings(max_examples=15, deadline=None)
@given(histories())
def test_the_screen_agrees_with_a_naive_recomputation(entries: list[Entry]) -> None:
    one = report(entries)

    for name, (numerator, denominator) in naive.shares(entries).items():
        expected = (
            numerator
            if DEFINITIONS[name].statistic is Statistic.HITS
            else round(numerator / denominator, 4)
            if denominator
            else None
        )
        assert (name, one.total[name].value, one.total[name].n) == (name, expected, denominator)
    assert one.total["occupancy"].value == naive.occupancy(entries)


# who may see what


@settings(max_examples=15, deadline=None)
@given(histories(), st.sampled_from(sorted(set(BRANDS.values()))))
def test_a_client_sees_its_own_inquiries_and_nobodys_time(entries: list[Entry], client: str) -> None:
    mine = report(entries, Sight(clients=frozenset({client})), by="brand")

    assert set(mine.rows) <= {brand for brand, owner in BRANDS.items() if owner == client}
    whole = report(entries, filters={"client": (client,)})
    assert {key: mine.total[key] for key in DEFINITIONS if DEFINITIONS[key].quantity not in OF_TIME} == {
        key: whole.total[key] for key in DEFINITIONS if DEFINITIONS[key].quantity not in OF_TIME
    }
    assert mine.total["occupancy"].value is None
    assert drill(mine, Cell(measure="occupancy")) == []


@settings(max_examples=15, deadline=None)
@given(histories(), st.sampled_from(["nilvoice", "pacific"]), st.sampled_from(GROUPINGS))
def test_a_vendor_sees_inquiries_as_its_own_pools_saw_them(entries: list[Entry], vendor: str, by: str) -> None:
    mine, row = report(entries, Sight(vendor=vendor), by=by), report(entries, by="vendor").rows.get(vendor)

    assert mine.total["offered"].n == (row["offered"].n if row else 0)
    if row:
        assert mine.total == row
    assert all(DIRECTORY.agents[item.agent or ""] in {"kairo", "manila", "cebu"} for item in drill(mine, Cell(measure="occupancy")))
    if by in ("pool", "vendor"):
        assert set(mine.rows) <= {"kairo", "nilvoice"} | {"manila", "cebu", "pacific"}


def test_a_client_and_a_filter_for_another_client_leave_nothing() -> None:
    one = report(a_day_of_four_languages().entries, Sight(clients=frozenset({"gulf"})), filters={"client": ("maison",)})

    assert one.total["offered"].value == 0
    assert one.rows == {}


def test_a_filter_by_pool_shows_inquiries_as_the_pool_saw_them() -> None:
    floor = FloorTold()
    floor.arrives("i1")
    floor.withdraws(floor.offers("i1", "omar"), "i1", "omar", "declined")
    floor.takes("i1", "ada")

    one = report(floor.entries, filters={"pool": ("kairo",)})
    assert (one.total["offered"].value, one.total["answered"].value, one.total["passed_on"].value) == (1, 0, 1)
    assert set(report(floor.entries, by="pool").rows) == {"berlin", "kairo"}
    assert report(floor.entries, by="pool").overlapping


# local time


def test_the_day_the_clocks_go_back_has_25_hours_and_the_repeated_one_stands_twice() -> None:
    floor = FloorTold(datetime(2026, 10, 24, 22, 30, tzinfo=UTC))  # 00:30 in Berlin
    for hour in range(25):
        floor.arrives(f"i{hour}", language="de")
        floor.after(3600)

    one = Report(
        records(floor.entries),
        Query.parse({"from": "2026-10-25", "to": "2026-10-25", "zone": "Europe/Berlin", "by": "hour"}, START),
    )
    assert [point["offered"].value for point in one.series.values()] == [1] * 25
    assert [at for at in one.series if "T02:" in at] == ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"]
    assert {hour: row["offered"].value for hour, row in one.rows.items() if row["offered"].value != 1} == {"02:00": 2}


def test_the_day_the_clocks_go_forward_has_23_hours() -> None:
    floor = FloorTold(datetime(2027, 3, 27, 23, 30, tzinfo=UTC))
    floor.arrives("i1", language="de")

    one = Report(records(floor.entries), Query.parse({"from": "2027-03-28", "to": "2027-03-28", "zone": "Europe/Berlin"}, START))
    assert len(one.series) == 23
    assert one.total["offered"].value == 1


def test_days_are_those_of_the_zone() -> None:
    floor = FloorTold(datetime(2026, 3, 2, 15, 30, tzinfo=UTC))  # the 3rd in Tokyo, the 2nd in Riyadh
    floor.arrives("i1", brand="hikari", language="ja")

    for zone, day in (("Asia/Tokyo", "2026-03-03"), ("Asia/Riyadh", "2026-03-02"), ("Asia/Kathmandu", "2026-03-02")):
        found = Report(
            records(floor.entries), Query.parse({"from": "2026-03-01", "to": "2026-03-04", "zone": zone, "by": "day"}, START)
        )
        assert {key for key, row in found.rows.items() if row["offered"].value} == {day}


def test_occupancy_by_day_gives_each_day_its_own_time() -> None:
    floor = FloorTold(datetime(2026, 10, 25, 0, 0, tzinfo=UTC))
    floor.becomes("ada", Availability.READY)
    floor.after(23 * 3600).becomes("ada", Availability.OFFLINE)  # 02:00 to 24:00 in Berlin: 23 hours
    floor.after(3 * 3600).becomes("ada", Availability.READY)
    floor.arrives("i1")
    floor.takes("i1", "ada")
    floor.after(3600).ends("i1", "ada")

    one = Report(
        records(floor.entries), Query.parse({"from": "2026-10-25", "to": "2026-10-26", "zone": "Europe/Berlin", "by": "day"}, START)
    )
    assert [row["occupancy"].value for row in one.rows.values()] == [0.0, 1.0]
    assert one.total["occupancy"].value == round(1 / 24, 4)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        ["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo", "Pacific/Apia", "UTC"]
    ),
    st.integers(0, 18 * 365 * 96),
    st.integers(1, 320),
)
@example("Australia/Lord_Howe", 26143, 320)  # half past two follows two o'clock less a moment
def test_hours_and_days_cover_a_period_without_gap_or_overlap(zone: str, first: int, quarters: int) -> None:
    start = datetime(2009, 1, 1, tzinfo=UTC) + first * timedelta(minutes=15)
    end = start + quarters * timedelta(minutes=15)
    for divide in (periods.hours, periods.days):
        bounds = divide(start, end, zone)
        assert (bounds[0], bounds[-1]) == (start, end)
        assert all(one < other for one, other in pairwise(bounds))
    instants = (start + n * timedelta(minutes=15) for n in range(quarters))
    assert {periods.label(at, zone)[:13] for at in instants} == {
        periods.label(at, zone)[:13] for at in periods.hours(start, end, zone)[:-1]
    }
    days = [periods.label(at, zone)[:10] for at in periods.days(start, end, zone)[:-1]]
    assert len(set(days)) == len(days)


# the file


def test_the_file_opens_in_a_spreadsheet_and_brings_its_definitions() -> None:
    data = to_csv(report(a_day_of_four_languages().entries, by="language", targets=Targets(answer_seconds=20)), "de")

    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n")
    lines = _lines(data)
    assert len({len(line) for line in lines}) == 1
    definition = catalogues.text("quality.measure.service_level.definition", "de", answer_seconds=20, short_abandon_seconds=10)
    assert ["service_level", "Servicelevel"] in [line[:2] for line in lines]
    assert any(definition in line for line in lines)


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+49 30", "'+49 30"),
        ("-cmd", "'-cmd"),
        ("-1+1", "'-1+1"),
        ("@SUM", "'@SUM"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("＝1", "'＝1"),
        ("-0.5", "-0.5"),
        (-3, "-3"),
        (0.25, "0.25"),
        (None, ""),
        ("شركة", "شركة"),
        ("ひかり", "ひかり"),
    ],
)
def test_no_cell_can_become_a_formula(cell: object, written: str) -> None:
    assert inert(cell) == written


def test_names_that_would_calculate_or_break_the_line_stay_text() -> None:
    labels = Labels(names={"brand": {"velour": '=cmd|"/c calc"!A1', "sahab": "سحاب, الخليج\r\n", "hikari": "ひかり"}})
    one = report(a_day_of_four_languages().entries, labels=labels)

    heads = {line[0]: line[1] for line in _lines(to_csv(one, "ja"))[1:4]}
    assert heads == {"velour": '\'=cmd|"/c calc"!A1', "sahab": "سحاب, الخليج\r\n", "hikari": "ひかり"}


@pytest.mark.parametrize(
    ("tag", "name"), [("en", "Service level"), ("de", "Servicelevel"), ("ar", "مستوى الخدمة"), ("es", "Nivel de servicio")]
)
def test_a_report_speaks_the_language_of_its_reader(tag: str, name: str) -> None:
    shown = report(a_day_of_four_languages().entries).to_json(tag)

    assert name in {tile["name"] for tile in shown["tiles"]}
    assert [tile["key"] for tile in shown["tiles"]] == list(TILE_KEYS)


@pytest.mark.parametrize("tag", ["en", "de", "ar", "es"])
def test_every_text_of_a_report_is_there_without_a_hole(tag: str) -> None:
    values: Mapping[str, object] = Targets().values()

    assert not {key for key in catalogues.missing(tag) if key.startswith("quality.")}
    for definition in DEFINITIONS.values():
        text = catalogues.text(definition.definition, tag, **values)
        assert "{" not in text
        assert text != definition.definition


# bad input


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"from": "2026-02-30"}, "report_range_invalid"),
        ({"from": "yesterday"}, "report_range_invalid"),
        ({"from": "2026-03-05", "to": "2026-03-01"}, "report_range_invalid"),
        ({"from": "2026-03-05T10:00", "to": "2026-03-06"}, "report_range_invalid"),
        ({"from": "2020-01-01", "to": "2026-03-01"}, "report_range_invalid"),
        ({"from": "9999-12-31", "to": "9999-12-31"}, "report_range_invalid"),
        ({"zone": "Europe/Atlantis"}, "report_range_invalid"),
        ({"zone": "../../etc/passwd"}, "report_range_invalid"),
        ({"by": "shoe_size"}, "filter_unknown"),
        ({"colour": "red"}, "filter_unknown"),
        ({"pool": ["berlin", "kairo"]}, "filter_unknown"),
        ({"by": ["brand", "pool"]}, "filter_unknown"),
        ({"answer_seconds": "-1"}, "filter_unknown"),
        ({"answer_seconds": "٣٠"}, "filter_unknown"),
        ({"follow_up_days": "99999999999"}, "filter_unknown"),
    ],
)
def test_what_cannot_be_understood_is_refused_by_code(parameters: dict[str, str | list[str]], code: str) -> None:
    with pytest.raises(HubError) as refused:
        Query.parse(parameters, START)
    assert refused.value.code == code


def test_an_unknown_measure_has_no_list() -> None:
    with pytest.raises(HubError, match="filter_unknown"):
        drill(report(a_day_of_four_languages().entries), Cell(measure="mood"))


def test_without_a_period_the_report_covers_the_last_week_and_today_where_the_reader_is() -> None:
    query = Query.parse({"zone": "Asia/Tokyo"}, datetime(2026, 3, 2, 20, 0, tzinfo=UTC))

    assert query.since == datetime(2026, 2, 23, 15, 0, tzinfo=UTC)
    assert query.until == datetime(2026, 3, 3, 15, 0, tzinfo=UTC)


_NOTHING = {"value": None, "n": 0, "low": None, "high": None}


def _lines(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def _written(value: float | int | None) -> str:
    return "" if value is None else str(value)
