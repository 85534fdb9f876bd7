"""The Dockerfile and compose.yaml, as far as they can be held without an engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import compose_spec
import pytest
import yaml

from deploy.upgrade import Service

from ..peers import missing
from ..test_docs import settings_read

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")
# What belongs to Python, Flask and the shell, not to us.
FOREIGN = {"PATH", "FLASK_APP", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions and their arguments, continued lines joined, comments left out."""
    lines = "\n".join(line for line in DOCKERFILE.splitlines() if not line.startswith("#"))
    joined = re.sub(r"\\\n\s*", "", lines)
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    return found[max(place for place, (word, _) in enumerate(found) if word == "FROM") :]


def arguments(word: str) -> list[str]:
    return [rest for found, rest in last_stage() if found == word]


class TestDockerfile:
    def test_the_linter_finds_nothing(self) -> None:
        linter = Path(sys.executable).with_name("hadolint")
        done = subprocess.run([linter, ROOT / "deploy/Dockerfile"], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def test_the_linter_would_find_something(self, tmp_path: Path) -> None:
        (tmp_path / "Dockerfile").write_text("FROM debian:latest\nRUN cd /tmp && sudo ls\n", encoding="utf-8")
        linter = Path(sys.executable).with_name("hadolint")
        done = subprocess.run([linter, tmp_path / "Dockerfile"], capture_output=True, text=True, check=False)
        assert {"DL3007", "DL3004"} <= set(re.findall(r"DL\d+", done.stdout))

    def test_everything_that_is_copied_is_there_and_reaches_the_builder(self) -> None:
        copied = [rest.split()[:-1] for word, rest in instructions() if word == "COPY" and "--from=" not in rest]
        sources = {source for group in copied for source in group}
        assert {"pyproject.toml", "migrations/", "microdock_server/", "frontend/"} <= sources
        assert [source for source in sources if not (ROOT / source).exists()] == []
        kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
        assert {source for source in sources if not any(source.startswith(name) for name in kept)} == set()

    def test_stages_that_are_copied_from_exist(self) -> None:
        names = {rest.split(" AS ")[1] for word, rest in instructions() if word == "FROM" and " AS " in rest}
        used = {match for word, rest in instructions() if word == "COPY" for match in re.findall(r"--from=(\S+)", rest)}
        assert used <= names

    def test_images_are_pinned_and_may_be_given_by_digest(self) -> None:
        stages = {"packages", "document", "page", "installed"}
        defaults = dict(rest.split("=") for word, rest in instructions() if word == "ARG" and "_IMAGE=" in rest)
        images = [rest.split()[0] for word, rest in instructions() if word == "FROM"]
        foreign = [defaults[image.strip("${}")] for image in images if image not in stages]
        assert foreign
        assert all(re.fullmatch(r"(python|node):[\d.]+-.*", image) for image in foreign), foreign

    def test_it_runs_as_nobody_in_particular_and_says_how_it_is(self) -> None:
        assert arguments("USER") == ["10001:10001"]
        assert len(arguments("HEALTHCHECK")) == 1
        assert "curl" not in DOCKERFILE
        assert arguments("STOPSIGNAL") == ["SIGTERM"]

    def test_what_it_sets_is_known_and_no_secret(self) -> None:
        names = set(image_environment())
        assert names - FOREIGN <= settings_read().keys()
        assert not [name for name in names if re.search("PASSWORD|SECRET|KEY|TOKEN", name)]
        assert image_environment()["DEBUG"] == "false"

    def test_extras_exist_and_packages_are_locked(self) -> None:
        default = re.search(r"^ARG EXTRAS=(\S*)$", DOCKERFILE, re.MULTILINE)
        assert default
        for extra in ("server", "build", *default[1].split(",")):
            assert (ROOT / f"requirements/{extra}.txt").is_file()
        installs = re.findall(r"/pip install (.*?)(?: \\)?$", DOCKERFILE, re.MULTILINE)
        assert [install.split()[0] for install in installs] == ["--require-hashes", "--require-hashes", "--no-deps"]
        assert installs[-1] == "--no-deps --no-build-isolation ."


def image_environment() -> dict[str, str]:
    """What the image sets."""
    return dict(pair.split("=", 1) for rest in arguments("ENV") for pair in rest.split())


def interpolated(**environment: str) -> dict[str, Any]:
    """compose.yaml as `docker compose` reads it with these variables."""

    def value(match: re.Match[str]) -> str:
        name, sign, rest = match["name"], match["sign"], match["rest"]
        if sign == ":?":
            assert environment.get(name), rest
        return environment.get(name) or (rest if sign == ":-" else "")

    text = re.sub(r"\$\{(?P<name>\w+)(?:(?P<sign>:[-?])(?P<rest>[^}]*))?\}", value, COMPOSE)
    found: dict[str, Any] = yaml.safe_load(text)
    return found


SECRETS = {
    "ADMIN_PASSWORD": "correct horse battery",
    "JWT_SECRET_KEY": "x" * 40,
    "POSTGRES_PASSWORD": "pg",
    "REDIS_PASSWORD": "rd",
    "AWS_SECRET_ACCESS_KEY": "s3",
}
SERVICES: dict[str, dict[str, Any]] = interpolated(**SECRETS)["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]


class TestCompose:
    def test_it_keeps_to_the_specification(self) -> None:
        found = compose_spec.PyCompose.from_yaml(yaml.safe_dump(interpolated(**SECRETS)))
        found.validate()
        assert set(found.service_names()) == SERVICES.keys()

    def test_the_specification_would_refuse_a_mistake(self) -> None:
        wrong = interpolated(**SECRETS)
        wrong["services"]["app"]["no_such_key"] = True
        with pytest.raises(ValueError, match="no_such_key"):
            compose_spec.PyCompose.from_yaml(yaml.safe_dump(wrong))

    def test_the_default_is_the_server_alone(self) -> None:
        assert [name for name, service in SERVICES.items() if "profiles" not in service] == ["app"]
        assert {
            name for name, service in SERVICES.items() if service.get("profiles") == ["scale"]
        } == SERVICES.keys() - {"app"}
        assert all(port.startswith("127.0.0.1:") for port in SERVICES["app"]["ports"])

    @pytest.mark.parametrize("name", ["ADMIN_PASSWORD", "JWT_SECRET_KEY"])
    def test_without_a_secret_it_does_not_start(self, name: str) -> None:
        with pytest.raises(AssertionError, match=name):
            interpolated(**{**SECRETS, name: ""})

    @pytest.mark.parametrize("name", SERVICES)
    def test_every_service_is_hardened(self, name: str) -> None:
        service = SERVICES[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service
        assert re.fullmatch(r"[\w./-]+:\d[\w.]*", service["image"]), service["image"]

    @pytest.mark.parametrize("name", [name for name in SERVICES if SERVICES[name]["restart"] != "no"])
    def test_what_stays_has_limits_and_a_health_check(self, name: str) -> None:
        limits = SERVICES[name]["deploy"]["resources"]["limits"]
        assert limits.keys() == {"cpus", "memory", "pids"}
        assert "healthcheck" in SERVICES[name] or name in OURS, "ours stands in the Dockerfile"

    @pytest.mark.parametrize("name", OURS)
    def test_every_variable_of_ours_is_known_to_the_code(self, name: str) -> None:
        assert SERVICES[name]["environment"].keys() - settings_read().keys() == set()

    def test_files_that_are_mounted_exist_and_run_where_they_must(self) -> None:
        mounted = [volume.split(":")[0] for volume in SERVICES["nginx"]["volumes"] if volume.startswith("./deploy")]
        assert len(mounted) == 2
        assert all((ROOT / path).is_file() for path in mounted)
        # The image sources *.envsh only where it may be executed.
        assert os.access(ROOT / "deploy/nginx/settings.envsh", os.X_OK)

    def test_only_nginx_is_reached_from_outside(self) -> None:
        assert {name for name, service in SERVICES.items() if "ports" in service} == {"app", "nginx"}
        assert interpolated(**SECRETS)["networks"]["back"]["internal"] is True
        assert SERVICES["node"]["deploy"]["replicas"] == 2


def test_nginx_in_the_container_gets_the_same_configuration(tmp_path: Path) -> None:
    """The image sources settings.envsh and renders with envsubst; the script does without."""
    if shutil.which("envsubst") is None:
        missing("envsubst (Debian's package gettext-base)")
    given = {name: str(value) for name, value in SERVICES["nginx"]["environment"].items()}
    environment = {"PATH": os.environ["PATH"], **given}
    template = ROOT / "deploy/nginx/microdock.conf.template"
    # As 20-envsubst-on-templates.sh of the image does it.
    shell = (
        '. "$0"; defined=$(printf \'${%s} \' $(env | cut -d= -f1 | grep "$NGINX_ENVSUBST_FILTER"));'
        ' envsubst "$defined" < "$1"'
    )
    command = ["sh", "-c", shell, ROOT / "deploy/nginx/settings.envsh", template]
    in_container = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=True).stdout
    script = ROOT / "deploy/nginx/render"
    ours = subprocess.run([script], env=environment, cwd="/", capture_output=True, text=True, check=True).stdout
    assert in_container == ours
    assert "server node:8000 " in ours


def test_the_health_check_is_a_command_that_python_understands() -> None:
    command = json.loads(arguments("HEALTHCHECK")[0].partition("CMD ")[2])
    compile(command[2], "HEALTHCHECK", "exec")


class Answering(BaseHTTPRequestHandler):
    """A server that is ready (or not), and knows itself by `localhost` alone."""

    status = 200

    def do_GET(self) -> None:
        found = self.status if (self.path, self.headers["Host"]) == ("/readyz", "localhost") else 400
        self.send_response(found)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost", "::1", "[::1]", "::"])
def test_the_health_check_asks_where_the_server_listens(host: str, status: int) -> None:
    is_six = ":" in host

    class Listening(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if is_six else socket.AF_INET

    handler = type("Handler", (Answering,), {"status": status})
    with Listening(("::1" if is_six else "127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        port = server.server_address[1]
        command = json.loads(arguments("HEALTHCHECK")[0].partition("CMD ")[2])
        environment = {"HOST": host, "PORT": str(port)}
        done = subprocess.run([sys.executable, *command[1:]], env=environment, check=False, timeout=30)
        is_ready = Service(Path(), host.strip("[]"), port).is_ready()
        server.shutdown()
    assert (done.returncode, is_ready) == (int(status != 200), status == 200)
