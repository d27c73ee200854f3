"""A dataset: a folder of episodes, appended one at a time, and read back."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any

from warewheel.configs.choice import unknown

from .append import put
from .card import About
from .derive import Totals
from .draft import SEAL, read_draft
from .files.disk import DRAFTS, LOCK, PRIVATE, Lock, told, write
from .files.episodes import Row, episodes_parquet, episodes_schema, light_columns
from .files.frames import Columns, read_group, read_groups
from .files.layout import ABOUT, INFO, VERSION, Place
from .files.rows import all_rows, data_place, first_frame, group_of, video_place
from .files.video import Frame, decode
from .recover import recover
from .schema import Schema, read_schema
from .settle import data_of, is_settled, is_vacant, settle, unsettle, write_about, write_totals


class Dataset:
    """A dataset's folder. Get one from `create` or `open`, and close it after appending.

    Attributes:
        folder: Where it is.
        schema: What is the same for every episode.
        about: What it is, for its card.
        recovered: What was cleared away when it was opened to append to it.
    """

    def __init__(self, folder: Path, schema: Schema, about: About) -> None:
        self.folder, self.schema, self.about = folder, schema, about
        self.recovered: list[str] = []
        self._lock: Lock | None = None
        self._rows: list[Row] | None = None
        self._totals = Totals(schema)
        self._next = Place()
        self._light: list[str] = []
        self._kinds: Any = None
        self._plain: dict[str, Any] = {}

    @classmethod
    def create(cls, folder: Path, schema: Schema, about: About | None = None) -> Dataset:
        """Make a folder for a new dataset, and open it to append to it.

        Raises:
            ValueError: If there is something in the folder, or it cannot be written to.
        """
        made = cls(folder, schema, about or About())
        with told(folder):
            if folder.is_dir() and not is_vacant(folder):
                raise ValueError(f"{folder}: not empty; open it, or choose another folder")
            made._take()
            made._rows = []
            unsettle(folder)
            write_about(folder, schema, made.about)
            made._settle()
        return made

    @classmethod
    def resume(cls, folder: Path, schema: Schema, about: About | None = None) -> Dataset:
        """Open a dataset to append to it; create it if there is none yet.

        Raises:
            ValueError: See `create` and `open`.
        """
        if (folder / INFO).exists():
            return cls.open(folder, append=True, schema=schema)
        return cls.create(folder, schema, about)

    @classmethod
    def open(cls, folder: Path, append: bool = False, schema: Schema | None = None) -> Dataset:
        """Open a dataset.

        Args:
            folder: Where it is.
            append: Whether to append, which one process at a time may. What a process that died
                left behind is cleared away first.
            schema: What the dataset must hold, if that matters.

        Raises:
            ValueError: If there is no dataset, it is newer than this program, somebody else
                appends to it, or it holds something else.
        """
        made = cls(folder, *read_about(folder))
        if schema is not None and (other := schema.difference(made.schema)):
            raise ValueError(f"{folder}: the dataset has another schema: {other}")
        if append:
            with told(folder):
                made._take()
                try:
                    made._resume()
                except BaseException:
                    made._release()
                    raise
        return made

    def __enter__(self) -> Dataset:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    def __len__(self) -> int:
        return len(self.episodes())

    def close(self) -> None:
        """Work out what depends on all frames, write the card, and let others append."""
        if self._lock is None:
            return
        try:
            with told(self.folder):
                if not is_settled(self.folder):
                    self._settle()
        finally:
            self._release()

    # Reading

    def episodes(self) -> list[Row]:
        """Return the rows of all episodes: where they are, facts, tasks, subtasks, digests."""
        if self._rows is None:
            self._rows = all_rows(self.folder, light_columns(self.schema))
        return list(self._rows)

    def columns(self, k: int) -> Columns:
        """Return an episode's numbers: by column, frames x elements.

        Raises:
            IndexError: If there is no such episode.
        """
        row = self.row(k)
        rows = self.episodes()
        return read_group(data_place(row).data(self.folder), group_of(rows, k))

    def scan(self) -> Iterator[Columns]:
        """Yield the numbers of all episodes in order; each file is read but once."""
        for place, rows in groupby(self.episodes(), data_place):
            groups = read_groups(place.data(self.folder))
            if len(groups) != len(list(rows)):
                raise ValueError(f"{place.data(self.folder)}: {len(groups)} row groups")
            yield from groups

    def frames(self, k: int, camera: str) -> Frame:
        """Return an episode's images of a camera: frames x height x width x 3, RGB.

        Raises:
            IndexError: If there is no such episode.
        """
        row = self.row(k)
        if camera not in self.schema.cameras:
            raise ValueError(unknown("camera", camera, self.schema.cameras))
        path = video_place(row, camera).video(self.folder, camera)
        fps = self.schema.fps
        return decode(path, fps, first_frame(row, camera, fps), row["length"])

    def row(self, k: int) -> Row:
        """Return an episode's row.

        Raises:
            IndexError: If there is no such episode.
        """
        rows = self.episodes()
        if not 0 <= k < len(rows):
            there = f"allowed are 0 to {len(rows) - 1}" if rows else "there are none"
            raise IndexError(f"{self.folder}: no episode {k}; {there}")
        return rows[k]

    # Writing

    def drafts(self) -> list[Path]:
        """Return drafts that were closed and wait to be appended, such as after a crash."""
        return sorted(seal.parent for seal in (self.folder / PRIVATE / DRAFTS).glob(f"*/{SEAL}"))

    def drop_drafts(self) -> None:
        """Do away with drafts that wait, for who makes their episodes again from the start."""
        for draft in self.drafts():
            shutil.rmtree(draft)

    def append(self, draft: Path) -> int:
        """Append a draft that was closed; return the episode's number.

        The draft is gone afterwards. If anything goes wrong it stays, and the dataset is as before.

        Raises:
            ValueError: If the draft is not whole or of another schema, the dataset was not
                opened to append to it, or the disk is full.
        """
        if self._lock is None or self._rows is None:
            raise ValueError(f"{self.folder}: not open to append to; use open(append=True)")
        seal, features = read_draft(draft, self.schema, self._plain)
        totals, place = self._totals, self._next
        tasks, subtasks = len(totals.tasks), len(totals.subtasks)
        totals.name(seal["tasks"], seal["subtasks"])
        made: list[Path] = []
        try:
            with told(self.folder):
                unsettle(self.folder, draft.name, len(self._rows))
                row = put(self.folder, self.schema, place, totals, draft, seal, features, made)
                # The episode is part of the dataset once this file is there.
                write(place.meta(self.folder), episodes_parquet(self._kinds, [row]))
        except BaseException:
            for path in made:
                with contextlib.suppress(OSError):
                    path.unlink()
            totals.forget(tasks, subtasks)
            raise
        totals.add(row)
        self._rows.append({name: row[name] for name in self._light})
        self._next = place.next
        # The episode is in. What cannot be written now is written when the dataset is closed.
        with contextlib.suppress(OSError):
            new = len(totals.tasks) > tasks, len(totals.subtasks) > subtasks
            # Thousands of numbers to spell out, so not each time: after 1, 2, 4, 8 ... episodes.
            stats = totals.episodes.bit_count() == 1
            write_totals(self.folder, self.schema, totals, *new, stats)
        shutil.rmtree(draft, ignore_errors=True)
        return len(self._rows) - 1

    def _take(self) -> None:
        busy = f"{self.folder}: another process writes to it; wait until it is done"
        self._lock = Lock(self.folder / PRIVATE / LOCK, busy)
        self._light = light_columns(self.schema)
        self._kinds = episodes_schema(self.schema)
        self._plain = json.loads(json.dumps(self.schema.data()))

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _resume(self) -> None:
        found = recover(self.folder, self.schema)
        self._totals, self._next, self.recovered = found.totals, found.place, found.done
        self._rows = [{name: row[name] for name in self._light} for row in found.rows]
        write_totals(self.folder, self.schema, self._totals)

    def _settle(self) -> None:
        files = list(dict.fromkeys(data_place(row).data(self.folder) for row in self.episodes()))
        write_totals(self.folder, self.schema, self._totals)
        settle(self.folder, self.schema, self.about, self._totals, files)


def read_about(folder: Path, strict: bool = True) -> tuple[Schema, About]:
    """Return what a dataset is.

    Args:
        folder: Where it is.
        strict: Whether info.json must be readable.

    Raises:
        ValueError: If there is no dataset, or it is newer than this program.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder")
    for path in (folder / INFO, folder / ABOUT):
        if not path.exists() and (strict or path.name != Path(INFO).name):
            raise ValueError(f"{folder}: no dataset of warewheel; {path.name} is missing")
    info, data = data_of(folder / INFO), data_of(folder / ABOUT)
    if isinstance(info, dict):
        _check_version(folder, str(info.get("codebase_version")))
    elif strict:
        raise ValueError(f"{folder / INFO} cannot be read; `warewheel repair` mends it")
    try:
        assert isinstance(data, dict)
        return read_schema(data["schema"]), About(**data["about"])
    except (AssertionError, KeyError, TypeError) as error:
        raise ValueError(f"{folder / ABOUT} cannot be read") from error


def _check_version(folder: Path, version: str) -> None:
    wanted = [int(part) for part in VERSION[1:].split(".")]
    try:
        got = [int(part) for part in version.removeprefix("v").split(".")]
    except ValueError:
        raise ValueError(f"{folder}: codebase_version is '{version}'; known: {VERSION}") from None
    if got[:2] != wanted:
        age = "newer" if got > wanted else "older"
        raise ValueError(f"{folder}: codebase_version {version} is {age}; known: {VERSION}")
