"""Writing what follows from all episodes: at every append, and exactly at the end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from .card import About, card, ours
from .derive import Totals, of_all_frames, plain_json
from .files.disk import PRIVATE, TEMPORARY, write
from .files.layout import ABOUT, CARD, INFO, STATS, SUBTASKS, TASKS
from .schema import Schema

# There while stats.json lacks exact quantiles.
_UNSETTLED = "unsettled"


def write_about(folder: Path, schema: Schema, about: About) -> None:
    """Write what a dataset is; what is said for its card may be changed by hand."""
    plain = schema.data()
    data = {"schema": plain, "about": about.data(), "sha256": _digest(plain)}
    write(folder / ABOUT, plain_json(data))


def schema_whole(folder: Path) -> bool:
    """Return whether the schema reads as it was written."""
    data = data_of(folder / ABOUT)
    return isinstance(data, dict) and bool(data.get("sha256") == _digest(data.get("schema")))


def _digest(data: object) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def is_vacant(folder: Path) -> bool:
    """Return whether a new dataset may go into a folder: it holds nothing, or half of a new one."""
    if not folder.is_dir():
        return not folder.exists()
    begun = (folder / PRIVATE).is_dir()
    known = {folder / name for name in (ABOUT, STATS, TASKS, SUBTASKS, CARD)}
    for path in folder.rglob("*"):
        ours_too = folder / PRIVATE in (path, *path.parents) or path == folder / "meta"
        if not ours_too and not (begun and (path in known or path.name.startswith(TEMPORARY))):
            return False
    return True


def unsettle(folder: Path, draft: str = "", episode: int = 0) -> None:
    """Note that a draft is about to become an episode, and that stats.json will not be exact."""
    path = folder / PRIVATE / _UNSETTLED
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"draft": draft, "episode": episode}))


def last_draft(folder: Path, episodes: int) -> str:
    """Return the draft that was appended last in a session cut short, or an empty text.

    Args:
        folder: The dataset's.
        episodes: How many episodes there are now.
    """
    noted = data_of(folder / PRIVATE / _UNSETTLED)
    return str(noted["draft"]) if isinstance(noted, dict) and noted["episode"] < episodes else ""


def is_settled(folder: Path) -> bool:
    """Return whether stats.json is exact."""
    return not (folder / PRIVATE / _UNSETTLED).exists()


def write_totals(
    folder: Path, schema: Schema, totals: Totals, tasks: bool = True, subtasks: bool = True,
    stats: bool = True,
) -> None:  # fmt: skip
    """Write what follows from the rows of the episodes alone.

    Args:
        folder: The dataset's.
        schema: What its columns are.
        totals: Sums over all episodes.
        tasks: Whether tasks.parquet has changed.
        subtasks: Whether subtasks.parquet has changed.
        stats: Whether to bring stats.json up to date, if it is not exact anyway.
    """
    files: dict[str, bytes] = {}
    if stats and not is_settled(folder):
        files[STATS] = totals.stats({})
    if tasks:
        files[TASKS] = totals.tasks_file()
    if subtasks and schema.subtasks:
        files[SUBTASKS] = totals.subtasks_file()
    # Last, because a folder that has it is a dataset.
    files[INFO] = totals.info()
    for name, content in files.items():
        # They can be worked out again, so nothing waits for the disk.
        write(folder / name, content, durable=False)


def settle(
    folder: Path, schema: Schema, about: About, totals: Totals, files: Sequence[Path]
) -> None:
    """Write exact statistics, which takes a look at every frame, and the card.

    Args:
        folder: The dataset's.
        schema: What its columns are.
        about: What it is.
        totals: Sums over all episodes.
        files: The files with frames.
    """
    exact = of_all_frames(schema, files, totals.frames)
    write(folder / STATS, totals.stats(exact))
    path = folder / CARD
    if not path.exists() or ours(path.read_text(encoding="utf-8")):
        write(path, card(schema, about, totals).encode(), durable=False)
    (folder / PRIVATE / _UNSETTLED).unlink(missing_ok=True)


def data_of(path: Path) -> object:
    """Return what is in a JSON file; None if it cannot be read."""
    try:
        found: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found
