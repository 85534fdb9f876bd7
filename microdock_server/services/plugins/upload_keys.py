"""The upload keys of plugin names, and proving them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ...database.session import db
from ...database.unit_of_work import unit_of_work
from ...errors import Invalid, WrongPluginKey
from ...models import PluginTombstone
from ...vocabulary import FIRST_KEY_MIN
from .. import configuration, plugins
from ..accounts import passwords

# How often a key is checked again if the stored hash changed meanwhile.
AGREEMENTS: Final = 3


@dataclass(frozen=True, slots=True)
class Agreed:
    """A checked key: the stored hash it was checked against (None: the name was new), and the hash to store."""

    before: str | None
    key_hash: str


def agree(name: str, plugin_key: str) -> Agreed:
    """Check the key against the hash stored for `name`; for a new name, hash it.

    Raises WrongPluginKey; for a new name NameReserved, and Invalid where its first key is too short.
    """
    with unit_of_work(writing=False):
        before = stored(name)
        if before is None:
            configuration.ensure_unreserved(name, None)
    if before is None:
        if len(plugin_key) < FIRST_KEY_MIN:
            raise Invalid.field("plugin_key", "field.first_key", min=FIRST_KEY_MIN)
        return Agreed(None, passwords.hash_key(plugin_key))
    # Created through the marketplace without a key: no key matches.
    if not before or not passwords.key_matches(before, plugin_key):
        raise WrongPluginKey()
    return Agreed(before, before)


def stored(name: str) -> str | None:
    """The hash stored for `name`: "" if no key matches, None for a new name."""
    plugin = plugins.find(name)
    if plugin is not None:
        return plugin.upload_key_hash
    stone = db.session.get(PluginTombstone, name.lower())
    return None if stone is None else stone.upload_key_hash
