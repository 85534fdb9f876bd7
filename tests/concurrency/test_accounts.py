"""Tokens and accounts with two workers: revocation holds everywhere, and unique things exist once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from ..live import Server, at_once, statuses

pytestmark = pytest.mark.live

PASSWORD = "correct horse"


@pytest.fixture(scope="module", autouse=True)
def somebody(server: Server) -> None:
    server.add_user("somebody", PASSWORD)


def session(server: Server) -> Any:
    answer = server.client.post("/api/v1/auth/login", {"username": "somebody", "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_a_refresh_token_used_twenty_times_at_once_has_one_successor(server: Server) -> None:
    first = session(server)
    spend = partial(server.client.with_token(first["refresh_token"]).post, "/api/v1/auth/refresh")
    answers = at_once([spend] * 20)
    assert statuses(answers) == {200: 20}
    [successor] = {answer.json()["data"]["refresh_token"] for answer in answers}
    # Every answer is good for work, and there is one way on from here for all of them.
    for answer in answers[:4]:
        caller = server.client.with_token(answer.json()["data"]["access_token"])
        assert caller.get("/api/v1/auth/me").status_code == 200
    follow = partial(server.client.with_token(successor).post, "/api/v1/auth/refresh")
    assert len({answer.json()["data"]["refresh_token"] for answer in at_once([follow] * 8)}) == 1


def test_another_login_of_the_same_user_is_not_touched_by_a_logout(server: Server) -> None:
    one, other = session(server), session(server)
    assert server.client.with_token(one["access_token"]).post("/api/v1/auth/logout").status_code == 200
    assert server.client.with_token(one["refresh_token"]).post("/api/v1/auth/refresh").status_code == 401
    assert server.client.with_token(other["access_token"]).get("/api/v1/auth/me").status_code == 200
    assert server.client.with_token(other["refresh_token"]).post("/api/v1/auth/refresh").status_code == 200


@pytest.mark.parametrize("path", ["/api/auth/logout", "/api/v1/auth/logout"])
def test_a_logout_holds_in_every_worker(server: Server, path: str) -> None:
    caller = server.client.with_token(session(server)["access_token"])
    ask = partial(caller.get, "/api/v1/auth/me")
    # Both workers have seen the token and accept it.
    assert statuses(at_once([ask] * 12)) == {200: 12}
    assert caller.post(path).status_code == 200
    assert statuses(at_once([ask] * 12)) == {401: 12}


def test_a_logout_holds_across_kill_9_and_a_restart(start_server: Callable[..., Server]) -> None:
    server = start_server(WEB_CONCURRENCY="1")
    admin = server.client.log_in()
    other = server.client.log_in()
    assert admin.post("/api/auth/logout").status_code == 200
    server.kill()
    server.start()
    assert admin.get("/api/backups/list-all").status_code == 401
    assert other.get("/api/backups/list-all").status_code == 200


def test_a_changed_password_ends_every_token_in_every_worker(server: Server) -> None:
    server.add_user("changing", PASSWORD)
    caller = server.client.log_in("changing", PASSWORD)
    ask = partial(caller.get, "/api/v1/auth/me")
    assert statuses(at_once([ask] * 8)) == {200: 8}
    change = {"old_password": PASSWORD, "new_password": "another horse"}
    assert caller.post("/api/v1/auth/password", change).status_code == 200
    assert statuses(at_once([ask] * 8)) == {401: 8}


def test_a_username_registered_ten_times_at_once_is_registered_once(server: Server) -> None:
    def register(number: int) -> Any:
        spelled = "Newcomer" if number % 2 else "newcomer"
        body = {"username": spelled, "email": f"n{number}@example.com", "password": PASSWORD}
        return server.client.post("/api/v1/auth/register", body)

    answers = at_once([partial(register, number) for number in range(10)])
    assert statuses(answers) == {201: 1, 409: 9}


def test_an_address_registered_ten_times_at_once_is_registered_once(server: Server) -> None:
    def register(number: int) -> Any:
        body = {"username": f"reader{number}", "email": "Reader@example.com", "password": PASSWORD}
        return server.client.post("/api/v1/auth/register", body)

    assert statuses(at_once([partial(register, number) for number in range(10)])) == {201: 1, 409: 9}


def test_a_plugin_installed_ten_times_at_once_is_installed_once(server: Server) -> None:
    caller = server.client.with_token(session(server)["access_token"])
    body = {"pluginId": "wk-checkin", "pluginName": "Check-in", "pluginVersion": "1.0.0", "grantedPermissions": []}
    answers = at_once([partial(caller.post, "/api/v1/plugins/install", body)] * 10)
    assert sorted(statuses(answers).values()) == [1, 9]
    assert statuses(answers)[409] == 9
    installed = caller.get("/api/v1/plugins/installed").json()["data"]
    assert [row["pluginId"] for row in installed] == ["wk-checkin"]


def test_a_password_changed_ten_times_at_once_is_changed_once(server: Server) -> None:
    server.add_user("hasty", PASSWORD)
    caller = server.client.log_in("hasty", PASSWORD)

    def change(number: int) -> Any:
        return caller.post(
            "/api/v1/auth/password", {"old_password": PASSWORD, "new_password": f"new password {number}"}
        )

    answers = at_once([partial(change, number) for number in range(10)])
    [winner] = [number for number, answer in enumerate(answers) if answer.status_code == 200]
    # Whoever came later had the wrong password by then, or no token any more.
    assert set(statuses(answers)) <= {200, 401, 403}
    login = {"username": "hasty", "password": f"new password {winner}"}
    assert server.client.post("/api/v1/auth/login", login).status_code == 200
