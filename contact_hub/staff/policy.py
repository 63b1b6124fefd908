"""The one policy. Whatever can be asked of the hub, by a route, a frame, a search or an export, is an `Action`, and this table says who may.

It says *whether*; how much of it there is for somebody is the scope's business (`scope_of`, and `store.visibility` behind it). An action that is not in
the table cannot be declared, and a route or frame that declares none fails a test: forgetting is not a way in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from contact_hub.errors import HubError
from contact_hub.scope import Scope, VisitorScope
from contact_hub.store.records import Role
from routing.model import AgentId, BrandId, ClientId, PoolId, VendorId


class Party(StrEnum):
    """Somebody as far as rights go. `ANYBODY` includes those who have not said who they are."""

    ANYBODY = "anybody"
    VISITOR = "visitor"
    AGENT = "agent"
    VENDOR_MANAGER = "vendor_manager"
    CLIENT_SUPERVISOR = "client_supervisor"
    OPERATOR = "operator"


class Action(StrEnum):
    # anybody
    PAGE_SHOW = "page.show"
    HEALTH_SHOW = "health.show"
    METRICS_SHOW = "metrics.show"
    WIDGET_SESSION_OPEN = "widget.session.open"
    SIGN_IN = "session.sign_in"
    # visitors
    WIDGET_SOCKET_OPEN = "widget.socket.open"
    WIDGET_START = "widget.start"
    WIDGET_POST = "widget.post"
    WIDGET_TYPE = "widget.type"
    WIDGET_READ_UP_TO = "widget.read_up_to"
    WIDGET_END = "widget.end"
    WIDGET_RATE = "widget.rate"
    WIDGET_CHOOSE_LANGUAGE = "widget.choose_language"
    WIDGET_TRANSCRIPT = "widget.transcript"
    # all staff
    SESSION_SHOW = "session.show"
    SIGN_OUT = "session.sign_out"
    PASSWORD_CHANGE = "session.password.change"  # noqa: S105
    # agents
    CONSOLE_TICKET = "console.ticket"
    CONSOLE_SOCKET_OPEN = "console.socket.open"
    AVAILABILITY_SET = "console.availability"
    OFFER_ACCEPT = "console.offer.accept"
    OFFER_DECLINE = "console.offer.decline"
    REPLY = "console.reply"
    NOTE = "console.note"
    CONSOLE_TYPE = "console.type"
    CONSOLE_READ_UP_TO = "console.read_up_to"
    DRAFT_SAVE = "console.draft"
    TRANSFER = "console.transfer"
    LANGUAGE_CORRECT = "console.language"
    HANDLING_END = "console.end"
    WRAP_UP_FINISH = "console.wrap_up"
    HISTORY_SHOW = "console.history"
    TRANSLATE = "console.translate"
    MAIL_REPLY = "console.mail.reply"
    MAIL_FORWARD = "console.mail.forward"
    MAIL_DECIDE = "console.mail.decide"
    MAIL_ATTACH = "console.mail.attach"
    # whoever may read the conversation
    MAIL_SHOW = "mail.show"
    MAIL_FILE_SHOW = "mail.file.show"
    # supervisors and managers
    REPORT_SHOW = "report.show"
    REPORT_EXPORT = "report.export"
    CONVERSATION_SEARCH = "conversation.search"
    CONVERSATION_SHOW = "conversation.show"
    CONVERSATION_LANGUAGE_CORRECT = "conversation.language.correct"
    DECISION_EXPLAIN = "decision.explain"
    # operators
    FLOOR_SHOW = "floor.show"
    ROUTING_SHOW = "routing.show"
    WORKSPACE_SHOW = "workspace.show"
    WORKSPACE_APPLY = "workspace.apply"
    WORKSPACE_EXPORT = "workspace.export"
    ACCOUNT_MANAGE = "account.manage"
    AUDIT_SHOW = "audit.show"
    JOB_SHOW = "job.show"
    JOB_DECIDE = "job.decide"
    MAIL_DESK_SHOW = "mail.desk.show"
    MAIL_DESK_DECIDE = "mail.desk.decide"


_ANYBODY: Final = frozenset(Party)
_VISITOR: Final = frozenset({Party.VISITOR})
_AGENT: Final = frozenset({Party.AGENT})
_OPERATOR: Final = frozenset({Party.OPERATOR})
_WATCHING: Final = frozenset({Party.VENDOR_MANAGER, Party.CLIENT_SUPERVISOR, Party.OPERATOR})
_STAFF: Final = _WATCHING | _AGENT

POLICY: Final[Mapping[Action, frozenset[Party]]] = {
    Action.PAGE_SHOW: _ANYBODY,
    Action.HEALTH_SHOW: _ANYBODY,
    Action.METRICS_SHOW: _ANYBODY,
    Action.WIDGET_SESSION_OPEN: _ANYBODY,
    Action.SIGN_IN: _ANYBODY,
    Action.WIDGET_SOCKET_OPEN: _VISITOR,
    Action.WIDGET_START: _VISITOR,
    Action.WIDGET_POST: _VISITOR,
    Action.WIDGET_TYPE: _VISITOR,
    Action.WIDGET_READ_UP_TO: _VISITOR,
    Action.WIDGET_END: _VISITOR,
    Action.WIDGET_RATE: _VISITOR,
    Action.WIDGET_CHOOSE_LANGUAGE: _VISITOR,
    Action.WIDGET_TRANSCRIPT: _VISITOR,
    Action.SESSION_SHOW: _STAFF,
    Action.SIGN_OUT: _STAFF,
    Action.PASSWORD_CHANGE: _STAFF,
    Action.CONSOLE_TICKET: _AGENT,
    Action.CONSOLE_SOCKET_OPEN: _AGENT,
    Action.AVAILABILITY_SET: _AGENT,
    Action.OFFER_ACCEPT: _AGENT,
    Action.OFFER_DECLINE: _AGENT,
    Action.REPLY: _AGENT,
    Action.NOTE: _AGENT,
    Action.CONSOLE_TYPE: _AGENT,
    Action.CONSOLE_READ_UP_TO: _AGENT,
    Action.DRAFT_SAVE: _AGENT,
    Action.TRANSFER: _AGENT,
    Action.LANGUAGE_CORRECT: _AGENT,
    Action.HANDLING_END: _AGENT,
    Action.WRAP_UP_FINISH: _AGENT,
    Action.HISTORY_SHOW: _AGENT,
    Action.TRANSLATE: _STAFF,
    Action.MAIL_REPLY: _AGENT,
    Action.MAIL_FORWARD: _AGENT,
    Action.MAIL_DECIDE: _AGENT,
    Action.MAIL_ATTACH: _AGENT,
    Action.MAIL_SHOW: _STAFF,
    Action.MAIL_FILE_SHOW: _STAFF,
    Action.REPORT_SHOW: _WATCHING,
    Action.REPORT_EXPORT: _WATCHING,
    Action.CONVERSATION_SEARCH: _WATCHING,
    Action.CONVERSATION_SHOW: _WATCHING,
    Action.CONVERSATION_LANGUAGE_CORRECT: frozenset({Party.CLIENT_SUPERVISOR, Party.OPERATOR}),
    Action.DECISION_EXPLAIN: frozenset({Party.CLIENT_SUPERVISOR, Party.OPERATOR}),
    Action.FLOOR_SHOW: frozenset({Party.VENDOR_MANAGER, Party.OPERATOR}),
    Action.ROUTING_SHOW: _OPERATOR,
    Action.WORKSPACE_SHOW: _OPERATOR,
    Action.WORKSPACE_APPLY: _OPERATOR,
    Action.WORKSPACE_EXPORT: _OPERATOR,
    Action.ACCOUNT_MANAGE: _OPERATOR,
    Action.AUDIT_SHOW: _OPERATOR,
    Action.JOB_SHOW: _OPERATOR,
    Action.JOB_DECIDE: _OPERATOR,
    Action.MAIL_DESK_SHOW: _OPERATOR,
    Action.MAIL_DESK_DECIDE: _OPERATOR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody of the staff, signed in. `pools` are those of a vendor manager's vendor under the present rules."""

    workspace: str
    account: str
    name: str
    role: Role
    agent: AgentId | None = None
    vendor: VendorId | None = None
    client: ClientId | None = None
    pools: frozenset[PoolId] = frozenset()
    generation: int = 1
    session: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        needed = {"agent": self.agent, "vendor_manager": self.vendor, "client_supervisor": self.client, "operator": self.account}
        assert needed[self.role] is not None, f"a {self.role} belongs to somebody"

    @property
    def party(self) -> Party:
        return Party(self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A browser that holds a device's token. `customer` only where it proved who it is."""

    workspace: str
    brand: BrandId
    device: str
    customer: str | None = None

    @property
    def party(self) -> Party:
        return Party.VISITOR


def allows(party: Party | Role, action: Action) -> bool:
    """Whether somebody of this kind may do this at all."""
    return Party(party) in POLICY[action]


def require(who: Principal | Visitor | None, action: Action) -> None:
    """Passes, or raises `not_signed_in` (nobody is known yet) or `not_allowed` (somebody is, who may not)."""
    if allows(who.party if who is not None else Party.ANYBODY, action):
        return
    raise HubError("not_signed_in" if who is None else "not_allowed")


def scope_of(who: Principal | Visitor) -> Scope:
    """How much of the floor there is for somebody."""
    if isinstance(who, Visitor):
        return VisitorScope(workspace=who.workspace, brand=who.brand, device=who.device, customer=who.customer)
    match who:
        case Principal(role="agent", agent=agent) if agent is not None:
            return Scope.agent(who.workspace, who.account, agent)
        case Principal(role="vendor_manager", vendor=vendor) if vendor is not None:
            return Scope.vendor(who.workspace, who.account, vendor, who.pools)
        case Principal(role="client_supervisor", client=client) if client is not None:
            return Scope.client(who.workspace, who.account, client)
        case Principal(role="operator"):
            return Scope.operator(who.workspace, who.account)
        case _:
            raise AssertionError(f"a {who.role} without a place")
