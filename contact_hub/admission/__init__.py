"""Who may bring how much: limits where work enters, so that a flood meets its own bound and nobody else's."""

from contact_hub.admission.buckets import Allowance, Buckets, Tally
from contact_hub.admission.gate import Gate, Limit, Limited, Refused, visitor_allowance

__all__ = ["Allowance", "Buckets", "Gate", "Limit", "Limited", "Refused", "Tally", "visitor_allowance"]
