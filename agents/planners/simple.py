"""Planners to compare with: one that does nothing, one that does anything, one that reads words."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from warewheel.agents.language.describe import spoken
from warewheel.agents.language.wire import WireError, read
from warewheel.agents.legal import legal
from warewheel.agents.plan import Subgoal, Unusable
from warewheel.agents.request import Briefing, Request
from warewheel.configs.schema import Facility, Goods, Move, Order, Spot
from warewheel.sim.facts import Places

from .scripted import Scripted


class Null:
    """Does nothing at all."""

    name = "null"
    privileged = False

    def __init__(self, briefing: Briefing) -> None:
        del briefing

    def next(self, request: Request) -> Subgoal | None:
        """Return None."""
        del request
        return None


class RandomLegal:
    """Does anything that is legal, each step as likely as any other."""

    name = "random-legal"
    privileged = False

    def __init__(self, briefing: Briefing) -> None:
        self._rng = np.random.default_rng([briefing.seed, 5])
        self._places = Places(briefing.facility)

    def next(self, request: Request) -> Subgoal | None:
        """Return a legal step."""
        steps = legal(request.inventory, request.facts, self._places)
        return steps[int(self._rng.integers(len(steps)))]


class Keywords:
    """Goes by the words for goods and places in the instruction, and by the house rules."""

    name = "rules"
    privileged = False

    def __init__(self, briefing: Briefing) -> None:
        # What instructions mean, and what is known from them alone, it must find out by itself.
        self._briefing = replace(
            briefing, facility=briefing.house, orders=(Order(),), refusal="", unsaid=0
        )
        self._inner: tuple[int, Scripted] | None = None

    def next(self, request: Request) -> Subgoal | None:
        """Return what the scripted planner would do if the words meant just this."""
        if self._inner is None or self._inner[0] != request.number:
            order = understood(request.instruction, self._briefing)
            orders = (order,) * (request.number + 1)
            self._inner = request.number, Scripted(replace(self._briefing, orders=orders))
        return self._inner[1].next(request)


class Replay:
    """Says again what was written to a file, one step a line as JSON.

    Raises:
        ValueError: The file cannot be read.
    """

    name = "replay"
    privileged = False

    def __init__(self, briefing: Briefing, file: str) -> None:
        del briefing
        try:
            self._lines = [x for x in Path(file).read_text("utf-8").splitlines() if x.strip()]
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"cannot replay '{file}': {error}") from error

    def next(self, request: Request) -> Subgoal | None:
        """Return the next line's step, or None after the last.

        Raises:
            Unusable: The line holds no step.
        """
        number = len(request.history) + request.number
        if number >= len(self._lines):
            return None
        line = self._lines[number]
        try:
            row = json.loads(line)
            said = row.get("text") if isinstance(row, dict) else None
            return read(said if isinstance(said, str) else line)
        except (json.JSONDecodeError, WireError) as error:
            raise Unusable(getattr(error, "label", "PARSE"), str(error)) from error


_TRAITS = {
    "fragile": Goods(fragile=True), "valuable": Goods(high_value=True),
    "hazard": Goods(hazardous=True), "heavy": Goods(heavy=True),
    "frozen": Goods(temperature=("frozen",)), "chilled": Goods(temperature=("chilled",)),
}  # fmt: skip


def understood(instruction: str, briefing: Briefing) -> Order:
    """Return what the words of an instruction seem to mean.

    Each word for goods goes with the next word for a zone, and a tier if one is named just before
    or after it.
    """
    text = instruction.lower()
    site = briefing.facility
    goods = dict(_TRAITS)
    for sku in briefing.catalogue.items:
        goods[spoken(sku.category)] = Goods(category=(sku.category,))
        goods[spoken(sku.sku)] = Goods(sku=(sku.sku,))
    found = [
        (match.start(), match.end(), what)
        for word, what in goods.items()
        for match in re.finditer(rf"\b{re.escape(word)}", text)
    ]
    moves = []
    last = -1
    for start, end, what in sorted(found, key=lambda hit: (hit[0], -hit[1])):
        if start < last:
            continue
        last = end
        spot = _spot(text[end:], site)
        if spot is not None:
            moves.append(Move(what=what, to=spot))
    rest = "table" if re.search(r"\btable\b", text) else "house"
    return Order(moves=tuple(moves), rest=rest)


def _spot(text: str, site: Facility) -> Spot | None:
    """Return the first spot that a text names."""
    zones = "|".join(re.escape(zone) for zone in site.zones)
    match = re.search(rf"\b({zones})\b", text)
    if match is None:
        return None
    near = text[max(0, match.start() - 20) : match.end() + 10]
    level = None
    if tier := re.search(r"tier (\d)", near):
        level = int(tier[1])
    elif re.search(r"top|highest", near):
        level = len(site.rack.tiers) - 1
    elif re.search(r"lowest|bottom", near):
        level = 0
    return Spot(zone=match[1], level=level)
