"""Rows of a turn's log: JSON, one to a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from warewheel.flywheel.lines import whole_lines
from warewheel.flywheel.spread import shared

from .learner import Tell

Job = TypeVar("Job")
# Jobs that a process takes at a time.
_CHUNK = 4


def resumed(
    path: Path, done: list[dict[str, Any]], jobs: Sequence[Job],
    act: Callable[[Job], dict[str, Any]], workers: int, tell: Tell,
) -> list[dict[str, Any]]:  # fmt: skip
    """Do what is left of some jobs; return the rows of all, each kept as soon as it is there.

    Args:
        path: Of the rows.
        done: Those that it has, of the first jobs.
        jobs: All of them.
        act: Makes a row of a job; a function of a module, so that other processes find it.
        workers: Processes; they make no difference to the rows.
        tell: Hears of the share that is done.
    """
    left = jobs[len(done) :]
    found = shared(act, left, workers, _CHUNK)
    rows = list(done)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for row in found:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()
            rows.append(row)
            tell(len(rows) / len(jobs))
    return rows


def kept(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file; a last line that was cut off is left out, and cut off.

    Raises:
        ValueError: A line is no row.
    """
    for number, line in enumerate(whole_lines(path), 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"'{path}':{number} is no row: {error}") from error
        if not isinstance(row, dict):
            raise ValueError(f"'{path}':{number} is no row: it is no JSON object")
        yield row
