"""Every decision has its sentence, in every language of the console, with the right plural."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from contact_hub.live.telling import Teller
from contact_hub.workspace.demo import demo_workspace
from contact_hub.workspace.floor import Floor
from i18n import catalogues
from routing.decisions import (
    Assigned,
    AvailabilityChanged,
    Closed,
    Decision,
    Estimate,
    Flagged,
    Offered,
    Queued,
    Refused,
    Released,
    Trace,
    Withdrawn,
    WrapUpEnded,
    WrapUpStarted,
)
from routing.events import EVENT_NAMES, DeadlinePassed
from routing.explain import Changes
from routing.journal import Step, to_json
from routing.model import AgentId, Availability, ContractId, InquiryId, OfferId, PoolId, Share
from routing.reasons import Reason, Why

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FLOOR = Floor(version=7, workspace=demo_workspace(8300))
AGENT = FLOOR.workspace.agents[0]
CONTRACT = ContractId(FLOOR.workspace.contracts[0].id)
OTHER = ContractId(FLOOR.workspace.contracts[1].id)
WRITTEN_IN = ("en", "de", "es", "ar")
INQUIRY, OFFER, POOL = InquiryId("i-1"), OfferId("o-1"), PoolId(AGENT.pool)
ANNA = AgentId(AGENT.id)


def teller(tag: str = "en", **more: Any) -> Teller:
    return Teller(floor=FLOOR, tag=tag, **more)


def trace(eligible: int = 7, why: str = Why.LONGEST_IDLE, **more: Any) -> Trace:
    defaults: dict[str, Any] = {
        "excluded": {"off_shift": 8, "seats_full": 4},
        "chosen_by": (("tier", 3), ("closest_level", 3), ("longest_idle", 1)),
    }
    return Trace(rules=7, tier=1, eligible=eligible, why=why, **(defaults | more))


def offered(trace_: Trace) -> Offered:
    return Offered(offer=OFFER, inquiry=INQUIRY, agent=ANNA, pool=POOL, contract=CONTRACT, weight=1, until=NOON, trace=trace_)


def queued(excluded: dict[str, int], **more: Any) -> Queued:
    return Queued(inquiry=INQUIRY, trace=trace(0, why="", excluded=excluded, chosen_by=()), **more)


def test_an_offer_says_to_whom_how_the_choice_fell_and_who_could_not() -> None:
    assert teller().sentence(offered(trace()), NOON) == (
        f"Offered to {AGENT.name} ({FLOOR.pools[AGENT.pool].name}): 7 could take it; "
        "the first tier of pools (of 7) and longest free (of 3). 12 others could not: 8 off shift and 4 with no seat free."
    )


def test_a_share_says_how_large_it_is_while_its_rules_are_in_force() -> None:
    share = Share(id="s", weights={CONTRACT: 60, OTHER: 40})
    floor = Floor(version=7, workspace=FLOOR.workspace)
    floor.__dict__["plan"] = replace(FLOOR.plan, shares={"s": share})  # a plan from a file that had one
    by_share = offered(trace(chosen_by=(("share", 3), ("longest_idle", 1)), excluded={}))
    told = Teller(floor=floor, tag="en").sentence(by_share, NOON)
    assert "in turn for a share of 60% (of 7) and longest free (of 3)." in told
    earlier = offered(replace(by_share.trace, rules=6))
    assert "60" not in Teller(floor=floor, tag="en").sentence(earlier, NOON)


@pytest.mark.parametrize(("why", "said"), [(Why.ONLY_ONE, "only one could take it"), (Why.LAST_AGENT, "known to the customer")])
def test_an_offer_without_a_choice_says_why_in_a_word(why: Why, said: str) -> None:
    told = teller().sentence(offered(trace(1, why=why, chosen_by=(), excluded={})), NOON)
    assert told == f"Offered to {AGENT.name} ({FLOOR.pools[AGENT.pool].name}): {said}."


def test_waiting_says_who_could_soon_and_how_long_it_will_take() -> None:
    waits = queued({"seats_full": 3, "language_missing": 9}, estimate=Estimate(low=120, likely=200, high=300))
    assert teller().sentence(waits, NOON) == (
        "Waits: 3 could take it, but not now (3 with no seat free). 9 others could not: 9 without the language. "
        "Likely wait: 2 min to 5 min."
    )


def test_a_wait_that_may_be_over_at_once_has_no_lower_end() -> None:
    assert teller().estimate(Estimate(low=0.2, likely=4, high=16)) == "Likely wait: up to 16 sec."


def test_waiting_for_whom_the_customer_knows_says_for_whom_and_how_long() -> None:
    waits = queued({"held_for_last_agent": 2}, held_for=ANNA, held_until=NOON + timedelta(seconds=30))
    assert f"It waits up to 30 sec for {AGENT.name}, who knows this customer." in teller().sentence(waits, NOON)


def test_nobody_at_all_is_said_plainly() -> None:
    assert teller().sentence(queued({"language_missing": 2}), NOON) == "Waits: nobody can take it (2 without the language)."
    assert teller().sentence(queued({}), NOON) == "Queued: nobody could take it at that moment."


def test_the_next_opening_is_told_in_the_brands_zone() -> None:
    closed = queued({"pool_closed": 2}, all_closed=True, next_opening=NOON)
    assert "1:00 PM (Berlin time)" in teller(zone="Europe/Berlin").sentence(closed, NOON).replace("\u202f", " ")
    assert "no opening is known" in teller().sentence(queued({}, all_closed=True), NOON)


def test_many_reasons_are_counted_together_after_the_fourth() -> None:
    many = {"offline": 9, "away": 8, "off_shift": 7, "seats_full": 6, "declined": 3, "no_persona": 2, "from_the_future": 1}
    assert teller().reasons(many) == "9 not signed in, 8 away, 7 off shift, 6 with no seat free, and 6 for other reasons"


def test_of_somebody_who_waits_the_reasons_that_pass_come_first() -> None:
    keeps = {"language_missing": 19, "no_persona": 6, "no_contract": 5, "off_shift": 2, "seats_full": 1}
    assert teller().reasons(keeps, soonest_first=True).startswith("1 with no seat free, 19 without the language, 6 ")


@pytest.mark.parametrize(
    ("able", "said"),
    [
        (1, "كان بوسع شخص واحد أخذه"),
        (2, "كان بوسع شخصين أخذه"),
        (5, "كان بوسع 5 أشخاص أخذه"),
        (11, "كان بوسع 11 شخصًا أخذه"),
        (100, "كان بوسع 100 شخص أخذه"),
    ],
)
def test_arabic_counts_people_in_all_its_forms(able: int, said: str) -> None:
    told = teller("ar").sentence(offered(trace(able, chosen_by=(("longest_idle", 0),))), NOON)
    assert said in _latin(told)


def test_values_are_isolated_for_a_screen() -> None:
    assert f"\u2068{AGENT.name}\u2069" in teller("ar", isolated=True).sentence(offered(trace()), NOON)


def test_nobody_is_named_whom_the_reader_may_not_know() -> None:
    told = teller(known=frozenset()).sentence(offered(trace()), NOON)
    assert AGENT.name not in told
    assert AGENT.id in told


ALL: tuple[Decision, ...] = (
    offered(trace()),
    queued({"away": 1}),
    Withdrawn(offer=OFFER, inquiry=INQUIRY, agent=ANNA, because="lapsed"),
    Assigned(offer=OFFER, inquiry=INQUIRY, agent=ANNA, pool=POOL, contract=CONTRACT, weight=1),
    Refused(agent=ANNA, code="cap_reached"),
    Released(inquiry=INQUIRY, agent=ANNA, weight=1, because="transferred", requeued=True),
    Released(inquiry=INQUIRY, agent=ANNA, weight=1, because="wrapped_up"),
    WrapUpStarted(inquiry=INQUIRY, agent=ANNA, until=NOON),
    WrapUpEnded(inquiry=INQUIRY, agent=ANNA, disposition="timeout"),
    WrapUpEnded(inquiry=INQUIRY, agent=ANNA, disposition="solved_it"),
    AvailabilityChanged(agent=ANNA, availability=Availability.AWAY),
    Closed(inquiry=INQUIRY, because="handled"),
    Flagged(inquiry=INQUIRY, because="nobody_qualified"),
)


@pytest.mark.parametrize("tag", WRITTEN_IN)
@pytest.mark.parametrize("decision", ALL, ids=lambda decision: type(decision).__name__)
def test_every_decision_is_told_from_the_journal_in_every_language(decision: Decision, tag: str) -> None:
    plain = to_json(Step(event=DeadlinePassed(), decisions=(decision,), rules=7))["decisions"][0]
    told = teller(tag).told(plain, NOON)
    assert "{" not in told
    assert "routing." not in told
    assert "quality." not in told
    assert tag == "en" or told != teller("en").told(plain, NOON)


@pytest.mark.parametrize(
    ("tag", "brand", "said"),
    [
        ("de-AT", "velour-maison", "Erstattung oder Umtausch"),
        ("cy", "velour-maison", "Refund or exchange"),
        ("de", None, "refund"),
        ("de", "gone-by-now", "refund"),
    ],
)
def test_a_code_of_the_brands_own_is_called_as_the_brand_labels_it(tag: str, brand: str | None, said: str) -> None:
    ended = WrapUpEnded(inquiry=INQUIRY, agent=ANNA, disposition="refund")
    assert said in teller(tag, brand=brand).sentence(ended, NOON)


@pytest.mark.parametrize("tag", WRITTEN_IN)
@pytest.mark.parametrize("code", [*Reason], ids=str)
def test_every_reason_is_counted_in_every_language(code: Reason, tag: str) -> None:
    counted = catalogues.text(f"routing.told.not.{code}", tag, n=3)
    assert _latin(counted).startswith("3 ") or _latin(counted).startswith("3,")
    assert tag == "en" or counted != catalogues.text(f"routing.told.not.{code}", "en", n=3)


@pytest.mark.parametrize("tag", WRITTEN_IN)
@pytest.mark.parametrize("code", [*Why], ids=str)
def test_every_step_of_the_choice_has_its_word_in_every_language(code: Why, tag: str) -> None:
    assert f"quality.screen.step.{code}" not in catalogues.missing(tag)
    assert f"routing.reason.{code}" not in catalogues.missing(tag)
    assert f"console.why.{code}" not in catalogues.missing(tag)


@pytest.mark.parametrize("tag", WRITTEN_IN)
@pytest.mark.parametrize("code", [*Changes], ids=str)
def test_every_change_to_come_has_its_words_in_every_language(code: Changes, tag: str) -> None:
    key = f"quality.screen.change.{code}"
    assert catalogues.has(key)
    assert key not in catalogues.missing(tag)


@pytest.mark.parametrize("tag", WRITTEN_IN)
def test_a_change_that_is_about_somebody_names_them_inside_its_sentence(tag: str) -> None:
    about = {Changes.OFFER_ENDS: "agent", Changes.HOLD_ENDS: "agent", Changes.COOL_DOWN_ENDS: "agent", Changes.OPENING: "pool"}
    nobody = {"agent": "", "pool": "", "tier": ""}
    for code, of in about.items():
        named, unnamed = (teller(tag).change(code, nobody | values) for values in ({of: AGENT.name}, {}))
        assert AGENT.name in named
        assert AGENT.name not in unnamed
        assert named.endswith((".", "।"))
        assert named.count(" ") >= 3
        assert unnamed.endswith((".", "।"))
    assert teller(tag).change(Changes.WRAP_UP_ENDS, nobody | {"agent": AGENT.name}) == teller(tag).change(
        Changes.WRAP_UP_ENDS, nobody
    )


@pytest.mark.parametrize("kind", sorted(EVENT_NAMES))
def test_every_event_has_its_sentence(kind: str) -> None:
    assert "_" not in teller().event({"is": kind})
    assert teller("ar").event({"is": kind}) != teller().event({"is": kind})


def test_what_happened_names_who_and_what() -> None:
    assert (
        teller().event({"is": "offer_declined", "agent": ANNA, "reason": "too_busy"})
        == f"{AGENT.name} declined the offer: too busy."
    )
    assert teller().event({"is": "transferred", "by": ANNA, "pool": POOL}).startswith(f"{AGENT.name} handed it to ")
    assert teller().event({"is": "transferred", "by": ANNA}) == f"{AGENT.name} put it back into the queue."
    settled = {"is": "language_settled", "tag": "pt-BR", "confidence": 0.97}
    assert teller().event(settled) == "Language: Brazilian Portuguese (97% sure)."
    assert teller().event({"is": "message_posted"}) == "message posted"


def test_what_a_later_version_wrote_is_called_by_its_name() -> None:
    assert teller().told({"is": "moon_landing"}, NOON) == "moon landing"
    assert teller().told(cast("dict[str, Any]", {"is": "assigned"}), NOON) == "assigned"


def _latin(text: str) -> str:
    return "".join(str("٠١٢٣٤٥٦٧٨٩".index(letter)) if letter in "٠١٢٣٤٥٦٧٨٩" else letter for letter in text)
