"""Images by strangers: which are accepted, and that only their pixels are stored."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile, ImageOps, PngImagePlugin

from microdock_server.media import BadImage, NormalisedImage
from microdock_server.media.images import effort, normalise

FORMATS = ["PNG", "JPEG", "WEBP", "GIF"]
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Something with many colours."""
    channels = [
        Image.frombytes("L", (width, height), random.Random(seed).randbytes(width * height)) for seed in range(4)
    ]
    return Image.merge("RGBA", channels).convert(mode)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def decoded(picture: NormalisedImage) -> Image.Image:
    image = Image.open(io.BytesIO(picture.data))
    image.load()
    assert image.size == (picture.width, picture.height)
    assert Image.MIME[str(image.format)] == picture.media_type
    return image


def refused(data: bytes, **options: int) -> str:
    with pytest.raises(BadImage) as caught:
        normalise(data, **{"max_side": 200, **options})
    assert str(caught.value) == caught.value.reason
    return caught.value.reason


def near(pixel: object, colour: tuple[int, ...]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("form", FORMATS)
def test_a_photograph_becomes_webp_and_fits(form: str) -> None:
    image = noise(400, 300) if form != "GIF" else Image.radial_gradient("L").resize((400, 300))
    picture = normalise(encoded(image, form), max_side=200)
    assert (picture.width, picture.height) == (200, 150)
    assert picture.media_type == ("image/webp" if form != "GIF" else "image/png")
    assert decoded(picture).mode == "RGB"


@pytest.mark.parametrize(
    ("size", "max_side", "expected"),
    [
        ((400, 300), 400, (400, 300)), ((400, 300), 1000, (400, 300)), ((300, 400), 100, (75, 100)),
        ((1000, 16), 100, (100, 2)), ((16, 4000), 100, (1, 100)), ((16, 16), 16, (16, 16)), ((64, 64), 1, (1, 1)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", FORMATS)
def test_the_aspect_is_kept_and_nothing_is_enlarged(
    form: str, size: tuple[int, int], max_side: int, expected: tuple[int, int]
) -> None:
    picture = normalise(encoded(Image.new("RGB", size, RED), form), max_side=max_side)
    assert (picture.width, picture.height) == expected
    assert near(decoded(picture).convert("RGB").getpixel((0, 0)), RED)


def test_a_picture_is_never_larger_than_webp_can_be() -> None:
    data = encoded(noise(17_000, 16), "PNG")
    assert normalise(data, max_side=100_000).width == 16_383


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
def test_transparency_stays(form: str) -> None:
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 100, 200))
    options = {"lossless": True} if form == "WEBP" else {}
    picture = normalise(encoded(image, form, **options), max_side=100)
    assert picture.media_type == "image/png"
    result = decoded(picture)
    assert result.mode == "RGBA"
    assert result.getpixel((10, 50)) == (255, 0, 0, 255)
    assert result.getchannel("A").getpixel((90, 50)) == 0


def test_alpha_that_hides_nothing_is_dropped() -> None:
    image = noise(300, 300)
    image.putalpha(255)
    assert normalise(encoded(image, "PNG"), max_side=300).media_type == "image/webp"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png(mode: str) -> None:
    image = Image.new("I;16", (200, 200), 0x8000) if mode == "I;16" else Image.new("L", (200, 200), 128).convert(mode)
    pixel = decoded(normalise(encoded(image, "PNG"), max_side=100)).convert("L").getpixel((50, 50))
    assert isinstance(pixel, int)
    assert pixel in range(120, 136)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_mode_of_jpeg(mode: str) -> None:
    image = Image.new("RGB", (300, 200), WHITE).convert(mode)
    assert near(decoded(normalise(encoded(image, "JPEG"), max_side=100)).getpixel((50, 30)), WHITE)


def test_icons_and_drawings_are_png_without_loss() -> None:
    icon = noise(100, 128)
    picture = normalise(encoded(icon, "PNG"), max_side=500)
    assert picture.media_type == "image/png"
    assert decoded(picture).tobytes() == icon.tobytes()
    drawing = Image.new("RGB", (900, 500), WHITE)
    drawing.paste(BLUE, (100, 100, 300, 300))
    picture = normalise(encoded(drawing, "PNG"), max_side=900)
    assert picture.media_type == "image/png"
    assert decoded(picture).tobytes() == drawing.tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_upright(form: str, orientation: int) -> None:
    image = Image.new("RGB", (300, 200), RED)
    image.paste(GREEN, (150, 0, 300, 100))
    image.paste(BLUE, (0, 100, 150, 200))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(image, form, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    result = decoded(normalise(data, max_side=300))
    assert result.size == upright.size == ((300, 200) if orientation < 5 else (200, 300))
    width, height = result.size
    for place in ((20, 20), (width - 20, 20), (20, height - 20), (width - 20, height - 20)):
        assert near(result.convert("RGB").getpixel(place), upright.convert("RGB").getpixel(place))  # type: ignore[arg-type]
    assert not result.getexif()


@pytest.mark.parametrize(
    "exif", [b"", b"Exif\0\0", b"Exif\0\0garbage", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0" + b"I" * 5000]
)
@pytest.mark.parametrize("form", ["JPEG", "WEBP", "PNG"])
def test_broken_exif_does_not_spoil_a_picture(form: str, exif: bytes) -> None:
    assert normalise(encoded(Image.new("RGB", (64, 64)), form, exif=exif), max_side=64).width == 64


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("alpha", [255, 100])
def test_no_metadata_comes_out(form: str, alpha: int) -> None:
    secret = b"GPS-SECRET"
    exif = Image.Exif()
    exif[0x010E] = secret.decode()
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", secret.decode())
    options: dict[str, dict[str, object]] = {
        "PNG": {"pnginfo": note, "exif": exif, "icc_profile": secret * 20, "dpi": (300, 300)},
        "JPEG": {"comment": secret, "exif": exif, "icc_profile": secret * 20, "dpi": (300, 300)},
        "WEBP": {"exif": exif, "icc_profile": secret * 20, "xmp": secret},
        "GIF": {"comment": secret},
    }
    image = noise(300, 300)
    if alpha != 255 and form != "JPEG":
        image.putalpha(alpha)
    data = encoded(image, form, **options[form])
    assert secret in data or form == "PNG"
    picture = normalise(data + secret, max_side=300)
    assert secret not in picture.data
    assert not {b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"iCCP", b"pHYs", b"EXIF", b"XMP ", b"ICCP"} & set(chunks(picture))
    assert picture.data != data


def chunks(picture: NormalisedImage) -> list[bytes]:
    """The names of a PNG's or WebP's parts."""
    data, found = picture.data, []
    if picture.media_type == "image/webp":
        place = 12
        while place < len(data):
            found.append(data[place : place + 4])
            size = struct.unpack("<L", data[place + 4 : place + 8])[0]
            place += 8 + size + size % 2
        return found
    place = 8
    while place < len(data):
        found.append(data[place + 4 : place + 8])
        place += 12 + struct.unpack(">L", data[place : place + 4])[0]
    return found


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_taken(form: str) -> None:
    frames = [Image.new("RGB", (200, 200), colour) for colour in (RED, GREEN, BLUE)]
    data = encoded(frames[0], form, save_all=True, append_images=frames[1:], duration=100)
    result = decoded(normalise(data, max_side=200))
    assert near(result.convert("RGB").getpixel((100, 100)), RED)
    assert getattr(result, "n_frames", 1) == 1


def test_of_a_camera_s_double_picture_the_first_is_taken() -> None:
    data = encoded(
        Image.new("RGB", (200, 200), RED), "MPO", save_all=True, append_images=[Image.new("RGB", (200, 200))]
    )
    assert near(decoded(normalise(data, max_side=200)).getpixel((5, 5)), RED)


@pytest.mark.parametrize(
    "form", ["TIFF", "BMP", "ICO", "PPM", "PCX", "TGA", "EPS", "PDF", "JPEG2000", "ICNS", "DDS", "AVIF"]
)
def test_other_formats_are_no_images(form: str) -> None:
    try:
        data = encoded(Image.new("RGB", (64, 64)), form)
    except (KeyError, OSError):
        pytest.skip("this Pillow cannot make one")
    assert refused(data) == "not_an_image"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"RIFF\x04\0\0\0WEBPVP8 ",
        b"8BPS\0\1",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', b"<?xml version='1.0'?><svg/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n", b"<html></html>", b"PK\3\4", b"MZ", b"x" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_image(data: bytes) -> None:
    assert refused(data) == "not_an_image"


@pytest.mark.parametrize("form", FORMATS)
def test_what_was_cut_off_is_refused(form: str) -> None:
    data = encoded(noise(120, 90) if form != "GIF" else noise(120, 90).quantize(64), form)
    near_the_ends = [*range(1, 200), *range(len(data) - 200, len(data))]
    for length in [*near_the_ends, *range(200, len(data) - 200, 331)]:
        assert refused(data[:length]) == "not_an_image", length


@pytest.mark.parametrize("form", FORMATS)
def test_damage_never_escapes_as_anything_else(form: str) -> None:
    data = encoded(noise(64, 48) if form != "GIF" else noise(64, 48).quantize(64), form)
    rng = random.Random(form)
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(rng.randint(1, 8)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        attempt(bytes(broken))


def attempt(data: bytes) -> None:
    """Either a picture or BadImage, and not a warning."""
    try:
        picture = normalise(data, max_side=100)
    except BadImage:
        return
    assert max(decoded(picture).size) <= 100


HEADS = [
    b"GIF89a",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"\xff\xd8\xff\xe0",
    b"\xff\xd8\xff\xe1",
    b"RIFF\xff\0\0\0WEBPVP8X",
    b"",
]


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(HEADS), st.binary(max_size=300))
def test_no_bytes_escape_as_anything_else(head: bytes, rest: bytes) -> None:
    attempt(head + rest)


def test_the_limit_of_bytes_counts_before_anything_else() -> None:
    data = encoded(Image.new("RGB", (64, 64)), "PNG")
    assert normalise(data, max_side=64, max_bytes=len(data)).width == 64
    assert refused(data, max_bytes=len(data) - 1) == "too_large"
    assert refused(bytes(5 * 1024 * 1024 + 1)) == "too_large"


@pytest.mark.parametrize("size", [(15, 100), (100, 15), (1, 1)])
def test_what_is_too_small(size: tuple[int, int]) -> None:
    data = encoded(Image.new("RGB", size), "PNG")
    assert refused(data) == "too_small"
    assert normalise(data, max_side=100, min_side=1).width == size[0]


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))


def png_bomb(width: int, height: int) -> bytes:
    pixels = zlib.compress(bytes(50_000_000), 9)
    head = struct.pack(">LLBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg_bomb(width: int, height: int) -> bytes:
    """A small JPEG that says it is large."""
    data = bytearray(encoded(Image.new("RGB", (64, 64)), "JPEG"))
    place = data.index(b"\xff\xc0")
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def gif_bomb(width: int, height: int) -> bytes:
    data = bytearray(encoded(Image.new("P", (64, 64)), "GIF"))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def gif_frame_bomb(width: int, height: int) -> bytes:
    """A small screen with a large first frame."""
    data = bytearray(encoded(Image.new("P", (64, 64)), "GIF"))
    place = data.index(b"\x2c\0\0\0\0")
    data[place + 5 : place + 9] = struct.pack("<HH", width, height)
    return bytes(data)


def webp_bomb(width: int, height: int) -> bytes:
    """A canvas of this size with nothing much on it."""
    frame = encoded(Image.new("RGB", (64, 64)), "WEBP")[12:]
    canvas = b"\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    animation = b"ANIM" + struct.pack("<LLH", 6, 0, 0)
    body = bytes(6) + (63).to_bytes(3, "little") * 2 + bytes(4) + frame
    canvas = b"\x02" + canvas[1:]
    content = b"WEBPVP8X" + struct.pack("<L", 10) + canvas + animation + b"ANMF" + struct.pack("<L", len(body)) + body
    return b"RIFF" + struct.pack("<L", len(content)) + content


@pytest.mark.parametrize("bomb", [png_bomb, jpeg_bomb, gif_bomb, gif_frame_bomb, webp_bomb])
@pytest.mark.parametrize("size", [(8_001, 5_000), (10_000, 9_000), (16_000, 16_000), (60_000, 60_000)])
def test_bombs_are_refused_by_their_size_before_they_go_off(
    bomb: Callable[[int, int], bytes], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bomb(*size)
    decoded: list[object] = []
    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded.append)
    assert refused(data) == "too_many_pixels"
    assert decoded == []


@pytest.fixture
def unpacked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes zlib gave at each call: for texts and profiles, not for pixels, which Pillow unpacks otherwise."""
    sizes: list[int] = []
    make = zlib.decompressobj

    class Counting:
        def __init__(self, *args: int) -> None:
            self._inner = make(*args)

        def decompress(self, *args: object) -> bytes:
            data = self._inner.decompress(*args)  # type: ignore[arg-type]
            sizes.append(len(data))
            return data

        def __getattr__(self, name: str) -> object:
            return getattr(self._inner, name)

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    return sizes


def test_a_webp_canvas_beyond_all_memory_is_refused() -> None:
    assert refused(webp_bomb(1 << 24, 255)) in ("too_many_pixels", "not_an_image")


def test_text_that_unpacks_to_much_is_refused_or_skipped(unpacked: list[int]) -> None:
    image = encoded(Image.new("RGB", (64, 64)), "PNG")
    for name in (b"zTXt", b"iTXt", b"iCCP"):
        head = b"a\0\1\0\0\0" if name == b"iTXt" else b"a\0\0"
        bomb = chunk(name, head + zlib.compress(bytes(200_000_000), 9))
        unpacked.clear()
        attempt(image[:33] + bomb + image[33:])
        assert sum(unpacked) <= 2 << 20


def test_the_largest_pictures_that_are_taken() -> None:
    data = encoded(Image.new("L", (4_096, 2_304), 200), "PNG")
    assert normalise(data, max_side=100).height == 56
    assert refused(encoded(Image.new("L", (4_096, 2_305), 200), "PNG")) == "too_many_pixels"
    data = encoded(Image.new("L", (8_000, 5_000), 200), "JPEG")
    assert normalise(data, max_side=100).height == 62


def test_pixels_of_sixteen_bits_count_twice() -> None:
    fits = encoded(Image.new("I;16", (2_896, 1_629), 0x8000), "PNG")
    assert normalise(fits, max_side=100).width == 100
    grey = encoded(Image.new("L", (2_896, 1_629), 0x80), "PNG")
    assert effort(fits, max_side=100) > 2 * effort(grey, max_side=100)
    assert refused(encoded(Image.new("I;16", (4_096, 1_153), 0x8000), "PNG")) == "too_many_pixels"


def test_transparent_pictures_are_kept_smaller() -> None:
    image = Image.new("RGBA", (1_600, 800), (255, 0, 0, 100))
    assert normalise(encoded(image, "PNG"), max_side=1_920).width == 1_280
    assert normalise(encoded(image, "PNG"), max_side=200).width == 200
    assert normalise(encoded(image.convert("RGB"), "PNG"), max_side=1_920).width == 1_600


def test_a_jpeg_that_has_to_be_decoded_whole_is_smaller() -> None:
    data = encoded(Image.new("L", (6_000, 6_000), 200), "JPEG")
    assert refused(data, max_side=5_000) == "too_many_pixels"
    assert normalise(data, max_side=2_560).height == 2_560


def test_a_jpeg_of_many_scans_is_refused() -> None:
    data = encoded(noise(64, 64), "JPEG", progressive=True)
    place = data.index(b"\xff\xda")
    scan = data[place:-2]
    assert refused(data[:-2] + scan * 40 + data[-2:]) == "too_many_pixels"
    assert normalise(data, max_side=64).width == 64


@pytest.mark.parametrize("piece", [b"\xff\xfe\0\2", b"\xff"])
def test_a_jpeg_of_many_segments_is_refused(piece: bytes) -> None:
    data = encoded(noise(64, 64), "JPEG")
    assert refused(data[:2] + piece * 100_000 + data[2:]) == "not_an_image"


def test_a_gif_of_many_parts_is_refused() -> None:
    data = encoded(Image.new("P", (64, 64)), "GIF")
    assert refused(data[:-1] + bytes(100_000) + data[-1:]) == "not_an_image"
    assert refused(data[:-1] + b"!\xfe" + b"\1a" * 100_000 + b"\0" + data[-1:]) == "not_an_image"


def test_a_png_of_many_chunks_is_refused() -> None:
    image = encoded(noise(64, 64), "PNG")
    assert refused(image[:33] + chunk(b"tEXt", b"a\0b") * 60_000 + image[33:]) == "not_an_image"


@pytest.mark.parametrize("size", [1_000_000, 200_000_000], ids=["each short", "each long"])
def test_of_many_profiles_the_first_is_unpacked_and_no_other(size: int, unpacked: list[int]) -> None:
    # 2 GB in all where each is as large as a profile may be: a minute of a core.
    image = encoded(noise(64, 64), "PNG")
    profile = chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(size), 9))
    with_profiles = image[:33] + profile * (2_000_000 // len(profile)) + image[33:]
    assert normalise(with_profiles, max_side=64) == normalise(image, max_side=64)
    # It is looked at, and read twice: to see that the file is whole, and to draw it.
    assert sum(unpacked) <= 3 << 20
    assert effort(with_profiles, max_side=64) > 0
    assert sum(unpacked) <= 5 << 20


def test_the_first_of_two_profiles_counts() -> None:
    data = encoded(Image.new("RGB", (200, 200), (200, 100, 50)), "PNG")
    first, second = (chunk(b"iCCP", b"x\0\0" + zlib.compress(one)) for one in (display_p3(), linear_grey()))
    once = normalise(data[:33] + first + data[33:], max_side=200)
    assert normalise(data[:33] + first + second + data[33:], max_side=200) == once
    assert normalise(data[:33] + second + first + data[33:], max_side=200) != once


def test_the_same_bytes_give_the_same_picture_in_every_thread() -> None:
    data = [encoded(noise(300, 200, mode), "PNG") for mode in ("RGB", "RGBA", "L")]
    expected = [normalise(each, max_side=200) for each in data]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda each: normalise(each, max_side=200), data * 5)) == expected * 5


def test_the_filter_of_warnings_is_left_as_it_was() -> None:
    before = list(warnings.filters)
    normalise(encoded(noise(64, 64), "PNG"), max_side=64)
    refused(b"x")
    assert warnings.filters == before


def display_p3() -> bytes:
    """A profile with the primaries of wide screens, made of sRGB's."""
    primaries = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for place in range(132, 132 + 12 * int.from_bytes(data[128:132], "big"), 12):
        name, offset = bytes(data[place : place + 4]), int.from_bytes(data[place + 4 : place + 8], "big")
        if name in primaries:
            data[offset + 8 : offset + 20] = struct.pack(">3i", *(round(one * 65536) for one in primaries[name]))
    return bytes(data).replace("sRGB".encode("utf-16-be"), "wide".encode("utf-16-be"))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colours_of_a_wide_screen_stay_what_they_were(form: str, mode: str) -> None:
    image = Image.new(mode, (200, 200), (200, 100, 50, 128)[: len(mode)])
    if form == "JPEG":
        image = image.convert("RGB")
    drawn = Image.open(io.BytesIO(normalise(encoded(image, form, icc_profile=display_p3()), max_side=200).data))
    red, green, blue = drawn.convert("RGB").getpixel((100, 100))  # type: ignore[misc]
    # Display P3's (200, 100, 50) in sRGB.
    assert abs(red - 215) < 6 and abs(green - 96) < 6 and abs(blue - 35) < 10, (red, green, blue)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_what_a_profile_is_called_says_nothing_of_its_colours(form: str) -> None:
    data = display_p3().replace("wide".encode("utf-16-be"), "sRGB".encode("utf-16-be"))
    image = Image.new("RGB", (200, 200), (200, 100, 50))
    drawn = Image.open(io.BytesIO(normalise(encoded(image, form, icc_profile=data), max_side=200).data))
    red, _, blue = drawn.convert("RGB").getpixel((100, 100))  # type: ignore[misc]
    assert abs(red - 215) < 6 and abs(blue - 35) < 10, (red, blue)


def test_a_picture_in_srgb_loses_nothing_to_its_profile() -> None:
    image = noise(100, 100)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    drawn = Image.open(io.BytesIO(normalise(encoded(image, "PNG", icc_profile=srgb), max_side=200).data))
    assert drawn.tobytes() == image.tobytes()


def linear_grey() -> bytes:
    """A profile of greys that are as bright as their numbers."""
    one = struct.Struct(">3i").pack
    texts = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">L", 2) + b"g\0" + bytes(78),
        b"cprt": b"text\0\0\0\0x\0\0\0",
        b"wtpt": b"XYZ \0\0\0\0" + one(63190, 65536, 54061),
        b"kTRC": b"curv\0\0\0\0" + struct.pack(">LH", 1, 256) + b"\0\0",
    }
    directory, body = struct.pack(">L", len(texts)), b""
    for name, data in texts.items():
        directory += name + struct.pack(">2L", 132 + 12 * len(texts) + len(body), len(data))
        body += data
    head = struct.pack(">L4sL4s4s4s", 128 + len(directory + body), b"lcms", 0x02100000, b"mntr", b"GRAY", b"XYZ ")
    return head + bytes(12) + b"acsp" + bytes(28) + one(63190, 65536, 54061) + bytes(48) + directory + body


@pytest.mark.parametrize(
    ("form", "mode", "grey"),
    [("PNG", "L", 128), ("JPEG", "L", 128), ("PNG", "I;16", 128 * 256), ("PNG", "LA", (128, 200))],
)
def test_greys_have_profiles_too(form: str, mode: str, grey: int | tuple[int, int]) -> None:
    image = Image.new(mode, (200, 200), grey)
    drawn = Image.open(io.BytesIO(normalise(encoded(image, form, icc_profile=linear_grey()), max_side=200).data))
    red, green, blue, alpha = drawn.convert("RGBA").getpixel((9, 9))  # type: ignore[misc]
    assert abs(red - 188) < 3 and red == green == blue and alpha == (200 if mode == "LA" else 255)


@pytest.mark.parametrize("profile", [b"", b"nonsense", b"\0" * 300, display_p3()[:200], display_p3() + b"mpet"])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_profile_that_cannot_be_used_is_left_aside(form: str, profile: bytes) -> None:
    image = Image.new("RGB", (200, 200), (200, 100, 50))
    drawn = Image.open(io.BytesIO(normalise(encoded(image, form, icc_profile=profile), max_side=200).data))
    assert all(abs(found - wanted) < 6 for found, wanted in zip(drawn.getpixel((9, 9)), (200, 100, 50), strict=True))  # type: ignore[arg-type]


def test_a_profile_that_unpacks_to_too_much_is_left_aside() -> None:
    bomb = zlib.compress(bytes(64 << 20))
    chunk = b"iCCPx\0\0" + bomb
    whole = struct.pack(">L", len(chunk) - 4) + chunk + struct.pack(">L", zlib.crc32(chunk))
    data = encoded(Image.new("RGB", (64, 64)), "PNG")
    assert normalise(data[:33] + whole + data[33:], max_side=64).width == 64


def test_a_profile_costs() -> None:
    image = noise(1000, 1000)
    plain, wide = encoded(image, "PNG"), encoded(image, "PNG", icc_profile=display_p3())
    assert effort(wide, max_side=1000) > effort(plain, max_side=1000) + 50
