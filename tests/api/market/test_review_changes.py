"""The files that a reviewed version changes, and the changed texts line by line."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from microdock_server.bundle import inventory
from microdock_server.bundle.diff import files
from microdock_server.bundle.zip.archive import known_archive
from microdock_server.services.reviews import changes as compared

from ...bundle.packages import plugin_dll, real_dll
from ...market import PLUGINS, V1, People, data, decide, file, review_of, slug
from ...support import manifest

NAME = "com.example.files"


def packed(version: str, files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plugin.json", json.dumps(manifest(name=NAME, version=version), ensure_ascii=False))
        archive.writestr("MyPlugin.dll", b"MZ not really an assembly")
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def waiting(who: People, before: dict[str, bytes] | None, after: dict[str, bytes]) -> str:
    """The address of the open review of a version with these files; the version before has the others."""
    number = "1.0.0"
    if before is not None:
        form = {"plugin_file": file(packed("1.0.0", before), "plugin.zip"), "version": "1.0.0"}
        data(who.developer._call("POST", PLUGINS, data=form), 201)
        decide(who.reviewer, NAME)
        number = "2.0.0"
    form = {"plugin_file": file(packed(number, after), "plugin.zip"), "version": number}
    path = PLUGINS if before is None else f"{PLUGINS}/{NAME}/versions"
    data(who.developer._call("POST", path, data=form), 201)
    return f"{V1}/admin/reviews/{review_of(who.reviewer, NAME, number)['id']}"


def changes(who: People, review: str, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = data(who.reviewer.get(f"{review}/changes", query_string=query))
    return found


def diff(who: People, review: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = data(who.reviewer.get(f"{review}/changes/diff", query_string={"path": path}))
    return found


def read(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The changed lines: what became of them, and their text with what is hidden in brackets."""
    marks = {"same": " ", "removed": "-", "added": "+"}
    return [
        (
            marks[line["kind"]],
            "".join(one["text"] if one["kind"] == "text" else f"[{one['text']}]" for one in line["pieces"]),
        )
        for hunk in found["hunks"]
        for line in hunk["lines"]
    ]


def test_added_removed_and_changed_files_are_listed_with_their_facts(who: People) -> None:
    old = {"kept.txt": b"same\n", "gone.bin": b"\0\1", "lib.dll": plugin_dll(), "notes.md": b"one\n"}
    new = {"kept.txt": b"same\n", "new.txt": "新\r\n".encode(), "lib.dll": real_dll(), "notes.md": b"two\n"}
    found = changes(who, waiting(who, old, new))
    files = {one["path"]: one for one in found["files"]}
    assert found["against"] == "1.0.0"
    assert found["counts"] == {"added": 1, "removed": 1, "changed": 3}
    assert found["pagination"]["total"] == 5
    assert list(files) == ["gone.bin", "lib.dll", "new.txt", "notes.md", "plugin.json"]
    assert (files["gone.bin"]["state"], files["gone.bin"]["after"]) == ("removed", None)
    assert files["gone.bin"]["before"]["kind"] == "binary"
    assert files["new.txt"]["before"] is None
    assert files["new.txt"]["after"]["text"] == {
        **{"encoding": "utf-8", "line_endings": "crlf", "ends_with_newline": True},
        **{"lines": 1, "invalid": 0, "hidden": 0},
    }
    library = files["lib.dll"]
    assert (library["before"]["assembly"]["name"], library["after"]["assembly"]["name"]) == ("Clock", "Python.Runtime")
    assert library["after"]["size"] == len(real_dll())
    assert any(one.startswith("netstandard ") for one in library["references"]["added"])
    assert any(one.startswith("System.Runtime ") for one in library["references"]["removed"])


def test_references_that_are_not_all_read_are_none(who: People, monkeypatch: pytest.MonkeyPatch) -> None:
    review = waiting(who, {"lib.dll": plugin_dll()}, {"lib.dll": real_dll()})
    monkeypatch.setattr(files, "LISTED_MAX", 1)
    library = next(one for one in changes(who, review)["files"] if one["path"] == "lib.dll")
    assert (library["after"]["kind"], library["after"]["assembly"], library["references"]) == ("assembly", None, None)


def test_of_a_first_version_every_file_is_new_and_can_be_read(who: People) -> None:
    review = waiting(who, None, {"run.ps1": b"one\ntwo\n"})
    found = changes(who, review)
    assert (found["against"], {one["state"] for one in found["files"]}) == (None, {"added"})
    assert read(diff(who, review, "run.ps1")) == [("+", "one"), ("+", "two")]


