"""Pokes: "look again at this". They may be lost, doubled and reordered; whoever hears one reads rows. Rows are the truth."""

from contact_hub.bus.memory import MemoryBus
from contact_hub.bus.poke import Bus, Ear, Poke, Subscription

__all__ = ["Bus", "Ear", "MemoryBus", "Poke", "Subscription"]
