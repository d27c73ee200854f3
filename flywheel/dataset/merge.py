"""Packing a dataset's files, and making one dataset of several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .files.disk import told
from .files.rows import all_rows
from .rebuild import rebuild, sources
from .recover import recover
from .store import read_about
from .swap import carry, fresh, locked, replace


def compact(folder: Path, out: Path | None = None) -> None:
    """Put many episodes into each file; every value and image stays as it is.

    Args:
        folder: The dataset's.
        out: Where to write; into the same folder if None, where it takes place all at once.

    Raises:
        ValueError: If somebody writes to the dataset, it is damaged, or ``out`` is not empty.
    """
    schema, about = read_about(folder)
    if out is not None:
        with fresh(out) as made:
            rebuild(made, schema, about, sources(folder, all_rows(folder)), pack=True)
            carry(folder, made)
        return
    with told(folder), locked(folder):
        rows = recover(folder, schema).rows
        replace(folder, schema, about, sources(folder, rows), pack=True)


def merge(folders: Sequence[Path], out: Path) -> None:
    """Make one dataset of several: their episodes in order, numbered anew.

    Args:
        folders: Datasets with the same schema.
        out: Where to write; nothing may be there.

    Raises:
        ValueError: If schemas differ, a dataset is damaged, or ``out`` is not empty.
    """
    if not folders:
        raise ValueError("nothing to merge: name the datasets")
    schema, about = read_about(folders[0])
    episodes = sources(folders[0], all_rows(folders[0]))
    for folder in folders[1:]:
        other, _ = read_about(folder)
        if difference := schema.difference(other):
            raise ValueError(f"{folder} has another schema than {folders[0]}: {difference}")
        episodes += sources(folder, all_rows(folder))
    with fresh(out) as made:
        rebuild(made, schema, about, episodes, pack=False)
