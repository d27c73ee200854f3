"""The brain as a learner: plans that the world has verified become what it is trained on."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from warewheel.agents.hand import HEURISTIC
from warewheel.agents.language.loading import COLD, whereabouts
from warewheel.agents.language.model import learnt
from warewheel.configs import load_suite
from warewheel.configs.choice import unknown
from warewheel.flywheel.bench import bench
from warewheel.flywheel.bench.trial import Settings, Trial
from warewheel.flywheel.suites import tales
from warewheel.flywheel.training.brain import CARD, Wish, train
from warewheel.flywheel.training.loop import Diverged
from warewheel.flywheel.training.rows import Chat, digest

from . import cold
from .controls import Control
from .exam import outcome, results
from .gate import Outcome
from .learner import MODEL, Log, Lost, Tell
from .rollouts import TEACHERS, Job, Teacher, act
from .rows import kept, resumed
from .stream import KINDS, WIDTHS, Scenario, held_out, repeated, scenarios

EPISODES, SHOWN, TALES = "episodes.jsonl", "shown.jsonl", "tales.jsonl"
SELECTION, PHYSICS = "selection.json", "physics"
# The learner whose champion grips.
_HAND = "hand"
One = TypeVar("One")
# Of a champion's episodes in which nothing had to be put right one in so many is learnt from, so
# that what is known stays; where nobody puts anything right, there is a lesson for so many.
_KNOWN = 3
# For each episode of the last log, how many of those before come again.
_REPLAYED = 0.2
# Highest learning rate of the first turn, but for a model from scratch, and by what each turn's is
# less than the one before: what has been learnt is lost to a high rate, and learnt again.
_RATE, _COOLING = 2e-3, 0.7
# Share of the time of collecting in which the champion acts itself.
_OWN = 0.6
# Turns of a run that have tales of their own.
_TURNS = 20
# More often than this nothing is learnt from, however little there is.
_PASSES = 4
# A model with the checkpoint that it is trained in, and an episode's conversations [bytes].
_MODEL_ROOM, _EPISODE_ROOM = 60_000_000, 100_000


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a brain may do and learn.

    Attributes:
        shape: Preset of the model.
        lessons: Deliveries that the first model learnt from.
        begin: Batches of the first model; with 0 it is ``cold``, which comes along.
        episodes: Of a turn.
        shown: More of them that the teacher directs, of the kinds that failed.
        tales: Of a turn, of made-up sites; primers and quizzes come between them.
        alone: Episodes of a turn where there is no teacher.
        verified: Of those that succeed, how many are done in physics as well.
        steps: Batches of a turn.
        batch: Tokens learnt from at each step.
        judged: Held-out scenarios of each kind at a look.
        examined: Cases of each suite.
    """

    shape: str
    lessons: int
    begin: int
    episodes: int
    shown: int
    tales: int
    alone: int
    verified: int
    steps: int
    batch: int
    judged: int
    examined: int


