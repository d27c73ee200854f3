"""The curriculum: all that a brain learns from, primers, quizzes and lessons."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from . import material, quizzes
from .material import Row

# Quizzes of each kind for each lesson, the first of their seeds, and how many are made in one go.
# No suite and no lesson has any of those seeds.
_KINDS = {
    "note": (2.0, 200_000_000),
    "clause": (2.0, 250_000_000),
    "quiz": (1.5, 300_000_000),
}
_CHUNK = 100

_Job = tuple[str, int, int]


def made(lessons: int, first: int = 0, workers: int = 1) -> Iterator[tuple[float, list[Row]]]:
    """Yield about so many lessons, and quizzes, as rows to train on, with the share done.

    Args:
        lessons: How many.
        first: See `material.chunks`; quizzes begin as many chunks later.
        workers: Processes; the rows and their order are the same for any number.
    """
    jobs: list[_Job] = list(material.chunks(lessons, first))
    for kind, (share, seed) in _KINDS.items():
        count = max(1, round(lessons * share / _CHUNK))
        jobs += [(kind, seed + (first + k) * _CHUNK, _CHUNK) for k in range(count)]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn) as pool:
        try:
            for k, some in enumerate(pool.map(_rows, jobs), 1):
                yield k / len(jobs), some
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _rows(job: _Job) -> list[Row]:
    kind, first, count = job
    if kind in _KINDS:
        return quizzes.rows(kind, first, count)
    return material.rows(kind, first, count)
