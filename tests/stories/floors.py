"""The floor that the browser stories play on: two open brands on their demo sites, one that is closed, two agents who may do everything.

A small workspace of our own and not the demo's, because a story wants to know who is asked next, and how long something rings.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from contact_hub.app import build
from contact_hub.demo import postbox
from contact_hub.settings import Settings
from contact_hub.web.server import running
from contact_hub.web.site_mail import Postbox
from contact_hub.workspace import Workspace, from_document, parse, to_document
from tests import hubs
from tests.servers import free_port

PASSWORD = hubs.PASSWORD
AMELIE, NADIA = "amelie@velour.example", "nadia@velour.example"
SYLVIE, ROBIN = "sylvie@velour.example", "robin@hub.example"
OPENS_IN_HOURS = 20

_WORKSPACE = """
workspace: {{id: stories, name: Story floor}}
clients:
  - {{id: velour-group, name: Velour Group, country: FR, zone: Europe/Paris}}
  - {{id: kestrel, name: Kestrel Communications, country: GB, zone: Europe/London}}
brands:
  - id: velour-maison
    client: velour-group
    name: Velour Maison
    languages: [en, fr, de]
    floor: B2
    zone: Europe/Paris
    look: {{colour: "#7a1f3d", initials: VM, logo: "M3 4h4l5 11 5-11h4l-7 16h-4z"}}
    sites: ["http://velour.localhost:{port}"]
    persona: {{rule: per_agent}}
    form: {{name: required, email: optional, kind: optional, question: required}}
    kinds: [service, complaint]
    texts: {{en: {{greeting: "Welcome to Velour Maison. How may we help you?", tone: "Courteous and unhurried, full sentences, no emoji."}}}}
    canned:
      greeting: {{en: "Hello {{customer}}, this is {{persona}} from {{brand}}. How may I help you?", fr: "Bonjour {{customer}}, ici {{persona}}."}}
      one-moment: {{en: "One moment please, I am looking this up for you."}}
    dispositions: {{resolved: {{en: Resolved, ar: "محلول"}}, follow-up: {{en: Needs a follow-up, ar: "متابعة"}}}}
    csat: true
    fallback: leave_message
  - id: noor-living
    client: velour-group
    name: Noor Living
    languages: [ar, en]
    floor: B2
    zone: Asia/Dubai
    look: {{colour: "#0f6b63", initials: NL, logo: "M12 2a10 10 0 1 0 10 10 8 8 0 0 1-10-10z"}}
    sites: ["http://noor.localhost:{port}"]
    persona: {{rule: per_agent}}
    form: {{name: optional, email: optional, kind: hidden, question: required}}
    kinds: [service]
    texts: {{ar: {{greeting: "مرحبًا بكم في Noor Living. كيف يمكننا مساعدتكم؟"}}}}
    canned:
      greeting: {{en: "Hello {{customer}}, this is {{persona}} from {{brand}}.", ar: "مرحبًا {{customer}}، معك {{persona}} من {{brand}}."}}
    dispositions: {{resolved: {{en: Resolved, ar: "محلول"}}}}
    csat: true
    fallback: leave_message
  - id: kestrel-mobile
    client: kestrel
    name: Kestrel Mobile
    languages: [en]
    floor: B2
    zone: Europe/London
    look: {{colour: "#ffb000", initials: KM}}
    sites: ["http://kestrel.localhost:{port}"]
    kinds: [service]
    dispositions: {{resolved: {{en: Resolved}}}}
    fallback: leave_message
pools:
  - {{id: paris, name: Paris, sourcing: in_house, country: FR, zone: Europe/Paris, hours: {{mon-sun: ["00:00-24:00"]}}}}
  - {{id: warsaw, name: Warsaw, sourcing: in_house, country: PL, zone: Europe/Warsaw, hours: {{mon-sun: ["00:00-24:00"]}}}}
  - {{id: closed, name: Closed just now, sourcing: in_house, country: GB, zone: UTC, hours: {{mon-sun: ["{opens}-{closes}"]}}}}
agents:
  - id: amelie
    name: Amélie Roux
    email: amelie@velour.example
    pool: paris
    languages: {{fr: native, en: C2, de: C1, ar: C1}}
    certifications: {{velour-maison: null, noor-living: null}}
    personas: {{velour-maison: {{name: Camille}}, noor-living: {{name: Layla}}}}
    seats: 3
  - id: nadia
    name: Nadia Kowal
    email: nadia@velour.example
    pool: warsaw
    languages: {{en: C2, de: C1, fr: C1, ar: native}}
    certifications: {{velour-maison: null, noor-living: null}}
    personas: {{velour-maison: {{name: Margot}}, noor-living: {{name: Samira}}}}
    seats: 3
  - id: kit
    name: Kit Marsh
    email: kit@kestrel.example
    pool: closed
    languages: {{en: native}}
    certifications: {{kestrel-mobile: null}}
    personas: {{kestrel-mobile: {{name: Kit}}}}
