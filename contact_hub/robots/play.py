"""A busy floor: robots who write as customers and answer as agents, through the same sockets as people.

Chance comes from a seed, pace from a factor. Who works is decided by the workspace's own hours, so at night there are fewer; what customers ask is what
the brands promise, mostly in languages somebody of the robots on duty may answer. Some agents are left to people (`FOR_PEOPLE`); whoever takes over a
robot's console keeps it. A robot that stumbles is replaced by the next; none of them may bring the demo down.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import structlog

from agents import frames as console
from contact_hub.clock import Clock, SystemClock
from contact_hub.robots.client import ConsoleClient, WidgetClient, http_client
from contact_hub.robots.phrases import Topic, book
from contact_hub.workspace import Workspace, compile_plan, demo_workspace
from routing.eligibility import reasons_against
from routing.hours import calendar
from routing.model import AgentId, BrandId, Channel, Demand

FOR_PEOPLE: Final = ("greta-albrecht", "mamadou-diallo", "liwayway-santos")
"""Agents who work around the clock and whom no robot plays, so that a person can sign in as one of them."""

_TALK_SECONDS: Final = 75.0
_BUSY_SHARE: Final = 0.55
_BUSY_MIN, _BUSY_MAX = 10, 24
_CROWD_MAX: Final = 45
_ROUND_SECONDS: Final = 30.0
_RINGING_MAX: Final = 12.0
_WAIT_MIN: Final = 40.0
_UNSERVED_WEIGHT: Final = 0.04
_BY_MAIL: Final = 0.12
_SCORES: Final = (5, 5, 5, 5, 4, 4, 4, 3, 2, 1)

_log = structlog.get_logger(__name__)


async def play(origin: str, *, speed: float, seed: int, password: str) -> None:
    """Play on the demo's workspace until cancelled; `speed` 2 is twice as fast as people."""
    async with http_client() as http:
        stage = Stage(http, origin, demo_workspace(1), speed=speed, seed=seed, password=password, by_mail=_BY_MAIL)
        await stage.run()


class Pace:
    """Waiting like a person, times the speed."""

    def __init__(self, speed: float, chance: random.Random) -> None:
        self.speed, self.chance = speed, chance

    async def between(self, low: float, high: float, *, most: float | None = None) -> None:
        seconds = self.chance.uniform(low, high) / self.speed
        await asyncio.sleep(seconds if most is None else min(seconds, most))

    def patience(self, low: float, high: float) -> float:
        """How long somebody waits for somebody else; never so short that the machine could be what is slow."""
        return max(_WAIT_MIN, self.chance.uniform(low, high) / self.speed)


