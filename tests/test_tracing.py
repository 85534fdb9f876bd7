"""Traces reach a collector, with names and durations of requests, and without secrets."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from microdock_server.config import ConfigurationError
from microdock_server.jobs.worker import run_job
from microdock_server.observability import tracing

from .conftest import AppFactory
from .jobs.helpers import job, submit
from .live import Server, eventually, prepared_server
from .support import Api, package, settings_for

ROOT = Path(__file__).parent.parent
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Collector(ThreadingHTTPServer):
    """Takes spans by OTLP over HTTP, as collectors do."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.spans: list[Any] = []
        self.bodies: list[bytes] = []
        self.services: set[str] = set()

    def take(self, body: bytes) -> None:
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            attributes = {one.key: one.value.string_value for one in resource.resource.attributes}
            self.services.add(attributes["service.name"])
            for scope in resource.scope_spans:
                self.spans += scope.spans

    def named(self, name: str) -> Any:
        """The one span of this name."""
        [found] = [span for span in self.spans if span.name == name]
        return found


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        assert self.path == "/v1/traces"
        self.server.take(body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    tracing.stop()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def traced(make_app: AppFactory, collector: Collector) -> Flask:
    return make_app(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def test_a_request_is_a_span_with_its_parts_below(traced: Flask, collector: Collector) -> None:
    assert Api(traced).upload(key="a-secret-key").status_code == 200
    tracing.stop()
    request = collector.named("POST /api/plugins/upload")
    assert attributes(request) == {
        "http.request.method": "POST",
        "http.route": "/api/plugins/upload",
        "http.response.status_code": 200,
        "microdock.surface": "host",
    }
    stored = collector.named("storage adopt")
    assert stored.trace_id == request.trace_id
    above = {span.span_id: span for span in collector.spans}[stored.parent_span_id]
    assert (above.name, above.parent_span_id) == ("unit of work", request.span_id)
    assert collector.services == {"microdock"}


def test_a_request_joins_its_clients_trace(traced: Flask, collector: Collector) -> None:
    Api(traced).get("/api/plugins/list", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    Api(traced).get("/api/plugins/list", headers={"traceparent": "no trace at all"})
    tracing.stop()
    traces = [span.trace_id.hex() for span in collector.spans if span.name == "GET /api/plugins/list"]
    assert traces[0] == TRACE
    assert traces[1] != TRACE


def test_a_job_is_a_span(traced: Flask, collector: Collector) -> None:
    submit(traced)
    assert run_job(traced, job(traced).id, "tests")
    tracing.stop()
    assert attributes(collector.named("job auto_review")) == {"job.attempt": 1}


def test_nothing_that_a_client_sent_is_in_a_span(traced: Flask, collector: Collector) -> None:
    api = Api(traced, token="Zm9yZ2VkLXRva2Vu")
    api.get("/api/plugins/list?search=ZmluZC1tZQ")
    api.get("/no/such/cGF0aA")
    api.post("/api/auth/login", {"username": "bmFtZQ", "password": "cGFzc3dvcmQ"})
    api.upload(package(name="com.example.bmFtZQ"), key="c2VjcmV0LWtleQ")
    tracing.stop()
    assert len(collector.spans) > 4
    sent = b"".join(collector.bodies)
    for secret in (b"Zm9yZ2VkLXRva2Vu", b"ZmluZC1tZQ", b"cGF0aA", b"bmFtZQ", b"cGFzc3dvcmQ", b"c2VjcmV0LWtleQ"):
        assert secret not in sent


def test_an_error_is_its_type_alone(traced: Flask, collector: Collector) -> None:
    with pytest.raises(ValueError), tracing.span("work"):
        raise ValueError("a-secret")
    tracing.stop()
    assert attributes(collector.named("work")) == {"error.type": "ValueError"}
    assert b"a-secret" not in b"".join(collector.bodies)


def test_without_an_endpoint_nothing_is_sent(make_app: AppFactory, collector: Collector) -> None:
    Api(make_app(OTEL_EXPORTER_OTLP_ENDPOINT="")).get("/api/plugins/list")
    tracing.stop()
    assert collector.spans == []


@pytest.mark.parametrize("url", ["localhost:4318", "ftp://host", "http://", "http://name:word@host:4318"])
def test_a_wrong_endpoint_is_a_wrong_setting(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="OTEL_EXPORTER_OTLP_ENDPOINT") as wrong:
        settings_for(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=url)
    assert "word" not in str(wrong.value).replace("password", "")


def test_a_missing_extra_is_named(tmp_path: Path) -> None:
    """In a process that cannot import OpenTelemetry, as where the extra is not installed."""
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from pathlib import Path\n"
        "from microdock_server import create_app\n"
        "from tests.support import settings_for\n"
        "for url in ('', 'http://127.0.0.1:4318'):\n"
        "    create_app(settings_for(Path(sys.argv[1]), OTEL_EXPORTER_OTLP_ENDPOINT=url))\n"
        "    print(f'made for {url!r}')"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "made for ''\n"), done.stderr
    assert "microdock-server[tracing]" in done.stderr


@pytest.mark.live
def test_every_worker_of_a_server_sends(prepared_data: Path, tmp_path: Path, collector: Collector) -> None:
    """The exporter's thread survives the fork, and what waits is sent when the server ends."""
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    server: Server = prepared_server(prepared_data, tmp_path / "data", **env)
    server.start()
    try:
        server.client.get("/api/plugins/list")
        assert eventually(lambda: any(span.name == "GET /api/plugins/list" for span in collector.spans))
        assert server.stop() == 0
    finally:
        server.kill()
