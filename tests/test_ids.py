"""Ids sort by age and fit every frame; tokens are secrets and their hashes are not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contact_hub.clock import ManualClock
from contact_hub.ids import Ids, new_token, token_hash

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_later_ids_sort_later(milliseconds: int, more: int) -> None:
    ids, epoch = Ids(), datetime(1970, 1, 1, tzinfo=UTC)
    earlier = ids.mint("cnv", epoch + timedelta(milliseconds=milliseconds))
    assert earlier < ids.mint("cnv", epoch + timedelta(milliseconds=milliseconds + more))


def test_id_fits_a_frame_and_depends_on_the_entropy_given() -> None:
    assert re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", Ids().mint("offer", NOW))
    assert Ids().mint("cnv", NOW) != Ids().mint("cnv", NOW)
    assert Ids(lambda size: b"\0" * size).mint("cnv", NOW) == Ids(lambda size: b"\0" * size).mint("cnv", NOW)


def test_token_is_long_and_its_hash_tells_nothing_of_it() -> None:
    token = new_token()
    assert len(token) == 43
    assert token not in token_hash(token)
    assert token_hash(token) == token_hash(token) != token_hash(new_token())


def test_clock_in_hand_moves_only_when_moved() -> None:
    clock = ManualClock(NOW)
    clock.advance(1.5)
    assert (clock.now(), clock.monotonic()) == (NOW + timedelta(seconds=1.5), 1.5)
    clock.set_wall(NOW - timedelta(hours=1))
    assert (clock.now(), clock.monotonic()) == (NOW - timedelta(hours=1), 1.5)
