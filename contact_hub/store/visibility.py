"""Which rows are there for whom: the one place where a scope becomes SQL.

What is forbidden is not filtered out of an answer, it is never part of it; so absent and forbidden look alike and take the same time.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, true

from contact_hub.errors import HubError
from contact_hub.scope import AgentScope, ClientScope, OperatorScope, Scope, SystemScope, VendorScope, VisitorScope
from contact_hub.store.tables import LIVE, conversations, customers, inquiries, offers


def visible_conversations(scope: Scope) -> ColumnElement[bool]:
    """Condition on `conversations`."""
    c = conversations.c
    return and_(c.workspace == scope.workspace, _reach(scope, c, c.id))


def visible_inquiries(scope: Scope) -> ColumnElement[bool]:
    """Condition on `inquiries`: those of the conversations one can see."""
    c = inquiries.c
    return and_(c.workspace == scope.workspace, _reach(scope, c, c.conversation))


def visible_customers(scope: Scope) -> ColumnElement[bool]:
    """Condition on `customers`: those of the conversations one can see, and whom a visitor proved to be."""
    c = customers.c
    mine = c.workspace == scope.workspace
    match scope:
        case SystemScope() | OperatorScope():
            return mine
        case ClientScope(client_id=client):
            return and_(mine, c.client == client)
        case VisitorScope(brand=brand, customer=customer):
            return and_(mine, c.brand == brand, c.id == customer) if customer is not None else false()
        case _:
            theirs = exists().where(conversations.c.customer == c.id, visible_conversations(scope))
            return and_(mine, theirs)


def _reach(scope: Scope, columns: Any, conversation: ColumnElement[Any]) -> ColumnElement[bool]:
    """Within the workspace. An offer shows a conversation while it is live, and an assignment for as long as there are records of it."""
    mine = and_(offers.c.workspace == scope.workspace, offers.c.conversation == conversation)
    match scope:
        case SystemScope() | OperatorScope():
            return true()
        case ClientScope(client_id=client):
            return and_(columns.client == client)
        case VendorScope(pools=pools):
            return exists().where(mine, offers.c.pool.in_(sorted(pools)), offers.c.assigned_at.is_not(None))
        case AgentScope(agent_id=agent):
            return exists().where(mine, offers.c.agent == agent, or_(offers.c.state.in_(LIVE), offers.c.assigned_at.is_not(None)))
        case VisitorScope(brand=brand, device=device, customer=customer):
            whose = conversations.c.device == device
            whose = whose if customer is None else or_(whose, conversations.c.customer == customer)
            return and_(columns.brand == brand, whose) if columns is conversations.c else false()
        case _:
            raise AssertionError(f"no rule for {type(scope).__name__}")


def pools_shown(scope: Scope) -> frozenset[str] | None:
    """Whose people a scope may know: a vendor's manager the vendor's own, a visitor nobody. None: everybody."""
    match scope:
        case VendorScope(pools=pools):
            return frozenset(pools)
        case VisitorScope():
            return frozenset()
        case _:
            return None


def staff_only(scope: Scope) -> None:
    """For what no visitor has: there is nothing there."""
    if isinstance(scope, VisitorScope):
        raise HubError("not_found")


def operators_only(scope: Scope) -> None:
    """For what belongs to the floor as a whole."""
    if not isinstance(scope, SystemScope | OperatorScope):
        raise HubError("not_found")
