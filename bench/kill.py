"""`kill -9` at random moments under load, and what the driver's own ledger says about it afterwards.

    python -m bench.kill --kills 50 --json

Customers write and leave and come again, agents accept, answer, note and wrap up, all through sockets, while the server process is killed and started again
on the same data. Clients do what the protocol asks: keep what is not acknowledged, come back, say it again. At the end the ledger of what each of them said
(ids, texts, order, acknowledged positions) is held against the transcripts that an operator reads over HTTP, the screens, and a widget that starts afresh:

* `lost`: acknowledged and not in the transcript · `doubled`: in it more than once · `foreign`: in it and never said · `refused_but_kept`: said no to, and kept
* `out_of_order`: one speaker's words in another order · `moved`: not at the position of the acknowledgement · `holes`: positions that are not 1, 2, 3 …
* `screens_apart`: a screen, or one that resumed from nothing, that differs from the transcript · `unacknowledged`: never answered, however often said
* `held_twice`: a conversation with two live assignments · `astray`: an open one that nobody has and that does not wait
* `seats_wrong`: used seats that are no recount
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from rich.progress import Progress

from agents import frames as console
from bench.feed import bars, complaints
from bench.floors import OPERATOR, PASSWORD, HubProcess, hub_process, machine, show
from contact_hub.channels.chat import frames as widget
from contact_hub.robots.client import ConsoleClient, Patience, WidgetClient, http_client, sign_in, staff_headers

_LANGUAGES: Final = ("en", "de", "es", "it")
_BRAND: Final = "kestrel-mobile"
_IMPATIENT: Final = Patience(first_seconds=0.1, most_seconds=1.0)
_SETTLE_SECONDS: Final = 900.0
"""Of wall time, most of which the server may be dead."""
COUNTED: Final = (
    "lost doubled foreign refused_but_kept out_of_order moved holes screens_apart unacknowledged held_twice astray seats_wrong".split()  # noqa: SIM905
)


@dataclass(slots=True, kw_only=True)
class Said:
    """One line of the ledger. `position` is what the acknowledgement said; `refused` the code of a final no."""

    id: str
    text: str
    speaker: str
    log: str = "public"
    conversation: str = ""
    position: int | None = None
    refused: str = ""


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Everything anybody said, in the order in which each of them said it."""

    said: list[Said] = field(default_factory=list)
    screens: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def note(self, said: Said) -> Said:
        self.said.append(said)
        return said


class Customer:
    """Writes as long as it is let, in one conversation after another; never knows that servers die."""

    def __init__(
        self, http: httpx.AsyncClient, origin: str, name: str, language: str, ledger: Ledger, chance: random.Random
    ) -> None:
        self.client = WidgetClient(http, origin, _BRAND, chance=chance, patience=_IMPATIENT)
        self.mind, self.name = self.client.mind, name
        self._language, self._ledger, self._chance = language, ledger, chance
        self._mine: list[Said] = []

    async def run(self, stop: asyncio.Event) -> None:
        async with self.client:
            await self.client.until(lambda: self.mind.welcomed, seconds=_SETTLE_SECONDS, what="the first welcome")
            while not stop.is_set():
                await self._one_conversation(stop)
            await self._quiet()
            self._write_down()

    async def _one_conversation(self, stop: asyncio.Event) -> None:
        self._say(start=True)
        for _ in range(self._chance.randint(2, 24)):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._chance.uniform(0.02, 0.5))
            if stop.is_set():
                return
            if len(self.mind.outbox) < 4:
                self._say()
        await self._quiet()
        if self._chance.random() < 0.7:
            await self._answered(stop)
        if stop.is_set():
            return
        self.mind.end()
        self.client.kick()
        await self.client.until(lambda: self.mind.ended, seconds=_SETTLE_SECONDS, what="the end")
        self._write_down()

    def _say(self, *, start: bool = False) -> None:
        id_ = f"{self.name}-{len(self._mine)}"
        said = self._ledger.note(Said(id=id_, text=f"{id_} {self._chance.random()}", speaker=self.name))
        self._mine.append(said)
        if start:
            self.mind.start(id_, said.text, kind="service", name=self.name, email="kill@example.com", language=self._language)
        else:
            self.mind.post(id_, said.text)
        self.client.kick()

    async def _quiet(self) -> None:
        await self.client.until(
            lambda: not self.mind.outbox, seconds=_SETTLE_SECONDS, what=f"the last acknowledgement of {self.name}"
        )

    async def _answered(self, stop: asyncio.Event) -> None:
        last = self._mine[-1].id
        await self.client.until(
            lambda: stop.is_set() or f"re {last}" in self.mind.texts(), seconds=_SETTLE_SECONDS, what=f"the answer to {last}"
        )

    def _write_down(self) -> None:
        for said in self._mine:
            if ack := self.mind.acks.get(said.id):
                said.conversation, said.position = ack.conversation, ack.position
            elif refusal := self.mind.refusals.get(said.id):
                said.refused = refusal.code
        if self.mind.conversation:
            self._ledger.screens[self.mind.conversation] = [(entry.position, _text(entry.body)) for entry in self.mind.log.entries]


