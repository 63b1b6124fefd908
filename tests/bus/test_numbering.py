"""Whatever is lost on the bus is noticed, by the next number or by silence; where nothing is, nobody is alarmed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from contact_hub.bus.numbering import BEAT_SECONDS, SILENCE_SECONDS, Attendance, Batch


def batch(number: int, sender: str = "one", *, last: bool = False) -> Batch:
    return Batch(sender, number, [], last)


@given(ways=st.lists(st.sampled_from(["arrives", "is doubled", "is lost"]), min_size=1, max_size=40), goodbye=st.booleans())
def test_every_loss_is_noticed_and_nothing_else_is(ways: list[str], goodbye: bool) -> None:
    attendance, alarms, losses = Attendance(), list[int](), list[int]()
    known = False
    for number, way in enumerate(ways, start=1):
        now, last = number * BEAT_SECONDS, goodbye and number == len(ways)
        if attendance.fallen_silent(now):
            alarms.append(number)
            known = False
        if way == "is lost":
            losses += [number] if known else []
            continue
        if attendance.hear(batch(number, last=last), now):
            alarms.append(number)
        known = not last
        if way == "is doubled" and known:
            assert not attendance.hear(batch(number), now)
    if attendance.fallen_silent(len(ways) * BEAT_SECONDS + SILENCE_SECONDS + BEAT_SECONDS):
        alarms.append(len(ways) + 1)
    assert all(any(alarm > loss for alarm in alarms) for loss in losses)
    if "is lost" not in ways:
        assert alarms == ([] if goodbye else [len(ways) + 1])


def test_who_is_heard_in_the_middle_may_have_said_something_before() -> None:
    attendance = Attendance()
    assert attendance.hear(batch(7), 0.0)
    assert not attendance.hear(batch(8), 0.5)
    assert not attendance.hear(batch(1, "other"), 0.5)


def test_one_who_comes_back_after_silence_is_not_trusted() -> None:
    attendance = Attendance()
    attendance.hear(batch(1), 0.0)
    assert attendance.fallen_silent(SILENCE_SECONDS) == set()
    assert attendance.fallen_silent(SILENCE_SECONDS + 0.1) == {"one"}
    assert attendance.fallen_silent(SILENCE_SECONDS + 0.2) == set()
    assert attendance.hear(batch(2), SILENCE_SECONDS + 0.3)


def test_who_says_goodbye_leaves_no_silence_behind() -> None:
    attendance = Attendance()
    attendance.hear(batch(1), 0.0)
    assert not attendance.hear(batch(2, last=True), 0.1)
    assert attendance.fallen_silent(99.0) == set()
    attendance.hear(batch(1), 0.0)
    assert attendance.hear(batch(3, last=True), 0.1), "what came before the goodbye was lost"
