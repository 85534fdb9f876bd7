"""A plugin's life on the marketplace: created, changed, submitted, claimed, updated, downloaded, deleted."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from typing import Any

import pytest
from flask import Flask
from PIL import Image, PngImagePlugin

from microdock_server.services.plugins.images import ICON_SIDE, MAX_BYTES, MAX_SCREENSHOTS

from ...conftest import AppFactory
from ...market import (
    PLUGINS,
    V1,
    People,
    account_id,
    add_version,
    audited,
    category,
    create,
    created,
    data,
    decide,
    details,
    file,
    people,
    png,
    published,
    published_version,
    rated,
    shown,
    slug,
    suspended,
)
from ...support import Api, multipart, package, stored_files, stored_rows

NAME = "com.example.myplugin"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
SECRET = "taken at home"
QUEUE = f"{V1}/admin/reviews/queue"


def update(api: Api, plugin_id: str, **fields: Any) -> Any:
    return api.put(f"{PLUGINS}/{plugin_id}", fields)


def update_form(api: Api, plugin_id: str, **form: Any) -> Any:
    return api._call("PUT", f"{PLUGINS}/{plugin_id}", data=form)


def submit(api: Api, plugin_id: str, version: str | None = None) -> Any:
    query = "" if version is None else f"?version={version}"
    return api.post(f"{PLUGINS}/{plugin_id}/submit{query}")


def claim(api: Api, plugin_id: str, key: str = "upload-key") -> Any:
    return api.post(f"{PLUGINS}/{plugin_id}/claim", {"plugin_key": key})


def new_key(api: Api, plugin_id: str) -> str:
    return str(data(api.post(f"{PLUGINS}/{plugin_id}/upload-key"))["upload_key"])


def statuses(api: Api, plugin_id: str) -> dict[str, str]:
    """Version → status, highest first, of what the caller sees."""
    return {row["version"]: row["status"] for row in data(api.get(f"{PLUGINS}/{plugin_id}/versions"))}


def queued(who: People) -> list[str]:
    return [row["plugin"]["version"] for row in data(who.reviewer.get(QUEUE))["reviews"]]


def count(api: Api, plugin_id: str) -> int:
    return int(shown(api, plugin_id)["stats"]["downloads"])


def photograph(width: int = 400, height: int = 300) -> Image.Image:
    """A photograph, as far as encoders can tell: many colours."""
    fall = Image.linear_gradient("L")
    return Image.merge("RGB", (fall, fall.rotate(90), Image.radial_gradient("L"))).resize((width, height))


def told(image: Image.Image, form: str) -> bytes:
    """The picture with metadata that must not come out again."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = SECRET
    if form == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", SECRET)
        image.save(out, form, pnginfo=text, exif=exif, icc_profile=SECRET.encode())
    else:
        image.save(out, form, exif=exif, icc_profile=SECRET.encode())
    content = out.getvalue()
    assert SECRET.encode() in content
    return content


def with_pictures(*pictures: tuple[str, bytes]) -> dict[str, Any]:
    """A form of a package and pictures, written out: werkzeug's is broken where a file is empty."""
    head = 'Content-Disposition: form-data; name="{}"; filename="{}"'
    parts = [(head.format(name, "picture.png"), content) for name, content in pictures]
    return multipart(*parts, (head.format("plugin_file", "plugin.zip"), package()))


def fetched_picture(api: Api, url: str) -> Image.Image:
    """The picture at this address, checked to be made anew."""
    answer = api.get(url)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.data).hexdigest()}"'
    assert answer.content_length == len(answer.data)
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    assert SECRET.encode() not in answer.data
    assert b"Exif" not in answer.data and b"eXIf" not in answer.data and b"tEXt" not in answer.data
    image = Image.open(io.BytesIO(answer.data))
    image.load()
    assert answer.mimetype == Image.MIME[str(image.format)]
    assert answer.mimetype in ("image/png", "image/webp", "image/jpeg")
    assert (len(image.getexif()), getattr(image, "text", {}), image.info.get("icc_profile")) == (0, {}, None)
    return image


# Creating


def test_a_new_plugin_says_what_its_form_and_its_package_say(who: People) -> None:
    place = category(who.admin, "工具", description="说明")
    metadata = {"tags": ["tool", "备份"], "license": "Apache-2.0", "repository": "https://github.com/dev/plugin"}
    form = {
        "name": "插件名称",
        "description": "插件\n描述",
        "long_description": "# 标题",
        "category_id": place["id"],
        "metadata": metadata,
        "changelog": "第一版",
    }
    found = created(who.developer, form)
    assert (found["plugin_name"], found["name"], found["description"]) == (NAME, "插件名称", "插件\n描述")
    assert (found["version"], found["status"], found["author"]) == ("1.0.0", "pending", "开发者姓名")
    assert found["category"] == {"id": place["id"], "slug": "工具", "name": "工具", "description": "说明"}
    assert found["developer"]["username"] == "developer"
    assert found["metadata"] == {
        **metadata,
        "homepage": "https://example.com/myplugin",
        "min_version": "2.0.0",
        "max_version": None,
    }
    assert (found["long_description"], found["long_description_html"].strip()) == ("# 标题", "<h1>标题</h1>")
    assert (found["dependencies"], found["engines"]) == (
        {"com.other.plugin": ">=1.0.0"},
        {"MicroDock": ">=2.0.0"},
    )
    assert found["stats"]["downloads"] == 0
    assert found["files"] == {
        "icon": None,
        "screenshots": [],
        "download_url": f"{PLUGINS}/{found['id']}/download",
    }
    assert (found["review"]["status"], found["review"]["version"], found["review"]["position"]) == (
        "pending",
        "1.0.0",
        1,
    )
    assert found["published_at"] is None
    assert shown(who.developer, found["id"]) == found
    assert shown(who.developer, NAME.upper()) == found
    [version] = data(who.developer.get(f"{PLUGINS}/{NAME}/versions"))
    assert (version["changelog"], version["status"]) == ("第一版", "pending")


def test_what_the_form_does_not_say_the_package_does(who: People) -> None:
    found = created(who.developer)
    assert (found["name"], found["description"], found["metadata"]["license"]) == (
        "我的插件",
        "这是一个示例插件",
        "MIT",
    )
    assert (found["metadata"]["tags"], found["category"], found["long_description"]) == ([], None, "")
    [version] = data(who.developer.get(f"{PLUGINS}/{NAME}/versions"))
    assert version["changelog"] == "修复了一些bug，添加了新功能"


