"""Images by strangers: decoded, checked and re-encoded, so that no byte of theirs is served."""

from __future__ import annotations

import io
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from PIL import Image

from . import colours, image_cost
from .image_cost import Allowance, Head, TooExpensive
from .image_result import BadImage, NormalisedImage

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES: Final = 5 * 1024 * 1024
# The cost of an image is estimated from its header. A 4K screenshot fits; a JPEG may be larger, because it costs a
# tenth per pixel and is decoded at a half, a quarter or an eighth where that suffices.
MAX_PIXELS: Final = 4096 * 2304
MAX_JPEG_PIXELS: Final = 40_000_000
MAX_JPEG_DECODED: Final = 24_000_000
# A progressive JPEG has about ten scans; each passes over every block again, however few bytes it has.
MAX_SCANS: Final = 32
# Parts of a file (chunks, segments, blocks, padding) are walked one by one: a real 5 MiB file has fewer.
MAX_PARTS: Final = 50_000
MAX_SEGMENTS: Final = 1_000
MIN_SIDE: Final = 16
# Transparent images cost twice as much to scale, and are compressed losslessly: their limit is lower.
TRANSPARENT_SIDE: Final = 1280
DEEP: Final = 16
# WebP's limit: 14 bits.
WEBP_SIDE: Final = 16_383
# Icons and drawings: lossy compression would blur their edges and save little.
ICON_SIDE: Final = 128
FEW_COLOURS: Final = 256
# A drawing compresses well. An image that does not takes long to compress, and is not a drawing.
DRAWING_BYTES: Final = 64 * 1024
DRAWING_PIXELS_PER_BYTE: Final = 8

PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
# Other chunks are not displayed, and some of them unpack to much more than they are.
PNG_CHUNKS: Final = frozenset((b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"IDAT", b"eXIf", b"IEND"))
PNG_PROFILE: Final = b"iCCP"
JPEG_HEAD, JPEG_SCAN = b"\xff\xd8\xff", b"\xff\xda"
GIF_HEAD: Final = b"GIF8"
# By the colour type in the header: grey, RGB, palette, grey and RGB with alpha.
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

# Each takes up to 200 MB while it is decoded. Waiting is short: none takes a second.
_TURNS: Final = threading.BoundedSemaphore(2)
# What Pillow warns of is refused or harmless. Set once: changing the filter per image would affect all threads.
warnings.filterwarnings("ignore", module=r"PIL\.")


