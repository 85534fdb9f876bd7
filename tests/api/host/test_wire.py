"""Forms byte for byte as .NET's HttpClient, curl and browsers write them."""

from __future__ import annotations

import base64

import pytest

from ...support import Api, multipart, package


def encoded(text: str) -> str:
    """A file name as .NET writes it: MIME's encoded word."""
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


# Content-Disposition of the file part → the name it means.
FILE_PARTS = {
    "unquoted": ("name=file; filename=x.zip; filename*=utf-8''x.zip", "x.zip"),
    "quoted": ('name="file"; filename="x.zip"', "x.zip"),
    "encoded word": (f'name=file; filename="{encoded("我的插件.zip")}"', "我的插件.zip"),
    "both": (
        f"name=file; filename=\"{encoded('我的.zip')}\"; filename*=utf-8''%E6%88%91%E7%9A%84.zip",
        "我的.zip",
    ),
    "raw utf-8": ('name="file"; filename="我的插件.zip"', "我的插件.zip"),
    "spaces": ('name="file"; filename="my plugin (1).zip"', "my plugin (1).zip"),
    "with a directory": ('name="file"; filename="C:\\\\work\\\\x.zip"', "x.zip"),
    "windows": ('name="file"; filename="C:\\Users\\li\\x.zip"', "x.zip"),
    "a share": (r'name="file"; filename="\\\\server\\share\\nx.zip"', "nx.zip"),
    "mixed separators": (r'name="file"; filename="C:/Users\li/x.zip"', "x.zip"),
    "windows, unquoted": (r"name=file; filename=C:\Users\li\x.zip", "x.zip"),
    "windows, percent": ("name=file; filename*=UTF-8''C%3A%5CUsers%5Cx.zip", "x.zip"),
    "escaped quotes": (r'name="file"; filename="a\"b\".zip"', 'a"b".zip'),
    "a browser's quotes": ('name="file"; filename="a%22b.zip"', 'a"b.zip'),
    "an escape and a semicolon": (r'filename="a\"; b.zip"; name="file"', 'a"; b.zip'),
    "another charset": ("name=file; filename*=gbk''%ce%d2%b5%c4.zip", "我的.zip"),
    "what cannot be read beside what can": ("name=file; filename=x.zip; filename*=UTF-8''%ff.zip", "x.zip"),
    "in pieces": ("name=file; filename*0*=UTF-8''%e6%88%91; filename*1=\"%d.zip\"", "我%d.zip"),
    "climbing": ('name="file"; filename="../../../etc/x.zip"', "x.zip"),
    "upper case": ('name="file"; filename="X.ZIP"', "X.ZIP"),
}


def part(name: str, value: str) -> tuple[str, bytes]:
    """A text field as .NET's StringContent writes it."""
    head = f"Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name={name}"
    return head, value.encode()


@pytest.mark.parametrize("kind", FILE_PARTS)
def test_a_package_arrives(api: Api, kind: str) -> None:
    disposition, _ = FILE_PARTS[kind]
    head = f"Content-Type: application/zip\r\nContent-Disposition: form-data; {disposition}"
    parts = [(head, package()), part("plugin_key", "upload-key"), part("upload_secret", "s")]
    answer = api.post("/api/plugins/upload", **multipart(*parts, boundary="f0a7-4e63-9a"))
    assert answer.status_code == 200, answer.get_json()


@pytest.mark.parametrize("kind", FILE_PARTS)
def test_a_backup_keeps_the_name_that_was_meant(api: Api, kind: str) -> None:
    disposition, name = FILE_PARTS[kind]
    parts = [
        part("user_key", "user123abc"),
        part("backup_type", "plugin"),
        part("plugin_name", "com.example.myplugin"),
        part("description", "第一行\r\n第二行"),
        (f"Content-Disposition: form-data; {disposition}", b"\r\n--almost a boundary\r\n"),
    ]
    answer = api.post("/api/backups/upload", **multipart(*parts))
    data = answer.get_json()["data"]
    assert answer.status_code == 200
    assert (data["file_name"], data["plugin_name"]) == (name, "com.example.myplugin")
    assert data["description"] == "第一行\r\n第二行"
    stored = api.post("/api/backups/download", {"user_key": "user123abc", "id": data["id"]})
    assert stored.data == b"\r\n--almost a boundary\r\n"


def test_a_program_backup_with_an_empty_plugin_name_is_kept(api: Api) -> None:
    parts = [part("user_key", "user123abc"), part("backup_type", "program"), part("plugin_name", "")]
    head = "Content-Disposition: form-data; name=file; filename=b.zip"
    answer = api.post("/api/backups/upload", **multipart(*parts, (head, b"x")))
    assert answer.get_json()["data"]["plugin_name"] == ""


@pytest.mark.parametrize("first", ["file", "fields"])
def test_the_order_of_the_parts_does_not_matter(api: Api, first: str) -> None:
    parts = [
        ("Content-Disposition: form-data; name=file; filename=x.zip", package()),
        part("plugin_key", "upload-key"),
    ]
    if first == "fields":
        parts.reverse()
    assert api.post("/api/plugins/upload", **multipart(*parts)).status_code == 200


