"""Traces of where a message's time goes, for those who want them; off, a span is one call that returns a constant.

OpenTelemetry is an extra (`pip install 'contact-hub[otel]'`) and is touched by `tracing` alone. Spans carry codes, counts and ids of workspaces,
never what was said or by whom. docs/operations.md has the table of names.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol

from contact_hub.errors import HubError

SPANS: Final = ("store.write", "store.commit", "routing.round", "delivery.look")


class Tracer(Protocol):
    """The little we use of OpenTelemetry's."""

    def start_as_current_span(self, name: str, *, attributes: Any = None, links: Any = None) -> Any: ...


class _Nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_error: object) -> None:
        return None


_NOTHING: Final = _Nothing()
_on: list[Tracer] = []
"""The tracer of this process, where there is one."""


def span(name: str, **attributes: str | int | float) -> Any:
    """A span around a piece of work, below the one that is open in this task."""
    if not _on:
        return _NOTHING
    return _on[0].start_as_current_span(name, attributes=attributes)


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
