"""Learners: what a turn of the flywheel makes better."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .gate import Outcome

# Folder of the model within that of a training.
MODEL = "model"
# Hears of the share of a phase that is done, 0 to 1.
Tell = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Log:
    """What a champion did in a turn.

    Attributes:
        counts: What was done and kept, by name.
        failures: How many scenarios of each kind failed.
    """

    counts: Mapping[str, int]
    failures: Mapping[str, int]


class Learner(Protocol):
    """Something that learns from what it did: what to log, how to train, how to be judged.

    Every verb writes into a folder of its own. It is called again, with the same folder, if it was
    interrupted, and gives the same result as if it had not been.

    Attributes:
        name: What its models are called by.
        room: What a turn takes on the disk, at most about [bytes].
        headline: Kinds of scenarios that its success is told of; all of them if there are none.
    """

    name: str
    room: int
    headline: tuple[str, ...]

    def begin(self, out: Path, tell: Tell) -> None:
        """Make the model of turn 0."""

    def log(
        self,
        champions: Mapping[str, Path],
        turn: int,
        failures: Mapping[str, int],
        out: Path,
        tell: Tell,
    ) -> Log:
        """Let the champion act on a turn's scenarios, and write what there is to learn.

        Args:
            champions: Of all learners, by their names.
            turn: From 1.
            failures: How many scenarios of each kind failed in the turn before.
            out: Where to write.
            tell: Hears of the share that is done.
        """

    def train(
        self, base: Path, logs: Sequence[Path], seed: int, out: Path, tell: Tell
    ) -> dict[str, Any]:
        """Make a challenger from an earlier model and the logs of all turns; return its card.

        Its weights are in ``out / MODEL``.

        Raises:
            ValueError: A log or the model is of no use; it is named.
            Lost: The training came to nothing.
        """

    def judge(self, model: Path, turn: int, look: int, out: Path, tell: Tell) -> list[Outcome]:
        """Return how a model does on held-out scenarios, by which it may be promoted.

        Args:
            model: Folder of its weights.
            turn: From 1.
            look: From 0; each has other scenarios, the same for all models.
            out: Where to write.
            tell: Hears of the share that is done.
        """

    def examine(self, model: Path, out: Path, tell: Tell) -> list[Outcome]:
        """Return how a model does on what nothing was chosen by: the figures to publish."""


class Lost(Exception):
    """A learner has nothing to show for this turn."""
