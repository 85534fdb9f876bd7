"""What the admin page is built with: a file of texts for each language, and the list of them.

python -m microdock_server.messages.page_files DIRECTORY
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from . import CATALOGUE, LANGUAGES, Language, tag_of, text
from .admin_page import PREFIX, SHARED


def keys() -> dict[str, str]:
    """The page's keys, and those of the catalogue that they stand for."""
    own = {key.removeprefix(PREFIX): key for key in CATALOGUE if key.startswith(PREFIX)}
    return {**own, **SHARED}


def tree(language: Language) -> dict[str, Any]:
    """The page's texts in a language, nested by the parts of their keys; in English where the language lacks one."""
    root: dict[str, Any] = {}
    for page_key, key in keys().items():
        *groups, name = page_key.split(".")
        place = root
        for group in groups:
            place = place.setdefault(group, {})
        place[name] = text(key, language)
    return root


def write(directory: Path) -> None:
    """Write `<tag>.json` for each language, and `languages.json`: its tag, the name that the API has for it, and what
    it is called in itself. Other JSON files there are deleted; those with the same content are left untouched.
    """
    named = {tag_of(language): (language, name) for language, name in LANGUAGES.items()}
    files: dict[str, object] = {tag: tree(language) for tag, (language, _) in named.items()}
    files["languages"] = [{"tag": tag, "code": code, "name": name} for tag, (code, name) in named.items()]
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.glob("*.json"):
        if path.stem not in files:
            path.unlink()
    for name, content in files.items():
        _replace(directory / f"{name}.json", json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def _replace(path: Path, content: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != content:
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
