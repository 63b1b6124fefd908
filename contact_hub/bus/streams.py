"""What a stream of kicks needs of Redis beyond what taskiq does: workers that are gone leave their names in its group, one for each start."""

from __future__ import annotations

from typing import Any, Final

from redis.asyncio import Redis

_GONE_MILLISECONDS: Final = 24 * 3_600 * 1_000


async def forget_consumers(pool: Any, stream: str, group: str, *, idle_milliseconds: int = _GONE_MILLISECONDS) -> int:
    """Forget those of the group that have asked for nothing for a day, with what they never acknowledged: the rows are the truth. How many."""
    async with Redis(connection_pool=pool) as redis:
        gone = [one["name"] for one in await redis.xinfo_consumers(stream, group) if one["idle"] >= idle_milliseconds]
        for name in gone:
            await redis.xgroup_delconsumer(stream, group, name)
    return len(gone)
