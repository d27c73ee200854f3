"""Legal steps: every subgoal whose needs hold now, from the domain's signatures alone."""

from __future__ import annotations

from collections.abc import Iterator

from warewheel.sim.facts import Places
from warewheel.sim.values import FINDINGS

from .domain import REASONS, SIGNATURES, Fact, ground, needless
from .inventory import Inventory
from .plan import Subgoal


def legal(inventory: Inventory, facts: frozenset[Fact], places: Places) -> list[Subgoal]:
    """Return the steps that make sense now, in the order of signatures, items and places.

    A step whose effects all hold already makes none; nothing is reported twice.
    """
    found = []
    for signature in SIGNATURES.values():
        for step in _grounded(signature.skill, inventory, places):
            if needless(facts, step):
                continue
            if facts.issuperset(ground(signature.needs, step)):
                found.append(step)
    return found


def _grounded(skill: str, inventory: Inventory, places: Places) -> Iterator[Subgoal]:
    held = inventory.held
    match SIGNATURES[skill].arguments:
        case ("item", "place"):
            if held is not None:
                yield from (Subgoal(skill, held, place) for place in places.floors)
        case ("item",):
            yield from (Subgoal(skill, item) for item in inventory.entries)
        case ("subject", "finding"):
            lines = [line.name for manifest in inventory.manifests for line in manifest.lines]
            yield from (Subgoal(skill, line, finding="short") for line in lines)
            yield from (
                Subgoal(skill, item, finding=finding)
                for item in inventory.entries
                for finding in FINDINGS
                if finding != "short"
            )
        case ("reason",):
            yield from (Subgoal(skill, reason=reason) for reason in REASONS)
        case _:
            yield Subgoal(skill)
