"""Acting on a plugin with its upload key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...database.unit_of_work import unit_of_work
from ...errors import Conflict, WrongPluginKey
from ...models import Plugin
from .. import plugins
from ..accounts import passwords
from ..plugins.upload_keys import AGREEMENTS

Result = TypeVar("Result")


def with_key(name: str, plugin_key: str, act: Callable[[Plugin], Result]) -> Result:
    """What `act` does in a unit of work with the plugin of this name, whose key this is.

    Opens its own units: no lock is held while hashes are computed. Raises PluginNotFound, WrongPluginKey, and Conflict
    if the key changes repeatedly meanwhile.
    """
    for _ in range(AGREEMENTS):
        with unit_of_work(writing=False):
            stored = plugins.get(name).upload_key_hash
        # Created through the marketplace without a key: no key matches.
        if not stored or not passwords.key_matches(stored, plugin_key):
            raise WrongPluginKey()
        with unit_of_work():
            plugin = plugins.get(name)
            if plugin.upload_key_hash == stored:
                return act(plugin)
    raise Conflict()
