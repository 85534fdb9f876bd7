"""Print what pyproject.toml requires, with some of its extras: `python deploy/requirements.py postgresql,redis`.

For the image, whose layer of packages is kept as long as this list does not change. Ends with a message where an extra
is not known.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path


def requirements(project: dict[str, dict[str, list[str]]], extras: list[str]) -> list[str]:
    """The project's dependencies and those of `extras`, one a line. Raises SystemExit for an unknown extra."""
    known = project["optional-dependencies"]
    unknown = [extra for extra in extras if extra not in known]
    if unknown:
        raise SystemExit(f"no such extra: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return [*project["dependencies"], *(line for extra in extras for line in known[extra])]  # type: ignore[misc]


def main() -> None:
    """Read pyproject.toml of the working directory."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [extra.strip() for extra in ",".join(sys.argv[1:]).split(",") if extra.strip()]
    print("\n".join(requirements(project, extras)))  # noqa: T201


if __name__ == "__main__":
    main()