staff:
  - {{id: sylvie, name: Sylvie Aubert, email: sylvie@velour.example, role: client_supervisor, client: velour-group}}
  - {{id: robin, name: Robin Achterberg, email: robin@hub.example, role: operator}}
contracts:
  - {{id: velour-paris, client: velour-group, pool: paris, tier: 1}}
  - {{id: velour-warsaw, client: velour-group, pool: warsaw, tier: 1}}
  - {{id: kestrel-closed, client: kestrel, pool: closed, tier: 1, currency: GBP, price: 3.50, cap_per_day: 500, budget_per_day: 1500, minimum_per_day: 20}}
kinds:
  - {{id: service, labels: {{en: Customer service, ar: "خدمة العملاء"}}}}
  - {{id: complaint, labels: {{en: Complaint, ar: "شكوى"}}}}
away_reasons:
  - {{id: break, labels: {{en: Break, ar: "استراحة"}}}}
  - {{id: lunch, labels: {{en: Lunch, ar: "غداء"}}}}
rules:
  offer_seconds: {{chat: {offer_seconds}}}
  missed_offer_makes_away: true
  chat_grace_seconds: 20
  takeover_grace_seconds: 0
  wrap_up_seconds: 120
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the faces of a running hub are."""

    port: int
    opens: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When the brand that is closed opens again."""
    post: Postbox | None = None
    """The world's mail server, where the story has mail."""
    doors: hubs.Floor | None = None
    """For those who come without a browser, over plain sockets; where the hub runs in this process."""

    @property
    def console(self) -> str:
        return f"http://localhost:{self.port}"

    def site(self, brand: str = "velour", page: str = "en.html") -> str:
        return f"http://{brand}.localhost:{self.port}/{page}"


@contextlib.asynccontextmanager
async def stage(
    folder: Path, url: str, *, offer_seconds: int = 60, more: str = "", mail: bool = False, **settings: Any
) -> AsyncIterator[Stage]:
    """The story floor on a free port, in this process. `more` is added to its workspace file; with `mail` its brands have mailboxes."""
    port = free_port()
    opens = (datetime.now(UTC) + timedelta(hours=OPENS_IN_HOURS)).replace(minute=0, second=0, microsecond=0)
    config = Settings(
        database_url=url, data_dir=folder, port=port, workspace="stories", poll_seconds=0.2, heartbeat_seconds=1, **settings
    )
    if mail:
        config = config.model_copy(update={"mail_door": "smtp://127.0.0.1:0", "mail_readers": 1})
    async with build(config) as hub, postbox(hub) if mail else contextlib.nullcontext() as post:
        wanted = parse(_workspace_text(port, opens, offer_seconds) + more)
        await hub.workspaces.apply(
            _with_mail(wanted, post.port) if post else wanted,
            by="tests",
            first_password_hash=await hub.passwords.hash(PASSWORD),
        )
        async with running(hub, sites=True, post=post) as server, contextlib.AsyncExitStack() as stack:
            doors = hubs.Floor(hub=hub, server=server, origin=f"http://localhost:{port}", port=port, _stack=stack)
            yield Stage(port=port, opens=opens, post=post, doors=doors)


def _with_mail(workspace: Workspace, relay_port: int) -> Workspace:
    """Every brand has a mailbox that mail is handed in for, and writes by a relay on this machine."""
    document = to_document(workspace)
    for brand in document["brands"]:
        brand["mailboxes"] = [
            {
                "id": f"{brand['id']}-box",
                "address": f"service@{brand['id']}.example",
                "intake": {"lmtp": True},
                "relay": {"host": "127.0.0.1", "port": relay_port, "security": "none"},
                "own_servers": [f"mx.{brand['id']}.example"],
            }
        ]
        brand["mail"] = {"quote": "last", "remote_images": True, "forward": [f"studio@{brand['id']}.example"]}
    for contract in document["contracts"]:
        contract["channels"] = ["chat", "email"]
    return from_document(document)


def _workspace_text(port: int, opens: datetime, offer_seconds: int) -> str:
    """The floor as a file. One pool opens in some hours from now, whenever that is, for three quarters of an hour."""
    return _WORKSPACE.format(port=port, offer_seconds=offer_seconds, opens=f"{opens:%H}:00", closes=f"{opens:%H}:45")
