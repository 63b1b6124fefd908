"""Logs are lines of JSON about what happened, never about what was said: ids, codes and counts, no content, no names."""

from __future__ import annotations

import logging
import sys
from typing import Final, Literal

import structlog
import structlog.tracebacks

_TRACEBACKS: Final = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
"""Without local variables, which would show what customers wrote."""


def set_up(*, level: str, style: Literal["json", "console"]) -> None:
    """Once, at start."""
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(level=number, stream=sys.stderr, format="%(message)s")
    for noisy in ("uvicorn", "uvicorn.error", "uvicorn.access", "websockets", "httpx", "httpcore", "alembic", "taskiq"):
        logging.getLogger(noisy).setLevel(max(number, logging.WARNING))
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _TRACEBACKS if style == "json" else structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
