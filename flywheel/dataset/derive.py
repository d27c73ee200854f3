"""What follows from the episodes: info.json, stats.json, the numbering of tasks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .files.episodes import Row, image_counts, names_parquet
from .files.frames import read_groups, subtask_names
from .files.layout import CHUNK, DATA_PATH, VERSION, VIDEO_PATH
from .files.statistics import Running, Stats, describe, describe_images, quantiles
from .schema import Schema

# Target sizes of packed files [MB].
DATA_MB, VIDEO_MB = 100, 200
# Values held in memory at once while quantiles are worked out [bytes].
_MEMORY = 512 << 20


class Totals:
    """Sums over the episodes so far; each is taken in once, in order.

    Attributes:
        episodes: How many.
        frames: How many.
        tasks: By text, in the order in which they first came: their numbers.
        subtasks: The same for subtasks.
        true: Of how many episodes each fact holds that may hold or not.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.episodes = self.frames = 0
        self.tasks: dict[str, int] = {}
        self.subtasks: dict[str, int] = {}
        self.true = {fact.name: 0 for fact in schema.facts if fact.dtype == "bool"}
        real = {one.name: np.dtype(one.dtype).kind == "f" for one in schema.features}
        self._running = [
            Running({one.name: one.shape[0] for one in schema.features if real[one.name] == kind},
                    np.float64 if kind else np.int64)
            for kind in (True, False)
        ]  # fmt: skip
        self._counts = {name: np.zeros((3, 256), np.int64) for name in schema.cameras}

    def name(self, tasks: Iterable[str], begins: Sequence[tuple[float, str]]) -> None:
        """Number tasks and subtasks that are new."""
        for text in tasks:
            self.tasks.setdefault(text, len(self.tasks))
        if self._schema.subtasks:
            for text in subtask_names(self._schema, begins):
                self.subtasks.setdefault(text, len(self.subtasks))

    def forget(self, tasks: int, subtasks: int) -> None:
        """Keep the first so many tasks and subtasks: those after them were never used."""
        for numbers, kept in ((self.tasks, tasks), (self.subtasks, subtasks)):
            while len(numbers) > kept:
                numbers.popitem()

    def add(self, row: Row) -> None:
        """Take in an episode, a whole row of the table."""
        self.name(row["tasks"], begins_of(row))
        self.episodes += 1
        self.frames += row["length"]
        for name in self.true:
            self.true[name] += bool(row[name])
        for running in self._running:
            running.add(row)
        for name in self._counts:
            self._counts[name] += image_counts(row, name)

    def info(self) -> bytes:
        """Return info.json."""
        schema = self._schema
        return plain_json({
            "codebase_version": VERSION, "robot_type": schema.robot_type,
            "total_episodes": self.episodes, "total_frames": self.frames,
            "total_tasks": len(self.tasks), "chunks_size": CHUNK,
            "data_files_size_in_mb": DATA_MB, "video_files_size_in_mb": VIDEO_MB,
            "fps": schema.fps, "splits": {"train": f"0:{self.episodes}"},
            "data_path": DATA_PATH, "video_path": VIDEO_PATH if schema.cameras else None,
            "features": schema.info_features(),
        })  # fmt: skip

    def stats(self, exact: Mapping[str, Stats]) -> bytes:
        """Return stats.json.

        Args:
            exact: What `of_all_frames` found; empty while it has not been asked.
        """
        made: dict[str, Stats] = {}
        if self.episodes:
            known = {k: one for part in self._running for k, one in part.stats().items()}
            for name, _, _ in self._schema.columns():
                if name in known or name in exact:
                    made[name] = known.get(name, {}) | exact.get(name, {})
            made |= {k: describe_images(one, self.frames) for k, one in self._counts.items()}
        return plain_json(made)

    def tasks_file(self) -> bytes:
        """Return tasks.parquet."""
        return names_parquet("task_index", list(self.tasks))

    def subtasks_file(self) -> bytes:
        """Return subtasks.parquet."""
        return names_parquet("subtask_index", list(self.subtasks))


def begins_of(row: Row) -> list[tuple[float, str]]:
    """Return when each subtask of an episode began [s], and its text."""
    return list(zip(row["subtask_timestamps"], row["subtasks"], strict=True))


def of_all_frames(schema: Schema, files: Sequence[Path], frames: int) -> dict[str, Stats]:
    """Return what cannot be had from the episodes' statistics.

    These are the quantiles of each feature, and all that there is of the indices.

    Args:
        schema: What columns there are.
        files: The files with frames.
        frames: How many there are in all.
    """
    made: dict[str, Stats] = {}
    batch: list[str] = []
    room = 0
    columns = list(schema.columns())
    for k, (name, dtype, width) in enumerate(columns):
        batch.append(name)
        room += frames * width * np.dtype(dtype).itemsize
        if room < _MEMORY and k + 1 < len(columns):
            continue
        parts = [group for path in files for group in read_groups(path, batch)]
        for one in batch:
            if parts:
                column = np.concatenate([part[one] for part in parts])
                index = one in schema.indices
                made[one] = describe({one: column})[one] if index else quantiles(column)
        batch, room = [], 0
    return made


def plain_json(data: Mapping[str, Any]) -> bytes:
    """Return a JSON file with a line for each entry."""
    # Indenting all of it takes a slow encoder, and this is written at every append.
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in data.items()]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()
