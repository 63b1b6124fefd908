"""What the rows say, held against what the drivers know. Reads the database with SQL of its own and shares no code with what it judges.

Every finding is `kind: what`, and `COUNTED` says under which figure it goes. Rows are read in one snapshot; whatever must hold of history (who held what when,
under whose lease) is worked out from the rows of history, not from what holds now.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import asyncpg

from tests.faults.drivers import Ledger, Said

COUNTED: Final = {
    "lost": "lost",
    "moved": "lost",
    "never_acknowledged": "lost",
    "refused_but_kept": "lost",
    "refused_after_ack": "lost",
    "forgotten": "lost",
    "doubled": "duplicated",
    "foreign": "duplicated",
    "acknowledged_twice_otherwise": "duplicated",
    "out_of_order": "out_of_order",
    "hole": "out_of_order",
    "screen_differs": "out_of_order",
    "stale_epoch": "out_of_order",
    "held_twice": "double_assignments",
    "wrote_without_lease": "double_assignments",
    "seats_exceeded": "seats_exceeded",
    "seats_not_a_recount": "seats_exceeded",
    "report_differs": "reports_differ",
    "journal_differs": "reports_differ",
}
FIGURES: Final = ("lost", "duplicated", "out_of_order", "double_assignments", "seats_exceeded", "reports_differ")


@dataclass(slots=True, kw_only=True)
class Rows:
    """One snapshot of what there is to judge."""

    entries: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    """By log and conversation, in order of position."""
    conversations: dict[str, dict[str, Any]] = field(default_factory=dict)
    inquiries: list[dict[str, Any]] = field(default_factory=list)
    offers: list[dict[str, Any]] = field(default_factory=list)
    seats: list[dict[str, Any]] = field(default_factory=list)
    journals: dict[str, Journal] = field(default_factory=dict)


class Journal:
    """One workspace's history, folded line by line into what is asked of it."""

    def __init__(self) -> None:
        self.head = 0
        self.epoch = 0
        self.findings: list[str] = []
        self.queued: set[str] = set()
        self.accepted: dict[str, int] = {}
        self.left: set[str] = set()
        self.holder: dict[str, str] = {}
        self.posted: Counter[tuple[str, str]] = Counter()
        self.offers: Counter[str] = Counter()
        self._agents_left: set[str] = set()

    def take(self, seq: int, epoch: int, kind: str, body: Mapping[str, Any]) -> None:
        if seq != self.head + 1:
            self.findings.append(f"hole: journal, {seq} after {self.head}")
        self.head = seq
        if epoch and epoch < self.epoch:
            self.findings.append(f"wrote_without_lease: journal {seq} under {epoch}, after {self.epoch}")
        self.epoch = max(self.epoch, epoch)
        if body["is"] == "message_posted":
            self.posted[body["conversation"], body["speaker"]] += 1
        elif body["is"] == "step":
            self._step(seq, body)

    def _step(self, seq: int, body: Mapping[str, Any]) -> None:
        event = body["event"]
        if event["is"] == "inquiry_arrived":
            self.queued.add(event["inquiry"])
        elif event["is"] == "inquiry_left":
            self.left.add(event["inquiry"])
        for decision in body["decisions"]:
            inquiry = decision.get("inquiry", "")
            match decision["is"]:
                case "offered":
                    self.offers["live"] += 1
                case "withdrawn":
                    self.offers["live"] -= 1
                    self.offers[decision["because"]] += 1
                case "assigned":
                    self.offers["live"] -= 1
                    self.offers["accepted"] += 1
                    self.accepted[inquiry] = self.accepted.get(inquiry, 0) + 1
                    if inquiry in self.holder:
                        self.findings.append(f"held_twice: journal {seq}, {inquiry} of {self.holder[inquiry]}")
                    self.holder[inquiry] = decision["agent"]
                case "released":
                    if self.holder.pop(inquiry, None) != decision["agent"]:
                        self.findings.append(f"held_twice: journal {seq}, {inquiry} released from somebody else")
                case _:
                    pass

    def figures(self) -> dict[str, float]:
        """The counts of a report over everything, by the names it gives them."""
        answered = len(self.accepted)
        abandoned = len(self.left - self.accepted.keys())
        over = {outcome: count for outcome, count in self.offers.items() if outcome != "live"}
        return {
            "offered": len(self.queued),
            "answered": answered,
            "abandoned": abandoned,
            "waiting": len(self.queued) - answered - abandoned,
            "missed_offers": sum(over.values()),
        }


