"""Files as lines of text that nobody misreads: nothing in them hides, or is drawn in another order."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from microdock_server.text import names

Encoding = Literal["ascii", "utf-8", "utf-8-bom", "utf-16-le", "utf-16-be", "unknown"]
LineEndings = Literal["none", "lf", "crlf", "mixed"]
PieceKind = Literal["text", "hidden", "invalid"]

# So much of a file decides whether it is text.
HEAD: Final = 8192
_UTF8: Final = b"\xef\xbb\xbf"
_UTF16: Final[dict[bytes, Encoding]] = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF32: Final = b"\xff\xfe\0\0"
# Characters that need a closer look: neither plain ASCII, nor common letters of Latin and Chinese texts.
_UNCOMMON: Final = re.compile("[^\t\n -~¡-¬®-˿、-ヿ一-鿿！-～]")
_INVALID: Final = range(0xDC80, 0xDD00)
# They belong to a picture before them: emoji are made of several characters.
_JOINING: Final = "\ufe0f\u200d"
_JOINED: Final = re.compile(f"[{_JOINING}]")
_CONTROLS: Final = {
    "\r": "CARRIAGE RETURN",
    "\0": "NULL",
    "\x1b": "ESCAPE",
    "\b": "BACKSPACE",
    "\x7f": "DELETE",
    "\x85": "NEXT LINE",
}
# Spaces that are what they look like: the ordinary one, and the wide one of Chinese texts.
_SPACES: Final = " \u3000"


class Piece(NamedTuple):
    """A part of a line. Of what cannot be seen `text` is its number (`U+202E`) and `name` its name in Unicode, of
    what is not text its byte (`\\xB0`).
    """

    text: str
    kind: PieceKind = "text"
    name: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A file as lines, without their ends.

    `invalid` counts bytes that the encoding has no meaning for, `hidden` characters that are invisible or change the
    order in which others are drawn. A carriage return alone ends no line here: it is hidden.
    """

    encoding: Encoding
    line_endings: LineEndings
    ends_with_newline: bool
    invalid: int
    hidden: int
    lines: tuple[str, ...]


def is_text(head: bytes) -> bool:
    """Is it text, by its first HEAD bytes? Without a mark of UTF-16 no text holds a zero byte."""
    if head[:2] in _UTF16 and not head.startswith(_UTF32):
        return True
    return b"\0" not in head[:HEAD]


def read_text(data: bytes) -> Text:
    """The lines of a file that `is_text`. Never raises: what is not text is shown as what it is."""
    encoding, decoded = _decoded(data)
    # Other line breaks would let a line look like two, or the other way round: those stay in their line, hidden.
    unbroken = decoded.replace("\r\n", "\n")
    lines = unbroken.split("\n")
    ends_with_newline = lines[-1] == ""
    if ends_with_newline:
        lines.pop()
    breaks = len(lines) - (not ends_with_newline)
    returns = len(decoded) - len(unbroken)
    is_same = returns in (0, breaks)
    endings: LineEndings = "none" if not breaks else "mixed" if not is_same else "crlf" if returns else "lf"
    invalid, hidden = _counts(unbroken)
    if invalid and not encoding.startswith("utf-16"):
        encoding = "unknown"
    return Text(encoding, endings, ends_with_newline, invalid, hidden, tuple(lines))


def pieces(line: str, longest: int) -> list[Piece]:
    """A line in parts of which each is text or one character that is not seen; of `longest` characters at most."""
    found: list[Piece] = []
    at = 0
    line = line[:longest]
    for place in _hidden_places(line):
        if place > at:
            found.append(Piece(line[at:place]))
        found.append(_shown(line[place]))
        at = place + 1
    if at < len(line):
        found.append(Piece(line[at:]))
    return found


def _decoded(data: bytes) -> tuple[Encoding, str]:
    if data.startswith(_UTF8):
        return "utf-8-bom", data[3:].decode("utf-8", "surrogateescape")
    encoding = None if data.startswith(_UTF32) else _UTF16.get(data[:2])
    if encoding is None:
        return "ascii" if data.isascii() else "utf-8", data.decode("utf-8", "surrogateescape")
    whole = data[2 : len(data) - len(data) % 2]
    rest = data[len(data) - len(data) % 2 :]
    return encoding, whole.decode(encoding, "surrogatepass") + rest.decode("ascii", "surrogateescape")


def _counts(text: str) -> tuple[int, int]:
    """How many characters are bytes that are no text, and how many are hidden. Each that occurs is looked at once,
    however often: a text may consist of them.
    """
    counts = Counter(_UNCOMMON.findall(text))
    invalid = sum(number for char, number in counts.items() if ord(char) in _INVALID)
    hidden = sum(number for char, number in counts.items() if _is_hidden(char)) - invalid
    if any(char in counts for char in _JOINING):
        hidden -= sum(_is_joining(text, found.start()) for found in _JOINED.finditer(text))
    return invalid, hidden


def _hidden_places(line: str) -> Iterator[int]:
    if line.isascii() and line.isprintable():
        return
    for found in _UNCOMMON.finditer(line):
        place = found.start()
        if _is_hidden(found[0]) and not _is_joining(line, place):
            yield place


@lru_cache(maxsize=4096)
def _is_hidden(char: str) -> bool:
    kind = unicodedata.category(char)
    if kind in ("Zl", "Zp") or (kind == "Zs" and char not in _SPACES):
        return True
    return names.is_invisible(char) or char == "\u2800"


def _is_joining(line: str, place: int) -> bool:
    """Does it make an emoji of the picture before it? Rows of such characters are none: they can carry a message."""
    if line[place] not in _JOINING or place == 0:
        return False
    before = line[place - 1]
    if line[place] == "\u200d":
        is_before = _is_picture(before) or (before == "\ufe0f" and place > 1 and _is_picture(line[place - 2]))
        return is_before and _is_picture(line[place + 1 : place + 2])
    return _is_picture(before) or before in "0123456789#*"


def _is_picture(char: str) -> bool:
    return char != "" and unicodedata.category(char) in ("So", "Sk")


def _shown(char: str) -> Piece:
    code = ord(char)
    if code in _INVALID:
        return Piece(f"\\x{code - 0xDC00:02X}", "invalid")
    return Piece(f"U+{code:04X}", "hidden", _name(char))


def _name(char: str) -> str:
    """Controls have no name in Unicode's data."""
    return _CONTROLS.get(char, unicodedata.name(char, ""))
