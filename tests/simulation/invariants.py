"""What must be true after every history, worked out from the tables, the ledgers and the screens by code that shares nothing with the product's.

Each check is a generator of complaints; its name is what a planted bug is caught by. They are asked again for thirty seconds, since screens and queues may
need a moment to converge; what is wrong then is wrong.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from contact_hub.live.view import brands_of, build
from contact_hub.scope import Scope
from tests.simulation.floor import AGENTS, CANARY, WORKSPACE_ID
from tests.simulation.nodes import NOON, Node
from tests.simulation.people import Agent, Client, Customer, Thread
from tests.simulation.storage import Storage

Row = dict[str, Any]

_CLOCKS: Final = timedelta(seconds=60)
"""So far apart two nodes' ideas of the database's time never are; a wrong clock of ours is an hour wrong."""


@dataclass(slots=True, kw_only=True)
class Books:
    """Everything there is to be judged by."""

    nodes: list[Node]
    customers: list[Customer]
    agents: list[Agent]
    storage: Storage

    @property
    def clients(self) -> list[Client]:
        return [*self.customers, *self.agents]


class Tables:
    """The rows as they stand, read at one moment."""

    def __init__(self, storage: Storage) -> None:
        connection = storage.borrow()
        self._driver = connection.driver
        self._driver.execute("BEGIN")
        try:
            self.conversations = {row["id"]: row for row in self._all("conversations")}
            self.inquiries = {row["id"]: row for row in self._all("inquiries")}
            self.offers = self._all("offers", order="offered_at, id")
            self.seats = {row["agent"]: row for row in self._all("seats")}
            self.presences = {row["agent"]: row for row in self._all("presences")}
            self.leases = self._all("leases")
            self.inputs = self._all("routing_inputs")
            self.facts = {row["key"]: json.loads(row["body"]) for row in self._all("routing_facts")}
            self.journal = self._all("journal", order="seq")
            self.versions = self._all("workspace_versions", order="version")
            self.heads = self._all("workspaces")[0]
            self.logs: dict[tuple[str, str], list[Row]] = defaultdict(list)
            for log in ("public", "staff"):
                for row in self._all(f"{log}_entries", order="conversation, position"):
                    self.logs[row["conversation"], log].append(row)
        finally:
            self._driver.execute("ROLLBACK")
            storage.give_back(connection)
        for row in self.journal:
            row["body"] = json.loads(row["body"])

    def _all(self, table: str, *, order: str = "1") -> list[Row]:
        found = self._driver.execute(f"SELECT * FROM {table} ORDER BY {order}")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


Check = Callable[[Books, Tables], Iterator[str]]


async def broken(books: Books) -> list[str]:
    """Every invariant that does not hold now, by its name."""
    tables = Tables(books.storage)
    found = [f"{check.__name__.removeprefix('_')}: {what}" for check in CHECKS for what in check(books, tables)]
    if not found:  # comparing screens with fresh ones asks the product itself, so it comes last
        found = [f"screens: {what}" for what in await _screens(books)]
    return found


# ---------------------------------------------------------------- what was acknowledged


def _complaints(books: Books, _: Tables) -> Iterator[str]:
    """What a client saw with its own eyes."""
    for client in books.clients:
        yield from client.complaints


def _acked_once(books: Books, tables: Tables) -> Iterator[str]:
    """Each acknowledged message stands once, where it was said to stand, with its words; nothing that was refused stands anywhere."""
    places: dict[tuple[str, str], list[tuple[str, int, str]]] = defaultdict(list)
    for (conversation, log), rows in tables.logs.items():
        for row in rows:
            if row["client_message_id"] is not None:
                text = json.loads(row["body"])["text"]
                places["staff" if log == "staff" else "public", row["client_message_id"]].append(
                    (conversation, row["position"], text)
                )
    sent_ids = set()
    for client in books.clients:
        for sent in client.ledger.values():
            key = ("staff" if sent.log == "staff" else "public", sent.id)
            sent_ids.add(key)
            stands = places.get(key, [])
            if len(stands) > 1:
                yield f"{sent.id} stands {len(stands)} times"
            if sent.acked is not None and [(one[0], one[1]) for one in stands] != [sent.acked]:
                yield f"{sent.id} was acknowledged at {sent.acked} and stands at {stands}"
            if sent.refused is not None and sent.unanswered <= 0 and stands:
                yield f"{sent.id} was refused ({sent.refused}) and stands at {stands}"
            if any(one[2] != sent.text for one in stands):
                yield f"{sent.id} has other words than were sent"
    for key in places.keys() - sent_ids:
        yield f"nobody sent {key}"


def _insisted(books: Books, _: Tables) -> Iterator[str]:
    """Whoever insists is answered in the end."""
    for client in books.clients:
        if client.here:
            for sent in client.ledger.values():
                if sent.open:
                    yield f"{sent.id} has had no answer since {sent.at:.1f}"


def _in_order(books: Books, _: Tables) -> Iterator[str]:
    """What was sent after an acknowledgement stands after it."""
    for client in books.clients:
        for sent in client.ledger.values():
            for earlier in sent.after if sent.acked is not None else ():
                before = client.ledger[earlier].acked
                assert before is not None
                assert sent.acked is not None
                if before[0] == sent.acked[0] and before[1] >= sent.acked[1]:
                    yield f"{sent.id} stands before {earlier}, which was acknowledged before it was sent"


def _contiguous(_: Books, tables: Tables) -> Iterator[str]:
    """Both logs count 1, 2, 3 up to the head."""
    for conversation, row in tables.conversations.items():
        for log in ("public", "staff"):
            positions = [entry["position"] for entry in tables.logs.get((conversation, log), [])]
            if positions != list(range(1, row[f"{log}_head"] + 1)):
                yield f"{log} {conversation} has {positions} and its head at {row[f'{log}_head']}"


# ---------------------------------------------------------------- the floor


def _owned(books: Books, tables: Tables) -> Iterator[str]:
    """A live node owns the floor, and it alone."""
    owners = [
        (node, owner)
        for node in books.nodes
        if node.hub is not None
        for owner in node.hub.owners.values()
        if owner.engine is not None and owner.healthy
    ]
    if len(owners) != 1:
        yield f"{len(owners)} nodes think that they own the floor"
        return
    node, owner = owners[0]
    lease = tables.leases[0]
    if (lease["holder"], lease["epoch"]) != (node.process.name, owner.epoch):
        yield f"{node.process.name} owns under {owner.epoch}, the lease says {lease['holder']} under {lease['epoch']}"
    if owner.halted is not None:
        yield f"routing halted: {owner.halted}"
    if owner.engine is not None:
        if json.loads(json.dumps(owner.engine.capture())) != tables.facts:
            yield "the engine remembers something else than its facts"
        latest = tables.versions[-1]["version"]
        if owner.engine.plan.version != latest:
            yield f"the engine goes by rules {owner.engine.plan.version}, there are {latest}"


def _drained(_: Books, tables: Tables) -> Iterator[str]:
    if tables.inputs:
        yield f"{len(tables.inputs)} inputs wait: {[row['event'] for row in tables.inputs][:3]}"


def _routed(_: Books, tables: Tables) -> Iterator[str]:
    """Every inquiry is closed, or the engine has it in the very state that its rows tell."""
    known = {key.removeprefix("inquiry:"): fact for key, fact in tables.facts.items() if key.startswith("inquiry:")}
    for id_, row in tables.inquiries.items():
        if row["state"] == "closed":
            if id_ in known:
                yield f"{id_} is closed, and the engine has it as {known[id_]}"
        elif id_ not in known:
            yield f"{id_} is {row['state']}, and the engine does not know it"
        elif known[id_].get("stage", "waiting") != row["state"]:
            yield f"{id_} is {row['state']}, and the engine has it as {known[id_]}"
    for id_ in known.keys() - tables.inquiries.keys():
        yield f"the engine knows {id_}, which there is not"
    for id_, row in tables.conversations.items():
        inquiry = tables.inquiries.get(row["inquiry"] or "")
        if inquiry is None:
            yield f"{id_} has no inquiry"
            continue
        fits = {
            "waiting": inquiry["state"] in {"waiting", "offered"},
            "open": inquiry["state"] == "assigned",
            "ended": inquiry["state"] in {"wrap_up", "closed"},
        }
        if not fits[row["state"]]:
            yield f"{id_} is {row['state']}, its inquiry {inquiry['state']}"


def _held_once(_: Books, tables: Tables) -> Iterator[str]:
    """One live offer or assignment of an inquiry, as its row says; and never two at a time in the past."""
    live: Counter[str] = Counter()
    for offer in tables.offers:
        if offer["state"] == "over":
            continue
        live[offer["inquiry"]] += 1
        inquiry = tables.inquiries[offer["inquiry"]]
        wanted = {"offered": {"offered"}, "assigned": {"assigned", "wrap_up"}}[offer["state"]]
        if inquiry["state"] not in wanted:
            yield f"{offer['id']} is {offer['state']}, its inquiry {inquiry['state']}"
        if offer["state"] == "assigned" and inquiry["agent"] != offer["agent"]:
            yield f"{offer['id']} is {offer['agent']}'s, its inquiry {inquiry['agent']}'s"
    for inquiry, count in live.items():
        if count > 1:
            yield f"{inquiry} is held {count} times"
    for inquiry, row in tables.inquiries.items():
        if row["state"] in {"offered", "assigned", "wrap_up"} and not live[inquiry]:
            yield f"{inquiry} is {row['state']} and nobody holds it"
    spans: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for offer in tables.offers:
        if offer["assigned_at"] is not None:
            spans[offer["inquiry"]].append((offer["assigned_at"], offer["over_at"] or "9"))
    for inquiry, times in spans.items():
        times.sort()
        for (_, until), (since, _) in pairwise(times):
            if since < until:
                yield f"{inquiry} was assigned again at {since}, before it was given back at {until}"


def _seats(_: Books, tables: Tables) -> Iterator[str]:
    """Seats in use are those that a recount finds, and no more than there are."""
    used: Counter[str] = Counter()
    for offer in tables.offers:
        if offer["state"] == "assigned":
            used[offer["agent"]] += offer["weight"]
    for agent, row in tables.seats.items():
        if row["seats_used"] != used[agent] or not 0 <= row["seats_used"] <= row["seats"]:
            yield f"{agent} uses {row['seats_used']} of {row['seats']} seats, counted {used[agent]}"


def _present(books: Books, tables: Tables) -> Iterator[str]:
    """Whoever has a console open is at the desk, and nobody else; the engine has heard of it."""
    open_ = {agent.agent for agent in books.agents if agent.welcome}
    for agent in AGENTS:
        at_desk = bool(tables.presences.get(agent, {}).get("connected"))
        if at_desk != (agent in open_):
            yield f"{agent} {'has' if agent in open_ else 'has no'} console, the row says {'connected' if at_desk else 'gone'}"
        heard = bool(tables.facts.get(f"agent:{agent}", {}).get("connected"))
        if heard != at_desk:
            yield f"{agent} is {'connected' if at_desk else 'gone'}, the engine thinks {'connected' if heard else 'gone'}"
    for agent, count in Counter(agent.agent for agent in books.agents if agent.welcome).items():
        if count > 1:
            yield f"{agent} has {count} consoles open"


def _in_time(books: Books, tables: Tables) -> Iterator[str]:
    """Whatever a machine's own clock says, what happened is dated when it happened."""
    now = NOON + timedelta(seconds=books.nodes[0].place.loop.time())
    for row in [*tables.journal, *(entry for log in tables.logs.values() for entry in log)]:
        if not NOON - _CLOCKS <= datetime.fromisoformat(row["at"]) <= now + _CLOCKS:
            yield f"at {now} something is dated {row['at']}: {row['body']}"
            return


