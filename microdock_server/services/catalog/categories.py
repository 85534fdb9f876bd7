"""Categories: an acyclic tree with unique names among siblings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Engine, Row, Select, String, bindparam, func, or_, select

from ...clock import utcnow
from ...database.prepared import Prepared
from ...database.session import db
from ...database.unit_of_work import read_autocommit
from ...errors import CategoryExists, CategoryInUse, CategoryNotFound, Detail, Invalid
from ...messages import Message
from ...models import Category, Plugin
from ...models.category import SLUG_MAX
from ...text import names, slugs
from ...vocabulary import PluginStatus
from .. import audit, catalog, revisions
from ..audit import Who
from ..revisions import WHATEVER, Expected
from . import search
from .search import Branch

MAX_DEPTH: Final = 8
# Built once: building a query costs as much as running it.
_TREE: Final = select(*Category.__table__.c["id", "parent_id", "has_stale_index", "indexed_parent_key", "slug"])
_OUTLINE: Final[Select[Any]] = select(
    *Category.__table__.c["id", "parent_id", "name"],
    func.coalesce(Category.__table__.c.slug, Category.__table__.c.id).label("address"),
).order_by(*Category.__table__.c["sort_order", "name_key"])
_REFERENCES: Final = [bindparam("reference", type_=String), bindparam("key", type_=String)]
# Pages look this up for every request.
_ADDRESSED: Final = Prepared(
    select(Category.__table__.c.id, func.coalesce(Category.__table__.c.slug, Category.__table__.c.id).label("address"))
    .where(or_(Category.__table__.c.slug.in_(_REFERENCES), Category.__table__.c.id.in_(_REFERENCES)))
    .limit(1)
)
# The slug of a category whose name has neither letters nor digits.
NAMELESS: Final = "category"


def everything() -> Sequence[Category]:
    """All categories, siblings by order and name."""
    return db.session.scalars(select(Category).order_by(Category.sort_order, Category.name_key)).all()


def outline() -> Sequence[Row[Any]]:
    """The same, but only `id`, `parent_id`, `name` and `address` of each."""
    return db.session.execute(_OUTLINE).all()


def published_counts() -> dict[str, int]:
    """The number of published plugins in each category, without its children's."""
    query = select(Plugin.category_id, func.count()).where(Plugin.status == PluginStatus.PUBLISHED)
    rows = db.session.execute(query.where(Plugin.category_id.is_not(None)).group_by(Plugin.category_id))
    return {str(category_id): int(count) for category_id, count in rows}


def get(category_id: str) -> Category:
    """The category. Raises CategoryNotFound."""
    found = db.session.get(Category, category_id)
    if found is None:
        raise CategoryNotFound()
    return found


def addressed(reference: str, autocommit: Engine) -> Row[Any]:
    """`id` and `address` of the category with this slug or id, ignoring case; outside of any unit of work. Raises
    CategoryNotFound.
    """
    if not reference.isprintable():
        # Neither has such characters, and not every engine takes them.
        raise CategoryNotFound()
    found = read_autocommit(autocommit, _ADDRESSED, {"reference": reference, "key": names.key(reference)})
    if not found:
        raise CategoryNotFound()
    return found[0]


def find(category_id: str | None) -> Category | None:
    """The category, if there is one."""
    return db.session.get(Category, category_id) if category_id else None


def ensure_exists(category_id: str | None) -> None:
    """Raise Invalid, for the field `category_id`, unless it is None or names a category."""
    if category_id is not None and db.session.get(Category, category_id) is None:
        raise Invalid.field("category_id", "field.category")


def within(reference: str) -> Branch:
    """The category with this id or slug, and everything below it; the category alone if it does not exist."""
    children: dict[str | None, list[str]] = {}
    stale: set[str] = set()
    moved_unseen = False
    category_id, keys = reference, {reference, names.key(reference)}
    for number, parent, is_stale, indexed, slug in db.session.execute(_TREE):
        children.setdefault(parent, []).append(number)
        if slug in keys:
            category_id = number
        moved_unseen |= indexed != (parent or "")
        if is_stale:
            stale.add(number)
    everything = [category_id]
    for current in everything:
        everything += children.get(current, [])
    if moved_unseen:
        return Branch(tuple(everything), (), tuple(everything))
    whole, single = [category_id], []
    for current in whole:
        if current in stale:
            single.append(current)
            whole += children.get(current, [])
    return Branch(tuple(everything), tuple(one for one in whole if one not in stale), tuple(single))


def complete() -> int:
    """Give a slug to each category that an earlier version of the program made; returns the number of these."""
    waiting = select(Category).where(Category.slug.is_(None)).order_by(Category.created_at, Category.id)
    found = db.session.scalars(waiting).all()
    for category in found:
        _name_in_addresses(category)
    if found:
        db.session.flush()
        catalog.next_revision()
    return len(found)


