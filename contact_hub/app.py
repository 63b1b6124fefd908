"""`build(settings)`: the one place that joins everything.

Nothing below knows where its collaborators come from; tests build the same hub over a temporary directory and a clock of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import structlog

from contact_hub.admission import Gate, visitor_allowance
from contact_hub.bus import Bus, MemoryBus, Poke
from contact_hub.bus.poke import EVERYTHING
from contact_hub.channels.chat.visitors import VisitorDesk
from contact_hub.clock import Clock, DatabaseClock, SystemClock
from contact_hub.conversations.mail import MailDesk
from contact_hub.conversations.service import Conversations, Detect
from contact_hub.errors import HubError
from contact_hub.ids import Ids
from contact_hub.jobs import Jobs
from contact_hub.jobs.desk import JobDesk
from contact_hub.jobs.kicks import LocalKicks, StreamKicks, kicks_of
from contact_hub.jobs.runner import Runner
from contact_hub.live.metrics import observe_batch, observe_poke, observer_of_looks
from contact_hub.live.owner import Owner
from contact_hub.live.places import LivePlaces
from contact_hub.live.queues import QueueBoard
from contact_hub.live.reader import Reader
from contact_hub.live.spread import Spread
from contact_hub.live.sweeper import Sweeper
from contact_hub.live.switchboard import Switchboard
from contact_hub.live.wires import Wires
from contact_hub.mail.answers import AutomaticAnswers
from contact_hub.mail.attention import Attention
from contact_hub.mail.boxes import Boxes
from contact_hub.mail.door import Door
from contact_hub.mail.intake import Intake
from contact_hub.mail.names import Names
from contact_hub.mail.office import MailOffice
from contact_hub.mail.outgoing import OutgoingMail
from contact_hub.mail.placing import Placing
from contact_hub.mail.post_room import PostRoom
from contact_hub.mail.returns import Returns
from contact_hub.mail.sending import Sender
from contact_hub.mail.workshop import MailReader, Workshop
from contact_hub.privacy.retention import Retention
from contact_hub.quality.feed import background_of, journal_reader
from contact_hub.quality.service import QualityService
from contact_hub.settings import Settings
from contact_hub.staff import Passwords, StaffService
from contact_hub.staff.desk import Desk
from contact_hub.store import Batch, Store
from contact_hub.translation import Limits, Translations, Translator, translator_of
from contact_hub.workspace.service import Workspaces
from i18n.detection import Detection, Detectors, Hints, detect, goes_on

_CLOCK_SECONDS: Final = 5.0
NODE_SECONDS: Final = 15.0
"""A node that was not heard of for so long is dead: its consoles count as gone."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Hub:
    """Everything a face of the service needs, by name."""

    settings: Settings
    clock: Clock
    node: str
    store: Store
    bus: Bus
    switchboard: Switchboard
    workspaces: Workspaces
    staff: StaffService
    passwords: Passwords
    desk: Desk
    gate: Gate
    visitors: VisitorDesk
    conversations: Conversations
    mail: MailDesk
    mail_office: MailOffice
    retention: Retention
    intake: Intake
    post_room: PostRoom
    translations: Translations
    reader: Reader
    queues: QueueBoard
    quality: QualityService
    places: LivePlaces
    jobs: Jobs
    job_desk: JobDesk
    runner: Runner
    kicks: LocalKicks | StreamKicks
    owners: dict[str, Owner]
    spread: Spread
    new_owner: Callable[..., Owner] = Owner
    ready: bool = False
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def start(self) -> None:
        """Begin to listen and to do what our roles say."""
        await self._say_alive()
        await self.desk.clear_dead_nodes()
        if isinstance(self.clock, DatabaseClock):
            self._tasks["clock"] = asyncio.create_task(self._compare_clocks(self.clock), name="clock")
        self._tasks["heart"] = asyncio.create_task(self._beat(), name="heart")
        self._tasks["switchboard"] = asyncio.create_task(self.switchboard.run(), name="switchboard")
        if "worker" in self.settings.roles:
            self._tasks["jobs"] = asyncio.create_task(self.runner.watch(self.kicks.local.kick), name="jobs")
            self._tasks["leases of jobs"] = asyncio.create_task(self.runner.keep(), name="leases of jobs")
            await self.post_room.start()
        self._tasks["kicks"] = asyncio.create_task(self.kicks.run(), name="kicks")
        if self.settings.redis_url is not None and "router" in self.settings.roles:
            self._tasks["places"] = asyncio.create_task(self.places.run(), name="places")
        self._tasks["rules"] = asyncio.create_task(self._follow_rules(), name="rules")
        if "router" in self.settings.roles:
            await self._take_share()
            self._tasks["spread"] = asyncio.create_task(self._follow_share(), name="spread")
        self.ready = True

    async def stop(self) -> None:
        """Give everything back; sockets are gone by now."""
        self.ready = False
        await self.post_room.stop()
        await self.runner.drain(self.settings.shutdown_seconds)
        await self.post_room.close()
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self.kicks.close()
        with contextlib.suppress(HubError):
            await self.desk.bow_out()

    def wires(self) -> Wires:
        """What a session on a socket needs."""
        return Wires(
            store=self.store,
            reader=self.reader,
            queues=self.queues,
            switchboard=self.switchboard,
            workspaces=self.workspaces,
            conversations=self.conversations,
            mail=self.mail,
            bus=self.bus,
            clock=self.clock,
            heartbeat_seconds=self.settings.heartbeat_seconds,
            poll_seconds=self.settings.poll_seconds,
        )

    def failing(self) -> list[str]:
        """Names of the parts that died; empty where all is well."""
        return [name for name, task in self._tasks.items() if task.done()]

    def _own(self, workspace: str) -> None:
        owner = self.new_owner(
            workspace,
            node=self.node,
            store=self.store,
            bus=self.bus,
            switchboard=self.switchboard,
            workspaces=self.workspaces,
            clock=self.clock,
            lease_seconds=self.settings.lease_seconds,
            poll_seconds=self.settings.poll_seconds,
            dumps=self.settings.data_dir / "dumps",
        )
        self.owners[workspace] = owner
        self._tasks[f"owner of {workspace}"] = asyncio.create_task(owner.run(), name=f"owner of {workspace}")

    async def _disown(self, workspace: str) -> None:
        """Give the lease back, so that the node whose turn it is begins at once."""
        self.owners.pop(workspace, None)
        task = self._tasks.pop(f"owner of {workspace}", None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _take_share(self) -> None:
        """Own what is ours by now, hand over what is not any more."""
        share = await self.spread.share(self.workspaces.known())
        for workspace in [workspace for workspace in self.owners if workspace not in share]:
            _log.info("workspace_handed_over", workspace=workspace)
            await self._disown(workspace)
        for workspace in sorted(share - self.owners.keys()):
            self._own(workspace)

    async def _follow_share(self) -> None:
        while True:
            await asyncio.sleep(self.spread.pause_seconds)
            with contextlib.suppress(HubError):
                await self._take_share()

    async def _say_alive(self) -> None:
        await self.desk.beat(seconds=NODE_SECONDS, roles=self.settings.role)

    async def _beat(self) -> None:
        """Said so often that the others notice our end as soon as our leases run out."""
        while True:
            await asyncio.sleep(min(NODE_SECONDS / 3, self.settings.lease_seconds / 4))
            with contextlib.suppress(HubError):
                await self._say_alive()

    async def _compare_clocks(self, clock: DatabaseClock) -> None:
        while True:
            await asyncio.sleep(_CLOCK_SECONDS)
            with contextlib.suppress(HubError):
                clock.measured(await self.store.clock_offset(clock.base.now))

    async def _follow_rules(self) -> None:
        """Hear of workspaces that are applied while we run, and of new versions."""
        subscription = self.bus.subscribe()
        try:
            while True:
                heard: list[Poke] = []
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.settings.poll_seconds * 2):
                        heard = await subscription.next()
                if heard and not any(poke.kind in {"workspace", "everything"} for poke in heard):
                    continue
                with contextlib.suppress(HubError):
                    for workspace in await self.workspaces.refresh():  # who heard of it before us has looked at the old rules
                        self.switchboard.pass_on(Poke("workspace", workspace, workspace))
                    if "router" in self.settings.roles:
                        await self._take_share()
        finally:
            self.bus.unsubscribe(subscription)


