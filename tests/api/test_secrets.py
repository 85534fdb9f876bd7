"""Secrets appear in no log and no refusal."""

from __future__ import annotations

from pathlib import Path

from microdock_server.services import accounts

from ..conftest import AppFactory
from ..support import Api

SECRETS = {
    "password": "swordfish-password",
    "new password": "swordfish-changed",
    "wrong password": "swordfish-wrong",
    "typed into the name": "swordfish-typed",
    "plugin key": "swordfish-plugin-key",
    "wrong plugin key": "swordfish-other-key",
    "user key": "swordfish-user-key",
    "upload secret": "swordfish-upload-secret",
}


def test_no_secret_reaches_a_log_or_a_refusal(make_app: AppFactory) -> None:
    app = make_app(LOG_LEVEL="DEBUG", UPLOAD_SECRET_KEY=SECRETS["upload secret"])
    with app.app_context():
        accounts.create("dora", SECRETS["password"])
    api, refusals, tokens = Api(app), [], []
    session = api.post("/api/v1/auth/login", {"username": "dora", "password": SECRETS["password"]}).get_json()["data"]
    tokens += [session["access_token"], session["refresh_token"], api.log_in("dora", SECRETS["password"]).token]
    user = Api(app, session["access_token"])
    refusals.append(api.post("/api/auth/login", {"username": "dora", "password": SECRETS["wrong password"]}))
    refusals.append(api.post("/api/auth/login", {"username": SECRETS["typed into the name"], "password": "x"}))
    secret = {"upload_secret": SECRETS["upload secret"]}
    assert api.upload(key=SECRETS["plugin key"], **secret).status_code == 200
    refusals.append(api.upload(key=SECRETS["plugin key"], **secret))
    refusals.append(api.upload(key=SECRETS["wrong plugin key"], **secret))
    refusals.append(api.upload(key=SECRETS["plugin key"]))
    assert api.back_up(user_key=SECRETS["user key"]).status_code == 200
    refusals.append(api.post("/api/backups/download", {"user_key": SECRETS["user key"], "id": 99}))
    refusals.append(user.post("/api/backups/delete", {"user_key": SECRETS["user key"], "id": 1}))
    refusals.append(api.get("/api/plugins/list?page=x&token=" + session["access_token"]))
    change = {"old_password": SECRETS["password"], "new_password": SECRETS["new password"]}
    assert user.post("/api/v1/auth/password", change).status_code == 200
    refusals.append(user.get("/api/v1/auth/me"))

    assert all(answer.status_code >= 400 for answer in refusals)
    logged = "".join(path.read_text("utf-8") for path in Path(app.instance_path, "logs").glob("*.*"))
    said = "".join(answer.text for answer in refusals)
    assert "failed login from 127.0.0.1" in logged
    assert "login_failed" in logged
    for secret_text in [*SECRETS.values(), *filter(None, tokens)]:
        assert secret_text not in logged
        assert secret_text not in said
