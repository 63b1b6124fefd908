"""Histories by chance: any order of things that can happen on a floor, told through `FloorTold`. Times are whole seconds, often the same."""

from __future__ import annotations

from hypothesis import strategies as st

from routing.journal import Entry
from routing.model import Availability
from tests.quality.floors import AGENTS, BRANDS, FloorTold

_LANGUAGES = (None, "en", "de", "ar", "ja", "pt-BR")
_ACTIONS = (
    "arrive",
    "arrive",
    "offer",
    "offer",
    "answer",
    "answer",
    "answer",
    "lapse",
    "decline",
    "leave",
    "say",
    "reply",
    "reply",
    "transfer",
    "lose",
    "end",
    "end",
    "wrap",
    "wrap",
    "rate",
    "correct",
    "duty",
    "wait",
)


@st.composite
def histories(draw: st.DrawFn, longest: int = 60) -> list[Entry]:
    """A journal that a floor could have written."""
    floor = FloorTold()
    floor.arrives("i0", brand="hikari", language="ja")
    waiting = ["i0"]
    offered: dict[str, tuple[str, str]] = {}
    held: dict[str, str] = {}
    wrapping: dict[str, str] = {}
    ended: list[str] = []
    born = 0
    agents = sorted(AGENTS)
    for _ in range(draw(st.integers(1, longest))):
        action = draw(st.sampled_from(_ACTIONS))
        floor.after(draw(st.sampled_from((0, 1, 7, 20, 61, 600, 86_400))))
        pick = draw(st.integers(0, 7))
        agent = agents[pick % len(agents)]
        match action:
            case "arrive":
                born += 1
                floor.arrives(
                    f"i{born}",
                    brand=sorted(BRANDS)[pick % 3],
                    language=draw(st.sampled_from(_LANGUAGES)),
                    kind=("service", "sales")[pick % 2],
                    customer=f"c{pick}",
                )
                waiting.append(f"i{born}")
            case "offer" if waiting:
                inquiry = waiting.pop(pick % len(waiting))
                offered[inquiry] = (floor.offers(inquiry, agent), agent)
            case "answer" if offered:
                inquiry = sorted(offered)[pick % len(offered)]
                offer, agent = offered.pop(inquiry)
                floor.accepts(offer, inquiry, agent)
                held[inquiry] = agent
            case "lapse" | "decline" if offered:
                inquiry = sorted(offered)[pick % len(offered)]
                offer, agent = offered.pop(inquiry)
                floor.withdraws(offer, inquiry, agent, {"lapse": "lapsed", "decline": "declined"}[action])
                waiting.append(inquiry)
            case "leave" if waiting or offered:
                inquiry = sorted([*waiting, *offered])[pick % (len(waiting) + len(offered))]
                if inquiry in offered:
                    offer, agent = offered.pop(inquiry)
                    floor.leaves(inquiry, offer=offer, agent=agent)
                else:
                    waiting.remove(inquiry)
                    floor.leaves(inquiry, because=("idle", "customer_left")[pick % 2])
            case "say" if held or waiting:
                floor.writes(sorted([*waiting, *held])[pick % (len(waiting) + len(held))])
            case "reply" if held:
                inquiry = sorted(held)[pick % len(held)]
                floor.writes(inquiry, "agent", held[inquiry])
            case "transfer" | "lose" if held:
                inquiry = sorted(held)[pick % len(held)]
                agent = held.pop(inquiry)
                if action == "lose":
                    floor.loses(inquiry, agent)
                else:
                    floor.transfers(inquiry, agent, ("kairo", None)[pick % 2])
                waiting.append(inquiry)
            case "end" if held:
                inquiry = sorted(held)[pick % len(held)]
                wrapping[inquiry] = held.pop(inquiry)
                floor.ends(inquiry, wrapping[inquiry])
            case "wrap" if wrapping:
                inquiry = sorted(wrapping)[pick % len(wrapping)]
                floor.wraps_up(inquiry, wrapping.pop(inquiry))
                ended.append(inquiry)
            case "rate" if ended:
                floor.rates(ended.pop(pick % len(ended)), 1 + pick % 5)
            case "correct" if held:
                floor.corrects(sorted(held)[pick % len(held)], "de")
            case "duty":
                availability = (Availability.READY, Availability.AWAY, Availability.OFFLINE)[pick % 3]
                floor.becomes(agent, availability, "training" if pick % 2 else "lunch")
            case _:
                floor.after(1)
    return floor.entries
