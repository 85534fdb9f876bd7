"""Real servers of others that tests talk to: started on loopback, stopped by their own pid."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip the test for want of `what`; where CI is set, fail it: nothing is skipped there."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not installed")
    pytest.skip(f"{what} is not installed")
