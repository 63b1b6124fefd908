"""Codes routing answers with: why not, why you, why over, why refused.

Values, because supervisors filter by them and catalogues translate them (`routing.reason.<code>`). A code never changes its meaning:
it stands in journals that are kept for ever. Refusals are codes of the error table, so that a console shows them as any other error.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why an agent cannot be offered an inquiry, in the order in which the rules are read."""

    BRAND_UNKNOWN = "brand_unknown"
    NOT_ADDRESSED = "not_addressed"
    NO_CONTRACT = "no_contract"
    CONTRACT_NOT_VALID = "contract_not_valid"
    CHANNEL_NOT_ALLOWED = "channel_not_allowed"
    NO_PERSONA = "no_persona"
    RESIDENCY = "residency"
    DATA_ACCESS = "data_access"
    NOT_CERTIFIED = "not_certified"
    CERTIFICATION_EXPIRED = "certification_expired"
    LANGUAGE_MISSING = "language_missing"
    LANGUAGE_BELOW_FLOOR = "language_below_floor"
    SKILL_MISSING = "skill_missing"
    CAP_REACHED = "cap_reached"
    BUDGET_SPENT = "budget_spent"
    POOL_CLOSED = "pool_closed"
    OFF_SHIFT = "off_shift"
    OFFLINE = "offline"
    AWAY = "away"
    IN_WRAP_UP = "in_wrap_up"
    NOT_CONNECTED = "not_connected"
    SEATS_FULL = "seats_full"
    CHANNEL_FULL = "channel_full"
    DECLINED = "declined"
    DECLINED_TOO_OFTEN = "declined_too_often"
    TIER_NOT_YET = "tier_not_yet"
    WISH_NOT_MET = "wish_not_met"
    SHARE_TURN = "share_turn"
    SEATS_KEPT = "seats_kept"
    HELD_FOR_LAST_AGENT = "held_for_last_agent"
    BEHIND_OTHERS = "behind_others"


PERMANENT = frozenset(
    {
        Reason.BRAND_UNKNOWN,
        Reason.NOT_ADDRESSED,
        Reason.NO_CONTRACT,
        Reason.CHANNEL_NOT_ALLOWED,
        Reason.NO_PERSONA,
        Reason.RESIDENCY,
        Reason.DATA_ACCESS,
        Reason.NOT_CERTIFIED,
        Reason.LANGUAGE_MISSING,
        Reason.LANGUAGE_BELOW_FLOOR,
        Reason.SKILL_MISSING,
    }
)
"""Those that only another version of the rules, or another demand, takes away."""

DATED = frozenset({Reason.CONTRACT_NOT_VALID, Reason.CERTIFICATION_EXPIRED, Reason.POOL_CLOSED, Reason.OFF_SHIFT})
"""Those the calendar takes away or brings."""

COUNTED = frozenset({Reason.CAP_REACHED, Reason.BUDGET_SPENT})
"""Those that what was accepted today brings, and the next day takes away."""

SOFT = frozenset(
    {
        Reason.TIER_NOT_YET,
        Reason.WISH_NOT_MET,
        Reason.SHARE_TURN,
        Reason.SEATS_KEPT,
        Reason.HELD_FOR_LAST_AGENT,
        Reason.BEHIND_OTHERS,
    }
)
"""Those that give way as the inquiry waits."""


class Why(StrEnum):
    """Why this agent among those who could: the step of the ranking after which one was left."""

    ONLY_ONE = "only_one"
    TIER = "tier"
    MINIMUM = "minimum"
    SHARE = "share"
    MOST_LANGUAGES = "most_languages"
    LEAST_FLEXIBLE = "least_flexible"
    CLOSEST_LEVEL = "closest_level"
    NEAREST_DIALECT = "nearest_dialect"
    NEAREST_ZONE = "nearest_zone"
    LOWEST_COST = "lowest_cost"
    LONGEST_IDLE = "longest_idle"
    LAST_AGENT = "last_agent"
    MATCHED = "matched"
    NEXT_IN_LINE = "next_in_line"
    TRANSFERRED_TO_YOU = "transferred_to_you"
    CLAIMED = "claimed"


class Over(StrEnum):
    """Why an offer ended without an assignment, an assignment ended, or an inquiry asks nothing more."""

    LAPSED = "lapsed"
    DECLINED = "declined"
    AGENT_LOST = "agent_lost"
    AGENT_AWAY = "agent_away"
    CUSTOMER_LEFT = "customer_left"
    DEMAND_CORRECTED = "demand_corrected"
    RULES_CHANGED = "rules_changed"
    CERTIFICATION_EXPIRED = "certification_expired"
    CAP_REACHED = "cap_reached"
    NO_LONGER_ELIGIBLE = "no_longer_eligible"
    CLAIMED_BY_ANOTHER = "claimed_by_another"
    TRANSFERRED = "transferred"
    WRAPPED_UP = "wrapped_up"
    WRAP_UP_TIMEOUT = "wrap_up_timeout"
    HANDLED = "handled"


class Refusal(StrEnum):
    """Why a wish is not granted. Each is a code of `contact_hub.errors`."""

    AGENT_UNKNOWN = "agent_unknown"
    OFFER_UNKNOWN = "offer_unknown"
    OFFER_LAPSED = "offer_lapsed"
    OFFER_NOT_YOURS = "offer_not_yours"
    CERTIFICATION_EXPIRED = "certification_expired"
    CAP_REACHED = "cap_reached"
    NO_LONGER_ELIGIBLE = "no_longer_eligible"
    SEATS_FULL = "seats_full"
    NOT_FOUND = "not_found"
    NOT_YOURS = "not_yours"
    OUT_OF_ORDER = "out_of_order"
    TRANSFER_TARGET_UNKNOWN = "transfer_target_unknown"
    TRANSFER_TARGET_UNABLE = "transfer_target_unable"


class Flag(StrEnum):
    """Why a person should look at a waiting inquiry."""

    NOBODY_QUALIFIED = "nobody_qualified"
    NO_OPENING = "no_opening"
    DECLINED_BY_ALL = "declined_by_all"