async def read_rows(url: str) -> Rows:
    """Everything, in one snapshot."""
    rows = Rows()
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            for log, table in (("public", "public_entries"), ("staff", "staff_entries")):
                async for row in connection.cursor(
                    f"SELECT conversation, position, sender, client_message_id AS id, body FROM {table} ORDER BY conversation, position"
                ):
                    entry = {"position": row["position"], "sender": row["sender"], "id": row["id"], "body": json.loads(row["body"])}
                    rows.entries.setdefault((log, row["conversation"]), []).append(entry)
            for row in await connection.fetch(
                "SELECT id, workspace, state, public_head, staff_head, agent, inquiry FROM conversations"
            ):
                rows.conversations[row["id"]] = dict(row)
            rows.inquiries = [dict(row) for row in await connection.fetch("SELECT * FROM inquiries")]
            rows.offers = [
                dict(row)
                for row in await connection.fetch(
                    "SELECT workspace, id, inquiry, agent, state, weight, offered_at, assigned_at, over_at FROM offers"
                )
            ]
            rows.seats = [dict(row) for row in await connection.fetch("SELECT * FROM seats")]
            async for row in connection.cursor("SELECT workspace, seq, epoch, kind, body FROM journal ORDER BY workspace, seq"):
                journal = rows.journals.setdefault(row["workspace"], Journal())
                journal.take(row["seq"], row["epoch"], row["kind"], json.loads(row["body"]))
    finally:
        await connection.close()
    return rows


def findings(ledger: Ledger, rows: Rows, screens: Sequence[tuple[str, str, list[tuple[int, str]]]]) -> list[str]:
    """Everything that is not as it must be. `screens` are those that stand now; those of the ledger were looked at when their talk was over."""
    found = list(ledger.oddities)
    found += _positions(rows)
    found += _words(ledger, rows)
    found += _screens(ledger.screens, rows, whole=False) + _screens(screens, rows, whole=True)
    found += _assignments(rows) + _seats(rows) + _nobody_forgotten(rows)
    for journal in rows.journals.values():
        found += journal.findings
    found += _journal_and_rows(rows)
    return found


def counted(found: Iterable[str]) -> dict[str, int]:
    """The six figures."""
    counts = Counter(COUNTED[finding.split(":", 1)[0]] for finding in found if finding.split(":", 1)[0] in COUNTED)
    return {figure: counts[figure] for figure in FIGURES}


# ---------------------------------------------------------------- words


def _positions(rows: Rows) -> list[str]:
    found = []
    for (log, conversation), entries in rows.entries.items():
        if [entry["position"] for entry in entries] != list(range(1, len(entries) + 1)):
            found.append(f"hole: {log} of {conversation}")
        if rows.conversations[conversation][f"{log}_head"] != len(entries):
            found.append(f"hole: {log} head of {conversation}")
    return found


def _words(ledger: Ledger, rows: Rows) -> list[str]:
    found = list[str]()
    kept: defaultdict[tuple[str, str], list[tuple[str, int, str]]] = defaultdict(list)
    for (log, conversation), entries in rows.entries.items():
        for entry in entries:
            if entry["id"]:
                kept[log, entry["id"]].append((conversation, entry["position"], text_of(entry["body"])))
    reached: dict[tuple[str, str, str], int] = {}
    for said in ledger.said:
        found += _word(said, kept.get((said.log, said.id), []), reached)
    known = {(said.log, said.id) for said in ledger.said}
    return found + [f"foreign: {key}" for key in kept if key not in known]


def _word(said: Said, there: list[tuple[str, int, str]], reached: dict[tuple[str, str, str], int]) -> list[str]:
    if len(there) > 1:
        return [f"doubled: {said.id} at {there}"]
    if said.taken_back == "risk":
        return [f"lost: {said.id} says something else, {there}" for _, _, text in there if text != said.text]
    if said.taken_back == "again" and there and said.position is None:
        said = dataclasses.replace(said, conversation=there[0][0], position=there[0][1])  # it was not missing
    if said.refused:
        return [f"refused_but_kept: {said.id} ({said.refused})" for _ in there]
    if said.position is None:
        return [f"never_acknowledged: {said.id} {'kept' if there else 'and not there'}"]
    if not there or there[0][0] != said.conversation or there[0][2] != said.text:
        return [f"lost: {said.id} acknowledged at {said.conversation} {said.position}, there is {there}"]
    position = there[0][1]
    lane, before = (said.conversation, said.log, said.speaker), 0
    before, reached[lane] = reached.get(lane, 0), position
    moved = [f"moved: {said.id} from {said.position} to {position}"] if position != said.position else []
    return moved + ([f"out_of_order: {said.id} at {position} after {before}"] if position <= before else [])


def text_of(body: Mapping[str, Any]) -> str:
    """What somebody wrote, or the key of what the house says."""
    return str(body.get("text") or body.get("key") or "")


def _screens(screens: Iterable[tuple[str, str, list[tuple[int, str]]]], rows: Rows, *, whole: bool) -> list[str]:
    found = []
    for who, conversation, shown in screens:
        written = [(entry["position"], text_of(entry["body"])) for entry in rows.entries.get(("public", conversation), [])]
        if shown != (written if whole else written[: len(shown)]):
            first = next(
                (f"{ours} instead of {theirs}" for ours, theirs in zip(shown, written, strict=False) if ours != theirs), ""
            )
            found.append(f"screen_differs: {who}, {conversation}: {len(shown)} shown, {len(written)} written {first}".rstrip())
    return found


# ---------------------------------------------------------------- the floor


