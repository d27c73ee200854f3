"""Putting a draft's files where they belong, and making its row of the table of episodes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from .derive import Totals
from .draft import video
from .files.disk import link, write
from .files.episodes import Row, sealed
from .files.frames import Columns, data_table, index_columns
from .files.layout import Place
from .files.parquet import parquet
from .files.statistics import Stats
from .schema import Schema


def put(
    folder: Path, schema: Schema, place: Place, totals: Totals, draft: Path, seal: dict[str, Any],
    features: Columns, made: list[Path],
) -> Row:  # fmt: skip
    """Write an episode's data and videos, and return its row.

    Args:
        folder: The dataset's.
        schema: What its columns are.
        place: Where the files go.
        totals: All episodes before this one; its tasks are numbered already.
        draft: The draft's folder, which stays as it is.
        seal: What was sealed of the draft.
        features: Its columns.
        made: Gets the files as they are written.
    """
    length, start = seal["length"], totals.frames
    numbers = {
        "episode_index": totals.episodes, "index": start,
        "task_index": totals.tasks[seal["tasks"][0]],
    }  # fmt: skip
    begins = [(time, text) for time, text in seal["subtasks"]]
    indices = index_columns(schema, length, numbers, totals.subtasks, begins)
    data = parquet([data_table(schema, features | indices, begins)])
    made.append(place.data(folder))
    write(made[-1], data)
    row: Row = {
        "episode_index": totals.episodes, "tasks": seal["tasks"], "length": length,
        "dataset_from_index": start, "dataset_to_index": start + length,
        "subtasks": [text for _, text in begins],
        "subtask_timestamps": [time for time, _ in begins], "sha256/values": seal["values"],
    }  # fmt: skip
    row |= data_at(place, hashlib.sha256(data).hexdigest()) | meta_at(place) | seal["facts"]
    for camera in schema.cameras:
        made.append(place.video(folder, camera))
        link(video(draft, camera), made[-1])
        digest = seal["videos"][camera]
        row |= video_at(camera, place, 0, length, schema.fps, digest["file"])
        row |= {f"sha256/{camera}/frames": digest["frames"]}
        row |= {f"histogram/{camera}": seal["histograms"][camera]}
    return sealed(row | in_row(seal["stats"]))


def data_at(place: Place, digest: str) -> Row:
    """Return the part of a row that says where the frames are."""
    return {"data/chunk_index": place.chunk, "data/file_index": place.file, "sha256/data": digest}


def meta_at(place: Place) -> Row:
    """Return the part of a row that says where the row itself is."""
    return {"meta/episodes/chunk_index": place.chunk, "meta/episodes/file_index": place.file}


def video_at(camera: str, place: Place, first: int, length: int, fps: int, digest: str) -> Row:
    """Return the part of a row that says where a camera's video is, from its frame ``first`` on."""
    return {
        f"videos/{camera}/chunk_index": place.chunk, f"videos/{camera}/file_index": place.file,
        f"videos/{camera}/from_timestamp": first / fps,
        f"videos/{camera}/to_timestamp": (first + length) / fps,
        f"sha256/{camera}/file": digest,
    }  # fmt: skip


def in_row(stats: dict[str, Stats]) -> Row:
    """Return statistics as columns of a row."""
    return {
        f"stats/{name}/{kind}": value for name, one in stats.items() for kind, value in one.items()
    }
