"""Where files lie in a dataset's folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# Files in a chunk.
CHUNK = 1000
VERSION = "v3.0"
INFO, STATS = "meta/info.json", "meta/stats.json"
TASKS, SUBTASKS = "meta/tasks.parquet", "meta/subtasks.parquet"
# Ours: the schema with units and ranges, and how the data were made.
ABOUT = "meta/warewheel.json"
CARD = "README.md"
DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
# Folders that readers glob; every file in them must belong to an episode.
GLOBBED = ("data", "videos", "meta/episodes")
_FILE = re.compile(r"chunk-(\d{3,})/file-(\d{3})\.(?:parquet|mp4)$")


class Place(NamedTuple):
    """A chunk and a file in it."""

    chunk: int = 0
    file: int = 0

    @property
    def next(self) -> Place:
        """The place of the next file."""
        if self.file + 1 < CHUNK:
            return Place(self.chunk, self.file + 1)
        return Place(self.chunk + 1, 0)

    def data(self, folder: Path) -> Path:
        """Return the path of the file with columns."""
        return folder / DATA_PATH.format(chunk_index=self.chunk, file_index=self.file)

    def video(self, folder: Path, camera: str) -> Path:
        """Return the path of a camera's video."""
        return folder / VIDEO_PATH.format(
            video_key=camera, chunk_index=self.chunk, file_index=self.file
        )

    def meta(self, folder: Path) -> Path:
        """Return the path of the file with episodes."""
        return folder / "meta/episodes" / f"chunk-{self.chunk:03d}/file-{self.file:03d}.parquet"


def globbed(folder: Path) -> Iterator[Path]:
    """Yield every file in the folders that readers glob, in order."""
    for name in GLOBBED:
        yield from sorted(path for path in (folder / name).rglob("*") if not path.is_dir())


def metas(folder: Path) -> list[Path]:
    """Return the files with episodes, in the order in which readers take them."""
    return sorted((folder / "meta/episodes").glob("*/*.parquet"))


def place_of(path: Path) -> Place | None:
    """Return the place that a file's name says; None if it says none."""
    found = _FILE.search(path.as_posix())
    return Place(int(found[1]), int(found[2])) if found else None
