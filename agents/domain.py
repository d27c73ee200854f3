"""The domain: what each skill takes, needs and promises, as facts.

A fact is a tuple of words, such as ``("held", "item-2")``. In a signature ``?item`` and ``?place``
stand for the arguments.
"""

from __future__ import annotations

from dataclasses import dataclass

from warewheel.sim.facts import Places, inside

from .perceive import Belief
from .plan import Subgoal

Fact = tuple[str, ...]

# A flap past this angle stays open by its own weight [rad].
OPEN = 1.9


@dataclass(frozen=True, slots=True)
class Signature:
    """A skill as planners know it.

    Attributes:
        skill: Its name.
        arguments: What it takes: ``item``, ``place``; a ``report`` takes a ``subject`` (an item
            or a manifest's line) and a ``finding``; a ``refuse`` takes a ``reason``.
        needs: Facts that must hold when it begins.
        effects: Facts that hold when it has succeeded.
        broken: Cause of failure if they do not.
    """

    skill: str
    arguments: tuple[str, ...] = ()
    needs: tuple[Fact, ...] = ()
    effects: tuple[Fact, ...] = ()
    broken: str = ""


_EMPTY: Fact = ("hand", "empty")

SIGNATURES = {
    signature.skill: signature
    for signature in (
        Signature("wait"),
        Signature(
            "open", needs=(("docked", "carton"), _EMPTY), effects=(("open", "carton"),),
            broken="JAM",
        ),
        Signature(
            "pick", ("item",), needs=(_EMPTY, ("clear", "?item")),
            effects=(("held", "?item"),), broken="GRASP_SLIP",
        ),
        Signature(
            "scan", ("item",), needs=(("held", "?item"),), effects=(("known", "?item"),),
            broken="UNREADABLE",
        ),
        Signature(
            "place", ("item", "place"), needs=(("held", "?item"),),
            effects=(("at", "?item", "?place"), _EMPTY), broken="DROP",
        ),
        Signature("report", ("subject", "finding")),
        Signature("refuse", ("reason",)),
        Signature("stop"),
    )
}  # fmt: skip


def ground(facts: tuple[Fact, ...], subgoal: Subgoal) -> tuple[Fact, ...]:
    """Return ``facts`` of a signature with the subgoal's arguments put in."""
    words = {"?item": subgoal.item, "?place": subgoal.place}
    return tuple(tuple(words.get(word, word) for word in fact) for fact in facts)


def believed(belief: Belief, held: str | None, places: Places) -> frozenset[Fact]:
    """Return the facts that follow from a belief and from what the hand holds."""
    carton = belief.carton
    opened = carton is not None and min(carton.flaps) >= OPEN
    found: set[Fact] = {("known", item) for item in belief.labels}
    found.add(_EMPTY if held is None else ("held", held))
    if carton is not None and carton.docked:
        found.add(("docked", "carton"))
    if opened:
        found.add(("open", "carton"))
    for item in belief.items:
        packed = carton is not None and inside(carton, item)
        if opened or not packed:
            found.add(("clear", item.name))
        if packed:
            found.add(("in", item.name, "carton"))
        elif item.name != held and (place := places.of(item)) is not None:
            found.add(("at", item.name, place))
    return frozenset(found)
