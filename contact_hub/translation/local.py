"""Argos Translate on this machine, where it and its models are installed; nothing of ours needs it.

It computes for seconds and holds no lock of ours meanwhile: one text at a time, in a thread. A thread cannot be stopped, so a text that is late is
given up by us and finishes for nobody; until then the next one waits within its own budget.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from typing import Any, Final

import structlog

from contact_hub.errors import HubError
from contact_hub.translation.engine import Translation
from contact_hub.translation.pairs import Pairs

_MODULE: Final = "argostranslate"

_log = structlog.get_logger(__name__)


class Argos:
    """`library` is `argostranslate.translate`, or a stand-in for it."""

    name = "Argos Translate"

    def __init__(self, library: Any) -> None:
        self._library = library
        self._free = asyncio.Semaphore(1)

    @staticmethod
    def installed() -> bool:
        return importlib.util.find_spec(_MODULE) is not None

    @classmethod
    def load(cls) -> Argos:
        """Raises ImportError where it is not installed."""
        return cls(importlib.import_module(f"{_MODULE}.translate"))

    async def close(self) -> None:
        return

    async def translate(self, text: str, *, source: str | None, target: str, budget_seconds: float) -> Translation:
        if source is None:  # it has no ear for languages
            raise HubError("translate_pair", source="und", target=target)
        try:
            async with asyncio.timeout(budget_seconds):
                await self._free.acquire()
                work = asyncio.get_running_loop().run_in_executor(None, self._translate, text, source, target)
                work.add_done_callback(self._done)
                translated = await asyncio.shield(work)
        except TimeoutError:
            _log.warning("translate_late", engine=self.name, budget_seconds=budget_seconds)
            raise HubError("translate_late") from None
        return Translation(text=translated, source=source, target=target, engine=self.name)

    def _done(self, work: asyncio.Future[str]) -> None:
        self._free.release()
        if not work.cancelled():
            work.exception()  # whoever still waits is told by the future itself

    def _translate(self, text: str, source: str, target: str) -> str:
        try:
            models = {one.code: one for one in self._library.get_installed_languages()}
            offered = {code: [to.to_lang.code for to in one.translations_from] for code, one in models.items()}
            pair = Pairs(offered).find(source, target)
            if pair is None:
                raise HubError("translate_pair", source=source, target=target)
            said = models[pair[0]].get_translation(models[pair[1]]).translate(text)
        except HubError:
            raise
        except Exception as error:  # a library of models may fail in any way
            _log.warning("translate_unavailable", engine=self.name, why=type(error).__name__)
            raise HubError("translate_unavailable") from None
        if not isinstance(said, str) or not said.strip():
            raise HubError("translate_unavailable")
        return said
