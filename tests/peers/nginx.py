"""nginx as it is delivered: deploy/nginx's configuration, with a certificate of its own, on free ports."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from ..live import Client, free_port
from . import missing

ROOT = Path(__file__).parents[2]
RENDER = ROOT / "deploy" / "nginx" / "render"
START_SECONDS = 15
RENEW_SECONDS = 60
PREFIX = "/internal"

MAIN = """{user}
daemon off;
worker_processes 2;
pid {directory}/nginx.pid;
error_log {directory}/error.log info;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  types {{ }}
  default_type application/octet-stream;
  client_body_temp_path {directory}/bodies;
  proxy_temp_path {directory}/answers;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  # As in Debian's nginx.conf: the site turns it off.
  gzip on;
  gzip_types application/json;
  include {directory}/microdock.conf;
}}
"""


def binary() -> str:
    """The program; without it the test is left out, but fails where everything must run."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    return found or missing("nginx")


def render(**settings: str) -> str:
    """What deploy/nginx/render prints for these settings and no others."""
    environment = {"PATH": os.environ["PATH"], **settings}
    return subprocess.run([RENDER], env=environment, cwd="/", capture_output=True, text=True, check=True).stdout


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """A self-signed certificate of 127.0.0.1 and localhost, and its key."""
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


class Nginx:
    """nginx in front of `servers` (host:port), which all work on `data`; `settings` are those of settings.envsh."""

    def __init__(self, directory: Path, data: Path, servers: Sequence[str], **settings: str) -> None:
        directory.mkdir(parents=True)
        self.directory, self.port, self.plain_port = directory, free_port(), free_port()
        self.certificate, key = make_certificate(directory)
        self.url = f"https://127.0.0.1:{self.port}"
        self.plain_url = f"http://127.0.0.1:{self.plain_port}"
        self._process: subprocess.Popen[bytes] | None = None
        configuration = render(
            **{
                "NGINX_APP_SERVERS": " ".join(servers),
                "NGINX_HTTPS_LISTEN": str(self.port),
                "NGINX_HTTP_LISTEN": str(self.plain_port),
                "NGINX_CERTIFICATE": str(self.certificate),
                "NGINX_CERTIFICATE_KEY": str(key),
                "NGINX_ACCESS_LOG": str(directory / "access.log"),
                "DATA_DIR": str(data),
                "PUBLIC_URL": self.url,
                **settings,
            }
        )
        (directory / "microdock.conf").write_text(configuration, encoding="utf-8")
        user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
        (directory / "nginx.conf").write_text(MAIN.format(user=user, directory=directory), encoding="utf-8")

    @property
    def command(self) -> list[str]:
        at = self.directory
        return [binary(), "-p", str(at), "-c", str(at / "nginx.conf"), "-e", str(at / "error.log")]

    @property
    def tls(self) -> ssl.SSLContext:
        """A client's side of TLS that knows the certificate."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def client(self) -> TlsClient:
        """Calls by way of nginx."""
        return TlsClient(self)

    def check(self) -> str:
        """What `nginx -t` says of the configuration; it must accept it."""
        done = subprocess.run([*self.command, "-t"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def start(self) -> Self:
        with (self.directory / "console.log").open("ab") as console:
            self._process = subprocess.Popen(self.command, stdout=console, stderr=console)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"nginx did not start:\n{self.log()}")

    def log(self) -> str:
        """The error log."""
        path = self.directory / "error.log"
        return path.read_text(errors="replace") if path.is_file() else ""

    def accesses(self) -> str:
        """The access log."""
        return (self.directory / "access.log").read_text(errors="replace")

    def reload(self) -> None:
        """Read the configuration anew, while requests go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def renew(self) -> None:
        """Read the configuration anew; when this returns, no process is left that knows the one before."""
        before = self._workers()
        self.reload()
        deadline = time.monotonic() + RENEW_SECONDS
        while self._workers() & before or not self._workers():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def _workers(self) -> set[str]:
        assert self._process is not None
        command = ["ps", "-o", "pid=", "--ppid", str(self._process.pid)]
        listed = subprocess.run(command, capture_output=True, text=True, check=False)
        return set(listed.stdout.split())

    def stop(self) -> None:
        """End with all workers; requests that run are cut off."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_SECONDS)
            self._process = None


class TlsClient(Client):
    """Calls over TLS to nginx, whose certificate is the only one believed."""

    def __init__(self, nginx: Nginx, token: str | None = None) -> None:
        super().__init__(nginx.url, token)
        self.nginx = nginx

    def call(self, method: str, path: str, **options: object):  # type: ignore[no-untyped-def]
        options.setdefault("verify", str(self.nginx.certificate))
        return super().call(method, path, **options)

    def with_token(self, token: str) -> TlsClient:
        return TlsClient(self.nginx, token)
