"""Tutored planners: language models that are put right by who knows better, and what they slip at.

A model that only ever saw an expert at work has not seen where its own choices lead (Ross, Gordon
and Bagnell, "A reduction of imitation learning and structured prediction to no-regret online
learning", 2011). Here it acts, and who knows better steps in where it would go wrong, as in Kelly
et al., "HG-DAgger: interactive imitation learning with human experts" (2019).
"""

from __future__ import annotations

from warewheel.agents.language.conversation import Conversation
from warewheel.agents.language.model import LanguageModel, Message
from warewheel.agents.language.wire import write
from warewheel.agents.plan import Subgoal, Unusable
from warewheel.agents.request import Briefing, Planner, Request
from warewheel.sim.facts import Places

from .scribe import understood
from .speaking import Speaking, Track


class Tutored:
    """A language model that acts, with a tutor who knows what is right.

    Where its gist or its step is not the tutor's, the tutor's stands in the conversation in its
    place, and is carried out: all of it can be learnt, once.

    Args:
        briefing: Of the episode.
        model: Who speaks.
        tutor: Who knows better.
        track: What the model may write.

    Attributes:
        slips: How often it was put right.
    """

    privileged = True

    def __init__(
        self, briefing: Briefing, model: LanguageModel, tutor: Planner, track: Track = "grammar"
    ) -> None:
        self.name = model.name
        self.slips = 0
        self._briefing, self._tutor = briefing, tutor
        self._pupil = Speaking(briefing, model, track)
        self._places = Places(briefing.facility)

    @property
    def messages(self) -> tuple[Message, ...]:
        """Everything that was said, put right."""
        return self.conversation.messages

    @property
    def conversation(self) -> Conversation:
        """What was said, put right."""
        return self._pupil.conversation

    def next(self, request: Request) -> Subgoal | None:
        """Return the model's step if it is right, and the tutor's otherwise."""
        self._listen(request)
        right = self._tutor.next(request) or Subgoal("stop")
        try:
            step = self._pupil.next(request) or Subgoal("stop")
        except Unusable:
            step = None
        if step is not None and self._alike(step, right):
            return step
        self._put_right(write(right))
        return right

    def _listen(self, request: Request) -> None:
        """Put the gist of a new instruction right: steps that are right do not follow from others.

        Where its words are others, it may still lead to the same steps; it is a slip all the same.
        """
        try:
            new = self._pupil.listen(request)
        except Unusable:
            new = True
        if new:
            gist = understood(self._briefing, request)
            if self.messages[-1]["content"] != gist:
                self._put_right(gist)

    def _put_right(self, text: str) -> None:
        self.slips += 1
        self.conversation.amend(text)

    def _alike(self, step: Subgoal, right: Subgoal) -> bool:
        """Tell whether two steps are the same, but for which slot of a zone and tier it is."""
        if step == right:
            return True
        both = (step, right)
        return (step.skill, step.item) == (right.skill, right.item) and len(
            {self._where(one.place) for one in both}
        ) == 1  # fmt: skip

    def _where(self, place: str) -> tuple[str, str]:
        return self._places.zones.get(place, place), place.rpartition("-")[2]
