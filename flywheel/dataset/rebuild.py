"""Episodes of one or several datasets written anew, as one: packed, merged, or without some."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from .append import data_at, meta_at, video_at
from .card import About
from .derive import DATA_MB, VIDEO_MB, Totals, begins_of
from .files.disk import link, sha256, sync, write
from .files.episodes import Row, episodes_parquet, episodes_schema, sealed
from .files.frames import Columns, data_table, index_columns, read_groups, values_digest
from .files.layout import Place
from .files.parquet import parquet
from .files.rows import data_place, first_frame, video_place
from .files.video import join, kind
from .schema import Schema
from .settle import settle, write_about, write_totals

# Episodes in a packed file of the table of episodes.
_ROWS = 1000
_MB = 1 << 20


class Source(NamedTuple):
    """An episode where it is now: its dataset, whole row, and row group in its file."""

    folder: Path
    row: Row
    group: int

    @property
    def data(self) -> Path:
        """The file with its frames."""
        return data_place(self.row).data(self.folder)

    def video(self, camera: str) -> Path:
        """Return the file with its images."""
        return video_place(self.row, camera).video(self.folder, camera)


def sources(folder: Path, rows: Sequence[Row]) -> list[Source]:
    """Return all episodes of a dataset, from whole rows."""
    return [
        Source(folder, row, group)
        for _, some in groupby(rows, data_place)
        for group, row in enumerate(some)
    ]


def rebuild(
    out: Path, schema: Schema, about: About, episodes: Sequence[Source], pack: bool
) -> None:
    """Write a dataset of these episodes, in this order, into a folder that nobody reads yet.

    Args:
        out: The folder; there is nothing in it.
        schema: What the columns are, the same for all.
        about: What the dataset is.
        episodes: Where they are now.
        pack: Whether to put many episodes into a file; if not, they stay together as they were.

    Raises:
        ValueError: If an episode's values are not what its row says.
    """
    fresh: list[Row] = [{} for _ in episodes]
    for camera in schema.cameras:
        for k, part in enumerate(_videos(out, schema, camera, episodes, pack)):
            fresh[k] |= part
    write_about(out, schema, about)
    totals = Totals(schema)
    kinds = episodes_schema(schema)
    files: list[Path] = []
    waiting: list[Row] = []
    meta = Place()

    def put_rows() -> None:
        nonlocal meta, waiting
        write(meta.meta(out), episodes_parquet(kinds, waiting))
        meta, waiting = meta.next, []

    for place, tables, rows in _data(schema, episodes, fresh, totals, pack):
        content = parquet(tables)
        files.append(place.data(out))
        write(files[-1], content)
        digest = hashlib.sha256(content).hexdigest()
        for row in rows:
            row |= data_at(place, digest) | meta_at(meta)
            row = sealed(row)
            totals.add(row)
            waiting.append(row)
            if pack and len(waiting) == _ROWS:
                put_rows()
        if not pack:
            put_rows()
    if waiting:
        put_rows()
    write_totals(out, schema, totals)
    settle(out, schema, about, totals, files)


def _data(
    schema: Schema, episodes: Sequence[Source], fresh: list[Row], totals: Totals, pack: bool
) -> Iterator[tuple[Place, list[Any], list[Row]]]:
    """Yield each file to be written: its place, tables, and rows without what is in the file."""
    place = Place()
    tables: list[Any] = []
    rows: list[Row] = []
    size = 0
    start = 0
    for path, some in groupby(enumerate(episodes), lambda pair: pair[1].data):
        groups = read_groups(path)
        for k, source in some:
            row, features = source.row, groups[source.group]
            if values_digest(schema, features) != row["sha256/values"]:
                raise ValueError(f"{path}: episode {row['episode_index']} is damaged")
            begins = begins_of(row)
            totals.name(row["tasks"], begins)
            numbers = {"episode_index": k, "index": start,
                       "task_index": totals.tasks[row["tasks"][0]]}  # fmt: skip
            indices = index_columns(schema, row["length"], numbers, totals.subtasks, begins)
            columns: Columns = {one.name: features[one.name] for one in schema.features}
            tables.append(data_table(schema, columns | indices, begins))
            end = start + row["length"]
            rows.append(
                row | fresh[k]
                | {"episode_index": k, "dataset_from_index": start, "dataset_to_index": end}
            )  # fmt: skip
            start = end
            size += tables[-1].nbytes
            if pack and size > DATA_MB * _MB:
                yield place, tables, rows
                place, tables, rows, size = place.next, [], [], 0
        if not pack:
            yield place, tables, rows
            place, tables, rows = place.next, [], []
    if tables:
        yield place, tables, rows


def _videos(
    out: Path, schema: Schema, camera: str, episodes: Sequence[Source], pack: bool
) -> Iterator[Row]:
    """Write a camera's videos; yield for each episode the part of its row that tells where."""
    place = Place()
    fps = schema.fps
    for batch in _batches(camera, episodes, pack):
        path = place.video(out, camera)
        spans = [(first_frame(one.row, camera, fps), one.row["length"]) for one in batch]
        if len({one.video(camera) for one in batch}) == 1:
            # As it is, with what there may be between episodes.
            link(batch[0].video(camera), path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            parts = [(one.video(camera), *span) for one, span in zip(batch, spans, strict=True)]
            join(path, parts, fps)
            sync(path)
            starts = [sum(length for _, length in spans[:k]) for k in range(len(spans))]
            spans = [(s, length) for s, (_, length) in zip(starts, spans, strict=True)]
        digest = sha256(path)
        for first, length in spans:
            yield video_at(camera, place, first, length, fps, digest)
        place = place.next


def _batches(camera: str, episodes: Sequence[Source], pack: bool) -> Iterator[list[Source]]:
    """Yield the episodes whose videos go into one file."""
    batch: list[Source] = []
    size = 0
    last: object = None
    for path, some in groupby(episodes, lambda one: one.video(camera)):
        more = path.stat().st_size
        alike = kind(path) if pack else path
        if batch and (alike != last or size + more > VIDEO_MB * _MB):
            yield batch
            batch, size = [], 0
        batch += some
        size += more
        last = alike
    if batch:
        yield batch
