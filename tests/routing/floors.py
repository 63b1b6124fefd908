"""Small floors of every make, and what may happen on them: for Hypothesis, and for long histories from a seed.

`plain_floors` have tiers, languages, skills, seats, priorities, declines, hours and certifications; `floors` add any of the `RULES`. A history is
a list of `Move`s, which `event_of` turns into events once it is known what stands where. Events lie an odd time apart (`odd`), so that
nothing falls due at one instant by accident: what the order of a tie should be is nobody's claim.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from i18n.levels import Level
from routing.events import (
    AgentConnected,
    AgentDisconnected,
    AvailabilitySet,
    DemandCorrected,
    Event,
    HandlingEnded,
    InquiryArrived,
    InquiryClaimed,
    InquiryLeft,
    OfferAccepted,
    OfferDeclined,
    PlanChanged,
    Transferred,
    WrapUpDone,
)
from routing.model import (
    Agent,
    AgentId,
    Availability,
    Block,
    Brand,
    Channel,
    ClientId,
    Contract,
    ContractId,
    Demand,
    Hours,
    InquiryId,
    Kind,
    OfferId,
    Plan,
    Policy,
    PoolId,
    Preference,
    Share,
    VendorId,
    Wish,
)
from tests.routing.builders import ACME, ALWAYS, NOVA, agent, contract, plan, pool
from tests.routing.reference_rules import Case, Rules

FAR = "ROUTING_EXAMPLES" in os.environ
"""Look further than the default, at other floors every time, and take the time to make what is found small."""

EXAMPLES = int(os.environ.get("ROUTING_EXAMPLES", "60"))
TOO_OFTEN = 10_000

POOLS = ("home", "manila", "berlin")
AGENTS = ("anna", "ben", "cleo", "dora")
BREAK = tuple(
    block for day in range(7) for block in (Block(weekday=day, opens=time(8), closes=time(10, 4)), Block(weekday=day, opens=time(10, 9), closes=time(20)))
)  # fmt: skip
EVENING = tuple(Block(weekday=day, opens=time(18, 2), closes=time(6)) for day in range(7))  # in Manila: from 10:02 UTC on

Move = tuple[str, int, int, float]
"""What happens, to whom, how, and how many seconds after the move before."""


# floors


def people(pools: list[str], **more: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Agent]]:
    """Two to four agents who differ in what rules ask about."""
    one = st.fixed_dictionaries(
        {
            "pool_": st.sampled_from(pools),
            "languages": st.sampled_from(
                [
                    {"en": Level.C1},
                    {"en": Level.B2},
                    {"en": Level.B1, "de": Level.C1},
                    {"en-GB": Level.NATIVE},
                    {"de": Level.B2, "en": Level.C2},
                ]
            ),
            "skills": st.sampled_from([{}, {"router": 2}, {"router": 3, "tact": 1}]),
            "certifications": st.sampled_from([{ACME: None, NOVA: None}, {ACME: date(2026, 11, 23)}, {ACME: None}]),
            "seats": st.sampled_from([1, 2, 3, 4]),
            "ceilings": st.sampled_from([{}, {}, {Channel.CHAT: 1}]),
            **more,
        }
    )
    named = st.lists(one, min_size=2, max_size=len(AGENTS))
    return named.map(lambda drawn: [agent(name, **facts) for name, facts in zip(AGENTS, drawn, strict=False)])


@st.composite
def plain_floors(draw: st.DrawFn) -> Plan:
    """Tiers, languages, skills, seats, priorities, declines, hours, certifications."""
    names = draw(st.sampled_from([["home"], ["home", "manila"], list(POOLS)]))
    hours = {name: draw(st.sampled_from([("UTC", ALWAYS), ("UTC", BREAK), ("Asia/Manila", EVENING)])) for name in names}
    return plan(
        draw(people(names)),
        pools=[pool(name, zone=hours[name][0], weekly=hours[name][1]) for name in names],
        contracts=[draw(contracts_of(name)) for name in names],
        brands=[
            Brand(id=ACME, client=ClientId("client"), languages=("en", "de"), floor=draw(st.sampled_from([Level.B1, Level.B2])))
        ],
        policy=draw(policies()),
    )


def contracts_of(name: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Contract]:
    """A contract with a pool, at some tier."""
    tiers = st.sampled_from([(1, 0.0), (1, 0.0), (2, 17.0), (3, 41.0)])
    return st.tuples(tiers, st.fixed_dictionaries(more)).map(
        lambda drawn: replace(contract(name, tier=drawn[0][0], after=drawn[0][1]), **drawn[1])
    )


def policies(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[Policy]:
    """The numbers of a floor."""
    return st.builds(
        Policy,
        **{
            "offer_seconds": st.just({Channel.CHAT: 23.0, Channel.EMAIL: 71.0}),
            "weights": st.sampled_from([{Channel.CHAT: 1, Channel.EMAIL: 1}, {Channel.CHAT: 2, Channel.EMAIL: 1}]),
            "priority_step_seconds": st.sampled_from([60.0, 13.0]),
            "decline_cooldown_seconds": st.sampled_from([37.0, 120.0]),
            "decline_rounds_max": st.sampled_from([1, 2, 3]),
            "missed_offer_makes_away": st.booleans(),
            "wrap_up_seconds": st.sampled_from([29.0, 120.0]),
            "ageing_guard_seconds": st.none(),
            "fewest_in_hand": st.just(True),
            **more,
        },
    )


def demands(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Demand]]:
    """What customers of this history ask for."""
    one = st.builds(
        Demand,
        brand=st.sampled_from([ACME, ACME, NOVA]),
        channel=st.sampled_from([Channel.CHAT, Channel.CHAT, Channel.EMAIL]),
        kind=st.sampled_from(["service", "service", "complaint", "technical"]),
        languages=st.sampled_from([("en",), ("en",), ("de",), ("en-GB", "en"), ()]),
        floor=st.sampled_from([None, None, Level.C1]),
        priority=st.sampled_from([None, None, 3]),
        **more,
    )
    return st.lists(one, min_size=1, max_size=5)


OFTEN = ["arrive", "accept", "end", "ready"]
SELDOM = ["decline", "wrap_up", "step_back", "drop", "connect", "transfer", "correct", "leave", "claim", "wait"]
moves = st.lists(
    st.tuples(
        st.sampled_from([*OFTEN * 3, *SELDOM]),
        st.integers(0, 11),
        st.integers(0, 11),
        st.sampled_from([0.0, 0.0, 1.0, 3.0, 11.0, 31.0, 47.0, 130.0, 310.0]),
    ),
    min_size=4,
    max_size=40,
)


# rules


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule adds to a floor: to contracts, policy, brand, kinds, demands and agents."""

    contracts: Mapping[str, st.SearchStrategy[Any]] = field(default_factory=dict)
    policy: Mapping[str, st.SearchStrategy[Any]] = field(default_factory=dict)
    brand: Mapping[str, st.SearchStrategy[Any]] = field(default_factory=dict)
    kind: Mapping[str, st.SearchStrategy[Any]] = field(default_factory=dict)
    demands: Mapping[str, st.SearchStrategy[Any]] = field(default_factory=dict)
    agents: Mapping[str, st.SearchStrategy[Any]] = field(default_factory=dict)


