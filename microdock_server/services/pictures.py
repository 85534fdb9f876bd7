"""Icons and screenshots: made anew from what owners send, kept as blobs of their own."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final, TypeVar

from sqlalchemy import select

from ..errors import FileMissing, Invalid
from ..extensions import db
from ..media import BadImage, Picture, effort, normalise
from ..models import Plugin, PluginImage
from ..models.columns import new_id
from ..storage import Storages
from ..storage.contract import StoredFile
from ..uow import Unit, current_unit
from . import files

T = TypeVar("T")

ICON: Final = "icon"
SCREENSHOT: Final = "screenshot"
ICON_SIDE: Final = 512
SCREENSHOT_SIDE: Final = 1920
MAX_BYTES: Final = 5 * 1024 * 1024
MAX_SCREENSHOTS: Final = 8
# Of one request: an icon and eight screenshots in full HD.
MAX_EFFORT: Final = 17_000_000


@dataclass(frozen=True, slots=True)
class NewPictures:
    """Pictures on their way in. They replace what there is; None: it stays."""

    icon: Picture | None = None
    screenshots: Sequence[Picture] | None = None


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture whose blob is there, and whose row is not yet."""

    id: str
    kind: str
    position: int
    picture: Picture
    stored: StoredFile


def prepare(icon: bytes | None, screenshots: Sequence[bytes] | None) -> NewPictures:
    """The pictures of one request, made anew. Raises Invalid for the field of one that is none, or costs too much.

    What all of them together cost is bounded before the first is decoded.
    """
    wanted = [("icon", icon, ICON_SIDE)] if icon is not None else []
    wanted += [(f"screenshots.{place}", data, SCREENSHOT_SIDE) for place, data in enumerate(screenshots or ())]
    left = MAX_EFFORT
    for field, data, _ in wanted:
        left -= _asked(field, effort, data)
        if left < 0:
            raise Invalid.field(field, "field.images_together", megapixels=MAX_EFFORT // 1_000_000)
    drawn = [_asked(field, _drawn, data, side) for field, data, side in wanted]
    return NewPictures(
        icon=drawn[0] if icon is not None else None,
        screenshots=None if screenshots is None else drawn[0 if icon is None else 1 :],
    )


def _drawn(data: bytes, side: int) -> Picture:
    return normalise(data, max_side=side, max_bytes=MAX_BYTES)


def _asked(field: str, work: Callable[..., T], *arguments: object) -> T:
    try:
        return work(*arguments)
    except BadImage as bad:
        key = "field.image" if bad.reason == "not_an_image" else "field.image_size"
        raise Invalid.field(field, key) from bad


def store(unit: Unit, new: NewPictures, storage: Storages) -> list[StoredPicture]:
    """Keep the pictures' bytes; gone again if the unit is rolled back."""
    wanted = [(ICON, 0, new.icon)] if new.icon else []
    wanted += [(SCREENSHOT, place, picture) for place, picture in enumerate(new.screenshots or ())]
    found = []
    for kind, place, picture in wanted:
        key = files.new_key("uploads")
        unit.on_rollback(partial(storage.main.delete, key))
        stored = storage.main.save(key, io.BytesIO(picture.data), limit=4 * MAX_BYTES)
        found.append(StoredPicture(new_id(), kind, place, picture, stored))
    return found


def attach(plugin: Plugin, new: Iterable[StoredPicture], source: str | None = None) -> None:
    """Make these the plugin's pictures."""
    for item in new:
        db.session.add(
            PluginImage(
                id=item.id,
                plugin_name=plugin.name,
                kind=item.kind,
                position=item.position,
                media_type=item.picture.media_type,
                width=item.picture.width,
                height=item.picture.height,
                stored_from=source,
                **files.columns(item.stored),
            )
        )
    db.session.flush()


def remove(plugin: Plugin, kind: str, storage: Storages) -> None:
    """Take the plugin's pictures of this kind away; their files go once that is committed."""
    rows = db.session.scalars(
        select(PluginImage).where(PluginImage.plugin_name == plugin.name, PluginImage.kind == kind)
    )
    for row in rows.all():
        current_unit().on_commit(partial(storage.delete, row.storage_backend, row.storage_key))
        db.session.delete(row)
    db.session.flush()


def of(plugin: Plugin) -> Sequence[PluginImage]:
    """The plugin's pictures: the icon first, screenshots in their order."""
    query = select(PluginImage).where(PluginImage.plugin_name == plugin.name)
    return db.session.scalars(query.order_by(PluginImage.kind, PluginImage.position)).all()


def get(plugin: Plugin, image_id: str) -> PluginImage:
    """One picture of the plugin. Raises FileMissing."""
    found = db.session.get(PluginImage, image_id)
    if found is None or found.plugin_name != plugin.name:
        raise FileMissing()
    return found


def open_file(image: PluginImage, storage: Storages) -> BinaryIO:
    """The picture's bytes, open at the first."""
    return storage.open(image.storage_backend, image.storage_key)


def file_name(image: PluginImage) -> str:
    """`icon.png`, `screenshot-1.webp`."""
    ending = image.media_type.rpartition("/")[2]
    return f"{image.kind}.{ending}" if image.kind == ICON else f"{image.kind}-{image.position + 1}.{ending}"
