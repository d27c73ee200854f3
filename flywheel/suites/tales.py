"""Tales: deliveries to made-up sites, told what to do in every way that there is.

Who has learnt from tales can read instructions and rules. Of no real site do they know anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from warewheel.agents.language.model import Message
from warewheel.flywheel.spread import shared

from . import asking, curriculum, fiction, material
from .make import Recipe, cases
from .material import LEVEL, Row

# How many of each hundred tales are of a suite's kind: what takes more reading has more of them.
MIX = {
    "base": 9, "rules": 10, "conditional": 12, "temporal": 10, "quantity": 12, "reference": 13,
    "memory": 9, "discrepancy": 9, "long": 5, "injection": 4, "zh": 8, "refuse": 2,
}  # fmt: skip
# So many primers and quizzes for each tale.
ASKED = {
    "note": 0.05, "clause": 0.1, "quiz": 0.3, "riddle": 0.2, "tally": 0.25, "gist": 0.4,
    "round": 0.25, "shelf": 0.25,
}  # fmt: skip
# Share of conversations whose items have other numbers than from 0 or 1 on, and the most that is
# added: else hardly a number of two digits would ever come.
_RENUMBERED, _LATER = 0.5, 20
# Of the seeds of tales the first, and how many are set apart for a kind; of the seeds of primers
# and quizzes, the first that nothing else has.
_FIRST, _ROOM, _FIRST_ASKED = 450_000_000, 1_000_000, 10_000_000
# Whose layout made-up sites have.
_LAYOUT = "parcel_hub"
# At some sites there is no such case.
_TRIES = 12
_CHUNK = 20
_ITEM = re.compile(r"\bitem-(\d+)\b")
# A kind, and a seed.
_Job = tuple[str, int]


def made(
    count: int, workers: int = 1, first: int = 0, asked: Mapping[str, float] | None = None
) -> Iterator[tuple[float, list[Row]]]:
    """Yield about so many tales, and primers and quizzes between them, with the share done.

    Args:
        count: Tales.
        workers: Processes; the rows and their order are the same for any number.
        first: Number of the first seed of each kind, so that other tales can be told later.
        asked: Primers and quizzes for each tale; None for the usual ones.
    """
    total = sum(MIX.values())
    jobs: list[_Job] = [
        (kind, _FIRST + k * _ROOM + first + number)
        for k, (kind, share) in enumerate(MIX.items())
        for number in range(round(count * share / total))
    ]
    jobs += [
        (kind, curriculum.KINDS[kind].first + _FIRST_ASKED + first + number)
        for kind, share in (ASKED if asked is None else asked).items()
        for number in range(round(count * share))
    ]
    order = np.random.default_rng([first, 14]).permutation(len(jobs))
    mixed = [jobs[int(k)] for k in order]
    for k, some in enumerate(shared(row, mixed, workers, _CHUNK), 1):
        yield k / len(jobs), some


def row(job: _Job) -> list[Row]:
    """Return a tale, a primer or a quiz as a row, or nothing where there is none."""
    kind, seed = job
    setting = fiction.setting(seed)
    if kind in curriculum.KINDS:
        said = curriculum.KINDS[kind].make(seed, setting(asking.blank(_LAYOUT)).briefing)
    else:
        recipe = _recipe(kind, seed)
        case = next(cases(recipe, f"tale-{seed}", seed, 1, setting, _TRIES), None)
        if case is None:
            return []
        (noisy,) = material.noisy([case], recipe, seed)
        lesson = material.lesson(noisy, setting, material.CLUMSY)
        said = list(lesson.messages) if lesson else []
    return [{"messages": _renumbered(said, seed), "level": LEVEL}] if said else []


def _renumbered(said: Sequence[Message], seed: int) -> list[Message]:
    """Return what was said, with names of items that begin at some other number by chance."""
    chance = np.random.default_rng([seed, 15])
    if chance.random() > _RENUMBERED:
        return list(said)
    later = int(chance.integers(1, _LATER + 1))

    def renamed(name: re.Match[str]) -> str:
        return f"item-{int(name[1]) + later}"

    return [{**one, "content": _ITEM.sub(renamed, one["content"])} for one in said]


def _recipe(kind: str, seed: int) -> Recipe:
    """Return what a tale is made by; its kinds of meanings come by chance."""
    recipe = material.shorter(kind)
    chance = np.random.default_rng([seed, 12])
    meanings = recipe.kinds[int(chance.integers(len(recipe.kinds)))]
    return replace(recipe, facilities=(_LAYOUT,), kinds=(meanings,))
