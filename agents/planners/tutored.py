"""Tutored planners: language models that are put right by who knows better, and what they slip at.

A model that only ever saw an expert at work has not seen where its own slips lead (Ross, Gordon and
Bagnell, "A reduction of imitation learning and structured prediction to no-regret online learning",
2011). Here it acts, and at each step is told what would have been right.
"""

from __future__ import annotations

from warewheel.agents.language.model import LanguageModel, Message
from warewheel.agents.language.wire import write
from warewheel.agents.plan import Subgoal, Unusable
from warewheel.agents.request import Briefing, Planner, Request
from warewheel.sim.facts import Places

from .scribe import understood
from .speaking import Speaking, Track

# After so many slips the tutor's own steps are carried out, so that the episode comes to an end.
_PATIENCE = 3


class Tutored:
    """A language model that acts, with a tutor who knows what is right.

    Args:
        briefing: Of the episode.
        model: Who speaks.
        tutor: Who knows better.
        track: What the model may write.
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
        self._lessons: list[list[Message]] = []

    @property
    def lessons(self) -> list[list[Message]]:
        """What there is to learn: the whole conversation, and what was right at each slip.

        In the conversation slips have no weight. Where a slip is put right, only that has one.
        """
        return [list(self._pupil.conversation.messages), *self._lessons]

    def next(self, request: Request) -> Subgoal | None:
        """Return the model's step, right or wrong; the tutor's once there were too many slips."""
        conversation = self._pupil.conversation
        if conversation.instructed(request):
            # Steps that are right would not follow from a gist that is wrong.
            conversation.say(understood(self._briefing, request))
        right = self._tutor.next(request) or Subgoal("stop")
        if self.slips >= _PATIENCE:
            conversation.hear(request)
            conversation.say(write(right))
            return right
        try:
            step = self._pupil.next(request) or Subgoal("stop")
        except Unusable:
            self._slip(right)
            raise
        if not self._alike(step, right):
            self._slip(right)
        return step

    def _slip(self, right: Subgoal) -> None:
        self.slips += 1
        *before, slip = self._pupil.conversation.messages
        slip["weight"] = 0
        known: list[Message] = [
            {**message, "weight": 0} if message["role"] == "assistant" else message
            for message in before
        ]
        self._lessons.append([*known, {"role": "assistant", "content": write(right)}])

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
