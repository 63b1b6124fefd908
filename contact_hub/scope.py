"""On whose behalf rows are read or changed, and so how much of the floor there is for them.

Every store call that can return content takes a scope as its first argument; `store.visibility` alone turns it into SQL. There is no
default and no "all": whoever wants everything of a workspace has to say `Scope.system` and can be found by that word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import final

from routing.model import AgentId, BrandId, ClientId, PoolId, VendorId


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One of the six below, never itself. Build it with the methods here; they read like the sentence they mean."""

    workspace: str

    def __post_init__(self) -> None:
        assert type(self) is not Scope, "a scope is always somebody's"
        assert self.workspace, "a scope without a workspace would be a scope of everything"

    @staticmethod
    def system(workspace: str) -> SystemScope:
        """The service itself, working for nobody in particular (the owner, the fan-out, a fold)."""
        return SystemScope(workspace=workspace)

    @staticmethod
    def operator(workspace: str, account: str) -> OperatorScope:
        return OperatorScope(workspace=workspace, account=account)

    @staticmethod
    def client(workspace: str, account: str, client: str) -> ClientScope:
        return ClientScope(workspace=workspace, account=account, client_id=ClientId(client))

    @staticmethod
    def vendor(workspace: str, account: str, vendor: str, pools: Iterable[str]) -> VendorScope:
        """`pools` are the vendor's pools under the present rules; no pools, nothing to see."""
        return VendorScope(
            workspace=workspace, account=account, vendor_id=VendorId(vendor), pools=frozenset(PoolId(pool) for pool in pools)
        )

    @staticmethod
    def agent(workspace: str, account: str, agent: str, *, session: str = "") -> AgentScope:
        """`session` is the hash of the session under which a console was opened: the console ends with it."""
        return AgentScope(workspace=workspace, account=account, agent_id=AgentId(agent), session=session)

    @staticmethod
    def visitor(workspace: str, brand: str, device: str, customer: str | None = None) -> VisitorScope:
        """`customer` only where the device *proved* who it is: a name typed into a form is no proof and must not open older conversations."""
        return VisitorScope(workspace=workspace, brand=BrandId(brand), device=device, customer=customer)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SystemScope(Scope):
    pass


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorScope(Scope):
    account: str


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientScope(Scope):
    account: str
    client_id: ClientId


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class VendorScope(Scope):
    account: str
    vendor_id: VendorId
    pools: frozenset[PoolId]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentScope(Scope):
    account: str
    agent_id: AgentId
    session: str = field(default="", repr=False)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorScope(Scope):
    brand: BrandId
    device: str
    customer: str | None
