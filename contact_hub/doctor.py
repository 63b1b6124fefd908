"""What can be wrong with a deployment, looked at one by one. Every finding says what it means for people."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final, Literal
from urllib.request import Request, urlopen

from contact_hub.app import Hub, build, names_of
from contact_hub.clock import DatabaseClock
from contact_hub.errors import CODES, HubError
from contact_hub.jobs.desk import Trouble
from contact_hub.jobs.model import HOUSE
from contact_hub.live.health import clock_trouble
from contact_hub.mail.boxes import try_mailbox
from contact_hub.mail.domains import look_up
from contact_hub.mail.imap import MailboxTrouble
from contact_hub.mail.trying import try_to_send
from contact_hub.scope import Scope
from contact_hub.settings import Settings
from contact_hub.store import schema_state
from contact_hub.store.records import MailboxCursor
from contact_hub.web import assets
from contact_hub.workspace import check
from contact_hub.workspace.model import Mailbox
from i18n import catalogues
from i18n.promises import CUSTOMER_TAGS, promised

_STUCK: Final = timedelta(minutes=5)
_LIMITED: Final = re.compile(
    r'^contact_hub_limited_last_minute\{brand="([^"]*)",limit="([^"]*)",workspace="([^"]*)"\} (\S+)$', re.MULTILINE
)
_MAILBOX_SECONDS: Final = 20.0
_ASIDE: Final = (("failed", "could not be understood"), ("held", "are kept apart"), ("waiting", "wait"))
_PAGES: Final = ("console.html", "widget.html", "loader.js")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    what: str
    state: Literal["ok", "warning", "error"]
    sentence: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order in which one thing needs the other."""
    findings = [_front_end(), _catalogues(), await _database(settings)]
    if findings[-1].state == "error":
        return findings
    try:
        async with build(settings) as hub:
            findings += [_clock(hub), await _bus(hub), await _nodes(hub), await limited(settings)]
            findings.append(await _jobs(hub))
            for workspace in hub.workspaces.known():
                findings += [
                    _rules(hub, workspace),
                    await _lease(hub, workspace),
                    await _stuck(hub, workspace),
                    await _audit(hub, workspace),
                    *await _mailboxes(hub, workspace),
                    *await _sending(hub, workspace),
                ]
            if not hub.workspaces.known():
                findings.append(
                    Finding(what="workspace", state="error", sentence="There is none; `contact-hub apply FILE` brings one.")
                )
    except HubError as trouble:
        findings.append(Finding(what="start", state="error", sentence=f"{trouble.code}: {trouble.sentence}"))
    return findings


async def _mailboxes(hub: Hub, workspace: str) -> list[Finding]:
    """Each mailbox is tried here and now: what keeps it from being read, and what waits for a person."""
    boxes = [box for brand in hub.workspaces.floor(workspace).workspace.brands for box in brand.mailboxes]
    fetched = [box for box in boxes if box.intake.imap is not None]
    troubles = dict(zip((box.id for box in fetched), await asyncio.gather(*map(_tried, fetched)), strict=True))
    async with hub.store.read() as tx:
        aside = {one.mailbox: one.counts for one in await tx.mail.backlog(workspace)}
        cursors = {one.mailbox: one for one in await tx.mail.cursors(workspace)}
    return [_mailbox(hub, box, troubles.get(box.id), aside.get(box.id, {}), cursors.get(box.id)) for box in boxes]


async def _tried(box: Mailbox) -> MailboxTrouble | None:
    try:
        async with asyncio.timeout(_MAILBOX_SECONDS):
            return await try_mailbox(box)
    except TimeoutError:
        return MailboxTrouble("timed_out")


def _mailbox(
    hub: Hub, box: Mailbox, trouble: MailboxTrouble | None, aside: Mapping[str, int], cursor: MailboxCursor | None
) -> Finding:
    what = f"mailbox {box.id}"
    if trouble is not None:
        return Finding(what=what, state="error", sentence=f"It cannot be read: {trouble.code}. {trouble.text}".strip())
    if box.intake.lmtp and hub.settings.mail_door is None:
        return Finding(what=what, state="warning", sentence="Nobody can hand mail in: CONTACT_HUB_MAIL_DOOR names no door.")
    said = [f"{aside[state]} {word}" for state, word in _ASIDE if aside.get(state)]
    if cursor is not None and cursor.alert is not None:
        said.append(f"{cursor.alert} at {cursor.alert_at:%d %B %H:%M} UTC")
    if said:
        return Finding(what=what, state="warning", sentence=f"It can be read. Mails: {', '.join(said)}.")
    return Finding(what=what, state="ok", sentence="It can be read." if box.intake.imap else "Its mail is handed in.")


def _front_end() -> Finding:
    missing = [name for name in _PAGES if not (assets.STATIC / name).is_file()]
    if missing:
        return Finding(what="front end", state="error", sentence=f"Not built: {', '.join(missing)}. `uv sync` builds it.")
    return Finding(what="front end", state="ok", sentence="Built.")


