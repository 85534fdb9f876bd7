"""The server behind nginx as it is delivered: TLS, files, uploads, sockets, addresses."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import subprocess
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket
from requests.adapters import HTTPAdapter

from microdock_server.addresses.client import counted
from microdock_server.api.core.parsing import MAX_JSON
from microdock_server.services.plugins.images import MAX_BYTES, MAX_SCREENSHOTS

from ..live import Server, eventually, free_port, large_package, prepared_server, sha256
from ..peers.nginx import PREFIX, Nginx, binary, render
from ..support import package

MIB = 1 << 20
UPLOAD_LIMIT = 2 * MIB
NAME = "com.example.myplugin"
PACKAGE = f"/api/v1/marketplace/plugins/{NAME}/versions/1.0.0/download"

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def site(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Nginx]]:
    """A server that knows its proxy, nginx before it, and one plugin."""
    binary()
    directory = tmp_path_factory.mktemp("site")
    settings = {
        "TRUSTED_PROXIES": "1",
        "X_ACCEL_PREFIX": PREFIX,
        "MAX_UPLOAD_SIZE": str(UPLOAD_LIMIT),
        "RATELIMIT_ENABLED": "true",
        "CLIENT_GRACE_SECONDS": "3",
    }
    server = prepared_server(prepared_data, directory / "data", **settings)
    nginx = Nginx(directory / "nginx", server.data, [f"127.0.0.1:{server.port}"], MAX_UPLOAD_SIZE=str(UPLOAD_LIMIT))
    try:
        server.start()
        nginx.start()
        assert nginx.client().upload(package()).status_code == 200
        yield server, nginx
    finally:
        nginx.stop()
        server.kill()


@pytest.fixture
def server(site: tuple[Server, Nginx]) -> Server:
    return site[0]


@pytest.fixture
def nginx(site: tuple[Server, Nginx]) -> Nginx:
    return site[1]


def from_address(address: str) -> requests.Session:
    """A client at another address of this machine."""

    class Bound(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, source_address=(address, 0), **options)

    session = requests.Session()
    session.mount("https://", Bound())
    return session


def test_nginx_accepts_the_configuration_without_a_warning(nginx: Nginx) -> None:
    said = nginx.check()
    assert "test is successful" in said
    assert "[warn]" not in said
    assert "${" not in (nginx.directory / "microdock.conf").read_text(encoding="utf-8")


class TestRendering:
    def test_the_body_limit_is_the_upload_limit_and_what_a_form_may_carry_beside_it(self) -> None:
        allowed = UPLOAD_LIMIT + MAX_BYTES * (1 + MAX_SCREENSHOTS) + MAX_JSON
        assert f"client_max_body_size {allowed};" in render(MAX_UPLOAD_SIZE=str(UPLOAD_LIMIT))

    def test_settings_come_from_the_env_file_as_well(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_text(
            "DATA_DIR=\"/srv/our plugins\"\nHOST='::1'\nMAX_UPLOAD_SIZE=1\nX_ACCEL_PREFIX=/files\n"
        )
        script = Path(__file__).parents[2] / "deploy/nginx/render"
        environment = {"PATH": "/usr/bin:/bin", "MAX_UPLOAD_SIZE": str(UPLOAD_LIMIT)}
        done = subprocess.run([script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        assert 'alias "/srv/our plugins/uploads/";' in done.stdout
        assert " server [::1]:8000 " in done.stdout
        assert "location /files/uploads/ {" in done.stdout
        assert f"client_max_body_size {UPLOAD_LIMIT + 46 * MIB};" in done.stdout

    def test_every_address_that_takes_a_form_passes_it_on_unbuffered(self, server: Server) -> None:
        pattern = re.search(r"location ~ (\S+) \{", render())
        assert pattern
        paths = requests.get(f"{server.base}/openapi.json", timeout=60).json()["paths"]
        forms = [
            re.sub(r"\{\w+\}", "7", path)
            for path, item in paths.items()
            for operation in item.values()
            if "multipart/form-data" in operation.get("requestBody", {}).get("content", {})
        ]
        # Whatever stands at /api/v1 stands at /v1 as well.
        forms += [path.removeprefix("/api") for path in forms if path.startswith("/api/v1/")]
        assert len(forms) >= 9
        assert all(re.search(pattern[1], path) for path in forms), forms


class TestTls:
    def test_plain_http_leads_to_https_and_keeps_the_method(self, nginx: Nginx) -> None:
        answer = requests.post(f"{nginx.plain_url}/api/x?a=b", allow_redirects=False, timeout=60)
        assert answer.status_code == 308
        assert answer.headers["Location"] == f"{nginx.url}/api/x?a=b"

    def test_hsts_and_no_version(self, nginx: Nginx) -> None:
        answer = nginx.client().get("/healthz")
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
        assert answer.headers["Server"] == "nginx"

    def test_http_2_and_modern_tls(self, nginx: Nginx) -> None:
        tls = nginx.tls
        tls.set_alpn_protocols(["h2"])
        with (
            socket.create_connection(("127.0.0.1", nginx.port), timeout=60) as plain,
            tls.wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            assert secured.selected_alpn_protocol() == "h2"
            assert secured.version() == "TLSv1.3"

    @pytest.mark.parametrize(("version", "accepted"), [("-tls1_1", False), ("-tls1_2", True)])
    def test_old_tls_is_refused(self, nginx: Nginx, version: str, accepted: bool) -> None:
        command = ["openssl", "s_client", version, "-cipher", "ALL:@SECLEVEL=0", "-connect", f"127.0.0.1:{nginx.port}"]
        done = subprocess.run(command, input=b"", capture_output=True, timeout=60, check=False)
        assert (done.returncode == 0) is accepted
        assert (b"alert protocol version" in done.stderr) is not accepted


class TestDownloads:
    def test_the_application_only_says_which_file(self, server: Server, nginx: Nginx) -> None:
        direct, through = server.client.download(version="1.0.0"), nginx.client().download(version="1.0.0")
        assert direct.content == b""
        assert direct.headers["X-Accel-Redirect"].startswith(f"{PREFIX}/uploads/")
        assert sha256(through.content) == sha256(package_sent(server))
        assert "X-Accel-Redirect" not in through.headers

    def test_headers_are_the_applications(self, server: Server, nginx: Nginx) -> None:
        asked = {"Origin": "http://localhost:3000"}
        direct = server.client.post("/api/plugins/download", {"name": NAME}, headers=asked).headers
        through = nginx.client().post("/api/plugins/download", {"name": NAME}, headers=asked).headers
        of_this_hop = {"Server", "Date", "Connection", "Transfer-Encoding", "Content-Length", "X-Accel-Redirect"}
        of_this_request = {"X-Request-ID", "X-Process-Time", "RateLimit-Remaining", "RateLimit-Reset"}
        expected = {name: value for name, value in direct.items() if name not in of_this_hop | of_this_request}
        assert expected.items() <= dict(through).items()
        assert through["Accept-Ranges"] == "bytes"
        assert of_this_request <= through.keys()
        assert through["ETag"].startswith('"')
        assert "Last-Modified" not in through
        assert through["Strict-Transport-Security"]

    @pytest.mark.parametrize(
        ("conditions", "status"),
        [
            ({}, 206),
            ({"If-Range": "etag"}, 206),
            ({"If-Range": '"other"'}, 200),
            ({"If-Match": "etag"}, 206),
            ({"If-Match": '"other"'}, 412),
            ({"If-Match": "etag", "If-None-Match": "etag"}, 304),
            ({"If-None-Match": '"other"'}, 206),
            ({"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, 206),
            ({"If-Modified-Since": "Sat, 01 Jan 2050 00:00:00 GMT"}, 206),
            ({"Range": "bytes=5-14,20-24"}, 200),
            ({"Range": "bytes=14-5"}, 200),
            ({"Range": "items=5-14"}, 200),
        ],
    )
    def test_conditions_are_judged_as_the_application_does(
        self, server: Server, nginx: Nginx, conditions: dict[str, str], status: int
    ) -> None:
        whole = nginx.client().download()
        named = {name: whole.headers["ETag"] if value == "etag" else value for name, value in conditions.items()}
        before = downloads(server)
        answer = nginx.client().get(PACKAGE, headers={"Range": "bytes=5-14", **named})
        assert answer.status_code == status
        assert (answer.headers.get("Content-Range") is not None) == (status == 206)
        if status in (200, 206):
            assert answer.content == (whole.content[5:15] if status == 206 else whole.content)
            assert status == 206 or answer.headers["Accept-Ranges"] == "bytes"
        assert answer.headers["ETag"] == whole.headers["ETag"]
        assert downloads(server) - before == (1 if status == 200 else 0)

    def test_the_head_alone_and_a_post_are_of_the_whole(self, server: Server, nginx: Nginx) -> None:
        whole, before = nginx.client().download(), downloads(server)
        head = nginx.client().call("HEAD", PACKAGE, headers={"Range": "bytes=5-14"})
        assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(whole.content)))
        assert downloads(server) == before
        posted = nginx.client().post("/api/plugins/download", {"name": NAME}, headers={"Range": "bytes=5-14"})
        assert (posted.status_code, posted.content, downloads(server)) == (200, whole.content, before + 1)

    def test_a_range_behind_the_end(self, nginx: Nginx) -> None:
        answer = nginx.client().get(PACKAGE, headers={"Range": "bytes=9999999-"})
        assert answer.status_code == 416
        assert answer.json()["success"] is False

    def test_nobody_gets_at_a_file_by_its_address(self, server: Server, nginx: Nginx) -> None:
        address = server.client.download().headers["X-Accel-Redirect"]
        answer = nginx.client().get(address)
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
        # nor by a client that says what only the application may say
        forged = nginx.client().get("/healthz", headers={"X-Accel-Redirect": address})
        assert forged.json() != {} and b"PK" not in forged.content


def downloads(server: Server) -> int:
    """How often the package was fetched, as the server counts."""
    answer = server.client.post("/api/plugins/detail", {"name": NAME}).json()
    return int(answer["data"]["plugin"]["total_download_count"])


def package_sent(server: Server) -> bytes:
    """The bytes of the one package, as they lie on the disk."""
    (path,) = [path for path in (server.data / "uploads").rglob("*") if path.is_file()]
    return path.read_bytes()


class TestUploads:
    def test_go_through_while_they_arrive(self, server: Server, nginx: Nginx) -> None:
        body, head = form(large_package(UPLOAD_LIMIT - MIB // 4, version="1.1.0"))
        with connected(nginx) as client:
            client.sendall(head + body[: -MIB // 4])
            arriving = server.data / "temp"
            assert eventually(lambda: any(path.stat().st_size for path in arriving.rglob("*") if path.is_file()))
            assert not [path for path in (nginx.directory / "bodies").rglob("*") if path.is_file()]
            client.sendall(body[-MIB // 4 :])
            status, answer = read_answer(client)
        assert (status, answer["success"]) == (200, True)

    def test_the_application_refuses_what_is_a_little_too_large(self, nginx: Nginx) -> None:
        answer = nginx.client().upload(large_package(UPLOAD_LIMIT + MIB, version="1.2.0"))
        assert (answer.status_code, answer.json()["error"]) == (413, "file_too_large")

    def test_nginx_refuses_what_is_far_too_large_before_it_comes(self, nginx: Nginx) -> None:
        _, head = form(b"", length=UPLOAD_LIMIT + 46 * MIB + 1)
        with connected(nginx) as client:
            client.sendall(head)
            status, body = read_answer(client)
        assert (status, body["error"]) == (413, "too_large")

    def test_other_bodies_may_be_as_large_as_the_application_takes_them(self, nginx: Nginx) -> None:
        fits = nginx.client().post("/api/plugins/detail", data=b" " * MAX_JSON)
        assert fits.status_code in (400, 422)
        answer = nginx.client().post("/api/plugins/detail", data=b" " * (MAX_JSON + 1))
        assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


class TestSlowClients:
    def test_uploads_that_drip_are_cut_off_and_stop_nobody(self, server: Server, nginx: Nginx) -> None:
        _, head = form(b"", length=UPLOAD_LIMIT)
        with contextlib.ExitStack() as opened:
            slow = [opened.enter_context(connected(nginx)) for _ in range(8)]
            for one in slow:
                one.sendall(head + b"--b")
            client = from_address("127.0.0.12")
            for path in ("/healthz", "/readyz", "/api/plugins/list", "/api/health"):
                assert client.get(nginx.url + path, verify=nginx.certificate, timeout=60).status_code == 200
            assert {read_answer(one)[0] for one in slow} == {408}


def form(data: bytes, length: int | None = None) -> tuple[bytes, bytes]:
    """An upload's body, and the head of its request."""
    parts = b'--b\r\nContent-Disposition: form-data; name="plugin_key"\r\n\r\nupload-key\r\n'
    parts += b'--b\r\nContent-Disposition: form-data; name="file"; filename="p.zip"\r\n\r\n' + data + b"\r\n--b--\r\n"
    head = "POST /api/plugins/upload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {length or len(parts)}\r\n\r\n"
    return parts, head.encode()