def test_until_it_is_published_only_its_owner_and_reviewers_see_it(who: People, waiting_plugin: dict[str, Any]) -> None:
    plugin_id = waiting_plugin["id"]
    for reference in (plugin_id, NAME):
        for path in ("", "/versions", "/versions/1.0.0", "/download", "/versions/1.0.0/download"):
            for api in (who.nobody, who.user, who.other):
                assert slug(api.get(f"{PLUGINS}/{reference}{path}"), 404) == "plugin_not_found"
            for api in (who.developer, who.reviewer, who.admin):
                assert api.get(f"{PLUGINS}/{reference}{path}").status_code == 200
    assert who.nobody.post("/api/plugins/detail", {"name": NAME}).status_code == 404
    decide(who.reviewer, plugin_id)
    found = shown(who.nobody, plugin_id)
    assert (found["status"], found["review"]) == ("published", None)
    assert who.nobody.post("/api/plugins/detail", {"name": NAME}).status_code == 200


def test_addresses_are_absolute_where_the_server_knows_its_own(make_app: AppFactory) -> None:
    who = people(make_app(PUBLIC_URL="https://plugins.example"))
    found = created(who.developer, {"icon": file(png(), "icon.png"), "screenshots": [file(png(), "1.png")]})
    for url in (found["files"]["icon"], *found["files"]["screenshots"], found["files"]["download_url"]):
        assert url.startswith(f"https://plugins.example{PLUGINS}/{found['id']}/")
        assert who.developer.get(url.removeprefix("https://plugins.example")).status_code == 200


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"version": "1.0.1"}, "version"),
        ({"version": "1.0"}, "version"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"description": "x" * 10_001}, "description"),
        ({"long_description": "x" * 50_001}, "long_description"),
        ({"category_id": "tools"}, "category_id"),
        ({"category_id": UNKNOWN}, "category_id"),
        ({"draft": "maybe"}, "draft"),
        ({"owner_id": UNKNOWN}, "owner_id"),
        ({"metadata": {"tags": "tool"}}, "metadata.tags"),
        ({"metadata": {"tags": ["x"] * 21}}, "metadata.tags"),
        ({"metadata": {"tags": [""]}}, "metadata.tags.0"),
        ({"metadata": {"homepage": "javascript:alert(1)"}}, "metadata.homepage"),
        ({"metadata": {"repository": "JavaScript:alert(1)"}}, "metadata.repository"),
        ({"metadata": {"repository": "git@github.com:dev/plugin"}}, "metadata.repository"),
        ({"metadata": {"min_version": "1.0.0"}}, "metadata.min_version"),
        ({"metadata": {"max_version": "3.0.0"}}, "metadata.max_version"),
        ({"metadata": {"downloads": 1000}}, "metadata.downloads"),
        ({"metadata": ["tool"]}, "metadata"),
        ({"icon": "https://example.com/icon.png"}, "icon"),
        ({"screenshots": "x"}, "screenshots"),
        ({"plugin_file": "x", "icon": file(png(), "icon.png")}, "plugin_file"),
    ],
)
def test_a_form_that_cannot_be_understood_creates_nothing(
    app: Flask, who: People, form: dict[str, Any], field: str
) -> None:
    before = stored_rows(app)
    assert list(details(create(who.developer, form))) == [field]
    assert (stored_files(app), stored_rows(app)) == ([], before)


def test_metadata_that_is_no_json_is_refused(app: Flask, who: People) -> None:
    form = {"plugin_file": file(package(), "p.zip"), "metadata": "tags=tool"}
    answer = who.developer._call("POST", PLUGINS, data=form)
    assert list(details(answer)) == ["metadata"]
    assert stored_files(app) == []


def test_what_was_shown_of_the_package_may_be_sent_back(who: People) -> None:
    found = created(who.developer, {"metadata": {"min_version": "2.0.0", "max_version": None}})
    assert data(update(who.developer, found["id"], metadata=found["metadata"]))["metadata"] == found["metadata"]


@pytest.mark.parametrize(
    ("engines", "expected"),
    [
        (
            {"microdock": ">=1.0.0 <2.0.0"},
            {
                "range": ">=1.0.0 <2.0.0",
                "min_version": {"version": "1.0.0", "inclusive": True},
                "max_version": {"version": "2.0.0", "inclusive": False},
            },
        ),
        (
            {"MicroDock": ">1.0.0.0", ".NET": ">=6.0.0"},
            {"range": ">1.0.0.0", "min_version": {"version": "1.0.0", "inclusive": False}, "max_version": None},
        ),
        (
            {"MicroDock": "<=2.5.0"},
            {"range": "<=2.5.0", "min_version": None, "max_version": {"version": "2.5.0", "inclusive": True}},
        ),
        ({"MicroDock": ""}, {"range": "", "min_version": None, "max_version": None}),
        ({".NET": ">=6.0.0"}, None),
        (None, None),
    ],
)
def test_the_range_of_hosts_says_what_is_inside(
    who: People, engines: dict[str, str] | None, expected: dict[str, Any] | None
) -> None:
    found = created(who.developer, engines=engines)
    assert found["host_range"] == expected
    [version] = data(who.developer.get(f"{PLUGINS}/{NAME}/versions"))
    detail = data(who.developer.get(f"{PLUGINS}/{NAME}/versions/1.0.0"))
    assert version["host_range"] == detail["host_range"] == expected
    for name in ("min_version", "max_version"):
        end = expected and expected[name]
        assert found["metadata"][name] == (end and end["version"])


def test_a_plugin_cannot_be_made_without_a_package(app: Flask, who: People) -> None:
    sent = multipart(('Content-Disposition: form-data; name="version"', b"1.0.0"))
    assert list(details(who.developer.post(PLUGINS, **sent))) == ["plugin_file"]
    assert slug(who.developer._call("POST", PLUGINS, data={"version": "1.0.0"}), 400) == "wrong_content_type"
    assert slug(create(who.developer, {"plugin_file": file(b"PK no zip", "p.zip")}), 400) == "bad_package"
    assert slug(create(who.developer, {"plugin_file": file(package(), "p.tar.gz")}), 400) == "unsupported_file_type"
    assert slug(create(who.developer, entryClass=""), 400) == "bad_package"
    assert stored_files(app) == []


@pytest.mark.usefixtures("waiting_plugin")
def test_a_name_exists_once_whoever_asks(app: Flask, who: People) -> None:
    before = (stored_files(app), stored_rows(app))
    for api in (who.developer, who.other, who.admin):
        assert slug(create(api)) == "plugin_exists"
        assert slug(create(api, name="COM.example.MyPlugin", version="2.0.0")) == "plugin_exists"
    assert (stored_files(app), stored_rows(app)) == before


