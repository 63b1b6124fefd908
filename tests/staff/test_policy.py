"""The policy is a table: complete, and read the same way by everybody."""

from __future__ import annotations

import pytest

from contact_hub.errors import HubError
from contact_hub.scope import AgentScope, ClientScope, OperatorScope, VendorScope, VisitorScope
from contact_hub.staff import POLICY, Action, Party, Principal, Visitor, allows, require, scope_of
from routing.model import AgentId, BrandId, ClientId, PoolId, VendorId

AGENT = Principal(workspace="w", account="a", name="Ana", role="agent", agent=AgentId("ana"))
MANAGER = Principal(
    workspace="w", account="m", name="Max", role="vendor_manager", vendor=VendorId("vend"), pools=frozenset({PoolId("lisbon")})
)
SUPERVISOR = Principal(workspace="w", account="s", name="Sue", role="client_supervisor", client=ClientId("acme"))
OPERATOR = Principal(workspace="w", account="o", name="Ole", role="operator")
VISITOR = Visitor(workspace="w", brand=BrandId("shop"), device="d1")


def test_every_action_says_who_may() -> None:
    assert set(POLICY) == set(Action)
    assert all(POLICY.values())


def test_what_anybody_may_everybody_may() -> None:
    for action, parties in POLICY.items():
        assert Party.ANYBODY not in parties or parties == frozenset(Party), action


def test_visitors_and_staff_share_no_right_but_anybodys() -> None:
    for action, parties in POLICY.items():
        if Party.ANYBODY not in parties:
            assert Party.VISITOR not in parties or parties == {Party.VISITOR}, action


def test_agents_export_search_and_configure_nothing() -> None:
    for action in (
        Action.REPORT_EXPORT,
        Action.CONVERSATION_SEARCH,
        Action.WORKSPACE_APPLY,
        Action.AUDIT_SHOW,
        Action.ACCOUNT_MANAGE,
    ):
        assert not allows("agent", action)
        with pytest.raises(HubError, match="not_allowed"):
            require(AGENT, action)


def test_nobody_is_asked_to_sign_in_first() -> None:
    with pytest.raises(HubError, match="not_signed_in"):
        require(None, Action.REPORT_SHOW)
    require(None, Action.SIGN_IN)
    require(SUPERVISOR, Action.REPORT_SHOW)
    require(VISITOR, Action.WIDGET_POST)


def test_everybodys_scope_is_their_own() -> None:
    assert scope_of(AGENT) == AgentScope(workspace="w", account="a", agent_id=AgentId("ana"))
    assert scope_of(MANAGER) == VendorScope(
        workspace="w", account="m", vendor_id=VendorId("vend"), pools=frozenset({PoolId("lisbon")})
    )
    assert scope_of(SUPERVISOR) == ClientScope(workspace="w", account="s", client_id=ClientId("acme"))
    assert scope_of(OPERATOR) == OperatorScope(workspace="w", account="o")
    assert scope_of(VISITOR) == VisitorScope(workspace="w", brand=BrandId("shop"), device="d1", customer=None)


@pytest.mark.parametrize("role", ["agent", "vendor_manager", "client_supervisor"])
def test_principal_without_its_place_cannot_be(role: str) -> None:
    with pytest.raises(AssertionError):
        Principal(workspace="w", account="a", name="A", role=role)  # type: ignore[arg-type]
