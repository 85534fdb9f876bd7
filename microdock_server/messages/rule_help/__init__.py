"""Help about every rule that answers and reports name: title, cause, danger and remedy, in both languages.

In the catalogue the texts stand under `help.<rule>.<part>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .archive import ARCHIVE
from .entries import ENTRIES
from .entry_names import ENTRY_NAMES
from .manifest import MANIFEST
from .manifest_fields import MANIFEST_FIELDS
from .package_warnings import PACKAGE_WARNINGS
from .request_fields import REQUEST_FIELDS
from .request_values import REQUEST_VALUES
from .review_catalog import REVIEW_CATALOG
from .review_code import REVIEW_CODE
from .review_files import REVIEW_FILES
from .review_loading import REVIEW_LOADING
from .shared import RuleHelp

__all__ = ["HELP", "HELP_TEXTS", "PARTS", "TOPICS", "RuleHelp"]

PARTS: Final = RuleHelp._fields

# The topics in which the index lists rules; the title of each is `page.help.topic.<topic>`.
TOPICS: Final[Mapping[str, Mapping[str, RuleHelp]]] = {
    "archive": ARCHIVE,
    "entry_names": ENTRY_NAMES,
    "entries": ENTRIES,
    "manifest": {**MANIFEST, **MANIFEST_FIELDS},
    "package_warnings": PACKAGE_WARNINGS,
    "review_code": REVIEW_CODE,
    "review_files": REVIEW_FILES,
    "review_loading": REVIEW_LOADING,
    "review_catalog": REVIEW_CATALOG,
    "requests": {**REQUEST_FIELDS, **REQUEST_VALUES},
}
HELP: Final[Mapping[str, RuleHelp]] = {rule: found for topic in TOPICS.values() for rule, found in topic.items()}
HELP_TEXTS: Final[dict[str, tuple[str, str]]] = {
    f"help.{rule}.{part}": text for rule, found in HELP.items() for part, text in zip(PARTS, found, strict=True)
}
