"""plugin.json: required and allowed fields, and a typed form of it."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeGuard
from urllib.parse import urlsplit

from microdock_server.bundle.manifest.json_text import BadJson, load
from microdock_server.bundle.problems import Problem, Problems, printable
from microdock_server.bundle.versions import (
    EngineRange,
    InvalidRange,
    Range,
    is_version,
)
from microdock_server.bundle.zip.names import is_device
from microdock_server.text import names
from microdock_server.vocabulary import (
    CHANGELOG_MAX,
    DESCRIPTION_MAX,
    DISPLAY_NAME_MAX,
    PERMISSION_MAX,
    PERMISSIONS_MAX,
    PLUGIN_NAME,
    PLUGIN_NAME_MAX,
    VERSION_MAX,
)

MANIFEST: Final = "plugin.json"

MAIN_MAX: Final = 1024
ENTRY_CLASS_MAX: Final = 500
AUTHOR_MAX: Final = 200
LICENSE_MAX: Final = 200
HOMEPAGE_MAX: Final = 2048
ENGINE_NAME_MAX: Final = 100
REQUIREMENTS_MAX: Final = 200
REPLACES_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Manifest:
    """A valid plugin.json. Texts are unchanged; missing fields are "", {} or [], and `display_name` defaults to `name`.

    `permissions` is None where none are declared, which is not the same as an empty list.
    """

    name: str
    version: str
    main: str
    entry_class: str
    display_name: str
    description: str = ""
    author: str = ""
    license: str = ""
    homepage: str = ""
    changelog: str = ""
    dependencies: dict[str, str] = dataclasses.field(default_factory=dict)
    engines: dict[str, str] = dataclasses.field(default_factory=dict)
    permissions: list[str] | None = None
    # Names of the plugins that this one replaces.
    replaces: list[str] = dataclasses.field(default_factory=list)


def parse_manifest(data: bytes, warnings: Problems | None = None) -> tuple[Manifest | None, list[Problem]]:
    """Read plugin.json; the manifest is None exactly if there are problems. Never raises on bad content.

    What was skipped is reported in `warnings`: comments, trailing commas, and values of `permissions` and `replaces`
    that mean something else.
    """
    problems = Problems()
    warnings = Problems() if warnings is None else warnings
    try:
        document, skipped = load(data)
    except BadJson as error:
        problems.add(error.rule, None, field=None, **error.params)
        return None, list(problems.done())
    if not isinstance(document, dict):
        problems.add("manifest-not-object")
        return None, list(problems.done())
    for rule in skipped:
        warnings.add(rule, MANIFEST)
    if _is_windows_path(main := document.get("main")):
        # Compared as the host reads it on Windows, and as entry names are read.
        document["main"] = main.replace("\\", "/")
        warnings.add("main-backslash", MANIFEST, field="main", value=main)
    manifest = _Reader(document, problems, warnings).manifest()
    found = list(problems.done())
    return (None if found else manifest), found


class _Reader:
    """Takes the fields out of a document one by one and records each one's faults."""

    def __init__(self, document: dict[str, Any], problems: Problems, warnings: Problems) -> None:
        self._document = document
        self._problems = problems
        self._warnings = warnings

    def manifest(self) -> Manifest:
        """The whole document; only to be used if there are no problems."""
        name = self._plugin_name()
        return Manifest(
            name=name,
            version=self._required("version", VERSION_MAX, "field-version", is_version),
            main=self._required("main", MAIN_MAX, "field-main", _is_main),
            entry_class=self._required("entryClass", ENTRY_CLASS_MAX, "field-entry-class", is_class_name),
            display_name=self._name("displayName", DISPLAY_NAME_MAX) or name,
            description=self._prose("description", DESCRIPTION_MAX),
            author=self._name("author", AUTHOR_MAX),
            license=self._name("license", LICENSE_MAX),
            homepage=self._homepage(),
            changelog=self._prose("changelog", CHANGELOG_MAX),
            dependencies=self._dependencies(),
            engines=self._engines(),
            permissions=self._permissions(),
            replaces=self._replaces(name),
        )

    def _required(self, field: str, limit: int, rule: str, accepts: Callable[[str], bool]) -> str:
        value = self._document.get(field)
        if value is None or value == "":
            self._problems.add("field-required", field=field)
            return ""
        text = self._text(field, limit)
        if text and not accepts(text):
            self._problems.add(rule, field=field, value=text)
        return text

    def _plugin_name(self) -> str:
        """A name that is not a device on Windows, where the plugin's folder is named after it."""
        text = self._required("name", PLUGIN_NAME_MAX, "field-plugin-name", _is_plugin_name)
        device = next(filter(is_device, text.split(".")), None)
        if device is not None:
            self._problems.add("field-device-name", field="name", value=text, device=device)
        return text

    def _text(self, field: str, limit: int) -> str:
        """A text of at most `limit` characters; "" if it is missing, null or reported as wrong."""
        value = self._document.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._problems.add("field-not-text", field=field)
            return ""
        if len(value) > limit:
            self._problems.add("field-too-long", field=field, limit=limit)
            return ""
        return value

    def _line(self, field: str, limit: int) -> str:
        """A text without control characters; blank counts as missing."""
        text = self._text(field, limit)
        if any(unicodedata.category(char) == "Cc" for char in text) or not names.is_one_line(text):
            self._problems.add("field-control", field=field)
        return text if text.strip() else ""

    def _prose(self, field: str, limit: int) -> str:
        """A text of any number of lines, which must not change the display order of text around it."""
        text = self._text(field, limit)
        if not names.is_drawn_in_order(text):
            self._problems.add("field-bidi-prose", field=field)
        return text

    def _name(self, field: str, limit: int) -> str:
        """A line shown to people: with visible characters, displayed in the order in which it is written."""
        text = self._line(field, limit)
        if text and not names.is_visible(text):
            self._problems.add("field-invisible", field=field)
        elif names.has_bidi_control(text):
            self._problems.add("field-bidi", field=field)
        return text

    def _homepage(self) -> str:
        text = self._line("homepage", HOMEPAGE_MAX)
        if text and not is_web_address(text):
            self._problems.add("field-homepage", field="homepage", value=text)
        return text

    def _dependencies(self) -> dict[str, str]:
        found = self._requirements("dependencies")
        for name, value in found.items():
            if not _is_plugin_name(name):
                self._problems.add("dependency-name", field=f"dependencies.{name}", value=name)
            if not _is_range(value, Range):
                self._problems.add("field-range", field=f"dependencies.{name}", value=value)
        return found

    def _engines(self) -> dict[str, str]:
        found = self._requirements("engines")
        for name, value in found.items():
            if not _is_engine_name(name):
                self._problems.add("engine-name", field=f"engines.{name}", value=name)
            if not _is_range(value, EngineRange):
                self._problems.add("field-range", field=f"engines.{name}", value=value)
        return found

    def _permissions(self) -> list[str] | None:
        """The declared permissions, each once; None where there is no list of them.

        Never a fault: packages carry all sorts of things under this name, from before it meant anything here.
        """
        value = self._document.get("permissions")
        if value is None:
            return None
        if not isinstance(value, list) or len(value) > PERMISSIONS_MAX or not all(map(_is_permission, value)):
            self._warnings.add("permissions-ignored", MANIFEST, field="permissions", limit=PERMISSIONS_MAX)
            return None
        return list(dict.fromkeys(value))

    def _replaces(self, own: str) -> list[str]:
        """The plugins that this one replaces, each once, ignoring case. Never a fault either."""
        value = self._document.get("replaces")
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > REPLACES_MAX:
            self._warnings.add("replaces-ignored", MANIFEST, field="replaces", limit=REPLACES_MAX)
            return []
        found: dict[str, str] = {}
        for place, name in enumerate(value):
            if not isinstance(name, str) or not _is_plugin_name(name) or name.lower() == own.lower():
                self._warnings.add("replaces-name", MANIFEST, field=f"replaces.{place}")
            else:
                found.setdefault(name.lower(), name)
        return list(found.values())

    def _requirements(self, field: str) -> dict[str, str]:
        """An object of strings, its keys unique ignoring case. Missing, null and "" mean none."""
        value = self._document.get(field)
        if value is None or value == "":
            return {}
        if not isinstance(value, dict):
            self._problems.add("field-not-object", field=field)
            return {}
        if len(value) > REQUIREMENTS_MAX:
            self._problems.add("field-too-many", field=field, count=len(value), limit=REQUIREMENTS_MAX)
            return {}
        self._check_twins(field, value)
        for name in [name for name, text in value.items() if not isinstance(text, str)]:
            self._problems.add("field-not-text", field=f"{field}.{name}")
        return {name: text for name, text in value.items() if isinstance(text, str)}

    def _check_twins(self, field: str, values: dict[str, Any]) -> None:
        seen: dict[str, str] = {}
        for name in values:
            other = seen.setdefault(names.key(name), name)
            if other != name:
                self._problems.add("field-duplicate", field=f"{field}.{name}", other=other)


