"""Administration of users: the list, one account, roles, disabling, the last administrator, the log."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from microdock_server.services import accounts
from microdock_server.vocabulary import Role

from ...market import (
    MOMENT,
    PLUGINS,
    V1,
    account_id,
    answered,
    audited,
    category,
    create,
    created,
    data,
    details,
    published,
    slug,
)
from ...support import Api, add_user

USERS = f"{V1}/admin/users"
NOBODY = "00000000-0000-4000-8000-000000000000"


def change(root: Api, user_id: str, **fields: Any) -> Any:
    return root.put(f"{USERS}/{user_id}", fields)


def listed(root: Api, query: str = "") -> list[str]:
    return [row["username"] for row in data(root.get(f"{USERS}{query}"))["users"]]


def entries(root: Api, action: str = "user.") -> list[tuple[str, str, dict[str, Any]]]:
    """What the log says was done, oldest first: action, target, details."""
    return [(row["action"], row["target"]["id"], row["details"]) for row in reversed(audited(root, action))]


def is_token_valid(api: Api) -> bool:
    return api.get(f"{V1}/auth/me").status_code == 200


@pytest.fixture
def ada(app: Flask) -> Api:
    """Somebody whose password is known, logged in as people are."""
    with app.app_context():
        accounts.create("Ada", "correct horse", email="Ada@Example.com")
    return logged_in(app)


def logged_in(app: Flask) -> Api:
    session = data(Api(app).post(f"{V1}/auth/login", {"username": "ada", "password": "correct horse"}))
    return Api(app, session["access_token"])


@pytest.fixture
def ada_id(ada: Api) -> str:
    return account_id(ada)


# The list.


def test_an_account_is_shown_with_what_administrators_need(root: Api, ada_id: str) -> None:
    found = data(root.get(f"{USERS}/{ada_id}"))
    assert found == {
        "id": ada_id,
        "username": "Ada",
        "email": "Ada@Example.com",
        "role": "user",
        "is_active": True,
        "created_at": found["created_at"],
        "last_login_at": found["last_login_at"],
        "revision": found["revision"],
    }
    assert MOMENT.fullmatch(found["created_at"])
    assert MOMENT.fullmatch(found["last_login_at"])
    assert data(root.get(f"{USERS}?search=ada"))["users"] == [found]


def test_somebody_who_never_logged_in_has_no_last_login(app: Flask, root: Api) -> None:
    user = add_user(app, "quiet")
    found = data(root.get(f"{USERS}/{account_id(user)}"))
    assert (found["email"], found["last_login_at"]) == (None, None)


def test_the_list_is_by_name_whatever_the_case(app: Flask, root: Api) -> None:
    for name in ("bob", "Zoe", "Carl", "anna"):
        add_user(app, name)
    assert listed(root) == ["admin", "anna", "bob", "Carl", "Zoe"]


def test_nobody_is_left_out_or_shown_twice_by_pages(app: Flask, root: Api) -> None:
    names = [f"user{number:02}" for number in range(7)]
    for name in names:
        add_user(app, name)
    pages = [data(root.get(f"{USERS}?page={page}&limit=3")) for page in (1, 2, 3, 4)]
    assert [row["username"] for page in pages for row in page["users"]] == ["admin", *names]
    assert [len(page["users"]) for page in pages] == [3, 3, 2, 0]
    assert [page["pagination"] for page in pages] == [
        {"page": number, "limit": 3, "total": 8, "pages": 3} for number in (1, 2, 3, 4)
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ADA", ["Ada"]),
        ("example.com", ["Ada"]),
        ("a", ["Ada", "admin", "o_a"]),
        ("%25", ["o%o"]),
        ("_", ["o_a"]),
        ("nobody-at-all", []),
        ("李", ["李雷"]),
        ("'", []),
        ("\\", []),
    ],
)
def test_a_search_is_for_a_part_of_the_name_or_address(
    app: Flask, root: Api, ada: Api, words: str, found: list[str]
) -> None:
    for name in ("o_a", "o%o", "李雷"):
        add_user(app, name)
    assert listed(root, f"?search={words}") == found
    assert data(root.get(f"{USERS}?search={words}"))["pagination"]["total"] == len(found)


def test_the_list_is_filtered_by_role(app: Flask, root: Api) -> None:
    for role in Role:
        add_user(app, f"a-{role}", role)
    for role in Role:
        expected = [f"a-{role}", *(["admin"] if role is Role.ADMIN else [])]
        assert listed(root, f"?role={role}") == expected
    assert listed(root, "?role=developer&search=rev") == []
    assert "role" in details(root.get(f"{USERS}?role=Admin"))


def test_no_answer_holds_a_password_or_what_became_of_it(root: Api, ada_id: str) -> None:
    for path in ("", f"/{ada_id}"):
        text = root.get(USERS + path).text
        assert "password" not in text
        assert "$argon2" not in text and "scrypt" not in text and "epoch" not in text


# Roles.


def test_a_new_role_holds_at_once_and_the_old_tokens_do_not(app: Flask, root: Api, ada: Api, ada_id: str) -> None:
    assert create(ada).status_code == 403
    changed = data(change(root, ada_id, role="developer"))
    assert changed["role"] == "developer"
    assert changed == data(root.get(f"{USERS}/{ada_id}"))
    assert not is_token_valid(ada)
    fresh = logged_in(app)
    assert "plugin.create" in data(fresh.get(f"{V1}/auth/me"))["permissions"]
    assert create(fresh).status_code == 201


def test_who_loses_a_role_loses_what_it_could_do_at_once(app: Flask, root: Api) -> None:
    reviewer, second = add_user(app, "rev", Role.REVIEWER), add_user(app, "second", Role.ADMIN)
    assert reviewer.get(f"{V1}/admin/reviews/queue").status_code == 200
    assert second.get(USERS).status_code == 200
    data(change(root, account_id(reviewer), role="user"))
    data(change(root, account_id(second), role="reviewer"))
    assert reviewer.get(f"{V1}/admin/reviews/queue").status_code == 401
    assert second.get(USERS).status_code == 401


def test_the_refresh_token_of_an_old_role_is_spent_too(app: Flask, api: Api, root: Api, ada_id: str) -> None:
    session = data(api.post(f"{V1}/auth/login", {"username": "ada", "password": "correct horse"}))
    data(change(root, ada_id, role="reviewer"))
    assert Api(app, session["refresh_token"]).post(f"{V1}/auth/refresh").status_code == 401


def test_the_host_surface_refuses_the_old_token_as_well(root: Api, ada: Api, ada_id: str) -> None:
    assert ada.get("/api/auth/me").get_json()["data"]["is_logged_in"] is True
    data(change(root, ada_id, is_active=False))
    assert ada.get("/api/auth/me").get_json()["data"]["is_logged_in"] is False


def test_the_role_that_somebody_has_already_changes_nothing(root: Api, ada: Api, ada_id: str) -> None:
    assert data(change(root, ada_id, role="user"))["role"] == "user"
    assert data(change(root, ada_id, is_active=True))["is_active"] is True
    assert is_token_valid(ada)
    assert entries(root) == []


def test_who_is_made_a_developer_has_a_profile(root: Api, ada_id: str, app: Flask) -> None:
    data(change(root, ada_id, role="developer"))
    assert data(root.get(f"{V1}/developers/{ada_id}"))["username"] == "Ada"
    ada = logged_in(app)
    assert data(ada.put(f"{V1}/developers/{ada_id}", {"bio": "数学家"}))["bio"] == "数学家"
    assert data(ada.get(f"{V1}/developers/{ada_id}/stats"))["plugins"]["total"] == 0


def test_who_is_made_a_developer_is_listed_and_can_be_verified(root: Api, ada_id: str, app: Flask) -> None:
    data(change(root, ada_id, role="developer"))
    created(logged_in(app))
    assert [row["id"] for row in data(root.get(f"{V1}/admin/developers"))["developers"]] == [ada_id]
    verdict = {"verified": True, "notes": ""}
    assert data(root.post(f"{V1}/admin/developers/{ada_id}/verify", verdict))["verified"] is True


def test_plugins_stay_with_a_developer_who_is_one_no_more(app: Flask, root: Api) -> None:
    developer, reviewer = add_user(app, "dev", Role.DEVELOPER), add_user(app, "rev", Role.REVIEWER)
    developer_id = account_id(developer)
    plugin = published(developer, reviewer)
    data(change(root, developer_id, role="user"))
    shown = data(Api(app).get(f"{PLUGINS}/{plugin['id']}"))
    assert shown["developer"]["id"] == developer_id
    assert data(Api(app).get(f"{V1}/developers/{developer_id}"))["username"] == "dev"


# Disabling.


def test_a_disabled_user_can_do_nothing_until_enabled_again(app: Flask, api: Api, root: Api, ada: Api) -> None:
    ada_id = account_id(ada)
    assert data(change(root, ada_id, is_active=False))["is_active"] is False
    assert not is_token_valid(ada)
    login = {"username": "ada", "password": "correct horse"}
    refused = api.post(f"{V1}/auth/login", login)
    wrong = api.post(f"{V1}/auth/login", {**login, "password": "not that one"})
    assert (refused.status_code, refused.get_json()["message"]) == (401, wrong.get_json()["message"])
    assert api.post("/api/auth/login", login).status_code == 401
    assert "Ada" in listed(root)

    assert data(change(root, ada_id, is_active=True))["is_active"] is True
    assert not is_token_valid(ada), "a token of the time before stays revoked"
    assert is_token_valid(logged_in(app))


def test_role_and_disabling_in_one_request(root: Api, ada: Api, ada_id: str) -> None:
    changed = data(change(root, ada_id, role="reviewer", is_active=False))
    assert (changed["role"], changed["is_active"]) == ("reviewer", False)
    assert not is_token_valid(ada)
    assert sorted(action for action, *_ in entries(root)) == ["user.disabled", "user.role_changed"]


def test_a_disabled_user_can_be_given_a_role(app: Flask, root: Api, ada_id: str) -> None:
    data(change(root, ada_id, is_active=False))
    assert data(change(root, ada_id, role="developer")) == data(root.get(f"{USERS}/{ada_id}"))
    assert data(change(root, ada_id, is_active=True))["role"] == "developer"
    assert create(logged_in(app)).status_code == 201


# The last administrator.


@pytest.mark.parametrize("fields", [{"role": "user"}, {"is_active": False}, {"role": "reviewer", "is_active": False}])
def test_the_last_administrator_stays(root: Api, fields: dict[str, Any]) -> None:
    admin_id = account_id(root)
    assert slug(root.put(f"{USERS}/{admin_id}", fields)) == "last_administrator"
    found = data(root.get(f"{USERS}/{admin_id}"))
    assert (found["role"], found["is_active"]) == ("admin", True)
    assert entries(root) == []


def test_a_disabled_administrator_is_none(app: Flask, root: Api) -> None:
    second = add_user(app, "second", Role.ADMIN)
    data(change(root, account_id(second), is_active=False))
    assert slug(change(root, account_id(root), role="user")) == "last_administrator"


def test_of_two_administrators_one_can_go(app: Flask, root: Api) -> None:
    second = add_user(app, "second", Role.ADMIN)
    assert data(change(second, account_id(root), role="developer"))["role"] == "developer"
    assert not is_token_valid(root)
    assert slug(change(second, account_id(second), is_active=False)) == "last_administrator"


def test_half_of_a_request_is_not_done(app: Flask, root: Api) -> None:
    """A role that may change and a flag that may not: neither is changed."""
    admin_id = account_id(root)
    assert slug(change(root, admin_id, role="admin", is_active=False)) == "last_administrator"
    assert is_token_valid(root)
    assert data(root.get(f"{USERS}/{admin_id}"))["is_active"] is True


# The log.


def test_every_change_is_in_the_log(root: Api, ada_id: str) -> None:
    admin_id = account_id(root)
    data(change(root, ada_id, role="developer"))
    data(change(root, ada_id, is_active=False))
    data(change(root, ada_id, is_active=True))
    assert [(action, target) for action, target, _ in entries(root)] == [
        ("user.role_changed", ada_id),
        ("user.disabled", ada_id),
        ("user.enabled", ada_id),
    ]
    assert entries(root, "user.role_changed")[0][2] == {"before": "user", "after": "developer"}
    for row in audited(root, "user."):
        assert row["actor"] == {"id": admin_id, "username": "admin"}
        assert row["target"]["type"] == "user"
        assert MOMENT.fullmatch(row["at"])


def test_the_log_is_filtered(app: Flask, root: Api, ada_id: str) -> None:
    data(change(root, ada_id, role="reviewer"))
    data(change(root, ada_id, is_active=False))
    category(root)
    admin_id = account_id(root)

    def actions(query: str) -> list[str]:
        return [row["action"] for row in data(root.get(f"{V1}/admin/audit?{query}"))["entries"]]

    assert actions("action=user.") == ["user.disabled", "user.role_changed"]
    assert actions("action=user.disabled") == ["user.disabled"]
    assert actions("action=user") == []
    assert actions(f"target_type=user&target_id={ada_id}") == ["user.disabled", "user.role_changed"]
    assert len(actions(f"actor={admin_id}")) == 3
    assert actions(f"actor={ada_id}") == []
    assert actions("until=2000-01-01T00:00:00Z") == []
    assert len(actions("since=2000-01-01T00:00:00Z")) == 3
    assert data(root.get(f"{V1}/admin/audit?page=2&limit=2"))["pagination"] == {
        "page": 2,
        "limit": 2,
        "total": 3,
        "pages": 2,
    }


def test_what_is_refused_is_not_in_the_log(root: Api, ada: Api, ada_id: str) -> None:
    assert change(ada, ada_id, role="admin").status_code == 403
    assert change(root, ada_id, role="owner").status_code == 422
    assert change(root, NOBODY, role="user").status_code == 404
    assert slug(change(root, account_id(root), is_active=False)) == "last_administrator"
    assert entries(root) == []


# Wrong requests.


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "role"),
        ({"role": "owner"}, "role"),
        ({"role": "ADMIN"}, "role"),
        ({"role": None}, "role"),
        ({"role": 1}, "role"),
        ({"is_active": "false"}, "is_active"),
        ({"is_active": 0}, "is_active"),
        ({"is_active": None}, "is_active"),
        ({"username": "eve"}, "username"),
        ({"password": "battery staple"}, "password"),
    ],
)
def test_a_wrong_change_is_422_and_changes_nothing(
    root: Api, ada: Api, ada_id: str, fields: dict[str, Any], field: str
) -> None:
    before = data(root.get(f"{USERS}/{ada_id}"))
    assert set(details(root.put(f"{USERS}/{ada_id}", fields))) == {field}
    assert data(root.get(f"{USERS}/{ada_id}")) == before
    assert is_token_valid(ada)


def test_who_does_not_exist_is_404(root: Api) -> None:
    for user_id in (NOBODY, "admin", "x" * 200):
        assert root.get(f"{USERS}/{user_id}").status_code == 404
        assert change(root, user_id, role="user").status_code == 404


@pytest.mark.parametrize("role", [Role.USER, Role.DEVELOPER, Role.REVIEWER])
def test_nobody_but_administrators_manages_users(app: Flask, role: Role) -> None:
    caller = add_user(app, "caller", role)
    own_id = account_id(caller)
    assert caller.get(USERS).status_code == 403
    assert caller.get(f"{USERS}/{own_id}").status_code == 403
    assert change(caller, own_id, role="admin").status_code == 403
    assert data(caller.get(f"{V1}/auth/me"))["role"] == role


# What administrators do for somebody who cannot do it: an account, and a new password.


def create_user(root: Api, **fields: Any) -> Any:
    return root.post(USERS, {"username": "grace", "email": "grace@example.com", "role": "reviewer", **fields})


def test_an_administrator_creates_an_account_whose_password_is_shown_once(app: Flask, root: Api) -> None:
    made = answered(create_user(root), 201)
    assert (made["username"], made["email"], made["role"]) == ("grace", "grace@example.com", "reviewer")
    password = made["password"]
    assert len(password) >= 20
    session = data(Api(app).post(f"{V1}/auth/login", {"username": "grace", "password": password}))
    assert session["user"]["role"] == "reviewer"
    assert "password" not in data(root.get(f"{USERS}/{made['id']}"))
    assert entries(root) == [("user.created", made["id"], {"role": "reviewer"})]
    assert password not in root.get(f"{V1}/admin/audit-logs").text
    assert answered(create_user(root, username="alan", email="alan@example.com"), 201)["password"] != password


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"username": "GRACE", "email": "other@example.com"}, 409),
        ({"username": "other"}, 409),
        ({"username": "g\u0433ace", "email": "other@example.com"}, 409),
        ({"username": "a b"}, 422),
        ({"email": "no address"}, 422),
        ({"email": None}, 422),
        ({"role": "owner"}, 422),
        ({"password": "correct horse"}, 422),
    ],
)
def test_an_account_that_cannot_be_is_refused(root: Api, fields: dict[str, Any], status: int) -> None:
    assert create_user(root).status_code == 201
    answer = create_user(root, **fields)
    assert answer.status_code == status, answer.text
    assert listed(root, "?search=grace") == ["grace"]
    assert len(listed(root)) == 2


def test_a_new_password_ends_every_login_and_is_in_the_log(app: Flask, root: Api, ada: Api) -> None:
    user_id = account_id(ada)
    answer = root.post(f"{USERS}/{user_id}/password")
    assert answer.status_code == 200
    password = data(answer)["password"]
    assert not is_token_valid(ada)
    login = {"username": "ada", "password": "correct horse"}
    assert Api(app).post(f"{V1}/auth/login", login).status_code == 401
    assert Api(app).post(f"{V1}/auth/login", {**login, "password": password}).status_code == 200
    assert entries(root) == [("user.password_set", user_id, {})]
    assert password not in root.get(f"{V1}/admin/audit-logs").text


def test_nobody_gets_around_their_old_password(root: Api) -> None:
    answer = root.post(f"{USERS}/{account_id(root)}/password")
    assert slug(answer, 403) == "own_password"
    assert is_token_valid(root)
    assert entries(root) == []


def test_nobody_unknown_gets_a_password(root: Api) -> None:
    assert root.post(f"{USERS}/{NOBODY}/password").status_code == 404
