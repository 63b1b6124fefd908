"""How long a supervisor waits: fold a generated journal of N inquiries, then ask for reports.

    python -m bench.quality --inquiries 250000

Prints one JSON object. `fold_and_lay_out_seconds` is paid once per process and workspace, the others are what every question costs. The journal is
generated as it is read, so its generation is measured apart and taken off. `cpu` repeats the seconds without what other processes took of the machine.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from contact_hub.quality.export import to_csv
from contact_hub.quality.query import Query
from contact_hub.quality.reports import Cell, Records, Report, Sight, restrict
from routing.decisions import (
    Assigned,
    AvailabilityChanged,
    Decision,
    Offered,
    Queued,
    Released,
    Trace,
    Withdrawn,
    WrapUpEnded,
    WrapUpStarted,
)
from routing.events import (
    AvailabilitySet,
    DeadlinePassed,
    Event,
    HandlingEnded,
    InquiryArrived,
    InquiryLeft,
    OfferAccepted,
    WrapUpDone,
)
from routing.journal import ConversationEnded, ConversationRated, Entry, Fact, InquiryOpened, LanguageSettled, MessagePosted, Step
from routing.measures import Attendance, Cases, Directory, Fold
from routing.model import AgentId, Availability, BrandId, Channel, ClientId, ContractId, Demand, InquiryId, OfferId, PoolId

START = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 90
LANGUAGES = ("en", "de", "fr", "es", "it", "pt-BR", "ar", "he", "ja", "zh-Hans", "pl", "tr")
BRANDS = {f"brand-{n}": f"client-{n % 4}" for n in range(12)}
POOLS = {f"pool-{n}": "" if n < 2 else f"vendor-{n % 5}" for n in range(14)}
AGENTS = {f"agent-{n}": f"pool-{n % len(POOLS)}" for n in range(300)}
_TRACE = Trace(rules=1, tier=1, eligible=3, excluded={})


def journal(inquiries: int, seed: int = 7) -> Iterator[Entry]:
    """About twelve entries an inquiry, told inquiry by inquiry (a fold does not mind that time goes back and forth between inquiries)."""
    chance = random.Random(seed)
    agents, brands = list(AGENTS), list(BRANDS)
    seq = 0

    def entry(at: datetime, body: Step | Fact) -> Entry:
        nonlocal seq
        seq += 1
        return Entry(seq=seq, at=at, epoch=1, body=body)

    def step(at: datetime, event: Event, *decisions: Decision) -> Entry:
        return entry(at, Step(event=event, decisions=decisions, rules=1))

    for agent in map(AgentId, agents):
        ready = Availability.READY
        yield step(START, AvailabilitySet(agent=agent, availability=ready), AvailabilityChanged(agent=agent, availability=ready))
    for number in range(inquiries):
        at = START + timedelta(seconds=number * DAYS * 86_400 / inquiries)
        inquiry, conversation = InquiryId(f"inquiry-{number}"), f"conversation-{number}"
        brand, language = BrandId(chance.choice(brands)), chance.choice(LANGUAGES)
        yield entry(
            at,
            InquiryOpened(
                inquiry=inquiry,
                conversation=conversation,
                client=ClientId(BRANDS[brand]),
                brand=brand,
                channel=Channel.CHAT,
                kind=chance.choice(("service", "sales", "complaint", "technical")),
                customer=f"customer-{chance.randrange(inquiries)}",
                language=None,
                confidence=None,
            ),
        )
        yield entry(at, MessagePosted(conversation=conversation, inquiry=inquiry, speaker="customer", position=1))
        yield entry(
            at, LanguageSettled(conversation=conversation, inquiry=inquiry, tag=language, confidence=chance.random(), by="text")
        )
        demand = Demand(brand=brand, languages=(language,))
        yield step(at, InquiryArrived(inquiry=inquiry, demand=demand), Queued(inquiry=inquiry, trace=_TRACE))
        if chance.random() < 0.08:
            yield step(at + timedelta(seconds=chance.expovariate(1 / 60)), InquiryLeft(inquiry=inquiry, because="customer_left"))
            continue
        for attempt in range(1 if chance.random() < 0.9 else 2):
            at += timedelta(seconds=chance.expovariate(1 / 20))
            agent = AgentId(chance.choice(agents))
            pool, offer = PoolId(AGENTS[agent]), OfferId(f"offer-{number}-{attempt}")
            contract = ContractId(f"contract-{pool}")
            yield step(
                at,
                DeadlinePassed(),
                *(
                    (Withdrawn(offer=OfferId(f"offer-{number}-0"), inquiry=inquiry, agent=agent, because="lapsed"),)
                    if attempt
                    else ()
                ),
                Offered(
                    offer=offer,
                    inquiry=inquiry,
                    agent=agent,
                    pool=pool,
                    contract=contract,
                    weight=1,
                    until=at + timedelta(seconds=30),
                    trace=_TRACE,
                ),
            )
        at += timedelta(seconds=chance.uniform(1, 8))
        yield step(
            at,
            OfferAccepted(offer=offer, agent=agent),
            Assigned(offer=offer, inquiry=inquiry, agent=agent, pool=pool, contract=contract, weight=1),
        )
        for turn in range(chance.randrange(1, 4)):
            at += timedelta(seconds=chance.expovariate(1 / 25))
            yield entry(
                at, MessagePosted(conversation=conversation, inquiry=inquiry, speaker="agent", position=2 * turn + 2, agent=agent)
            )
            at += timedelta(seconds=chance.expovariate(1 / 40))
            yield entry(at, MessagePosted(conversation=conversation, inquiry=inquiry, speaker="customer", position=2 * turn + 3))
        yield entry(at, ConversationEnded(conversation=conversation, inquiry=inquiry, by="agent"))
        yield step(
            at, HandlingEnded(inquiry=inquiry), WrapUpStarted(inquiry=inquiry, agent=agent, until=at + timedelta(seconds=120))
        )
        at += timedelta(seconds=chance.uniform(5, 60))
        yield step(
            at,
            WrapUpDone(inquiry=inquiry, agent=agent, disposition="solved"),
            WrapUpEnded(inquiry=inquiry, agent=agent, disposition="solved"),
            Released(inquiry=inquiry, agent=agent, weight=1, because="wrapped_up"),
        )
        if chance.random() < 0.3:
            yield entry(at, ConversationRated(conversation=conversation, inquiry=inquiry, score=chance.randrange(1, 6)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inquiries", type=int, default=250_000)
    options = parser.parse_args()
    found: dict[str, object] = {"inquiries": options.inquiries}
    clock = _Clock(found)

    found["entries"] = sum(1 for _ in journal(options.inquiries))
    generating = clock.lap("generate_seconds")
    directory = Directory(vendors=POOLS, agents=AGENTS)
    fold, cases = Fold(), Cases(directory)
    for entry in journal(options.inquiries):
        fold.add(entry)
        if len(fold.changed) == 20_000:
            cases.refresh(fold)
    cases.refresh(fold)
    clock.lap("fold_and_lay_out_seconds", less=generating)
    records = Records(
        cases=cases, attendance=Attendance(fold.agents.values(), directory, fold.at_ms), as_of_ms=fold.at_ms, seq=fold.seq
    )
    for by in ("brand", "vendor", "pool", "language", "hour", "day"):
        report = Report(records, _quarter(by))
        report.to_json("de")
        clock.lap(f"report_by_{by}_seconds")
    to_csv(report, "de")
    clock.lap("csv_seconds")
    found["drilled"] = len(report.drill(Cell(measure="service_level")))
    clock.lap("drill_seconds")
    mine = Report(restrict(records, Sight(clients=frozenset({"client-1"}))), _quarter("vendor"))
    mine.to_json("ar")
    clock.lap("client_report_seconds")
    fold.changed = {f"inquiry-{number}" for number in range(options.inquiries - 50, options.inquiries)}
    cases.refresh(fold)
    clock.lap("refresh_of_50_seconds")
    found["memory_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    data = fold.dump()
    found["dump_megabytes"] = len(data) // 1_000_000
    clock.lap("dump_seconds")
    Fold.load(data)
    clock.lap("load_seconds")
    print(json.dumps(found))


def _quarter(by: str) -> Query:
    return Query(since=START, until=START + timedelta(days=DAYS), zone="Europe/Berlin", by=by)


class _Clock:
    def __init__(self, found: dict[str, object]) -> None:
        self._found, self._cpu = found, dict[str, float]()
        self._found["cpu"] = self._cpu
        self._since, self._spent = time.perf_counter(), time.process_time()

    def lap(self, name: str, less: tuple[float, float] = (0.0, 0.0)) -> tuple[float, float]:
        """Seconds since the last lap, by the wall and of the processor, kept under the name without `less`."""
        now, spent = time.perf_counter(), time.process_time()
        lasted, used = now - self._since, spent - self._spent
        self._since, self._spent = now, spent
        self._found[name] = round(lasted - less[0], 2)
        self._cpu[name] = round(used - less[1], 2)
        return lasted, used


if __name__ == "__main__":
    main()
