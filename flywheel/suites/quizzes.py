"""Quizzes: instructions, and one label after another, each with the place where its goods go.

In a lesson most steps go without saying, and an instruction changes the way of one item or two. A
quiz asks for nothing but what is hard: what an instruction means, and what of it is about the goods
at hand. Primers (notes and clauses) ask it in the easiest way, many times over; a quiz proper asks
as a lesson does.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from warewheel.agents.clerk import Clerk
from warewheel.agents.language import describe
from warewheel.agents.language.conversation import SYSTEM
from warewheel.agents.language.gist import gist
from warewheel.agents.language.wire import write
from warewheel.agents.plan import Subgoal
from warewheel.agents.request import Briefing
from warewheel.configs import ConfigError, load_phrases, names, zone_of
from warewheel.configs.orders import means, moves_of, places_of, settle
from warewheel.configs.schema import Case, Facility, Goods, Move, Order, Spot, Unit
from warewheel.envs.draw import manifest, number
from warewheel.flywheel.bench.play import Stage
from warewheel.sim.facts import TABLE

from .material import LEVEL, Row
from .meanings import Delivery, Draw, Meaning
from .noise import Noise
from .refusals import forbidden, why
from .speaker import Speaker

# Kinds of instructions in a quiz of the hardest way; those that are hard to read come more often.
KINDS = (
    "move", "only", "moves", "rules", "rules", "conflict", "conflict", "conditional", "conditional",
    "conditional", "reference", "reference", "reference", "quantity",
)  # fmt: skip
# One primer in so many comes as late as quizzes, so that what it teaches is not lost.
_LATE = 6
# Sites with so many zones that where goods go cannot be guessed.
_SPACIOUS = ("parcel_hub", "returns_center")
# Units and clauses of a primer, at least and at most.
_PRIMER_UNITS, _CLAUSES = (16, 24), (3, 8)
# Units of a quiz; its instructions, and most questions about each: about items that it is about,
# and about others.
_UNITS, _INSTRUCTIONS, _LABELS, _OTHERS = (5, 9), 6, 4, 1
_TRIES = 40
# Made-up zones, so that a zone is never the likelier for its name.
_ZONES = (
    "west", "attic", "basement", "garage", "upstairs", "corner", "annex", "dock", "yard", "hall",
    "bay", "loft", "vault", "north", "south", "east", "secure", "cold", "ambient", "hazmat",
)  # fmt: skip
# Share of goods that no note is about which are asked about all the same.
_REST = 0.25
_LINKS = (">", " to ", " must go to ", " in ", ": ")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is told, its gist if that is asked for, a question about it, and the answer."""

    told: str
    gist: str
    question: str
    answer: str


def rows(kind: str, first: int, count: int) -> list[Row]:
    """Return a ``note``, a ``clause`` or a ``quiz`` for each of so many seeds."""
    make, level = _MAKERS[kind]
    return [
        {
            "messages": said, "case": f"{kind}-{seed}", "seed": seed,
            "level": level if seed % _LATE else LEVEL,
        }
        for seed in range(first, first + count)
        if (said := make(seed))
    ]  # fmt: skip


def note(seed: int) -> list[Any]:
    """Return a primer about notes: goods and made-up zones, in as few words as can be."""
    known = names("facility")
    briefing = _briefing(known[seed % len(known)])
    return _conversation(_notes(briefing, np.random.default_rng([seed, 9])))


def clause(seed: int) -> list[Any]:
    """Return a primer about instructions: several that hold at once."""
    briefing = _briefing(_SPACIOUS[seed % len(_SPACIOUS)])
    return _conversation(_clauses(briefing, np.random.default_rng([seed, 9])))


def quiz(seed: int) -> list[Any]:
    """Return a conversation about one instruction after another; empty if chance found none."""
    known = names("facility")
    briefing = _briefing(known[seed % len(known)])
    return _conversation(_instructions(briefing, np.random.default_rng([seed, 9])))


