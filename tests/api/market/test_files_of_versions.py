"""The files of a version's package: where they are packed, what they are, and an update that fetches only changes."""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from microdock_server.api.core import packages
from microdock_server.api.market import files as endpoint
from microdock_server.bundle import Limits
from microdock_server.bundle.inventory import take_inventory
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import VersionInventory
from microdock_server.services.plugins import inventories

from ...market import PLUGINS, V1, People, add_version, created, data, decide, slug
from ...support import Api, manifest, multipart

DOCUMENT = Path(__file__).parents[3] / "docs" / "api.md"
NAME = "com.example.myplugin"
PATH = f"{PLUGINS}/{NAME}/versions/1.0.0/files"


def packed(content: dict[str, bytes], version: str = "1.0.0", day: int = 1) -> bytes:
    """A package whose entries were all written on one day."""
    buffer = io.BytesIO()
    whole = {"plugin.json": json.dumps(manifest(version=version)).encode(), "MyPlugin.dll": b"MZ not one", **content}
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, value in whole.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, day, 12, 0, 0)), value, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def sent(api: Api, package: bytes) -> int:
    """Upload a package of any size; the body is written out, as the test client leaves the file of a large one open."""
    head = 'Content-Disposition: form-data; name="file"; filename="p.zip"\r\nContent-Type: application/zip'
    key = 'Content-Disposition: form-data; name="plugin_key"'
    return api.post("/api/plugins/upload", **multipart((head, package), (key, b"upload-key"))).status_code


CONTENT = {
    "lib/A.dll": b"a" * 5000,
    "empty/": b"",
    "empty.txt": b"",
    ".hidden/图标.png": random.Random(1).randbytes(9000),
}


@pytest.fixture
def package(api: Api) -> bytes:
    """A published package."""
    data_ = packed(CONTENT)
    assert sent(api, data_) == 200
    return data_


def test_the_rows_are_those_of_the_archive(api: Api, package: bytes) -> None:
    found = data(api.get(PATH))
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        told = [
            (info.filename, info.compress_size, info.file_size, info.compress_type, info.CRC)
            for info in archive.infolist()
        ]
        contents = [archive.read(info) for info in archive.infolist()]
    rows = found["files"]
    assert [(row["path"], row["compressed_size"], row["size"], row["method"], row["crc32"]) for row in rows] == told
    for row, content in zip(rows, contents, strict=True):
        assert set(row) == {"path", "offset", "compressed_size", "size", "method", "crc32", "sha256"}
        part = package[row["offset"] : row["offset"] + row["compressed_size"]]
        assert (zlib.decompress(part, -zlib.MAX_WBITS) if row["method"] == 8 else part) == content
        assert row["sha256"] == hashlib.sha256(content).hexdigest()
    ends = [0, *(row["offset"] + row["compressed_size"] for row in rows)]
    assert [b64decode(header) for header in found["headers"]] == [
        package[end : row["offset"]] for end, row in zip(ends, rows, strict=False)
    ]
    assert {name: found[name] for name in found if name not in ("files", "headers")} == {
        "version": "1.0.0",
        "size": len(package),
        "file_hash": hashlib.sha256(package).hexdigest(),
        "download_url": f"{PLUGINS}/{NAME}/versions/1.0.0/download",
    }
    assert api.get(found["download_url"]).data == package


def test_everybody_may_cache_it_for_good(api: Api, package: bytes) -> None:
    answer = api.get(PATH)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    etag = answer.headers["ETag"]
    assert etag == f'"{hashlib.sha256(package).hexdigest()}"'
    known = api.get(PATH, headers={"If-None-Match": etag})
    assert (known.status_code, known.data) == (304, b"")
    assert (known.headers["ETag"], known.headers["Cache-Control"]) == (etag, answer.headers["Cache-Control"])
    assert api.get(PATH, headers={"If-None-Match": '"another"'}).status_code == 200
    assert slug(api.get(PATH, headers={"If-Match": '"another"'}), 412) == "precondition_failed"
    head = api._call("HEAD", PATH)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", etag)


def test_by_id_by_name_and_with_build_metadata_it_is_the_same(api: Api, package: bytes) -> None:
    plugin_id = data(api.get(f"{PLUGINS}/{NAME}"))["id"]
    rows = data(api.get(PATH))["files"]
    for reference, version in ((plugin_id, "1.0.0"), (NAME.upper(), "1.0.0"), (NAME, "1.0.0%2Bbuild.1")):
        assert data(api.get(f"{PLUGINS}/{reference}/versions/{version}/files"))["files"] == rows
    assert data(api.get(f"/v1/marketplace/plugins/{NAME}/versions/1.0.0/files"))["files"] == rows


