"""Languages beyond Chinese and English: `languages/<tag>.json`, an object of keys and texts."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from .admin_page import PREFIX

FOLDER: Final = Path(__file__).with_name("languages")

# As in BCP 47, such as `fr` or `pt-BR`: it stands in addresses and headers.
_TAG: Final = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"
_BUILT_IN: Final = ("zh", "en")


def translations(catalogue: Mapping[str, tuple[str, str]]) -> dict[str, Mapping[str, str]]:
    """The texts of every file in languages/ by its tag, without those that could not be shown.

    Raises ValueError for a file that is not an object of texts, or whose name is no tag of a further language.
    """
    found = {path.stem: read(path) for path in sorted(FOLDER.glob("*.json"))}
    return {
        tag: {key: text for key, text in texts.items() if key in catalogue and _fits(text, catalogue[key])}
        for tag, texts in found.items()
    }


def read(path: Path) -> dict[str, str]:
    """The texts in a file as they stand there. Raises ValueError."""
    if not re.fullmatch(_TAG, path.stem) or path.stem in _BUILT_IN:
        raise ValueError(f"{path}: its name has to be the tag of a language that is not built in, such as fr.json")
    try:
        texts = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON in UTF-8: {error}") from error
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise ValueError(f"{path} has to be an object of keys and texts")
    return texts


def faults(texts: Mapping[str, str], catalogue: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """What is wrong with a language's texts, one line each: it is shown in English instead, or not at all."""
    yield from (f"{key} is missing" for key in catalogue if key not in texts)
    yield from (f"{key} is not in the catalogue" for key in texts if key not in catalogue)
    for key, text in texts.items():
        if key in catalogue and not _fits(text, catalogue[key]):
            yield f"{key} does not have the placeholders {sorted(blanks(catalogue[key][1]))}"
        if key.startswith(PREFIX) and re.search("[@|]", text):
            yield f"{key} has @ or |, which the admin page's library reads as its own"


def blanks(text: str) -> set[str]:
    """The placeholders of a text, as in `{count}`. Raises ValueError where a brace stands alone."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _fits(text: str, pair: tuple[str, str]) -> bool:
    try:
        return bool(text.strip()) and blanks(text) == blanks(pair[1])
    except ValueError:
        return False
