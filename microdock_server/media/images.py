"""Images by strangers: decoded, checked, and drawn anew, so that no byte of theirs is served."""

from __future__ import annotations

import io
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from PIL import Image

from . import colours, image_cost
from .image_cost import Allowance, Head, TooDear

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES: Final = 5 * 1024 * 1024
# What one image may cost is decided by its head. A 4K screenshot fits; a JPEG may have more, because it costs a tenth
# a pixel and is decoded at a half, a quarter or an eighth where that is enough.
MAX_PIXELS: Final = 4096 * 2304
MAX_JPEG_PIXELS: Final = 40_000_000
MAX_JPEG_DECODED: Final = 24_000_000
# A progressive JPEG has about ten scans; each goes over every block again, however few bytes it takes.
MAX_SCANS: Final = 32
# Parts of a file (chunks, segments, blocks, padding), which are walked one by one: a real 5 MiB has fewer.
MAX_PARTS: Final = 50_000
MAX_SEGMENTS: Final = 1_000
MIN_SIDE: Final = 16
# Transparent images cost twice as much to scale, and are compressed without loss: they are kept smaller.
TRANSPARENT_SIDE: Final = 1280
DEEP: Final = 16
# What WebP can say in its 14 bits.
WEBP_SIDE: Final = 16_383
# Icons and drawings: lossy compression would blur their edges for little gain.
ICON_SIDE: Final = 128
FEW_COLOURS: Final = 256
# A drawing compresses well. One that does not takes long as well, and is no drawing.
DRAWING_BYTES: Final = 64 * 1024
DRAWING_PIXELS_PER_BYTE: Final = 8

PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
# The others are not shown, and some of them unpack to much more than they are.
PNG_CHUNKS: Final = frozenset((b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"IDAT", b"eXIf", b"IEND"))
PNG_PROFILE: Final = b"iCCP"
JPEG_HEAD, JPEG_SCAN = b"\xff\xd8\xff", b"\xff\xda"
GIF_HEAD: Final = b"GIF8"
# By the type of colour in its head: grey, RGB, palette, grey and RGB with alpha.
PNG_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
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

Reason = Literal["not_an_image", "too_large", "too_many_pixels", "too_small", "too_dear"]

# Each takes up to 200 MB while it is decoded. Nobody waits long here: none takes a second.
_TURNS: Final = threading.BoundedSemaphore(2)
# What Pillow warns of is refused or harmless. Set once: a filter that is changed for each image is changed for all
# threads of the process.
warnings.filterwarnings("ignore", module=r"PIL\.")


class BadImage(Exception):
    """The bytes are no image that we take; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NormalisedImage:
    """An image made by us: no metadata, no profile, one frame."""

    data: bytes
    media_type: str
    width: int
    height: int


def normalise(
    data: bytes,
    *,
    max_side: int,
    max_bytes: int = MAX_BYTES,
    min_side: int = MIN_SIDE,
    as_jpeg: bool = False,
    allowance: Allowance | None = None,
) -> NormalisedImage:
    """Draw a PNG, JPEG, WebP or GIF anew: upright, its first frame, no side longer than `max_side`.

    The same bytes give the same image. Raises BadImage, and nothing else, whatever the bytes are. What it may cost is
    checked before any pixel is decoded (`effort`); what shows only then (transparency, few colours) is taken from
    `allowance` before it is scaled. Photographs become WebP, or JPEG with `as_jpeg`, which takes a sixth of the time.
    """
    if len(data) > max_bytes:
        raise BadImage("too_large")
    with _faults():
        image = _checked(data)
        if min(image.size) < min_side:
            raise BadImage("too_small")
        left = allowance if allowance is not None else Allowance()
        with _TURNS:
            return _encoded(_drawn(image, min(max_side, WEBP_SIDE), left, as_jpeg=as_jpeg), left, as_jpeg=as_jpeg)


def effort(data: bytes, *, max_side: int, as_jpeg: bool = False) -> float:
    """What an image costs to be made anew at the least, in milliseconds of an ordinary core (image_cost.py).

    By its head, which may leave open whether anything is transparent: `normalise` takes the difference.
    Raises BadImage.
    """
    with _faults():
        image = _opened(_plain_png(data) if data.startswith(PNG_HEAD) else data)
        size = image.size
        _reduce(image, max_side)
        head = _head(image, size, data)
        result = image_cost.fitted(head.decoded, max_side)
        cost = image_cost.of_decoding(head) + image_cost.of_opaque(head.decoded, result, as_jpeg=as_jpeg)
        return cost + (image_cost.of_profile(result) if colours.has_profile(image) else 0)


def _head(image: Image.Image, size: tuple[int, int], data: bytes) -> Head:
    """What the head says: the image is of `size`, and `image` was told already how large it is needed."""
    is_png = image.format == "PNG"
    depth = data[24] if is_png else 8
    return Head(
        # A camera's double image is a JPEG.
        format="JPEG" if data.startswith(JPEG_HEAD) else str(image.format),
        mode=image.mode,
        size=size,
        decoded=image.size,
        file_size=len(data),
        pixel_bytes=max(1, PNG_CHANNELS.get(data[25], 4) * depth // 8) if is_png else 3,
        is_deep=depth == DEEP,
        may_be_transparent=image.has_transparency_data,
        scans=data.count(JPEG_SCAN, _walk_jpeg(data)) if data.startswith(JPEG_HEAD) else 1,
    )


def _pixels(image: Image.Image, data: bytes) -> int:
    """As its head says; a PNG's of 16 bits count twice, for twice as much is unpacked."""
    is_deep = image.format == "PNG" and data[24] == DEEP
    return image.width * image.height * (2 if is_deep else 1)


