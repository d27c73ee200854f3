"""Asking: conversations made of questions, and what they are about."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from warewheel.agents.clerk import Clerk, Promise
from warewheel.agents.language import describe
from warewheel.agents.language.conversation import SYSTEM
from warewheel.agents.request import Briefing
from warewheel.configs import load_phrases, names
from warewheel.configs.orders import places_of
from warewheel.configs.schema import Case, Facility, Sku, Spot, Unit
from warewheel.envs.draw import manifest, number
from warewheel.flywheel.bench.play import Stage
from warewheel.sim.facts import TABLE
from warewheel.sim.values import Manifest

from .meanings import Delivery, Draw
from .noise import Noise
from .speaker import Speaker

# Weight of names among the ways to tell of goods. In suites it is 1: whoever learns from no more of
# them hardly learns to copy names, and takes a name for one of goods that are not there.
_NAMED = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What is told, its gist if that is asked for, a question about it if any, and the answer."""

    told: str
    gist: str
    question: str = ""
    answer: str = ""


def _conversation(asked: Iterable[Asked]) -> list[Any]:
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
        if question:
            said += _turn(question, one.answer)
    return said if told else []


def talk(
    ask: Callable[[Briefing, np.random.Generator], Iterable[Asked]], seed: int,
    briefing: Briefing | None, sites: Sequence[str] = (),
) -> list[Any]:  # fmt: skip
    """Return a conversation in which somebody asks.

    Args:
        ask: Asks, about a site and by chance.
        seed: Same seed, same conversation.
        briefing: Of the site; without, sites come in turn.
        sites: These; without, all of them.
    """
    known = sites or names("facility")
    about = briefing or _briefing(known[seed % len(known)])
    return _conversation(ask(about, np.random.default_rng([seed, 9])))


@functools.cache
def _briefing(facility: str) -> Briefing:
    """Return what is told of a site."""
    return Stage(blank(facility)).briefing


def blank(facility: str) -> Case:
    """Return a case of which nothing but the site matters."""
    return Case(id="quiz", instruction="?", facility=facility, seed=0)


def delivery(of: Briefing, between: tuple[int, int], rng: np.random.Generator) -> Delivery:
    """Return a carton of any goods that there are, without a thought to room."""
    skus, routes = of.catalogue.items, of.facility.storage.routes
    units: dict[str, Unit] = {}
    for k in range(number(rng, between)):
        sku = skus[int(rng.integers(len(skus)))]
        units[f"item-{k + 1}"] = Unit(
            sku=sku, lot="", expiry=expiry(sku, rng),
            route=routes[int(rng.integers(len(routes)))] if routes else "",
        )  # fmt: skip
    return Delivery(of.facility, of.body, of.catalogue, (units,))


def expiry(sku: Sku, rng: np.random.Generator) -> int | None:
    """Return in how many days a unit expires, if it ever does."""
    life = sku.shelf_life_days
    return None if life is None else int(rng.integers(1, max(2, life // 2)))


def head(of: Briefing, units: Sequence[Unit]) -> list[str]:
    """Return what is told before an instruction: the site, and what a carton should hold."""
    clerk, heavy_above = Clerk(of.facility, of.catalogue), of.facility.storage.heavy_above
    return [
        *describe.site(of.facility, of.body),
        *describe.manifest(_manifest(units), clerk.promised, heavy_above),
    ]


def promises(of: Briefing, units: Sequence[Unit]) -> list[Promise]:
    """Return the lines that are told of what a carton should hold."""
    return list(Clerk(of.facility, of.catalogue).promises([_manifest(units)]))


def _manifest(units: Sequence[Unit]) -> Manifest:
    return manifest("carton-1", units, 1)


def speaker(rng: np.random.Generator, phrases: str = "train") -> Speaker:
    """Return who words what is meant, in wordings of training."""
    return Speaker(load_phrases(phrases), rng)


def draw(of: Delivery, rng: np.random.Generator, phrases: str = "train") -> Draw:
    """Return who draws meanings about a delivery."""
    return Draw(of, speaker(rng, phrases), rng, _NAMED)


def noise(rng: np.random.Generator, phrases: str = "train") -> Noise:
    """Return what people say besides."""
    return Noise(load_phrases(phrases), rng)


def item(
    name: str, unit: Unit, units: Iterable[Unit], site: Facility,
    stored: Iterable[tuple[Unit, str]] = (),
) -> str:  # fmt: skip
    """Return what is told after a scan of one of some units, with some of them in slots."""
    said = f"{name} is {describe.label(unit, site.storage.heavy_above)}"
    if site.storage.first_expired_first_out:
        said += describe.rank(unit, units, stored)
    return said


class Tally:
    """Where goods went so far, as a conversation tells it.

    Args:
        site: Whose rules say what is heavy.
    """

    def __init__(self, site: Facility) -> None:
        self._heavy = site.storage.heavy_above
        self._there: dict[str, list[Unit]] = {}
        self._last: tuple[str, Unit] | None = None

    def put(self, unit: Unit, spot: Spot) -> None:
        """Take note of where a unit goes."""
        self._last = spot.place or spot.zone or "", unit
        self._there.setdefault(self._last[0], []).append(unit)

    def told(self, question: str) -> str:
        """Return a question after what is told of the last unit that went somewhere."""
        if self._last is None:
            return question
        spot, unit = self._last
        stored = [one for name, some in self._there.items() if name != TABLE for one in some]
        said = describe.tally(unit, self._there[spot], spot, self._heavy, stored)
        return f"{said}\n{question}"


def place(spot: Spot, site: Facility) -> str:
    """Return what the name of a place in a spot begins with."""
    whole = spot.place is not None or spot.level is None
    return spot.place or spot.zone or "" if whole else places_of(spot, site)[0]


def _turn(asked: str, answered: str) -> list[Any]:
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
