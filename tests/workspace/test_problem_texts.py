"""What is wrong with a workspace file is said in every language of the staff, with the values inside the sentence."""

import pytest

from contact_hub.workspace import WorkspaceRefused, parse
from contact_hub.workspace.problems import FORMS, RULES, problem
from i18n import catalogues
from i18n.promises import STAFF_TAGS

SENTENCES = {**{code: rule.sentence for code, rule in RULES.items()}, **FORMS}


@pytest.mark.parametrize("name", SENTENCES)
def test_every_problem_is_said_on_screens_as_in_the_terminal(name: str) -> None:
    """The tests of the catalogues hold the other languages to English."""
    assert catalogues.browser_catalogue("en", prefixes=["admin.problem."])["texts"].get(f"admin.problem.{name}") == SENTENCES[name]


def test_no_problem_is_translated_that_no_longer_exists() -> None:
    assert {key.removeprefix("admin.problem.") for key in catalogues.keys("admin.problem.")} == set(SENTENCES)


def test_a_form_belongs_to_a_code() -> None:
    assert {name.split(".")[0] for name in FORMS} <= set(RULES)


@pytest.mark.parametrize("tag", STAFF_TAGS)
def test_a_problem_carries_all_that_its_sentence_needs(tag: str) -> None:
    found = problem("reference_unknown", ("agents", 0, "pool"), near="lisbon", what="pool", value="lisbn")
    told = catalogues.text(found.text_key, tag, **found.values)
    assert "lisbn" in told
    assert "lisbon" in told
    assert "{" not in told


def test_what_the_shape_lacks_is_said_in_our_words() -> None:
    with pytest.raises(WorkspaceRefused) as refused:
        parse("workspace: {id: test, name: 7}\nagents: 3\n")
    told = {each.path: catalogues.text(each.text_key, "de", **each.values) for each in refused.value.problems}
    assert told["workspace.name"] == "Hier wird ein Text verlangt."
    assert told["agents"] == "Hier wird eine Liste verlangt."
    assert all(each.text_key in catalogues.keys("admin.problem.") for each in refused.value.problems)
