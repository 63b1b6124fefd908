"""Those who talk while the house burns, and the ledger they keep: who said what, in which order, and what was acknowledged.

Customers write, wait for answers, leave and come again; agents take what rings, answer, note, wrap up. They are the reference clients, so they keep what is
not acknowledged and say it again under the same id for ever, and resume by position. A probe is a customer who talks to one node alone, for whoever wants to
know whether that one accepts.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Final, Literal, Self

import httpx

from agents import frames as console
from agents.wire import Refusal
from contact_hub.channels.chat import frames as widget
from contact_hub.robots.client import ConsoleClient, Patience, WidgetClient
from contact_hub.robots.console import ConsoleMind
from tests.faults.world import PASSWORD, agent_email

IMPATIENT: Final = Patience(first_seconds=0.1, most_seconds=1.5)
SETTLE_SECONDS: Final = 90.0
_UNSAID_MAX: Final = 3
_BEHIND_MAX: Final = 20
"""Who is handed a talk of thousands of messages answers what is asked, and reads the rest."""
_ANSWERED: Final = 0.35
_PROBE_SECONDS: Final = 0.1
_NOTED: Final = 0.05
_NO_ANSWER: Final = frozenset({"superseded", "session_ended", "ticket_invalid"})
"""Refusals of the window, not of what was said in it."""


@dataclass(slots=True, kw_only=True)
class Said:
    """One line of the ledger. `position` is what the first acknowledgement said; `refused` the code of a final no."""

    id: str
    text: str
    workspace: str
    speaker: str
    log: str = "public"
    conversation: str = ""
    position: int | None = None
    refused: str = ""
    said_at: float = 0.0
    acked_at: float = 0.0
    taken_back: Literal["", "risk", "again"] = ""
    """It was said in a time that was taken back: it may be gone (`risk`), or whoever said it has to say it again where it is."""


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Everything anybody said, in the order in which each of them said it, and what each screen showed at the end."""

    said: list[Said] = field(default_factory=list)
    screens: list[tuple[str, str, list[tuple[int, str]]]] = field(default_factory=list)
    """Whose screen, which conversation, and the entries on it."""
    oddities: list[str] = field(default_factory=list)
    """What a driver saw and should not have: two acknowledgements that differ, a socket closed for good."""
    acked: int = 0
    comebacks: dict[str, int] = field(default_factory=dict)
    later: Counter[str] = field(default_factory=Counter)
    """How often somebody was told to try again in a moment, by code."""
    _written_at: list[float] = field(default_factory=list)

    def note(self, said: Said) -> Said:
        said.said_at = time.monotonic()
        self.said.append(said)
        return said

    def acknowledged(self, said: Said, conversation: str, position: int) -> None:
        """The same answer however often it is given, or an oddity."""
        if said.position is None:
            said.conversation, said.position, said.acked_at = conversation, position, time.monotonic()
            self.acked += 1
        elif (said.conversation, said.position) != (conversation, position):
            self.oddities.append(f"acknowledged_twice_otherwise: {said.id} at {said.position}, then {position}")

    def refused(self, said: Said, code: str) -> None:
        if said.position is not None:
            self.oddities.append(f"refused_after_ack: {said.id} {code}")
        said.refused = code

    def write_down(self, who: str, screen: dict[str, list[tuple[int, str]]]) -> None:
        """What somebody sees as a talk is over."""
        for conversation, entries in screen.items():
            self.screens.append((who, conversation, entries))
            self._written_at.append(time.monotonic())

    def take_back(self, since: float) -> None:
        """The rows are as they were then: what was acknowledged since may be gone, and what was seen since says nothing."""
        kept = [place for place, at in enumerate(self._written_at) if at < since]
        self.screens[:], self._written_at[:] = [self.screens[place] for place in kept], [self._written_at[place] for place in kept]
        lines = [said for said in self.said if said.position is not None and said.acked_at >= since]
        self.acked -= len(lines)
        for said in lines:
            said.taken_back, said.position = "risk", None

    def lost_connections(self, comebacks: list[str]) -> None:
        for why in comebacks:
            name = (
                why.split(":")[0][:60] if not why.startswith(("position", "the head", "cnv_", "no answer")) else why.split(" ")[0]
            )
            self.comebacks[name] = self.comebacks.get(name, 0) + 1


