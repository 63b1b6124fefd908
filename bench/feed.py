"""Real utterances through real sockets: what arrives, whose screen it reaches, and how soon.

    python -m bench.feed --file ../shared/data/langid/dev.tsv --rate 50 --count 2000 --json

Starts a server process of its own on the workspace of `bench.floors` (or uses `--origin`, a server on that workspace). Every utterance is a visitor with a
widget socket, arriving at random (Poisson) at `--rate` a second, at a brand that promises the language where there is one; every agent of the workspace is a
robot at a console socket who accepts at once and answers with the id of the message. The driver trusts nothing it is told: what was sent, acknowledged, shown
to an agent and answered stands in its own ledger, and is held at the end against the transcripts and decisions that the server shows an operator.

`to_agent_ms`: from the moment the widget says it to the moment the words stand on an agent's screen (the offer card).
`answered_ms`: … to the answer on the customer's screen. `wrong_agent`: somebody was assigned whose level, in what the hub had settled then, is below the
brand's floor. `language_accuracy`: share of first messages whose language the hub named rightly, whatever it was sure of.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from agents import frames as console
from bench.floors import OPERATOR, PASSWORD, HubProcess, bench_workspace, hub_process, machine, percentiles, show
from contact_hub.channels.chat import frames as widget
from contact_hub.robots.client import ConsoleClient, WidgetClient, http_client, sign_in, staff_headers
from contact_hub.workspace import Workspace
from i18n import tags

DATA: Final = Path("../shared/data/langid/dev.tsv")
_SAME_MAX: Final = 10
_PATIENCE_SECONDS: Final = 600.0
_SIGN_IN_AT_ONCE: Final = 4
_READ_AT_ONCE: Final = 4
_DOOR: Final = 24
"""How many widgets come in at once; where the machine cannot keep up with the rate the others wait outside, instead of timing out together for ever."""


class Utterance(NamedTuple):
    language: str
    text: str


@dataclass(slots=True, kw_only=True)
class Sent:
    """One line of the ledger."""

    id: str
    said: Utterance
    brand: str
    at: float
    conversation: str = ""
    acked_at: float | None = None
    shown_at: float | None = None
    answered_at: float | None = None
    answers: list[str] = field(default_factory=list)
    screen: list[tuple[int, str]] = field(default_factory=list)
    refused: str = ""


class Ledger:
    """What the driver itself knows."""

    def __init__(self) -> None:
        self.sent: dict[str, Sent] = {}
        self.by_conversation: dict[str, Sent] = {}
        self.shown: dict[str, float] = {}
        self.heard_language: dict[str, str | None] = {}
        self.assigned_to: defaultdict[str, list[str]] = defaultdict(list)
        self.acks = 0
        self.comebacks: Counter[str] = Counter()

    def acknowledged(self, sent: Sent, conversation: str, at: float) -> None:
        sent.conversation, sent.acked_at = conversation, at
        self.by_conversation[conversation] = sent
        self.acks += 1

    def offered(self, card: console.OfferCard, at: float) -> None:
        self.shown.setdefault(card.conversation, at)
        self.heard_language.setdefault(card.conversation, card.language.tag)


class AgentRobot:
    """Accepts whatever rings, answers with the message's id, wraps up when the customer leaves."""

    def __init__(self, http: httpx.AsyncClient, origin: str, email: str, ledger: Ledger, chance: random.Random) -> None:
        self.client = ConsoleClient(http, origin, email, PASSWORD, take_over=True, chance=chance, on_frame=self._heard)
        self.mind = self.client.mind
        self._ledger = ledger
        self._accepted: set[str] = set()
        self._wrapped: set[str] = set()
        self._answered: set[tuple[str, int]] = set()
        self._known: set[str] = set()

    async def sit_down(self) -> None:
        await self.client.until(
            lambda: self.mind.welcomed or self.client.over is not None, seconds=120, what="the console's welcome"
        )
        assert self.client.over is None, self.client.over
        self._be_ready()
        await self.client.until(lambda: self.mind.me is not None and self.mind.me.availability == "ready", seconds=60, what="ready")

    def _be_ready(self) -> None:
        self.mind.availability("ready")
        self.client.kick()

    def _heard(self, frame: console.ToConsole) -> None:
        now = time.monotonic()
        match frame:
            case console.ConsoleWelcome():
                self._accepted.clear()
                self._wrapped.clear()
                self._look(now)
            case console.Delta():
                self._look(now)
            case console.PublicEntryForStaff() if frame.speaker == "customer":
                self._answer(frame)
            case _:
                pass

    def _look(self, now: float) -> None:
        for id_, offer in self.mind.offers.items():
            if id_ not in self._accepted:
                self._accepted.add(id_)
                self._ledger.offered(offer, now)
                self.mind.accept(id_)
        for id_, card in self.mind.conversations.items():
            if id_ not in self._known:
                self._known.add(id_)
                self._ledger.assigned_to[id_].append(self.mind.me.agent if self.mind.me else "")
            if card.state == "wrap_up" and id_ not in self._wrapped:
                self._wrapped.add(id_)
                self.mind.wrap_up(id_, "resolved")
        if self.mind.me is not None and self.mind.me.availability in {"away", "offline"}:
            self._be_ready()

    def _answer(self, entry: console.PublicEntryForStaff) -> None:
        key = (entry.conversation, entry.position)
        if key not in self._answered:
            self._answered.add(key)
            self.mind.reply(f"re:{entry.client_message_id}", entry.conversation, f"re {entry.client_message_id}")