def _journal(_: Books, tables: Tables) -> Iterator[str]:
    """Numbered without holes; no former owner writes after its successor; what it tells is what the rows tell."""
    if [row["seq"] for row in tables.journal] != list(range(1, tables.heads["journal_head"] + 1)):
        yield "lines of the journal are missing"
    epoch = 0
    for row in tables.journal:
        if row["epoch"]:
            if row["epoch"] < epoch:
                yield f"line {row['seq']} was written under epoch {row['epoch']}, after {epoch}"
            epoch = max(epoch, row["epoch"])
    if tables.leases and tables.leases[0]["epoch"] < epoch:
        yield f"the lease is at epoch {tables.leases[0]['epoch']}, the journal at {epoch}"
    told: Counter[str] = Counter()
    for row in tables.journal:
        body = row["body"]
        told[body["is"]] += 1
        for decision in body.get("decisions", ()):
            told[f"{decision['is']}"] += 1
    rows = {
        "inquiry_opened": len(tables.inquiries),
        "conversation_ended": sum(row["state"] == "ended" for row in tables.conversations.values()),
        "offered": len(tables.offers),
        "assigned": sum(row["assigned_at"] is not None for row in tables.offers),
        "released": sum(row["assigned_at"] is not None and row["state"] == "over" for row in tables.offers),
        "withdrawn": sum(row["assigned_at"] is None and row["state"] == "over" for row in tables.offers),
    }
    for what, count in rows.items():
        if told[what] != count:
            yield f"the journal tells of {told[what]} {what}, the rows of {count}"
    arrived = Counter(
        row["body"]["event"]["inquiry"] for row in tables.journal if row["body"].get("event", {}).get("is") == "inquiry_arrived"
    )
    for inquiry in tables.inquiries:
        if arrived[inquiry] != 1:
            yield f"{inquiry} arrived {arrived[inquiry]} times"
    posted: Counter[tuple[str, str]] = Counter()
    for row in tables.journal:
        if row["body"]["is"] == "message_posted":
            posted[row["body"]["conversation"], row["body"]["speaker"]] += 1
    stands: Counter[tuple[str, str]] = Counter()
    for (conversation, log), entries in tables.logs.items():
        for entry in entries if log == "public" else ():
            if entry["speaker"] != "brand":
                stands[conversation, entry["speaker"]] += 1
    for key in stands.keys() | {key for key in posted if key[1] != "brand"}:
        if posted[key] != stands[key]:
            yield f"the journal tells of {posted[key]} messages of the {key[1]} in {key[0]}, the log has {stands[key]}"


