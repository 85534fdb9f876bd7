"""Requests that cost the server as much as a caller can make one cost, by who may send them."""

from __future__ import annotations

import io
import json
import os
import uuid
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from .client import Request, ask_once, call
from .packages import write_package
from .results import NotMeasured
from .servers import Server
from .stage import Stage, login

File = tuple[str, str, bytes]
V1 = "/api/v1"
PASSWORD = "a password of the benchmark's"
OWNED = "com.example.owned"
# As much Markdown as a long description and a changelog may have.
LONG, CHANGELOG = 50_000, 100_000
MEGABYTE = 1 << 20


def candidates(server: Server, stage: Stage) -> dict[str, dict[str, Request]]:
    """By caller, by what is asked. Makes an account, a developer with a plugin, and leaves them there."""
    admin = _bearer(login(server))
    account, developer = _account(server, "account"), _account(server, "developer", admin)
    _own_a_plugin(server, stage.servers.directory, developer)
    return {
        "anonymous": _of_nobody(),
        "an account": _of_accounts(account),
        "a developer": _of_developers(developer),
        "an administrator": _of_administrators(admin),
    }


def inspections(stage: Stage) -> dict[str, Request]:
    """Dry runs, which anybody may ask for."""
    directory = stage.servers.directory
    zeros = directory / "zeros.zip"
    write_package(zeros, "com.example.zeros", 4096)
    _add(zeros, {f"data/{index}.bin": bytes(64 * MEGABYTE) for index in range(3)})
    many = directory / "many.zip"
    write_package(many, "com.example.many", 4096)
    _add(many, {f"data/{index}.txt": b"" for index in range(4_000)})
    return {
        "a dry run of 192 MiB of zeros": _form("/api/plugins/validate", {}, [("file", "p.zip", zeros.read_bytes())]),
        "a dry run of 4,000 entries": _form("/api/plugins/validate", {}, [("file", "p.zip", many.read_bytes())]),
    }


def wrong_login() -> Request:
    """Of an account that is not there, another one each time."""
    body = json.dumps({"username": f"nobody-{uuid.uuid4().hex[:8]}", "password": "this is not it"})
    return Request(f"{V1}/auth/login", "POST", body=body)


def wrong_key(package: bytes) -> Request:
    """An upload of a plugin that is there, with another key each time."""
    return _form("/api/plugins/upload", {"plugin_key": f"wrong-{uuid.uuid4().hex}"}, [("file", "p.zip", package)])


def _of_nobody() -> dict[str, Request]:
    form = {"Content-Type": "application/json"}
    wrong = json.dumps({"username": "admin", "password": "this is not it"})
    many = json.dumps({f"unknown{index}": 1 for index in range(50_000)})
    parts = [("file", f"{index}.zip", b"") for index in range(1_000)]
    return {
        "the list, whole": Request("/api/plugins/list"),
        "/openapi.json": Request("/openapi.json"),
        "/readyz": Request("/readyz"),
        "a search of eight words": Request(f"{V1}/marketplace/plugins?search={quote('a b c d e f g h')}"),
        "the last page": Request(f"{V1}/marketplace/plugins?page=1000000&limit=100"),
        "a wrong login": Request(f"{V1}/auth/login", "POST", form, wrong),
        "50,000 unknown fields": Request(f"{V1}/auth/login", "POST", form, many),
        "JSON 200,000 deep": Request(f"{V1}/auth/login", "POST", form, "[" * 200_000),
        "1,000 files": _form("/api/plugins/validate", {}, parts),
        "a backup of 50 MiB": _form(
            "/api/backups/upload",
            {"user_key": "benchmark-of-costs", "backup_type": "full", "description": uuid.uuid4().hex},
            [("file", "b.zip", b"PK\5\6" + bytes(50 * MEGABYTE))],
        ),
    }


def _of_accounts(token: Mapping[str, str]) -> dict[str, Request]:
    ids = json.dumps({"ids": list(range(1, 1001))})
    install = {"pluginId": OWNED, "pluginName": "x", "pluginVersion": "1.0.0"}
    granted = json.dumps({**install, "grantedPermissions": [f"storage:{index}" for index in range(50_000)]})
    rating = json.dumps({"rating": 5, "title": "x", "content": "word " * 190_000})
    return {
        "1,000 notifications": Request(f"{V1}/notifications/read", "POST", token, ids),
        "50,000 permissions": Request(f"{V1}/plugins/install", "POST", token, granted),
        "a rating of a megabyte": Request(f"{V1}/marketplace/plugins/{OWNED}/reviews", "POST", token, rating),
        "what is installed": Request(f"{V1}/plugins/installed", headers=token),
        "a new password": Request(
            f"{V1}/auth/password", "POST", token, json.dumps({"old_password": "wrong", "new_password": PASSWORD})
        ),
    }


