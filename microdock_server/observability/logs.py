"""Logs: text on the console; text and JSON files that several workers write and rotate without losing a line.

Secrets are kept out by design: no query string, header or body is ever logged, and a last filter blanks anything in a
line that looks like a token.
"""

from __future__ import annotations

import logging
import logging.config
import re
from contextvars import ContextVar
from typing import Any, Final

from pythonjsonlogger.orjson import OrjsonFormatter

from .. import file_modes
from ..config import Settings
from . import access_log
from .access_log import TOKEN, Clock, ConsoleHandler, Form, LineHandler
from .log_rotation import SharedRotatingHandler

ROTATE_BYTES: Final = 10 * 1024 * 1024
ROTATE_KEEP: Final = 5

request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestFilter(logging.Filter):
    """Adds the request's id to every line and removes tokens from it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        if isinstance(record.msg, str) and "eyJ" in record.getMessage():
            record.msg, record.args = TOKEN.sub("[token]", record.getMessage()), ()
        return True


# Characters that would end a line, move a terminal's cursor, or change the direction of text: C0, DEL, C1, and some of
# Unicode's.
CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: str) -> str:
    """`text` with control characters escaped: it can neither begin a line of its own nor hide one."""
    return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class _Dated(logging.Formatter):
    """Formats the date once per second, not once per line."""

    _clock = Clock()

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  (its base's)
        return self._clock.text(record.created)


class TextFormatter(_Dated):
    """Lines for people; a traceback is indented below its line, so that no text can pass for a line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (its base's)
        return one_line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802  (its base's)
        return "\n".join(f"  {one_line(line)}" for line in super().formatException(ei).splitlines())


class JsonFormatter(_Dated, OrjsonFormatter):
    """Lines for machines: one JSON object each."""


def configure(settings: Settings) -> None:
    """Set up logging for this process. The files' directory is created if it is missing."""
    file_modes.make_directory(settings.log_dir)
    logging.config.dictConfig(_configuration(settings))
    access_log.use([one for one in logging.getLogger().handlers if isinstance(one, LineHandler)])


def _configuration(settings: Settings) -> dict[str, Any]:
    text = "%(asctime)s - %(name)s - %(levelname)s - [%(request_id)s] %(message)s"
    detailed = "%(asctime)s - %(name)s - %(levelname)s - %(module)s:%(lineno)d - [%(request_id)s] %(message)s"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request": {"()": RequestFilter}},
        "formatters": {
            "console": {"()": TextFormatter, "fmt": text},
            "detailed": {"()": TextFormatter, "fmt": detailed},
            "json": {
                "()": JsonFormatter,
                "fmt": "%(asctime)s %(name)s %(levelname)s %(module)s %(lineno)d %(message)s",
            },
        },
        "handlers": {
            "console": {
                "()": ConsoleHandler,
                "formatter": "console",
                "filters": ["request"],
                "stream": "ext://sys.stdout",
            },
            "file": _file(settings, settings.log_file.name, "detailed", access_log.text_form),
            "json": _file(settings, settings.log_file.with_suffix(".json").name, "json", access_log.json_form),
            "error": {**_file(settings, "error.log", "detailed"), "level": "ERROR"},
        },
        "root": {"level": settings.log_level, "handlers": ["console", "file", "json", "error"]},
        "loggers": {"sqlalchemy.engine": {"level": "WARNING"}, "alembic": {"level": "WARNING"}},
    }


def _file(settings: Settings, name: str, formatter: str, form: Form | None = None) -> dict[str, Any]:
    return {
        "()": SharedRotatingHandler,
        "formatter": formatter,
        "form": form,
        "filters": ["request"],
        "filename": str(settings.log_dir / name),
        "max_bytes": ROTATE_BYTES,
        "keep": ROTATE_KEEP,
    }
