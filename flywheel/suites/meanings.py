"""Meanings: orders drawn for a delivery, so that they have something to say about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from warewheel.configs.orders import means
from warewheel.configs.schema import (
    Body,
    Catalogue,
    Extreme,
    Facility,
    Goods,
    Move,
    Order,
    Reason,
    SlottingRule,
    Spot,
    Unit,
)
from warewheel.configs.schema.goods import Hazard

from .speaker import Speaker

EXTREMES: tuple[Extreme, ...] = ("heaviest", "lightest", "tallest", "shortest")
# Of exceptions to the house rules, how many are rules themselves.
_RULES = 0.3
HAZARDS: tuple[Hazard, ...] = ("flammable", "corrosive", "oxidizer", "toxic")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a case means, and how it is said.

    Attributes:
        sentences: The instruction, or several.
        orders: What each means.
        rules: Slotting rules that it brings.
        refuse: Why it is to be refused.
        notes: What is printed on labels.
        goods: What the cartons hold, if that matters.
    """

    sentences: tuple[str, ...]
    orders: tuple[Order, ...] = (Order(),)
    rules: tuple[SlottingRule, ...] = ()
    refuse: Reason | None = None
    notes: dict[str, str] = field(default_factory=dict)
    goods: tuple[tuple[str, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What meanings are drawn for: site and goods, and each carton's units by item name."""

    facility: Facility
    body: Body
    catalogue: Catalogue
    cartons: tuple[dict[str, Unit], ...]

    @property
    def units(self) -> list[Unit]:
        """All units."""
        return [unit for carton in self.cartons for unit in carton.values()]


class Draw:
    """Draws meanings of a kind.

    Args:
        delivery: What they are about.
        speaker: Who words them.
        rng: Where chance comes from.
        named: Weight of a unit's name among the ways to tell of it; other ways weigh 1 or 2.
    """

    def __init__(
        self, delivery: Delivery, speaker: Speaker, rng: np.random.Generator, named: int = 1
    ) -> None:
        self._delivery, self._site = delivery, delivery.facility
        self._speaker, self._rng, self._named = speaker, rng, named
        self._kinds: dict[str, Callable[[], Meaning | None]] = {
            "house": lambda: Meaning((speaker.say("house"),)),
            "discrepancy": lambda: Meaning((speaker.say("discrepancy"),)),
            "move": lambda: self._move("move", self._plain()),
            "only": lambda: self._move("only", self._plain()),
            "moves": self._moves,
            "reference": self._reference,
            "comparison": lambda: self._reference("extreme"),
            "comparison_of": lambda: self._reference("extreme_of"),
            "exclusion": lambda: self._reference("but"),
            "conjunction": lambda: self._reference("both"),
            "negation": lambda: self._reference("not"),
            "rules": self._rules,
            "conflict": self._conflict,
            "conditional": self._conditional,
            "first": self._first,
            "within": self._within,
            "quantity": self._quantity,
            "memory": self._memory,
            "injection": self._injection,
        }

    def draw(self, kind: str) -> Meaning | None:
        """Return a meaning of a kind, or None if chance found none that suits the delivery."""
        return self._kinds[kind]()

    def goods(self) -> Goods:
        """Return goods by one attribute that some unit of the delivery has."""
        return self._plain()

    def exception(self, what: Goods) -> Meaning:
        """Return a move or a slotting rule for some goods."""
        spot = self._spot(0.0)
        rule = self._rule(what, spot) if self._rng.random() < _RULES else None
        if rule is None:
            return self._move("move", what)
        return Meaning((self._say("rules", what=what, where=spot),), rules=(rule,))

    def _of(self, *options: str) -> str:
        return options[int(self._rng.integers(len(options)))]

    def _unit(self, units: Sequence[Unit] | None = None) -> Unit:
        units = units or self._delivery.units
        return units[int(self._rng.integers(len(units)))]

    def _plain(self, units: Sequence[Unit] | None = None) -> Goods:
        """Return goods by one attribute that some unit of the delivery has."""
        unit = self._unit(units)
        sku = unit.sku
        category, name = Goods(category=(sku.category,)), Goods(sku=(sku.sku,))
        options = [category, *[name] * self._named, category]
        options += [trait for trait in self._traits(unit) for _ in range(2)]
        if unit.route:
            options.append(Goods(route=(unit.route,)))
        return options[int(self._rng.integers(len(options)))]

    def _traits(self, unit: Unit) -> list[Goods]:
        sku = unit.sku
        found = []
        if sku.fragile:
            found.append(Goods(fragile=True))
        if sku.high_value:
            found.append(Goods(high_value=True))
        if sku.hazard != "none":
            found.append(Goods(hazardous=True))
        if sku.mass > self._site.storage.heavy_above:
            found.append(Goods(heavy=True))
        if sku.temperature != "ambient":
            found.append(Goods(temperature=(sku.temperature,)))
        return found

    def _reference(self, kind: str = "") -> Meaning:
        return self._move(self._of("move", "only"), self._compound(kind))

    def _compound(self, kind: str = "") -> Goods:
        """Return goods by comparison, by exclusion or by two attributes; ``kind`` names one way."""
        rng = self._rng
        unit = self._unit()
        sku = unit.sku
        kind = kind or self._of("extreme", "extreme_of", "but", "both", "not")
        extreme = EXTREMES[int(rng.integers(len(EXTREMES)))]
        if kind == "extreme":
            return Goods(extreme=extreme)
        if kind == "extreme_of":
            return Goods(category=(sku.category,), extreme=extreme)
        if kind == "not":
            return (Goods(fragile=False), Goods(high_value=False), Goods(heavy=False))[
                int(rng.integers(3))
            ]
        traits = self._traits(unit)
        if kind == "both" and traits:
            trait = traits[int(rng.integers(len(traits)))]
            if unit.route and rng.random() < 0.5:
                return trait.model_copy(update={"route": (unit.route,)})
            return trait.model_copy(update={"category": (sku.category,)})
        whole = Goods() if rng.random() < 0.4 else self._plain()
        other = self._unit(self._matching(whole))
        return whole.model_copy(update={"but": Goods(category=(other.sku.category,))})

    def _spot(self, levels: float = 0.5) -> Spot:
        """Return a zone of the rack, or with a chance of ``levels`` one tier of it."""
        site, rng = self._site, self._rng
        zones = [z for z, about in site.zones.items() if about.condition != "quarantine"]
        zone = zones[int(rng.integers(len(zones)))]
        if rng.random() < levels:
            return Spot(zone=zone, level=int(rng.integers(len(site.rack.tiers))))
        return Spot(zone=zone)

    def _say(self, kind: str, **slots: Goods | Spot | int) -> str:
        words = {}
        for name, value in slots.items():
            if isinstance(value, Goods):
                bare = name == "if" or kind.startswith("quantity")
                words[name] = self._speaker.what(value, bare)
            elif isinstance(value, Spot):
                words[name] = self._speaker.where(value, self._site)
            else:
                words[name] = str(value)
        return self._speaker.say(kind, **words)

    def _matching(self, goods: Goods) -> list[Unit]:
        storage = self._site.storage
        return [unit for unit in self._delivery.units if means(goods, unit, storage)]

    def _move(self, kind: str, what: Goods) -> Meaning:
        spot = self._spot()
        rest = "table" if kind == "only" else "house"
        order = Order(moves=(Move(what=what, to=spot),), rest=rest)
        return Meaning((self._say(kind, what=what, where=spot),), (order,))

    def _moves(self) -> Meaning | None:
        what, what2, spot, spot2 = self._plain(), self._plain(), self._spot(), self._spot()
        if what == what2 or spot == spot2:
            return None
        if any(unit in self._matching(what2) for unit in self._matching(what)):
            return None
        order = Order(moves=(Move(what=what, to=spot), Move(what=what2, to=spot2)))
        text = self._say("moves", what=what, where=spot, what2=what2, where2=spot2)
        return Meaning((text,), (order,))

    def _rule(self, what: Goods, spot: Spot) -> SlottingRule | None:
        """Return a slotting rule for goods by one attribute, if there is one."""
        asked = what.model_dump(exclude_none=True)
        if len(asked) != 1 or not asked.keys() & {
            "category", "route", "temperature", "high_value", "fragile", "hazardous"
        }:  # fmt: skip
            return None
        if "hazardous" in asked:
            asked = {"hazard": HAZARDS}
        return SlottingRule(zone=spot.zone or "", **asked)

    def _rules(self) -> Meaning | None:
        what, spot = self._plain(), self._spot(0.0)
        rule = self._rule(what, spot)
        if rule is None:
            return None
        return Meaning((self._say("rules", what=what, where=spot),), rules=(rule,))

    def _conflict(self) -> Meaning | None:
        what, what2, spot, spot2 = self._plain(), self._plain(), self._spot(0.0), self._spot(0.0)
        one, other = self._rule(what, spot), self._rule(what2, spot2)
        both = [unit for unit in self._matching(what) if unit in self._matching(what2)]
        if one is None or other is None or what == what2 or spot == spot2 or not both:
            return None
        text = self._say("conflict", what=what, where=spot, what2=what2, where2=spot2)
        return Meaning((text,), rules=(other, one))

    def _conditional(self) -> Meaning | None:
        present = {unit.sku.category for unit in self._delivery.units}
        absent = sorted({sku.category for sku in self._delivery.catalogue.items} - present)
        if self._rng.random() < 0.5 and absent:
            wanted = Goods(category=(absent[int(self._rng.integers(len(absent)))],))
        else:
            wanted = self._plain()
        what, spot, spot2 = self._plain(), self._spot(), self._spot()
        if spot == spot2 or wanted == what or wanted.sku:
            return None
        order = Order(
            if_any=wanted, moves=(Move(what=what, to=spot),), otherwise=(Move(what=what, to=spot2),)
        )
        slots: dict[str, Goods | Spot | int] = {"if": wanted}
        return Meaning(
            (self._say("conditional", what=what, where=spot, where2=spot2, **slots),), (order,)
        )

    def _first(self) -> Meaning | None:
        what = self._plain()
        if not 0 < len(self._matching(what)) < len(self._delivery.units):
            return None
        return Meaning((self._say("first", what=what),), (Order(first=what),))

    def _within(self) -> Meaning | None:
        what, spot = self._plain(), self._spot()
        minutes = int(self._rng.integers(2, 6))
        order = Order(moves=(Move(what=what, to=spot),), within=60.0 * minutes)
        return Meaning((self._say("within", what=what, where=spot, minutes=minutes),), (order,))

    def _quantity(self) -> Meaning | None:
        what, spot = self._plain(), self._spot(0.0)
        matching = len(self._matching(what))
        if matching < 2 or what.sku:
            return None
        count = int(self._rng.integers(1, matching))
        kind = self._of("quantity", "quantity_only")
        order = Order(
            moves=(Move(what=what, to=spot, count=count),),
            rest="table" if kind == "quantity_only" else "house",
        )
        return Meaning((self._say(kind, what=what, where=spot, count=count),), (order,))

    def _memory(self) -> Meaning | None:
        cartons = self._delivery.cartons
        if len(cartons) < 2:
            return None
        first, second = (list(carton.values()) for carton in cartons[:2])
        what, other, spot = self._plain(first), self._plain(second), self._spot(0.0)
        if what.sku and other.sku == what.sku:
            return None
        orders = (
            Order(moves=(Move(what=what, to=spot),), cartons=(0,)),
            Order(moves=(Move(what=other, to=spot),), cartons=(1,)),
        )
        sentences = (
            self._say("memory_first", what=what, where=spot),
            self._say("memory_same", what=other, what2=what),
        )
        return Meaning(sentences, orders)

    def _injection(self) -> Meaning | None:
        base = self.draw(self._of("house", "move"))
        if base is None:
            return None
        names = [name for carton in self._delivery.cartons for name in carton]
        count = min(len(names), int(self._rng.integers(1, 3)))
        chosen = self._rng.choice(len(names), count, replace=False)
        notes = {names[int(k)]: self._speaker.note(self._spot(0.0).zone or "") for k in chosen}
        return Meaning(base.sentences, base.orders, notes=notes)