@contextmanager
def _faults() -> Iterator[None]:
    """Decoders answer hostile bytes with almost any exception; only BadImage comes out."""
    try:
        yield
    except BadImage:
        raise
    except TooDear:
        raise BadImage("too_dear") from None
    except (Image.DecompressionBombError, MemoryError):
        raise BadImage("too_many_pixels") from None
    except Exception:
        raise BadImage("not_an_image") from None


def _checked(data: bytes) -> Image.Image:
    """The image's head (format, mode and size) where all of it is there and its cost is bounded; not decoded yet.

    What was cut off behind the last pixel is refused here: decoding alone does not notice.
    """
    if data.startswith(PNG_HEAD):
        data = _plain_png(data)
        _opened(data).verify()
    elif data.startswith(JPEG_HEAD):
        _walk_jpeg(data)
    elif data.startswith(GIF_HEAD):
        # Its head first: a bomb is refused as what it is, whole or not.
        _opened(data)
        _walk_gif(data)
    return _opened(data)


def _opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    # Animated ones decode whole canvases and are few; only still JPEGs are cheap.
    if _pixels(image, data) > (MAX_JPEG_PIXELS if image.format == "JPEG" else MAX_PIXELS):
        raise BadImage("too_many_pixels")
    return image


def _plain_png(data: bytes) -> bytes:
    """The PNG without chunks that are not shown; whole, up to its end.

    A PNG has one profile at most: a second is not even unpacked, for a thousand times that would take long.
    """
    place, kept, has_profile = len(PNG_HEAD), [PNG_HEAD], False
    for _ in range(MAX_PARTS):
        size, name = struct.unpack_from(">L4s", data, place)
        end = place + 12 + size
        if end > len(data):
            raise BadImage("not_an_image")
        if name == PNG_PROFILE:
            is_kept = not has_profile and colours.is_short(data[place + 8 : end - 4])
            has_profile = True
        else:
            is_kept = name in PNG_CHUNKS
        if is_kept:
            kept.append(data[place:end])
        if name == b"IEND":
            return b"".join(kept)
        place = end
    raise BadImage("not_an_image")


def _walk_jpeg(data: bytes) -> int:
    """Go through a JPEG's segments to its first scan, whose place is given, and bound the scans."""
    if data.count(JPEG_SCAN) > MAX_SCANS:
        raise BadImage("too_many_pixels")
    place = 2
    for _ in range(MAX_SEGMENTS):
        marker = data[place + 1]
        if marker == JPEG_SCAN[1]:
            return place
        # A byte that only fills, or a segment with its length.
        place += 1 if marker in (0x00, 0xFF) else 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    raise BadImage("not_an_image")


