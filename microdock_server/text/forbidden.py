"""Characters that no HTML page may contain: controls other than white space, and code points that are no characters."""

from __future__ import annotations

import re
from typing import Final

# By what is allowed, which is found ten times faster. The last two code points of each plane are no characters.
_PLANES: Final = "".join(f"{chr(plane << 16)}-{chr(plane << 16 | 0xFFFD)}" for plane in range(1, 17))
_FORBIDDEN: Final = re.compile(f"[^\t\n\f\r -~\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd{_PLANES}]")


def dropped(text: str) -> str:
    """The text without them."""
    return _FORBIDDEN.sub("", text)


def replaced(text: str) -> str:
    """The text with U+FFFD, the sign for what cannot be shown, in the place of each."""
    return _FORBIDDEN.sub("\ufffd", text)