class Customer:
    """Writes as long as it is let, in one conversation after another; never knows that servers die."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        origin: str,
        workspace: str,
        name: str,
        ledger: Ledger,
        chance: random.Random,
        *,
        pause: Callable[[], float],
    ) -> None:
        self._http, self._origin = http, origin
        self.name, self.workspace = name, workspace
        self.acked_at = 0.0
        self.epoch = ""
        self._ledger, self._chance, self._pause = ledger, chance, pause
        self.client = self._device()
        self.mind = self.client.mind
        self._mine: dict[str, Said] = {}
        self._begun = 0
        """How much had been said before this talk began."""
        self._leaving = False
        self._talk: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.__aexit__()
        self._ledger.lost_connections(self.client.comebacks)

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop and everything said was acknowledged; stays connected."""
        await self._until(lambda: self.mind.welcomed, "the first welcome", for_ever=True)
        while not stop.is_set():
            self._talk = asyncio.create_task(self._one_conversation(stop), name=self.name)
            await asyncio.wait([self._talk])
            if not self._talk.cancelled():
                self._talk.result()
        await self._until(lambda: not self.mind.outbox, "the last acknowledgement")

    async def go_back(self) -> None:
        """The house was put back to an earlier time, and the ledger too. The client has to say again what is missing of its talk; where the talk itself began
        later, or was about to end, there is nobody to say it to: another device begins another. Called while nobody is connected."""
        lines = list(self._mine.values())[self._begun :]
        if lines and not self._leaving and lines[0].position is not None:
            for said in lines:
                said.taken_back = "again" if said.taken_back else ""
            return
        for said in lines:
            said.taken_back = "risk" if said.position is None else said.taken_back
        old, self.client = self.client, self._device()
        self.mind = self.client.mind
        if self._talk is not None:
            self._talk.cancel()
        await old.__aexit__()
        self._ledger.lost_connections(old.comebacks)
        await self.client.__aenter__()

    def screen(self) -> dict[str, list[tuple[int, str]]]:
        """What is on it now, by conversation."""
        entries = [(entry.position, _words(entry.body)) for entry in self.mind.log.entries]
        return {self.mind.conversation: entries} if self.mind.conversation else {}

    def _device(self) -> WidgetClient:
        brand = f"{self.workspace}-shop"
        return WidgetClient(self._http, self._origin, brand, chance=self._chance, patience=IMPATIENT, on_frame=self._heard)

    async def _one_conversation(self, stop: asyncio.Event) -> None:
        await self._until(lambda: stop.is_set() or self.mind.welcomed, "a welcome", for_ever=True)
        self._begun, self._leaving = len(self._mine), False
        self._say(start=True)
        for _ in range(self._chance.randint(5, 60)):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._pause() * self._chance.uniform(0.2, 1.8))
            if stop.is_set():
                return
            if len(self.mind.outbox) < _UNSAID_MAX:
                self._say()
        asked = self._say(question=True)
        await self._until(lambda: stop.is_set() or f"re {asked.id}" in self.mind.texts(), f"an answer to {asked.id}", for_ever=True)
        await self._until(lambda: stop.is_set() or not self.mind.outbox, "the acknowledgement", for_ever=True)
        if stop.is_set():
            return
        self._ledger.write_down(self.name, self.screen())
        self._leaving = True
        self.mind.end()
        self.client.kick()
        await self._until(lambda: stop.is_set() or self.mind.ended, "the end", for_ever=True)

    def _say(self, *, start: bool = False, question: bool = False) -> Said:
        id_ = f"{self.name}-{len(self._mine):05d}"
        text = f"{id_} {''.join(self._chance.choices(ascii_lowercase, k=10))}{' ?' if question else ''}"
        said = self._mine[id_] = self._ledger.note(Said(id=id_, text=text, speaker=self.name, workspace=self.workspace))
        if start:
            self.mind.start(id_, said.text, kind="service", name=self.name, email="fault@example.com", language="en")
        else:
            self.mind.post(id_, said.text)
        self.client.kick()
        return said

    def _heard(self, frame: widget.ToWidget) -> None:
        match frame:
            case widget.Ack():
                self._ledger.acknowledged(self._mine[frame.client_message_id], frame.conversation, frame.position)
                self.acked_at = time.monotonic()
            case widget.Welcome() | widget.Resync():
                self.epoch = frame.epoch
            case Refusal() if frame.retry_after_seconds is not None:
                self._ledger.later[frame.code] += 1
            case Refusal() if frame.about in self._mine:
                self._ledger.refused(self._mine[frame.about], frame.code)
            case _:
                pass

    async def _until(self, so: Callable[[], bool], what: str, *, for_ever: bool = False) -> None:
        if self.client.over is not None:
            self._ledger.oddities.append(f"sent_away: {self.name} {self.client.over}")
        with contextlib.suppress(TimeoutError):
            await self.client.until(so, seconds=36_000 if for_ever else SETTLE_SECONDS, what=what)