class CustomerRobot:
    """Says one thing, waits for the answer, leaves."""

    def __init__(
        self, http: httpx.AsyncClient, origin: str, sent: Sent, ledger: Ledger, chance: random.Random, door: asyncio.Semaphore
    ) -> None:
        self.client = WidgetClient(http, origin, sent.brand, chance=chance, on_frame=self._heard)
        self.sent, self._ledger, self._door = sent, ledger, door

    async def run(self) -> None:
        sent, mind = self.sent, self.client.mind
        async with contextlib.AsyncExitStack() as stack:
            async with self._door:
                client = await stack.enter_async_context(self.client)
                await client.until(lambda: mind.welcomed, seconds=_PATIENCE_SECONDS, what="the welcome")
            with contextlib.suppress(TimeoutError):
                mind.start(sent.id, sent.said.text, name="Bench", email="bench@example.com", kind="service")
                sent.at = time.monotonic()
                client.kick()
                await client.until(lambda: bool(sent.answers) or bool(sent.refused), seconds=_PATIENCE_SECONDS, what="the answer")
                if not sent.refused:
                    mind.end()
                    client.kick()
                    await client.until(lambda: mind.ended, seconds=_PATIENCE_SECONDS, what="the end")
        sent.screen = [(entry.position, _said(entry)) for entry in mind.log.entries]
        self._ledger.comebacks.update(client.comebacks)

    def _heard(self, frame: widget.ToWidget) -> None:
        now = time.monotonic()
        match frame:
            case widget.Ack():
                if self.sent.acked_at is None:
                    self._ledger.acknowledged(self.sent, frame.conversation, now)
            case widget.PublicEntry(body=widget.BrandMessage(text=text)):
                self.sent.answers.append(text)
                self.sent.answered_at = self.sent.answered_at or now
            case _ if self.sent.id in self.client.mind.refusals:
                self.sent.refused = self.client.mind.refusals[self.sent.id].code
            case _:
                pass


def _said(entry: widget.PublicEntry) -> str:
    body = entry.body
    return body.key if isinstance(body, widget.Notice) else body.text


async def feed(
    origin: str,
    workspace: Workspace,
    utterances: Sequence[Utterance],
    *,
    rate: float,
    seed: int,
    progress: Progress | None = None,
    cpu_seconds: Callable[[], float] = lambda: 0.0,
) -> dict[str, Any]:
    """Send them all, wait for the answers, compare with what the server shows; the result as one object. `cpu_seconds` tells what the server used."""
    chance, ledger = random.Random(seed), Ledger()
    door = asyncio.Semaphore(_DOOR)
    async with http_client() as http, http_client() as staff, contextlib.AsyncExitStack() as stack:
        agents = [AgentRobot(staff, origin, str(agent.email), ledger, random.Random(chance.random())) for agent in workspace.agents]
        await _everybody_sits_down(agents, stack, progress)
        began, load_before, used_before = time.monotonic(), machine()["load"], cpu_seconds()
        task = progress.add_task("utterances", total=len(utterances)) if progress else None
        async with asyncio.TaskGroup() as group:
            due = time.monotonic()
            for number, said in enumerate(utterances):
                due += chance.expovariate(rate)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                sent = Sent(
                    id=f"bench-{seed}-{number}", said=said, brand=_brand(workspace, said.language, chance), at=time.monotonic()
                )
                ledger.sent[sent.id] = sent
                robot = CustomerRobot(http, origin, sent, ledger, random.Random(chance.random()), door)
                going = group.create_task(robot.run())
                if progress and task is not None:
                    going.add_done_callback(lambda _, bar=progress, of=task: bar.advance(of))  # type: ignore[misc]
        seconds, used = time.monotonic() - began, cpu_seconds() - used_before
        reply_acks = sum(len(agent.mind.acks) for agent in agents)
        agent_comebacks = Counter(why for agent in agents for why in agent.client.comebacks)
        transcripts = await _transcripts(
            http, origin, [sent.conversation for sent in ledger.sent.values() if sent.conversation], progress
        )
    return _result(ledger, workspace, transcripts, seconds, reply_acks) | {
        "seconds": round(seconds, 1),
        "server_cpu_seconds": round(used, 1),
        "rate": rate,
        "agents": len(agents),
        "reconnects": {"widgets": sum(ledger.comebacks.values()), "consoles": sum(agent_comebacks.values())},
        "machine": machine() | {"load_before": load_before},
    }


