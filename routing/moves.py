"""What becomes of an inquiry, and of an agent: every move the floor knows, each with its decision, its facts and its reminders.

The engine says when, these say how. Two moves hold everything together: whenever an inquiry starts to wait it is offered to the best who may
take it (`place`), and whenever a desk gets room it takes the first that waits for it (`fill`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from routing.backlog import Backlog
from routing.board import Board
from routing.choosing import Passed, Pick, best_waiting, choose
from routing.decisions import (
    Assigned,
    AvailabilityChanged,
    Closed,
    Decision,
    Estimate,
    Flagged,
    Offered,
    Queued,
    Refused,
    Released,
    Withdrawn,
    WrapUpEnded,
    WrapUpStarted,
)
from routing.demands import Node
from routing.floor import Desk, Inquiry, Refusals, Stage
from routing.model import AgentId, Availability, ContractId, InquiryId, OfferId
from routing.moments import NEVER, SECOND, moment, span
from routing.reasons import Flag, Over, Reason, Refusal, Why
from routing.roster import Tally
from routing.timers import Kind, Timers
from routing.traces import Evidence, Seen


class InvariantBroken(RuntimeError):
    """What can never be, is. Nothing may be decided on such a floor: its owner keeps the facts and the event, and stops."""


class Moves:
    """Moves on one board; decisions are written to `out`."""

    __slots__ = ("backlog", "board", "out", "timers")

    def __init__(self, board: Board, timers: Timers) -> None:
        self.board, self.timers = board, timers
        self.out: list[Decision] = []
        self.backlog = Backlog()

    # the two rules

    def place(self, inquiry: Inquiry) -> None:
        """Offer it to the best who may take it, or let it wait."""
        board, more = self.board, inquiry._more
        if more is not None and (demand := more.demand) is not None:
            if demand.agent is not None and self._offer_to_addressee(inquiry, demand.agent):
                return
            if demand.last_agent is not None and self._offer_to_last_agent(inquiry, demand.last_agent):
                return
        node = board.node(inquiry.ask, board.now - inquiry.arrived, inquiry.rare.level)
        if self.backlog.busy:  # others may be before it, and their turn has not come yet
            self.wait(inquiry, node, _BEHIND_OTHERS)
            return
        found = choose(board, inquiry, node)
        if isinstance(found, Pick):
            self.offer(inquiry, found, node)
        else:
            self.wait(inquiry, node, found)

    def fill(self, desk: Desk) -> None:
        """Give a desk with room what waits first for it, until there is no room or nothing waits."""
        if self.backlog.busy:  # others may be before what this desk would take
            self.backlog.fill([desk])
            return
        while desk.rooms and (found := best_waiting(self.board, desk)) is not None:
            inquiry, course = found
            why = Why.LAST_AGENT if inquiry.rare.hold is not None else Why.NEXT_IN_LINE
            self.offer(inquiry, Pick(desk, course), inquiry.node, why=why)

    def place_all(self, inquiries: Iterable[Inquiry]) -> None:
        """Place several, those with the better place first."""
        for inquiry in sorted(inquiries, key=lambda one: one.key):
            self.place(inquiry)

    def try_again(self, inquiry: Inquiry) -> bool:
        """It waits; may anybody take it now? True: it was offered."""
        node = inquiry.node
        if node is None:
            return False
        self.board.freshen(node)
        found = choose(self.board, inquiry, node)
        if not isinstance(found, Pick):
            return False
        self.offer(inquiry, found, node)
        return True

    # what becomes of an inquiry

    def _offer_to_addressee(self, inquiry: Inquiry, agent: AgentId) -> bool:
        pick = self.addressee(inquiry, agent)
        if pick is None:  # addressed to one who cannot: anybody may take it
            self.board.reask(inquiry, replace(inquiry.demand, agent=None))
            return False
        self.offer(inquiry, pick, None, why=Why.TRANSFERRED_TO_YOU)
        return True

    def addressee(self, inquiry: Inquiry, agent: AgentId) -> Pick | None:
        """The one agent it is addressed to, if they may take it now; what they declined before does not count."""
        desk = self.board.desks.get(agent)
        if desk is None or desk.turn < 0 or inquiry.ask.form.line not in desk.rooms:
            return None
        course = self.board.course(inquiry, desk)
        return None if course is None else Pick(desk, course)

    def _offer_to_last_agent(self, inquiry: Inquiry, agent: AgentId) -> bool:
        """The agent the customer knows: theirs if they are free, held for them a while if they are only busy, else anybody's."""
        board = self.board
        desk = board.desks.get(agent)
        barred = inquiry.barred(agent, board.now, board.plan.policy.decline_rounds_max)
        if desk is None or desk.held_up is not None or barred or board.course(inquiry, desk) is None:
            return False
        pick = self.addressee(inquiry, agent)
        if pick is not None:
            self.offer(inquiry, pick, None, why=Why.LAST_AGENT)
            return True
        until = inquiry.arrived + span(board.plan.policy.sticky_hold_seconds)
        if until <= board.now:
            return False
        board.expect(inquiry, desk, until)
        self.timers.set(until, Kind.HOLD, inquiry.id)
        node = board.node(inquiry.ask, board.now - inquiry.arrived, inquiry.rare.level)
        trace = self._evidence(inquiry, node, passed=Reason.HELD_FOR_LAST_AGENT)
        self.out.append(Queued(inquiry=inquiry.id, trace=trace, held_for=agent, held_until=moment(until)))
        return True

    def release_expected(self, desk: Desk) -> list[Inquiry]:
        """Nobody is to wait for this agent any longer; who did, to be placed."""
        waited = list(desk.expected)
        for inquiry in waited:
            self.board.leave(inquiry)
        return waited

    def offer(self, inquiry: Inquiry, pick: Pick, node: Node | None, *, why: str = "") -> None:
        """Let it ring at a desk; on a channel that is accepted automatically it is theirs at once."""
        board, desk, ask = self.board, pick.desk, inquiry.ask
        form, now = ask.form, board.now
        if inquiry.stage is not Stage.WAITING:
            raise InvariantBroken(f"{inquiry.id} is {inquiry.stage} and would be offered")
        if node is None:
            node = board.node(ask, now - inquiry.arrived, inquiry.rare.level)
        lifted = desk.profile.number if desk.turn < 0 and desk.rooms and desk.profile is not None else None
        trace = self._evidence(inquiry, node, chosen=pick.course, why=why, lot=pick.lot, lifted=lifted)
        if inquiry.node is not None:
            self._taken(inquiry)
        self.leave(inquiry)
        contract = form.contract_of(pick.course).id
        inquiry.stage, inquiry.offers, inquiry.told_closed = Stage.OFFERED, inquiry.offers + 1, False
        assert desk.profile is not None
        more = inquiry.more
        inquiry.agent, more.pool, more.contract = desk.id, desk.profile.pool, contract
        more.weight = form.weight
        more.until = more.ends = now + board.ring_spans[form.line]
        board.ringing[inquiry.id] = inquiry
        if contract in board.books:
            self._booked(board.books.reserve(contract, now), contract)
        automatic = board.automatic[form.line]
        board.hold(desk, inquiry, lifted=automatic)
        if desk.used > desk.seats and not why:
            raise InvariantBroken(f"{desk.id} has {desk.seats} seats and would use {desk.used}")
        self.out.append(
            Offered(
                offer=inquiry.offer,
                inquiry=inquiry.id,
                agent=desk.id,
                pool=more.pool,
                contract=contract,
                weight=form.weight,
                until=moment(more.until),
                trace=trace,
            )
        )
        if automatic:
            self.assign(inquiry, desk, pick.course)
        else:
            self.remind_of_end(inquiry)

    def wait(self, inquiry: Inquiry, node: Node, passed: Passed | None) -> None:
        """Wait in its queue, with everything its customer can be told."""
        board = self.board
        board.join(inquiry, node)
        if not node.final:
            self.set_step(node)
        if inquiry.refusals:
            self.set_cool_down(inquiry)
        if self.backlog.busy:
            self.backlog.serve(node)
        self.say_queued(inquiry, passed.because if passed is not None else None)
        if inquiry.told_closed or inquiry.refusals or not len(node.view.profile):
            self.flag(inquiry)
        if inquiry.ask.form.waits:
            self._overflow_by_estimate(inquiry, node)

    def _overflow_by_estimate(self, inquiry: Inquiry, node: Node) -> None:
        """Where the wait will be longer than a contract lets it be, its tier joins now."""
        form = inquiry.ask.form
        waits, told = form.waits, self._estimate(inquiry, node, self.board.tallies.take(form.members, axis=0))
        level = sum(told.likely * SECOND > wait for wait in waits) if told is not None else 0
        if level > inquiry.rare.level and not self.backlog.busy:
            self.leave(inquiry)
            inquiry.more.level = level
            joined = self.board.join(inquiry)
            self.set_step(joined)
            self.try_again(inquiry)

    def say_queued(self, inquiry: Inquiry, passed: Reason | None = None) -> None:
        """Tell where it stands: how long, or who opens when."""
        board, ask = self.board, inquiry.ask
        node = inquiry.node
        closed, opening = board.outlook(ask)
        inquiry.told_closed = ask.told_closed = closed
        if node is None:
            node = board.node(ask, board.now - inquiry.arrived, inquiry.rare.level)
        tallies = board.tallies.take(ask.form.members, axis=0)
        estimate = None if closed else self._estimate(inquiry, node, tallies)
        ahead = len(node) - 1
        if estimate is not None and not inquiry.offers and (ahead < 8 or not ahead & 15):
            inquiry.told = estimate
        trace = self._evidence(inquiry, node, passed=passed, tallies=tallies)
        self.out.append(Queued(inquiry=inquiry.id, trace=trace, all_closed=closed, next_opening=opening, estimate=estimate))

    def estimate(self, inquiry: Inquiry) -> Estimate | None:
        """How long it will still wait, as far as is known."""
        node = inquiry.node
        return (
            None
            if node is None
            else self._estimate(inquiry, node, self.board.tallies.take(node.ask.form.members, axis=0), asked=True)
        )

    def _estimate(self, inquiry: Inquiry, node: Node, tallies: NDArray[np.int32], *, asked: bool = False) -> Estimate | None:
        """Who only asks leaves no trace: what estimates learn from must be the same whether anybody looked or not."""
        board = self.board
        present = sum(tallies[:, Tally.PRESENT].tolist())
        if not present:
            return None
        ahead = len(node) - 1 if inquiry is node.queue[-1] else node.before(inquiry.key)
        if asked:
            return board.estimator.glimpse(inquiry.ask.id, ahead, board.now, present=present)
        return board.estimator.estimate(inquiry.ask.id, ahead, board.now, present=present)

    def _taken(self, inquiry: Inquiry) -> None:
        """It leaves its queue for a desk: estimates learn from how long it took."""
        board = self.board
        waited = board.now - inquiry.arrived
        board.estimator.taken(inquiry.ask.id, board.now, waited)
        if inquiry.told is not None:
            if not inquiry.front:  # what is told to one that comes back counts from then, and says nothing of those who are new
                board.estimator.score(inquiry.ask.id, inquiry.told, waited)
            inquiry.told = None
        self._let_keepers_go(inquiry)

    def gone_from_queue(self, inquiry: Inquiry) -> None:
        """It leaves its queue by itself."""
        board = self.board
        if inquiry.node is not None:
            board.estimator.left(inquiry.ask.id, board.now, board.now - inquiry.arrived)
            inquiry.told = None
            self._let_keepers_go(inquiry)
        self.leave(inquiry)

    def leave(self, inquiry: Inquiry) -> None:
        """Out of its queue; who is first there now may be old enough for the next step at another time."""
        node = self.board.leave(inquiry)
        if node is not None and node.due != NEVER:
            self.set_step(node)

    def _let_keepers_go(self, inquiry: Inquiry) -> None:
        """Seats kept for something old and heavy may be kept no longer once that is gone."""
        board = self.board
        if board.keeping and inquiry.ask.form.weight > 1:
            self.backlog.fill(board.keeping)
            board.keeping = {}

    def flag(self, inquiry: Inquiry) -> None:
        """A person should look, said once each."""
        form = inquiry.ask.form
        if not len(form):
            self._flag_once(inquiry, Flag.NOBODY_QUALIFIED)
        elif inquiry.told_closed and self.board.opening_of(inquiry.ask) is None:
            self._flag_once(inquiry, Flag.NO_OPENING)
        elif inquiry.refusals and self.declined_by_all(inquiry):
            self._flag_once(inquiry, Flag.DECLINED_BY_ALL)

    def declined_by_all(self, inquiry: Inquiry) -> bool:
        """Has everybody who is at work and may take it declined it too often?"""
        board, form, refusals = self.board, inquiry.ask.form, inquiry.refusals or {}
        rounds_max = board.plan.policy.decline_rounds_max
        tired = [board.desks.get(agent) for agent, memory in refusals.items() if memory.count >= rounds_max]
        if not tired:
            return False
        here = sum(
            d is not None
            and d.profile is not None
            and d.profile.open
            and d.held_up is None
            and bool((form.members == d.profile.number).any())
            for d in tired
        )
        return here == int(board.tallies[form.members, Tally.PRESENT].sum())

    def _flag_once(self, inquiry: Inquiry, flag: Flag) -> None:
        if flag.value not in inquiry.rare.flags:
            inquiry.more.flags |= {flag.value}
            self.board.touch(inquiry)
            self.out.append(Flagged(inquiry=inquiry.id, because=flag.value))

    def assign(self, inquiry: Inquiry, desk: Desk, course: int) -> None:
        """It is theirs."""
        board, more = self.board, inquiry.more
        contract = inquiry.ask.form.contract_of(course).id
        if contract != more.contract and more.contract is not None:
            self._booked(board.books.unreserve(more.contract), more.contract)
            self._booked(board.books.reserve(contract, board.now), contract)
        board.ringing.pop(inquiry.id, None)
        if contract in board.books:
            self._booked(board.books.accept(contract, board.now), contract)
        inquiry.stage, more.until, more.ends, more.since = Stage.ASSIGNED, None, None, board.now
        more.contract = contract
        if inquiry.demand.agent is not None:  # it has arrived where it was addressed
            board.reask(inquiry, replace(inquiry.demand, agent=None))
        inquiry.front = True
        board.touch(inquiry)
        board.had_a_turn(desk)
        board.refresh(desk)
        assert more.pool is not None
        self.out.append(
            Assigned(offer=inquiry.offer, inquiry=inquiry.id, agent=desk.id, pool=more.pool, contract=contract, weight=more.weight)
        )

    def withdraw(self, inquiry: Inquiry, because: Over) -> Desk:
        """The offer is over; it waits, and is in no queue yet."""
        offer, contract = inquiry.offer, inquiry.rare.contract
        desk = self._let_go(inquiry)
        if inquiry.demand.agent == desk.id:
            self.board.reask(inquiry, replace(inquiry.demand, agent=None))
        self.out.append(Withdrawn(offer=offer, inquiry=inquiry.id, agent=desk.id, because=because.value))
        if contract is not None and contract in self.board.books:
            self._booked(self.board.books.unreserve(contract), contract)
        return desk

    def release(self, inquiry: Inquiry, because: Over, *, requeued: bool = False, lifted: bool = False) -> Desk:
        """The assignment is over; its seats are free. `lifted`: the desk is not put in line yet, for it will be filled at once."""
        board, weight, since = self.board, inquiry.rare.weight, inquiry.rare.since
        if since is not None:
            profile = self.holder(inquiry).profile
            if profile is not None:
                board.estimator.handled(profile.groups[inquiry.ask.form.line], (board.now - since) / SECOND)
            board.had_a_turn(self.holder(inquiry))
        desk = self._let_go(inquiry, lifted=lifted)
        self.out.append(Released(inquiry=inquiry.id, agent=desk.id, weight=weight, because=because.value, requeued=requeued))
        return desk

    def _let_go(self, inquiry: Inquiry, *, lifted: bool = False) -> Desk:
        desk = self.holder(inquiry)
        self.board.let_go(desk, inquiry, lifted=lifted)
        self.board.ringing.pop(inquiry.id, None)
        inquiry.stage = Stage.WAITING
        more = inquiry.more
        inquiry.agent = more.pool = more.contract = more.until = more.ends = more.since = None
        more.weight = 0
        self.board.touch(inquiry)
        return desk

    def start_wrap_up(self, inquiry: Inquiry, because: str) -> None:
        """The conversation is over; its agent writes it up, unless there is nothing to write."""
        assert inquiry.agent is not None
        board, seconds = self.board, self.board.plan.policy.wrap_up_seconds
        self_closed = Closed(inquiry=inquiry.id, because=because)
        if seconds <= 0:
            self.out.append(self_closed)
            self._free(inquiry, Over.WRAPPED_UP)
            return
        inquiry.stage = Stage.WRAP_UP
        more = inquiry.more
        more.until = more.ends = board.now + span(seconds)
        board.touch(inquiry)
        self.remind_of_end(inquiry)
        self.out.append(WrapUpStarted(inquiry=inquiry.id, agent=inquiry.agent, until=moment(more.until)))
        self.out.append(self_closed)

    def wrapped_up(self, inquiry: Inquiry, *, disposition: str, because: Over) -> None:
        """The wrap-up is done, or over."""
        assert inquiry.agent is not None
        self.out.append(WrapUpEnded(inquiry=inquiry.id, agent=inquiry.agent, disposition=disposition))
        self._free(inquiry, because)

    def _free(self, inquiry: Inquiry, because: Over) -> None:
        desk = self.release(inquiry, because, lifted=True)
        self.board.forget(inquiry)
        self.fill(desk)
        if desk.turn < 0:
            self.board.refresh(desk)
        self.board.tidy(desk)

    def close(self, inquiry: Inquiry, because: str) -> None:
        """It asks nothing more, and nobody took it."""
        self.gone_from_queue(inquiry)
        self.board.forget(inquiry)
        self.out.append(Closed(inquiry=inquiry.id, because=because))

    def _booked(self, flipped: bool, contract: ContractId) -> None:
        """A book was written; where that opens or closes a contract, or moves a turn that is waited for, the waiting are looked at again."""
        board = self.board
        if flipped:
            board.used_up_changed([contract])
            self.backlog.review(board.asks_under(contract))
        division = board.books.division_of(contract)
        if division is not None and division.share.strict:
            self.backlog.review(node.ask for node in board.waiting_nodes() if node.ask.form.contested)

    # what becomes of an agent

    def get_ready(self, desk: Desk, reason: str | None) -> None:
        """Offers are welcome from now."""
        if desk.availability is not Availability.READY:
            self.board.had_a_turn(desk)
        self.say_availability(desk, Availability.READY, reason)
        if desk.connected:
            self.set_lost(desk, None)
        self.board.refresh(desk)
        self.fill(desk)

    def step_back(self, desk: Desk, availability: Availability, reason: str | None) -> list[Inquiry]:
        """No new offers; those that ring are withdrawn, and given back to be placed. Signing out starts the graces of what is in hand."""
        self.say_availability(desk, availability, reason)
        self.board.refresh(desk)
        ringing = self.ringing_at(desk)
        for inquiry in ringing:
            self.withdraw(inquiry, Over.AGENT_AWAY)
        if availability is Availability.OFFLINE and desk.lost_at is None and desk.held:
            self.set_lost(desk, self.board.now + span(self.board.plan.policy.chat_grace_seconds))
            self.keep_mails(desk)
        elif availability is not Availability.OFFLINE and desk.connected:
            self.set_lost(desk, None)
        return ringing + self.release_expected(desk)

    def say_availability(self, desk: Desk, availability: Availability, reason: str | None) -> None:
        """Set it, and say so where it is news."""
        if (desk.availability, desk.reason) != (availability, reason):
            desk.availability, desk.reason = availability, reason
            self.out.append(AvailabilityChanged(agent=desk.id, availability=availability, reason=reason))

    def lose(self, desk: Desk, *, offers_at: int, chats_at: int) -> list[Inquiry]:
        """The socket is gone: the offers that ring, the chats and the mails each have their grace. Who waited for this agent is given back."""
        desk.connected = False
        self.set_lost(desk, chats_at)
        self.keep_mails(desk)
        for inquiry in self.ringing_at(desk):
            until = inquiry.rare.until
            assert until is not None
            inquiry.more.ends = min(until, offers_at)
            self.board.touch(inquiry)
            self.remind_of_end(inquiry)
        self.board.refresh(desk)
        return self.release_expected(desk)

    def reconnect(self, desk: Desk) -> None:
        """Back in time: the same offers go on, with what is left of their time."""
        desk.connected = True
        if desk.availability is not Availability.OFFLINE or not desk.held:
            self.set_lost(desk, None)
        for inquiry in self.ringing_at(desk):
            inquiry.more.ends = inquiry.rare.until
            self.board.touch(inquiry)
            self.remind_of_end(inquiry)
        self.board.refresh(desk)
        self.fill(desk)

    def set_lost(self, desk: Desk, at: int | None) -> None:
        """When the chats the agent holds are given to others; None: nothing is."""
        desk.lost_at = at
        if at is not None:
            self.timers.set(at, Kind.LOST, desk.id)
        else:
            desk.mails_at = None
        self.board.touch(desk)

    def keep_mails(self, desk: Desk) -> None:
        """The mails of who is gone are theirs for longer, counted from when they went."""
        if desk.mails_at is None:
            desk.mails_at = self.board.now + span(self.board.plan.policy.email_grace_seconds)
        self.timers.set(desk.mails_at, Kind.LOST, desk.id)
        self.board.touch(desk)

    # reminders

    def remind_of_end(self, inquiry: Inquiry) -> None:
        """When an offer or a wrap-up ends."""
        ends = inquiry.rare.ends
        if ends is not None:
            self.timers.set(ends, Kind.OFFER if inquiry.stage is Stage.OFFERED else Kind.WRAP_UP, inquiry.id)

    def set_step(self, node: Node) -> None:
        """When the oldest here is old enough for the next step: one reminder a queue."""
        due = node.next_step()
        if due != node.due:
            node.due = due
            if due != NEVER:
                if node.number < 0:
                    node.number = len(self.board.by_number)
                    self.board.by_number.append(node)
                self.timers.set(due, Kind.STEP, node.number)

    def set_cool_down(self, inquiry: Inquiry) -> None:
        """When somebody who declined may be asked again."""
        rounds_max, now = self.board.plan.policy.decline_rounds_max, self.board.now
        ends = [memory.until for memory in (inquiry.refusals or {}).values() if _will_be_asked(memory, now, rounds_max)]
        inquiry.more.step_at = min(ends, default=None)
        if ends:
            self.timers.set(min(ends), Kind.COOL_DOWN, inquiry.id)

    # helpers

    def holder(self, inquiry: Inquiry) -> Desk:
        """Whose it is."""
        assert inquiry.agent is not None
        return self.board.desks[inquiry.agent]

    def ringing_at(self, desk: Desk) -> list[Inquiry]:
        """What rings there, in the order of ids."""
        return [inquiry for _, inquiry in sorted(desk.held.items()) if inquiry.stage is Stage.OFFERED]

    def refuse(self, agent: AgentId, code: Refusal, *, offer: OfferId | None = None, inquiry: InquiryId | None = None) -> None:
        """A wish cannot be granted."""
        self.out.append(Refused(agent=agent, code=code.value, offer=offer, inquiry=inquiry))

    def _evidence(
        self,
        inquiry: Inquiry,
        node: Node,
        *,
        chosen: int | None = None,
        why: str = "",
        passed: Reason | None = None,
        lot: Why | None = None,
        tallies: NDArray[np.int32] | None = None,
        lifted: int | None = None,
    ) -> Evidence:
        board, form = self.board, inquiry.ask.form
        refusals = inquiry.refusals
        return Evidence(
            Seen(
                board.plan.version,
                form,
                node.view,
                board.tallies.take(form.members, axis=0) if tallies is None else tallies,
                board.now,
                board.now - inquiry.arrived,
                inquiry.ask.first_tier,
                form.line,
                chosen,
                str(why),
                board.used_up,
                self._barred_in_line(inquiry) if refusals else None,
                passed,
                lot,
                lifted,
            )
        )

    def _barred_in_line(self, inquiry: Inquiry) -> list[int]:
        """The profile of each who is in line, and has just declined or missed it."""
        board, n, numbers = self.board, inquiry.ask.form.line, list[int]()
        rounds_max = board.plan.policy.decline_rounds_max
        for agent in inquiry.refusals or ():
            desk = board.desks.get(agent)
            if desk is not None and desk.turn >= 0 and n in desk.rooms and inquiry.barred(agent, board.now, rounds_max):
                assert desk.profile is not None
                if desk.profile.open:
                    numbers.append(desk.profile.number)
        return numbers


_BEHIND_OTHERS = Passed(Reason.BEHIND_OTHERS)


def _will_be_asked(memory: Refusals, now: int, rounds_max: int) -> bool:
    return memory.until > now and memory.count < rounds_max
