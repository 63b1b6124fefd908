"""The owner of a workspace's routing: holds the lease, feeds the engine, writes what it decides.

One loop: take the inputs that wait, feed them, commit decisions, facts and journal together under our epoch, poke. Crash-only: whatever goes wrong with
a commit, the engine is dropped and restored from its facts, for those are what was committed. Time reaches the engine as an argument, and never backwards.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from prometheus_client import Counter, Gauge, Histogram

from contact_hub.bus import Bus, Poke
from contact_hub.clock import Clock
from contact_hub.errors import HubError
from contact_hub.live.dumps import Dump, write_dump
from contact_hub.live.effects import Effects
from contact_hub.live.lines import line
from contact_hub.live.switchboard import Switchboard
from contact_hub.memory import made_to_stay
from contact_hub.scope import Scope
from contact_hub.store import StaleEpoch, Store, Tx
from contact_hub.store.records import RoutingInput
from contact_hub.tracing import following
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.service import Workspaces
from routing import journal
from routing.decisions import Closed, Decision, WrapUpStarted
from routing.engine import Engine, InvariantBroken
from routing.events import AgentConnected, DeadlinePassed, Event, HandlingEnded, InquiryLeft, OwnerTookOver, PlanChanged
from routing.floor import FLOOR
from routing.model import AgentId, InquiryId

_BATCH: Final = 256
_REACHES_PER_LEASE: Final = 8
_SOON_SECONDS: Final = 0.02
_PACE_SECONDS: Final = 0.01
"""Rounds begin no faster than this: on a busy floor the next one does in one commit what came meanwhile, on a quiet one nobody waits."""
_BACK_OFF_SECONDS: Final = (0.1, 0.5, 1.0, 2.0)

_log = structlog.get_logger(__name__)
_decided = Counter("contact_hub_routing_decisions_total", "Decisions carried out", ["kind"])
_batches = Histogram(
    "contact_hub_routing_commit_seconds", "Feeding and committing one batch", buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
)
_waiting = Gauge("contact_hub_inquiries_waiting", "Inquiries that wait for an agent", ["workspace"])
_owned = Gauge("contact_hub_lease_epoch", "Epoch under which this process owns the workspace, 0 where it does not", ["workspace"])
_set_aside = Counter("contact_hub_inputs_set_aside_total", "Inputs that routing could not digest, kept in the audit", ["workspace"])
_halted = Gauge("contact_hub_routing_halted", "1 where an invariant was broken and routing stopped", ["workspace"])
_restored = Counter("contact_hub_engine_restored_total", "How often an engine was restored from its facts", ["workspace"])


@dataclass(frozen=True, slots=True)
class _Fed:
    """What one event came to."""

    at: datetime
    step: journal.Step
    floor: Floor
    working: bool = False
    """The engine was at work that it does in slices: then even a step that decided nothing moved it on, and belongs in the journal."""


class Owner:
    """Wants to own one workspace, and routes while it does. `run` is a task for the life of the process."""

    def __init__(
        self,
        workspace: str,
        *,
        node: str,
        store: Store,
        bus: Bus,
        switchboard: Switchboard,
        workspaces: Workspaces,
        clock: Clock,
        lease_seconds: float,
        poll_seconds: float,
        dumps: Path | None = None,
    ) -> None:
        self.workspace = workspace
        self.engine: Engine | None = None
        self.epoch = 0
        self.owned = asyncio.Event()
        self._node, self._store, self._bus, self._switchboard = node, store, bus, switchboard
        self._workspaces, self._clock = workspaces, clock
        self._lease_seconds, self._poll_seconds = lease_seconds, poll_seconds
        self._renewed_at = 0.0
        self._fed_until: datetime | None = None
        self._careful = False
        self._suspected: int | None = None
        self.halted: str | None = None
        """What was broken, and where the dump lies."""
        self.stopped = asyncio.Event()
        self._in_hand: list[RoutingInput] = []
        self._dumps = dumps

    @property
    def healthy(self) -> bool:
        """Whether this process owns the workspace and renewed its lease in time."""
        return self.engine is not None and self._clock.monotonic() - self._renewed_at < self._lease_seconds

    @property
    def lease_age(self) -> float | None:
        """Seconds since the lease was renewed; None where there is none."""
        return None if self.engine is None else self._clock.monotonic() - self._renewed_at

    async def run(self) -> None:
        failures = 0
        try:
            while True:
                try:
                    epoch = await self._acquire()
                    if epoch is None:
                        await asyncio.sleep(await self._until_over())
                        continue
                    failures = 0
                    await self._own(epoch)
                except InvariantBroken as broken:
                    try:
                        await self._halt(broken)
                    except Exception:  # stopped it is either way
                        self.halted = str(broken)
                        _log.exception("halt_not_written", workspace=self.workspace)
                    self._drop()  # not given back: another node would meet the same, and so to and fro (`live.spread`)
                    self.stopped.set()
                    await asyncio.Event().wait()  # alive, so that the process goes on serving what needs no routing
                except StaleEpoch:
                    _log.warning("lease_lost", workspace=self.workspace, epoch=self.epoch)
                except HubError as trouble:
                    _log.warning("owner_stumbled", workspace=self.workspace, code=trouble.code)
                    failures += 1
                except Exception:
                    _log.exception("owner_failed", workspace=self.workspace)
                    failures += 1
                self._drop()
                pause = _BACK_OFF_SECONDS[min(failures, len(_BACK_OFF_SECONDS)) - 1] if failures else 0.05
                await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
        finally:
            await self._give_back()

    async def _acquire(self) -> int | None:
        now = self._clock.now()
        renewed = self._clock.monotonic()

        async def command(tx: Tx) -> int | None:
            return await tx.leases.acquire(self.workspace, self._node, now, self._lease_seconds)

        epoch = await self._store.write(command, name="lease.acquire")
        if epoch is not None:
            self._renewed_at = renewed
        return epoch

    async def _until_over(self) -> float:
        """Seconds until another's lease is over as its row says, but no more than between two reaches: it may be given back before."""
        async with self._store.read(brief=True) as tx:
            lease = await tx.leases.get(self.workspace)
        over = _SOON_SECONDS if lease is None else (lease.expires_at - self._clock.now()).total_seconds()
        return max(_SOON_SECONDS, min(over, self._lease_seconds / _REACHES_PER_LEASE))

    async def _own(self, epoch: int) -> None:
        """Restore, then route until the lease is lost or something breaks."""
        listener = self._switchboard.listener([("input", self.workspace, self.workspace)])
        try:
            async with self._store.read() as tx:
                facts = await tx.facts.all(self.workspace)
                present = await self._at_the_desk(tx)
            await self._workspaces.refresh()
            floor = self._workspaces.floor(self.workspace)
            then = await self._rules_of(facts, floor)
            with made_to_stay():
                engine = Engine.restore(then.plan, facts)
            self.engine, self.epoch = engine, epoch
            self.owned.set()
            _owned.labels(self.workspace).set(epoch)
            _restored.labels(self.workspace).inc()
            _log.info("workspace_owned", workspace=self.workspace, epoch=epoch, facts=len(facts), rules=floor.version)
            fed = [self._feed(engine, OwnerTookOver(), then)]
            fed += [self._feed(engine, AgentConnected(agent=agent), then) for agent in present]
            if then.version != floor.version:
                fed.append(self._feed(engine, PlanChanged(plan=floor.plan), floor))
            await self._commit(engine, epoch, fed, [])
            self._bus.publish([Poke("roll_call", self.workspace, self.workspace)])
            while True:
                began = self._clock.monotonic()
                more = await self._round(engine, epoch)
                if not more:
                    await listener.next(poll_seconds=self._pause(engine))
                    await asyncio.sleep(max(0.0, began + _PACE_SECONDS - self._clock.monotonic()))
        finally:
            listener.close()

    async def _at_the_desk(self, tx: Tx) -> list[AgentId]:
        """Whose console is open, as rows tell it: through a node that lives. A roll call alone may not be heard by everybody."""
        alive = await tx.nodes.alive(self._clock.now())
        presences = await tx.presences.all(Scope.system(self.workspace))
        return sorted(agent for agent, one in presences.items() if one.connected and one.node in alive)

    async def _rules_of(self, facts: Mapping[str, Mapping[str, Any]], latest: Floor) -> Floor:
        """The rules under which the facts were captured."""
        version = facts.get(FLOOR, {}).get("rules", latest.version)
        return latest if version == latest.version else await self._workspaces.floor_at(self.workspace, int(version))

    async def _round(self, engine: Engine, epoch: int) -> bool:
        """Drain one batch; true where there may be more."""
        if self._clock.monotonic() - self._renewed_at > self._lease_seconds / 3:
            await self._renew(epoch)
        limit = 1 if self._careful else _BATCH
        async with self._store.read(brief=True) as tx:
            inputs = self._in_hand = await tx.inputs.take_batch(self.workspace, limit)
        began = self._clock.monotonic()
        try:
            with following("routing.round", (one.trace for one in inputs), workspace=self.workspace, inputs=len(inputs)):
                routed = await self._route(engine, epoch, inputs)
            if routed:
                _batches.observe(self._clock.monotonic() - began)
                _waiting.labels(self.workspace).set(engine.waiting_count())
        except (StaleEpoch, HubError, InvariantBroken):
            raise
        except Exception:
            await self._suspect(epoch, inputs)
            raise
        self._careful = self._careful and bool(inputs)
        deadline = engine.next_deadline()
        return len(inputs) == limit or (deadline is not None and deadline <= self._now())

    async def _route(self, engine: Engine, epoch: int, inputs: list[RoutingInput]) -> bool:
        """Feed what waits and what is due, and commit it; false where there was nothing."""
        fed: list[_Fed] = []
        for waiting in inputs:
            fed += await self._feed_input(engine, journal.event_from_json(dict(waiting.event)))
        deadline = engine.next_deadline()
        if deadline is not None and deadline <= self._now():
            fed.append(self._feed(engine, DeadlinePassed(), self._workspaces.floor(self.workspace)))
        if fed:
            await self._commit(engine, epoch, fed, [waiting.seq for waiting in inputs])
        return bool(fed)

    async def _suspect(self, epoch: int, inputs: list[RoutingInput]) -> None:
        """One of these breaks us, and must not hold up all others for ever: from now on one at a time; the one that breaks us twice alone is set aside,
        into the audit, for a person to look at."""
        self._careful = True
        if len(inputs) != 1:
            return
        culprit = inputs[0]
        if self._suspected != culprit.seq:
            self._suspected = culprit.seq
            return
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            await tx.leases.assert_mine(self.workspace, epoch)
            await tx.inputs.delete(self.workspace, [culprit.seq])
            tx.audit.append(
                self.workspace,
                at=now,
                who="owner",
                action="routing_input.set_aside",
                subject=str(culprit.seq),
                details={"event": culprit.event},
            )

        await self._store.write(command, name="routing.set_aside")
        _set_aside.labels(self.workspace).inc()
        _log.error("input_set_aside", workspace=self.workspace, seq=culprit.seq)

    async def _halt(self, broken: InvariantBroken) -> None:
        """Keep everything that led here, and stop: the facts before these inputs, the inputs, the rules and the time (`live.dumps`)."""
        now, epoch, inputs = self._now(), self.epoch, self._in_hand
        async with self._store.read() as tx:
            facts = await tx.facts.all(self.workspace)
        version = int(facts.get(FLOOR, {}).get("rules", 0))
        events = [dict(waiting.event) for waiting in inputs]
        dump = Dump(workspace=self.workspace, rules=version, at=now, broken=str(broken), facts=dict(facts), events=events)
        path = write_dump(self._dumps, dump) if self._dumps is not None else None
        self.halted = f"{broken} ({path})" if path else str(broken)

        async def command(tx: Tx) -> None:
            await tx.leases.assert_mine(self.workspace, epoch)
            details = {"broken": str(broken), "dump": str(path) if path else None, "events": events}
            tx.audit.append(self.workspace, at=now, who="owner", action="routing.halted", subject=self.workspace, details=details)

        await self._store.write(command, name="routing.halt")
        _halted.labels(self.workspace).set(1)
        _log.critical("routing_halted", workspace=self.workspace, broken=str(broken), dump=str(path))

    async def _feed_input(self, engine: Engine, event: Event | journal.PlanVersionChanged) -> list[_Fed]:
        if isinstance(event, journal.PlanVersionChanged):
            await self._workspaces.refresh()
            floor = self._workspaces.floor(self.workspace)
            return [self._feed(engine, PlanChanged(plan=floor.plan), floor)]
        floor = self._workspaces.floor(self.workspace)
        fed = [self._feed(engine, event, floor)]
        if isinstance(event, HandlingEnded) and not any(_ends(decision, event.inquiry) for decision in fed[0].step.decisions):
            # it went back to the queue before this was heard of; nobody need answer it any more
            fed.append(self._feed(engine, InquiryLeft(inquiry=event.inquiry, because=event.because), floor))
        return fed

    def _feed(self, engine: Engine, event: Event, floor: Floor) -> _Fed:
        at, working = self._now(), engine.busy
        decisions = engine.feed(event, at)
        for decision in decisions:
            _decided.labels(type(decision).__name__).inc()
        return _Fed(at, journal.Step(event=event, decisions=decisions, rules=engine.plan.version), floor, working)

    async def _commit(self, engine: Engine, epoch: int, fed: list[_Fed], seqs: list[int]) -> None:
        changes = engine.changes()

        async def command(tx: Tx) -> None:
            await tx.leases.assert_mine(self.workspace, epoch)
            effects = Effects(tx, self.workspace)
            await effects.read([decision for one in fed for decision in one.step.decisions])
            for one in fed:
                effects.carry_out(one.step.decisions, one.floor, one.at)
                if one.step.decisions or one.working or not isinstance(one.step.event, DeadlinePassed):
                    tx.journal.append(self.workspace, line(one.at, one.step, epoch=epoch))
            await effects.write()
            await tx.facts.apply(self.workspace, changes)
            if seqs:
                await tx.inputs.delete(self.workspace, seqs)
            tx.after_commit(lambda: self._bus.publish(effects.pokes))

        await self._store.write(command, name="routing.commit")

    async def _renew(self, epoch: int) -> None:
        now, renewed = self._clock.now(), self._clock.monotonic()

        async def command(tx: Tx) -> bool:
            return await tx.leases.renew(self.workspace, epoch, now, self._lease_seconds)

        if not await self._store.write(command, name="lease.renew"):
            raise StaleEpoch(f"epoch {epoch} of {self.workspace} is over")
        self._renewed_at = renewed

    async def _give_back(self) -> None:
        """On the way out: let the next one begin at once."""
        epoch, held = self.epoch, self.engine is not None
        self._drop()
        if not held:
            return
        now = self._clock.now()

        async def command(tx: Tx) -> None:
            await tx.leases.release(self.workspace, epoch, now)

        try:
            await asyncio.shield(self._store.write(command, name="lease.release"))
        except (HubError, asyncio.CancelledError):
            _log.info("lease_not_given_back", workspace=self.workspace)

    def _drop(self) -> None:
        self.engine = None
        self.owned.clear()
        _owned.labels(self.workspace).set(0)

    def _now(self) -> datetime:
        """The clock, but never backwards: the engine's age arithmetic relies on it."""
        now = self._clock.now()
        if self._fed_until is not None and now < self._fed_until:
            now = self._fed_until
        self._fed_until = now
        return now

    def _pause(self, engine: Engine) -> float:
        """How long there is nothing to do: until the next deadline, the next renewal or the slow poll."""
        deadline = engine.next_deadline()
        until = self._poll_seconds if deadline is None else max(0.0, (deadline - self._now()) / timedelta(seconds=1))
        return max(0.001, min(until, self._poll_seconds, self._lease_seconds / 4))


def _ends(decision: Decision, inquiry: InquiryId) -> bool:
    return isinstance(decision, WrapUpStarted | Closed) and decision.inquiry == inquiry
