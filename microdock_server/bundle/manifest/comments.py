"""Comments and trailing commas in JSON, which .NET's reader skips if told to, replaced by spaces.

`//` extends to the end of its line and may not contain U+2028 or U+2029, `/* */` does not nest, neither may precede a
colon, and one comma may follow the last item of a non-empty container. Every character keeps its line and column, and
the time is linear.
"""

from __future__ import annotations

import re
from typing import Final

COMMENTS: Final = "manifest-comments"
COMMAS: Final = "manifest-trailing-commas"
MARKS_MAX: Final = 100_000

# What begins and does not end is matched to the end of the text; otherwise each of its characters would be tried as a
# beginning.
_STRING: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z|\\\Z)'
_COMMENT: Final = r"//[^\r\n\u2028\u2029]*+(?=[\r\n]|\Z)|/\*(?s:.*?)\*/"
_BEFORE_COLON: Final = rf"(?:(?:[ \t\r\n]++|{_COMMENT})++(?=:))?"
_UNENDED: Final = r"//[^\r\n]*+|/\*(?s:.*)"
_COMMENTED: Final = re.compile(rf"(?P<kept>{_STRING}{_BEFORE_COLON})|(?P<comment>{_COMMENT})|(?:{_UNENDED})", re.DOTALL)
_COMMA: Final = re.compile(rf"(?P<kept>{_STRING}|[\[{{,][ \t\r\n]*+,)|,(?=[ \t\r\n]*+[\]}}])", re.DOTALL)
_SIGN: Final = re.compile(r"[^\r\n]")


def without(text: str) -> tuple[str, list[str]]:
    """The text with spaces in place of comments and trailing commas, and the rules of what was found.

    Unchanged if it has more strings and comments than any real manifest: scanning them all would take a second.
    """
    if text.count('"') + text.count("/") > MARKS_MAX:
        return text, []
    commented = _COMMENTED.sub(_blank_comment, text)
    plain = _COMMA.sub(lambda match: match[0] if match["kept"] else " ", commented)
    return plain, [rule for rule, is_there in ((COMMENTS, commented != text), (COMMAS, plain != commented)) if is_there]


def _blank_comment(match: re.Match[str]) -> str:
    return match[0] if match["comment"] is None else _SIGN.sub(" ", match[0])