def connected(nginx: Nginx) -> socket.socket:
    plain = socket.create_connection(("127.0.0.1", nginx.port), timeout=60)
    return nginx.tls.wrap_socket(plain, server_hostname="localhost")


def read_answer(client: socket.socket) -> tuple[int, Any]:
    """Status and body of the answer that comes."""
    answer = HTTPResponse(client)
    answer.begin()
    return answer.status, json.loads(answer.read())


class TestCompression:
    def test_is_the_applications(self, server: Server, nginx: Nginx) -> None:
        headers = {"Accept-Encoding": "gzip"}
        with requests.get(f"{server.base}/api/plugins/list", headers=headers, stream=True, timeout=60) as answer:
            direct = answer.raw.read(decode_content=False)
        through = nginx.client().get("/api/plugins/list", headers=headers, stream=True)
        assert through.headers["Content-Encoding"] == "gzip"
        assert through.raw.read(decode_content=False) == direct
        through.close()

    def test_what_it_leaves_alone_stays_so(self, nginx: Nginx) -> None:
        answer = nginx.client().post("/api/plugins/detail", {"name": NAME}, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers


class TestAddresses:
    def test_a_forged_address_is_not_believed(self, nginx: Nginx) -> None:
        client = from_address("127.0.0.9")
        left = []
        for number in range(3):
            forged = {"X-Forwarded-For": f"10.0.0.{number}", "X-Real-IP": f"10.0.0.{number}"}
            answer = client.get(f"{nginx.url}/api/plugins/list", headers=forged, verify=nginx.certificate, timeout=60)
            left.append(int(answer.headers["RateLimit-Remaining"]))
        assert left == [left[0], left[0] - 1, left[0] - 2]
        other = from_address("127.0.0.10").get(f"{nginx.url}/api/plugins/list", verify=nginx.certificate, timeout=60)
        assert int(other.headers["RateLimit-Remaining"]) == left[0]

    def test_the_request_id_goes_along_if_it_is_sane(self, nginx: Nginx) -> None:
        client = nginx.client()
        assert client.get("/healthz", headers={"X-Request-ID": "mine-1"}).headers["X-Request-ID"] == "mine-1"
        made = client.get("/healthz", headers={"X-Request-ID": "a b"}).headers["X-Request-ID"]
        assert re.fullmatch(r"[0-9a-f]{32}", made)

    def test_metrics_are_for_this_machine(self, nginx: Nginx) -> None:
        here, there = (
            from_address(address).get(f"{nginx.url}/metrics", verify=nginx.certificate, timeout=60)
            for address in ("127.0.0.1", "127.0.0.11")
        )
        assert here.status_code == 200
        assert (there.status_code, there.json()["error"]) == (403, "forbidden")


@pytest.mark.parametrize("path", ["/metrics/", "/metrics%2f", "/%6detrics", "//metrics", "/x/../metrics/"])
def test_metrics_are_for_this_machine_however_their_path_is_written(nginx: Nginx, path: str) -> None:
    assert raw_status(nginx, path, "127.0.0.11") == 403


@pytest.mark.parametrize("path", ["/api/v1/plugins/%00", "/%00", "/api/plugins/list%00", "/api/plugins/list%0a"])
def test_a_control_character_in_a_path_is_refused_in_an_envelope(nginx: Nginx, path: str) -> None:
    answer = nginx.client().get(path)
    assert answer.status_code in (400, 404)
    assert answer.json()["success"] is False


def raw_status(nginx: Nginx, path: str, source: str) -> int:
    """The status of a path that no client library tidies up, asked from an address of this machine's."""
    host = ("localhost", nginx.port)
    connection = http.client.HTTPSConnection(*host, context=nginx.tls, source_address=(source, 0), timeout=60)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_path_of_the_settings_may_hold_any_character(site: tuple[Server, Nginx], tmp_path: Path) -> None:
    server, nginx = site
    odd = tmp_path / "a b\"c$d;e'{f}\\g#"
    odd.symlink_to(server.data)
    other = Nginx(tmp_path / "nginx", odd, [f"127.0.0.1:{server.port}"])
    other.check()
    try:
        other.start()
        assert other.client().download().content == nginx.client().download().content
    finally:
        other.stop()


def test_clients_are_counted_as_the_application_counts_them(tmp_path: Path) -> None:
    nginx, port = Nginx(tmp_path / "nginx", tmp_path, ["127.0.0.1:9"]), free_port()
    with (nginx.directory / "microdock.conf").open("a", encoding="utf-8") as site:
        site.write(f"server {{ listen 127.0.0.1:{port}; set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP; ")
        site.write("location / { return 200 $microdock_client; } }")
    addresses = ("2001:db8::1", "2001:db8::a:b:c:d", "2001:db8:0:a::1", "192.0.2.1", "192.0.2.2")
    try:
        nginx.start()
        found = [
            requests.get(f"http://127.0.0.1:{port}/", headers={"X-Real-IP": address}, timeout=60).content
            for address in addresses
        ]
    finally:
        nginx.stop()
    names = [counted(address) for address in addresses]
    assert [found.index(one) for one in found] == [names.index(name) for name in names] == [0, 0, 2, 3, 4]


def test_the_log_is_without_query_strings(nginx: Nginx) -> None:
    nginx.client().call("GET", "/api/plugins/list?search=hush%20hush", headers={"Referer": "https://x/?hush"})
    requests.get(f"{nginx.plain_url}/api/health?hush", allow_redirects=False, timeout=60)
    assert eventually(lambda: '"GET /api/plugins/list HTTP/1.1" 200' in nginx.accesses())
    assert eventually(lambda: '"GET /api/health HTTP/1.1" 308' in nginx.accesses())
    assert "hush" not in nginx.accesses()


def test_sockets_go_through(site: tuple[Server, Nginx]) -> None:
    server, nginx = site
    # The documented password opens the server to its own machine, and not through a proxy.
    token = server.client.log_in().token
    refused = nginx.client().post("/api/auth/login", {"username": "admin", "password": "admin"})
    assert refused.status_code == 401
    peer = websocket.create_connection(
        f"wss://localhost:{nginx.port}/ws",
        timeout=60,
        sslopt={"ca_certs": str(nginx.certificate)},
        suppress_origin=True,
    )
    try:
        peer.send(json.dumps({"type": "auth", "token": token}))
        said = json.loads(peer.recv())
        assert said["type"] == "auth_ok"
    finally:
        peer.close()
