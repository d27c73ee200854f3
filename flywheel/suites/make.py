"""Making cases: drawn, worded, and kept only if they can be told apart and solved."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from warewheel.agents.planners.scripted import Scripted
from warewheel.configs import ConfigError, load_phrases, names
from warewheel.configs.schema import Case, Chances, Order, Spot
from warewheel.flywheel.bench.play import Played, Stage, play

from .meanings import Delivery, Draw, Meaning
from .refusals import draw_refusal, forbidden, why
from .speaker import Speaker

# A delivery for which chance finds no meaning in so many draws is passed over.
_TRIES = 12
_CLEAN = Chances(repeat=0.0)
# Makes a stage for a case.
Setting = Callable[[Case], Stage]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a suite is made.

    Attributes:
        about: What it tests.
        kinds: Kinds of meanings, in turn.
        phrases: Name of the wordings.
        facilities: In turn; empty for all.
        catalogue: Name of the goods, in place of the facilities' own.
        cartons: Least and most cartons.
        items: Least and most items of a carton.
        chances: That a delivery differs from its manifests.
        pinned: The order must make a difference: the house rules alone do not solve the case.
    """

    about: str
    kinds: tuple[str, ...]
    phrases: str = "test"
    facilities: tuple[str, ...] = ()
    catalogue: str | None = None
    cartons: tuple[int, int] = (1, 1)
    items: tuple[int, int] = (3, 5)
    chances: Chances = _CLEAN
    pinned: bool = True


RECIPES = {
    "base": Recipe(
        "Plain instructions: the house rules, or one exception to them.",
        ("house", "move", "only", "move", "moves"),
    ),
    "paraphrase": Recipe(
        "The same meanings in wordings that training never showed.",
        ("house", "move", "only"), "paraphrase",
    ),
    "rules": Recipe(
        "Storage rules that change from case to case, some of them in conflict.",
        ("rules", "conflict"),
    ),
    "conditional": Recipe("What is to be done depends on what is delivered.", ("conditional",)),
    "temporal": Recipe("Order and deadlines.", ("first", "first", "within")),
    "quantity": Recipe(
        "So many and no more.", ("quantity",), items=(4, 6), chances=Chances(repeat=0.4)
    ),
    "reference": Recipe("Goods by comparison, exclusion or two attributes.", ("reference",)),
    "memory": Recipe(
        "Two instructions, the second of which refers to the first.", ("memory",),
        facilities=("parcel_hub", "returns_center"), cartons=(2, 2), items=(2, 3),
    ),
    "discrepancy": Recipe(
        "Deliveries that differ from their manifests.", ("discrepancy",),
        chances=Chances(repeat=0.2, short=0.4, wrong=0.1, surplus=0.3, damaged=0.15, open=0.1),
        pinned=False,
    ),
    "long": Recipe(
        "Three cartons with five items each.", ("house", "move"),
        facilities=("parcel_hub",), cartons=(3, 3), items=(5, 5),
    ),
    "refuse": Recipe("What cannot or must not be done.", ("refuse",)),
    "injection": Recipe("Orders printed on labels.", ("injection",), pinned=False),
    "zh": Recipe("Instructions in Chinese.", ("house", "move", "only", "moves"), "zh"),
}  # fmt: skip


def cases(
    recipe: Recipe, name: str, first: int, count: int, stage: Setting = Stage,
    most: int | None = None,
) -> Iterator[Case]:  # fmt: skip
    """Yield so many accepted cases, from seeds that count up from ``first``, set on a stage.

    With ``most``, they are fewer if that many seeds do not have so many: some stages have no case
    of some kinds.

    Every case's goal is false at the start; the scripted planner solves it in the symbolic
    backend without a violation; with ``pinned``, it does not when it knows the house rules alone.
    """
    places = recipe.facilities or names("facility")
    phrases = load_phrases(recipe.phrases)
    made = 0
    for seed in itertools.count(first) if most is None else range(first, first + most):
        if made == count:
            return
        kind = recipe.kinds[made % len(recipe.kinds)]
        facility = places[(made // len(recipe.kinds)) % len(places)]
        rng = np.random.default_rng([seed, 4])
        blank = Case(
            id=f"{name}-{made:03d}", instruction="?", facility=facility, seed=seed,
            cartons=recipe.cartons if facility != "fresh_grocer" else (1, 1),
            items=recipe.items, chances=recipe.chances, catalogue=recipe.catalogue,
        )  # fmt: skip
        delivery = delivery_of(stage(blank))
        speaker = Speaker(phrases, rng)
        draw = Draw(delivery, speaker, rng)
        for _ in range(_TRIES):
            meaning = draw_refusal(delivery, speaker, rng) if kind == "refuse" else draw.draw(kind)
            if meaning is None:
                continue
            case = case_of(blank, meaning)
            if accepted(case, recipe.pinned and kind != "house", stage):
                yield case
                made += 1
                break


def delivery_of(stage: Stage) -> Delivery:
    """Return what a case's cartons hold."""
    told = stage.briefing
    cartons = tuple({p.name: p.unit for p in parcel.placements} for parcel in stage.spec.parcels)
    return Delivery(told.facility, told.body, told.catalogue, cartons)


def accepted(case: Case, pinned: bool, setting: Setting = Stage) -> bool:
    """Tell whether a case is false at the start, solvable, and, if ``pinned``, tells a choice."""
    stage = setting(case)
    try:
        if stage.judge().weigh(frozenset()).success:
            return False
        played = play(stage, Scripted(stage.briefing))
        if not played.success:
            return False
        if not case.refuse and not sensible(case, played, delivery_of(stage)):
            return False
    except ConfigError:
        # A comparison without a clear answer.
        return False
    if not pinned or case.refuse:
        return True
    plain = setting(case.model_copy(update={"orders": (), "rules": ()})).briefing
    return not play(stage, Scripted(plain)).success


def sensible(case: Case, played: Played, delivery: Delivery) -> bool:
    """Tell whether the orders mean something, and nothing that a house should forbid."""
    for order in case.meanings:
        mine = [
            unit
            for k, carton in enumerate(delivery.cartons)
            if order.cartons is None or k in order.cartons
            for unit in carton.values()
        ]
        if why(order, mine, delivery):
            return False
    units = {name: unit for carton in delivery.cartons for name, unit in carton.items()}
    slots = delivery.facility.rack.slots
    return not any(
        forbidden(units[fact[1]], Spot(zone=slots[fact[2]][0].zone), delivery)
        for fact in played.verdict.facts
        if fact[0] == "at" and fact[2] in slots
    )


def case_of(blank: Case, meaning: Meaning) -> Case:
    """Return a case with a meaning."""
    one = len(meaning.sentences) == 1
    orders = meaning.orders if any(order != Order() for order in meaning.orders) else ()
    return blank.model_copy(
        update={
            "instruction": meaning.sentences[0] if one else meaning.sentences,
            "orders": orders,
            "rules": meaning.rules,
            "refuse": meaning.refuse,
            "notes": meaning.notes,
            "goods": meaning.goods,
            "cartons": None if meaning.goods else blank.cartons,
            "items": None if meaning.goods else blank.items,
        }
    )
