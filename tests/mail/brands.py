"""Three brands that write mail, with a canary in everything their customers must not know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from contact_hub.channels.email.mail import Address
from contact_hub.mail.compose import Composed, Letter, Stationery, Thread, compose, stationery
from contact_hub.workspace import parse
from contact_hub.workspace.floor import Floor

NOW: Final = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
KEY: Final = b"k" * 32
CONVERSATION: Final = "cnv_01jd5x0000000000000000000a"
ENTROPY: Final = bytes(range(20))
HOST: Final = "kanarienvogel-host"

DOCUMENT: Final = """
workspace: {id: test, name: Kanarienvogel floor}
clients:
  - {id: aurora, name: Aurora Holding, country: DE, zone: Europe/Berlin}
  - {id: borealis, name: Borealis Group, country: SA, zone: Asia/Riyadh}
brands:
  - id: sonne
    client: aurora
    name: Sonne
    languages: [de, en]
    zone: Europe/Berlin
    look: {colour: "#0b5fa5", initials: SO}
    forbidden_words: [billig]
    mailboxes:
      - id: sonne-hilfe
        address: hilfe@sonne.example
        intake: {lmtp: true}
        relay: {host: 127.0.0.1, port: PORT, security: none}
        dkim: {selector: s2026, secret: "file:DKIM"}
    mail:
      {quote: full, cc: any, acknowledge: always, out_of_hours: true, survey: true,
       texts: {de: {signature: "Sonnige Grüße\\n{persona}\\n{brand}", footer: "Sonne GmbH, Berlin"}}}
  - id: qamar
    client: borealis
    name: قمر
    languages: [ar, en]
    zone: Asia/Riyadh
    look: {colour: "#6b2d8c", initials: QA}
    mailboxes:
      - {id: qamar-care, address: care@qamar.example, intake: {lmtp: true}, relay: {host: 127.0.0.1, port: PORT, security: none}}
    mail: {quote: last, cc: any, acknowledge: closed, survey: true}
  - id: hoshi
    client: borealis
    name: ほし
    languages: [ja, en]
    zone: Asia/Tokyo
    look: {colour: "#222222", initials: HO}
    mailboxes:
      - {id: hoshi-care, address: care@hoshi.example, intake: {lmtp: true}, relay: {host: 127.0.0.1, port: PORT, security: none}}
    mail: {quote: none, cc: any, survey: true}
vendors:
  - {id: zephyr, name: Kanarienvogel-vendor-zephyr, alias: Kanarienvogel-alias-zephyr}
pools:
  - {id: manila, name: Kanarienvogel-pool-manila, vendor: zephyr, sourcing: outsourced, country: PH, zone: Asia/Manila, hours: {mon-sun: ["00:00-24:00"]}}
agents:
  - id: viktor
    name: Kanarienvogel-agent-viktor
    email: viktor@zephyr.example
    pool: manila
    languages: {de: C1, en: C2, ar: C2, ja: C2}
    certifications: {sonne: null, qamar: null, hoshi: null}
    personas: {sonne: {name: Jonas}, qamar: {name: ليلى}, hoshi: {name: 葵}}
  - id: maria
    name: Maria Ölander
    email: maria@zephyr.example
    pool: manila
    languages: {de: C1}
    certifications: {sonne: null}
    personas: {sonne: {name: Mia}}
contracts:
  - {id: one, client: aurora, pool: manila, channels: [chat, email]}
  - {id: two, client: borealis, pool: manila, channels: [chat, email]}
kinds:
  - {id: service, labels: {en: Service}}
"""


def floor(*, port: int = 2525, dkim: str | None = None) -> Floor:
    """The three brands; their relay listens on `port`; Sonne seals its mails where its key is in the file `dkim`."""
    text = DOCUMENT.replace("PORT", str(port)).replace("file:DKIM", f"file:{dkim}")
    return Floor(1, parse(text if dkim else "\n".join(line for line in text.split("\n") if "dkim:" not in line)))


def paper(brand: str = "sonne", language: str = "de", persona: str = "Jonas") -> Stationery:
    face = floor().brand(brand)
    return stationery(face, address=face.mailboxes[0].address, language=language, persona=persona)


def letter(text: str = "Ihr Rad ist fertig.", **more: object) -> Letter:
    return Letter(**{"to": (Address("max@kunde.example", "Max Müller"),), "text": text, **more})  # type: ignore[arg-type]


def composed(said: Letter | None = None, on: Stationery | None = None, thread: Thread | None = None) -> Composed:
    tied = thread or Thread(conversation=CONVERSATION, key=KEY)
    return compose(said or letter(), on or paper(), tied, now=NOW, entropy=ENTROPY)
