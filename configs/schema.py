"""Typed shapes of the YAML files: catalogues, bodies and facilities.

Lengths are metres, masses kilograms, times seconds, angles radians; positions are in the
world frame W (origin on the floor under the robot, x towards the dock, z up) unless a field
says otherwise.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from .gtin import check_digit

Vec3 = tuple[float, float, float]
Rgb = tuple[float, float, float]
Positive = Annotated[float, Field(gt=0.0)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]

Shape = Literal["box", "bag", "can", "bottle", "mesh"]
Temperature = Literal["ambient", "chilled", "frozen"]
Hazard = Literal["none", "flammable", "corrosive", "oxidizer", "toxic"]
Zone = Literal["ambient", "cold", "hazmat", "secure", "quarantine"]


def _known_gtin(gtin: str) -> str:
    right = check_digit(gtin[:-1])
    if gtin[-1] != right:
        raise ValueError(f"check digit of '{gtin}' is {gtin[-1]}; it should be {right}")
    return gtin


def _rising(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError(f"expected (least, most), got ({pair[0]}, {pair[1]})")
    return pair


def _right_angles(rpy: Vec3) -> Vec3:
    quarters = [angle / (math.pi / 2) for angle in rpy]
    if any(abs(quarter - round(quarter)) > 1e-3 for quarter in quarters):
        raise ValueError(f"expected multiples of pi/2, got {rpy}")
    return rpy


Rising = AfterValidator(_rising)


class Strict(BaseModel):
    """Base of every model here: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class MeshShape(Strict):
    """A mesh from ``pybullet_data``, turned upright and stretched to the item's size."""

    file: str
    # Multiples of a right angle, so that the stretching only changes axes.
    rpy: Annotated[Vec3, AfterValidator(_right_angles)] = (0.0, 0.0, 0.0)


class Sku(Strict):
    """One catalogue entry.

    ``size`` is the bounding box (x, y, z) of the item standing upright in its own frame, whose
    origin is the centre of that box. Cans and bottles are round: their x and y are equal.
    """

    sku: str
    name: str
    gtin: Annotated[str, Field(pattern=r"^[0-9]{14}$"), AfterValidator(_known_gtin)]
    category: str
    shape: Shape
    size: tuple[Positive, Positive, Positive]
    mass: Positive
    friction: Positive = 0.6
    temperature: Temperature = "ambient"
    fragile: bool = False
    hazard: Hazard = "none"
    high_value: bool = False
    shelf_life_days: Annotated[int, Field(gt=0)] | None = None
    rgb: Rgb = (0.7, 0.7, 0.7)
    mesh: MeshShape | None = None

    @model_validator(mode="after")
    def _shapely(self) -> Sku:
        if self.shape in {"can", "bottle"} and self.size[0] != self.size[1]:
            raise ValueError(
                f"a {self.shape} is round: expected equal x and y, "
                f"got {self.size[0]} and {self.size[1]}"
            )
        if (self.shape == "mesh") != (self.mesh is not None):
            raise ValueError(
                f"shape is '{self.shape}' {'without' if self.mesh is None else 'with'} a mesh; "
                "a mesh goes with shape 'mesh' and with no other"
            )
        return self


class Catalogue(Strict):
    """A list of SKUs with unique ``sku`` and ``gtin``."""

    name: str
    items: Annotated[tuple[Sku, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _no_twins(self) -> Catalogue:
        for field in ("sku", "gtin"):
            first: dict[str, int] = {}
            for place, item in enumerate(self.items):
                value = getattr(item, field)
                if value in first:
                    # "at" tells the loader where in the file to point.
                    raise PydanticCustomError(
                        "twin",
                        "'{value}' is taken by items[{first}]",
                        {"value": value, "first": first[value], "at": ("items", place, field)},
                    )
                first[value] = place
        return self


class Gripper(Strict):
    """Parallel jaws: ``opening`` between the pads, ``force`` that the pads press with [N]."""

    kind: Literal["parallel"] = "parallel"
    opening: Positive
    force: Positive
    pad_friction: Positive
    # Widest outline of the hand along the opening axis and across it; used to keep the hand
    # clear of neighbours.
    span: Positive
    thickness: Positive


class Body(Strict):
    """An embodiment: arm, end effector, what it can reach and lift."""

    name: str
    description: str
    model: str
    base: Vec3
    payload: Positive
    # Horizontal distance from the base axis at which the tool can still point straight down.
    reach: Annotated[tuple[Positive, Positive], Rising]
    # Height band of the tool centre point in the world.
    height: Annotated[tuple[float, float], Rising]
    home: tuple[float, ...]
    # Share of the maker's joint velocity limits that planned motions use.
    speed: Annotated[float, Field(gt=0.0, le=1.0)]
    # Joint acceleration limit of planned motions [rad/s^2].
    acceleration: Positive
    gripper: Gripper


class Carton(Strict):
    """Inner size of the carton and how its two flaps are sealed."""

    size: tuple[Positive, Positive, Positive]
    wall: Positive
    mass: Positive
    # Free width between the two closed flaps.
    gap: Positive
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
    """How deliveries are drawn: the least and the most ``items`` of one."""

    items: Annotated[tuple[Count, Count], Rising]


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
