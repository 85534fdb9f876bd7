"""The total cost of one request's images, and the behaviour near the limit."""

from __future__ import annotations

import functools
import io
import random

import pytest
from PIL import Image, ImageFile

from microdock_server.errors import Invalid
from microdock_server.media import images as media_images
from microdock_server.media.images import effort
from microdock_server.services.plugins import images

FULL_HD = (1920, 1080)


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


@functools.cache
def blocks(mode: str, size: tuple[int, int], seed: int = 0) -> Image.Image:
    """Many colours, that compress well enough for a file of 5 MiB and cost encoders as much as noise."""
    width, height = size[0] // 4, size[1] // 4
    small = Image.frombytes(mode, (width, height), random.Random(seed).randbytes(width * height * len(mode)))
    return small.resize(size, Image.Resampling.NEAREST)


@functools.cache
def picture(form: str, mode: str = "RGB", size: tuple[int, int] = FULL_HD, *, progressive: bool = False) -> bytes:
    return saved(blocks(mode, size), form, **({"progressive": True} if progressive else {}))


@functools.cache
def opaque() -> bytes:
    """As macOS makes screenshots: with an alpha channel that hides nothing."""
    image = blocks("RGB", FULL_HD).convert("RGBA")
    return saved(image, "PNG")


def refused(icon: bytes | None, shots: list[bytes], spent: float = 0) -> list[str]:
    with pytest.raises(Invalid) as caught:
        images.prepare(icon, shots, spent=spent)
    return [detail.field for detail in caught.value.details if detail.field]


def kinds(new: images.NewImages) -> set[str]:
    return {each.media_type for each in new.screenshots or ()}


@pytest.mark.parametrize("form", ["PNG", "JPEG", "opaque"])
def test_an_icon_and_eight_screenshots_in_full_hd_are_taken_as_jpeg(form: str) -> None:
    shot = opaque() if form == "opaque" else picture(form)
    icon = picture("PNG", "RGB", (512, 512))
    new = images.prepare(icon, [shot] * 8)
    assert kinds(new) == {"image/jpeg"}
    assert new == images.prepare(icon, [shot] * 8)
    assert kinds(images.prepare(icon, [shot])) == {"image/webp"}


def test_four_photographs_of_a_phone_are_taken() -> None:
    small = Image.frombytes("RGB", (252, 189), random.Random(1).randbytes(252 * 189 * 3))
    photograph = saved(small.resize((4032, 3024)), "JPEG", quality=90)
    assert len(images.prepare(None, [photograph] * 4).screenshots or ()) == 4


@pytest.mark.parametrize(
    ("shots", "field"),
    [
        ([("JPEG", "RGB", (2880, 2880))] * 8, "screenshots.3"),
        ([("PNG", "RGB", (3840, 2160))] * 8, "screenshots.2"),
    ],
)
def test_what_costs_too_much_is_refused_before_any_is_decoded(
    shots: list[tuple[str, str, tuple[int, int]]], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_images, "normalise", None)
    assert refused(None, [picture(*shot) for shot in shots]) == [field]


def test_transparency_is_charged_once_it_shows() -> None:
    hidden = picture("PNG", "RGBA")
    assert kinds(images.prepare(None, [hidden])) == {"image/webp"}
    assert refused(None, [hidden] * 8)[0].startswith("screenshots.")
    assert images.prepare(None, [opaque()] * 8).screenshots


def test_what_texts_took_is_not_there_for_pictures() -> None:
    shot = picture("PNG")
    assert kinds(images.prepare(None, [shot], spent=0)) == {"image/webp"}
    assert kinds(images.prepare(None, [shot], spent=640)) == {"image/jpeg"}
    assert refused(None, [shot] * 3, spent=640) == ["screenshots.2"]


def test_few_colours_that_do_not_compress_are_no_drawing() -> None:
    noise = Image.frombytes("L", FULL_HD, random.Random(2).randbytes(FULL_HD[0] * FULL_HD[1]))
    assert kinds(images.prepare(None, [saved(noise, "PNG")])) == {"image/webp"}


def test_estimates_follow_what_makes_a_picture_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "MAXBLOCK", 1 << 24)

    def cost(data: bytes, *, as_jpeg: bool = True) -> float:
        return effort(data, max_side=1920, as_jpeg=as_jpeg)

    plain = picture("JPEG")
    assert cost(picture("JPEG", progressive=True)) > 1.3 * cost(plain)
    assert cost(plain, as_jpeg=False) > 3 * cost(plain)
    assert cost(opaque()) > cost(picture("PNG"))
    # One that is reduced while it is decoded costs less than one that is a little smaller.
    assert cost(picture("JPEG", "RGB", (3840, 2160))) < cost(picture("JPEG", "RGB", (3600, 2024)))
