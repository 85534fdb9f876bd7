"""Pictures by strangers: decoded, checked, and drawn anew, so that no byte of theirs is served."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

from PIL import Image

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES: Final = 5 * 1024 * 1024
MAX_PIXELS: Final = 40_000_000
MIN_SIDE: Final = 16
# What WebP can say in its 14 bits.
WEBP_SIDE: Final = 16_383
# Icons and drawings: lossy compression would blur their edges for little gain.
ICON_SIDE: Final = 128
FEW_COLOURS: Final = 256

PNG_END: Final = b"IEND\xaeB`\x82"
GIF_EXTENSION, GIF_FRAME, GIF_TRAILER = b"!,;"

ORIENTATION: Final = 0x0112
UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Reason = Literal["not_an_image", "too_large", "too_many_pixels", "too_small"]

# One picture at a time: each may take some hundred MB while it is decoded, and the filter of warnings is global.
_TURN: Final = threading.Lock()


class BadImage(Exception):
    """The bytes are no picture that we take; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture made by us: no metadata, no profile, one frame."""

    data: bytes
    media_type: str
    width: int
    height: int


def normalise(data: bytes, *, max_side: int, max_bytes: int = MAX_BYTES, min_side: int = MIN_SIDE) -> Picture:
    """Draw a PNG, JPEG, WebP or GIF anew: upright, its first frame, no side longer than `max_side`.

    The same bytes give the same picture. Raises BadImage, and nothing else, whatever the bytes are. The size in pixels
    is checked before any pixel is decoded.
    """
    if len(data) > max_bytes:
        raise BadImage("too_large")
    with _TURN, _faults():
        _check_to_the_end(data)
        image = _drawn(data, min(max_side, WEBP_SIDE), min_side)
        return _encoded(image)


@contextmanager
def _faults() -> Iterator[None]:
    """Decoders answer hostile bytes with almost any exception, and with warnings; only BadImage comes out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except BadImage:
            raise
        except (Image.DecompressionBombError, MemoryError):
            raise BadImage("too_many_pixels") from None
        except Exception:
            raise BadImage("not_an_image") from None


def _opened(data: bytes) -> Image.Image:
    """The picture's head: its format, mode and size. Nothing is decoded yet."""
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise BadImage("too_many_pixels")
    return image


def _check_to_the_end(data: bytes) -> None:
    """Refuse what was cut off behind the last pixel, which decoding alone does not notice."""
    image = _opened(data)
    if image.format == "PNG":
        image.verify()
        if PNG_END not in data:
            raise BadImage("not_an_image")
    elif image.format == "GIF":
        _walk_gif(data)


def _walk_gif(data: bytes) -> None:
    """Go through a GIF's blocks to its trailer; an IndexError where there is none."""
    place = 13 + _palette(data[10])
    while (kind := data[place]) != GIF_TRAILER:
        place += 1
        if kind == GIF_FRAME:
            place = _behind_blocks(data, place + 10 + _palette(data[place + 8]))
        elif kind == GIF_EXTENSION:
            place = _behind_blocks(data, place + 1)
        elif kind != 0:
            raise BadImage("not_an_image")


def _palette(flags: int) -> int:
    """The bytes of the palette that a GIF's flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _behind_blocks(data: bytes, place: int) -> int:
    while size := data[place]:
        place += size + 1
    return place + 1


def _drawn(data: bytes, max_side: int, min_side: int) -> Image.Image:
    """The first frame, decoded, upright and scaled, in mode RGB or RGBA."""
    image = _opened(data)
    if min(image.size) < min_side:
        raise BadImage("too_small")
    # A JPEG is decoded at a half, a quarter or an eighth where that is still twice as large as needed.
    image.draft(None, (2 * max_side, 2 * max_side))
    image.load()
    turn = UPRIGHT.get(_orientation(image))
    plain = _plain(image)
    return _scaled(plain.transpose(turn) if turn is not None else plain, max_side)


def _orientation(image: Image.Image) -> int:
    """What EXIF says about the top; broken EXIF says nothing, the picture itself may be fine."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:
        return 1


def _plain(image: Image.Image) -> Image.Image:
    """A copy as RGB, or RGBA where anything is transparent; nothing else is taken along."""
    if image.mode.startswith("I;16"):
        image = image.point(lambda level: level / 256).convert("L")
    if not image.has_transparency_data:
        plain = image.convert("RGB")
    else:
        plain = image.convert("RGBA")
        if plain.getchannel("A").getextrema() == (255, 255):
            plain = plain.convert("RGB")
    # Encoders write profiles, comments and resolutions from here.
    plain.info.clear()
    return plain


def _scaled(image: Image.Image, max_side: int) -> Image.Image:
    longest = max(image.size)
    if longest <= max_side:
        return image
    width, height = (max(1, round(side * max_side / longest)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _encoded(image: Image.Image) -> Picture:
    """PNG for icons, drawings and transparency; WebP for photographs."""
    out = io.BytesIO()
    if image.mode == "RGBA" or max(image.size) <= ICON_SIDE or image.getcolors(FEW_COLOURS) is not None:
        image.save(out, "PNG", optimize=True)
        media_type = "image/png"
    else:
        image.save(out, "WEBP", quality=85, method=4)
        media_type = "image/webp"
    return Picture(out.getvalue(), media_type, *image.size)
