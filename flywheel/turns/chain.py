"""The chain: brain and hand together in physics, on goods that neither has learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from warewheel.agents.hand import HEURISTIC
from warewheel.configs.schema import Case
from warewheel.flywheel.bench.trial import Settings, Trial
from warewheel.flywheel.suites.make import RECIPES, cases

from .exam import outcome, results
from .gate import Outcome
from .hands import UNSEEN
from .learner import Tell
from .stream import CHAIN
from .wheel import Turn, model_of

KIND, FOLDER = "chain", "chain"
# Deliveries that one arm puts away in a minute or two.
_ITEMS = (2, 3)


@dataclass(frozen=True, slots=True)
class Crew:
    """Who does the chain.

    Attributes:
        name: Of the champions.
        planner: Who chooses subgoals: a brain, or the scripted expert if no brain learns.
        hand: Who judges grips: a hand, or the heuristic if no hand learns.
    """

    name: str
    planner: str
    hand: str


def crew(turns: Sequence[Turn], run: Path) -> Crew:
    """Return the champions of all learners after some turns of a run.

    Raises:
        ValueError: A model was changed; it is named.
    """
    last = {turn.entry["learner"]: turn.entry for turn in turns}
    found = {who: model_of(run, one["champion"], one["weights"]) for who, one in last.items()}
    return Crew(
        " and ".join(one["champion"] for one in last.values()),
        f"hf:{found['brain']}" if "brain" in found else "scripted",
        str(found["hand"]) if "hand" in found else HEURISTIC,
    )


def deliveries(count: int, site: str | None = None) -> list[Case]:
    """Return so many deliveries of awkward goods, in wordings of the suites; always the same.

    Args:
        count: How many.
        site: The only facility, or None for all.
    """
    recipe = replace(
        RECIPES["base"], catalogue=UNSEEN, items=_ITEMS, pinned=False,
        facilities=() if site is None else (site,),
    )  # fmt: skip
    return list(cases(recipe, KIND, CHAIN, count))


def perform(who: Crew, some: Sequence[Case], out: Path, workers: int, tell: Tell) -> list[Outcome]:
    """Let a crew do deliveries in physics.

    Args:
        who: The crew.
        some: The deliveries.
        out: Where results are kept; what is there is not done again.
        workers: Processes; they make no difference to results.
        tell: Hears of the share that is done.
    """
    settings = Settings(backend="physics", hand=who.hand)
    trials = [Trial(KIND, case, who.planner, settings) for case in some]
    return [outcome(r, r.case) for r in results(trials, out, workers, tell)]
