"""Acting on a plugin with its upload key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...database.unit_of_work import unit_of_work
from ...errors import Conflict
from ...models import Plugin
from .. import plugins
from ..plugins import upload_keys
from ..plugins.upload_keys import Agreed

Result = TypeVar("Result")


def with_key(name: str, plugin_key: str, act: Callable[[Plugin], Result]) -> Result:
    """What `act` does in a unit of work with the plugin of this name, whose key this is.

    Opens its own units: no lock is held while hashes are computed. Raises PluginNotFound, WrongPluginKey, and Conflict
    if the key changes repeatedly meanwhile.
    """

    def agree() -> Agreed:
        with unit_of_work(writing=False):
            before = plugins.get(name).upload_key_hash
        return upload_keys.agree(before, plugin_key)

    for agreed in upload_keys.attempts(agree):
        with unit_of_work():
            plugin = plugins.get(name)
            if plugin.upload_key_hash == agreed.before:
                return act(plugin)
    raise Conflict()
