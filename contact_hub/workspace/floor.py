"""One version of a workspace, compiled and indexed: what services ask it in passing.

Immutable; a new version is a new floor. Look-ups raise `not_found` codes of their own kind, because ids come from outside.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from contact_hub.errors import HubError
from contact_hub.workspace.compile import compile_plan
from contact_hub.workspace.model import Agent, Brand, Client, Kind, Persona, Pool, Vendor, Workspace
from routing.model import Plan


@dataclass(frozen=True)
class Floor:
    """`version` is the version of the rules that every decision names."""

    version: int
    workspace: Workspace

    @property
    def id(self) -> str:
        return self.workspace.workspace.id

    @cached_property
    def plan(self) -> Plan:
        return compile_plan(self.workspace, self.version)

    @cached_property
    def brands(self) -> dict[str, Brand]:
        return {brand.id: brand for brand in self.workspace.brands}

    @cached_property
    def agents(self) -> dict[str, Agent]:
        return {agent.id: agent for agent in self.workspace.agents}

    @cached_property
    def pools(self) -> dict[str, Pool]:
        return {pool.id: pool for pool in self.workspace.pools}

    @cached_property
    def clients(self) -> dict[str, Client]:
        return {client.id: client for client in self.workspace.clients}

    @cached_property
    def vendors(self) -> dict[str, Vendor]:
        return {vendor.id: vendor for vendor in self.workspace.vendors}

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        return {kind.id: kind for kind in self.workspace.kinds}

    def brand(self, brand: str) -> Brand:
        """Raises `brand_unknown`."""
        if found := self.brands.get(brand):
            return found
        raise HubError("brand_unknown")

    def agent(self, agent: str) -> Agent:
        """Raises `agent_unknown`."""
        if found := self.agents.get(agent):
            return found
        raise HubError("agent_unknown")

    def kinds_of(self, brand: Brand) -> tuple[str, ...]:
        """What a customer of this brand may ask for."""
        return brand.kinds or tuple(self.kinds)

    def persona(self, agent: str, brand: str) -> Persona:
        """Under whose name this agent speaks for this brand; the brand's own where there is no other. A brand that is gone from the rules still has
        conversations to be ended."""
        face = self.brands.get(brand)
        if face is not None and face.persona.shared is not None:
            return face.persona.shared
        own = self.agents[agent].personas.get(brand) if agent in self.agents else None
        return own or Persona(name=face.name if face is not None else brand)

    def pools_of_vendor(self, vendor: str) -> frozenset[str]:
        return frozenset(pool.id for pool in self.workspace.pools if pool.vendor == vendor)

    def vendor_of(self, pool: str | None) -> str | None:
        return self.pools[pool].vendor if pool in self.pools else None

    def house_of(self, agent: str) -> frozenset[str]:
        """Agents and pools this agent may know by name: those of the same vendor; the client's own teams count as one house.

        Rival vendors share a floor without seeing each other.
        """
        own = self.agents.get(agent)
        return frozenset() if own is None else self._houses[self.vendor_of(own.pool)]

    @cached_property
    def _houses(self) -> dict[str | None, frozenset[str]]:
        """By vendor: asked at every message, and as large as the floor."""
        houses: defaultdict[str | None, set[str]] = defaultdict(set)
        for pool in self.workspace.pools:
            houses[pool.vendor].add(pool.id)
        for agent in self.workspace.agents:
            houses[self.vendor_of(agent.pool)].add(agent.id)
        return {vendor: frozenset(known) for vendor, known in houses.items()}
