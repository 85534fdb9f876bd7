"""The marketplace document's accounts' contract tests, asked of three nodes through nginx."""

from __future__ import annotations

import pytest

from ...contract.test_market_accounts_document import *  # noqa: F403

pytestmark = pytest.mark.live