def test_a_name_that_was_uploaded_by_key_exists_too(who: People) -> None:
    assert who.nobody.upload().status_code == 200
    assert slug(create(who.developer, version="2.0.0")) == "plugin_exists"


def test_only_who_may_create_plugins_does(app: Flask, who: People) -> None:
    for api in (who.user, who.reviewer):
        assert create(api).status_code == 403
    assert create(who.nobody).status_code == 401
    assert stored_files(app) == []
    assert created(who.admin)["status"] == "pending"


# Pictures


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_pictures_are_served_made_anew(who: People, form: str) -> None:
    icon, first, second = photograph(600, 300), photograph(), Image.new("RGB", (320, 200), (0, 128, 0))
    pictures = {
        "icon": file(told(icon, form), "../../etc/icon"),
        "screenshots": [file(told(first, form), "1"), file(told(second, form), "2.exe")],
    }
    files = created(who.developer, pictures)["files"]
    drawn = fetched_picture(who.developer, files["icon"])
    assert (drawn.size, drawn.format) == ((ICON_SIDE, ICON_SIDE // 2), "WEBP")
    assert len(files["screenshots"]) == 2
    shots = [fetched_picture(who.developer, url) for url in files["screenshots"]]
    assert [(shot.size, shot.format) for shot in shots] == [((400, 300), "WEBP"), ((320, 200), "PNG")]
    [row] = data(who.developer.get(PLUGINS))["plugins"]
    assert row["icon"] == files["icon"]


def test_a_drawing_keeps_its_transparency(who: People) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (64, 64), (255, 0, 0, 100)).save(out, "PNG")
    files = created(who.developer, {"icon": file(out.getvalue(), "icon.png")})["files"]
    drawn = fetched_picture(who.developer, files["icon"])
    assert (drawn.format, drawn.getpixel((5, 5))) == ("PNG", (255, 0, 0, 100))


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' width='64' height='64'><script>alert(1)</script></svg>", 422),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='64' height='64'/>", 422),
        (b"not an image", 422),
        (b"", 422),
        (b"%PDF-1.7", 422),
        (png()[:-20], 422),
        (png(15, 64), 422),
        (png() + b"\0" * MAX_BYTES, 413),
    ],
    ids=["svg", "svg with a head", "text", "nothing", "pdf", "cut off", "too small", "too large"],
)
@pytest.mark.parametrize(("slot", "field"), [("icon", "icon"), ("screenshots", "screenshots.1")])
def test_what_is_no_picture_is_refused_and_leaves_nothing(
    app: Flask, who: People, content: bytes, status: int, slot: str, field: str
) -> None:
    before = stored_rows(app)
    sent = [(slot, content)] if slot == "icon" else [(slot, png()), (slot, content)]
    answer = who.developer.post(PLUGINS, **with_pictures(*sent))
    if status == 422:
        assert list(details(answer)) == [field]
    else:
        assert slug(answer, 413) == "file_too_large"
    assert (stored_files(app), stored_rows(app)) == ([], before)


