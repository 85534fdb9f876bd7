"""Reads variables as they are declared; defaults, bounds and choices are in declarations/."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from environs import Env

from .declarations import DECLARED
from .values import ConfigurationError, between, one_of


class Reader:
    """Values of declared variables. An undeclared name raises KeyError."""

    def __init__(self, env: Env) -> None:
        self._env = env

    def text(self, name: str) -> str:
        """A text. Choices are compared without regard to case if all of them are upper case."""
        setting = DECLARED[name]
        value: str = self._env.str(name, str(setting.default), validate=_one_of(setting.choices))
        return value

    def number(self, name: str) -> int:
        """A number within the declared bounds."""
        setting = DECLARED[name]
        value: int = self._env.int(name, int(setting.default), validate=between(setting.low, setting.high))
        return value

    def switch(self, name: str) -> bool:
        """True or false."""
        value: bool = self._env.bool(name, bool(DECLARED[name].default))
        return value

    def path(self, name: str, default: Path) -> Path:
        """An absolute path; `default` if the variable is missing or empty."""
        return Path(self.text(name) or default).absolute()

    def checked(self, name: str, ensure: Callable[[str], object]) -> str:
        """A text that is empty or accepted by `ensure`, whose ValueError becomes the variable's ConfigurationError."""
        text = self.text(name)
        try:
            if text:
                ensure(text)
        except ValueError as wrong:
            raise ConfigurationError(f"{name} {wrong}") from None
        return text


def _one_of(choices: tuple[str, ...]) -> Callable[[Any], None] | None:
    if not choices:
        return None
    check = one_of(*choices)
    return (lambda value: check(value.upper())) if all(choice.isupper() for choice in choices) else check
