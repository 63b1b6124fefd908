"""New conversations as they come in crowds: many visitors, one beginning each, a handful of statements for all of them.

Only what is plain is done here: a browser in which nobody has said anything yet, whose visitor is nobody we know. Whatever is more than that (a conversation
that runs or has run, a beginning that was sent before, two of one browser at once) goes the careful way, one command for itself. What a beginning comes to
is said once, for both ways.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec

from contact_hub.brands.faces import writes_mail
from contact_hub.bus import Bus, Poke
from contact_hub.channels.chat.frames import CustomerMessage
from contact_hub.conversations.posts import Posted, Surroundings, after_a_word, customers_entry, written
from contact_hub.ids import Ids
from contact_hub.live.lines import line
from contact_hub.live.looks import Said
from contact_hub.privacy.masking import mask_cards
from contact_hub.scope import VisitorScope
from contact_hub.store import Tx
from contact_hub.store.records import Conversation, Customer, Inquiry
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Brand
from contact_hub.workspace.values import zone_exists
from i18n import formatting
from i18n.detection import Detection
from i18n.settling import Evidence, LanguageState, settle
from routing import journal
from routing.codec import dump
from routing.events import InquiryArrived
from routing.model import AgentId, Channel, ClientId, Demand, InquiryId

_TURNS: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What the pre-chat form brought. `nobody_there`: everybody is at home, so that the answer comes by mail where it can."""

    client_message_id: str
    text: str
    kind: str
    name: str | None = None
    email: str | None = None
    language: str | None = None
    nobody_there: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A beginning as it waits to be written: its form is complete, `text` masked, its language heard, `chosen` a language there is."""

    scope: VisitorScope
    floor: Floor
    beginning: Beginning
    around: Surroundings
    text: str
    heard: Detection
    chosen: str | None
    at: datetime

    @property
    def brand(self) -> Brand:
        return self.floor.brand(self.scope.brand)

    @property
    def message(self) -> CustomerMessage:
        return CustomerMessage(text=self.text, client_message_id=self.beginning.client_message_id)


class Beginnings:
    """`careful` is the command of one beginning, which knows all cases; `said` hears what was done without it."""

    def __init__(
        self, *, careful: Callable[[Tx, Opening], Awaitable[Posted]], said: Said, bus: Bus, ids: Ids, monotonic: Callable[[], float]
    ) -> None:
        self._careful, self._said, self._bus, self._ids, self._monotonic = careful, said, bus, ids, monotonic

    async def one(self, tx: Tx, item: Opening) -> Posted:
        (plain,) = await self.many(tx, [item])
        return plain or await self._careful(tx, item)

    async def many(self, tx: Tx, items: Sequence[Opening]) -> list[Posted | None]:
        """See `store.Together`."""
        fresh = await _fresh(tx, items)
        results: list[Posted | None] = []
        begun: list[_Begun] = []
        for place, item in enumerate(items):
            if item.scope.device not in fresh or item.scope.customer is not None:
                results.append(None)
                continue
            fresh.remove(item.scope.device)  # whoever begins twice is looked at the second time
            begun.append(self._written(item, tx.cause_of(place)))
            results.append(Posted(conversation=begun[-1].conversation.id, position=1, at=item.at))
        if begun:
            await self._write(tx, begun)
        return results

    def _written(self, item: Opening, cause: str | None) -> _Begun:
        language = first_language(item, None)
        customer = new_customer(item, self._ids)
        conversation = new_conversation(item, language, customer.id, self._ids)
        inquiry = new_inquiry(conversation, language, item.floor.version, item.at, self._ids)
        said = after_a_word(conversation, item.text, "customer", item.at)
        said["inquiry"] = inquiry.id
        return _Begun(item, language, customer, msgspec.structs.replace(conversation, public_head=1, **said), inquiry, cause)

    async def _write(self, tx: Tx, begun: Sequence[_Begun]) -> None:
        since = self._monotonic()
        await tx.customers.insert(*(one.customer for one in begun))
        became: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for one in begun:
            became[one.scope.workspace, one.scope.brand][one.scope.device] = one.customer.id
        for (workspace, brand), customer_of in became.items():
            await tx.devices.become(workspace, brand, customer_of)
        entries = [customers_entry(one.opening.text, one.opening.beginning.client_message_id, one.opening.at) for one in begun]
        await tx.conversations.insert_many([(one.conversation, entry) for one, entry in zip(begun, entries, strict=True)])
        await tx.inquiries.insert(*(one.inquiry for one in begun))
        for one in begun:
            _tell(tx, one)
        moved = [Poke("device", one.scope.workspace, one.scope.device) for one in begun]
        moved += [Poke("input", workspace, workspace) for workspace in sorted({one.scope.workspace for one in begun})]
        words = [(one.conversation, written(one.conversation.id, entry, 1)) for one, entry in zip(begun, entries, strict=True)]
        tx.after_commit(lambda: self._bus.publish(moved))
        tx.after_commit(lambda: self._said.tell(words, since=since))


@dataclass(frozen=True, slots=True)
class _Begun:
    """What one beginning comes to."""

    opening: Opening
    language: LanguageState
    customer: Customer
    conversation: Conversation
    inquiry: Inquiry
    cause: str | None

    @property
    def scope(self) -> VisitorScope:
        return self.opening.scope


def _tell(tx: Tx, one: _Begun) -> None:
    """The journal and routing."""
    conversation, inquiry, at = one.conversation, one.inquiry.id, one.opening.at
    posted = journal.MessagePosted(conversation=conversation.id, inquiry=inquiry, speaker="customer", position=1, agent=None)
    tx.journal.append(conversation.workspace, line(at, opened(conversation, inquiry, one.language)), line(at, posted))
    arrived = journal.event_to_json(arrival(conversation, inquiry, one.language, None))
    tx.inputs.add(conversation.workspace, arrived, at=at, trace=one.cause)


async def _fresh(tx: Tx, items: Sequence[Opening]) -> set[str]:
    """The browsers in which nobody has said anything yet."""
    asked: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for item in items:
        asked[item.scope.workspace, item.scope.brand].add(item.scope.device)
    fresh: set[str] = set()
    for (workspace, brand), devices in sorted(asked.items()):
        fresh |= await tx.devices.unheard(workspace, brand, sorted(devices))
    return fresh


# ------------------------------------------------------------ what a beginning comes to, whichever way it is written


def first_language(item: Opening, latest: Conversation | None) -> LanguageState:
    """From everything that is known before anybody has answered. The last conversation counts where its language was settled."""
    state = settle(None, Evidence.brand(item.brand.languages))
    state = settle(state, Evidence.page(item.around.page_language))
    state = settle(state, Evidence.browser(item.around.locales))
    if latest is not None and latest.language_tag and LanguageState.from_json(latest.language).settled:
        state = settle(state, Evidence.earlier(latest.language_tag))
    state = settle(state, Evidence.text(item.heard))
    return settle(state, Evidence.chosen(item.chosen)) if item.chosen else state


def new_customer(item: Opening, ids: Ids) -> Customer:
    """Somebody whom nobody has met; what the form says is kept, and proves nothing."""
    name, email = who_they_say(item.beginning)
    return Customer(
        workspace=item.scope.workspace,
        id=ids.mint("cus", item.at),
        client=ClientId(item.brand.client),
        brand=item.scope.brand,
        name=name,
        email=email,
        created_at=item.at,
    )


def new_conversation(item: Opening, language: LanguageState, customer: str, ids: Ids) -> Conversation:
    """Before a word is said in it."""
    zone = item.around.zone
    return Conversation(
        workspace=item.scope.workspace,
        id=ids.mint("cnv", item.at),
        client=ClientId(item.brand.client),
        brand=item.scope.brand,
        customer=customer,
        device=item.scope.device,
        channel=Channel.EMAIL if _left_behind(item.brand, item.beginning) else Channel.CHAT,
        kind=item.beginning.kind,
        state="waiting",
        language=language.to_json(),
        language_tag=language.working,
        language_confidence=language.confidence,
        opened_at=item.at,
        last_at=item.at,
        zone=zone if zone and zone_exists(zone) else None,
    )


def new_inquiry(conversation: Conversation, language: LanguageState, rules: int, at: datetime, ids: Ids) -> Inquiry:
    """What the conversation asks routing for."""
    return Inquiry(
        workspace=conversation.workspace,
        id=InquiryId(ids.mint("inq", at)),
        conversation=conversation.id,
        client=conversation.client,
        brand=conversation.brand,
        kind=conversation.kind,
        channel=conversation.channel,
        demand=dump(demand_of(conversation, language)),
        state="waiting",
        arrived_at=at,
        rules=rules,
    )


def opened(conversation: Conversation, inquiry: InquiryId, language: LanguageState) -> journal.InquiryOpened:
    """A new inquiry for the journal."""
    return journal.InquiryOpened(
        inquiry=inquiry,
        conversation=conversation.id,
        client=conversation.client,
        brand=conversation.brand,
        channel=conversation.channel,
        kind=conversation.kind,
        customer=conversation.customer or "",
        language=language.working if language.settled else None,
        confidence=language.confidence,
    )


def arrival(conversation: Conversation, inquiry: InquiryId, language: LanguageState, known: AgentId | None) -> InquiryArrived:
    """A new inquiry for routing. `known`: the agent who knows the customer."""
    demand = replace(demand_of(conversation, language), last_agent=known)
    return InquiryArrived(inquiry=inquiry, demand=demand, conversation=conversation.id)


def demand_of(conversation: Conversation, language: LanguageState) -> Demand:
    """What the conversation asks of an agent: a settled language is a hard wish, an unsettled one asks for the widest match."""
    wished = (language.working,) if language.settled and language.working else ()
    return Demand(brand=conversation.brand, channel=conversation.channel, kind=conversation.kind, languages=wished)


def who_they_say(beginning: Beginning) -> tuple[str | None, str | None]:
    """Name and address from the form, as they may be kept."""
    return _name(beginning.name), _one_line(beginning.email or "") or None


def masked(text: str) -> str:
    """Without card numbers and edges of white space. Lone surrogates are no text: neither database nor socket could carry them."""
    return mask_cards(text.encode("utf-8", "replace").decode("utf-8").strip())


def _left_behind(brand: Brand, beginning: Beginning) -> bool:
    """Whether this is a message left at a closed door, with an address to answer to: then it is the mail agents' work, whenever they come."""
    return beginning.nobody_there and bool(beginning.email) and writes_mail(brand)


def _one_line(text: str) -> str:
    """A field of the form: masked like everything else, without characters that break a line or turn its direction on an agent's screen."""
    seen = "".join(" " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character for character in text)
    return masked(" ".join(seen.translate(_TURNS).split()))


def _name(said: str | None) -> str | None:
    """A name as it can be seen and cannot turn a screen around; None where nothing of it can be seen."""
    seen = formatting.person(said)
    return None if seen == formatting.UNNAMED else masked(seen)
