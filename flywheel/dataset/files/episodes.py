"""The table of episodes: one row each, with its statistics, facts and digests."""

from __future__ import annotations

import contextlib
import hashlib
import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from warewheel.flywheel.dataset.schema import Schema

from .parquet import parquet, reading
from .statistics import CHANNELS, KINDS, LEVELS

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]

# What comes of rows that are damaged.
UNREADABLE = (ValueError, KeyError, TypeError, OverflowError)
# The digest of a row over all its other columns.
DIGEST = "sha256/row"


def light_columns(schema: Schema) -> list[str]:
    """Return the columns of the table of episodes without statistics and histograms."""
    heavy = ("stats/", "histogram/")
    return [name for name in episodes_schema(schema).names if not name.startswith(heavy)]


def episodes_schema(schema: Schema) -> pa.Schema:
    """Return the columns of the table of episodes."""
    import pyarrow as pa

    whole, real, text = pa.int64(), pa.float64(), pa.string()
    kinds = {"bool": pa.bool_(), "int": whole, "float": real, "str": text,
             "list[str]": pa.list_(text)}  # fmt: skip
    made = {
        "episode_index": whole, "tasks": pa.list_(text), "length": whole,
        "data/chunk_index": whole, "data/file_index": whole,
        "dataset_from_index": whole, "dataset_to_index": whole,
    }  # fmt: skip
    for camera in schema.cameras:
        for name, kind in (("chunk_index", whole), ("file_index", whole),
                           ("from_timestamp", real), ("to_timestamp", real)):  # fmt: skip
            made[f"videos/{camera}/{name}"] = kind
    # Not of indices: what they are follows from where the episode stands.
    for feature in schema.features:
        ends = real if np.dtype(feature.dtype).kind == "f" else whole
        for name in KINDS:
            kind = whole if name == "count" else ends if name in ("min", "max") else real
            made[f"stats/{feature.name}/{name}"] = pa.list_(kind)
    for camera in schema.cameras:
        for name in KINDS:
            deep = pa.list_(pa.list_(pa.list_(real)))
            made[f"stats/{camera}/{name}"] = pa.list_(whole) if name == "count" else deep
        made[f"histogram/{camera}"] = pa.list_(whole)
    made |= {"meta/episodes/chunk_index": whole, "meta/episodes/file_index": whole}
    made |= {fact.name: kinds[fact.dtype] for fact in schema.facts}
    made |= {"subtasks": pa.list_(text), "subtask_timestamps": pa.list_(real)}
    made |= {"sha256/data": text, "sha256/values": text}
    for camera in schema.cameras:
        made |= {f"sha256/{camera}/file": text, f"sha256/{camera}/frames": text}
    return pa.schema(list((made | {DIGEST: text}).items()))


def episodes_parquet(kinds: pa.Schema, rows: Sequence[Row]) -> bytes:
    """Return a file with these episodes; ``kinds`` is their `episodes_schema`."""
    import pyarrow as pa

    # Ten times as fast as from_pylist where there are few rows and many columns.
    arrays = [pa.array([row[kind.name] for row in rows], kind.type) for kind in kinds]
    return parquet([pa.table(arrays, kinds)], lean=True)


def sealed(row: Row) -> Row:
    """Return a row with its digest."""
    rest = {key: value for key, value in row.items() if key != DIGEST}
    plain: dict[str, Any] = {}
    packed = b""
    for key in sorted(rest):
        # Spelling out thousands of numbers would take forty times as long as packing them.
        numbers = _packed(rest[key])
        plain[key] = rest[key] if numbers is None else len(numbers)
        packed += numbers or b""
    made = hashlib.sha256(json.dumps(plain).encode() + packed)
    return rest | {DIGEST: made.hexdigest()}


def _packed(value: object) -> bytes | None:
    """Return a list of floats as bytes; None if it is something else."""
    if isinstance(value, list) and value and isinstance(value[0], float):
        with contextlib.suppress(struct.error):
            return struct.pack(f"<{len(value)}d", *value)
    return None


def image_counts(row: Row, camera: str) -> NDArray[np.int64]:
    """Return an episode's histogram of a camera's images: 3 x 256."""
    return np.array(row[f"histogram/{camera}"], np.int64).reshape(CHANNELS, LEVELS)


def is_whole(row: Row) -> bool:
    """Return whether a row is as it was written."""
    return bool(sealed(row)[DIGEST] == row[DIGEST])


def read_rows(path: Path, columns: Sequence[str] | None = None) -> list[Row]:
    """Return the rows of a file, with all columns or those named.

    Raises:
        ValueError: If the file cannot be read.
    """
    with reading(path) as file:
        rows: list[Row] = file.read(columns=columns).to_pylist()
    return rows


def names_parquet(column: str, names: Sequence[str]) -> bytes:
    """Return a file that numbers names, as pandas writes it: the names are its index."""
    import pyarrow as pa

    index = "__index_level_0__"
    text = {"pandas_type": "unicode", "numpy_type": "object", "metadata": None}
    number = {"pandas_type": "int64", "numpy_type": "int64", "metadata": None}
    pandas = {
        "index_columns": [index],
        "column_indexes": [{"name": None, "field_name": None, **text}],
        "columns": [
            {"name": column, "field_name": column, **number},
            {"name": None, "field_name": index, **text},
        ],
        "creator": {"library": "pyarrow", "version": pa.__version__},
        "pandas_version": "2.2.0",
    }
    fields = pa.schema(
        [(column, pa.int64()), (index, pa.string())], {"pandas": json.dumps(pandas)}
    )  # fmt: skip
    arrays = [pa.array(range(len(names)), pa.int64()), pa.array(list(names), pa.string())]
    return parquet([pa.table(arrays, fields)])
