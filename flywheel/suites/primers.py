"""Primers: the easiest questions about where goods go, many times over.

In a lesson most steps go without saying, and an instruction changes the way of one item or two. A
primer asks for nothing but what is hard to learn: to look up which of several clauses is about the
goods at hand, and of which there have been enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from warewheel.agents.language import describe
from warewheel.agents.language.gist import gist
from warewheel.agents.request import Briefing
from warewheel.configs import zone_of
from warewheel.configs.orders import means
from warewheel.configs.schema import Goods, Move, Order, Spot
from warewheel.envs.draw import number

from . import asking
from .asking import Asked
from .fiction import ZONES
from .meanings import Draw

# Sites with so many zones that where goods go cannot be guessed.
_SPACIOUS = ("parcel_hub", "returns_center")
# Units and clauses of a primer, at least and at most.
_UNITS, _CLAUSES = (16, 24), (3, 8)
# Share of goods that no note is about which are asked about all the same.
_REST = 0.25
# Share of notes that are about so many and no more, and at most how many.
_COUNTED, _MOST = 0.25, 3
_LINKS = (">", " to ", " must go to ", " in ", ": ")


def note(seed: int, briefing: Briefing | None = None) -> list[Any]:
    """Return a primer about notes: goods and made-up zones, in as few words as can be.

    Args:
        seed: Same seed, same conversation.
        briefing: Of the site; without, sites come in turn.
    """
    return asking.talk(_notes, seed, briefing)


def clause(seed: int, briefing: Briefing | None = None) -> list[Any]:
    """Return a primer about instructions, several that hold at once; see `note`."""
    return asking.talk(_clauses, seed, briefing, _SPACIOUS)


def _notes(briefing: Briefing, rng: np.random.Generator) -> Iterator[Asked]:
    """Ask about notes of where goods go, in as few words as can be."""
    delivery = asking.delivery(briefing, _UNITS, rng)
    storage = delivery.facility.storage
    goods = _several(asking.draw(delivery, rng), rng)
    *zones, rest = (ZONES[int(k)] for k in rng.integers(len(ZONES), size=len(goods) + 1))
    most = [int(rng.integers(1, _MOST + 1)) if rng.random() < _COUNTED else 0 for _ in goods]
    link = _LINKS[int(rng.integers(len(_LINKS)))]
    words = [describe.goods(what) for what in goods]
    noted = [
        f"{count or 'the'} {word}{link}{zone}"
        for count, word, zone in zip(most, words, zones, strict=True)
    ]
    told = f"told: {'; '.join([*noted, f'else{link}{rest}'])}"
    for k in rng.permutation(len(goods)):
        if not most[k]:
            yield Asked(told, "", words[k], zones[k])
    gone, tally = Counter[int](), asking.Tally(delivery.facility)
    for unit in delivery.cartons[0].values():
        about = [k for k, what in enumerate(goods) if means(what, unit, storage)]
        left = [k for k in about if not most[k] or gone[k] < most[k]]
        found = {zones[k] for k in left}
        if len(found) < 2 and (about or rng.random() < _REST):
            gone.update(left)
            zone = found.pop() if found else rest
            question = describe.label(unit, storage.heavy_above)
            yield Asked(told, "", tally.told(question) if any(most) else question, zone)
            tally.put(unit, Spot(zone=zone))


def _clauses(briefing: Briefing, rng: np.random.Generator) -> Iterator[Asked]:
    """Ask about several instructions that hold at once."""
    delivery = asking.delivery(briefing, _UNITS, rng)
    site, draw = delivery.facility, asking.draw(delivery, rng)
    moves: list[Move] = []
    sentences: list[str] = []
    for what in _several(draw, rng):
        meaning = draw.exception(what)
        moves += [move for order in meaning.orders for move in order.moves]
        moves += [Move(what=what, to=Spot(zone=rule.zone)) for rule in meaning.rules]
        sentences += meaning.sentences
    meant = gist(Order(moves=tuple(moves)), (), [], site.storage)
    (text,) = asking.noise(rng).told((" ".join(sentences),))
    told = "\n".join([*describe.site(site, briefing.body), f"told: {text}"])
    for name, unit in delivery.cartons[0].items():
        found = {asking.place(m.to, site) for m in moves if means(m.what, unit, site.storage)}
        if len(found) < 2:
            place = found.pop() if found else zone_of(unit, site.storage)
            yield Asked(
                told, meant, asking.item(name, unit, delivery.cartons[0].values(), site), place
            )


def _several(draw: Draw, rng: np.random.Generator) -> list[Goods]:
    """Return goods of several kinds, all different."""
    found: list[Goods] = []
    for _ in range(number(rng, _CLAUSES)):
        what = draw.goods()
        if what not in found:
            found.append(what)
    return found
