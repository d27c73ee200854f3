"""Rollouts: what a model does in the symbolic twin, as conversations to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from warewheel.agents.planners.registry import local_model, make_planner
from warewheel.agents.planners.scribe import Scribe
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.planners.speaking import Speaking
from warewheel.agents.planners.tutored import Tutored
from warewheel.configs.schema import Case
from warewheel.flywheel.bench.play import Stage, play

Teacher = Literal["none", "scripted", "expert"]
# Those to choose from. With ``expert``, the expert acts in the model's place.
TEACHERS: tuple[Teacher, ...] = ("none", "scripted")


@dataclass(frozen=True, slots=True)
class Job:
    """A case for a model to act on, and who puts its slips right."""

    model: str
    kind: str
    case: Case
    teacher: Teacher


def act(job: Job) -> dict[str, Any]:
    """Let a model act on a case; return what came of it, as JSON."""
    stage = Stage(job.case)
    if job.teacher == "scripted":
        tutored = Tutored(stage.briefing, local_model(job.model), Scripted(stage.briefing))
        played = play(stage, tutored)
        lessons, slips = [list(tutored.messages)], tutored.slips
    elif job.teacher == "none":
        planner = make_planner(f"hf:{job.model}", stage.briefing)
        played = play(stage, planner)
        assert isinstance(planner, Speaking)
        said = list(planner.conversation.messages)
        lessons, slips = [said] if played.success else [], 0
    else:
        scribe = Scribe(stage.briefing, Scripted(stage.briefing))
        played = play(stage, scribe)
        lessons, slips = [list(scribe.messages)] if played.success else [], 0
    return {
        "kind": job.kind, "case": job.case.id, "seed": job.case.seed, "teacher": job.teacher,
        "success": played.success and not slips, "slips": slips, "lessons": lessons,
    }  # fmt: skip
