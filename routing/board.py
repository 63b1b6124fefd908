"""The floor as it stands: desks in line, inquiries in queues, and which facts changed.

Mechanics without opinions. The engine decides what happens; the board keeps lines, queues, seats, books and facts true to it, so that
no decision has to remember a counter. Every change of a desk or an inquiry passes through here and marks its fact.

Four columns answer a decision: per profile whether anybody is in line and the first turn (`ready`, `turns`, one each per channel), its head
counts by state (`tallies`), and per node the key of the first that waits (`firsts`).
"""

from __future__ import annotations

import marshal
from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from routing.books import Books
from routing.codec import load
from routing.demands import CHANNELS, UNSEEN, Ask, Compiler, Form, Node, View, demand_key
from routing.estimate import Estimator
from routing.floor import FLOOR, Desk, Fact, Inquiry, Refusals, Stage
from routing.hours import HORIZON, Calendar
from routing.model import AgentId, ContractId, Demand, InquiryId, Plan
from routing.moments import NEVER, micros, moment, span
from routing.reasons import Reason
from routing.roster import Columns, Profile, Roster, Rows, Tally

_LOOK_AGAIN: Final = micros(moment(0) + HORIZON) // 2
"""Hours that never change are looked at again on this grid, so that what lies beyond the horizon is not missed."""

_HELD_BITS: Final = 53


