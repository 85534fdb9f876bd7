"""Backups: storing, listing, quotas, and who may delete them."""

from __future__ import annotations

import pytest
from flask import Flask

from ...conftest import AppFactory, WallClock
from ...support import Api, add_user, multipart, signed_in, stored_files, stored_rows

KEY = "user123abc"


def backup_ids(api: Api, key: str = KEY, **page: int) -> list[int]:
    found = api.post("/api/backups/list", {"user_key": key, **page}).get_json()["data"]
    return [backup["id"] for backup in found["backups"]]


@pytest.mark.parametrize("text", ["", "程序配置备份", "two\r\nlines\ttabbed", "  spaces  ", "<b>&amp;</b>", "😀" * 100])
def test_a_description_comes_back_verbatim(api: Api, text: str) -> None:
    head = "Content-Disposition: form-data; name"
    fields = {"user_key": KEY, "backup_type": "program", "description": text}
    parts = [(f"{head}={name}", value.encode()) for name, value in fields.items()]
    sent = multipart(*parts, (f"{head}=file; filename=b.zip", b"bytes"))
    assert api.post("/api/backups/upload", **sent).status_code == 200
    [backup] = api.post("/api/backups/list", {"user_key": KEY}).get_json()["data"]["backups"]
    assert backup["description"] == text


def test_the_file_is_never_looked_into(api: Api) -> None:
    data = bytes(range(256)) * 10
    number = api.back_up(data).get_json()["data"]["id"]
    assert api.post("/api/backups/download", {"user_key": KEY, "id": number}).data == data


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"user_key": "-starts-badly"}, "user_key"),
        ({"user_key": "x" * 257}, "user_key"),
        ({"user_key": "a b"}, "user_key"),
        ({"user_key": "a/../b"}, "user_key"),
        ({"user_key": "密钥"}, "user_key"),
        ({"user_key": "nul\0"}, "user_key"),
        ({"backup_type": "other"}, "backup_type"),
        ({"backup_type": "PROGRAM"}, "backup_type"),
        ({"description": "x" * 10_001}, "description"),
        ({"description": "nul\0"}, "description"),
        ({"plugin_name": "x" * 201}, "plugin_name"),
        ({"plugin_name": "nul\0"}, "plugin_name"),
    ],
)
def test_a_wrong_field_is_422_and_leaves_nothing(app: Flask, api: Api, fields: dict[str, str], wrong: str) -> None:
    rows = stored_rows(app)
    answer = api.back_up(**fields)
    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.get_json()["details"]] == [wrong]
    assert (stored_rows(app), stored_files(app)) == (rows, [])


@pytest.mark.parametrize("name", ["b.rar", "b", "zip", "b.zip.exe"])
def test_another_extension_is_400(app: Flask, api: Api, name: str) -> None:
    assert api.back_up(name=name).status_code == 400
    assert stored_files(app) == []


@pytest.mark.parametrize(("name", "suffix"), [("b.tar.gz", ".tar.gz"), ("B.ZIP", ".zip"), ("b.bak", ".bak")])
def test_extensions_come_from_the_settings_and_show_in_the_download(
    make_app: AppFactory, name: str, suffix: str
) -> None:
    api = Api(make_app(ALLOWED_EXTENSIONS='{".zip", ".tar.gz", "bak"}'))
    number = api.back_up(name=name).get_json()["data"]["id"]
    header = api.post("/api/backups/download", {"user_key": KEY, "id": number}).headers["Content-Disposition"]
    assert header.endswith(f'{suffix}"')


def test_the_disk_knows_neither_the_key_nor_the_name(app: Flask, api: Api) -> None:
    api.back_up(user_key="very-secret-key", name="private name.zip")
    [path] = stored_files(app)
    assert "very-secret-key" not in path
    assert "private" not in path


def test_the_same_name_in_the_same_second_does_not_collide(api: Api) -> None:
    for data in (b"one", b"two"):
        assert api.back_up(data).status_code == 200
    numbers = backup_ids(api)
    found = [api.post("/api/backups/download", {"user_key": KEY, "id": n}).data for n in numbers]
    assert found == [b"two", b"one"]


