"""A name server for tests: text records as they are given, or silence."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class NameServer:
    """`asked` are the names, in order; one that is in `silent` is never answered."""

    records: dict[str, list[str]]
    silent: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def answer(self, question: bytes) -> bytes | None:
        message = dns.message.from_wire(question)
        name = message.question[0].name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        if name in self.silent or "*" in self.silent:
            return None
        answer = dns.message.make_response(message)
        answer.flags |= dns.flags.RA
        if name not in self.records:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        for text in self.records.get(name, ()):
            parts = " ".join(f'"{text[start : start + 200]}"' for start in range(0, len(text), 200))
            answer.answer.append(dns.rrset.from_text(f"{name}.", 300, "IN", "TXT", parts))
        return answer.to_wire()


class _Line(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # asyncio's own class for it is not one

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if (answer := self._server.answer(data)) is not None:
            self._transport.sendto(answer, addr)


@contextlib.asynccontextmanager
async def name_server(records: dict[str, list[str]]) -> AsyncIterator[NameServer]:
    made = NameServer(records)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Line(made), local_addr=("127.0.0.1", 0))
    made.port = transport.get_extra_info("sockname")[1]
    try:
        yield made
    finally:
        transport.close()
