"""Variables as text: the environment, then `.env` in the working directory.

It imports nothing of ours and can be loaded by its path, by programs that start or upgrade the server before the
package can be imported. `python -P microdock_server/config/read_env.py NAME …` prints the values, one per line.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dotenv import dotenv_values


def read_env() -> dict[str, str]:
    """All variables by name. The environment takes precedence, even with an empty value."""
    # A name without a value, which a file may contain, is ignored.
    file = {name: value for name, value in dotenv_values(Path.cwd() / ".env").items() if value is not None}
    return {**file, **os.environ}


if __name__ == "__main__":
    variables = read_env()
    print(*(variables.get(name, "") for name in sys.argv[1:]), sep="\n")  # noqa: T201