wishes = st.lists(
    st.builds(
        Wish,
        until_seconds=st.sampled_from([19.0, 53.0]),
        level=st.sampled_from([None, Level.C1, Level.C2]),
        skills=st.sampled_from([{}, {"tact": 1}, {"router": 3}]),
        dialect=st.booleans(),
    ),
    max_size=2,
).map(tuple)
countries = st.sampled_from([frozenset(), frozenset({"DE"}), frozenset({"PH", "PT"})])

RULES = {
    "wishes": Rule(brand={"wishes": wishes}, kind={"wishes": wishes}),
    "tiers": Rule(contracts={"overflow_after_seconds": st.sampled_from([0.0, 17.0, 41.0])}),
    "last agent": Rule(
        policy={"sticky_hold_seconds": st.sampled_from([0.0, 43.0, 200.0])},
        demands={"last_agent": st.sampled_from([None, *map(AgentId, AGENTS)])},
    ),
    "guard": Rule(
        policy={
            "ageing_guard_seconds": st.sampled_from([0.0, 59.0]),
            "weights": st.sampled_from([{Channel.CHAT: 2, Channel.EMAIL: 1}, {Channel.CHAT: 3, Channel.EMAIL: 1}]),
        }
    ),
    "days": Rule(
        contracts={
            "cap_per_day": st.sampled_from([None, 0, 1, 3]),
            "budget_per_day": st.sampled_from([None, 10]),
            "price": st.sampled_from([0, 3, 5]),
            "minimum_per_day": st.sampled_from([0, 2]),
            "zone": st.sampled_from(["UTC", "Pacific/Chatham"]),  # whose midnight is at 10:15 UTC
        }
    ),
    "dates": Rule(
        contracts={
            "valid_from": st.sampled_from([None, None, date(2026, 11, 24)]),
            "valid_to": st.sampled_from([None, None, date(2026, 11, 23)]),
            "zone": st.sampled_from(["UTC", "Pacific/Chatham"]),
        },
        agents={
            "shift": st.sampled_from([None, Hours(zone="UTC", weekly=BREAK), Hours(zone="Asia/Manila", weekly=EVENING)]),
        },
    ),
    "promises": Rule(contracts={"answer_within_seconds": st.sampled_from([None, 20.0, 300.0])}),
    "borders": Rule(
        contracts={"data": st.sampled_from([None, frozenset(), frozenset({"health"})])},
        brand={"residency": countries},
        kind={"data": st.sampled_from([frozenset(), frozenset({"health"})])},
        demands={"residency": countries.map(lambda drawn: tuple(sorted(drawn)))},
    ),
    "choice": Rule(
        contracts={"price": st.sampled_from([0, 3])},
        policy={
            "choice": st.lists(st.sampled_from(list(Preference)), unique=True).map(tuple),
            "fewest_in_hand": st.booleans(),
        },
        brand={"zone": st.sampled_from(["UTC", "America/Lima"])},
        demands={"zone": st.sampled_from([None, "Asia/Tokyo"])},
    ),
    "at once": Rule(
        policy={"auto_accept": st.sampled_from([frozenset({Channel.CHAT}), frozenset(Channel)]), "wrap_up_seconds": st.just(0.0)}
    ),
    "shares": Rule(),
    "other rules": Rule(),
}
PLACES = {"home": ("UTC", "DE"), "manila": ("Asia/Manila", "PH"), "berlin": ("Pacific/Chatham", "PT")}