@pytest.mark.parametrize("file_name", ["C:\\Users\\li\\", "dir/", "", r"C:\Users\li.txt"])
def test_a_name_that_is_none_of_a_package_is_refused(api: Api, file_name: str) -> None:
    head = f'Content-Disposition: form-data; name="file"; filename="{file_name}"'
    answer = api.post("/api/plugins/upload", **multipart((head, package()), part("plugin_key", "k")))
    assert (answer.status_code, answer.get_json()["error"]) == (400, "unsupported_file_type")


@pytest.mark.parametrize("path", ["/api/plugins/upload", "/api/backups/upload", "/api/plugins/validate"])
@pytest.mark.parametrize("file_name", ["a%0Ab.zip", "a%0db.zip", "a\tb.zip", "a\x7fb.zip", "a\x85b.zip"])
def test_a_name_with_control_characters_is_refused(api: Api, path: str, file_name: str) -> None:
    head = f'Content-Disposition: form-data; name="file"; filename="{file_name}"'
    fields = [part("plugin_key", "some-long-key"), part("user_key", "user123abc"), part("backup_type", "program")]
    answer = api.post(path, **multipart((head, package()), *fields))
    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.get_json()["details"]] == ["file"]


@pytest.mark.parametrize(
    ("content_type", "before", "encoding"),
    [
        ("text/plain; charset=GBK", [], "gbk"),
        ('text/plain; charset="utf-8"', [part("_charset_", "gbk")], "utf-8"),
        ("text/plain", [part("_charset_", "gbk")], "gbk"),
        ("text/plain", [], "utf-8"),
    ],
)
def test_texts_are_read_in_the_charset_that_they_say(
    api: Api, content_type: str, before: list[tuple[str, bytes]], encoding: str
) -> None:
    head = f"Content-Disposition: form-data; name=description\r\nContent-Type: {content_type}"
    parts = [*before, (head, "说明".encode(encoding)), part("user_key", "user123abc"), part("backup_type", "program")]
    file = ("Content-Disposition: form-data; name=file; filename=b.zip", b"x")
    answer = api.post("/api/backups/upload", **multipart(*parts, file))
    assert answer.get_json()["data"]["description"] == "说明"


@pytest.mark.parametrize("content_type", ["text/plain; charset=utf-7", "text/plain; charset=zip", "a; charset=utf-16"])
def test_texts_in_a_charset_that_cannot_be_read_are_refused(api: Api, content_type: str) -> None:
    head = f"Content-Disposition: form-data; name=plugin_key\r\nContent-Type: {content_type}"
    file = ("Content-Disposition: form-data; name=file; filename=b.zip", package())
    answer = api.post("/api/plugins/upload", **multipart((head, b"\x00\xd8+"), file))
    assert (answer.status_code, answer.get_json()["error"]) == (400, "malformed_body")


def test_unknown_fields_are_ignored(api: Api) -> None:
    assert api.upload(plugin_name="com.example.myplugin", whatever="1").status_code == 200


def test_json_with_a_charset_and_extra_fields_is_read(api: Api) -> None:
    api.upload()
    answer = api.post(
        "/api/plugins/detail",
        data=b'{"name": "com.example.myplugin", "extra": [1]}',
        headers={"Content-Type": "application/json; charset=utf-8"},
    )
    assert answer.status_code == 200


CALLED_JSON = {"Content-Type": "application/json"}


def test_a_form_that_is_called_json_is_known_by_its_first_line(api: Api) -> None:
    head = "Content-Disposition: form-data; name=file; filename=x.zip"
    sent = multipart(part("plugin_key", "upload-key"), (head, package()), boundary="d8b6c8e7a5ae4f")
    answer = api.post("/api/plugins/upload", data=sent["data"], headers=CALLED_JSON)
    assert answer.status_code == 200, answer.get_json()
    backup = multipart(part("user_key", "user123abc"), part("backup_type", "program"), (head, b"x"))
    kept = api.post("/api/backups/upload", data=backup["data"], headers={"Content-Type": "application/json; charset=x"})
    assert kept.status_code == 200, kept.get_json()


@pytest.mark.parametrize(
    "body", [b"", b"--", b"--\r\n", b"--" + b"x" * 71 + b"\r\n", b"--x", b'{"plugin_key": "x"}', b"--\xff\r\n"]
)
def test_what_is_called_json_and_is_no_form_is_400(api: Api, body: bytes) -> None:
    answer = api.post("/api/plugins/upload", data=body, headers=CALLED_JSON)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "wrong_content_type"), body


def test_elsewhere_a_form_that_is_called_json_is_not_understood(api: Api) -> None:
    sent = multipart(("Content-Disposition: form-data; name=file; filename=x.zip", package()))
    assert api.post("/api/plugins/validate", data=sent["data"], headers=CALLED_JSON).status_code == 400
