"""Whether the rules of routing can be kept: wishes, residency, data, money, overflow, shares, seats.

What the file contradicts by itself is an error: no hiring and no shift would ever mend it. What the people and pools of today cannot
fulfil is a warning, for they come and go, and a file may be written before they are there. Nothing here depends on the day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from operator import attrgetter
from typing import Any

from contact_hub.workspace import coverage
from contact_hub.workspace.model import LEAVE_MESSAGE, Agent, Brand, Contract, Kind, Share, Wish, Workspace
from contact_hub.workspace.problems import Problem, Where, path_of, problem
from i18n.levels import Level
from i18n.money import is_payable
from routing.model import Channel

Problems = Iterator[Problem]


def _wishes_below(workspace: Workspace) -> Problems:
    """A kind of work is judged by the lowest floor of the brands that offer it."""
    for brand, where, wish in _brand_wishes(workspace):
        if wish.level is not None and wish.level < brand.floor:
            yield _below(wish.level, brand, where)
    for kind, where, wish in _kind_wishes(workspace):
        lowest = min(_offering(workspace, kind), key=lambda brand: brand.floor, default=None)
        if lowest is not None and wish.level is not None and wish.level < lowest.floor:
            yield _below(wish.level, lowest, where)


def _below(level: Level, brand: Brand, where: Where) -> Problem:
    return problem("wish_below_floor", (*where, "level"), level=level.label, brand=brand.id, floor=brand.floor.label)


def _wishes_idle(workspace: Workspace) -> Problems:
    """What another wish that holds longer, the floor or a required skill asks as well."""
    for brand, where, wish in _brand_wishes(workspace):
        if _adds_nothing(wish, _outlasting(brand.wishes, wish), level=brand.floor, skills={}):
            yield problem("wish_idle", where, until=_seconds(wish.until_seconds))
    for kind, where, wish in _kind_wishes(workspace):
        floor = min((brand.floor for brand in _offering(workspace, kind)), default=Level.A1)
        if _adds_nothing(wish, _outlasting(kind.wishes, wish), level=floor, skills=kind.skills):
            yield problem("wish_idle", where, until=_seconds(wish.until_seconds))


def _outlasting(wishes: Sequence[Wish], wish: Wish) -> list[Wish]:
    """The others that hold as long or longer; of two that say the same the first counts."""
    own = next(index for index, each in enumerate(wishes) if each is wish)
    return [
        other
        for index, other in enumerate(wishes)
        if other.until_seconds > wish.until_seconds or (other.until_seconds == wish.until_seconds and index < own)
    ]


def _adds_nothing(wish: Wish, others: Sequence[Wish], *, level: Level, skills: Mapping[str, int]) -> bool:
    base, asked, dialect = _together(others, level=level, skills=skills)
    return (
        (wish.level is None or wish.level <= base)
        and all(asked.get(skill, 0) >= needed for skill, needed in wish.skills.items())
        and (dialect or not wish.dialect)
    )


def _together(wishes: Sequence[Wish], *, level: Level, skills: Mapping[str, int]) -> tuple[Level, dict[str, int], bool]:
    """Wishes that hold at one time: the highest level, every skill, the dialect if any asks for it."""
    asked = dict(skills)
    for wish in wishes:
        for skill, needed in wish.skills.items():
            asked[skill] = max(needed, asked.get(skill, 0))
    return max([level, *(wish.level for wish in wishes if wish.level)]), asked, any(wish.dialect for wish in wishes)


def _wishes_unmet(workspace: Workspace) -> Problems:
    """A brand's wish is judged in each of its languages; a kind's for each brand that offers it, in all its languages together."""
    for brand, where, wish in _brand_wishes(workspace):
        held = [*_outlasting(brand.wishes, wish), wish]
        for language in brand.languages:
            able = coverage.speaking(workspace, brand, language)
            if able and not any(_meets(agent, language, held, brand.floor) for agent in able):
                yield problem("wish_unmet", where, brand=brand.id, language=language, until=_seconds(wish.until_seconds))
    for kind, where, wish in _kind_wishes(workspace):
        held = [*_outlasting(kind.wishes, wish), wish]
        for brand in _offering(workspace, kind):
            able_in = {each: coverage.speaking(workspace, brand, each, kind=kind.id) for each in brand.languages}
            met = any(_meets(agent, language, held, brand.floor) for language, able in able_in.items() for agent in able)
            if any(able_in.values()) and not met:
                languages = ", ".join(brand.languages)
                yield problem("wish_unmet", where, brand=brand.id, language=languages, until=_seconds(wish.until_seconds))


def _meets(agent: Agent, language: str, wishes: Sequence[Wish], floor: Level) -> bool:
    """Judged by the dialect in which the agent would answer: the nearest that is spoken well enough."""
    level, skills, dialect = _together(wishes, level=floor, skills={})
    distance, spoken = coverage.nearest_in(agent, language, floor)
    return (
        spoken >= level
        and (not dialect or distance == 0)
        and all(agent.skills.get(skill, 0) >= needed for skill, needed in skills.items())
    )


def _residency_unmet(workspace: Workspace) -> Problems:
    for index, brand in enumerate(workspace.brands):
        if not brand.residency:
            continue
        covering = [contract for contract in workspace.contracts if coverage.covers(contract, brand)]
        pools = [pool for contract in covering for pool in coverage.pools_of(workspace, contract)]
        if pools and not any(coverage.may_see(brand, pool) for pool in pools):
            yield problem("residency_unmet", ("brands", index, "residency"), brand=brand.id, countries=", ".join(brand.residency))


def _contracts_outside(workspace: Workspace) -> Problems:
    """Told of contracts whose brands are served by others; a brand that nobody can serve is an error of its own."""
    unmet = {found.where[1] for found in _residency_unmet(workspace)}
    for index, contract in enumerate(workspace.contracts):
        pools = coverage.pools_of(workspace, contract)
        brands = [(at, brand) for at, brand in enumerate(workspace.brands) if coverage.covers(contract, brand)]
        shut = pools and brands and not any(coverage.may_see(brand, pool) for _, brand in brands for pool in pools)
        if shut and not unmet & {at for at, _ in brands}:
            yield problem("contract_outside_residency", ("contracts", index))


def _data_unmet(workspace: Workspace) -> Problems:
    for index, kind in enumerate(workspace.kinds):
        for brand in _offering(workspace, kind) if kind.data else ():
            covering = [
                each for each in workspace.contracts if coverage.covers(each, brand) and kind.id in (each.kinds or {kind.id})
            ]
            if covering and not any(coverage.admits(contract, kind) for contract in covering):
                yield problem("data_unmet", ("kinds", index, "data"), kind=kind.id, brand=brand.id)


def _data_unused(workspace: Workspace) -> Problems:
    known = {category for kind in workspace.kinds for category in kind.data}
    for index, contract in enumerate(workspace.contracts):
        for position, category in enumerate(contract.data or ()):
            if category not in known:
                meant = get_close_matches(category, known, n=1)
                where = ("contracts", index, "data", position)
                yield problem("data_unused", where, near=meant[0] if meant else None, value=category)


def _kinds_unskilled(workspace: Workspace) -> Problems:
    """Somebody has the skills, but nobody who may answer for the brand; that nobody has them at all is told at the kind."""
    held = [kind for kind in workspace.kinds if kind.skills and all(_held(workspace, *each) for each in kind.skills.items())]
    for index, brand in enumerate(workspace.brands):
        for kind in held:
            if not _offers(brand, kind) or coverage.answering(workspace, brand, kind=kind.id):
                continue
            if coverage.under_contract(workspace, brand, kind.id):
                yield problem("kind_unskilled", ("brands", index, "kinds"), brand=brand.id, kind=kind.id)


def _held(workspace: Workspace, skill: str, level: int) -> bool:
    return any(agent.skills.get(skill, 0) >= level for agent in workspace.agents)


def _money(workspace: Workspace) -> Problems:
    first: tuple[str, str] | None = None
    for index, contract in enumerate(workspace.contracts):
        here: Where = ("contracts", index)
        for name, amount in (("price", contract.price), ("budget_per_day", contract.budget_per_day)):
            if amount and contract.currency is None:
                yield problem("currency_missing", (*here, name), value=amount)
            elif amount and contract.currency is not None and not is_payable(amount, contract.currency):
                yield problem("money_precision", (*here, name), value=amount, currency=contract.currency)
        if contract.currency is not None:
            first = first or (contract.currency, path_of(here))
            if contract.currency != first[0]:
                yield problem("currency_mixed", (*here, "currency"), value=contract.currency, other=first[0], first=first[1])


def _days(workspace: Workspace) -> Problems:
    """What is promised for one day against what the day may bring."""
    for index, contract in enumerate(workspace.contracts):
        here: Where = ("contracts", index)
        minimum, cap, price, budget = contract.minimum_per_day, contract.cap_per_day, contract.price or 0, contract.budget_per_day
        if cap is not None and minimum > cap:
            yield problem("minimum_above_cap", (*here, "minimum_per_day"), minimum=minimum, cap=cap)
        if budget is not None and price > budget:
            yield problem("budget_below_price", (*here, "budget_per_day"), budget=budget, price=price)
        elif budget is not None and price * minimum > budget:
            yield problem("minimum_above_budget", (*here, "minimum_per_day"), minimum=minimum, cost=price * minimum, budget=budget)


def _days_idle(workspace: Workspace) -> Problems:
    for index, contract in enumerate(workspace.contracts):
        if contract.cap_per_day == 0:
            yield problem("cap_zero", ("contracts", index, "cap_per_day"))
        if contract.budget_per_day is not None and not contract.price:
            yield problem("budget_without_price", ("contracts", index, "budget_per_day"))


def _overflow_order(workspace: Workspace) -> Problems:
    """A tier that joins before the one that is asked before it: each would wait for the other."""
    of_client: dict[str, list[Contract]] = {}
    for contract in workspace.contracts:
        of_client.setdefault(contract.client, []).append(contract)
    for index, higher in enumerate(workspace.contracts):
        for name in ("overflow_after_seconds", "overflow_wait_seconds"):
            seconds = getattr(higher, name)
            if seconds is None:
                continue
            lower = [each for each in of_client[higher.client] if each.tier < higher.tier and (getattr(each, name) or 0) > seconds]
            rivals = [each for each in lower if coverage.compete(workspace, each, higher)]
            if rivals:
                last: Contract = max(rivals, key=attrgetter(name))
                values: dict[str, Any] = {
                    "tier": higher.tier,
                    "lower": last.tier,
                    "other": last.id,
                    "later": _seconds(getattr(last, name)),
                }
                yield problem("overflow_order", ("contracts", index, name), **values, seconds=_seconds(seconds))


def _shares(workspace: Workspace) -> Problems:
    taken: dict[str, str] = {}
    for index, share in enumerate(workspace.shares):
        here: Where = ("shares", index, "contracts")
        if (total := sum(share.contracts.values())) != 100:
            yield problem("share_sum", here, sum=total)
        sharing = _sharing(workspace, share)
        for contract in sharing[1:]:
            if (contract.client, contract.tier) != (sharing[0].client, sharing[0].tier):
                values: dict[str, Any] = {
                    "contract": contract.id,
                    "client": contract.client,
                    "tier": contract.tier,
                    "other": sharing[0].id,
                }
                yield problem("share_mixed", (*here, contract.id), **values)
        for contract_id in share.contracts:
            if contract_id in taken:
                yield problem("share_twice", (*here, contract_id), contract=contract_id, first=taken[contract_id])
            taken.setdefault(contract_id, share.id)


def _shares_idle(workspace: Workspace) -> Problems:
    for index, share in enumerate(workspace.shares):
        here: Where = ("shares", index, "contracts")
        sharing = _sharing(workspace, share)
        for contract in sharing:
            others = [other for other in sharing if other is not contract]
            if others and not any(coverage.compete(workspace, contract, other) for other in others):
                yield problem("share_apart", (*here, contract.id), contract=contract.id)
        for contract in sharing[1:]:
            one, other = contract.overflow_after_seconds, sharing[0].overflow_after_seconds
            if one != other and contract.tier == sharing[0].tier:
                values = {"contract": contract.id, "other": sharing[0].id, "seconds": _seconds(one), "others": _seconds(other)}
                yield problem("share_staggered", (*here, contract.id), **values)


def _sharing(workspace: Workspace, share: Share) -> list[Contract]:
    """The contracts of a share, in its own order; unknown ones are told elsewhere."""
    by_id = {contract.id: contract for contract in workspace.contracts}
    return [by_id[each] for each in share.contracts if each in by_id]


def _weights(workspace: Workspace) -> Problems:
    seats = max((agent.seats for agent in workspace.agents), default=None)
    for channel in Channel:
        weight: int = getattr(workspace.rules.weights, channel.value)
        used = any(channel in contract.channels for contract in workspace.contracts)
        if seats is not None and used and weight > seats:
            yield problem("weight_unfit", ("rules", "weights", channel.value), channel=channel.value, weight=weight, seats=seats)


def _fallbacks(workspace: Workspace) -> Problems:
    pools = {pool.id: pool for pool in workspace.pools}
    for index, brand in enumerate(workspace.brands):
        if brand.fallback in {None, LEAVE_MESSAGE} or brand.fallback not in pools:
            continue
        pool = pools[brand.fallback]
        engaged = any(
            coverage.covers(contract, brand) and pool in coverage.pools_of(workspace, contract) for contract in workspace.contracts
        )
        if not engaged or not coverage.may_see(brand, pool):
            yield problem("fallback_unable", ("brands", index, "fallback"), pool=pool.id, brand=brand.id)


def _brand_wishes(workspace: Workspace) -> Iterator[tuple[Brand, Where, Wish]]:
    for index, brand in enumerate(workspace.brands):
        for position, wish in enumerate(brand.wishes):
            yield brand, ("brands", index, "wishes", position), wish


def _kind_wishes(workspace: Workspace) -> Iterator[tuple[Kind, Where, Wish]]:
    for index, kind in enumerate(workspace.kinds):
        for position, wish in enumerate(kind.wishes):
            yield kind, ("kinds", index, "wishes", position), wish


def _offering(workspace: Workspace, kind: Kind) -> list[Brand]:
    """The brands whose customers may ask for this."""
    return [brand for brand in workspace.brands if _offers(brand, kind)]


def _offers(brand: Brand, kind: Kind) -> bool:
    return not brand.kinds or kind.id in brand.kinds


def _seconds(seconds: float) -> str:
    return f"{seconds:g}"


ERRORS: tuple[Callable[[Workspace], Problems], ...] = (
    _wishes_below,
    _residency_unmet,
    _data_unmet,
    _money,
    _days,
    _overflow_order,
    _shares,
)
WARNINGS: tuple[Callable[[Workspace], Problems], ...] = (
    _wishes_idle,
    _wishes_unmet,
    _contracts_outside,
    _data_unused,
    _kinds_unskilled,
    _days_idle,
    _shares_idle,
    _weights,
    _fallbacks,
)
