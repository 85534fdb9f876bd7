"""What may be shown of a failure: to administrators, in the database."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from ..errors import DomainError
from ..observability.access_log import TOKEN

REASON_MAX: Final = 200

_PATH: Final = re.compile(r"(?:[A-Za-z][\w+.-]*:/)?/[^\s'\",;:)]+")


def reason_of(error: Exception) -> str:
    """The error's type and what may be shown of its text: no path, no token, no row of the database."""
    if isinstance(error, DomainError):
        text = error.message.render("en")
    elif isinstance(error, OSError):
        text = error.strerror or ""
    elif isinstance(error, SQLAlchemyError):
        text = ""
    else:
        text = _PATH.sub("[path]", TOKEN.sub("[token]", str(error).partition("\n")[0]))
    return f"{type(error).__name__}: {text}"[:REASON_MAX].removesuffix(": ")
