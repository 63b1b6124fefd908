"""Translate this message for me.

The workspace must want it (`translation: assist`), the deployment must have an engine, the brand's rules on data must let it go there, and the
reader must see the message anyway. What leaves the house is the text as it is kept, cards masked, without any name or id beside it; what comes
back is shown and forgotten.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contact_hub.clock import Clock
from contact_hub.errors import HubError
from contact_hub.privacy.masking import mask_cards
from contact_hub.scope import AgentScope, Scope
from contact_hub.store import Store
from contact_hub.store.records import Conversation, PublicEntry
from contact_hub.translation.cache import Cache, Key
from contact_hub.translation.engine import Off, Translation, Translator
from contact_hub.workspace.country_groups import countries_in
from contact_hub.workspace.model import Brand
from contact_hub.workspace.service import Workspaces
from i18n import tags
from i18n.detection import Detection, Hints

Detect = Callable[[str, Hints], Detection]

_SURE: Final = 0.9
_LETTERS_MIN: Final = 12
_ACCOUNTS_MAX: Final = 10_000
_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one translation may cost, and how many there may be."""

    budget_seconds: float = 4.0
    chars_max: int = 5_000
    per_minute: int = 30
    cache_entries: int = 1_000
    cache_seconds: float = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatedMessage:
    """A translation beside the place of its original."""

    conversation: str
    position: int
    translation: Translation


class Translations:
    """`country` is where the engine computes (ISO 3166-1), None where nobody has said; an engine that is `local` lets nothing out of the house."""

    def __init__(
        self,
        *,
        store: Store,
        workspaces: Workspaces,
        translator: Translator,
        detect: Detect,
        clock: Clock,
        limits: Limits | None = None,
        country: str | None = None,
        local: bool = False,
    ) -> None:
        self._store, self._workspaces, self._translator, self._detect = store, workspaces, translator, detect
        self._clock, self._limits, self._country, self._local = clock, limits or Limits(), country, local
        self._cache = Cache(entries_max=self._limits.cache_entries, seconds=self._limits.cache_seconds, monotonic=clock.monotonic)
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()

    @property
    def engine(self) -> str:
        return self._translator.name

    @property
    def chars_max(self) -> int:
        return self._limits.chars_max

    def offered(self, workspace: str) -> bool:
        """Whether messages of this workspace can be translated at all."""
        return not isinstance(self._translator, Off) and self._workspaces.floor(workspace).workspace.translation == "assist"

    async def of_message(self, scope: Scope, account: str, conversation_id: str, position: int, target: str) -> TranslatedMessage:
        """Raises: not_found, language_unknown, rate_limited, text_empty, translate_off, translate_needless, translate_too_long,
        translate_elsewhere, and whatever the engine raises."""
        wanted = _tag(target)
        if not self.offered(scope.workspace):
            self._cache.forget(scope.workspace)
            raise HubError("translate_off")
        conversation, entry = await self._message(scope, conversation_id, position)
        brand = self._workspaces.floor(scope.workspace).brand(conversation.brand)
        self._may_leave(brand)
        text = mask_cards(str(entry.body.get("text", ""))).strip()
        if not text:
            raise HubError("text_empty")
        if len(text) > self._limits.chars_max:
            raise HubError("translate_too_long", limit=self._limits.chars_max)
        source = self._language(text, brand, conversation)
        if source is not None and tags.distance(source, wanted, use="reading") <= tags.OWN_MAX:
            raise HubError("translate_needless", source=source)
        self._admit(account)
        made = await self._cache.get(
            scope.workspace,
            Key(text, source, wanted),
            lambda: self._translator.translate(text, source=source, target=wanted, budget_seconds=self._limits.budget_seconds),
        )
        return TranslatedMessage(conversation=conversation_id, position=position, translation=made)

    async def close(self) -> None:
        await self._translator.close()

    async def _message(self, scope: Scope, conversation_id: str, position: int) -> tuple[Conversation, PublicEntry]:
        """The message where the reader may see it now: an agent only while the conversation is in their hands."""
        async with self._store.read() as tx:
            conversation = await tx.conversations.get(scope, conversation_id)
            if isinstance(scope, AgentScope) and conversation.agent != scope.agent_id:
                raise HubError("not_found")
            entries = await tx.conversations.public_after(scope, conversation_id, position - 1, 1)
        if not entries or entries[0].position != position or entries[0].speaker == "brand":
            raise HubError("not_found")
        return conversation, entries[0]

    def _may_leave(self, brand: Brand) -> None:
        """A brand that says in which countries its customers' data may be seen is translated there or not at all."""
        if self._local or not brand.residency:
            return
        if self._country is None or self._country not in countries_in(brand.residency):
            raise HubError("translate_elsewhere")

    def _language(self, text: str, brand: Brand, conversation: Conversation) -> str | None:
        """What the message is written in: its own words where they are plain, else what the conversation is held in; None: the engine may say."""
        spoken = conversation.language_tag
        heard = self._detect(text, Hints(brand_languages=tuple(brand.languages), earlier=((spoken, 0.5),) if spoken else ()))
        if heard.tag and heard.determined and heard.confidence >= _SURE and heard.letters >= _LETTERS_MIN:
            return heard.tag
        return spoken if spoken and heard.tag and tags.language(heard.tag) == tags.language(spoken) else None

    def _admit(self, account: str) -> None:
        """So many in a minute and no more: each goes to a server that others pay for."""
        now = self._clock.monotonic()
        asked = self._asked.setdefault(account, deque())
        self._asked.move_to_end(account)
        while len(self._asked) > _ACCOUNTS_MAX:
            self._asked.popitem(last=False)
        while asked and asked[0] <= now - _MINUTE:
            asked.popleft()
        if len(asked) >= self._limits.per_minute:
            raise HubError("rate_limited", retry_after_seconds=max(1, round(asked[0] + _MINUTE - now)))
        asked.append(now)


def _tag(target: str) -> str:
    try:
        return tags.canonical(target)
    except tags.InvalidTag:
        raise HubError("language_unknown") from None