# ---------------------------------------------------------------- what reached whom


def _leaks(books: Books, tables: Tables) -> Iterator[str]:
    """No customer reads a name of the staff side, no agent the words or names of a rival house."""
    for customer in books.customers:
        for text in customer.wire:
            if CANARY in text or "agent-" in text or "pool-" in text:
                yield f"{customer.name} received {text[:160]}"
    houses = {"aurora": ("anna", "berlin"), "zephyr": ("viktor", "manila"), "monsun": ("bashir", "cairo")}
    for agent in books.agents:
        for text in agent.wire:
            for house, names in houses.items():
                if house != agent.house and any(f"{CANARY}-{name}" in text for name in (*names, house)):
                    yield f"{agent.name} received {text[:160]}"
    notes = {
        json.loads(entry["body"])["text"]: entry["sender"]
        for (_, log), entries in tables.logs.items()
        for entry in entries
        if log == "staff" and entry["kind"] == "note"
    }
    for agent in books.agents:
        for text in agent.wire if notes else ():
            if '"staff_entry"' in text and '"note"' in text:
                writer = notes.get(json.loads(text).get("text", ""))
                if writer is not None and AGENTS[writer] != agent.house:
                    yield f"{agent.name} read a note of {writer}"


def _tidy(books: Books, _: Tables) -> Iterator[str]:
    """Nothing is left of sockets that are gone, nothing waits."""
    for node in books.nodes:
        if node.hub is None:
            continue
        sockets = [line for line in node.lines if not line.done]
        seated = sum(node.hub.gate._sockets.values())
        visitors = sum(customer.welcome and customer.line in sockets for customer in books.customers)
        if seated != visitors:
            yield f"{node.process.name} counts {seated} visitors, there are {visitors}"
        if node.hub.store.waiting:
            yield f"{node.process.name} has {node.hub.store.waiting} commands waiting"
        if failing := node.hub.failing():
            yield f"{node.process.name} lost {failing}"