def test_a_wrong_key_and_a_missing_id_are_the_same_404(api: Api) -> None:
    number = api.back_up().get_json()["data"]["id"]
    wrong = api.post("/api/backups/download", {"user_key": "another-user", "id": number})
    missing = api.post("/api/backups/download", {"user_key": KEY, "id": 999})
    assert (wrong.status_code, wrong.get_json()) == (404, missing.get_json())


def test_a_list_shows_one_keys_backups_in_pages_newest_first(api: Api) -> None:
    api.back_up(user_key="another-user")
    for _ in range(3):
        api.back_up()
    assert backup_ids(api) == [4, 3, 2]
    assert backup_ids(api, page=2, limit=2) == [2]
    assert backup_ids(api, "nobody") == []
    total = api.post("/api/backups/list", {"user_key": KEY, "limit": 1}).get_json()["data"]["total"]
    assert total == 3


def test_of_two_backups_the_later_one_is_listed_first_whatever_their_ids(
    app: Flask, api: Api, wall_clock: WallClock
) -> None:
    api.back_up()
    wall_clock.turn(-3600)
    api.back_up()
    assert backup_ids(api) == [1, 2]
    everybodys = signed_in(app).get("/api/backups/list-all").get_json()["data"]["backups"]
    assert [backup["id"] for backup in everybodys] == [1, 2]


def test_a_user_key_is_compared_with_its_case(api: Api) -> None:
    api.back_up(user_key="User-Key")
    assert backup_ids(api, "user-key") == []


class TestQuotas:
    def test_one_more_than_the_count_is_409_and_leaves_nothing(self, make_app: AppFactory) -> None:
        app = make_app(BACKUP_MAX_COUNT="2")
        api = Api(app)
        api.back_up()
        api.back_up()
        files = stored_files(app)
        answer = api.back_up()
        assert (answer.status_code, answer.get_json()["error"]) == (409, "backup_quota_count")
        assert "2" in answer.get_json()["message"]
        assert stored_files(app) == files
        assert api.back_up(user_key="another-user").status_code == 200

    def test_one_byte_more_than_the_bytes_is_409_and_leaves_nothing(self, make_app: AppFactory) -> None:
        app = make_app(BACKUP_MAX_BYTES="10")
        api = Api(app)
        assert api.back_up(b"x" * 6).status_code == 200
        answer = api.back_up(b"x" * 5)
        assert (answer.status_code, answer.get_json()["error"]) == (409, "backup_quota_bytes")
        assert len(stored_files(app)) == 1
        assert api.back_up(b"x" * 4).status_code == 200

    def test_deleting_makes_room(self, make_app: AppFactory) -> None:
        app = make_app(BACKUP_MAX_COUNT="1")
        number = Api(app).back_up().get_json()["data"]["id"]
        signed_in(app).post("/api/backups/delete", {"user_key": KEY, "id": number})
        assert Api(app).back_up().status_code == 200


class TestDeleting:
    def test_removes_row_and_file_and_never_uses_the_id_again(self, app: Flask, root: Api) -> None:
        first = root.back_up().get_json()["data"]["id"]
        assert root.post("/api/backups/delete", {"user_key": KEY, "id": first}).status_code == 200
        assert stored_files(app) == []
        assert root.back_up().get_json()["data"]["id"] > first

    def test_with_another_key_is_404_for_the_administrator_too(self, root: Api) -> None:
        root.back_up()
        assert root.post("/api/backups/delete", {"user_key": "another-user", "id": 1}).status_code == 404
        assert backup_ids(root) == [1]

    @pytest.mark.parametrize(("who", "status"), [("nobody", 401), ("user", 403), ("admin", 200)])
    def test_is_an_administrators_act(self, app: Flask, who: str, status: int) -> None:
        Api(app).back_up()
        callers = {"nobody": Api(app), "user": add_user(app, "eve"), "admin": signed_in(app)}
        assert callers[who].post("/api/backups/delete", {"user_key": KEY, "id": 1}).status_code == status

    @pytest.mark.parametrize(("key", "status"), [(KEY, 200), ("another-user", 404)])
    def test_is_the_key_holders_act_where_the_server_says_so(self, make_app: AppFactory, key: str, status: int) -> None:
        api = Api(make_app(BACKUPS_OWNER_CAN_DELETE="true"))
        api.back_up()
        assert api.post("/api/backups/delete", {"user_key": key, "id": 1}).status_code == status
        assert len(stored_files(api.app)) == (0 if status == 200 else 1)


