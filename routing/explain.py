"""Why an inquiry stands where it stands, now: everybody who could take it, why the others cannot, and what will change that.

Values for screens and for `contact-hub explain`; sentences are made of them by the catalogues (`routing.reason.<code>`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from routing.board import Board
from routing.choosing import in_turn, seats_kept
from routing.decisions import Estimate
from routing.eligibility import Standing, reached, reasons_against, terms
from routing.floor import Inquiry, Stage
from routing.model import Agent, AgentId, Availability, BrandId, ContractId, Demand, InquiryId, PoolId
from routing.moments import SECOND, micros, moment
from routing.reasons import Reason


class Changes(StrEnum):
    """What will come and may change the answer."""

    OFFER_ENDS = "offer_ends"
    OVERFLOW = "overflow"
    WISH_ENDS = "wish_ends"
    HOLD_ENDS = "hold_ends"
    NEW_DAY = "new_day"
    COOL_DOWN_ENDS = "cool_down_ends"
    OPENING = "opening"
    WRAP_UP_ENDS = "wrap_up_ends"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One agent: may take it now (no reasons), or every reason why not. `contract` is the one it would be taken under."""

    agent: AgentId
    pool: PoolId
    reasons: tuple[Reason, ...]
    contract: ContractId | None = None
    tier: int | None = None

    @property
    def eligible(self) -> bool:
        """May take it now?"""
        return not self.reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """At `at` the answer may change, because of an agent's, a pool's or a tier's turn."""

    what: Changes
    at: datetime
    agent: AgentId | None = None
    tier: int | None = None
    pool: PoolId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The whole answer. `ahead` counts the waiting that compete for the same agents; None where it does not wait."""

    inquiry: InquiryId
    stage: str
    demand: Demand
    rules: int
    waited_seconds: float
    agent: AgentId | None
    ahead: int | None
    all_closed: bool
    estimate: Estimate | None
    flags: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A line of the queue view: waiting, or ringing at somebody's desk (`offered_to`)."""

    inquiry: InquiryId
    brand: BrandId
    demand: Demand
    arrived: datetime
    offered_to: AgentId | None = None
    all_closed: bool = False
    flags: tuple[str, ...] = ()


def explanation_of(board: Board, inquiry: Inquiry, now: datetime, estimate: Estimate | None = None) -> Explanation:
    """The whole answer for one inquiry. Asks the rules of everybody anew, so it also checks what the engine compiled."""
    waited = max(0, micros(now) - inquiry.arrived) / SECOND
    agents = sorted(board.plan.agents.values(), key=lambda agent: agent.id)
    return Explanation(
        inquiry=inquiry.id,
        stage=inquiry.stage.value,
        demand=inquiry.demand,
        rules=board.plan.version,
        waited_seconds=waited,
        agent=inquiry.agent,
        ahead=board.ahead(inquiry),
        all_closed=board.outlook(inquiry.ask)[0],
        estimate=estimate,
        flags=tuple(sorted(inquiry.rare.flags)),
        verdicts=tuple(_verdict(board, inquiry, agent, now, waited) for agent in agents),
        changes=_changes_ahead(board, inquiry, now),
    )


def waiting_in_order(board: Board, brand: BrandId | None) -> tuple[Waiting, ...]:
    """Who waits or rings, in the order in which they would be served."""
    waiting = (i for i in board.inquiries.values() if i.stage in {Stage.WAITING, Stage.OFFERED} and brand in {None, i.demand.brand})
    return tuple(_waiting(inquiry) for inquiry in sorted(waiting, key=lambda one: one.key))


def _verdict(board: Board, inquiry: Inquiry, agent: Agent, now: datetime, waited: float) -> Verdict:
    first_tier = board.first_tier(inquiry.ask.form)
    demand, waits, level = inquiry.demand, inquiry.ask.form.waits, inquiry.rare.level
    expected = (waits[level - 1] + 1) / SECOND if 0 < level <= len(waits) else 0.0
    holding = [term for term in terms(board.plan, agent, demand) if term.holds(now)]
    term = next((one for one in holding if reached(one, demand, waited, first_tier, expected)), holding[0] if holding else None)
    reasons = reasons_against(
        board.plan,
        agent,
        demand,
        now,
        standing=_standing(board, inquiry, agent.id),
        waited_seconds=waited,
        first_tier=first_tier,
        used_up=board.used_up,
        expected_seconds=expected,
    )
    return Verdict(
        agent=agent.id,
        pool=agent.pool,
        reasons=reasons or _kept_back(board, inquiry, agent.id),
        contract=term.contract if term else None,
        tier=term.tier if term else None,
    )


