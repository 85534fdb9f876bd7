"""Update checks: a whole host in one question."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import orjson

from ...clock import iso, utcnow
from ...context import context
from ...observability import metrics
from ...services.releases.choices import Code
from ...services.releases.decision import Host
from ...vocabulary import Channel, HostAction
from ..core.request import language
from ..core.state import api_state
from ..core.update_answers import Asking, PluginAnswer
from . import host
from .release_schemas import UpdateCheck, Updates


@host.operation(
    "POST",
    "/plugins/updates",
    body=UpdateCheck,
    answer=Updates,
    message="plugins.updates",
    transaction="own",
)
def check(body: dict[str, Any]) -> orjson.Fragment:
    """What a host should do with each of its plugins: update, go back to a lower version, disable or remove it, or
    nothing; and why it is not offered anything higher.
    """
    now = utcnow()
    asking = Asking.of(Host(now, body["engines"], body["channel"] or Channel.STABLE, body["client_id"]), language())
    found = api_state().updates.answer(asking, body["installed"])
    if asking.host.client_id is not None:
        context().actives.count(asking.host.client_id, [one.has for one in found if one.has is not None])
    _count(found)
    serial = context().releases.serial()
    head = b'{"checked_at":"%b","serial":%d,"updates":[' % (iso(now).encode(), serial)
    return orjson.Fragment(head + b",".join([one.body for one in found]) + b"]}")


def _count(found: Sequence[PluginAnswer]) -> None:
    """A plugin counts once for each code, to however many versions it applies."""
    actions: defaultdict[HostAction, int] = defaultdict(int)
    reasons: defaultdict[Code, int] = defaultdict(int)
    for one in found:
        actions[one.action] += 1
        for code in one.codes:
            reasons[code] += 1
    metrics.answered(actions, reasons)
