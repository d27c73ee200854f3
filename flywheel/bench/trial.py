"""Trials: one planner on one case, and the row that is kept of it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from warewheel.agents.hand import HEURISTIC, weights_of
from warewheel.agents.planners.registry import identity, make_planner
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.planners.speaking import Speaking, write_beside
from warewheel.agents.request import Planner
from warewheel.configs.schema import Case
from warewheel.flywheel.provenance import versions

from .labels import labels, primary
from .oneshot import recite
from .play import Played, Stage, play

# Labels of what a planner said that was no step that made sense.
INVALID = frozenset(
    {
        "PARSE", "SCHEMA", "ARG_NUM", "EMPTY", "TRUNCATED", "TIMEOUT", "HALLUC_SKILL",
        "HALLUC_ITEM", "HALLUC_PLACE", "WRONG_ORDER", "MISSING_STEP", "ADDITIONAL_STEP",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """How planners are tried, whichever they are.

    Attributes:
        track: What a language model may write.
        protocol: ``closed``: step by step; ``oneshot``: a whole plan before the first step.
        backend: ``symbolic`` or ``physics``.
        observability: ``partial``: an item is known once its label was read; ``full``: from the
            start. A whole plan is always made with full observability.
        body: Name of the robot.
        hand: Who judges its grips in physics.
        shuffled: Each case is told another case's instruction, as a control.
        seed: Of planners' own random choices; the cases are the same for any.
    """

    track: str = "grammar"
    protocol: str = "closed"
    backend: str = "symbolic"
    observability: str = "partial"
    body: str = "panda"
    hand: str = HEURISTIC
    shuffled: bool = False
    seed: int = 0

    @property
    def known(self) -> bool:
        """Whether labels count as read from the start."""
        return self.observability == "full" or self.protocol == "oneshot"


@dataclass(frozen=True, slots=True)
class Trial:
    """One planner on one case."""

    suite: str
    case: Case
    planner: str
    settings: Settings

    @property
    def key(self) -> str:
        """What tells this trial from every other: a hash of all that determines its result.

        Where the files of a model are does not.
        """
        what = [
            versions(), self.suite, self.case.model_dump(mode="json"), identity(self.planner),
            asdict(self.settings) | {"hand": weights_of(self.settings.hand)},
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(slots=True)
class Result:
    """What came of a trial.

    Attributes:
        steps: Subgoals spent.
        expert: Subgoals that the scripted planner spends, 0 if it fails.
        invalid: Of the steps, those that made no sense.
        replans: Failures after which the planner went on.
        blame: In physics, who is to blame for a failure: ``brain``, ``body`` or ``eye``.
        written: Tokens.
        read: Tokens.
        cost: In US dollars.
        seconds: Spent on thinking.
        items: Number of items, in physics.
        sim_seconds: Simulated time, in physics [s].
        stages: Share of each of the task's stages that was done, 0 to 1.
        grips: In physics, what each grip that was tried looked like, and whether it held.
        trace: Steps with outcomes; with a language model, what it wrote too.
    """

    key: str
    suite: str
    case: str
    planner: str
    success: bool
    progress: float
    violations: list[str]
    labels: dict[str, int]
    primary: str
    steps: int
    expert: int
    invalid: int
    replans: int
    perceiver: str = "true-poses"
    hand: str = HEURISTIC
    blame: str = ""
    written: int = 0
    read: int = 0
    cost: float = 0.0
    seconds: float = 0.0
    items: int = 0
    sim_seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    grips: list[tuple[str, bool]] = field(default_factory=list)
    trace: list[dict[str, Any]] = field(default_factory=list)


def attempt(trial: Trial) -> Result:
    """Carry out a trial in the symbolic backend; whatever goes wrong is its result."""
    stage = Stage(trial.case, trial.settings.body)
    expert = play(stage, Scripted(stage.briefing), trial.settings.known)
    told = replace(stage.briefing, seed=trial.case.seed + trial.settings.seed)
    planner = _Timed(make_planner(trial.planner, told, trial.settings.track))
    go: Callable[..., Played] = play if trial.settings.protocol == "closed" else recite
    try:
        played = go(stage, planner, trial.settings.known)
    except Exception as error:  # a planner that crashes has failed, and is counted
        return crashed(trial, spent(expert), f"{type(error).__name__}: {error}")
    return sum_up(trial, played, planner, expert)


def sum_up(trial: Trial, played: Played, planner: _Timed, expert: Played) -> Result:
    """Return the row of a trial."""
    found = labels(trial.case, played)
    trace: list[dict[str, Any]] = [
        {"step": str(done.subgoal), "outcome": done.outcome.cause or "SUCCESS"}
        for done in played.history
    ]
    return Result(
        key=trial.key, suite=trial.suite, case=trial.case.id, planner=trial.planner,
        success=played.success, progress=round(played.verdict.progress, 6),
        violations=list(played.verdict.violations), labels=dict(sorted(found.items())),
        primary="" if played.success else primary(found), steps=len(played.history),
        expert=spent(expert), replans=sum(not d.outcome.success for d in played.history[:-1]),
        seconds=planner.seconds, stages=played.verdict.stages,
        **spoken(planner.inner, played, trace),
    )  # fmt: skip


def spoken(planner: Planner, played: Played, trace: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the fields of a result that tell what a planner said, if it is a language model.

    Args:
        planner: After the episode.
        played: How it went.
        trace: Steps and outcomes; each gets the text that it was written as.
    """
    said = planner.utterances if isinstance(planner, Speaking) else []
    write_beside(said, trace)
    return {
        "invalid": sum(label in INVALID for label in played.labels),
        "written": sum(u.completion.written for u in said),
        "read": sum(u.completion.read - u.completion.cached for u in said),
        "cost": sum(u.completion.cost for u in said),
        "trace": trace,
    }


def crashed(trial: Trial, expert: int, why: str) -> Result:
    """Return the row of a trial whose planner crashed; ``expert`` as in `Result`."""
    return Result(
        key=trial.key, suite=trial.suite, case=trial.case.id, planner=trial.planner, success=False,
        progress=0.0, violations=[], labels={"CRASH": 1}, primary="CRASH", steps=0,
        expert=expert, invalid=0, replans=0,
        trace=[{"step": "", "outcome": why}],
    )  # fmt: skip


def spent(expert: Played) -> int:
    """Return the subgoals that the expert spent, 0 if it failed."""
    return len(expert.history) if expert.success else 0


class _Timed:
    """A planner with a clock."""

    def __init__(self, inner: Planner) -> None:
        self.inner, self.name, self.privileged = inner, inner.name, inner.privileged
        self.seconds = 0.0

    def next(self, request: Any) -> Any:
        """Return the planner's next step, and take its time."""
        began = time.perf_counter()
        try:
            return self.inner.next(request)
        finally:
            self.seconds += time.perf_counter() - began
