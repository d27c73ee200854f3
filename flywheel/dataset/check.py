"""Everything that must hold in a dataset's folder, and what does not, by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from .derive import Totals, begins_of, of_all_frames
from .files.disk import sha256
from .files.episodes import (
    UNREADABLE,
    Row,
    episodes_parquet,
    episodes_schema,
    image_counts,
    is_whole,
    read_rows,
)
from .files.frames import Columns, index_columns, read_groups, values_digest
from .files.layout import ABOUT, INFO, STATS, SUBTASKS, TASKS, globbed, metas
from .files.parquet import same_parquet
from .files.rows import data_place, files_of, first_frame, meta_place, video_place
from .files.statistics import KINDS, Stats, describe, describe_images, histogram
from .files.video import decode, digests
from .schema import SUBTASK, Schema
from .settle import data_of, is_settled, schema_whole
from .store import read_about

# Where NumPy of another version may differ.
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not hold.

    Attributes:
        text: What.
        path: The file it is about, relative to the dataset's folder.
        episode: The episode's number, or None if it is about no single one.
        damage: Whether something is damaged; a value that leaves its range is as it was written.
    """

    text: str
    path: str = ""
    episode: int | None = None
    damage: bool = True

    def __str__(self) -> str:
        where = [f"episode {self.episode}"] if self.episode is not None else []
        return ": ".join([*where, *([self.path] if self.path else []), self.text])


def check(folder: Path, images: bool = False) -> list[Problem]:
    """Return all that is wrong with a dataset; an empty list if nothing is.

    Args:
        folder: The dataset's.
        images: Whether to decode every image and count its levels anew, which takes long.
    """
    try:
        schema, _ = read_about(folder)
    except ValueError as error:
        return [Problem(str(error))]
    look = _Check(folder, schema, images)
    look.run()
    return look.problems