def test_a_picture_of_too_many_pixels_is_refused_without_being_drawn(app: Flask, who: People) -> None:
    out = io.BytesIO()
    Image.new("1", (8000, 6000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    assert list(details(create(who.developer, {"icon": file(out.getvalue(), "icon.png")}))) == ["icon"]
    assert stored_files(app) == []


def test_there_are_only_so_many_pictures(app: Flask, who: People) -> None:
    many = [file(png(), f"{place}.png") for place in range(MAX_SCREENSHOTS + 1)]
    assert list(details(create(who.developer, {"screenshots": many}))) == ["screenshots"]
    assert list(details(create(who.developer, {"icon": [file(png(), "1.png"), file(png(), "2.png")]}))) == ["icon"]
    assert stored_files(app) == []
    most = [file(png(), f"{place}.png") for place in range(MAX_SCREENSHOTS)]
    assert len(created(who.developer, {"screenshots": most})["files"]["screenshots"]) == MAX_SCREENSHOTS


def test_pictures_of_what_others_may_not_see_are_not_theirs(who: People) -> None:
    url = created(who.developer, {"icon": file(png(), "icon.png")})["files"]["icon"]
    for api in (who.nobody, who.user, who.other):
        assert slug(api.get(url), 404) == "plugin_not_found"
    fetched_picture(who.reviewer, url)
    decide(who.reviewer, NAME)
    fetched_picture(who.nobody, url)
    suspended(who.admin, NAME)
    assert who.nobody.get(url).status_code == 404


def test_a_picture_belongs_to_its_plugin(who: People) -> None:
    url = published(who.developer, who.reviewer, {"icon": file(png(), "icon.png")})["files"]["icon"]
    another = published(who.other, who.reviewer, name="com.example.another")["id"]
    image_id = url.rpartition("/")[2]
    assert slug(who.nobody.get(f"{PLUGINS}/{another}/images/{image_id}"), 404) == "file_missing"
    assert slug(who.nobody.get(f"{PLUGINS}/{NAME}/images/{UNKNOWN}"), 404) == "file_missing"
    assert who.nobody.get(f"{PLUGINS}/{NAME}/images/{image_id}").status_code == 200


def test_new_pictures_replace_the_old_ones_and_their_files(app: Flask, who: People) -> None:
    form = {"icon": file(png(), "icon.png"), "screenshots": [file(png(), "1.png"), file(png(100, 50), "2.png")]}
    before = created(who.developer, form)["files"]
    assert len(stored_files(app)) == 4
    found = data(update_form(who.developer, NAME, icon=file(png(32, 32), "new.png"), description="新"))
    assert (found["description"], found["files"]["screenshots"]) == ("新", before["screenshots"])
    assert fetched_picture(who.developer, found["files"]["icon"]).size == (32, 32)
    assert who.developer.get(before["icon"]).status_code == 404
    assert len(stored_files(app)) == 4
    after = data(update_form(who.developer, NAME, screenshots=[file(png(80, 40), "new.png")]))["files"]
    assert after["icon"] == found["files"]["icon"]
    assert [fetched_picture(who.developer, url).size for url in after["screenshots"]] == [(80, 40)]
    assert all(who.developer.get(url).status_code == 404 for url in before["screenshots"])
    assert len(stored_files(app)) == 3


def test_a_refused_change_leaves_pictures_as_they_were(app: Flask, who: People) -> None:
    before = created(who.developer, {"icon": file(png(), "icon.png")})
    kept = stored_files(app)
    good, bad = file(png(32, 32), "new.png"), file(b"<svg/>", "1.svg")
    assert list(details(update_form(who.developer, NAME, icon=good, screenshots=bad))) == ["screenshots.0"]
    answer = update_form(who.developer, NAME, icon=file(png(32, 32), "new.png"), category_id=UNKNOWN)
    assert list(details(answer)) == ["category_id"]
    decide(who.reviewer, NAME)
    assert update_form(who.other, NAME, icon=file(png(32, 32), "new.png")).status_code == 403
    assert stored_files(app) == kept
    assert shown(who.developer, NAME)["files"] == before["files"]


# Changing


def test_what_an_owner_says_wins_over_a_new_version(who: People, published_plugin: dict[str, Any]) -> None:
    plugin_id = published_plugin["id"]
    metadata = {"tags": ["tool", "updated"], "license": "GPL-3.0", "homepage": ""}
    changed = data(update(who.developer, plugin_id, name="新名字", description="更新的描述", metadata=metadata))
    assert (changed["name"], changed["description"]) == ("新名字", "更新的描述")
    published_version(
        who.developer,
        who.reviewer,
        plugin_id,
        "2.0.0",
        displayName="清单的名字",
        description="清单的描述",
        license="BSD",
        homepage="https://example.com/new",
        author="新作者",
        engines={"MicroDock": ">=3.0.0 <4.0.0"},
    )
    found = shown(who.nobody, plugin_id)
    assert (found["version"], found["name"], found["description"]) == ("2.0.0", "新名字", "更新的描述")
    assert (found["metadata"]["license"], found["metadata"]["homepage"]) == ("GPL-3.0", "")
    assert found["metadata"]["tags"] == ["tool", "updated"]
    assert (found["author"], found["metadata"]["min_version"]) == ("新作者", "3.0.0")
    host = data(who.nobody.post("/api/plugins/detail", {"name": NAME}))["plugin"]
    assert (host["display_name"], host["description"], host["author"]) == ("新名字", "更新的描述", "新作者")


def test_what_an_owner_never_said_follows_the_current_version(who: People, published_plugin: dict[str, Any]) -> None:
    plugin_id = published_plugin["id"]
    data(update(who.developer, plugin_id, description="更新的描述"))
    published_version(who.developer, who.reviewer, plugin_id, "2.0.0", displayName="清单的名字", license="BSD")
    found = shown(who.nobody, plugin_id)
    assert (found["name"], found["metadata"]["license"], found["description"]) == ("清单的名字", "BSD", "更新的描述")


def test_a_change_leaves_what_it_does_not_name(who: People) -> None:
    form = {"long_description": "长", "metadata": {"tags": ["a"], "repository": "https://github.com/dev/plugin"}}
    before = created(who.developer, form)
    after = data(update(who.developer, NAME, metadata={"tags": ["b"]}))
    assert after["metadata"] == {**before["metadata"], "tags": ["b"]}
    assert (after["long_description"], after["name"], after["status"]) == ("长", before["name"], "pending")
    assert data(update(who.developer, NAME))["metadata"] == after["metadata"]


@pytest.mark.usefixtures("waiting_plugin")
def test_a_category_is_set_and_taken_away(who: People) -> None:
    place = category(who.admin, "工具")["id"]
    assert data(update(who.developer, NAME, category_id=place))["category"]["id"] == place
    assert list(details(update(who.developer, NAME, category_id=UNKNOWN))) == ["category_id"]
    assert shown(who.developer, NAME)["category"]["id"] == place
    assert data(update(who.developer, NAME, category_id=None))["category"] is None


def test_a_long_description_is_kept_as_written_and_shown_safely(who: People) -> None:
    source = (
        "# 标题\n\n**粗体** <script>alert(1)</script> <img src=x onerror=alert(1)>\n\n"
        "[坏](javascript:alert(1)) [好](https://example.com)"
    )
    created(who.developer)
    found = data(update(who.developer, NAME, long_description=source))
    assert found["long_description"] == source
    html = found["long_description_html"]
    assert "<h1>标题</h1>" in html and "<strong>粗体</strong>" in html
    assert '<a href="https://example.com" rel="noopener noreferrer nofollow">好</a>' in html
    assert "<script" not in html and "<img" not in html and 'href="javascript' not in html
    assert shown(who.developer, NAME)["long_description_html"] == html


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"metadata": {"homepage": "javascript:alert(1)"}}, "metadata.homepage"),
        ({"metadata": {"homepage": "JaVaScRiPt:alert(1)"}}, "metadata.homepage"),
        ({"metadata": {"repository": "data:text/html,x"}}, "metadata.repository"),
        ({"metadata": {"repository": " https://example.com"}}, "metadata.repository"),
        ({"metadata": {"min_version": "1.0.0"}}, "metadata.min_version"),
        ({"metadata": {"max_version": "9.0.0"}}, "metadata.max_version"),
        ({"metadata": None}, "metadata"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"description": 5}, "description"),
        ({"status": "published"}, "status"),
        ({"plugin_name": "com.example.other"}, "plugin_name"),
        ({"version": "2.0.0"}, "version"),
        ({"developer_id": UNKNOWN}, "developer_id"),
    ],
)
def test_a_change_that_cannot_be_understood_changes_nothing(
    who: People, waiting_plugin: dict[str, Any], fields: dict[str, Any], field: str
) -> None:
    assert list(details(update(who.developer, NAME, **{"long_description": "x", **fields}))) == [field]
    assert shown(who.developer, NAME) == waiting_plugin


def test_only_owners_and_administrators_change_a_plugin(who: People, published_plugin: dict[str, Any]) -> None:
    plugin_id = published_plugin["id"]
    assert slug(update(who.other, plugin_id, description="x"), 403) == "not_the_owner"
    for api in (who.user, who.reviewer):
        assert slug(update(api, plugin_id, description="x"), 403) == "forbidden"
    assert update(who.nobody, plugin_id, description="x").status_code == 401
    assert slug(update(who.developer, UNKNOWN, description="x"), 404) == "plugin_not_found"
    assert shown(who.nobody, plugin_id)["description"] == "这是一个示例插件"
    data(update(who.developer, plugin_id, description="自己的"))
    assert audited(who.admin, "plugin.updated") == []
    data(update(who.admin, plugin_id, description="管理员的", name="名字"))
    assert shown(who.nobody, plugin_id)["description"] == "管理员的"
    [entry] = audited(who.admin, "plugin.updated")
    assert (entry["actor"]["username"], entry["target"]) == ("admin", {"type": "plugin", "id": NAME})
    assert entry["details"] == {
        "fields": ["description", "display_name"],
        "changes": {
            "description": {"from": "自己的", "to": "管理员的"},
            "display_name": {"from": "我的插件", "to": "名字"},
        },
    }


