"""What a planner is told before an episode, what it is asked, and the protocol it answers by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from warewheel.configs.schema import Body, Case, Catalogue, Facility, Order

from .domain import Fact
from .inventory import Inventory
from .plan import Done, Subgoal


@dataclass(frozen=True, slots=True)
class Briefing:
    """What stays as it is for an episode.

    Attributes:
        task: ``unpack``, ``classify``, ``store`` or ``chain``.
        facility: The site, with the house rules that hold today.
        unsaid: How many of its slotting rules, the first, are known from instructions alone.
        body: The robot.
        catalogue: What goods should look like.
        orders: What the instructions mean, one for each; only a planner that is declared
            privileged may look.
        refusal: Why the instruction is to be refused, if it is; the same holds for it.
        case: Of a benchmark, if this is one; the same holds for it.
        seed: Of the planner's own random choices.
    """

    task: str
    facility: Facility
    body: Body
    catalogue: Catalogue
    orders: tuple[Order, ...] = (Order(),)
    refusal: str = ""
    seed: int = 0
    unsaid: int = 0
    case: Case | None = None

    @property
    def house(self) -> Facility:
        """The site with the rules that everybody there knows."""
        if not self.unsaid:
            return self.facility
        storage = self.facility.storage
        known = storage.model_copy(update={"slotting": storage.slotting[self.unsaid :]})
        return self.facility.model_copy(update={"storage": known})


def brief(
    task: str, cell: tuple[Facility, Body, Catalogue], seed: int, case: Case | None = None
) -> Briefing:
    """Return the briefing for an episode in a cell, of a benchmark's case if there is one."""
    if case is None:
        return Briefing(task, *cell, seed=seed)
    return Briefing(task, *cell, case.meanings, case.refuse or "", seed, len(case.rules), case)


@dataclass(frozen=True, slots=True)
class Request:
    """All that a planner gets to know when it is asked for the next subgoal.

    The skills that it may name are those of `domain.SIGNATURES`.

    Attributes:
        instruction: The sentence that the robot was told.
        inventory: Where goods are, what their labels and the manifests say.
        facts: The same as facts, in the words of the domain.
        history: Subgoals tried so far, with their outcomes.
        number: How many instructions were carried out before this one.
    """

    instruction: str
    inventory: Inventory
    facts: frozenset[Fact]
    history: Sequence[Done]
    number: int = 0


class Planner(Protocol):
    """The brain: chooses what to do next."""

    @property
    def name(self) -> str:
        """What results call it."""
        ...

    @property
    def privileged(self) -> bool:
        """Whether it knows what the instruction means from data, not from the sentence."""
        ...

    def next(self, request: Request) -> Subgoal | None:
        """Return the next subgoal, or None to stop."""
        ...