def _of_developers(token: Mapping[str, str]) -> dict[str, Request]:
    path = f"{V1}/marketplace/plugins/{OWNED}"
    texts = {
        f"Markdown: {name}": Request(path, "PUT", token, json.dumps({"long_description": (piece * LONG)[:LONG]}))
        for name, piece in {
            "emphasis": "*a ",
            "links": "[a](b) ",
            "brackets": "![[",
            "a table": "|a|b|c\n",
            "lists": "  - a\n",
            "quotes": "> a\n",
            "lines": "a\n",
            "code": "`a` ",
        }.items()
    }
    pictures = {
        "a photograph of 40 megapixels": [("screenshots", "p.jpg", _photograph(7680, 5200))],
        "a progressive one": [("screenshots", "p.jpg", _photograph(4896, 4896, progressive=True))],
        "three progressive ones": [
            ("screenshots", f"{n}.jpg", _photograph(4704, 4704, progressive=True)) for n in range(3)
        ],
        "eight photographs": [("screenshots", f"{n}.jpg", _photograph(2880, 2880)) for n in range(8)],
        "eight screenshots in full HD": [("screenshots", f"{index}.png", _drawing(1920, 1080)) for index in range(8)],
        "a transparent drawing of 9 megapixels": [("screenshots", "p.png", _drawing(3072, 3072, "RGBA"))],
        "two pictures of noise": [
            ("screenshots", "p.png", _noise("RGB", 1600, 1000)),
            ("icon", "i.png", _noise("RGBA", 1000, 1000)),
        ],
        "three photographs of 8 megapixels": [("screenshots", f"{n}.jpg", _photograph(2880, 2880)) for n in range(3)],
        "four photographs of a phone": [("screenshots", f"{n}.jpg", _photograph(4032, 3024)) for n in range(4)],
        "eight screenshots of blocks": [("screenshots", f"{n}.png", _blocks("RGB", 1920, 1080)) for n in range(8)],
        "eight transparent ones": [("screenshots", f"{n}.png", _blocks("RGBA", 1920, 1080)) for n in range(8)],
        "a transparent one of 9 megapixels": [("screenshots", "p.png", _blocks("RGBA", 3072, 3072))],
        "a 16-bit drawing": [("screenshots", "p.png", _deep(2000, 2000))],
    }
    screenshots = pictures["eight screenshots in full HD"]
    both = {
        "Markdown and eight screenshots": _form(
            path, {"long_description": ("*a " * LONG)[:LONG]}, screenshots, token, "PUT"
        )
    }
    return texts | {name: _form(path, {}, files, token, "PUT") for name, files in pictures.items()} | both


def _of_administrators(token: Mapping[str, str]) -> dict[str, Request]:
    return {
        "the audit's last page": Request(f"{V1}/admin/audit?page=1000000", headers=token),
        "statistics of all time": Request(f"{V1}/admin/system/stats?period=all", headers=token),
        "resources": Request(f"{V1}/admin/system/resources", headers=token),
        "all backups": Request("/api/backups/list-all", headers=token),
    }


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _account(server: Server, name: str, admin: Mapping[str, str] | None = None) -> dict[str, str]:
    """An account that logs in; with an administrator's token, a developer's."""
    body = {"username": f"costs-{name}", "email": f"{name}@example.com", "password": PASSWORD}
    made = call(server.port, f"{V1}/auth/register", body)["data"]
    if admin is not None:
        path = f"{V1}/admin/users/{made['id']}"
        role = Request(path, "PUT", admin, json.dumps({"role": "developer"}))
        _ensure_good(ask_once(server.port, role).status, path)
    token = call(server.port, f"{V1}/auth/login", {"username": body["username"], "password": PASSWORD})
    return _bearer(token["data"]["access_token"])


def _own_a_plugin(server: Server, directory: Path, token: Mapping[str, str]) -> None:
    package = write_package(directory / "owned.zip", OWNED, 4096).read_bytes()
    path = f"{V1}/marketplace/plugins"
    answer = ask_once(server.port, _form(path, {"name": OWNED}, [("plugin_file", "p.zip", package)], token))
    _ensure_good(answer.status, path)


def _ensure_good(status: int, path: str) -> None:
    if status // 100 != 2:
        raise NotMeasured(f"{path} answered {status}")


def _add(path: Path, entries: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def _form(
    path: str,
    fields: Mapping[str, str],
    files: Iterable[File],
    token: Mapping[str, str] | None = None,
    method: str = "POST",
) -> Request:
    boundary = "b" * 20
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts += [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, file, content in files
    ]
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    return Request(path, method, {**(token or {}), "Content-Type": f"multipart/form-data; boundary={boundary}"}, body)


def _noise(mode: str, width: int, height: int) -> bytes:
    return _saved(Image.frombytes(mode, (width, height), os.urandom(width * height * len(mode))), "PNG")


def _blocks(mode: str, width: int, height: int) -> bytes:
    """As dear for encoders as noise, in a file that is small enough."""
    small = Image.frombytes(mode, (width // 4, height // 4), os.urandom((width // 4) * (height // 4) * len(mode)))
    return _saved(small.resize((width, height), Image.Resampling.NEAREST), "PNG")


def _drawing(width: int, height: int, mode: str = "RGB") -> bytes:
    """Many colours that compress well, for a file may have 5 MiB."""
    gradient = Image.linear_gradient("L").resize((width, height))
    bands = [gradient, gradient.rotate(90, expand=False), gradient.rotate(180), gradient]
    return _saved(Image.merge(mode, bands[: len(mode)]), "PNG")


def _photograph(width: int, height: int, *, progressive: bool = False) -> bytes:
    small = Image.frombytes("RGB", (width // 16, height // 16), os.urandom((width // 16) * (height // 16) * 3))
    return _saved(small.resize((width, height)), "JPEG", quality=60, progressive=progressive)


def _deep(width: int, height: int) -> bytes:
    return _saved(Image.linear_gradient("L").resize((width, height)).convert("I;16"), "PNG")


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
