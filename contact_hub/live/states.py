"""States as Prometheus reads them: looked up when somebody reads the page, and at no other time."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from prometheus_client import Gauge

from contact_hub.app import Hub
from contact_hub.clock import DatabaseClock
from contact_hub.errors import HubError
from contact_hub.live.health import DEGRADED, Health
from contact_hub.mail.metrics import observe_mail
from contact_hub.settings import ROLES
from contact_hub.store.records import OutboxBacklog

_ready = Gauge("contact_hub_ready", "1 where this node may be sent people")
_roles = Gauge("contact_hub_role", "1 for each role this node has", ["role"])
_degraded = Gauge("contact_hub_degraded", "1 where this node serves in spite of this", ["state"])
_clock = Gauge("contact_hub_clock_offset_seconds", "How far the database's clock is ahead of this machine's")
_lease_age = Gauge("contact_hub_lease_age_seconds", "Since this node last renewed the lease of a workspace it owns", ["workspace"])
_owned = Gauge("contact_hub_workspaces_owned", "Workspaces this node routes")
_unowned = Gauge("contact_hub_workspaces_unowned", "Workspaces that nobody routes at the moment")
_nodes = Gauge("contact_hub_nodes_alive", "Nodes that live, as this one sees it")
_limited = Gauge("contact_hub_limited_last_minute", "What limits refused in the last minute", ["workspace", "brand", "limit"])
_inputs = Gauge("contact_hub_routing_inputs_waiting", "Inputs that wait for the owner of a workspace", ["workspace"])
_inputs_age = Gauge("contact_hub_routing_input_age_seconds", "Age of the oldest input that waits for an owner", ["workspace"])
_jobs = Gauge("contact_hub_jobs_waiting", "Background work that waits to be done, or to be tried again", ["kind"])
_jobs_failing = Gauge("contact_hub_jobs_failing", "Background work that failed and is going to be tried again", ["kind"])
_jobs_failed = Gauge("contact_hub_jobs_failed", "Background work that was given up and waits for a person", ["kind"])
_jobs_lost = Gauge("contact_hub_jobs_lost", "Background work whose worker gives no sign of life, not yet taken back", ["kind"])
_jobs_age = Gauge("contact_hub_jobs_overdue_seconds", "How long the oldest work that is due has not been begun", ["kind"])
_PATIENCE_SECONDS: Final = 3.0


async def observe_hub(hub: Hub, health: Health) -> None:
    """Looks up what is a state: called when somebody reads the page."""
    _ready.set(health.ready)
    for role in ROLES:
        _roles.labels(role).set(role in hub.settings.roles)
    wrong = {trouble.code for trouble in health.degraded}
    for state in DEGRADED:
        _degraded.labels(state).set(state in wrong)
    _clock.set(hub.clock.offset_seconds if isinstance(hub.clock, DatabaseClock) else 0.0)
    _owned.set(sum(owner.engine is not None for owner in hub.owners.values()))
    _limited.clear()
    for workspace in hub.workspaces.known():
        for one in hub.gate.limited_now(workspace):
            _limited.labels(workspace, one.brand, one.limit).set(one.refused)
    _lease_age.clear()
    for workspace, owner in hub.owners.items():
        if owner.lease_age is not None:
            _lease_age.labels(workspace).set(owner.lease_age)
    with contextlib.suppress(HubError, TimeoutError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await _observe_rows(hub)


async def _observe_rows(hub: Hub) -> None:
    now = hub.clock.now()
    async with hub.store.read() as tx:
        leases, alive = await tx.leases.all(), await tx.nodes.alive(now)
        inputs, outbox = await tx.inputs.backlog(), await tx.outbox.backlog(now)
        await observe_mail(tx, hub.workspaces.known(), hub.clock.now())
    known = hub.workspaces.known()
    _nodes.set(len(alive))
    _unowned.set(sum(name not in leases or leases[name].expires_at <= now for name in known))
    for name in known:
        count, oldest = inputs.get(name, (0, now))
        _inputs.labels(name).set(count)
        _inputs_age.labels(name).set(max(0.0, (now - oldest).total_seconds()))
    for gauge in (_jobs, _jobs_failing, _jobs_failed, _jobs_lost, _jobs_age):
        gauge.clear()
    for kind in hub.jobs.kinds.keys() - {one.kind for one in outbox}:
        outbox.append(OutboxBacklog(kind=kind, waiting=0, running=0, failed=0, lost=0, troubled=0, oldest_due=None))
    for one in outbox:
        _jobs.labels(one.kind).set(one.waiting)
        _jobs_failing.labels(one.kind).set(one.troubled)
        _jobs_failed.labels(one.kind).set(one.failed)
        _jobs_lost.labels(one.kind).set(one.lost)
        _jobs_age.labels(one.kind).set(max(0.0, (now - one.oldest_due).total_seconds()) if one.oldest_due else 0.0)
