"""Tables for several processes: each in a nameless file that they map into memory, so it is held once."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa


@contextmanager
def shared(tables: Mapping[str, pa.Table]) -> Iterator[dict[str, int]]:
    """Yield a descriptor for each table; a process that inherits them reads them with ``mapped``.

    A nameless file is gone with the last process that has it open, however that ends.
    """
    import pyarrow as pa

    with ExitStack() as files:
        found = {}
        for name, table in tables.items():
            file = files.enter_context(tempfile.TemporaryFile())
            with pa.ipc.new_file(file, table.schema) as writer:
                writer.write_table(table)
            file.flush()
            found[name] = file.fileno()
        yield found


def mapped(files: Mapping[str, int]) -> dict[str, pa.Table]:
    """Return the tables behind the descriptors."""
    import pyarrow as pa

    return {
        name: pa.ipc.open_file(pa.memory_map(f"/dev/fd/{number}")).read_all()
        for name, number in files.items()
    }
