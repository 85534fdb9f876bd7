"""Icons and screenshots: re-encoded from owners' files, stored as blobs."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final, TypeVar

from sqlalchemy import bindparam, select

from ...database.session import db
from ...database.unit_of_work import Unit, current_unit
from ...errors import FileMissing, Invalid
from ...media import Allowance, BadImage, NormalisedImage
from ...models import Plugin, PluginImage
from ...models.columns import new_id
from ...models.image import ICON, SCREENSHOT
from ...storage import Storages
from ...storage.contract import StoredFile
from .. import files

T = TypeVar("T")

ICON_SIDE: Final = 512
SCREENSHOT_SIDE: Final = 1920
MAX_BYTES: Final = 5 * 1024 * 1024
MAX_SCREENSHOTS: Final = 8
# Milliseconds of a core (media/image_cost.py) for the images and texts of one request: an icon and eight screenshots in
# full HD.
MAX_EFFORT: Final = 800
TOGETHER: Final = "field.images_together"


@dataclass(frozen=True, slots=True)
class NewImages:
    """Images of a request. They replace the existing ones; None: those are kept."""

    icon: NormalisedImage | None = None
    screenshots: Sequence[NormalisedImage] | None = None


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image whose blob exists, and whose row does not yet."""

    id: str
    kind: str
    position: int
    image: NormalisedImage
    stored: StoredFile


def prepare(icon: bytes | None, screenshots: Sequence[bytes] | None, *, spent: float = 0) -> NewImages:
    """Re-encode the images of one request. Raises Invalid for the field of a bad or too expensive one.

    Their total cost is bounded before the first is decoded, and again as more becomes known of one; the request's texts
    took `spent` milliseconds of it. If photographs as WebP would cost too much, all of the request become JPEG: the
    same request always gives the same bytes.
    """
    wanted = [("icon", icon, ICON_SIDE)] if icon is not None else []
    wanted += [(f"screenshots.{place}", data, SCREENSHOT_SIDE) for place, data in enumerate(screenshots or ())]
    limit = MAX_EFFORT - spent
    as_jpeg = sum(_effort(*each, as_jpeg=False) for each in wanted) > limit
    allowance = Allowance(limit)
    for field, data, side in wanted:
        if not allowance.affords(_effort(field, data, side, as_jpeg=as_jpeg)):
            raise Invalid.field(field, TOGETHER)
    drawn = [_drawn(*each, as_jpeg=as_jpeg, allowance=allowance) for each in wanted]
    return NewImages(
        icon=drawn[0] if icon is not None else None,
        screenshots=None if screenshots is None else drawn[0 if icon is None else 1 :],
    )


def _effort(field: str, data: bytes, side: int, *, as_jpeg: bool) -> float:
    from ...media.images import effort  # noqa: PLC0415  (loads Pillow: see media/__init__.py)

    return _asked(field, partial(effort, data, max_side=side, as_jpeg=as_jpeg))


def _drawn(field: str, data: bytes, side: int, *, as_jpeg: bool, allowance: Allowance) -> NormalisedImage:
    from ...media.images import normalise  # noqa: PLC0415

    work = partial(normalise, data, max_side=side, max_bytes=MAX_BYTES, as_jpeg=as_jpeg, allowance=allowance)
    return _asked(field, work)


def _asked(field: str, work: Callable[[], T]) -> T:
    try:
        return work()
    except BadImage as bad:
        keys = {"not_an_image": "field.image", "too_dear": TOGETHER}
        raise Invalid.field(field, keys.get(bad.reason, "field.image_size")) from bad


def store(unit: Unit, new: NewImages, storage: Storages) -> list[StoredImage]:
    """Store the images' bytes; they are deleted if the unit is rolled back."""
    wanted = [(ICON, 0, new.icon)] if new.icon else []
    wanted += [(SCREENSHOT, place, image) for place, image in enumerate(new.screenshots or ())]
    found = []
    for kind, place, image in wanted:
        key = files.new_key("uploads")
        unit.on_rollback(partial(storage.main.delete, key))
        stored = storage.main.save(key, io.BytesIO(image.data), limit=4 * MAX_BYTES)
        found.append(StoredImage(new_id(), kind, place, image, stored))
    return found


def attach(plugin: Plugin, new: Iterable[StoredImage], source: str | None = None) -> None:
    """Make these the plugin's images."""
    for item in new:
        db.session.add(
            PluginImage(
                id=item.id,
                plugin_name=plugin.name,
                kind=item.kind,
                position=item.position,
                media_type=item.image.media_type,
                width=item.image.width,
                height=item.image.height,
                stored_from=source,
                **files.columns(item.stored),
            )
        )
    db.session.flush()


def remove(plugin: Plugin, kind: str, storage: Storages) -> None:
    """Remove the plugin's images of this kind; their files are deleted once that is committed."""
    rows = db.session.scalars(
        select(PluginImage).where(PluginImage.plugin_name == plugin.name, PluginImage.kind == kind)
    )
    for row in rows.all():
        current_unit().on_commit(partial(storage.delete, row.storage_backend, row.storage_key))
        db.session.delete(row)
    db.session.flush()


# Built once: building a query costs as much as running it.
_OF_PLUGIN: Final = (
    select(PluginImage)
    .where(PluginImage.plugin_name == bindparam("name"))
    .order_by(PluginImage.kind, PluginImage.position)
)


def of(plugin: Plugin) -> Sequence[PluginImage]:
    """The plugin's images: the icon first, screenshots in order."""
    return db.session.scalars(_OF_PLUGIN, {"name": plugin.name}).all()


def get(plugin: Plugin, image_id: str) -> PluginImage:
    """One image of the plugin. Raises FileMissing."""
    found = db.session.get(PluginImage, image_id)
    if found is None or found.plugin_name != plugin.name:
        raise FileMissing()
    return found


def open_file(image: PluginImage, storage: Storages) -> BinaryIO:
    """The image's bytes, open at the first one."""
    return storage.open(image.storage_backend, image.storage_key)


def file_name(image: PluginImage) -> str:
    """`icon.png`, `screenshot-1.webp`."""
    ending = image.media_type.rpartition("/")[2]
    return f"{image.kind}.{ending}" if image.kind == ICON else f"{image.kind}-{image.position + 1}.{ending}"