class _Check:
    """One look at a folder."""

    def __init__(self, folder: Path, schema: Schema, images: bool) -> None:
        self._folder, self._schema, self._images = folder, schema, images
        self._totals = Totals(schema)
        self._complete = False
        self.problems: list[Problem] = []

    def say(
        self, text: str, path: Path | None = None, episode: int | None = None, damage: bool = True
    ) -> None:
        name = "" if path is None else path.relative_to(self._folder).as_posix()
        self.problems.append(Problem(text.replace(f"{path}: ", ""), name, episode, damage))

    def run(self) -> None:
        if not schema_whole(self._folder):
            self.say("the schema is damaged, or changed by hand", self._folder / ABOUT)
        rows = self._tables()
        claimed = {path for row in rows for path in files_of(row, self._folder, self._schema)}
        for path in globbed(self._folder):
            if path not in claimed and path not in metas(self._folder):
                self.say("belongs to no episode", path)
        if not is_settled(self._folder):
            self.say("has no exact quantiles yet; a session was cut short", self._folder / STATS)
        for row in rows:
            self._totals.add(row)
        for path, some in groupby(rows, lambda row: data_place(row).data(self._folder)):
            self._data(path, list(some))
        for camera in self._schema.cameras:
            key = lambda row, k=camera: video_place(row, k).video(self._folder, k)  # noqa: E731
            for path, some in groupby(rows, key):
                self._video(path, list(some), camera)
        self._derived(rows)

    # The table of episodes

    def _tables(self) -> list[Row]:
        """Look at the rows, and return those that can be read."""
        kinds = episodes_schema(self._schema)
        rows: list[Row] = []
        for path in metas(self._folder):
            try:
                found = read_rows(path)
                same = same_parquet(path.read_bytes(), episodes_parquet(kinds, found))
                damaged = [row for row in found if not is_whole(row)]
            except UNREADABLE as error:
                self.say(f"cannot be read, so its episodes are lost ({error})", path, len(rows))
                continue
            for row in damaged:
                self.say("the row is damaged", path, row["episode_index"])
            if not same and not damaged:
                first = found[0]["episode_index"] if found else None
                self.say("the file is damaged, or of another shape", path, first)
            for row in found:
                if meta_place(row).meta(self._folder) != path:
                    self.say("says that its row is elsewhere", path, row["episode_index"])
            rows += [row for row in found if row not in damaged]
        start = 0
        for k, row in enumerate(rows):
            if row["episode_index"] != k:
                self.say(f"found where episode {k} should be", None, row["episode_index"])
                break
            end = start + row["length"]
            if (row["dataset_from_index"], row["dataset_to_index"]) != (start, end):
                self.say(f"dataset_from_index and dataset_to_index are not {start} and {end}",
                         None, k)  # fmt: skip
            start = end
        self._complete = not self.problems
        return rows

    # Frames

    def _data(self, path: Path, rows: list[Row]) -> None:
        first = rows[0]["episode_index"]
        if not path.exists():
            for row in rows:
                self.say("missing", path, row["episode_index"])
            return
        digest = sha256(path)
        flipped = any(row["sha256/data"] != digest for row in rows)
        try:
            groups = read_groups(path)
        except ValueError as error:
            self.say(str(error), path, first)
            return
        found = len(self.problems)
        if len(groups) != len(rows):
            self.say(f"{len(groups)} row groups for {len(rows)} episodes", path, first)
        for row, columns in zip(rows, groups, strict=False):
            self._columns(path, row, columns)
        if flipped and len(self.problems) == found:
            self.say("its bytes are not those that were written", path, first)

    def _columns(self, path: Path, row: Row, columns: Columns) -> None:
        schema, k, length = self._schema, row["episode_index"], row["length"]
        for name, dtype, width in schema.columns():
            column = columns.get(name)
            if column is None or (column.dtype, column.shape[1:]) != (np.dtype(dtype), (width,)):
                self.say(f"{name} is not {dtype}[{width}]", path, k)
                return
        if len(columns["index"]) != length:
            self.say(f"{len(columns['index'])} frames; {length} were written", path, k)
            return
        if values_digest(schema, columns) != row["sha256/values"]:
            self.say("values are not those that were written", path, k)
        numbers = {"episode_index": k, "index": row["dataset_from_index"],
                   "task_index": self._totals.tasks[row["tasks"][0]]}  # fmt: skip
        begins = begins_of(row)
        wanted = index_columns(schema, length, numbers, self._totals.subtasks, begins)
        for name, column in wanted.items():
            # How tasks are numbered is not known where an episode is lost.
            known = self._complete or name not in ("task_index", SUBTASK)
            if known and not np.array_equal(columns[name], column):
                self.say(f"{name} is wrong", path, k)
        for name, stats in describe(
            {one.name: columns[one.name] for one in schema.features}
        ).items():
            self._stats(name, stats, row)
        for one in schema.features:
            low = -np.inf if one.low is None else np.array(one.low)
            high = np.inf if one.high is None else np.array(one.high)
            if ((columns[one.name] < low) | (columns[one.name] > high)).any():
                self.say(f"{one.name} leaves its range", path, k, damage=False)

    def _stats(self, name: str, wanted: Stats, row: Row) -> None:
        for kind in KINDS:
            if not _alike(row[f"stats/{name}/{kind}"], wanted[kind]):
                self.say(f"{kind} of {name} is wrong", None, row["episode_index"])

    # Videos

    def _video(self, path: Path, rows: list[Row], camera: str) -> None:
        schema, fps = self._schema, self._schema.fps
        first = rows[0]["episode_index"]
        if not path.exists():
            for row in rows:
                self.say("missing", path, row["episode_index"])
            return
        found = len(self.problems)
        spans = [(first_frame(row, camera, fps), row["length"]) for row in rows]
        height, width = schema.cameras[camera]
        for row, (start, length) in zip(rows, spans, strict=True):
            ends = [row[f"videos/{camera}/{end}_timestamp"] for end in ("from", "to")]
            if ends != [start / fps, (start + length) / fps]:
                self.say(f"from and to are {ends} s", path, row["episode_index"])
            counts = image_counts(row, camera)
            if (counts.sum(axis=1) != length * height * width).any():
                self.say("the histogram is not of all frames", path, row["episode_index"])
            self._stats(camera, describe_images(counts, length), row)
        try:
            for row, digest in zip(rows, digests(path, fps, spans), strict=True):
                if digest != row[f"sha256/{camera}/frames"]:
                    self.say("frames are not those that were written", path, row["episode_index"])
        except ValueError as error:
            self.say(str(error), path, first)
        digest = sha256(path)
        if len(self.problems) == found and any(
            row[f"sha256/{camera}/file"] != digest for row in rows
        ):
            self.say("its bytes are not those that were written", path, first)
        if self._images and len(self.problems) == found:
            self._levels(path, rows, spans, camera)

    def _levels(
        self, path: Path, rows: list[Row], spans: list[tuple[int, int]], camera: str
    ) -> None:
        """Decode every frame; where the codec is lossless, its levels must be those counted."""
        for row, span in zip(rows, spans, strict=True):
            try:
                frames = decode(path, self._schema.fps, *span)
            except ValueError as error:
                self.say(str(error), path, row["episode_index"])
                continue
            counts = sum(histogram(frame) for frame in frames)
            wanted = image_counts(row, camera)
            if self._schema.codec == "lossless" and not np.array_equal(counts, wanted):
                self.say("images are not those that were seen", path, row["episode_index"])

    # What follows from all episodes

    def _derived(self, rows: list[Row]) -> None:
        totals, folder = self._totals, self._folder
        if data_of(folder / INFO) != json.loads(totals.info()):
            self.say("does not say what the episodes say", folder / INFO)
        tables = {TASKS: totals.tasks_file()}
        if self._schema.subtasks:
            tables[SUBTASKS] = totals.subtasks_file()
        for name, content in tables.items():
            path = folder / name
            if not path.exists():
                self.say("missing", path)
            elif not same_parquet(path.read_bytes(), content):
                self.say("does not say what the episodes say", path)
        if any(problem.damage for problem in self.problems):
            return  # whatever is wrong with an episode makes the sums wrong, too
        files = list(dict.fromkeys(data_place(row).data(folder) for row in rows))
        exact = of_all_frames(self._schema, files, totals.frames)
        if not _alike(data_of(folder / STATS), json.loads(totals.stats(exact))):
            self.say("does not say what the episodes say", folder / STATS)


def _alike(got: Any, wanted: Any) -> bool:
    """Return whether two nests of lists, dicts and numbers are the same, numbers nearly so."""
    if isinstance(wanted, dict):
        return (
            isinstance(got, dict)
            and got.keys() == wanted.keys()
            and all(_alike(got[key], value) for key, value in wanted.items())
        )
    if isinstance(wanted, list):
        return (
            isinstance(got, list)
            and len(got) == len(wanted)
            and all(map(_alike, got, wanted))
        )  # fmt: skip
    if isinstance(wanted, float) and isinstance(got, (int, float)):
        return bool(np.isclose(got, wanted, rtol=_CLOSE, atol=_CLOSE))
    return bool(got == wanted)
