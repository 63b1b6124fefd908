"""Traces of where a message's time goes, for those who want them; off, a span is one call that returns a constant.

OpenTelemetry is an extra (`pip install 'contact-hub[otel]'`) and is touched by `tracing` alone. Spans carry codes, counts and ids of workspaces,
never what was said or by whom. docs/operations.md has the table of names.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol

from contact_hub.errors import HubError

SPANS: Final = ("socket.frame", "store.write", "store.commit", "routing.round", "socket.told", "delivery.look", "job.run")


class Tracer(Protocol):
    """The little we use of OpenTelemetry's."""

    def start_as_current_span(self, name: str, context: Any = None, *, attributes: Any = None, links: Any = None) -> Any: ...


class _Nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_error: object) -> None:
        return None


_NOTHING: Final = _Nothing()
_DIGITS: Final = frozenset("0123456789abcdef")
_on: list[Tracer] = []
"""The tracer of this process, where there is one."""


def span(name: str, **attributes: str | int | float) -> Any:
    """A span around a piece of work, below the one that is open in this task."""
    if not _on:
        return _NOTHING
    return _on[0].start_as_current_span(name, attributes=attributes)


def following(name: str, carried: Iterable[str | None], **attributes: str | int | float) -> Any:
    """A span of work for what rows or pokes have carried here: below the first that was traced, linked to the others, on its own where none was."""
    if not _on:
        return _NOTHING
    first, *others = [place for one in dict.fromkeys(carried) if one and (place := _place(one)) is not None] or [None]
    if first is None:
        return _on[0].start_as_current_span(name, attributes=attributes)
    from opentelemetry.trace import Link

    return _on[0].start_as_current_span(name, context=_under(first), attributes=attributes, links=[Link(place) for place in others])


def going_on(place: Any) -> Any:
    """Work on somebody's behalf, in another task than theirs: what happens meanwhile belongs under `place` (as `here` gave it)."""
    if not _on or place is None or not place.is_valid:
        return _NOTHING
    return _going_on(place)


def carried() -> str | None:
    """Where this task is, for a row or a poke to carry on (W3C `traceparent`); None while nothing is traced, or this is not."""
    if not _on:
        return None
    from opentelemetry import trace

    return carried_from(trace.get_current_span().get_span_context())


def carried_from(place: Any) -> str | None:
    """The same of another task's place, as `here` gave it there."""
    if place is None or not (place.is_valid and place.trace_flags.sampled):
        return None
    return f"00-{place.trace_id:032x}-{place.span_id:016x}-01"


@contextlib.contextmanager
def _going_on(place: Any) -> Iterator[None]:
    from opentelemetry import context

    token = context.attach(_under(place))
    try:
        yield
    finally:
        context.detach(token)


def _under(place: Any) -> Any:
    from opentelemetry.context import Context
    from opentelemetry.trace import NonRecordingSpan, set_span_in_context

    return set_span_in_context(NonRecordingSpan(place), Context())


def _place(carried: str) -> Any:
    """None where it cannot be read: any version of us may have written the row."""
    from opentelemetry.trace import SpanContext, TraceFlags

    match carried.split("-"):
        case [_, trace_id, span_id, _] if _hexadecimal(trace_id, 32) and _hexadecimal(span_id, 16):
            return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
        case _:
            return None


def _hexadecimal(digits: str, length: int) -> bool:
    return len(digits) == length and set(digits) <= _DIGITS


def here() -> Any:
    """Where this task is, to be named by somebody else's span; None while nothing is traced."""
    if not _on:
        return None
    from opentelemetry import trace

    return trace.get_current_span().get_span_context()


def joint_span(name: str, places: Iterable[Any], **attributes: str | int | float) -> Any:
    """A span of work that serves several traces at once: it belongs to none and is linked to all."""
    if not _on:
        return _NOTHING
    from opentelemetry.trace import Link

    links = [Link(place) for place in places if place is not None and place.is_valid and place.trace_flags.sampled]
    return _on[0].start_as_current_span(name, attributes=attributes, links=links)


@contextlib.contextmanager
def traced_by(tracer: Tracer) -> Iterator[None]:
    """Send spans to this tracer."""
    _on.insert(0, tracer)
    try:
        yield
    finally:
        _on.remove(tracer)


@contextlib.contextmanager
def tracing(endpoint: str | None, *, ratio: float = 1.0) -> Iterator[None]:
    """Export spans to `endpoint` (OTLP over HTTP) while it lasts; without one, nothing happens. Raises: extra_missing."""
    if endpoint is None:
        yield
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
    except ModuleNotFoundError:
        raise HubError(
            "extra_missing", "CONTACT_HUB_OTEL_ENDPOINT needs the extra `otel`: pip install 'contact-hub[otel]'."
        ) from None
    provider = TracerProvider(
        resource=Resource.create({"service.name": "contact-hub"}),
        sampler=ParentBased(TraceIdRatioBased(ratio)),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=5)))
    try:
        with traced_by(provider.get_tracer("contact_hub")):
            yield
    finally:
        provider.shutdown()
