"""Comments and trailing commas in plugin.json: what .NET's reader skips is skipped, and nothing else.

What is accepted and refused here was compared with System.Text.Json (comments skipped, trailing commas allowed).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from microdock_server.bundle import parse_manifest
from microdock_server.bundle.manifest.comments import COMMAS, COMMENTS, MARKS_MAX, without
from microdock_server.bundle.manifest.json_text import BadJson, load
from microdock_server.bundle.problems import Problems

from .packages import MANIFEST, files, inspect, package

COMMENTED = """// The plugin's manifest
{
  "name": "com.example.myplugin", // reverse domain
  "version": "1.0.0",
  /* built
     by hand */
  "main": "MyPlugin.dll",
  "entryClass": "My.Plugin",
  "homepage": "https://example.com/*/x", // not in texts
  "description": "a \\" // b, }",
  "dependencies": {},
}
"""


def test_a_manifest_as_people_write_it() -> None:
    warnings = Problems()
    parsed, problems = parse_manifest(COMMENTED.encode(), warnings)
    assert problems == [] and parsed is not None
    assert (parsed.main, parsed.homepage) == ("MyPlugin.dll", "https://example.com/*/x")
    assert parsed.description == 'a " // b, }'
    assert [(warning.rule, warning.entry) for warning in warnings.done()] == [
        (COMMENTS, "plugin.json"),
        (COMMAS, "plugin.json"),
    ]


@pytest.mark.parametrize(
    ("text", "value", "skipped"),
    [
        ('{"a": 1}', {"a": 1}, []),
        ('{"a": "//x, /* y */ ,}"}', {"a": "//x, /* y */ ,}"}, []),
        ("[1,]", [1], [COMMAS]),
        ('{"a":1,}', {"a": 1}, [COMMAS]),
        ("[[],{},]", [[], {}], [COMMAS]),
        ("[[1,],]", [[1]], [COMMAS]),
        ('{"a":"//x,]"} // c', {"a": "//x,]"}, [COMMENTS]),
        ('{"a":1}//', {"a": 1}, [COMMENTS]),
        ("/* a */ {}", {}, [COMMENTS]),
        ("/**/{}/***/", {}, [COMMENTS]),
        ("/*\u2028*/ {}", {}, [COMMENTS]),
        ('{"a":1,\r// x\r"b":2}', {"a": 1, "b": 2}, [COMMENTS]),
        ("[1, // c\n]", [1], [COMMENTS, COMMAS]),
        ("[1 /* , */]", [1], [COMMENTS]),
        ('{"a":1 // x , \n , }', {"a": 1}, [COMMENTS, COMMAS]),
        ('{"a": /* x */ 1}', {"a": 1}, [COMMENTS]),
        ("\ufeff//x\n{}", {}, [COMMENTS]),
    ],
)
def test_skipped(text: str, value: object, skipped: list[str]) -> None:
    assert load(text.encode()) == (value, skipped)


@pytest.mark.parametrize(
    "text",
    [
        "[,]", "{,}", "[,1]", "[1,,]", "[1, /*x*/ ,]", "[,,]", "[// x\n,]", '{"a":,}', "{} ,", '{"a":1}/*x*/,',
        "/*/ {}", "{} /* x", "/* /* */ */ {}", "//a\u2028b\n{}", "//a\u2029b\n{}", "[1/**/2]", "/", "{}/",
        '{"a":tr/**/ue}', '{"a" /*x*/ : 1}', '{"a"//x\n:1}', "{}//x\r{}", "# x\n{}", "; x\n{}", "<!-- x -->{}",
        '{"a": "b // c\n"}',
    ],
)  # fmt: skip
def test_what_the_host_does_not_read_either(text: str) -> None:
    with pytest.raises(BadJson) as refused:
        load(text.encode())
    assert refused.value.rule == "manifest-not-json"


def test_a_fault_keeps_its_place() -> None:
    with pytest.raises(BadJson) as refused:
        load(b'/* one\ntwo */ {\n  "a": 1, // c\n  b\n}')
    assert refused.value.params == {"line": 4, "column": 3}


def test_the_other_rules_hold_behind_comments() -> None:
    for text, rule in {
        '{"a": 1, /* x */ "a": 2}': "manifest-duplicate-key",
        "[NaN,]": "manifest-number",
        '//x\n{"a": "\\u0000"}': "manifest-nul",
        "[" * 40 + "]" * 40 + "//": "manifest-too-deep",
    }.items():
        with pytest.raises(BadJson) as refused:
            load(text.encode())
        assert refused.value.rule == rule


def test_more_marks_than_anybody_writes_are_not_looked_at() -> None:
    many = '""' * (MARKS_MAX // 2) + "[1,]//"
    assert without(many) == (many, [])
    few = '""' * (MARKS_MAX // 2 - 1) + "[1,]//"
    assert without(few)[1] == [COMMENTS, COMMAS]


def test_a_package_with_a_commented_manifest() -> None:
    document: dict[str, Any] = {**MANIFEST, "permissions": ["http:api"]}
    text = json.dumps(document, ensure_ascii=False).removesuffix("}") + ", } // the end"
    report = inspect(package(files() | {"plugin.json": text.encode()}))
    assert report.ok and report.manifest is not None
    assert [warning.rule for warning in report.warnings] == [COMMENTS, COMMAS]
