"""The domain: what each skill takes, needs, brings about and undoes, as facts.

It is stated once. The monitor holds the body to it, the symbolic twin runs by it, the decoding
grammar allows what it allows, the classical planner's problem is written from it, and error labels
follow from it.

A fact is a tuple of words, such as ``("held", "item-2")``. In a signature ``?item`` and ``?place``
stand for the arguments; in what is undone ``*`` stands for anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from warewheel.sim.facts import Places

from .inventory import BETWEEN, CARTON, HAND, LOST, Inventory
from .plan import Subgoal

Fact = tuple[str, ...]

# Why a planner may refuse an instruction.
REASONS = ("absent", "too_heavy", "no_grip", "no_place", "no_room", "unsafe")


@dataclass(frozen=True, slots=True)
class Signature:
    """A skill as planners know it.

    Attributes:
        skill: Its name.
        arguments: What it takes: ``item``, ``place``; a ``report`` takes a ``subject`` (an item
            or a manifest's line) and a ``finding``; a ``refuse`` takes a ``reason``.
        needs: Facts that must hold when it begins.
        effects: Facts that hold when it has succeeded.
        undoes: Facts that no longer hold then.
        broken: Cause of failure if an effect is not to be seen.
        ends: It is no work for a body: it ends what the instruction began.
        steps: Control steps that it takes a body, as measured on both (median).
    """

    skill: str
    arguments: tuple[str, ...] = ()
    needs: tuple[Fact, ...] = ()
    effects: tuple[Fact, ...] = ()
    undoes: tuple[Fact, ...] = ()
    broken: str = ""
    ends: bool = False
    steps: int = 0


_EMPTY: Fact = ("hand", "empty")

SIGNATURES = {
    signature.skill: signature
    for signature in (
        Signature("wait", steps=68),
        Signature(
            "open", needs=(("docked", "carton"), _EMPTY), effects=(("open", "carton"),),
            broken="JAM", steps=344,
        ),
        Signature(
            "pick", ("item",), needs=(_EMPTY, ("clear", "?item")),
            effects=(("held", "?item"),),
            undoes=(_EMPTY, ("at", "?item", "*"), ("in", "?item", "*")), broken="GRASP_SLIP",
            steps=96,
        ),
        Signature(
            "scan", ("item",), needs=(("held", "?item"),), effects=(("known", "?item"),),
            broken="UNREADABLE", steps=44,
        ),
        Signature(
            "place", ("item", "place"), needs=(("held", "?item"), ("free", "?place")),
            effects=(("at", "?item", "?place"), _EMPTY), undoes=(("held", "?item"),),
            broken="DROP", steps=126,
        ),
        Signature(
            "report", ("subject", "finding"), effects=(("reported", "?finding", "?subject"),),
            steps=1,
        ),
        Signature("refuse", ("reason",), ends=True),
        Signature("stop", ends=True),
    )
}  # fmt: skip


def ground(facts: Iterable[Fact], subgoal: Subgoal) -> tuple[Fact, ...]:
    """Return ``facts`` of a signature with the subgoal's arguments put in."""
    words = {
        "?item": subgoal.item, "?place": subgoal.place, "?subject": subgoal.item,
        "?finding": subgoal.finding,
    }  # fmt: skip
    return tuple(tuple(words.get(word, word) for word in fact) for fact in facts)


def needless(facts: frozenset[Fact], subgoal: Subgoal) -> bool:
    """Tell whether all that a subgoal would bring about holds already."""
    signature = SIGNATURES.get(subgoal.skill)
    effects = ground(signature.effects, subgoal) if signature is not None else ()
    return bool(effects) and facts.issuperset(effects)


def undone(facts: frozenset[Fact], patterns: Iterable[Fact]) -> frozenset[Fact]:
    """Return those of ``facts`` that a grounded pattern with ``*`` names."""
    exact, stems = set(), []
    for pattern in patterns:
        if pattern[-1] == "*":
            stems.append(pattern[:-1])
        else:
            exact.add(pattern)
    found = exact & facts
    for stem in stems:
        size = len(stem)
        found |= {fact for fact in facts if fact[:size] == stem and len(fact) > size}
    return frozenset(found)


def believed(inventory: Inventory, places: Places) -> frozenset[Fact]:
    """Return the facts that follow from an inventory."""
    found: set[Fact] = {("known", item) for item in inventory.labels}
    found |= {("reported", finding, subject) for finding, subject in inventory.reported}
    held = False
    taken: dict[str, int] = {}
    for name, entry in inventory.entries.items():
        where = entry.where
        if where == HAND:
            found.add(("held", name))
            held = True
            continue
        if where == CARTON:
            found.add(("in", name, "carton"))
            if inventory.opened:
                found.add(("clear", name))
            continue
        if where == LOST:
            continue
        found.add(("clear", name))
        if where != BETWEEN:
            found.add(("at", name, where))
            taken[where] = taken.get(where, 0) + 1
    if not held:
        found.add(_EMPTY)
    if inventory.docked:
        found.add(("docked", "carton"))
    if inventory.opened:
        found.add(("open", "carton"))
    found |= {("free", place) for place, room in places.room.items() if taken.get(place, 0) < room}
    return frozenset(found)
