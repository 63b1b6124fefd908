"""Text → document → scenario, with every reason why not.

Pure but for the files that a simulation file names, which are read through a function that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from pydantic import ValidationError

from contact_hub.simulate.completion import Document, completed, merged, misshapen
from contact_hub.simulate.model import AgentGroup, BehaviourField, SimulationFile, TrafficField
from contact_hub.simulate.notation import ServiceNotation
from contact_hub.simulate.problems import found, of_pydantic
from contact_hub.workspace import WorkspaceRefused, compile_plan, placed
from contact_hub.workspace import model as file
from contact_hub.workspace.checks import errors_in
from contact_hub.workspace.country_groups import countries_in
from contact_hub.workspace.problems import Problem, Where, problem
from contact_hub.workspace.yaml_text import Reading, read
from routing.model import AgentId, BrandId, ContractId, Demand, Plan, PoolId, Share
from routing.simulator.distributions import Distribution
from routing.simulator.scenario import Behaviour, Scenario, Service, Traffic

Reader = Callable[[str], str]
"""The text of a file that another one names. Raises OSError or UnicodeDecodeError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """A file made ready: what to run, and how many arrivals it asks for."""

    scenario: Scenario
    arrivals: int


def parse(text: str, reader: Reader) -> Simulation:
    """The simulation a file describes. Raises WorkspaceRefused with every problem."""
    reading = read(text)
    with _places(reading):
        return simulation_of(resolved(_mapping(reading), reader), whole=_whole(reading))


def parse_pair(text: str, other: str, reader: Reader, other_reader: Reader) -> tuple[Simulation, Simulation]:
    """Two rule sets: the file, and the file with the sections of the other one over it."""
    first, second = read(text), read(other)
    with _places(first):
        base = resolved(_mapping(first), reader)
        one = simulation_of(base, whole=_whole(first))
    with _places(second):
        both = merged(base, resolved(_mapping(second), other_reader))
        return one, simulation_of(both, whole=_whole(first) or _whole(second))


def resolved(document: Mapping[str, Any], reader: Reader) -> Document:
    """With the files that it names in place of their names."""
    full = dict(document)
    name = full.pop("workspace_file", None)
    if name is not None:
        full = merged(_mapping(read(_text(name, ("workspace_file",), reader))), full)
    for index, one in enumerate(full["traffic"] if isinstance(full.get("traffic"), list) else []):
        arrivals = one.get("arrivals") if isinstance(one, Mapping) else None
        if isinstance(arrivals, Mapping) and set(arrivals) == {"times_file"}:
            where = ("traffic", index, "arrivals", "times_file")
            times = _numbers(_text(arrivals["times_file"], where, reader), arrivals["times_file"], where)
            full["traffic"] = [*full["traffic"][:index], {**one, "arrivals": {"times": times}}, *full["traffic"][index + 1 :]]
    return full


def simulation_of(document: Mapping[str, Any], *, whole: bool = False) -> Simulation:
    """From a document with nothing to be read any more. Raises WorkspaceRefused with every problem."""
    _refuse(misshapen(document))
    full, problems = completed(document, whole=whole)
    _refuse(problems)
    try:
        said = SimulationFile.model_validate(full)
    except ValidationError as refusal:
        odd = [of_pydantic(one) for one in refusal.errors(include_url=False, include_input=False)]
        raise WorkspaceRefused([one for one in odd if _written(document, one.where)] or odd) from None
    workspace, groups = expanded(said)
    _refuse([*_told_of_groups(errors_in(workspace), groups), *_loose_ends(said)])
    return Simulation(scenario=_scenario(said, plan_of(said, workspace, version=1), groups), arrivals=said.simulation.arrivals)


def expanded(said: SimulationFile) -> tuple[file.Workspace, list[int]]:
    """The workspace with every agent by name, and the group that each of them is of."""
    agents: list[file.Agent] = []
    groups: list[int] = []
    for index, group in enumerate(said.agents):
        agents += _members(group)
        groups += [index] * (len(agents) - len(groups))
    shares = [
        file.Share(id=one.id, contracts=one.contracts, catch_up=one.catch_up, strict=one.strict)
        for one in said.shares
        if one.contracts
    ]
    sections = {name: getattr(said, name) for name in file.Workspace.model_fields}
    return file.Workspace.model_construct(**{**sections, "agents": tuple(agents), "shares": tuple(shares)}), groups


def plan_of(said: SimulationFile, workspace: file.Workspace, *, version: int) -> Plan:
    """The rules, for the engine."""
    plan = compile_plan(workspace, version)
    weighted = {
        one.id: Share(
            id=one.id, weights={ContractId(id_): n for id_, n in one.weights.items()}, catch_up=one.catch_up, strict=one.strict
        )
        for one in said.shares
        if one.weights
    }
    return replace(plan, shares={**plan.shares, **weighted})


def behaviour_of(*said: BehaviourField) -> Behaviour:
    """What is said last holds, key by key. Raises ValueError for losses that never end."""
    values: dict[str, Any] = {}
    for one in said:
        values |= {name: value for name in BehaviourField.model_fields if (value := getattr(one, name)) is not None}
    return Behaviour(**values)


def _members(group: AgentGroup) -> list[file.Agent]:
    own = {name: getattr(group, name) for name in file.Agent.model_fields}
    if group.count == 1:
        return [file.Agent.model_construct(**own)]
    return [
        file.Agent.model_construct(**{**own, "id": f"{group.id}-{n}", "email": f"{group.id}-{n}@agents.example"})
        for n in range(1, group.count + 1)
    ]


