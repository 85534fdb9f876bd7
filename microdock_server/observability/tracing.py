"""Optional traces, sent by OpenTelemetry where OTEL_EXPORTER_OTLP_ENDPOINT is set; without it a span costs nothing.

A span holds words of ours: routes, never paths; no query string, header, body, statement or text of an error.
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
    """Set once a process, with the application; the exporter's thread begins anew after a fork."""

    provider: TracerProvider | None = None
    tracer: Tracer | None = None


def configure(endpoint: str, version: str) -> None:
    """From now on send spans to this OTLP endpoint, by HTTP; none, where it is empty. Raises ImportError."""
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
    """Send what waits, and trace no more."""
    provider, _Tracing.provider, _Tracing.tracer = _Tracing.provider, None, None
    if provider is not None:
        provider.shutdown()


def span(name: str, /, **attributes: str | int | bool) -> Opened:
    """A span around the context, below the one that is open; underscores of attributes' names become dots."""
    tracer = _Tracing.tracer
    if tracer is None:
        return _OFF
    return _span(tracer, name, {key.replace("_", "."): value for key, value in attributes.items()}, None)


def request_span(environ: dict[str, Any]) -> Opened:
    """A span around a request, below the client's own where it says which that is (W3C `traceparent`)."""
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
            # Its type alone: texts of errors name values.
            opened.set_attribute("error.type", type(error).__name__)
            opened.set_status(Status(StatusCode.ERROR))
            raise


def describe(opened: Span | None, *, method: str, route: str, status: str, surface: str) -> None:
    """Say of a request's span what the metrics say of the request."""
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