def test_a_strangers_unpublished_plugin_does_not_exist(who: People, waiting_plugin: dict[str, Any]) -> None:
    plugin_id = waiting_plugin["id"]
    answers = [
        update(who.other, plugin_id, description="x"),
        who.other.delete(f"{PLUGINS}/{plugin_id}"),
        submit(who.other, plugin_id),
        claim(who.other, plugin_id),
        who.other.post(f"{PLUGINS}/{plugin_id}/upload-key"),
        add_version(who.other, plugin_id, "2.0.0"),
    ]
    assert [slug(answer, 404) for answer in answers] == ["plugin_not_found"] * len(answers)


# Deleting


def test_a_deleted_plugin_is_gone_everywhere(app: Flask, who: People) -> None:
    form = {"icon": file(png(), "icon.png"), "screenshots": [file(png(), "1.png")]}
    plugin = published(who.developer, who.reviewer, form)
    data(add_version(who.developer, NAME, "2.0.0"), 201)
    rated(who.user, NAME)
    data(who.developer.delete(f"{PLUGINS}/{plugin['id']}"))
    for path in ("", "/versions", "/versions/1.0.0", "/download", "/versions/1.0.0/download", "/reviews"):
        for reference in (plugin["id"], NAME):
            assert slug(who.admin.get(f"{PLUGINS}/{reference}{path}"), 404) == "plugin_not_found"
    for url in (plugin["files"]["icon"], *plugin["files"]["screenshots"]):
        assert who.admin.get(url).status_code == 404
    for query in ("", "?search=myplugin", f"?developer={account_id(who.developer)}"):
        assert data(who.admin.get(f"{PLUGINS}{query}"))["plugins"] == []
    assert queued(who) == []
    assert who.nobody.post("/api/plugins/detail", {"name": NAME}).status_code == 404
    assert who.nobody.post("/api/plugins/download", {"name": NAME}).status_code == 404
    assert stored_files(app) == []
    kept = {"plugins", "plugin_versions", "plugin_images", "ratings", "reviews", "download_days", "download_windows"}
    assert kept.isdisjoint(stored_rows(app))
    assert slug(who.developer.delete(f"{PLUGINS}/{plugin['id']}"), 404) == "plugin_not_found"


@pytest.mark.usefixtures("published_plugin")
def test_a_deleted_name_stays_its_owners(who: People) -> None:
    data(who.developer.delete(f"{PLUGINS}/{NAME}"))
    for name in (NAME, "com.Example.MyPlugin"):
        assert slug(create(who.other, name=name, version="2.0.0")) == "plugin_exists"
    assert who.nobody.upload(package(version="2.0.0")).status_code == 403
    again = created(who.developer, version="2.0.0")
    assert (again["status"], again["developer"]["username"]) == ("pending", "developer")


def test_a_deleted_version_takes_only_its_own_bytes_again(app: Flask, who: People) -> None:
    content = package()
    found = created(who.developer, {"plugin_file": file(content, "p.zip")})
    data(who.developer.delete(f"{PLUGINS}/{found['id']}"))
    assert slug(create(who.developer, description="anders")) == "version_retired"
    assert stored_files(app) == []
    again = created(who.developer, {"plugin_file": file(content, "p.zip")})
    assert again["version"] == "1.0.0"
    assert again["id"] != found["id"]


def test_only_owners_and_administrators_delete_a_plugin(who: People, published_plugin: dict[str, Any]) -> None:
    plugin_id = published_plugin["id"]
    for api in (who.other, who.user, who.reviewer):
        assert api.delete(f"{PLUGINS}/{plugin_id}").status_code == 403
    assert who.nobody.delete(f"{PLUGINS}/{plugin_id}").status_code == 401
    assert shown(who.nobody, plugin_id)["status"] == "published"
    data(who.admin.delete(f"{PLUGINS}/{plugin_id}"))
    assert slug(create(who.other, version="2.0.0")) == "plugin_exists"
    [entry] = audited(who.admin, "plugin.deleted")
    assert (entry["actor"]["username"], entry["target"]["id"]) == ("admin", NAME)


# Submitting


def test_a_draft_waits_for_its_owner(who: People) -> None:
    plugin_id = created(who.developer, {"draft": "true"})["id"]
    assert (shown(who.developer, plugin_id)["status"], shown(who.developer, plugin_id)["review"]) == ("draft", None)
    assert statuses(who.developer, plugin_id) == {"1.0.0": "draft"}
    assert queued(who) == []
    assert who.nobody.get(f"{PLUGINS}/{plugin_id}").status_code == 404
    found = data(submit(who.developer, plugin_id))
    assert (found["status"], found["review"]["version"]) == ("pending", "1.0.0")
    assert (statuses(who.developer, plugin_id), queued(who)) == ({"1.0.0": "pending"}, ["1.0.0"])
    assert slug(submit(who.developer, plugin_id)) == "transition_not_allowed"
    assert queued(who) == ["1.0.0"]
    decide(who.reviewer, plugin_id)
    assert slug(submit(who.developer, plugin_id)) == "nothing_to_submit"


def test_what_was_refused_can_be_sent_again(who: People, waiting_plugin: dict[str, Any]) -> None:
    plugin_id = waiting_plugin["id"]
    for result in ("rejected", "needs_changes"):
        decide(who.reviewer, plugin_id, result)
        assert (shown(who.developer, plugin_id)["status"], queued(who)) == (result, [])
        assert data(submit(who.developer, plugin_id))["status"] == "pending"
        assert (statuses(who.developer, plugin_id), queued(who)) == ({"1.0.0": "pending"}, ["1.0.0"])
    decide(who.reviewer, plugin_id)
    assert shown(who.nobody, plugin_id)["status"] == "published"


