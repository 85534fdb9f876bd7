"""All commands, in the sections of `flask --help`; and `flask openapi`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
from flask.cli import with_appcontext

from .. import file_modes
from ..api.core.state import api_state
from .backup import backup
from .database import prepared
from .demo import demo_group
from .errors import failures
from .help import Sections, epilog
from .jobs import audit_group, jobs_group, reviews_group, search_group
from .storage import storage
from .users import users


@click.command("openapi", epilog=epilog("flask openapi openapi.json"))
@click.argument("path", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@with_appcontext
def openapi(path: Path) -> None:
    """Write the OpenAPI document, as /openapi.json serves it, to PATH."""
    with failures(), file_modes.usual_umask():
        path.write_bytes(api_state().document())


SECTIONS: Final[Sections] = (
    ("Accounts and decisions", (users, audit_group)),
    ("Data", (prepared(), storage, backup, demo_group)),
    ("Background work", (jobs_group, reviews_group, search_group)),
    ("The API", (openapi,)),
)