def _catalogues() -> Finding:
    keys = catalogues.keys()
    lacking = {tag: len(catalogues.missing(tag).keys() & set(promised(tag, keys))) for tag in CUSTOMER_TAGS if keys}
    short = {tag: count for tag, count in lacking.items() if count}
    if "en" in short or not lacking:
        return Finding(what="texts", state="error", sentence="The English catalogue is not whole.")
    told = ", ".join(f"{tag} {count}" for tag, count in sorted(short.items()))
    return Finding(
        what="texts", state="ok", sentence=f"{len(lacking)} languages" + (f"; English stands in for: {told}" if told else ".")
    )


async def _database(settings: Settings) -> Finding:
    try:
        async with asyncio.timeout(10):
            state = await schema_state(settings.url)
    except HubError as trouble:
        return Finding(what="database", state="error", sentence=f"{trouble.code}: {trouble.sentence}")
    except TimeoutError:
        return Finding(what="database", state="error", sentence="No answer within 10 seconds.")
    if state == "ahead":
        return Finding(what="database", state="warning", sentence=CODES["schema_ahead"])
    if state == "newer":
        return Finding(what="database", state="error", sentence=CODES["database_newer"])
    if state != "current":
        return Finding(what="database", state="error", sentence=f"Its schema is {state}; `contact-hub migrate` mends that.")
    return Finding(what="database", state="ok", sentence="Reached, and of this version.")


def _clock(hub: Hub) -> Finding:
    if isinstance(hub.clock, DatabaseClock) and hub.clock.off:
        return Finding(what="clock", state="warning", sentence=str(clock_trouble(hub.clock)))
    return Finding(what="clock", state="ok", sentence="It agrees with the database's.")


async def _nodes(hub: Hub) -> Finding:
    now = hub.clock.now()
    async with hub.store.read() as tx:
        alive, routing = await tx.nodes.alive(now), await tx.nodes.routing(now)
    if not alive:
        return Finding(what="nodes", state="warning", sentence="None lives.")
    told = f"{len(alive)} live, {len(routing)} of them route."
    return Finding(
        what="nodes", state="ok" if routing else "error", sentence=told if routing else f"{told} Nobody answers customers."
    )


async def _bus(hub: Hub) -> Finding:
    if hub.settings.redis_url is None:
        return Finding(what="bus", state="ok", sentence="Inside the process.")
    if hub.bus.healthy():
        return Finding(what="bus", state="ok", sentence="Redis answers.")
    return Finding(what="bus", state="warning", sentence="Redis does not answer: nothing is lost, everything is slower.")


async def limited(settings: Settings) -> Finding:
    """Who is held back by limits now, as the node on this machine counts it: nobody else knows."""
    try:
        page = await asyncio.to_thread(_metrics, settings)
    except OSError:
        return Finding(what="limits", state="ok", sentence=f"No node answers on port {settings.port} of this machine.")
    held = [f"{brand or 'all'} of {where} ({what}: {float(count):.0f})" for brand, what, where, count in _LIMITED.findall(page)]
    if not held:
        return Finding(what="limits", state="ok", sentence="Nobody met one in the last minute.")
    return Finding(what="limits", state="warning", sentence=f"Held back in the last minute: {', '.join(sorted(held))}.")


async def _jobs(hub: Hub) -> Finding:
    """Background work that is stuck, of all workspaces, and why."""
    async with hub.store.read() as tx:
        workers = await tx.nodes.working(hub.clock.now())
    found = [one for name in (HOUSE, *hub.workspaces.known()) for one in await hub.job_desk.stuck(Scope.system(name))]
    told = [
        f"{count} {_TROUBLES[trouble]}: {kind}" + (f" ({reason})" if reason else "")
        for (trouble, kind, reason), count in Counter((one.trouble, one.row.kind, one.row.last_error) for one in found).items()
    ]
    if any(one.trouble in {Trouble.OVERDUE, Trouble.LOST} for one in found):
        if not workers:
            told.append("No live node is a worker, so nobody does it")
        if unknown := sorted({one.row.kind for one in found if not one.known}):
            told.append(f"This version does not know how to do {', '.join(unknown)}")
    if not found:
        return Finding(what="background work", state="ok", sentence=f"{len(workers)} workers; nothing is stuck.")
    sentence = "; ".join(told) + ". `contact-hub jobs list` shows each."
    broken = any(one.trouble in {Trouble.OVERDUE, Trouble.LOST} for one in found)
    return Finding(what="background work", state="error" if broken else "warning", sentence=sentence)


_TROUBLES: Final = {
    Trouble.FAILED: "given up",
    Trouble.RETRYING: "failing",
    Trouble.OVERDUE: "overdue",
    Trouble.LOST: "without a sign of life",
}


def _metrics(settings: Settings) -> str:
    everywhere = settings.host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
    host = "localhost" if everywhere else f"[{settings.host}]" if ":" in settings.host else settings.host
    request = Request(f"http://{host}:{settings.port}/metrics")
    if settings.metrics_token:
        request.add_header("authorization", f"Bearer {settings.metrics_token}")
    with urlopen(request, timeout=5) as answer:  # noqa: S310
        return str(answer.read().decode())