def _told_of_groups(problems: list[Problem], groups: list[int]) -> list[Problem]:
    """A problem of one agent is its group's; of alike agents it is told once."""
    told: dict[tuple[Where, str, str], Problem] = {}
    for one in problems:
        match one.where:
            case ("agents", int(index), *rest):
                where: Where = ("agents", groups[index], *rest)
                told.setdefault((where, one.code, ""), replace(one, where=where))
            case _:
                told.setdefault((one.where, one.code, one.sentence), one)
    return list(told.values())


def _loose_ends(said: SimulationFile) -> list[Problem]:
    """What the added sections refer to."""
    problems: list[Problem] = []
    known = {
        "brand": {one.id for one in said.brands},
        "kind": {one.id for one in said.kinds},
        "pool": {one.id for one in said.pools},
    }
    names: dict[str, str] = {}
    for index, one in enumerate(said.traffic):
        here: Where = ("traffic", index)
        if one.name in names:
            problems.append(found("name_twice", (*here, "name"), value=one.name, first=names[one.name]))
        names.setdefault(one.name, f"traffic[{index}]")
        referring = [("brand", one.brand, "brand"), ("kind", one.kind, "kind"), ("pool", one.pool, "pool")]
        referring += [("pool", pool, "service") for pool in one.service.by_pool]
        problems += [
            problem("reference_unknown", (*here, place), what=what, value=value)
            for what, value, place in referring
            if value is not None and value not in known[what]
        ]
    contracts = {one.id for one in said.contracts}
    for index, share in enumerate(said.shares):
        problems += [
            found("contract_unknown", ("shares", index, "weights", id_), value=id_) for id_ in share.weights if id_ not in contracts
        ]
    spoken = [(("agents", n), group.behaviour) for n, group in enumerate(said.agents) if group.behaviour != BehaviourField()]
    for where, behaviour in [((), BehaviourField()), *spoken]:
        try:
            behaviour_of(said.behaviour, behaviour)
        except ValueError as odd:
            problems.append(found("behaviour_invalid", (*where, "behaviour"), reason=str(odd).capitalize()))
    return problems


def _scenario(said: SimulationFile, plan: Plan, groups: list[int]) -> Scenario:
    settings = said.simulation
    special = {
        index: behaviour_of(said.behaviour, group.behaviour)
        for index, group in enumerate(said.agents)
        if group.behaviour != BehaviourField()
    }
    behaviours = {agent: special[index] for agent, index in zip(plan.agents, groups, strict=True) if index in special}
    return Scenario(
        name=settings.name,
        plan=plan,
        traffic=tuple(_traffic(one, plan) for one in said.traffic),
        behaviour=behaviour_of(said.behaviour),
        behaviours=behaviours,
        start=settings.start,
        seconds=settings.seconds,
        warm_up_share=settings.warm_up_percent / 100,
        warm_up_seconds=settings.warm_up_seconds,
        service_levels=settings.service_levels,
        waiting_room=settings.waiting_room,
        drain_seconds=settings.drain_seconds,
    )


def _traffic(said: TrafficField, plan: Plan) -> Traffic:
    brand = plan.brands[BrandId(said.brand)]
    return Traffic(
        name=said.name,
        demand=Demand(
            brand=brand.id,
            channel=said.channel,
            kind=said.kind,
            languages=brand.languages[:1] if said.languages is None else said.languages,
            floor=said.floor,
            skills=dict(said.skills),
            priority=said.priority,
            pool=PoolId(said.pool) if said.pool else None,
            last_agent=AgentId(said.last_agent) if said.last_agent else None,
            residency=tuple(sorted(countries_in(said.residency))),
            zone=said.zone,
        ),
        arrivals=said.arrivals,
        service=_service(said.service, said),
        patience=said.patience,
        wrap_up=said.wrap_up,
        waiting_room=said.waiting_room,
    )


def _service(said: ServiceNotation, of: TrafficField) -> Service:
    """A class has one channel, so a distribution by channel is its own or nobody's."""
    by_pool: dict[PoolId, Distribution] = {PoolId(pool): one for pool, one in said.by_pool.items()}
    base = said.by_channel.get(of.channel, said.base)
    return Service(base=base, by_pool=by_pool, by_level=said.by_level, by_skill=said.by_skill)


def _written(document: Mapping[str, Any], where: Where) -> bool:
    """Does it speak of something that its author wrote? What was guessed from a mistake is not a second one."""
    section = document.get(str(where[0])) if where else document
    if len(where) < 2 or not isinstance(section, list):
        return section is not None
    return isinstance(where[1], int) and where[1] < len(section)


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise WorkspaceRefused(problems)


def _mapping(reading: Reading) -> Document:
    if not isinstance(reading.document, dict):
        raise WorkspaceRefused([problem("type_wrong", (), form="simulation", begin="traffic:")])
    return reading.document


def _whole(reading: Reading) -> bool:
    return isinstance(reading.document, dict) and "workspace_file" in reading.document


def _text(name: object, where: Where, reader: Reader) -> str:
    if not isinstance(name, str) or not PurePath(name).name:
        raise WorkspaceRefused([found("file_unreadable", where, value=name, reason="it is no path")])
    try:
        return reader(name)
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        raise WorkspaceRefused([found("file_unreadable", where, value=name, reason=reason)]) from None


def _numbers(text: str, name: str, where: Where) -> list[float]:
    try:
        return [float(line) for line in text.split()]
    except ValueError as error:
        raise WorkspaceRefused([found("file_unreadable", where, value=name, reason=str(error))]) from None


@contextmanager
def _places(reading: Reading) -> Iterator[None]:
    """Problems leave with the line and the column of what they speak of."""
    try:
        yield
    except WorkspaceRefused as refusal:
        if any(one.line for one in refusal.problems):
            raise
        raise WorkspaceRefused(placed(refusal.problems, reading), refusal.code) from None