class Stage:
    """All robots of one workspace."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        origin: str,
        workspace: Workspace,
        *,
        speed: float,
        seed: int,
        password: str,
        clock: Clock | None = None,
        for_people: Sequence[str] = FOR_PEOPLE,
        by_mail: float = 0.0,
    ) -> None:
        """`by_mail`: how many of a hundred customers write a mail, on their brand's page for it, as a fraction."""
        self._http, self._origin, self._workspace, self._password = http, origin, workspace, password
        self._speed, self._chance, self._clock = speed, random.Random(seed), clock or SystemClock()  # noqa: S311 - play
        self._plan = compile_plan(workspace, 1)
        self._for_people, self._by_mail = frozenset(for_people), by_mail
        self.agents: dict[str, AgentRobot] = {}
        self.answered = 0
        self.customers = 0
        self._given_up: set[str] = set()
        self._names = {agent.id: str(agent.email) for agent in workspace.agents}

    async def run(self) -> None:
        """Shifts begin and end, customers come; for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._shifts(group))
            group.create_task(self._arrivals(group))

    def on_duty(self, now: datetime) -> list[str]:
        """Whom the workspace's hours put at work now, but for those left to people."""
        return [
            agent.id
            for agent in self._plan.agents.values()
            if agent.id not in self._for_people
            and calendar(self._plan.pools[agent.pool].hours).is_open(now)
            and (agent.shift is None or calendar(agent.shift).is_open(now))
        ]

    def wishes(self, now: datetime) -> dict[Topic, float]:
        """What may be asked, and how often: seldom where no robot on duty may answer it."""
        there = [self._plan.agents[AgentId(id_)] for id_ in self.on_duty(now)]
        weights: dict[Topic, float] = {}
        for topics in book().topics.values():
            for topic in topics:
                demand = Demand(brand=BrandId(topic.brand), channel=Channel.CHAT, kind=topic.kind, languages=(topic.language,))
                able = sum(not reasons_against(self._plan, agent, demand, now) for agent in there)
                weights[topic] = min(able, 3) or _UNSERVED_WEIGHT
        return weights

    async def begin_work(self, agent: str, group: asyncio.TaskGroup) -> AgentRobot:
        """Send a robot to an agent's desk."""
        client = ConsoleClient(self._http, self._origin, self._names[agent], self._password, take_over=True, chance=self._own())
        robot = AgentRobot(client, Pace(self._speed, self._own()))
        self.agents[agent] = robot
        group.create_task(self._until_home(agent, robot))
        return robot

    async def visit(self, topic: Topic) -> None:
        """One customer, from the first word to the rating."""
        client = WidgetClient(
            self._http,
            self._origin,
            topic.brand,
            locales=[topic.language],
            zone=_ZONES.get(topic.language, "UTC"),
            chance=self._own(),
        )
        robot = CustomerRobot(client, topic, Pace(self._speed, self._own()))
        self.customers += 1
        try:
            await robot.run()
        finally:
            self.customers -= 1
            self.answered += robot.answered

    async def write(self, topic: Topic) -> None:
        """One customer who writes a mail, on the page that the brand's site has for it."""
        brand = next(brand for brand in self._workspace.brands if brand.id == topic.brand)
        chance, manner = self._own(), book().manner(topic.language)
        question = chance.choice(topic.questions).format(order=f"#{chance.randint(10_000, 99_999)}")
        name = chance.choice(manner.names)
        here = urlsplit(self._origin)
        host = f"{urlsplit(str(brand.sites[0])).hostname}:{here.port}"
        form = {"me": f"customer{chance.randint(100, 999)}@mail.example", "name": name, "subject": question[:60], "text": question}
        await self._http.post(f"{self._origin}/mail", headers={"host": host}, data=form)

    # ------------------------------------------------------------ inside

    async def _shifts(self, group: asyncio.TaskGroup) -> None:
        pace = Pace(self._speed, self._own())
        while True:
            wanted = self.on_duty(self._clock.now())
            for agent in wanted:
                if agent not in self.agents and agent not in self._given_up:
                    await self.begin_work(agent, group)
                    await pace.between(0.2, 0.8)
            for agent, robot in self.agents.items():
                if agent not in wanted:
                    robot.go_home()
            await asyncio.sleep(_ROUND_SECONDS)

    async def _arrivals(self, group: asyncio.TaskGroup) -> None:
        """A few at once to begin with, then at random, as many as keep about half of the seats busy."""
        pace, chance = Pace(self._speed, self._own()), self._own()
        await pace.between(3, 5)
        greeting = _BUSY_MIN
        while True:
            now = self._clock.now()
            seats = sum(self._plan.agents[AgentId(id_)].seats for id_ in self.on_duty(now))
            busy = min(_BUSY_MAX, max(_BUSY_MIN, _BUSY_SHARE * seats))
            weights = self.wishes(now)
            until = asyncio.get_running_loop().time() + _ROUND_SECONDS
            while asyncio.get_running_loop().time() < until:
                topic = chance.choices(list(weights), list(weights.values()))[0]
                if self._by_mail and chance.random() < self._by_mail:
                    group.create_task(_guarded(self.write(topic), "mail"))
                elif self.customers < _CROWD_MAX:
                    group.create_task(_guarded(self.visit(topic), "customer"))
                greeting -= 1
                if greeting > 0:
                    await pace.between(0.5, 2)
                else:
                    await asyncio.sleep(chance.expovariate(busy / _TALK_SECONDS) / self._speed)

    async def _until_home(self, agent: str, robot: AgentRobot) -> None:
        await _guarded(robot.run(), "agent")
        del self.agents[agent]
        if robot.client.over is not None:  # somebody else sits there now, or may not sit there at all
            self._given_up.add(agent)

    def _own(self) -> random.Random:
        """A stream of chance of one's own: what one robot does must not depend on how quick another is."""
        return random.Random(self._chance.getrandbits(64))  # noqa: S311 - play


