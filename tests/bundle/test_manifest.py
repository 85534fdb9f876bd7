"""plugin.json: every field's rules, and no input that raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microdock_server.bundle import Manifest, parse_manifest
from microdock_server.bundle.problems import Problems
from microdock_server.messages.bundle import BUNDLE

from .packages import MANIFEST, manifest


def faults(data: bytes) -> list[tuple[str, str | None]]:
    parsed, problems = parse_manifest(data)
    assert (parsed is None) == bool(problems)
    for problem in problems:
        for text in BUNDLE[f"bundle.{problem.rule}"]:
            text.format(**problem.values())
    return [(problem.rule, problem.field) for problem in problems]


def changed(**changes: Any) -> list[tuple[str, str | None]]:
    return faults(json.dumps(MANIFEST | changes).encode("utf-8", "surrogatepass"))


def read(**changes: Any) -> Manifest:
    parsed, problems = parse_manifest(json.dumps(MANIFEST | changes).encode())
    assert problems == [] and parsed is not None
    return parsed


def test_a_full_manifest() -> None:
    parsed = read(
        description="多行\n描述", author="作者", license="MIT", homepage="https://example.com/x", changelog="修复\n改进"
    )
    assert parsed == Manifest(
        name="com.example.myplugin",
        version="1.0.0",
        main="MyPlugin.dll",
        entry_class="Python.Runtime.AssemblyManager",
        display_name="我的插件",
        description="多行\n描述",
        author="作者",
        license="MIT",
        homepage="https://example.com/x",
        changelog="修复\n改进",
        dependencies={"com.other.plugin": ">=1.0.0"},
        engines={"MicroDock": ">=0.0.3.0"},
    )


def test_a_minimal_manifest() -> None:
    required = {key: MANIFEST[key] for key in ("name", "version", "main", "entryClass")}
    parsed, problems = parse_manifest(json.dumps(required).encode())
    assert problems == [] and parsed is not None
    assert parsed.display_name == parsed.name
    assert (parsed.description, parsed.dependencies, parsed.engines) == ("", {}, {})


def test_byte_order_mark() -> None:
    assert faults(b"\xef\xbb\xbf" + manifest()) == []


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "manifest-not-json"),
        (b"{", "manifest-not-json"),
        (b"\xef\xbb\xbf", "manifest-not-json"),
        (b"\xef\xbb\xbf\xef\xbb\xbf{}", "manifest-not-json"),
        (b"{'a': 1}", "manifest-not-json"),
        (b"{} {}", "manifest-not-json"),
        (b'{"a": "\n"}', "manifest-not-json"),
        (b"\0", "manifest-not-json"),
        (b"\xff\xfe{\0}\0", "manifest-not-utf8"),
        ('{"a": "插件"}'.encode("gbk"), "manifest-not-utf8"),
        (b'{"a": "\xed\xa0\x80"}', "manifest-not-utf8"),
        (b"[]", "manifest-not-object"),
        (b"null", "manifest-not-object"),
        (b'"text"', "manifest-not-object"),
        (b"1", "manifest-not-object"),
        (b'{"a": 1, "a": 2}', "manifest-duplicate-key"),
        (b'{"x": {"b": 1, "\\u0062": 2}}', "manifest-duplicate-key"),
        (b'{"a": NaN}', "manifest-number"),
        (b'{"a": Infinity}', "manifest-number"),
        (b'{"a": -Infinity}', "manifest-number"),
        (b'{"a": 1e999}', "manifest-number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "manifest-number"),
        (b'{"a": 1.' + b"9" * 5000 + b"}", "manifest-number"),
        (b'{"a": "\\u0000"}', "manifest-nul"),
        (b'{"a\\u0000": 1}', "manifest-nul"),
        (b'{"a": {"b": ["\\u0000"]}}', "manifest-nul"),
        (b'{"a": "\\ud800"}', "manifest-surrogate"),
        (b'{"\\udfff": 1}', "manifest-surrogate"),
        (b"[" * 100_000, "manifest-too-deep"),
        (b'{"a":' * 100_000, "manifest-too-deep"),
        (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "manifest-too-deep"),
        (b'{"a":' + b"[" * 900 + b"]" * 900 + b"}", "manifest-too-deep"),
        (b'{"a": [' + b"[]," * 100_001 + b"[]]}", "manifest-too-complex"),
    ],
)
def test_documents_that_are_refused(data: bytes, rule: str) -> None:
    assert [found for found, _ in faults(data)] == [rule]


def test_the_message_points_at_the_place() -> None:
    _, (problem,) = parse_manifest(b'{\n  "a": 1,\n  b\n}')
    assert problem.params == {"line": 3, "column": 3}


def test_surrogate_pairs_are_text() -> None:
    assert read(description="\U0001f600").description == "😀"


def test_nested_extras_are_ignored() -> None:
    assert changed(extra={"deep": [[[[1.5e300, None, True]]]]}, icon="x.png") == []


@pytest.mark.parametrize("field", ["name", "version", "main", "entryClass"])
@pytest.mark.parametrize(
    ("value", "rule"),
    [(None, "field-required"), ("", "field-required"), (5, "field-not-text"), ([], "field-not-text"),
     ({}, "field-not-text"), (True, "field-not-text"), ("x" * 2000, "field-too-long")],
)  # fmt: skip
def test_required(field: str, value: object, rule: str) -> None:
    assert changed(**{field: value}) == [(rule, field)]


@pytest.mark.parametrize("field", ["displayName", "description", "author", "license", "homepage", "changelog"])
def test_optional(field: str) -> None:
    assert changed(**{field: None}) == changed(**{field: ""}) == []
    for value in (5, ["a"], {"a": "b"}, False):
        assert changed(**{field: value}) == [("field-not-text", field)]
    assert changed(**{field: "x" * 100_001}) == [("field-too-long", field)]


@pytest.mark.parametrize(
    ("field", "limit"),
    [("displayName", 200), ("description", 10_000), ("author", 200), ("license", 200), ("changelog", 100_000)],
)
def test_lengths(field: str, limit: int) -> None:
    assert changed(**{field: "字" * limit}) == []
    assert changed(**{field: "字" * (limit + 1)}) == [("field-too-long", field)]


@pytest.mark.parametrize("field", ["displayName", "author", "license", "homepage"])
def test_single_lines(field: str) -> None:
    assert ("field-control", field) in changed(**{field: "a\nb"})


@pytest.mark.parametrize("field", ["displayName", "author", "license"])
@pytest.mark.parametrize("text", ["\u200b", "\u3164", "\u2800", "\u0301"])
def test_a_name_holds_something_visible(field: str, text: str) -> None:
    assert changed(**{field: text}) == [("field-invisible", field)]


@pytest.mark.parametrize("field", ["displayName", "author", "license"])
@pytest.mark.parametrize("control", "\u202e\u2066\u200f\u061c")
def test_a_name_is_drawn_in_the_order_it_is_written(field: str, control: str) -> None:
    assert changed(**{field: f"exe{control}gnp"}) == [("field-bidi", field)]


@pytest.mark.parametrize("name", ["می‌خواهم", "👩‍💻 Tools", "天气"])
def test_joiners_within_a_name_are_how_some_languages_are_written(name: str) -> None:
    assert read(displayName=name).display_name == name


def test_blank_display_name_is_the_name() -> None:
    assert read(displayName="  ").display_name == "com.example.myplugin"
    assert read(displayName=None).display_name == "com.example.myplugin"


@pytest.mark.parametrize("value", ["com.example.my-plugin", "Com.Example", "a.b", "a1.b-"])
def test_names(value: str) -> None:
    assert read(name=value).name == value


@pytest.mark.parametrize(
    "value", ["plugin", "com.", ".com", "com..x", "1com.x", "com.1x", "com.x_y", "com.例子", "com.x\n", "com x.y", " "]
)
def test_bad_names(value: str) -> None:
    assert changed(name=value) == [("field-plugin-name", "name")]


@pytest.mark.parametrize(
    "value",
    ["com.example.con", "aux.example.plugin", "com.NUL.plugin", "com1.example.plugin", "com.example.Lpt9", "com.prn.x"],
)
def test_names_of_devices(value: str) -> None:
    assert changed(name=value) == [("field-device-name", "name")]


@pytest.mark.parametrize("value", ["com.example.console", "com.example.com10", "com.lpt.x", "nul-com.example.a"])
def test_names_that_only_look_like_devices(value: str) -> None:
    assert read(name=value).name == value


@pytest.mark.parametrize("value", ["1.0", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0 ", "latest", "1.0.0\n"])
def test_bad_versions(value: str) -> None:
    assert changed(version=value) == [("field-version", "version")]


@pytest.mark.parametrize("value", ["A.dll", "a.DLL", "lib/net8.0/My Plugin.dll", "插件.dll", "a.b.dll"])
def test_main(value: str) -> None:
    assert read(main=value).main == value


def test_a_main_with_backslashes_is_read_as_windows_does_and_told() -> None:
    warnings = Problems()
    found, problems = parse_manifest(manifest(main="lib\\net8.0\\A.dll"), warnings)
    assert found is not None and (found.main, problems) == ("lib/net8.0/A.dll", [])
    [told] = warnings.done()
    assert (told.rule, told.field, told.params["value"]) == ("main-backslash", "main", "lib\\net8.0\\A.dll")


@pytest.mark.parametrize(
    "value",
    ["A.exe", ".dll", "lib/.dll", "lib/x\\A.dll", "..\\A.dll", "\\A.dll", "a\\\\A.dll",
     "/A.dll", "../A.dll", "./A.dll", "a//A.dll", "A.dll/", "A.dll\n",
     "A\u202e.dll", "a/./A.dll", " "],
)  # fmt: skip
def test_bad_main(value: str) -> None:
    assert changed(main=value) == [("field-main", "main")]


@pytest.mark.parametrize(
    "value", ["Plugin", "My.Plugin", "My._p1.Été", "插件.入口", "A.B+C+D", "Ⅷ.x", "A.ｘ", "a.é\u0301"]
)
def test_entry_class(value: str) -> None:
    assert read(entryClass=value).entry_class == value


@pytest.mark.parametrize(
    "value",
    ["My.", ".My", "My..P", "1My.P", "My.1P", "My-P", "My P", "My.P`1", "A+", "+A", "A++B", "A+B.C", "A.B\n", "A,B",
     "A.\u200bB", "A[]", "@class", "A.B, Assembly", "½", " "],
)  # fmt: skip
def test_bad_entry_class(value: str) -> None:
    assert changed(entryClass=value) == [("field-entry-class", "entryClass")]


@pytest.mark.parametrize(
    "value", ["http://example.com", "https://例子.测试/路径?q=1#f", "https://example.com:8443/x", "http://[::1]/"]
)
def test_homepage(value: str) -> None:
    assert read(homepage=value).homepage == value


@pytest.mark.parametrize(
    "value",
    ["example.com", "ftp://example.com", "javascript:alert(1)", "https://", "https:///path", "https://u:p@example.com",
     "https://u@example.com", "https://@example.com", "https://exa mple.com", "https://[::1", "https://x:99999/",
     "https://x:port/", "//example.com", "https:\\\\example.com", "https://example.com/\u202e", "data:text/html,x"],
)  # fmt: skip
def test_bad_homepage(value: str) -> None:
    assert changed(homepage=value) == [("field-homepage", "homepage")]


@pytest.mark.parametrize("field", ["dependencies", "engines"])
@pytest.mark.parametrize("value", [None, "", {}])
def test_no_requirements(field: str, value: object) -> None:
    parsed = read(**{field: value})
    assert (parsed.dependencies if field == "dependencies" else parsed.engines) == {}


@pytest.mark.parametrize("field", ["dependencies", "engines"])
@pytest.mark.parametrize("value", ["1.0.0", " ", [], ["a"], 5, False, 0])
def test_requirements_of_a_wrong_type(field: str, value: object) -> None:
    assert changed(**{field: value}) == [("field-not-object", field)]


def test_dependencies() -> None:
    given_as = {"com.a.b": "", "com.a.c": "^1.0.0 || 2.x", "Com.A.D": "*"}
    assert read(dependencies=given_as).dependencies == given_as


def test_engines() -> None:
    given_as = {"MicroDock": ">=0.0.3.0", ".NET": ">=6.0.0", "宿主": ""}
    assert read(engines=given_as).engines == given_as


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("dependencies", {"com.a.b": "latest"}, [("field-range", "dependencies.com.a.b")]),
        ("dependencies", {"com.a.b": ">=1.0.0.0"}, [("field-range", "dependencies.com.a.b")]),
        ("dependencies", {"com.a.b": None}, [("field-not-text", "dependencies.com.a.b")]),
        ("dependencies", {"com.a.b": {"version": "1"}}, [("field-not-text", "dependencies.com.a.b")]),
        ("dependencies", {"plugin": "*"}, [("dependency-name", "dependencies.plugin")]),
        ("dependencies", {"": "*"}, [("dependency-name", "dependencies.")]),
        ("dependencies", {"com.a.b": "*", "COM.a.b": "*"}, [("field-duplicate", "dependencies.COM.a.b")]),
        ("dependencies", {"com.a.b": " " * 257}, [("field-range", "dependencies.com.a.b")]),
        ("engines", {"MicroDock": "new"}, [("field-range", "engines.MicroDock")]),
        ("engines", {"MicroDock": 2}, [("field-not-text", "engines.MicroDock")]),
        ("engines", {"MicroDock": "*", "microdock": "*"}, [("field-duplicate", "engines.microdock")]),
        ("engines", {"": "*"}, [("engine-name", "engines.")]),
        ("engines", {"a\nb": "*"}, [("engine-name", "engines.a\\u000ab")]),
        ("engines", {"x" * 101: "*"}, [("engine-name", "engines." + "x" * 101)]),
    ],
)
def test_bad_requirements(field: str, value: object, expected: list[tuple[str, str]]) -> None:
    assert changed(**{field: value}) == expected


@pytest.mark.parametrize("field", ["dependencies", "engines"])
def test_number_of_requirements(field: str) -> None:
    assert changed(**{field: {f"com.a.b{number}": "*" for number in range(200)}}) == []
    assert changed(**{field: {f"com.a.b{number}": "*" for number in range(201)}}) == [("field-too-many", field)]


def warned(**changes: Any) -> list[tuple[str, str | None]]:
    """The warnings about a manifest without faults."""
    warnings = Problems()
    parsed, problems = parse_manifest(json.dumps(MANIFEST | changes).encode(), warnings)
    assert problems == [] and parsed is not None
    return [(found.rule, found.field) for found in warnings.done()]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, None),
        ([], []),
        (["http:api", "storage:*", "http:api"], ["http:api", "storage:*"]),
        (["tabs", "https://*/*", "读取 文件", "X" * 100], ["tabs", "https://*/*", "读取 文件", "X" * 100]),
        ([f"p{number}" for number in range(200)], [f"p{number}" for number in range(200)]),
    ],
)
def test_permissions(given: object, kept: list[str] | None) -> None:
    assert read(permissions=given).permissions == kept
    assert warned(permissions=given) == []


def test_permissions_that_are_absent_are_not_declared() -> None:
    assert "permissions" not in MANIFEST
    assert read().permissions is None


@pytest.mark.parametrize(
    "given",
    ["", "http:api", 5, False, True, 1.5, {}, {"http:api": True}, [1], ["http:api", None], [["http:api"]], [{}], [""],
     [" "], ["a\nb"], ["a\u202eb"], ["a\u200bb"], ["x" * 101], ["a"] * 201, [[[[]]]]],
)  # fmt: skip
def test_permissions_that_mean_something_else_are_not_declared(given: object) -> None:
    assert read(permissions=given).permissions is None
    assert warned(permissions=given) == [("permissions-ignored", "permissions")]


@pytest.mark.parametrize(
    ("given", "kept", "places"),
    [
        (None, [], []),
        ([], [], []),
        (["com.a.b", "COM.a.b", "com.a.c"], ["com.a.b", "com.a.c"], []),
        (["com.a.b", "plugin", 5, None, ["com.a.c"], "x" * 99 + ".a"], ["com.a.b"], [1, 2, 3, 4, 5]),
        (["com.example.MYplugin", "com.a.b"], ["com.a.b"], [0]),
    ],
)
def test_replaces(given: object, kept: list[str], places: list[int]) -> None:
    assert read(replaces=given).replaces == kept
    assert warned(replaces=given) == [("replaces-name", f"replaces.{place}") for place in places]


@pytest.mark.parametrize("given", ["", "com.a.b", 5, True, {}, {"com.a.b": "*"}, ["com.a.b"] * 201])
def test_replaces_that_mean_something_else_are_ignored(given: object) -> None:
    assert read(replaces=given).replaces == []
    assert warned(replaces=given) == [("replaces-ignored", "replaces")]


def test_all_faults_at_once() -> None:
    found = changed(name="x", version="1", main="a", entryClass="1", homepage="x", dependencies={"a": "b"}, author=1)
    assert [field for _, field in found] == [
        "name", "version", "main", "entryClass", "author", "homepage", "dependencies.a", "dependencies.a",
    ]  # fmt: skip


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@given(json_values, json_values)
def test_permissions_and_replaces_are_never_a_fault(permissions: Any, replaces: Any) -> None:
    """What is not JSON or not readable is one, wherever it stands."""
    found = changed(permissions=permissions, replaces=replaces)
    assert found == changed(one=permissions, other=replaces)
    if found == []:
        parsed = read(permissions=permissions, replaces=replaces)
        declared = parsed.permissions
        assert declared is None or (isinstance(permissions, list) and set(declared) == set(permissions))
        assert all(name in replaces for name in parsed.replaces)


@settings(max_examples=300, deadline=None)
@given(document=st.dictionaries(st.sampled_from([*MANIFEST, "homepage", "author"]), json_values, max_size=8))
def test_any_document(document: dict[str, object]) -> None:
    faults(json.dumps(MANIFEST | document).encode("utf-8", "surrogatepass"))


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=60) | st.text('{}[]",:\\u0d8anul1eE.-', max_size=60).map(str.encode))
def test_any_bytes(data: bytes) -> None:
    faults(data)


@pytest.mark.parametrize("field", ["description", "changelog"])
def test_prose_keeps_its_direction_to_itself(field: str) -> None:
    assert changed(**{field: "exe\u202egnp"}) == [("field-bidi-prose", field)]
    assert changed(**{field: "never\u2067 ended"}) == [("field-bidi-prose", field)]
    assert getattr(read(**{field: "a \u2067שלום\u2069\nb"}), field) == "a \u2067שלום\u2069\nb"


@pytest.mark.parametrize("field", ["displayName", "author", "license"])
@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085"])
def test_a_name_is_one_line(field: str, separator: str) -> None:
    assert changed(**{field: f"a{separator}b"}) == [("field-control", field)]
