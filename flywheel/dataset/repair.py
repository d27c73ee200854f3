"""Bringing a folder back to its longest whole state, without losing an episode that is whole."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .card import About
from .check import check
from .derive import Totals
from .files.disk import sha256, told
from .files.episodes import UNREADABLE, Row, image_counts, is_whole, read_rows
from .files.frames import read_group, values_digest
from .files.layout import ABOUT, globbed, metas
from .files.parquet import groups_of
from .files.rows import data_place, files_of, first_frame
from .files.statistics import histogram
from .files.video import decode, digests
from .rebuild import Source
from .recover import clear
from .schema import Schema
from .settle import schema_whole, settle, unsettle, write_totals
from .store import read_about
from .swap import locked, replace


def repair(folder: Path) -> list[str]:
    """Mend a dataset; return what was done, line by line.

    Unfinished drafts are removed. Episodes that are not whole are moved aside, into
    ``.warewheel/aside``, and those after them are numbered anew. Whatever follows from the
    episodes is written again.

    Raises:
        ValueError: If somebody writes to the dataset, or nothing says any more what it holds.
    """
    schema, about = read_about(folder, strict=False)
    if not schema_whole(folder):
        # By a wrong schema no episode would be whole.
        raise ValueError(f"{folder / ABOUT}: the schema is damaged; put the file back first")
    with told(folder), locked(folder):
        rows, done = _rows(folder)
        kept = _whole(folder, schema, rows)
        numbers = {one.row["episode_index"] for one in kept}
        for row in rows:
            if row["episode_index"] not in numbers:
                done.append(f"episode {row['episode_index']} is not whole: moved aside")
        claimed = {path for one in kept for path in files_of(one.row, folder, schema)}
        broken = {path for row in rows for path in files_of(row, folder, schema)} - claimed
        damaged = bool(done) or [one.row["episode_index"] for one in kept] != list(range(len(kept)))
        done += clear(folder, claimed | broken | set(metas(folder)), len(rows))
        if not damaged:
            damaged = not _sums(folder, schema, about, kept)
        if damaged:
            gone = [path for path in globbed(folder) if path not in claimed]
            replace(folder, schema, about, kept, pack=False, keep=gone)
            done.append(f"{len(kept)} whole episodes written anew")
    return done


def _sums(folder: Path, schema: Schema, about: About, kept: Sequence[Source]) -> bool:
    """Write anew what follows from the episodes; return whether all is well then."""
    totals = Totals(schema)
    for one in kept:
        totals.add(one.row)
    unsettle(folder)
    write_totals(folder, schema, totals)
    try:
        settle(folder, schema, about, totals, list(dict.fromkeys(one.data for one in kept)))
    except ValueError:
        return False
    return not any(problem.damage for problem in check(folder))


def _rows(folder: Path) -> tuple[list[Row], list[str]]:
    """Return the rows that are as they were written, and what is to be said of others."""
    rows: list[Row] = []
    said: list[str] = []
    for path in metas(folder):
        name = path.relative_to(folder)
        try:
            found = read_rows(path)
            whole = [row for row in found if is_whole(row)]
        except UNREADABLE:
            said.append(f"{name} cannot be read: moved aside with its episodes")
            continue
        if len(whole) < len(found):
            said.append(f"{name}: {len(found) - len(whole)} rows are damaged: moved aside")
        rows += whole
    return rows, said


def _whole(folder: Path, schema: Schema, rows: Sequence[Row]) -> list[Source]:
    """Return the episodes that are whole, with the row groups that they are in."""
    made: list[Source] = []
    for path, some in groupby(rows, lambda row: data_place(row).data(folder)):
        groups = _groups(path, schema)
        for row in some:
            # Found by what is in it: rows before it may be lost.
            group = groups.get(row["sha256/values"])
            if group is not None:
                made.append(Source(folder, row, group))
    for camera in schema.cameras:
        made = [
            one
            for path, some in groupby(made, partial(_video_of, camera))
            for one in _with_video(path, schema, list(some), camera)
        ]
    return made


def _video_of(camera: str, one: Source) -> Path:
    return one.video(camera)


def _groups(path: Path, schema: Schema) -> dict[str, int]:
    """Return the row groups of a file that can be read, by the digest of what is in them."""
    made: dict[str, int] = {}
    for group in range(groups_of(path)):
        with contextlib.suppress(ValueError, KeyError):
            made[values_digest(schema, read_group(path, group))] = group
    return made


def _with_video(
    path: Path, schema: Schema, some: Sequence[Source], camera: str
) -> Iterator[Source]:  # fmt: skip
    """Yield those of the episodes in a video that can be seen in it as they were."""
    fps = schema.fps
    spans = [(first_frame(one.row, camera, fps), one.row["length"]) for one in some]
    try:
        found = [[digest] for digest in digests(path, fps, spans)]
    except ValueError:
        found = [_digest(path, fps, span) for span in spans]
    same = path.exists() and all(one.row[f"sha256/{camera}/file"] == sha256(path) for one in some)
    for one, span, digest in zip(some, spans, found, strict=True):
        if digest != [one.row[f"sha256/{camera}/frames"]]:
            continue
        # What the frames are decoded with may be damaged, though they are not.
        if same or _seen(path, schema, span, image_counts(one.row, camera)):
            yield one


def _digest(path: Path, fps: int, span: tuple[int, int]) -> list[str]:
    try:
        return digests(path, fps, [span])
    except ValueError:
        return []


def _seen(path: Path, schema: Schema, span: tuple[int, int], wanted: NDArray[np.int64]) -> bool:
    """Return whether the images of a span have the levels that were counted."""
    try:
        frames = decode(path, schema.fps, *span)
    except ValueError:
        return False
    counts = sum(histogram(frame) for frame in frames)
    return schema.codec == "lossless" and np.array_equal(counts, wanted)