class AgentRobot:
    """Rings, answers, ends, wraps up, takes a break."""

    def __init__(self, client: ConsoleClient, pace: Pace) -> None:
        self.client, self.mind = client, client.mind
        self._pace, self._chance = pace, pace.chance
        self._offers: set[str] = set()
        self._talks: set[str] = set()
        self._on_break = False
        self._leaving = False

    async def run(self) -> None:
        """A shift: until told to go home, or until somebody takes the desk over."""
        async with self.client, asyncio.TaskGroup() as work:
            pauses = work.create_task(self._pauses())
            tasks = [pauses]
            while self.client.over is None and not (self._leaving and not self.mind.conversations):
                tasks = [task for task in tasks if not task.done()] + self._look(work)
                await self.client.moved()
            if self.client.over is None:
                self.mind.availability("offline")
                self.client.kick()
                await asyncio.sleep(0.2)
            for task in tasks:
                task.cancel()

    def go_home(self) -> None:
        """No new ones; leaves after the last."""
        if not self._leaving:
            self._leaving = True
            self.mind.availability("offline")
            self.client.kick()

    # ------------------------------------------------------------ inside

    def _look(self, work: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        begun: list[asyncio.Task[None]] = []
        if not self.mind.welcomed or self.mind.me is None:
            return begun
        if self.mind.me.availability in {"offline", "away"} and not self._on_break and not self._leaving:
            self._on_break = True
            begun.append(work.create_task(self._come_back(1, 4)))
        for offer in self.mind.offers.keys() - self._offers:
            self._offers.add(offer)
            begun.append(work.create_task(_guarded(self._consider(offer), "offer")))
        for conversation in self.mind.conversations.keys() - self._talks:
            self._talks.add(conversation)
            begun.append(work.create_task(_guarded(self._talk(conversation), "talk")))
        return begun

    async def _pauses(self) -> None:
        while True:
            await self._pace.between(240, 900)
            reference = self.mind.reference
            if reference is None or self._on_break or self._leaving:
                continue
            self._on_break = True
            self.mind.availability("away", self._chance.choice(reference.away_reasons[:2]))
            self.client.kick()
            await self._come_back(60, 150)

    async def _come_back(self, low: float, high: float) -> None:
        """Ready again, after a break or after an offer was missed."""
        await self._pace.between(low, high)
        while not self._leaving and not (self.mind.me is not None and self.mind.me.availability in {"ready", "wrap_up"}):
            self.mind.availability("ready")
            self.client.kick()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(3):
                    await self.client.moved()
        self._on_break = False

    async def _consider(self, offer: str) -> None:
        try:
            await self._pace.between(2, 8, most=_RINGING_MAX)
            declines = self._chance.random() < 0.04
            while offer in self.mind.offers:
                if declines and self.mind.reference is not None:
                    self.mind.decline(offer, self._chance.choice(self.mind.reference.decline_reasons))
                else:
                    self.mind.accept(offer)
                self.client.kick()
                await self._gone(lambda: offer not in self.mind.offers, seconds=3)
        finally:
            self._offers.discard(offer)

    async def _talk(self, conversation: str) -> None:
        try:
            if self.mind.conversations[conversation].channel == "email":
                await self._answer_by_mail(conversation)
            else:
                await self._answer_until_ended(conversation)
            await self._wrap_up(conversation)
        finally:
            self._talks.discard(conversation)
            self.mind.forget(conversation)

    async def _answer_until_ended(self, conversation: str) -> None:
        """Greet, answer whatever is asked, part when thanked; give up on silence."""
        mind, answered, greeted = self.mind, 0, False
        while (card := mind.conversations.get(conversation)) is not None and card.state == "open":
            asked = [entry for entry in mind.threads[conversation].public.entries if entry.speaker == "customer"]
            said_before = any(entry.speaker == "agent" for entry in mind.threads[conversation].public.entries)
            if len(asked) > answered:
                answered = len(asked)
                mind.read(conversation)
                manner = book().manner(self._language(card))
                if not greeted and not said_before:
                    greeted = True
                    await self._say(conversation, self._chance.choice(manner.hello).format(persona=card.persona), 1.5, 5)
                text = asked[-1].text
                if text in book().thanks:
                    await self._say(conversation, self._chance.choice(manner.bye), 2, 5)
                    await self._gone(lambda: self._over(conversation), seconds=self._pace.chance.uniform(4, 12) / self._pace.speed)
                    mind.end(conversation)
                    self.client.kick()
                    await self._gone(lambda: self._over(conversation), seconds=5)
                else:
                    answer = book().answer_to(text) or self._chance.choice(manner.generic)
                    more = f" {self._chance.choice(manner.anything_else)}" if self._chance.random() < 0.3 else ""
                    await self._say(conversation, answer + more, 6, 18)
            elif not await self._gone(
                lambda seen=answered: self._over(conversation) or self._asked(conversation) > seen,
                seconds=self._pace.patience(120, 200),
            ):
                mind.end(conversation)
                self.client.kick()

    async def _answer_by_mail(self, conversation: str) -> None:
        """Read the mail, answer it once, and close it: whoever has more to say writes again."""
        mind = self.mind
        await self._pace.between(10, 35, most=60)
        card = mind.conversations.get(conversation)
        came = [entry for entry in mind.threads[conversation].public.entries if entry.speaker == "customer"]
        if card is None or not came:
            return
        mind.read(conversation)
        asked, mail = came[-1].text, came[-1].mail
        manner = book().manner(self._language(card))
        hello = self._chance.choice(manner.hello).format(persona=card.persona)
        to = mail.sender.email if mail and mail.sender else card.customer_email
        if to:
            answer = book().answer_to(asked) or self._chance.choice(manner.generic)
            mind.mail(f"robot-{secrets.token_hex(8)}", conversation, to, "", f"{hello}\n\n{answer}")
            self.client.kick()
            await self._gone(lambda: not mind.outboxes.get(conversation), seconds=15)
        mind.end(conversation)
        self.client.kick()
        await self._gone(lambda: self._over(conversation), seconds=5)

    async def _wrap_up(self, conversation: str) -> None:
        await self._pace.between(4, 14, most=60)
        while (card := self.mind.conversations.get(conversation)) is not None and self.mind.reference is not None:
            codes = list(self.mind.reference.brands[card.brand].dispositions) if card.brand in self.mind.reference.brands else []
            if not codes:
                return
            self.mind.wrap_up(conversation, self._chance.choice(codes[:3]))
            self.client.kick()
            await self._gone(lambda: conversation not in self.mind.conversations, seconds=4)

    async def _say(self, conversation: str, text: str, low: float, high: float) -> None:
        await self._pace.between(low / 2, high / 2)
        self.mind.type(conversation)
        self.client.kick()
        await self._pace.between(low / 2, high / 2)
        if not self._over(conversation):
            self.mind.reply(f"robot-{secrets.token_hex(8)}", conversation, text)
            self.client.kick()

    def _asked(self, conversation: str) -> int:
        return sum(entry.speaker == "customer" for entry in self.mind.threads[conversation].public.entries)

    def _over(self, conversation: str) -> bool:
        card = self.mind.conversations.get(conversation)
        return card is None or card.state != "open"

    def _language(self, card: console.ConversationCard) -> str | None:
        voice = self.mind.reference.brands.get(card.brand) if self.mind.reference else None
        return card.language.tag or (voice.languages[0] if voice else None)

    async def _gone(self, so: Any, *, seconds: float) -> bool:
        """Whether it became so in time."""
        try:
            await self.client.until(so, seconds=seconds)
        except TimeoutError:
            return False
        return True


class CustomerRobot:
    """Asks, reads, perhaps asks more, thanks, leaves a rating."""

    def __init__(self, client: WidgetClient, topic: Topic, pace: Pace) -> None:
        self.client, self.mind, self.topic = client, client.mind, topic
        self.answered = False
        self._pace, self._chance = pace, pace.chance

    async def run(self) -> None:
        async with self.client:
            await self.client.until(lambda: self.mind.welcomed, seconds=60, what="the welcome")
            await self._pace.between(1, 4)
            self._ask()
            if not await self._brand_said(1, 90, 240):
                self.mind.end()  # nobody came
                self.client.kick()
                await self._wait(lambda: self.mind.ended, 10)
                return
            self.answered = True
            await self._go_on()

    async def _go_on(self) -> None:
        texts = 2  # a greeting, then an answer
        await self._brand_said(texts, 60, 90)
        self.mind.read()
        if self._chance.random() < 0.5 and not self.mind.ended:
            texts = len(self.mind.texts()) + 1
            await self._write(self.topic.more, 5, 20)
            await self._brand_said(texts, 60, 90)
            self.mind.read()
        if self._chance.random() < 0.04:
            return  # closes the page without a word
        texts = len(self.mind.texts()) + 1
        await self._write(self._chance.choice(book().manner(self.topic.language).thanks), 3, 12)
        await self._brand_said(texts, 30, 60)
        self.mind.read()
        await self._pace.between(1, 4)
        if self._chance.random() < 0.5 or not await self._wait(lambda: self.mind.ended, self._pace.patience(30, 60)):
            self.mind.end()
            self.client.kick()
        await self._wait(lambda: self.mind.ended, _WAIT_MIN)
        if self._chance.random() < 0.65:
            await self._pace.between(2, 8)
            self.mind.rate(self._chance.choice(_SCORES))
            self.client.kick()
            await self._wait(lambda: self.mind.settled, 10)

    def _ask(self) -> None:
        manner = book().manner(self.topic.language)
        order = f"#{self._chance.randint(10_000, 99_999)}"
        text = self._chance.choice(self.topic.questions).format(order=order)
        asked = {field.name for field in self.mind.brand.form} if self.mind.brand else set()
        self.mind.start(
            f"robot-{secrets.token_hex(8)}",
            text,
            kind=self.topic.kind,
            name=self._chance.choice(manner.names) if "name" in asked else None,
            email=f"customer{self._chance.randint(100, 999)}@mail.example" if "email" in asked else None,
        )
        self.client.kick()

    async def _write(self, text: str, low: float, high: float) -> None:
        await self._pace.between(low / 2, high / 2)
        self.mind.type()
        self.client.kick()
        await self._pace.between(low / 2, high / 2)
        if not self.mind.ended:
            self.mind.post(f"robot-{secrets.token_hex(8)}", text)
            self.client.kick()

    async def _brand_said(self, texts: int, low: float, high: float) -> bool:
        return await self._wait(
            lambda: len(self.mind.texts()) >= texts or self.mind.ended, self._pace.patience(low, high)
        ) and bool(self.mind.texts())

    async def _wait(self, so: Any, seconds: float) -> bool:
        try:
            await self.client.until(so, seconds=seconds)
        except TimeoutError:
            return False
        return True


_ZONES: Final = {
    "en": "Europe/London",
    "es": "Europe/Madrid",
    "fr": "Europe/Paris",
    "de": "Europe/Berlin",
    "it": "Europe/Rome",
    "pt-BR": "America/Sao_Paulo",
    "pl": "Europe/Warsaw",
    "tr": "Europe/Istanbul",
    "ar": "Asia/Dubai",
    "he": "Asia/Jerusalem",
    "hi": "Asia/Kolkata",
    "fil": "Asia/Manila",
    "ja": "Asia/Tokyo",
    "zh-Hans": "Asia/Shanghai",
}


async def _guarded(work: Coroutine[Any, Any, None], who: str) -> None:
    """A robot's mishap is logged and forgotten."""
    try:
        await work
    except (Exception, BaseExceptionGroup) as mishap:
        if isinstance(mishap, BaseExceptionGroup) and mishap.subgroup(asyncio.CancelledError) is not None:
            raise
        _log.warning("robot_stumbled", who=who, why=repr(mishap)[:300])


__all__ = ["FOR_PEOPLE", "AgentRobot", "CustomerRobot", "Pace", "Stage", "play"]
