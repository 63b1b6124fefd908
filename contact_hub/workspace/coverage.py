"""Who may answer for whom, read from the workspace alone.

The engine decides for one inquiry at one instant; an author wants to know it of the file, day by day and before it is compiled:
which agents contract, certification, persona and language bring together with a brand. One place says it, for the checks, the demo
and the screens of configuration; a test holds it against `routing.eligibility`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from contact_hub.workspace.country_groups import countries_in
from contact_hub.workspace.model import Agent, Brand, Contract, Kind, Persona, Pool, Workspace
from i18n.levels import Level
from routing.eligibility import SAME_LANGUAGE_MAX, near
from routing.model import Presentation


def persona_of(brand: Brand, agent: Agent) -> Persona | None:
    """The face this agent has for this brand; None if there is none."""
    return brand.persona.shared or agent.personas.get(brand.id)


def covers(contract: Contract, brand: Brand) -> bool:
    """Whether work for this brand falls under the contract."""
    return contract.client == brand.client and (not contract.brands or brand.id in contract.brands)


def pools_of(workspace: Workspace, contract: Contract) -> list[Pool]:
    """The pools a contract engages: the one it names, or all of its vendor."""
    return [
        pool
        for pool in workspace.pools
        if pool.id == contract.pool or (contract.vendor is not None and pool.vendor == contract.vendor)
    ]


def may_see(brand: Brand, pool: Pool) -> bool:
    """Whether the data of the brand's customers may be seen where this pool is."""
    return not brand.residency or pool.country in countries_in(brand.residency)


def admits(contract: Contract, kind: Kind) -> bool:
    """Whether the contract covers this kind of work and lets its agents see what it touches."""
    return (not contract.kinds or kind.id in contract.kinds) and (contract.data is None or set(kind.data) <= set(contract.data))


def compete(workspace: Workspace, first: Contract, second: Contract) -> bool:
    """Whether one inquiry could fall under both contracts, on some day."""
    brands = any(covers(first, brand) and covers(second, brand) for brand in workspace.brands)
    kinds = not first.kinds or not second.kinds or set(first.kinds) & set(second.kinds)
    apart = (first.valid_to or date.max) < (second.valid_from or date.min) or (second.valid_to or date.max) < (
        first.valid_from or date.min
    )
    return bool(brands and kinds and set(first.channels) & set(second.channels) and not apart)


def level_in(agent: Agent, language: str) -> Level | None:
    """The agent's best level in what counts as this language when work is given out."""
    return max((level for tag, level in agent.languages.items() if near(language, tag) <= SAME_LANGUAGE_MAX), default=None)


def nearest_in(agent: Agent, language: str, floor: Level) -> tuple[int, Level]:
    """How far the dialect in which the agent would answer is, and its level; the agent speaks one of them at the floor."""
    return min((near(language, tag), level) for tag, level in agent.languages.items() if level >= floor)


def certified(agent: Agent, brand: Brand, on: date | None) -> bool:
    """Whether the certification, if the brand asks for one, holds on this day; None asks for any certification at all."""
    if not brand.certification_required:
        return True
    if brand.id not in agent.certifications:
        return False
    last = agent.certifications[brand.id]
    return last is None or on is None or on <= last


def presentable(agent: Agent, brand: Brand, contract: Contract) -> bool:
    """Whether the agent can be shown as the contract wants it."""
    return contract.presentation is not Presentation.BRAND or persona_of(brand, agent) is not None


def under_contract(workspace: Workspace, brand: Brand, kind: str) -> bool:
    """Whether anybody at all may answer for the brand under a contract that covers this kind of work, skilled for it or not."""
    return any(any(_staffed(workspace, contract, brand, None)) for contract in _contracts(workspace, brand, kind, None))


def answering(workspace: Workspace, brand: Brand, *, kind: str | None = None, on: date | None = None) -> list[Agent]:
    """Everybody who may answer for the brand, whatever the language and the hour; on a day, if one is given."""
    found = {agent.id for contract in _contracts(workspace, brand, kind, on) for agent in _staffed(workspace, contract, brand, on)}
    skills = {each.id: each.skills for each in workspace.kinds}.get(kind or "", {})
    return [agent for agent in workspace.agents if agent.id in found and _skilled(agent, skills)]


def speaking(workspace: Workspace, brand: Brand, language: str, *, kind: str | None = None, on: date | None = None) -> list[Agent]:
    """Those of them who speak the language at the brand's floor or better."""
    return [agent for agent in answering(workspace, brand, kind=kind, on=on) if (level_in(agent, language) or 0) >= brand.floor]


def _contracts(workspace: Workspace, brand: Brand, kind: str | None, on: date | None) -> Iterator[Contract]:
    kinds = [each for each in workspace.kinds if each.id == kind]
    for contract in workspace.contracts:
        if covers(contract, brand) and all(admits(contract, each) for each in kinds) and (on is None or contract.holds_on(on)):
            yield contract


def _staffed(workspace: Workspace, contract: Contract, brand: Brand, on: date | None) -> Iterator[Agent]:
    for pool in pools_of(workspace, contract):
        for agent in workspace.agents_of_pool.get(pool.id, ()) if may_see(brand, pool) else ():
            if certified(agent, brand, on) and presentable(agent, brand, contract):
                yield agent


def _skilled(agent: Agent, skills: dict[str, int]) -> bool:
    return all(agent.skills.get(skill, 0) >= level for skill, level in skills.items())
