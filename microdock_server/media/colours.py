"""Converts images with a colour profile to sRGB, so that they look the same without it."""

from __future__ import annotations

import io
import itertools
import zlib
from contextlib import suppress
from typing import Final

from PIL import Image, ImageCms

# Real profiles have half a kilobyte (screens) to half a megabyte (printers).
MAX_BYTES: Final = 1 << 20
# A profile may have any number of elements, each computed for every point of a grid.
CHAINS: Final = b"mpet"
RGB, GREY, CMYK = "RGB", "GRAY", "CMYK"
GREY_MODES: Final = ("1", "L", "LA", "I", "I;16", "I;16B", "I;16L")
# Colours that any other profile would change: sRGB's own profiles are recognized by leaving them unchanged, because a
# profile's name proves nothing.
_LEVELS: Final = (0, 64, 128, 192, 255)
_PROBES: Final = bytes(level for colour in itertools.product(_LEVELS, repeat=3) for level in colour)
_ROUNDING: Final = 2


class Profile:
    """The meaning of an image's colour values."""

    def __init__(self, data: bytes) -> None:
        self._profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        self._space = self._profile.profile.xcolor_space.strip()

    def is_cmyk(self, image: Image.Image) -> bool:
        """Is it a CMYK profile, and the image CMYK? It must be converted before the image becomes RGB."""
        return self._space == image.mode == CMYK

    def fits(self, mode: str) -> bool:
        """Does the profile fit an image that was in this mode, and is in RGB or RGBA now?"""
        return self._space == RGB or (self._space == GREY and mode in GREY_MODES)

    def to_srgb(self, image: Image.Image) -> Image.Image:
        """The image in sRGB, in mode RGB, or RGBA if it was; unchanged if the profile cannot be used."""
        try:
            return self._of_greys(image) if self._space == GREY else self._converted(image)
        except (ImageCms.PyCMSError, ValueError):
            return image

    def _of_greys(self, image: Image.Image) -> Image.Image:
        """Convert an image whose colour channels are equal, by a table of 256 values; alpha stays unchanged."""
        ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
        levels = list(self._transform("L", RGB).apply(ramp).getchannel(0).tobytes())
        return image.point(levels * 3 + list(range(256)) * (image.mode == "RGBA"))

    def _converted(self, image: Image.Image) -> Image.Image:
        transform = self._transform(image.mode, "RGBA" if image.mode == "RGBA" else RGB)
        return image if image.mode != CMYK and _is_identity(transform, image.mode) else transform.apply(image)

    def _transform(self, mode: str, result: str) -> ImageCms.ImageCmsTransform:
        return ImageCms.buildTransform(self._profile, ImageCms.createProfile("sRGB"), mode, result)


def _is_identity(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Does it leave colours unchanged, apart from rounding? Then the image is not converted."""
    probes = Image.frombytes(RGB, (len(_PROBES) // 3, 1), _PROBES)
    found = transform.apply(probes.convert(mode)).convert(RGB).tobytes()
    return all(abs(one - other) <= _ROUNDING for one, other in zip(found, _PROBES, strict=True))


def is_short(chunk: bytes) -> bool:
    """Does a PNG's chunk unpack to a profile of normal size?"""
    with suppress(zlib.error):
        packed = chunk.partition(b"\0")[2][1:]
        return len(zlib.decompressobj().decompress(packed, MAX_BYTES + 1)) <= MAX_BYTES
    return False


def has_profile(image: Image.Image) -> bool:
    """May its colours need conversion? Judged by the header."""
    return bool(image.info.get("icc_profile"))


def profile_of(image: Image.Image) -> Profile | None:
    """The image's colour profile; None if there is none, or it is broken."""
    data = image.info.get("icc_profile")
    if not isinstance(data, bytes) or not data or len(data) > MAX_BYTES or CHAINS in data:
        return None
    try:
        return Profile(data)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