@functools.cache
def _briefing(facility: str) -> Briefing:
    return Stage(Case(id="quiz", instruction="?", facility=facility, seed=0)).briefing


def _delivery(briefing: Briefing, between: tuple[int, int], rng: np.random.Generator) -> Delivery:
    """Return a carton of any goods that there are, without a thought to room."""
    skus, routes = briefing.catalogue.items, briefing.facility.storage.routes
    units: dict[str, Unit] = {}
    for k in range(number(rng, between)):
        sku = skus[int(rng.integers(len(skus)))]
        life = sku.shelf_life_days
        units[f"item-{k + 1}"] = Unit(
            sku=sku, lot="",
            expiry=None if life is None else int(rng.integers(1, max(2, life // 2))),
            route=routes[int(rng.integers(len(routes)))] if routes else "",
        )  # fmt: skip
    return Delivery(briefing.facility, briefing.body, briefing.catalogue, (units,))


def _draw(delivery: Delivery, rng: np.random.Generator) -> Draw:
    return Draw(delivery, Speaker(load_phrases("train"), rng), rng)


def _notes(briefing: Briefing, rng: np.random.Generator) -> Iterator[_Asked]:
    """Ask about notes of where goods go, in as few words as can be."""
    delivery = _delivery(briefing, _PRIMER_UNITS, rng)
    storage = delivery.facility.storage
    goods = _several(_draw(delivery, rng), rng)
    *zones, rest = (_ZONES[int(k)] for k in rng.integers(len(_ZONES), size=len(goods) + 1))
    link = _LINKS[int(rng.integers(len(_LINKS)))]
    words = [describe.goods(what) for what in goods]
    noted = [f"{word}{link}{zone}" for word, zone in zip(words, zones, strict=True)]
    told = f"told: {'; '.join([*noted, f'else{link}{rest}'])}"
    for k in rng.permutation(len(goods)):
        yield _Asked(told, "", words[k], zones[k])
    for unit in delivery.cartons[0].values():
        found = {z for what, z in zip(goods, zones, strict=True) if means(what, unit, storage)}
        if len(found) == 1 or (not found and rng.random() < _REST):
            zone = found.pop() if found else rest
            yield _Asked(told, "", describe.label(unit, storage.heavy_above), zone)


def _clauses(briefing: Briefing, rng: np.random.Generator) -> Iterator[_Asked]:
    """Ask about several instructions that hold at once."""
    delivery = _delivery(briefing, _PRIMER_UNITS, rng)
    site, draw = delivery.facility, _draw(delivery, rng)
    moves: list[Move] = []
    sentences: list[str] = []
    for what in _several(draw, rng):
        meaning = draw.exception(what)
        moves += [move for order in meaning.orders for move in order.moves]
        moves += [Move(what=what, to=Spot(zone=rule.zone)) for rule in meaning.rules]
        sentences += meaning.sentences
    meant = gist(Order(moves=tuple(moves)), (), [], site.storage)
    (text,) = Noise(load_phrases("train"), rng).told((" ".join(sentences),))
    told = "\n".join([*describe.site(site, briefing.body), f"told: {text}"])
    for name, unit in delivery.cartons[0].items():
        found = {_place(m.to, site) for m in moves if means(m.what, unit, site.storage)}
        if len(found) < 2:
            place = found.pop() if found else zone_of(unit, site.storage)
            yield _Asked(told, meant, _item(name, unit, site), place)


def _instructions(briefing: Briefing, rng: np.random.Generator) -> Iterator[_Asked]:
    """Ask about one instruction after another, of every kind, for one delivery."""
    delivery = _delivery(briefing, _UNITS, rng)
    site, units = delivery.facility, delivery.cartons[0]
    noise, draw = Noise(load_phrases("train"), rng), _draw(delivery, rng)
    clerk = Clerk(site, briefing.catalogue)
    head = [*describe.site(site, briefing.body)]
    promised = manifest("carton-1", list(units.values()), 1)
    head += describe.manifest(promised, clerk.promised, site.storage.heavy_above)
    asked = 0
    for _ in range(_TRIES):
        meaning = draw.draw(KINDS[int(rng.integers(len(KINDS)))])
        answers = {} if meaning is None else _answers(meaning, delivery)
        if meaning is None or not answers:
            continue
        (text,) = noise.told(meaning.sentences)
        meant = gist(meaning.orders[0], meaning.rules, list(units.values()), site.storage)
        told = "\n".join([*head, f"told: {text}"])
        head = []
        for name in _some(answers, rng):
            step = write(Subgoal("place", name, answers[name][1]))
            yield _Asked(told, meant, _item(name, units[name], site), step)
        asked += 1
        if asked == _INSTRUCTIONS:
            return


def _item(name: str, unit: Unit, site: Facility) -> str:
    return f"{name} is {describe.label(unit, site.storage.heavy_above)}"


def _answers(meaning: Meaning, delivery: Delivery) -> dict[str, tuple[bool, str]]:
    """Return for each item whether the instruction is about it, and where it goes.

    Items for which that depends on others, or breaks a rule of the house, are left out. There are
    none if the instruction is to be refused.
    """
    site, (units,) = delivery.facility, delivery.cartons
    storage = site.storage
    ruled = storage.model_copy(update={"slotting": (*meaning.rules, *storage.slotting)})
    found: dict[str, tuple[bool, str]] = {}
    try:
        order = settle(meaning.orders[0], units.values(), ruled)
        if why(order, list(units.values()), delivery):
            return {}
    except ConfigError:
        # A comparison without a clear answer.
        return {}
    counted = False
    for name, unit in units.items():
        moves = moves_of(order, unit, ruled)
        home = zone_of(unit, ruled)
        spot = Spot(zone=home) if order.rest == "house" else Spot(place=TABLE)
        if moves:
            spot = moves[0].to
            # How many there are already has a say in where all but the first of a number go.
            if moves[0].count is not None and counted:
                continue
            counted = moves[0].count is not None
        if not forbidden(unit, spot, delivery):
            told = bool(moves) or home != zone_of(unit, storage)
            found[name] = told, _place(spot, site)
    return found


def _some(answers: dict[str, tuple[bool, str]], rng: np.random.Generator) -> list[str]:
    """Return the names of some items, most of them such as the instruction is about."""
    mixed = [list(answers)[int(k)] for k in rng.permutation(len(answers))]
    about = [name for name in mixed if answers[name][0]][:_LABELS]
    others = [name for name in mixed if not answers[name][0]][:_OTHERS]
    chosen = [*about, *others]
    return [chosen[int(k)] for k in rng.permutation(len(chosen))]


def _several(draw: Draw, rng: np.random.Generator) -> list[Goods]:
    """Return goods of several kinds, all different."""
    found: list[Goods] = []
    for _ in range(number(rng, _CLAUSES)):
        what = draw.goods()
        if what not in found:
            found.append(what)
    return found


def _place(spot: Spot, site: Facility) -> str:
    """Return what the name of a place in a spot begins with."""
    whole = spot.place is not None or spot.level is None
    return spot.place or spot.zone or "" if whole else places_of(spot, site)[0]


def _conversation(asked: Iterable[_Asked]) -> list[Any]:
    """Return questions with their answers, as turns; what is told is told when it changes."""
    said: list[Any] = [{"role": "system", "content": SYSTEM}]
    told = ""
    for one in asked:
        question = one.question
        if one.told != told:
            told = one.told
            if one.gist:
                said += _turn(told, one.gist)
            else:
                question = f"{told}\n{question}"
        said += _turn(question, one.answer)
    return said if told else []


def _turn(asked: str, answered: str) -> list[Any]:
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]


# How each kind is made, and its level: notes come first.
_MAKERS = {"note": (note, LEVEL - 2), "clause": (clause, LEVEL - 1), "quiz": (quiz, LEVEL)}