def _rules(hub: Hub, workspace: str) -> Finding:
    floor = hub.workspaces.floor(workspace)
    problems = check(floor.workspace, today=hub.clock.now().date())
    what = f"rules of {workspace}"
    if problems:
        return Finding(
            what=what,
            state="warning",
            sentence=f"Version {floor.version}: " + "; ".join(problem.sentence for problem in problems[:5]),
        )
    return Finding(what=what, state="ok", sentence=f"Version {floor.version}.")


async def _lease(hub: Hub, workspace: str) -> Finding:
    async with hub.store.read() as tx:
        lease = await tx.leases.get(workspace)
    what = f"owner of {workspace}"
    if lease is None or lease.expires_at <= hub.clock.now():
        return Finding(what=what, state="warning", sentence="Nobody routes it at the moment: is a node running?")
    return Finding(what=what, state="ok", sentence=f"{lease.holder}, epoch {lease.epoch}.")


async def _stuck(hub: Hub, workspace: str) -> Finding:
    """Inputs that nobody takes, inquiries that a person should look at."""
    now, scope = hub.clock.now(), Scope.system(workspace)
    async with hub.store.read() as tx:
        inputs = await tx.inputs.take_batch(workspace, 1)
        unfinished = await tx.inquiries.unfinished(scope)
    what = f"work of {workspace}"
    if inputs and now - inputs[0].at > _STUCK:
        return Finding(
            what=what, state="error", sentence=f"Routing has had input since {inputs[0].at:%H:%M} UTC and does not take it."
        )
    flagged = [inquiry for inquiry in unfinished if inquiry.flagged and inquiry.state in {"waiting", "offered"}]
    if flagged:
        told = ", ".join(f"{inquiry.id} ({inquiry.flagged})" for inquiry in flagged[:5])
        return Finding(
            what=what,
            state="warning",
            sentence=f"{len(flagged)} inquiries need a person: {told}. `contact-hub explain ID` tells why.",
        )
    return Finding(what=what, state="ok", sentence=f"{len(unfinished)} inquiries in hand.")


async def _sending(hub: Hub, workspace: str) -> list[Finding]:
    """Relays and keys of the brands' mail, and mails whose fate a person has to decide."""
    tried = await try_to_send(hub.workspaces.floor(workspace))
    wrong = [one for one in tried if one.trouble]
    findings = [Finding(what=f"mail of {one.mailbox}", state="error", sentence=f"{one.what}: {one.trouble}") for one in wrong]
    if tried and not wrong:
        findings.append(Finding(what=f"sending mail of {workspace}", state="ok", sentence=f"{len(tried)} relays and keys tried."))
    findings += await _domains(hub, workspace)
    async with hub.store.read() as tx:
        backlog = {state: count for where, state, count, _ in await tx.mail.outgoing_backlog() if where == workspace}
    if doubtful := backlog.get("unknown", 0) + backlog.get("failed", 0):
        sentence = f"{doubtful} mails were not sent, or nobody knows whether they were; the page Mail lists them."
        findings.append(Finding(what=f"mail of {workspace}", state="warning", sentence=sentence))
    return findings


async def _domains(hub: Hub, workspace: str) -> list[Finding]:
    """What DNS tells receivers about each domain that mail leaves from."""
    floor = hub.workspaces.floor(workspace)
    if not any(box.relay is not None for brand in floor.workspace.brands for box in brand.mailboxes):
        return []
    if (names := names_of(hub.settings)) is None:
        return [Finding(what=f"domains of {workspace}", state="ok", sentence="Not checked: CONTACT_HUB_MAIL_RESOLVER is off.")]
    return [
        Finding(what=one.what, state="warning" if one.state == "unknown" else one.state, sentence=one.sentence)
        for one in await look_up(floor, names)
    ]


async def _audit(hub: Hub, workspace: str) -> Finding:
    async with hub.store.read() as tx:
        broken = await tx.audit.verify(workspace)
        rows = await tx.audit.read(Scope.system(workspace), limit=100_000)
    what = f"audit of {workspace}"
    if broken is not None:
        return Finding(what=what, state="error", sentence=f"The chain is broken at row {broken}: somebody changed the log.")
    halted = [row for row in rows if row.action == "routing.halted"]
    if halted:
        told = halted[-1].details.get("dump") or "in the audit"
        return Finding(
            what=what,
            state="error",
            sentence=f"Routing stopped: {halted[-1].details.get('broken')}. `contact-hub replay --dump` shows it again ({told}).",
        )
    aside = [row for row in rows if row.action == "routing_input.set_aside"]
    if aside:
        told = ", ".join(str(row.seq) for row in aside[-5:])
        return Finding(
            what=what, state="warning", sentence=f"{len(aside)} inputs that routing could not digest were set aside (rows {told})."
        )
    return Finding(what=what, state="ok", sentence="The chain holds.")
