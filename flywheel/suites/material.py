"""Training material: conversations in which the expert directs the symbolic twin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from warewheel.agents.language.conversation import Conversation
from warewheel.agents.language.model import Message
from warewheel.agents.planners.scribe import Scribe
from warewheel.agents.planners.scripted import Scripted
from warewheel.configs import load_phrases
from warewheel.configs.schema import Case
from warewheel.flywheel.bench.play import Played, Stage, play

from .make import RECIPES, Recipe, Setting, cases
from .noise import Noise

# A lesson as JSON: ``messages``, the ``case`` and ``seed`` that they are about, and a ``level``:
# lower ones are learnt first.
Row = dict[str, Any]
LEVEL = 2
# Seeds of training; no suite has any of them.
FIRST = 100_000_000
# Wordings of training in place of those of the suites.
_PHRASES = {"zh": "zh-train"}
# Cartons of shorter long deliveries, and items in each. Some have more than ten items, or nobody
# would learn that names may have two digits.
_LONG_CARTONS, _LONG_ITEMS = (2, 3), (3, 5)

# Share of lessons in which a hand slips, or loses what it holds: from no others could one learn
# what is to be done then.
CLUMSY = 0.2


@dataclass(frozen=True, slots=True)
class Lesson:
    """A case with the conversation in which the expert solved it."""

    case: Case
    messages: tuple[Message, ...]
    played: Played


def lesson(case: Case, setting: Setting = Stage, clumsy: float = 0.0) -> Lesson | None:
    """Return the expert's conversation about a case, or None if it fails.

    Args:
        case: The case.
        setting: Makes the stage.
        clumsy: Chance that skills fail now and then, as a body's do.
    """
    stage = setting(case)
    scribe = Scribe(stage.briefing, Scripted(stage.briefing))
    chance = np.random.default_rng([case.seed, 16])
    played = play(stage, scribe, mishaps=chance if chance.random() < clumsy else None)
    if not played.success:
        return None
    return Lesson(case, to_the_end(scribe.conversation, played), played)


def to_the_end(conversation: Conversation, played: Played) -> tuple[Message, ...]:
    """Return what was said of a delivery, to the end: the world ends what is done without a word.

    Else one would learn to go on and on: when a carton is empty is hardly told anywhere.
    """
    if played.success and played.after is not None and not played.refused:
        conversation.end(played.after)
    return conversation.messages


def material(suite: str, first: int, count: int) -> Iterator[Lesson]:
    """Yield so many lessons of a suite's kind, in wordings of training."""
    recipe = training(suite)
    for case in noisy(cases(recipe, suite, first, count), recipe, first):
        found = lesson(case, clumsy=CLUMSY)
        if found is not None:
            yield found


def noisy(some: Iterable[Case], recipe: Recipe, seed: int) -> Iterator[Case]:
    """Yield cases with noise in the instructions of about half of them."""
    noise = Noise(load_phrases(recipe.phrases), np.random.default_rng([seed, 6]))
    return map(noise.over, some)


def training(suite: str) -> Recipe:
    """Return a suite's recipe with wordings of training."""
    recipe = RECIPES[suite]
    return replace(recipe, phrases=_PHRASES.get(suite, "train"), pinned=False)


def shorter(suite: str) -> Recipe:
    """Return the same, but what long deliveries take is learnt from shorter ones."""
    recipe = training(suite)
    if suite != "long":
        return recipe
    return replace(recipe, cartons=_LONG_CARTONS, items=_LONG_ITEMS)


# How many of each hundred lessons are of a suite's kind: what is graded has most of them.
MIX = {
    "base": 14, "paraphrase": 5, "rules": 10, "conditional": 11, "temporal": 8, "quantity": 12,
    "reference": 13, "memory": 6, "discrepancy": 6, "long": 4, "refuse": 4, "injection": 3,
    "zh": 4,
}  # fmt: skip
# Lessons made in one go.
_CHUNK = 50
# Seeds set apart for one suite's kind.
_ROOM = 1_000_000


def chunks(
    count: int, first: int = 0, mix: Mapping[str, int] = MIX
) -> Iterator[tuple[str, int, int]]:
    """Yield the arguments of `material` for about ``count`` lessons.

    Args:
        count: Lessons in all.
        first: Number of the first chunk, so that other lessons can be made later.
        mix: Shares of kinds.
    """
    total = sum(mix.values())
    for kind, suite in enumerate(MIX):
        share = mix.get(suite, 0)
        wanted = max(1, round(count * share / total / _CHUNK)) if share else 0
        for k in range(first, first + wanted):
            # Chances are that a chunk passes over some seeds; four times as many are its own.
            yield suite, FIRST + kind * _ROOM + k * 4 * _CHUNK, _CHUNK


def rows(suite: str, first: int, count: int) -> list[Row]:
    """Return lessons as rows to train on."""
    return [
        {
            "messages": list(found.messages),
            "case": found.case.id,
            "seed": found.case.seed,
            "level": LEVEL,
        }
        for found in material(suite, first, count)
    ]
