"""A scribe: takes down what a planner is told and says, as a conversation to learn from."""

from __future__ import annotations

from warewheel.agents.language.conversation import Conversation
from warewheel.agents.language.model import Message
from warewheel.agents.language.wire import write
from warewheel.agents.plan import Subgoal, Unusable
from warewheel.agents.request import Briefing, Planner, Request

from .speaking import Speaking


class Scribe:
    """A planner that passes on what another one says, and keeps the conversation.

    Args:
        briefing: Of the episode.
        inner: Who knows what to do.
    """

    def __init__(self, briefing: Briefing, inner: Planner) -> None:
        self.inner = inner
        # A language model has a conversation of its own, in its own words.
        self._own = None if isinstance(inner, Speaking) else Conversation(briefing)

    @property
    def name(self) -> str:
        """The other planner's."""
        return self.inner.name

    @property
    def privileged(self) -> bool:
        """Whether the other planner is."""
        return self.inner.privileged

    @property
    def messages(self) -> tuple[Message, ...]:
        """Everything that was said."""
        if isinstance(self.inner, Speaking):
            return self.inner.conversation.messages
        assert self._own is not None
        return self._own.messages

    def next(self, request: Request) -> Subgoal | None:
        """Return what the other planner says.

        Raises:
            Unusable: It said nothing that is a step.
        """
        if self._own is None:
            return self.inner.next(request)
        self._own.hear(request)
        try:
            step = self.inner.next(request)
        except Unusable:
            self._own.say("(nothing)")
            raise
        self._own.say(write(step or Subgoal("stop")))
        return step
