"""Which rows are there for whom: the one place where a scope becomes SQL.

What is forbidden is not filtered out of an answer, it is never part of it; so absent and forbidden look alike and take the same time.
A condition depends on the *kind* of scope only; whose it is travels as parameters (`parameters_of`), so every statement is built once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final, ParamSpec, TypeVar

from sqlalchemy import ColumnElement, and_, bindparam, exists, false, or_, true

from contact_hub.errors import HubError
from contact_hub.scope import AgentScope, ClientScope, OperatorScope, Scope, SystemScope, VendorScope, VisitorScope
from contact_hub.store.records import Conversation
from contact_hub.store.tables import LIVE, conversations, customers, inquiries, offers
from contact_hub.store.types import Words

Kind = type[Scope]
P = ParamSpec("P")
T = TypeVar("T")


def once(build: Callable[P, T]) -> Callable[P, T]:
    """Build each statement once; `cache` in terms mypy can follow for classes."""
    return cache(build)  # type: ignore[return-value]  # takes what `build` takes, as long as it can be hashed


WORKSPACE: Final = bindparam("scope_workspace", type_=Words)
_CLIENT: Final = bindparam("scope_client", type_=Words)
_POOLS: Final = bindparam("scope_pools", type_=Words, expanding=True)
_AGENT: Final = bindparam("scope_agent", type_=Words)
_BRAND: Final = bindparam("scope_brand", type_=Words)
_DEVICE: Final = bindparam("scope_device", type_=Words)
_CUSTOMER: Final = bindparam("scope_customer", type_=Words)


def parameters_of(scope: Scope) -> dict[str, Any]:
    """The values that go with the conditions of its kind."""
    match scope:
        case SystemScope() | OperatorScope():
            own: dict[str, Any] = {}
        case ClientScope():
            own = {"scope_client": scope.client_id}
        case VendorScope():
            own = {"scope_pools": sorted(scope.pools)}
        case AgentScope():
            own = {"scope_agent": scope.agent_id}
        case VisitorScope():
            own = {"scope_brand": scope.brand, "scope_device": scope.device, "scope_customer": scope.customer}
        case _:
            raise AssertionError(f"no rule for {type(scope).__name__}")
    return own | {"scope_workspace": scope.workspace}


@once
def visible_conversations(kind: Kind) -> ColumnElement[bool]:
    """Condition on `conversations`. A visitor without a proven customer has NULL there, which equals nobody."""
    c = conversations.c
    if kind is VisitorScope:
        return and_(c.workspace == WORKSPACE, c.brand == _BRAND, or_(c.device == _DEVICE, c.customer == _CUSTOMER))
    return and_(c.workspace == WORKSPACE, _reach(kind, c.client, c.id))


@once
def visible_inquiries(kind: Kind) -> ColumnElement[bool]:
    """Condition on `inquiries`: those of the conversations one can see. A visitor has a conversation; inquiries are how we work on it."""
    c = inquiries.c
    return and_(c.workspace == WORKSPACE, false() if kind is VisitorScope else _reach(kind, c.client, c.conversation))


@once
def visible_offers(kind: Kind) -> ColumnElement[bool]:
    """Condition on `offers`. An offer names an agent and a pool, and its trace everybody's reasons: only one's own, or one's own pools'."""
    c = offers.c
    if kind in {SystemScope, OperatorScope}:
        own: ColumnElement[bool] = true()
    elif kind is AgentScope:
        own = c.agent == _AGENT
    elif kind is VendorScope:
        own = c.pool.in_(_POOLS)
    elif kind is ClientScope:
        own = exists().where(inquiries.c.workspace == WORKSPACE, inquiries.c.id == c.inquiry, inquiries.c.client == _CLIENT)
    else:
        own = false()
    return and_(c.workspace == WORKSPACE, own)


@once
def visible_customers(kind: Kind) -> ColumnElement[bool]:
    """Condition on `customers`: those of the conversations one can see, and whom a visitor proved to be."""
    c = customers.c
    mine = c.workspace == WORKSPACE
    if kind in {SystemScope, OperatorScope}:
        return mine
    if kind is ClientScope:
        return and_(mine, c.client == _CLIENT)
    if kind is VisitorScope:
        return and_(mine, c.brand == _BRAND, c.id == _CUSTOMER)
    return and_(mine, exists().where(conversations.c.customer == c.id, visible_conversations(kind)))


def _reach(kind: Kind, client: ColumnElement[Any], conversation: ColumnElement[Any]) -> ColumnElement[bool]:
    """Within the workspace. An offer shows a conversation while it is live, and an assignment for as long as there are records of it."""
    mine = and_(offers.c.workspace == WORKSPACE, offers.c.conversation == conversation)
    if kind in {SystemScope, OperatorScope}:
        return true()
    if kind is ClientScope:
        return client == _CLIENT
    if kind is VendorScope:
        return exists().where(mine, offers.c.pool.in_(_POOLS), offers.c.assigned_at.is_not(None))
    if kind is AgentScope:
        return exists().where(mine, offers.c.agent == _AGENT, or_(offers.c.state.in_(LIVE), offers.c.assigned_at.is_not(None)))
    raise AssertionError(f"no rule for {kind.__name__}")


def pools_shown(scope: Scope) -> frozenset[str] | None:
    """Whose people a scope may know: a vendor's manager the vendor's own, a visitor nobody. None: everybody."""
    match scope:
        case VendorScope(pools=pools):
            return frozenset(pools)
        case VisitorScope():
            return frozenset()
        case _:
            return None


def has_before_them(scope: VisitorScope, conversation: Conversation) -> bool:
    """`visible_conversations` of a visitor, for a row that was read together with others' (see `Conversations.lock_many`)."""
    own = conversation.device == scope.device or (scope.customer is not None and conversation.customer == scope.customer)
    return (conversation.workspace, conversation.brand) == (scope.workspace, scope.brand) and own


def staff_only(scope: Scope) -> None:
    """For what no visitor has: there is nothing there."""
    if isinstance(scope, VisitorScope):
        raise HubError("not_found")


def operators_only(scope: Scope) -> None:
    """For what belongs to the floor as a whole."""
    if not isinstance(scope, SystemScope | OperatorScope):
        raise HubError("not_found")
