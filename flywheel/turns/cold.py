"""What a brain knows before the first turn: how to read, and plain instructions at one site.

Primers and quizzes are about made-up sites, so that they teach to read, and nothing about any site.
Plain instructions are for deliveries to the one site, and to made-up ones of the same layout.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from warewheel.configs.schema import Case, Chances
from warewheel.flywheel.bench.play import Stage
from warewheel.flywheel.spread import spread
from warewheel.flywheel.suites import asking, curriculum, fiction, material
from warewheel.flywheel.suites.make import Setting, cases
from warewheel.flywheel.suites.material import Row
from warewheel.flywheel.suites.quizzes import quiz
from warewheel.flywheel.training.rows import Chat, in_order

from .stream import WIDTHS, Scenario, scenarios

(_SITE,) = WIDTHS[0].facilities
# Kinds of primers, and of quizzes.
_PRIMERS, _QUIZZES = ("note", "clause"), ("errand", "riddle")
_KINDS = {
    **curriculum.KINDS,
    "errand": replace(curriculum.KINDS["quiz"], make=partial(quiz, "errand")),
}
# Of their seeds, and of those of tales, the first that nothing else has.
_FIRST, _FIRST_TALE = 10_000_000, 450_000_000
# Share of plain instructions that are for made-up sites, and what these are like. Which one of the
# same goods goes lower is hard to tell; there are many such.
_TALES = 0.7
_TOLD = replace(
    material.training("base"), facilities=(_SITE,), items=(3, 6), chances=Chances(repeat=0.4)
)
_CHUNK = 50
_TALE = "tale"


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
    jobs: list[_Job] = [
        (name, _KINDS[name].first + _FIRST + k)
        for some, share in ((_PRIMERS, primers), (_QUIZZES, quizzes))
        for name in some
        for k in range(round(lessons * share))
    ]
    tales = round(lessons * _TALES)
    jobs += [(_TALE, _FIRST_TALE + k) for k in range(tales)]
    jobs += scenarios(0, lessons - tales, 0)
    found = map(_rows, jobs) if workers == 1 else spread(_rows, jobs, workers, _CHUNK)
    for k, some in enumerate(found, 1):
        yield k / len(jobs), some


@functools.cache
def chats(lessons: int, primers: float = 0.0, quizzes: float = 0.0) -> tuple[Chat, ...]:
    """Return the conversations of such rows in the order of learning."""
    some = made(lessons, primers, quizzes=quizzes)
    return tuple(in_order([row for _, rows in some for row in rows]))


# A kind and a seed, or a delivery.
_Job = tuple[str, int] | Scenario


def _rows(job: _Job) -> list[Row]:
    if isinstance(job, Scenario):
        return _lesson(job.case)
    kind, seed = job
    setting = fiction.setting(seed)
    if kind == _TALE:
        tale = next(cases(_TOLD, f"{_TALE}-{seed}", seed, 1, setting))
        return _lesson(tale, setting)
    site = setting(asking.blank(_SITE)).briefing
    said = _KINDS[kind].make(seed, site)
    return [{"messages": said, "level": _KINDS[kind].level}] if said else []


def _lesson(case: Case, setting: Setting = Stage) -> list[Row]:
    found = material.lesson(case, setting)
    return [{"messages": list(found.messages), "level": material.LEVEL}] if found else []