class Board:
    """Who is in line for what, and who waits."""

    def __init__(self, plan: Plan, *, tracked: bool = True) -> None:
        self.roster = Roster()
        for moved in self.roster.changed(None, plan):
            for agent, profile in moved.items():
                self.roster.seat(agent, profile)
        self.desks: dict[AgentId, Desk] = {}
        self.inquiries: dict[InquiryId, Inquiry] = {}
        self.now = 0
        self.nth = 0
        self.turn = 0
        self.quiet_until = 0
        self.waiting = 0
        self.doors = 0
        """How often anything opened or closed by its hours."""
        self.epoch = 0
        """How often anything of this happened that views depend on, versions of the rules included."""
        self.stamp = 0
        """How often a date opened or closed anything."""
        self._stamps: dict[ContractId, int] = {}
        """How often a cap or a budget opened or closed a contract."""
        self._asks_under: dict[ContractId, dict[Ask, None]] = {}
        self.calendars: dict[Calendar, list[Profile]] = {}
        self.flips: list[int] = []
        self.date_due = self.midnight_due = NEVER
        self.estimator = Estimator()
        self.books = Books(plan, 0)
        self.used_up: Mapping[ContractId, Reason] = {}
        self.asks: dict[object, Ask] = {}
        self._plain_asks: dict[bytes, Ask] = {}
        self._known: dict[int, Ask] = {}
        self.ringing: dict[InquiryId, Inquiry] = {}
        self.keeping: dict[Desk, None] = {}
        """Desks that keep seats for something old and heavy."""
        self.nodes: list[Node | None] = []
        self.by_number: list[Node] = []
        self._dirty: dict[Any, None] | None = {} if tracked else None
        self._ticked = True
        self.plan = plan
        self.compiler = Compiler(Columns(plan, self.roster))
        self._allocate()
        self.new_rules(self.compiler.all_dates())

    def new_rules(self, dates: list[int]) -> None:
        """What follows from the plan alone; `dates`: when something begins or ends by the calendar."""
        policy = self.plan.policy
        self._by_load = policy.fewest_in_hand
        weights = {policy.weights.get(channel, 1) for channel in CHANNELS}
        used = {channel for contract in self.plan.contracts.values() for channel in contract.channels}
        self._channels = [(n, channel, policy.weights.get(channel, 1)) for n, channel in enumerate(CHANNELS) if channel in used]
        self._heaviest = max([weight for _, _, weight in self._channels], default=0)
        """With so many seats free there is room for anything."""
        self._rooms_by_seats = [
            tuple([n for n, _, weight in self._channels if weight <= free]) for free in range(self._heaviest + 1)
        ]
        self.ring_spans = [span(policy.offer_seconds.get(channel, 30.0)) for channel in CHANNELS]
        self.automatic = [channel in policy.auto_accept for channel in CHANNELS]
        self.guarded = len(weights) > 1 and policy.ageing_guard_seconds is not None
        self._dated = dates

    def move(self, agent: AgentId, profile: Profile | None) -> None:
        """Other rules have the agent in another profile, or in none."""
        desk, before = self.desks.get(agent), self.roster.of_agent.get(agent)
        if desk is not None:
            self.get_up(desk)
        self.roster.seat(agent, profile)
        for one, by in ((before, -1), (profile, 1)):
            if one is not None:
                if one.number >= len(self.open):
                    self._widen()
                one.tally[Tally.HELD_UP[Reason.OFFLINE]] += by
                self._write_tally(one)
        if desk is not None:
            self.seat(desk)

    def rehang_calendars(self, fresh: Iterable[Profile]) -> None:
        """Whose hours are looked at when: anew. The clocks of these profiles were never looked at, or under other hours."""
        self.calendars = {}
        for profile in self.roster.profiles:
            while profile.number >= len(self.open):
                self._widen()
            for calendar in profile.calendars if profile.size else ():
                self.calendars.setdefault(calendar, []).append(profile)
        self.flips = [self._next_flip(calendar) for calendar in self.calendars]
        at = moment(self.now)
        for profile in fresh:
            profile.look_at_the_clock(at)
            self._turn_sign(profile)
        self.doors += 1
        self.epoch += 1

    def reclass(self, forms: Mapping[Ask, Form], touched: Collection[Ask]) -> None:
        """Other forms for every class that is alive; the others are forgotten. The queues of those touched stay out of sight until each is looked at
        afresh; the courses of the others are what they were."""
        self.epoch += 1
        for key in [key for key, ask in self.asks.items() if ask not in forms or not ask.alive]:
            ask = self.asks.pop(key)
            self._known.pop(id(ask.demand), None)
            self._unfile(ask)
        self._plain_asks = {}
        reordered = False
        for ask in self.asks.values():
            before, after = ask.form, forms[ask]
            if ask in touched:
                self._unfile(ask)
                ask.form, ask.rivals = after, None
                self._file(ask)
                self._hide(ask)
                reordered |= ask.held > 0 and after.head_start != before.head_start
            else:
                ask.form = after
                for node in ask.nodes.values():
                    node.same_as(before)
        for desk in self.desks.values() if reordered else ():
            desk.expected.sort(key=attrgetter("key"))

    def _hide(self, ask: Ask) -> None:
        """Nobody serves its queues until they are freshened."""
        for node in ask.nodes.values():
            node.seen = UNSEEN
            if node.slot >= 0:
                self.nodes[node.slot] = None
                self.in_use[node.slot], self.firsts[node.slot], node.slot = False, NEVER, -1

    def rebuild(self, ask: Ask) -> None:
        """Its nodes as its form has them now, and everybody in the right one, at the right place."""
        waiting = [inquiry for node in ask.nodes.values() for inquiry in node.waiting()]
        self._hide(ask)
        for node in ask.nodes.values():
            node.queue, node.first, node.due = [], 0, NEVER
        ask.nodes, ask.shape = {}, ask.form.shape
        for inquiry in sorted(waiting, key=lambda one: one.key):
            self.waiting -= 1
            self.join(inquiry)

    def _allocate(self) -> None:
        count = max(len(self.roster), 1)
        self.ready = tuple(np.zeros(count, bool) for _ in CHANNELS)
        self.turns = tuple(np.full(count, NEVER, np.int64) for _ in CHANNELS)
        self.tallies: NDArray[np.int32] = np.zeros((count, Tally.WIDTH), np.int32)
        self.open = np.zeros(count, bool)
        self.firsts = np.full(64, NEVER, np.int64)
        self.in_use = np.zeros(64, bool)
        for profile in self.roster.profiles:
            self.enlist(profile)

    def enlist(self, profile: Profile) -> None:
        """A profile nobody of which has a desk yet: all of them offline."""
        while profile.number >= len(self.open):
            self._widen()
        profile.tally[:] = [0] * Tally.WIDTH
        profile.tally[Tally.HELD_UP[Reason.OFFLINE]] = profile.size
        for calendar in profile.calendars:
            self.calendars.setdefault(calendar, []).append(profile)
        self._write_tally(profile)

    def _widen(self) -> None:
        count = len(self.open)
        self.ready = tuple(np.concatenate([one, np.zeros(count, bool)]) for one in self.ready)
        self.turns = tuple(np.concatenate([one, np.full(count, NEVER, np.int64)]) for one in self.turns)
        self.tallies = np.concatenate([self.tallies, np.zeros_like(self.tallies)])
        self.open = np.concatenate([self.open, np.zeros(count, bool)])

    # hours and dates

    def open_doors(self) -> None:
        """Look at every clock afresh."""
        self.flips = [self._next_flip(calendar) for calendar in self.calendars]
        at = moment(self.now)
        for profile in self.roster.profiles:
            profile.look_at_the_clock(at)
            self._turn_sign(profile)
        self.doors += 1
        self.epoch += 1

    def turn_clocks(self) -> tuple[list[Profile], list[int]]:
        """The profiles that opened or closed, now that the time has come for some calendars, and which calendars these are."""
        touched: dict[int, Profile] = {}
        turned = [n for n, flip in enumerate(self.flips) if flip <= self.now]
        calendars = list(self.calendars)
        for n in turned:
            self.flips[n] = self._next_flip(calendars[n])
            touched |= {profile.number: profile for profile in self.calendars[calendars[n]]}
        at, changed = moment(self.now), []
        for profile in touched.values():
            was = profile.open, profile.closed_by
            profile.look_at_the_clock(at)
            if was != (profile.open, profile.closed_by):
                self._turn_sign(profile)
                changed.append(profile)
        self.doors += 1
        self.epoch += 1
        return changed, turned

    def _turn_sign(self, profile: Profile) -> None:
        self.open[profile.number] = profile.open
        self._write_tally(profile)
        for n in (0, 1):
            line = profile.lines[n]
            there = profile.open and bool(line)
            self.ready[n][profile.number] = there
            self.turns[n][profile.number] = line[0][0] if there else NEVER

    def _next_flip(self, calendar: Calendar) -> int:
        change = calendar.next_change(moment(self.now))
        again = (self.now // _LOOK_AGAIN + 1) * _LOOK_AGAIN
        return again if change is None else min(micros(change), again)

    def next_date(self) -> int:
        """The next of the dated instants."""
        at = bisect_left(self._dated, self.now + 1)
        return self._dated[at] if at < len(self._dated) else NEVER

    def dates_changed(self) -> None:
        """What was compiled may have begun or ended to hold."""
        self.stamp += 1
        self.epoch += 1

    def used_up_changed(self, contracts: Iterable[ContractId]) -> None:
        """Caps or budgets opened or closed these contracts."""
        used_up = dict(self.used_up)  # another one: traces keep the one of their moment
        for contract in contracts:
            reason = self.books.against(contract)
            if reason is None:
                used_up.pop(contract, None)
            else:
                used_up[contract] = reason
            self._stamps[contract] = self._stamps.get(contract, 0) + 1
        self.used_up = used_up
        self.epoch += 1

    # desks

    def desk(self, agent: AgentId) -> Desk | None:
        """The agent's desk; None where neither plan nor floor know the agent."""
        desk = self.desks.get(agent)
        if desk is None and agent in self.plan.agents:
            desk = self.desks[agent] = Desk(agent)
            self.seat(desk)
        return desk

    def seat(self, desk: Desk) -> None:
        """Sit down where the plan says; nobody had counted the desk as anything but offline."""
        agent = self.plan.agents.get(desk.id)
        desk.profile = self.roster.of_agent.get(desk.id)
        desk.seats, desk.ceilings = (agent.seats, agent.ceilings) if agent else (0, {})
        desk.turn, desk.rooms, desk.held_up = -1, (), Reason.OFFLINE

    def get_up(self, desk: Desk) -> None:
        """Leave the profile: out of line, and counted as offline again."""
        if desk.profile is not None:
            self._step_out(desk, desk.profile)
            self._count(desk.profile, desk.held_up, Reason.OFFLINE)
            desk.held_up = Reason.OFFLINE

    def refresh(self, desk: Desk) -> None:
        """Put the desk where its state says: in the lines it has room for, or in none."""
        if self._dirty is not None:
            self._dirty[desk] = None
        profile = desk.profile
        if profile is None:
            return
        if desk.turn >= 0:
            self._step_out(desk, profile)
        held_up = desk.why_held_up()
        if held_up is not desk.held_up:
            self._count(profile, desk.held_up, held_up)
            desk.held_up = held_up
        if held_up is None:
            self._step_in(desk, profile)

    def hold(self, desk: Desk, inquiry: Inquiry, *, lifted: bool = False) -> None:
        """Take an inquiry in hand; its seats are in use from now. `lifted`: the desk is put in line by what follows at once."""
        desk.held[inquiry.id] = inquiry
        inquiry.ask.held += 1
        desk.used += inquiry.more.weight
        if not lifted:
            self.refresh(desk)
        elif desk.turn >= 0 and desk.profile is not None:
            self._step_out(desk, desk.profile)

    def let_go(self, desk: Desk, inquiry: Inquiry, *, lifted: bool = False) -> None:
        """Give an inquiry out of hand; its seats are free. `lifted`: out of line, yet with the room it has now."""
        del desk.held[inquiry.id]
        inquiry.ask.held -= 1
        desk.used -= inquiry.more.weight
        if not lifted:
            self.refresh(desk)
            return
        self.touch(desk)
        if desk.profile is not None:
            if desk.turn >= 0:
                self._step_out(desk, desk.profile)
            if desk.held_up is None:
                desk.rooms = self._rooms(desk)

    def _rooms(self, desk: Desk) -> tuple[int, ...]:
        """The channels with room for one more."""
        if not desk.ceilings:
            free = desk.seats - desk.used
            return self._rooms_by_seats[min(self._heaviest, free)] if free > 0 else ()
        return tuple([n for n, channel, weight in self._channels if desk.has_room(channel, weight)])

    def tidy(self, desk: Desk) -> None:
        """Forget a desk about which there is nothing to remember."""
        if desk.untouched and self.desks.get(desk.id) is desk:
            del self.desks[desk.id]
            self.touch(desk)

    def had_a_turn(self, desk: Desk) -> None:
        """Idle from now: the last in line among equals. No two desks are idle since the same instant."""
        self.turn = max(self.now, self.turn + 1)
        desk.idle_since = self.turn

    def _step_out(self, desk: Desk, profile: Profile) -> None:
        for n in desk.rooms:
            line = profile.lines[n]
            at = bisect_left(line, (desk.turn,))
            del line[at]
            profile.tally[n] -= 1
            if profile.open:
                self.tallies[profile.number, n] -= 1
                if at == 0:
                    if line:
                        self.turns[n][profile.number] = line[0][0]
                    else:
                        self.turns[n][profile.number] = NEVER
                        self.ready[n][profile.number] = False
        desk.turn, desk.rooms = -1, ()

    def _step_in(self, desk: Desk, profile: Profile) -> None:
        desk.turn = turn = (len(desk.held) << _HELD_BITS if self._by_load else 0) | desk.idle_since
        desk.rooms = rooms = self._rooms(desk)
        for n in rooms:
            line = profile.lines[n]
            if not line or line[-1][0] < turn:
                line.append((turn, desk))
            else:
                insort(line, (turn, desk))
            profile.tally[n] += 1
            if profile.open:
                self.tallies[profile.number, n] += 1
                if line[0][1] is desk:
                    self.turns[n][profile.number] = turn
                    self.ready[n][profile.number] = True

    def _count(self, profile: Profile, was: Reason | None, now: Reason | None) -> None:
        """A desk of the profile is held up by something else than before."""
        before = Tally.PRESENT if was is None else Tally.HELD_UP[was]
        after = Tally.PRESENT if now is None else Tally.HELD_UP[now]
        profile.tally[before] -= 1
        profile.tally[after] += 1
        if profile.open:
            row = self.tallies[profile.number]
            row[before] -= 1
            row[after] += 1

    def _write_tally(self, profile: Profile) -> None:
        if profile.open:
            self.tallies[profile.number] = profile.tally
        else:
            self.tallies[profile.number] = 0
            self.tallies[profile.number, Tally.SHUT[profile.closed_by]] = profile.size

    # what is asked

    def ask_of(self, demand: Demand) -> Ask:
        """The class of a demand, compiled when it is first met. Whom it is addressed to is no part of it: see `Inquiry.demand`."""
        known = self._known.get(id(demand))
        if known is not None and known.demand is demand:
            return known
        key = demand_key(demand)
        ask = self.asks.get(key)
        if ask is None:
            plain = _plain(demand)
            ask = self.asks[key] = Ask(plain, self.compiler.form(plain))
            self._known[id(plain)] = ask
            self._file(ask)
        return ask

    def _file(self, ask: Ask) -> None:
        """Find it again by the contracts that may be used up for it."""
        for contract in ask.form.limited:
            self._asks_under.setdefault(contract, {})[ask] = None

    def _unfile(self, ask: Ask) -> None:
        for contract in ask.form.limited:
            self._asks_under[contract].pop(ask, None)

    def asks_under(self, contract: ContractId) -> Iterable[Ask]:
        """The classes that a contract with a cap or a budget may serve."""
        return self._asks_under.get(contract, ())

    def ask_of_plain(self, plain: Mapping[str, Any]) -> Ask:
        """The class of a demand in its plain form."""
        key = marshal.dumps(dict(plain), 2)  # the cheapest that is equal where the forms are; it never leaves this process
        ask = self._plain_asks.get(key)
        if ask is None:
            ask = self._plain_asks[key] = self.ask_of(load(Demand, plain))
        return ask

    def sketch(self, demand: Demand) -> Form:
        """The form of a demand that nobody has yet: asked about, but not kept."""
        known = self.asks.get(demand_key(demand))
        return known.form if known is not None else self.compiler.form(_plain(demand))

    def node(self, ask: Ask, age: int, level: int) -> Node:
        """Where the class stands at this age, its view as of now."""
        if ask.shape != ask.form.shape:
            self.rebuild(ask)
        key = (ask.step_at(age), level)
        node = ask.nodes.get(key)
        if node is None:
            node = ask.nodes[key] = Node(ask, *key)
        if node.epoch != self.epoch:
            self.freshen(node)
        return node

    def freshen(self, node: Node) -> bool:
        """See the node's courses as they are now; true where they are others than before."""
        ask = node.ask
        form = ask.form
        stamp = self.stamp if form.volatile else 0
        if form.limited:
            stamp += sum([self._stamps.get(contract, 0) for contract in form.limited])
        seen = (id(form), self.doors if form.tiered else 0, stamp)
        node.epoch = self.epoch
        if node.seen == seen:
            return False
        if ask.seen != (self.doors, stamp):
            ask.seen = (self.doors, stamp)
            ask.first_tier = self.first_tier(form)
        courses = self._open_courses(form, node, ask.first_tier)
        same_form, node.seen = node.seen[0] == seen[0], seen
        if same_form and node.slot >= 0 and _same(courses, node.view, len(form)):
            return False
        self._reslot(node, View(form, courses))
        return True

    def first_tier(self, form: Form) -> int:
        """The lowest tier that is open by hours, dates and caps; it never waits for an overflow."""
        if not len(form):
            return 0
        there = self.open[form.profile]
        if form.volatile:
            there = there & self.holding(form)
        first = int(there.argmax())
        return int(form.tier[first]) if there[first] else 0

    def holding(self, form: Form) -> NDArray[np.bool_]:
        """Which courses dates, caps and budgets allow now."""
        hold = np.ones(len(form), bool)
        if form.since is not None and form.until is not None:
            hold &= (form.since <= self.now) & (self.now < form.until)
        if self.used_up:
            closed = [n for n, contract in enumerate(form.columns.contracts) if contract.id in self.used_up]
            hold &= ~np.isin(form.contract, closed)
        return hold

    def _open_courses(self, form: Form, node: Node, first_tier: int) -> Rows | None:
        """The courses for a node's age; None: all of them."""
        last = node.step + 1 >= len(form.ages)
        if last and not form.volatile:
            return None
        allowed = self.holding(form) if form.volatile else np.ones(len(form), bool)
        if not last:
            age = form.ages[node.step]
            turn = (form.after <= age) | (form.tier <= first_tier)
            if node.level and node.level <= len(form.waits):
                turn |= form.wait_over <= form.waits[node.level - 1]
            allowed &= turn & (form.wish <= age)
        return None if allowed.all() else np.flatnonzero(allowed)

    def _reslot(self, node: Node, view: View) -> None:
        """Another view, another slot: the profiles that may serve it now are told of the new one, and the old one means nothing."""
        slot = len(self.nodes)
        if slot >= len(self.firsts):
            self.firsts = np.concatenate([self.firsts, np.full(slot, NEVER, np.int64)])
            self.in_use = np.concatenate([self.in_use, np.zeros(slot, bool)])
        self.nodes.append(node)
        if node.slot >= 0:
            self.nodes[node.slot] = None
            self.in_use[node.slot] = False
            self.firsts[node.slot] = NEVER
        node.slot, node.view = slot, view
        self.in_use[slot] = True
        head = node.head()
        self.firsts[slot] = head.key if head is not None else NEVER
        n, profiles = node.ask.form.line, self.roster.profiles
        for number, course in zip(view.profile.tolist(), view.course.tolist(), strict=True):
            profiles[number].served[n].add(slot, course)

    # inquiries

    def arrive(self, id_: InquiryId, demand: Demand) -> Inquiry:
        """A new inquiry, not yet in a queue."""
        ask = self.ask_of(demand)
        inquiry = self.inquiries[id_] = Inquiry(id_, ask, self.now, self.nth)
        self.nth += 1
        if demand.agent is not None or demand.last_agent is not None:
            inquiry.more.demand = demand
        return inquiry

    def join(self, inquiry: Inquiry, node: Node | None = None) -> Node:
        """Wait in the queue of its class and age (`node`, where that is known), at the place its key gives."""
        if node is None:
            node = self.node(inquiry.ask, self.now - inquiry.arrived, inquiry.rare.level)
        inquiry.stage = Stage.WAITING
        inquiry.node = node
        if node.join(inquiry):
            self.firsts[node.slot] = inquiry.key
        self.waiting += 1
        self.touch(inquiry)
        return node

    def leave(self, inquiry: Inquiry) -> Node | None:
        """Leave the queue, if it is in one; which it was."""
        node = inquiry.node
        if node is not None:
            if node.leave(inquiry):
                head = node.head()
                self.firsts[node.slot] = head.key if head is not None else NEVER
            inquiry.node = None
            self.waiting -= 1
        hold = inquiry.rare.hold
        if hold is not None:
            inquiry.more.hold = None
            inquiry.ask.held -= 1
            self.desks[AgentId(hold[0])].expected.remove(inquiry)
            self.waiting -= 1
        if inquiry._more is not None:
            inquiry._more.step_at = None
        self.touch(inquiry)
        return node

    def expect(self, inquiry: Inquiry, desk: Desk, until: int) -> None:
        """Wait for this very agent."""
        inquiry.stage = Stage.WAITING
        inquiry.more.hold = [desk.id, until]
        inquiry.ask.held += 1
        insort(desk.expected, inquiry, key=attrgetter("key"))
        self.waiting += 1
        self.touch(inquiry)

    def forget(self, inquiry: Inquiry) -> None:
        """It asks nothing more."""
        del self.inquiries[inquiry.id]
        self.touch(inquiry)

    def reask(self, inquiry: Inquiry, demand: Demand) -> None:
        """It asks something else from now on. Not while it is in a queue."""
        assert inquiry.node is None
        ask = self.ask_of(demand)
        if inquiry.agent is not None:
            inquiry.ask.held -= 1
            ask.held += 1
        inquiry.ask = ask
        if demand.agent is not None or demand.last_agent is not None:
            inquiry.more.demand = demand
        elif inquiry._more is not None:
            inquiry._more.demand = None
        self.touch(inquiry)

    def remember(self, inquiry: Inquiry, agent: AgentId, *, counts: bool) -> None:
        """Do not ask this agent again before the cool-down is over."""
        if inquiry.refusals is None:
            inquiry.refusals = {}
        memory = inquiry.refusals.setdefault(agent, Refusals(0, 0))
        memory.count += counts
        memory.until = self.now + span(self.plan.policy.decline_cooldown_seconds)
        self.touch(inquiry)

    def touch(self, thing: Desk | Inquiry) -> None:
        """Its fact changed."""
        if self._dirty is not None:
            self._dirty[thing] = None

    # who may

    def course(self, inquiry: Inquiry, desk: Desk) -> int | None:
        """The course under which hard rules allow this agent to take it now (state, seats and age apart), best first."""
        profile, form = desk.profile, inquiry.ask.form
        if profile is None or not profile.open:
            return None
        for course in np.flatnonzero(form.profile == profile.number).tolist():
            if self.holds(form, course):
                return int(course)
        return None

    def holds(self, form: Form, course: int) -> bool:
        """Do dates, caps and budgets allow this course now?"""
        if not form.volatile:
            return True
        return self.dated_right(form, course) and form.contract_of(course).id not in self.used_up

    def dated_right(self, form: Form, course: int) -> bool:
        """Do dates allow this course now?"""
        return form.since is None or form.until is None or bool(form.since[course] <= self.now < form.until[course])

    def concerned(self, profiles: Iterable[Profile]) -> list[Ask]:
        """The classes somebody waits in that any of these profiles may ever serve."""
        changed = np.zeros(len(self.open), bool)
        found: dict[Ask, None] = {}
        for profile in profiles:
            changed[profile.number] = True
            for served in profile.served:
                slots = served.ready(self.in_use)
                for slot in slots[self.firsts[slots] != NEVER].tolist():
                    node = self.nodes[slot]
                    if node is not None:
                        found[node.ask] = None
        for node in self.waiting_nodes():  # of tiers whose turn has not come, no slot tells
            ask = node.ask
            if ask not in found and not node.view.everything and changed[ask.form.members].any():
                found[ask] = None
        return list(found)

    def staffed(self, node: Node) -> bool:
        """Is anybody in line who may take what waits here?"""
        return bool(self.ready[node.ask.form.line][node.view.profile].any())

    def rivals(self, ask: Ask) -> Rows:
        """The slots of all that wait for somebody who may take this class, too."""
        known = ask.rivals
        if known is not None and known[0] == len(self.nodes):
            return known[1]
        n, profiles = ask.form.line, self.roster.profiles
        found = [profiles[number].served[m].ready(self.in_use) for number in ask.form.members.tolist() for m in (n, 1 - n)]
        slots = np.unique(np.concatenate([*found, np.array([node.slot for node in ask.nodes.values()], np.intp)]))
        ask.rivals = (len(self.nodes), slots)
        return slots

    def ahead(self, inquiry: Inquiry) -> int | None:
        """How many are before it in the queues of all classes that share somebody with its own; None where it does not wait."""
        if inquiry.stage is Stage.OFFERED:
            return 0
        if inquiry.stage is not Stage.WAITING:
            return None
        slots = self.rivals(inquiry.ask)
        before: list[int] = slots[self.firsts[slots] < inquiry.key].tolist()
        return sum(node.before(inquiry.key) for slot in before if (node := self.nodes[slot]) is not None)

    def outlook(self, ask: Ask) -> tuple[bool, datetime | None]:
        """Are all who might ever take it closed, and if so, who opens when?"""
        if ask.closed[0] != self.epoch:
            ask.closed = (self.epoch, self._all_closed(ask.form))
        if not ask.closed[1]:
            return False, None
        opening = self.opening_of(ask)
        return True, None if opening is None else moment(opening)

    def _all_closed(self, form: Form) -> bool:
        if not len(form):
            return False
        there = self.open.take(form.profile)
        if form.volatile:
            there &= self.holding(form)
        return not there.any()

    def opening_of(self, ask: Ask) -> int | None:
        """When somebody who may take this class is next at work; looked up again when anything opens, closes or changes."""
        known = ask.opening
        if known is None or known[0] != self.epoch or (known[1] is not None and known[1] <= self.now):
            known = ask.opening = (self.epoch, self.next_opening(ask.form, self.now))
        return known[1]

    def next_opening(self, form: Form, now: int) -> int | None:
        """The first instant from `now` on at which somebody who may take it is at work."""
        resets = self.books.next_reset() if self.used_up else None
        asked: dict[tuple[int, int, int], None] = {}
        profiles = self.roster.profiles
        calendars: dict[object, int] = {}
        for course, number in enumerate(form.profile.tolist()):
            since = int(form.since[course]) if form.since is not None else 0
            until = int(form.until[course]) if form.until is not None else NEVER
            if form.contract_of(course).id in self.used_up and resets is not None:
                since = max(since, resets)
            row = calendars.setdefault(profiles[number].calendars, number)
            asked.setdefault((row, max(now, since), until))
        best: int | None = None
        for number, start, until in asked:
            opens = profiles[number].next_opening(moment(start)) if until > now else None
            if opens is not None and micros(opens) < until and (best is None or micros(opens) < best):
                best = micros(opens)
        return best

    # facts

    def changes(self) -> dict[str, Fact | None]:
        """The facts that changed since the last time this was asked; None: gone."""
        if self._dirty is None:
            raise RuntimeError("this engine does not track its facts")
        changed, self._dirty = self._dirty, {}
        facts: dict[str, Fact | None] = {FLOOR: self._floor()} if self._ticked else {}
        self._ticked = False
        for thing in changed:
            key = key_of_fact(thing)
            kept = self.desks.get(thing.id) if isinstance(thing, Desk) else self.inquiries.get(thing.id)
            facts[key] = None if kept is None else kept.fact()
        facts |= self.books.changes()
        facts |= self.estimator.changes()
        return dict(sorted(facts.items()))

    def capture(self) -> dict[str, Fact]:
        """Every fact."""
        facts: dict[str, Fact] = {FLOOR: self._floor()}
        facts |= {key_of_fact(desk): desk.fact() for _, desk in sorted(self.desks.items())}
        facts |= {key_of_fact(inquiry): inquiry.fact() for _, inquiry in sorted(self.inquiries.items())}
        facts |= self.books.facts()
        facts |= self.estimator.fact()
        return facts

    def tick(self, now: int) -> bool:
        """Time goes on, never back; true where it begins."""
        before = self.now
        self._ticked = True
        if now > before:
            self.now, self.nth = now, 0
        return before == 0

    def load(self, facts: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up the facts of an earlier floor."""
        floor = facts.get(FLOOR, {})
        self.now, self.quiet_until = floor.get("now", 0), floor.get("quiet_until", 0)
        self.nth, self.turn = floor.get("nth", 0), floor.get("turn", 0)
        desks, inquiries, asks = self.desks, self.inquiries, self._plain_asks
        for key, fact in facts.items():
            kind, _, id_ = key.partition(":")
            if kind == "inquiry":
                plain = fact["demand"]
                ask = asks.get(marshal.dumps(plain, 2)) or self.ask_of_plain(plain)
                inquiries[InquiryId(id_)] = Inquiry.restored(InquiryId(id_), fact, ask)
            elif kind == "agent":
                desks[AgentId(id_)] = Desk.restored(AgentId(id_), fact)
        self.books = Books(self.plan, self.now)
        self.books.load(facts, self.now)
        self.estimator = Estimator.restored(facts)
        if self.now:
            self.settle()
        self._ticked = False
        if self._dirty is not None:
            self._dirty.clear()

    def settle(self) -> None:
        """Everybody into line, everything into its queue."""
        self.open_doors()
        for desk in self.desks.values():
            self.seat(desk)
        queued: dict[Ask, list[Inquiry]] = {}
        for inquiry in self.inquiries.values():
            if inquiry.stage is Stage.WAITING:
                ask, more = inquiry.ask, inquiry._more
                if inquiry.told_closed:
                    ask.told_closed = True
                if more is not None and more.hold is not None:
                    (agent, until), more.hold = more.hold, None
                    self.expect(inquiry, self.desks[AgentId(agent)], until)
                elif ask in queued:
                    queued[ask].append(inquiry)
                else:
                    queued[ask] = [inquiry]
            elif inquiry.agent is not None:
                holder = self.desks[inquiry.agent]
                holder.held[inquiry.id] = inquiry
                inquiry.ask.held += 1
                holder.used += inquiry.more.weight
                contract = inquiry.rare.contract
                if inquiry.stage is Stage.OFFERED:
                    self.ringing[inquiry.id] = inquiry
                    if contract is not None:
                        self.books.reserve(contract, self.now)
        self.used_up_changed(self.plan.contracts)
        for ask, inquiries in queued.items():
            self._queue_up(ask, inquiries)
        for desk in self.desks.values():
            self.refresh(desk)

    def _queue_up(self, ask: Ask, inquiries: list[Inquiry]) -> None:
        """All of a class at once, into queues where nobody waits yet."""
        inquiries.sort(key=attrgetter("key"))
        for inquiry in inquiries:
            more = inquiry._more
            node = self.node(ask, self.now - inquiry.arrived, more.level if more is not None else 0)
            node.queue.append(inquiry)
            inquiry.node = node
        self.waiting += len(inquiries)
        for node in ask.nodes.values():
            head = node.head()
            if head is not None:
                self.firsts[node.slot] = head.key

    def _floor(self) -> Fact:
        return {"now": self.now, "rules": self.plan.version, "quiet_until": self.quiet_until, "nth": self.nth, "turn": self.turn}

    def waiting_nodes(self) -> Iterator[Node]:
        """The nodes where somebody waits."""
        for slot in np.flatnonzero(self.firsts[: len(self.nodes)] != NEVER).tolist():
            node = self.nodes[slot]
            if node is not None:
                yield node


def key_of_fact(thing: Desk | Inquiry) -> str:
    """The key of its fact."""
    return f"agent:{thing.id}" if isinstance(thing, Desk) else f"inquiry:{thing.id}"


def _plain(demand: Demand) -> Demand:
    """The demand without whom it is addressed to, and whom its customer knows."""
    return demand if demand.agent is None and demand.last_agent is None else replace(demand, agent=None, last_agent=None)


def _same(courses: Rows | None, view: View, count: int) -> bool:
    if courses is None:
        return view.everything and len(view.profile) == count
    return not view.everything and np.array_equal(courses, view.course)
