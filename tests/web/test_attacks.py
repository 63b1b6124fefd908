"""What somebody who means harm would try. Each test is a hole that was once open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from tests import hubs


async def visitor_who_says(floor: hubs.Floor, **hello: Any) -> hubs.Visitor:
    """A visitor of `sonne` whose hello is written by hand."""
    async with httpx.AsyncClient(base_url=floor.origin, headers={"x-contact-hub": "1"}) as http:
        session = (await http.post("/api/widget/session", json={"brand": "sonne"})).json()
    visitor = hubs.Visitor(floor, await websockets.connect(f"ws://localhost:{floor.port}/v1/widget/socket"))
    await visitor.send("hello", protocol=1, ticket=session["ticket"], **hello)
    await visitor.expect("welcome")
    return visitor


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "\x00"])
async def test_a_zone_that_does_not_exist_stops_nobodys_routing(sqlite_url: str, tmp_path: Path, zone: str) -> None:
    closed = hubs.WORKSPACE.replace('{mon-sun: ["00:00-24:00"]}', '{mon: ["03:00-03:10"]}')
    async with hubs.floor(sqlite_url, tmp_path, text=closed) as floor:
        attacker = await visitor_who_says(floor, zone=zone)
        await attacker.start("Guten Tag, ich habe eine Frage.")
        await attacker.until(lambda: "notice.closed_next_opening" in attacker.notices)
        await attacker.close()
        customer = await floor.visitor()
        await customer.start("Guten Tag, ich habe auch eine Frage.")
        await customer.until(lambda: "notice.closed_next_opening" in customer.notices)
