"""Sites: layout, stock, house rules and deliveries of a facility."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from warewheel.configs.choice import unknown

from .base import Count, Positive, Rising, Share, Strict, Vec3
from .goods import Condition, Hazard, Temperature
from .surroundings import Surroundings

Keeping = Literal["ambient", "cold", "hazmat", "secure", "quarantine"]
# What can be wrong with an item: seen, missing on its label, or at odds with the manifest.
Flaw = Literal["damaged", "open", "unreadable", "wrong", "surplus"]
# Distance of a tote's two items from its middle [m].
_PAIR = 0.046
Task = Literal["chain", "unpack", "classify", "store"]


class Zone(Strict):
    """A part of the storage: the condition that it keeps goods in."""

    condition: Keeping


class Carton(Strict):
    """A type of carton: its inner size and how its two flaps are sealed."""

    name: str
    size: tuple[Positive, Positive, Positive]
    wall: Positive
    mass: Positive
    # Free width between the two closed flaps, and where along y its middle is.
    gap: Positive
    seam: float = 0.0
    # Torque about a flap's hinge at which the tape tears [N m].
    tape_torque: Positive
    # Cells of the packing pattern along x and y, and their pitch.
    cells: tuple[Count, Count]
    pitch: tuple[Positive, Positive]


class Conveyor(Strict):
    """A straight belt that ends at the dock; it carries cartons in -x."""

    dock: Vec3
    length: Positive
    width: Positive
    speed: Positive
    acceleration: Positive


class Table(Strict):
    """A flat work table with marked spots; ``centre`` is that of the top surface."""

    centre: Vec3
    size: tuple[Positive, Positive]
    spots: tuple[tuple[float, float], ...]


class Scanner(Strict):
    """A window facing up that reads the label of what is held above it."""

    position: Vec3
    range: Positive
    radius: Positive


class Tote(Strict):
    """An open tote on the floor of the sorting area; ``position`` is the centre of its floor."""

    name: str
    zone: str
    position: Vec3
    size: tuple[Positive, Positive, Positive]

    @property
    def marks(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Where items are set down: two side by side in x, with room for jaws to close along y."""
        x, y, _ = self.position
        return (x - _PAIR, y), (x + _PAIR, y)


class Column(Strict):
    """A column of the rack: the zone that its slots belong to, and its middle along x."""

    zone: str
    x: float


class Rack(Strict):
    """A stepped rack: tiers rise away from the robot, so that each slot is open from above.

    Tiers are (y, z) of a slot's floor, the lowest first; those of a rack on the right have
    negative y. Slot ``<zone>-<level>`` stands at its zone's column and tier ``level``; where a
    zone has several columns, they have letters, as in ``cold-a-0``.
    """

    columns: tuple[Column, ...]
    tiers: tuple[tuple[float, float], ...]
    slot_size: tuple[Positive, Positive]
    # Height of the strips that keep neighbouring slots apart; lower than any grip above a slot.
    lip: Positive = 0.008

    @property
    def side(self) -> float:
        """Sign of y on the side where the rack stands."""
        return -1.0 if self.tiers and self.tiers[0][0] < 0.0 else 1.0

    @functools.cached_property
    def slots(self) -> dict[str, tuple[Column, int, Vec3]]:
        """Each slot's column, level, and centre of its floor in W, by slot name."""
        zones = [column.zone for column in self.columns]
        found = {}
        for k, column in enumerate(self.columns):
            letter = f"-{chr(ord('a') + zones[:k].count(column.zone))}"
            stem = column.zone + (letter if zones.count(column.zone) > 1 else "")
            for level, (y, z) in enumerate(self.tiers):
                found[f"{stem}-{level}"] = (column, level, (column.x, y, z))
        return found

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Rack:
        """Return a copy; what was worked out of the old fields does not go with it."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("slots", None)
        return copied


class SlottingRule(Strict):
    """Items that match every given attribute belong in ``zone``; the first match wins."""

    zone: str
    temperature: tuple[Temperature, ...] | None = None
    hazard: tuple[Hazard, ...] | None = None
    high_value: bool | None = None
    fragile: bool | None = None
    category: tuple[str, ...] | None = None
    route: tuple[str, ...] | None = None
    condition: tuple[Condition, ...] | None = None


class Storage(Strict):
    """House rules that hold over the whole episode."""

    slotting: tuple[SlottingRule, ...]
    # What is set aside for what is wrong with it, and in which zone.
    quarantine: dict[Flaw, str] = Field(default_factory=dict)
    # An item heavier than this must not stand high.
    heavy_above: Positive
    # Highest tier that an item heavier than ``heavy_above`` may stand on.
    heavy_max_level: int = 1
    # Longest time that goods of a cold zone may be out of the carton and of every cold zone.
    cold_chain_seconds: Positive = 240.0
    # Of two units of one SKU in one zone, the one that expires first must be the nearer.
    first_expired_first_out: bool = True

    @property
    def routes(self) -> tuple[str, ...]:
        """The routes that parcels are sorted by, in the order of the rules."""
        return tuple(dict.fromkeys(r for rule in self.slotting for r in rule.route or ()))


class Delivery(Strict):
    """How deliveries are drawn.

    ``cartons`` and ``items`` (of one carton) are the least and the most. The shares are chances:
    that an item is one more unit of a SKU already drawn; that a line of the manifest is short of
    an item or names another SKU than the carton holds; that a carton holds an item too many; and
    that an item is damaged or has been opened.
    """

    cartons: Annotated[tuple[Count, Count], Rising] = (1, 1)
    items: Annotated[tuple[Count, Count], Rising]
    repeat: Share = 0.0
    short: Share = 0.0
    wrong: Share = 0.0
    surplus: Share = 0.0
    damaged: Share = 0.0
    open: Share = 0.0

    @property
    def most(self) -> int:
        """The most items that an episode can hold: a fault may add one to a delivery."""
        return self.cartons[1] * (self.items[1] + (self.surplus > 0)) + 1


class Facility(Strict):
    """A kind of site: its layout, stock, rules and deliveries.

    ``instructions`` are the sentences that a robot is told there, by task.
    """

    name: str
    description: str
    catalogue: str
    instructions: dict[Task, Annotated[str, Field(max_length=400)]] = Field(default_factory=dict)
    cartons: Annotated[tuple[Carton, ...], Field(min_length=1)]
    conveyor: Conveyor
    table: Table
    scanner: Scanner
    zones: dict[str, Zone]
    totes: tuple[Tote, ...]
    rack: Rack
    storage: Storage
    delivery: Delivery
    surroundings: Surroundings = Surroundings()

    @property
    def carton(self) -> Carton:
        """The first type of carton."""
        return self.cartons[0]

    @model_validator(mode="after")
    def _known_zones(self) -> Facility:
        for path, zone in self._named_zones():
            if zone not in self.zones:
                # "at" tells the loader where in the file to point.
                raise PydanticCustomError(
                    "zone", "{says}", {"says": unknown("zone", zone, self.zones), "at": path}
                )
        return self

    def _named_zones(self) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """Yield each place in the file that names a zone, and the name."""
        for k, tote in enumerate(self.totes):
            yield ("totes", k, "zone"), tote.zone
        for k, column in enumerate(self.rack.columns):
            yield ("rack", "columns", k, "zone"), column.zone
        for k, rule in enumerate(self.storage.slotting):
            yield ("storage", "slotting", k, "zone"), rule.zone
        for fault, zone in self.storage.quarantine.items():
            yield ("storage", "quarantine", fault), zone