class BrainLearner:
    """Learns from what the champion did, and from what a teacher would have done in its place.

    Args:
        budget: How much.
        teacher: ``none``: only what succeeded is learnt; ``scripted``: the expert puts slips right.
        workers: Processes; they make no difference to results.
        seed: Of the run.
        control: Do one thing otherwise, as `CONTROLS` says.
        first: The model of turn 0, if there is one already.
        site: The only facility that it works at, or None for all.
    """

    name = "brain"
    # All kinds count.
    headline: tuple[str, ...] = ()

    def __init__(
        self, budget: Budget, teacher: str, workers: int = 1, seed: int = 0,
        control: Control = "", first: Path | None = None, site: str | None = None,
    ) -> None:  # fmt: skip
        if teacher not in TEACHERS:
            raise ValueError(unknown("teacher", teacher, TEACHERS))
        self._budget, self._workers, self._seed = budget, workers, seed
        self._teacher: Teacher = "expert" if control == "plain" else teacher
        self._control, self._first, self._site = control, first, site
        alone = teacher == "none"
        self._episodes, self._shown = (
            (budget.alone, 0) if alone else (budget.episodes, budget.shown)
        )
        self.room = _MODEL_ROOM + (self._episodes + self._shown) * _EPISODE_ROOM

    def begin(self, out: Path, tell: Tell) -> None:
        """Train the first model on what there is to know at one site."""
        first = self._first or (None if self._budget.begin else whereabouts(COLD))
        if first is not None:
            shutil.copytree(first, out, dirs_exist_ok=True)
            return
        known = cold.chats(self._budget.lessons, asked=True)
        self._fit(list(known), None, self._budget.begin, out, tell)

    def log(
        self, champions: Mapping[str, Path], turn: int, failures: Mapping[str, int], out: Path,
        tell: Tell,
    ) -> Log:  # fmt: skip
        """Let the champion direct the symbolic twin, and the body for a sample; keep all of it.

        The teacher, if there is one, then shows more of what failed.
        """
        champion = champions[self.name]
        seed, site, workers = self._seed, self._site, self._workers
        some = list(scenarios(turn, self._episodes, seed, failures, site, workers))
        acted = self._acted(
            out / EPISODES, champion, some, self._teacher, lambda share: tell(_OWN * share)
        )
        hand = str(champions[_HAND]) if _HAND in champions else HEURISTIC
        good = [one for one, row in zip(some, acted, strict=True) if row["success"]]
        held = self._verified(champion, hand, _some(good, self._budget.verified), out)
        failed = Counter(row["kind"] for row in acted if not row["success"])
        more = list(repeated(turn, self._shown, seed, failed, site, workers))

        def after(done: int) -> Tell:
            return lambda share: tell(_OWN + (1 - _OWN) * (done + share) / 2)

        told = self._told(out / TALES, turn, after(0))
        shown = self._acted(out / SHOWN, champion, more, "expert", after(1))
        counts = {
            "episodes": len(acted), "succeeded": len(acted) - failed.total(),
            "slips": sum(row["slips"] for row in acted),
            "old": sum(one.old for one in some), "shown": len(shown),
            "known before" if self._teacher == "none" else "tales": told,
            "in physics": len(held), "succeeded in physics": sum(held),
        }  # fmt: skip
        return Log(counts, dict(sorted(failed.items())))

    def train(
        self, base: Path, logs: Sequence[Path], seed: int, out: Path, tell: Tell
    ) -> dict[str, Any]:
        """Go on training the base on what is selected from the last log, and some from before.

        Raises:
            ValueError: A log or the base is of no use.
            Lost: The loss is no longer a number, or there is nothing to learn.
        """
        *before, last = ([*_episodes(log)] for log in logs)
        rows = [*_some([row for log in before for row in log], int(_REPLAYED * len(last))), *last]
        chats, selection = select(rows)
        out.mkdir(parents=True, exist_ok=True)
        (out / SELECTION).write_text(json.dumps(selection, indent=2) + "\n", encoding="utf-8")
        if self._control == "idle":
            shutil.copytree(base, out / MODEL, dirs_exist_ok=True)
            return {"data": selection["data"]}
        if not chats:
            raise Lost("nothing that was done can be learnt from")
        chats += [row["messages"] for row in kept(logs[-1] / TALES)]
        rng = np.random.default_rng([seed, 7])
        if self._control == "shuffled":
            chats = shuffled(chats, rng)
        # They are learnt from in their order, and what comes last is remembered best.
        chats = [chats[int(k)] for k in rng.permutation(len(chats))]
        rate = _RATE * _COOLING ** (len(logs) - 1)
        return self._fit(chats, base, self._budget.steps, out / MODEL, tell, seed, rate)

    def judge(self, model: Path, turn: int, look: int, out: Path, tell: Tell) -> list[Outcome]:
        """Let a model direct the symbolic twin on held-out scenarios."""
        some = held_out(turn, self._budget.judged, self._site, look)
        return self._judge(model, some, out, tell)

    def examine(self, model: Path, out: Path, tell: Tell) -> list[Outcome]:
        """Let a model direct the symbolic twin on the suites, all but what is to be refused."""
        some = [
            Scenario(kind, case, old=kind in WIDTHS[0].kinds)
            for kind in KINDS
            for case in [
                case for case in load_suite(kind).cases if self._site in (None, case.facility)
            ][: self._budget.examined]
        ]
        return self._judge(model, some, out, tell)

    def _acted(
        self, path: Path, champion: Path, some: Sequence[Scenario], teacher: Teacher, tell: Tell
    ) -> list[dict[str, Any]]:
        """Let somebody act on scenarios; return what came of them, which is kept."""
        jobs = [Job(str(champion), one.kind, one.case, teacher) for one in some]
        return resumed(path, list(kept(path)), jobs, act, self._workers, tell)

    def _told(self, path: Path, turn: int, tell: Tell) -> int:
        """Write down what is learnt besides this turn; return how much that is.

        These are tales, or, without a teacher, what the first model knew.
        """
        if not path.exists():
            count, workers = self._budget.tales, self._workers
            made = (
                cold.plain(max(1, self._episodes // _KNOWN), workers)
                if self._teacher == "none"
                else tales.made(count, workers, (self._seed * _TURNS + turn) * count)
            )
            draft = path.with_name(f".{path.name}")
            with draft.open("w", encoding="utf-8") as file:
                for share, rows in made:
                    tell(share)
                    file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            draft.rename(path)
        return sum(1 for _ in kept(path))

    def _verified(
        self, champion: Path, hand: str, some: Sequence[Scenario], out: Path
    ) -> list[bool]:
        """Let a body do what succeeded in the symbolic twin; tell which of it succeeds."""
        settings = Settings(backend="physics", hand=hand)
        planner = "scripted" if self._teacher == "expert" else f"hf:{champion}"
        trials = [Trial(one.kind, one.case, planner, settings) for one in some]
        return [r.success for r in bench.run(trials, out / PHYSICS, self._workers, resume=True)]

    def _judge(self, model: Path, some: Sequence[Scenario], out: Path, tell: Tell) -> list[Outcome]:
        trials = [Trial(one.kind, one.case, f"hf:{model}", Settings()) for one in some]
        found = results(trials, out, self._workers, tell)
        return [
            outcome(r, f"{r.suite}/{r.case}", one.old) for r, one in zip(found, some, strict=True)
        ]

    def _fit(
        self, chats: list[Chat], base: Path | None, steps: int, out: Path, tell: Tell,
        seed: int = 0, rate: float | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        if (out / CARD).is_file():
            found: dict[str, Any] = json.loads((out / CARD).read_text(encoding="utf-8"))
            return found
        wish = Wish(
            out, self._budget.shape, base=None if base is None else str(base),
            whole=base is not None, steps=steps, passes=_PASSES, batch=self._budget.batch,
            rate=rate, seed=self._seed + seed, resume=out.exists(),
        )  # fmt: skip
        try:
            return train(chats, wish, watch=lambda tick: tell(tick.progress))
        except Diverged as error:
            raise Lost(str(error)) from error


def select(rows: Sequence[Mapping[str, Any]]) -> tuple[list[Chat], dict[str, Any]]:
    """Return the conversations to learn from, and how many were left out for what reason."""
    chats: list[Chat] = []
    seen: set[str] = set()
    left_out = Counter[str]()
    for row in rows:
        for chat in () if row.get("unverified") else row["lessons"]:
            key = digest([chat])
            if key in seen:
                left_out["the same as another"] += 1
            elif not any(map(learnt, chat)):
                left_out["nothing that is right"] += 1
            elif row["teacher"] == "scripted" and not row["slips"] and int(key, 16) % _KNOWN:
                left_out["nothing in it had to be put right"] += 1
            else:
                seen.add(key)
                chats.append(chat)
        if row.get("unverified"):
            left_out["failed in physics"] += 1
        elif not row["lessons"]:
            left_out["failed, and nobody to say what was right"] += 1
    about = {"episodes": len(rows), "kept": len(chats), "left_out": dict(sorted(left_out.items())),
             "data": digest(chats)}  # fmt: skip
    return chats, about


def _episodes(log: Path) -> Iterator[dict[str, Any]]:
    """Yield a log's episodes; those that failed in physics are ``unverified``."""
    path = log / PHYSICS / bench.EPISODES
    failed = {(r.suite, r.case) for r in bench.latest(path) if not r.success}
    for name in (EPISODES, SHOWN):
        for row in kept(log / name):
            yield {**row, "unverified": (row["kind"], row["case"]) in failed}


def shuffled(chats: Sequence[Chat], rng: np.random.Generator) -> list[Chat]:
    """Return conversations in which every answer is that to some other question."""
    answers = [m["content"] for chat in chats for m in chat if m["role"] == "assistant"]
    mixed = iter([answers[int(k)] for k in rng.permutation(len(answers))])
    return [
        [{**m, "content": next(mixed)} if m["role"] == "assistant" else m for m in chat]
        for chat in chats
    ]


def _some(all_of_them: Sequence[One], count: int) -> list[One]:
    """Return so many of these, from all parts alike: the order may mean something."""
    count = min(count, len(all_of_them))
    return [all_of_them[k * len(all_of_them) // count] for k in range(count)]