def _text(body: widget.PublicBody) -> str:
    return body.key if isinstance(body, widget.Notice) else body.text


class Agent:
    """Accepts, answers every message with its id, notes now and then, wraps up."""

    def __init__(self, http: httpx.AsyncClient, origin: str, email: str, ledger: Ledger, chance: random.Random) -> None:
        self.client = ConsoleClient(
            http, origin, email, PASSWORD, take_over=True, chance=chance, patience=_IMPATIENT, on_frame=self._heard
        )
        self.mind, self.name = self.client.mind, email.split("@", maxsplit=1)[0]
        self._ledger, self._chance = ledger, chance
        self._mine: list[Said] = []
        self._answered: set[tuple[str, int]] = set()
        self._asked: set[str] = set()
        self._silent = False

    async def ready(self) -> None:
        await self.client.until(lambda: self.mind.welcomed, seconds=_SETTLE_SECONDS, what="the console's welcome")
        self._be_ready()
        await self.client.until(lambda: self.mind.me is not None and self.mind.me.availability == "ready", seconds=60, what="ready")

    async def quiet(self) -> None:
        """Wait until everything written has been read, answered and acknowledged; then enter it in the ledger."""
        await self.client.until(self._done, seconds=_SETTLE_SECONDS, what=f"the last acknowledgement of {self.name}")
        self._silent = True  # whatever comes to this desk from now on finds the ledger closed
        for said in self._mine:
            if ack := self.mind.acks.get(said.id):
                said.position = ack.position
            elif refusal := self.mind.refusals.get(said.id):
                said.refused = refusal.code

    def _done(self) -> bool:
        mind = self.mind
        read = all(mind.threads[id_].public.head >= card.public_head for id_, card in mind.conversations.items())
        return mind.welcomed and read and not mind.offers and not mind.unacknowledged

    def _be_ready(self) -> None:
        self.mind.availability("ready")
        self.client.kick()

    def _heard(self, frame: console.ToConsole) -> None:
        match frame:
            case console.ConsoleWelcome():
                self._asked.clear()
                self._look()
            case console.Delta():
                self._look()
            case console.PublicEntryForStaff() if frame.speaker == "customer" and not frame.text.startswith("re "):
                self._answer(frame)
            case _:
                pass

    def _look(self) -> None:
        for id_ in self.mind.offers:
            if id_ not in self._asked:
                self._asked.add(id_)
                self.mind.accept(id_)
        for id_, card in self.mind.conversations.items():
            if card.state == "wrap_up" and id_ not in self._asked:
                self._asked.add(id_)
                self.mind.wrap_up(id_, "resolved")
        if self.mind.me is not None and self.mind.me.availability in {"away", "offline"}:
            self._be_ready()

    def _answer(self, entry: console.PublicEntryForStaff) -> None:
        key = (entry.conversation, entry.position)
        if key in self._answered or self._silent:
            return
        self._answered.add(key)
        self._say(entry.conversation, f"re {entry.client_message_id}", "public")
        if self._chance.random() < 0.2:
            self._say(entry.conversation, f"seen {entry.client_message_id}", "staff")

    def _say(self, conversation: str, text: str, log: str) -> None:
        id_ = f"{self.name}-{len(self._mine):06d}"
        said = self._ledger.note(Said(id=id_, text=text, speaker=self.name, log=log, conversation=conversation))
        self._mine.append(said)
        (self.mind.reply if log == "public" else self.mind.note)(id_, conversation, text)


