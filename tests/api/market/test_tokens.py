"""Which tokens are valid, and what revokes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask import Flask
from sqlalchemy import select

from microdock_server.api.core.auth import sign
from microdock_server.clock import utcnow
from microdock_server.database.session import db
from microdock_server.database.unit_of_work import unit_of_work
from microdock_server.models import RefreshToken, TokenFamily
from microdock_server.services import accounts
from microdock_server.services.accounts import tokens
from microdock_server.services.accounts.tokens import Claims
from microdock_server.services.audit import COMMAND_LINE
from microdock_server.vocabulary import Role

from ...conftest import AppFactory, WallClock
from ...support import Api

PASSWORD = "correct horse"


@pytest.fixture
def session(app: Flask) -> dict[str, Any]:
    """A login of a new user, as the marketplace answers it."""
    with app.app_context():
        accounts.create("Alice", PASSWORD, email="alice@example.com")
    return log_in(app, "Alice")


def log_in(app: Flask, name: str, password: str = PASSWORD, **fields: Any) -> dict[str, Any]:
    answer = Api(app).post("/api/v1/auth/login", {"username": name, "password": password, **fields})
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.get_json()["data"]
    return data


def status(app: Flask, token: str) -> int:
    return Api(app, token).get("/api/v1/plugins/installed").status_code


def refresh(app: Flask, token: str) -> Any:
    return Api(app, token).post("/api/v1/auth/refresh")


def alive(token: str) -> timedelta:
    claims = jwt.decode(token, options={"verify_signature": False})
    return timedelta(seconds=claims["exp"] - claims["iat"])


def test_refreshing_gives_a_new_pair_and_spends_the_old_token(app: Flask, session: dict[str, Any]) -> None:
    fresh = refresh(app, session["refresh_token"]).get_json()["data"]
    assert status(app, fresh["access_token"]) == 200
    assert fresh["refresh_token"] != session["refresh_token"]


def test_within_thirty_seconds_a_spent_token_gives_the_very_same_successor(
    app: Flask, session: dict[str, Any], wall_clock: WallClock
) -> None:
    first = refresh(app, session["refresh_token"]).get_json()["data"]
    wall_clock.turn(28)
    again = refresh(app, session["refresh_token"]).get_json()["data"]
    assert again["refresh_token"] == first["refresh_token"]
    assert [status(app, one["access_token"]) for one in (first, again)] == [200, 200]
    # One chain, however often it was asked for: its one end is refreshed, and everybody goes on with that.
    ends = {refresh(app, one["refresh_token"]).get_json()["data"]["refresh_token"] for one in (first, again)}
    assert len(ends) == 1


def test_a_successor_that_is_spent_is_still_given_and_gives_its_own(app: Flask, session: dict[str, Any]) -> None:
    child = refresh(app, session["refresh_token"]).get_json()["data"]["refresh_token"]
    grandchild = refresh(app, child).get_json()["data"]["refresh_token"]
    assert refresh(app, session["refresh_token"]).get_json()["data"]["refresh_token"] == child
    assert refresh(app, child).get_json()["data"]["refresh_token"] == grandchild


@pytest.mark.parametrize("later", [32, 86_000])
def test_using_a_spent_token_later_ends_the_whole_login(
    app: Flask, session: dict[str, Any], wall_clock: WallClock, later: int
) -> None:
    fresh = refresh(app, session["refresh_token"]).get_json()["data"]
    wall_clock.turn(later)
    assert refresh(app, session["refresh_token"]).status_code == 401
    assert refresh(app, session["refresh_token"]).status_code == 401
    assert refresh(app, fresh["refresh_token"]).status_code == 401
    assert status(app, fresh["access_token"]) == 401


def test_asking_again_does_not_make_the_thirty_seconds_longer(
    app: Flask, session: dict[str, Any], wall_clock: WallClock
) -> None:
    refresh(app, session["refresh_token"])
    wall_clock.turn(20)
    assert refresh(app, session["refresh_token"]).status_code == 200
    wall_clock.turn(20)
    assert refresh(app, session["refresh_token"]).status_code == 401


def test_a_clock_set_back_makes_no_spent_token_good_again(
    app: Flask, session: dict[str, Any], wall_clock: WallClock
) -> None:
    with app.app_context(), unit_of_work():
        for token in db.session.scalars(select(RefreshToken)):
            token.spent_at = utcnow() + timedelta(hours=1)
    assert refresh(app, session["refresh_token"]).status_code == 401


def test_what_a_program_before_this_one_spent_has_no_successor(app: Flask, session: dict[str, Any]) -> None:
    with app.app_context(), unit_of_work():
        for token in db.session.scalars(select(RefreshToken)):
            token.spent_at = utcnow()
    assert refresh(app, session["refresh_token"]).status_code == 401
    assert status(app, session["access_token"]) == 401


def test_after_a_logout_a_spent_token_gives_nothing(app: Flask, session: dict[str, Any]) -> None:
    fresh = refresh(app, session["refresh_token"]).get_json()["data"]
    Api(app, fresh["access_token"]).post("/api/v1/auth/logout")
    assert refresh(app, session["refresh_token"]).status_code == 401


def made_ago(app: Flask, age: timedelta) -> None:
    """Every login was made so long ago."""
    with app.app_context(), unit_of_work():
        for family in db.session.scalars(select(TokenFamily)):
            family.created_at = utcnow() - age


def test_no_chain_outlives_its_login_by_ninety_days(app: Flask) -> None:
    with app.app_context():
        accounts.create("Alice", PASSWORD)
    session = log_in(app, "Alice", remember_me=True)
    made_ago(app, timedelta(days=89, hours=23, minutes=50))
    last = refresh(app, session["refresh_token"]).get_json()["data"]
    assert alive(last["refresh_token"]) <= timedelta(minutes=10)
    assert alive(last["access_token"]) <= timedelta(minutes=10)
    assert last["expires_in"] <= 600
    # Existing logins end as well, whatever their token says.
    made_ago(app, timedelta(days=90))
    assert refresh(app, last["refresh_token"]).status_code == 401


@pytest.mark.parametrize(("ahead", "answer"), [(50, 200), (300, 401)])
def test_the_clock_of_another_node_may_be_a_minute_ahead(
    app: Flask, session: dict[str, Any], ahead: int, answer: int
) -> None:
    then = utcnow() + timedelta(seconds=ahead)
    claims = Claims("some-jti", "access", session["user"]["id"], 0, "", then + timedelta(hours=1), then)
    with app.app_context():
        assert status(app, sign(claims)) == answer


def test_a_token_that_was_read_before_is_no_less_asked_for_its_times(
    app: Flask, session: dict[str, Any], wall_clock: WallClock
) -> None:
    token = session["access_token"]
    assert status(app, token) == 200
    wall_clock.turn(-300)
    assert status(app, token) == 401
    wall_clock.turn(300)
    assert status(app, token) == 200
    wall_clock.turn(3601)
    assert status(app, token) == 401


def test_another_login_of_the_same_user_goes_on(app: Flask, session: dict[str, Any], wall_clock: WallClock) -> None:
    other = log_in(app, "alice")
    refresh(app, session["refresh_token"])
    wall_clock.turn(60)
    refresh(app, session["refresh_token"])
    assert status(app, other["access_token"]) == 200


def test_remembering_lengthens_the_refresh_token(app: Flask, session: dict[str, Any]) -> None:
    assert alive(session["refresh_token"]).days in (0, 1)
    assert alive(log_in(app, "ALICE@example.com", remember_me=True)["refresh_token"]).days in (29, 30)


def test_logging_out_ends_access_and_refresh(app: Flask, session: dict[str, Any]) -> None:
    assert Api(app, session["access_token"]).post("/api/v1/auth/logout").status_code == 200
    assert status(app, session["access_token"]) == 401
    assert refresh(app, session["refresh_token"]).status_code == 401


def test_changing_the_password_asks_for_the_old_one_and_ends_everything(app: Flask, session: dict[str, Any]) -> None:
    api = Api(app, session["access_token"])
    wrong = api.post("/api/v1/auth/password", {"old_password": "not this one", "new_password": "new password"})
    assert wrong.status_code == 403
    right = api.post("/api/v1/auth/password", {"old_password": PASSWORD, "new_password": "new password"})
    assert right.status_code == 200
    assert status(app, session["access_token"]) == 401
    assert refresh(app, session["refresh_token"]).status_code == 401
    log_in(app, "alice", "new password")


@pytest.mark.parametrize("change", ["role", "disabled"])
def test_a_changed_role_and_a_disabled_user_have_no_tokens(app: Flask, session: dict[str, Any], change: str) -> None:
    with app.app_context(), unit_of_work():
        if change == "role":
            accounts.set_role(session["user"]["id"], Role.DEVELOPER, COMMAND_LINE)
        else:
            accounts.set_active(session["user"]["id"], False, COMMAND_LINE)
    assert status(app, session["access_token"]) == 401
    assert refresh(app, session["refresh_token"]).status_code == 401


def test_a_disabled_user_is_answered_like_a_wrong_password(app: Flask, session: dict[str, Any]) -> None:
    with app.app_context(), unit_of_work():
        accounts.set_active(session["user"]["id"], False, COMMAND_LINE)
    disabled = Api(app).post("/api/v1/auth/login", {"username": "alice", "password": PASSWORD})
    unknown = Api(app).post("/api/v1/auth/login", {"username": "nobody", "password": PASSWORD})
    assert disabled.status_code == unknown.status_code == 401
    assert disabled.get_json()["message"] == unknown.get_json()["message"]


def test_the_wrong_kind_of_token_is_refused(app: Flask, session: dict[str, Any]) -> None:
    assert status(app, session["refresh_token"]) == 401
    assert refresh(app, session["access_token"]).status_code == 401


def test_an_expired_token_is_refused(app: Flask, session: dict[str, Any]) -> None:
    past = utcnow() - timedelta(seconds=5)
    with app.app_context():
        token = sign(Claims("some-jti", "access", session["user"]["id"], 0, "", past))
    assert status(app, token) == 401


def test_tokens_of_another_secret_or_of_none_are_refused(
    app: Flask, session: dict[str, Any], make_app: AppFactory
) -> None:
    other = make_app(JWT_SECRET_KEY="another secret of more than thirty-two bytes")
    assert status(other, session["access_token"]) == 401
    claims = jwt.decode(session["access_token"], options={"verify_signature": False})
    assert status(app, jwt.encode(claims, None, algorithm="none")) == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic abc", "Token x", "Bearer a b", "Bearer " + "x" * 5000])
def test_a_header_of_another_shape_is_401(app: Flask, header: str) -> None:
    answer = Api(app).get("/api/v1/auth/me", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_expired_tokens_are_forgotten_and_no_others(app: Flask, session: dict[str, Any]) -> None:
    Api(app, session["access_token"]).post("/api/v1/auth/logout")
    with app.app_context(), unit_of_work():
        assert tokens.forget_expired() == 0
    assert status(app, session["access_token"]) == 401
