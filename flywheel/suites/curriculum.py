"""The curriculum: all that a brain learns from, primers, quizzes and lessons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from warewheel.flywheel.spread import spread

from . import material
from .material import LEVEL, Row
from .primers import clause, note
from .quizzes import quiz
from .rounds import rounds
from .shelves import shelves


@dataclass(frozen=True, slots=True)
class Kind:
    """Something to learn from besides lessons.

    Attributes:
        make: Returns a conversation for a seed, or an empty list, at a site if it is told.
        level: See `material.LEVEL`.
        share: So many for each lesson.
        first: Of the seeds. No suite and no lesson has any of them.
    """

    make: Callable[..., list[Any]]
    level: int
    share: float
    first: int


KINDS = {
    "note": Kind(note, LEVEL - 2, 1.5, 200_000_000),
    "clause": Kind(clause, LEVEL - 1, 1.5, 250_000_000),
    "quiz": Kind(partial(quiz, "quiz"), LEVEL, 1.5, 300_000_000),
    "riddle": Kind(partial(quiz, "riddle"), LEVEL, 1.0, 350_000_000),
    "tally": Kind(partial(quiz, "tally"), LEVEL, 0.8, 400_000_000),
    "gist": Kind(partial(quiz, "gist"), LEVEL, 0.4, 465_000_000),
    "round": Kind(rounds, LEVEL, 0.2, 470_000_000),
    "shelf": Kind(shelves, LEVEL, 0.2, 485_000_000),
}
# One in so many of the easier ones comes as late as the others, so that what it teaches stays.
_LATE = 6
# How many are made in one go.
_CHUNK = 100

_Job = tuple[str, int, int]


def made(
    lessons: int, first: int = 0, workers: int = 1, mix: Mapping[str, int] | None = None
) -> Iterator[tuple[float, list[Row]]]:
    """Yield about so many lessons, and what belongs to them, as rows, with the share done.

    Args:
        lessons: How many.
        first: See `material.chunks`; what else there is begins as many chunks later.
        workers: Processes; the rows and their order are the same for any number.
        mix: Shares of kinds of lessons, for lessons of these alone; None for the usual ones with
            primers and quizzes.
    """
    jobs: list[_Job] = list(material.chunks(lessons, first, mix or material.MIX))
    for name, kind in KINDS.items() if mix is None else ():
        count = max(1, round(lessons * kind.share / _CHUNK))
        jobs += [(name, kind.first + (first + k) * _CHUNK, _CHUNK) for k in range(count)]
    for k, some in enumerate(spread(_rows, jobs, workers), 1):
        yield k / len(jobs), some


def rows(name: str, first: int, count: int) -> list[Row]:
    """Return what one of `KINDS` has for each of so many seeds."""
    kind = KINDS[name]
    return [
        {
            "messages": said, "case": f"{name}-{seed}", "seed": seed,
            "level": kind.level if seed % _LATE else LEVEL,
        }
        for seed in range(first, first + count)
        if (said := kind.make(seed))
    ]  # fmt: skip


def _rows(job: _Job) -> list[Row]:
    return rows(*job) if job[0] in KINDS else material.rows(*job)
