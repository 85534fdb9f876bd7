"""Which key guards a plugin's name, and how an upload proves that it has it."""

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

# A key is proved anew where what guards the name changed meanwhile, so often.
AGREEMENTS: Final = 3


@dataclass(frozen=True, slots=True)
class Agreed:
    """A key that was proved: against which stored hash (None: the name was new), and the hash that guards the name."""

    before: str | None
    key_hash: str


def agree(name: str, plugin_key: str) -> Agreed:
    """Prove the key against what guards `name` now; for a new name, make its hash.

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
    # Without a key, nobody's fits: the name was made through the marketplace.
    if not before or not passwords.matches(before, plugin_key):
        raise WrongPluginKey()
    return Agreed(before, before)


def stored(name: str) -> str | None:
    """The hash that guards `name`: "" where nobody's key fits, None for a new name."""
    plugin = plugins.find(name)
    if plugin is not None:
        return plugin.upload_key_hash
    stone = db.session.get(PluginTombstone, name.lower())
    return None if stone is None else stone.upload_key_hash
