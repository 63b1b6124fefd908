"""What can go wrong with what somebody asks of us, each under a code that never changes its meaning.

The code is the contract: clients, tests and catalogues (`error.<code>`) go by it, the sentence is for people. Which HTTP status or
socket close a code becomes is the business of `web` alone. A rule broken by *us* is an `assert`, never one of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CODES: Final[Mapping[str, str]] = {
    # the frame itself
    "malformed_frame": "The message could not be read.",
    "frame_too_large": "The message is larger than is allowed.",
    "unknown_frame": "This kind of message is not known here.",
    "out_of_order": "This message cannot come at this point.",
    "protocol_unsupported": "This version of the protocol is not spoken here.",
    "invalid_field": "A field has a value that is not allowed.",
    # who asks
    "not_signed_in": "Please sign in.",
    "sign_in_failed": "Name or password is wrong.",
    "throttled": "Too many attempts; please wait a moment.",
    "ticket_invalid": "The ticket for this connection is used up or too old.",
    "origin_refused": "This page may not connect here.",
    "not_found": "There is nothing here, or nothing you may see.",
    "not_allowed": "You may not do this.",
    "session_ended": "You have been signed out.",
    "superseded": "This console was taken over by another window.",
    # the conversation
    "id_reused": "This message was sent before with another content.",
    "text_empty": "There is no text in the message.",
    "text_too_long": "The message is too long.",
    "conversation_ended": "This conversation has ended.",
    "conversation_open": "There already is an open conversation.",
    "not_yours": "This conversation is not assigned to you.",
    "brand_unknown": "This brand is not known here.",
    "kind_unknown": "This kind of request is not known here.",
    "language_unknown": "This is not a language tag.",
    "form_incomplete": "A required field of the form is missing.",
    "already_rated": "This conversation has already been rated.",
    "not_ended": "This can be done only after the conversation has ended.",
    "guard_refused": "The text names something the customer may not see.",
    "guard_warned": "The text may be wrong for this customer; confirm to send it.",
    # mail
    "mail_refused": "The mail says something that must not leave.",
    "mail_address_invalid": "This mail address cannot be used.",
    "mail_no_relay": "This brand has no server that would take its mail.",
    "mail_secret_missing": "A password or key for mail cannot be read.",
    "mail_relay_trouble": "The mail server of this brand does not take mail at the moment; it is tried again.",
    "mail_waits_its_turn": "The mail waits, so that not too many leave at once.",
    "mail_undecided": "Only a mail whose delivery is not known can be decided.",
    "mail_too_large": "The mail is larger than is sent.",
    "mail_gone": "This mail is no longer kept.",
    "mail_unreadable": "This mail could not be read.",
    "mail_recipient_refused": "The brand's rules do not allow mail to this address.",
    "attachment_unknown": "A file of this mail is not there any more; attach it again.",
    "attachment_too_large": "The files are too large for a mail.",
    "attachment_refused": "Files of this kind are not sent.",
    # the floor
    "offer_unknown": "This offer is not known.",
    "offer_lapsed": "This offer is over.",
    "offer_not_yours": "This offer was made to somebody else.",
    "certification_expired": "The brand certification has expired.",
    "cap_reached": "The contract's cap for the day is reached.",
    "dump_unreadable": "The dump cannot be read.",
    "no_longer_eligible": "The rules do not allow this assignment any more.",
    "seats_full": "There are no seats free for this.",
    "reason_required": "Please give a reason.",
    "reason_unknown": "This reason is not known.",
    "disposition_unknown": "This wrap-up code is not known.",
    "transfer_target_unknown": "There is no such pool or agent to transfer to.",
    "transfer_target_unable": "Nobody there may take this inquiry.",
    "agent_unknown": "There is no such agent.",
    # translation for staff
    "translate_off": "Translation is not switched on here.",
    "translate_pair": "There is no translation between these languages.",
    "translate_late": "The translation took too long. Please try again.",
    "translate_refused": "The translation service refused this text.",
    "translate_unavailable": "The translation service cannot be used at the moment.",
    "translate_needless": "This is already in your language.",
    "translate_too_long": "The message is too long to be translated.",
    "translate_elsewhere": "What customers of this brand write must not go where translations are made.",
    # load
    "rate_limited": "Too many messages; please wait a moment.",
    "overloaded": "The service is busy; your message was not taken yet and will be tried again.",
    "storage_full": "Nothing can be stored at the moment; your message was not taken yet and will be tried again.",
    "shutting_down": "The service is restarting; please reconnect in a moment.",
    "unavailable": "The service cannot do this at the moment.",
    "internal": "Something went wrong on our side; nothing you wrote that was confirmed is lost.",
    # background work
    "job_too_long": "The work took longer than it may, and was stopped.",
    "job_lost": "The program that did this work stopped in the middle of it.",
    "job_not_open": "This work is running or done; there is nothing to decide about it.",
    # configuration
    "setting_invalid": "A setting has a value that cannot be used.",
    "workspace_unreadable": "The workspace file cannot be read.",
    "workspace_refused": "The workspace was refused.",
    "workspace_unknown": "There is no such workspace.",
    "database_unreachable": "The database cannot be reached.",
    "database_outdated": "The database is at an older version; run `contact-hub migrate`.",
    "database_newer": "The database is of a newer version than this program; upgrade the program.",
    "database_busy": "The database is busy, or somebody else is migrating it; nothing was changed. Try again in a moment.",
    "database_restored": "The database was put back to an earlier time while this program ran; it has to be started again.",
    "file_in_use": "Another program already serves this database file.",
    "extra_missing": "An optional part of the program is needed and not installed.",
    # degraded: served all the same
    "redis_unreachable": "Redis cannot be reached: nothing is lost, but the other nodes hear of news only when they look.",
    "clock_off": "This machine's clock differs from the database's; the database's is used.",
    "schema_ahead": "The database is already of the next version, as it may be during an upgrade.",
    "routing_halted": "Routing has stopped because it contradicted itself; `contact-hub doctor` says where.",
    "report_range_invalid": "The period of the report is not valid.",
    # texts
    "texts_unreadable": "The file of translations cannot be read.",
    "texts_refused": "The translations were refused.",
    "sources_missing": "The sources of the program are not here; use a checkout.",
    "filter_unknown": "This filter is not known.",
}
"""Every code with its English sentence; the catalogues translate `error.<code>`."""


EXITS: Final[Mapping[str, int]] = {
    "setting_invalid": 3,
    "database_unreachable": 4,
    "database_outdated": 5,
    "database_newer": 6,
    "database_busy": 7,
    "file_in_use": 8,
    "extra_missing": 9,
    "database_restored": 10,
}
"""What the command line leaves with. 1 is a check that found something, 2 every other refusal; these tell a supervisor of processes what to do."""


class HubError(Exception):
    """A rule broken by the world. `values` fill the sentence and never carry anything the asker may not see."""

    def __init__(self, code: str, sentence: str | None = None, /, **values: object) -> None:
        assert code in CODES, f"error code {code!r} is not in the table"
        self.code = code
        self.sentence = sentence or CODES[code]
        self.values = values
        super().__init__(f"{code}: {self.sentence}")