async def _everybody_sits_down(agents: Sequence[AgentRobot], stack: contextlib.AsyncExitStack, progress: Progress | None) -> None:
    """A few at a time: passwords are slow to check, on purpose."""
    task = progress.add_task("agents sign in", total=len(agents)) if progress else None
    gate = asyncio.Semaphore(_SIGN_IN_AT_ONCE)

    async def one(agent: AgentRobot) -> None:
        async with gate:
            await stack.enter_async_context(agent.client)
            await agent.sit_down()
            if progress and task is not None:
                progress.advance(task)

    async with asyncio.TaskGroup() as group:
        for agent in agents:
            group.create_task(one(agent))


async def _transcripts(
    http: httpx.AsyncClient, origin: str, conversations: Sequence[str], progress: Progress | None
) -> dict[str, dict[str, Any]]:
    """What the server shows an operator."""
    headers = staff_headers(await sign_in(http, origin, OPERATOR, PASSWORD))
    task = progress.add_task("transcripts", total=len(conversations)) if progress else None
    gate, found = asyncio.Semaphore(_READ_AT_ONCE), dict[str, dict[str, Any]]()

    async def one(conversation: str) -> None:
        async with gate:
            answer = await http.get(f"{origin}/api/conversations/{conversation}", headers=headers)
            answer.raise_for_status()
            found[conversation] = answer.json()
            if progress and task is not None:
                progress.advance(task)

    async with asyncio.TaskGroup() as group:
        for conversation in conversations:
            group.create_task(one(conversation))
    return found


def _result(
    ledger: Ledger, workspace: Workspace, transcripts: Mapping[str, dict[str, Any]], seconds: float, reply_acks: int
) -> dict[str, Any]:
    sent = list(ledger.sent.values())
    answered = [one for one in sent if f"re {one.id}" in one.answers]
    public = {id_: shown["public"] for id_, shown in transcripts.items()}
    judged = [one for one in sent if one.conversation in ledger.heard_language]
    right = [one for one in judged if same_language(ledger.heard_language[one.conversation], one.said.language)]
    for one in sent:
        one.shown_at = ledger.shown.get(one.conversation)
    wrong = [id_ for id_, shown in transcripts.items() if assigned_below_the_floor(workspace, shown)]
    return {
        "sent": len(sent),
        "answered": len(answered),
        "refused": dict(Counter(one.refused for one in sent if one.refused)),
        "lost": sum(_lost(one, public) for one in sent),
        "duplicated": sum(_duplicated(one, public) for one in sent),
        "out_of_order": sum(_out_of_order(one, public) for one in sent),
        "wrong_agent": len(wrong),
        "assigned_twice": sum(len(agents) > 1 for agents in ledger.assigned_to.values()),
        "language_accuracy": round(len(right) / len(judged), 4) if judged else None,
        "languages": len({one.said.language for one in sent}),
        "to_agent_ms": percentiles([one.shown_at - one.at for one in sent if one.shown_at]),
        "ack_ms": percentiles([one.acked_at - one.at for one in sent if one.acked_at]),
        "answered_ms": percentiles([one.answered_at - one.at for one in answered if one.answered_at]),
        "acks_per_second": round((ledger.acks + reply_acks) / seconds, 1),
    }


