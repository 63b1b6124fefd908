"""A transaction: one attribute per repository.

Repositories hold nothing but the transaction, and it does not hold them: what a command has read is gone with the command and need not be found by the
collector, whose rounds were the longest pauses of a busy node.
"""

from __future__ import annotations

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

    @property
    def workspaces(self) -> Workspaces:
        return Workspaces(self)

    @property
    def versions(self) -> WorkspaceVersions:
        return WorkspaceVersions(self)

    @property
    def accounts(self) -> Accounts:
        return Accounts(self)

    @property
    def sessions(self) -> Sessions:
        return Sessions(self)

    @property
    def tickets(self) -> Tickets:
        return Tickets(self)

    @property
    def sign_in_attempts(self) -> SignInAttempts:
        return SignInAttempts(self)

    @property
    def drafts(self) -> Drafts:
        return Drafts(self)

    @property
    def customers(self) -> Customers:
        return Customers(self)

    @property
    def devices(self) -> Devices:
        return Devices(self)

    @property
    def conversations(self) -> Conversations:
        return Conversations(self)

    @property
    def inquiries(self) -> Inquiries:
        return Inquiries(self)

    @property
    def offers(self) -> Offers:
        return Offers(self)

    @property
    def seats(self) -> SeatRows:
        return SeatRows(self)

    @property
    def presences(self) -> Presences:
        return Presences(self)

    @property
    def leases(self) -> Leases:
        return Leases(self)

    @property
    def nodes(self) -> Nodes:
        return Nodes(self)

    @property
    def inputs(self) -> Inputs:
        return Inputs(self)

    @property
    def facts(self) -> Facts:
        return Facts(self)

    @property
    def journal(self) -> Journal:
        return Journal(self)

    @property
    def audit(self) -> Audit:
        return Audit(self)

    @property
    def outbox(self) -> Outbox:
        return Outbox(self)

    @property
    def mail(self) -> Mail:
        return Mail(self)
