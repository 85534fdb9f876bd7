"""Names by key: look-ups, refusals, comparison of passwords, and `check-names`."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text, update

from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.errors import EmailTaken, Invalid, UsernameLookalike, UsernameTaken, WrongCredentials
from microdock_server.models import Developer, User
from microdock_server.services import accounts
from microdock_server.services.accounts import name_check, passwords
from microdock_server.services.audit import COMMAND_LINE

from ..market import V1, data
from ..support import Api, add_user

PASSWORD = "long enough"


def make(username: str, email: str | None = None, **options: object) -> User:
    return accounts.create(username, PASSWORD, email=email, **options)  # type: ignore[arg-type]


def of_the_version_before(app: Flask, username: str) -> None:
    """An account as a node writes it that does not know 0004 yet."""
    add_user(app, username)
    with app.app_context(), unit_of_work():
        forgotten = {"skeleton": None, "skeleton_cased": None, "search_key": None}
        values = {**forgotten, "username_key": username.casefold()}
        db.session.execute(update(User).where(User.username == username).values(values))


def check(app: Flask) -> Result:
    return app.test_cli_runner().invoke(args=["users", "check-names"])


def test_an_account_is_found_in_other_letters_by_name_and_address(app: Flask) -> None:
    with app.app_context():
        made = make("José", "José@Example.com")
        with unit_of_work(writing=False):
            logins = ("JOSE\u0301", "ｊosé", "jo\u200bsé ", "JOSE\u0301@example.com")
            assert [getattr(accounts.find(login), "id", None) for login in logins] == [made.id] * 4


@pytest.mark.parametrize(
    ("username", "email", "refusal"),
    [
        ("BOB", None, UsernameTaken),
        ("ВОВ", None, UsernameLookalike),
        ("bоb", None, UsernameLookalike),
        ("other", "ＢＯＢ@example.com", EmailTaken),
        ("other", "bob@\u200bexample.com", Invalid),
        ("Ｂob", None, Invalid),
        ("\u3164\u3164", None, Invalid),
        ("other", "ﷺ" * 60 + "@example.com", Invalid),
        ("administrator", None, Invalid),
        ("The-Shop", None, Invalid),
    ],
)
def test_a_name_that_passes_for_another_is_refused(
    app: Flask, username: str, email: str | None, refusal: type[Exception]
) -> None:
    with app.app_context():
        make("bob", "bob@example.com")
        with pytest.raises(refusal):
            make(username, email, reserved=("The Shop",))


def test_whoever_runs_the_server_may_take_its_names(app: Flask) -> None:
    with app.app_context():
        assert make("support", by=COMMAND_LINE).username == "support"
        with pytest.raises(UsernameLookalike):
            make("ѕupport", by=COMMAND_LINE)


def test_an_account_of_the_version_before_counts_and_is_completed(app: Flask) -> None:
    of_the_version_before(app, "Ｓcope")
    with app.app_context():
        with unit_of_work(writing=False):
            assert accounts.find("Ｓcope") is not None
        with pytest.raises(UsernameLookalike):
            make("ѕcope")
        with unit_of_work():
            assert accounts.complete() == 1
            assert accounts.complete() == 0
        with unit_of_work(writing=False):
            assert db.session.scalars(select(User.username_key).where(User.username == "Ｓcope")).one() == "scope"
            assert accounts.find("SCOPE") is not None


def test_where_two_share_a_key_each_logs_in_by_its_exact_name_alone(app: Flask) -> None:
    with app.app_context():
        for name, password in (("alice", "the password of one"), ("Ａlice", "the password of two")):
            of_the_version_before(app, name)
            with unit_of_work(writing=False):
                user_id = db.session.scalars(select(User.id).where(User.username == name)).one()
            accounts.set_password(user_id, password)
        with unit_of_work():
            accounts.complete()
        assert accounts.authenticate("alice", "the password of one").username == "alice"
        assert accounts.authenticate("Ａlice", "the password of two").username == "Ａlice"
        for login, password in (("ALICE", "the password of one"), ("alice", "the password of two")):
            with pytest.raises(WrongCredentials):
                accounts.authenticate(login, password)
        with pytest.raises(UsernameTaken):
            make("ALICE")
    told = check(app)
    assert (told.exit_code, told.stdout) == (1, "KIND           NAMES\nsame username  alice, Ａlice\n")


def test_check_names_tells_of_lookalikes_and_of_categories_and_is_silent_otherwise(app: Flask, root: Api) -> None:
    assert check(app).exit_code == 0
    add_user(app, "scope")
    add_user(app, "ѕсоре")
    data(root.post(f"{V1}/admin/categories", {"name": "Tools"}), 201)
    other = data(root.post(f"{V1}/admin/categories", {"name": "Other"}), 201)["id"]
    with app.app_context(), unit_of_work():
        db.session.execute(text("UPDATE categories SET name = 'To\u200bols' WHERE id = :id"), {"id": other})
    with app.app_context(), unit_of_work(writing=False):
        found = name_check.collisions()
    assert found == [("same category", ["To\\u200bols", "Tools"]), ("lookalike", ["scope", "ѕсоре"])]
    assert check(app).exit_code == 1


def test_people_are_found_ignoring_case_in_every_script(app: Flask, root: Api) -> None:
    for name in ("Дарья", "Ünal", "plain"):
        add_user(app, name)
    with app.app_context(), unit_of_work():
        user = db.session.scalars(select(User).where(User.username == "plain")).one()
        db.session.add(Developer(user_id=user.id, display_name="Фабрика", company="ÇELİK"))

    def users(words: str) -> list[str]:
        found = data(root.get(f"{V1}/admin/users", query_string={"search": words}))["users"]
        return [user["username"] for user in found]

    def developers(words: str) -> list[str]:
        found = data(root.get(f"{V1}/admin/developers", query_string={"search": words}))["developers"]
        return [developer["username"] for developer in found]

    assert [users(words) for words in ("ДАРЬЯ", "арь", "üNAL", "U\u0308nal", "PLAIN")] == [
        ["Дарья"],
        ["Дарья"],
        ["Ünal"],
        ["Ünal"],
        ["plain"],
    ]
    assert [developers(words) for words in ("ФАБРИК", "çel", "plain", "100%")] == [["plain"]] * 3 + [[]]


def test_siblings_and_tags_are_unique_by_key(root: Api) -> None:
    data(root.post(f"{V1}/admin/categories", {"name": "Café"}), 201)
    for name in ("CAFE\u0301", "Ｃafé", " café "):
        assert root.post(f"{V1}/admin/categories", {"name": name}).status_code == 409


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [
        ("caf\u00e9 noir", "cafe\u0301 noir"),
        ("cafe\u0301 noir", "caf\u00e9 noir"),
        ("a\u00a0long\u3000one", "a long one"),
    ],
)
def test_a_password_opens_however_the_keyboard_composes_it(chosen: str, typed: str) -> None:
    stored = passwords.hash_password(chosen)
    assert passwords.matches(stored, typed)
    assert passwords.matches(stored, chosen)
    assert not passwords.matches(stored, typed.upper())


def test_an_old_hash_opens_by_what_was_typed() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("cafe\u0301 noir")
    assert passwords.matches(old, "cafe\u0301 noir")


def test_a_password_has_eight_characters_as_it_is_compared() -> None:
    with pytest.raises(Invalid):
        accounts.ensure_password("e\u0301" * 4)
