"""The secret that signs tokens, if none is configured."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from .. import file_modes


def jwt_secret(secret: str, debug: bool, data_dir: Path) -> str:
    """The configured secret; with DEBUG, a missing one is generated once and stored beside the data."""
    if secret or not debug:
        return secret
    kept = data_dir / "jwt-secret"
    if not kept.exists():
        file_modes.make_directory(data_dir)
        _write_once(kept, secrets.token_urlsafe(48))
    return kept.read_text(encoding="ascii").strip()


def _write_once(path: Path, text: str) -> None:
    """Create `path` with this text, readable by its owner only, unless another process was first: then theirs stays."""
    # mkstemp creates the file for its owner only; linked when complete, so nobody ever reads half a secret.
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            Path(path).hardlink_to(draft)
    finally:
        Path(draft).unlink()
