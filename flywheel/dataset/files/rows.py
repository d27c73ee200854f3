"""Rows of the table of episodes on disk, and the files that they say are theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from warewheel.flywheel.dataset.schema import Schema

from .episodes import UNREADABLE, Row, is_whole, read_rows
from .layout import Place, metas


def all_rows(folder: Path, columns: Sequence[str] | None = None) -> list[Row]:
    """Return the rows of all episodes in order, with all columns or those named.

    Raises:
        ValueError: If a file cannot be read, a row is damaged, or an episode is missing.
    """
    rows: list[Row] = []
    for path in metas(folder):
        try:
            found = read_rows(path, columns)
            wanted = list(range(len(rows), len(rows) + len(found)))
            whole = [row["episode_index"] for row in found] == wanted
            if columns is None:
                whole = whole and all(map(is_whole, found))
        except UNREADABLE:
            whole = False
        if not whole:
            raise ValueError(
                f"{path}: damaged, or an episode is missing; `warewheel repair {folder}` mends it"
            )
        rows += found
    return rows


def data_place(row: Row) -> Place:
    """Return where an episode's frames are."""
    return Place(row["data/chunk_index"], row["data/file_index"])


def meta_place(row: Row) -> Place:
    """Return where an episode's row is."""
    return Place(row["meta/episodes/chunk_index"], row["meta/episodes/file_index"])


def video_place(row: Row, camera: str) -> Place:
    """Return where an episode's video is."""
    return Place(row[f"videos/{camera}/chunk_index"], row[f"videos/{camera}/file_index"])


def first_frame(row: Row, camera: str, fps: int) -> int:
    """Return the number in its video of an episode's first frame."""
    start: float = row[f"videos/{camera}/from_timestamp"]
    return round(start * fps)


def files_of(row: Row, folder: Path, schema: Schema) -> Iterator[Path]:
    """Yield the files that an episode is in."""
    yield data_place(row).data(folder)
    for camera in schema.cameras:
        yield video_place(row, camera).video(folder, camera)
    yield meta_place(row).meta(folder)


def group_of(rows: Sequence[Row], k: int) -> int:
    """Return which row group of its file holds episode ``k``: there is one for each episode."""
    first = k
    while first and data_place(rows[first - 1]) == data_place(rows[k]):
        first -= 1
    return k - first
