"""Entry names: decoding them, and refusing names that are unsafe to unpack or that collide.

Names are read as .NET reads them on Windows, where packages are unpacked. Without the UTF-8 flag a name must be UTF-8
all the same (as macOS and Info-ZIP write it): for other bytes, every program would guess another encoding. A backslash
separates folders. If all names with folders use it, as .NET Framework and careless Windows programs write them, it is
read as a slash; an archive with both is refused: programs on other systems keep the backslash as part of the name, and
two entries would land in different places.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from microdock_server.bundle.problems import Problems

PATH_BYTES: Final = 1024
COMPONENT_BYTES: Final = 255
PATH_DEPTH: Final = 64

_DRIVE: Final = re.compile(r"[A-Za-z]:")
_ILLEGAL: Final = re.compile('[<>:"|?*]')
# Control, format (bidi), surrogate, private-use and unassigned characters; line and paragraph separators.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_RESERVED: Final = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
    + [device + digit for device in ("COM", "LPT") for digit in "0123456789¹²³"]
)


def kept_name(raw: bytes) -> bytes:
    """The bytes of a name, cut if it is too long for a path."""
    return raw[: PATH_BYTES + 1]


class NameReader:
    """Reads the names of one archive; all of them together decide what a backslash means."""

    def __init__(self, raw_names: Iterable[bytes], problems: Problems) -> None:
        self._problems = problems
        self._has_backslashes_only = _separators(raw_names) == {"\\"}
        self._lenient: dict[str, list[str]] = {}

    def read(self, raw: bytes, *, is_utf8: bool) -> str:
        """The name as text, with `/` between folders; records bytes that are ambiguous."""
        kept = kept_name(raw)
        try:
            name = kept.decode("utf-8")
        except UnicodeDecodeError:
            return self._unreadable(raw, kept, is_utf8)
        if not is_utf8 and not name.isascii():
            self._lenient.setdefault("name-unflagged", []).append(name)
        if self._has_backslashes_only and "\\" in name:
            self._lenient.setdefault("name-separator", []).append(name)
            return name.replace("\\", "/")
        return name

    def _unreadable(self, raw: bytes, kept: bytes, is_utf8: bool) -> str:
        """A displayable form of any bytes; a backslash that is part of a multi-byte character separates nothing."""
        name = kept.decode("cp437").replace("\\", "\ufffd")  # the format's own default: every byte is some character
        if len(raw) <= PATH_BYTES:  # the cut of an overlong name may have been inside a character
            self._problems.add("name-not-utf8" if is_utf8 else "name-encoding", name)
        return name

    def warn(self, warnings: Problems) -> None:
        """Record each leniency once, with the first name concerned and their number."""
        for rule, names in self._lenient.items():
            warnings.add(rule, names[0], count=len(names))


def _separators(raw_names: Iterable[bytes]) -> set[str]:
    """The separators in these names; names that are not UTF-8 are ignored."""
    found: set[str] = set()
    for raw in raw_names:
        if b"\\" in raw or b"/" in raw:
            found.update(char for char in "/\\" if char in _utf8(raw))
        if len(found) == 2:
            break
    return found


def _utf8(raw: bytes) -> str:
    try:
        return kept_name(raw).decode("utf-8")
    except UnicodeDecodeError:
        return ""


def check_name(name: str, raw_length: int, problems: Problems) -> None:
    """Record everything that is wrong with one entry's name."""
    if not name:
        problems.add("name-empty")
        return
    _check_characters(name, problems)
    if name.startswith("/"):
        problems.add("path-absolute", name)
    if _DRIVE.match(name):
        problems.add("path-drive", name)
    if raw_length > PATH_BYTES:
        problems.add("path-too-long", name, limit=PATH_BYTES)
    _check_components(name, problems)


def _check_characters(name: str, problems: Problems) -> None:
    if "\\" in name:
        problems.add("name-backslash", name)
    illegal = _ILLEGAL.search(name)
    if illegal:
        problems.add("name-illegal-character", name, character=illegal[0])
    if name.isascii() and name.isprintable():
        return
    hidden = next((char for char in name if unicodedata.category(char) in _INVISIBLE), None)
    if hidden is None:
        return
    rule = "name-control" if unicodedata.category(hidden) == "Cc" else "name-invisible"
    problems.add(rule, name, character=f"U+{ord(hidden):04X}")


def _check_components(name: str, problems: Problems) -> None:
    """At most one problem per rule and name, however many components break it."""
    parts = components(name)
    if len(parts) > PATH_DEPTH:
        problems.add("path-too-deep", name, limit=PATH_DEPTH)
    checked = parts[1:] if name.startswith("/") else parts
    for rule in dict.fromkeys(filter(None, map(_component_rule, checked[: PATH_DEPTH + 1]))):
        problems.add(rule, name, limit=COMPONENT_BYTES)


def _component_rule(part: str) -> str | None:
    if part in ("", ".", ".."):
        return {"": "path-empty-component", ".": "path-dot", "..": "path-escapes"}[part]
    if part[-1] in ". ":
        return "name-trailing"
    if is_device(part):
        return "name-reserved"
    return "component-too-long" if len(part.encode("utf-8", "replace")) > COMPONENT_BYTES else None


def is_device(part: str) -> bool:
    """Is this a device name on Windows, which looks at the part before the first dot, without trailing spaces?"""
    return part.partition(".")[0].rstrip(" ").upper() in _RESERVED


def components(name: str) -> list[str]:
    """The components of a path, without the slash that ends a directory's name."""
    return name.replace("\\", "/").removesuffix("/").split("/")


@dataclass(frozen=True, slots=True)
class _Place:
    """A name with, for each component, eight bytes that identify how a lenient file system sees it."""

    key: bytes
    name: str
    is_directory: bool


def check_collisions(names: list[str], problems: Problems) -> None:
    """Record names that are the same file on some systems: equal, or equal but for case, Unicode form or separator.

    After sorting by key, everything below a path follows it at once, so comparing neighbours is enough and memory does
    not grow with the depth of paths.
    """
    places = sorted((_place(name) for name in names if name), key=lambda place: (place.key, place.name))
    for first, second in itertools.pairwise(places):
        if first.name == second.name:
            problems.add("duplicate-name", second.name)
        elif not _same_spelling(first, second):
            problems.add("name-collides", second.name, other=first.name)
        elif second.key.startswith(first.key) and not (first.is_directory and second.key != first.key):
            problems.add("file-as-directory", second.name, other=first.name)
        if problems.full:
            return


def _place(name: str) -> _Place:
    parts = components(name)[:PATH_DEPTH]
    return _Place(b"".join(map(_component_key, parts)), name, name.endswith(("/", "\\")))


def _component_key(part: str) -> bytes:
    # Overlong components are refused anyway; cutting them keeps normalization cheap.
    folded = part[:COMPONENT_BYTES]
    if not folded.isascii():
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
    return hash(folded.casefold()).to_bytes(8, "big", signed=True)


def _same_spelling(first: _Place, second: _Place) -> bool:
    """Are components with equal keys also spelled the same, and common paths also separated the same way?"""
    shared = 0
    while first.key[shared : shared + 8] == second.key[shared : shared + 8] != b"":
        shared += 8
    count = shared // 8
    first_parts, second_parts = components(first.name)[:count], components(second.name)[:count]
    return first_parts == second_parts and (first.key != second.key or _parted(first.name, second.name))


def _parted(first: str, second: str) -> bool:
    """Do both have the same separators, apart from a trailing one?"""
    pairs = zip(*([char for char in name if char in "/\\"] for name in (first, second)), strict=False)
    return all(one == other for one, other in pairs)
