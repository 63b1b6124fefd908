"""Customers and agents of a history: scripted by dice, patient, and keeping their own books of what they were told.

They know nothing but the two protocols (docs/protocol.md). Whatever a client may hold against us at once, a hole in a log, a word that changed, one message
acknowledged at two places, goes into `complaints`; what can only be judged at the end stands in their ledgers.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from contact_hub.app import Hub
from contact_hub.errors import HubError
from contact_hub.ids import new_token, token_hash
from contact_hub.store import Tx
from contact_hub.store.records import Session as StaffSession
from contact_hub.store.records import Ticket
from tests.simulation.floor import WORKSPACE_ID
from tests.simulation.nodes import NOON, Node, Unreachable
from tests.simulation.weather import Trace
from tests.simulation.wire import Closed, Line

_RESEND_SECONDS: Final = 1.5
_HELLO_SECONDS: Final = 5.0


@dataclass
class Sent:
    """A message as its writer remembers it."""

    id: str
    text: str
    log: str
    conversation: str | None = None
    acked: tuple[str, int] | None = None
    refused: str | None = None
    unanswered: int = 0
    """Copies of it of which nothing was heard: one that was refused may have been kept when it came again, and that answer be lost."""
    at: float = 0.0
    after: tuple[str, ...] = ()
    """Messages of the same conversation that were acknowledged when this one was first sent: it must stand behind them."""

    @property
    def open(self) -> bool:
        return self.acked is None and self.refused is None


@dataclass
class Thread:
    """One log of one conversation as a screen shows it."""

    entries: dict[int, str] = field(default_factory=dict)
    head: int = 0


class Client:
    """What customers and agents have in common: a socket, a ledger, patience."""

    def __init__(self, name: str, nodes: list[Node], dice: random.Random, trace: Trace) -> None:
        self.name, self.nodes, self.dice, self.trace = name, nodes, dice, trace
        self.ledger: dict[str, Sent] = {}
        self.threads: dict[tuple[str, str], Thread] = {}
        self.complaints: list[str] = []
        self.wire: list[str] = []
        self.line: Line | None = None
        self.here = True
        """Whether this one wants to be connected."""
        self.quiet = False
        """Nothing new from now on; what is open is still insisted upon."""
        self.welcome = False
        self.epoch = ""
        self._count = 0
        self.number = dice.randrange(1_000_000)
        self._patience: float | None = None

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def complain(self, what: str) -> None:
        self.complaints.append(f"{self.name}: {what}")
        self.trace(f"{self.name} complains: {what}")

    async def live(self) -> None:
        """Connect, talk, come back; for ever."""
        while True:
            if not self.here:
                await asyncio.sleep(0.5)
                continue
            with suppress(Unreachable, HubError, Closed, TimeoutError):
                await self._visit()
            self.line, self.welcome = None, False
            await asyncio.sleep(self.dice.uniform(0.05, 0.8))

    async def _visit(self) -> None:
        raise NotImplementedError

    async def _talk(self, line: Line, got: Callable[[dict[str, Any]], None], acts: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Until the line is gone."""
        self.line = line
        helpers = [asyncio.ensure_future(act) for act in acts]
        try:
            async with asyncio.timeout(_HELLO_SECONDS) as patience:
                while True:
                    text = await line.hear()
                    self.wire.append(text)
                    frame = json.loads(text)
                    self._note(frame)
                    got(frame)
                    if self.welcome:
                        patience.reschedule(None)
        finally:
            for helper in helpers:
                helper.cancel()
            line.leave()

    def _note(self, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        if kind in {"heartbeat", "queue", "delta", "hours"}:
            return
        about = frame.get("client_message_id") or frame.get("code") or frame.get("position") or ""
        self.trace(f"{self.name} < {kind} {about}")

    def _say(self, **frame: Any) -> None:
        if self.line is not None:
            self.trace(f"{self.name} > {frame['type']} {frame.get('client_message_id') or frame.get('offer') or ''}")
            if (sent := self.ledger.get(frame.get("client_message_id") or "")) is not None:
                sent.unanswered += 1
            self.line.say(frame)

    def _new(self, log: str, conversation: str | None) -> Sent:
        self._count += 1
        before = tuple(
            one.id
            for one in self.ledger.values()
            if one.acked is not None and one.log == log and conversation is not None and one.acked[0] == conversation
        )
        sent = Sent(
            id=f"{self.name}-{self._count:04}",
            text=f"Hello, this is my message {self._count} of {self.number}, please help me with the order",
            log=log,
            conversation=conversation,
            at=self.now(),
            after=before,
        )
        self.ledger[sent.id] = sent
        return sent

    def _acked(self, frame: dict[str, Any]) -> None:
        sent = self.ledger[frame["client_message_id"]]
        place = (frame["conversation"], frame["position"])
        if sent.acked is not None and sent.acked != place:
            self.complain(f"{sent.id} was acknowledged at {sent.acked} and at {place}")
        if sent.conversation is not None and sent.conversation != place[0]:
            self.complain(f"{sent.id} was meant for {sent.conversation} and acknowledged in {place[0]}")
        sent.acked, sent.refused = place, None
        sent.unanswered -= 1

    def _refused(self, frame: dict[str, Any]) -> None:
        sent = self.ledger.get(frame.get("about") or "")
        if sent is None:
            return
        sent.unanswered -= 1
        if sent.open and "retry_after_seconds" not in frame:
            sent.refused = frame["code"]

    def _entry(self, log: str, frame: dict[str, Any], words: str) -> None:
        """One more line on the screen: the next one, or one that was there already, unchanged."""
        thread = self.threads.setdefault((frame["conversation"], log), Thread())
        position = frame["position"]
        if position != thread.head + 1:
            self.complain(f"{log} {frame['conversation']} went from {thread.head} to {position}")
        known = thread.entries.get(position)
        if known is not None and known != words:
            self.complain(f"{log} {frame['conversation']} {position} was {known!r} and is {words!r}")
        thread.entries[position] = words
        thread.head = position

    def _node(self) -> Node:
        open_ = [node for node in self.nodes if node.open]
        if not open_:
            raise Unreachable
        return self.dice.choice(open_)


class Customer(Client):
    """A browser on one brand's site."""

    def __init__(self, name: str, brand: str, nodes: list[Node], dice: random.Random, trace: Trace) -> None:
        super().__init__(name, nodes, dice, trace)
        self.brand = brand
        self.token: str | None = None
        self.conversation: str | None = None
        self.state: dict[str, Any] | None = None
        self.ended: dict[str, float] = {}
        self.chatty = dice.random() < 0.7

    async def _visit(self) -> None:
        node = self._node()
        token = self.token

        async def admit(hub: Hub) -> Any:
            return await hub.visitors.admit(WORKSPACE_ID, self.brand, token, locale="en", zone=None)

        admission = await node.ask(admit)
        self.token = admission.token
        line = node.connect("widget")
        self.line = line
        hello: dict[str, Any] = {"type": "hello", "protocol": 1, "ticket": admission.ticket, "locales": ["en"]}
        if self.conversation is not None and self.epoch:
            head = self.threads.get((self.conversation, "public"), Thread()).head
            hello["resume"] = {"epoch": self.epoch, "conversation": self.conversation, "position": head}
        self.trace(f"{self.name} > hello {node.process.name}")
        line.say(hello)
        await self._talk(line, self._got, [self._act(), self._insist()])

    def _got(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "welcome":
                self.welcome, self.epoch = True, frame["epoch"]
                self._see(frame.get("conversation"))
            case "resync":
                if self.conversation is not None:
                    self._thread().head = 0
            case "entry":
                if frame["conversation"] != self.conversation:
                    self._turn_to(frame["conversation"])
                body = frame["body"]
                words = json.dumps([body.get("kind"), body.get("text") or body.get("key"), body.get("client_message_id")])
                self._entry("public", frame, words)
            case "ack":
                self._acked(frame)
                if self.ledger[frame["client_message_id"]].log == "start" and frame["conversation"] != self.conversation:
                    self._turn_to(frame["conversation"])
            case "state":
                self._see(frame["conversation"])
            case "heartbeat":
                if frame["head"] > (self._thread().head if self.conversation else 0) and self.dice.random() < 0.5 and self.line:
                    self.line.leave()  # something was missed: come back with `resume`
            case "refusal":
                self._refused(frame)
            case _:
                pass

    def _see(self, state: dict[str, Any] | None) -> None:
        if state is None:
            return
        if state["conversation"] != self.conversation:
            self._turn_to(state["conversation"])
        self.state = state
        if state["state"] == "ended":
            self.ended.setdefault(state["conversation"], self.now())

    def _turn_to(self, conversation: str) -> None:
        self.conversation, self.state = conversation, None
        self._thread().head = 0

    def _thread(self) -> Thread:
        assert self.conversation is not None
        return self.threads.setdefault((self.conversation, "public"), Thread())

    async def _act(self) -> None:
        while True:
            await asyncio.sleep(self.dice.expovariate(1 / (0.4 if self.chatty else 1.5)))
            if not self.welcome or self.quiet:
                continue
            running = self.state is not None and self.state["state"] != "ended"
            kept = [one for one in self.ledger.values() if one.refused is None]
            if not running:
                if kept and self.dice.random() < 0.2:
                    self._send(self.dice.choice(kept))  # an old page comes back to life
                elif not any(one.open for one in self.ledger.values()):
                    self._send(self._new("start", None))
                continue
            die = self.dice.random()
            if die < 0.45:
                self._send(self._new("public", self.conversation))
            elif die < 0.55 and kept:
                self._send(self.dice.choice(kept))  # once more, whatever became of it
            elif die < 0.59:
                self._say(type="end", conversation=self.conversation)
            elif die < 0.64:
                self._say(type="read", conversation=self.conversation, position=self._thread().head)
            elif die < 0.68 and self.line is not None:
                self.line.leave()  # the page is loaded again
            elif die < 0.7:
                self.here = False
                asyncio.get_running_loop().call_later(self.dice.uniform(0.5, 4), self._come_back)

    def _come_back(self) -> None:
        self.here = True

    async def _insist(self) -> None:
        """Send again what was not acknowledged, at once after a reconnect and then every now and then."""
        while True:
            if self.welcome:
                for sent in [one for one in self.ledger.values() if one.open]:
                    self._send(sent)
                await asyncio.sleep(_RESEND_SECONDS * self.dice.uniform(0.8, 1.2))
            else:
                await asyncio.sleep(0.1)

    def _send(self, sent: Sent) -> None:
        if sent.log == "start":
            self._say(type="start", client_message_id=sent.id, text=sent.text)
        else:
            self._say(type="post", client_message_id=sent.id, conversation=sent.conversation, text=sent.text)


class Agent(Client):
    """Somebody at a console. A second window of the same agent is another `Agent` of the same name."""

    def __init__(self, agent: str, house: str, nodes: list[Node], dice: random.Random, trace: Trace, *, window: int = 1) -> None:
        super().__init__(agent if window == 1 else f"{agent}.{window}", nodes, dice, trace)
        self.agent, self.house = agent, house
        self.view: dict[str, Any] = {"me": {}, "offers": {}, "conversations": {}, "queues": {}}
        self.desk: int | None = None
        self.take_over = window > 1
        self.superseded = False
        self.diligent = dice.random() < 0.75
        self.answered: set[str] = set()

    async def _visit(self) -> None:
        node = self._node()
        ticket = await node.ask(self._ticket)
        line = node.connect("console")
        self.line = line
        hello: dict[str, Any] = {"type": "hello", "protocol": 1, "ticket": ticket}
        if self.epoch:
            cursors: dict[str, dict[str, int]] = {}
            for conversation in self.view["conversations"]:
                cursors[conversation] = {
                    "public": self.threads.get((conversation, "public"), Thread()).head,
                    "staff": self.threads.get((conversation, "staff"), Thread()).head,
                }
            hello["resume"] = {"epoch": self.epoch, "cursors": cursors} | ({"desk": self.desk} if self.desk else {})
        if self.take_over:
            hello["take_over"] = True
        self.trace(f"{self.name} > hello {node.process.name}")
        line.say(hello)
        await self._talk(line, self._got, [self._act(), self._insist()])

    async def _ticket(self, hub: Hub) -> str:
        """What `POST /api/socket-ticket` does for somebody who is signed in."""
        ticket, now = new_token(), hub.clock.now()
        subject = {"account": self.agent, "agent": self.agent, "session": token_hash(session_token(self.agent))}

        async def command(tx: Tx) -> None:
            await tx.tickets.insert(
                Ticket(
                    workspace=WORKSPACE_ID,
                    ticket_hash=token_hash(ticket),
                    kind="console",
                    subject=subject,
                    expires_at=now + timedelta(seconds=30),
                )
            )

        await hub.store.write(command, name="console.ticket")
        return ticket

    def _got(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "welcome":
                self.welcome, self.epoch, self.desk = True, frame["epoch"], frame["desk"]
                self.take_over = self.superseded = False
                before = set(self.view["conversations"])
                self.view = {"me": {}, "offers": {}, "conversations": {}, "queues": {}, **frame["view"]}
                self._forget_threads(before - set(self.view["conversations"]))
            case "delta":
                before = set(self.view["conversations"])
                for change in frame["changes"]:
                    if change["collection"] == "me":
                        self.view["me"] = change["value"]
                    elif "value" in change:
                        self.view[change["collection"]][change["key"]] = change["value"]
                    else:
                        self.view[change["collection"]].pop(change["key"], None)
                self._forget_threads(before - set(self.view["conversations"]))
            case "resync":
                self._forget_threads(frame["conversations"])
            case "public_entry":
                words = [frame["speaker"], frame.get("text") or frame.get("key"), frame.get("client_message_id") or None]
                self._entry("public", frame, json.dumps(words))
            case "staff_entry":
                self._entry("staff", frame, json.dumps([frame["kind"], frame.get("text"), frame.get("client_message_id") or None]))
            case "ack":
                self._acked(frame)
            case "superseded":
                self.superseded = True
                if frame["by"] == "other":
                    self.here = False  # somebody else sits here now
                else:
                    self.take_over = True
            case "heartbeat":
                for conversation, (public, staff) in frame["heads"].items():
                    for log, head in (("public", public), ("staff", staff)):
                        if head > self.threads.get((conversation, log), Thread()).head and self.dice.random() < 0.5 and self.line:
                            self.line.leave()
            case "refusal":
                self._refused(frame)
            case _:
                pass

    def _forget_threads(self, conversations: Iterable[str]) -> None:
        for conversation in conversations:
            for log in ("public", "staff"):
                if (conversation, log) in self.threads:
                    self.threads[conversation, log].head = 0

    async def _act(self) -> None:
        while True:
            await asyncio.sleep(self.dice.expovariate(4.0 if self.diligent else 1.0))
            if not self.welcome:
                continue
            if self.view["me"].get("availability") in {"offline", "away"} and (self.quiet or self.dice.random() < 0.8):
                self._say(type="availability", availability="ready")
            if self.quiet:
                continue
            for offer in list(self.view["offers"]):
                self._answer(offer)
            for card in list(self.view["conversations"].values()):
                self._work(card)
            die = self.dice.random()
            if die < 0.01:
                self._say(type="availability", availability="away", reason="break")
            elif die < 0.03 and self.line is not None:
                self.line.leave()
            elif die < 0.04:
                self.here = False
                asyncio.get_running_loop().call_later(self.dice.uniform(0.5, 5), self._come_back)

    def _come_back(self) -> None:
        if not self.superseded:
            self.here = True

    def _answer(self, offer: str) -> None:
        die = self.dice.random()
        if die < 0.7:
            self._say(type="accept", offer=offer)
        elif die < 0.78:
            self._say(type="decline", offer=offer, reason="busy")

    def _work(self, card: dict[str, Any]) -> None:
        conversation, die = card["conversation"], self.dice.random()
        if card["state"] == "wrap_up":
            if die < 0.5:
                self._say(type="wrap_up", conversation=conversation, disposition="solved", note="")
            return
        if die < 0.3:
            self._send(self._new("public", conversation))
        elif die < 0.4:
            self._send(self._new("staff", conversation))
        elif die < 0.48:
            target = self.dice.choice(({}, {}, {"agent": self.agent}, {"pool": POOL_OF[self.agent]}))
            self._say(type="transfer", conversation=conversation, note="please go on", **target)
        elif die < 0.52:
            self._say(type="end", conversation=conversation)
        elif die < 0.56:
            head = self.threads.get((conversation, "public"), Thread()).head
            self._say(type="read", conversation=conversation, position=head)

    async def _insist(self) -> None:
        while True:
            if self.welcome:
                for sent in [one for one in self.ledger.values() if one.open]:
                    self._send(sent)
                await asyncio.sleep(_RESEND_SECONDS * self.dice.uniform(0.8, 1.2))
            else:
                await asyncio.sleep(0.1)

    def _send(self, sent: Sent) -> None:
        kind = "note" if sent.log == "staff" else "reply"
        self._say(type=kind, client_message_id=sent.id, conversation=sent.conversation, text=sent.text)


POOL_OF: Final = {"agent-anna": "pool-berlin", "agent-viktor": "pool-manila", "agent-bashir": "pool-cairo"}


def session_token(agent: str) -> str:
    """Everybody has been signed in since before the history began."""
    return f"session of {agent}"


def session_of(agent: str) -> StaffSession:
    return StaffSession(
        workspace=WORKSPACE_ID,
        token_hash=token_hash(session_token(agent)),
        account=agent,
        generation=1,
        created_at=NOON,
        last_seen_at=NOON,
        expires_at=NOON + timedelta(hours=12),
    )