@st.composite
def floors(draw: st.DrawFn, names: tuple[str, ...]) -> Plan:
    """A floor with these rules and the plain ones."""
    rules = [RULES[name] for name in names]
    contracts = together(rule.contracts for rule in rules)
    here = list(POOLS) if "shares" in names else draw(st.sampled_from([["home"], ["home", "manila"], list(POOLS)]))
    hours = {name: ALWAYS if "shares" in names else draw(st.sampled_from([ALWAYS, ALWAYS, BREAK])) for name in here}
    made = [draw(contracts_of(name, **contracts)) for name in here]
    if "shares" in names:
        made = [replace(one, tier=1, overflow_after_seconds=0.0) for one in made]
    elif draw(st.booleans()):
        made.append(replace(draw(contracts_of("berlin", **contracts)), id=ContractId("c-vendor"), pool=None, vendor=VendorId("v")))
    kinds = [Kind(id="service"), Kind(id="complaint", priority=2), Kind(id="technical", skills={"router": 2})]
    drawn = plan(
        draw(people(here, **together(rule.agents for rule in rules))),
        pools=[
            replace(pool(name, zone=PLACES[name][0], weekly=hours[name], vendor="v"), country=PLACES[name][1])
            if name in {"manila", "berlin"}
            else pool(name, weekly=hours[name])
            for name in here
        ],
        contracts=made,
        kinds=[replace(one, **draw(st.fixed_dictionaries(together(rule.kind for rule in rules)))) for one in kinds],
        brands=[
            Brand(
                id=ACME,
                client=ClientId("client"),
                languages=("en", "de"),
                floor=draw(st.sampled_from([Level.B1, Level.B2])),
                **draw(st.fixed_dictionaries(together(rule.brand for rule in rules))),
            )
        ],
        policy=draw(policies(**together(rule.policy for rule in rules))),
    )
    weights = {one.id: draw(st.integers(1, 3)) for one in made} if "shares" in names else {}
    return replace(
        drawn, shares={"s": Share(id="s", weights=weights, catch_up=TOO_OFTEN, strict=draw(st.booleans()))} if weights else {}
    )


