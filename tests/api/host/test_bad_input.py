"""Bad input: unreadable bodies are 400, wrong fields 422 (400 on installs)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from ...support import Api, add_user, signed_in, unchanged

# Surface → a path that takes JSON, and a body that it accepts as far as its fields go.
TARGETS: dict[str, tuple[str, dict[str, Any]]] = {
    "host": ("/api/plugins/version/detail", {"name": "com.example.x", "version": "1.0.0"}),
    "backups": ("/api/backups/download", {"user_key": "u", "id": 1}),
    "login": ("/api/auth/login", {"username": "u", "password": "p"}),
    "market": ("/api/v1/auth/register", {"username": "uu", "email": "a@b.cd", "password": "p" * 8}),
    "installs": (
        "/api/v1/plugins/install",
        {"pluginId": "x", "pluginName": "n", "pluginVersion": "1.0.0", "grantedPermissions": []},
    ),
}
FIELDS = [(surface, field) for surface, (_, body) in TARGETS.items() for field in body]
WRONG: list[Any] = [
    None,
    True,
    1.5,
    {},
    {"a": 1},
    [[]],
    -1,
    2**63,
    2**64,
    10**30,
    "",
    "nul\0",
    "a\x1bb",
    "x" * 300,
]


@pytest.fixture(scope="module")
def app(make_shared_app: Callable[[], Flask]) -> Iterator[Flask]:
    """All of them share it: who is refused changes nothing."""
    app = make_shared_app()
    add_user(app, "somebody")
    with unchanged(app):
        yield app


@pytest.fixture
def caller(app: Flask) -> Api:
    return signed_in(app, "somebody")


def send(caller: Api, surface: str, raw: bytes, content_type: str = "application/json") -> Any:
    path, _ = TARGETS[surface]
    return caller.post(path, data=raw, headers={"Content-Type": content_type})


@pytest.mark.parametrize("surface", TARGETS)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"rubbish",
        b"\xff\xfe{}",
        b'{"name": NaN}',
        b'{"name": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"name": "a", }',
    ],
    ids=["empty", "cut", "words", "bytes", "nan", "surrogate", "deep list", "deep object", "comma"],
)
def test_a_body_that_cannot_be_parsed_is_400(caller: Api, surface: str, raw: bytes) -> None:
    answer = send(caller, surface, raw)
    assert (answer.status_code, answer.get_json()["message"]) == (400, "请求体无法解析")


@pytest.mark.parametrize("surface", TARGETS)
@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_another_content_type_is_400(caller: Api, surface: str, kind: str) -> None:
    _, body = TARGETS[surface]
    answer = send(caller, surface, json.dumps(body).encode(), kind)
    assert answer.status_code == 400
    assert "application/json" in answer.get_json()["message"]


@pytest.mark.parametrize("surface", TARGETS)
@pytest.mark.parametrize("raw", [b"[]", b"null", b'"text"', b"1"])
def test_json_that_is_no_object_is_a_wrong_field(caller: Api, surface: str, raw: bytes) -> None:
    assert send(caller, surface, raw).status_code == (400 if surface == "installs" else 422)


@pytest.mark.parametrize("surface", TARGETS)
def test_more_than_a_megabyte_of_json_is_413(caller: Api, surface: str) -> None:
    answer = send(caller, surface, b'{"a": "' + b"x" * (1 << 20) + b'"}')
    assert answer.status_code == 413
    assert answer.get_json()["message"] == "请求体超过 1MB 限制"


@pytest.mark.parametrize(("surface", "field"), FIELDS)
@pytest.mark.parametrize("value", WRONG, ids=[repr(value)[:20] for value in WRONG])
def test_a_wrong_value_is_refused_by_name(caller: Api, surface: str, field: str, value: Any) -> None:
    path, body = TARGETS[surface]
    answer = caller.post(path, data=json.dumps({**body, field: value}), headers={"Content-Type": "application/json"})
    if field == "password" and value in ("x" * 300, "nul\0") and answer.status_code == 401:
        return
    assert answer.status_code == (400 if surface == "installs" else 422), answer.get_json()
    found = answer.get_json()
    details = found["details"] if "details" in found else found["error"]["details"]
    assert {detail["field"].partition(".")[0] for detail in details} == {field}


@pytest.mark.parametrize(("surface", "field"), [pair for pair in FIELDS if pair[1] != "grantedPermissions"])
def test_a_missing_field_is_refused_by_name(caller: Api, surface: str, field: str) -> None:
    path, body = TARGETS[surface]
    answer = caller.post(path, {key: value for key, value in body.items() if key != field})
    found = answer.get_json()
    details = found["details"] if "details" in found else found["error"]["details"]
    assert answer.status_code == (400 if surface == "installs" else 422)
    assert [(detail["field"], detail["message"]) for detail in details] == [(field, "此字段必填")]


@pytest.mark.parametrize("surface", TARGETS)
def test_unknown_fields_are_refused_on_the_marketplace_alone(make_app: Callable[[], Flask], surface: str) -> None:
    # Not the shared one: installs take it.
    caller = add_user(make_app(), "somebody")
    path, body = TARGETS[surface]
    answer = caller.post(path, {**body, "extra": 1})
    assert answer.status_code == {"market": 422, "installs": 200, "login": 401}.get(surface, 404)


@pytest.mark.parametrize(
    "value",
    ["1.0", "1.0.0.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0\n", "１.0.0", "1.0.0-" + "a" * 60],
)
def test_a_version_that_is_not_semver_is_422(api: Api, value: str) -> None:
    answer = api.post("/api/plugins/version/detail", {"name": "com.example.x", "version": value})
    assert [detail["field"] for detail in answer.get_json()["details"]] == ["version"]


@pytest.mark.parametrize(
    "value",
    [
        "plugin",
        "com.",
        ".com.x",
        "com..x",
        "1com.x",
        "com.1x",
        "com.x y",
        "com.é",
        "com.x\n",
        "a." + "b" * 99,
    ],
)
def test_a_name_that_is_not_reverse_domain_is_422(api: Api, value: str) -> None:
    answer = api.post("/api/plugins/detail", {"name": value})
    assert [detail["field"] for detail in answer.get_json()["details"]] == ["name"]
