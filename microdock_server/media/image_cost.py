"""What converting an image costs, in milliseconds of a typical core, estimated from its header before it is decoded.

The figures are CPU milliseconds per megapixel (or per megabyte of the file), measured on a core of a shared server with
Pillow 12, libjpeg-turbo, zlib-ng and libwebp 1.6 on the most expensive content found: random pixels and blocks, rows
with Paeth prediction, many scans. `scripts/bench --only dearest` compares them with a server's real use. They are fixed
figures and not measured times, so that the same images are accepted or refused on every machine, busy or not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

MEGA: Final = 1_000_000

# Decoding. For PNG per byte of a pixel: each byte is unpacked and predicted.
PNG_BYTE: Final = 6.0
PNG_FILE: Final = 3.0
GIF_PIXEL: Final = 12.0
WEBP_PIXEL, WEBP_FILE = 18.0, 50.0
# Every block of the file is parsed; only those left after reduction are transformed.
JPEG_SOURCE, JPEG_PIXEL, JPEG_FILE = 0.7, 5.5, 10.0
# With several scans the coefficients are stored, and each scan passes over all of them.
SCANS_SOURCE, SCANS_EACH, SCANS_FILE = 2.0, 0.5, 25.0
CMYK_PIXEL: Final = 12.0
DEEP_PIXEL: Final = 30.0
# Finding out whether anything is transparent, and copying without alpha.
ALPHA_PIXEL: Final = 3.0

# Scaling, per source pixel: a small reduction costs more per pixel.
SCALE, SCALE_LITTLE = 9.5, 13.0
SCALE_ALPHA, SCALE_ALPHA_LITTLE = 18.0, 23.0
LITTLE: Final = 1.4

# Encoding, per pixel of the result.
WEBP: Final = 105.0
JPEG: Final = 16.0
LOSSLESS: Final = 70.0
# Converting colours, and building the conversion table once per image.
PROFILE, PROFILE_TABLE = 60.0, 25.0
# Counting colours, and a PNG attempt that is abandoned when it becomes too long.
DRAWING: Final = 55.0
# Opening, checking and storing a file.
EACH: Final = 2.0


class TooExpensive(Exception):
    """The cost exceeds the remaining allowance."""


class Allowance:
    """The milliseconds that the images of one request may still cost."""

    def __init__(self, left: float = math.inf) -> None:
        self.left = left

    def affords(self, cost: float) -> bool:
        """Spend this much if it is left."""
        if cost > self.left:
            return False
        self.left -= max(cost, 0.0)
        return True

    def spend(self, cost: float) -> None:
        """Spend this much. Raises TooExpensive if it is not left."""
        if not self.affords(cost):
            raise TooExpensive


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of an image before any pixel is decoded; `decoded` is its size after a JPEG's reduction."""

    format: str
    mode: str
    size: tuple[int, int]
    decoded: tuple[int, int]
    file_size: int
    pixel_bytes: int = 3
    is_deep: bool = False
    may_be_transparent: bool = False
    scans: int = 1


def of_decoding(head: Head) -> float:
    """Decoding the image to RGB or RGBA."""
    pixels, source, file = _mega(head.decoded), _mega(head.size), head.file_size / MEGA
    if head.format == "PNG":
        cost = pixels * PNG_BYTE * head.pixel_bytes + file * PNG_FILE
    elif head.format == "GIF":
        cost = pixels * GIF_PIXEL + file * PNG_FILE
    elif head.format == "WEBP":
        cost = pixels * WEBP_PIXEL + file * WEBP_FILE
    elif head.scans > 1:
        cost = source * (SCANS_SOURCE + SCANS_EACH * head.scans) + pixels * JPEG_PIXEL + file * SCANS_FILE
    else:
        cost = source * JPEG_SOURCE + pixels * JPEG_PIXEL + file * JPEG_FILE
    cost += pixels * CMYK_PIXEL if head.mode == "CMYK" else 0
    cost += pixels * DEEP_PIXEL if head.is_deep else 0
    return cost + EACH + (pixels * ALPHA_PIXEL if head.may_be_transparent else 0)


def of_opaque(size: tuple[int, int], result: tuple[int, int], *, as_jpeg: bool) -> float:
    """Scaling to `result` and encoding as WebP or JPEG."""
    scaling = _scaling(size, result, SCALE, SCALE_LITTLE)
    return scaling + _mega(result) * (JPEG if as_jpeg else WEBP)


def of_transparent(size: tuple[int, int], result: tuple[int, int]) -> float:
    """The same with transparency."""
    return _scaling(size, result, SCALE_ALPHA, SCALE_ALPHA_LITTLE) + _mega(result) * LOSSLESS


def of_profile(result: tuple[int, int]) -> float:
    """Converting its colours to sRGB."""
    return PROFILE_TABLE + _mega(result) * PROFILE


def of_drawing(size: tuple[int, int]) -> float:
    """Testing whether an image has few colours, and compressing it losslessly as long as that stays short."""
    return _mega(size) * DRAWING


def fitted(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    """The size scaled down to `max_side` on its longer side; smaller images keep theirs."""
    longest = max(size)
    if longest <= max_side:
        return size
    width, height = (max(1, round(side * max_side / longest)) for side in size)
    return width, height


def _scaling(size: tuple[int, int], result: tuple[int, int], much: float, little: float) -> float:
    if size == result:
        return 0.0
    return _mega(size) * (little if max(size) < LITTLE * max(result) else much)


def _mega(size: tuple[int, int]) -> float:
    return size[0] * size[1] / MEGA
