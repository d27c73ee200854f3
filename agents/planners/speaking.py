"""Speaking planners: language models that direct a robot in a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from warewheel.agents.language import schema, wire
from warewheel.agents.language.conversation import Conversation
from warewheel.agents.language.model import Completion, Demand, LanguageModel, ModelError
from warewheel.agents.legal import legal
from warewheel.agents.plan import Subgoal, Unusable
from warewheel.agents.request import Briefing, Request
from warewheel.sim.facts import Places

# What a model may write: anything, JSON of the right form, or one of the legal steps.
Track = Literal["free", "schema", "grammar"]
TRACKS: tuple[Track, ...] = get_args(Track)

# Most tokens of a step; a model that thinks aloud first gets more.
_LIMIT = {"free": 512, "schema": 96, "grammar": 96}
# Most tokens of a gist.
GIST = 256


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a model wrote at one turn, and what became of it.

    ``turn`` counts the steps that were tried before; it is None for the gist of an instruction,
    which is no step.
    """

    completion: Completion
    label: str = ""
    turn: int | None = None


def write_beside(utterances: Sequence[Utterance], steps: Sequence[dict[str, Any]]) -> None:
    """Give each step the ``text`` that it was written as."""
    for utterance in utterances:
        # What ended an instruction is no step either.
        if utterance.turn is not None and utterance.turn < len(steps):
            steps[utterance.turn]["text"] = utterance.completion.text


class Speaking:
    """A language model as a planner, one step a turn.

    Args:
        briefing: Of the episode.
        model: Who speaks.
        track: What it may write.
        seconds: Longest time for one step [s].
    """

    privileged = False

    def __init__(
        self, briefing: Briefing, model: LanguageModel, track: Track = "grammar",
        seconds: float = 60.0,
    ) -> None:  # fmt: skip
        self.name = model.name
        self.conversation = Conversation(briefing)
        self.utterances: list[Utterance] = []
        self._model, self._track, self._seconds = model, track, seconds
        self._places = Places(briefing.facility)

    def next(self, request: Request) -> Subgoal | None:
        """Return the step that the model writes.

        Raises:
            Unusable: It wrote nothing that is a step, or did not answer.
        """
        self.listen(request)
        self.conversation.hear(request)
        completion = answer(self._model, self._demand(request), self.conversation)
        try:
            step = wire.read(completion.text, completion.cut)
        except wire.WireError as error:
            self.utterances.append(Utterance(completion, error.label, turn=len(request.history)))
            raise Unusable(error.label, str(error)) from error
        self.utterances.append(Utterance(completion, turn=len(request.history)))
        return step

    def listen(self, request: Request) -> bool:
        """Take in the instruction and write its gist if it is new; return whether it is.

        Raises:
            Unusable: The model did not answer.
        """
        new = self.conversation.instructed(request)
        if new:
            gist = Demand(self.conversation.messages, limit=GIST, seconds=self._seconds)
            self.utterances.append(Utterance(answer(self._model, gist, self.conversation)))
        return new

    def _demand(self, request: Request) -> Demand:
        """Return the demand for a step, with what the track allows."""
        options: dict[str, Any] = {}
        if self._track == "schema":
            options["schema"] = schema.step()
        elif self._track == "grammar":
            steps = legal(request.inventory, request.facts, self._places)
            options["steps"] = tuple(wire.write(step) for step in steps)
        return Demand(
            self.conversation.messages, limit=_LIMIT[self._track], seconds=self._seconds, **options
        )


def answer(model: LanguageModel, demand: Demand, conversation: Conversation) -> Completion:
    """Return what a model writes, and let it join the conversation.

    Raises:
        Unusable: It did not answer.
    """
    try:
        completion = model.complete(demand)
    except ModelError as error:
        conversation.say("(nothing)")
        raise Unusable(error.label, str(error)) from error
    conversation.say(completion.text or "(nothing)")
    return completion
