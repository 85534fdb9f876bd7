"""Users and developers on the marketplace surface."""

from __future__ import annotations

from typing import Any, Final

from ... import errors
from ...clock import utcnow
from ...database.unit_of_work import unit_of_work
from ...errors import Forbidden, Invalid, OwnPassword
from ...models import RevenueEntry
from ...services import accounts, developers
from ...services.accounts import passwords
from ...services.accounts.tokens import Actor
from ...services.revisions import Expected
from ...vocabulary import Role
from ..core.credentials import own_names
from ..core.surface import Access
from . import market, serializers
from .schemas import accounts as schemas
from .schemas.base import pagination

USER: Final = {"user_id": {"type": "string", "maxLength": 36}}
DEVELOPER: Final = {"developer_id": {"type": "string", "maxLength": 36}}


@market.operation("GET", "/admin/users", access="user.view", query=schemas.UserQuery, answer=schemas.AccountPage)
def users(query: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Accounts by name."""
    total, rows = accounts.page(query["search"], query["role"], query["page"], query["limit"])
    return {"users": [serializers.account_row(row) for row in rows], "pagination": pagination(query, total)}


@market.operation(
    "GET",
    "/admin/users/<user_id>",
    access="user.view",
    path=USER,
    answer=schemas.Account,
    conditional=True,
    errors=(errors.UserNotFound,),
)
def user(user_id: str, actor: Actor) -> dict[str, Any]:
    """One account."""
    return serializers.account_row(accounts.get(user_id))


@market.operation(
    "PUT",
    "/admin/users/<user_id>",
    access="user.update",
    path=USER,
    body=schemas.UserChange,
    answer=schemas.Account,
    message="market.user_updated",
    transaction="write",
    conditional=True,
    errors=(
        errors.UserNotFound,
        errors.LastAdministrator,
    ),
)
def change_user(user_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Change an account's role, disable or enable it. Their tokens are revoked."""
    if not body:
        raise Invalid.field("role", "field.empty")
    found = accounts.get(user_id)
    expected.ensure(accounts.revision(found))
    if "role" in body and body["role"] != found.role:
        accounts.set_role(user_id, body["role"], actor)
    if "is_active" in body and body["is_active"] != found.is_active:
        accounts.set_active(user_id, body["is_active"], actor)
    return serializers.account_row(found)


@market.operation(
    "POST",
    "/admin/users",
    access="user.create",
    body=schemas.NewUser,
    answer=schemas.NewAccount,
    status=201,
    message="market.user_created",
    transaction="own",
    errors=(
        errors.UsernameTaken,
        errors.UsernameLookalike,
        errors.EmailTaken,
    ),
)
def create_user(actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Create an account for somebody, with a first password that this answer alone shows."""
    password = passwords.made()
    created = accounts.create(body["username"], password, email=body["email"], role=Role(body["role"]), by=actor)
    return {**serializers.account_row(created), "password": password}


@market.operation(
    "POST",
    "/admin/users/<user_id>/password",
    access="user.update",
    path=USER,
    answer=schemas.FirstPassword,
    message="market.password_given",
    transaction="own",
    errors=(
        errors.UserNotFound,
        errors.OwnPassword,
    ),
)
def give_password(user_id: str, actor: Actor) -> dict[str, Any]:
    """Give somebody a new first password, which this answer alone shows. Their logins end. One's own password is
    changed by `POST /auth/password`, which asks for the old one.
    """
    if user_id == actor.id:
        raise OwnPassword()
    password = passwords.made()
    accounts.set_password(user_id, password, by=actor)
    return {"password": password}


@market.operation(
    "POST",
    "/developers/register",
    body=schemas.DeveloperRegistration,
    answer=schemas.Developer,
    status=201,
    message="market.developer_registered",
    transaction="own",
    errors=(
        errors.UsernameTaken,
        errors.UsernameLookalike,
        errors.EmailTaken,
    ),
    act="register",
)
def register(body: dict[str, Any]) -> dict[str, Any]:
    """Register an account with the role `developer`. It may submit at once; an administrator grants the verified
    badge.
    """
    account = {name: body.pop(name) for name in ("username", "email", "password")}
    profile = {**body, "display_name": body["display_name"] or account["username"]}
    made = developers.register(account, profile, own_names())
    with unit_of_work(writing=False):
        found = developers.get(made.user.id)
        # Shown to the developers themselves, so with what they sent.
        return {
            **serializers.developer_row(found, None),
            "email": found.user.email,
            "verification_documents": profile["verification_documents"],
            "verification_notes": "",
            "revision": developers.revision(found),
        }


@market.operation(
    "GET",
    "/developers/<developer_id>",
    access=Access.GUEST,
    path=DEVELOPER,
    answer=schemas.Developer,
    conditional=True,
    errors=(errors.DeveloperNotFound,),
)
def developer(developer_id: str, actor: Actor | None = None) -> dict[str, Any]:
    """A developer's profile."""
    return serializers.developer_row(developers.get(developer_id), actor)


@market.operation(
    "PUT",
    "/developers/<developer_id>",
    access="plugin.update",
    path=DEVELOPER,
    body=schemas.DeveloperChange,
    answer=schemas.Developer,
    message="market.developer_updated",
    transaction="write",
    conditional=True,
    errors=(errors.DeveloperNotFound,),
)
def update(developer_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Change one's own profile; administrators may change anybody's."""
    _ensure_concerned(developer_id, actor)
    return serializers.developer_row(developers.update(developer_id, actor, body, expected), actor)


@market.operation(
    "GET",
    "/developers/<developer_id>/stats",
    access="plugin.view_own",
    path=DEVELOPER,
    answer=schemas.Stats,
    errors=(errors.DeveloperNotFound,),
)
def stats(developer_id: str, actor: Actor) -> dict[str, Any]:
    """Statistics and revenue of the developer's plugins, for themselves and administrators."""
    _ensure_concerned(developer_id, actor)
    found = developers.statistics(developer_id, utcnow())
    revenue = found["revenue"]
    shown = {**_money(revenue), "by_currency": [_money(item) for item in revenue["by_currency"]]}
    return {**found, "revenue": shown}


@market.operation(
    "GET",
    "/admin/developers",
    access="user.view",
    query=schemas.DeveloperQuery,
    answer=schemas.DeveloperPage,
)
def listed(query: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Developers, newest first."""
    total, rows = developers.page(query["search"], query["verification"], query["page"], query["limit"])
    return {
        "developers": [serializers.developer_row(row, actor) for row in rows],
        "pagination": pagination(query, total),
    }


@market.operation(
    "POST",
    "/admin/developers/<developer_id>/verify",
    access="user.update",
    path=DEVELOPER,
    body=schemas.VerificationDecision,
    answer=schemas.Developer,
    message="market.developer_verified",
    transaction="write",
    conditional=True,
    errors=(errors.DeveloperNotFound,),
)
def verify(developer_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Grant the verified badge, or refuse it."""
    found = developers.verify(developer_id, actor, verified=body["verified"], notes=body["notes"], expected=expected)
    return serializers.developer_row(found, actor)


@market.operation(
    "POST",
    "/admin/developers/<developer_id>/revenue",
    access="system.revenue",
    path=DEVELOPER,
    body=schemas.RevenueEntry,
    answer=schemas.RecordedRevenue,
    message="market.revenue_recorded",
    transaction="write",
    errors=(
        errors.DeveloperNotFound,
        errors.PluginNotFound,
    ),
)
def record_revenue(developer_id: str, actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Add an entry to the revenue ledger; a negative amount is a correction."""
    entry = developers.record_revenue(developer_id, actor, {**body, "occurred_at": body["occurred_at"] or utcnow()})
    return _entry(entry)


def _ensure_concerned(developer_id: str, actor: Actor) -> None:
    if not serializers.sees_private(developer_id, actor):
        raise Forbidden()


def _money(sums: dict[str, Any]) -> dict[str, Any]:
    return {
        "total": sums["total"] / 100,
        "this_month": sums["this_month"] / 100,
        "currency": sums["currency"],
    }


def _entry(entry: RevenueEntry) -> dict[str, Any]:
    names = ("id", "currency", "plugin_name", "occurred_at", "note")
    return {**{name: getattr(entry, name) for name in names}, "amount": entry.amount / 100}
