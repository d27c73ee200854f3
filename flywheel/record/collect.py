"""Collecting: episodes run by a pool, and appended to a dataset in their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warewheel.agents.hand import hand_id
from warewheel.flywheel.dataset.card import About
from warewheel.flywheel.dataset.schema import Schema
from warewheel.flywheel.dataset.store import Dataset
from warewheel.flywheel.episode import Episode
from warewheel.flywheel.pool import Job, Pool, Tell

from .recorder import Record, as_json


@dataclass(frozen=True, slots=True)
class Collection:
    """What is to be collected.

    Attributes:
        cases: Settings of the environment and seed of each episode.
        planner: Who chooses subgoals.
        perceiver: What it sees through.
        hand: Who judges its grips.
        schema: What is recorded.
        about: For the dataset's card.
    """

    cases: Sequence[tuple[Mapping[str, Any], int]]
    planner: str
    perceiver: str
    hand: str
    schema: Schema
    about: About


def collect(
    what: Collection, folder: Path, pool: Pool, resume: bool, tell: Tell = lambda _: None
) -> Iterator[Episode]:
    """Yield episodes as they become part of a dataset, in their order.

    An episode that crashes is part of it up to there; before its first step there is nothing.

    Args:
        what: What is to be collected.
        folder: The dataset's; new, unless ``resume``.
        pool: Where episodes run; where they do makes no difference to the dataset.
        resume: Go on after the last episode that is there.
        tell: Hears how the episodes at work stand.

    Raises:
        ValueError: The folder holds something else, or cannot be written to.
    """
    begin = Dataset.resume if resume else Dataset.create
    dataset = begin(folder, what.schema, what.about)
    with dataset:
        dataset.drop_drafts()
        start = _next(dataset, what)
        jobs = [
            Job(settings, what.planner, seed, what.perceiver, what.hand, record=record)
            for k, (settings, seed) in enumerate(what.cases[start:], start)
            for record in [Record(folder, what.schema, k)]
        ]
        for episode in pool.run(jobs, tell):
            if episode.draft:
                dataset.append(Path(episode.draft))
            yield episode


def _next(dataset: Dataset, what: Collection) -> int:
    """Return the number of the first episode that is still to be collected.

    Raises:
        ValueError: An episode of the dataset is not one of the collection's.
    """
    last = -1
    for row in dataset.episodes():
        last = row["number"]
        same = last < len(what.cases) and (
            row["seed"] == what.cases[last][1]
            and row["config"] == as_json(what.cases[last][0])
            and row["planner"] == what.planner
            and row["perceiver"] == what.perceiver
            and row["hand"] == hand_id(what.hand)
        )
        if not same:
            raise ValueError(
                f"{dataset.folder}: its episode {row['episode_index']} was collected with other "
                "settings; --resume goes on with the same"
            )
    return last + 1
