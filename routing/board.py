"""The floor as it stands: desks in line, inquiries in queues, and which facts changed.

Mechanics without opinions. The engine decides what happens; the board keeps lines, queues, seats and facts true to it, so that
no decision has to remember a counter. Every change of a desk or an inquiry passes through here and marks its fact.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from datetime import datetime

from routing.floor import FLOOR, FRONT, Desk, Fact, Inquiry, Refusals, Stage
from routing.hours import HORIZON
from routing.model import AgentId, Channel, Demand, InquiryId, Plan
from routing.profiles import Course, DemandClass, Index, Profile, Ticket, Turn, micros, moment, span
from routing.ranking import Candidate
from routing.reasons import Reason

_LOOK_AGAIN = micros(moment(0) + HORIZON) // 2
"""Hours that never change are looked at again on this grid, so that what lies beyond the horizon is not missed."""


class Board:
    """Who is in line for what, and who waits."""

    __slots__ = ("_dirty", "desks", "flips", "index", "inquiries", "now", "quiet_until", "waiting")

    def __init__(self, plan: Plan) -> None:
        self.index = Index(plan)
        self.desks: dict[AgentId, Desk] = {}
        self.inquiries: dict[InquiryId, Inquiry] = {}
        self.now = 0
        self.quiet_until = 0
        self.waiting = 0
        self.flips: list[int] = []
        self._dirty: set[str] = {FLOOR}
        self._count_absent()

    @property
    def plan(self) -> Plan:
        """The rules in force."""
        return self.index.plan

    # hours

    def open_doors(self) -> None:
        """Look at every clock afresh."""
        self.flips = [self._next_flip(n) for n in range(len(self.index.calendars))]
        for profile in self.index.profiles:
            profile.look_at_the_clock(moment(self.now))

    def turn_clocks(self) -> tuple[list[Profile], list[Profile], list[int]]:
        """The profiles that opened and those that closed, now that the time has come for some calendars, and which calendars these are."""
        touched: dict[int, Profile] = {}
        turned = [n for n, flip in enumerate(self.flips) if flip <= self.now]
        for n, profiles in enumerate(self.index.calendars.values()):
            if self.flips[n] <= self.now:
                self.flips[n] = self._next_flip(n)
                touched |= {id(profile): profile for profile in profiles}
        opened: list[Profile] = []
        closed: list[Profile] = []
        for profile in touched.values():
            was = profile.open
            profile.look_at_the_clock(moment(self.now))
            if was != profile.open:
                (opened if profile.open else closed).append(profile)
        return opened, closed, turned

    def _next_flip(self, n: int) -> int:
        change = list(self.index.calendars)[n].next_change(moment(self.now))
        again = (self.now // _LOOK_AGAIN + 1) * _LOOK_AGAIN
        return again if change is None else min(micros(change), again)

    # desks

    def desk(self, agent: AgentId) -> Desk | None:
        """The agent's desk; None where neither plan nor floor know the agent."""
        desk = self.desks.get(agent)
        if desk is None and agent in self.plan.agents:
            desk = self.desks[agent] = Desk(id=agent)
            self._seat(desk)
        return desk

    def refresh(self, desk: Desk) -> None:
        """Put the desk where its state says: in the lines it has room for, or in none."""
        self._dirty.add(desk.key)
        if desk.profile is None:
            return
        self._step_out(desk, desk.profile)
        held_up = desk.why_held_up()
        if held_up is not desk.held_up:
            _count(desk.profile, desk.held_up, -1)
            _count(desk.profile, held_up, +1)
            desk.held_up = held_up
        if held_up is None:
            self._step_in(desk, desk.profile)

    def hold(self, desk: Desk, inquiry: Inquiry) -> None:
        """Take an inquiry in hand; its seats are in use from now."""
        desk.held[inquiry.id] = inquiry
        desk.used += inquiry.weight
        self.refresh(desk)

    def let_go(self, desk: Desk, inquiry: Inquiry) -> None:
        """Give an inquiry out of hand; its seats are free."""
        del desk.held[inquiry.id]
        desk.used -= inquiry.weight
        self.refresh(desk)

    def tidy(self, desk: Desk) -> None:
        """Forget a desk about which there is nothing to remember."""
        if desk.untouched and self.desks.get(desk.id) is desk:
            del self.desks[desk.id]
            self._dirty.add(desk.key)

    def _seat(self, desk: Desk) -> None:
        agent = self.plan.agents.get(desk.id)
        desk.profile = self.index.profile_of(desk.id)
        desk.seats, desk.ceilings = (agent.seats, agent.ceilings) if agent else (0, {})
        desk.turn, desk.rooms, desk.held_up = None, (), Reason.OFFLINE

    def _step_out(self, desk: Desk, profile: Profile) -> None:
        if desk.turn is not None:
            for channel in desk.rooms:
                line = profile.lines[channel]
                del line[bisect_left(line, desk.turn)]
        desk.turn, desk.rooms = None, ()

    def _step_in(self, desk: Desk, profile: Profile) -> None:
        weights = self.plan.policy.weights
        desk.turn = (len(desk.held), desk.idle_since, desk.id)
        desk.rooms = tuple(channel for channel in Channel if desk.has_room(channel, weights.get(channel, 1)))
        for channel in desk.rooms:
            insort(profile.lines[channel], desk.turn)

    def _count_absent(self) -> None:
        for profile in self.index.profiles:
            profile.held_up, profile.present = {Reason.OFFLINE: profile.size}, 0

    # inquiries

    def arrive(self, id_: InquiryId, conversation: str, demand: Demand) -> Inquiry:
        """A new inquiry, not yet in a queue."""
        inquiry = self.inquiries[id_] = Inquiry(id=id_, conversation=conversation, demand=demand, arrived=self.now)
        return inquiry

    def join(self, inquiry: Inquiry) -> None:
        """Wait in the queue of its class, at the place its age gives."""
        asks = self.asks(inquiry)
        inquiry.stage = Stage.WAITING
        inquiry.ticket = self.place(inquiry)
        asks.join(inquiry.ticket)
        self.waiting += 1
        self._dirty.add(inquiry.key)

    def leave(self, inquiry: Inquiry) -> None:
        """Leave the queue, if it is in one."""
        if inquiry.ticket is not None:
            self.asks(inquiry).leave(inquiry.ticket)
            self.waiting -= 1
        inquiry.ticket = inquiry.step_at = None
        self._dirty.add(inquiry.key)

    def forget(self, inquiry: Inquiry) -> None:
        """It asks nothing more."""
        del self.inquiries[inquiry.id]
        self._dirty.add(inquiry.key)

    def asks(self, inquiry: Inquiry) -> DemandClass:
        """The class of what it asks now."""
        if inquiry.asks is None:
            inquiry.asks = self.index.class_of(inquiry.demand)
        return inquiry.asks

    def ask(self, inquiry: Inquiry, demand: Demand) -> None:
        """It asks something else from now on. Not while it is in a queue."""
        assert inquiry.ticket is None
        inquiry.demand, inquiry.asks = demand, None
        self.touch(inquiry)

    def remember(self, inquiry: Inquiry, agent: AgentId, *, counts: bool) -> None:
        """Do not ask this agent again before the cool-down is over."""
        memory = inquiry.refusals.setdefault(agent, Refusals(0, 0))
        memory.count += counts
        memory.until = self.now + span(self.plan.policy.decline_cooldown_seconds)
        self.touch(inquiry)

    def touch(self, inquiry: Inquiry) -> None:
        """Its fact changed."""
        self._dirty.add(inquiry.key)

    # who may

    def candidates(self, inquiry: Inquiry) -> list[Candidate]:
        """Everybody who may take it now, a course each, in the order of rank."""
        asks, age, found, seen = self.asks(inquiry), self.now - inquiry.arrived, [], set()
        first_tier = asks.first_tier()
        for course in asks.courses:
            line = course.profile.lines[asks.channel]
            if not line or course.waits(age, first_tier) or not course.holds(self.now) or course.profile in seen:
                continue
            candidate = self._candidate(inquiry, course, line)
            if candidate is not None:
                seen.add(course.profile)
                found.append(candidate)
        return found

    def addressee(self, inquiry: Inquiry, agent: AgentId) -> Candidate | None:
        """The one agent it is addressed to, if they may take it now; what they declined before does not count."""
        desk, asks = self.desks.get(agent), self.asks(inquiry)
        if desk is None or desk.turn is None or asks.channel not in desk.rooms:
            return None
        course = self.course(inquiry, desk)
        return None if course is None else Candidate(course, desk.turn, 1)

    def course(self, inquiry: Inquiry, desk: Desk) -> Course | None:
        """The contract under which hard rules allow this agent to take it now; state and age apart."""
        return (
            next((c for c in self.asks(inquiry).served_by.get(desk.profile, ()) if c.holds(self.now)), None)
            if desk.profile
            else None
        )

    def place(self, inquiry: Inquiry) -> Ticket:
        """The place in the queue its age gives, whether it is in one or not."""
        if inquiry.ticket is not None:
            return inquiry.ticket
        return (inquiry.arrived - self.asks(inquiry).head_start - (FRONT if inquiry.front else 0), inquiry.arrived, inquiry.id)

    def ahead(self, inquiry: Inquiry) -> int | None:
        """How many are before it in the queues of all classes that share somebody with its own; None where it does not wait."""
        if inquiry.stage is Stage.OFFERED:
            return 0
        if inquiry.ticket is None:
            return None
        asks = self.asks(inquiry)
        rivals = classes_of(asks.served_by) if asks.courses else [asks]
        return sum(bisect_left(rival.queue, inquiry.ticket) for rival in rivals)

    def outlook(self, asks: DemandClass) -> tuple[bool, datetime | None]:
        """Are all who might ever take it closed, and if so, who opens when?"""
        if not asks.courses or any(course.holds(self.now) for course in asks.courses):
            return False, None
        opening = asks.next_opening(self.now)
        return True, None if opening is None else moment(opening)

    def declined_by_all(self, inquiry: Inquiry) -> bool:
        """Has everybody who is at work and may take it declined it too often?"""
        rounds_max, profiles = self.plan.policy.decline_rounds_max, self.asks(inquiry).served_by
        tired = [self.desks.get(agent) for agent, memory in inquiry.refusals.items() if memory.count >= rounds_max]
        tired_here = sum(
            desk is not None and desk.profile in profiles and desk.profile.open and desk.held_up is None for desk in tired
        )
        return bool(tired) and tired_here == sum(profile.present for profile in profiles if profile.open)

    def excluded(self, inquiry: Inquiry) -> dict[str, int]:
        """How many cannot, by the first rule against them. Counted a profile at a time: this is written beside every decision."""
        asks, age = self.asks(inquiry), self.now - inquiry.arrived
        first_tier, channel, found = asks.first_tier(), asks.channel, dict(asks.never)
        for profile, courses in asks.served_by.items():
            shut = self._shut(profile, courses, age, first_tier)
            if shut is not None:
                found[shut] = found.get(shut, 0) + profile.size
                continue
            for reason, count in profile.held_up.items():
                if count:
                    found[reason] = found.get(reason, 0) + count
            in_line = len(profile.lines[channel])
            if full := profile.present - in_line:
                found[Reason.SEATS_FULL] = found.get(Reason.SEATS_FULL, 0) + full
            if inquiry.refusals and in_line and (declined := self._barred_in_line(inquiry, courses[0])):
                found[Reason.DECLINED] = found.get(Reason.DECLINED, 0) + len(declined)
        return {str(reason): count for reason, count in found.items()}

    def best_waiting(self, desk: Desk) -> tuple[Inquiry, Course] | None:
        """The inquiry this agent is to take next, and under which contract."""
        profile, best, chosen = desk.profile, None, None
        if profile is None or not profile.open or not desk.rooms:
            return None
        for course in profile.courses:
            asks = course.demand
            if not asks.queue or asks.channel not in desk.rooms or not course.since <= self.now < course.until:
                continue
            if best is not None and (asks.queue[0], course.rank) >= best:
                continue
            inquiry = self._first_for(desk, course)
            if inquiry is not None and inquiry.ticket is not None and (best is None or (inquiry.ticket, course.rank) < best):
                best, chosen = (inquiry.ticket, course.rank), (inquiry, course)
        return chosen

    def _first_for(self, desk: Desk, course: Course) -> Inquiry | None:
        rounds_max, first_tier = self.plan.policy.decline_rounds_max, course.demand.first_tier()
        for _, arrived, id_ in course.demand.queue:
            inquiry = self.inquiries[id_]
            if course.waits(self.now - arrived, first_tier):
                if inquiry.front:
                    continue  # who is in front may be younger than who is behind
                return None
            if not inquiry.barred(desk.id, self.now, rounds_max):
                return inquiry
        return None

    def _candidate(self, inquiry: Inquiry, course: Course, line: list[Turn]) -> Candidate | None:
        barred = self._barred_in_line(inquiry, course) if inquiry.refusals else ()
        first = next((turn for turn in line if turn[2] not in barred), None) if barred else line[0]
        return None if first is None else Candidate(course, first, len(line) - len(barred))

    def _barred_in_line(self, inquiry: Inquiry, course: Course) -> set[AgentId]:
        rounds_max = self.plan.policy.decline_rounds_max
        return {agent for agent in inquiry.refusals if inquiry.barred(agent, self.now, rounds_max) and self._in_line(agent, course)}

    def _in_line(self, agent: AgentId, course: Course) -> bool:
        desk = self.desks.get(agent)
        return desk is not None and desk.profile is course.profile and desk.turn is not None and course.demand.channel in desk.rooms

    def _shut(self, profile: Profile, courses: tuple[Course, ...], age: int, first_tier: int) -> Reason | None:
        """Why nobody of the profile may take it now, whatever they do."""
        now = self.now
        dated = [course for course in courses if course.since <= now < course.until]
        if not dated:
            return courses[0].expires
        if not profile.open:
            return profile.closed_by
        waiting = [course for course in dated if course.waits(age, first_tier)]
        return Reason.TIER_NOT_YET if len(waiting) == len(dated) else None

    # facts

    def changes(self) -> dict[str, Fact | None]:
        """The facts that changed since the last time this was asked; None: gone."""
        changed, self._dirty = sorted(self._dirty), set()
        return {key: self._fact(key) for key in changed}

    def capture(self) -> dict[str, Fact]:
        """Every fact."""
        facts = {FLOOR: self._floor()}
        facts |= {desk.key: desk.fact() for _, desk in sorted(self.desks.items())}
        facts |= {inquiry.key: inquiry.fact() for _, inquiry in sorted(self.inquiries.items())}
        return facts

    def tick(self, now: int) -> None:
        """Time goes on, never back."""
        self.now = max(self.now, now)
        self._dirty.add(FLOOR)

    def load(self, facts: Mapping[str, Fact]) -> None:
        """Take up the facts of an earlier floor."""
        for key in sorted(facts):
            what, _, id_ = key.partition(":")
            if what == "agent":
                self.desks[AgentId(id_)] = Desk.restored(AgentId(id_), facts[key])
            elif what == "inquiry":
                self.inquiries[InquiryId(id_)] = Inquiry.restored(InquiryId(id_), facts[key])
            elif what == FLOOR:
                self.now, self.quiet_until = facts[key]["now"], facts[key].get("quiet_until", 0)
        self._settle()
        self._dirty.clear()

    def follow(self, plan: Plan) -> None:
        """Other rules from now on: the same people and the same waiting, seen through another plan."""
        self.index = Index(plan)
        for inquiry in self.inquiries.values():
            inquiry.asks = inquiry.ticket = inquiry.step_at = None
        self.waiting = 0
        dirty = self._dirty | {FLOOR}
        self._settle()
        self._dirty = dirty  # where people stand follows from the plan; their facts are as they were

    def _settle(self) -> None:
        """Everybody into line, everything into its queue."""
        self._count_absent()
        self.open_doors()
        for desk in self.desks.values():
            desk.held, desk.used = {}, 0
            self._seat(desk)
        for inquiry in self.inquiries.values():
            if inquiry.stage is Stage.WAITING:
                self.join(inquiry)
            elif inquiry.agent is not None:
                holder = self.desks[inquiry.agent]
                holder.held[inquiry.id] = inquiry
                holder.used += inquiry.weight
        for desk in self.desks.values():
            self.refresh(desk)

    def _fact(self, key: str) -> Fact | None:
        what, _, id_ = key.partition(":")
        if what == FLOOR:
            return self._floor()
        found = self.desks.get(AgentId(id_)) if what == "agent" else self.inquiries.get(InquiryId(id_))
        return None if found is None else found.fact()

    def _floor(self) -> Fact:
        return {"now": self.now, "rules": self.plan.version, "quiet_until": self.quiet_until}


def classes_of(profiles: Iterable[Profile]) -> list[DemandClass]:
    """The classes met so far which these profiles may serve, once each."""
    return list({id(course.demand): course.demand for profile in profiles for course in profile.courses}.values())


def _count(profile: Profile, reason: Reason | None, by: int) -> None:
    if reason is not None:
        profile.held_up[reason] = profile.held_up.get(reason, 0) + by
        profile.present -= by
