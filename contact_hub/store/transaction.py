"""A transaction: one attribute per repository."""

from __future__ import annotations

from functools import cached_property

from contact_hub.store.conversations import Conversations
from contact_hub.store.floor import Inquiries, Offers, Presences, SeatRows
from contact_hub.store.history import Audit, Journal
from contact_hub.store.mail import Mail
from contact_hub.store.outbox import Outbox
from contact_hub.store.ownership import Facts, Inputs, Leases, Nodes
from contact_hub.store.people import Accounts, Drafts, Sessions, SignInAttempts, Tickets
from contact_hub.store.rules import Workspaces, WorkspaceVersions
from contact_hub.store.session import Session
from contact_hub.store.visitors import Customers, Devices


class Tx(Session):
    """What a command or a reader holds. Everything reached through it sees one state of the database."""

    @cached_property
    def workspaces(self) -> Workspaces:
        return Workspaces(self)

    @cached_property
    def versions(self) -> WorkspaceVersions:
        return WorkspaceVersions(self)

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(self)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self)

    @cached_property
    def tickets(self) -> Tickets:
        return Tickets(self)

    @cached_property
    def sign_in_attempts(self) -> SignInAttempts:
        return SignInAttempts(self)

    @cached_property
    def drafts(self) -> Drafts:
        return Drafts(self)

    @cached_property
    def customers(self) -> Customers:
        return Customers(self)

    @cached_property
    def devices(self) -> Devices:
        return Devices(self)

    @cached_property
    def conversations(self) -> Conversations:
        return Conversations(self)

    @cached_property
    def inquiries(self) -> Inquiries:
        return Inquiries(self)

    @cached_property
    def offers(self) -> Offers:
        return Offers(self)

    @cached_property
    def seats(self) -> SeatRows:
        return SeatRows(self)

    @cached_property
    def presences(self) -> Presences:
        return Presences(self)

    @cached_property
    def leases(self) -> Leases:
        return Leases(self)

    @cached_property
    def nodes(self) -> Nodes:
        return Nodes(self)

    @cached_property
    def inputs(self) -> Inputs:
        return Inputs(self)

    @cached_property
    def facts(self) -> Facts:
        return Facts(self)

    @cached_property
    def journal(self) -> Journal:
        return Journal(self)

    @cached_property
    def audit(self) -> Audit:
        return Audit(self)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self)

    @cached_property
    def mail(self) -> Mail:
        return Mail(self)
