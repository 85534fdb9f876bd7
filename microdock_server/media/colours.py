"""Pictures with a colour profile are converted to sRGB, so that they look the same when the profile is gone."""

from __future__ import annotations

import io
import zlib
from contextlib import suppress
from typing import Final

from PIL import Image, ImageCms

# Real ones have half a kilobyte (screens) to half a megabyte (printers).
MAX_BYTES: Final = 1 << 20
# Elements of any number, each of which would be computed for every point of a grid.
CHAINS: Final = b"mpet"
RGB: Final = "RGB"
BARE: Final = {"GRAY": "L", "CMYK": "CMYK"}


class Profile:
    """What the colours of a picture mean."""

    def __init__(self, data: bytes) -> None:
        self._profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        self._space = self._profile.profile.xcolor_space.strip()
        self.is_srgb = "sRGB" in ImageCms.getProfileDescription(self._profile)

    def fits(self, plain: Image.Image) -> bool:
        """Is it the profile of a picture in RGB or RGBA, as this one is?"""
        return self._space == RGB and plain.mode in ("RGB", "RGBA")

    def is_of_bare(self, image: Image.Image) -> bool:
        """Is it the profile of greys or inks, which this picture has? They must be converted before they become RGB."""
        return BARE.get(self._space) == image.mode and not image.has_transparency_data

    def to_srgb(self, image: Image.Image) -> Image.Image:
        """The picture in sRGB, in mode RGB, or RGBA where it was; as it is where the profile cannot be used."""
        srgb = ImageCms.createProfile("sRGB")
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        try:
            found = ImageCms.profileToProfile(image, self._profile, srgb, outputMode=mode)
        except (ImageCms.PyCMSError, ValueError):
            return image
        return image if found is None else found


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
    """The profile whose colours are to be converted; None where there is none, it is sRGB's, or it is broken."""
    data = image.info.get("icc_profile")
    if not isinstance(data, bytes) or not data or len(data) > MAX_BYTES or CHAINS in data:
        return None
    try:
        found = Profile(data)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return None if found.is_srgb else found
