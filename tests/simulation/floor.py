"""The small floor on which every history plays: two clients, two vendors who must not know of each other, four agents, short times."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Final

from contact_hub.workspace import Workspace, parse

WORKSPACE_ID: Final = "sim"
CANARY: Final = "Kanarienvogel"
"""Stands in every name that no customer may ever read."""

FLOOR: Final = """
workspace: {id: sim, name: Simulated floor}
clients:
  - {id: aurora, name: Aurora, country: DE, zone: Europe/Berlin}
  - {id: borealis, name: Borealis, country: AE, zone: Asia/Dubai}
brands:
  - id: sonne
    client: aurora
    name: Sonne
    languages: [en]
    floor: B1
    zone: Europe/Berlin
    look: {colour: "#0b5fa5", initials: SO}
    sites: ["http://sonne.localhost"]
    kinds: [service]
    dispositions: {solved: {en: Solved}}
    fallback: leave_message
    idle_seconds: 7
  - id: qamar
    client: borealis
    name: Qamar
    languages: [en]
    floor: B1
    zone: Asia/Dubai
    look: {colour: "#6b2d8c", initials: QA}
    sites: ["http://qamar.localhost"]
    kinds: [service]
    dispositions: {solved: {en: Solved}}
    fallback: leave_message
vendors:
  - {id: zephyr, name: Kanarienvogel-zephyr}
  - {id: monsun, name: Kanarienvogel-monsun}
pools:
  - {id: pool-berlin, name: Kanarienvogel-berlin, sourcing: in_house, country: DE, zone: Europe/Berlin, hours: {mon-sun: ["00:00-24:00"]}}
  - {id: pool-manila, name: Kanarienvogel-manila, vendor: zephyr, sourcing: outsourced, country: PH, zone: Asia/Manila, hours: {mon-sun: ["00:00-24:00"]}}
  - {id: pool-cairo, name: Kanarienvogel-cairo, vendor: monsun, sourcing: outsourced, country: EG, zone: Africa/Cairo, hours: {mon-sun: ["00:00-24:00"]}}
agents:
  - {id: agent-anna, name: Kanarienvogel-anna, email: anna@aurora.example, pool: pool-berlin, languages: {en: C1}, certifications: {sonne: null}, personas: {sonne: {name: Klara}}, seats: 2}
  - {id: agent-viktor, name: Kanarienvogel-viktor, email: viktor@zephyr.example, pool: pool-manila, languages: {en: C1}, certifications: {sonne: null, qamar: null}, personas: {sonne: {name: Jonas}, qamar: {name: Nour}}, seats: 1}
  - {id: agent-bashir, name: Kanarienvogel-bashir, email: bashir@monsun.example, pool: pool-cairo, languages: {en: C1}, certifications: {qamar: null, sonne: null}, personas: {qamar: {name: Sami}, sonne: {name: Peter}}, seats: 2}
contracts:
  - {id: aurora-berlin, client: aurora, pool: pool-berlin, tier: 1}
  - {id: aurora-zephyr, client: aurora, vendor: zephyr, tier: 1}
  - {id: aurora-monsun, client: aurora, vendor: monsun, tier: 2}
  - {id: borealis-monsun, client: borealis, vendor: monsun, tier: 1}
  - {id: borealis-zephyr, client: borealis, vendor: zephyr, tier: 1}
kinds:
  - {id: service, labels: {en: Service}}
away_reasons:
  - {id: break, labels: {en: Break}}
rules:
  offer_seconds: {chat: 3}
  chat_grace_seconds: 2
  offer_grace_seconds: 1
  wrap_up_seconds: 3
  takeover_grace_seconds: 1.5
  decline_cooldown_seconds: 2
  missed_offer_makes_away: false
"""  # noqa: E501 - one agent a line

AGENTS: Final = {"agent-anna": "aurora", "agent-viktor": "zephyr", "agent-bashir": "monsun"}
"""The house of each."""
BRANDS: Final = ("sonne", "qamar")


@lru_cache
def workspace() -> Workspace:
    return parse(FLOOR)


@lru_cache
def _changed(seats: int, offer_seconds: int) -> Workspace:
    return parse(FLOOR.replace("seats: 1}", f"seats: {seats}}}").replace("{chat: 3}", f"{{chat: {offer_seconds}}}"))


def other_rules(dice: random.Random) -> Workspace:
    """The floor under rules that somebody changed."""
    return _changed(dice.choice((2, 3)), dice.choice((2, 4)))
