"""A dataset written anew takes its place all at once, and only if it is whole."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from .card import About, ours
from .check import check
from .files.disk import ASIDE, DRAFTS, LOCK, PRIVATE, Lock, link, told
from .files.layout import CARD, INFO, STATS, SUBTASKS, TASKS
from .rebuild import Source, rebuild
from .schema import Schema

# Linux: swap two names in one step.
_HERE, _EXCHANGE = -100, 2


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep others from writing into a dataset."""
    busy = f"{folder}: another process writes to it; wait until it is done"
    lock = Lock(folder / PRIVATE / LOCK, busy)
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def fresh(out: Path) -> Iterator[Path]:
    """Give a folder to write a dataset into; it gets its name once all of it is there."""
    out = Path(os.path.abspath(out))
    with told(out):
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise ValueError(f"{out}: not empty; choose another folder")
        out.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
        try:
            yield made
            _vouch(made)
            made.chmod(0o755)
            os.replace(made, out)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise


def replace(
    folder: Path, schema: Schema, about: About, episodes: Sequence[Source], pack: bool,
    keep: Sequence[Path] = (),
) -> None:  # fmt: skip
    """Put these episodes, written anew, in a dataset's place; its lock must be held.

    Args:
        folder: The dataset's.
        schema: What its columns are.
        about: What it is.
        episodes: Where they are now.
        pack: Whether to put many episodes into a file.
        keep: Files to move aside; all others are either in the new dataset or superseded.
    """
    folder = Path(os.path.realpath(folder))
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        rebuild(made, schema, about, episodes, pack)
        _vouch(made)
        carry(folder, made)
        for path in keep:
            link(path, made / PRIVATE / ASIDE / path.relative_to(folder))
        made.chmod(0o755)
        with locked(made):
            _exchange(made, folder)
    finally:
        # The old folder if all went well, the new one if not.
        shutil.rmtree(made, ignore_errors=True)


def carry(folder: Path, made: Path) -> None:
    """Take what others put into a dataset's folder along, drafts that wait, and what lies aside."""
    derived = {folder / name for name in (INFO, STATS, TASKS, SUBTASKS)}
    globbed = [folder / name for name in ("data", "videos", "meta/episodes")]
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_dir() or path in derived or any(top in path.parents for top in globbed):
            continue
        if name.parts[0] == PRIVATE and name.parts[1] not in (DRAFTS, ASIDE):
            continue
        if name == Path(CARD) and ours(path.read_text(encoding="utf-8")):
            continue
        if not (made / name).exists() or name == Path(CARD):
            link(path, made / name)


def _vouch(made: Path) -> None:
    """See to it that nothing takes a dataset's place that is not whole."""
    if problems := [problem for problem in check(made) if problem.damage]:
        raise ValueError(f"the dataset would not be whole: {problems[0]}")


def _exchange(one: Path, other: Path) -> None:
    """Give two folders each other's names."""
    try:
        swap = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        swap = None
    if (
        swap is not None
        and swap(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0
    ):
        return
    # Not on this system or file system: there is a moment without a dataset.
    spare = one.with_name(f"{one.name}.old")
    os.rename(other, spare)
    try:
        os.rename(one, other)
    except OSError:
        os.rename(spare, other)
        raise
    os.rename(spare, one)
