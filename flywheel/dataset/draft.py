"""A draft: an episode under way, in a folder of its own, that knows nothing of its number."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warewheel.configs.choice import options

from .files.disk import DRAFTS, LOCK, PRIVATE, Lock, sha256, sync, told, write
from .files.frames import Columns, values_digest
from .files.statistics import CHANNELS, LEVELS, describe, describe_images, histogram
from .files.video import Encoder, digests
from .schema import Fact, Schema, read_schema

# Its being there says that the draft is whole.
SEAL = "draft.json"
# One feature after the other, in the schema's order.
_VALUES = "values.bin"


class Draft:
    """Writes an episode frame by frame. As many as one likes may be under way at once.

    Args:
        folder: The dataset's folder.
        schema: What a frame is made of.
    """

    def __init__(self, folder: Path, schema: Schema) -> None:
        self._schema, self._home = schema, folder
        self.length = 0
        self._values: dict[str, list[NDArray[Any]]] = {one.name: [] for one in schema.features}
        self._counts = {name: np.zeros((CHANNELS, LEVELS), np.int64) for name in schema.cameras}
        with told(folder):
            drafts = folder / PRIVATE / DRAFTS
            drafts.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(prefix="draft-", dir=drafts))
            # Whoever mends the folder leaves drafts alone that somebody is still at.
            self._lock = Lock(self.folder / LOCK, f"{self.folder}: somebody is at this draft")
            self._encoders = {
                name: Encoder(video(self.folder, name), size, schema.fps, schema.codec)
                for name, size in schema.cameras.items()
            }

    def __enter__(self) -> Draft:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if not (self.folder / SEAL).exists():
            self.discard()

    def frame(self, values: Mapping[str, Any], images: Mapping[str, NDArray[np.uint8]]) -> None:
        """Add a frame: a value for each feature, an image for each camera.

        Raises:
            ValueError: If something is missing, unknown, of the wrong shape or not finite.
        """
        _same("features", values, self._values)
        _same("cameras", images, self._encoders)
        made = [_checked(values[one.name], one.name, one.dtype, one.shape, self.length)
                for one in self._schema.features]  # fmt: skip
        for name, (height, width) in self._schema.cameras.items():
            image = images[name]
            if image.shape != (height, width, 3) or image.dtype != np.uint8:
                raise ValueError(
                    f"{name}: {image.dtype} {image.shape}; allowed: uint8 ({height}, {width}, 3)"
                )
        for one, value in zip(self._schema.features, made, strict=True):
            self._values[one.name].append(value)
        with told(self._home):
            for name, encoder in self._encoders.items():
                image = np.ascontiguousarray(images[name])
                encoder.add(image)
                self._counts[name] += histogram(image)
        self.length += 1

    def close(
        self, facts: Mapping[str, object],
        tasks: Sequence[str], subtasks: Sequence[tuple[float, str]] = (),
    ) -> Path:  # fmt: skip
        """Seal the draft and return its folder, to be appended to the dataset.

        Args:
            facts: What is known of the episode; facts that are not given are null.
            tasks: What the robot was told; the first is the task of every frame.
            subtasks: Time [s] at which each began, in order, and its text.

        Raises:
            ValueError: If there are no frames, or something does not fit the schema.
        """
        schema = self._schema
        if not self.length:
            raise ValueError("an episode needs a frame at least")
        kept = _facts(schema.facts, facts)
        _check_texts(tasks, subtasks)
        with told(self._home):
            for encoder in self._encoders.values():
                encoder.close()
            columns = {name: np.array(values) for name, values in self._values.items()}
            stats = describe(columns)
            for name, counts in self._counts.items():
                stats[name] = describe_images(counts, self.length)
            seal = {
                "schema": schema.data(), "length": self.length, "facts": kept,
                "tasks": list(dict.fromkeys(tasks)),
                "subtasks": [[float(time), text] for time, text in subtasks],
                "stats": stats, "values": values_digest(schema, columns),
                "histograms": {k: c.ravel().tolist() for k, c in self._counts.items()},
                "videos": {name: self._video(name) for name in schema.cameras},
            }  # fmt: skip
            values = b"".join(column.tobytes() for column in columns.values())
            write(self.folder / _VALUES, values, durable=False)
            write(self.folder / SEAL, json.dumps(seal).encode())
        self._lock.release()
        return self.folder

    def discard(self) -> None:
        """Give the episode up."""
        for encoder in self._encoders.values():
            # It may be given up because the disk is full; what is left to write matters no more.
            with contextlib.suppress(OSError):
                encoder.close()
        self._lock.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _video(self, camera: str) -> dict[str, str]:
        path = video(self.folder, camera)
        sync(path)
        (frames,) = digests(path, self._schema.fps, [(0, self.length)])
        return {"file": sha256(path), "frames": frames}


def video(draft: Path, camera: str) -> Path:
    """Return where a draft keeps a camera's video."""
    return draft / f"{camera}.mp4"