def test_a_version_that_is_not_the_highest_can_be_sent_again(who: People, published_plugin: dict[str, Any]) -> None:
    plugin_id = published_plugin["id"]
    for version in ("1.0.1", "2.0.0"):
        data(add_version(who.developer, plugin_id, version), 201)
        decide(who.reviewer, plugin_id, "rejected", version)
    data(submit(who.developer, plugin_id, "1.0.1"))
    assert statuses(who.developer, plugin_id) == {"2.0.0": "rejected", "1.0.1": "pending", "1.0.0": "published"}
    assert queued(who) == ["1.0.1"]
    decide(who.reviewer, plugin_id, version="1.0.1")
    assert (shown(who.nobody, plugin_id)["version"], queued(who)) == ("1.0.1", [])
    data(submit(who.developer, plugin_id))
    assert queued(who) == ["2.0.0"]


def test_of_a_drafts_versions_the_one_named_is_sent(who: People) -> None:
    plugin_id = created(who.developer, {"draft": "true"})["id"]
    data(add_version(who.developer, plugin_id, "1.1.0"), 201)
    assert data(submit(who.developer, plugin_id, "1.0.0"))["status"] == "pending"
    assert (statuses(who.developer, plugin_id), queued(who)) == ({"1.1.0": "draft", "1.0.0": "pending"}, ["1.0.0"])
    decide(who.reviewer, plugin_id)
    assert (shown(who.nobody, plugin_id)["version"], statuses(who.nobody, plugin_id)) == (
        "1.0.0",
        {"1.0.0": "published"},
    )
    data(submit(who.developer, plugin_id, "1.1.0"))
    decide(who.reviewer, plugin_id, version="1.1.0")
    assert shown(who.nobody, plugin_id)["version"] == "1.1.0"


def test_only_what_waits_for_its_owner_can_be_sent(who: People, published_plugin: dict[str, Any]) -> None:
    plugin_id = published_plugin["id"]
    data(add_version(who.developer, plugin_id, "2.0.0"), 201)
    assert slug(submit(who.developer, plugin_id, "1.0.0")) == "nothing_to_submit"
    assert slug(submit(who.developer, plugin_id, "2.0.0")) == "transition_not_allowed"
    assert slug(submit(who.developer, plugin_id, "3.0.0"), 404) == "version_not_found"
    assert list(details(submit(who.developer, plugin_id, "latest"))) == ["version"]
    assert slug(submit(who.developer, UNKNOWN), 404) == "plugin_not_found"
    assert slug(submit(who.other, plugin_id, "2.0.0"), 403) == "not_the_owner"
    assert submit(who.user, plugin_id).status_code == 403
    assert submit(who.nobody, plugin_id).status_code == 401
    assert queued(who) == ["2.0.0"]


# Keys and owners


def test_a_key_makes_a_developer_the_owner(who: People) -> None:
    assert who.nobody.upload().status_code == 200
    plugin_id = shown(who.nobody, NAME)["id"]
    assert shown(who.nobody, plugin_id)["developer"] is None
    assert slug(update(who.developer, plugin_id, description="x"), 403) == "not_the_owner"
    for key in ("other", "KEY"):
        assert slug(claim(who.developer, plugin_id, key), 403) == "wrong_plugin_key"
    assert list(details(claim(who.developer, plugin_id, "no key"))) == ["plugin_key"]
    for api, status in ((who.user, 403), (who.reviewer, 403), (who.nobody, 401)):
        assert claim(api, plugin_id).status_code == status
    assert slug(claim(who.developer, UNKNOWN), 404) == "plugin_not_found"
    assert shown(who.nobody, plugin_id)["developer"] is None
    assert data(claim(who.developer, plugin_id))["developer"]["username"] == "developer"
    for api in (who.developer, who.other, who.admin):
        assert slug(claim(api, plugin_id)) == "plugin_owned"
    assert data(update(who.developer, plugin_id, description="x"))["description"] == "x"
    [entry] = audited(who.admin, "plugin.claimed")
    assert (entry["actor"]["username"], entry["target"]["id"]) == ("developer", NAME)
    rows = data(who.nobody.get(f"{PLUGINS}?developer={account_id(who.developer)}"))["plugins"]
    assert [row["id"] for row in rows] == [plugin_id]


def test_a_claimed_plugin_still_takes_uploads_by_its_key(who: People) -> None:
    assert who.nobody.upload().status_code == 200
    data(claim(who.developer, NAME))
    assert who.nobody.upload(package(version="1.1.0")).status_code == 200
    assert statuses(who.developer, NAME) == {"1.1.0": "pending", "1.0.0": "published"}


@pytest.mark.usefixtures("published_plugin")
def test_what_was_made_on_the_marketplace_has_no_key_to_claim_it_by(who: People) -> None:
    assert slug(claim(who.other, NAME)) == "plugin_owned"
    assert who.nobody.upload(package(version="1.1.0")).status_code == 403
    assert statuses(who.developer, NAME) == {"1.0.0": "published"}


@pytest.mark.usefixtures("published_plugin")
def test_an_owner_makes_a_key_that_replaces_any_other(app: Flask, who: People) -> None:
    first = new_key(who.developer, NAME)
    assert len(first) >= 43
    assert who.nobody.upload(package(version="1.1.0"), key=first).status_code == 200
    second = new_key(who.developer, NAME)
    assert second != first
    assert who.nobody.upload(package(version="1.2.0"), key=first).status_code == 403
    assert who.nobody.upload(package(version="1.2.0"), key=second).status_code == 200
    assert statuses(who.developer, NAME) == {"1.2.0": "pending", "1.1.0": "pending", "1.0.0": "published"}
    entries = audited(who.admin, "plugin.upload_key_renewed")
    assert len(entries) == 2
    assert first not in str(entries) and second not in str(entries)
    assert second not in who.developer.get(f"{PLUGINS}/{NAME}").get_data(as_text=True)


@pytest.mark.usefixtures("published_plugin")
def test_only_owners_and_administrators_make_a_key(who: People) -> None:
    path = f"{PLUGINS}/{NAME}/upload-key"
    assert slug(who.other.post(path), 403) == "not_the_owner"
    for api, status in ((who.user, 403), (who.reviewer, 403), (who.nobody, 401)):
        assert api.post(path).status_code == status
    key = new_key(who.admin, NAME)
    assert who.nobody.upload(package(version="1.1.0"), key=key).status_code == 200


def test_an_upload_by_key_leaves_a_draft_a_draft(who: People) -> None:
    plugin_id = created(who.developer, {"draft": "true"})["id"]
    key = new_key(who.developer, plugin_id)
    assert who.nobody.upload(package(version="1.1.0"), key=key).status_code == 200
    assert shown(who.developer, plugin_id)["status"] == "draft"
    assert statuses(who.developer, plugin_id) == {"1.1.0": "draft", "1.0.0": "draft"}
    assert queued(who) == []
    assert who.nobody.post("/api/plugins/detail", {"name": NAME}).status_code == 404
    data(submit(who.developer, plugin_id))
    assert (queued(who), shown(who.developer, plugin_id)["status"]) == (["1.1.0"], "pending")