@contextlib.asynccontextmanager
async def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    bus: Bus | None = None,
    store: Store | None = None,
    node: str | None = None,
    reader: MailReader | None = None,
) -> AsyncIterator[Hub]:
    """A hub that is connected and not yet started; what is given is used instead of what the settings name, and closed in the end.

    Raises: database_unreachable, database_outdated, database_newer.
    """
    clock, ids = clock or DatabaseClock(SystemClock()), ids or Ids()
    translator = translator_of(settings)
    node = node or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    bus = bus or _bus(settings)
    store = store or await Store.open(settings.url, observe=_observer(bus))
    try:
        if isinstance(clock, DatabaseClock):
            clock.measured(await store.clock_offset(clock.base.now))
        await bus.open()
        switchboard, workspaces = Switchboard(bus), Workspaces(store=store, bus=bus, clock=clock)
        await workspaces.refresh()
        detectors = _detectors(settings)

        def hear(text: str, hints: Hints) -> Detection:
            return detect(text, hints=hints, detectors=detectors)

        conversations = Conversations(
            store=store,
            workspaces=workspaces,
            bus=bus,
            clock=clock,
            ids=ids,
            detect=hear,
            goes_on=lambda text, tag: goes_on(text, tag, detectors=detectors.names),
        )
        owners: dict[str, Owner] = {}
        jobs = Jobs(clock=clock, ids=ids)
        runner = Runner(jobs, store=store, clock=clock, node=node, poll_seconds=settings.poll_seconds)
        kicks = kicks_of(settings.redis_url, runner if "worker" in settings.roles else None)
        jobs.on_added = kicks.kick
        desk = Desk(store=store, workspaces=workspaces, bus=bus, clock=clock, node=node)
        visitor = visitor_allowance(settings.visitor_messages_per_minute)
        sweeper = Sweeper(store=store, desk=desk, conversations=conversations, workspaces=workspaces, clock=clock)
        jobs.register(*sweeper.kinds())
        workshop = Workshop(benches=settings.mail_readers)
        outgoing = OutgoingMail(jobs=jobs, ids=ids, hosts=_machines(settings))
        placing = Placing(conversations=conversations, clock=clock, ids=ids, detect=hear)
        intake = Intake(
            store=store,
            workspaces=workspaces,
            jobs=jobs,
            clock=clock,
            ids=ids,
            reader=reader or workshop,
            placing=placing,
            returns=Returns(conversations=conversations, bus=bus, bounced=outgoing.bounced),
            names=names_of(settings),
        )
        retention = Retention(store=store, workspaces=workspaces, clock=clock, ids=ids)
        jobs.register(*intake.kinds(), *retention.kinds())
        sender = Sender(
            store=store,
            workspaces=workspaces,
            bus=bus,
            clock=clock,
            ids=ids,
            jobs=jobs,
            attention=Attention(conversations),
        )
        jobs.register(*sender.kinds())
        places = LivePlaces(owners, clock, bus)
        answers = AutomaticAnswers(
            store=store,
            workspaces=workspaces,
            jobs=jobs,
            clock=clock,
            conversations=conversations,
            outgoing=outgoing,
            opening=places.opening,
            queue=places,
        )
        jobs.register(*answers.kinds())
        placing.answers, conversations.on_ended = answers, answers.ended
        gate = Gate(floors=workspaces, clock=clock, waiting=store.waiting_of, visitor=visitor)
        passwords = Passwords()
        yield Hub(
            settings=settings,
            clock=clock,
            node=node,
            store=store,
            bus=bus,
            switchboard=switchboard,
            workspaces=workspaces,
            staff=StaffService(
                store=store,
                clock=clock,
                passwords=passwords,
                pools_of=lambda workspace, vendor: workspaces.floor(workspace).pools_of_vendor(vendor),
                on_revoked=lambda workspace, accounts: bus.publish([Poke("revoked", workspace, account) for account in accounts]),
            ),
            passwords=passwords,
            desk=desk,
            gate=gate,
            visitors=VisitorDesk(
                store=store, workspaces=workspaces, clock=clock, ids=ids, gate=gate, ticket_seconds=settings.ticket_seconds
            ),
            conversations=conversations,
            mail=MailDesk(
                store=store, workspaces=workspaces, conversations=conversations, post=outgoing, bus=bus, clock=clock, ids=ids
            ),
            mail_office=MailOffice(store=store, workspaces=workspaces, intake=intake, sending=outgoing, bus=bus, clock=clock),
            retention=retention,
            translations=_translations(settings, store, workspaces, translator, hear, clock),
            reader=Reader(store, conversations.said, observe=observer_of_looks(clock.now)),
            queues=QueueBoard(store, clock),
            quality=QualityService(journal_reader(store), background_of(workspaces)),
            places=places,
            jobs=jobs,
            job_desk=JobDesk(jobs, store=store, clock=clock),
            runner=runner,
            kicks=kicks,
            intake=intake,
            post_room=PostRoom(
                boxes=Boxes(intake=intake, store=store, workspaces=workspaces, clock=clock, node=node),
                workshop=workshop,
                door=_door(settings, intake),
            ),
            owners=owners,
            spread=Spread(store=store, clock=clock, node=node, lease_seconds=settings.lease_seconds, node_seconds=NODE_SECONDS),
        )
    finally:
        await translator.close()
        await bus.close()
        await store.close()