async def torment(
    hub: HubProcess,
    *,
    kills: int,
    customers: int,
    seed: int,
    seconds_between: tuple[float, float] = (0.5, 6.0),
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Load, kills, peace; then the comparison as one object. Every count of `COUNTED` should be 0."""
    chance, ledger, stop = random.Random(seed), Ledger(), asyncio.Event()
    down = list[float]()
    async with http_client() as http, contextlib.AsyncExitStack() as stack:
        agents = [Agent(http, hub.origin, f"{tag}@bench.example", ledger, random.Random(chance.random())) for tag in _LANGUAGES]
        for agent in agents:
            await stack.enter_async_context(agent.client)
            await agent.ready()
        writing = [
            Customer(
                http, hub.origin, f"customer{number}", _LANGUAGES[number % len(_LANGUAGES)], ledger, random.Random(chance.random())
            )
            for number in range(customers)
        ]
        clients = [*(one.client for one in writing), *(one.client for one in agents)]
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for customer in writing:
                group.create_task(customer.run(stop))
            task = progress.add_task("kill -9", total=kills) if progress else None
            for _ in range(kills):
                await asyncio.sleep(chance.uniform(*seconds_between))
                hub.kill()
                fell = time.monotonic()
                hub.boot()
                await hub.ready()
                down.append(time.monotonic() - fell)
                if progress and task is not None:
                    progress.advance(task)
            await asyncio.sleep(seconds_between[1])
            stop.set()
        # asked through connections of their own: the others may lead to a server that is dead
        asking = await stack.enter_async_context(http_client())
        return await _judged(asking, hub, ledger, writing, agents, stack) | {
            "kills": kills,
            "customers": customers,
            "agents": len(agents),
            "seconds": round(time.monotonic() - began, 1),
            "down_seconds_each": round(sum(down) / len(down), 2) if down else 0,
            "reconnects": sum(max(0, client.connections - 1) for client in clients),
            "comebacks": dict(Counter(why.split(":")[0][:60] for client in clients for why in client.comebacks).most_common(8)),
            "server_log": complaints(hub),
            "machine": machine(),
        }


async def _judged(
    http: httpx.AsyncClient,
    hub: HubProcess,
    ledger: Ledger,
    customers: Sequence[Customer],
    agents: Sequence[Agent],
    stack: contextlib.AsyncExitStack,
) -> dict[str, Any]:
    for agent in agents:
        await agent.quiet()
    headers = staff_headers(await sign_in(http, hub.origin, OPERATOR, PASSWORD))
    transcripts = {}
    for conversation in sorted({said.conversation for said in ledger.said if said.conversation}):
        transcripts[conversation] = await _get(http, f"{hub.origin}/api/conversations/{conversation}", headers)
    afresh = dict([await _afresh(http, hub.origin, customer, stack) for customer in customers])
    floor = await _get(http, f"{hub.origin}/api/floor", headers)
    faults = compare(ledger, transcripts, afresh, agents) + floor_faults(floor, transcripts)
    counts = Counter(fault.split(":", 1)[0] for fault in faults)
    return {name: counts.get(name, 0) for name in COUNTED} | {
        "faults": faults[:20],
        "said": len(ledger.said),
        "acknowledged": sum(said.position is not None for said in ledger.said),
        "refused": dict(Counter(said.refused for said in ledger.said if said.refused)),
        "conversations": len(transcripts),
    }


async def _afresh(
    http: httpx.AsyncClient, origin: str, customer: Customer, stack: contextlib.AsyncExitStack
) -> tuple[str, list[tuple[int, str]]]:
    """The same browser with empty hands: what the widget is given then."""
    again = WidgetClient(http, origin, _BRAND, token=customer.client.token, patience=_IMPATIENT)
    await stack.enter_async_context(again)
    mind = again.mind
    await again.until(
        lambda: mind.state is not None and mind.log.head >= mind.state.head, seconds=_SETTLE_SECONDS, what="the resumed screen"
    )
    assert mind.conversation is not None
    return mind.conversation, [(entry.position, _text(entry.body)) for entry in mind.log.entries]


def compare(
    ledger: Ledger, transcripts: Mapping[str, Any], afresh: Mapping[str, list[tuple[int, str]]], agents: Sequence[Agent]
) -> list[str]:
    """Every difference between what was said and what is written, as `kind: where`."""
    faults = list[str]()
    kept: defaultdict[tuple[str, str], list[tuple[str, int, str]]] = defaultdict(list)
    for conversation, shown in transcripts.items():
        for log in ("public", "staff"):
            entries = shown[log]
            if [entry["position"] for entry in entries] != list(range(1, len(entries) + 1)):
                faults.append(f"holes: {log} of {conversation}")
            for entry in entries:
                if entry.get("client_message_id"):
                    kept[log, entry["client_message_id"]].append((conversation, entry["position"], entry["text"]))
    faults += _word_by_word(ledger, kept)
    known = {(said.log, said.id) for said in ledger.said}
    faults += [f"foreign: {key}" for key in kept if key not in known]
    faults += _screens(ledger, transcripts, afresh, agents)
    return faults


def _word_by_word(ledger: Ledger, kept: Mapping[tuple[str, str], list[tuple[str, int, str]]]) -> list[str]:
    faults = list[str]()
    reached: dict[tuple[str, str, str], int] = {}
    for said in ledger.said:
        found = kept.get((said.log, said.id), [])
        if len(found) > 1:
            faults.append(f"doubled: {said.id}")
        if said.refused:
            faults += [f"refused_but_kept: {said.id} ({said.refused})" for _ in found]
            continue
        if said.position is None:
            faults.append(f"unacknowledged: {said.id}")
            continue
        if not found or found[0][0] != said.conversation or found[0][2] != said.text:
            faults.append(f"lost: {said.id}")
            continue
        position = found[0][1]
        if position != said.position:
            faults.append(f"moved: {said.id} from {said.position} to {position}")
        lane = (said.conversation, said.log, said.speaker)
        if position <= reached.get(lane, 0):
            faults.append(f"out_of_order: {said.id}")
        reached[lane] = position
    return faults


def _screens(
    ledger: Ledger, transcripts: Mapping[str, Any], afresh: Mapping[str, list[tuple[int, str]]], agents: Sequence[Agent]
) -> list[str]:
    faults = list[str]()
    written = {
        id_: [(entry["position"], entry.get("key") or entry.get("text", "")) for entry in shown["public"]]
        for id_, shown in transcripts.items()
    }
    for conversation, screen in ledger.screens.items():
        if written.get(conversation, [])[: len(screen)] != screen:
            faults.append(f"screens_apart: widget of {conversation}")
    for conversation, screen in afresh.items():
        if written.get(conversation, [])[: len(screen)] != screen or len(screen) < len(ledger.screens.get(conversation, ())):
            faults.append(f"screens_apart: fresh widget of {conversation}")
    for agent in agents:
        for conversation in agent.mind.conversations:
            thread = [(entry.position, entry.key or entry.text) for entry in agent.mind.threads[conversation].public.entries]
            if written.get(conversation) != thread:
                faults.append(f"screens_apart: console of {agent.name}, {conversation}")
    return faults


def floor_faults(floor: Mapping[str, Any], transcripts: Mapping[str, Any]) -> list[str]:
    """One live assignment each; seats as many as a recount finds; nobody forgotten."""
    faults = list[str]()
    held = Counter(one["conversation"] for agent in floor["agents"] for one in agent["conversations"])
    faults += [f"held_twice: {conversation}" for conversation, times in held.items() if times > 1]
    for agent in floor["agents"]:
        assigned = sum(one["state"] == "assigned" for one in agent["conversations"])
        if agent["seats_used"] != assigned or not 0 <= assigned <= agent["seats"]:
            faults.append(f"seats_wrong: {agent['agent']} uses {agent['seats_used']}, holds {assigned}")
    waiting = sum(line["waiting"] for line in floor["queues"])
    nobody = [id_ for id_, shown in transcripts.items() if shown["line"]["state"] != "ended" and id_ not in held]
    faults += [f"astray: {id_}" for id_ in nobody[waiting:]]
    return faults


async def _get(http: httpx.AsyncClient, url: str, headers: dict[str, str]) -> Any:
    answer = await http.get(url, headers=headers)
    answer.raise_for_status()
    return answer.json()


async def main(arguments: argparse.Namespace) -> dict[str, Any]:
    with bars() as progress:
        async with hub_process(takeover_grace_seconds=1.0) as hub:
            return await torment(hub, kills=arguments.kills, customers=arguments.customers, seed=arguments.seed, progress=progress)


def parse(arguments: Iterable[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--customers", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one line")
    return parser.parse_args(None if arguments is None else list(arguments))


if __name__ == "__main__":
    asked = parse()
    outcome = asyncio.run(main(asked))
    show(outcome, as_json=asked.json)
    sys.exit(1 if any(outcome[name] for name in COUNTED) else 0)