def _walk_gif(data: bytes) -> None:
    """Go through a GIF's blocks to its trailer; an IndexError where there is none."""
    place, parts = 13 + _palette(data[10]), 0
    while (kind := data[place]) != GIF_TRAILER:
        place, parts = place + 1, parts + 1
        if parts > MAX_PARTS:
            raise BadImage("not_an_image")
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
    for _ in range(MAX_PARTS):
        if not (size := data[place]):
            return place + 1
        place += size + 1
    raise BadImage("not_an_image")


def _reduce(image: Image.Image, max_side: int) -> None:
    """Have a JPEG decoded at a half, a quarter or an eighth where that is still as large as needed."""
    image.draft(None, image_cost.fitted(image.size, max_side))


def _drawn(image: Image.Image, max_side: int, left: Allowance, *, as_jpeg: bool) -> Image.Image:
    """The first frame, decoded, upright and scaled, in mode RGB or RGBA."""
    _reduce(image, max_side)
    if image.width * image.height > MAX_JPEG_DECODED:
        raise BadImage("too_many_pixels")
    image.load()
    turn, profile, mode = UPRIGHT.get(_orientation(image)), colours.profile_of(image), image.mode
    size = image_cost.fitted(image.size, max_side)
    if profile is not None and profile.is_of_inks(image):
        image = profile.to_srgb(_scaled(image, size))
    plain = _plain(image)
    if plain.mode == "RGBA":
        expected = image_cost.of_opaque(plain.size, size, as_jpeg=as_jpeg)
        size = image_cost.fitted(plain.size, min(max_side, TRANSPARENT_SIDE))
        left.spend(image_cost.of_transparent(plain.size, size) - expected)
    plain = _scaled(plain, size)
    if profile is not None and profile.fits(mode):
        plain = profile.to_srgb(plain)
        plain.info.clear()
    return plain.transpose(turn) if turn is not None else plain


def _orientation(image: Image.Image) -> int:
    """What EXIF says about the top; broken EXIF says nothing, the image itself may be fine."""
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


def _scaled(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Reduced by a whole number as far as that goes, which is cheap, and the rest by a filter that is sharp enough."""
    return image if image.size == size else image.resize(size, Image.Resampling.HAMMING, reducing_gap=1.0)


def _encoded(image: Image.Image, left: Allowance, *, as_jpeg: bool) -> NormalisedImage:
    """PNG for icons and drawings, WebP without loss for transparency, WebP or JPEG for photographs.

    Made to be cheap: `optimize`, and WebP's slower methods, take up to ten times as long for a tenth of the size.
    """
    if max(image.size) <= ICON_SIDE:
        return _saved(image, "PNG", compress_level=6)
    if (drawing := _drawing(image, left)) is not None:
        return drawing
    if image.mode == "RGBA":
        return _saved(image, "WEBP", lossless=True, quality=0, method=0)
    if as_jpeg:
        return _saved(image, "JPEG", quality=90, subsampling=0)
    return _saved(image, "WEBP", quality=85, method=0)


def _drawing(image: Image.Image, left: Allowance) -> NormalisedImage | None:
    """The image as PNG where it has few colours and becomes small; None where it does not, or that costs too much."""
    if not left.affords(image_cost.of_drawing(image.size)) or image.getcolors(FEW_COLOURS) is None:
        return None
    out = _Short(max(DRAWING_BYTES, image.width * image.height // DRAWING_PIXELS_PER_BYTE))
    try:
        return _saved(image, "PNG", out, compress_level=1)
    except _TooLong:
        return None


class _TooLong(Exception):
    """More was written than a drawing has."""


class _Short(io.BytesIO):
    """Takes so many bytes, and no more."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def write(self, data: Any, /) -> int:
        if self.tell() + len(data) > self._limit:
            raise _TooLong
        return super().write(data)


def _saved(image: Image.Image, kind: str, out: io.BytesIO | None = None, **options: Any) -> NormalisedImage:
    out = io.BytesIO() if out is None else out
    image.save(out, kind, **options)
    return NormalisedImage(out.getvalue(), Image.MIME[kind], *image.size)
