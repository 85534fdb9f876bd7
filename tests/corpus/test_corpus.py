"""Every package of the corpus, built from source: the runtime loads it exactly where the review says that it loads."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from microdock_server.bundle import Limits
from microdock_server.bundle.contents import survey
from microdock_server.services.autoreview.rules import judge
from microdock_server.services.configuration import ReviewSettings

from ..bundle import holder
from ..bundle.packages import plugin_dll
from . import sdk
from .cases import CASES, Case
from .sdk import Sdk

# Without these a plugin loads, whatever else there is to say.
_KEEP_FROM_LOADING = ("entry_class_", "assembly_")
ASSEMBLIES = Path(__file__).parent.parent / "bundle" / "assemblies"


@pytest.fixture(scope="session")
def found() -> Sdk:
    there = sdk.find()
    if there is None:
        pytest.skip(sdk.why_not())
    return there


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory, found: Sdk) -> Path:
    """A folder with the host's own assembly, for both frameworks, and a folder for each package."""
    whole = tmp_path_factory.mktemp("corpus")
    source = (ASSEMBLIES / "MicroDock.Plugin.cs").read_text("utf-8")
    for name, standard in (("host", False), ("standard", True)):
        (whole / name).mkdir()
        found.compile(source, whole / name / "MicroDock.Plugin.dll", standard=standard)
    lines = [line for name, case in CASES.items() for line in commands(found, whole, name, case)]
    (whole / "commands").write_text("\n".join("\t".join(line) for line in lines), encoding="utf-8")
    found.run(str(found.builder(whole / "builder")), str(whole / "commands"))
    for name, case in CASES.items():
        put_together(found, whole, name, case)
    return whole


def commands(found: Sdk, whole: Path, name: str, case: Case) -> Iterator[list[str]]:
    """What to compile for a package: its libraries, then itself. What is no C# is compiled when it is put together."""
    aside = whole / "sources" / name
    aside.mkdir(parents=True)
    before: list[str] = []
    for file, source in case.libraries.items():
        yield found.arguments(source, aside / file, f"-r:{host_of(whole, case)}", *before, standard=case.standard)
        before.append(f"-r:{aside / file}")
    if case.language == "cs":
        yield found.arguments(case.source, aside / "Main.dll", *options_of(whole, name, case), standard=case.standard)


def host_of(whole: Path, case: Case) -> Path:
    return whole / ("standard" if case.standard else "host") / "MicroDock.Plugin.dll"


def options_of(whole: Path, name: str, case: Case) -> list[str]:
    aside = whole / "sources" / name
    libraries = [
        f"-resource:{aside / file},{file}" if file == case.embeds else f"-r:{aside / file}" for file in case.libraries
    ]
    return [f"-r:{host_of(whole, case)}", *libraries, *case.options]


def put_together(found: Sdk, whole: Path, name: str, case: Case) -> None:
    """The folder that a package unpacks to."""
    aside, main = whole / "sources" / name, whole / "packages" / name / case.main
    main.parent.mkdir(parents=True)
    if case.language != "cs":
        found.compile(case.source, aside / "Main.dll", *options_of(whole, name, case), language=case.language)
    shutil.copy(aside / "Main.dll", main)
    for file in case.libraries.keys() - {*case.leaves_out, case.embeds}:
        shutil.copy(aside / file, main.parent / case.renames.get(file, file))
    (whole / "packages" / name / "entry.txt").write_text(f"{case.main}\n{case.entry}\n", encoding="utf-8")


@pytest.fixture(scope="session")
def runtime(place: Path, found: Sdk) -> dict[str, str]:
    """What the runtime says of each package: `loads`, or why not."""
    source = (Path(__file__).parent / "Host.cs").read_text("utf-8")
    program = found.program(source, place / "host" / "Host.dll", f"-r:{place / 'host' / 'MicroDock.Plugin.dll'}")
    printed = found.run(str(program), *(str(place / "packages" / name) for name in CASES))
    return dict(line.split("\t") for line in printed.splitlines())


def reviewed(folder: Path, case: Case) -> set[str]:
    """The rules that find something in a package."""
    buffer = io.BytesIO()
    manifest = {"name": "com.example.case", "version": "1.0.0", "main": case.main, "entryClass": case.entry}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plugin.json", json.dumps(manifest))
        for path in folder.rglob("*.dll"):
            archive.write(path, path.relative_to(folder).as_posix())
    buffer.seek(0)
    return {row["rule"] for row in judge(facts(survey(buffer, Limits()).as_json(), buffer))["findings"]}


def facts(contents: dict[str, Any], package: io.BytesIO) -> dict[str, Any]:
    """Facts of which only the contents count."""
    package.seek(0)
    main = survey(package, Limits()).facts
    return {
        "package": {"file_size": 1, "unpacked_size": 1, "entries": 1, "largest": 1},
        "inspection": [],
        "scan": {"verdict": "clean", "engine": "", "signature": "", "detail": ""},
        "assembly": main.as_json() if main else None,
        "contents": contents,
        # The runtime of the corpus.
        "host": {**ReviewSettings().host, "architectures": ["x64"], "frameworks": ["netcoreapp3.1"]},
        "permissions": [],
        "documents": {"readme": True, "changelog": True, "license": True, "description": 40},
        "dependencies": [],
        "engines": [],
        "lookalikes": [],
    }


@pytest.mark.parametrize("name", CASES)
def test_the_review_agrees_with_the_runtime(name: str, place: Path, runtime: dict[str, str]) -> None:
    rules = reviewed(place / "packages" / name, CASES[name])
    says = not any(rule.startswith(_KEEP_FROM_LOADING) or rule == "architecture_unfit" for rule in rules)
    assert says == (runtime[name] == "loads"), (runtime[name], rules)
    assert rules >= CASES[name].finds
    assert not rules & CASES[name].finds_not


def test_the_corpus_is_large_and_of_both_kinds(runtime: dict[str, str]) -> None:
    loads = sum(said == "loads" for said in runtime.values())
    assert len(runtime) == len(CASES) >= 60
    assert loads >= 30 and len(runtime) - loads >= 20


def test_the_stored_assembly_is_what_its_source_makes(place: Path, found: Sdk) -> None:
    """The plugin that other tests use as an honest one is this, and nothing else."""
    host = place / "host" / "MicroDock.Plugin.dll"
    made = found.compile(
        (ASSEMBLIES / "Clock.cs").read_text("utf-8"), place / "Clock.dll", "-optimize+", "-debug-", f"-r:{host}",
        f"-pathmap:{place}=/",
    )  # fmt: skip
    assert len(made.read_bytes()) == len(plugin_dll())


def test_the_stored_holder_of_assemblies_is_what_its_source_makes(place: Path, found: Sdk) -> None:
    host, aside = place / "host" / "MicroDock.Plugin.dll", place / "holder"
    aside.mkdir()
    options = ["-optimize+", "-debug-", f"-r:{host}", f"-pathmap:{aside}=/"]
    for name, data in holder.resources().items():
        (aside / name).write_bytes(data)
        options.append(f"-resource:{aside / name},{name}")
    made = found.compile(holder.source(), aside / "Holder.dll", *options)
    assert len(made.read_bytes()) == len(holder.holder_dll())
