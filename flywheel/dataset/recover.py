"""What a process that died left behind is cleared away; nothing that is whole is lost."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import NamedTuple

from .derive import Totals
from .draft import SEAL
from .files.disk import ASIDE, DRAFTS, LOCK, PRIVATE, TEMPORARY, Lock
from .files.episodes import Row
from .files.layout import Place, globbed, place_of
from .files.rows import all_rows, files_of
from .schema import Schema
from .settle import last_draft


class Recovered(NamedTuple):
    """A folder's state: its rows, sums over them, where the next files go, and what was done."""

    rows: list[Row]
    totals: Totals
    place: Place
    done: list[str]


def recover(folder: Path, schema: Schema) -> Recovered:
    """Clear leftovers away and return the state; only for who holds the folder's lock.

    Raises:
        ValueError: If episodes are missing or damaged, which takes more than this.
    """
    rows = all_rows(folder)
    totals = Totals(schema)
    claimed: set[Path] = set()
    for row in rows:
        totals.add(row)
        claimed |= set(files_of(row, folder, schema))
    for path in sorted(claimed):
        if not path.exists():
            raise ValueError(f"{path} is missing; `warewheel repair {folder}` mends the dataset")
    done = clear(folder, claimed, len(rows))
    places = [place for path in claimed if (place := place_of(path))]
    return Recovered(rows, totals, max(places).next if places else Place(), done)


def clear(folder: Path, claimed: set[Path], episodes: int) -> list[str]:
    """Move files that belong to no episode aside, remove drafts that nobody will finish.

    Args:
        folder: The dataset's.
        claimed: The files that stay.
        episodes: How many episodes there are.
    """
    done = []
    # Appended, but the process died before it could remove it.
    if appended := last_draft(folder, episodes):
        shutil.rmtree(folder / PRIVATE / DRAFTS / appended, ignore_errors=True)
    for path in list(globbed(folder)):
        if path in claimed:
            continue
        name = path.relative_to(folder)
        if path.name.startswith(TEMPORARY):
            path.unlink()
            done.append(f"removed {name}, half written")
        else:
            done.append(f"moved {name} to {aside(folder, path).relative_to(folder)}")
    for path in (folder / "meta").glob(f"{TEMPORARY}*"):
        path.unlink()
        done.append(f"removed {path.relative_to(folder)}, half written")
    for draft in sorted((folder / PRIVATE / DRAFTS).glob("draft-*")):
        if _abandoned(draft):
            shutil.rmtree(draft, ignore_errors=True)
            done.append(f"removed the unfinished draft {draft.name}")
    return done


def aside(folder: Path, path: Path) -> Path:
    """Move a file out of readers' sight, and return where it is now."""
    target = folder / PRIVATE / ASIDE / path.relative_to(folder)
    number = 0
    while target.exists():
        number += 1
        target = target.with_name(f"{path.name}.{number}")
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(path, target)
    return target


def _abandoned(draft: Path) -> bool:
    """Return whether a draft is neither whole nor anybody's."""
    if (draft / SEAL).exists():
        return False
    with contextlib.suppress(ValueError):
        Lock(draft / LOCK, "somebody is at it").release()
        return True
    return False
