"""The monitor: compares what a skill needs and promises with what is believed."""

from __future__ import annotations

from warewheel.sim.facts import Places
from warewheel.sim.values import FINDINGS

from .domain import REASONS, SIGNATURES, Fact, believed, ground
from .inventory import Inventory
from .plan import Outcome, Subgoal


class Monitor:
    """Watches one episode, from subgoal to subgoal.

    It knows nothing of the skills' inner workings: only their signatures.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._ever: set[Fact] = set()

    def refusal(
        self, subgoal: Subgoal, inventory: Inventory, facts: frozenset[Fact] | None = None
    ) -> str:
        """Return why the subgoal makes no sense now, or an empty string.

        A need that held at an earlier subgoal is out of order; one that never did is missing.
        ``facts`` are those of the inventory, where somebody has them already.
        """
        now = believed(inventory, self._places) if facts is None else facts
        self._ever |= now
        signature = SIGNATURES.get(subgoal.skill)
        if signature is None:
            return "HALLUC_SKILL"
        names = inventory.entries
        if "reason" in signature.arguments and subgoal.reason not in REASONS:
            return "SCHEMA"
        if "item" in signature.arguments and subgoal.item not in names:
            return "HALLUC_ITEM"
        lines = {line.name for manifest in inventory.manifests for line in manifest.lines}
        if "subject" in signature.arguments:
            if subgoal.finding not in FINDINGS:
                return "SCHEMA"
            if subgoal.item not in (lines if subgoal.finding == "short" else names):
                return "HALLUC_ITEM"
        if "place" in signature.arguments and subgoal.place not in self._places.floors:
            return "HALLUC_PLACE"
        missing = set(ground(signature.needs, subgoal)) - now
        if not missing:
            return ""
        return "WRONG_ORDER" if missing <= self._ever else "MISSING_STEP"

    def judge(self, subgoal: Subgoal, outcome: Outcome, inventory: Inventory) -> Outcome:
        """Return the outcome, turned into a failure if a promised effect is not to be seen."""
        now = believed(inventory, self._places)
        self._ever |= now
        signature = SIGNATURES[subgoal.skill]
        if outcome.success and not now.issuperset(ground(signature.effects, subgoal)):
            return Outcome(False, signature.broken)
        return outcome