def read_draft(
    folder: Path, schema: Schema, plain: Mapping[str, Any]
) -> tuple[dict[str, Any], Columns]:
    """Return what was sealed of an episode, and its features.

    Args:
        folder: The draft's.
        schema: What the draft must be of.
        plain: The same, as it is read back from JSON.

    Raises:
        ValueError: If the draft is not whole, or of another schema.
    """
    try:
        seal: dict[str, Any] = json.loads((folder / SEAL).read_text())
    except FileNotFoundError:
        raise ValueError(f"{folder}: no draft that was closed") from None
    if seal["schema"] != plain:
        other = schema.difference(read_schema(seal["schema"]))
        raise ValueError(f"{folder}: the draft is of another schema: {other}")
    columns: Columns = {}
    start = 0
    try:
        content = (folder / _VALUES).read_bytes()
        for one in schema.features:
            count = seal["length"] * one.shape[0]
            values = np.frombuffer(content, one.dtype, count, start)
            columns[one.name] = values.reshape(seal["length"], one.shape[0])
            start += values.nbytes
        whole = start == len(content) and values_digest(schema, columns) == seal["values"]
    except (FileNotFoundError, ValueError):
        whole = False
    if not whole:
        raise ValueError(f"{folder}: the draft's values are damaged")
    return seal, columns


def _same(what: str, got: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    if got.keys() != wanted.keys():
        missing = ", ".join(wanted.keys() - got.keys()) or "none"
        extra = ", ".join(got.keys() - wanted.keys()) or "none"
        raise ValueError(f"{what} of the frame: missing {missing}; not in the schema {extra}")


def _checked(value: Any, name: str, dtype: str, shape: tuple[int, ...], frame: int) -> NDArray[Any]:
    got = np.asarray(value)
    if got.ndim == 0:
        got = got.reshape(1)
    whole = got.dtype.kind in "iu" and np.dtype(dtype).kind in "iu"
    if got.shape != shape or not (whole or np.can_cast(got.dtype, dtype, "same_kind")):
        raise ValueError(f"{name}: {got.dtype} {got.shape}; allowed: {dtype} {shape}")
    made = got.astype(dtype)  # a copy: the caller may go on to change what it handed in
    if whole and (made != got).any():
        raise ValueError(f"{name}: too large for {dtype} in frame {frame}")
    if made.dtype.kind == "f" and not np.isfinite(made).all():
        raise ValueError(f"{name}: not finite in frame {frame}")
    return made


def _facts(known: Sequence[Fact], facts: Mapping[str, Any]) -> dict[str, Any]:
    names = [fact.name for fact in known]
    for name in facts:
        if name not in names:
            raise ValueError(f"fact '{name}' is not in the schema; {options(name, names)}")
    return {fact.name: _fact(fact, facts.get(fact.name)) for fact in known}


def _fact(fact: Fact, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if fact.dtype == "float" and number:
        return float(value)
    if fact.dtype == "list[str]":
        if not isinstance(value, str) and all(isinstance(one, str) for one in value):
            return list(value)
    elif type(value).__name__ == fact.dtype:
        return value
    raise ValueError(f"fact '{fact.name}' is {value!r}; allowed: {fact.dtype}")


def _check_texts(tasks: Sequence[str], subtasks: Sequence[tuple[float, str]]) -> None:
    if isinstance(tasks, str) or not tasks or not all(tasks):
        raise ValueError(f"tasks are {tasks!r}; allowed: a list with a text at least")
    times = [time for time, _ in subtasks]
    if times != sorted(times) or (times and times[0] < 0):
        raise ValueError("subtasks must be in the order of their times, from 0 on")
    if not all(text for _, text in subtasks):
        raise ValueError("a subtask needs a text")
