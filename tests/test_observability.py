"""Numbers and traces along the way of a message; dashboard, alarms and manual speak of what the program really exports, and of all of it."""

from __future__ import annotations

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY

from contact_hub import tracing
from contact_hub.jobs import Attempt, Job, Kind
from contact_hub.jobs.model import HOUSE
from tests import hubs

ROOT = Path(__file__).parent.parent
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
ALARMS = [
    rule for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
PANELS = json.loads((ROOT / "deploy/grafana/contact-hub.json").read_text())["panels"]
CHARTED = [target["expr"] for panel in PANELS for target in panel.get("targets", ())]


async def page(floor: hubs.Floor) -> tuple[str, set[str]]:
    """What /metrics says, and every name on it that a query may use."""
    async with httpx.AsyncClient(base_url=floor.origin) as http:
        told = (await http.get("/metrics")).text
    names = set()
    for name, kind in re.findall(r"^# TYPE (contact_hub_\w+) (gauge|counter|histogram)$", told, re.MULTILINE):
        names |= {f"{name}{suffix}" for suffix in (("_bucket", "_sum", "_count") if kind == "histogram" else ("",))}
    return told, {name for name in names if not name.endswith("_created")}


def value(told: str, sample: str) -> float:
    found = re.search(rf"^{re.escape(sample)} (\S+)$", told, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


async def test_a_message_is_counted_when_taken_in_when_on_disk_and_when_on_a_screen(sqlite_url: str, tmp_path: Path) -> None:
    samples = (
        'contact_hub_messages_accepted_total{speaker="customer"}',
        'contact_hub_messages_durable_total{speaker="customer"}',
        'contact_hub_messages_durable_total{speaker="agent"}',
        'contact_hub_entries_delivered_total{log="public"}',
        "contact_hub_delivery_seconds_count",
    )
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        before, _ = await page(floor)
        anna, customer = await floor.agent("anna"), await floor.visitor()
        conversation = await customer.start("Guten Tag, ich habe eine Frage.")
        await anna.take()
        await customer.post(conversation, "Noch etwas.")
        await anna.reply(conversation, "Guten Tag!")
        await customer.until(lambda: "Guten Tag!" in customer.texts)
        after, _ = await page(floor)
    taken, kept, replied, delivered, timed = (value(after, sample) - value(before, sample) for sample in samples)
    assert (taken, kept, replied) == (2, 2, 1)
    assert delivered >= 3 + 2
    assert timed >= 1
    assert value(after, 'contact_hub_lease_epoch{workspace="test"}') >= 1
    assert value(after, "contact_hub_workspaces_owned") == 1
    assert value(after, "contact_hub_ready") == 1


async def test_charts_and_alarms_use_names_and_labels_that_exist_and_leave_none_out(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna, customer = await floor.agent("anna"), await floor.visitor()
        conversation = await customer.start("Guten Tag, ich habe eine Frage.")
        await anna.take()
        await anna.reply(conversation, "Guten Tag!")
        _, names = await page(floor)
    queries = [*CHARTED, *(rule["expr"] for rule in ALARMS)]
    used = {name for query in queries for name in re.findall(r"\bcontact_hub_\w+", query)}
    assert used <= names, f"unknown: {sorted(used - names)}"
    stem = re.compile(r"_(bucket|sum|count)$")
    assert {stem.sub("", name) for name in names} == {
        stem.sub("", name) for query in CHARTED for name in re.findall(r"\bcontact_hub_\w+", query)
    }
    ours = {"instance", "job", "le"} | {
        label for collector in REGISTRY._collector_to_names for label in getattr(collector, "_labelnames", ())
    }
    grouped = {label.strip() for query in queries for by in re.findall(r"\bby \(([^)]*)\)", query) for label in by.split(",")}
    matched = {label for query in queries for label in re.findall(r'(\w+)="', query)}
    assert grouped | matched <= ours


async def test_every_metric_and_alarm_is_in_the_manual(sqlite_url: str, tmp_path: Path) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        told, _ = await page(floor)
    exported = set(re.findall(r"^# TYPE (contact_hub_\w+) (?:gauge|counter|histogram)$", told, re.MULTILINE))
    exported = {name for name in exported if not name.endswith("_created")}
    assert exported == set(re.findall(r"^\| `(contact_hub_\w+)`", OPERATIONS, re.MULTILINE))
    assert {rule["alert"] for rule in ALARMS} == set(re.findall(r"^\| `(ContactHub\w+)`", OPERATIONS, re.MULTILINE))
    helps = dict(re.findall(r"^# HELP (contact_hub_\w+) (.*)$", told, re.MULTILINE))
    assert all(len(helps[name]) > 8 for name in exported)
    assert all(re.fullmatch(r"contact_hub_[a-z]+(_[a-z]+)*", name) for name in exported)


def test_every_alarm_has_a_severity_and_a_sentence() -> None:
    for rule in ALARMS:
        assert rule["labels"]["severity"] in {"page", "warn"}, rule["alert"]
        assert len(rule["annotations"]["summary"]) > 20, rule["alert"]


@pytest.fixture
def spans() -> Any:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with tracing.traced_by(provider.get_tracer("tests")):
        yield exporter


async def test_a_message_leaves_spans_with_the_names_of_the_manual_and_without_content(
    spans: Any, sqlite_url: str, tmp_path: Path
) -> None:
    async with hubs.floor(sqlite_url, tmp_path) as floor:
        anna, customer = await floor.agent("anna"), await floor.visitor()
        conversation = await customer.start("Guten Tag, ich habe eine Frage nach der Zitrone.")
        await anna.take()
        await customer.post(conversation, "Die Zitrone ist sauer.")
        await anna.until(lambda: "sauer" in str(anna.thread(conversation)))
        await floor.hub.runner.run(HOUSE, "rows.forget:round")
    finished = spans.get_finished_spans()
    assert {span.name for span in finished} == set(tracing.SPANS)
    assert set(tracing.SPANS) == set(re.findall(r"^\| `(\w+\.\w+)` ", OPERATIONS.partition("## Traces")[2], re.MULTILINE))
    written = next(span for span in finished if span.attributes.get("command") == "conversation.start")
    above = {span.context.span_id: span for span in finished}

    def way(span: Any) -> list[str]:
        return [span.name, *(way(above[span.parent.span_id]) if span.parent is not None else [])]

    of_message = [span for span in finished if span.context.trace_id == written.context.trace_id]
    ways = {" < ".join(way(span)) for span in of_message if span.attributes.get("face", "console") == "console"}
    assert "socket.told < store.write < routing.round < store.write < socket.frame" in ways, "the offer on the agent's screen"
    assert any("socket.told < store.write < socket.frame" in " < ".join(way(span)) for span in finished), "what was said later"
    commits = [span for span in finished if span.name == "store.commit"]
    assert any(link.context.span_id == written.context.span_id for commit in commits for link in commit.links)
    assert not any("Zitrone" in span.to_json() for span in finished)


async def test_background_work_belongs_to_the_trace_of_its_cause(spans: Any, sqlite_url: str, tmp_path: Path) -> None:
    async def nothing(_attempt: Attempt) -> None:
        """Done."""

    async with hubs.floor(sqlite_url, tmp_path) as floor:
        jobs = floor.hub.jobs
        jobs.register(Kind(name="some.work", handler=nothing))
        jobs.on_added = lambda _workspace, _id: None
        with tracing.span("socket.frame", face="widget"):
            job = Job(kind="some.work", workspace="test", payload={})
            id_ = await floor.hub.store.write(lambda tx: jobs.add(tx, job), name="cause")
        await floor.hub.runner.run("test", id_)
    finished = spans.get_finished_spans()
    cause = next(span for span in finished if span.attributes.get("command") == "cause")
    work = next(span for span in finished if span.attributes.get("kind") == "some.work")
    assert (work.name, work.parent.span_id) == ("job.run", cause.context.span_id)


def test_spans_leave_for_the_endpoint_that_was_named() -> None:
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_said: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with (
            tracing.tracing(f"http://127.0.0.1:{server.server_port}/v1/traces", ratio=1.0),
            tracing.span("store.write", command="conversation.post"),
        ):
            pass
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert any(b"conversation.post" in body and b"contact-hub" in body for body in received)


def test_a_span_costs_next_to_nothing_while_nobody_traces() -> None:
    def once(count: int) -> float:
        began = time.perf_counter()
        for _ in range(count):
            with tracing.span("store.write", command="conversation.post"):
                pass
        return (time.perf_counter() - began) / count

    assert min(once(20_000) for _ in range(5)) < 2e-6, "a message costs a hundred times as much"
    assert tracing.here() is None
