"""The same brand from two sides: the face a customer's widget wears, and the voice an agent is given for it.

Pure. The face is built from the brand alone, so it cannot know who answers; the voice adds the agent's own persona.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from agents.frames import BrandVoice, MailVoice, Reference, Target
from contact_hub.channels.chat.frames import BrandFace, FormField, PersonaFace
from contact_hub.privacy.guard import Voice, names
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Brand, Persona
from i18n import catalogues, formatting, tags

DECLINE_REASONS: Final = ("busy", "language", "not_my_topic", "technical", "other")

_DARK_INK, _LIGHT_INK = "#16202b", "#ffffff"
_OVERRIDES: Final[Mapping[str, str]] = {
    "greeting": "widget.greeting.new",
    "returning": "widget.greeting.returning",
    "privacy": "widget.privacy",
    "closed": "widget.closed.title",
    "goodbye": "widget.ended",
}


def face(floor: Floor, brand: Brand, language: str) -> BrandFace:
    """What the widget needs to look and speak like `brand`, in one of its languages."""
    colour = str(brand.look.colour)
    form = brand.form
    asked = {"name": form.name, "email": form.email, "kind": form.kind, "question": form.question}
    fields = [FormField(name=name, required=wish == "required") for name, wish in asked.items() if wish != "hidden"]  # type: ignore[arg-type]  # the four names above
    return BrandFace(
        brand=brand.id,
        name=brand.name,
        colour=colour,
        ink=ink_on(colour),
        logo=str(brand.look.initials),
        languages=list(brand.languages),
        language=language,
        direction=tags.direction(language),
        kinds=list(floor.kinds_of(brand)),
        form=[*fields[:-1], FormField(name="language"), *fields[-1:]],
        texts=own_texts(floor, brand, language),
        csat=brand.csat,
        mail=writes_mail(brand),
    )


def own_texts(floor: Floor, brand: Brand, language: str) -> dict[str, str]:
    """The brand's and the workspace's own words in `language`, by catalogue key; never in another language by accident."""
    chosen: dict[str, str] = {}
    if general := tags.own_match(language, floor.workspace.texts):
        chosen |= {key: text for key, text in floor.workspace.texts[general].items() if key.startswith(("widget.", "notice."))}
    if own := tags.own_match(language, brand.texts):
        said = brand.texts[own]
        chosen |= {key: text for field, key in _OVERRIDES.items() if (text := getattr(said, field))}
    return chosen


def persona_face(persona: Persona) -> PersonaFace:
    return PersonaFace(name=persona.name, initials=str(persona.picture or formatting.initials(persona.name)))


def voice(floor: Floor, agent: str, brand: Brand) -> BrandVoice:
    """How `agent` speaks as `brand`: persona, tone, prepared replies."""
    colour = str(brand.look.colour)
    return BrandVoice(
        brand=brand.id,
        name=brand.name,
        colour=colour,
        ink=ink_on(colour),
        logo=str(brand.look.initials),
        persona=floor.persona(agent, brand.id).name,
        tone={tag: said.tone for tag, said in brand.texts.items() if said.tone},
        languages=list(brand.languages),
        canned={key: {str(tag): str(text) for tag, text in by_tag.items()} for key, by_tag in brand.canned.items()},
        dispositions={key: dict(labels) for key, labels in brand.dispositions.items()},
        mail=_mail_voice(brand),
    )


def writes_mail(brand: Brand) -> bool:
    """Whether anything can be sent for the brand."""
    return any(box.relay is not None for box in brand.mailboxes)


def _mail_voice(brand: Brand) -> MailVoice | None:
    """How the brand writes mail; None where nothing can be sent for it."""
    box = next((box for box in brand.mailboxes if box.relay is not None), None)
    if box is None:
        return None
    return MailVoice(
        address=box.address,
        cc=brand.mail.cc,
        quote=brand.mail.quote,
        remote_images=brand.mail.remote_images,
        forward=list(brand.mail.forward),
        signatures={tag: said.signature for tag, said in brand.mail.texts.items() if said.signature},
    )


def reference(floor: Floor, agent: str) -> Reference:
    """Everything an agent's console needs to know that changes only with the rules: the brands this agent may speak for, and where to hand on to.

    Colleagues are named only within the same vendor (in-house pools count as one): rival vendors share a floor without seeing each other.
    """
    own = floor.agent(agent)
    brands = [brand for brand in floor.workspace.brands if brand.id in own.certifications or not brand.certification_required]
    vendor = floor.vendor_of(own.pool)
    house = [pool for pool in floor.workspace.pools if pool.vendor == vendor]
    ids = {pool.id for pool in house}
    return Reference(
        rules=floor.version,
        brands={brand.id: voice(floor, agent, brand) for brand in brands},
        away_reasons=[reason.id for reason in floor.workspace.away_reasons],
        decline_reasons=list(DECLINE_REASONS),
        pools=[Target(id=pool.id, name=pool.name) for pool in house],
        agents=[
            Target(id=other.id, name=other.name, pool=other.pool)
            for other in floor.workspace.agents
            if other.pool in ids and other.id != agent
        ],
        kinds={kind.id: dict(kind.labels) for kind in floor.workspace.kinds},
    )


def guard_voice(floor: Floor, agent: str, brand: Brand, language: str | None) -> Voice:
    """What a reply of `agent` for `brand` must not name: vendors, pools of vendors, real names, the brand's forbidden words; other brands are warned of."""
    persona = floor.persona(agent, brand.id).name
    vendors = [
        name for vendor in floor.workspace.vendors for name in (vendor.name, vendor.alias or "", vendor.id.replace("-", " "))
    ]
    sites = [pool.name for pool in floor.workspace.pools if pool.vendor is not None]
    real = [other.name for other in floor.workspace.agents if other.name != persona]
    clients = [client.name for client in floor.workspace.clients if client.id != brand.client]
    others = [other.name for other in floor.workspace.brands if other.id != brand.id]
    return Voice(
        refused=names("vendor_named", [*vendors, *sites])
        | names("agent_named", real)
        | names("forbidden_word", brand.forbidden_words),
        warned=names("other_brand_named", [*others, *clients]),
        language=language,
    )


def ink_on(colour: str) -> str:
    """Dark or light text, whichever has the higher contrast on `colour` (WCAG 2.2, relative luminance)."""
    luminance = _luminance(colour)
    dark = (luminance + 0.05) / (_luminance(_DARK_INK) + 0.05)
    light = 1.05 / (luminance + 0.05)
    return _LIGHT_INK if light >= dark else _DARK_INK


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def widget_language(brand: Brand, wishes: Sequence[str]) -> str:
    """The brand's language that fits what the visitor wishes best; its default where none does."""
    return tags.best_match(list(wishes), list(brand.languages)) or brand.languages[0]


def spoken_language(brand: Brand, conversation_tag: str | None, wishes: Sequence[str]) -> str:
    """What the widget speaks: the language the customer turned out to speak, where we have its texts; else what the page and browser wish."""
    if conversation_tag and tags.language(catalogues.resolve(conversation_tag)) == tags.language(conversation_tag):
        return conversation_tag
    return widget_language(brand, wishes)


def texts_address(language: str) -> str:
    """Where the widget's catalogue in `language`, or the nearest we have, is served."""
    return f"/api/texts/widget/{catalogues.resolve(language)}.json"
