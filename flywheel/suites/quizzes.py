"""Quizzes: instructions, and one label after another, each with the place where its goods go.

In a lesson most steps go without saying, and an instruction changes the way of one item or two. A
quiz asks as a lesson does, but only what is hard: what an instruction means, and what of it is
about the goods at hand. Riddles do so with goods that take more than one word, tallies with numbers
of them; gists ask what instructions mean and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from warewheel.agents.language.gist import gist
from warewheel.agents.language.wire import write
from warewheel.agents.plan import Subgoal
from warewheel.agents.request import Briefing
from warewheel.configs import ConfigError, zone_of
from warewheel.configs.orders import moves_of, settle
from warewheel.configs.schema import Move, Order, Spot, Storage
from warewheel.sim.facts import TABLE

from . import asking
from .asking import Asked
from .meanings import Delivery, Meaning
from .refusals import draw_refusal, forbidden, why

# What is told while a carton has yet to come.
_COMES = "carton-1 on its way"
_TRIES = 80


@dataclass(frozen=True, slots=True)
class Plan:
    """What a kind of quizzes asks.

    Attributes:
        kinds: Kinds of instructions; those that are hard to read come more often.
        units: Of the delivery, at least and at most.
        instructions: At most.
        about: Most questions about each, on items that it is about.
        others: The same, on other items.
        tallies: Tell how many of a kind went where so far.
        chinese: Share of the quizzes that are in Chinese.
    """

    kinds: tuple[str, ...]
    units: tuple[int, int]
    instructions: int
    about: int
    others: int
    tallies: bool = False
    chinese: float = 0.0

    @property
    def gists(self) -> bool:
        """Nothing is asked but what instructions mean."""
        return not self.about + self.others


PLANS = {
    "quiz": Plan(
        (
            "move", "only", "moves", "rules", "rules", "conflict", "conflict", "conditional",
            "conditional", "conditional", "reference", "reference", "refuse",
        ),
        (5, 9), 6, 4, 1,
    ),
    "riddle": Plan(
        ("reference", "exclusion", "exclusion", "comparison", "comparison_of", "negation"),
        (5, 9), 7, 3, 2,
    ),
    "tally": Plan(("quantity",), (5, 10), 1, 8, 3, tallies=True),
    "gist": Plan(
        (
            "move", "move", "move", "only", "moves", "moves", "moves", "moves", "moves", "moves",
            "rules", "conflict", "conditional", "conditional", "quantity", "first", "within",
            "exclusion", "conjunction", "negation", "comparison", "comparison_of",
            "comparison_of", "refuse",
        ),
        (4, 8), 16, 0, 0, chinese=0.15,
    ),
}  # fmt: skip
# What there are words for in Chinese.
_CHINESE = ("move", "only", "moves")


def quiz(kind: str, seed: int, briefing: Briefing | None = None) -> list[Any]:
    """Return a conversation about one instruction after another; empty if chance found none.

    Args:
        kind: One of `PLANS`.
        seed: Same seed, same conversation.
        briefing: Of the site; without, sites come in turn.
    """
    return asking.talk(partial(_instructions, PLANS[kind]), seed, briefing)


def _instructions(plan: Plan, briefing: Briefing, rng: np.random.Generator) -> Iterator[Asked]:
    """Ask about one instruction after another for one delivery."""
    delivery = asking.delivery(briefing, plan.units, rng)
    site, units = delivery.facility, delivery.cartons[0]
    chinese = plan.chinese and rng.random() < plan.chinese
    kinds, phrases = (_CHINESE, "zh-train") if chinese else (plan.kinds, "train")
    noise, speaker = asking.noise(rng, phrases), asking.speaker(rng, phrases)
    draw = asking.draw(delivery, rng, phrases)
    listed = list(units.values())
    head, promised = asking.head(briefing, listed), asking.promises(briefing, listed)
    asked = 0
    for _ in range(_TRIES):
        kind = kinds[int(rng.integers(len(kinds)))]
        refused = kind == "refuse"
        meaning = draw_refusal(delivery, speaker, rng) if refused else draw.draw(kind)
        # A carton that has yet to be packed otherwise is no part of this delivery.
        if meaning is None or meaning.goods is not None:
            continue
        order = None if meaning.refuse else _settled(meaning, delivery)
        answers = [] if order is None else list(_answers(order, meaning, delivery, plan, rng))
        if not meaning.refuse and (order is None or not (answers or plan.gists)):
            continue
        (text,) = noise.told(meaning.sentences)
        meant = gist(
            meaning.orders[0], meaning.rules, promised, site.storage, meaning.refuse or "",
        )  # fmt: skip
        told = "\n".join([*head, f"told: {text}"])
        head = []
        if plan.gists:
            yield Asked(told, meant)
        elif meaning.refuse:
            yield Asked(told, meant, _COMES, write(Subgoal("refuse", reason=meaning.refuse)))
        tally = asking.Tally(site)
        for name, spot in answers:
            step = write(Subgoal("place", name, asking.place(spot, site)))
            question = asking.item(name, units[name], units.values(), site)
            yield Asked(told, meant, tally.told(question) if plan.tallies else question, step)
            tally.put(units[name], spot)
        asked += 1
        if asked == plan.instructions:
            return


def _settled(meaning: Meaning, delivery: Delivery) -> Order | None:
    """Return what is ordered, or None where that has no clear answer or is to be refused."""
    units = delivery.cartons[0].values()
    try:
        order = settle(meaning.orders[0], units, _ruled(meaning, delivery))
    except ConfigError:
        # A comparison without a clear answer.
        return None
    return None if why(order, list(units), delivery) else order


def _ruled(meaning: Meaning, delivery: Delivery) -> Storage:
    """Return the house rules with those that an instruction brings."""
    storage = delivery.facility.storage
    return storage.model_copy(update={"slotting": (*meaning.rules, *storage.slotting)})


def _answers(
    order: Order, meaning: Meaning, delivery: Delivery, plan: Plan, rng: np.random.Generator
) -> Iterator[tuple[str, Spot]]:
    """Yield items, most of them such as an instruction is about, and where each goes.

    Items whose place breaks a rule of the house are left out.
    """
    (units,) = delivery.cartons
    storage, ruled = delivery.facility.storage, _ruled(meaning, delivery)
    gone, about, others = Counter[Move](), 0, 0
    items = list(units.items())
    for name, unit in (items[int(k)] for k in rng.permutation(len(items))):
        moves = moves_of(order, unit, ruled)
        home = zone_of(unit, ruled)
        told = bool(moves) or home != zone_of(unit, storage)
        move = next((m for m in moves if m.count is None or gone[m] < m.count), None)
        spot = move.to if move else _rest(order, home)
        asked = about < plan.about if told else others < plan.others
        if not asked or forbidden(unit, spot, delivery):
            continue
        if move:
            gone[move] += 1
        about, others = about + told, others + (not told)
        yield name, spot


def _rest(order: Order, home: str) -> Spot:
    """Return where goes what no move is about; ``home`` is where the house rules put it."""
    return Spot(place=TABLE) if order.rest == "table" else Spot(zone=home)
