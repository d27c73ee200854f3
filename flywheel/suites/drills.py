"""Drills: many instructions about one delivery, and of each only what is hard about it.

In a lesson most steps go without saying, and an instruction changes the way of one item or two. A
drill asks for nothing but places: an instruction, a label, and where that goes; then another
instruction for the same delivery.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from warewheel.agents.language.wire import read
from warewheel.configs import ConfigError, load_phrases, names
from warewheel.configs.schema import Case, Chances

from .make import case_of, delivery_of, sensible
from .material import Lesson, Row, lesson
from .meanings import Delivery, Draw
from .noise import Noise
from .speaker import Speaker

KINDS = (
    "move", "move", "only", "moves", "rules", "conflict", "conditional", "conditional",
    "reference", "reference", "reference", "quantity",
)  # fmt: skip
# Instructions of a drill, and most labels that are shown after each.
_INSTRUCTIONS, _LABELS = 10, 2
_TRIES = 40
# Lines that say what the site is like, and words that make an answer depend on the manifests.
_SITE = 3
_DEPENDS = re.compile(
    r"est\b|[Ii]f\b|[Ww]hen\b|[Ww]hether|[Ii]n case|[Ss]hould it|out of|[Oo]f the"
)


def drill(seed: int) -> list[Any]:
    """Return a conversation about the delivery of a seed."""
    rng = np.random.default_rng([seed, 7])
    places = names("facility")
    blank = Case(
        id=f"drill-{seed}", instruction="?", facility=places[seed % len(places)], seed=seed,
        cartons=(1, 1), items=(3, 6), chances=Chances(repeat=0.15),
    )  # fmt: skip
    phrases = load_phrases("train")
    delivery, noise = delivery_of(blank), Noise(phrases, rng)
    draw = Draw(delivery, Speaker(phrases, rng), rng)
    said: list[Any] = []
    asked = 0
    for _ in range(_TRIES):
        kind = KINDS[int(rng.integers(len(KINDS)))]
        meaning = draw.draw(kind)
        found = None if meaning is None else _solved(noise.over(case_of(blank, meaning)), delivery)
        if found is None:
            continue
        if not said:
            head = found.messages[1]["content"].partition("\ntold: ")[0]
            said = [found.messages[0], {"role": "user", "content": head}]
        questions = _questions(found)
        # How many there are already has a say in where all but the first of a number go.
        questions = questions[:1] if kind == "quantity" else _some(questions, rng)
        if questions:
            news = [f"told: {found.case.instructions[0]}", questions[0][0]]
            if asked == 0:
                news.insert(0, said.pop()["content"])
            for k, (label, place) in enumerate(questions):
                text = "\n".join(news) if k == 0 else f"ok\n{label}"
                said.append({"role": "user", "content": text})
                said.append({"role": "assistant", "content": place})
            asked += 1
        if asked == _INSTRUCTIONS:
            break
    return said if asked else []


def _solved(case: Case, delivery: Delivery) -> Lesson | None:
    """Return the lesson about a case, if it makes sense for the delivery."""
    try:
        found = lesson(case)
        return found if found and sensible(case, found.played, delivery) else None
    except ConfigError:
        # A comparison without a clear answer.
        return None


def _questions(found: Lesson) -> list[tuple[str, str]]:
    """Return the label of each item that was put away, and the step that did it, in order."""
    labels: dict[str, str] = {}
    asked: list[tuple[str, str]] = []
    for message in found.messages:
        text = message["content"]
        if message["role"] == "user":
            for line in text.splitlines():
                item, is_, _ = line.partition(" is ")
                if is_ and item.startswith("item-"):
                    labels[item] = line
        elif message["role"] == "assistant":
            step = read(text)
            if step is not None and step.skill == "place" and step.item in labels:
                asked.append((labels[step.item], text))
    return asked


def _some(asked: list[tuple[str, str]], rng: np.random.Generator) -> list[tuple[str, str]]:
    """Return some of the items that are the first in their zones.

    What stands in a zone already has a say in where others go.
    """
    first: dict[str, tuple[str, str]] = {}
    for label, text in asked:
        step = read(text)
        assert step is not None
        zone = step.place.rpartition("-")[0].partition("-")[0] or step.place
        first.setdefault(zone, (label, text))
    able = list(first.values())
    return [able[int(k)] for k in rng.permutation(len(able))[:_LABELS]]


def rows(first: int, count: int) -> list[Row]:
    """Return the questions of a drill for each of so many seeds, one a row."""
    return [
        {"messages": asked, "case": f"drill-{seed}", "seed": seed}
        for seed in range(first, first + count)
        for asked in _apart(drill(seed))
    ]


def _apart(said: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield each question of a drill alone: as little to read as there can be for one answer.

    A small model learns to match goods with what is told of them many times faster so. The
    manifests are there where the answer depends on them.
    """
    head: list[str] = []
    told = ""
    for asked, answer in zip(said[1::2], said[2::2], strict=True):
        lines = asked["content"].splitlines()
        if not head:
            head = list(itertools.takewhile(lambda line: not line.startswith("told: "), lines))
        told = next((line for line in lines if line.startswith("told: ")), told)
        site = head if _DEPENDS.search(told) else head[:_SITE]
        text = "\n".join([*site, told, lines[-1]])
        yield [said[0], {"role": "user", "content": text}, answer]