def together(parts: Iterable[Mapping[str, st.SearchStrategy[Any]]]) -> dict[str, st.SearchStrategy[Any]]:
    """What several rules draw for the same thing."""
    return {name: strategy for part in parts for name, strategy in part.items()}


# what happens


def odd(number: int) -> timedelta:
    """A little more time before each event, such that no two spans between events are the same."""
    return timedelta(microseconds=7 + 13 * number**2)


def event_of(floor: Rules, demands_: list[Demand], plans: list[Plan], move: Move, number: int) -> Event | None:
    """A move as an event; None where there is nothing it could be about."""
    what, whom, how, _ = move
    names = list(floor.plan.agents) or [AgentId("nobody")]
    name = names[whom % len(names)]
    match what:
        case "arrive":
            return InquiryArrived(inquiry=InquiryId(f"i{number:02}"), demand=demands_[how % len(demands_)])
        case "ready":
            return AvailabilitySet(agent=name, availability=Availability.READY)
        case "step_back":
            back = [Availability.AWAY, Availability.AWAY, Availability.OFFLINE, Availability.WRAP_UP]
            return AvailabilitySet(agent=name, availability=back[how % 4], reason="break")
        case "drop":
            return AgentDisconnected(agent=name)
        case "connect":
            return AgentConnected(agent=name)
        case "plan":
            return PlanChanged(plan=replace(plans[how % len(plans)], version=number)) if plans else None
        case "wait":
            return None
    stages = {
        "accept": "offered",
        "decline": "offered",
        "end": "assigned",
        "wrap_up": "wrap_up",
        "transfer": "assigned",
        "claim": "waiting",
    }
    cases = [one for one in floor.cases if one.stage == stages.get(what, one.stage)]
    return _about(what, cases[whom % len(cases)], how, name, demands_) if cases else None


def _about(what: str, case: Case, how: int, name: AgentId, demands_: list[Demand]) -> Event:
    holder = case.agent or name
    offer = OfferId(f"{case.id}.{case.offers}")
    makers: dict[str, Callable[[], Event]] = {
        "accept": lambda: OfferAccepted(offer=offer, agent=holder),
        "decline": lambda: OfferDeclined(offer=offer, agent=holder, reason="busy"),
        "end": lambda: HandlingEnded(inquiry=case.id),
        "wrap_up": lambda: WrapUpDone(inquiry=case.id, agent=holder, disposition="solved"),
        "transfer": lambda: Transferred(
            inquiry=case.id, by=holder, agent=name if how % 3 == 0 else None, pool=PoolId(POOLS[how % 2]) if how % 3 == 1 else None
        ),
        "claim": lambda: InquiryClaimed(inquiry=case.id, agent=name),
        "correct": lambda: DemandCorrected(inquiry=case.id, demand=demands_[how % len(demands_)]),
        "leave": lambda: InquiryLeft(inquiry=case.id, because="idle"),
    }
    return makers[what]()


proof = settings(
    max_examples=EXAMPLES,
    derandomize=not FAR,
    phases=tuple(Phase) if FAR else (Phase.explicit, Phase.generate),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
