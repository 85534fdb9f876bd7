"""The commands of operators."""

from __future__ import annotations

import pytest
from click.testing import Result
from flask import Flask

from microdock_server.cli.commands import show_table

from .support import Api, add_user


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=list(words))


def test_an_account_is_created_listed_and_can_log_in(app: Flask) -> None:
    made = run(
        app, "users", "create", "Bob", "--email", "bob@example.com", "--role", "reviewer", "--password", "12345678"
    )
    assert made.exit_code == 0, made.output
    listed = run(app, "users", "list").stdout
    rows = [line.split()[1:] for line in listed.splitlines()]
    assert rows == [
        ["ROLE", "STATE", "USERNAME", "EMAIL"],
        ["admin", "active", "admin", "-"],
        ["reviewer", "active", "Bob", "bob@example.com"],
    ]
    Api(app).log_in("BOB", "12345678")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "admin", "--password", "12345678"), "The username is taken"),
        (("create", "new", "--password", "short"), "password: Must be 8 to 128 characters long"),
        (("create", "a@b", "--password", "12345678"), "username: "),
        (("create", "new", "--email", "nonsense", "--password", "12345678"), "email: "),
        (("set-password", "nobody", "--password", "12345678"), "there is no user 'nobody'"),
        (("set-role", "nobody", "admin"), "there is no user 'nobody'"),
        (("disable", "nobody"), "there is no user 'nobody'"),
    ],
)
def test_a_refusal_is_readable_and_exits_1(app: Flask, words: tuple[str, ...], said: str) -> None:
    refused = run(app, "users", *words)
    assert refused.exit_code == 1
    assert said in refused.output


def test_a_new_role_and_a_disabled_account_take_effect_at_once(app: Flask) -> None:
    user = add_user(app, "carol")
    assert user.get("/api/v1/auth/me").get_json()["data"]["role"] == "user"
    assert run(app, "users", "set-role", "Carol", "admin").exit_code == 0
    assert user.get("/api/v1/auth/me").status_code == 401
    assert run(app, "users", "set-password", "carol", "--password", "12345678").exit_code == 0
    administrator = Api(app).log_in("carol", "12345678")
    assert administrator.get("/api/backups/list-all").status_code == 200
    assert run(app, "users", "disable", "carol").exit_code == 0
    assert administrator.get("/api/backups/list-all").status_code == 401
    assert "disabled  carol" in run(app, "users", "list").stdout
    assert run(app, "users", "enable", "carol").exit_code == 0
    Api(app).log_in("carol", "12345678")


def test_a_list_s_columns_stand_below_each_other_in_every_script(capsys: pytest.CaptureFixture[str]) -> None:
    """As a terminal draws them: Chinese in two columns, vowel signs and accents above their letters."""
    show_table(("NAME", "STATE"), [("李", "a"), ("นี้", "b"), ("e\u0301", "c"), ("한글", "d"), (None, "e")])
    assert capsys.readouterr().out.splitlines() == [
        "NAME  STATE",
        "李    a",
        "นี้     b",
        "e\u0301     c",
        "한글  d",
        "-     e",
    ]
