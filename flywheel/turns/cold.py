"""What a brain knows before the first turn: primers, quizzes, and plain instructions, at one site.

Deliveries come to that site alone, quizzes are about it, and notes, whose zones are made up, about
its goods. Clauses are no deliveries either; they are of every site with many zones.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from warewheel.configs import names
from warewheel.flywheel.spread import spread
from warewheel.flywheel.suites import curriculum, material
from warewheel.flywheel.suites.material import Row
from warewheel.flywheel.training.rows import Chat, in_order

from .stream import WIDTHS, Scenario, scenarios

# Kinds of primers, and of quizzes.
_PRIMERS, _QUIZZES = ("note", "clause"), ("quiz", "riddle", "tally")
# Of their seeds, the first that nothing else has.
_FIRST = 10_000_000
_CHUNK = 50


def made(
    lessons: int, primers: float, workers: int = 1, quizzes: float = 0.0
) -> Iterator[tuple[float, list[Row]]]:
    """Yield rows of a brain that knows little yet, with the share done; they have a ``level``.

    Args:
        lessons: Plain instructions, about.
        primers: Of each kind, for each lesson.
        workers: Processes; the rows and their order are the same for any number.
        quizzes: Of each kind, for each lesson.
    """
    (site,) = WIDTHS[0].facilities
    known = names("facility")
    jobs: list[_Job] = [
        (name, seed)
        for some, share in ((_PRIMERS, primers), (_QUIZZES, quizzes))
        for name in some
        for k in range(round(lessons * share) * len(known))
        if known[(seed := curriculum.KINDS[name].first + _FIRST + k) % len(known)] == site
    ]
    jobs += scenarios(0, lessons, 0)
    found = map(_rows, jobs) if workers == 1 else spread(_rows, jobs, workers, _CHUNK)
    for k, some in enumerate(found, 1):
        yield k / len(jobs), some


@functools.cache
def chats(lessons: int, primers: float, quizzes: float = 0.0) -> tuple[Chat, ...]:
    """Return the conversations of such rows in the order of learning."""
    some = made(lessons, primers, quizzes=quizzes)
    return tuple(in_order([row for _, rows in some for row in rows]))


_Job = tuple[str, int] | Scenario


def _rows(job: _Job) -> list[Row]:
    if not isinstance(job, Scenario):
        return curriculum.rows(*job, 1)
    found = material.lesson(job.case)
    if found is None:
        return []
    return [{"messages": list(found.messages), "level": material.LEVEL}]
