"""The cached plugin list: up to date in every variant."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from ...support import Api, package

PATH = "/api/plugins/list"
NAME = "com.example.myplugin"


def names(api: Api, query: str = "") -> list[str]:
    return [plugin["name"] for plugin in api.get(PATH + query).get_json()["data"]]


@pytest.fixture
def stocked(api: Api) -> Api:
    """Three plugins."""
    for number, name in enumerate(("com.b.beta", "com.A.alpha", "com.c.gamma")):
        texts = {"displayName": f"插件{number}", "description": "100% _pure_" if number else "plain"}
        assert api.upload(package(name=name, **texts)).status_code == 200
    return api


def test_it_is_ordered_by_name_ignoring_case(stocked: Api) -> None:
    assert names(stocked) == ["com.A.alpha", "com.b.beta", "com.c.gamma"]


def test_an_empty_list_is_an_array(api: Api) -> None:
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        answer = api.get(PATH, headers=headers)
        data = gzip.decompress(answer.data) if headers else answer.data
        assert json.loads(data)["data"] == []


@pytest.mark.parametrize("encoding", ["gzip", "br, gzip;q=0.5", "*", "deflate, gzip"])
def test_the_gzip_variant_holds_the_same_list(stocked: Api, encoding: str) -> None:
    plain = stocked.get(PATH)
    packed = stocked.get(PATH, headers={"Accept-Encoding": encoding})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Length"] == str(len(packed.data))
    assert json.loads(gzip.decompress(packed.data)) == plain.get_json()
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert {"Accept-Encoding", "Accept-Language"} <= set(plain.headers["Vary"].split(", "))


@pytest.mark.parametrize("encoding", ["", "identity", "gzip;q=0", "br"])
def test_a_client_without_gzip_gets_plain_json(stocked: Api, encoding: str) -> None:
    answer = stocked.get(PATH, headers={"Accept-Encoding": encoding})
    assert "Content-Encoding" not in answer.headers
    assert len(answer.get_json()["data"]) == 3


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"other", {tag}', '"a",W/{tag} , "b"', "*"])
def test_a_client_that_has_it_gets_304(stocked: Api, gzipped: bool, form: str) -> None:
    headers = {"Accept-Encoding": "gzip"} if gzipped else {}
    tag = stocked.get(PATH, headers=headers).headers["ETag"]
    answer = stocked.get(PATH, headers={**headers, "If-None-Match": form.format(tag=tag)})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == tag
    assert "Content-Length" not in answer.headers
    assert "Vary" in answer.headers


@pytest.mark.parametrize("tag", ['"other"', "", "rubbish", 'W/"x"'])
def test_a_client_that_has_another_one_gets_the_list(stocked: Api, tag: str) -> None:
    assert stocked.get(PATH, headers={"If-None-Match": tag}).status_code == 200


def test_its_message_is_in_the_language_asked_for(stocked: Api) -> None:
    english = stocked.get(PATH, headers={"Accept-Language": "en-GB, zh;q=0.5"})
    chinese = stocked.get(PATH)
    assert (english.get_json()["message"], chinese.get_json()["message"]) == (
        "Plugins listed",
        "插件列表获取成功",
    )
    assert english.get_json()["data"] == chinese.get_json()["data"]
    assert english.headers["ETag"] != chinese.headers["ETag"]


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://localhost:3000"}, {"Authorization": "Bearer x"}])
def test_the_edge_and_the_application_answer_the_same(stocked: Api, headers: dict[str, str]) -> None:
    answer = stocked.get(PATH, headers=headers)
    assert answer.data == stocked.get(PATH).data
    assert answer.headers["ETag"] == stocked.get(PATH).headers["ETag"]
    assert answer.headers["Content-Type"] == "application/json"


def test_every_write_shows_at_once(stocked: Api, root: Api) -> None:
    def state() -> tuple[Any, ...]:
        found = {plugin["name"]: plugin for plugin in stocked.get(PATH).get_json()["data"]}
        plugin = found.get("com.b.beta")
        keys = ("current_version", "is_enabled", "is_deprecated")
        return (len(found), *(plugin[key] for key in keys)) if plugin else (len(found),)

    ref = {"name": "com.b.beta"}
    assert state() == (3, "1.0.0", True, False)
    root.post("/api/plugins/disable", ref)
    assert state() == (3, "1.0.0", False, False)
    root.post("/api/plugins/enable", ref)
    assert state() == (3, "1.0.0", True, False)
    stocked.upload(package(name="com.b.beta", version="2.0.0"))
    assert state() == (3, "2.0.0", True, False)
    root.post("/api/plugins/deprecate", ref)
    assert state() == (3, "2.0.0", True, True)
    root.post("/api/plugins/delete", ref)
    assert state() == (2,)
    stocked.upload(package(name="com.b.beta", version="0.1.0"), key="another-key")
    assert state() == (3, "0.1.0", True, False)


@pytest.mark.parametrize(
    ("query", "found", "total"),
    [
        ("?page=1&limit=2", ["com.A.alpha", "com.b.beta"], 3),
        ("?page=2&limit=2", ["com.c.gamma"], 3),
        ("?page=9&limit=2", [], 3),
        ("?limit=1", ["com.A.alpha"], 3),
        ("?search=ALPHA", ["com.A.alpha"], 1),
        ("?search=插件2", ["com.c.gamma"], 1),
        ("?search=100%25", ["com.c.gamma", "com.A.alpha"], 2),
        ("?search=_pure_&limit=1", ["com.c.gamma"], 2),
        ("?search=%25%25", [], 0),
    ],
)
def test_a_part_of_it_says_of_how_many(stocked: Api, query: str, found: list[str], total: int) -> None:
    answer = stocked.get(PATH + query)
    assert [plugin["name"] for plugin in answer.get_json()["data"]] == found
    assert answer.headers["X-Total-Count"] == str(total)


def test_a_part_shows_plugins_as_the_whole_does(stocked: Api) -> None:
    assert stocked.get(f"{PATH}?limit=100").get_json() == stocked.get(PATH).get_json()


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "limit=0", "limit=1001", "limit=1e3", "page=" + "9" * 30]
)
def test_a_page_out_of_range_is_422(api: Api, query: str) -> None:
    answer = api.get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.get_json()["details"]] == [query.partition("=")[0]]


def test_an_unknown_parameter_is_ignored(stocked: Api) -> None:
    assert names(stocked, "?_=1700000000") == names(stocked)