def _words(body: widget.PublicBody) -> str:
    return body.key if isinstance(body, widget.Notice) else body.text


class Probe(Customer):
    """Talks to one node alone. `accepted_since` waits until that one has accepted something after a moment."""

    async def run(self, stop: asyncio.Event) -> None:
        await self._until(lambda: self.mind.welcomed, "the first welcome", for_ever=True)
        while not stop.is_set():
            if self.mind.welcomed and not self.mind.outbox:
                self._say(start=self.mind.conversation is None)
            await asyncio.sleep(_PROBE_SECONDS)
        await self._until(lambda: not self.mind.outbox, "the last acknowledgement")

    async def accepted_since(self, moment: float, *, seconds: float) -> float:
        """How long after the moment it was. Raises TimeoutError."""
        await self.client.until(lambda: self.acked_at > moment, seconds=seconds, what=f"an acknowledgement for {self.name}")
        return self.acked_at - moment


class Agent:
    """Accepts what rings, answers, notes now and then, wraps up. `take_over` moves to another window, and the first is told so."""

    def __init__(
        self, http: httpx.AsyncClient, origin: str, workspace: str, number: int, ledger: Ledger, chance: random.Random
    ) -> None:
        self.name, self.workspace = f"{workspace}-agent{number}", workspace
        self._email, self._http, self._origin = agent_email(workspace, number), http, origin
        self._ledger, self._chance = ledger, chance
        self._mine: dict[str, Said] = {}
        self._answered: set[tuple[str, int]] = set()
        self._about: dict[str, tuple[str, int]] = {}
        self._asked: set[str] = set()
        self._here: frozenset[str] = frozenset()
        self._silent = False
        self.take_overs = 0
        self.epoch = ""
        self.client = self._window(take_over=True)

    @property
    def mind(self) -> ConsoleMind:
        return self.client.mind

    def _window(self, *, take_over: bool) -> ConsoleClient:
        return ConsoleClient(
            self._http,
            self._origin,
            self._email,
            PASSWORD,
            take_over=take_over,
            chance=self._chance,
            patience=IMPATIENT,
            on_frame=self._heard,
        )

    async def __aenter__(self) -> Agent:
        await self.client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.__aexit__()
        self._ledger.lost_connections(self.client.comebacks)

    async def ready(self) -> None:
        await self.client.until(lambda: self.mind.welcomed, seconds=180, what="the console's welcome")
        self._be_ready()
        await self.client.until(
            lambda: self.mind.me is not None and self.mind.me.availability == "ready", seconds=180, what="ready"
        )

    async def take_over(self) -> None:
        """Sit down at another window; what the old one had not been acknowledged is said again there, under the same ids."""
        old, new = self.client, self._window(take_over=True)
        for conversation, outbox in old.mind.outboxes.items():
            for letter in outbox.waiting():
                new.mind.outboxes[conversation].add(letter.id, letter.frame)
        self.client = await new.__aenter__()
        try:
            with contextlib.suppress(TimeoutError):  # faults may come between: then the old one is closed by hand
                await new.until(lambda: new.mind.welcomed or new.over is not None, seconds=20, what="the other window's welcome")
                await old.until(lambda: old.over is not None, seconds=5, what="the old window's end")
        finally:  # one that is left open would sit down again
            await old.__aexit__()
            self._ledger.lost_connections(old.comebacks)
        self.take_overs += 1

    async def come_back(self) -> None:
        """Who was sent away for good opens another window."""
        if self.client.over is not None:
            self._ledger.lost_connections([f"sent away ({self.client.over})"])
            await self.take_over()

    def go_back(self) -> None:
        """The house was put back to an earlier time: what had not been acknowledged yet may be refused by it, for it may know nothing of the talk."""
        for said in self._mine.values():
            said.taken_back = "risk" if said.position is None and not said.refused else said.taken_back

    async def quiet(self) -> None:
        """Until everything that was written is read, answered and acknowledged; from then on nothing more is said."""
        try:
            await self.client.until(self._done, seconds=SETTLE_SECONDS, what=f"the last acknowledgement of {self.name}")
        finally:  # rows cannot be held against what is still being said
            self._silent = True

    def screen(self) -> dict[str, list[tuple[int, str]]]:
        """What is on it now, by conversation."""
        return {
            conversation: [(entry.position, entry.key or entry.text) for entry in self.mind.threads[conversation].public.entries]
            for conversation in self.mind.conversations
        }

    def _done(self) -> bool:
        mind = self.mind
        read = all(mind.threads[id_].public.head >= card.public_head for id_, card in mind.conversations.items())
        wrapped = all(card.state != "wrap_up" for card in mind.conversations.values())
        ready = mind.me is not None and mind.me.availability == "ready"
        return mind.welcomed and ready and read and wrapped and not mind.offers and not mind.unacknowledged

    def _still_says(self, id_: str) -> bool:
        """The window that is left may be told no by a time in which another agent had the talk; the new one has the same words, and its answer counts."""
        return any(letter.id == id_ for outbox in self.mind.outboxes.values() for letter in outbox.waiting())

    def _be_ready(self) -> None:
        self.mind.availability("ready")
        self.client.kick()

    def _heard(self, frame: console.ToConsole) -> None:
        match frame:
            case console.ConsoleWelcome():
                if frame.epoch != self.epoch:  # whatever was answered under these positions may have been something else
                    self._answered.clear()
                self.epoch = frame.epoch
                self._asked.clear()
                self._look()
            case console.ConsoleResync():
                self.epoch = frame.epoch
                self._answered = {key for key in self._answered if key[0] not in frame.conversations}
            case console.Delta():
                self._look()
            case console.PublicEntryForStaff() if frame.speaker == "customer":
                self._answer(frame)
            case console.ConsoleAck():
                self._ledger.acknowledged(self._mine[frame.client_message_id], frame.conversation, frame.position)
            case Refusal() if frame.about in self._mine and frame.retry_after_seconds is None:
                if frame.code not in _NO_ANSWER and not self._still_says(frame.about):
                    self._ledger.refused(self._mine[frame.about], frame.code)
                    self._answered.discard(self._about[frame.about])
            case _:
                pass

    def _look(self) -> None:
        for id_ in self.mind.offers:
            if id_ not in self._asked:
                self._asked.add(id_)
                self.mind.accept(id_)
        here = frozenset(self.mind.conversations)
        for id_ in here - self._here:
            for entry in self.mind.threads[id_].public.entries:
                if entry.speaker == "customer":
                    self._answer(entry)
        self._here = here
        for id_, card in self.mind.conversations.items():
            if card.state == "wrap_up" and id_ not in self._asked:
                self._asked.add(id_)
                self.mind.wrap_up(id_, "solved")
        if self.mind.me is not None and self.mind.me.availability in {"away", "offline"}:
            self._be_ready()

    def _answer(self, entry: console.PublicEntryForStaff) -> None:
        key = (entry.conversation, entry.position)
        if key in self._answered or self._silent:
            return
        self._answered.add(key)
        if entry.text.endswith("?") or (self._chance.random() < _ANSWERED and self.mind.unacknowledged < _BEHIND_MAX):
            self._say(key, f"re {entry.client_message_id}", "public")
        if self._chance.random() < _NOTED and self.mind.unacknowledged < _BEHIND_MAX:
            self._say(key, f"seen {entry.client_message_id}", "staff")

    def _say(self, key: tuple[str, int], text: str, log: str) -> None:
        conversation = key[0]
        id_ = f"{self.name}-{len(self._mine):06d}"
        self._about[id_] = key
        line = Said(id=id_, text=text, speaker=self.name, log=log, conversation=conversation, workspace=self.workspace)
        self._mine[id_] = self._ledger.note(line)
        (self.mind.reply if log == "public" else self.mind.note)(id_, conversation, text)