def normalise(
    data: bytes,
    *,
    max_side: int,
    max_bytes: int = MAX_BYTES,
    min_side: int = MIN_SIDE,
    as_jpeg: bool = False,
    allowance: Allowance | None = None,
) -> NormalisedImage:
    """Re-encode a PNG, JPEG, WebP or GIF: upright, its first frame, no side longer than `max_side`.

    The same bytes give the same image. Raises BadImage, and nothing else, whatever the bytes are. The cost is checked
    before any pixel is decoded (`effort`); costs that become known later (transparency, few colours) are taken from
    `allowance` before scaling. Photographs become WebP, or JPEG with `as_jpeg`, which takes a sixth of the time.
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
    """The minimum cost of re-encoding an image, in milliseconds of a typical core (image_cost.py).

    Computed from the header, which may leave open whether anything is transparent: `normalise` charges the difference.
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
    """The facts in the header; `image` has been told the needed size already."""
    is_png = image.format == "PNG"
    depth = data[24] if is_png else 8
    return Head(
        # A stereo camera's MPO file is a JPEG.
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
    """As declared; 16-bit PNGs count twice, because twice as much is unpacked."""
    is_deep = image.format == "PNG" and data[24] == DEEP
    return image.width * image.height * (2 if is_deep else 1)


@contextmanager
def _faults() -> Iterator[None]:
    """Decoders raise almost any exception on hostile bytes; only BadImage leaves this context."""
    try:
        yield
    except BadImage:
        raise
    except TooExpensive:
        raise BadImage("too_dear") from None
    except (Image.DecompressionBombError, MemoryError):
        raise BadImage("too_many_pixels") from None
    except Exception:
        raise BadImage("not_an_image") from None


def _checked(data: bytes) -> Image.Image:
    """The image's header (format, mode and size) if the file is complete and its cost bounded; not decoded yet.

    A file truncated after its last pixel is refused here: decoding alone would not notice.
    """
    if data.startswith(PNG_HEAD):
        data = _plain_png(data)
        _opened(data).verify()
    elif data.startswith(JPEG_HEAD):
        _walk_jpeg(data)
    elif data.startswith(GIF_HEAD):
        # The header first: an image bomb is refused as such, complete or not.
        _opened(data)
        _walk_gif(data)
    return _opened(data)


def _opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    # Animated formats decode whole canvases; only still JPEGs are cheap.
    if _pixels(image, data) > (MAX_JPEG_PIXELS if image.format == "JPEG" else MAX_PIXELS):
        raise BadImage("too_many_pixels")
    return image


def _plain_png(data: bytes) -> bytes:
    """The PNG without chunks that are not displayed, complete to its end.

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
    """Walk a JPEG's segments to its first scan, whose offset is returned, and bound the scans."""
    if data.count(JPEG_SCAN) > MAX_SCANS:
        raise BadImage("too_many_pixels")
    place = 2
    for _ in range(MAX_SEGMENTS):
        marker = data[place + 1]
        if marker == JPEG_SCAN[1]:
            return place
        # A fill byte, or a segment with its length.
        place += 1 if marker in (0x00, 0xFF) else 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    raise BadImage("not_an_image")


def _walk_gif(data: bytes) -> None:
    """Walk a GIF's blocks to its trailer; an IndexError if there is none."""
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
    """The size in bytes of the palette that a GIF's flags declare."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _behind_blocks(data: bytes, place: int) -> int:
    for _ in range(MAX_PARTS):
        if not (size := data[place]):
            return place + 1
        place += size + 1
    raise BadImage("not_an_image")


def _reduce(image: Image.Image, max_side: int) -> None:
    """Let a JPEG be decoded at a half, a quarter or an eighth if that is still large enough."""
    image.draft(None, image_cost.fitted(image.size, max_side))


def _drawn(image: Image.Image, max_side: int, left: Allowance, *, as_jpeg: bool) -> Image.Image:
    """The first frame, decoded, upright and scaled, in mode RGB or RGBA."""
    _reduce(image, max_side)
    if image.width * image.height > MAX_JPEG_DECODED:
        raise BadImage("too_many_pixels")
    image.load()
    turn, profile, mode = UPRIGHT.get(_orientation(image)), colours.profile_of(image), image.mode
    size = image_cost.fitted(image.size, max_side)
    if profile is not None and profile.is_cmyk(image):
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
    """EXIF's orientation; broken EXIF is ignored, because the image itself may be fine."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:
        return 1


def _plain(image: Image.Image) -> Image.Image:
    """A copy as RGB, or RGBA if anything is transparent, without anything else."""
    if image.mode.startswith("I;16"):
        image = image.point(lambda level: level / 256).convert("L")
    if not image.has_transparency_data:
        plain = image.convert("RGB")
    else:
        plain = image.convert("RGBA")
        if plain.getchannel("A").getextrema() == (255, 255):
            plain = plain.convert("RGB")
    # Encoders read profiles, comments and resolutions from here.
    plain.info.clear()
    return plain


def _scaled(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Reduced by an integer factor first, which is cheap, then by a filter that is sharp enough."""
    return image if image.size == size else image.resize(size, Image.Resampling.HAMMING, reducing_gap=1.0)


def _encoded(image: Image.Image, left: Allowance, *, as_jpeg: bool) -> NormalisedImage:
    """PNG for icons and drawings, lossless WebP for transparency, WebP or JPEG for photographs.

    Chosen for speed: `optimize`, and WebP's slower methods, take up to ten times as long and save a tenth of the size.
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
    """The image as PNG if it has few colours and the result is small; None otherwise, or if that costs too much."""
    if not left.affords(image_cost.of_drawing(image.size)) or image.getcolors(FEW_COLOURS) is None:
        return None
    out = _Short(max(DRAWING_BYTES, image.width * image.height // DRAWING_PIXELS_PER_BYTE))
    try:
        return _saved(image, "PNG", out, compress_level=1)
    except _TooLong:
        return None


class _TooLong(Exception):
    """The encoded image is longer than a drawing's."""


class _Short(io.BytesIO):
    """A file that accepts a limited number of bytes."""

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
