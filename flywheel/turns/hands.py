"""The hand as a learner: every grip is labelled by whether it held."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from warewheel.agents.hand import CARD, scorer_of
from warewheel.agents.skills.crops import unpacked
from warewheel.configs import load_body, load_catalogue
from warewheel.configs.capability import refusals
from warewheel.flywheel.bench import bench
from warewheel.flywheel.dataset.files.disk import write
from warewheel.flywheel.provenance import versions
from warewheel.flywheel.training.grips import fit
from warewheel.flywheel.training.loop import Diverged

from .brains import PHYSICS, BrainLearner
from .controls import Control
from .drills import BODY, Choice, Drill, logged
from .gate import Outcome
from .learner import MODEL, Log, Lost, Tell
from .rows import kept, resumed
from .stream import AWKWARD

TRIALS, WORK = "trials.jsonl", "work.jsonl"
# Goods like those that are learnt from, which never are, and goods that anybody can grip.
UNSEEN, PLAIN = "awkward-unseen", "general"
# Turn by turn more of the awkward goods come; from this one on, all of them.
_ALL = 2
# Shares of a turn's drills: plain goods, goods that failed last, and grips that chance picks.
_OLD, _MINED, _RANDOM = 0.3, 0.2, 0.6
# Share of drills on the table, the others are in an open carton; most other items in it.
_TABLE, _BESIDE = 1 / 3, 3
# Seeds set apart for a turn, and for a run within it; the last ones are for judges.
_TURN, _RUN = 1_000_000, 20_000
_HELD_OUT, _EXAMINED = 900_000_000, 950_000_000
_MODEL_ROOM, _DRILL_ROOM = 1_000_000, 1_000


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a hand may do and learn.

    Attributes:
        drills: Of the first turn.
        more: Drills of each later turn.
        steps: Batches of a turn.
        judged: Held-out drills with goods that are learnt from, and as many with plain ones.
        examined: Drills with goods that never are, and as many with plain ones.
    """

    drills: int
    more: int
    steps: int
    judged: int
    examined: int


