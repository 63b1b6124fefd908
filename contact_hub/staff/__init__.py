"""Who may come in and do what: accounts, sessions, passwords, and the one policy for every route, frame, search and export."""

from contact_hub.staff.accounts import Person, SignedIn, StaffService, sync_accounts
from contact_hub.staff.passwords import Passwords
from contact_hub.staff.policy import POLICY, Action, Party, Principal, Visitor, allows, require, scope_of

__all__ = [
    "POLICY",
    "Action",
    "Party",
    "Passwords",
    "Person",
    "Principal",
    "SignedIn",
    "StaffService",
    "Visitor",
    "allows",
    "require",
    "scope_of",
    "sync_accounts",
]