def _kept_back(board: Board, inquiry: Inquiry, agent: AgentId) -> tuple[Reason, ...]:
    """Nothing speaks against the agent, and still they are not asked: soft rules of the moment."""
    hold, desk, form = inquiry.rare.hold, board.desks.get(agent), inquiry.ask.form
    if inquiry.stage is not Stage.WAITING or desk is None:
        return ()
    if hold is not None and hold[0] != agent:
        return (Reason.HELD_FOR_LAST_AGENT,)
    course = board.course(inquiry, desk)
    node = inquiry.node
    if course is not None and node is not None and not in_turn(board, form, node.view, course):
        return (Reason.SHARE_TURN,)
    return (Reason.SEATS_KEPT,) if board.guarded and seats_kept(board, desk, form.weight) else ()


def _standing(board: Board, inquiry: Inquiry, agent: AgentId) -> Standing:
    """The agent's state as this inquiry meets it; the seats it holds there itself are not against it."""
    desk, memory, channel = board.desks.get(agent), (inquiry.refusals or {}).get(agent), inquiry.demand.channel
    if desk is None:
        return Standing(availability=Availability.OFFLINE, connected=False)
    own = desk.held.get(inquiry.id)
    return Standing(
        availability=desk.availability,
        connected=desk.connected,
        seats_used=desk.used - (own.rare.weight if own else 0),
        in_channel=desk.in_channel(channel) - (own is not None),
        declined_until=moment(memory.until) if memory else None,
        declines=memory.count if memory else 0,
    )


def _changes_ahead(board: Board, inquiry: Inquiry, now: datetime) -> tuple[Change, ...]:
    """What is certain to come, in order."""
    form, rare, changes = inquiry.ask.form, inquiry.rare, list[Change]()
    ends = inquiry.rare.ends
    if ends is not None:
        what = Changes.OFFER_ENDS if inquiry.stage is Stage.OFFERED else Changes.WRAP_UP_ENDS
        changes.append(Change(what=what, at=moment(ends), agent=inquiry.agent))
    first_tier = board.first_tier(form)
    for after, tier in {(a, t) for a, t in zip(form.after.tolist(), form.tier.tolist(), strict=True) if a > 0 and t > first_tier}:
        changes.append(Change(what=Changes.OVERFLOW, at=moment(inquiry.arrived + after), tier=tier))
    changes += [Change(what=Changes.WISH_ENDS, at=moment(inquiry.arrived + age)) for age in set(form.wish.tolist()) if age]
    if rare.hold is not None:
        changes.append(Change(what=Changes.HOLD_ENDS, at=moment(rare.hold[1]), agent=rare.hold[0]))
    for agent, memory in (inquiry.refusals or {}).items():
        if memory.count < board.plan.policy.decline_rounds_max:
            changes.append(Change(what=Changes.COOL_DOWN_ENDS, at=moment(memory.until), agent=agent))
    midnight = board.books.next_reset()
    if midnight is not None and any(contract.id in board.used_up for contract in form.contracts):
        changes.append(Change(what=Changes.NEW_DAY, at=moment(midnight)))
    profiles = [board.roster.profiles[number] for number in form.members.tolist()]
    openings = {
        (opening, profile.pool) for profile in profiles if not profile.is_open(now) and (opening := profile.next_opening(now))
    }
    changes += [Change(what=Changes.OPENING, at=opening, pool=pool) for opening, pool in openings]
    return tuple(
        sorted(
            (change for change in changes if change.at > now),
            key=lambda c: (c.at, c.what, c.agent or "", c.tier or 0, c.pool or ""),
        )
    )


def _waiting(inquiry: Inquiry) -> Waiting:
    return Waiting(
        inquiry=inquiry.id,
        brand=inquiry.demand.brand,
        demand=inquiry.demand,
        arrived=moment(inquiry.arrived),
        offered_to=inquiry.agent,
        all_closed=inquiry.told_closed,
        flags=tuple(sorted(inquiry.rare.flags)),
    )
