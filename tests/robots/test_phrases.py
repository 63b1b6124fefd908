"""The book of phrases is complete: every brand, every language it promises, every topic."""

from __future__ import annotations

import pytest

from contact_hub.brands.faces import guard_voice
from contact_hub.privacy.guard import inspect
from contact_hub.robots.phrases import book
from contact_hub.robots.play import FOR_PEOPLE
from contact_hub.workspace import demo_workspace
from contact_hub.workspace.floor import Floor

FLOOR = Floor(version=1, workspace=demo_workspace(8300))
PROMISED = [(brand.id, language) for brand in FLOOR.workspace.brands for language in brand.languages]


def test_customers_write_in_twelve_languages_or_more() -> None:
    assert len({language for _, language in book().topics}) >= 12


@pytest.mark.parametrize(("brand", "language"), PROMISED)
def test_every_promised_language_has_its_topics_and_manner(brand: str, language: str) -> None:
    topics = book().topics[brand, language]
    assert len(topics) >= 3
    manner = book().manners[language]
    assert all(map(len, (manner.hello, manner.generic, manner.anything_else, manner.thanks, manner.bye, manner.names)))
    assert {topic.kind for topic in topics} <= set(FLOOR.kinds_of(FLOOR.brand(brand)))


def test_every_question_finds_its_own_answer() -> None:
    for topics in book().topics.values():
        for topic in topics:
            for question in topic.questions:
                assert book().answer_to(question.format(order="#48213")) == topic.answer
            assert book().answer_to(topic.more) == topic.more_answer


def test_what_a_person_writes_is_in_no_book() -> None:
    assert book().answer_to("Do you sell trains?") is None


def test_a_variant_is_spoken_by_its_nearest_relative() -> None:
    assert book().spoken("pt-PT") == "pt-BR"
    assert book().spoken("zh-Hant") == "zh-Hans"
    assert book().spoken("ka") == "en"


@pytest.mark.parametrize(("brand", "language"), PROMISED)
def test_no_answer_breaks_the_brand_guard(brand: str, language: str) -> None:
    able = [agent for agent in FLOOR.workspace.agents if brand in agent.certifications]
    voice = guard_voice(FLOOR, able[0].id, FLOOR.brand(brand), language)
    said = [text for topic in book().topics[brand, language] for text in (topic.answer, topic.more_answer)]
    manner = book().manners[language]
    said += [text.format(persona="Camille") for text in (*manner.hello, *manner.generic, *manner.anything_else, *manner.bye)]
    assert not [(text, finding) for text in said for finding in inspect(text, voice)]


def test_agents_left_to_people_exist_and_work_around_the_clock() -> None:
    for agent in FOR_PEOPLE:
        assert FLOOR.agent(agent).shift is None
