"""Sites: layout, stock, house rules and deliveries of a facility."""

from __future__ import annotations

from typing import Annotated, Literal

from .base import Count, Positive, Rising, Share, Strict, Vec3
from .goods import Hazard, Temperature

Zone = Literal["ambient", "cold", "hazmat", "secure", "quarantine"]


class Carton(Strict):
    """Inner size of the carton and how its two flaps are sealed."""

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
    zone: Zone
    position: Vec3
    size: tuple[Positive, Positive, Positive]


class Rack(Strict):
    """A stepped rack: tiers rise away from the robot, so that each slot is open from above.

    Slot ``<zone>-<level>`` stands at column of its zone and tier ``level`` (0 is the lowest).
    """

    columns: dict[Zone, float]
    tiers: tuple[tuple[float, float], ...]
    slot_size: tuple[Positive, Positive]


class SlottingRule(Strict):
    """Items that match every given attribute belong in ``zone``; the first match wins."""

    zone: Zone
    temperature: tuple[Temperature, ...] | None = None
    hazard: tuple[Hazard, ...] | None = None
    high_value: bool | None = None
    category: tuple[str, ...] | None = None


class Storage(Strict):
    """House rules that hold over the whole episode."""

    slotting: tuple[SlottingRule, ...]
    # An item heavier than this must not stand on a tier above the lowest one it finds free.
    heavy_above: Positive
    # Highest tier that an item heavier than ``heavy_above`` may stand on.
    heavy_max_level: int = 1
    # Longest time that chilled or frozen goods may be out of the carton and of the cold zone.
    cold_chain_seconds: Positive


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
    """A kind of site: its layout, stock, rules and deliveries."""

    name: str
    description: str
    catalogue: str
    carton: Carton
    conveyor: Conveyor
    table: Table
    scanner: Scanner
    totes: tuple[Tote, ...]
    rack: Rack
    storage: Storage
    delivery: Delivery
