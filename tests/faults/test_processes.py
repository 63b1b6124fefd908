"""A minute of faults on real nodes, PostgreSQL and Redis costs nothing, and the judge who says so can find every fault there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.faults import judge
from tests.faults.__main__ import SHORT
from tests.faults.drivers import Ledger, Said
from tests.faults.proxy import _first_frame
from tests.faults.run import torment
from tests.faults.schedule import KINDS, lanes, wishes
from tests.faults.totals import add_to
from tests.faults.world import RECOVERY_SECONDS, TAKE_OVER_SECONDS

SLACK = 3
"""The machine of the tests does other things too; `python -m tests.faults` holds the limits themselves."""
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.services
@pytest.mark.timeout(600)
async def test_a_short_round_of_faults_costs_nothing() -> None:
    outcome = await torment(SHORT)
    assert outcome.clean, (outcome.findings[:10], outcome.evidence)
    assert {figure: outcome.figures[figure] for figure in judge.FIGURES} == dict.fromkeys(judge.FIGURES, 0)
    assert outcome.figures["process_faults"] >= 2
    assert outcome.figures["socket_faults"] >= 3
    assert outcome.figures["acked"] >= 50
    recovered = outcome.figures["recovery_s"]
    assert recovered["take_over"]["max"] <= SLACK * TAKE_OVER_SECONDS
    assert recovered.get("postgres_crash", {"max": 0})["max"] <= SLACK * RECOVERY_SECONDS


def test_a_seed_wishes_for_the_same_again() -> None:
    assert wishes(7, 40) == wishes(7, 40) != wishes(8, 40)
    assert wishes(7, 400)[:40] == wishes(7, 400)[:40]
    assert [wish.kind for wish in wishes(1, len(SHORT.kinds), kinds=SHORT.kinds)] == list(SHORT.kinds)
    assert {kind for kind, how in KINDS.items() if how.first} <= set(SHORT.kinds)


def test_faults_of_redis_have_a_lane_of_their_own_and_nothing_is_lost_on_the_way() -> None:
    wished = wishes(7, 60)
    alone, redis = lanes(wished, many=True)
    assert sorted([*alone, *redis], key=lambda wish: wish.number) == wished == lanes(wished, many=False)[0]
    assert {wish.kind.split("_")[0] for wish in redis} == {"redis"}
    assert "put_back" not in {wish.kind for wish in redis}


def test_rounds_are_added_up(tmp_path: Path) -> None:
    sums = tmp_path / "faults.json"
    for took in (1.0, 3.0, 2.0):
        told = add_to(sums, {"acked": 10, "lost": 0, "recovery_s": {}}, {"take_over": [took]}, {"holder_kill": 1})
    assert told == {
        "rounds": 3,
        "acked": 30,
        "lost": 0,
        "recovery_s": {"take_over": {"p50": 2.0, "max": 3.0}},
        "kinds": {"holder_kill": 3},
    }


def entry(position: int, id_: str = "", text: str = "", **more: Any) -> dict[str, Any]:
    return {"position": position, "id": id_, "sender": "", "body": {"kind": "customer_message", "text": text}} | more


def rows(*entries: dict[str, Any], head: int | None = None) -> judge.Rows:
    """One conversation of one customer, held by one agent, told by the journal."""
    journal = judge.Journal()
    journal.take(1, 1, "", {"is": "step", "event": {"is": "inquiry_arrived", "inquiry": "i"}, "decisions": []})
    journal.take(2, 1, "", {"is": "step", "event": {"is": ""}, "decisions": [assigned("ann")]})
    for number in range(len(entries)):
        journal.take(3 + number, 0, "", {"is": "message_posted", "conversation": "c", "speaker": "customer"})
    line = {"id": "c", "workspace": "w", "state": "open", "public_head": len(entries) if head is None else head, "inquiry": "i"}
    return judge.Rows(
        entries={("public", "c"): list(entries)},
        conversations={"c": line},
        inquiries=[{"id": "i", "workspace": "w", "state": "assigned"}],
        offers=[offer("ann", 0, None)],
        seats=[{"workspace": "w", "agent": "ann", "seats": 1, "seats_used": 1}],
        journals={"w": journal},
    )


def assigned(agent: str) -> dict[str, Any]:
    return {"is": "assigned", "inquiry": "i", "agent": agent}


def offer(agent: str, begins: int, ends: int | None, inquiry: str = "i") -> dict[str, Any]:
    return {
        "workspace": "w",
        "id": f"o{begins}",
        "inquiry": inquiry,
        "agent": agent,
        "state": "assigned" if ends is None else "over",
        "weight": 1,
        "assigned_at": NOON + timedelta(seconds=begins),
        "over_at": None if ends is None else NOON + timedelta(seconds=ends),
    }


def said(id_: str, position: int | None, refused: str = "") -> Said:
    line = Said(id=id_, text=f"text {id_}", workspace="w", speaker="somebody", conversation="c", refused=refused)
    line.position = position
    return line


def kinds(found: list[str]) -> set[str]:
    return {finding.split(":")[0] for finding in found}


def test_where_nothing_is_wrong_nothing_is_found() -> None:
    ledger = Ledger(said=[said("m1", 1), said("m2", 2)])
    there = rows(entry(1, "m1", "text m1"), entry(2, "m2", "text m2"))
    assert judge.findings(ledger, there, [("somebody", "c", [(1, "text m1"), (2, "text m2")])]) == []


@pytest.mark.parametrize(
    ("ledger", "there", "found", "figure"),
    [
        ([said("m1", 1)], rows(entry(1, "", "else")), "lost", "lost"),
        ([said("m1", None)], rows(entry(1, "m1", "text m1")), "never_acknowledged", "lost"),
        ([said("m1", None, "no")], rows(entry(1, "m1", "text m1")), "refused_but_kept", "lost"),
        ([said("m1", 2)], rows(entry(1, "m1", "text m1")), "moved", "lost"),
        ([said("m1", 1)], rows(entry(1, "m1", "text m1"), entry(2, "m1", "text m1")), "doubled", "duplicated"),
        ([], rows(entry(1, "m1", "text m1")), "foreign", "duplicated"),
        (
            [said("m1", 2), said("m2", 1)],
            rows(entry(1, "m2", "text m2"), entry(2, "m1", "text m1")),
            "out_of_order",
            "out_of_order",
        ),
        ([said("m1", 2)], rows(entry(2, "m1", "text m1")), "hole", "out_of_order"),
        ([said("m1", 1)], rows(entry(1, "m1", "text m1"), head=2), "hole", "out_of_order"),
    ],
)
def test_the_judge_finds_what_is_wrong_with_words(ledger: list[Said], there: judge.Rows, found: str, figure: str) -> None:
    findings = judge.findings(Ledger(said=ledger), there, [])
    assert found in kinds(findings)
    assert judge.counted(findings)[figure] >= 1


def test_what_was_acknowledged_after_a_backup_may_be_gone_but_not_what_its_client_still_knows() -> None:
    ledger = Ledger(said=[said("m1", 1), said("m2", 2), said("m3", 3)])
    for number, line in enumerate(ledger.said):
        line.acked_at = float(number)
    ledger.acked = 3
    ledger.write_down("somebody", {"c": [(1, "text m1"), (2, "text m2"), (3, "text m3")]})
    ledger.take_back(1.0)
    assert (ledger.acked, ledger.screens, [line.position for line in ledger.said]) == (1, [], [1, None, None])
    older = rows(entry(1, "m1", "text m1"))
    assert judge.findings(ledger, older, []) == []
    ledger.said[1].taken_back = "again"
    assert kinds(judge.findings(ledger, older, [])) == {"never_acknowledged"}
    ledger.acknowledged(ledger.said[1], "c", 2)
    assert judge.findings(ledger, rows(entry(1, "m1", "text m1"), entry(2, "m2", "text m2")), []) == []
    assert kinds(judge.findings(ledger, older, [])) == {"lost"}
    twice = rows(entry(1, "m1", "text m1"), entry(2, "m2", "text m2"), entry(3, "m3", "text m3"), entry(4, "m3", "text m3"))
    assert kinds(judge.findings(ledger, twice, [])) == {"doubled"}


def test_the_judge_finds_a_screen_that_differs() -> None:
    findings = judge.findings(Ledger(said=[said("m1", 1)]), rows(entry(1, "m1", "text m1")), [("somebody", "c", [])])
    assert kinds(findings) == {"screen_differs"}


def test_the_judge_finds_two_who_have_the_same_at_once_and_seats_that_are_not_there() -> None:
    there = rows()
    there.offers = [offer("ann", 0, 10), offer("bob", 5, None)]
    assert "held_twice" in kinds(judge.findings(Ledger(), there, []))
    there.offers = [offer("ann", 0, 10), offer("ann", 5, None, "another")]
    assert "seats_exceeded" in kinds(judge.findings(Ledger(), there, []))
    there.offers = [offer("ann", 0, 10)]
    assert {"seats_not_a_recount", "forgotten", "journal_differs"} <= kinds(judge.findings(Ledger(), there, []))


def test_the_judge_finds_who_wrote_without_a_lease() -> None:
    there = rows()
    step = {"is": "step", "event": {"is": ""}, "decisions": []}
    there.journals["w"].take(3, 2, "", step)
    there.journals["w"].take(4, 1, "", step)
    assert "wrote_without_lease" in kinds(judge.findings(Ledger(), there, []))
    there.journals["w"].take(5, 2, "", step | {"decisions": [assigned("bob")]})
    assert "held_twice" in kinds(judge.findings(Ledger(), there, []))


def test_the_judge_finds_a_report_that_is_no_recount() -> None:
    journal = rows().journals["w"]
    cells = {name: {"n": n} for name, n in journal.figures().items()}
    assert judge.report_differs({"table": {"total": {"cells": cells}}}, journal) == []
    cells["answered"] = {"n": 2}
    assert kinds(judge.report_differs({"table": {"total": {"cells": cells}}}, journal)) == {"report_differs"}


@pytest.mark.parametrize("length", [0, 5, 125, 126, 70_000])
def test_frames_are_seen_whole_however_they_come(length: int) -> None:
    head = (
        bytes([0x81, length])
        if length < 126
        else (bytes([0x81, 126]) + length.to_bytes(2, "big") if length < 65_536 else bytes([0x81, 127]) + length.to_bytes(8, "big"))
    )
    frame = head + b"x" * length
    assert _first_frame(bytearray(frame[:-1])) is None
    assert _first_frame(bytearray(frame + b"more")) == frame
