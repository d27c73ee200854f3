"""Rollouts: what a model does in the symbolic twin, as conversations to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from warewheel.agents.language.model import Message
from warewheel.agents.language.sampled import Sampled
from warewheel.agents.planners.registry import local_model
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.planners.speaking import Speaking
from warewheel.agents.planners.tutored import Tutored
from warewheel.configs.schema import Case
from warewheel.flywheel.bench.play import Stage, play
from warewheel.flywheel.suites.material import CLUMSY, lesson, to_the_end

# Where nobody puts slips right, how often a model tries again what it failed at, and how boldly.
_AGAIN, _TEMPERATURE = 3, 0.7
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


# Whether all went well, how often it did not at first, and what to learn.
_Done = tuple[bool, int, list[Message]]


def act(job: Job) -> dict[str, Any]:
    """Let a model act on a case; return what came of it, as JSON.

    It has ``success`` if it was right at the first try, without a slip.
    """
    if job.teacher == "scripted":
        done = _tutored(job)
    elif job.teacher == "none":
        done = _alone(job)
    else:
        shown = lesson(job.case, clumsy=CLUMSY)
        done = (shown is not None, 0, list(shown.messages) if shown else [])
    success, slips, said = done
    return {
        "kind": job.kind, "case": job.case.id, "seed": job.case.seed, "teacher": job.teacher,
        "success": success and not slips, "slips": slips, "lessons": [said] if said else [],
    }  # fmt: skip


def _tutored(job: Job) -> _Done:
    """Let a model act, and the expert put it right."""
    stage = Stage(job.case)
    tutored = Tutored(stage.briefing, local_model(job.model), Scripted(stage.briefing))
    played = play(stage, tutored)
    return played.success, tutored.slips, list(to_the_end(tutored.conversation, played))


def _alone(job: Job) -> _Done:
    """Let a model try until it succeeds.

    After the first try it takes its chances. What the world has verified is learnt, as in Zelikman
    et al., "STaR: bootstrapping reasoning with reasoning" (2022), but without a hint.
    """
    stage, model = Stage(job.case), local_model(job.model)
    for failures in range(_AGAIN + 1):
        speaker = Sampled(model, _TEMPERATURE, [job.case.seed, failures]) if failures else model
        planner = Speaking(stage.briefing, speaker)
        played = play(stage, planner)
        if played.success:
            return True, failures, list(to_the_end(planner.conversation, played))
    return False, _AGAIN + 1, []
