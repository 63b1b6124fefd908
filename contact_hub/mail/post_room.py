"""All that fetches and takes mail on one node, under one roof.

It belongs to the role `worker`. Nothing that befalls it makes the node unready: people in chats shall not suffer from a mailbox that cannot be reached.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from contact_hub.errors import HubError
from contact_hub.mail.boxes import Boxes
from contact_hub.mail.door import Door
from contact_hub.mail.workshop import Workshop

_AGAIN_SECONDS: Final = 10.0

_log = structlog.get_logger(__name__)


class PostRoom:
    """Begins and ends the parts. `door`: where mail is handed in, if anywhere."""

    def __init__(self, *, boxes: Boxes, workshop: Workshop, door: Door | None) -> None:
        self._boxes, self._workshop, self.door = boxes, workshop, door
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks.append(asyncio.create_task(self._keep_boxes(), name="mailboxes"))
        if self.door is not None:
            self._tasks.append(asyncio.create_task(self._open_door(self.door), name="mail door"))

    async def stop(self) -> None:
        """Take no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self.door is not None:
            await self.door.stop()

    async def close(self) -> None:
        """Once nobody works any more."""
        await self._workshop.close()

    async def _keep_boxes(self) -> None:
        """Whatever goes wrong with following the rules is tried again; each mailbox looks after itself."""
        while True:
            try:
                await self._boxes.run()
            except HubError as trouble:
                _log.warning("mailboxes_stopped", code=trouble.code)
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _open_door(self, door: Door) -> None:
        while True:
            try:
                await door.start()
                _log.info("mail_door_open", port=door.port)
                return
            except OSError as trouble:
                _log.error("mail_door_shut", error=trouble.strerror or type(trouble).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)