def test_an_upload_by_key_to_what_waits_waits_too(who: People, waiting_plugin: dict[str, Any]) -> None:
    plugin_id = waiting_plugin["id"]
    key = new_key(who.developer, plugin_id)
    assert who.nobody.upload(package(version="1.1.0"), key=key).status_code == 200
    assert statuses(who.developer, plugin_id) == {"1.1.0": "pending", "1.0.0": "pending"}
    assert sorted(queued(who)) == ["1.0.0", "1.1.0"]
    assert who.nobody.get(f"{PLUGINS}/{plugin_id}").status_code == 404


# Versions


def test_a_further_version_waits_while_the_published_one_stays(who: People, published_plugin: dict[str, Any]) -> None:
    plugin_id = published_plugin["id"]
    content = package(version="1.1.0", dependencies={}, engines={"MicroDock": "*"})
    form = {"plugin_file": file(content, "p.zip"), "version": "1.1.0", "changelog": "**更新**"}
    found = data(who.developer._call("POST", f"{PLUGINS}/{plugin_id}/versions", data=form), 201)
    assert found.pop("created_at")
    assert found == {
        "version": "1.1.0",
        "status": "pending",
        "changelog": "**更新**",
        "size": len(content),
        "file_hash": hashlib.sha256(content).hexdigest(),
        "dependencies": {},
        "engines": {"MicroDock": "*"},
        "permissions": None,
        "unknown_permissions": [],
        "replaces": [],
        "host_range": {"range": "*", "min_version": None, "max_version": None},
        "runtime": None,
        "downloads": 0,
        "is_deprecated": False,
        "download_url": f"{PLUGINS}/{plugin_id}/versions/1.1.0/download",
        "published_at": None,
        **{"channel": "stable", "available_at": None, "rollout": 100, "is_paused": False, "is_held": False},
        **{"is_yanked": False, "yank_reason": "", "block": None, "active_estimate": None},
    }
    assert (shown(who.nobody, plugin_id)["version"], shown(who.nobody, plugin_id)["status"]) == ("1.0.0", "published")
    detail = data(who.developer.get(f"{PLUGINS}/{plugin_id}/versions/1.1.0"))
    assert detail["changelog_html"].strip() == "<p><strong>更新</strong></p>"
    decide(who.reviewer, plugin_id)
    assert shown(who.nobody, plugin_id)["version"] == "1.1.0"
    published_one = data(who.nobody.get(f"{PLUGINS}/{plugin_id}/versions/1.1.0"))
    assert (published_one["status"], published_one["published_at"] is not None) == ("published", True)


def test_versions_are_listed_highest_first_and_others_see_the_published(
    who: People, published_plugin: dict[str, Any]
) -> None:
    plugin_id = published_plugin["id"]
    for version in ("1.10.0", "1.2.0"):
        published_version(who.developer, who.reviewer, plugin_id, version)
    for version in ("2.0.0", "2.0.0-rc.1", "0.9.0"):
        data(add_version(who.developer, plugin_id, version), 201)
    decide(who.reviewer, plugin_id, "rejected", "2.0.0")
    for api in (who.nobody, who.user, who.other):
        assert list(statuses(api, plugin_id)) == ["1.10.0", "1.2.0", "1.0.0"]
    for api in (who.developer, who.reviewer, who.admin):
        assert list(statuses(api, plugin_id).items()) == [
            ("2.0.0", "rejected"),
            ("2.0.0-rc.1", "pending"),
            ("1.10.0", "published"),
            ("1.2.0", "published"),
            ("1.0.0", "published"),
            ("0.9.0", "pending"),
        ]
    assert shown(who.nobody, plugin_id)["version"] == "1.10.0"


def test_what_is_not_published_is_404_for_others(who: People, published_plugin: dict[str, Any]) -> None:
    plugin_id = published_plugin["id"]
    data(add_version(who.developer, plugin_id, "2.0.0"), 201)
    for path in ("/versions/2.0.0", "/versions/2.0.0/download", "/versions/3.0.0", "/versions/latest/download"):
        for api in (who.nobody, who.user, who.other):
            assert slug(api.get(f"{PLUGINS}/{plugin_id}{path}"), 404) == "version_not_found"
    for api in (who.developer, who.reviewer):
        assert api.get(f"{PLUGINS}/{plugin_id}/versions/2.0.0").status_code == 200
        assert api.get(f"{PLUGINS}/{plugin_id}/versions/2.0.0/download").status_code == 200
    row = data(who.developer.get(f"{PLUGINS}/{plugin_id}/versions/2.0.0"))
    assert (row["downloads"], count(who.nobody, plugin_id)) == (0, 0)


@pytest.mark.parametrize(
    ("form", "changes", "field"),
    [
        ({}, {"name": "com.example.other"}, "plugin_file"),
        ({"version": "1.1.1"}, {}, "version"),
        ({"version": "next"}, {}, "version"),
        ({"changelog": "x" * 100_001}, {}, "changelog"),
        ({"draft": "true"}, {}, "draft"),
    ],
)
def test_a_version_that_does_not_fit_adds_nothing(
    app: Flask, who: People, published_plugin: dict[str, Any], form: dict[str, Any], changes: dict[str, Any], field: str
) -> None:
    plugin_id = published_plugin["id"]
    before = (stored_files(app), stored_rows(app))
    content = package(version="1.1.0", **changes)
    sent = {"plugin_file": file(content, "p.zip"), **form}
    answer = who.developer._call("POST", f"{PLUGINS}/{plugin_id}/versions", data=sent)
    assert list(details(answer)) == [field]
    assert (stored_files(app), stored_rows(app)) == before


@pytest.mark.parametrize("version", ["1.0.0", "1.0.0+build.5"])
def test_a_version_is_added_once(app: Flask, who: People, published_plugin: dict[str, Any], version: str) -> None:
    plugin_id = published_plugin["id"]
    before = (stored_files(app), stored_rows(app))
    assert slug(add_version(who.developer, plugin_id, version)) == "version_exists"
    assert (stored_files(app), stored_rows(app)) == before


