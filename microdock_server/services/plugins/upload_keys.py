"""The upload keys of plugin names, and proving them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from ...database.session import db
from ...errors import Invalid, WrongPluginKey
from ...models import Plugin, PluginTombstone
from ...vocabulary import FIRST_KEY_MIN
from .. import configuration
from ..accounts import passwords

# How often a key is checked if the stored hash changes meanwhile.
AGREEMENTS: Final = 3


@dataclass(frozen=True, slots=True)
class Agreed:
    """A checked key: the stored hash it was checked against (None: the name was new), and the hash to store."""

    before: str | None
    key_hash: str


def agree(before: str | None, plugin_key: str) -> Agreed:
    """Check the key against `before`, the hash stored for its name; for a new name (None), hash it.

    To be called outside of units. Raises WrongPluginKey, and Invalid where a new name's first key is too short.
    """
    if before is None:
        if len(plugin_key) < FIRST_KEY_MIN:
            raise Invalid.field("plugin_key", "field.first_key", min=FIRST_KEY_MIN)
        return Agreed(None, passwords.hash_key(plugin_key))
    # Created through the marketplace without a key: no key matches.
    if not before or not passwords.key_matches(before, plugin_key):
        raise WrongPluginKey()
    return Agreed(before, before)


def attempts(agree: Callable[[], Agreed]) -> Iterator[Agreed]:
    """The checked key, for what is then written in a unit of its own: while hashes are computed, no lock is held.

    Whoever finds another hash there than `before` writes nothing and goes on to the next; after the last, that is a
    Conflict.
    """
    for _ in range(AGREEMENTS):
        yield agree()


def stored(name: str, plugin: Plugin | None) -> str | None:
    """The hash stored for `name`, whose plugin is `plugin`: "" if no key matches, None for a new name.

    Raises NameReserved for a new name below a prefix that is reserved.
    """
    if plugin is not None:
        return plugin.upload_key_hash
    stone = db.session.get(PluginTombstone, name.lower())
    if stone is None:
        configuration.ensure_unreserved(name, None)
        return None
    return stone.upload_key_hash