def test_it_is_no_download(api: Api, package: bytes) -> None:
    data(api.get(PATH))
    assert data(api.get(f"{PLUGINS}/{NAME}/versions/1.0.0"))["downloads"] == 0


@pytest.mark.parametrize("version", ["2.0.0", "latest", "1.0"])
def test_a_version_that_does_not_exist(api: Api, package: bytes, version: str) -> None:
    assert slug(api.get(f"{PLUGINS}/{NAME}/versions/{version}/files"), 404) == "version_not_found"
    assert slug(api.get(f"{PLUGINS}/com.example.none/versions/1.0.0/files"), 404) == "plugin_not_found"


def test_what_cannot_be_downloaded_is_refused_as_the_download_is(root: Api, api: Api, package: bytes) -> None:
    data(api.get(PATH))
    for act, status in (("disable", 403), ("enable", 200)):
        assert root.post(f"/api/plugins/{act}", {"name": NAME}).status_code == 200
        answers = [api.get(PATH), api.get(f"{PLUGINS}/{NAME}/versions/1.0.0/download")]
        assert [answer.status_code for answer in answers] == [status, status]
    root.post("/api/plugins/disable", {"name": NAME})
    etag = f'"{hashlib.sha256(package).hexdigest()}"'
    assert slug(api.get(PATH, headers={"If-None-Match": etag}), 403) == "plugin_disabled"


@pytest.mark.parametrize(("severity", "status"), [("warn", 200), ("disable", 403), ("remove", 403)])
def test_a_block_refuses_it_as_it_refuses_the_download(
    root: Api, api: Api, package: bytes, severity: str, status: int
) -> None:
    etag = api.get(PATH).headers["ETag"]
    block = {"plugin": NAME, "versions": "*", "severity": severity, "reason": {"zh": "有漏洞", "en": "A hole"}}
    data(root.post(f"{V1}/admin/blocks", block), 201)
    download = api.get(f"{PLUGINS}/{NAME}/versions/1.0.0/download")
    assert (api.get(PATH).status_code, download.status_code) == (status, status)
    if status == 403:
        assert slug(api.get(PATH, headers={"If-None-Match": etag}), 403) == slug(download, 403) == "version_blocked"


def test_a_yanked_version_still_answers(root: Api, api: Api, package: bytes) -> None:
    data(root.post(f"{PLUGINS}/{NAME}/versions/1.0.0/yank", {"reason": "损坏"}))
    answer = api.get(PATH)
    assert len(data(answer)["files"]) == len(CONTENT) + 2
    assert "immutable" in answer.headers["Cache-Control"]


def test_what_waits_is_listed_for_those_who_see_it_and_kept_by_nobody_else(who: People) -> None:
    plugin = created(who.developer)
    path = f"{PLUGINS}/{plugin['id']}/versions/1.0.0/files"
    for caller in (who.developer, who.reviewer, who.admin):
        answer = caller.get(path)
        assert [row["path"] for row in data(answer)["files"]] == ["plugin.json", "MyPlugin.dll"]
        assert answer.headers["Cache-Control"] == "private, no-cache"
    for caller in (who.nobody, who.user, who.other):
        assert caller.get(path).status_code == 404
    decide(who.reviewer, plugin["id"])
    assert "immutable" in who.nobody.get(path).headers["Cache-Control"]
    data(add_version(who.developer, plugin["id"], "1.1.0"), 201)
    assert who.nobody.get(path.replace("1.0.0", "1.1.0")).status_code == 404


# Made once


