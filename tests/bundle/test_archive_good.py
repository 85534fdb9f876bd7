"""Archives as real tools write them are accepted, and read as Python's zipfile reads them."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest

from .craft import UTF8, Item, Zip, extra
from .packages import base_items, files, inspect, manifest, package, rules

ASCII = {name: data for name, data in files().items() if name.isascii()}


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "plugin"
    for name, data in {**ASCII, "lib/deep/er/x.bin": b"\0\1" * 3000, "empty.txt": b""}.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return root


def assert_good(data: bytes) -> None:
    report = inspect(data)
    assert report.problems == ()
    assert report.manifest is not None and report.manifest.name == "com.example.myplugin"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        told = [(info.filename, info.file_size, info.CRC) for info in archive.infolist() if not info.is_dir()]
    assert [(entry.name, entry.size, entry.crc) for entry in report.entries] == told


@pytest.mark.parametrize("options", [[], ["-0"], ["-9"], ["-D"], ["-X"], ["-fz"], ["-fz-"]])
def test_info_zip(folder: Path, options: list[str]) -> None:
    subprocess.run([tool("zip"), "-qr", *options, "../out.zip", "."], cwd=folder, check=True)
    assert_good((folder.parent / "out.zip").read_bytes())


def test_info_zip_to_a_pipe(folder: Path) -> None:
    done = subprocess.run([tool("zip"), "-qr", "-", "."], cwd=folder, check=True, capture_output=True)
    assert_good(done.stdout)


def test_info_zip_updating_an_archive(folder: Path) -> None:
    zip_tool = tool("zip")
    subprocess.run([zip_tool, "-qr", "../out.zip", "."], cwd=folder, check=True)
    (folder / "plugin.json").write_bytes(manifest(version="1.0.1"))
    subprocess.run([zip_tool, "-q", "../out.zip", "plugin.json"], cwd=folder, check=True)
    subprocess.run([zip_tool, "-qd", "../out.zip", "empty.txt"], cwd=folder, check=True)
    assert_good((folder.parent / "out.zip").read_bytes())


@pytest.mark.parametrize("options", [[], ["-mx=0"], ["-mx=9"], ["-mtc=off"], ["-mcu=on"]])
def test_seven_zip(folder: Path, options: list[str]) -> None:
    (folder / "插件.txt").write_text("name outside ASCII")
    command = [tool("7z"), "a", "-tzip", *options, "../out.zip", "."]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    assert_good((folder.parent / "out.zip").read_bytes())


@pytest.mark.parametrize("option", ["cf", "cfM", "cf0", "cfM0"])
def test_jar(folder: Path, option: str) -> None:
    (folder / "插件.txt").write_text("name outside ASCII")
    subprocess.run([tool("jar"), option, "../out.jar", "."], cwd=folder, check=True)
    assert_good((folder.parent / "out.jar").read_bytes())


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zipfile(method: int) -> None:
    assert_good(package(method=method))


class Pipe(io.RawIOBase):
    """Writable, not seekable: zipfile then puts descriptors behind the data."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self.data += piece
        return len(piece)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("force_zip64", [True, False])
@pytest.mark.parametrize("to_pipe", [True, False])
def test_zipfile_streaming(method: int, force_zip64: bool, to_pipe: bool) -> None:
    target = Pipe() if to_pipe else io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:  # type: ignore[arg-type]
        for name, data in files().items():
            with archive.open(name, "w", force_zip64=force_zip64) as member:
                member.write(data)
    assert_good(bytes(target.data) if isinstance(target, Pipe) else target.getvalue())


def test_zipfile_with_a_directory_and_a_comment() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.mkdir("lib")
        for name, data in files().items():
            archive.writestr(name, data)
        archive.comment = "构建 42".encode()
    assert_good(buffer.getvalue())


def test_zipfile_rewritten_by_appending() -> None:
    buffer = io.BytesIO(package())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("more.txt", b"more")
    assert_good(buffer.getvalue())


def dotnet_items(seekable: bool, host: int) -> list[Item]:
    """As System.IO.Compression.ZipArchive writes: UTF-8 flag only where needed, descriptors on streams."""
    attributes = 0o100644 << 16 if host == 3 else 0
    return [
        Item(
            name.encode(),
            data,
            8 if data else 0,
            flags=0 if name.isascii() else UTF8,
            made_by=host << 8 | 20,
            attributes=attributes,
            descriptor="" if seekable or not data else "s32",
        )
        for name, data in {**files(), "空.txt": b"", "lib/": b""}.items()
    ]


@pytest.mark.parametrize("seekable", [True, False])
@pytest.mark.parametrize("host", [0, 3])
def test_dotnet(seekable: bool, host: int) -> None:
    items = dotnet_items(seekable, host)
    items[-1].attributes = 0o040755 << 16 if host == 3 else 0
    assert_good(Zip(items).build())


def test_dotnet_stored_on_a_stream() -> None:
    items = [Item(name.encode(), data, 0, UTF8, descriptor="s32") for name, data in files().items()]
    assert_good(Zip(items).build())


def test_windows_explorer() -> None:
    """Made by FAT, archive attribute, NTFS times, version 2.0."""
    times = extra(0x000A, bytes(4) + struct.pack("<2H3Q", 1, 24, 1, 2, 3))
    items = [Item(name.encode(), data, 8, attributes=0x20, central={"extra": times}) for name, data in ASCII.items()]
    assert_good(Zip(items).build())


def test_seven_zip_on_windows_with_unix_bits() -> None:
    items = base_items()
    for item in items:
        item.made_by, item.attributes = 63, 0o100644 << 16 | 0x8020
    assert_good(Zip(items).build())


def test_central_comment_is_allowed() -> None:
    items = base_items()
    items[0].central["comment"] = b"about this entry"
    assert rules(Zip(items).build()) == []
