"""Spreading work over processes of this machine, with results in the order of the jobs."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Job = TypeVar("Job")
Made = TypeVar("Made")


def spread(
    work: Callable[[Job], Made], jobs: Sequence[Job], workers: int, chunk: int = 1
) -> Iterator[Made]:
    """Yield what ``work`` makes of each job; Ctrl-C drops the jobs that nobody has begun.

    Args:
        work: A function of a module, so that other processes find it.
        jobs: Plain data.
        workers: Processes.
        chunk: Jobs that a process takes at a time.

    Raises:
        BrokenProcessPool: A job took its process along.
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn) as pool:
        try:
            yield from pool.map(work, jobs, chunksize=chunk)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def shared(
    work: Callable[[Job], Made], jobs: Sequence[Job], workers: int, chunk: int = 1
) -> Iterator[Made]:
    """Yield what `spread` does; what one worker is to do, or nobody, is done in this process."""
    return map(work, jobs) if workers == 1 or not jobs else spread(work, jobs, workers, chunk)
