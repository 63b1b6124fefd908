"""What robots say: read once from `phrases.yaml`, asked for by brand, topic and language.

Agents find their answer by the question they read; what a person writes is in no book, so it gets one of the general sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

FALLBACK: Final = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How agents and customers speak in one language, whatever it is about."""

    hello: tuple[str, ...]
    generic: tuple[str, ...]
    anything_else: tuple[str, ...]
    thanks: tuple[str, ...]
    bye: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One matter in one language: ways to ask, the answer, one thing more and its answer."""

    brand: str
    name: str
    kind: str
    language: str
    questions: tuple[str, ...]
    answer: str
    more: str
    more_answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Everything that can be said. `replies` maps what a customer robot may have written (numbers taken out) to the answer."""

    manners: Mapping[str, Manner]
    topics: Mapping[tuple[str, str], tuple[Topic, ...]]
    replies: Mapping[str, str]
    thanks: frozenset[str]

    def manner(self, language: str | None) -> Manner:
        """The manner of a language, or of its nearest relative by name (`pt-PT` takes `pt-BR`), else English."""
        return self.manners[self.spoken(language)]

    def spoken(self, language: str | None) -> str:
        if language is None or language in self.manners:
            return language or FALLBACK
        base = language.split("-")[0]
        return next((tag for tag in self.manners if tag.split("-")[0] == base), FALLBACK)

    def answer_to(self, text: str) -> str | None:
        """The answer to a robot's question; None: a person wrote it."""
        return self.replies.get(_without_number(text))


@cache
def book() -> Book:
    """The packaged phrases."""
    document = yaml.safe_load(files("contact_hub.robots").joinpath("phrases.yaml").read_text(encoding="utf-8"))
    manners = {tag: _manner(said) for tag, said in document["languages"].items()}
    topics = [
        _topic(brand, name, said["kind"], language, said[language])
        for brand, by_name in document["topics"].items()
        for name, said in by_name.items()
        for language in said
        if language != "kind"
    ]
    by_place: dict[tuple[str, str], tuple[Topic, ...]] = {}
    replies: dict[str, str] = {}
    for topic in topics:
        place = (topic.brand, topic.language)
        by_place[place] = (*by_place.get(place, ()), topic)
        replies |= {_without_number(question): topic.answer for question in topic.questions}
        replies[_without_number(topic.more)] = topic.more_answer
    thanks = frozenset(phrase for manner in manners.values() for phrase in manner.thanks)
    return Book(manners=manners, topics=by_place, replies=replies, thanks=thanks)


def _manner(said: Mapping[str, Any]) -> Manner:
    return Manner(
        hello=tuple(said["hello"]),
        generic=tuple(said["generic"]),
        anything_else=tuple(said["else"]),
        thanks=tuple(said["thanks"]),
        bye=tuple(said["bye"]),
        names=tuple(said["names"]),
    )


def _topic(brand: str, name: str, kind: str, language: str, said: list[str]) -> Topic:
    first, second, answer, more, more_answer = said
    return Topic(
        brand=brand,
        name=name,
        kind=kind,
        language=language,
        questions=(first, second),
        answer=answer,
        more=more,
        more_answer=more_answer,
    )


def _without_number(text: str) -> str:
    return "".join(character for character in text.replace("{order}", "") if not character.isdigit() and character != "#")
