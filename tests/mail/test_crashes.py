"""Case 12, small: senders killed at their steps. `python -m bench.email --sending` is the same with 300 mails."""

from __future__ import annotations

from pathlib import Path

from tests.mail.crashing import run


async def test_killed_senders_leave_one_copy_each_or_a_doubt_that_can_be_seen(tmp_path: Path) -> None:
    counted = await run(f"sqlite:///{tmp_path / 'hub.db'}", mails=30, kills=4)
    assert counted.sound, counted
    assert counted.kills == 4
    assert set(counted.states) == {"sent", "failed", "unknown"}
    assert counted.states["sent"] >= 15
