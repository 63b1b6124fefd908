"""What detection is told and what it answers: values that can be stored, compared and explained."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from i18n import tags

_KNOWN: Final = ("brand_languages", "locales", "page", "earlier")


class UnknownHint(ValueError):
    """A hint whose name we do not know: a typing error that would silently cost accuracy."""

    code = "unknown_hint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What is known about the writer before reading: soft evidence, never a filter.

    `earlier` is what earlier messages of the conversation were written in: tags with probabilities, as a mapping or pairs.
    """

    brand_languages: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()
    page: str | None = None
    earlier: Mapping[str, float] | tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "brand_languages", tuple(self.brand_languages))
        object.__setattr__(self, "locales", tuple(self.locales))
        object.__setattr__(self, "earlier", _earlier(self.earlier))

    @property
    def heard(self) -> tuple[tuple[str, float], ...]:
        """`earlier` as pairs, whichever way it was given."""
        assert isinstance(self.earlier, tuple), "made a tuple at construction"
        return self.earlier

    @classmethod
    def of(cls, hints: "Hints | Mapping[str, object] | None") -> "Hints":
        """From what callers have: nothing, Hints, or a plain mapping with the same names. Raises UnknownHint."""
        if hints is None:
            return NO_HINTS
        if isinstance(hints, Hints):
            return hints
        unknown = sorted(set(hints) - set(_KNOWN))
        if unknown:
            raise UnknownHint(f"unknown hint {unknown[0]!r}; known are {', '.join(_KNOWN)}")
        page = hints.get("page")
        return cls(
            brand_languages=_tags("brand_languages", hints.get("brand_languages")),
            locales=_tags("locales", hints.get("locales")),
            page=None if page is None else _tags("page", page)[0],
            earlier=_earlier(hints.get("earlier")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an answer is what it is: a code of the catalogue (`language.reason.<code>`) and its values."""

    code: str
    values: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The catalogue's key for this reason."""
        return f"language.reason.{self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What a text is written in.

    `tag` is the best guess (None only where there is nothing to read), `confidence` its calibrated probability,
    `determined` whether to act on it. `text_only` is what the text alone says, without hints, most likely first:
    settling weighs page and browser itself and must not count them twice.
    """

    tag: str | None
    confidence: float
    determined: bool
    alternatives: tuple[tuple[str, float], ...] = ()
    text_only: tuple[tuple[str, float], ...] = ()
    reasons: tuple[Reason, ...] = ()
    letters: int = 0


def _tags(name: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Iterable):
        found = tuple(value)
        if all(isinstance(tag, str) for tag in found):
            return found
    raise UnknownHint(f"hint {name!r} must be language tags, not {type(value).__name__}")


def _earlier(value: object) -> tuple[tuple[str, float], ...]:
    """A mapping tag → probability, pairs, or bare tags in the order of the messages (the last one weighs most)."""
    if value is None:
        return ()
    if isinstance(value, str):
        value = (value,)
    pairs = list(value.items()) if isinstance(value, Mapping) else list(value) if isinstance(value, Iterable) else None
    if pairs is None:
        raise UnknownHint(f"hint 'earlier' must be tags with probabilities, not {type(value).__name__}")
    found: dict[str, float] = {}
    for pair in pairs:
        if isinstance(pair, str):
            found = {tag: weight * 0.3 for tag, weight in found.items()}
            found[pair] = found.get(pair, 0.0) + 0.7
            continue
        try:
            tag, weight = pair
            found[str(tag)] = min(float(weight), 1.0)
        except (TypeError, ValueError):
            raise UnknownHint("hint 'earlier' must be tags, or pairs of tag and probability") from None
    return tuple(found.items())


def readable(tag: str) -> str | None:
    """The canonical tag, or None where a browser or a page sent something else."""
    try:
        return tags.canonical(tag)
    except tags.InvalidTag:
        return None


NO_HINTS: Final = Hints()
