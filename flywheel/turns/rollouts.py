"""Rollouts: what a model does in the symbolic twin, as conversations to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from warewheel.agents.language.conversation import Conversation
from warewheel.agents.language.model import Message
from warewheel.agents.language.sampled import Sampled
from warewheel.agents.planners.registry import local_model
from warewheel.agents.planners.scribe import Scribe
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.planners.speaking import Speaking
from warewheel.agents.planners.tutored import Tutored
from warewheel.configs.schema import Case
from warewheel.flywheel.bench.play import Played, Stage, play

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


def act(job: Job) -> dict[str, Any]:
    """Let a model act on a case; return what came of it, as JSON.

    It has ``success`` if it was right at the first try, without a slip.
    """
    stage = Stage(job.case)
    if job.teacher == "scripted":
        tutored = Tutored(stage.briefing, local_model(job.model), Scripted(stage.briefing))
        played = play(stage, tutored)
        lessons, slips = [_told(tutored.conversation, played)], tutored.slips
    elif job.teacher == "none":
        played, lessons, slips = _tried(job, stage)
    else:
        scribe = Scribe(stage.briefing, Scripted(stage.briefing))
        played = play(stage, scribe)
        lessons, slips = [_told(scribe.conversation, played)] if played.success else [], 0
    return {
        "kind": job.kind, "case": job.case.id, "seed": job.case.seed, "teacher": job.teacher,
        "success": played.success and not slips, "slips": slips, "lessons": lessons,
    }  # fmt: skip


def _tried(job: Job, stage: Stage) -> tuple[Played, list[list[Message]], int]:
    """Let a model try until it succeeds; return the last try, what to learn, and the failures.

    After the first try it takes its chances. What the world has verified is learnt, as in Zelikman
    et al., "STaR: bootstrapping reasoning with reasoning" (2022), but without a hint.
    """
    model = local_model(job.model)
    for failures in range(_AGAIN + 1):
        bold = Sampled(model, _TEMPERATURE, [job.case.seed, failures])
        planner = Speaking(stage.briefing, bold if failures else model)
        played = play(stage, planner)
        if played.success:
            return played, [_told(planner.conversation, played)], failures
    return played, [], _AGAIN + 1


def _told(conversation: Conversation, played: Played) -> list[Message]:
    """Return what was said, to the end: the world ends a delivery that is done without a word.

    Else one would learn to go on and on: when a carton is empty is hardly told anywhere.
    """
    if played.success and played.after is not None and not played.refused:
        conversation.end(played.after)
    return list(conversation.messages)
