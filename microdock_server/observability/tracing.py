"""Optional traces, sent by OpenTelemetry if OTEL_EXPORTER_OTLP_ENDPOINT is set; without it a span costs nothing.

Spans contain only words of ours: routes, never paths; no query string, header, body, statement or error text.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

    Opened = AbstractContextManager[Span | None]

_OFF: Final = nullcontext()
TRACEPARENT: Final = "HTTP_TRACEPARENT"


class _Tracing:
    """Set once per process, with the application; after a fork the exporter starts a new thread."""

    provider: TracerProvider | None = None
    tracer: Tracer | None = None


def configure(endpoint: str, version: str) -> None:
    """Send spans to this OTLP endpoint, by HTTP, from now on; to none if it is empty. Raises ImportError."""
    stop()
    if not endpoint:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  (an extra)
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    name = os.environ.get("OTEL_SERVICE_NAME", "microdock")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")))
    _Tracing.provider, _Tracing.tracer = provider, provider.get_tracer("microdock_server", version)


def stop() -> None:
    """Send the remaining spans, and stop tracing."""
    provider, _Tracing.provider, _Tracing.tracer = _Tracing.provider, None, None
    if provider is not None:
        provider.shutdown()


def span(name: str, /, **attributes: str | int | bool) -> Opened:
    """A span around the context, below the current one; underscores in attribute names become dots."""
    tracer = _Tracing.tracer
    if tracer is None:
        return _OFF
    return _span(tracer, name, {key.replace("_", "."): value for key, value in attributes.items()}, None)


def request_span(environ: dict[str, Any]) -> Opened:
    """A span around a request, as a child of the client's own if it sends one (W3C `traceparent`)."""
    tracer = _Tracing.tracer
    if tracer is None:
        return _OFF
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    carrier = {"traceparent": environ[TRACEPARENT]} if TRACEPARENT in environ else {}
    return _span(tracer, "request", {}, TraceContextTextMapPropagator().extract(carrier))


@contextmanager
def _span(tracer: Tracer, name: str, attributes: dict[str, Any], parent: Any) -> Iterator[Span]:
    from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: PLC0415

    kind = SpanKind.INTERNAL if parent is None else SpanKind.SERVER
    options: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
    with tracer.start_as_current_span(name, parent, kind, attributes, **options) as opened:
        try:
            yield opened
        except BaseException as error:
            # Only the exception's type: error texts contain values.
            opened.set_attribute("error.type", type(error).__name__)
            opened.set_status(Status(StatusCode.ERROR))
            raise


def describe(opened: Span | None, *, method: str, route: str, status: str, surface: str) -> None:
    """Set the same attributes on a request's span that the metrics have."""
    if opened is None:
        return
    opened.update_name(f"{method} {route}")
    opened.set_attributes(
        {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": int(status),
            "microdock.surface": surface,
        }
    )