def test_only_owners_and_administrators_add_versions(app: Flask, who: People, published_plugin: dict[str, Any]) -> None:
    plugin_id = published_plugin["id"]
    before = stored_files(app)
    assert slug(add_version(who.other, plugin_id, "2.0.0"), 403) == "not_the_owner"
    for api, status in ((who.user, 403), (who.reviewer, 403), (who.nobody, 401)):
        assert add_version(api, plugin_id, "2.0.0").status_code == status
    assert slug(add_version(who.developer, UNKNOWN, "2.0.0"), 404) == "plugin_not_found"
    assert stored_files(app) == before
    data(add_version(who.admin, plugin_id, "2.0.0"), 201)
    assert statuses(who.developer, plugin_id) == {"2.0.0": "pending", "1.0.0": "published"}


def test_a_lower_version_leaves_the_current_one(who: People, published_plugin: dict[str, Any]) -> None:
    plugin_id = published_plugin["id"]
    for version in ("0.9.1", "2.0.0-beta.1"):
        published_version(who.developer, who.reviewer, plugin_id, version)
    assert shown(who.nobody, plugin_id)["version"] == "1.0.0"


# Fetching


@pytest.fixture
def content() -> bytes:
    return package()


@pytest.fixture
def plugin_id(who: People, content: bytes) -> str:
    """A published plugin with this package."""
    return str(published(who.developer, who.reviewer, {"plugin_file": file(content, "p.zip")})["id"])


@pytest.mark.parametrize("path", ["/download", "/versions/1.0.0/download"])
def test_a_package_is_fetched_whole_and_can_be_verified(who: People, plugin_id: str, content: bytes, path: str) -> None:
    answer = who.nobody.get(f"{PLUGINS}/{plugin_id}{path}")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, content, "application/zip")
    digest = hashlib.sha256(content)
    assert answer.headers["ETag"] == f'"{digest.hexdigest()}"'
    assert answer.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="myplugin@1.0.0.zip"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Deprecation" not in answer.headers
    assert count(who.nobody, plugin_id) == 1


def test_asking_for_the_head_alone_is_no_download(who: People, plugin_id: str, content: bytes) -> None:
    answer = who.nobody._call("HEAD", f"{PLUGINS}/{plugin_id}/download")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert count(who.nobody, plugin_id) == 0


@pytest.mark.parametrize(
    ("asked", "first", "end", "counted"),
    [
        ("bytes=0-9", 0, 10, 1),
        ("bytes=0-", 0, None, 1),
        ("bytes=0-99999999", 0, None, 1),
        ("bytes=1-1", 1, 2, 0),
        ("bytes=10-", 10, None, 0),
        ("bytes=-5", -5, None, 0),
    ],
)
def test_a_part_counts_where_it_begins_the_file(
    who: People, plugin_id: str, content: bytes, asked: str, first: int, end: int | None, counted: int
) -> None:
    answer = who.nobody.get(f"{PLUGINS}/{plugin_id}/download", headers={"Range": asked})
    expected = content[first:end]
    start = first % len(content)
    assert (answer.status_code, answer.data) == (206, expected)
    assert answer.headers["Content-Range"] == f"bytes {start}-{start + len(expected) - 1}/{len(content)}"
    assert answer.headers["Content-Length"] == str(len(expected))
    assert count(who.nobody, plugin_id) == counted


def test_a_part_that_is_not_there_is_416(who: People, plugin_id: str, content: bytes) -> None:
    answer = who.nobody.get(f"{PLUGINS}/{plugin_id}/download", headers={"Range": f"bytes={len(content)}-"})
    assert slug(answer, 416) == "range_not_satisfiable"
    assert answer.headers["Content-Range"] == f"bytes */{len(content)}"
    assert count(who.nobody, plugin_id) == 0


def test_a_part_of_another_file_is_the_whole_of_this_one(who: People, plugin_id: str, content: bytes) -> None:
    path = f"{PLUGINS}/{plugin_id}/download"
    answer = who.nobody.get(path, headers={"Range": "bytes=5-", "If-Range": '"another"'})
    assert (answer.status_code, answer.data, count(who.nobody, plugin_id)) == (200, content, 1)
    etag = answer.headers["ETag"]
    answer = who.nobody.get(path, headers={"Range": "bytes=5-", "If-Range": etag})
    assert (answer.status_code, answer.data, count(who.nobody, plugin_id)) == (206, content[5:], 1)


def test_what_the_client_has_is_not_sent_again(who: People, plugin_id: str) -> None:
    path = f"{PLUGINS}/{plugin_id}/download"
    etag = who.nobody.get(path).headers["ETag"]
    answer = who.nobody.get(path, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", etag)
    assert count(who.nobody, plugin_id) == 1
    assert who.nobody.get(path, headers={"If-None-Match": '"another"'}).status_code == 200
    assert count(who.nobody, plugin_id) == 2


def test_downloads_are_counted_by_version_and_in_all(who: People, plugin_id: str) -> None:
    published_version(who.developer, who.reviewer, plugin_id, "2.0.0")
    for path in ("/download", "/versions/2.0.0/download", "/versions/1.0.0/download"):
        assert who.nobody.get(f"{PLUGINS}/{plugin_id}{path}").status_code == 200
    assert who.nobody.post("/api/plugins/version/download", {"name": NAME, "version": "1.0.0"}).status_code == 200
    rows = data(who.nobody.get(f"{PLUGINS}/{plugin_id}/versions"))
    assert {row["version"]: row["downloads"] for row in rows} == {"2.0.0": 2, "1.0.0": 2}
    assert count(who.nobody, plugin_id) == 4
    [row] = data(who.nobody.get(PLUGINS))["plugins"]
    assert row["downloads"] == 4


def test_what_is_disabled_suspended_or_out_of_date_says_so(who: People, plugin_id: str) -> None:
    path = f"{PLUGINS}/{plugin_id}/download"
    assert who.admin.post("/api/plugins/deprecate", {"name": NAME}).status_code == 200
    assert re.fullmatch(r"@\d{10}", who.nobody.get(path).headers["Deprecation"])
    assert who.admin.post("/api/plugins/disable", {"name": NAME}).status_code == 200
    assert shown(who.nobody, plugin_id)["is_enabled"] is False
    assert slug(who.nobody.get(path), 403) == "plugin_disabled"
    assert who.admin.post("/api/plugins/enable", {"name": NAME}).status_code == 200
    assert who.nobody.get(path).status_code == 200
    suspended(who.admin, plugin_id)
    for url in (path, f"{PLUGINS}/{plugin_id}/versions/1.0.0/download"):
        assert slug(who.nobody.get(url), 404) == "plugin_not_found"
    assert who.developer.get(path).status_code == 200
    assert count(who.developer, plugin_id) == 2
