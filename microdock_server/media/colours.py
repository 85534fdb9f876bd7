"""Images with a colour profile are converted to sRGB, so that they look the same when the profile is gone."""

from __future__ import annotations

import io
import itertools
import zlib
from contextlib import suppress
from typing import Final

from PIL import Image, ImageCms

# Real ones have half a kilobyte (screens) to half a megabyte (printers).
MAX_BYTES: Final = 1 << 20
# Elements of any number, each of which would be computed for every point of a grid.
CHAINS: Final = b"mpet"
RGB, GREY, INKS = "RGB", "GRAY", "CMYK"
GREY_MODES: Final = ("1", "L", "LA", "I", "I;16", "I;16B", "I;16L")
# Colours that every other meaning of the numbers moves, by which sRGB's own profiles are known: what a profile is
# called says nothing of it.
_LEVELS: Final = (0, 64, 128, 192, 255)
_PROBES: Final = bytes(level for colour in itertools.product(_LEVELS, repeat=3) for level in colour)
_ROUNDING: Final = 2


class Profile:
    """What the colours of an image mean."""

    def __init__(self, data: bytes) -> None:
        self._profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        self._space = self._profile.profile.xcolor_space.strip()

    def is_of_inks(self, image: Image.Image) -> bool:
        """Is it the profile of inks, which this image has? They must be converted before they become RGB."""
        return self._space == image.mode == INKS

    def fits(self, mode: str) -> bool:
        """Is it the profile of an image that was in this mode, and is in RGB or RGBA now?"""
        return self._space == RGB or (self._space == GREY and mode in GREY_MODES)

    def to_srgb(self, image: Image.Image) -> Image.Image:
        """The image in sRGB, in mode RGB, or RGBA where it was; as it is where the profile cannot be used."""
        try:
            return self._of_greys(image) if self._space == GREY else self._converted(image)
        except (ImageCms.PyCMSError, ValueError):
            return image

    def _of_greys(self, image: Image.Image) -> Image.Image:
        """An image whose three colours are one grey; alpha is none."""
        ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
        levels = list(self._transform("L", RGB).apply(ramp).getchannel(0).tobytes())
        return image.point(levels * 3 + list(range(256)) * (image.mode == "RGBA"))

    def _converted(self, image: Image.Image) -> Image.Image:
        transform = self._transform(image.mode, "RGBA" if image.mode == "RGBA" else RGB)
        return image if image.mode != INKS and _is_identity(transform, image.mode) else transform.apply(image)

    def _transform(self, mode: str, result: str) -> ImageCms.ImageCmsTransform:
        return ImageCms.buildTransform(self._profile, ImageCms.createProfile("sRGB"), mode, result)


def _is_identity(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Does it leave the colours as they are, but for rounding? Such images are not to lose anything."""
    probes = Image.frombytes(RGB, (len(_PROBES) // 3, 1), _PROBES)
    found = transform.apply(probes.convert(mode)).convert(RGB).tobytes()
    return all(abs(one - other) <= _ROUNDING for one, other in zip(found, _PROBES, strict=True))


def is_short(chunk: bytes) -> bool:
    """Does a PNG's chunk hold a profile that unpacks, to no more than a profile has?"""
    with suppress(zlib.error):
        packed = chunk.partition(b"\0")[2][1:]
        return len(zlib.decompressobj().decompress(packed, MAX_BYTES + 1)) <= MAX_BYTES
    return False


def has_profile(image: Image.Image) -> bool:
    """May its colours have to be converted? By its head."""
    return bool(image.info.get("icc_profile"))


def profile_of(image: Image.Image) -> Profile | None:
    """The profile of its colours; None where there is none, or it is broken."""
    data = image.info.get("icc_profile")
    if not isinstance(data, bytes) or not data or len(data) > MAX_BYTES or CHAINS in data:
        return None
    try:
        return Profile(data)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