def _machines(settings: Settings) -> tuple[str, ...]:
    """Names of this house that no brand's mail may say."""
    return socket.gethostname(), socket.getfqdn(), urlsplit(settings.public_origin).hostname or ""


def learn_languages(settings: Settings) -> None:
    """Load what detection knows before anybody waits for it: read at the first message it would hold up everybody else for a second."""
    detect("Guten Tag", detectors=_detectors(settings))


def _detectors(settings: Settings) -> Detectors:
    try:
        return Detectors.parse(settings.detectors)
    except ValueError as unknown:
        raise HubError("setting_invalid", f"CONTACT_HUB_DETECTORS: {unknown}") from None


def _translations(
    settings: Settings, store: Store, workspaces: Workspaces, translator: Translator, hear: Detect, clock: Clock
) -> Translations:
    return Translations(
        store=store,
        workspaces=workspaces,
        translator=translator,
        detect=hear,
        clock=clock,
        limits=Limits(
            budget_seconds=settings.translation_budget_seconds,
            chars_max=settings.translation_chars_max,
            per_minute=settings.translation_requests_per_minute,
            cache_entries=settings.translation_cache_entries_max,
            cache_seconds=settings.translation_cache_seconds,
        ),
        country=settings.translation_country,
        local=settings.translation_engine == "argos",
    )


def names_of(settings: Settings) -> Names | None:
    """Whom to ask DNS, if anybody."""
    return None if settings.mail_resolver == "off" else Names(settings.mail_resolver)


def _door(settings: Settings, intake: Intake) -> Door | None:
    if settings.mail_door is None:
        return None
    parts = urlsplit(settings.mail_door)
    assert parts.hostname is not None, "settings are checked"
    return Door(intake=intake, protocol="smtp" if parts.scheme == "smtp" else "lmtp", host=parts.hostname, port=parts.port or 0)


def _observer(bus: Bus) -> Callable[[Batch], None]:
    def observe(batch: Batch) -> None:
        observe_batch(batch)
        if batch.lost:  # it may stand all the same, and nobody has been told
            bus.publish([EVERYTHING])

    return observe


def _bus(settings: Settings) -> Bus:
    if settings.redis_url is None:
        return MemoryBus(alone=settings.url.startswith("sqlite"))
    from contact_hub.bus.redis import RedisBus

    return RedisBus(settings.redis_url, observe=observe_poke)
