"""A scribe: takes down what a planner is told and says, as a conversation to learn from."""

from __future__ import annotations

from warewheel.agents.clerk import Clerk
from warewheel.agents.language.conversation import Conversation
from warewheel.agents.language.gist import gist
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
        self._briefing = briefing
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
        return self.conversation.messages

    @property
    def conversation(self) -> Conversation:
        """What was said, by whoever has the words."""
        if isinstance(self.inner, Speaking):
            return self.inner.conversation
        assert self._own is not None
        return self._own

    def next(self, request: Request) -> Subgoal | None:
        """Return what the other planner says.

        Raises:
            Unusable: It said nothing that is a step.
        """
        if self._own is None:
            return self.inner.next(request)
        if self._own.instructed(request):
            self._own.say(understood(self._briefing, request))
        self._own.hear(request)
        try:
            step = self.inner.next(request)
        except Unusable:
            self._own.say("(nothing)")
            raise
        self._own.say(write(step or Subgoal("stop")))
        return step


def understood(briefing: Briefing, request: Request) -> str:
    """Return the true gist of the instruction, from data that no planner but the expert sees."""
    clerk = Clerk(briefing.facility, briefing.catalogue)
    order = briefing.orders[request.number]
    storage = briefing.facility.storage
    rules = storage.slotting[: briefing.unsaid] if request.number == 0 else ()
    promises = list(clerk.promises(request.inventory.manifests))
    return gist(order, rules, promises, storage, briefing.refusal)
