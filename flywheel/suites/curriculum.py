"""The curriculum: all that a brain learns from, lessons and drills."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from . import drills, material
from .material import Row

# Drills for each lesson, and how many are made in one go.
_SHARE, _CHUNK = 0.17, 20
# Seeds of drills; no suite and no lesson has any of them.
FIRST = 200_000_000

_Job = tuple[str, int, int]


def made(lessons: int, first: int = 0, workers: int = 1) -> Iterator[tuple[float, list[Row]]]:
    """Yield about so many lessons, and drills, as rows to train on, with the share done.

    Args:
        lessons: How many.
        first: See `material.chunks`; drills begin as many chunks later.
        workers: Processes; the rows and their order are the same for any number.
    """
    jobs: list[_Job] = list(material.chunks(lessons, first))
    count = max(1, round(lessons * _SHARE / _CHUNK))
    jobs += [("", FIRST + (first + k) * _CHUNK, _CHUNK) for k in range(count)]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn) as pool:
        try:
            for k, some in enumerate(pool.map(_rows, jobs), 1):
                yield k / len(jobs), some
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _rows(job: _Job) -> list[Row]:
    suite, first, count = job
    return material.rows(suite, first, count) if suite else drills.rows(first, count)
