"""A group of countries is its countries, and no more."""

from __future__ import annotations

import pytest

from contact_hub.workspace.country_groups import GROUPS, countries_in
from i18n import tags


def test_the_union_has_27_members_and_the_area_three_more() -> None:
    assert (len(GROUPS["EU"]), len(GROUPS["EEA"])) == (27, 30)
    assert GROUPS["EEA"] - GROUPS["EU"] == {"IS", "LI", "NO"}


@pytest.mark.parametrize("country", ["GB", "CH", "TR", "PH"])
def test_neighbours_are_not_members(country: str) -> None:
    assert country not in GROUPS["EEA"]


def test_every_member_is_a_country() -> None:
    assert countries_in(GROUPS) <= set(tags.locale("en").territories)


def test_countries_and_groups_may_stand_together() -> None:
    assert countries_in(["EU", "PH", "FR"]) == GROUPS["EU"] | {"PH"}
    assert countries_in([]) == frozenset()
