"""One declaration per setting: its name, kind, default, bounds and meaning.

../settings.py reads settings by them; ../reference.py makes `docs/settings.md` and `.env.example` from them
(`scripts/settings`).
"""

from typing import Final

from . import data, protection, rules, server
from .protection import DEFAULT_PASSWORD
from .setting import Group, Kind, Setting

GROUPS: Final = (*server.GROUPS, *data.GROUPS, *protection.GROUPS, *rules.GROUPS)
DECLARED: Final = {setting.name: setting for group in GROUPS for setting in group.settings}

__all__ = ["DECLARED", "DEFAULT_PASSWORD", "GROUPS", "Group", "Kind", "Setting"]