class HandLearner:
    """Learns where to grip from grips that held and grips that did not.

    Args:
        budget: How much.
        workers: Processes; they make no difference to results.
        seed: Of the run.
        control: Do one thing otherwise, as `CONTROLS` says.
    """

    name = "hand"
    # What anybody can grip does not count.
    headline: tuple[str, ...] = (UNSEEN,)

    def __init__(
        self, budget: Budget, workers: int = 1, seed: int = 0, control: Control = ""
    ) -> None:
        self._budget, self._workers, self._seed, self._control = budget, workers, seed, control
        self.room = _MODEL_ROOM + max(budget.drills, budget.more) * _DRILL_ROOM

    def begin(self, out: Path, tell: Tell) -> None:
        """Begin with the heuristic, which has no weights."""
        out.mkdir(parents=True, exist_ok=True)
        (out / CARD).write_text('{"kind": "heuristic"}\n', encoding="utf-8")
        tell(1.0)

    def log(
        self, champions: Mapping[str, Path], turn: int, failures: Mapping[str, int], out: Path,
        tell: Tell,
    ) -> Log:  # fmt: skip
        """Let the champion grip, and chance; keep what grips looked like and whether they held."""
        jobs = list(self._jobs(str(champions[self.name]), turn, failures))
        done = list(self._drilled(jobs, out, tell))
        work = self._worked(turn, out)
        failed = Counter[str]()
        for job, row in zip(jobs, done, strict=True):
            if job.catalogue == AWKWARD and job.choice == "best" and not row["success"]:
                failed[job.sku] += 1
        best = [row for job, row in zip(jobs, done, strict=True) if job.choice == "best"]
        counts = {
            "drills": len(done), "held": sum(row["success"] for row in done),
            "own choices": len(best), "own choices that held": sum(row["success"] for row in best),
            "goods": len({job.sku for job in jobs}), "grips at work": work,
        }  # fmt: skip
        return Log(counts, dict(sorted(failed.items())))

    def train(
        self, base: Path, logs: Sequence[Path], seed: int, out: Path, tell: Tell
    ) -> dict[str, Any]:
        """Train a scorer from nothing on all trials so far.

        Raises:
            ValueError: A log is of no use.
            Lost: The loss is no longer a number, or there is nothing to learn.
        """
        scorer_of(str(base))
        trials = [row for log in logs for name in (TRIALS, WORK) for row in _trials(log / name)]
        tried = [row for row in trials if row["row"]]
        card: dict[str, Any] = {
            "data": _digest(tried), "trials": len(trials), "kept": len(tried),
            "left_out": {"no grip could be reached": len(trials) - len(tried)},
            "held": sum(row["success"] for row in tried), "parent": base.parent.name,
            "steps": self._budget.steps, "seed": seed, "versions": dict(versions()),
        }  # fmt: skip
        model = out / MODEL
        if self._control == "idle":
            shutil.copytree(base, model, dirs_exist_ok=True)
            return card
        if len({row["success"] for row in tried}) < 2:
            raise Lost("all grips held, or none did: nothing to tell apart")
        held = np.array([row["success"] for row in tried])
        if self._control == "shuffled":
            held = np.random.default_rng([seed, 7]).permutation(held)
        rows = np.stack([row["features"] for row in tried])
        try:
            card["loss"] = round(fit(rows, held, self._budget.steps, seed, model, tell), 6)
        except Diverged as error:
            raise Lost(str(error)) from error
        (model / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        return card

    def judge(self, model: Path, turn: int, look: int, out: Path, tell: Tell) -> list[Outcome]:
        """Let a hand grip goods that are learnt from, where they never stood, and plain ones."""
        first = _HELD_OUT + look * _RUN
        return self._graded(model, AWKWARD, self._budget.judged, first, out, tell)

    def examine(self, model: Path, out: Path, tell: Tell) -> list[Outcome]:
        """Let a hand grip goods that are never learnt from, and plain ones."""
        return self._graded(model, UNSEEN, self._budget.examined, _EXAMINED, out, tell)

    def _graded(
        self, model: Path, catalogue: str, count: int, first: int, out: Path, tell: Tell
    ) -> list[Outcome]:
        jobs = [
            Drill(name, sku, first + k, str(model), beside=_beside(_goods(name), first + k))
            for name in (catalogue, PLAIN)
            for k, sku in enumerate(_turns(_goods(name), count))
        ]
        return [
            Outcome(
                key=f"{job.catalogue}/{job.sku}/{job.seed - first}", success=row["success"],
                old=job.catalogue == PLAIN, kind=job.catalogue, label=row["cause"],
            )
            for job, row in zip(jobs, self._drilled(jobs, out, tell), strict=True)
        ]  # fmt: skip

    def _worked(self, turn: int, out: Path) -> int:
        """Write down the grips of what a brain did in physics this turn; return their number."""
        path = out.parent / f"{BrainLearner.name}-{turn}" / PHYSICS / bench.EPISODES
        rows = [
            {"success": held, "row": row}
            for result in bench.latest(path)
            for row, held in result.grips
        ]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        write(out / WORK, text.encode())
        return len(rows)

    def _jobs(self, hand: str, turn: int, failures: Mapping[str, int]) -> Iterator[Drill]:
        """Yield a turn's drills."""
        rng = np.random.default_rng([self._seed, turn, 9])
        goods, plain = _goods(AWKWARD), _goods(PLAIN)
        goods = goods[: max(1, len(goods) * min(turn, _ALL) // _ALL)]
        failed = [sku for sku in sorted(failures) for _ in range(failures[sku]) if sku in goods]
        count = self._budget.drills if turn == 1 else self._budget.more
        for k in range(count):
            share = (k + 0.5) / count
            if share < _OLD:
                catalogue, some = PLAIN, plain
            else:
                mined = failed and share < _OLD + _MINED
                catalogue, some = AWKWARD, failed if mined else goods
            choice: Choice = "random" if rng.random() < _RANDOM else "best"
            if self._control == "plain":
                choice = "heuristic"
            seed = turn * _TURN + self._seed * _RUN + k
            beside = _beside(plain if catalogue == PLAIN else goods, seed)
            yield Drill(catalogue, some[k % len(some)], seed, hand, choice, beside, rough=True)

    def _drilled(self, jobs: Sequence[Drill], out: Path, tell: Tell) -> list[dict[str, Any]]:
        """Do drills, but for those that are done already; keep each as soon as it is done."""
        path = out / TRIALS
        done = list(kept(path))
        if [(row.get("sku"), row.get("seed")) for row in done] != [
            (job.sku, job.seed) for job in jobs[: len(done)]
        ]:
            raise ValueError(f"'{path}' holds other drills than this run's")
        return resumed(path, done, jobs, logged, self._workers, tell)


def _trials(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the trials of a file, each with its ``features``, or None if no grip was tried.

    Raises:
        ValueError: A line is no trial; it is named.
    """
    for number, row in enumerate(kept(path), 1):
        if not (isinstance(row.get("success"), bool) and isinstance(row.get("row"), str)):
            raise ValueError(f"'{path}':{number} is no trial: {row}")
        try:
            yield {**row, "features": unpacked(row["row"]) if row["row"] else None}
        except ValueError as error:
            raise ValueError(f"'{path}':{number} is no trial: {error}") from error


def _goods(catalogue: str) -> list[str]:
    """Return the goods that jaws can hold at all, by their SKUs."""
    body = load_body(BODY)
    return [sku.sku for sku in load_catalogue(catalogue).items if not refusals(body, sku)]


def _beside(goods: Sequence[str], seed: int) -> tuple[str, ...] | None:
    """Return what is in a carton beside the item of a drill; None if it stands on the table."""
    rng = np.random.default_rng([seed, 10])
    if rng.random() < _TABLE:
        return None
    some = rng.integers(len(goods), size=rng.integers(1, _BESIDE + 1))
    return tuple(goods[int(k)] for k in some)


def _turns(some: Sequence[str], count: int) -> Iterator[str]:
    """Yield so many, in turn."""
    return itertools.islice(itertools.cycle(some), count)


def _digest(trials: Sequence[Mapping[str, Any]]) -> str:
    """Return a hash of what is learnt from."""
    found = hashlib.sha256()
    for trial in trials:
        found.update(f"{trial['row']} {trial['success']}\n".encode())
    return found.hexdigest()
