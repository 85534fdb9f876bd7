"""The Content-Disposition header of downloads, the same for every sender."""

from __future__ import annotations

from urllib.parse import quote


def disposition(file_name: str) -> str:
    """`attachment` with a name for old clients and, if it differs, the real one (RFC 6266)."""
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%' else "_" for char in file_name)
    header = f'attachment; filename="{plain}"'
    return header if plain == file_name else f"{header}; filename*=UTF-8''{quote(file_name, safe='')}"
