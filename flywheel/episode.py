"""What is known of an episode once it is over."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Episode:
    """The result of one episode.

    Attributes:
        task: What was to be done.
        seed: What it was sampled from.
        facility: Where.
        body: By which robot.
        planner: Who chose the subgoals.
        perceiver: Through whose eyes.
        hand: Who judged its grips.
        instruction: The sentence.
        success: Whether every condition of the goal held at the end.
        progress: Share of the goal's conditions that held at the end, 0 to 1.
        stages: The same share for each of the task's stages.
        violations: Rules broken at any time.
        failures: Causes of subgoals that failed, recovered or not, in order, and what ended it.
        plan: Subgoals in order, each with its outcome: SUCCESS, the cause of its failure, or, if
            the episode ended while it was at work, PREEMPTED.
        error: What it crashed with: class and message; empty if it did not.
        faults: What was made to go wrong: kind, control step, target, whether it can be mended,
            and whether the monitor named it.
        diagnoses: What the monitor named: kind, control step, subject.
        items: Number of items.
        steps: Control steps.
        sim_seconds: Simulated time [s].
        wall_seconds: Time on the clock [s].
        hash: SHA-256 of the trajectory.
        draft: Folder of its recording, until that is part of a dataset; no part of the row.
    """

    task: str
    seed: int
    facility: str
    body: str
    planner: str
    perceiver: str
    hand: str
    instruction: str
    success: bool
    progress: float
    stages: dict[str, float]
    violations: list[str]
    failures: list[str]
    plan: list[dict[str, str]]
    error: str
    faults: list[dict[str, Any]]
    diagnoses: list[dict[str, Any]]
    items: int
    steps: int
    sim_seconds: float
    wall_seconds: float
    hash: str
    draft: str = ""

    def row(self) -> dict[str, Any]:
        """Return the episode as plain data."""
        row = asdict(self)
        del row["draft"]
        return row