def revision(category: Category) -> str:
    """The revision of the category."""
    names = ("id", "name", "description", "parent_id", "icon", "sort_order")
    return revisions.of_columns("category", category, names)


def create(by: Who, values: dict[str, Any]) -> Category:
    """A new category. Raises Invalid for a parent that does not exist, CategoryExists for a sibling's name."""
    category = Category(name="", name_key="")
    _assign(category, values)
    _ensure_unique(category)
    category.indexed_parent_key = category.parent_key
    # Those of an earlier version came first.
    complete()
    _name_in_addresses(category)
    db.session.add(category)
    db.session.flush()
    # Pages show what is in a category, and which there are.
    catalog.next_revision()
    audit.record(by, "category.created", "category", category.id, name=category.name, parent_id=category.parent_id)
    return category


def update(by: Who, category_id: str, values: dict[str, Any], expected: Expected = WHATEVER) -> Category:
    """Change a category, or move it; it cannot be moved below itself. Raises ChangedMeanwhile."""
    category = get(category_id)
    expected.ensure(revision(category))
    before = {name: getattr(category, name) for name in values}
    old_parent = category.parent_id
    if values.get("parent_id") in within(category_id).everything:
        raise Invalid.field("parent_id", "field.category_cycle")
    with db.session.no_autoflush:
        _assign(category, values)
        _ensure_unique(category)
    if category.parent_id != old_parent:
        _mark_stale(category_id, (category.indexed_parent_key or None, old_parent, category.parent_id))
        category.indexed_parent_key = category.parent_key
    category.updated_at = utcnow()
    # Lists show its name, and find plugins by what it is below of.
    catalog.next_revision()
    audit.record(by, "category.updated", "category", category.id, changes=audit.changes(before, values))
    return category


def delete(by: Who, category_id: str, expected: Expected = WHATEVER) -> None:
    """Remove an empty category. Raises ChangedMeanwhile, and CategoryInUse while it has children or plugins."""
    category = get(category_id)
    expected.ensure(revision(category))
    has_children = db.session.scalar(select(Category.id).where(Category.parent_id == category_id).limit(1))
    has_plugins = db.session.scalar(select(Plugin.name).where(Plugin.category_id == category_id).limit(1))
    if has_children or has_plugins:
        raise CategoryInUse(name=category.name)
    db.session.delete(category)
    db.session.flush()
    catalog.next_revision()
    audit.record(by, "category.deleted", "category", category_id, name=category.name)


def _assign(category: Category, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(category, name, value)
    if "name" in values:
        category.name_key = _key(values["name"])
    category.parent_key = category.parent_id or ""
    if values.get("parent_id") is not None and _depth(values["parent_id"]) + _height(category.id) > MAX_DEPTH:
        raise Invalid.field("parent_id", "field.category_depth", max=MAX_DEPTH)


def _name_in_addresses(category: Category) -> None:
    taken = set(filter(None, db.session.scalars(select(Category.slug))))
    category.slug = slugs.made(category.name, NAMELESS, SLUG_MAX, taken)


def _mark_stale(moved: str, parents: Iterable[str | None]) -> None:
    """Let searches within these, and within all above them, not rely on how plugins below `moved` were indexed."""
    is_below = Plugin.category_id.in_(within(moved).everything)
    if db.session.scalar(select(Plugin.name).where(is_below).limit(1)) is None:
        return
    for parent in parents:
        for above in search.path_of(parent):
            db.session.get_one(Category, above).has_stale_index = True


def _key(name: str) -> str:
    key = names.key(name)
    if len(key) > Category.name_key.type.length:
        raise Invalid.field("name", "field.characters")
    return key


def _depth(category_id: str) -> int:
    depth, current = 0, db.session.get(Category, category_id)
    if current is None:
        raise Invalid.field("parent_id", "field.category")
    while current is not None:
        depth += 1
        current = db.session.get(Category, current.parent_id) if current.parent_id else None
    return depth


def _height(category_id: str | None) -> int:
    """How many levels the category and everything below it take; a new one takes one."""
    level, height = [category_id], 1
    while level and category_id and height <= MAX_DEPTH:
        level = list(db.session.scalars(select(Category.id).where(Category.parent_id.in_(level))))
        height += bool(level)
    return height


def _ensure_unique(category: Category) -> None:
    twin = db.session.scalar(
        select(Category.id).where(
            Category.parent_key == (category.parent_key or ""),
            # The previous version writes the case-folded name.
            Category.name_key.in_({category.name_key, category.name.casefold()}),
            Category.id != (category.id or ""),
        )
    )
    if twin is not None:
        taken = Detail(Message("error.category_exists", {"name": category.name}), field="name")
        raise CategoryExists(details=[taken], name=category.name)
