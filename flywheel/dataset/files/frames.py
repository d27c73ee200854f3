"""The frames of an episode as a table: features, and the indices that the format asks for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from warewheel.flywheel.dataset.schema import LANGUAGE, SUBTASK, Schema

from .parquet import reading

if TYPE_CHECKING:
    import pyarrow as pa

Array = NDArray[Any]
# By name of the column: frames x elements.
Columns = dict[str, Array]
# Time [s] at which each subtask begins, and its text.
Subtasks = Sequence[tuple[float, str]]


def values_digest(schema: Schema, columns: Mapping[str, Array]) -> str:
    """Return the SHA-256 of an episode's features.

    It stays the same wherever the episode stands among others.
    """
    made = hashlib.sha256()
    for one in schema.features:
        values = np.ascontiguousarray(columns[one.name])
        made.update(f"{one.name} {one.dtype} {values.shape}\n".encode())
        made.update(values.astype(values.dtype.newbyteorder("<"), copy=False).data)
    return made.hexdigest()


def index_columns(
    schema: Schema, length: int, numbers: Mapping[str, int], subtasks: Mapping[str, int],
    begins: Subtasks,
) -> Columns:  # fmt: skip
    """Return the columns that follow from where an episode stands.

    Args:
        schema: What columns there are.
        length: Number of frames.
        numbers: ``episode_index``, ``task_index``, and ``index`` of the first frame.
        subtasks: By text: its number in the dataset.
        begins: The episode's subtasks.
    """
    frame = np.arange(length, dtype=np.int64)
    made: Columns = {
        "timestamp": (frame / schema.fps).astype(np.float32),
        "frame_index": frame,
        "episode_index": np.full(length, numbers["episode_index"], np.int64),
        "index": frame + numbers["index"],
        "task_index": np.full(length, numbers["task_index"], np.int64),
    }
    if schema.subtasks:
        column = np.full(length, subtasks.get("", 0), np.int64)
        for time, text in begins:
            column[first_frame(schema, time) :] = subtasks[text]
        made[SUBTASK] = column
    return {name: column.reshape(length, 1) for name, column in made.items()}


def first_frame(schema: Schema, time: float) -> int:
    """Return the first frame at ``time`` [s] or after."""
    return max(0, int(np.ceil(time * schema.fps - 1e-6)))


def subtask_names(schema: Schema, begins: Subtasks) -> list[str]:
    """Return the texts that an episode's frames refer to; an empty one if some have none."""
    alone = not begins or first_frame(schema, begins[0][0]) > 0
    return [""] * alone + [text for _, text in begins]


def data_table(schema: Schema, columns: Mapping[str, Array], begins: Subtasks) -> pa.Table:
    """Return an episode's frames as a table; ``columns`` are frames x elements.

    Args:
        schema: What columns there are.
        columns: Features and indices.
        begins: The episode's subtasks.
    """
    import pyarrow as pa

    arrays = [_array(columns[name], width) for name, _, width in schema.columns()]
    fields = [pa.field(name, _type(dtype, width)) for name, dtype, width in schema.columns()]
    if schema.language:
        arrays.append(_notes(begins, len(columns["index"])))
        fields.append(pa.field(LANGUAGE, arrays[-1].type))
    metadata = {"huggingface": json.dumps({"info": {"features": _hf_features(schema)}})}
    return pa.table(arrays, pa.schema(fields, metadata))


def _numbers(table: pa.Table) -> Columns:
    """Return a table's columns as arrays, frames x elements."""
    import pyarrow as pa

    made: Columns = {}
    for name in table.column_names:
        column = table.column(name).combine_chunks()
        width = 1
        if pa.types.is_fixed_size_list(column.type):
            width = column.type.list_size
            column = column.flatten()
        values = column.to_numpy(zero_copy_only=False)
        if values.dtype == object:
            raise ValueError(f"{name} has gaps, or no numbers")
        made[name] = values.reshape(len(table), width)
    return made


def _array(values: Array, width: int) -> pa.Array:
    import pyarrow as pa

    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    return flat if width == 1 else pa.FixedSizeListArray.from_arrays(flat, width)


def _type(dtype: str, width: int) -> pa.DataType:
    import pyarrow as pa

    kind = pa.from_numpy_dtype(np.dtype(dtype))
    return kind if width == 1 else pa.list_(kind, width)


def _hf_features(schema: Schema) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, dtype, width in schema.columns():
        value = {"dtype": dtype, "_type": "Value"}
        made[name] = value if width == 1 else {"feature": value, "length": width, "_type": "List"}
    if schema.language:
        text = {"dtype": "string", "_type": "Value"}
        made[LANGUAGE] = {
            "feature": {
                "role": text, "content": text, "style": text,
                "timestamp": {"dtype": "float32", "_type": "Value"}, "camera": text,
                "tool_calls": {"feature": {"_type": "Json"}, "_type": "List"},
            },
            "_type": "List",
        }  # fmt: skip
    return made


def _notes(begins: Subtasks, frames: int) -> pa.Array:
    """Return the language column: readers look up what holds, so every frame has all notes."""
    import pyarrow as pa

    count = len(begins) * frames
    call = pa.json_() if hasattr(pa, "json_") else pa.string()
    parts = {
        "role": (["assistant"] * count, pa.string()),
        "content": ([text for _, text in begins] * frames, pa.string()),
        "style": (["subtask"] * count, pa.string()),
        "timestamp": ([time for time, _ in begins] * frames, pa.float32()),
        "camera": ([None] * count, pa.string()),
    }
    arrays = [pa.array(values, kind) for values, kind in parts.values()]
    arrays.append(pa.nulls(count, pa.list_(call)))
    fields = [
        pa.field(name, array.type, nullable=name not in ("role", "timestamp"))
        for name, array in zip([*parts, "tool_calls"], arrays, strict=True)
    ]
    offsets = pa.array([len(begins) * t for t in range(frames + 1)], pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(arrays, fields=fields))


def read_groups(path: Path, names: Sequence[str] | None = None) -> list[Columns]:
    """Return the numbers in each row group of a file: of all columns, or of those named.

    Raises:
        ValueError: If the file cannot be read.
    """
    with reading(path) as file:
        there = _numeric(file)
        names = there if names is None else names
        if missing := set(names) - set(there):
            raise ValueError(f"{path}: no column {', '.join(sorted(missing))}")
        return [_numbers(file.read_row_group(k, names)) for k in range(file.num_row_groups)]


def read_group(path: Path, group: int) -> Columns:
    """Return the numbers in one row group of a file."""
    with reading(path) as file:
        return _numbers(file.read_row_group(group, _numeric(file)))


def _numeric(file: Any) -> list[str]:
    return [name for name in file.schema_arrow.names if name != LANGUAGE]
