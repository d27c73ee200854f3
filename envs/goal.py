"""Goals and rules as data over facts.

A fact is a tuple of words, such as ``("at", "item-2", "cold-1")``. A goal is a list of conditions,
each of which holds when enough of its facts do, and of constraints on the whole trace.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from warewheel.configs import zone_of
from warewheel.configs.orders import means, moves_of, places_of, settle
from warewheel.configs.schema import Facility, Move, Order, Unit
from warewheel.sim.facts import TABLE, Places
from warewheel.sim.world import PERIOD

Fact = tuple[str, ...]
NO_ZONES: Mapping[str, str] = MappingProxyType({})
STAGES = ("unpack", "classify", "store")


@dataclass(frozen=True, slots=True)
class Condition:
    """Part of a goal: the stage it belongs to, and facts of which enough and not too many hold."""

    stage: str
    any_of: frozenset[Fact]
    least: int = 1
    most: int | None = None

    def holds(self, now: frozenset[Fact]) -> bool:
        """Tell whether it holds among the facts ``now``."""
        if self.least == 1 and self.most is None:
            return not self.any_of.isdisjoint(now)
        count = len(self.any_of & now)
        return self.least <= count and (self.most is None or count <= self.most)


@dataclass(frozen=True, slots=True)
class Before:
    """Every one of ``first`` has held by the time that any of the facts ``then`` does."""

    first: tuple[Condition, ...]
    then: frozenset[Fact]


@dataclass(frozen=True, slots=True)
class Within:
    """All of ``conditions`` hold at once at some step up to ``steps``."""

    conditions: tuple[Condition, ...]
    steps: int


@dataclass(frozen=True, slots=True)
class Until:
    """``one`` holds at every step until ``other`` has held; with no ``other``, always."""

    one: Condition
    other: Condition | None = None


Constraint = Before | Within | Until


class Trace:
    """How a constraint stands as steps go by; once decided it does not change."""

    def __init__(self, constraint: Constraint) -> None:
        self.constraint = constraint
        self._seen: set[int] = set()
        self._verdict: bool | None = None

    @property
    def broken(self) -> bool:
        """Whether nothing that is yet to come can fulfil it."""
        return self._verdict is False

    @property
    def holds(self) -> bool:
        """Whether the trace so far fulfils it."""
        if self._verdict is not None:
            return self._verdict
        # What is open counts for a bound that nothing has broken, against a promise not yet kept.
        return not isinstance(self.constraint, Within)

    def look(self, step: int, now: frozenset[Fact]) -> None:
        """Take in the facts of a step."""
        if self._verdict is not None:
            return
        match self.constraint:
            case Before(first, then):
                self._seen |= {k for k, c in enumerate(first) if c.holds(now)}
                if len(self._seen) == len(first):
                    self._verdict = True
                elif not then.isdisjoint(now):
                    self._verdict = False
            case Within(conditions, steps):
                if step > steps:
                    self._verdict = False
                elif all(condition.holds(now) for condition in conditions):
                    self._verdict = True
            case Until(one, other):
                if other is not None and other.holds(now):
                    self._verdict = True
                elif not one.holds(now):
                    self._verdict = False


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to hold at the end, and along the way."""

    conditions: tuple[Condition, ...]
    constraints: tuple[Constraint, ...] = ()


@dataclass(frozen=True, slots=True)
class Stock:
    """What a goal is about.

    Attributes:
        units: What items are, by name.
        zones: Zones of items that belong elsewhere than the rules for sound units say.
        cartons: Number of the carton that an item came in, by name.
    """

    units: Mapping[str, Unit]
    zones: Mapping[str, str] = field(default_factory=dict)
    cartons: Mapping[str, int] = field(default_factory=dict)


def goal(
    task: str, facility: Facility, places: Places, stock: Stock,
    orders: Sequence[Order] = (Order(),),
) -> Goal:  # fmt: skip
    """Return the goal of ``task`` for some stock and for what was ordered."""
    if task in ("unpack", "classify"):
        return Goal(tuple(_sorted_out(task, facility, places, stock)))
    conditions: list[Condition] = []
    constraints: list[Constraint] = []
    for order in orders:
        mine = Stock(
            {
                name: unit
                for name, unit in stock.units.items()
                if order.cartons is None or stock.cartons.get(name) in order.cartons
            },
            stock.zones,
        )
        stored, along = _stored(
            settle(order, mine.units.values(), facility.storage), facility, mine
        )
        if task == "chain":
            for name in mine.units:
                conditions.append(Condition("unpack", frozenset({("out", name)})))
                conditions.append(Condition("classify", frozenset({("known", name)})))
        conditions += stored
        constraints += along
    return Goal(tuple(conditions), tuple(constraints))


def _sorted_out(task: str, facility: Facility, places: Places, stock: Stock) -> list[Condition]:
    """Return what holds once goods lie on the table, or in the totes of their zones."""
    found = []
    for name, unit in stock.units.items():
        ends: tuple[str, ...] = (TABLE,)
        if task == "classify":
            zone = stock.zones.get(name) or zone_of(unit, facility.storage)
            ends = tuple(tote for tote in places.totes if places.zones[tote] == zone)
        found.append(Condition(task, _at(name, ends)))
    return found


def _stored(
    order: Order, facility: Facility, stock: Stock
) -> tuple[list[Condition], list[Constraint]]:
    """Return where goods are to be in the end, and what is to hold along the way."""
    slots = facility.rack.slots
    ends: dict[str, Condition] = {}
    counted: dict[Move, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for name, unit in stock.units.items():
        zone = stock.zones.get(name)
        open_to: list[str] = []
        for move in [] if zone else moves_of(order, unit, facility.storage):
            there = places_of(move.to, facility)
            open_to += there
            if move.count is None:
                break
            counted[move][name] = there
        else:
            home = zone or zone_of(unit, facility.storage)
            if order.rest == "table" and not zone:
                open_to.append(TABLE)
            else:
                open_to += [slot for slot, (column, _, _) in slots.items() if column.zone == home]
        ends[name] = Condition("store", _at(name, tuple(open_to)))
    conditions = list(ends.values())
    for move, mine in counted.items():
        where = frozenset(fact for name, there in mine.items() for fact in _at(name, there))
        assert move.count is not None
        conditions.append(Condition("store", where, move.count, move.count))
    along: list[Constraint] = []
    sound = {name: unit for name, unit in stock.units.items() if name not in stock.zones}
    if order.first is not None:
        early = {n for n, unit in sound.items() if means(order.first, unit, facility.storage)}
        late = frozenset(
            ("at", name, slot) for name in stock.units if name not in early for slot in slots
        )
        along.append(Before(tuple(ends[name] for name in sorted(early)), late))
    if order.within is not None:
        moved = [ends[n] for n, unit in sound.items() if moves_of(order, unit, facility.storage)]
        along.append(Within(tuple(moved), int(order.within / PERIOD)))
    return conditions, along


def _at(name: str, ends: tuple[str, ...]) -> frozenset[Fact]:
    return frozenset(("at", name, end) for end in ends)
