"""How often a robot may speak, when a refused mail is tried again, and what an outgoing mail can become."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.channels.email.limits import (
    BREAKER_MAILS,
    BREAKER_WINDOW,
    BY_A_PERSON,
    RETRY_FOR,
    TRANSITIONS,
    AnswerLimit,
    Arrivals,
    Breaker,
    IllegalTransition,
    OutboxState,
    advance,
    lost_worker,
    next_try,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_sender_gets_one_automatic_answer_a_day_and_brand() -> None:
    limit = AnswerLimit().after("acme", "Anna@Kunde.example", NOON)
    assert not limit.allows("acme", "anna@kunde.example", NOON + timedelta(hours=23, minutes=59))
    assert limit.allows("acme", "anna@kunde.example", NOON + timedelta(hours=24))
    assert limit.allows("bolt", "anna@kunde.example", NOON)
    assert limit.allows("acme", "bert@kunde.example", NOON)


def test_answers_of_yesterday_are_forgotten() -> None:
    limit = AnswerLimit().after("acme", "anna@kunde.example", NOON).after("acme", "bert@kunde.example", NOON + timedelta(hours=25))
    assert len(limit.answered) == 1


def test_the_breaker_trips_at_the_twentieth_mail_in_two_hours() -> None:
    breaker = Breaker()
    for number in range(BREAKER_MAILS):
        now = NOON + timedelta(minutes=number)
        assert not breaker.tripped("acme", "robot@x.example", now)
        breaker = breaker.after("acme", "Robot@x.example", now)
    assert breaker.tripped("acme", "robot@x.example", now)
    assert not breaker.tripped("bolt", "robot@x.example", now)
    assert not breaker.tripped("acme", "robot@x.example", now + BREAKER_WINDOW)


def test_a_customer_who_writes_often_but_slowly_never_trips_it() -> None:
    arrivals = Arrivals()
    for number in range(100):
        arrivals = arrivals.after(NOON + timedelta(minutes=7 * number))
        assert not arrivals.tripped(NOON + timedelta(minutes=7 * number))


@given(gaps=st.lists(st.integers(min_value=0, max_value=7200), max_size=80))
def test_the_breaker_trips_exactly_when_twenty_fall_into_the_window(gaps: list[int]) -> None:
    times, arrivals, now = [], Arrivals(), NOON
    for gap in gaps:
        now += timedelta(seconds=gap)
        times.append(now)
        arrivals = arrivals.after(now)
        assert arrivals.tripped(now) == (sum(now - time < BREAKER_WINDOW for time in times) >= BREAKER_MAILS)
        assert len(arrivals.times) <= BREAKER_MAILS


def test_a_refused_mail_is_tried_after_1_5_15_and_60_minutes() -> None:
    pauses = [next_try(first_try=NOON, refusals=refusals, now=NOON) for refusals in (1, 2, 3, 4)]
    assert pauses == [NOON + timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)]


@given(delays=st.lists(st.integers(min_value=0, max_value=600), max_size=60))
def test_a_refused_mail_is_tried_for_48_hours_and_then_given_up(delays: list[int]) -> None:
    now = NOON
    for refusals, delay in enumerate(delays, start=1):
        at = next_try(first_try=NOON, refusals=refusals, now=now)
        if at is None:
            assert now >= NOON + RETRY_FOR
            return
        assert now < at <= NOON + RETRY_FOR
        now = at + timedelta(seconds=delay)


def test_the_last_try_is_made_at_the_end() -> None:
    end = NOON + RETRY_FOR
    assert next_try(first_try=NOON, refusals=9, now=end - timedelta(minutes=1)) == end
    assert next_try(first_try=NOON, refusals=10, now=end) is None


@pytest.mark.parametrize(
    "path",
    [
        ("queued", "leased", "data_started", "sent"),
        ("queued", "leased", "data_started", "sent", "bounced"),
        ("queued", "leased", "deferred", "leased", "data_started", "deferred"),
        ("queued", "leased", "failed"),
        ("queued", "leased", "queued"),
        ("queued", "leased", "data_started", "unknown", "sent"),
    ],
)
def test_a_mail_goes_its_way(path: tuple[str, ...]) -> None:
    for before, after in pairwise(path):
        assert advance(OutboxState(before), OutboxState(after)) == after


@given(before=st.sampled_from(OutboxState), after=st.sampled_from(OutboxState), by_person=st.booleans())
def test_every_other_step_raises(before: OutboxState, after: OutboxState, by_person: bool) -> None:
    legal = after in TRANSITIONS[before] and (by_person or (before, after) not in BY_A_PERSON)
    if legal:
        assert advance(before, after, by_person=by_person) is after
    else:
        with pytest.raises(IllegalTransition):
            advance(before, after, by_person=by_person)


def test_no_program_sends_again_what_may_have_been_delivered() -> None:
    risky = {OutboxState.DATA_STARTED, OutboxState.UNKNOWN, OutboxState.SENT, OutboxState.BOUNCED}
    reached, edge = set(risky), set(risky)
    while edge:
        edge = (
            {after for before in edge for after in TRANSITIONS[before] if (before, after) not in BY_A_PERSON}
            - reached
            - {OutboxState.DEFERRED}
        )
        reached |= edge
    assert OutboxState.LEASED not in reached
    assert OutboxState.QUEUED not in reached


def test_a_lost_worker_leaves_a_mail_queued_or_unknown_never_both() -> None:
    assert lost_worker(OutboxState.LEASED) is OutboxState.QUEUED
    assert lost_worker(OutboxState.DATA_STARTED) is OutboxState.UNKNOWN
    assert lost_worker(OutboxState.SENT) is OutboxState.SENT
