"""A simulation file as types: the workspace's, with groups of alike agents, and with traffic and behaviour beside them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import Field, PlainValidator, model_validator

from contact_hub.simulate.notation import (
    ServiceNotation,
    read_arrivals,
    read_distribution,
    read_patience,
    read_service,
    read_start,
)
from contact_hub.simulate.problems import refused
from contact_hub.workspace import model as file
from contact_hub.workspace.values import (
    Id,
    LevelField,
    Name,
    Residence,
    SkillLevel,
    Tag,
    Whole,
    Zone,
)
from routing.model import Channel
from routing.simulator.distributions import Distribution
from routing.simulator.scenario import START, Rates, Times

DistributionField: TypeAlias = Annotated[Distribution, PlainValidator(read_distribution)]
PatienceField: TypeAlias = Annotated[Distribution | None, PlainValidator(read_patience)]
Positive: TypeAlias = Annotated[float, Field(strict=True, gt=0, le=1e10, allow_inf_nan=False)]
Share01: TypeAlias = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]


class BehaviourField(file.Model):
    """How agents behave; what is not said is as the file's behaviour, or the default, says."""

    accept: DistributionField | None = None
    decline_probability: Share01 | None = None
    lapse_probability: Share01 | None = None
    disconnect_every: DistributionField | None = None
    disconnect_for: DistributionField | None = None
    back_after: DistributionField | None = None


class AgentGroup(file.Agent):
    """So many alike agents."""

    count: Annotated[Whole, Field(ge=0, le=200_000)] = 1
    behaviour: BehaviourField = BehaviourField()


class ShareField(file.Model):
    """A share as the workspace says it (parts of a hundred), or by any weights."""

    id: Id
    contracts: dict[Id, Annotated[Whole, Field(ge=1)]] = {}
    weights: dict[Id, Annotated[Whole, Field(ge=1)]] = {}
    catch_up: Annotated[Whole, Field(ge=0)] = 20
    strict: Annotated[bool, Field(strict=True)] = False

    @model_validator(mode="after")
    def _one_of_them(self) -> ShareField:
        if bool(self.contracts) == bool(self.weights) or len(self.parts) < 2:
            raise refused("share_invalid", reason="A share says contracts or weights, two contracts at least")
        return self

    @property
    def parts(self) -> dict[str, int]:
        """Contract to weight."""
        return self.weights or self.contracts


class TrafficField(file.Model):
    """One class of inquiries."""

    name: Name
    brand: Id
    kind: Id
    channel: Channel = Channel.CHAT
    languages: tuple[Tag, ...] | None = None
    floor: LevelField | None = None
    skills: dict[Id, SkillLevel] = {}
    priority: Annotated[Whole, Field(ge=-100, le=100)] | None = None
    residency: tuple[Residence, ...] = ()
    zone: Zone | None = None
    pool: Id | None = None
    last_agent: Id | None = None
    arrivals: Annotated[Rates | Times, PlainValidator(read_arrivals)]
    service: Annotated[ServiceNotation, PlainValidator(read_service)]
    patience: PatienceField = None
    wrap_up: PatienceField = None
    waiting_room: Annotated[Whole, Field(ge=0)] | None = None


class Settings(file.Model):
    """How long, how often, what is counted."""

    name: Name = "Simulation"
    start: Annotated[datetime, PlainValidator(read_start)] = START
    arrivals: Annotated[Whole, Field(ge=1, le=1_000_000_000)] = 100_000
    seconds: Positive | None = None
    warm_up_percent: Annotated[float, Field(strict=True, ge=0, lt=100)] = 2.0
    warm_up_seconds: Annotated[float, Field(strict=True, ge=0, le=1e10, allow_inf_nan=False)] | None = None
    service_levels: tuple[Annotated[float, Field(strict=True, ge=0, le=1e9)], ...] = (20.0,)
    waiting_room: Annotated[Whole, Field(ge=0)] | None = None
    drain_seconds: Annotated[float, Field(strict=True, ge=0, le=1e9)] = 691_200.0


class SimulationFile(file.Workspace):
    """A whole file, with nothing left out any more."""

    simulation: Settings = Settings()
    agents: tuple[AgentGroup, ...] = ()
    shares: tuple[ShareField, ...] = ()  # type: ignore[assignment]  # wider than the workspace's; see `load`
    behaviour: BehaviourField = BehaviourField()
    traffic: tuple[TrafficField, ...] = ()
