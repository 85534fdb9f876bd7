"""Categories on the marketplace surface."""

from __future__ import annotations

from typing import Any, Final

from ... import errors
from ...services.accounts.tokens import Actor
from ...services.catalog import categories
from ...services.revisions import Expected
from . import market, serializers
from .schemas import plugins as schemas

CATEGORY: Final = {"category_id": {"type": "string", "maxLength": 36}}
_ACCESS: Final = "system.categories"


@market.operation("GET", "/marketplace/categories", answer=schemas.Category, many=True)
def listed() -> list[dict[str, Any]]:
    """All categories; `parent_id` makes them a tree."""
    counts = categories.published_counts()
    return [serializers.category_row(row, counts) for row in categories.everything()]


@market.operation(
    "POST",
    "/admin/categories",
    access=_ACCESS,
    body=schemas.NewCategory,
    answer=schemas.Category,
    status=201,
    message="market.category_created",
    transaction="write",
    errors=(errors.CategoryExists,),
)
def create(actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """A new category."""
    return serializers.category_row(categories.create(actor, body), {})


@market.operation(
    "GET",
    "/admin/categories/<category_id>",
    access=_ACCESS,
    path=CATEGORY,
    answer=schemas.Category,
    conditional=True,
    errors=(errors.CategoryNotFound,),
)
def category(category_id: str, actor: Actor) -> dict[str, Any]:
    """One category."""
    return serializers.category_row(categories.get(category_id), categories.published_counts())


@market.operation(
    "PUT",
    "/admin/categories/<category_id>",
    access=_ACCESS,
    path=CATEGORY,
    body=schemas.CategoryChange,
    answer=schemas.Category,
    message="market.category_updated",
    transaction="write",
    conditional=True,
    errors=(
        errors.CategoryNotFound,
        errors.CategoryExists,
    ),
)
def update(category_id: str, actor: Actor, body: dict[str, Any], expected: Expected) -> dict[str, Any]:
    """Change a category, or move it in the tree."""
    return serializers.category_row(
        categories.update(actor, category_id, body, expected), categories.published_counts()
    )


@market.operation(
    "DELETE",
    "/admin/categories/<category_id>",
    access=_ACCESS,
    path=CATEGORY,
    message="market.category_deleted",
    transaction="write",
    conditional=True,
    errors=(
        errors.CategoryNotFound,
        errors.CategoryInUse,
    ),
)
def delete(category_id: str, actor: Actor, expected: Expected) -> None:
    """Remove an empty category."""
    categories.delete(actor, category_id, expected)
