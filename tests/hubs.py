"""A whole hub in this process, over its real socket, and plain clients that know nothing but the protocol's page.

The workspace is small and always open; its staff-side fields carry canaries, so that any test may ask whether one of them got out.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import websockets

from contact_hub.app import Hub, build
from contact_hub.bus import Bus
from contact_hub.clock import Clock
from contact_hub.mail.workshop import MailReader
from contact_hub.settings import Settings
from contact_hub.web.server import Server, running
from contact_hub.workspace import Workspace, parse
from tests.servers import free_port

PASSWORD = "correct horse battery staple"
PATIENCE_SECONDS = 40
CANARY = "Kanarienvogel"

WORKSPACE = """
workspace: {id: test, name: Test floor}
clients:
  - {id: aurora, name: Aurora Holding, country: DE, zone: Europe/Berlin}
  - {id: borealis, name: Borealis Group, country: SA, zone: Asia/Riyadh}
brands:
  - id: sonne
    client: aurora
    name: Sonne
    languages: [de, en, es, pt-BR]
    floor: B2
    zone: Europe/Berlin
    look: {colour: "#0b5fa5", initials: SO}
    sites: ["http://sonne.localhost"]
    kinds: [service, complaint]
    forbidden_words: [billig]
    texts:
      de: {greeting: "Willkommen bei Sonne", tone: "freundlich, Kanarienvogel-tone"}
    canned:
      hello: {de: "Guten Tag {customer}", en: "Hello {customer}"}
    dispositions:
      solved: {en: Solved, de: Gelöst}
      other: {en: Other}
    fallback: leave_message
  - id: qamar
    client: borealis
    name: قمر
    languages: [ar, en]
    floor: B2
    zone: Asia/Riyadh
    look: {colour: "#6b2d8c", initials: QA}
    sites: ["http://qamar.localhost"]
    dispositions: {solved: {en: Solved}}
    fallback: leave_message
vendors:
  - {id: zephyr, name: Kanarienvogel-vendor-zephyr, alias: Kanarienvogel-alias-zephyr}
  - {id: monsun, name: Kanarienvogel-vendor-monsun}
pools:
  - {id: berlin, name: Kanarienvogel-pool-berlin, sourcing: in_house, country: DE, zone: Europe/Berlin, hours: {mon-sun: ["00:00-24:00"]}}
  - {id: manila, name: Kanarienvogel-pool-manila, vendor: zephyr, sourcing: outsourced, country: PH, zone: Asia/Manila, hours: {mon-sun: ["00:00-24:00"]}}
  - {id: cairo, name: Kanarienvogel-pool-cairo, vendor: monsun, sourcing: outsourced, country: EG, zone: Africa/Cairo, hours: {mon-sun: ["00:00-24:00"]}}
agents:
  - id: anna
    name: Kanarienvogel-agent-anna
    email: anna@aurora.example
    pool: berlin
    languages: {de: native, en: C1}
    skills: {billing: 3}
    certifications: {sonne: null}
    personas: {sonne: {name: Klara}}
    seats: 2
  - id: viktor
    name: Kanarienvogel-agent-viktor
    email: viktor@zephyr.example
    pool: manila
    languages: {de: C1, en: C2, es: C1}
    certifications: {sonne: null}
    personas: {sonne: {name: Jonas}}
    seats: 2
  - id: bashir
    name: Kanarienvogel-agent-bashir
    email: bashir@monsun.example
    pool: cairo
    languages: {ar: native, en: C1}
    certifications: {qamar: null}
    personas: {qamar: {name: سامي}}
    seats: 2
staff:
  - {id: olga, name: Olga Operator, email: olga@hub.example, role: operator}
  - {id: stefan, name: Stefan Sonne, email: stefan@aurora.example, role: client_supervisor, client: aurora}
  - {id: salma, name: Salma Qamar, email: salma@borealis.example, role: client_supervisor, client: borealis}
  - {id: zoe, name: Zoe Zephyr, email: zoe@zephyr.example, role: vendor_manager, vendor: zephyr}
contracts:
  - {id: aurora-berlin, client: aurora, pool: berlin, tier: 1}
  - {id: aurora-zephyr, client: aurora, vendor: zephyr, tier: 1}
  - {id: borealis-monsun, client: borealis, vendor: monsun, tier: 1}
kinds:
  - {id: service, labels: {en: Service, de: Kundendienst}}
  - {id: complaint, labels: {en: Complaint, de: Beschwerde}, priority: 1}
away_reasons:
  - {id: break, labels: {en: Break}}
