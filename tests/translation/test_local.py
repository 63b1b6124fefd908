"""Argos on this machine: a stand-in with its shape, since models weigh a hundred megabytes."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

from contact_hub.errors import HubError
from contact_hub.settings import Settings
from contact_hub.translation import Argos, translator_of


@dataclass
class Step:
    from_lang: Any
    to_lang: Any
    library: Library

    def translate(self, text: str) -> Any:
        self.library.running += 1
        self.library.at_once = max(self.library.at_once, self.library.running)
        try:
            if self.library.hang is not None:
                self.library.hang.wait(10)
            if self.library.fails is not None:
                raise self.library.fails
            return self.library.says if self.library.says is not None else f"({self.to_lang.code}) {text}"
        finally:
            self.library.running -= 1


@dataclass
class Language:
    code: str
    translations_from: list[Step] = field(default_factory=list)

    def get_translation(self, to: Language) -> Step:
        return next(step for step in self.translations_from if step.to_lang is to)


class Library:
    def __init__(self, *pairs: tuple[str, str]) -> None:
        self.languages = {code: Language(code) for pair in pairs for code in pair}
        for start, end in pairs:
            step = Step(self.languages[start], self.languages[end], self)
            self.languages[start].translations_from.append(step)
        self.hang: threading.Event | None = None
        self.fails: Exception | None = None
        self.says: Any = None
        self.running = self.at_once = 0

    def get_installed_languages(self) -> list[Language]:
        return list(self.languages.values())


async def code_of(engine: Argos, *, source: str | None = "de", target: str = "en", seconds: float = 5) -> str:
    with pytest.raises(HubError) as refused:
        await engine.translate("Guten Tag", source=source, target=target, budget_seconds=seconds)
    return refused.value.code


async def test_a_text_is_translated_without_leaving_the_machine() -> None:
    made = await Argos(Library(("de", "en"))).translate("Guten Tag", source="de-AT", target="en-GB", budget_seconds=5)
    assert (made.text, made.engine, made.made_by, made.confidence) == ("(en) Guten Tag", "Argos Translate", "machine", None)


@pytest.mark.parametrize(("source", "target"), [(None, "en"), ("en", "de"), ("ja", "en"), ("de", "tr")])
async def test_without_a_model_there_is_no_such_pair(source: str | None, target: str) -> None:
    assert await code_of(Argos(Library(("de", "en"))), source=source, target=target) == "translate_pair"


async def test_no_models_at_all() -> None:
    assert await code_of(Argos(Library())) == "translate_pair"


async def test_what_the_library_throws_is_one_of_our_errors() -> None:
    library = Library(("de", "en"))
    library.fails = MemoryError("model")
    assert await code_of(Argos(library)) == "translate_unavailable"
    library.fails, library.says = None, ""
    assert await code_of(Argos(library)) == "translate_unavailable"


async def test_a_late_text_is_given_up_and_the_next_one_waits_its_turn() -> None:
    library = Library(("de", "en"))
    library.hang = threading.Event()
    engine = Argos(library)
    assert await code_of(engine, seconds=0.1) == "translate_late"
    assert await code_of(engine, seconds=0.1) == "translate_late"
    waiting = asyncio.create_task(engine.translate("Guten Tag", source="de", target="en", budget_seconds=5))
    await asyncio.sleep(0)
    library.hang.set()
    assert (await waiting).text == "(en) Guten Tag"
    assert library.at_once == 1


@pytest.mark.skipif(Argos.installed(), reason="argostranslate is installed here")
def test_where_it_is_not_installed_the_setting_is_refused() -> None:
    with pytest.raises(HubError) as refused:
        translator_of(Settings(translation_engine="argos"))
    assert refused.value.sentence.startswith("CONTACT_HUB_TRANSLATION_ENGINE:")