async def _screens(books: Books) -> list[str]:
    """Every screen shows what a fresh one would show."""
    found: list[str] = []
    tables = Tables(books.storage)
    for customer in books.customers:
        found += _customer_screen(customer, tables)
    for agent in books.agents:
        if agent.here:
            found += await _agent_screen(books, agent, tables)
    return found


def _customer_screen(customer: Customer, tables: Tables) -> Iterator[str]:
    if not customer.welcome:
        yield f"{customer.name} cannot get in"
        return
    if customer.conversation is None:
        return
    row = tables.conversations[customer.conversation]
    shown = customer.threads[customer.conversation, "public"]
    yield from _same(customer.name, "public", shown, tables.logs[customer.conversation, "public"])
    state = customer.state or {}
    said = (state.get("state"), state.get("customer_read", 0), state.get("brand_read", 0))
    if said != (row["state"], row["customer_read"], row["agent_read"]):
        yield f"{customer.name} sees {said}, the row says {(row['state'], row['customer_read'], row['agent_read'])}"


async def _agent_screen(books: Books, agent: Agent, tables: Tables) -> list[str]:
    if not agent.welcome:
        return [f"{agent.name} cannot get in"]
    node = next((node for node in books.nodes if node.hub is not None and agent.line in node.lines), None)
    if node is None or node.hub is None:
        return [f"{agent.name} is connected to nothing"]
    hub = node.hub
    scope = Scope.agent(WORKSPACE_ID, agent.agent, agent.agent)
    floor = hub.workspaces.floor(WORKSPACE_ID)
    queues = await hub.queues.lines(WORKSPACE_ID, brands_of(floor, agent.agent))
    async with hub.store.read() as tx:
        fresh = await build(tx, scope, floor, hub.clock.now(), queues)
    found: list[str] = []
    offers = {row["id"] for row in tables.offers if row["agent"] == agent.agent and row["state"] == "offered"}
    held = {row["conversation"] for row in tables.offers if row["agent"] == agent.agent and row["state"] == "assigned"}
    if set(agent.view["offers"]) != offers:
        found.append(f"{agent.name} sees offers {sorted(agent.view['offers'])}, there are {sorted(offers)}")
    if set(agent.view["conversations"]) != held:
        found.append(f"{agent.name} sees conversations {sorted(agent.view['conversations'])}, there are {sorted(held)}")
    plain = _plain(fresh)
    found += [
        f"{agent.name} sees {part} as {agent.view[part]}, fresh it is {plain[part]}"
        for part in ("offers", "conversations", "me", "queues")
        if agent.view[part] != plain[part]
    ]
    for conversation in held & set(agent.view["conversations"]):
        for log in ("public", "staff"):
            shown = agent.threads.get((conversation, log), Thread())
            found += _same(agent.name, log, shown, tables.logs.get((conversation, log), []))
    return found


def _plain(view: Any) -> dict[str, Any]:
    import msgspec

    return {"me": {}, "offers": {}, "conversations": {}, "queues": {}, **json.loads(msgspec.json.encode(view))}


def _same(name: str, log: str, shown: Thread, rows: list[Row]) -> Iterator[str]:
    if shown.head != len(rows):
        yield f"{name} has {log} up to {shown.head}, there are {len(rows)}"
    for row in rows[: shown.head]:
        words = json.loads(shown.entries[row["position"]])
        body = json.loads(row["body"])
        wanted = body.get("text") or body.get("key")
        if words[1] != wanted and words[1] != "–":
            yield f"{name} reads {words} at {log} {row['position']}, it is {wanted!r}"


CHECKS: Final[tuple[Check, ...]] = (
    _complaints,
    _acked_once,
    _insisted,
    _in_order,
    _contiguous,
    _owned,
    _drained,
    _routed,
    _held_once,
    _seats,
    _present,
    _in_time,
    _journal,
    _leaks,
    _tidy,
)