def test_a_changed_text_is_shown_line_by_line(who: People) -> None:
    lines = [f"line {number}\n" for number in range(30)]
    new = [*lines[:15], "another\n", *lines[16:]]
    review = waiting(who, {"a.txt": "".join(lines).encode()}, {"a.txt": "".join(new).encode()})
    found = diff(who, review, "a.txt")
    assert [line for line in read(found) if line[0] != " "] == [("-", "line 15"), ("+", "another")]
    [hunk] = found["hunks"]
    assert (hunk["old_start"], hunk["new_lines"], found["refused"], found["more_lines"]) == (13, 7, None, 0)
    assert [(line["old"], line["new"]) for line in hunk["lines"]][3:5] == [(16, None), (None, 16)]


def test_what_hides_in_a_text_is_spelled_out(who: People) -> None:
    before = {"a.cs": b"if (isAdmin) {\n"}
    after = {"a.cs": "if (isAdmin\u202e\u2066) {\n".encode(), "b.txt": b"\xb0\n"}
    review = waiting(who, before, after)
    assert read(diff(who, review, "a.cs")) == [("-", "if (isAdmin) {"), ("+", "if (isAdmin[U+202E][U+2066]) {")]
    assert read(diff(who, review, "b.txt")) == [("+", "[\\xB0]")]
    files = {one["path"]: one["after"] for one in changes(who, review)["files"]}
    assert files["a.cs"]["text"]["hidden"] == 2
    assert (files["b.txt"]["text"]["invalid"], files["b.txt"]["text"]["encoding"]) == (1, "unknown")


def test_what_is_no_text_or_too_large_says_so(who: People) -> None:
    after = {"a.bin": b"\0", "long.txt": b"a" * (1 << 20) + b"b", "lines.txt": b"\n" * 50_001}
    review = waiting(who, {"a.bin": b"\0\0"}, after)
    assert {name: diff(who, review, name)["refused"] for name in after} == {
        "a.bin": "not_text",
        "long.txt": "too_large",
        "lines.txt": "too_many_lines",
    }


def test_a_long_line_is_cut_and_says_so(who: People) -> None:
    review = waiting(who, None, {"min.js": b"x" * 5000})
    [hunk] = diff(who, review, "min.js")["hunks"]
    assert hunk["lines"][0]["cut"] == 1000


def test_the_list_has_pages(who: People) -> None:
    review = waiting(who, None, {f"{number:03}.txt": b"x" for number in range(60)})
    first, second = (changes(who, review, page=page) for page in (1, 2))
    assert (len(first["files"]), len(second["files"]), first["pagination"]["pages"]) == (50, 12, 2)
    assert len({one["path"] for page in (first, second) for one in page["files"]}) == 62


def test_packages_are_opened_only_for_files_that_are_in_them(who: People, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr(compared, "known_archive", lambda *given: opened.append(given) or known_archive(*given))
    review = waiting(who, {"old.txt": b"a\n"}, {"new.txt": b"b\n"})
    assert changes(who, review, page=9)["files"] == []
    assert len(opened) == 0
    # Nor is a directory, which may have ten thousand entries, read again.
    monkeypatch.setattr(inventory, "open_archive", None)
    assert [one["path"] for one in changes(who, review, limit=1)["files"]] == ["new.txt"]
    assert diff(who, review, "new.txt")["after"]["lines"] == 1
    assert len(opened) == 2
    found = changes(who, review)["files"]
    assert {one["path"]: one["state"] for one in found} == {
        "new.txt": "added",
        "old.txt": "removed",
        "plugin.json": "changed",
    }
    assert len(opened) == 4


def test_a_file_that_does_not_change_has_no_difference(who: People) -> None:
    review = waiting(who, {"a.txt": b"same"}, {"a.txt": b"same"})
    for path in ("a.txt", "nowhere.txt", "../../etc/passwd"):
        answer = who.reviewer.get(f"{review}/changes/diff", query_string={"path": path})
        assert slug(answer, 404) == "changed_file_not_found"
    assert who.reviewer.get(f"{review}/changes/diff").status_code == 422


def test_a_review_that_is_not_there(who: People) -> None:
    for path in ("changes", "changes/diff?path=a.txt"):
        assert slug(who.reviewer.get(f"{V1}/admin/reviews/nowhere/{path}"), 404) == "review_not_found"


def test_those_who_do_not_review_see_nothing(who: People) -> None:
    review = waiting(who, None, {"a.txt": b"x"})
    for caller, status in ((who.developer, 403), (who.user, 403), (who.nobody, 401)):
        for path in ("changes", "changes/diff?path=a.txt"):
            assert caller.get(f"{review}/{path}").status_code == status