def _assignments(rows: Rows) -> list[str]:
    """At no moment two at once, by when each began and was over."""
    found, by_inquiry = [], defaultdict(list)
    for offer in rows.offers:
        if offer["assigned_at"] is not None:
            by_inquiry[offer["inquiry"]].append(offer)
    for inquiry, held in by_inquiry.items():
        held.sort(key=lambda offer: offer["assigned_at"])
        for earlier, later in itertools.pairwise(held):
            if earlier["over_at"] is None or earlier["over_at"] > later["assigned_at"]:
                found.append(f"held_twice: {inquiry} by {earlier['agent']} and {later['agent']}")
    live = Counter(offer["inquiry"] for offer in rows.offers if offer["state"] != "over")
    return found + [f"held_twice: {inquiry} has {count} live offers" for inquiry, count in live.items() if count > 1]


def _seats(rows: Rows) -> list[str]:
    """At no moment more than there are, and now as many as a recount finds."""
    found = []
    room = {(row["workspace"], row["agent"]): row["seats"] for row in rows.seats}
    moves: defaultdict[tuple[str, str], list[tuple[datetime, int]]] = defaultdict(list)
    now: Counter[tuple[str, str]] = Counter()
    for offer in rows.offers:
        if offer["assigned_at"] is None:
            continue
        key = (offer["workspace"], offer["agent"])
        moves[key].append((offer["assigned_at"], offer["weight"]))
        if offer["over_at"] is not None:
            moves[key].append((offer["over_at"], -offer["weight"]))
        else:
            now[key] += offer["weight"]
    for key, changes in moves.items():
        used = 0
        for at, weight in sorted(changes):  # what is given back at an instant comes before what is taken at it
            used += weight
            if used > room.get(key, 0):
                found.append(f"seats_exceeded: {key[1]} used {used} of {room.get(key, 0)} at {at}")
    return found + [
        f"seats_not_a_recount: {row['agent']} {row['seats_used']}, holds {now[row['workspace'], row['agent']]}"
        for row in rows.seats
        if row["seats_used"] != now[row["workspace"], row["agent"]]
    ]


def _nobody_forgotten(rows: Rows) -> list[str]:
    """Whoever asked is served, rings or waits, and the rows agree about it."""
    live = {offer["inquiry"]: offer for offer in rows.offers if offer["state"] != "over"}
    inquiries = {row["id"]: row for row in rows.inquiries}
    found = []
    for conversation in rows.conversations.values():
        inquiry = inquiries.get(conversation["inquiry"] or "")
        if conversation["state"] == "ended":
            continue
        if inquiry is None or inquiry["state"] not in {"waiting", "offered", "assigned"}:
            found.append(f"forgotten: {conversation['id']} is {conversation['state']}, its inquiry {inquiry and inquiry['state']}")
    wanted = {"waiting": None, "offered": "offered", "assigned": "assigned"}
    for inquiry in rows.inquiries:
        offer = live.get(inquiry["id"])
        state = inquiry["state"]
        if state in wanted and (offer and offer["state"]) != wanted[state]:
            found.append(f"forgotten: {inquiry['id']} is {state}, its offer {offer and offer['state']}")
        journal = rows.journals.get(inquiry["workspace"], Journal())
        if inquiry["id"] not in journal.queued:
            found.append(f"forgotten: {inquiry['id']} never came to routing")
    return found


# ---------------------------------------------------------------- history and reports


def _journal_and_rows(rows: Rows) -> list[str]:
    """The journal tells of every public entry, and of every assignment, that there is."""
    found = []
    speakers = {"customer_message": "customer", "brand_message": "agent"}
    for journal_of, journal in rows.journals.items():
        told = Counter({key: count for key, count in journal.posted.items() if key[1] in {"customer", "agent"}})
        there: Counter[tuple[str, str]] = Counter()
        for (log, conversation), entries in rows.entries.items():
            if log == "public" and rows.conversations[conversation]["workspace"] == journal_of:
                there.update(
                    (conversation, speakers[entry["body"]["kind"]]) for entry in entries if entry["body"]["kind"] in speakers
                )
        found += [
            f"journal_differs: {key} posted {told[key]}, there are {there[key]}" for key in told | there if told[key] != there[key]
        ]
        holding = {offer["inquiry"]: offer["agent"] for offer in rows.offers if offer["state"] == "assigned"}
        known = {row["id"] for row in rows.inquiries if row["workspace"] == journal_of}
        found += [
            f"journal_differs: {inquiry} held by {journal.holder.get(inquiry)}, by the rows {holding.get(inquiry)}"
            for inquiry in known
            if journal.holder.get(inquiry) != holding.get(inquiry)
        ]
    return found


def report_differs(report: Mapping[str, Any], journal: Journal) -> list[str]:
    """The report's totals against the recount."""
    cells = report["table"]["total"]["cells"]
    found = []
    for name, expected in journal.figures().items():
        told = cells.get(name, {}).get("n", 0)
        if told != expected:
            found.append(f"report_differs: {name} {told}, recounted {expected}")
    return found