def no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no package may be unpacked for its list."""

    def refuse(*_: Any) -> None:
        raise AssertionError("the package is unpacked again")

    monkeypatch.setattr(inventories, "take_inventory", refuse)
    endpoint._rendered._values.clear()


def test_it_is_made_once_and_stored(app: Flask, api: Api, package: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = data(api.get(PATH))["files"]
    no_more(monkeypatch)
    assert data(api.get(PATH))["files"] == rows
    with app.app_context(), unit_of_work(writing=False):
        stored = db.session.scalars(select(VersionInventory)).one()
        assert [row[:-1] for row in stored.entries or ()] == [list(row.values()) for row in rows]
        # What versions of the program before read, and no more.
        assert set(stored.content) == {
            "files", "manifest", "permissions", "documents", "unpacked_size", "assembly", "readme"
        }  # fmt: skip


def test_many_who_ask_at_once_have_it_made_once(api: Api, package: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Limits] = []

    def counted(body: Any, limits: Limits) -> Any:
        made.append(limits)
        return take_inventory(body, limits)

    monkeypatch.setattr(inventories, "take_inventory", counted)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: data(api.get(PATH))["files"], range(16)))
    assert len(made) == 1
    assert all(rows == answers[0] for rows in answers)


def test_what_an_earlier_program_stored_is_made_anew(app: Flask, api: Api, package: bytes) -> None:
    with app.app_context(), unit_of_work():
        content = take_inventory(io.BytesIO(package)).as_json()
        del content["manifest"]["permissions"]
        # A row without the column, as a program writes it that does not know it.
        table = VersionInventory.__table__
        row = {"plugin_name": NAME, "version": "1.0.0", "content": content}
        db.session.execute(table.insert().values(row))
    with app.app_context(), unit_of_work(writing=False):
        assert inventories.known_entries(NAME, "1.0.0") is None
    assert len(data(api.get(PATH))["files"]) == len(CONTENT) + 2
    with app.app_context(), unit_of_work(writing=False):
        stored = db.session.scalars(select(VersionInventory)).one()
        assert len(stored.entries or ()) == len(CONTENT) + 2
        assert "permissions" in stored.content["manifest"]


def test_the_review_makes_it_too(who: People, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = created(who.developer)
    [row] = data(who.reviewer.get(f"{V1}/admin/reviews/queue"))["reviews"]
    assert data(who.reviewer.get(f"{V1}/admin/reviews/{row['id']}"))["diff"]["against"] is None
    no_more(monkeypatch)
    assert len(data(who.developer.get(f"{PLUGINS}/{plugin['id']}/versions/1.0.0/files"))["files"]) == 2


def test_another_package_of_the_same_number_has_its_own_list(root: Api, api: Api, package: bytes) -> None:
    """A plugin without an owner frees its numbers when it is deleted."""
    assert len(data(api.get(PATH))["files"]) == len(CONTENT) + 2
    assert root.post("/api/plugins/delete", {"name": NAME}).status_code == 200
    assert api.get(PATH).status_code == 404
    other = packed({"other.txt": b"other"})
    assert sent(api, other) == 200
    found = data(api.get(PATH))
    assert [row["path"] for row in found["files"]] == ["plugin.json", "MyPlugin.dll", "other.txt"]
    assert found["file_hash"] == hashlib.sha256(other).hexdigest()


def test_thousands_of_entries_are_kept_in_the_database_alone(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {f"lib/{number}.txt": b"%d" % number for number in range(9_998)}
    assert sent(api, packed(content)) == 200
    found = data(api.get(PATH))["files"]
    assert len(found) == 10_000
    assert endpoint._rendered._values.currsize == 0
    no_more(monkeypatch)
    assert data(api.get(PATH))["files"] == found


def test_a_package_beyond_todays_limits_has_an_empty_list_that_nobody_keeps(
    api: Api, package: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as stricter:
        stricter.setattr(packages, "limits", lambda: Limits(max_entries=2))
        answer = api.get(PATH)
        assert (data(answer)["files"], data(answer)["headers"]) == ([], [])
        assert answer.headers["Cache-Control"] == "private, no-cache"
    assert len(data(api.get(PATH))["files"]) == len(CONTENT) + 2


# An update that fetches only what changed


class Wire:
    """What a client sends, counted."""

    def __init__(self, api: Api) -> None:
        self.api, self.ranges, self.bytes, self.whole, self.lists = api, 0, 0, 0, 0

    def ask(self, url: str, headers: dict[str, str] | None = None) -> bytes:
        answer = self.api.get(urlsplit(url).path, headers=headers or {})
        assert answer.status_code == (206 if headers else 200)
        if "/download" in url:
            self.ranges += bool(headers)
            self.whole += not headers
            self.bytes += len(answer.data)
        else:
            self.lists += len(answer.data)
        return answer.data


def documented_client(wire: Wire) -> Callable[..., bytes]:
    """The example of the documents, asking through `wire`."""
    section = DOCUMENT.read_text(encoding="utf-8").partition("### Small updates")[2]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(compile(code[1], "docs/api.md", "exec"), names)
    names["ask"] = wire.ask
    found: Callable[..., bytes] = names["updated"]
    return found


def dll(seed: int, size: int = 64 * 1024) -> bytes:
    """Bytes of which a compressor saves about half, as it does of assemblies."""
    chance = random.Random(seed)
    return b"MZ" + b"".join(bytes((chance.randrange(256), 0)) for _ in range(size // 2 - 1))


@pytest.fixture(scope="module")
def dlls() -> dict[str, bytes]:
    return {f"lib/Part{number:02}.dll": dll(number) for number in range(40)}


def test_three_of_forty_libraries_are_updated_by_ranges(api: Api, dlls: dict[str, bytes]) -> None:
    changed = {
        name: dll(1000 + number) for number, name in enumerate(("lib/Part03.dll", "lib/Part17.dll", "lib/Part39.dll"))
    }
    old, new = packed(dlls), packed(dlls | changed, "1.1.0", day=9)
    assert sent(api, old) == 200
    assert sent(api, new) == 200
    wire = Wire(api)
    assert documented_client(wire)("https://plugins.example.com", NAME, "1.0.0", old, "1.1.0") == new
    assert wire.whole == 0
    # plugin.json, two libraries, and the third one with the central directory behind it.
    assert wire.ranges == 4
    assert wire.bytes < len(new) * (3 / 40 + 0.01)
    assert wire.lists < len(new) * 0.02
    print(f"{len(new)} bytes, {wire.bytes} fetched in {wire.ranges} requests, {wire.lists} of lists")


def test_a_header_that_is_not_told_is_fetched(api: Api, dlls: dict[str, bytes]) -> None:
    few = dict(list(dlls.items())[:4])

    def wide(content: dict[str, bytes], version: str) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("plugin.json", json.dumps(manifest(version=version)))
            archive.writestr("MyPlugin.dll", b"MZ")
            for name, value in content.items():
                info = zipfile.ZipInfo(name)
                info.extra = b"\xfe\xca" + (300).to_bytes(2, "little") + bytes(300)
                archive.writestr(info, value, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()

    old, new = wide(few, "1.0.0"), wide(few, "1.1.0")
    assert (sent(api, old), sent(api, new)) == (200, 200)
    wire = Wire(api)
    assert documented_client(wire)("https://plugins.example.com", NAME, "1.0.0", old, "1.1.0") == new
    assert (wire.whole, wire.ranges, wire.bytes < len(new) / 10) == (0, 6, True)


def test_many_small_files_take_few_requests(api: Api) -> None:
    content = {f"res/{number}.png": random.Random(number).randbytes(300) for number in range(400)}
    old, new = packed(content), packed(content | {"res/7.png": b"new"}, "1.1.0", day=9)
    assert (sent(api, old), sent(api, new)) == (200, 200)
    wire = Wire(api)
    assert documented_client(wire)("https://plugins.example.com", NAME, "1.0.0", old, "1.1.0") == new
    assert (wire.whole, wire.ranges) == (0, 3)


def test_what_was_added_removed_and_moved_is_updated_too(api: Api, dlls: dict[str, bytes]) -> None:
    few = dict(list(dlls.items())[:6])
    names = list(few)
    moved = {name: few[name] for name in (names[4], names[1], names[0])} | {"lib/New.dll": dll(77), "n.txt": b"new"}
    old, new = packed(few), packed(moved, "1.1.0", day=9)
    assert (sent(api, old), sent(api, new)) == (200, 200)
    wire = Wire(api)
    assert documented_client(wire)("https://plugins.example.com", NAME, "1.0.0", old, "1.1.0") == new
    assert (wire.whole, wire.bytes < len(new) / 2) == (0, True)


def test_other_bytes_of_the_same_length_are_noticed(api: Api, dlls: dict[str, bytes]) -> None:
    """The old package that the client has is not the one that was published: the whole is fetched in the end."""
    few = dict(list(dlls.items())[:3])
    old, new = packed(few), packed(few | {"n.txt": b"new"}, "1.1.0", day=9)
    assert (sent(api, old), sent(api, new)) == (200, 200)
    wire = Wire(api)
    damaged = bytearray(old)
    damaged[len(old) // 2] ^= 1
    assert documented_client(wire)("https://plugins.example.com", NAME, "1.0.0", bytes(damaged), "1.1.0") == new
    assert wire.whole == 1


@pytest.mark.parametrize("tool", ["stored", "piped"])
def test_however_the_packages_were_written(api: Api, dlls: dict[str, bytes], tool: str) -> None:
    """Descriptors behind the data belong to what lies between."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return tool != "piped"

    def written(content: dict[str, bytes], version: str) -> bytes:
        buffer = Pipe()
        method = zipfile.ZIP_STORED if tool == "stored" else zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(buffer, "w", method) as archive:
            archive.writestr("plugin.json", json.dumps(manifest(version=version)))
            for name, value in {"MyPlugin.dll": b"MZ", **content}.items():
                archive.writestr(name, value)
        return buffer.getvalue()

    few = dict(list(dlls.items())[:5])
    old, new = written(few, "1.0.0"), written(few | {"lib/Part02.dll": dll(500)}, "1.1.0")
    assert (sent(api, old), sent(api, new)) == (200, 200)
    wire = Wire(api)
    assert documented_client(wire)("https://plugins.example.com", NAME, "1.0.0", old, "1.1.0") == new
    assert (wire.whole, wire.bytes < len(new) / 4) == (0, True)
