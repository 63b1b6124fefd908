"""One working language per conversation, from all evidence over time.

A forward filter: before each message the customer most probably stays with the language of the last one; the message
then says what it says. On top of it lies hysteresis, because routing and texts must not flicker: once people have
settled on a language, one foreign word or one quoted sentence does not move them, a lasting switch does. Choice by the
customer and correction by an agent are facts, not evidence, until the customer lastingly writes something else.

Languages are weighed without region or script; which variant is meant is remembered beside. Nothing here reads text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Self

from i18n import tags
from i18n.detection.results import Detection, Reason, readable

Kind = Literal["customer_choice", "agent_correction", "text", "earlier_conversation", "page", "browser", "mail", "brand"]

_STAY: Final = 0.97
_OTHERS: Final = 45  # among how many languages a leaver chooses
_LEFT: Final = 0.03  # however much page, browser and brand agree, so much is left to what nobody named
_FLOOR: Final = 1e-4  # no evidence makes another language impossible
_KEEP: Final = 8  # beliefs worth storing

_BELIEVED: Final = 0.5  # enough to name a working language
_SETTLED: Final = 0.85  # enough to call it settled
_CERTAIN: Final = 0.99  # enough that one more message in it tells nothing

_STREAK: Final = 2  # messages in another language that make a switch
_STREAK_AGAINST_A_FACT: Final = 3  # … where a person had said which language it is
_LETTERS_MIN: Final = 4  # fewer settle nothing
_SHORT: Final = 12  # letters; shorter messages ("ok", "hola") do not count towards a switch

_FACT: Final[Mapping[str, float]] = {"customer_choice": 0.995, "agent_correction": 0.99}
_PRIOR: Final[Mapping[str, float]] = {"earlier_conversation": 0.85, "page": 0.6, "browser": 0.75, "mail": 0.06, "brand": 0.5}
# How much of all belief is with what it names where it is the first thing that is known.
_ALONE: Final[Mapping[str, float]] = {"earlier_conversation": 0.925, "page": 0.8, "browser": 0.875, "mail": 0.45, "brand": 0.75}
# Whose word on the variant (pt-BR or pt-PT) outweighs whose.
_VARIANT_RANK: Final[Mapping[str, int]] = {
    "customer_choice": 8,
    "agent_correction": 7,
    "text": 6,
    "earlier_conversation": 5,
    "browser": 4,
    "page": 3,
    "mail": 2,
    "brand": 1,
}
_REASONS: Final[Mapping[str, str]] = {
    "customer_choice": "chosen",
    "agent_correction": "corrected",
    "text": "text",
    "earlier_conversation": "earlier",
    "page": "page",
    "browser": "browser",
    "mail": "mail",
    "brand": "brand",
}
# One language to whoever weighs evidence: browsers say `nb` and `nn`, detectors `no`, customers mean the same.
_ONE_LANGUAGE: Final[Mapping[str, str]] = {"nb": "no", "nn": "no"}


_UNKNOWN: Final = Reason(code="unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that was seen: its kind, and tags with probabilities (a list of tags is read as best first)."""

    kind: Kind
    weights: tuple[tuple[str, float], ...]
    letters: int = 0

    @classmethod
    def chosen(cls, tag: str) -> Self:
        """The customer picked it in the widget."""
        return cls(kind="customer_choice", weights=((tags.canonical(tag), 1.0),))

    @classmethod
    def corrected(cls, tag: str) -> Self:
        """An agent or a supervisor set it right."""
        return cls(kind="agent_correction", weights=((tags.canonical(tag), 1.0),))

    @classmethod
    def text(cls, detection: Detection) -> Self:
        """A message was read. Only what the text itself says counts; hints enter as evidence of their own."""
        return cls(kind="text", weights=detection.text_only, letters=detection.letters)

    @classmethod
    def page(cls, tag: str | None) -> Self:
        """The `lang` of the page the widget sits on."""
        return cls(kind="page", weights=_ranked((tag,) if tag else ()))

    @classmethod
    def browser(cls, locales: tuple[str, ...] | list[str]) -> Self:
        """The browser's list, best first."""
        return cls(kind="browser", weights=_ranked(tuple(locales)))

    @classmethod
    def mail(cls, languages: tuple[str, ...] | list[str]) -> Self:
        """What a mail's headers say (`Content-Language`, `Accept-Language`), best first. Programs write them more often than people."""
        return cls(kind="mail", weights=_ranked(tuple(languages)))

    @classmethod
    def brand(cls, languages: tuple[str, ...] | list[str]) -> Self:
        """What the brand's customers usually write."""
        known = [tag for tag in map(readable, languages) if tag]
        return cls(kind="brand", weights=tuple((tag, 1 / len(known)) for tag in known))

    @classmethod
    def earlier(cls, tag: str) -> Self:
        """What this customer's last conversation was held in."""
        return cls(kind="earlier_conversation", weights=_ranked((tag,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageState:
    """What is believed about a conversation's language. Made by `settle`, stored as JSON beside the conversation."""

    beliefs: tuple[tuple[str, float], ...] = ()
    variants: tuple[tuple[str, str, int], ...] = ()
    seen: tuple[tuple[str, tuple[str, ...]], ...] = ()
    current: str | None = None
    fact: bool = False
    settled: bool = False
    streak: tuple[str, int] | None = None
    messages: int = 0
    reason: Reason = _UNKNOWN

    @property
    def working(self) -> str | None:
        """The working language as a tag, with the variant where one is known; None while nothing is known."""
        return None if self.current is None else self._variant(self.current)

    @property
    def confidence(self) -> float:
        """How probable the working language is."""
        return dict(self.beliefs).get(self.current, 0.0) if self.current else 0.0

    def text_tag(self, default: str) -> str:
        """The tag automatic texts are written in: the working language, or the brand's default while unknown."""
        return self.working or default

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a JSON column."""
        return {
            "beliefs": [[tag, round(weight, 6)] for tag, weight in self.beliefs],
            "variants": [list(variant) for variant in self.variants],
            "seen": [[kind, list(said)] for kind, said in self.seen],
            "current": self.current,
            "fact": self.fact,
            "settled": self.settled,
            "streak": list(self.streak) if self.streak else None,
            "messages": self.messages,
            "reason": {"code": self.reason.code, "values": dict(self.reason.values)},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Back from `to_json`. What an older version did not store is taken as unknown."""
        streak = stored.get("streak")
        settled, reason = in_short(stored)
        return cls(
            beliefs=tuple((str(tag), float(weight)) for tag, weight in stored.get("beliefs", ())),
            variants=tuple((str(base), str(tag), int(rank)) for base, tag, rank in stored.get("variants", ())),
            seen=tuple((str(kind), tuple(said)) for kind, said in stored.get("seen", ())),
            current=stored.get("current"),
            fact=bool(stored.get("fact", False)),
            settled=settled,
            streak=(str(streak[0]), int(streak[1])) if streak else None,
            messages=int(stored.get("messages", 0)),
            reason=reason,
        )

    def switched_from(self, before: Self) -> str | None:
        """The tag that was settled `before` and is not any more, where people switched for good; None where nothing was switched."""
        settled = before.settled and self.settled and before.working is not None
        return before.working if settled and before.current != self.current else None

    def _variant(self, base: str) -> str:
        return next((tag for language, tag, _ in self.variants if language == base), base)


def in_short(stored: Mapping[str, Any]) -> tuple[bool, Reason]:
    """Whether it is settled, and why it is believed, of what `LanguageState.to_json` stored: the part that people are shown."""
    reason = stored.get("reason") or {"code": _UNKNOWN.code}
    return bool(stored.get("settled", False)), Reason(code=str(reason["code"]), values=dict(reason.get("values", {})))


def settle(state: LanguageState | None, evidence: Evidence) -> LanguageState:
    """The state after one more piece of evidence. Pure; the same evidence of the same background twice counts once."""
    before = state or LanguageState()
    if evidence.kind == "text" and _heard_often(before, evidence):
        return before
    if not evidence.weights or (evidence.kind == "text" and not evidence.letters):
        return replace(before, messages=before.messages + 1) if evidence.kind == "text" else before  # "ok", an emoji, a link
    remembered = _remember_variant(before, evidence)
    match evidence.kind:
        case "customer_choice" | "agent_correction":
            return _take_as_fact(remembered, evidence)
        case "text":
            return _hear(remembered, evidence)
        case _:
            return _weigh_background(remembered, evidence)


def certain(state: LanguageState) -> str | None:
    """The language that is beyond doubt, so that one more message in it tells nothing; None while there is any."""
    if state.streak or state.current is None or state.confidence < _CERTAIN:
        return None
    return state.current if state.fact or (state.settled and state.reason.code == "text_over_time") else None


def _heard_often(state: LanguageState, evidence: Evidence) -> bool:
    """Whether a message only says once more what is certain: nearly all of a conversation's do, and each would be arithmetic and a row's column for nothing."""
    known = certain(state)
    if known is None or not evidence.weights or not evidence.letters:
        return False
    tag, weight = evidence.weights[0]
    if weight < _SETTLED or _language(tag) != known:
        return False
    rank = _VARIANT_RANK["text"]
    return tag == known or any(named == tag or held > rank for base, named, held in state.variants if base == known)


def _take_as_fact(state: LanguageState, evidence: Evidence) -> LanguageState:
    language = _language(evidence.weights[0][0])
    sure = _FACT[evidence.kind]
    rest = {tag: weight for tag, weight in state.beliefs if tag != language}
    total = sum(rest.values()) or 1.0
    beliefs = {language: sure, **{tag: weight / total * (1 - sure) for tag, weight in rest.items()}}
    return replace(
        state,
        beliefs=_sorted(beliefs),
        current=language,
        fact=True,
        settled=True,
        streak=None,
        reason=_reason(_REASONS[evidence.kind], replace(state, current=language), sure),
    )


def _weigh_background(state: LanguageState, evidence: Evidence) -> LanguageState:
    """Page, browser, brand, the last conversation: a prior, mixed into what is believed."""
    said = tuple(tag for tag, _ in evidence.weights)
    seen = dict(state.seen)
    if seen.get(evidence.kind) == said:
        return state
    seen[evidence.kind] = said
    heard = replace(state, seen=tuple(seen.items()))
    if state.fact or state.settled:
        return heard  # background does not move what people have settled on
    share = _PRIOR[evidence.kind]
    spread = _by_language(evidence.weights)
    old = dict(state.beliefs)
    beliefs = {
        tag: (share * spread.get(tag, 0.0) + (1 - share) / _OTHERS) * (old.get(tag, _unheard(old)) if old else 1.0)
        for tag in {*spread, *old}
    }
    return _name(heard, _normalised(beliefs, leave=_LEFT if old else 1 - _ALONE[evidence.kind]), evidence)


def _hear(state: LanguageState, evidence: Evidence) -> LanguageState:
    """A message: predict (the customer stays), correct (what the text says), then decide with hysteresis."""
    said = _by_language(evidence.weights)
    top = max(said, key=lambda tag: (said[tag], tag))
    heard = replace(state, messages=state.messages + 1)
    if not (state.settled or state.fact):
        return _name(heard, _filtered(dict(state.beliefs), said), evidence)
    if top == state.current:
        return _confirm(heard, _filtered(dict(state.beliefs), said))
    if evidence.letters < _SHORT or said[top] < _SETTLED:
        return _hold(heard, state.streak)
    count = state.streak[1] + 1 if state.streak and state.streak[0] == top else 1
    if count < (_STREAK_AGAINST_A_FACT if state.fact else _STREAK):
        return _hold(heard, (top, count))
    return _switch(heard, top, said)


def _filtered(old: Mapping[str, float], said: Mapping[str, float]) -> dict[str, float]:
    """Belief after a message. What neither spoke of keeps its share, so that a weak guess stays weak."""
    unsaid = max((1.0 - sum(said.values())) / _OTHERS, _FLOOR)
    predicted = {tag: _STAY * old.get(tag, _unheard(old)) + (1 - _STAY) / _OTHERS for tag in {*said, *old}}
    weighed = {tag: weight * max(said.get(tag, unsaid), _FLOOR) for tag, weight in predicted.items()}
    total = sum(weighed.values()) + max(1.0 - sum(predicted.values()), 0.0) * unsaid
    return {tag: weight / total for tag, weight in weighed.items()}


def _confirm(state: LanguageState, beliefs: Mapping[str, float]) -> LanguageState:
    kept = replace(state, beliefs=_sorted(beliefs), streak=None)
    if state.fact:
        return kept
    code = "text_over_time" if state.messages > 1 else "text"
    return replace(kept, reason=_reason(code, kept, kept.confidence))


def _hold(state: LanguageState, streak: tuple[str, int] | None) -> LanguageState:
    """Something foreign was heard that does not move us: belief stays, the streak remembers."""
    return replace(state, streak=streak, reason=state.reason if state.fact else _reason("kept", state, state.confidence))


def _switch(state: LanguageState, to: str, said: Mapping[str, float]) -> LanguageState:
    """Clear messages one after the other: what was before counts no more."""
    switched = replace(state, beliefs=_sorted(_normalised(said)), current=to, fact=False, settled=True, streak=None)
    return replace(switched, reason=_reason("switched", switched, switched.confidence))


def _name(state: LanguageState, beliefs: Mapping[str, float], evidence: Evidence) -> LanguageState:
    """While nothing is settled the most believed language is the working one."""
    best = max(beliefs, key=lambda tag: (beliefs[tag], tag))
    sure = beliefs[best]
    if sure < _BELIEVED:
        return replace(state, beliefs=_sorted(beliefs), current=None, settled=False, reason=_UNKNOWN)
    by_words = evidence.kind in ("text", "earlier_conversation")
    read = (
        evidence.kind == "text" and evidence.letters >= _LETTERS_MIN and _by_language(evidence.weights).get(best, 0.0) >= _BELIEVED
    )
    named = replace(state, beliefs=_sorted(beliefs), current=best, settled=read and sure >= _SETTLED)
    code = "text_over_time" if evidence.kind == "text" and state.messages > 1 else _REASONS[evidence.kind]
    said_so = by_words or best in _by_language(evidence.weights)
    return replace(named, reason=_reason(code, named, sure) if said_so or state.reason.code == "unknown" else state.reason)


def _remember_variant(state: LanguageState, evidence: Evidence) -> LanguageState:
    rank = _VARIANT_RANK[evidence.kind]
    known = {language: (tag, held) for language, tag, held in state.variants}
    for tag, weight in evidence.weights:
        base = _language(tag)
        if tag == base or (evidence.kind == "text" and weight < _BELIEVED):
            continue
        if base not in known or rank >= known[base][1]:
            first_of_list = (
                base not in known or known[base][1] != rank or evidence.kind in ("customer_choice", "agent_correction", "text")
            )
            if first_of_list:
                known[base] = (tag, rank)
    return replace(state, variants=tuple((language, tag, held) for language, (tag, held) in known.items()))


def _reason(code: str, state: LanguageState, sure: float) -> Reason:
    return Reason(code=code, values={"language": state.working or "und", "confidence": round(sure, 3), "messages": state.messages})


def _language(tag: str) -> str:
    language = tags.language(tag)
    return _ONE_LANGUAGE.get(language, language)


def _ranked(said: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    known = [tag for tag in map(readable, said) if tag]
    total = sum(0.4**rank for rank in range(len(known)))
    return tuple((tag, 0.4**rank / total) for rank, tag in enumerate(known))


def _by_language(weights: tuple[tuple[str, float], ...]) -> dict[str, float]:
    merged: dict[str, float] = {}
    for tag, weight in weights:
        base = _language(tag)
        merged[base] = merged.get(base, 0.0) + weight
    return merged


def _unheard(beliefs: Mapping[str, float]) -> float:
    """What is left for each language nobody has spoken of yet."""
    return max(1.0 - sum(beliefs.values()), _FLOOR) / _OTHERS


def _normalised(beliefs: Mapping[str, float], *, leave: float = 0.0) -> dict[str, float]:
    total = sum(beliefs.values()) or 1.0
    return {tag: weight / total * (1 - leave) for tag, weight in beliefs.items()}


def _sorted(beliefs: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(beliefs.items(), key=lambda pair: (-pair[1], pair[0]))[:_KEEP])