def _lost(one: Sent, public: Mapping[str, list[dict[str, Any]]]) -> bool:
    """Said and not refused, and not in the transcript, or never answered."""
    if one.refused:
        return False
    kept = [entry for entry in public.get(one.conversation, []) if entry.get("client_message_id") == one.id]
    return not kept or f"re {one.id}" not in one.answers


def _duplicated(one: Sent, public: Mapping[str, list[dict[str, Any]]]) -> bool:
    entries = public.get(one.conversation, [])
    said = [entry for entry in entries if entry["speaker"] == "customer"]
    answers = [entry for entry in entries if entry["speaker"] == "agent"]
    return len(said) > 1 or len(answers) > 1 or len(one.answers) > 1


def _out_of_order(one: Sent, public: Mapping[str, list[dict[str, Any]]]) -> bool:
    """The transcript has a hole or another order, or the customer's screen is not its beginning."""
    shown = [(entry["position"], entry.get("key") or entry.get("text", "")) for entry in public.get(one.conversation, [])]
    contiguous = [position for position, _ in shown] == list(range(1, len(shown) + 1))
    return not contiguous or shown[: len(one.screen)] != one.screen


def assigned_below_the_floor(workspace: Workspace, shown: Mapping[str, Any]) -> bool:
    """Replays the journal of one inquiry: at each assignment, does the agent hold what the hub had settled by then at the brand's floor or above?"""
    brand = next(one for one in workspace.brands if one.id == shown["line"]["brand"])
    agents = {agent.id: agent for agent in workspace.agents}
    wished: list[str] = []
    for step in shown["steps"]:
        event = step.get("event") or {}
        if "demand" in event:
            wished = event["demand"].get("languages") or []
        for decision in step.get("decisions", ()):
            if decision["is"] == "assigned":
                held = [tag for tag, level in agents[decision["agent"]].languages.items() if level >= brand.floor]
                if not any(near(wish, tag) for wish in (wished or brand.languages) for tag in held):
                    return True
    return False


def near(one: str, other: str) -> bool:
    """The same language, in writing."""
    return tags.distance(one, other, use="writing") <= _SAME_MAX


def same_language(named: str | None, label: str) -> bool:
    """The label says the language alone, so region and script do not count."""
    return named is not None and named.split("-")[0] == tags.canonical(label).split("-")[0]


def _brand(workspace: Workspace, language: str, chance: random.Random) -> str:
    promising = [brand.id for brand in workspace.brands if any(same_language(tag, language) for tag in brand.languages)]
    return chance.choice(promising or [brand.id for brand in workspace.brands])


def read(path: Path, count: int, chance: random.Random) -> list[Utterance]:
    """`count` utterances, every language in its share of the file; texts that are too long for a first message are cut by nobody, so they stay out."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [Utterance(row["lang"], row["text"]) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    usable = [row for row in rows if row.text.strip()]
    chance.shuffle(usable)
    return [usable[number % len(usable)] for number in range(count)]


def bars() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=Console(stderr=True)
    )


async def main(arguments: argparse.Namespace) -> dict[str, Any]:
    utterances = read(arguments.file, arguments.count, random.Random(arguments.seed))
    with bars() as progress:
        if arguments.origin:
            return await feed(
                arguments.origin, bench_workspace(1), utterances, rate=arguments.rate, seed=arguments.seed, progress=progress
            )
        async with hub_process() as hub:
            result = await feed(
                hub.origin,
                bench_workspace(1),
                utterances,
                rate=arguments.rate,
                seed=arguments.seed,
                progress=progress,
                cpu_seconds=hub.cpu_seconds,
            )
            return result | {"server_log": complaints(hub)}


def complaints(hub: HubProcess) -> dict[str, int]:
    """Warnings and errors of the server, counted by name; none is the wish."""
    found: Counter[str] = Counter()
    for line in hub.log().splitlines():
        with contextlib.suppress(ValueError):
            found[json.loads(line).get("event", "?")] += 1
    return dict(found)


def parse(arguments: Iterable[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, default=DATA, help="tab-separated, with columns lang and text")
    parser.add_argument("--rate", type=float, default=50.0, help="utterances a second")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--origin", help="a running server on the bench workspace instead of one of our own")
    parser.add_argument("--json", action="store_true", help="one line")
    return parser.parse_args(None if arguments is None else list(arguments))


if __name__ == "__main__":
    asked = parse()
    outcome = asyncio.run(main(asked))
    show(outcome, as_json=asked.json)
    sys.exit(1 if outcome["lost"] or outcome["duplicated"] or outcome["out_of_order"] or outcome["wrong_agent"] else 0)
