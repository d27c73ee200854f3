"""Parquet files: written into memory, read with errors that name the file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


# For hundreds of columns with a value each: half the size without these.
_LEAN = {"write_statistics": False, "store_schema": False}


def parquet(tables: Sequence[pa.Table], lean: bool = False) -> bytes:
    """Return a file with one row group for each table.

    Args:
        tables: What goes into it.
        lean: Whether to leave out what serves to skip rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    more = _LEAN if lean else {}
    # Measured values hardly ever repeat: a dictionary of them costs time, and room.
    plain = {"compression": "snappy", "use_dictionary": False}
    with pq.ParquetWriter(sink, tables[0].schema, **plain, **more) as writer:
        for table in tables:
            writer.write_table(table, row_group_size=max(1, len(table)))
    return bytes(sink.getvalue())


@contextlib.contextmanager
def reading(path: Path) -> Iterator[pq.ParquetFile]:
    """Open a file; whatever is wrong with it is a ValueError that names it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            yield file
    except FileNotFoundError:
        raise ValueError(f"{path}: not there") from None
    except (pa.ArrowException, OSError, ValueError, KeyError, IndexError) as error:
        raise ValueError(f"{path}: no Parquet file that can be read") from error


def same_parquet(content: bytes, wanted: bytes) -> bool:
    """Return whether a file holds what it should.

    If the same pyarrow wrote both, every byte must be the same; otherwise every value.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if content == wanted:
        return True
    try:
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            writer, table = file.metadata.created_by, file.read()
        with pq.ParquetFile(pa.BufferReader(wanted)) as file:
            return bool(writer != file.metadata.created_by and table.equals(file.read()))
    except (pa.ArrowException, OSError, ValueError):
        return False


def groups_of(path: Path) -> int:
    """Return the number of row groups of a file; 0 if it cannot be read."""
    try:
        with reading(path) as file:
            return int(file.num_row_groups)
    except ValueError:
        return 0
