"""The metadata reader against another one: the same tables, row by row."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dnfile
import pytest

from microdock_server.bundle.dotnet.assembly import open_assembly, reader
from microdock_server.bundle.dotnet.metadata import TABLES

from .packages import plugin_dll, real_dll


def loader_dll() -> bytes:
    spec = find_spec("clr_loader")
    assert spec is not None and spec.origin is not None
    return (Path(spec.origin).parent / "ffi" / "dlls" / "amd64" / "ClrLoader.dll").read_bytes()


@pytest.mark.parametrize("data", [real_dll(), plugin_dll(), loader_dll()], ids=["pythonnet", "clock", "loader"])
def test_every_table_is_as_another_reader_has_it(data: bytes) -> None:
    opened = open_assembly(reader(data))
    assert opened is not None
    image: Any = dnfile.dnPE(data=data, clr_lazy_load=True)
    seen = 0
    for name, _ in TABLES.values():
        table = getattr(image.net.mdtables, {"FieldRVA": "FieldRva"}.get(name, name), None)
        rows = table.num_rows if table is not None else 0
        assert opened.metadata.count(name) == rows, name
        if rows:
            seen += 1
            whole = image.net.mdtables.get_data_at_rva(table.rva, table.row_size * rows)
            assert opened.metadata._table(name)[1] == whole, name
    assert seen >= 8
    name = opened.metadata.row("Assembly", 1)
    assert name is not None and opened.metadata.text(name[7]) == str(image.net.mdtables.Assembly[0].Name)
