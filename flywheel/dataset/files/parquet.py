"""Parquet files: written into memory, read with errors that name the file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


def parquet(tables: Sequence[pa.Table]) -> bytes:
    """Return a file with one row group for each table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, tables[0].schema, compression="snappy") as writer:
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
