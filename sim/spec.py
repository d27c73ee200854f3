"""What determines a world: the cell, what stands in it, what is delivered, what will go wrong."""

from __future__ import annotations

from dataclasses import dataclass

from warewheel.configs.schema import Body, Carton, Facility, Unit

from .faults.schedule import Fault
from .values import Manifest, Pose


@dataclass(frozen=True, slots=True)
class Placement:
    """An item: what it is, where it starts, and what its label shows.

    Attributes:
        name: Name within the episode, such as ``item-3``.
        unit: What it is.
        pose: Where it starts in W; an item of a carton rides in with it.
        label: What its label says it is, or None if nothing can be read.
    """

    name: str
    unit: Unit
    pose: Pose
    label: Unit | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A carton that rides in: its measures, its start on the belt, its content.

    ``listed`` are the units that its manifest promises. It is sealed, unless somebody has
    ``opened`` it before.
    """

    name: str
    layout: Carton
    pose: Pose
    placements: tuple[Placement, ...]
    manifest: Manifest
    listed: tuple[Unit, ...] = ()
    opened: bool = False


@dataclass(frozen=True, slots=True)
class WorldSpec:
    """All that determines a world.

    Attributes:
        facility: Layout and stock.
        body: The robot.
        loose: Items that stand in the cell from the start.
        parcels: Cartons in the order of their arrival; one is in the cell at a time.
        read: Whether the labels of loose items have been read before the episode starts.
        faults: What will go wrong.
        seed: Of the sensors' noise.
    """

    facility: Facility
    body: Body
    loose: tuple[Placement, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    read: bool = False
    faults: tuple[Fault, ...] = ()
    seed: int = 0

    @property
    def placements(self) -> tuple[Placement, ...]:
        """Every item of the episode, those that have yet to arrive too."""
        return (*self.loose, *(place for parcel in self.parcels for place in parcel.placements))