def _is_plugin_name(text: str) -> bool:
    return len(text) <= PLUGIN_NAME_MAX and PLUGIN_NAME.fullmatch(text) is not None


def _is_permission(value: Any) -> bool:
    """A name on one line that can be shown as it is."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= PERMISSION_MAX
        and not value.isspace()
        and printable(value) == value
    )


def _is_engine_name(text: str) -> bool:
    return bool(text.strip()) and len(text) <= ENGINE_NAME_MAX and printable(text) == text


def _is_windows_path(text: Any) -> TypeGuard[str]:
    """Are its separators all backslashes? If both kinds occur, their meaning is unclear."""
    return isinstance(text, str) and "\\" in text and "/" not in text


def _is_main(text: str) -> bool:
    """A path inside the archive: forward slashes, relative, a file with a name before `.dll`."""
    parts = text.split("/")
    if "\\" in text or printable(text, MAIN_MAX) != text or {"", ".", ".."} & set(parts):
        return False
    return parts[-1].lower().endswith(".dll") and len(parts[-1]) > len(".dll")


def _is_range(text: str, kind: type[Range]) -> bool:
    try:
        kind.parse(text)
    except InvalidRange:
        return False
    return True


def is_class_name(text: str) -> bool:
    """A type name as .NET's reflection writes it: `Namespace.Type`, or `Namespace.Outer+Inner` for a nested one.

    Identifiers are C#'s, including Unicode letters, without invisible characters. Generic types (with a backtick)
    cannot be entry classes.
    """
    namespace_and_outer, *nested = text.split("+")
    return all(map(_is_identifier, namespace_and_outer.split("."))) and all(map(_is_identifier, nested))


def _is_identifier(text: str) -> bool:
    categories = [unicodedata.category(char) for char in text]
    starts = bool(text) and (text[0] == "_" or categories[0][0] == "L" or categories[0] == "Nl")
    return starts and all(kind[0] == "L" or kind in ("Nl", "Mn", "Mc", "Nd", "Pc") for kind in categories)


def is_web_address(text: str) -> bool:
    """An http(s) URL with a host, a valid port and no credentials."""
    if not text.isprintable() or " " in text or "\\" in text:
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and port != 0