@pytest.fixture
def of_three_keys(app: Flask, api: Api) -> Api:
    """An administrator; `Alpha-1` has two backups, `alpha-22` and `beta_100%` one each, the last the newest."""
    for key, data in (("Alpha-1", b"1"), ("alpha-22", b"22"), ("Alpha-1", b"333"), ("beta_100.", b"4444")):
        assert api.back_up(data, user_key=f"{key}-padded").status_code == 200
    return signed_in(app)


@pytest.mark.parametrize(
    ("part", "sizes"),
    [("ALPHA", [3, 2, 1]), ("a-1", [3, 1]), ("", [4, 3, 2, 1]), ("_100", [4]), ("%", []), ("a_2", []), ("nobody", [])],
)
def test_backups_are_found_by_a_part_of_their_key(of_three_keys: Api, part: str, sizes: list[int]) -> None:
    data = of_three_keys.post("/api/backups/search", {"key_part": part}).get_json()["data"]
    assert (data["total"], [row["file_size"] for row in data["backups"]]) == (len(sizes), sizes)


def test_what_is_found_comes_in_pages(of_three_keys: Api) -> None:
    for page, sizes in ((1, [4, 3]), (2, [2, 1]), (3, [])):
        data = of_three_keys.post("/api/backups/search", {"page": page, "limit": 2}).get_json()["data"]
        assert (data["total"], [row["file_size"] for row in data["backups"]]) == (4, sizes)


def test_what_each_key_keeps_is_told(of_three_keys: Api) -> None:
    data = of_three_keys.post("/api/backups/totals", {}).get_json()["data"]
    assert (data["total"], data["count"], data["bytes"]) == (3, 4, 10)
    kept = {row["user_key"]: (row["count"], row["bytes"]) for row in data["keys"]}
    assert kept == {"beta_100.-padded": (1, 4), "Alpha-1-padded": (2, 4), "alpha-22-padded": (1, 2)}
    newest = [row["newest_at"] for row in data["keys"]]
    assert newest == sorted(newest, reverse=True)
    assert data["quota"] == {"count": 100, "bytes": 2 << 30}

    data = of_three_keys.post("/api/backups/totals", {"key_part": "alpha", "page": 2, "limit": 1}).get_json()["data"]
    assert (data["total"], data["count"], data["bytes"], len(data["keys"])) == (2, 3, 6, 1)


@pytest.mark.parametrize("path", ["/api/backups/search", "/api/backups/totals"])
def test_keys_are_told_to_administrators_alone(app: Flask, api: Api, path: str) -> None:
    add_user(app, "rev", role="reviewer")
    assert api.post(path, {"key_part": "user"}).status_code == 401
    assert signed_in(app, "rev").post(path, {"key_part": "user"}).status_code == 403


@pytest.mark.parametrize("path", ["/api/backups/search", "/api/backups/totals"])
def test_a_part_of_a_key_is_in_no_message_and_no_log(app: Flask, caplog: pytest.LogCaptureFixture, path: str) -> None:
    part = "secretpart" * 30
    answer = signed_in(app).post(path, {"key_part": part})
    assert answer.status_code == 422
    assert signed_in(app).post(path, {"key_part": part[:256]}).status_code == 200
    assert "secretpart" not in answer.get_data(as_text=True) + caplog.text