rules:
  offer_seconds: {chat: 20}
  chat_grace_seconds: 3
  offer_grace_seconds: 2
  wrap_up_seconds: 60
"""

_names = itertools.count(1)


def workspace(text: str = WORKSPACE) -> Workspace:
    return parse(text)


@dataclass
class Floor:
    """A running hub and the doors into it."""

    hub: Hub
    server: Server
    origin: str
    port: int
    received: list[str] = field(default_factory=list)
    _stack: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def visitor(
        self, brand: str = "sonne", *, token: str | None = None, locales: tuple[str, ...] = ("de",), resume: Any = None
    ) -> Visitor:
        visitor = await Visitor.connect(self, brand, token=token, locales=locales, resume=resume)
        self._stack.push_async_callback(visitor.close)
        return visitor

    async def staff(self, email: str) -> httpx.AsyncClient:
        """Somebody signed in, over HTTP."""
        client = httpx.AsyncClient(base_url=self.origin, headers={"x-contact-hub": "1"})
        self._stack.push_async_callback(client.aclose)
        answer = await client.post("/api/sign-in", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, (answer.status_code, answer.text)
        # the cookie is `Secure`, and httpx takes no exception for localhost as browsers do
        client.headers["cookie"] = answer.headers["set-cookie"].split(";")[0]
        return client

    async def agent(self, name: str = "anna", *, ready: bool = True, resume: Any = None, take_over: bool = False) -> Agent:
        domain = {"anna": "aurora", "viktor": "zephyr", "bashir": "monsun"}[name]
        staff = await self.staff(f"{name}@{domain}.example")
        agent = await Agent.connect(self, staff, resume=resume, take_over=take_over)
        self._stack.push_async_callback(agent.close)
        if ready:
            await agent.send("availability", availability="ready")
            await agent.until(lambda: agent.view["me"]["availability"] == "ready")
        return agent


@contextlib.asynccontextmanager
async def floor(
    url: str,
    folder: Path,
    *,
    clock: Clock | None = None,
    text: str = WORKSPACE,
    sites: bool = False,
    bus: Bus | None = None,
    reader: MailReader | None = None,
    **settings: Any,
) -> AsyncIterator[Floor]:
    """A hub on a free port with the test workspace applied."""
    port = free_port()
    given = {
        "poll_seconds": 0.2,
        "heartbeat_seconds": 1,
        "visitor_messages_per_minute": 6_000,
        "agent_messages_per_minute": 6_000,
        **settings,
    }
    config = Settings(database_url=url, data_dir=folder, port=port, workspace="test", **{"mail_resolver": "off", **given})
    async with build(config, clock=clock, bus=bus, reader=reader) as hub:
        await hub.workspaces.apply(workspace(text), by="tests", first_password_hash=await hub.passwords.hash(PASSWORD))
        async with running(hub, sites=sites) as server, contextlib.AsyncExitStack() as stack:
            yield Floor(hub=hub, server=server, origin=f"http://localhost:{port}", port=port, _stack=stack)


class Client:
    """Frames in and out; keeps everything it got, waits for what a test expects."""

    def __init__(self, floor: Floor, socket: websockets.ClientConnection) -> None:
        self.floor, self.socket = floor, socket
        self.frames: list[dict[str, Any]] = []
        self.wire: list[str] = []
        self.closed: int | None = None
        self._moved = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def raw(self, text: str | bytes) -> None:
        await self.socket.send(text)

    async def expect(self, kind: str, where: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The first frame of this kind (and such), whether it came already or comes yet."""
        found: list[dict[str, Any]] = []

        def arrived() -> bool:
            found[:] = [frame for frame in self.frames if frame["type"] == kind and where(frame)]
            return bool(found)

        await self.until(arrived)
        return found[0]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                assert self.closed is None, f"closed with {self.closed}; had {[frame['type'] for frame in self.frames]}"
                self._moved.clear()
                await self._moved.wait()

    async def until_closed(self) -> int:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(self._reading, return_exceptions=True)
        assert self.closed is not None
        return self.closed

    async def close(self) -> None:
        await self.socket.close()
        await asyncio.gather(self._reading, return_exceptions=True)

    def cut(self) -> None:
        """The line is gone, without a word."""
        self.socket.transport.abort()

    def got(self, frame: dict[str, Any]) -> None:
        """For views."""

    async def _read(self) -> None:
        try:
            async for raw in self.socket:
                text = raw if isinstance(raw, str) else raw.decode()
                self.floor.received.append(text)
                self.wire.append(text)
                frame = json.loads(text)
                self.frames.append(frame)
                self.got(frame)
                self._moved.set()
        except websockets.ConnectionClosed:
            pass
        finally:
            self.closed = self.socket.close_code or 1006
            self._moved.set()


