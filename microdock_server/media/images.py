"""Pictures by strangers: decoded, checked, and drawn anew, so that no byte of theirs is served."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

from PIL import Image

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES: Final = 5 * 1024 * 1024
# What one picture may cost is decided by its head. A 4K screenshot fits; a JPEG may have more, because it costs a tenth
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
# Transparent pictures cost twice as much to scale, and are compressed without loss: they are kept smaller.
TRANSPARENT_SIDE: Final = 1280
DEEP: Final = 16
# What WebP can say in its 14 bits.
WEBP_SIDE: Final = 16_383
# Icons and drawings: lossy compression would blur their edges for little gain.
ICON_SIDE: Final = 128
FEW_COLOURS: Final = 256

PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
# The others are not shown, and some of them unpack to much more than they are.
PNG_CHUNKS: Final = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"eXIf", b"IEND"))
JPEG_HEAD, JPEG_SCAN = b"\xff\xd8\xff", b"\xff\xda"
GIF_HEAD: Final = b"GIF8"
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

# Each takes up to 200 MB while it is decoded. Nobody waits long here: none takes a second.
_TURNS: Final = threading.BoundedSemaphore(2)
# What Pillow warns of is refused or harmless. Set once: a filter that is changed for each picture is changed for all
# threads of the process.
warnings.filterwarnings("ignore", module=r"PIL\.")


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

    The same bytes give the same picture. Raises BadImage, and nothing else, whatever the bytes are. What it may cost is
    checked before any pixel is decoded: about a second of one core at the most, on an idle machine.
    """
    if len(data) > max_bytes:
        raise BadImage("too_large")
    with _faults():
        image = _checked(data)
        if min(image.size) < min_side:
            raise BadImage("too_small")
        with _TURNS:
            return _encoded(_drawn(image, min(max_side, WEBP_SIDE)))


def effort(data: bytes) -> int:
    """What a picture costs to be made anew, in pixels (a JPEG's cost a quarter), by its head. Raises BadImage."""
    with _faults():
        data = _plain_png(data) if data.startswith(PNG_HEAD) else data
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        return _pixels(image, data) // (4 if image.format == "JPEG" else 1)


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
    except (Image.DecompressionBombError, MemoryError):
        raise BadImage("too_many_pixels") from None
    except Exception:
        raise BadImage("not_an_image") from None


def _checked(data: bytes) -> Image.Image:
    """The picture's head (format, mode and size) where all of it is there and its cost is bounded; not decoded yet.

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
    """The PNG without chunks that are not shown; whole, up to its end."""
    place, kept = len(PNG_HEAD), [PNG_HEAD]
    for _ in range(MAX_PARTS):
        size, name = struct.unpack_from(">L4s", data, place)
        end = place + 12 + size
        if end > len(data):
            raise BadImage("not_an_image")
        if name in PNG_CHUNKS:
            kept.append(data[place:end])
        if name == b"IEND":
            return b"".join(kept)
        place = end
    raise BadImage("not_an_image")


def _walk_jpeg(data: bytes) -> None:
    """Go through a JPEG's segments to its first scan, and count the scans."""
    if data.count(JPEG_SCAN) > MAX_SCANS:
        raise BadImage("too_many_pixels")
    place = 2
    for _ in range(MAX_SEGMENTS):
        marker = data[place + 1]
        if marker == JPEG_SCAN[1]:
            return
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


def _drawn(image: Image.Image, max_side: int) -> Image.Image:
    """The first frame, decoded, upright and scaled, in mode RGB or RGBA."""
    # A JPEG is decoded at a half, a quarter or an eighth where that is still as large as needed.
    image.draft(None, (max_side, max_side))
    if image.width * image.height > MAX_JPEG_DECODED:
        raise BadImage("too_many_pixels")
    image.load()
    turn = UPRIGHT.get(_orientation(image))
    plain = _plain(image)
    plain = _scaled(plain, min(max_side, TRANSPARENT_SIDE) if plain.mode == "RGBA" else max_side)
    return plain.transpose(turn) if turn is not None else plain


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
    """Reduced by a whole number as far as that goes, which is cheap, and the rest bicubically."""
    longest = max(image.size)
    if longest <= max_side:
        return image
    width, height = (max(1, round(side * max_side / longest)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=1.0)


def _encoded(image: Image.Image) -> Picture:
    """PNG for icons, drawings and transparency; WebP for photographs.

    Made to be cheap: `optimize`, and WebP's slower methods, take up to ten times as long for a tenth of the size.
    """
    out = io.BytesIO()
    if max(image.size) <= ICON_SIDE or image.getcolors(FEW_COLOURS) is not None:
        image.save(out, "PNG", compress_level=6)
        media_type = "image/png"
    elif image.mode == "RGBA":
        image.save(out, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
        media_type = "image/png"
    else:
        image.save(out, "WEBP", quality=85, method=0)
        media_type = "image/webp"
    return Picture(out.getvalue(), media_type, *image.size)
