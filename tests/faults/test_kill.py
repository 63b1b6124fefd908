"""`kill -9` of the server under load costs nothing that was acknowledged. The long version is `python -m bench.kill --kills 50`."""

from __future__ import annotations

import pytest

from bench.floors import hub_process
from bench.kill import COUNTED, Ledger, Said, compare, floor_faults, torment


@pytest.mark.timeout(600)
async def test_what_was_acknowledged_survives_kill_nine() -> None:
    async with hub_process(takeover_grace_seconds=1.0) as hub:
        result = await torment(hub, kills=3, customers=5, seed=3)
    assert {name: result[name] for name in COUNTED} == dict.fromkeys(COUNTED, 0), result["faults"]
    assert result["acknowledged"] + sum(result["refused"].values()) == result["said"] > 0
    assert result["reconnects"] >= 5 + result["agents"]  # where two kills follow quickly, somebody may miss one


def transcript(*entries: tuple[int, str, str]) -> dict[str, object]:
    public = [{"position": position, "client_message_id": id_, "text": text} for position, id_, text in entries]
    return {"public": public, "staff": [], "line": {"state": "open"}}


def said(id_: str, position: int | None, **more: str) -> Said:
    return Said(id=id_, text=f"text {id_}", speaker="somebody", conversation="c", position=position, **more)


@pytest.mark.parametrize(
    ("ledger", "written", "fault"),
    [
        ([said("m1", 1)], transcript(), "lost"),
        ([said("m1", 1)], transcript((1, "m1", "text m1"), (2, "m1", "text m1")), "doubled"),
        ([said("m1", 1), said("m2", 2)], transcript((1, "m2", "text m2"), (2, "m1", "text m1")), "out_of_order"),
        ([said("m1", 2)], transcript((1, "m1", "text m1")), "moved"),
        ([said("m1", None)], transcript(), "unacknowledged"),
        ([said("m1", None, refused="no")], transcript((1, "m1", "text m1")), "refused_but_kept"),
        ([], transcript((1, "m1", "text m1")), "foreign"),
        ([said("m1", 1)], transcript((1, "m1", "text m1"), (3, "", "")), "holes"),
    ],
)
def test_the_comparison_finds_every_planted_fault(ledger: list[Said], written: dict[str, object], fault: str) -> None:
    assert fault in {found.split(":")[0] for found in compare(Ledger(said=ledger), {"c": written}, {}, [])}


def test_a_double_assignment_and_wrong_seats_are_found() -> None:
    holding = [{"conversation": "c", "state": "assigned"}]
    floor = {"agents": [{"agent": name, "seats": 3, "seats_used": 2, "conversations": holding} for name in "ab"], "queues": []}
    assert [fault.split(":")[0] for fault in floor_faults(floor, {})] == ["held_twice", "seats_wrong", "seats_wrong"]