class Visitor(Client):
    token: str
    brand: str

    @classmethod
    async def connect(cls, floor: Floor, brand: str, *, token: str | None, locales: tuple[str, ...], resume: Any) -> Self:
        headers = {"x-contact-hub": "1", **({"authorization": f"Bearer {token}"} if token else {})}
        async with httpx.AsyncClient(base_url=floor.origin, headers=headers) as http:
            answer = await http.post("/api/widget/session", json={"brand": brand, "locales": list(locales)})
        assert answer.status_code == 200, (answer.status_code, answer.text)
        floor.received.append(answer.text)
        session = answer.json()
        visitor = cls(floor, await websockets.connect(f"ws://localhost:{floor.port}/v1/widget/socket"))
        visitor.token, visitor.brand = session["token"], brand
        visitor.wire += [answer.text, str(answer.headers)]
        await visitor.send(
            "hello",
            protocol=1,
            ticket=session["ticket"],
            locales=list(locales),
            zone="Europe/Berlin",
            **({"resume": resume} if resume else {}),
        )
        await visitor.expect("welcome")
        return visitor

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == "entry"]

    @property
    def texts(self) -> list[str]:
        return [entry["body"]["text"] for entry in self.entries if "text" in entry["body"]]

    @property
    def notices(self) -> list[str]:
        return [entry["body"]["key"] for entry in self.entries if entry["body"]["kind"] == "notice"]

    async def start(self, text: str, **fields: Any) -> str:
        """Open a conversation; returns its id."""
        mine = message_id()
        await self.send("start", client_message_id=mine, text=text, **fields)
        ack = await self.expect("ack", lambda frame: frame["client_message_id"] == mine)
        return str(ack["conversation"])

    async def post(self, conversation: str, text: str, *, mine: str | None = None) -> dict[str, Any]:
        mine = mine or message_id()
        await self.send("post", client_message_id=mine, conversation=conversation, text=text)
        return await self.expect("ack", lambda frame: frame["client_message_id"] == mine)


class Agent(Client):
    staff: httpx.AsyncClient
    view: dict[str, Any]

    @classmethod
    async def connect(cls, floor: Floor, staff: httpx.AsyncClient, *, resume: Any, take_over: bool, greet: bool = True) -> Self:
        answer = await staff.post("/api/socket-ticket")
        assert answer.status_code == 200, (answer.status_code, answer.text)
        agent = cls(floor, await websockets.connect(f"ws://localhost:{floor.port}/v1/console/socket", max_size=None))
        agent.staff, agent.view = staff, {"me": {}, "offers": {}, "conversations": {}, "queues": {}}
        hello: Mapping[str, Any] = {
            "protocol": 1,
            "ticket": answer.json()["ticket"],
            **({"resume": resume} if resume else {}),
            **({"take_over": True} if take_over else {}),
        }
        await agent.send("hello", **hello)
        if greet:
            await agent.until(lambda: any(frame["type"] in {"welcome", "superseded"} for frame in agent.frames))
        return agent

    def got(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "welcome":
            self.view = {"me": {}, "offers": {}, "conversations": {}, "queues": {}, **frame["view"]}
        for change in frame["changes"] if frame["type"] == "delta" else ():
            if change["collection"] == "me":
                self.view["me"] = change["value"]
            elif "value" in change:
                self.view[change["collection"]][change["key"]] = change["value"]
            else:
                self.view[change["collection"]].pop(change["key"], None)

    async def offer(self) -> dict[str, Any]:
        """The next offer that rings."""
        await self.until(lambda: bool(self.view["offers"]))
        return dict(next(iter(self.view["offers"].values())))

    async def take(self) -> str:
        """Accept what rings; returns the conversation."""
        offer = await self.offer()
        await self.send("accept", offer=offer["offer"])
        await self.until(lambda: offer["conversation"] in self.view["conversations"])
        return str(offer["conversation"])

    async def reply(self, conversation: str, text: str, *, mine: str | None = None, **fields: Any) -> dict[str, Any]:
        mine = mine or message_id()
        await self.send("reply", client_message_id=mine, conversation=conversation, text=text, **fields)
        return await self.expect("ack", lambda frame: frame["client_message_id"] == mine)

    def thread(self, conversation: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == "public_entry" and frame["conversation"] == conversation]


def message_id() -> str:
    return f"m-{next(_names)}-{uuid.uuid4().hex[:12]}"
